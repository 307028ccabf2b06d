"""Limits that AWS publishes, each with its source, the day it was read and the question that answers better."""

from __future__ import annotations

from datetime import date

import msgspec

READ = date(2026, 11, 23)


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """One bound. standing: read, recalled. superseded_by: the API call that answers better, None when none does."""

    value: float
    unit: str
    source: str
    read: date = READ
    standing: str = "read"
    superseded_by: str | None = None

    def __str__(self) -> str:
        return f"{self.value:,.0f} {self.unit}"


RDS_STORAGE_GIB = Limit(
    value=65536,
    unit="GiB",
    source="AWS API reference of RDS (AllocatedStorage), MySQL, MariaDB and PostgreSQL",
    superseded_by="rds:DescribeValidDBInstanceModifications",
)
MAGNETIC_STORAGE_GIB = Limit(value=3072, unit="GiB", source="AWS API reference of RDS (AllocatedStorage)")
AURORA_VOLUME_TIB = Limit(value=128, unit="TiB", source="AWS Aurora User Guide, quotas")
AURORA_LARGE_VOLUME_TIB = Limit(
    value=256,
    unit="TiB",
    source="AWS Aurora User Guide, Aurora MySQL from 3.10, Aurora PostgreSQL from 15.13/16.9/17.5",
)
READERS = Limit(value=15, unit="readers", source="AWS Aurora User Guide; AWS API reference of RDS for RDS replicas")
PROMOTION_TIER = Limit(value=15, unit="", source="AWS API reference of RDS (PromotionTier)")
BACKUP_RETENTION_DAYS = Limit(value=35, unit="days", source="AWS API reference of RDS (BackupRetentionPeriod)")
BACKTRACK_S = Limit(value=259_200, unit="s", source="AWS API reference of RDS (BacktrackWindow), Aurora MySQL only")
STOPPED_DAYS = Limit(
    value=7, unit="days", source="AWS RDS User Guide", standing="recalled", superseded_by="rds:DescribeDBInstances"
)
ACU_STEP = Limit(value=0.5, unit="ACU", source="AWS API reference of RDS (ServerlessV2ScalingConfiguration)")
ACU_MAX = Limit(
    value=256,
    unit="ACU",
    source="AWS API reference of RDS (ServerlessV2ScalingConfiguration); 128 on older versions",
    superseded_by="rds:DescribeDBEngineVersions",
)
ACU_GIB = Limit(value=2, unit="GiB an ACU, about", source="AWS Aurora User Guide")
ACU_FLOOR_INSIGHTS = Limit(
    value=2, unit="ACU", source="AWS Aurora User Guide: least minimum recommended with Performance Insights"
)
ACU_FLOOR_GLOBAL = Limit(
    value=8, unit="ACU", source="AWS Aurora User Guide: least minimum recommended for a global database's primary"
)
PAUSE_SECONDS = (300, 86_400)
"""SecondsUntilAutoPause (read: AWS API reference of RDS, 2026-11-23)."""

MONITORING_INTERVALS_S = (0, 1, 5, 10, 15, 30, 60)
"""MonitoringInterval (read: AWS API reference of RDS, 2026-11-23)."""

INSIGHTS_RETENTION_DAYS = (7, *(31 * months for months in range(1, 24)), 731)
"""PerformanceInsightsRetentionPeriod (read: AWS API reference of RDS, 2026-11-23)."""

INSIGHTS_FREE_DAYS = 7
"""Retention that costs nothing (read: expected prices of infracost 95ba4f49: billed beyond 7 days, 2026-11-23)."""

_LARGE_VOLUME_FROM = {
    ("aurora-postgresql", 15): 13,
    ("aurora-postgresql", 16): 9,
    ("aurora-postgresql", 17): 5,
}


def aurora_volume(engine: str, version: str) -> Limit | None:
    """The largest volume a cluster of this version can grow to; None when the version cannot be read.

    >>> aurora_volume("aurora-postgresql", "16.8").value, aurora_volume("aurora-postgresql", "16.9").value
    (128, 256)
    >>> aurora_volume("aurora-mysql", "8.0.mysql_aurora.3.10.1").value
    256
    """
    numbers = _numbers(version.rsplit("aurora.", 1)[-1])
    if len(numbers) < 2:
        return None
    major, minor = numbers[0], numbers[1]
    if engine == "aurora-mysql":
        large = (major, minor) >= (3, 10)
    elif major >= 18:  # later than every line that AWS names
        large = True
    else:
        least = _LARGE_VOLUME_FROM.get((engine, major))
        large = least is not None and minor >= least
    return AURORA_LARGE_VOLUME_TIB if large else AURORA_VOLUME_TIB


def _numbers(version: str) -> tuple[int, ...]:
    numbers = []
    for part in version.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)
