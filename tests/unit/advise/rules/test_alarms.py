"""Alarms by engine, mute alarms, and event subscriptions of a region."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from rdsops.advise.finding import Severity
from rdsops.advise.rule import Clear, NotApplicable, Problem
from rdsops.advise.rules import alarms
from rdsops.core.errors import Unseen
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Alarm, Subscription
from rdsops.testing.asking import ask
from rdsops.testing.fleets import NOW, cluster, fleet_of, group, instance, mariadb, member, without


def alarm(metric: str, name: str = "orders", dimension: str = "DBInstanceIdentifier", **changes: Any) -> Alarm:
    fields: dict[str, Any] = {
        "name": f"{name}-{metric}",
        "namespace": "AWS/RDS",
        "metric": metric,
        "dimensions": {dimension: name},
        "state": "OK",
        "actions_enabled": True,
        "actions": ("arn:aws:sns:eu-west-1:111122223333:pager",),
        "state_since": NOW - timedelta(days=9),
    }
    return Alarm(**{**fields, **changes})


def all_for(database: Cluster | Instance, *members: Instance) -> tuple[Alarm, ...]:
    watched = members or (database,)
    metrics = [
        watch.metrics[0] for watch in alarms.watches(database, tuple(i for i in watched if isinstance(i, Instance)))
    ]
    return tuple(alarm(metric, one.ref.name) for metric in metrics for one in watched)


@pytest.mark.parametrize(
    ("database", "metrics"),
    [
        (
            instance(),
            {
                "CPUUtilization",
                "DatabaseConnections",
                "FreeableMemory",
                "FreeStorageSpace",
                "MaximumUsedTransactionIDs",
            },
        ),
        (mariadb(), {"CPUUtilization", "DatabaseConnections", "FreeableMemory", "FreeStorageSpace"}),
        (
            mariadb(replica_source="shop", instance_class="db.t4g.medium"),
            {"CPUUtilization", "DatabaseConnections", "FreeableMemory", "FreeStorageSpace", "ReplicaLag"}
            | {"CPUCreditBalance"},
        ),
    ],
    ids=["postgres", "mariadb", "replica-burstable"],
)
def test_each_metric_that_matters_is_asked_for_and_each_missing_one_is_named(
    database: Instance, metrics: set[str]
) -> None:
    complete = all_for(database)
    assert {one.metric for one in complete} == metrics
    assert isinstance(ask(alarms.ALARMS, fleet_of(database, alarms=complete)), Clear)
    for left_out in complete:
        found = ask(alarms.ALARMS, fleet_of(database, alarms=[one for one in complete if one is not left_out]))
        assert isinstance(found, Problem)
        assert left_out.metric is not None
        assert [item for item in found.evidence if left_out.metric in item.what]


def test_an_unread_list_of_alarms_is_not_known() -> None:
    assert isinstance(ask(alarms.ALARMS, without(fleet_of(instance()), "alarms")), Unseen)
    assert isinstance(ask(alarms.ALARMS, fleet_of(instance(tags={"env": "dev"}))), NotApplicable)


@pytest.mark.parametrize(
    "mute",
    [
        {"actions_enabled": False},
        {"actions": ()},
        {"state": "INSUFFICIENT_DATA", "state_since": NOW - timedelta(days=2)},
    ],
    ids=["disabled", "no-action", "no-data"],
)
def test_an_alarm_that_tells_nobody_is_told_as_mute(mute: dict[str, Any]) -> None:
    database = instance()
    first, *others = all_for(database)
    found = ask(alarms.ALARMS, fleet_of(database, alarms=[msgspec.structs.replace(first, **mute), *others]))
    assert isinstance(found, Problem)
    assert found.severity is Severity.LOW
    assert "CPU (mute)" in found.title


def test_an_alarm_without_data_for_an_hour_may_be_new() -> None:
    database = instance()
    first, *others = all_for(database)
    young = msgspec.structs.replace(first, state="INSUFFICIENT_DATA", state_since=NOW - timedelta(hours=1))
    assert isinstance(ask(alarms.ALARMS, fleet_of(database, alarms=[young, *others])), Clear)


def test_a_cluster_is_watched_on_itself_or_on_each_member() -> None:
    one, two = member("billing-1"), member("billing-2", zone="b")
    many = cluster(members=("billing-1", "billing-2"))
    each = all_for(many, one, two)
    assert {a.metric for a in each} >= {"FreeLocalStorage", "AuroraReplicaLag"}
    assert isinstance(ask(alarms.ALARMS, fleet_of(many, one, two, alarms=each)), Clear)
    only_first = [a for a in each if a.dimensions["DBInstanceIdentifier"] == "billing-1"]
    assert isinstance(ask(alarms.ALARMS, fleet_of(many, one, two, alarms=only_first)), Problem)
    on_cluster = [alarm(str(a.metric), "billing", "DBClusterIdentifier") for a in only_first]
    assert isinstance(ask(alarms.ALARMS, fleet_of(many, one, two, alarms=on_cluster)), Clear)


def test_an_alarm_on_another_database_or_namespace_does_not_count() -> None:
    database = instance()
    others = [msgspec.structs.replace(one, dimensions={"DBInstanceIdentifier": "shop"}) for one in all_for(database)]
    ours = [msgspec.structs.replace(one, namespace="Custom") for one in all_for(database)]
    for wrong in (others, ours):
        found = ask(alarms.ALARMS, fleet_of(database, alarms=wrong))
        assert isinstance(found, Problem)
        assert len(found.evidence) == 5


EVERYTHING = Subscription(name="all", enabled=True, status="active")


@pytest.mark.parametrize(
    "subscriptions",
    [
        (EVERYTHING,),
        (
            Subscription(name="i", enabled=True, source_type="db-instance"),
            Subscription(name="c", enabled=True, source_type="db-cluster"),
            Subscription(
                name="p", enabled=True, source_type="db-parameter-group", categories=("configuration change",)
            ),
        ),
        (
            Subscription(name="i", enabled=True, source_type="db-instance", sources=("orders", "billing-1")),
            Subscription(name="c", enabled=True, source_type="db-cluster", sources=("billing",)),
            Subscription(name="p", enabled=True, source_type="db-parameter-group"),
        ),
    ],
    ids=["one-for-all", "by-type", "by-name"],
)
def test_events_reach_somebody(subscriptions: tuple[Subscription, ...]) -> None:
    assert isinstance(ask(alarms.SUBSCRIPTIONS, _region(subscriptions)), Clear)
    for left_out in subscriptions:
        fewer = tuple(each for each in subscriptions if each is not left_out)
        assert isinstance(ask(alarms.SUBSCRIPTIONS, _region(fewer)), Problem)


@pytest.mark.parametrize(
    "broken",
    [
        {"enabled": False},
        {"status": "topic-not-exist"},
        {"categories": ("failure",)},
        {"source_type": "db-instance", "sources": ("orders",)},
    ],
)
def test_a_subscription_that_hears_too_little_is_not_enough(broken: dict[str, Any]) -> None:
    found = ask(alarms.SUBSCRIPTIONS, _region((msgspec.structs.replace(EVERYTHING, **broken),)))
    assert isinstance(found, Problem)


def test_subscriptions_need_the_whole_lists() -> None:
    full = _region((EVERYTHING,))
    for name in ("subscriptions", "instances", "clusters", "parameter_groups"):
        assert isinstance(ask(alarms.SUBSCRIPTIONS, without(full, name)), Unseen)
    assert isinstance(ask(alarms.SUBSCRIPTIONS, fleet_of()), NotApplicable)


def _region(subscriptions: tuple[Subscription, ...]) -> Any:
    return fleet_of(
        instance(), member("billing-1"), cluster(members=("billing-1",)), group(), subscriptions=subscriptions
    )
