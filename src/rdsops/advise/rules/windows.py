"""Windows: whether backup and maintenance fall into each other, or into the busiest hour of the day."""

from __future__ import annotations

from typing import Any

from rdsops.advise.databases import is_replica, is_test, writer
from rdsops.advise.finding import Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance
from rdsops.fleet.series import Series, Window

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MIN = 24 * 60
WEEK_MIN = 7 * DAY_MIN
BUSY_SHARE = 0.8
"""A window is at the peak when its hours carry 80 % of the busiest hour's load."""
PEAK_FACTOR = 2.0
"""There is a peak to avoid only when the busiest hour carries twice the quietest's load."""
WORTH_PERCENT = 20.0
"""Below that CPU at its busiest hour a database has room for anything."""

Span = tuple[int, int]
"""Minutes: begin, length."""


def backup_span(text: str) -> Span:
    """Begin (minute of the day, UTC) and length of a backup window.

    >>> backup_span("23:30-00:15")
    (1410, 45)
    """
    begin, end = (_minute(part) for part in text.split("-"))
    return begin, (end - begin) % DAY_MIN


def maintenance_span(text: str) -> Span:
    """Begin (minute of the week, from Monday, UTC) and length of a maintenance window.

    >>> maintenance_span("sun:23:30-mon:00:30")
    (10050, 60)
    """
    begin, end = (_week_minute(part) for part in text.lower().split("-"))
    return begin, (end - begin) % WEEK_MIN


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _week_minute(text: str) -> int:
    day, _, clock = text.partition(":")
    return DAYS.index(day) * DAY_MIN + _minute(clock)


def overlap_min(backup: Span, maintenance: Span) -> int:
    """Minutes of the maintenance window in which the daily backup window is open too."""
    begin, length = maintenance
    opens, lasts = backup
    return sum((minute - opens) % DAY_MIN < lasts for minute in range(begin, begin + length))


def hours_of(span: Span) -> tuple[int, ...]:
    """Hours of the day that a window touches.

    >>> hours_of((1410, 45)), hours_of((120, 60))
    ((0, 23), (2,))
    """
    begin, length = span
    return tuple(sorted({minute // 60 % 24 for minute in range(begin, begin + max(length, 1))}))


def _windows(database: Cluster | Instance) -> tuple[str | None, str | None]:
    backed_up = database.backup_retention_days > 0 and not is_replica(database)
    return database.backup_window if backed_up else None, database.maintenance_window


def _overlap(database: Cluster | Instance, view: View) -> Verdict:
    backup, maintenance = _windows(database)
    if backup is None or maintenance is None:
        return NotApplicable("has not both windows")
    minutes = overlap_min(backup_span(backup), maintenance_span(maintenance))
    if not minutes:
        return CLEAR
    kind = "DBCluster" if isinstance(database, Cluster) else "DBInstance"
    return Problem(
        title=f"{database.ref}: backup and maintenance windows overlap by {minutes} min",
        evidence=(
            Evidence(
                what="backup window (UTC)", value=backup, threshold="apart", source=f"{kind}.PreferredBackupWindow"
            ),
            Evidence(
                what="maintenance window (UTC)",
                value=maintenance,
                threshold="apart",
                source=f"{kind}.PreferredMaintenanceWindow",
            ),
        ),
        repair=Repair(text="Move the maintenance window to begin after the backup window ends."),
    )


def _peak(database: Cluster | Instance, view: View) -> Verdict:
    if is_test(database, view):
        return NotApplicable("a test environment")
    if is_replica(database):
        return NotApplicable("a replica")
    backup, maintenance = _windows(database)
    server = writer(database, view)
    if server is None:
        return NotApplicable("a cluster without instances")
    if database.status == "stopped":
        return NotApplicable("stopped")
    by_hour = hourly_means(view.series(server.ref, "CPUUtilization", "Average", Window.WEEK))
    if len(by_hour) < 24:
        raise Unseen("cloudwatch:CPUUtilization", "CPUUtilization of every hour of the day")
    busiest, quietest = max(by_hour.values()), min(by_hour.values())
    if busiest < WORTH_PERCENT or busiest < quietest * PEAK_FACTOR:
        return CLEAR
    windows = [("maintenance", maintenance, maintenance_span)] if maintenance else []
    if backup and not database.engine.startswith("aurora"):
        windows.append(("backup", backup, backup_span))
    at_peak = [
        (name, text, load)
        for name, text, span in windows
        if (load := max(by_hour[hour] for hour in hours_of(span(text)))) >= BUSY_SHARE * busiest
    ]
    if not at_peak:
        return CLEAR
    best = min(by_hour, key=lambda hour: (by_hour[hour], hour))
    return Problem(
        title=f"{database.ref}: {' and '.join(name for name, _, _ in at_peak)} window at the busiest hour",
        severity=Severity.MEDIUM if any(name == "maintenance" for name, _, _ in at_peak) else None,
        evidence=tuple(
            Evidence(
                what=f"CPU in the {name} window {text} UTC",
                value=f"{load:.0f} %",
                threshold=f"below {BUSY_SHARE:.0%} of the busiest hour's {busiest:.0f} %",
                source="CloudWatch CPUUtilization Average by hour of the day, 7 d",
                subject=server.ref.arn,
            )
            for name, text, load in at_peak
        ),
        repair=Repair(
            text=f"Move it towards {best:02d}:00 UTC, the quietest hour of the week seen; moving interrupts nothing.",
        ),
    )


def hourly_means(series: Series) -> dict[int, float]:
    """Mean of the points by hour of the day (UTC); hours without a point are absent."""
    found: dict[int, list[float]] = {}
    for at, value in series.points():
        found.setdefault(at.hour, []).append(value)
    return {hour: sum(values) / len(values) for hour, values in found.items()}


WINDOWS_OVERLAP: Rule[Cluster | Instance] = Rule(
    id="windows-overlap",
    title="Backup and maintenance windows overlap",
    theme=Theme.BACKUP,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_overlap,
    why="An upgrade that goes wrong in that hour finds no fresh backup, or waits for one that is being taken.",
    repair="Set them apart.",
    checks="A minute of the weekly maintenance window lies in the daily backup window. Does not apply where backups "
    "are off, and to replicas.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("botocore 1.44.5, rds PreferredBackupWindow (must not conflict), read 2026-11-23",),
    catalogue=(50,),
    signature=True,
)

WINDOW_AT_PEAK: Rule[Cluster | Instance] = Rule(
    id="window-at-peak",
    title="Backup or maintenance window lies at the busiest hour",
    theme=Theme.BACKUP,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_peak,
    why="The restart of a patch, or the I/O of a snapshot, comes when most users are there.",
    repair="Move the window to the quietest hour.",
    checks=f"Mean CPU by hour of the day over 7 days, on the writer: an hour of the window carries {BUSY_SHARE:.0%} "
    f"of the busiest hour's load. Only where that hour has at least {WORTH_PERCENT:g} % and {PEAK_FACTOR:g} times the "
    "quietest. The maintenance window (medium) everywhere; the backup window not on Aurora, whose backups are "
    "continuous. Not for replicas, test environments and stopped databases.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters", "cloudwatch:CPUUtilization"),
    sources=("AWS Aurora User Guide, Backups (continuous, no effect on performance), recalled",),
    catalogue=(50,),
    signature=True,
)

RULES: tuple[Rule[Any], ...] = (WINDOWS_OVERLAP, WINDOW_AT_PEAK)
