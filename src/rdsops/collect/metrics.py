"""Which metrics are asked of what, and how their points are read. One explicit table; only metrics that exist.

Points: the windows of fleet/series.py keep a series at 201 points or fewer, so that a call holds 500 of them.
Names, units and where they exist: AWS "CloudWatch metrics for Amazon RDS / Aurora / RDS Proxy" (recalled, 2026-11-23).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rdsops.collect.fields import Fields, Malformed, Troubles, known
from rdsops.core.ids import ClusterRef, InstanceRef, ProxyRef
from rdsops.facts.facts import InstanceClass
from rdsops.fleet.clusters import Cluster, GlobalCluster
from rdsops.fleet.fleet import Region
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Proxy
from rdsops.fleet.series import SPAN, Series, Window

NAMESPACE = "AWS/RDS"
BATCH = 500
"""Queries in one GetMetricData (read: botocore 1.43, 2026-11-23)."""

A, X, N, S, P95 = "Average", "Maximum", "Minimum", "Sum", "p95"
RECENT, WEEK, FORTNIGHT = Window.RECENT, Window.WEEK, Window.FORTNIGHT

Classes = Mapping[str, InstanceClass]


def _always(_: Instance, __: Classes) -> bool:
    return True


def _own_volume(instance: Instance, _: Classes) -> bool:
    """Storage of its own: Aurora's is the cluster's."""
    return not instance.is_aurora


def _aurora(instance: Instance, _: Classes) -> bool:
    return instance.is_aurora


def _postgres(instance: Instance, _: Classes) -> bool:
    return "postgres" in instance.engine


def _aurora_mysql(instance: Instance, _: Classes) -> bool:
    return instance.engine in ("aurora", "aurora-mysql")


def _replica(instance: Instance, _: Classes) -> bool:
    """A replica, or a member of a Multi-AZ cluster, whose readers tell their lag in the same metric."""
    if instance.is_aurora:
        return False
    return (
        instance.cluster is not None or not instance.has_seen("replica_source") or instance.replica_source is not None
    )


def _burstable_cpu(instance: Instance, _: Classes) -> bool:
    return instance.instance_class.startswith("db.t")


def _burstable_volume(instance: Instance, _: Classes) -> bool:
    return instance.has_seen("storage_type") and instance.storage_type == "gp2"


def _burstable_line(instance: Instance, classes: Classes) -> bool:
    """A class whose way to its volumes is faster for half an hour than for good; asked of unknown classes too."""
    if instance.is_serverless:
        return False
    size = classes.get(instance.instance_class)
    if size is None or size.ebs_baseline_mbps is None or size.ebs_max_mbps is None:
        return True
    return size.ebs_baseline_mbps < size.ebs_max_mbps


def _insights(instance: Instance, _: Classes) -> bool:
    return instance.has_seen("performance_insights") and instance.performance_insights


def _serverless(instance: Instance, _: Classes) -> bool:
    return instance.is_serverless


@dataclass(frozen=True, slots=True)
class OfInstance:
    """A metric of instances for which `exists` holds, and the (statistic, window) pairs asked of it."""

    metric: str
    unit: str
    asked: tuple[tuple[str, Window], ...]
    exists: Callable[[Instance, Classes], bool] = _always


INSTANCE_METRICS: tuple[OfInstance, ...] = (
    OfInstance("CPUUtilization", "Percent", ((A, WEEK), (X, WEEK), (P95, FORTNIGHT))),
    OfInstance("DatabaseConnections", "Count", ((A, FORTNIGHT), (X, FORTNIGHT), (X, WEEK))),
    OfInstance("FreeableMemory", "Bytes", ((N, WEEK), (A, WEEK))),
    OfInstance("SwapUsage", "Bytes", ((X, WEEK),)),
    OfInstance("FreeStorageSpace", "Bytes", ((N, FORTNIGHT),), _own_volume),
    OfInstance("FreeLocalStorage", "Bytes", ((N, FORTNIGHT),), _aurora),
    OfInstance("ReadIOPS", "Count/Second", ((A, WEEK), (X, WEEK))),
    OfInstance("WriteIOPS", "Count/Second", ((A, WEEK), (X, WEEK))),
    OfInstance("ReadThroughput", "Bytes/Second", ((A, WEEK), (X, WEEK))),
    OfInstance("WriteThroughput", "Bytes/Second", ((A, WEEK), (X, WEEK))),
    OfInstance("ReadLatency", "Seconds", ((A, WEEK),), _own_volume),
    OfInstance("WriteLatency", "Seconds", ((A, WEEK),), _own_volume),
    OfInstance("DiskQueueDepth", "Count", ((A, WEEK), (X, WEEK)), _own_volume),
    OfInstance("ReplicaLag", "Seconds", ((X, RECENT), (P95, WEEK)), _replica),
    OfInstance("AuroraReplicaLag", "Milliseconds", ((X, RECENT), (P95, WEEK)), _aurora),
    OfInstance("CPUCreditBalance", "Count", ((N, WEEK),), _burstable_cpu),
    OfInstance("BurstBalance", "Percent", ((N, WEEK),), _burstable_volume),
    OfInstance("EBSIOBalance%", "Percent", ((N, WEEK),), _burstable_line),
    OfInstance("EBSByteBalance%", "Percent", ((N, WEEK),), _burstable_line),
    OfInstance("DBLoad", "None", ((A, WEEK), (X, WEEK)), _insights),
    OfInstance("MaximumUsedTransactionIDs", "Count", ((X, WEEK),), _postgres),
    OfInstance("OldestReplicationSlotLag", "Bytes", ((X, WEEK),), _postgres),
    OfInstance("TransactionLogsDiskUsage", "Bytes", ((X, WEEK),), _postgres),
    OfInstance("RollbackSegmentHistoryListLength", "Count", ((X, WEEK),), _aurora_mysql),
    OfInstance("Deadlocks", "Count/Second", ((A, WEEK),), _aurora),
    OfInstance("ServerlessDatabaseCapacity", "Count", ((A, WEEK), (X, WEEK)), _serverless),
    OfInstance("ACUUtilization", "Percent", ((A, WEEK), (X, WEEK)), _serverless),
)


def _own_storage(cluster: Cluster) -> bool:
    """Aurora's volume; a Multi-AZ cluster's storage is told by its instances."""
    return cluster.is_aurora


def _scales(cluster: Cluster) -> bool:
    return cluster.has_seen("scaling") and cluster.scaling is not None


CLUSTER_METRICS: tuple[tuple[str, str, tuple[tuple[str, Window], ...], Callable[[Cluster], bool]], ...] = (
    ("VolumeBytesUsed", "Bytes", ((A, FORTNIGHT), (X, FORTNIGHT)), _own_storage),
    ("AuroraVolumeBytesLeftTotal", "Bytes", ((N, FORTNIGHT),), _own_storage),
    ("VolumeReadIOPs", "Count", ((S, FORTNIGHT),), _own_storage),
    ("VolumeWriteIOPs", "Count", ((S, FORTNIGHT),), _own_storage),
    ("BackupRetentionPeriodStorageUsed", "Bytes", ((A, FORTNIGHT),), _own_storage),
    ("ServerlessDatabaseCapacity", "Count", ((A, WEEK), (X, WEEK)), _scales),
    ("ACUUtilization", "Percent", ((A, WEEK), (X, WEEK)), _scales),
)
"""(metric, unit, asked, of which clusters)."""

PROXY_METRICS: tuple[tuple[str, str, tuple[tuple[str, Window], ...]], ...] = (
    ("ClientConnections", "Count", ((A, WEEK), (X, WEEK))),
    ("DatabaseConnections", "Count", ((A, WEEK), (X, WEEK))),
    ("DatabaseConnectionsCurrentlyBorrowed", "Count", ((A, WEEK), (X, WEEK))),
    ("DatabaseConnectionsCurrentlySessionPinned", "Count", ((A, WEEK), (X, WEEK))),
    ("DatabaseConnectionsBorrowLatency", "Microseconds", ((A, WEEK), (P95, WEEK))),
    ("MaxDatabaseConnectionsAllowed", "Count", ((A, WEEK),)),
)

GLOBAL_METRICS: tuple[tuple[str, str, tuple[tuple[str, Window], ...], bool], ...] = (
    ("AuroraGlobalDBReplicationLag", "Milliseconds", ((A, WEEK), (X, RECENT), (P95, WEEK)), False),
    ("AuroraGlobalDBRPOLag", "Milliseconds", ((X, WEEK),), True),
)
"""(metric, unit, asked, of the writer): lag is told by secondary clusters, RPO lag by the primary."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One series to ask for. A series may be wanted under two sets of dimensions; the one with points is kept."""

    subject: InstanceRef | ClusterRef | ProxyRef
    metric: str
    unit: str
    stat: str
    window: Window
    dimensions: tuple[tuple[str, str], ...]

    def query(self, identifier: str) -> dict[str, Any]:
        """Its MetricDataQuery."""
        return {
            "Id": identifier,
            "MetricStat": {
                "Metric": {
                    "Namespace": NAMESPACE,
                    "MetricName": self.metric,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions],
                },
                "Period": SPAN[self.window][1],
                "Stat": self.stat,
            },
            "ReturnData": True,
        }


