"""Network: who can reach a database from outside, and what stands in the default network."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from rdsops.advise.databases import eased, group_unseen, is_test, modify, servers
from rdsops.advise.finding import ApiCall, Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.fleet import Region
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Ingress, SecurityGroup

WIDE_V4 = 16
"""A public IPv4 range of /16 or wider is no allow-list of known addresses; two halves of the world are found too."""
WIDE_V6 = 32
"""The same for IPv6: a /32 is what a whole provider is given."""

_PRIVATE_V4 = tuple(
    IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
)
_PRIVATE_V6 = (IPv6Network("fc00::/7"), IPv6Network("fe80::/10"))


def is_wide_open(source: str) -> bool:
    """Whether an inbound source lets in so much of the internet that it is no allow-list.

    >>> [is_wide_open(s) for s in ("0.0.0.0/0", "0.0.0.0/1", "::/0", "203.0.113.7/32", "10.0.0.0/8", "sg-1", "pl-1")]
    [True, True, True, False, False, False, False]
    """
    try:
        network = ip_network(source, strict=False)
    except ValueError:
        return False
    if isinstance(network, IPv4Network):
        return network.prefixlen <= WIDE_V4 and not any(network.subnet_of(private) for private in _PRIVATE_V4)
    return network.prefixlen <= WIDE_V6 and not any(network.subnet_of(private) for private in _PRIVATE_V6)


def _admits(rule: Ingress, port: int) -> bool:
    if rule.protocol not in ("tcp", "6", "-1", "all"):
        return False
    return (rule.from_port is None or rule.from_port <= port) and (rule.to_port is None or port <= rule.to_port)


def _groups(identifiers: tuple[str, ...], region: Region) -> Iterator[SecurityGroup]:
    by_id = {group.id: group for group in region.security_groups.items}
    for identifier in identifiers:
        if identifier not in by_id:
            raise group_unseen(identifier)
        yield by_id[identifier]


def _openings(instance: Instance, region: Region) -> tuple[tuple[SecurityGroup, Ingress], ...]:
    """Inbound permissions that open the database's port to the internet. Raises Unseen when a group was not seen."""
    port = instance.port
    return tuple(
        (group, rule)
        for group in _groups(instance.security_groups, region)
        for rule in group.ingress
        if is_wide_open(rule.source) and (port is None or _admits(rule, port))
    )


def _gateway(instance: Instance, region: Region) -> tuple[str, str] | None:
    """(subnet, internet gateway) of the first subnet with a way out; None when none has one. Raises Unseen."""
    tables = region.route_tables.items
    for subnet in instance.subnets:
        table = next((t for t in tables if subnet in t.subnets), None)
        if table is None:
            everything = region.route_tables.all
            table = next((t for t in everything if t.is_main and t.vpc == instance.vpc), None)
        if table is None:
            raise Unseen("ec2:DescribeRouteTables", f"route table of {subnet}")
        if table.internet_gateway is not None:
            return subnet, table.internet_gateway
    return None


def _public_access(database: Cluster | Instance, view: View) -> Verdict:
    public = tuple(instance for instance in servers(database, view) if instance.publicly_accessible)
    if not public:
        return CLEAR
    region = view.region(database.ref.place)
    evidence = [
        Evidence(
            what="publicly accessible",
            value="yes",
            threshold="no",
            source="DBInstance.PubliclyAccessible",
            subject=instance.ref.arn,
        )
        for instance in public
    ]
    opened = _seen_openings(public[0], region, evidence)
    routed = _seen_gateway(public[0], region, evidence)
    severity, state = _grade(opened, routed)
    return Problem(
        title=f"{database.ref} {state}",
        severity=severity,
        evidence=tuple(evidence),
        repair=Repair(
            text="Turn public access off; clients outside of the VPC then come through a VPN, a peering or a bastion.",
            calls=()
            if _is_multi_az_cluster(database)
            else tuple(modify(i.ref, PubliclyAccessible=False) for i in public),
            caution="Clients that use the public address lose their way in at once.",
        ),
    )


def _is_multi_az_cluster(database: Cluster | Instance) -> bool:
    return isinstance(database, Cluster) and not database.is_aurora


