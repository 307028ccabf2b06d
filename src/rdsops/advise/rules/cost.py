"""Cost: what is paid for and serves nobody. Dollars only where the price book has the price; else *not known*."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from rdsops.advise.databases import is_replica, is_test, is_world_secondary, servers
from rdsops.advise.finding import ApiCall, Evidence, Money, Repair, Severity, Theme
from rdsops.advise.measured import WHOLE, measured, seen_in
from rdsops.advise.money import SAVING, SURCHARGE, Line, monthly, not_known
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES, INSTANCES, MANUAL_SNAPSHOTS, REGIONS
from rdsops.advise.view import View
from rdsops.core.ids import SnapshotRef
from rdsops.core.units import HOURS_A_MONTH, usd
from rdsops.facts.generations import family_of
from rdsops.facts.limits import INSIGHTS_FREE_DAYS, STOPPED_DAYS
from rdsops.facts.prices import instance_key
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.fleet import Region
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Reservation, Snapshot
from rdsops.fleet.series import SPAN, Window

_OLD_DAYS = 365
_ORPHAN_DAYS = 30
_EXPIRES_DAYS = 60
_STOPPED = ("stopped", "stopping")

_UNITS = {"nano": 0.25, "micro": 0.5, "small": 1.0, "medium": 2.0, "large": 4.0}
"""Size -> normalised units; xlarge is 8, and 8 more for each (read: AWS RDS User Guide of 2023, reserved instances)."""

_PRODUCTS = {"postgresql": "postgres", "postgres": "postgres"}
"""ProductDescription of a reservation -> engine, where the words differ."""


def compute_lines(database: Cluster | Instance, view: View) -> list[Line]:
    """Instance hours of a database a month. Raises Unseen where a serverless member's capacity was not seen."""
    storage = database.storage_type if isinstance(database, Cluster) else None
    lines = []
    for server in servers(database, view):
        if server.is_serverless:
            acu = measured(view, server.ref, "ServerlessDatabaseCapacity", "Average", Window.WEEK).mean
            key = "serverless/acu/aurora-iopt1" if storage == "aurora-iopt1" else "serverless/acu"
            lines.append(Line(key, acu * HOURS_A_MONTH, f"{server.ref} {acu:.3g} ACU x 730 h,"))
            continue
        multi_az = server.multi_az and server.cluster is None
        key = instance_key(database.engine, server.instance_class, multi_az=multi_az, storage_type=storage)
        lines.append(Line(key, HOURS_A_MONTH, server.ref.name))
    return lines


def _idle(database: Cluster | Instance, view: View) -> Verdict:
    if is_replica(database) or (isinstance(database, Cluster) and is_world_secondary(database, view)):
        return NotApplicable("a replica idles by design")
    if database.status in _STOPPED:
        return NotApplicable("stopped; judged by stopped-and-billed")
    span, _ = SPAN[Window.FORTNIGHT]
    if database.created_at is not None and view.now - database.created_at < span:
        return NotApplicable("younger than the window")
    members = servers(database, view)
    if not members:
        return NotApplicable("it has no instance")
    seen = [
        (member, measured(view, member.ref, "DatabaseConnections", "Maximum", Window.FORTNIGHT, coverage=WHOLE))
        for member in members
    ]
    if any(series.highest > 0 for _, series in seen):
        return CLEAR
    return Problem(
        title=f"{database.ref} had no connection for {span.days} days",
        evidence=tuple(
            seen_in(series, "connections at the most", "0", "above 0 at any point", member.ref.name)
            for member, series in seen
        ),
        money=monthly(view, database.ref.region, SAVING, *compute_lines(database, view))
        if not any(member.is_serverless for member in members)
        else not_known(SAVING, "serverless: depends on its minimum; see the serverless rules"),
        repair=Repair(
            text="Ask its owner. Then take a final snapshot and delete it, or stop it (for seven days at a time).",
            caution="A quarterly job may be its only client.",
        ),
    )


