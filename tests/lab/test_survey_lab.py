"""A survey of the lab's own control plane: the demo and a crowd of 200, as metadata, behind unmodified botocore."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rdsops.app.facts import packaged_facts
from rdsops.aws.pages import Paging
from rdsops.aws.session import AwsDoor
from rdsops.collect.parameter_names import DEFAULTS_READ
from rdsops.collect.survey import SurveyRequest, survey
from rdsops.core.ids import Place
from rdsops.fleet.codec import decode, encode
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.gaps import Cause
from rdsops.fleet.neighbours import Family, ParameterGroup
from rdsops.lab.accounts import Accounts
from rdsops.lab.clock import Clock
from rdsops.lab.cloudwatch.service import CloudWatchService
from rdsops.lab.demo.crowd import seed_fleet
from rdsops.lab.demo.fleet import seed_demo
from rdsops.lab.demo.ground import MAIN, PLACES
from rdsops.lab.demo.neighbours import MotoSurroundings, seed_neighbours
from rdsops.lab.endpoint.behind import moto_backend
from rdsops.lab.endpoint.server import Endpoint
from rdsops.lab.insights.service import PiService
from rdsops.lab.rds.service import RdsService
from rdsops.lab.rds.state import RdsState
from tests.lab.surveyed import door_to

CLOCK = Clock()


@contextmanager
def served(state: RdsState) -> Iterator[Endpoint]:
    services = (RdsService(state), CloudWatchService(CLOCK), PiService(CLOCK))
    with Endpoint(services, Accounts(CLOCK), CLOCK) as endpoint:
        yield endpoint


def made() -> RdsState:
    return RdsState(CLOCK, around=MotoSurroundings(moto_backend))


def taken(door: AwsDoor, *places: Place) -> Fleet:
    return survey(door, places, SurveyRequest(now=CLOCK.now(), classes=packaged_facts().classes))


def test_two_hundred_instances_take_few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight families and thirteen custom groups in use; 40 manual snapshots, asked one by one."""
    state = made()
    seed_fleet(state, 200)
    with served(state) as endpoint:
        fleet = taken(door_to(endpoint, monkeypatch), MAIN)
        assert endpoint.gate.calls_by_action() == {each.operation: each.count for each in fleet.calls}
    calls = {each.operation: each.count for each in fleet.calls}
    (region,) = fleet.regions
    assert (len(region.instances.all), len(region.clusters.all), len(region.snapshots.all)) == (200, 20, 40)
    core = sum(
        count
        for name, count in calls.items()
        if name in ("rds:DescribeDBInstances", "rds:DescribeDBClusters", "cloudwatch:GetMetricData")
        or "Parameter" in name
    )
    assert core < 60
    assert sum(calls.values()) <= 120
    assert decode(encode(fleet, compressed=True)) == fleet


def test_the_demo_is_seen_but_for_what_the_lab_does_not_emulate(monkeypatch: pytest.MonkeyPatch) -> None:
    state = made()
    seed_demo(state, {}, seed_neighbours(moto_backend, {}))
    with served(state) as endpoint:
        fleet = taken(door_to(endpoint, monkeypatch), *(place for place in PLACES if place.account == MAIN.account))
    assert {gap.cause for gap in fleet.gaps} <= {Cause.UNSUPPORTED}
    assert all("not emulated" in gap.detail for gap in fleet.gaps)
    assert fleet.global_clusters.complete
    assert len(fleet.global_clusters.all) == 1
    main = next(region for region in fleet.regions if region.place == MAIN)
    assert main.proxies.items[0].has_seen("targets")
    assert main.proxies.items[0].has_seen("pool")
    manual = [each for each in (*main.snapshots.all, *main.cluster_snapshots.all) if each.kind == "manual"]
    assert manual
    assert all(each.has_seen("shared_with") for each in manual)


def test_changes_over_defaults_are_what_a_full_read_of_the_group_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """One page of what a user set, and the family's defaults, against every page of the group itself."""
    state = made()
    seed_fleet(state, 60)
    with served(state) as endpoint:
        door = door_to(endpoint, monkeypatch)
        (region,) = taken(door, MAIN).regions
        families = {each.name: each for each in region.families.items if not each.cluster_level}
        groups = [
            each for each in region.parameter_groups.items if each.has_seen("set_by_user") and not each.is_default
        ]
        assert groups
        for group in groups:
            whole = door.pages(
                "rds",
                "DescribeDBParameters",
                MAIN,
                Paging(items=("Parameters",)),
                {"DBParameterGroupName": group.ref.name},
            )
            assert whole.complete
            full = {one["ParameterName"]: one.get("ParameterValue") for one in whole.items}
            ours = overlaid(families[group.family], group)
            read = {name: full[name] for name in DEFAULTS_READ if name in full}
            assert {name: ours[name] for name in read} == read
            assert len(read) > 10


def overlaid(family: Family, group: ParameterGroup) -> dict[str, str | None]:
    defaults = {one.name: one.value for one in family.defaults}
    return {**defaults, **{one.name: one.value for one in group.set_by_user}}
