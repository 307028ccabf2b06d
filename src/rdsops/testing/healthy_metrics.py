"""What a healthy fleet measures: one number a metric and statistic, the same in every window of a survey."""

from __future__ import annotations

from collections.abc import Iterator

from rdsops.app.facts import packaged_facts
from rdsops.core.ids import ClusterRef, InstanceRef, ProxyRef
from rdsops.core.units import GIB, TIB
from rdsops.fleet.clusters import Cluster, GlobalCluster
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Proxy
from rdsops.fleet.series import Series, Window
from rdsops.testing.fleets import series

Level = tuple[str, float, float, float]
"""Unit, then lowest, mean and highest of the window."""

INSTANCE: dict[str, Level] = {
    "CPUUtilization": ("Percent", 28.0, 38.0, 55.0),
    "DatabaseConnections": ("Count", 60.0, 90.0, 140.0),
    "SwapUsage": ("Bytes", 0.0, 0.0, 0.0),
    "ReadIOPS": ("Count/Second", 300.0, 600.0, 900.0),
    "WriteIOPS": ("Count/Second", 300.0, 500.0, 700.0),
    "ReadThroughput": ("Bytes/Second", 4e6, 8e6, 16e6),
    "WriteThroughput": ("Bytes/Second", 3e6, 6e6, 12e6),
    "DBLoad": ("None", 0.3, 0.6, 1.2),
    "DBLoadCPU": ("None", 0.2, 0.4, 0.9),
    "NetworkReceiveThroughput": ("Bytes/Second", 1e6, 2e6, 4e6),
    "NetworkTransmitThroughput": ("Bytes/Second", 1e6, 2e6, 4e6),
}
"""Every instance has these."""

OWN_VOLUME: dict[str, Level] = {
    "ReadLatency": ("Seconds", 0.0005, 0.001, 0.002),
    "WriteLatency": ("Seconds", 0.0008, 0.0015, 0.003),
    "DiskQueueDepth": ("Count", 0.2, 0.8, 2.0),
}
CREDITS: dict[str, Level] = {
    "EBSIOBalance%": ("Percent", 95.0, 98.0, 100.0),
    "EBSByteBalance%": ("Percent", 95.0, 98.0, 100.0),
    "CPUCreditBalance": ("Count", 500.0, 540.0, 576.0),
    "BurstBalance": ("Percent", 95.0, 98.0, 100.0),
}
AURORA: dict[str, Level] = {
    "AuroraReplicaLag": ("Milliseconds", 8.0, 15.0, 40.0),
    "FreeLocalStorage": ("Bytes", 20.0 * GIB, 22.0 * GIB, 24.0 * GIB),
    "Deadlocks": ("Count/Second", 0.0, 0.0, 0.0),
    "RollbackSegmentHistoryListLength": ("Count", 10.0, 100.0, 900.0),
    "BufferCacheHitRatio": ("Percent", 99.5, 99.8, 100.0),
}
REPLICA: dict[str, Level] = {"ReplicaLag": ("Seconds", 0.0, 0.2, 1.0)}
POSTGRES: dict[str, Level] = {
    "MaximumUsedTransactionIDs": ("Count", 90e6, 120e6, 150e6),
    "OldestReplicationSlotLag": ("Bytes", 0.0, 0.0, 0.0),
    "TransactionLogsDiskUsage": ("Bytes", 1.0 * GIB, 1.5 * GIB, 2.0 * GIB),
}
SERVERLESS: dict[str, Level] = {
    "ServerlessDatabaseCapacity": ("Count", 2.5, 6.0, 12.0),
    "ACUUtilization": ("Percent", 18.0, 40.0, 75.0),
}
CLUSTER: dict[str, Level] = {
    "VolumeBytesUsed": ("Bytes", 300.0 * GIB, 300.0 * GIB, 300.0 * GIB),
    "AuroraVolumeBytesLeftTotal": ("Bytes", 120.0 * TIB, 120.0 * TIB, 120.0 * TIB),
    "VolumeReadIOPs": ("Count", 10_000.0, 20_000.0, 30_000.0),
    "VolumeWriteIOPs": ("Count", 10_000.0, 20_000.0, 30_000.0),
    "BackupRetentionPeriodStorageUsed": ("Bytes", 100.0 * GIB, 100.0 * GIB, 100.0 * GIB),
}
GLOBAL: dict[str, Level] = {
    "AuroraGlobalDBReplicationLag": ("Milliseconds", 300.0, 500.0, 900.0),
    "AuroraGlobalDBRPOLag": ("Milliseconds", 300.0, 500.0, 900.0),
}
PROXY: dict[str, Level] = {
    "ClientConnections": ("Count", 100.0, 150.0, 200.0),
    "DatabaseConnections": ("Count", 40.0, 60.0, 80.0),
    "DatabaseConnectionsCurrentlyBorrowed": ("Count", 5.0, 10.0, 20.0),
    "DatabaseConnectionsCurrentlySessionPinned": ("Count", 0.0, 0.0, 1.0),
    "DatabaseConnectionsBorrowLatency": ("Microseconds", 150.0, 250.0, 600.0),
    "MaxDatabaseConnectionsAllowed": ("Count", 1500.0, 1500.0, 1500.0),
}

SPARE_MEMORY = 0.3
"""Share of the memory that is free, and of the storage that is used twice over."""


def of_instance(instance: Instance) -> Iterator[Series]:
    levels = {**INSTANCE, "FreeableMemory": _memory(instance)}
    if instance.is_aurora:
        levels |= AURORA
    else:
        size = float(instance.allocated_storage_gib * GIB)
        levels |= {**OWN_VOLUME, "FreeStorageSpace": ("Bytes", size * 0.5, size * 0.5, size * 0.5)}
        levels |= CREDITS if "db.t" in instance.instance_class else {name: CREDITS[name] for name in _LINE}
        if instance.replica_source is not None or instance.cluster is not None:
            levels |= REPLICA
    if "postgres" in instance.engine:
        levels |= POSTGRES
    if instance.is_serverless:
        levels |= SERVERLESS
    yield from _all(instance.ref, levels)


_LINE = ("EBSIOBalance%", "EBSByteBalance%")


def _memory(instance: Instance) -> Level:
    size = packaged_facts().instance_class(instance.instance_class)
    total = (size.memory_gib if size is not None else 16.0) * GIB
    return "Bytes", total * SPARE_MEMORY * 0.9, total * SPARE_MEMORY, total * SPARE_MEMORY * 1.1


def of_cluster(cluster: Cluster) -> Iterator[Series]:
    if not cluster.is_aurora:
        return
    yield from _all(cluster.ref, {**CLUSTER, **(SERVERLESS if cluster.scaling is not None else {})})


def of_global(world: GlobalCluster) -> Iterator[Series]:
    for member in world.members:
        yield from _all(member.cluster, GLOBAL)


def of_proxy(proxy: Proxy) -> Iterator[Series]:
    yield from _all(proxy.ref, PROXY)


def _all(subject: InstanceRef | ClusterRef | ProxyRef, levels: dict[str, Level]) -> Iterator[Series]:
    for metric, (unit, low, mean, high) in levels.items():
        by_stat = {"Minimum": low, "Average": mean, "Maximum": high, "p95": high, "Sum": mean}
        for window in Window:
            for stat, value in by_stat.items():
                yield series(subject, metric, value, stat=stat, window=window, unit=unit)
