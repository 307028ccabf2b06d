"""Serverless v2 and Aurora's two ways of paying for I/O: choices that only the measured load can settle."""

from __future__ import annotations

from typing import Any

from rdsops.advise.databases import is_on, is_test, world_of, writer
from rdsops.advise.finding import ApiCall, Evidence, Repair, Severity, Theme
from rdsops.advise.measured import MOST, WHOLE, measured, nearest_rank, seen_in
from rdsops.advise.money import SAVING, Line, monthly, not_known
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.rules.cost import compute_lines
from rdsops.advise.subjects import CLUSTERS
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.units import GIB, HOURS_A_MONTH, usd
from rdsops.facts.limits import ACU_FLOOR_GLOBAL, ACU_FLOOR_INSIGHTS
from rdsops.fleet.clusters import Cluster, ServerlessScaling
from rdsops.fleet.instances import Instance
from rdsops.fleet.series import Series, Window

_CEILING_RATIO = 0.95
_BUSY_HOURS = 0.9
_QUIET_RATIO = 0.5
_MILLION = 1e6


def _scaling(cluster: Cluster, view: View) -> tuple[ServerlessScaling, tuple[Instance, ...]] | NotApplicable:
    scaling = cluster.scaling
    if scaling is None:
        return NotApplicable("not serverless")
    members = tuple(instance for _, instance in view.members(cluster) if instance.is_serverless)
    return (scaling, members) if members else NotApplicable("no serverless member")


def _at_ceiling(cluster: Cluster, view: View) -> Verdict:
    found = _scaling(cluster, view)
    if isinstance(found, NotApplicable):
        return found
    scaling, members = found
    level = _CEILING_RATIO * scaling.max_acu
    full = []
    for member in members:
        series = measured(view, member.ref, "ServerlessDatabaseCapacity", "Average", Window.WEEK)
        if nearest_rank(series.present, _BUSY_HOURS) >= level:
            full.append((member, series))
    if not full:
        return CLEAR
    return Problem(
        title=f"{cluster.ref} works at its maximum of {scaling.max_acu:g} ACU",
        evidence=tuple(
            seen_in(
                series,
                "capacity in the busiest tenth of hours",
                f"{nearest_rank(series.present, _BUSY_HOURS):.1f} ACU",
                f"less than {level:g} ACU",
                member.ref.name,
            )
            for member, series in full
        ),
        repair=Repair(
            text=f"See what drives it; else raise the maximum, to {scaling.max_acu * 2:g} ACU for instance. Above a "
            "steady load of a third of a provisioned class, the class is cheaper.",
            caution="max_connections follows the maximum, after a reboot.",
        ),
    )


def _floor_low(cluster: Cluster, view: View) -> Verdict:
    found = _scaling(cluster, view)
    if isinstance(found, NotApplicable):
        return found
    scaling, members = found
    world = world_of(cluster, view)
    primary = world is not None and any(m.cluster == cluster.ref and m.is_writer for m in world.members)
    insights = any(member.performance_insights for member in members)
    wanted = ACU_FLOOR_GLOBAL if primary else ACU_FLOOR_INSIGHTS if insights else None
    if wanted is None or scaling.min_acu >= wanted.value:
        return CLEAR
    if scaling.min_acu == 0 and not primary:
        return NotApplicable("it is meant to pause")
    reason = "the primary of a global database" if primary else "Performance Insights on"
    return Problem(
        title=f"{cluster.ref} has a minimum of {scaling.min_acu:g} ACU with {reason}",
        severity=Severity.MEDIUM if primary else None,
        evidence=(
            Evidence(
                what="minimum capacity",
                value=f"{scaling.min_acu:g} ACU",
                threshold=f"{wanted.value:g} ACU ({wanted.source}, read {wanted.read})",
                source="DBCluster.ServerlessV2ScalingConfiguration",
            ),
        ),
        money=not_known(SAVING, "costs more, not less: up to the added minimum, at the hours it now runs below it"),
        repair=Repair(
            text=f"Raise the minimum to {wanted.value:g} ACU.", calls=(_scale(cluster, wanted.value, scaling.max_acu),)
        ),
    )


def _scale(cluster: Cluster, low: float, high: float) -> ApiCall:
    return ApiCall(
        service="rds",
        operation="ModifyDBCluster",
        parameters={
            "DBClusterIdentifier": cluster.ref.name,
            "ServerlessV2ScalingConfiguration": {"MinCapacity": low, "MaxCapacity": high},
        },
    )