def wanted(
    region: Region, worlds: Iterable[GlobalCluster], classes: Classes, windows: Iterable[Window]
) -> list[Wanted]:
    """Every series to ask of one region, grouped by window."""
    every = [
        *(one for instance in region.instances.items for one in _of_instance(instance, classes)),
        *(one for cluster in region.clusters.items for one in _of_cluster(cluster)),
        *(one for proxy in region.proxies.items for one in _of_proxy(proxy)),
        *(one for world in worlds for one in _of_world(world, region)),
    ]
    return [one for window in windows for one in every if one.window is window]


def grid(window: Window, now: datetime) -> tuple[datetime, datetime, int]:
    """Start, end and period in seconds of a window, on the period's grid, so that buckets are whole.

    The running bucket is left out: its Sum would look like a fall.
    """
    span, period = SPAN[window]
    end = datetime.fromtimestamp(now.timestamp() // period * period, tz=UTC)
    return end - span, end, period


def series_of(ask: Wanted, points: Iterable[tuple[datetime, float]], now: datetime) -> Series | None:
    """The points on the window's grid; None without a point in it."""
    start, end, period = grid(ask.window, now)
    values: list[float | None] = [None] * int((end - start).total_seconds() // period)
    for at, value in points:
        place = int((at - start).total_seconds() // period)
        if 0 <= place < len(values):
            values[place] = value
    if all(value is None for value in values):
        return None
    return Series(
        subject=ask.subject,
        metric=ask.metric,
        stat=ask.stat,
        window=ask.window,
        unit=ask.unit,
        start=start,
        period_s=period,
        values=tuple(values),
    )


@dataclass(frozen=True, slots=True)
class Result:
    """One MetricDataResult. status: Complete, InternalError, PartialData, Forbidden."""

    id: str
    status: str
    points: tuple[tuple[datetime, float], ...]


def result(fields: Fields) -> Result:
    """One entry of MetricDataResults; Timestamps and Values stand side by side."""
    identifier = fields.name("Id")
    fields.called(f"query {identifier}")
    moments, values = fields.raw("Timestamps"), fields.raw("Values")
    if not isinstance(moments, list) or not isinstance(values, list) or len(moments) != len(values):
        raise Malformed(f"query {identifier}: Timestamps and Values do not stand side by side")
    if not all(isinstance(at, datetime) for at in moments) or not all(isinstance(v, int | float) for v in values):
        raise Malformed(f"query {identifier}: a point is no number at a time")
    return Result(
        id=identifier,
        status=known(fields.text("StatusCode", "Complete")),
        points=tuple((_utc(at), float(value)) for at, value in zip(moments, values, strict=True)),
    )


def results(answer: Mapping[str, Any], troubles: Troubles) -> Iterator[Result]:
    found = answer.get("MetricDataResults")
    return troubles.each(tuple(found) if isinstance(found, list) else (), result)


def _of_instance(instance: Instance, classes: Classes) -> Iterator[Wanted]:
    dimensions = (("DBInstanceIdentifier", instance.ref.name),)
    for row in INSTANCE_METRICS:
        if row.exists(instance, classes):
            for stat, window in row.asked:
                yield Wanted(instance.ref, row.metric, row.unit, stat, window, dimensions)


def _of_cluster(cluster: Cluster) -> Iterator[Wanted]:
    dimensions = (("DBClusterIdentifier", cluster.ref.name),)
    for metric, unit, asked, exists in CLUSTER_METRICS:
        if exists(cluster):
            for stat, window in asked:
                yield Wanted(cluster.ref, metric, unit, stat, window, dimensions)


def _of_proxy(proxy: Proxy) -> Iterator[Wanted]:
    for metric, unit, asked in PROXY_METRICS:
        for stat, window in asked:
            yield Wanted(proxy.ref, metric, unit, stat, window, (("ProxyName", proxy.ref.name),))


def _of_world(world: GlobalCluster, region: Region) -> Iterator[Wanted]:
    """Lag of the members that lie in this region, under both sets of dimensions that AWS has used."""
    if not world.has_seen("members"):
        return
    writer = next((member.cluster for member in world.members if member.is_writer), None)
    for member in world.members:
        if member.cluster.place != region.place:
            continue
        name = (("DBClusterIdentifier", member.cluster.name),)
        for metric, unit, asked, of_writer in GLOBAL_METRICS:
            if of_writer is not member.is_writer:
                continue
            for stat, window in asked:
                yield Wanted(member.cluster, metric, unit, stat, window, name)
                if writer is not None and not of_writer:
                    by_source = (*name, ("SourceRegion", writer.region))
                    yield Wanted(member.cluster, metric, unit, stat, window, by_source)


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
