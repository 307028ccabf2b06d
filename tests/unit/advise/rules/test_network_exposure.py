"""Exposure is graded by what is proven; what was not seen is named, and never counts as open or closed."""

from __future__ import annotations

from typing import Any

import pytest

from rdsops.advise.finding import ApiCall
from rdsops.advise.rule import Problem
from rdsops.advise.rules.network_exposure import DEFAULT_SECURITY_GROUP, DEFAULT_VPC, OPEN_SECURITY_GROUP, PUBLIC_ACCESS
from rdsops.core.ids import SubnetGroupRef
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.neighbours import Ingress, RouteTable, SecurityGroup, SubnetGroup, Vpc
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.asking import ask, told
from rdsops.testing.fleets import ACCOUNT, REGION, cluster, fleet_of, instance, member, without
from rdsops.testing.healthy import TEST

CLOSED = SecurityGroup(
    id="sg-orders",
    name="databases",
    vpc="vpc-main",
    ingress=(Ingress(protocol="tcp", from_port=6432, to_port=6432, source="203.0.113.7/32"),),
)
PRIVATE = RouteTable(id="rtb-1", vpc="vpc-main", is_main=True)
PUBLIC = RouteTable(id="rtb-1", vpc="vpc-main", is_main=True, internet_gateway="igw-1")


def opened(source: str = "0.0.0.0/0", **changes: Any) -> SecurityGroup:
    ingress = Ingress(**{"protocol": "tcp", "from_port": 6432, "to_port": 6432, "source": source, **changes})
    return SecurityGroup(id="sg-orders", name="databases", vpc="vpc-main", ingress=(ingress,))


def network(group: SecurityGroup = CLOSED, table: RouteTable = PRIVATE, *, public: Any = True, **changes: Any) -> Fleet:
    return fleet_of(
        instance(publicly_accessible=public, **changes),
        security_groups=[group],
        route_tables=[table],
        vpcs=[Vpc(id="vpc-main", is_default=False)],
    )


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (network(opened(), PUBLIC), "critical"),
        (network(opened(), PRIVATE), "high"),
        (network(CLOSED, PUBLIC), "medium"),
        (network(CLOSED, PRIVATE), "medium"),
        (network(opened(), PUBLIC, public=False), "clear"),
        (network(opened(), PUBLIC, public=UNSEEN), "not known"),
        (network(opened("0.0.0.0/1"), PUBLIC), "critical"),
        (network(opened("::/0"), PUBLIC), "critical"),
        (network(opened("10.0.0.0/8"), PUBLIC), "medium"),
        (network(opened("198.51.0.0/17"), PUBLIC), "medium"),
        (network(opened(from_port=5000, to_port=6431), PUBLIC), "medium"),
        (network(opened(from_port=None, to_port=None, protocol="-1"), PUBLIC), "critical"),
        (network(opened(protocol="udp"), PUBLIC), "medium"),
    ],
)
def test_public_access_is_graded_by_group_and_route(fleet: Fleet, answer: str) -> None:
    assert told(PUBLIC_ACCESS, fleet) == answer


@pytest.mark.parametrize(
    ("hidden", "answer", "words"),
    [("security_groups", "medium", "was not seen"), ("route_tables", "high", "routes were not seen")],
)
def test_public_access_says_what_is_certain_when_the_network_is_hidden(hidden: str, answer: str, words: str) -> None:
    found = ask(PUBLIC_ACCESS, without(network(opened(), PUBLIC), hidden))
    assert isinstance(found, Problem)
    assert (found.severity, words in found.title) == (answer, True)
    assert any(item.value == "not seen" for item in found.evidence)


def test_a_subnet_s_own_table_rules_over_the_main_one() -> None:
    own = RouteTable(id="rtb-2", vpc="vpc-main", subnets=("subnet-a", "subnet-b", "subnet-c"))
    fleet = fleet_of(instance(publicly_accessible=True), security_groups=[opened()], route_tables=[PUBLIC, own])
    assert told(PUBLIC_ACCESS, fleet) == "high"


def test_a_cluster_is_told_once_with_its_public_members() -> None:
    members = [member(f"billing-{n}", publicly_accessible=n < 3) for n in (1, 2, 3)]
    fleet = fleet_of(cluster(), *members, security_groups=[CLOSED], route_tables=[PRIVATE])
    found = ask(PUBLIC_ACCESS, fleet)
    assert isinstance(found, Problem)
    assert [call.parameters["DBInstanceIdentifier"] for call in found.repair.calls] == ["billing-1", "billing-2"]


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (network(opened(), public=False), "low"),
        (network(CLOSED, public=False), "clear"),
        (network(opened(), public=True), "not applicable"),
        (without(network(opened(), public=False), "security_groups"), "not known"),
        (network(opened(), public=False, security_groups=UNSEEN), "not known"),
    ],
)
def test_open_security_group(fleet: Fleet, answer: str) -> None:
    assert told(OPEN_SECURITY_GROUP, fleet) == answer


def test_an_open_rule_is_revoked_exactly_and_an_ipv6_one_by_text() -> None:
    found = ask(OPEN_SECURITY_GROUP, network(opened(), public=False))
    assert isinstance(found, Problem)
    assert found.repair.calls == (
        ApiCall(
            service="ec2",
            operation="RevokeSecurityGroupIngress",
            parameters={
                "GroupId": "sg-orders",
                "IpProtocol": "tcp",
                "FromPort": 6432,
                "ToPort": 6432,
                "CidrIp": "0.0.0.0/0",
            },
        ),
    )
    six = ask(OPEN_SECURITY_GROUP, network(opened("::/0"), public=False))
    assert isinstance(six, Problem)
    assert six.repair.calls == ()


DEFAULT = SecurityGroup(id="sg-orders", name="default", vpc="vpc-main")


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (network(DEFAULT), "medium"),
        (network(DEFAULT, tags=TEST), "low"),
        (network(CLOSED), "clear"),
        (without(network(DEFAULT), "security_groups"), "not known"),
    ],
)
def test_default_security_group(fleet: Fleet, answer: str) -> None:
    assert told(DEFAULT_SECURITY_GROUP, fleet) == answer


def vpc(is_default: bool, **changes: Any) -> Fleet:
    return fleet_of(instance(**changes), vpcs=[Vpc(id="vpc-main", is_default=is_default)])


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (vpc(True), "low"),
        (vpc(False), "clear"),
        (vpc(True, tags=TEST), "not applicable"),
        (vpc(True, vpc=None), "not applicable"),
        (without(vpc(True), "vpcs"), "not known"),
        (vpc(True, vpc=UNSEEN), "not known"),
    ],
)
def test_default_vpc(fleet: Fleet, answer: str) -> None:
    assert told(DEFAULT_VPC, fleet) == answer


def test_the_vpc_of_a_cluster_is_that_of_its_subnet_group() -> None:
    group = SubnetGroup(ref=SubnetGroupRef(ACCOUNT, REGION, "private"), vpc="vpc-main", subnets=(), zones=())
    fleet = fleet_of(cluster(members=()), subnet_groups=[group], vpcs=[Vpc(id="vpc-main", is_default=True)])
    assert told(DEFAULT_VPC, fleet) == "low"
    assert told(DEFAULT_VPC, without(fleet, "subnet_groups")) == "not known"
