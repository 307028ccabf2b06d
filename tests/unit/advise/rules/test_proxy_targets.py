"""Proxies: targets that answer, subnets where the database is."""

from __future__ import annotations

from typing import Any

import pytest

from rdsops.advise.rule import Problem
from rdsops.advise.rules.proxy_targets import PROXY_TARGET_UNHEALTHY, PROXY_ZONES
from rdsops.core.ids import SubnetGroupRef
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.neighbours import ProxyTarget, SubnetGroup
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.asking import ask, told
from rdsops.testing.fleets import ACCOUNT, REGION, fleet_of, instance, proxy, without


def target(health: str | None, reason: str | None = None, resource: str = "orders") -> ProxyTarget:
    return ProxyTarget(resource=resource, kind="RDS_INSTANCE", role="READ_WRITE", health=health, reason=reason)


@pytest.mark.parametrize(
    ("targets", "answer"),
    [
        ((target("AVAILABLE"),), "clear"),
        ((target("UNAVAILABLE", "AUTH_FAILURE"),), "critical"),
        ((target("AVAILABLE"), target("UNAVAILABLE")), "high"),
        ((target("AVAILABLE"), target(None)), "clear"),
        ((target("REGISTERING"),), "clear"),
        ((target(None),), "not known"),
        ((), "medium"),
        (UNSEEN, "not known"),
    ],
)
def test_proxy_target_unhealthy(targets: Any, answer: str) -> None:
    assert told(PROXY_TARGET_UNHEALTHY, fleet_of(proxy(targets=targets))) == answer


def test_the_reason_decides_the_advice() -> None:
    found = ask(PROXY_TARGET_UNHEALTHY, fleet_of(proxy(targets=(target("UNAVAILABLE", "AUTH_FAILURE"),))))
    assert isinstance(found, Problem)
    assert "secret" in found.repair.text


def zoned(*subnets: str, **changes: Any) -> Fleet:
    private = SubnetGroup(
        ref=SubnetGroupRef(ACCOUNT, REGION, "private"),
        vpc="vpc-main",
        subnets=("subnet-a", "subnet-b", "subnet-c", "subnet-a2"),
        zones=(f"{REGION}a", f"{REGION}b", f"{REGION}c", f"{REGION}a"),
    )
    return fleet_of(proxy(subnets=subnets), instance(**changes), subnet_groups=[private])


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (zoned("subnet-a", "subnet-b"), "clear"),
        (zoned("subnet-a", "subnet-a2"), "medium"),
        (zoned("subnet-b", "subnet-c"), "low"),
        (zoned("subnet-a", "subnet-c"), "low"),
        (zoned("subnet-a", "subnet-c", secondary_availability_zone=None), "clear"),
        (zoned("subnet-a", "subnet-x"), "not known"),
        (zoned("subnet-a", "subnet-b", availability_zone=UNSEEN), "not known"),
        (without(zoned("subnet-a", "subnet-b"), "instances"), "not known"),
        (without(zoned("subnet-a", "subnet-b"), "subnet_groups"), "not known"),
    ],
)
def test_proxy_zones(fleet: Fleet, answer: str) -> None:
    assert told(PROXY_ZONES, fleet) == answer