def _cannot_pause(cluster: Cluster, view: View) -> Verdict:
    found = _scaling(cluster, view)
    if isinstance(found, NotApplicable):
        return found
    scaling, _ = found
    if scaling.min_acu > 0:
        return NotApplicable("its minimum is above 0: it does not pause")
    blockers = pause_blockers(cluster, view)
    if not blockers:
        return CLEAR
    return Problem(
        title=f"{cluster.ref} may pause at 0 ACU, but never will: {', '.join(what for what, _ in blockers)}",
        evidence=tuple(
            Evidence(what=what, value="present", threshold="absent", source=source) for what, source in blockers
        ),
        repair=Repair(
            text="Take the blocker away, or set a minimum that suits a cluster which always runs: 0 ACU then only "
            "means "
            "that it is slow when work begins."
        ),
    )


def pause_blockers(cluster: Cluster, view: View) -> tuple[tuple[str, str], ...]:
    """What keeps a cluster from pausing, as far as the API tells, each with its source."""
    blockers = []
    region = view.region(cluster.ref.place)
    names = {cluster.ref.name, cluster.ref.arn} | {member.name for member in cluster.members}
    proxies = [proxy for proxy in region.proxies.all if any(target.resource in names for target in proxy.targets)]
    blockers += [(f"RDS Proxy {proxy.ref}", "DescribeDBProxyTargets") for proxy in proxies]
    world = world_of(cluster, view)
    if world is not None and any(m.cluster == cluster.ref and m.is_writer for m in world.members):
        blockers.append((f"primary of global database {world.ref}", "DescribeGlobalClusters"))
    server = writer(cluster, view)
    if server is not None:
        name = "rds.logical_replication" if cluster.engine == "aurora-postgresql" else "binlog_format"
        setting = view.setting(server, name)
        on = is_on(setting.value) if name.startswith("rds.") else (setting.value or "OFF").upper() not in ("OFF", "")
        if on:
            blockers.append((f"{name} = {setting.value}", setting.origin))
    return tuple(blockers)


def _could_pause(cluster: Cluster, view: View) -> Verdict:
    found = _scaling(cluster, view)
    if isinstance(found, NotApplicable):
        return found
    scaling, members = found
    if not is_test(cluster, view):
        return NotApplicable("not tagged as a test environment")
    if scaling.min_acu == 0:
        return CLEAR
    if not _version_pauses(cluster, view):
        return NotApplicable("its version cannot pause")
    seen: list[tuple[Instance, Series]] = [
        (member, measured(view, member.ref, "DatabaseConnections", "Maximum", Window.FORTNIGHT, coverage=WHOLE))
        for member in members
    ]
    quiet = [
        sum(value == 0 for value in moment) == len(moment)
        for moment in zip(*(series.values for _, series in seen), strict=False)
    ]
    share = sum(quiet) / len(quiet) if quiet else 0.0
    if share < _QUIET_RATIO or pause_blockers(cluster, view):
        return CLEAR
    saved = share * scaling.min_acu * HOURS_A_MONTH * len(members)
    key = "serverless/acu/aurora-iopt1" if cluster.storage_type == "aurora-iopt1" else "serverless/acu"
    return Problem(
        title=f"{cluster.ref} is a test cluster without connections {share:.0%} of the time; it could pause",
        evidence=(
            *(
                seen_in(
                    series,
                    "two-hour spans without a connection",
                    f"{share:.0%}",
                    f"less than {_QUIET_RATIO:.0%}",
                    member.ref.name,
                )
                for member, series in seen
            ),
            Evidence(
                what="minimum capacity",
                value=f"{scaling.min_acu:g} ACU",
                threshold="0 ACU",
                source="DBCluster.ServerlessV2ScalingConfiguration",
            ),
        ),
        money=monthly(
            view,
            cluster.ref.region,
            SAVING,
            Line(key, saved, f"at most {share:.0%} of 730 h x {scaling.min_acu:g} ACU x {len(members)},"),
        ),
        repair=Repair(
            text="Set the minimum to 0: it pauses after five minutes without connections.",
            calls=(_scale(cluster, 0, scaling.max_acu),),
            caution="The first connection waits about 15 s for it to resume, about 30 s after a day asleep; the cache "
            "starts cold.",
        ),
    )


def _version_pauses(cluster: Cluster, view: View) -> bool:
    for offered in view.region(cluster.ref.place).engine_versions.items:
        if offered.engine == cluster.engine and offered.version == cluster.engine_version:
            if offered.min_acu is None:
                raise Unseen("rds:DescribeDBEngineVersions", "EngineVersion.min_acu")
            return offered.min_acu == 0
    raise Unseen("rds:DescribeDBEngineVersions", f"{cluster.engine} {cluster.engine_version}")


