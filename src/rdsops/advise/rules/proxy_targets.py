"""Proxies: whether they reach a database, and whether they survive the zone it may move to."""

from __future__ import annotations

from typing import Any

from rdsops.advise.finding import Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, Problem, Rule, Verdict
from rdsops.advise.subjects import PROXIES
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.ids import InstanceRef
from rdsops.fleet.neighbours import Proxy, ProxyTarget


def _health(proxy: Proxy, view: View) -> Verdict:
    targets = proxy.targets
    if not targets:
        return Problem(
            title=f"proxy {proxy.ref} has no target",
            severity=Severity.MEDIUM,
            consequence="Every connection through it fails, and it is billed all the same.",
            evidence=(Evidence(what="targets", value="0", threshold="1", source="DBProxy targets"),),
            repair=Repair(text="Register the database with the proxy's target group, or delete the proxy."),
        )
    sick = [target for target in targets if target.health == "UNAVAILABLE"]
    if not sick:
        if all(target.health is None for target in targets):
            raise Unseen("rds:DescribeDBProxyTargets", "TargetHealth of every target")
        return CLEAR
    reasons = sorted({target.reason for target in sick if target.reason})
    because = f" ({', '.join(reasons)})" if reasons else ""
    return Problem(
        title=f"proxy {proxy.ref} cannot reach {len(sick)} of {len(targets)} targets{because}",
        severity=Severity.HIGH if any(target.health == "AVAILABLE" for target in targets) else None,
        evidence=tuple(
            Evidence(
                what="target health",
                value=" ".join(word for word in (target.health, target.reason) if word),
                threshold="AVAILABLE",
                source="DBProxyTarget.TargetHealth",
                subject=target.resource,
            )
            for target in sick
        ),
        repair=Repair(text=_advice(sick)),
    )


_ADVICE = {
    "AUTH_FAILURE": "Compare the proxy's secret with the account's password in the database, and the role's right to "
    "read the secret.",
    "CONNECTION_FAILED": "Admit the proxy's security group in the database's, and look whether the database answers.",
    "UNREACHABLE": "Admit the proxy's security group in the database's; compare their subnets and routes.",
    "PENDING_PROXY_CAPACITY": "The proxy is still scaling; wait, and look at free addresses in its subnets.",
    "INVALID_REPLICATION_STATE": "Mend the replication of the target: it lags or is stopped.",
}
"""By TargetHealth.Reason (botocore 1.44.5, read 2026-11-23)."""


def _advice(sick: list[ProxyTarget]) -> str:
    told = {_ADVICE[target.reason] for target in sick if target.reason in _ADVICE}
    return " ".join(sorted(told)) or "Look at the target's reason, its security groups, and the proxy's secret."


def _zones(proxy: Proxy, view: View) -> Verdict:
    zones = _proxy_zones(proxy, view)
    needed = _target_zones(proxy, view)
    missing = needed - set(zones)
    if len(zones) >= 2 and not missing:
        return CLEAR
    shown = ", ".join(sorted(zones))
    alone = len(zones) < 2
    return Problem(
        title=f"proxy {proxy.ref} stands in one zone only ({shown})"
        if alone
        else f"proxy {proxy.ref} has no foot in {', '.join(sorted(missing))}, where its database is",
        severity=Severity.MEDIUM if alone else None,
        evidence=(
            Evidence(
                what="zones of the proxy's subnets",
                value=shown,
                threshold="two, and those of its targets" if needed else "two",
                source="DBProxy.VpcSubnetIds",
            ),
            *(
                Evidence(what="zone of a target", value=zone, source="DBInstance.AvailabilityZone")
                for zone in sorted(missing)
            ),
        ),
        repair=Repair(
            text="A proxy's subnets are fixed: make one with a subnet in each zone of the database, and move clients.",
        ),
    )


def _proxy_zones(proxy: Proxy, view: View) -> set[str]:
    region = view.region(proxy.ref.place)
    known: dict[str, str] = {}
    for group in region.subnet_groups.items:
        known |= dict(zip(group.subnets, group.zones, strict=True))
    for subnet in proxy.subnets:
        if subnet not in known:
            raise Unseen("rds:DescribeDBSubnetGroups", f"zone of {subnet}")
    return {known[subnet] for subnet in proxy.subnets}


def _target_zones(proxy: Proxy, view: View) -> set[str]:
    """Zones in which its instances stand, standbys included; targets that are clusters are told by their members."""
    place = proxy.ref.place
    zones: set[str] = set()
    for target in proxy.targets:
        if target.kind != "RDS_INSTANCE":
            continue
        instance = view.instance(InstanceRef(place.account, place.region, target.resource.rpartition(":")[2]))
        if instance is not None:
            zones |= {z for z in (instance.availability_zone, instance.secondary_availability_zone) if z is not None}
    return zones


PROXY_TARGET_UNHEALTHY: Rule[Proxy] = Rule(
    id="proxy-target-unhealthy",
    title="Proxy does not reach its database",
    theme=Theme.AVAILABILITY,
    severity=Severity.CRITICAL,
    subjects=PROXIES,
    check=_health,
    why="Applications behind the proxy have no database, while the database itself looks healthy.",
    repair="Follow the target's reason: credentials, security groups, or the database.",
    checks="TargetHealth.State of a target is UNAVAILABLE: critical when none is AVAILABLE, else high. No target at "
    "all is medium. Targets that AWS tells nothing about are not judged; when that is all of them: not known.",
    needs=("rds:DescribeDBProxies", "rds:DescribeDBProxyTargets"),
    sources=("botocore 1.44.5, rds TargetHealth, read 2026-11-23",),
    catalogue=(39,),
    signature=True,
)

PROXY_ZONES: Rule[Proxy] = Rule(
    id="proxy-zones",
    title="Proxy does not cover the zones of its database",
    theme=Theme.AVAILABILITY,
    severity=Severity.LOW,
    subjects=PROXIES,
    check=_zones,
    why="A lost zone takes the proxy along, or every call crosses zones: slower, and billed by the gigabyte.",
    repair="Make the proxy anew with a subnet in every zone of its database.",
    checks="The proxy's subnets lie in one zone (medium), or in none of a zone where an instance of its targets or a "
    "standby stands (low). Zones are told by subnet groups; a subnet in none: not known.",
    needs=("rds:DescribeDBProxies", "rds:DescribeDBProxyTargets", "rds:DescribeDBSubnetGroups"),
    sources=("AWS RDS User Guide, Planning where to use RDS Proxy, recalled",),
    catalogue=(39,),
    signature=True,
)

RULES: tuple[Rule[Any], ...] = (PROXY_TARGET_UNHEALTHY, PROXY_ZONES)
