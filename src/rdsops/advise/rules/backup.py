"""Backups: whether they are taken, how long they are kept, and where copies lie."""

from __future__ import annotations

from typing import Any

from rdsops.advise.databases import eased, is_replica, is_test, modify, world_of
from rdsops.advise.finding import ApiCall, Environment, Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import CLUSTERS, DATABASES
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.ids import ClusterRef, InstanceRef
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.fleet import Region
from rdsops.fleet.instances import Instance

RETENTION_DAYS = 7
"""A fault that is found after a long weekend can still be rolled back to before it."""
BACKTRACK_S = 86_400
"""A day of backtrack: what a mistaken statement needs, found the same day."""


def _kind(database: Cluster | Instance) -> str:
    return "DBCluster" if isinstance(database, Cluster) else "DBInstance"


def _retention(database: Cluster | Instance, view: View) -> Verdict:
    if is_replica(database):
        return NotApplicable("a replica; its source is backed up")
    days = database.backup_retention_days
    if days >= RETENTION_DAYS or (days > 0 and is_test(database, view)):
        return CLEAR
    evidence = Evidence(
        what="days that automated backups are kept",
        value=str(days),
        threshold=str(RETENTION_DAYS),
        source=f"{_kind(database)}.BackupRetentionPeriod",
    )
    repair = Repair(
        text=f"Keep automated backups for {RETENTION_DAYS} days or more (at most 35).",
        calls=(modify(database.ref, BackupRetentionPeriod=RETENTION_DAYS),),
        caution="Switching backups on suspends I/O for seconds to minutes." if days == 0 else None,
    )
    if days == 0:
        return Problem(
            title=f"{database.ref} has no automated backups",
            severity=eased(Severity.LOW, database, view) or Severity.HIGH,
            evidence=(evidence,),
            repair=repair,
        )
    return Problem(
        title=f"{database.ref} keeps backups for {days} d only",
        consequence="A fault that is found later than that cannot be undone by going back in time.",
        evidence=(evidence,),
        repair=repair,
    )


def _aws_backup(database: Cluster | Instance, view: View) -> Verdict:
    if is_test(database, view):
        return NotApplicable("a test environment")
    if is_replica(database):
        return NotApplicable("a replica; its source is backed up")
    protected = view.region(database.ref.place).protected_by_backup
    if database.ref.arn in protected.items or database.ref.arn in protected.all:
        return CLEAR
    return Problem(
        title=f"{database.ref} is in no AWS Backup plan",
        evidence=(
            Evidence(
                what="protected by AWS Backup", value="no", threshold="yes", source="backup ListProtectedResources"
            ),
        ),
        repair=Repair(
            text="Assign it to a backup plan by tag, with a vault that is locked, in another account where that "
            "matters.",
            caution="Backups beyond the retention of RDS itself are billed apart.",
        ),
    )


def _other_region(database: Cluster | Instance, view: View) -> Verdict:
    database.tags  # noqa: B018 - without tags it is not known whether this is production
    if view.environment(database) is not Environment.PRODUCTION:
        return NotApplicable("not tagged as production")
    if is_replica(database):
        return NotApplicable("a replica; its source is backed up")
    if isinstance(database, Instance):
        if database.backup_replications or _replica_elsewhere(database):
            return CLEAR
    elif _copied(database, view):
        return CLEAR
    return Problem(
        title=f"{database.ref} has no copy in another region",
        evidence=(
            Evidence(
                what="replicated backups, replicas or secondaries in other regions",
                value="none",
                threshold="one",
                source="DBInstance.DBInstanceAutomatedBackupsReplications"
                if isinstance(database, Instance)
                else "GlobalCluster members, cluster snapshots and backups of the surveyed regions",
            ),
        ),
        repair=Repair(
            text="Replicate automated backups to a second region (instances), add a secondary region or copy "
            "snapshots there by AWS Backup (clusters).",
            caution="Storage in the second region and the transfer to it are billed.",
        ),
    )


def _replica_elsewhere(instance: Instance) -> bool:
    """Replicas in the same region go by name, those of other regions by ARN."""
    return any(name.startswith("arn:") and name.split(":")[3] != instance.ref.region for name in instance.replicas)


def _copied(cluster: Cluster, view: View) -> bool:
    """Whether another surveyed region holds a copy of the cluster. Raises Unseen when no other region was surveyed."""
    if cluster.is_aurora and world_of(cluster, view) is not None:
        return True
    others = [r for r in view.fleet.regions if r.place.region != cluster.ref.region]
    for region in others:
        if cluster.ref in view.once(_replicated_here, region) or view.snapshots_of(cluster, region.place):
            return True
    for region in others:
        region.cluster_automated_backups.all  # noqa: B018 - raises when incomplete
        region.cluster_snapshots.all  # noqa: B018
    if not others:
        raise Unseen("rds:DescribeDBClusterSnapshots", "cluster snapshots of other regions, none was surveyed")
    return False


def _replicated_here(region: Region) -> frozenset[ClusterRef | InstanceRef]:
    """Clusters whose automated backups a region holds a copy of."""
    return frozenset(backup.source for backup in region.cluster_automated_backups.items if backup.replicated)


