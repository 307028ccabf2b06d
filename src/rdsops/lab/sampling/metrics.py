"""The metrics that a sampler writes: AWS's names and units, and for each whether it is measured or derived, and how.

Names and units: CloudWatch's AWS/RDS metrics (recalled, verify). A metric that cannot be had on a machine or engine is
absent; it is never written as zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NAMESPACE = "AWS/RDS"


@dataclass(frozen=True, slots=True)
class Measure:
    """standing measured: read as it is. derived: computed from something near it, as `how` says."""

    name: str
    unit: str
    standing: Literal["measured", "derived"]
    how: str


MEASURES: tuple[Measure, ...] = (
    Measure("CPUUtilization", "Percent", "derived", "CPU time of the process tree over the class's vCPUs, at most 100"),
    Measure("DatabaseConnections", "Count", "measured", "client sessions, without the sampler's own"),
    Measure("FreeableMemory", "Bytes", "derived", "the class's memory less what the process tree holds"),
    Measure("SwapUsage", "Bytes", "measured", "VmSwap of the process tree; Linux only"),
    Measure("FreeStorageSpace", "Bytes", "derived", "allocated storage less the data directory; not Aurora"),
    Measure("FreeLocalStorage", "Bytes", "derived", "free space of the disk that holds the data; Aurora only"),
    Measure("ReadIOPS", "Count/Second", "derived", "bytes read from disk over the page size; Linux only"),
    Measure("WriteIOPS", "Count/Second", "derived", "bytes written to disk over the page size; Linux only"),
    Measure("ReadThroughput", "Bytes/Second", "measured", "bytes read from disk by the process tree; Linux only"),
    Measure("WriteThroughput", "Bytes/Second", "measured", "bytes written to disk by the process tree; Linux only"),
    Measure("DBLoad", "None", "measured", "active sessions a second, from the samples"),
    Measure("DBLoadCPU", "None", "measured", "those of them that wait for nothing"),
    Measure("DBLoadNonCPU", "None", "measured", "those of them that wait"),
    Measure("ReplicaLag", "Seconds", "measured", "age of the last replayed transaction, 0 when all is replayed"),
    Measure("AuroraReplicaLag", "Milliseconds", "derived", "the same of a streaming replica that stands for a reader"),
    Measure("CommitThroughput", "Count/Second", "measured", "commits of all databases; Aurora only"),
    Measure("Deadlocks", "Count/Second", "measured", "deadlocks of all databases; Aurora only"),
    Measure("BufferCacheHitRatio", "Percent", "measured", "hits over reads since the last look; Aurora only"),
    Measure("MaximumUsedTransactionIDs", "Count", "measured", "the oldest age(datfrozenxid); PostgreSQL writers"),
    Measure("OldestReplicationSlotLag", "Bytes", "measured", "WAL behind the oldest slot; PostgreSQL with a slot"),
    Measure("ReplicationSlotDiskUsage", "Bytes", "measured", "files of the slots; PostgreSQL with a slot"),
    Measure("TransactionLogsDiskUsage", "Bytes", "measured", "files in pg_wal; PostgreSQL, not Aurora"),
    Measure("VolumeBytesUsed", "Bytes", "derived", "the writer's data directory; dimension DBClusterIdentifier"),
    Measure("RollbackSegmentHistoryListLength", "Count", "measured", "InnoDB's history list"),
    Measure("BinLogDiskUsage", "Bytes", "measured", "sizes of SHOW BINARY LOGS"),
)
UNITS: dict[str, str] = {measure.name: measure.unit for measure in MEASURES}
