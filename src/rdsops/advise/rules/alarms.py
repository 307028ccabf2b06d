"""Alarms and event subscriptions: whether anybody is told before the users are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rdsops.advise.databases import POSTGRES_ENGINES, is_test, servers
from rdsops.advise.finding import Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES, REGIONS
from rdsops.advise.view import View
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.fleet import Region
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Alarm, Subscription

_SILENT_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Watch:
    """A question that an alarm should answer. metrics: any of them will do."""

    what: str
    metrics: tuple[str, ...]


_CPU = Watch("CPU", ("CPUUtilization",))
_MEMORY = Watch("memory", ("FreeableMemory",))
_CONNECTIONS = Watch("connections", ("DatabaseConnections",))
_STORAGE = Watch("storage", ("FreeStorageSpace",))
_LOCAL_STORAGE = Watch("local storage", ("FreeLocalStorage",))
_REPLICA_LAG = Watch("replica lag", ("ReplicaLag",))
_READER_LAG = Watch("reader lag", ("AuroraReplicaLag", "AuroraReplicaLagMaximum"))
_CREDITS = Watch("CPU credits", ("CPUCreditBalance",))
_WRAPAROUND = Watch("transaction ids", ("MaximumUsedTransactionIDs",))
_CAPACITY = Watch("serverless capacity", ("ACUUtilization", "ServerlessDatabaseCapacity"))


def watches(database: Cluster | Instance, members: tuple[Instance, ...]) -> tuple[Watch, ...]:
    """What is worth waking somebody for, by engine and form."""
    serverless = any(member.is_serverless for member in members)
    found = [_CPU, _CONNECTIONS]
    found += [_CAPACITY] if serverless else [_MEMORY]
    if isinstance(database, Cluster) and database.is_aurora:
        found += [] if serverless else [_LOCAL_STORAGE]
        found += [_READER_LAG] if len(members) > 1 else []
    else:
        found.append(_STORAGE)
    if isinstance(database, Instance) and database.replica_source is not None:
        found.append(_REPLICA_LAG)
    if any(member.instance_class.startswith(("db.t2.", "db.t3.", "db.t4g.")) for member in members):
        found.append(_CREDITS)
    if database.engine in POSTGRES_ENGINES:
        found.append(_WRAPAROUND)
    return tuple(found)


def _alarms(database: Cluster | Instance, view: View) -> Verdict:
    if is_test(database, view):
        return NotApplicable("a test environment")
    members = servers(database, view)
    if not members:
        return NotApplicable("it has no instance")
    alarms = [alarm for member in members for alarm in view.alarms_on(member.ref)]
    if isinstance(database, Cluster):
        alarms += view.alarms_on(database.ref)
    missing, mute = [], []
    for watch in watches(database, members):
        for_it = [alarm for alarm in alarms if alarm.metric in watch.metrics]
        if not _covered(for_it, database, members):
            missing.append(watch)
        elif not _covered([alarm for alarm in for_it if why_mute(alarm, view.now) is None], database, members):
            mute.append((watch, for_it))
    if not missing and not mute:
        return CLEAR
    evidence = [
        Evidence(
            what=f"alarm on {watch.what} ({' or '.join(watch.metrics)})",
            value="none",
            threshold="an alarm with an action, on every instance",
            source="CloudWatch DescribeAlarms",
        )
        for watch in missing
    ]
    evidence += [
        Evidence(
            what=f"alarm on {watch.what}: {alarm.name}",
            value=why,
            threshold="actions on, data seen",
            source="CloudWatch DescribeAlarms",
        )
        for watch, for_it in mute
        for alarm in for_it
        if (why := why_mute(alarm, view.now)) is not None
    ]
    words = ", ".join([watch.what for watch in missing] + [f"{watch.what} (mute)" for watch, _ in mute])
    return Problem(
        title=f"{database.ref} has no working alarm on {words}",
        severity=Severity.LOW if not missing else None,
        evidence=tuple(evidence),
        repair=Repair(
            text="Create the missing alarms with a notification behind them. Thresholds are relative to the instance: "
            "storage and memory to its size, connections to its max_connections, lag to what the readers promise."
        ),
    )


def _covered(alarms: list[Alarm], database: Cluster | Instance, members: tuple[Instance, ...]) -> bool:
    """Whether the alarms watch the whole cluster, or each of its instances."""
    if isinstance(database, Cluster) and any("DBClusterIdentifier" in alarm.dimensions for alarm in alarms):
        return True
    watched = {alarm.dimensions.get("DBInstanceIdentifier") for alarm in alarms}
    names = {member.ref.name for member in members}
    if isinstance(database, Cluster) and alarms and all(alarm.metric in _READER_LAG.metrics for alarm in alarms):
        return bool(watched & names)
    return names <= watched


def why_mute(alarm: Alarm, now: datetime) -> str | None:
    """Why an alarm that exists would tell nobody; None when it would."""
    if not alarm.actions_enabled:
        return "its actions are switched off"
    if not alarm.actions:
        return "it has no action"
    if alarm.state == "INSUFFICIENT_DATA" and alarm.state_since is not None and now - alarm.state_since > _SILENT_AFTER:
        return f"without data since {alarm.state_since:%Y-%m-%d}"
    return None


WANTED_EVENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("db-instance", ("failure", "failover", "maintenance", "low storage", "configuration change")),
    ("db-cluster", ("failure", "failover", "maintenance")),
    ("db-parameter-group", ("configuration change",)),
)
"""Source type -> categories that an operator must hear of."""


def _subscriptions(region: Region, view: View) -> Verdict:
    instances = tuple(instance.ref.name for instance in region.instances.all)
    clusters = tuple(cluster.ref.name for cluster in region.clusters.all)
    if not instances and not clusters:
        return NotApplicable("no database here")
    groups = tuple(group.ref.name for group in region.parameter_groups.all if not group.is_default)
    present = {"db-instance": instances, "db-cluster": clusters, "db-parameter-group": groups}
    working = [each for each in region.subscriptions.all if each.enabled and each.status in (None, "active")]
    missing = [
        (source_type, category)
        for source_type, categories in WANTED_EVENTS
        if present[source_type]
        for category in categories
        if not _told(category, present[source_type], list(_of_type(working, source_type)))
    ]
    if not missing:
        return CLEAR
    kinds = dict.fromkeys(source_type for source_type, _ in missing)
    broken = [each for each in region.subscriptions.all if each not in working]
    return Problem(
        title=f"{region.place}: nobody is told of {', '.join(kinds)} events",
        evidence=(
            *(
                Evidence(
                    what=f"{source_type} events",
                    value="no subscription for " + ", ".join(c for kind, c in missing if kind == source_type),
                    threshold="an enabled subscription that covers every one of them",
                    source="DescribeEventSubscriptions",
                )
                for source_type in kinds
            ),
            *(
                Evidence(
                    what=f"subscription {each.name}",
                    value=each.status or "disabled" if each.enabled else "disabled",
                    threshold="active",
                    source="DescribeEventSubscriptions",
                )
                for each in broken
            ),
        ),
        repair=Repair(
            text="Create an event subscription for each missing source type, without source ids, so that databases of "
            "tomorrow are covered, to a topic that somebody reads."
        ),
    )


def _of_type(subscriptions: list[Subscription], source_type: str) -> Iterator[Subscription]:
    return (each for each in subscriptions if each.source_type in (None, source_type))


def _told(category: str, names: tuple[str, ...], subscriptions: list[Subscription]) -> bool:
    heard: set[str] = set()
    for each in subscriptions:
        if each.categories and category not in each.categories:
            continue
        if not each.sources:
            return True
        heard.update(each.sources)
    return set(names) <= heard


ALARMS = Rule(
    id="alarms-missing",
    title="Nobody is alarmed when it runs out of something",
    theme=Theme.OPERATIONS,
    severity=Severity.MEDIUM,
    subjects=DATABASES,
    check=_alarms,
    why="The first sign of trouble is the users' complaint.",
    repair="Alarms with actions on the metrics that matter for the engine.",
    checks="Every instance has an alarm in AWS/RDS with an enabled action, and not without data for a day, on "
    "CPU, connections and memory (serverless: capacity); RDS: free storage; replicas: lag; Aurora: local storage, and "
    "reader lag when it has readers; burstable: CPU credits; PostgreSQL: used transaction ids. An alarm on the cluster "
    "counts for its members. Low when alarms exist but are mute. Does not apply to test environments.",
    needs=("cloudwatch:DescribeAlarms", "rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=(
        "AWS RDS and Aurora metrics by engine (names), read 2026-11-23 from public monitoring code",
        "which metrics matter: judgement",
    ),
    catalogue=(67,),
    signature=True,
)

SUBSCRIPTIONS = Rule(
    id="events-unheard",
    title="RDS events of the region reach nobody",
    theme=Theme.OPERATIONS,
    severity=Severity.LOW,
    subjects=REGIONS,
    check=_subscriptions,
    why="Failovers, failures, full storage and changed parameters pass unnoticed; AWS keeps events 14 days.",
    repair="One event subscription for each source type, without source ids.",
    checks="Enabled, active subscriptions cover every instance (failure, failover, maintenance, low storage, "
    "configuration change), cluster (failure, failover, maintenance) and custom parameter group (configuration "
    "change). "
    "Does not apply to a region without databases.",
    needs=(
        "rds:DescribeEventSubscriptions",
        "rds:DescribeDBInstances",
        "rds:DescribeDBClusters",
        "rds:DescribeDBParameterGroups",
    ),
    sources=("AWS API reference of RDS, DescribeEvents and EventSubscription (botocore 1.43), read 2026-11-23",),
    catalogue=(62,),
)

RULES: tuple[Rule[Any], ...] = (ALARMS, SUBSCRIPTIONS)
