"""Restorability: whether backups keep up with the database, day by day and to the minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from rdsops.advise.databases import is_replica
from rdsops.advise.finding import Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES
from rdsops.advise.view import View
from rdsops.core.units import human_span
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance

BEHIND = timedelta(minutes=10)
"""RDS ships the log every five minutes (recalled): two missed turns."""
FAR_BEHIND = timedelta(hours=1)
DAILY = timedelta(hours=36)
"""Automated snapshots come once a day, within a window: a day and a half between two is a missed day."""
STALE = timedelta(hours=48)
LOOK_BACK = timedelta(days=7)
"""Older gaps are history; what was kept then is gone or fine."""
AWAKE = "available"


def _kind(database: Cluster | Instance) -> str:
    return "DBCluster" if isinstance(database, Cluster) else "DBInstance"


def _not_judged(database: Cluster | Instance) -> NotApplicable | None:
    if is_replica(database):
        return NotApplicable("a replica; its source is backed up")
    if database.backup_retention_days == 0:
        return NotApplicable("no automated backups; judged by backup-retention")
    if database.status in ("stopped", "stopping", "starting", "creating"):
        return NotApplicable(f"status {database.status}")
    return None


def _restorable(database: Cluster | Instance, view: View) -> Verdict:
    skipped = _not_judged(database)
    if skipped is not None:
        return skipped
    latest = database.latest_restorable_at
    source = f"{_kind(database)}.LatestRestorableTime"
    if latest is None:
        created = database.created_at
        if created is not None and view.now - created < timedelta(days=1):
            return NotApplicable("created within the last day; its first backup may still run")
        return Problem(
            title=f"{database.ref} has no point in time to restore to",
            severity=Severity.HIGH,
            evidence=(Evidence(what="latest restorable time", value="none", threshold="10 min ago", source=source),),
            repair=_look(),
        )
    behind = view.now - latest
    if behind <= BEHIND:
        return CLEAR
    return Problem(
        title=f"{database.ref} can be restored only to {human_span(behind)} ago",
        severity=Severity.HIGH if behind > FAR_BEHIND else None,
        evidence=(
            Evidence(
                what="latest restorable time",
                value=latest.isoformat(timespec="minutes"),
                threshold=f"at most {human_span(BEHIND)} before the survey",
                source=source,
            ),
        ),
        repair=_look(),
    )


def _look() -> Repair:
    return Repair(
        text="Look at the instance's events and status (storage full, incompatible state, a stuck snapshot), take a "
        "manual snapshot now, and ask AWS support when the time does not move on."
    )


def _daily(database: Cluster | Instance, view: View) -> Verdict:
    skipped = _not_judged(database)
    if skipped is not None:
        return skipped
    region = view.region(database.ref.place)
    listed = region.cluster_snapshots if isinstance(database, Cluster) else region.snapshots
    listed.all  # noqa: B018 - raises when incomplete
    times = sorted(
        snapshot.created_at
        for snapshot in view.snapshots_of(database)
        if snapshot.kind in ("automated", "awsbackup") and snapshot.created_at is not None
    )
    created = database.created_at
    if created is not None and view.now - created < STALE:
        return NotApplicable("younger than two days")
    recent = [moment for moment in times if view.now - moment <= LOOK_BACK]
    source = (
        "DBClusterSnapshot.SnapshotCreateTime" if isinstance(database, Cluster) else "DBSnapshot.SnapshotCreateTime"
    )
    if not recent or view.now - recent[-1] > STALE:
        return _stale(database, times, source, view.now)
    gaps = [(left, right) for left, right in pairwise(recent) if right - left > DAILY]
    if not gaps:
        return CLEAR
    return Problem(
        title=f"{database.ref} missed {len(gaps)} daily snapshot{'s' if len(gaps) > 1 else ''} in a week",
        severity=Severity.LOW,
        evidence=tuple(
            Evidence(
                what="no snapshot between",
                value=f"{left.isoformat(timespec='minutes')} and {right.isoformat(timespec='minutes')}",
                threshold=f"at most {human_span(DAILY)} apart",
                source=source,
            )
            for left, right in gaps
        ),
        repair=Repair(text="Read the events of these days: stopped, storage full, or a backup that failed."),
    )


def _stale(database: Cluster | Instance, times: list[datetime], source: str, now: datetime) -> Problem:
    age = f"{human_span(now - times[-1])} old" if times else "absent"
    return Problem(
        title=f"{database.ref}: its newest automated snapshot is {age}",
        evidence=(
            Evidence(
                what="newest automated snapshot",
                value=times[-1].isoformat(timespec="minutes") if times else "none",
                threshold=f"at most {human_span(STALE)} old",
                source=source,
            ),
        ),
        repair=Repair(text="Take a manual snapshot now, then read the events: why did the daily backup not run?"),
    )


RESTORE_POINT_BEHIND: Rule[Cluster | Instance] = Rule(
    id="restore-point-behind",
    title="Latest restorable time falls behind",
    theme=Theme.BACKUP,
    severity=Severity.MEDIUM,
    subjects=DATABASES,
    check=_restorable,
    why="Everything written since then is lost when the database is: the log is no longer shipped.",
    repair="Find what keeps the log from being shipped; take a manual snapshot meanwhile.",
    checks=f"LatestRestorableTime is more than {human_span(BEHIND)} before the survey, high beyond "
    f"{human_span(FAR_BEHIND)} or when there is none. Does not apply to replicas, to stopped databases and where "
    "backups are off.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("botocore 1.44.5, rds LatestRestorableTime, read 2026-11-23", "log shipped every 5 minutes, recalled"),
    catalogue=(48,),
    signature=True,
)

SNAPSHOTS_MISSED: Rule[Cluster | Instance] = Rule(
    id="snapshots-missed",
    title="Daily snapshots were missed",
    theme=Theme.BACKUP,
    severity=Severity.MEDIUM,
    subjects=DATABASES,
    check=_daily,
    why="A restore must replay more log from an older snapshot, and the day that failed may be the day to come.",
    repair="Read the events of the missing days and remove the cause.",
    checks=f"The newest automated or AWS Backup snapshot is older than {human_span(STALE)}, or two of the last "
    f"{LOOK_BACK.days} days are more than {human_span(DAILY)} apart (low). Does not apply to replicas, to stopped or "
    "new databases and where backups are off.",
    needs=("rds:DescribeDBSnapshots", "rds:DescribeDBClusterSnapshots"),
    sources=("AWS RDS User Guide, Backup window (one snapshot a day), recalled",),
    catalogue=(51,),
)

RULES: tuple[Rule[Any], ...] = (RESTORE_POINT_BEHIND, SNAPSHOTS_MISSED)
