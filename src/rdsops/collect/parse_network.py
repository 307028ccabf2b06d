"""Security groups, route tables, networks and keys, as boto gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rdsops.collect.fields import Fields, Malformed, known
from rdsops.fleet.neighbours import Ingress, RouteTable, SecurityGroup, Vpc
from rdsops.fleet.seen import UNSEEN


def security_group(fields: Fields) -> SecurityGroup:
    identifier = fields.name("GroupId")
    fields.called(identifier)
    permissions = known(fields.rows("IpPermissions", _ingress, ()))
    return SecurityGroup(
        id=identifier,
        name=known(fields.text("GroupName", "")),
        vpc=known(fields.text("VpcId", None)),
        ingress=tuple(one for several in permissions for one in several),
    )


def route_table(fields: Fields) -> RouteTable:
    identifier = fields.name("RouteTableId")
    fields.called(identifier)
    associations = known(
        fields.rows(
            "Associations",
            lambda one: (known(one.flag("Main", False)), known(one.text("SubnetId", None))),
            (),
        )
    )
    gateways = known(fields.rows("Routes", _internet_gateway, ()))
    return RouteTable(
        id=identifier,
        vpc=fields.name("VpcId"),
        is_main=any(main for main, _ in associations),
        subnets=tuple(subnet for _, subnet in associations if subnet is not None),
        internet_gateway=next(iter(gateways), None),
    )


def vpc(fields: Fields) -> Vpc:
    identifier = fields.name("VpcId")
    default = fields.flag("IsDefault")
    if default is UNSEEN:
        raise Malformed(f"{identifier} does not say whether it is the default network")
    return Vpc(id=identifier, is_default=default)


def key(fields: Fields) -> dict[str, Any]:
    """What DescribeKey says of a key, by field of Key."""
    metadata = fields.below("KeyMetadata")
    if metadata is None:
        raise Malformed("no KeyMetadata")
    return {
        "manager": metadata.text("KeyManager"),
        "state": metadata.text("KeyState"),
        # "This value is present only when KeyState is PendingDeletion" (read: botocore).
        "deletion_at": metadata.moment("DeletionDate", None),
    }


def _ingress(fields: Fields) -> tuple[Ingress, ...]:
    protocol = fields.name("IpProtocol")
    first, last = known(fields.number("FromPort", None)), known(fields.number("ToPort", None))
    return tuple(
        Ingress(protocol=protocol, from_port=first, to_port=last, source=source) for source in _sources(fields)
    )


def _sources(fields: Fields) -> Iterator[str]:
    for field, name in (
        ("IpRanges", "CidrIp"),
        ("Ipv6Ranges", "CidrIpv6"),
        ("UserIdGroupPairs", "GroupId"),
        ("PrefixListIds", "PrefixListId"),
    ):
        yield from known(fields.rows(field, lambda one, name=name: one.name(name), ()))  # type: ignore[misc]  # a default argument holds the loop's name


def _internet_gateway(fields: Fields) -> str | None:
    everywhere = "0.0.0.0/0" in (fields.text("DestinationCidrBlock", None),) or "::/0" in (
        fields.text("DestinationIpv6CidrBlock", None),
    )
    gateway = known(fields.text("GatewayId", None))
    # A blackhole leads nowhere: its gateway is gone.
    if everywhere and gateway is not None and gateway.startswith("igw-") and fields.text("State", None) != "blackhole":
        return str(gateway)
    return None