def _io_mode(cluster: Cluster, view: View) -> Verdict:
    if not cluster.is_aurora:
        return NotApplicable("a Multi-AZ DB cluster: its storage is of another kind")
    optimised = cluster.storage_type == "aurora-iopt1"
    used = measured(view, cluster.ref, "VolumeBytesUsed", "Average", Window.FORTNIGHT, coverage=MOST)
    reads = measured(view, cluster.ref, "VolumeReadIOPs", "Sum", Window.FORTNIGHT, coverage=MOST)
    writes = measured(view, cluster.ref, "VolumeWriteIOPs", "Sum", Window.FORTNIGHT, coverage=MOST)
    millions = (_monthly(reads) + _monthly(writes)) / _MILLION
    gib = used.mean / GIB
    storage = Line("aurora/storage", gib, "storage")
    storage_optimised = Line("aurora-iopt1/storage", gib, "storage, I/O-Optimized")
    requests = Line("aurora/io", millions, "I/O")
    if not optimised:
        extra = _amount(cluster, view, storage_optimised) - _amount(cluster, view, storage)
        if _amount(cluster, view, requests) <= extra:
            return CLEAR  # the dearer storage alone outweighs the requests, whatever the instances cost
    standard = [*_compute(cluster, view, "aurora"), storage, requests]
    other = [*_compute(cluster, view, "aurora-iopt1"), storage_optimised]
    now, then = (other, standard) if optimised else (standard, other)
    now_usd, then_usd = _amount(cluster, view, *now), _amount(cluster, view, *then)
    if then_usd >= now_usd:
        return CLEAR
    to = "aurora" if optimised else "aurora-iopt1"
    words = "Standard" if optimised else "I/O-Optimized"
    waits = cluster.io_optimized_next_change_at if not optimised else None
    return Problem(
        title=f"{cluster.ref} would cost {usd(now_usd - then_usd)} less a month as Aurora {words}",
        evidence=(
            seen_in(reads, "requests a month", f"{millions:,.0f} million", "below break-even"),
            seen_in(used, "volume, mean", f"{gib:,.0f} GiB"),
            Evidence(what="bill now", value=usd(now_usd), source="price book"),
            Evidence(what=f"bill as {words}", value=usd(then_usd), source="price book"),
        ),
        money=monthly(
            view,
            cluster.ref.region,
            SAVING,
            *now,
            *(Line(line.key, -line.quantity, line.what) for line in then),
        ),
        repair=Repair(
            text=f"Change the storage type to {to}."
            + (f" AWS permits it from {waits:%Y-%m-%d}." if waits is not None and waits > view.now else ""),
            calls=(
                ApiCall(
                    service="rds",
                    operation="ModifyDBCluster",
                    parameters={"DBClusterIdentifier": cluster.ref.name, "StorageType": to, "ApplyImmediately": True},
                ),
            ),
            caution="At list price and without reservations: I/O-Optimized instances use 1.3 units of a reservation "
            "for "
            "each unit. To I/O-Optimized once in 30 days; back at any time.",
        ),
    )


def _monthly(counts: Series) -> float:
    """Requests a month out of counts per period."""
    hours = len(counts.present) * counts.period_s / 3600
    return sum(counts.present) / hours * HOURS_A_MONTH


def _compute(cluster: Cluster, view: View, mode: str) -> list[Line]:
    """Instance hours as billed in a mode: the keys differ, the hours do not."""
    lines = []
    for line in compute_lines(cluster, view):
        base = line.key.removesuffix("/aurora-iopt1")
        lines.append(Line(base if mode == "aurora" else f"{base}/aurora-iopt1", line.quantity, line.what))
    return lines


def _amount(cluster: Cluster, view: View, *lines: Line) -> float:
    """Dollars of lines; a missing price makes the whole rule not known, since two bills are compared."""
    money = monthly(view, cluster.ref.region, SAVING, *lines)
    if money.usd_month is None:
        raise Unseen("pricing:GetProducts", money.why)
    return money.usd_month


_GUIDE = "AWS Aurora User Guide of 2023, Serverless v2, read 2026-11-23"
_BASE = ("rds:DescribeDBClusters", "rds:DescribeDBInstances")

