"""Who takes over: the first in line must be fit, alike, and free."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rdsops.advise.rule import Problem
from rdsops.advise.rules.succession import HEIR_TOO_SMALL, PROMOTION_TIERS, THIN_ENDPOINT, UNLIKE_PARAMETERS, heir
from rdsops.advise.view import View
from rdsops.app.facts import packaged_facts
from rdsops.fleet.clusters import Cluster, CustomEndpoint, Member, ServerlessScaling
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.instances import GroupAttachment
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.asking import ask, told
from rdsops.testing.fleets import cluster, fleet_of, group, member, without
from rdsops.testing.healthy import TEST

SMALL, LARGE = "db.r7g.large", "db.r7g.xlarge"
SERVERLESS = "db.serverless"


def billing(tiers: tuple[int, ...], **changes: Any) -> Cluster:
    """A cluster whose readers stand in `tiers`; billing-1 writes."""
    members = (
        Member(name="billing-1", is_writer=True, promotion_tier=1),
        *(Member(name=f"billing-{n}", is_writer=False, promotion_tier=tier) for n, tier in enumerate(tiers, 2)),
    )
    return msgspec.structs.replace(cluster(), **{"members": members, **changes})


def line(*readers: tuple[str, int], writer: str = LARGE, **changes: Any) -> Fleet:
    """The writer's class, then (class, tier) of each reader."""
    classes = [writer, *(name for name, _ in readers)]
    return fleet_of(
        billing(tuple(tier for _, tier in readers), **changes),
        *(member(f"billing-{place}", instance_class=name) for place, name in enumerate(classes, 1)),
    )


@pytest.mark.parametrize(
    ("fleet", "expected"),
    [
        (line((LARGE, 1), (LARGE, 0)), "billing-3"),
        (line((SMALL, 1), (LARGE, 1)), "billing-3"),
        (line((LARGE, 1), (LARGE, 1)), "billing-2"),
        (line((SMALL, 0), (LARGE, 1)), "billing-2"),
        (line(), None),
    ],
)
def test_heir_prefers_lowest_tier_then_size_then_name(fleet: Fleet, expected: str | None) -> None:
    view = View(fleet, packaged_facts())
    found = heir(fleet.regions[0].clusters.items[0], view)
    assert (found[0].name if found else None) == expected


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (line((SMALL, 1)), "high"),
        (line((LARGE, 1), (SMALL, 15)), "clear"),
        (line((SMALL, 1), (LARGE, 1)), "clear"),
        (line((SMALL, 0), (LARGE, 1)), "high"),
        (line((LARGE, 1)), "clear"),
        (line((LARGE, 1), writer=SMALL), "clear"),
        (line(("db.r7g.2xlarge", 1), writer="db.r7g.2xlarge"), "clear"),
        (line(("db.m6g.2xlarge", 1), writer="db.x2gd.large"), "clear"),
        (line(("db.c6gd.2xlarge", 1), writer="db.x2gd.large"), "high"),
        (line(), "not applicable"),
        (line((SMALL, 1), tags=TEST), "not applicable"),
        (line((SMALL, 1), engine="postgres"), "not applicable"),
        (line(("db.z99.large", 1)), "not known"),
        (line((SERVERLESS, 1), scaling=ServerlessScaling(min_acu=1, max_acu=16)), "clear"),
        (line((SERVERLESS, 1), scaling=ServerlessScaling(min_acu=1, max_acu=15)), "medium"),
        (line((SERVERLESS, 1), scaling=UNSEEN), "not known"),
        (without(line((LARGE, 1)), "instances"), "not known"),
    ],
)
def test_heir_too_small(fleet: Fleet, answer: str) -> None:
    assert told(HEIR_TOO_SMALL, fleet, "billing") == answer


def test_a_fit_reader_further_back_is_moved_to_the_front() -> None:
    found = ask(HEIR_TOO_SMALL, line((SMALL, 1), (LARGE, 2)))
    assert isinstance(found, Problem)
    assert found.repair.calls[0].parameters == {
        "DBInstanceIdentifier": "billing-3",
        "PromotionTier": 0,
        "ApplyImmediately": True,
    }


def test_without_a_fit_reader_the_first_in_line_grows() -> None:
    found = ask(HEIR_TOO_SMALL, line((SMALL, 1)))
    assert isinstance(found, Problem)
    assert found.repair.calls[0].parameters["DBInstanceClass"] == LARGE


def groups(heirs: str, *, tier: int = 1, **settings: str) -> Fleet:
    other = (GroupAttachment(heirs, "in-sync"),)
    return fleet_of(
        billing((tier, 1)),
        member("billing-1"),
        member("billing-2", parameter_groups=other),
        member("billing-3"),
        group("billing-apg16", "aurora-postgresql16"),
        group("other", "aurora-postgresql16", cluster_level=False, **settings),
    )


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (groups("other", work_mem="65536"), "medium"),
        (groups("other", tier=2, work_mem="65536"), "low"),
        (groups("other", tier=15, work_mem="65536"), "clear"),
        (groups("other"), "clear"),
        (groups("billing-apg16"), "clear"),
        (without(groups("other", work_mem="65536"), "parameter_groups"), "not known"),
    ],
)
def test_unlike_parameters(fleet: Fleet, answer: str) -> None:
    assert told(UNLIKE_PARAMETERS, fleet) == answer


def endpoint(*static: str, kind: str = "READER", **changes: Any) -> CustomEndpoint:
    return CustomEndpoint(name="reports", kind=kind, static_members=static, **changes)


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (line((LARGE, 1), (LARGE, 2), custom_endpoints=(endpoint("billing-2"),)), "medium"),
        (line((LARGE, 1), (LARGE, 2), custom_endpoints=(endpoint("billing-3"),)), "clear"),
        (line((LARGE, 1), (LARGE, 2), custom_endpoints=(endpoint("billing-2", "billing-3"),)), "clear"),
        (line((LARGE, 1), (LARGE, 2)), "clear"),
        (line((SERVERLESS, 2), writer=SERVERLESS), "medium"),
        (line((SERVERLESS, 1), writer=SERVERLESS), "clear"),
        (line((LARGE, 1), custom_endpoints=UNSEEN), "not known"),
        (line(), "not applicable"),
    ],
)
def test_promotion_tiers(fleet: Fleet, answer: str) -> None:
    assert told(PROMOTION_TIERS, fleet, "billing") == answer


@pytest.mark.parametrize(
    ("endpoints", "answer"),
    [
        ((endpoint("billing-2", "billing-3"),), "clear"),
        ((endpoint("billing-2"),), "low"),
        ((endpoint("billing-1", "billing-2"),), "low"),
        ((endpoint("billing-1", "billing-2", kind="ANY"),), "clear"),
        ((endpoint("gone-1", "gone-2"),), "high"),
        ((endpoint(excluded_members=("billing-1",)),), "not applicable"),
        ((), "not applicable"),
        (UNSEEN, "not known"),
    ],
)
def test_thin_endpoint(endpoints: Any, answer: str) -> None:
    assert told(THIN_ENDPOINT, fleet_of(cluster(custom_endpoints=endpoints))) == answer