def _stopped(database: Cluster | Instance, view: View) -> Verdict:
    if database.status != "stopped":
        return CLEAR
    first = next(iter(servers(database, view)), None)
    restart = first.automatic_restart_at if first is not None else None
    when = f"starts by itself on {restart:%Y-%m-%d}" if restart is not None else "starts by itself within 7 days"
    return Problem(
        title=f"{database.ref} is stopped and still billed; it {when}",
        evidence=(
            Evidence(
                what="starts by itself",
                value=f"{restart:%Y-%m-%d %H:%M} UTC" if restart is not None else "date not told",
                threshold=f"at most {STOPPED_DAYS} after it was stopped ({STOPPED_DAYS.standing})",
                source="DBInstance.AutomaticRestartTime",
            ),
        ),
        money=_storage_bill(database, view),
        repair=Repair(
            text="If nobody needs it: final snapshot, then delete. If it must sleep longer: stop it again each time, "
            "by "
            "schedule."
        ),
    )


def _storage_bill(database: Cluster | Instance, view: View) -> Money:
    if isinstance(database, Cluster) or database.is_aurora:
        return not_known(SURCHARGE, "the volume's size is not told while it is stopped")
    suffix = "/multi-az" if database.multi_az else ""
    gib = database.allocated_storage_gib
    return monthly(
        view, database.ref.region, SURCHARGE, Line(f"storage/{database.storage_type}{suffix}", gib, "storage")
    )


def _old_snapshot(snapshot: Snapshot, view: View) -> Verdict:
    if snapshot.created_at is None:
        return NotApplicable("being created")
    age = view.now - snapshot.created_at
    if age <= timedelta(days=_ORPHAN_DAYS):
        return CLEAR
    of_instance = isinstance(snapshot.ref, SnapshotRef)
    orphan = snapshot.source not in view.names(of_instances=of_instance)  # a copy from another region is none
    if not orphan and age <= timedelta(days=_OLD_DAYS):
        return CLEAR
    operation, key = (
        ("DeleteDBSnapshot", "DBSnapshotIdentifier")
        if of_instance
        else ("DeleteDBClusterSnapshot", "DBClusterSnapshotIdentifier")
    )
    return Problem(
        title=f"snapshot {snapshot.ref} is {age.days} days old"
        + (f", and {snapshot.source} is gone" if orphan else ""),
        severity=None if age > timedelta(days=_OLD_DAYS) else Severity.INFO,
        evidence=(
            Evidence(
                what="age",
                value=f"{age.days} d",
                threshold=f"{_OLD_DAYS} d; {_ORPHAN_DAYS} d once its database is gone",
                source="DBSnapshot.SnapshotCreateTime" if of_instance else "DBClusterSnapshot.SnapshotCreateTime",
            ),
            Evidence(
                what="its database",
                value="gone" if orphan else "exists",
                source="DescribeDBInstances, DescribeDBClusters",
            ),
        ),
        money=_snapshot_bill(snapshot, view),
        repair=Repair(
            text="Keep it only if a rule of yours says so; else export it to S3, or delete it.",
            calls=(ApiCall(service="rds", operation=operation, parameters={key: snapshot.ref.name}),),
            caution="A deleted snapshot is gone for good. If its database is gone too, it may be the last copy.",
        ),
    )


def _snapshot_bill(snapshot: Snapshot, view: View) -> Money:
    """Snapshots are billed by blocks that no API shows: only an upper bound can be told."""
    key = "backup/rds" if isinstance(snapshot.ref, SnapshotRef) else "backup/aurora"
    price = view.facts.price(snapshot.ref.region, key)
    if price is None or not snapshot.has_seen("size_gib"):
        return not_known(SAVING, f"no price for {snapshot.ref.region}: {key}" if price is None else "size not told")
    bound = usd(snapshot.size_gib * price.usd)
    words = f"{snapshot.size_gib} GiB x ${price.usd:g} a {price.unit}, list price of {price.as_of}"
    return not_known(SAVING, f"billed by stored blocks, which no API shows: at most {bound} ({words})")