AT_CEILING = Rule(
    id="serverless-at-maximum",
    title="Serverless capacity stands at its maximum",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=CLUSTERS,
    check=_at_ceiling,
    why="It cannot grow: from here on it is a small fixed server at serverless prices.",
    repair="Mend the load, or raise the maximum.",
    checks=f"ServerlessDatabaseCapacity of a member, in the busiest tenth of 7 days' hours, is {_CEILING_RATIO:.0%} "
    "of the "
    "maximum or more.",
    needs=(*_BASE, "cloudwatch:ServerlessDatabaseCapacity"),
    sources=(_GUIDE, "threshold: judgement"),
    catalogue=(105,),
    signature=True,
)

FLOOR_LOW = Rule(
    id="serverless-minimum-low",
    title="Serverless minimum is too low for what is on",
    theme=Theme.PERFORMANCE,
    severity=Severity.LOW,
    subjects=CLUSTERS,
    check=_floor_low,
    why="Performance Insights, or the replication of a global database, takes what little capacity there is.",
    repair="Raise the minimum.",
    checks=f"The minimum is below {ACU_FLOOR_INSIGHTS.value:g} ACU with Performance Insights on (low), or below "
    f"{ACU_FLOOR_GLOBAL.value:g} as the primary of a global database (medium). Does not apply to a minimum of 0.",
    needs=(*_BASE, "rds:DescribeGlobalClusters"),
    sources=(_GUIDE,),
    catalogue=(105,),
    signature=True,
)

CANNOT_PAUSE = Rule(
    id="serverless-never-pauses",
    title="A cluster meant to pause never will",
    theme=Theme.COST,
    severity=Severity.LOW,
    subjects=CLUSTERS,
    check=_cannot_pause,
    why="It was made to cost nothing at night, and does not.",
    repair="Take the blocker away, or stop counting on the pause.",
    checks="The minimum is 0 ACU and an RDS Proxy targets it, it is the primary of a global database, or logical "
    "replication (PostgreSQL) or the binlog (MySQL) is on. Zero-ETL and Babelfish block too, and are not looked at.",
    needs=(
        *_BASE,
        "rds:DescribeDBProxies",
        "rds:DescribeDBProxyTargets",
        "rds:DescribeGlobalClusters",
        "rds:DescribeDBClusterParameters",
    ),
    sources=("aws/agent-toolkit-for-aws d6ad2e44 (what blocks the pause), read 2026-11-23",),
    catalogue=(105,),
    signature=True,
)

COULD_PAUSE = Rule(
    id="serverless-could-pause",
    title="A test cluster could pause",
    theme=Theme.COST,
    severity=Severity.INFO,
    subjects=CLUSTERS,
    check=_could_pause,
    why="Nights and weekends are paid at the minimum.",
    repair="Set the minimum to 0.",
    checks="A serverless cluster tagged as a test environment, of a version whose minimum may be 0, without any "
    "connection "
    f"in {_QUIET_RATIO:.0%} or more of the two-hour spans of 14 days, and without a blocker of the pause.",
    needs=(
        *_BASE,
        "rds:DescribeDBEngineVersions",
        "rds:DescribeDBProxies",
        "rds:DescribeGlobalClusters",
        "cloudwatch:DatabaseConnections",
    ),
    sources=("AWS API reference of RDS, SecondsUntilAutoPause (botocore 1.43), read 2026-11-23",),
    catalogue=(105,),
    signature=True,
)

IO_MODE = Rule(
    id="aurora-io-mode",
    title="The other Aurora storage mode would cost less",
    theme=Theme.COST,
    severity=Severity.LOW,
    subjects=CLUSTERS,
    check=_io_mode,
    why="Either requests are paid one by one that I/O-Optimized includes, or its surcharge is paid for few requests.",
    repair="Change the cluster's storage type.",
    checks="Two monthly bills at list price out of 14 days: instances, storage and requests as Standard, instances and "
    "storage as I/O-Optimized; the cheaper one is advised. Every price must be in the book, else it is not known; "
    "except "
    "that requests cheaper than the dearer storage settle it without the instances' prices.",
    needs=(
        *_BASE,
        "pricing:GetProducts",
        "cloudwatch:VolumeBytesUsed",
        "cloudwatch:VolumeReadIOPs",
        "cloudwatch:VolumeWriteIOPs",
        "cloudwatch:ServerlessDatabaseCapacity",
    ),
    sources=(
        "Aurora Standard and I/O-Optimized prices: bundled price book, dated row by row",
        "rule: two bills compared, no rule of thumb",
    ),
    catalogue=(101,),
)

RULES: tuple[Rule[Any], ...] = (AT_CEILING, FLOOR_LOW, CANNOT_PAUSE, COULD_PAUSE, IO_MODE)
