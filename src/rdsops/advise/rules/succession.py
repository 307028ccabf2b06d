"""Succession: who takes over from an Aurora writer, whether it is fit, and who keeps reading meanwhile."""

from __future__ import annotations

from typing import Any

from rdsops.advise.databases import is_test, modify
from rdsops.advise.finding import Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import CLUSTERS
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.ids import GroupRef, InstanceRef
from rdsops.fleet.clusters import Cluster, CustomEndpoint, Member
from rdsops.fleet.instances import Instance

DEFAULT_TIER = 1
"""Promotion tier of a member that tells none (botocore 1.44.5, PromotionTier, read 2026-11-23)."""
LAST_TIER = 15
"""Promoted only when nobody else is left: where readers for reports are put on purpose."""
FOLLOWING_TIERS = (0, 1)
"""Serverless readers of these tiers scale along with the writer; others scale on their own (recalled)."""
GIB_PER_ACU = 2
"""Memory of one ACU, about (AWS Aurora User Guide, read 2026-11-23)."""

Pair = tuple[Member, Instance]


def tier(member: Member) -> int:
    return DEFAULT_TIER if member.promotion_tier is None else member.promotion_tier


def memory_gib(instance: Instance, cluster: Cluster, view: View) -> float:
    """Memory it can grow to. Raises Unseen for a class whose size is not known."""
    if instance.is_serverless:
        if cluster.scaling is None:
            raise Unseen("rds:DescribeDBClusters", "Cluster.scaling")
        return cluster.scaling.max_acu * GIB_PER_ACU
    size = view.facts.instance_class(instance.instance_class)
    if size is None:
        raise Unseen("rds:DescribeOrderableDBInstanceOptions", f"memory of {instance.instance_class}")
    return size.memory_gib


def heir(cluster: Cluster, view: View) -> Pair | None:
    """The reader that Aurora would promote: lowest tier, then largest, then by name; None without a reader."""
    readers = [pair for pair in view.members(cluster) if not pair[0].is_writer]
    if not readers:
        return None
    first = min(tier(member) for member, _ in readers)
    candidates = [pair for pair in readers if tier(pair[0]) == first]
    if len({instance.instance_class for _, instance in candidates}) == 1:
        return min(candidates, key=lambda pair: pair[0].name)
    return min(candidates, key=lambda pair: (-memory_gib(pair[1], cluster, view), pair[0].name))


def _not_judged(cluster: Cluster, view: View) -> NotApplicable | None:
    if not cluster.is_aurora:
        return NotApplicable("a Multi-AZ cluster; its members are alike")
    if is_test(cluster, view):
        return NotApplicable("a test environment")
    if len(cluster.members) < 2:
        return NotApplicable("no reader to promote")
    return None


def _small_heir(cluster: Cluster, view: View) -> Verdict:
    skipped = _not_judged(cluster, view)
    if skipped is not None:
        return skipped
    pairs = view.members(cluster)
    if len({instance.instance_class for _, instance in pairs}) == 1:
        return CLEAR
    writing, found = pairs[0][1], heir(cluster, view)
    if not pairs[0][0].is_writer or found is None:
        return NotApplicable("no writer at the moment")
    next_member, next_instance = found
    need, have = memory_gib(writing, cluster, view), memory_gib(next_instance, cluster, view)
    if have >= need:
        return CLEAR
    source = "DBInstance.DBInstanceClass and the class table"
    return Problem(
        title=f"{cluster.ref} would fail over from {writing.instance_class} to {next_instance.instance_class}",
        severity=Severity.HIGH if have * 2 <= need else None,
        evidence=(
            Evidence(what="writer's memory", value=f"{need:g} GiB", source=source, subject=writing.ref.arn),
            Evidence(
                what="memory of the first in line",
                value=f"{have:g} GiB (tier {tier(next_member)})",
                threshold=f"{need:g} GiB",
                source=source,
                subject=next_instance.ref.arn,
            ),
        ),
        repair=_promote_larger(cluster, writing, next_member, next_instance, need, view),
    )


def _promote_larger(
    cluster: Cluster, writing: Instance, next_member: Member, next_instance: Instance, need: float, view: View
) -> Repair:
    """A fit reader further back is moved to the front; else the first in line grows."""
    fit = [
        instance
        for member, instance in view.members(cluster)
        if not member.is_writer and memory_gib(instance, cluster, view) >= need
    ]
    if fit and tier(next_member) > 0:
        return Repair(
            text=f"Put {fit[0].ref} first in line: it is as large as the writer. Nothing is interrupted.",
            calls=(modify(fit[0].ref, PromotionTier=tier(next_member) - 1),),
        )
    return Repair(
        text=f"Give {next_instance.ref} the writer's class, or move it behind a reader that has it.",
        calls=(modify(next_instance.ref, DBInstanceClass=writing.instance_class),),
        caution="The reader restarts; its price changes with the class.",
    )


