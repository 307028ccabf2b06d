"""Disk I/O of RDS instances against what the volume and the class can carry for long."""

from __future__ import annotations

from typing import Any

from rdsops.advise.finding import ApiCall, Evidence, Money, Repair, Severity, Theme
from rdsops.advise.measured import measured, nearest_rank, seen_in, summed
from rdsops.advise.money import SAVING, Line, monthly, not_known
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import INSTANCES
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.units import MIB
from rdsops.facts.storage import (
    Carried,
    gp2_bursts,
    gp3_included,
    sustained_iops,
    sustained_mibps,
    volume_iops,
    volume_mibps,
)
from rdsops.fleet.instances import Instance
from rdsops.fleet.series import Window

_BUSY_RATIO = 0.8
_BUSY_HOURS = 0.9
"""The hour that nine in ten do not exceed: a limit reached in one hour of ten is a daily habit."""
_QUEUE = 10.0
_WAIT_MS = 10.0
_CREDIT_PERCENT = 20.0
_OVERBOUGHT_RATIO = 0.5


def _aurora(instance: Instance) -> NotApplicable | None:
    return NotApplicable("Aurora's I/O goes to its cluster volume") if instance.is_aurora else None


def _iops(instance: Instance, view: View) -> tuple[float, ...]:
    read = measured(view, instance.ref, "ReadIOPS", "Average", Window.WEEK)
    write = measured(view, instance.ref, "WriteIOPS", "Average", Window.WEEK)
    return summed(read, write)


def _mibps(instance: Instance, view: View) -> tuple[float, ...]:
    read = measured(view, instance.ref, "ReadThroughput", "Average", Window.WEEK)
    write = measured(view, instance.ref, "WriteThroughput", "Average", Window.WEEK)
    return tuple(value / MIB for value in summed(read, write))


def carried(instance: Instance, view: View) -> tuple[Carried | None, Carried | None]:
    """Sustained IOPS and MiB/s of an instance, each None where it is not known."""
    size = view.facts.instance_class(instance.instance_class)
    kind, gib, engine = instance.storage_type, instance.allocated_storage_gib, instance.engine
    return (
        sustained_iops(volume_iops(kind, gib, instance.iops, engine), size, kind),
        sustained_mibps(volume_mibps(kind, gib, instance.storage_throughput_mibps, engine), size, kind),
    )


def _reached(instance: Instance, view: View) -> list[Evidence]:
    """The limits that the busiest hours reach."""
    iops_limit, mibps_limit = carried(instance, view)
    if iops_limit is None and mibps_limit is None:
        raise Unseen("rds:DescribeOrderableDBInstanceOptions", f"EBS limits of {instance.instance_class}")
    found = []
    for limit, values, word, metrics in (
        (iops_limit, _iops(instance, view), "IOPS", "ReadIOPS + WriteIOPS"),
        (mibps_limit, _mibps(instance, view), "MiB/s", "ReadThroughput + WriteThroughput"),
    ):
        if limit is None or not values:
            continue
        busy = nearest_rank(values, _BUSY_HOURS)
        if busy >= _BUSY_RATIO * limit.value:
            found.append(
                Evidence(
                    what=f"{word} in the busiest tenth of hours",
                    value=f"{busy:,.0f}",
                    threshold=f"less than {_BUSY_RATIO:.0%} of {limit.value:,.0f} ({limit.set_by})",
                    source=f"CloudWatch {metrics} Average, 7 d",
                )
            )
    return found


def _at_limit(instance: Instance, view: View) -> Verdict:
    reason = _aurora(instance)
    if reason is not None:
        return reason
    found = _reached(instance, view)
    if not found:
        return CLEAR
    return Problem(
        title=f"{instance.ref} works at its disk's limit: {found[0].value} {found[0].what.split()[0]}",
        evidence=tuple(found),
        repair=Repair(
            text="First see what reads so much: a missing index, a cache that is too small. Then raise what sets the "
            "limit: IOPS and throughput of the volume, or a class with a higher EBS baseline."
        ),
    )


