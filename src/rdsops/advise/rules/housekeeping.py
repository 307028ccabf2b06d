"""Housekeeping: tags, groups, quotas, and what AWS itself recommends."""

from __future__ import annotations

from typing import Any

from rdsops.advise.databases import servers
from rdsops.advise.finding import ApiCall, Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES, REGIONS
from rdsops.advise.view import View
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.fleet import Region
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Recommendation

_QUOTA_RATIO = 0.8
_QUOTA_NEARLY_RATIO = 0.95
_OPEN = ("active", "pending")
_SHOWN = 10


def _untagged(database: Cluster | Instance, view: View) -> Verdict:
    own = [key for key in database.tags if not key.startswith("aws:")]
    if own:
        return CLEAR
    kind = "DBCluster" if isinstance(database, Cluster) else "DBInstance"
    return Problem(
        title=f"{database.ref} has no tags",
        evidence=(
            Evidence(what="tags", value="none", threshold="an owner and an environment", source=f"{kind}.TagList"),
        ),
        repair=Repair(
            text="Tag it with its owner and its environment; the environment also tells this review how much a fault "
            "matters."
        ),
    )


def _default_group(database: Cluster | Instance, view: View) -> Verdict:
    if isinstance(database, Cluster):
        names = [database.parameter_group] if database.parameter_group else []
        source = "DBCluster.DBClusterParameterGroup"
    else:
        names = [group.name for group in database.parameter_groups]
        source = "DBInstance.DBParameterGroups"
    default = [name for name in names if name.startswith("default.")]
    if not default:
        return CLEAR
    return Problem(
        title=f"{database.ref} uses the default parameter group {default[0]}",
        evidence=(Evidence(what="parameter group", value=default[0], threshold="one of its own", source=source),),
        repair=Repair(
            text="Create a group of the same family and attach it in a quiet hour: from then on parameters can be "
            "changed without a group swap.",
            caution="Attaching another group needs a reboot before its static parameters count.",
        ),
    )


def _recommendations(database: Cluster | Instance, view: View) -> Verdict:
    arns = {database.ref.arn}
    if isinstance(database, Cluster):
        arns |= {server.ref.arn for server in servers(database, view)}
    listed = view.region(database.ref.place).recommendations
    open_ones = view.once(_open_recommendations, view.region(database.ref.place))
    found = [each for _, each in sorted((pair for arn in arns for pair in open_ones.get(arn, ())), key=_place_in_list)]
    if not found:
        listed.all  # noqa: B018 - raises when incomplete
        return CLEAR
    return Problem(
        title=f"{database.ref} has {len(found)} open recommendation{'s' if len(found) > 1 else ''} of AWS",
        severity=_worst(found),
        evidence=tuple(
            Evidence(
                what=each.title or each.type_id,
                value=f"{each.severity}, {each.status}",
                threshold="none open",
                source="DescribeDBRecommendations",
                subject=each.resource,
            )
            for each in found
        ),
        repair=Repair(
            text="Follow or dismiss each in the RDS console, under Recommendations, which shows AWS's steps."
        ),
    )


def _open_recommendations(region: Region) -> dict[str, list[tuple[int, Recommendation]]]:
    """By the ARN they speak of, each with its place in AWS's list."""
    found: dict[str, list[tuple[int, Recommendation]]] = {}
    for place, each in enumerate(region.recommendations.items):
        if each.status in _OPEN:
            found.setdefault(each.resource, []).append((place, each))
    return found


def _place_in_list(pair: tuple[int, Recommendation]) -> int:
    return pair[0]


def _worst(found: list[Recommendation]) -> Severity:
    words = {each.severity.lower() for each in found}
    if "high" in words:
        return Severity.MEDIUM
    return Severity.LOW if "medium" in words else Severity.INFO


def _unused_groups(region: Region, view: View) -> Verdict:
    used = {group.name for instance in region.instances.all for group in instance.parameter_groups}
    used_by_clusters = {cluster.parameter_group for cluster in region.clusters.all}
    idle = [g.ref.name for g in region.parameter_groups.all if not g.is_default and g.ref.name not in used]
    idle_cluster = [
        g.ref.name
        for g in region.cluster_parameter_groups.all
        if not g.is_default and g.ref.name not in used_by_clusters
    ]
    if not idle and not idle_cluster:
        return CLEAR
    count = len(idle) + len(idle_cluster)
    return Problem(
        title=f"{region.place}: {count} parameter group{'s are' if count > 1 else ' is'} used by nothing",
        evidence=tuple(
            Evidence(what="group", value="used by nothing", source=source, subject=name)
            for names, source in (
                (idle, "DescribeDBParameterGroups"),
                (idle_cluster, "DescribeDBClusterParameterGroups"),
            )
            for name in sorted(names)
        ),
        repair=Repair(
            text="Delete those that nobody keeps for a restore or a next version.",
            calls=(
                *(_delete("DeleteDBParameterGroup", "DBParameterGroupName", name) for name in sorted(idle)),
                *(
                    _delete("DeleteDBClusterParameterGroup", "DBClusterParameterGroupName", name)
                    for name in sorted(idle_cluster)
                ),
            ),
        ),
    )


def _unused_subnets(region: Region, view: View) -> Verdict:
    used = {instance.subnet_group for instance in region.instances.all}
    used |= {cluster.subnet_group for cluster in region.clusters.all}
    idle = sorted(
        group.ref.name
        for group in region.subnet_groups.all
        if group.ref.name not in used and not group.ref.name.startswith("default")
    )
    if not idle:
        return CLEAR
    return Problem(
        title=f"{region.place}: {len(idle)} subnet group{'s are' if len(idle) > 1 else ' is'} used by nothing",
        evidence=tuple(
            Evidence(what="subnet group", value="used by nothing", source="DescribeDBSubnetGroups", subject=name)
            for name in idle
        ),
        repair=Repair(
            text="Delete those that no restore plan names.",
            calls=tuple(_delete("DeleteDBSubnetGroup", "DBSubnetGroupName", name) for name in idle),
        ),
    )