def _unlike_groups(cluster: Cluster, view: View) -> Verdict:
    skipped = _not_judged(cluster, view)
    if skipped is not None:
        return skipped
    pairs = view.members(cluster)
    writing = pairs[0][1]
    unlike = [
        (member, instance)
        for member, instance in pairs[1:]
        if tier(member) < LAST_TIER and _groups(instance) != _groups(writing)
    ]
    differing = {instance.ref: _difference(writing, instance, view) for _, instance in unlike}
    unlike = [(member, instance) for member, instance in unlike if differing[instance.ref]]
    if not unlike:
        return CLEAR
    found = heir(cluster, view)
    worst = found is not None and any(instance.ref == found[1].ref for _, instance in unlike)
    return Problem(
        title=f"{cluster.ref} has readers with other parameters than its writer",
        severity=Severity.MEDIUM if worst else Severity.LOW,
        evidence=tuple(
            Evidence(
                what=f"parameters that differ from {writing.ref}",
                value=", ".join(differing[instance.ref]),
                threshold=f"those of {', '.join(_groups(writing))}",
                source=f"parameter group {', '.join(_groups(instance))}",
                subject=instance.ref.arn,
            )
            for _, instance in unlike
        ),
        repair=Repair(
            text="Attach the writer's parameter group to each of them, and reboot them one at a time; or put a reader "
            f"that is meant to differ into tier {LAST_TIER}.",
            calls=tuple(modify(i.ref, DBParameterGroupName=name) for _, i in unlike for name in _groups(writing)),
            caution="Static parameters change with the reboot of the reader.",
        ),
    )


def _groups(instance: Instance) -> tuple[str, ...]:
    return tuple(sorted(group.name for group in instance.parameter_groups))


def _difference(left: Instance, right: Instance, view: View) -> tuple[str, ...]:
    """Names of the parameters that the two instances' groups set differently."""
    ours, theirs = (_settings(each, view) for each in (left, right))
    return tuple(sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)))


def _settings(instance: Instance, view: View) -> dict[str, str | None]:
    place = instance.ref.place
    found: dict[str, str | None] = {}
    for name in _groups(instance):
        for parameter in view.group(GroupRef(place.account, place.region, name)).set_by_user:
            found[parameter.name] = parameter.value
    return found


def _tiers(cluster: Cluster, view: View) -> Verdict:
    skipped = _not_judged(cluster, view)
    if skipped is not None:
        return skipped
    found = heir(cluster, view)
    if found is None:
        return NotApplicable("no reader to promote")
    member, instance = found
    if instance.is_serverless and tier(member) not in FOLLOWING_TIERS:
        return Problem(
            title=f"{cluster.ref}: {member.name}, first in line, does not scale along with the writer",
            evidence=(
                Evidence(
                    what="promotion tier of a serverless reader",
                    value=str(tier(member)),
                    threshold="0 or 1",
                    source="DBClusterMember.PromotionTier",
                    subject=instance.ref.arn,
                ),
            ),
            repair=Repair(
                text="Put it into tier 1: it is then kept as large as the writer, and is billed for it.",
                calls=(modify(instance.ref, PromotionTier=1),),
                caution="Its capacity, and so its price, follows the writer's from then on.",
            ),
        )
    return _reporting_heir(cluster, member, instance, view)


def _reporting_heir(cluster: Cluster, member: Member, instance: Instance, view: View) -> Verdict:
    lists = {name: endpoint.name for endpoint in cluster.custom_endpoints for name in endpoint.static_members}
    free = [m.name for m, _ in view.members(cluster) if not m.is_writer and m.name not in lists]
    if member.name not in lists or not free:
        return CLEAR
    place = cluster.ref.place
    return Problem(
        title=f"{cluster.ref} would promote {member.name}, which serves endpoint {lists[member.name]}",
        evidence=(
            Evidence(
                what="first in line",
                value=f"{member.name} (tier {tier(member)})",
                threshold=f"a reader without duties of its own ({', '.join(free)})",
                source="DBClusterMember.PromotionTier",
                subject=instance.ref.arn,
            ),
            Evidence(
                what="static member of custom endpoint",
                value=lists[member.name],
                source="DBClusterEndpoint.StaticMembers",
                subject=instance.ref.arn,
            ),
        ),
        repair=Repair(
            text=f"Put {free[0]} first in line (tier 0) and {member.name} last (tier {LAST_TIER}); nothing restarts.",
            calls=(
                modify(InstanceRef(place.account, place.region, free[0]), PromotionTier=0),
                modify(instance.ref, PromotionTier=LAST_TIER),
            ),
        ),
    )