def _queue(instance: Instance, view: View) -> Verdict:
    reason = _aurora(instance)
    if reason is not None:
        return reason
    if _reached(instance, view):
        return NotApplicable("its disk is at a limit; judged by disk-at-limit")
    queue = measured(view, instance.ref, "DiskQueueDepth", "Average", Window.WEEK)
    deep = nearest_rank(queue.present, _BUSY_HOURS)
    if deep < _QUEUE:
        return CLEAR
    iops = _iops(instance, view)
    busy = nearest_rank(iops, _BUSY_HOURS) if iops else 0.0
    if busy > 0 and deep / busy * 1000 < _WAIT_MS:
        return CLEAR
    waits = f"about {deep / busy * 1000:.0f} ms" if busy > 0 else "without any I/O done"
    return Problem(
        title=f"{instance.ref} has {deep:.0f} I/Os waiting for the disk, {waits} each",
        evidence=(
            seen_in(queue, "queue depth in the busiest tenth of hours", f"{deep:.1f}", f"less than {_QUEUE:.0f}"),
            Evidence(
                what="wait for each I/O (queue divided by IOPS)",
                value=waits,
                threshold=f"less than {_WAIT_MS:.0f} ms",
                source="CloudWatch DiskQueueDepth, ReadIOPS, WriteIOPS Average, 7 d",
            ),
        ),
        repair=Repair(text="See which statements read or sort on disk; then raise IOPS or throughput of the volume."),
    )


def _credits(instance: Instance, view: View) -> Verdict:
    reason = _aurora(instance)
    if reason is not None:
        return reason
    size = view.facts.instance_class(instance.instance_class)
    found = []
    if instance.storage_type == "gp2" and gp2_bursts(instance.allocated_storage_gib):
        found.append(measured(view, instance.ref, "BurstBalance", "Minimum", Window.WEEK))
    if size is not None and size.ebs_baseline_iops is not None and size.ebs_baseline_iops != size.ebs_max_iops:
        found.append(measured(view, instance.ref, "EBSIOBalance%", "Minimum", Window.WEEK))
        found.append(measured(view, instance.ref, "EBSByteBalance%", "Minimum", Window.WEEK))
    if not found:
        return NotApplicable("neither its volume nor its class lives on credits")
    low = [series for series in found if series.lowest < _CREDIT_PERCENT]
    if not low:
        return CLEAR
    worst = min(low, key=lambda series: series.lowest)
    return Problem(
        title=f"{instance.ref} ran its I/O credits down to {worst.lowest:.0f} % ({worst.metric})",
        severity=Severity.HIGH if worst.lowest <= 0 else None,
        evidence=tuple(
            seen_in(series, "credits left at the lowest", f"{series.lowest:.0f} %", f"{_CREDIT_PERCENT:.0f} % or more")
            for series in low
        ),
        repair=Repair(
            text="BurstBalance: convert gp2 to gp3. EBSIOBalance% and EBSByteBalance%: a class with a higher EBS "
            "baseline, "
            "or less I/O."
        ),
    )


def _overbought(instance: Instance, view: View) -> Verdict:
    reason = _aurora(instance)
    if reason is not None:
        return reason
    kind, gib, bought = instance.storage_type, instance.allocated_storage_gib, instance.iops
    included = gp3_included(instance.engine, gib).iops
    if kind not in ("gp3", "io1", "io2"):
        return NotApplicable(f"no IOPS are bought with {kind}")
    if bought is None:
        return NotApplicable("no IOPS are bought")
    if kind == "gp3" and bought <= included:
        return CLEAR
    hours = _iops(instance, view)
    peak = max(hours, default=0.0)
    if peak > _OVERBOUGHT_RATIO * (bought if kind == "gp3" else min(bought, included)):
        return CLEAR
    target = max(included, round(peak * 2)) if kind == "gp3" else included
    return Problem(
        title=f"{instance.ref} pays for {bought:,} IOPS ({kind}) and uses {peak:,.0f}",
        evidence=(
            Evidence(
                what="IOPS of the busiest hour",
                value=f"{peak:,.0f}",
                threshold=f"more than half of {bought if kind == 'gp3' else min(bought, included):,}",
                source="CloudWatch ReadIOPS + WriteIOPS Average, 7 d",
            ),
            Evidence(what="IOPS included in gp3 of this size", value=f"{included:,}", source="infracost issue 2487"),
        ),
        money=_overbought_money(instance, bought, included, target, view),
        repair=Repair(
            text=f"Lower to {target:,} IOPS." if kind == "gp3" else "Convert to gp3 with the IOPS it includes.",
            calls=()
            if instance.cluster is not None
            else (
                ApiCall(
                    service="rds",
                    operation="ModifyDBInstance",
                    parameters={
                        "DBInstanceIdentifier": instance.ref.name,
                        "StorageType": "gp3",
                        "Iops": target,
                        "ApplyImmediately": True,
                    }
                    if gib >= 400
                    else {
                        "DBInstanceIdentifier": instance.ref.name,
                        "StorageType": "gp3",
                        "ApplyImmediately": True,
                    },
                ),
            ),
            caution="Hourly means hide peaks within the hour, and a week hides the end of the month; io2 promises a "
            "steadier latency than gp3.",
        ),
    )


