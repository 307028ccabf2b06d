"""What a subject without measurements looks like over two weeks: plausible levels and daily shapes, never measured.

Each profile answers with the curves of the metrics that AWS publishes for such a subject; a metric that AWS does not
publish for it is absent. Names and units: CloudWatch's for AWS/RDS (recalled).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rdsops.lab.cloudwatch.curves import Curve

KIB, MIB, GIB = 1024.0, 1024.0**2, 1024.0**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """An instance. None where it has no such thing: a metric of it is then absent.

    family: postgres or mysql (MariaDB too). aurora: its storage is the cluster's. reader: it follows a writer.
    load: mean active sessions; default follows from the CPU. free_storage_slope_gib_day: negative when it fills up.
    credits_start, credits_per_day: a burstable class. burst_balance_pct: gp2 volumes. ebs_balance_pct: small classes.
    acu, acu_max: Serverless v2. history_list: undo records not yet purged. slot_lag_bytes: an abandoned slot.
    """

    family: str = "postgres"
    aurora: bool = False
    reader: bool = False
    idle: bool = False
    vcpu: int = 2
    cpu_mean: float = 25.0
    cpu_peak_hour: int = 14
    cpu_daily: float = 0.4
    weekend: float = 0.6
    connections: float = 40.0
    load: float | None = None
    memory_gib: float = 16.0
    memory_free_share: float = 0.35
    swap_mib: float = 0.0
    free_storage_start_gib: float | None = 60.0
    free_storage_slope_gib_day: float = -0.02
    free_local_storage_gib: float | None = None
    read_iops: float = 120.0
    write_iops: float = 180.0
    read_latency_ms: float = 0.9
    write_latency_ms: float = 1.4
    io_kib: float = 16.0
    network_mib_s: float = 2.0
    commits_per_s: float = 60.0
    deadlocks_per_s: float = 0.0
    cache_hit_pct: float = 99.2
    lag_ms: float | None = None
    transaction_ids: float | None = 90e6
    slot_lag_bytes: float | None = None
    wal_gib: float = 1.0
    history_list: float | None = None
    binlog_gib: float | None = None
    credits_start: float | None = None
    credits_per_day: float = 0.0
    burst_balance_pct: float | None = None
    burst_per_day: float = 0.0
    ebs_balance_pct: float | None = None
    ebs_per_day: float = 0.0
    acu: float | None = None
    acu_max: float = 16.0

    def curves(self) -> Iterator[tuple[str, Curve]]:
        yield from self._compute()
        yield from self._storage()
        yield from self._traffic()
        yield from self._engine()
        yield from self._budgets()

    def _compute(self) -> Iterator[tuple[str, Curve]]:
        busy = 0.0 if self.idle else 1.0
        cpu = self._busy("cpu", "Percent", self.cpu_mean if not self.idle else 1.2, high=100.0, noise=0.12, swing=0.25)
        yield "CPUUtilization", cpu
        sessions = self._busy("connections", "Count", self.connections * busy, whole=True, swing=0.06)
        yield "DatabaseConnections", sessions
        free = self.memory_gib * GIB * self.memory_free_share
        yield "FreeableMemory", Curve(story="memory", level=free, unit="Bytes", noise=0.02, swing=0.01)
        yield "SwapUsage", Curve(story="swap", level=self.swap_mib * MIB, unit="Bytes", noise=0.05, swing=0.01)
        load = self.load if self.load is not None else self.cpu_mean / 100 * self.vcpu * 1.4
        load *= busy
        on_cpu = min(1.0, self.cpu_mean / 100 * self.vcpu / load) if load else 1.0
        yield "DBLoad", self._busy("load", "None", load, noise=0.15, swing=0.3)
        yield "DBLoadCPU", self._busy("load", "None", load, noise=0.15, swing=0.3, scale=on_cpu)
        yield "DBLoadNonCPU", self._busy("load", "None", load, noise=0.15, swing=0.3, scale=1 - on_cpu)

    def _storage(self) -> Iterator[tuple[str, Curve]]:
        if self.aurora:
            local = self.free_local_storage_gib if self.free_local_storage_gib is not None else self.memory_gib * 1.6
            yield "FreeLocalStorage", Curve(story="local", level=local * GIB, unit="Bytes", noise=0.01, swing=0.004)
        elif self.free_storage_start_gib is not None:
            start, slope = self.free_storage_start_gib * GIB, self.free_storage_slope_gib_day * GIB
            yield (
                "FreeStorageSpace",
                Curve(story="storage", level=start, unit="Bytes", per_day=slope, noise=0.0005, swing=0.0002),
            )

    def _traffic(self) -> Iterator[tuple[str, Curve]]:
        quiet = 0.02 if self.idle else 1.0
        reads, writes = self.read_iops * quiet, self.write_iops * quiet * (0.15 if self.reader else 1.0)
        queued = (reads * self.read_latency_ms + writes * self.write_latency_ms) / 1000
        yield "ReadIOPS", self._busy("reads", "Count/Second", reads, noise=0.2, swing=0.4)
        yield "WriteIOPS", self._busy("writes", "Count/Second", writes, noise=0.2, swing=0.4)
        block = self.io_kib * KIB
        yield "ReadThroughput", self._busy("reads", "Bytes/Second", reads, noise=0.2, swing=0.4, scale=block)
        yield "WriteThroughput", self._busy("writes", "Bytes/Second", writes, noise=0.2, swing=0.4, scale=block)
        yield "ReadLatency", Curve(story="read latency", level=self.read_latency_ms / 1000, unit="Seconds", swing=0.3)
        yield (
            "WriteLatency",
            Curve(story="write latency", level=self.write_latency_ms / 1000, unit="Seconds", swing=0.3),
        )
        yield "DiskQueueDepth", self._busy("queue", "Count", queued, noise=0.2, swing=0.4)
        network = self.network_mib_s * MIB * quiet
        yield "NetworkReceiveThroughput", self._busy("network in", "Bytes/Second", network * 0.3, swing=0.2)
        yield "NetworkTransmitThroughput", self._busy("network out", "Bytes/Second", network, swing=0.2)

    def _engine(self) -> Iterator[tuple[str, Curve]]:
        if self.lag_ms is not None:
            aurora_lag = Curve(story="lag", level=self.lag_ms, unit="Milliseconds", noise=0.3, swing=0.5)
            lag = Curve(story="lag", level=self.lag_ms / 1000, unit="Seconds", noise=0.3, swing=0.5)
            yield ("AuroraReplicaLag", aurora_lag) if self.aurora else ("ReplicaLag", lag)
        if self.aurora:
            quiet = 0.0 if self.idle or self.reader else 1.0
            yield "CommitThroughput", self._busy("commits", "Count/Second", self.commits_per_s * quiet, swing=0.2)
            yield "Deadlocks", self._busy("deadlocks", "Count/Second", self.deadlocks_per_s * quiet, noise=0.5)
            yield (
                "BufferCacheHitRatio",
                Curve(story="cache", level=self.cache_hit_pct, unit="Percent", high=100.0, noise=0.002, swing=0.001),
            )
        if self.family == "postgres":
            yield from self._postgres()
        else:
            if self.history_list is not None:
                history = self._busy("history", "Count", self.history_list, whole=True, swing=0.2)
                yield "RollbackSegmentHistoryListLength", history
            if self.binlog_gib is not None and not self.aurora:
                binlog = Curve(story="binlog", level=self.binlog_gib * GIB, unit="Bytes", noise=0.05, swing=0.02)
                yield "BinLogDiskUsage", binlog

    def _postgres(self) -> Iterator[tuple[str, Curve]]:
        if self.transaction_ids is not None and not self.reader:
            used = Curve(story="xid", level=self.transaction_ids, unit="Count", noise=0.0, swing=0.0, per_day=150e3)
            yield "MaximumUsedTransactionIDs", used
        if not self.aurora:
            wal = Curve(story="wal", level=self.wal_gib * GIB, unit="Bytes", noise=0.08, swing=0.03)
            yield "TransactionLogsDiskUsage", wal
            if self.slot_lag_bytes is not None:
                grows = self.slot_lag_bytes * 0.05
                slot = Curve(story="slot", level=self.slot_lag_bytes, unit="Bytes", noise=0.0, swing=0.0, per_day=grows)
                yield "OldestReplicationSlotLag", slot
                yield "ReplicationSlotDiskUsage", slot

    def _budgets(self) -> Iterator[tuple[str, Curve]]:
        if self.credits_start is not None:
            used = max(0.0, self.cpu_mean / 100 * self.vcpu * 60 / 60)
            yield "CPUCreditBalance", _balance("credits", self.credits_start, self.credits_per_day, "Count")
            yield "CPUCreditUsage", self._busy("cpu", "Count", used, noise=0.12, swing=0.25)
        if self.burst_balance_pct is not None:
            yield "BurstBalance", _balance("burst", self.burst_balance_pct, self.burst_per_day, "Percent")
        if self.ebs_balance_pct is not None:
            yield "EBSIOBalance%", _balance("ebs io", self.ebs_balance_pct, self.ebs_per_day, "Percent")
            yield "EBSByteBalance%", _balance("ebs byte", self.ebs_balance_pct, self.ebs_per_day, "Percent")
        if self.acu is not None:
            size = self._busy("acu", "Count", self.acu, low=0.0, high=self.acu_max, noise=0.1, swing=0.1)
            share = self._busy(
                "acu", "Percent", self.acu, low=0.0, high=self.acu_max, noise=0.1, swing=0.1, scale=100 / self.acu_max
            )
            yield "ServerlessDatabaseCapacity", size
            yield "ACUUtilization", share

    def _busy(
        self,
        story: str,
        unit: str,
        level: float,
        *,
        low: float = 0.0,
        high: float = float("inf"),
        noise: float = 0.06,
        swing: float = 0.1,
        whole: bool = False,
        scale: float = 1.0,
    ) -> Curve:
        """A curve that follows the working day of this instance."""
        return Curve(
            story=story,
            level=level,
            unit=unit,
            daily=0.0 if self.idle else self.cpu_daily,
            peak_hour=self.cpu_peak_hour,
            weekend=1.0 if self.idle else self.weekend,
            noise=noise,
            swing=swing,
            low=low,
            high=high,
            whole=whole,
            scale=scale,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterProfile:
    """An Aurora cluster's own metrics, dimension DBClusterIdentifier. secondary: how far behind its primary."""

    volume_gib: float = 200.0
    volume_gib_day: float = 0.4
    read_ios: float = 300e3
    write_ios: float = 500e3
    secondary: GlobalProfile | None = None

    def curves(self) -> Iterator[tuple[str, Curve]]:
        yield (
            "VolumeBytesUsed",
            Curve(
                story="volume",
                level=self.volume_gib * GIB,
                unit="Bytes",
                per_day=self.volume_gib_day * GIB,
                noise=0.0005,
            ),
        )
        yield "VolumeReadIOPs", Curve(story="volume reads", level=self.read_ios, unit="Count", daily=0.4, noise=0.1)
        yield "VolumeWriteIOPs", Curve(story="volume writes", level=self.write_ios, unit="Count", daily=0.4, noise=0.1)
        if self.secondary is not None:
            yield from self.secondary.curves()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyProfile:
    """An RDS Proxy, dimension ProxyName. pinned: sessions tied to one backend; they cannot be shared."""

    clients: float = 120.0
    pinned: float = 0.0
    borrow_latency_us: float = 900.0
    query_latency_us: float = 4200.0

    def curves(self) -> Iterator[tuple[str, Curve]]:
        clients = Curve(story="clients", level=self.clients, unit="Count", daily=0.4, weekend=0.6, whole=True)
        yield "ClientConnections", clients
        pinned = Curve(story="pinned", level=self.pinned, unit="Count", daily=0.3, weekend=0.7, whole=True)
        yield "DatabaseConnectionsCurrentlySessionPinned", pinned
        borrow = Curve(story="borrow", level=self.borrow_latency_us, unit="Microseconds", noise=0.15, swing=0.3)
        yield "DatabaseConnectionsBorrowLatency", borrow
        answer = Curve(story="answer", level=self.query_latency_us, unit="Microseconds", noise=0.15, swing=0.3)
        yield "QueryDatabaseResponseLatency", answer


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalProfile:
    """A secondary cluster of a global database: how far it is behind, in ms."""

    lag_ms: float = 420.0
    rpo_lag_ms: float | None = 650.0

    def curves(self) -> Iterator[tuple[str, Curve]]:
        yield (
            "AuroraGlobalDBReplicationLag",
            Curve(story="global lag", level=self.lag_ms, unit="Milliseconds", noise=0.2, swing=0.4),
        )
        if self.rpo_lag_ms is not None:
            rpo = Curve(story="global rpo", level=self.rpo_lag_ms, unit="Milliseconds", noise=0.2, swing=0.4)
            yield "AuroraGlobalDBRPOLag", rpo


AnyProfile = Profile | ClusterProfile | ProxyProfile | GlobalProfile


def _balance(story: str, start: float, per_day: float, unit: str) -> Curve:
    """A budget that drains (per_day below zero) or stays; it does not go below zero."""
    high = max(start, 100.0) if unit == "Percent" else float("inf")
    return Curve(story=story, level=start, unit=unit, per_day=per_day, noise=0.01, swing=0.01, high=high)