def _endpoints(cluster: Cluster, view: View) -> Verdict:
    if not cluster.is_aurora:
        return NotApplicable("only Aurora has custom endpoints")
    endpoints = [each for each in cluster.custom_endpoints if each.static_members]
    if not endpoints:
        return NotApplicable("no custom endpoint with a fixed list of members")
    if is_test(cluster, view):
        return NotApplicable("a test environment")
    roles = {member.name: member.is_writer for member in cluster.members}
    thin = [(endpoint, serving) for endpoint in endpoints if len(serving := _serving(endpoint, roles)) < 2]
    if not thin:
        return CLEAR
    empty = [endpoint.name for endpoint, serving in thin if not serving]
    return Problem(
        title=f"{cluster.ref}: endpoint {empty[0]} leads nowhere"
        if empty
        else f"{cluster.ref}: endpoint {thin[0][0].name} hangs on one instance",
        severity=Severity.HIGH if empty else None,
        evidence=tuple(
            Evidence(
                what=f"members of {endpoint.name} that serve",
                value=", ".join(serving) or "none",
                threshold="2",
                source="DBClusterEndpoint.StaticMembers",
                subject=endpoint.name,
            )
            for endpoint, serving in thin
        ),
        repair=Repair(
            text="Add a second member, or name the members that must stay out instead: new readers then join by "
            "themselves.",
        ),
    )


def _serving(endpoint: CustomEndpoint, roles: dict[str, bool]) -> tuple[str, ...]:
    """Static members that exist and may answer: a READER endpoint leaves the writer out."""
    readers_only = endpoint.kind.upper() == "READER"
    return tuple(name for name in endpoint.static_members if name in roles and not (readers_only and roles[name]))


HEIR_TOO_SMALL: Rule[Cluster] = Rule(
    id="heir-too-small",
    title="Failover would land on a smaller instance",
    theme=Theme.AVAILABILITY,
    severity=Severity.MEDIUM,
    subjects=CLUSTERS,
    check=_small_heir,
    why="After the failover the writer's load meets too little memory and CPU: the outage goes on as slowness.",
    repair="Give the first in line the writer's class, or put a reader of that class first.",
    checks="Memory of the reader that Aurora promotes first (lowest tier, then largest) is below the writer's; high "
    "when it is half or less. A serverless member counts with its maximum, 2 GiB an ACU. Classes that differ further "
    "back are not told. Not for Multi-AZ clusters, test environments and clusters without a reader.",
    needs=("rds:DescribeDBClusters", "rds:DescribeDBInstances"),
    sources=(
        "AWS News Blog, Additional failover control for Amazon Aurora, read 2026-11-23",
        "class table of the facts",
    ),
    catalogue=(31,),
)

UNLIKE_PARAMETERS: Rule[Cluster] = Rule(
    id="unlike-parameters",
    title="Readers run with other parameters than the writer",
    theme=Theme.AVAILABILITY,
    severity=Severity.MEDIUM,
    subjects=CLUSTERS,
    check=_unlike_groups,
    why="After a failover the database behaves differently, at the worst moment, and nobody changed anything.",
    repair="Attach one parameter group to all members that may be promoted.",
    checks="The parameter groups of writer and a reader differ by name and in a parameter they set. Medium when the "
    f"reader is first in line, else low. Readers of tier {LAST_TIER} may differ on purpose. Not in test environments.",
    needs=("rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:DescribeDBParameters"),
    sources=("AWS Trusted Advisor, checks of Aurora DB clusters with heterogeneous parameter groups, recalled",),
    catalogue=(32,),
)

PROMOTION_TIERS: Rule[Cluster] = Rule(
    id="promotion-tiers",
    title="Promotion tiers name the wrong reader first",
    theme=Theme.AVAILABILITY,
    severity=Severity.MEDIUM,
    subjects=CLUSTERS,
    check=_tiers,
    why="The failover takes a reader that is busy with something else, or too small at that moment.",
    repair="Order the tiers: a fit reader without other duties first, readers for reports last.",
    checks="The reader that is promoted first is a static member of a custom endpoint while another reader is in none; "
    "or it is a serverless reader outside of tiers 0 and 1, which does not scale along with the writer.",
    needs=("rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:DescribeDBClusterEndpoints"),
    sources=("AWS Aurora User Guide, Choosing the promotion tier for Serverless v2 readers, recalled",),
    catalogue=(37,),
    signature=True,
)

THIN_ENDPOINT: Rule[Cluster] = Rule(
    id="thin-endpoint",
    title="Custom endpoint hangs on one instance or none",
    theme=Theme.AVAILABILITY,
    severity=Severity.LOW,
    subjects=CLUSTERS,
    check=_endpoints,
    why="When that instance fails or is promoted, clients of the endpoint stand still while the cluster is healthy.",
    repair="Keep two serving members in each endpoint, or use a list of exclusions.",
    checks="A custom endpoint with static members has fewer than two that exist and may answer (a READER endpoint does "
    "not answer from the writer); none at all is high.",
    needs=("rds:DescribeDBClusters", "rds:DescribeDBClusterEndpoints"),
    sources=("botocore 1.44.5, rds DBClusterEndpoint, read 2026-11-23",),
    catalogue=(37,),
    signature=True,
)

RULES: tuple[Rule[Any], ...] = (HEIR_TOO_SMALL, UNLIKE_PARAMETERS, PROMOTION_TIERS, THIN_ENDPOINT)