def _reservations_end(region: Region, view: View) -> Verdict:
    active = [lease for lease in region.reservations.all if lease.state == "active"]
    if not active:
        return NotApplicable("no active reservation")
    soon = _ending(active, view)
    if not soon:
        return CLEAR
    return Problem(
        title=f"{region.place}: {len(soon)} reservation{'s end' if len(soon) > 1 else ' ends'} within {_EXPIRES_DAYS} "
        "days",
        evidence=tuple(
            Evidence(
                what=f"{lease.count} x {lease.instance_class} {lease.product}{' Multi-AZ' if lease.multi_az else ''}",
                value=f"ends {_ends(lease):%Y-%m-%d}",
                threshold=f"more than {_EXPIRES_DAYS} days ahead",
                source="DescribeReservedDBInstances",
                subject=lease.id,
            )
            for lease in soon
        ),
        repair=Repair(
            text="Decide before the day: renew for what will still run then, or let it end. From the day on the hours "
            "are "
            "billed on demand."
        ),
    )


def _ending(active: list[Reservation], view: View) -> list[Reservation]:
    soon = [lease for lease in active if _ends(lease) - view.now <= timedelta(days=_EXPIRES_DAYS)]
    return sorted(soon, key=lambda lease: (_ends(lease), lease.id))


def _ends(lease: Reservation) -> datetime:
    return lease.start_at + timedelta(seconds=lease.duration_s)


def units(instance_class: str) -> float | None:
    """Normalised units of a class; None for a size without any.

    >>> units("db.r7g.large"), units("db.r7g.xlarge"), units("db.r7g.4xlarge"), units("db.serverless")
    (4.0, 8.0, 32.0, None)
    """
    size = instance_class.split(".")[-1]
    if size in _UNITS:
        return _UNITS[size]
    count = size.removesuffix("xlarge")
    if not size.endswith("xlarge") or not (count == "" or count.isdigit()):
        return None
    return 8.0 * (int(count) if count else 1)


def _reservations_unused(region: Region, view: View) -> Verdict:
    active = [lease for lease in region.reservations.all if lease.state == "active"]
    if not active:
        return NotApplicable("no active reservation")
    bought: dict[tuple[str, str], float] = defaultdict(float)
    for lease in active:
        size = units(lease.instance_class)
        if size is not None:
            engine = _PRODUCTS.get(lease.product, lease.product)
            bought[engine, family_of(lease.instance_class)] += size * lease.count * (2 if lease.multi_az else 1)
    running: dict[tuple[str, str], float] = defaultdict(float)
    for instance in region.instances.all:
        size = units(instance.instance_class)
        if size is None or instance.status in _STOPPED:
            continue
        copies = 2 if instance.multi_az and instance.cluster is None else 1
        weight = 1.3 if instance.storage_type == "aurora-iopt1" else 1.0
        running[instance.engine, family_of(instance.instance_class)] += size * copies * weight
    idle = {pool: owned - running[pool] for pool, owned in bought.items() if owned > running[pool]}
    if not idle:
        return CLEAR
    words = ", ".join(f"{engine} db.{family}" for engine, family in sorted(idle))
    return Problem(
        title=f"{region.place}: reservations of {words} are not all used",
        evidence=tuple(
            Evidence(
                what=f"{engine} db.{family}",
                value=f"{bought[engine, family]:g} units reserved, {running[engine, family]:g} running",
                threshold="no more reserved than runs",
                source="DescribeReservedDBInstances, DescribeDBInstances",
            )
            for engine, family in sorted(idle)
        ),
        repair=Repair(
            text="Move instances of the same engine onto the family, or let the reservation end. Other accounts of the "
            "same payer share it: look at their instances before calling it lost.",
        ),
    )


