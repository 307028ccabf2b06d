"""Storage of RDS instances and Aurora volumes: how full, how soon full, and which kind."""

from __future__ import annotations

import math
from typing import Any

from rdsops.advise.finding import ApiCall, Evidence, Repair, Severity, Theme
from rdsops.advise.measured import MOST, measured, seen_in
from rdsops.advise.money import SAVING, Line, monthly, not_known
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import CLUSTERS, INSTANCES
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.units import GIB, TIB, human_bytes
from rdsops.facts import limits
from rdsops.facts.storage import gp2_baseline_iops, gp3_included
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance
from rdsops.fleet.series import Series, Window

_FULL_RATIO = 0.10
_NEARLY_NONE_RATIO = 0.05
_GROWS_FROM = 1.1
"""Storage autoscaling needs a ceiling a tenth above what is allocated (read: AWS API reference, 2026-11-23)."""
_SOON_DAYS = 30
_VERY_SOON_DAYS = 7
_TREND_RATIO = 0.02
_VOLUME_RATIO = 0.8
_UNUSED_RATIO = 0.7
_UNUSED_FROM_GIB = 200


def not_its_own(instance: Instance, view: View) -> NotApplicable | None:
    """Why storage is not asked of this instance: it has none of its own, or its writer answers for it."""
    if instance.is_aurora:
        return NotApplicable("Aurora's volume belongs to the cluster")
    if instance.cluster is not None and not view.is_writer(instance):
        return NotApplicable("a reader of a Multi-AZ cluster; the writer is judged")
    return None


def _free(instance: Instance, view: View) -> Series:
    return measured(view, instance.ref, "FreeStorageSpace", "Minimum", Window.FORTNIGHT, coverage=MOST)


def headroom_gib(instance: Instance) -> int:
    """What storage autoscaling may still add."""
    ceiling = instance.max_allocated_storage_gib
    if ceiling is None or not _can_grow(instance.allocated_storage_gib, ceiling):
        return 0
    return ceiling - instance.allocated_storage_gib


def _can_grow(allocated_gib: int, ceiling_gib: int) -> bool:
    """In whole numbers: 400 GiB may grow to 440, though 400 * 1.1 is a little more than that."""
    return ceiling_gib * 10 >= allocated_gib * round(_GROWS_FROM * 10)


def _nearly_full(instance: Instance, view: View) -> Verdict:
    reason = not_its_own(instance, view)
    if reason is not None:
        return reason
    free = _free(instance, view)
    severity = _fullness(free.latest / (instance.allocated_storage_gib * GIB), headroom_gib(instance))
    if severity is None:
        return CLEAR
    ratio = free.latest / (instance.allocated_storage_gib * GIB)
    larger = max(instance.allocated_storage_gib + 10, math.ceil(instance.allocated_storage_gib * 1.25))
    return Problem(
        title=f"{instance.ref} has {human_bytes(free.latest)} of {instance.allocated_storage_gib} GiB left "
        f"({ratio:.0%})",
        severity=severity,
        evidence=(
            seen_in(
                free, "free storage, latest", human_bytes(free.latest), f"more than {_FULL_RATIO:.0%} of allocated"
            ),
            Evidence(
                what="storage autoscaling may add",
                value=f"{headroom_gib(instance)} GiB",
                source="DBInstance.MaxAllocatedStorage",
            ),
        ),
        repair=Repair(
            text=f"Grow it to {larger} GiB now, then find what grew: a replication slot, logs, temporary files, a "
            "table.",
            calls=()
            if instance.cluster is not None
            else (
                ApiCall(
                    service="rds",
                    operation="ModifyDBInstance",
                    parameters={
                        "DBInstanceIdentifier": instance.ref.name,
                        "AllocatedStorage": larger,
                        "ApplyImmediately": True,
                    },
                ),
            ),
            caution="Storage never shrinks in place, and cannot be changed again for six hours.",
        ),
    )


def _fullness(ratio: float, headroom: int) -> Severity | None:
    """How bad a share of free storage is; None while it is enough, or while autoscaling is about to act."""
    if headroom:
        return Severity.HIGH if ratio <= _NEARLY_NONE_RATIO else None
    if ratio <= _NEARLY_NONE_RATIO:
        return Severity.CRITICAL
    return Severity.HIGH if ratio <= _FULL_RATIO else None


