"""Each rule: a fleet that triggers it, one just short of it, one with its input hidden."""

from __future__ import annotations

from typing import Any

import pytest

from rdsops.advise.review import review
from rdsops.advise.rule import Clear, NotApplicable, Problem
from rdsops.advise.rules import availability
from rdsops.advise.rules.availability import CLUSTER_SINGLE_ZONE, DELETION_PROTECTION_OFF, RULES
from rdsops.app.facts import packaged_facts
from rdsops.core.errors import Unseen
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.seen import UNSEEN, Listed
from rdsops.testing.asking import ask, ask_all, told
from rdsops.testing.fleets import cluster, fleet_of, global_cluster, instance, member, without
from rdsops.testing.healthy import TEST


def test_single_zone() -> None:
    assert isinstance(ask(availability.SINGLE_ZONE, fleet_of(instance(multi_az=False))), Problem)
    assert isinstance(ask(availability.SINGLE_ZONE, fleet_of(instance())), Clear)
    assert isinstance(ask(availability.SINGLE_ZONE, fleet_of(instance(multi_az=UNSEEN))), Unseen)


def test_single_zone_does_not_ask_cluster_members_or_replicas() -> None:
    replica = instance("orders-replica", multi_az=False, replica_source="orders")
    assert isinstance(ask(availability.SINGLE_ZONE, fleet_of(replica)), NotApplicable)
    aurora = fleet_of(cluster(members=("billing-1",)), member("billing-1"))
    assert isinstance(ask(availability.SINGLE_ZONE, aurora), NotApplicable)


def test_a_test_environment_may_stand_in_one_zone() -> None:
    assert told(availability.SINGLE_ZONE, fleet_of(instance(multi_az=False, tags=TEST))) == "not applicable"
    assert told(availability.SINGLE_ZONE, fleet_of(instance(multi_az=False, tags={"Name": "test"}))) == "high"


def billing(zones: str, **changes: Any) -> Fleet:
    names = [f"billing-{number}" for number in range(1, len(zones) + 1)]
    members = [member(name, zone=zone) for name, zone in zip(names, zones, strict=True)]
    return fleet_of(cluster("billing", changes.pop("members", names), **changes), *members)


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (billing("aaa"), "high"),
        (billing("aab"), "clear"),
        (billing("a"), "high"),
        (billing(""), "not applicable"),
        (billing("aaa", tags=TEST), "not applicable"),
        (billing("aaa", members=UNSEEN), "not known"),
        (without(billing("abc"), "instances"), "not known"),
        (fleet_of(cluster(), member("billing-1"), member("billing-2", availability_zone=UNSEEN)), "not known"),
    ],
)
def test_cluster_single_zone(fleet: Fleet, answer: str) -> None:
    assert told(CLUSTER_SINGLE_ZONE, fleet, "billing") == answer


def test_the_single_instance_of_a_global_secondary_weighs_less() -> None:
    secondary = cluster(members=("billing-1",))
    world = global_cluster(members=[cluster("home").ref, secondary.ref])
    assert told(CLUSTER_SINGLE_ZONE, fleet_of(secondary, member("billing-1"), world), "billing") == "low"


def test_twenty_clusters_of_three_in_one_zone_are_twenty_findings() -> None:
    things: list[Any] = []
    for number in range(20):
        names = [f"c{number}-{each}" for each in (1, 2, 3)]
        things.append(cluster(f"c{number}", names))
        things += [member(name, f"c{number}", zone="a") for name in names]
    answer = review(fleet_of(*things), packaged_facts(), RULES)
    assert len(answer.findings) == 20
    assert {str(finding.subject) for finding in answer.findings} == {f"c{number}" for number in range(20)}
    assert all(len(finding.evidence) == 3 for finding in answer.findings)


@pytest.mark.parametrize(
    ("fleet", "subject", "answer"),
    [
        (fleet_of(instance(deletion_protection=False)), "orders", "medium"),
        (fleet_of(instance()), "orders", "clear"),
        (fleet_of(instance(deletion_protection=UNSEEN)), "orders", "not known"),
        (fleet_of(instance(deletion_protection=False, tags=TEST)), "orders", "not applicable"),
        (fleet_of(instance(deletion_protection=False, replica_source="x")), "orders", "not applicable"),
        (fleet_of(cluster(deletion_protection=False)), "billing", "medium"),
        (fleet_of(global_cluster(deletion_protection=False)), "world", "medium"),
        (fleet_of(global_cluster()), "world", "clear"),
    ],
)
def test_deletion_protection_off(fleet: Fleet, subject: str, answer: str) -> None:
    assert told(DELETION_PROTECTION_OFF, fleet, subject) == answer


def test_members_have_no_deletion_protection_of_their_own() -> None:
    fleet = fleet_of(cluster(members=("billing-1",)), member("billing-1", deletion_protection=False))
    assert list(ask_all(DELETION_PROTECTION_OFF, fleet)) == ["billing"]


def test_hidden_global_clusters_leave_one_answer_open() -> None:
    answers = ask_all(
        DELETION_PROTECTION_OFF, fleet_of(instance(), global_clusters=Listed("rds:DescribeGlobalClusters"))
    )
    assert [type(answer) for answer in answers.values()] == [Clear, Unseen]
