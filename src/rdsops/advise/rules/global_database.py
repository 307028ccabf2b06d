"""Global databases: whether the other region could really take over."""

from __future__ import annotations

from typing import Any

from rdsops.advise.databases import is_test
from rdsops.advise.finding import Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import GLOBAL_CLUSTERS
from rdsops.advise.view import View
from rdsops.core.units import human_span
from rdsops.fleet.clusters import GlobalCluster, GlobalMember
from rdsops.fleet.series import Window

RPO_MS = 5000.0
"""AWS names about one second as usual; five times that is a link or a secondary in trouble."""
RPO_SEVERE_MS = 60_000.0
SHARE = 0.95
"""One point in twenty of the last three hours may be above: a single spike does not count."""


def _secondaries(world: GlobalCluster) -> tuple[GlobalMember, ...]:
    return tuple(member for member in world.members if not member.is_writer)


def _secondary(world: GlobalCluster, view: View) -> Verdict:
    if is_test(world, view):
        return NotApplicable("a test environment")
    secondaries = _secondaries(world)
    if not secondaries:
        return Problem(
            title=f"global database {world.ref} has no secondary region",
            evidence=(
                Evidence(
                    what="secondary clusters", value="0", threshold="1", source="GlobalCluster.GlobalClusterMembers"
                ),
            ),
            repair=Repair(
                text="Add a region: a secondary cluster with an instance; or take the cluster out of the global one.",
                caution="Storage, instances and replicated writes of the second region are billed.",
            ),
        )
    empty = [member for member in secondaries if not view.cluster(member.cluster).members]
    if len(empty) < len(secondaries):
        return CLEAR
    return Problem(
        title=f"global database {world.ref} has no instance outside of its primary region",
        severity=Severity.MEDIUM,
        consequence="A failover must create an instance first, just when everybody in that region asks for one.",
        evidence=tuple(
            Evidence(
                what=f"instances in {member.cluster.region}",
                value="0",
                threshold="1",
                source="DBCluster.DBClusterMembers",
                subject=member.cluster.arn,
            )
            for member in empty
        ),
        repair=Repair(text="Create an instance of the writer's class in a secondary cluster."),
    )


def _versions(world: GlobalCluster, view: View) -> Verdict:
    if not _secondaries(world):
        return NotApplicable("no secondary")
    primary = next((member for member in world.members if member.is_writer), None)
    if primary is None:
        return NotApplicable("no primary at the moment")
    wanted = view.cluster(primary.cluster).engine_version
    unlike = [
        (member, version)
        for member in _secondaries(world)
        if (version := view.cluster(member.cluster).engine_version) != wanted
    ]
    if not unlike:
        return CLEAR
    member, version = unlike[0]
    return Problem(
        title=f"global database {world.ref}: {member.cluster.region} runs {version}, the primary {wanted}",
        evidence=tuple(
            Evidence(
                what=f"version in {member.cluster.region}",
                value=version,
                threshold=wanted,
                source="DBCluster.EngineVersion",
                subject=member.cluster.arn,
            )
            for member, version in unlike
        ),
        repair=Repair(
            text="Upgrade the secondaries first, then the primary, to one version; switch over only afterwards.",
            caution="Each upgrade restarts the instances of its region.",
        ),
    )


def _lag(world: GlobalCluster, view: View) -> Verdict:
    secondaries = _secondaries(world)
    if not secondaries:
        return NotApplicable("no secondary")
    late = []
    for member in secondaries:
        series = view.series(member.cluster, "AuroraGlobalDBReplicationLag", "Maximum", Window.RECENT)
        worst = series.percentile(SHARE)
        if worst > RPO_MS:
            late.append((member, worst))
    if not late:
        return CLEAR
    member, worst = max(late, key=lambda each: (each[1], each[0].cluster.arn))
    return Problem(
        title=f"global database {world.ref}: {member.cluster.region} is {human_span(worst / 1000)} behind",
        severity=Severity.HIGH if worst > RPO_SEVERE_MS else None,
        evidence=tuple(
            Evidence(
                what=f"lag of {member.cluster.region}, p95",
                value=human_span(worst / 1000),
                threshold=human_span(RPO_MS / 1000),
                source="CloudWatch AuroraGlobalDBReplicationLag Maximum, 3 h",
                subject=member.cluster.arn,
            )
            for member, worst in late
        ),
        repair=Repair(
            text="Look for bursts of writes in the primary and for a secondary whose instances are smaller; slow the "
            "bulk load down. rds.global_db_rpo (PostgreSQL) can bound the loss, at the price of blocked commits.",
        ),
    )


GLOBAL_WITHOUT_SECONDARY: Rule[GlobalCluster] = Rule(
    id="global-without-secondary",
    title="Global database could not take over in another region",
    theme=Theme.AVAILABILITY,
    severity=Severity.MEDIUM,
    subjects=GLOBAL_CLUSTERS,
    check=_secondary,
    why="It is called global, and a lost region takes all of it: there is nothing to fail over to.",
    repair="Keep one secondary cluster with an instance.",
    checks="No member but the writer, or no secondary cluster with an instance. Not in test environments.",
    needs=("rds:DescribeGlobalClusters", "rds:DescribeDBClusters"),
    sources=("botocore 1.44.5, rds GlobalCluster, read 2026-11-23",),
    catalogue=(34,),
)

GLOBAL_VERSIONS: Rule[GlobalCluster] = Rule(
    id="global-versions",
    title="Regions of a global database run different versions",
    theme=Theme.AVAILABILITY,
    severity=Severity.MEDIUM,
    subjects=GLOBAL_CLUSTERS,
    check=_versions,
    why="AWS refuses a switchover between them, and a failover changes the version under the application.",
    repair="Bring all regions to one version.",
    checks="DBCluster.EngineVersion of a secondary is not the primary's.",
    needs=("rds:DescribeGlobalClusters", "rds:DescribeDBClusters"),
    sources=("AWS Aurora User Guide, switchovers of global databases (versions must match), recalled",),
    catalogue=(34,),
)

GLOBAL_LAG: Rule[GlobalCluster] = Rule(
    id="global-lag",
    title="Secondary region is far behind",
    theme=Theme.AVAILABILITY,
    severity=Severity.MEDIUM,
    subjects=GLOBAL_CLUSTERS,
    check=_lag,
    why="What is not there yet is lost when the primary region is.",
    repair="Find the bursts of writes, or a secondary that is too small.",
    checks="p95 of the last 3 hours of AuroraGlobalDBReplicationLag (milliseconds) of a secondary above "
    f"{RPO_MS:g} ms, high above {RPO_SEVERE_MS:g} ms. Without points: not known.",
    needs=("rds:DescribeGlobalClusters", "cloudwatch:AuroraGlobalDBReplicationLag"),
    sources=(
        "AWS CloudWatch metric AuroraGlobalDBReplicationLag (milliseconds), read 2026-11-23",
        "lag of about 1 s is usual, recalled",
    ),
    catalogue=(34,),
)

RULES: tuple[Rule[Any], ...] = (GLOBAL_WITHOUT_SECONDARY, GLOBAL_VERSIONS, GLOBAL_LAG)