def _full_soon(instance: Instance, view: View) -> Verdict:
    reason = not_its_own(instance, view)
    if reason is not None:
        return reason
    free = _free(instance, view)
    allocated = instance.allocated_storage_gib * GIB
    if _fullness(free.latest / allocated, headroom_gib(instance)) is not None:
        return NotApplicable("nearly full already; judged by storage-nearly-full")
    days = days_until_full(free, allocated, headroom_gib(instance) * GIB)
    if days is None or days > _SOON_DAYS:
        return CLEAR
    slope = free.slope_per_day()
    assert slope is not None
    ceiling = f" and all of the {headroom_gib(instance)} GiB it may grow" if headroom_gib(instance) else ""
    return Problem(
        title=f"{instance.ref} is full in {days:.0f} days at its present growth",
        severity=Severity.HIGH if days <= _VERY_SOON_DAYS else None,
        evidence=(
            seen_in(free, "growth a day (least squares)", human_bytes(-slope)),
            seen_in(
                free,
                f"free now{ceiling}",
                human_bytes(free.latest),
                f"more than {_SOON_DAYS} days at the present growth",
            ),
        ),
        repair=Repair(
            text="Find what grows and whether it should; else allocate more, or raise the autoscaling ceiling, in time."
        ),
    )


def days_until_full(free: Series, allocated: float, headroom: float) -> float | None:
    """Days until free storage and headroom are gone at the fortnight's trend; None when it does not fall steadily.

    Steadily: over the window the trend takes at least 2 % of what is allocated, and the last half falls too.
    """
    slope = free.slope_per_day()
    present = free.present
    if slope is None or slope >= 0:
        return None
    window_days = len(free.values) * free.period_s / 86400
    if -slope * window_days < _TREND_RATIO * allocated:
        return None
    quarter = max(1, len(present) // 4)
    middle, end = present[len(present) // 2 :][:quarter], present[-quarter:]
    if sum(end) / len(end) >= sum(middle) / len(middle):
        return None
    return (free.latest + headroom) / -slope


def _autoscaling(instance: Instance, view: View) -> Verdict:
    if instance.cluster is not None:
        return NotApplicable("storage of a cluster's member")
    allocated, ceiling = instance.allocated_storage_gib, instance.max_allocated_storage_gib
    if ceiling is not None and _can_grow(allocated, ceiling):
        return CLEAR
    if allocated >= limits.RDS_STORAGE_GIB.value:
        return NotApplicable("at the largest size already")
    proposed = min(int(limits.RDS_STORAGE_GIB.value), allocated * 2)
    at_ceiling = ceiling is not None
    return Problem(
        title=f"{instance.ref} has grown to its autoscaling ceiling of {ceiling} GiB"
        if at_ceiling
        else f"{instance.ref} does not grow its storage by itself",
        severity=Severity.MEDIUM if at_ceiling else None,
        evidence=(
            Evidence(
                what="autoscaling ceiling",
                value=f"{ceiling} GiB of {allocated} GiB allocated" if at_ceiling else "off",
                threshold=f"at least {_GROWS_FROM:g} times what is allocated",
                source="DBInstance.MaxAllocatedStorage",
            ),
        ),
        repair=Repair(
            text=f"Set a ceiling, {proposed} GiB for instance: it costs nothing until it is used.",
            calls=(
                ApiCall(
                    service="rds",
                    operation="ModifyDBInstance",
                    parameters={
                        "DBInstanceIdentifier": instance.ref.name,
                        "MaxAllocatedStorage": proposed,
                        "ApplyImmediately": True,
                    },
                ),
            ),
            caution="What it adds can never be given back in place.",
        ),
    )


def _aurora_volume(cluster: Cluster, view: View) -> Verdict:
    if not cluster.is_aurora:
        return NotApplicable("a Multi-AZ DB cluster: its instances have volumes")
    limit = limits.aurora_volume(cluster.engine, cluster.engine_version)
    if limit is None:
        raise Unseen("rds:DescribeDBEngineVersions", f"version {cluster.engine_version}")
    used = measured(view, cluster.ref, "VolumeBytesUsed", "Average", Window.FORTNIGHT)
    ratio = used.latest / (limit.value * TIB)
    if ratio < _VOLUME_RATIO:
        return CLEAR
    return Problem(
        title=f"{cluster.ref} uses {human_bytes(used.latest)} of the {limit} an Aurora volume can have",
        severity=Severity.HIGH if ratio >= 0.9 else None,
        evidence=(
            seen_in(used, "volume used, latest", human_bytes(used.latest), f"less than {_VOLUME_RATIO:.0%} of {limit}"),
            Evidence(
                what=f"limit of {cluster.engine_version}", value=str(limit), source=f"{limit.source}, {limit.read}"
            ),
        ),
        repair=Repair(
            text="Drop or archive what nobody reads (the volume shrinks by itself), or split the cluster."
            + ("" if limit is limits.AURORA_LARGE_VOLUME_TIB else " Newer versions grow to 256 TiB.")
        ),
    )


def _magnetic(instance: Instance, view: View) -> Verdict:
    if instance.is_aurora:
        return NotApplicable("Aurora's volume belongs to the cluster")
    if instance.storage_type != "standard":
        return CLEAR
    return Problem(
        title=f"{instance.ref} lies on magnetic storage",
        evidence=(
            Evidence(what="storage type", value="standard", threshold="gp3", source="DBInstance.StorageType"),
            Evidence(
                what="largest size", value=str(limits.MAGNETIC_STORAGE_GIB), source=limits.MAGNETIC_STORAGE_GIB.source
            ),
        ),
        repair=_to_gp3(instance, "Convert to gp3."),
    )


def _gp2(instance: Instance, view: View) -> Verdict:
    if instance.is_aurora:
        return NotApplicable("Aurora's volume belongs to the cluster")
    if instance.storage_type != "gp2":
        return CLEAR
    size = instance.allocated_storage_gib
    baseline, included = gp2_baseline_iops(size), gp3_included(instance.engine, size)
    if baseline >= included.iops:
        return CLEAR
    suffix = "/multi-az" if instance.multi_az else ""
    return Problem(
        title=f"{instance.ref} lies on gp2 with {baseline:,} IOPS; gp3 of its size has {included.iops:,}",
        evidence=(
            Evidence(
                what="sustained IOPS of gp2 at this size",
                value=f"{baseline:,}",
                threshold=f"{included.iops:,} and {included.throughput_mibps} MiB/s included in gp3",
                source="DBInstance.StorageType, AllocatedStorage",
            ),
        ),
        money=monthly(
            view,
            instance.ref.region,
            SAVING,
            Line(f"storage/gp2{suffix}", size, "gp2"),
            Line(f"storage/gp3{suffix}", -size, "gp3"),
        ),
        repair=_to_gp3(instance, "Convert to gp3: no bursts to live on, and IOPS and throughput of their own."),
    )


def _to_gp3(instance: Instance, text: str) -> Repair:
    return Repair(
        text=text,
        calls=()
        if instance.cluster is not None
        else (
            ApiCall(
                service="rds",
                operation="ModifyDBInstance",
                parameters={
                    "DBInstanceIdentifier": instance.ref.name,
                    "StorageType": "gp3",
                    "ApplyImmediately": True,
                },
            ),
        ),
        caution="Runs slower while it is converted; the volume cannot be changed again for six hours.",
    )


def _unused(instance: Instance, view: View) -> Verdict:
    reason = not_its_own(instance, view)
    if reason is not None:
        return reason
    allocated = instance.allocated_storage_gib
    if allocated < _UNUSED_FROM_GIB:
        return CLEAR
    free = _free(instance, view)
    if free.lowest / (allocated * GIB) < _UNUSED_RATIO:
        return CLEAR
    used = allocated - free.lowest / GIB
    enough = max(20, math.ceil(used * 1.5))
    kind = f"storage/{instance.storage_type}{'/multi-az' if instance.multi_az else ''}"
    money = monthly(view, instance.ref.region, SAVING, Line(kind, allocated - enough, f"{allocated} - {enough} GiB"))
    if instance.cluster is not None:
        money = not_known(SAVING, "no price of a Multi-AZ DB cluster's storage")
    return Problem(
        title=f"{instance.ref} uses {used:.0f} of {allocated} GiB allocated",
        evidence=(
            seen_in(
                free, "least free storage", human_bytes(free.lowest), f"less than {_UNUSED_RATIO:.0%} of allocated"
            ),
        ),
        money=money,
        repair=Repair(
            text="Allocated storage cannot shrink in place. It becomes smaller only with the next migration: a "
            "dump and "
            "restore, logical replication, or a blue/green deployment where the version allows a smaller green volume.",
            caution="Smaller volumes of gp2, and of gp3 below 400 GiB, have fewer IOPS. Not worth a migration by "
            "itself.",
        ),
    )


_METRIC = "cloudwatch:FreeStorageSpace"
_API = "rds:DescribeDBInstances"

NEARLY_FULL = Rule(
    id="storage-nearly-full",
    title="Storage is nearly full",
    theme=Theme.OPERATIONS,
    severity=Severity.HIGH,
    subjects=INSTANCES,
    check=_nearly_full,
    why="At zero the database stops: status storage-full, no writes, and often no way in to delete.",
    repair="Grow the storage, then find what grew.",
    checks=f"The latest FreeStorageSpace is at most {_FULL_RATIO:.0%} of what is allocated (critical at "
    f"{_NEARLY_NONE_RATIO:.0%}); where autoscaling can still add a tenth, at most {_NEARLY_NONE_RATIO:.0%}. Points "
    "must "
    "cover 75 % of 14 days. Does not apply to Aurora; of a Multi-AZ cluster the writer is judged.",
    needs=(_API, _METRIC),
    sources=("AWS RDS User Guide, storage autoscaling (acts below 10 % free), recalled",),
    catalogue=(69,),
)

AUTOSCALING = Rule(
    id="storage-autoscaling-off",
    title="Storage cannot grow by itself any more",
    theme=Theme.OPERATIONS,
    severity=Severity.LOW,
    subjects=INSTANCES,
    check=_autoscaling,
    why="A runaway query, a slot or a busy weekend fills the disk while nobody looks.",
    repair="Set MaxAllocatedStorage well above what is allocated.",
    checks=f"MaxAllocatedStorage is absent (low) or less than {_GROWS_FROM:g} times AllocatedStorage (medium). Does "
    "not "
    "apply to members of clusters.",
    needs=(_API,),
    sources=("AWS API reference of RDS, MaxAllocatedStorage (botocore 1.43), read 2026-11-23",),
    catalogue=(69,),
)

FULL_SOON = Rule(
    id="storage-full-soon",
    title="Storage will be full within a month at its present growth",
    theme=Theme.OPERATIONS,
    severity=Severity.MEDIUM,
    subjects=INSTANCES,
    check=_full_soon,
    why="On that day the database stops taking writes.",
    repair="Stop the growth, or allocate more in time.",
    checks=f"Least-squares trend of FreeStorageSpace over 14 days (points for 75 %), falling by at least "
    f"{_TREND_RATIO:.0%} of what is allocated and still falling in the last half: free storage and what autoscaling "
    "may "
    f"add last {_SOON_DAYS} days at most (high: {_VERY_SOON_DAYS}). Does not apply to Aurora, nor where it is "
    "nearly full.",
    needs=(_API, _METRIC),
    sources=("trend and thresholds: judgement",),
    catalogue=(70,),
    signature=True,
)

AURORA_VOLUME = Rule(
    id="aurora-volume-near-limit",
    title="The Aurora volume is near its largest size",
    theme=Theme.OPERATIONS,
    severity=Severity.MEDIUM,
    subjects=CLUSTERS,
    check=_aurora_volume,
    why="At the limit writes fail.",
    repair="Archive, split, or upgrade to a version with the larger limit.",
    checks=f"VolumeBytesUsed is {_VOLUME_RATIO:.0%} of the limit or more (high from 90 %). The limit depends on the "
    "version: 256 TiB for Aurora MySQL from 3.10 and Aurora PostgreSQL from 15.13, 16.9, 17.5; else 128 TiB.",
    needs=("rds:DescribeDBClusters", "cloudwatch:VolumeBytesUsed"),
    sources=("AWS Aurora User Guide, quotas, read 2026-11-23",),
    catalogue=(71,),
)

MAGNETIC = Rule(
    id="magnetic-storage",
    title="Database lies on magnetic storage",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=INSTANCES,
    check=_magnetic,
    why="About a hundred IOPS, shared with others; and AWS keeps it for old instances only.",
    repair="Convert to gp3.",
    checks="StorageType is standard. Does not apply to Aurora.",
    needs=(_API,),
    sources=("AWS RDS User Guide, storage (magnetic: legacy, 3 TiB), read 2026-11-23",),
    catalogue=(81,),
)

GP2 = Rule(
    id="gp2-storage",
    title="Database lies on gp2 where gp3 gives more",
    theme=Theme.COST,
    severity=Severity.LOW,
    subjects=INSTANCES,
    check=_gp2,
    why="Speed depends on size and on burst credits, so storage is bought that nobody fills.",
    repair="Convert to gp3.",
    checks="StorageType is gp2 and its sustained IOPS (3 a GiB, at least 100) are fewer than gp3 of the size includes "
    "(3,000; 12,000 from 400 GiB). Does not apply to Aurora.",
    needs=(_API,),
    sources=(
        "AWS re:Post, burst balance (gp2: 3 IOPS a GiB, at least 100), read 2026-11-23",
        "infracost 95ba4f49 and its issue 2487 (what gp3 includes), read 2026-11-23",
    ),
    catalogue=(100,),
)

UNUSED = Rule(
    id="storage-unused",
    title="Most of the allocated storage was never used",
    theme=Theme.COST,
    severity=Severity.INFO,
    subjects=INSTANCES,
    check=_unused,
    why="Allocated storage is billed, used or not.",
    repair="It cannot shrink in place: choose a smaller volume with the next migration.",
    checks=f"{_UNUSED_FROM_GIB} GiB or more are allocated, and at least {_UNUSED_RATIO:.0%} of it was free at every "
    "point "
    "of 14 days (points for 75 %). Does not apply to Aurora; of a Multi-AZ cluster the writer is judged.",
    needs=(_API, _METRIC),
    sources=(
        "AWS API reference of RDS, AllocatedStorage (botocore 1.43), read 2026-11-23",
        "smaller volumes by blue/green deployment: recalled",
    ),
    catalogue=(104,),
)

RULES: tuple[Rule[Any], ...] = (NEARLY_FULL, FULL_SOON, AUTOSCALING, AURORA_VOLUME, MAGNETIC, GP2, UNUSED)