def _test_multi_az(instance: Instance, view: View) -> Verdict:
    if instance.cluster is not None:
        return NotApplicable("a member of a cluster")
    if not is_test(instance, view):
        return NotApplicable("not tagged as a test environment")
    if not instance.multi_az:
        return CLEAR
    kind = f"storage/{instance.storage_type}"
    gib = instance.allocated_storage_gib
    return Problem(
        title=f"{instance.ref} is a test database with a standby",
        evidence=(
            Evidence(what="Multi-AZ", value="on", threshold="off in a test environment", source="DBInstance.MultiAZ"),
        ),
        money=monthly(
            view,
            instance.ref.region,
            SAVING,
            Line(instance_key(instance.engine, instance.instance_class, multi_az=True), HOURS_A_MONTH, "Multi-AZ"),
            Line(instance_key(instance.engine, instance.instance_class), -HOURS_A_MONTH, "one zone"),
            Line(f"{kind}/multi-az", gib, "storage"),
            Line(kind, -gib, "storage"),
        ),
        repair=Repair(
            text="Switch Multi-AZ off, unless failovers are rehearsed on it.",
            calls=(
                ApiCall(
                    service="rds",
                    operation="ModifyDBInstance",
                    parameters={
                        "DBInstanceIdentifier": instance.ref.name,
                        "MultiAZ": False,
                        "ApplyImmediately": True,
                    },
                ),
            ),
        ),
    )


def _paid_days(server: Instance) -> int:
    days = server.performance_insights_retention_days
    return days if days is not None and days > INSIGHTS_FREE_DAYS else 0


def _test_insights(database: Cluster | Instance, view: View) -> Verdict:
    if not is_test(database, view):
        return NotApplicable("not tagged as a test environment")
    long = [server for server in servers(database, view) if server.performance_insights and _paid_days(server)]
    if not long:
        return CLEAR
    days = max(_paid_days(server) for server in long)
    classes = ", ".join(server.instance_class for server in long)
    advanced = database.insights_mode == "advanced"
    return Problem(
        title=f"{database.ref} is a test database that keeps {days} days of Performance Insights",
        evidence=tuple(
            Evidence(
                what="retention",
                value=f"{_paid_days(server)} d",
                threshold=f"{INSIGHTS_FREE_DAYS} d, which is free",
                source="DBInstance.PerformanceInsightsRetentionPeriod",
                subject=server.ref.name,
            )
            for server in long
        ),
        money=not_known(SAVING, f"billed by vCPU-month ({classes}), at a price by family that the book does not hold"),
        repair=Repair(
            text=f"Keep {INSIGHTS_FREE_DAYS} days.",
            calls=()
            if advanced
            else tuple(
                ApiCall(
                    service="rds",
                    operation="ModifyDBInstance",
                    parameters={
                        "DBInstanceIdentifier": server.ref.name,
                        "PerformanceInsightsRetentionPeriod": INSIGHTS_FREE_DAYS,
                        "ApplyImmediately": True,
                    },
                )
                for server in long
            ),
            caution="The older history is gone."
            + (" Database Insights' advanced mode demands 465 days: leave it first." if advanced else ""),
        ),
    )


_PRICE_BOOK = "bundled price book, dated row by row; a missing price is not known"

IDLE = Rule(
    id="database-idle",
    title="Nobody has connected for two weeks",
    theme=Theme.COST,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_idle,
    why="It is paid for by the hour, patched, backed up and exposed, for nobody.",
    repair="Ask its owner; snapshot and delete.",
    checks="DatabaseConnections (maximum) of the instance, or of every member, is 0 at every point of 14 days, and "
    "points "
    "cover all of it. Does not apply to replicas, secondaries of a global database, stopped and younger databases.",
    needs=(
        "rds:DescribeDBInstances",
        "rds:DescribeDBClusters",
        "rds:DescribeGlobalClusters",
        "cloudwatch:DatabaseConnections",
    ),
    sources=("AWS Trusted Advisor calls 7 days idle; 14: judgement", _PRICE_BOOK),
    catalogue=(96,),
)

STOPPED = Rule(
    id="stopped-and-billed",
    title="A stopped database is still billed",
    theme=Theme.COST,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_stopped,
    why="Storage, IOPS and backups are billed on, and within seven days AWS starts it, with its hours.",
    repair="Snapshot and delete, or stop it again by schedule.",
    checks="The status is stopped. The evidence tells when AWS starts it.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=(
        "AWS RDS User Guide (stopped instances pay storage), read 2026-11-23; restart after 7 days: recalled",
        _PRICE_BOOK,
    ),
    catalogue=(107,),
    signature=True,
)

