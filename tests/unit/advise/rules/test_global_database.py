"""A global database is as good as its other region: there, alike, and close behind."""

from __future__ import annotations

from typing import Any

import pytest

from rdsops.advise.rules.global_database import GLOBAL_LAG, GLOBAL_VERSIONS, GLOBAL_WITHOUT_SECONDARY
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.seen import UNSEEN
from rdsops.fleet.series import Window
from rdsops.testing.asking import told
from rdsops.testing.fleets import cluster, fleet_of, global_cluster, series, without
from rdsops.testing.healthy import TEST

HOME = cluster("home", ("home-1",))


def world(**secondary: Any) -> Fleet:
    far = cluster("far", secondary.pop("members", ("far-1",)), **secondary)
    return fleet_of(HOME, far, global_cluster(members=[HOME.ref, far.ref]))


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (world(), "clear"),
        (world(members=()), "medium"),
        (fleet_of(HOME, global_cluster(members=[HOME.ref])), "medium"),
        (fleet_of(HOME, global_cluster(members=[HOME.ref], tags=TEST)), "not applicable"),
        (fleet_of(HOME, global_cluster(members=UNSEEN)), "not known"),
        (without(world(), "clusters"), "not known"),
    ],
)
def test_global_without_secondary(fleet: Fleet, answer: str) -> None:
    assert told(GLOBAL_WITHOUT_SECONDARY, fleet) == answer


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (world(), "clear"),
        (world(engine_version="16.8"), "medium"),
        (fleet_of(HOME, global_cluster(members=[HOME.ref])), "not applicable"),
        (without(world(), "clusters"), "not known"),
    ],
)
def test_global_versions(fleet: Fleet, answer: str) -> None:
    assert told(GLOBAL_VERSIONS, fleet) == answer


def lagging(lag_ms: float) -> Fleet:
    far = cluster("far", ("far-1",))
    points = series(far.ref, "AuroraGlobalDBReplicationLag", lag_ms, stat="Maximum", window=Window.RECENT)
    return fleet_of(HOME, far, global_cluster(members=[HOME.ref, far.ref]), points)


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (lagging(5000), "clear"),
        (lagging(5001), "medium"),
        (lagging(60_001), "high"),
        (world(), "not known"),
        (fleet_of(HOME, global_cluster(members=[HOME.ref])), "not applicable"),
    ],
)
def test_global_lag(fleet: Fleet, answer: str) -> None:
    assert told(GLOBAL_LAG, fleet) == answer