def _overbought_money(instance: Instance, bought: int, included: int, target: int, view: View) -> Money:
    if instance.cluster is not None:
        return not_known(SAVING, "no price of a Multi-AZ DB cluster's storage")
    region, kind, gib = instance.ref.region, instance.storage_type, instance.allocated_storage_gib
    suffix = "/multi-az" if instance.multi_az else ""
    if kind == "gp3":
        return monthly(view, region, SAVING, Line(f"storage/gp3/iops{suffix}", bought - target, "gp3 IOPS"))
    return monthly(
        view,
        region,
        SAVING,
        Line(f"storage/{kind}{suffix}", gib, kind),
        Line(f"storage/{kind}/iops{suffix}", bought, f"{kind} IOPS"),
        Line(f"storage/gp3{suffix}", -gib, "gp3"),
    )


_IO_METRICS = ("cloudwatch:ReadIOPS", "cloudwatch:WriteIOPS")
_BYTE_METRICS = ("cloudwatch:ReadThroughput", "cloudwatch:WriteThroughput")
_BASELINES = "EBS baselines by class: EC2 instance type data; RDS may cap lower. Derived, 2026-11-23"

AT_LIMIT = Rule(
    id="disk-at-limit",
    title="Disk I/O is at the limit of the volume or the class",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=INSTANCES,
    check=_at_limit,
    why="Every further read waits in line; a backup, a vacuum or a failover on top makes it stand still.",
    repair="Read less, or raise what sets the limit.",
    checks=f"IOPS or throughput in the busiest tenth of the week's hours reach {_BUSY_RATIO:.0%} of the lower of "
    "volume "
    "(gp2: 3 a GiB; gp3: bought or included; io1, io2: bought) and EBS baseline of the class. Does not apply to "
    "Aurora.",
    needs=("rds:DescribeDBInstances", *_IO_METRICS, *_BYTE_METRICS),
    sources=("AWS RDS User Guide, storage, read 2026-11-23", _BASELINES),
    catalogue=(76,),
)

QUEUE = Rule(
    id="disk-queue-deep",
    title="I/Os wait in line for the disk",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=INSTANCES,
    check=_queue,
    why="Each statement waits for the disk several times.",
    repair="Find what reads; then raise IOPS or throughput.",
    checks=f"DiskQueueDepth in the busiest tenth of the week's hours is {_QUEUE:.0f} or more, and divided by the "
    "IOPS means "
    f"{_WAIT_MS:.0f} ms or more for each I/O. Does not apply to Aurora, nor where disk-at-limit tells the cause.",
    needs=("rds:DescribeDBInstances", "cloudwatch:DiskQueueDepth", *_IO_METRICS, *_BYTE_METRICS),
    sources=("Little's law; thresholds: judgement", _BASELINES),
    catalogue=(77,),
)

CREDITS = Rule(
    id="disk-credits-low",
    title="Burst credits of the disk run out",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=INSTANCES,
    check=_credits,
    why="Without credits the disk falls to its baseline, often a tenth of what it was.",
    repair="gp3 instead of gp2, or a class with a higher EBS baseline.",
    checks="The lowest BurstBalance (gp2 below 1,000 GiB), EBSIOBalance% or EBSByteBalance% (classes whose EBS "
    "figures "
    f"burst) of 7 days is below {_CREDIT_PERCENT:.0f} %; high at zero. Does not apply to Aurora.",
    needs=(
        "rds:DescribeDBInstances",
        "cloudwatch:BurstBalance",
        "cloudwatch:EBSIOBalance%",
        "cloudwatch:EBSByteBalance%",
    ),
    sources=("AWS RDS User Guide, CloudWatch metrics, recalled", _BASELINES),
    catalogue=(78,),
)

OVERBOUGHT = Rule(
    id="iops-overbought",
    title="IOPS are paid for and not used",
    theme=Theme.COST,
    severity=Severity.LOW,
    subjects=INSTANCES,
    check=_overbought,
    why="Provisioned IOPS are billed by the month, used or not.",
    repair="Lower them, or convert to gp3.",
    checks="The busiest hour of 7 days used at most half of the IOPS bought (gp3 above what is included), or, for "
    "io1 and "
    "io2, at most half of what gp3 of the size includes. Does not apply to gp2, magnetic and Aurora.",
    needs=("rds:DescribeDBInstances", *_IO_METRICS),
    sources=("infracost 95ba4f49 and its issue 2487 (what gp3 includes), read 2026-11-23",),
    catalogue=(100,),
)

RULES: tuple[Rule[Any], ...] = (AT_LIMIT, QUEUE, CREDITS, OVERBOUGHT)