def _seen_openings(instance: Instance, region: Region, evidence: list[Evidence]) -> bool | None:
    """Whether a group is open, its evidence added; None (and said so) when groups were not seen."""
    source = "EC2 SecurityGroup.IpPermissions"
    try:
        openings = _openings(instance, region)
    except Unseen as unseen:
        evidence.append(Evidence(what="security groups", value="not seen", source=unseen.asked))
        return None
    for group, rule in openings:
        evidence.append(
            Evidence(
                what=f"inbound to port {instance.port}",
                value=f"from {rule.source}",
                threshold=f"no public range of /{WIDE_V4} or wider (IPv6 /{WIDE_V6})",
                source=source,
                subject=group.id,
            )
        )
    if not openings:
        evidence.append(Evidence(what="inbound from the internet", value="none", source=source))
    return bool(openings)


def _seen_gateway(instance: Instance, region: Region, evidence: list[Evidence]) -> bool | None:
    source = "EC2 RouteTable.Routes"
    try:
        gateway = _gateway(instance, region)
    except Unseen as unseen:
        evidence.append(Evidence(what="route to an internet gateway", value="not seen", source=unseen.asked))
        return None
    if gateway is None:
        evidence.append(Evidence(what="route to an internet gateway", value="none", source=source))
        return False
    subnet, identifier = gateway
    evidence.append(
        Evidence(what="route to the internet", value=identifier, threshold="none", source=source, subject=subnet)
    )
    return True


def _grade(opened: bool | None, routed: bool | None) -> tuple[Severity, str]:
    if opened and routed:
        return Severity.CRITICAL, "is reachable from the internet: public, open group, route to a gateway"
    if opened and routed is None:
        return Severity.HIGH, "is public behind an open security group; its routes were not seen"
    if opened:
        return Severity.HIGH, "is public behind an open security group; only a missing route keeps the internet out"
    if opened is None:
        return Severity.MEDIUM, "is flagged public; whether its security groups are open was not seen"
    return Severity.MEDIUM, "is flagged public; only its security groups keep the internet out"


def _open_group(database: Cluster | Instance, view: View) -> Verdict:
    first = next(iter(servers(database, view)), None)
    if first is None:
        return NotApplicable("a cluster without instances")
    if any(instance.publicly_accessible for instance in servers(database, view)):
        return NotApplicable("publicly accessible; judged by public-access")
    openings = _openings(first, view.region(database.ref.place))
    if not openings:
        return CLEAR
    return Problem(
        title=f"{database.ref} sits behind a security group that is open to {openings[0][1].source}",
        evidence=tuple(
            Evidence(
                what=f"inbound to port {first.port}",
                value=f"from {rule.source}",
                threshold=f"no public range of /{WIDE_V4} or wider (IPv6 /{WIDE_V6})",
                source="EC2 SecurityGroup.IpPermissions",
                subject=group.id,
            )
            for group, rule in openings
        ),
        repair=Repair(
            text="Name the sources that are meant (application groups, private ranges), then take the open rule away.",
            calls=_revocations(openings),
            caution="Everything else in the group loses the same way in; add the meant sources first.",
        ),
    )


def _revocations(openings: tuple[tuple[SecurityGroup, Ingress], ...]) -> tuple[ApiCall, ...]:
    """The calls that take every open rule away; none when one is IPv6, which takes a nested structure."""
    if any(":" in rule.source for _, rule in openings):
        return ()
    return tuple(_revoke(group, rule) for group, rule in openings)


def _revoke(group: SecurityGroup, rule: Ingress) -> ApiCall:
    ports: dict[str, int] = {}
    if rule.from_port is not None and rule.to_port is not None:
        ports = {"FromPort": rule.from_port, "ToPort": rule.to_port}
    return ApiCall(
        service="ec2",
        operation="RevokeSecurityGroupIngress",
        parameters={"GroupId": group.id, "IpProtocol": rule.protocol, **ports, "CidrIp": rule.source},
    )


def _default_group(database: Cluster | Instance, view: View) -> Verdict:
    region = view.region(database.ref.place)
    identifiers = database.security_groups
    defaults = [group.id for group in _groups(identifiers, region) if group.name == "default"]
    if not defaults:
        return CLEAR
    others: list[str | dict[str, str]] = [each for each in identifiers if each not in defaults]
    return Problem(
        title=f"{database.ref} uses the default security group of its VPC ({defaults[0]})",
        severity=eased(Severity.LOW, database, view),
        evidence=tuple(
            Evidence(
                what="security group name",
                value="default",
                threshold="a group of its own",
                source="EC2 SecurityGroup.GroupName",
                subject=identifier,
            )
            for identifier in defaults
        ),
        repair=Repair(
            text="Give the database a security group of its own that admits its clients only.",
            calls=(modify(database.ref, VpcSecurityGroupIds=others),) if others else (),
            caution="Clients that came in through the default group must be admitted by another one first.",
        ),
    )