OLD_SNAPSHOT = Rule(
    id="snapshot-old",
    title="A manual snapshot is old, or outlived its database",
    theme=Theme.COST,
    severity=Severity.LOW,
    subjects=MANUAL_SNAPSHOTS,
    check=_old_snapshot,
    why="Manual snapshots never expire: they are billed for ever, and keep data that was meant to be gone.",
    repair="Delete or export it, unless a rule of yours keeps it.",
    checks=f"The snapshot is older than {_OLD_DAYS} days (low), or older than {_ORPHAN_DAYS} days and its database is "
    "gone "
    "(info). Whether it is gone needs every region's whole list of databases.",
    needs=(
        "rds:DescribeDBSnapshots",
        "rds:DescribeDBClusterSnapshots",
        "rds:DescribeDBInstances",
        "rds:DescribeDBClusters",
    ),
    sources=("ages: judgement", _PRICE_BOOK),
    catalogue=(102,),
)

RESERVATIONS_END = Rule(
    id="reservation-ends-soon",
    title="Reservations end soon",
    theme=Theme.COST,
    severity=Severity.LOW,
    subjects=REGIONS,
    check=_reservations_end,
    why="From that hour the same instances cost a third to twice as much, without a word.",
    repair="Renew or let go, knowingly.",
    checks=f"An active reservation's start plus duration is at most {_EXPIRES_DAYS} days ahead.",
    needs=("rds:DescribeReservedDBInstances",),
    sources=("AWS API reference of RDS, ReservedDBInstance (botocore 1.43), read 2026-11-23",),
    catalogue=(99,),
)

RESERVATIONS_UNUSED = Rule(
    id="reservation-unused",
    title="Reservations are not all used",
    theme=Theme.COST,
    severity=Severity.LOW,
    subjects=REGIONS,
    check=_reservations_unused,
    why="A reservation is paid whether or not an instance uses it, and cannot be given back.",
    repair="Run what it covers on its family.",
    checks="By engine and class family, in normalised units (Multi-AZ counts twice, I/O-Optimized 1.3 times): more is "
    "reserved in the region than runs in this account. Other accounts of the payer are not seen.",
    needs=("rds:DescribeReservedDBInstances", "rds:DescribeDBInstances"),
    sources=("AWS RDS User Guide of 2023, size-flexible reserved instances, read 2026-11-23",),
    catalogue=(99,),
)

TEST_MULTI_AZ = Rule(
    id="test-with-standby",
    title="A test database has a standby",
    theme=Theme.COST,
    severity=Severity.INFO,
    subjects=INSTANCES,
    check=_test_multi_az,
    why="The standby about doubles the bill of a database that may be down.",
    repair="Switch Multi-AZ off.",
    checks="An instance tagged as a test environment has MultiAZ on. Does not apply to members of clusters.",
    needs=("rds:DescribeDBInstances",),
    sources=(_PRICE_BOOK,),
    catalogue=(106,),
    signature=True,
)

TEST_INSIGHTS = Rule(
    id="test-with-long-insights",
    title="A test database keeps paid Performance Insights history",
    theme=Theme.COST,
    severity=Severity.INFO,
    subjects=DATABASES,
    check=_test_insights,
    why="History beyond a week is billed by vCPU.",
    repair="Keep the free week.",
    checks=f"A database tagged as a test environment keeps more than {INSIGHTS_FREE_DAYS} days.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("infracost 95ba4f49: billed beyond 7 days, read 2026-11-23",),
    catalogue=(106,),
    signature=True,
)

RULES: tuple[Rule[Any], ...] = (
    IDLE,
    STOPPED,
    OLD_SNAPSHOT,
    RESERVATIONS_END,
    RESERVATIONS_UNUSED,
    TEST_MULTI_AZ,
    TEST_INSIGHTS,
)