def _delete(operation: str, key: str, name: str) -> ApiCall:
    return ApiCall(service="rds", operation=operation, parameters={key: name})


def _quotas(region: Region, view: View) -> Verdict:
    quotas = region.quotas.all
    if not quotas:
        return NotApplicable("AWS told no quota")
    tight = sorted(
        (quota for quota in quotas if quota.limit > 0 and quota.used / quota.limit >= _QUOTA_RATIO),
        key=lambda quota: (-quota.used / quota.limit, quota.name),
    )
    if not tight:
        return CLEAR
    worst = tight[0]
    return Problem(
        title=f"{region.place}: {worst.used} of {worst.limit} {worst.name} used"
        + (f", and {len(tight) - 1} more quotas nearly so" if len(tight) > 1 else ""),
        severity=Severity.MEDIUM if worst.used / worst.limit >= _QUOTA_NEARLY_RATIO else None,
        evidence=tuple(
            Evidence(
                what=quota.name,
                value=f"{quota.used} of {quota.limit}",
                threshold=f"less than {_QUOTA_RATIO:.0%}",
                source="DescribeAccountAttributes",
            )
            for quota in tight[:_SHOWN]
        ),
        repair=Repair(text="Ask for a higher quota in Service Quotas before a restore or a scale-out needs it."),
    )


TAGS = Rule(
    id="tags-missing",
    title="Database carries no tags",
    theme=Theme.OPERATIONS,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_untagged,
    why="Nobody can tell whose it is, what it costs whom, or whether it is production.",
    repair="Tag it with owner and environment.",
    checks="TagList holds no tag besides those that AWS sets itself (aws:…).",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("AWS API reference of RDS, TagList (botocore 1.43), read 2026-11-23",),
    catalogue=(63,),
)

DEFAULT_GROUP = Rule(
    id="default-parameter-group",
    title="Database uses a default parameter group",
    theme=Theme.OPERATIONS,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_default_group,
    why="Default groups cannot be changed: the first change in an emergency needs a group swap and a reboot.",
    repair="Attach a group of its own.",
    checks="The instance's group, or the cluster's group for a cluster, begins with \"default.\".",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("AWS RDS User Guide of 2023, parameter groups, read 2026-11-23",),
    catalogue=(64,),
)

RECOMMENDATIONS = Rule(
    id="recommendations-open",
    title="AWS has open recommendations",
    theme=Theme.OPERATIONS,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_recommendations,
    why="AWS saw something worth mending that nobody has answered.",
    repair="Follow or dismiss each in the RDS console.",
    checks="DescribeDBRecommendations lists one with the status active or pending for the database or a member. "
    "Medium when AWS calls one high, low for medium, else info.",
    needs=("rds:DescribeDBRecommendations", "rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("AWS API reference of RDS, DBRecommendation (botocore 1.43), read 2026-11-23",),
    catalogue=(65,),
)

UNUSED_GROUPS = Rule(
    id="parameter-groups-unused",
    title="Parameter groups are used by nothing",
    theme=Theme.OPERATIONS,
    severity=Severity.INFO,
    subjects=REGIONS,
    check=_unused_groups,
    why="Somebody edits the wrong one of two alike; and they count against a quota.",
    repair="Delete them.",
    checks="A custom instance or cluster parameter group that no instance and no cluster of the region uses.",
    needs=(
        "rds:DescribeDBParameterGroups",
        "rds:DescribeDBClusterParameterGroups",
        "rds:DescribeDBInstances",
        "rds:DescribeDBClusters",
    ),
    sources=("AWS API reference of RDS, DescribeDBParameterGroups (botocore 1.43), read 2026-11-23",),
    catalogue=(66,),
)

UNUSED_SUBNETS = Rule(
    id="subnet-groups-unused",
    title="Subnet groups are used by nothing",
    theme=Theme.OPERATIONS,
    severity=Severity.INFO,
    subjects=REGIONS,
    check=_unused_subnets,
    why="A database may be restored into a network that nobody minds any more.",
    repair="Delete them.",
    checks="A subnet group that no instance and no cluster of the region uses; default groups are left out.",
    needs=("rds:DescribeDBSubnetGroups", "rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("AWS API reference of RDS, DescribeDBSubnetGroups (botocore 1.43), read 2026-11-23",),
    catalogue=(66,),
)

QUOTAS = Rule(
    id="quota-nearly-used",
    title="A quota of the region is nearly used up",
    theme=Theme.OPERATIONS,
    severity=Severity.LOW,
    subjects=REGIONS,
    check=_quotas,
    why="The restore, replica or snapshot that an emergency needs is refused.",
    repair="Ask for a higher quota.",
    checks=f"DescribeAccountAttributes: a quota is used to {_QUOTA_RATIO:.0%} (low) or {_QUOTA_NEARLY_RATIO:.0%} "
    "(medium).",
    needs=("rds:DescribeAccountAttributes",),
    sources=("AWS API reference of RDS, AccountQuota (botocore 1.43), read 2026-11-23",),
    catalogue=(68,),
)

RULES: tuple[Rule[Any], ...] = (TAGS, DEFAULT_GROUP, RECOMMENDATIONS, UNUSED_GROUPS, UNUSED_SUBNETS, QUOTAS)