def _vpc(database: Cluster | Instance, region: Region) -> str | None:
    if isinstance(database, Instance):
        return database.vpc
    name = database.subnet_group
    for group in region.subnet_groups.items:
        if group.ref.name == name:
            return group.vpc
    raise Unseen("rds:DescribeDBSubnetGroups", f"subnet group {name}")


def _default_vpc(database: Cluster | Instance, view: View) -> Verdict:
    if is_test(database, view):
        return NotApplicable("a test environment")
    region = view.region(database.ref.place)
    identifier = _vpc(database, region)
    if identifier is None:
        return NotApplicable("in no VPC")
    vpc = next((each for each in region.vpcs.items if each.id == identifier), None)
    if vpc is None:
        raise Unseen("ec2:DescribeVpcs", f"VPC {identifier}")
    if not vpc.is_default:
        return CLEAR
    return Problem(
        title=f"{database.ref} stands in the default VPC ({identifier})",
        evidence=(
            Evidence(what="default VPC", value="yes", threshold="no", source="EC2 Vpc.IsDefault", subject=identifier),
        ),
        repair=Repair(
            text="Create a subnet group of private subnets in a VPC of your own, then move the database there "
            "(an instance: change its subnet group; a cluster: restore or clone it into the new one).",
            caution="Moving changes addresses and interrupts service.",
        ),
    )


PUBLIC_ACCESS: Rule[Cluster | Instance] = Rule(
    id="public-access",
    title="Database can be reached from the internet",
    theme=Theme.SECURITY,
    severity=Severity.CRITICAL,
    subjects=DATABASES,
    check=_public_access,
    why="Anyone can try passwords and unpatched holes; a single leaked credential is enough to take the data.",
    repair="Turn PubliclyAccessible off and narrow the security groups.",
    checks="PubliclyAccessible of any instance. Alone it is medium. With a security group that admits the database's "
    f"port from a public range of /{WIDE_V4} or wider (IPv6 /{WIDE_V6}) it is high; with a route from one of its "
    "subnets to an internet gateway as well, critical. Groups or routes that were not seen are named in the evidence, "
    "and the finding keeps the grade that is certain. A cluster is told once, with its public members as evidence.",
    needs=("rds:DescribeDBInstances", "ec2:DescribeSecurityGroups", "ec2:DescribeRouteTables"),
    sources=("AWS RDS User Guide, Hiding a DB instance in a VPC from the internet, recalled",),
    catalogue=(1, 2, 4),
)

OPEN_SECURITY_GROUP: Rule[Cluster | Instance] = Rule(
    id="open-security-group",
    title="Private database, security group open to the world",
    theme=Theme.SECURITY,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_open_group,
    why="Only the missing public address keeps the internet out: one changed flag or proxy opens the database.",
    repair="Replace the open rule by the sources that are meant.",
    checks="A security group of a database that is not publicly accessible admits its port from a public range of "
    f"/{WIDE_V4} or wider (IPv6 /{WIDE_V6}). Public databases are judged by public-access.",
    needs=("rds:DescribeDBInstances", "ec2:DescribeSecurityGroups"),
    sources=("AWS VPC User Guide, Security group rules, recalled",),
    catalogue=(2,),
)

DEFAULT_SECURITY_GROUP: Rule[Cluster | Instance] = Rule(
    id="default-security-group",
    title="Database uses the VPC's default security group",
    theme=Theme.SECURITY,
    severity=Severity.MEDIUM,
    subjects=DATABASES,
    check=_default_group,
    why="Everything that forgets to choose a group lands in the default one, and so gets a way to the database.",
    repair="Attach a security group made for this database.",
    checks='A security group of the database is named "default". Low in a test environment.',
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters", "ec2:DescribeSecurityGroups"),
    sources=("AWS VPC User Guide, Default security groups, recalled",),
    catalogue=(3,),
)

DEFAULT_VPC: Rule[Cluster | Instance] = Rule(
    id="default-vpc",
    title="Database stands in the default VPC",
    theme=Theme.SECURITY,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_default_vpc,
    why="The subnets of a default VPC are public: a database there is one flag away from the internet.",
    repair="Move it to private subnets of a VPC of your own.",
    checks="The VPC of the database's subnet group is the region's default VPC. Does not apply to test environments.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBSubnetGroups", "ec2:DescribeVpcs"),
    sources=("AWS VPC User Guide, Default VPCs, recalled",),
    catalogue=(5,),
)

RULES: tuple[Rule[Any], ...] = (PUBLIC_ACCESS, OPEN_SECURITY_GROUP, DEFAULT_SECURITY_GROUP, DEFAULT_VPC)