def _backtrack(cluster: Cluster, view: View) -> Verdict:
    if cluster.engine not in ("aurora-mysql", "aurora"):
        return NotApplicable("only Aurora MySQL has backtrack")
    if is_test(cluster, view):
        return NotApplicable("a test environment")
    window = cluster.backtrack_window_s
    if window:
        return CLEAR
    if world_of(cluster, view) is not None:
        return NotApplicable("part of a global database, which has no backtrack")
    return Problem(
        title=f"{cluster.ref} cannot be wound back in place",
        evidence=(
            Evidence(
                what="backtrack window", value="0 s", threshold="more than 0 s", source="DBCluster.BacktrackWindow"
            ),
        ),
        repair=Repair(
            text=f"Backtrack is chosen when a cluster is created, cloned or restored: restore one with a window of "
            f"{BACKTRACK_S} s where minutes count; otherwise restore to a point in time as ever.",
            caution="Change records are billed by the million and hour.",
        ),
    )


def _tag_copies(database: Cluster | Instance, view: View) -> Verdict:
    if is_replica(database):
        return NotApplicable("a replica; its source is backed up")
    if database.copy_tags_to_snapshot:
        return CLEAR
    return Problem(
        title=f"snapshots of {database.ref} do not carry its tags",
        severity=eased(Severity.INFO, database, view),
        evidence=(
            Evidence(
                what="tags copied to snapshots",
                value="no",
                threshold="yes",
                source=f"{_kind(database)}.CopyTagsToSnapshot",
            ),
        ),
        repair=Repair(
            text="Turn the copying on; snapshots that exist keep the tags they have.",
            calls=(_copy_tags(database),),
        ),
    )


def _copy_tags(database: Cluster | Instance) -> ApiCall:
    return modify(database.ref, CopyTagsToSnapshot=True)


BACKUP_RETENTION: Rule[Cluster | Instance] = Rule(
    id="backup-retention",
    title="Automated backups are off or kept too shortly",
    theme=Theme.BACKUP,
    severity=Severity.MEDIUM,
    subjects=DATABASES,
    check=_retention,
    why="A mistaken delete or a lost volume cannot be undone: there is no point in time to go back to.",
    repair=f"Keep automated backups for at least {RETENTION_DAYS} days.",
    checks=f"BackupRetentionPeriod of the cluster, or of an instance that stands alone: 0 is high (low in a test "
    f"environment), below {RETENTION_DAYS} days is medium (in order in a test environment). Not for replicas.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("botocore 1.44.5, rds BackupRetentionPeriod (0-35; switching it on suspends I/O), read 2026-11-23",),
    catalogue=(42, 43),
)

NO_BACKUP_PLAN: Rule[Cluster | Instance] = Rule(
    id="no-backup-plan",
    title="Database is in no AWS Backup plan",
    theme=Theme.BACKUP,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_aws_backup,
    why="Automated backups go with the database's account: whoever can delete the database can delete them.",
    repair="Assign it to a plan of AWS Backup.",
    checks="Its ARN is not among those that AWS Backup has protected. Not for replicas and test environments.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters", "backup:ListProtectedResources"),
    sources=("AWS Backup Developer Guide, recalled",),
    catalogue=(44,),
)

NO_COPY_ELSEWHERE: Rule[Cluster | Instance] = Rule(
    id="no-copy-elsewhere",
    title="Production database has no copy in another region",
    theme=Theme.BACKUP,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_other_region,
    why="A lost region takes the database and every backup of it along.",
    repair="Replicate backups, or the database, to a second region.",
    checks="An instance tagged as production has neither a replicated automated backup nor a replica in another "
    "region; a cluster neither a global database nor a replicated backup or snapshot in another surveyed region "
    "(when only one region was surveyed: not known). Copies that AWS Backup keeps elsewhere are not seen.",
    needs=("rds:DescribeDBInstances", "rds:DescribeGlobalClusters", "rds:DescribeDBClusterSnapshots"),
    sources=("botocore 1.44.5, rds DBInstanceAutomatedBackupsReplications, read 2026-11-23",),
    catalogue=(45,),
)

BACKTRACK_OFF: Rule[Cluster] = Rule(
    id="backtrack-off",
    title="Aurora MySQL cluster has no backtrack",
    theme=Theme.BACKUP,
    severity=Severity.INFO,
    subjects=CLUSTERS,
    check=_backtrack,
    why="A mistaken statement costs a restore, which takes as long as the volume is large, instead of minutes.",
    repair="Create the next cluster with a backtrack window.",
    checks="BacktrackWindow is 0 or absent on an Aurora MySQL cluster. Not for global databases and test environments.",
    needs=("rds:DescribeDBClusters", "rds:DescribeGlobalClusters"),
    sources=("botocore 1.44.5, rds BacktrackWindow, read 2026-11-23",),
    catalogue=(46,),
)

TAGS_NOT_COPIED: Rule[Cluster | Instance] = Rule(
    id="tags-not-copied",
    title="Snapshots do not carry the database's tags",
    theme=Theme.BACKUP,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_tag_copies,
    why="Access by tag and bills by tag stop at the snapshots: nobody sees whose data and whose cost they are.",
    repair="Turn CopyTagsToSnapshot on.",
    checks="CopyTagsToSnapshot is false (info in a test environment). Not for replicas.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("botocore 1.44.5, rds CopyTagsToSnapshot, read 2026-11-23",),
    catalogue=(47,),
)

RULES: tuple[Rule[Any], ...] = (BACKUP_RETENTION, NO_BACKUP_PLAN, NO_COPY_ELSEWHERE, BACKTRACK_OFF, TAGS_NOT_COPIED)
