"""Serverless capacity, pauses, and the exact comparison of Aurora's two storage modes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdsops.advise.finding import Severity
from rdsops.advise.review import answers
from rdsops.advise.rule import Clear, NotApplicable, Problem
from rdsops.advise.rules import serverless
from rdsops.advise.view import View
from rdsops.app.facts import packaged_facts
from rdsops.core.errors import Unseen
from rdsops.core.ids import ClusterRef, InstanceRef, Place
from rdsops.core.units import GIB
from rdsops.facts.prices import with_prices
from rdsops.fleet.clusters import Cluster, ServerlessScaling
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import EngineVersion, ProxyTarget
from rdsops.fleet.seen import UNSEEN
from rdsops.fleet.series import Series, Window
from rdsops.testing.asking import ask
from rdsops.testing.fleets import (
    ACCOUNT,
    cluster,
    family,
    fleet_of,
    global_cluster,
    group,
    member,
    proxy,
    region,
    series,
    without,
)

TEST = {"Environment": "test"}
AROUND = (
    group("billing-apg16", "aurora-postgresql16"),
    group("billing-aurora16", "aurora-postgresql16", cluster_level=True, rds__logical_replication="0"),
    family("aurora-postgresql16"),
)
ONE = member("elastic-1", "elastic", instance_class="db.serverless")


def elastic(low: float = 0.5, high: float = 16, **changes: Any) -> Cluster:
    return cluster("elastic", ("elastic-1",), scaling=ServerlessScaling(min_acu=low, max_acu=high), **changes)


@pytest.mark.parametrize(("busy_hours", "level", "found"), [(17, 15.2, True), (16, 16, False), (168, 15.1, False)])
def test_capacity_at_its_maximum(busy_hours: int, level: float, found: bool) -> None:
    used = series(ONE.ref, "ServerlessDatabaseCapacity", [level] * busy_hours + [2.0] * (168 - busy_hours))
    assert isinstance(ask(serverless.AT_CEILING, fleet_of(elastic(), ONE, used)), Problem if found else Clear)


def test_capacity_that_was_not_measured_or_is_none() -> None:
    assert isinstance(ask(serverless.AT_CEILING, fleet_of(elastic(), ONE)), Unseen)
    assert isinstance(ask(serverless.AT_CEILING, fleet_of(_hidden(), ONE)), Unseen)
    provisioned = fleet_of(cluster(members=("billing-1",)), member("billing-1"))
    for rule in (serverless.AT_CEILING, serverless.FLOOR_LOW, serverless.CANNOT_PAUSE, serverless.COULD_PAUSE):
        assert isinstance(ask(rule, provisioned), NotApplicable)


def _hidden() -> Cluster:
    return cluster("elastic", ("elastic-1",), scaling=UNSEEN)


@pytest.mark.parametrize(
    ("low", "primary", "kind", "severity"),
    [
        (0.5, False, Problem, None),
        (2, False, Clear, None),
        (0, False, NotApplicable, None),
        (2, True, Problem, Severity.MEDIUM),
        (8, True, Clear, None),
    ],
)
def test_the_least_minimum(low: float, primary: bool, kind: type, severity: Severity | None) -> None:
    many = elastic(low)
    worlds = [global_cluster("world", [many.ref])] if primary else []
    found = ask(serverless.FLOOR_LOW, fleet_of(many, ONE, *worlds))
    assert isinstance(found, kind)
    if isinstance(found, Problem):
        assert found.severity is severity
        assert found.repair.calls[0].parameters["ServerlessV2ScalingConfiguration"] == {
            "MinCapacity": 8.0 if primary else 2.0,
            "MaxCapacity": 16.0,
        }


def test_a_pause_that_is_blocked() -> None:
    free = fleet_of(elastic(0), ONE, *AROUND)
    assert isinstance(ask(serverless.CANNOT_PAUSE, free), Clear)
    before = proxy(targets=(ProxyTarget(resource="elastic", kind="TRACKED_CLUSTER"),), ref=proxy("elastic-proxy").ref)
    assert isinstance(ask(serverless.CANNOT_PAUSE, fleet_of(elastic(0), ONE, *AROUND, before)), Problem)
    world = global_cluster("world", [elastic().ref])
    assert isinstance(ask(serverless.CANNOT_PAUSE, fleet_of(elastic(0), ONE, *AROUND, world)), Problem)
    on = group("billing-aurora16", "aurora-postgresql16", cluster_level=True, rds__logical_replication="1")
    assert isinstance(ask(serverless.CANNOT_PAUSE, fleet_of(elastic(0), ONE, AROUND[0], on)), Problem)
    assert isinstance(ask(serverless.CANNOT_PAUSE, fleet_of(elastic(0.5), ONE)), NotApplicable)
    assert isinstance(ask(serverless.CANNOT_PAUSE, without(free, "proxies")), Unseen)
    assert isinstance(ask(serverless.CANNOT_PAUSE, fleet_of(elastic(0), ONE)), Unseen)


def quiet(share: float) -> Series:
    still = round(168 * share)
    values = [0.0] * still + [5.0] * (168 - still)
    return series(ONE.ref, "DatabaseConnections", values, stat="Maximum", window=Window.FORTNIGHT)


PAUSES = EngineVersion(engine="aurora-postgresql", version="16.9", family="aurora-postgresql16", min_acu=0.0)


@pytest.mark.parametrize(
    ("changes", "share", "version", "kind"),
    [
        ({}, 0.5, PAUSES, Problem),
        ({}, 0.49, PAUSES, Clear),
        ({"tags": {}}, 0.9, PAUSES, NotApplicable),
        ({}, 0.9, msgspec.structs.replace(PAUSES, min_acu=0.5), NotApplicable),
        ({}, 0.9, msgspec.structs.replace(PAUSES, min_acu=None), Unseen),
        ({}, 0.9, msgspec.structs.replace(PAUSES, version="16.8"), Unseen),
    ],
)
def test_a_test_cluster_could_pause(changes: dict[str, Any], share: float, version: EngineVersion, kind: type) -> None:
    many = elastic(**{"tags": TEST, **changes})
    fleet = fleet_of(many, ONE, *AROUND, quiet(share), engine_versions=(version,))
    assert isinstance(ask(serverless.COULD_PAUSE, fleet), kind)


def test_connections_that_were_not_measured_are_not_silence() -> None:
    fleet = fleet_of(elastic(tags=TEST), ONE, *AROUND, engine_versions=(PAUSES,))
    assert isinstance(ask(serverless.COULD_PAUSE, fleet), Unseen)


VIRGINIA = Place(ACCOUNT, "us-east-1")


def aurora(instance_class: str, storage_type: str = "aurora", count: int = 2) -> tuple[Cluster, tuple[Instance, ...]]:
    ref = ClusterRef(ACCOUNT, "us-east-1", "orders")
    names = [f"orders-{number}" for number in range(count)]
    serverless_only = ServerlessScaling(min_acu=0.5, max_acu=64) if instance_class == "db.serverless" else None
    many = cluster("orders", names, ref=ref, storage_type=storage_type, scaling=serverless_only)
    members = tuple(
        member(
            name,
            ref=InstanceRef(ACCOUNT, "us-east-1", name),
            cluster=ref,
            instance_class=instance_class,
            storage_type=storage_type,
        )
        for name in names
    )
    return many, members


def in_virginia(many: Cluster, members: tuple[Instance, ...], gib: float, millions: float, acu: float = 0) -> Fleet:
    points = [
        series(many.ref, "VolumeBytesUsed", gib * GIB, window=Window.FORTNIGHT),
        *(
            series(many.ref, name, millions * 1e6 / 2 / 730 * 2, stat="Sum", window=Window.FORTNIGHT)
            for name in ("VolumeReadIOPs", "VolumeWriteIOPs")
        ),
    ]
    if acu:
        points += [series(one.ref, "ServerlessDatabaseCapacity", acu) for one in members]
    place = region(VIRGINIA, instances=members, clusters=(many,))
    return msgspec.structs.replace(fleet_of(), regions=(place,), series=tuple(points))


def book(hour: float, engine: str = "aurora-postgresql") -> bytes:
    key = f"instance/{engine}/db.r6g.2xlarge"
    rows = [(key, hour), (f"{key}/aurora-iopt1", hour * 1.3)]
    return msgspec.json.encode(
        {
            "rows": [
                {
                    "region": "us-east-1",
                    "key": name,
                    "usd": usd,
                    "unit": "hour",
                    "source": "ours",
                    "as_of": "2026-11-01",
                }
                for name, usd in rows
            ]
        }
    )


def io_mode(fleet: Fleet, hour: float) -> Any:
    view = View(fleet, with_prices(packaged_facts(), book(hour)))
    return next(verdict for _, verdict in answers(serverless.IO_MODE, view))


@pytest.mark.parametrize(("millions", "kind"), [(2773, Clear), (2774, Problem)])
def test_the_worked_example_breaks_even_at_2773_million_requests(millions: float, kind: type) -> None:
    """2 x db.r6g.2xlarge at 1.038 an hour (1,515.48 a month), 800 GiB: 554.64 dollars of requests."""
    many, members = aurora("db.r6g.2xlarge")
    verdict = io_mode(in_virginia(many, members, 800, millions), 1515.48 / 2 / 730)
    assert isinstance(verdict, kind)


def test_the_saving_is_the_difference_of_two_bills() -> None:
    many, members = aurora("db.r6g.2xlarge")
    verdict = io_mode(in_virginia(many, members, 800, 5000), 1515.48 / 2 / 730)
    assert isinstance(verdict, Problem)
    assert verdict.money is not None
    assert verdict.money.usd_month == pytest.approx(1000 - 554.64, abs=0.1)
    back, readers = aurora("db.r6g.2xlarge", "aurora-iopt1")
    other = io_mode(in_virginia(back, readers, 800, 100), 1515.48 / 2 / 730)
    assert isinstance(other, Problem)
    assert other.money is not None
    assert other.money.usd_month == pytest.approx(554.64 - 20, abs=0.1)


@given(hour=st.floats(0.05, 5), gib=st.floats(10, 20_000), millions=st.floats(0, 20_000), optimised=st.booleans())
def test_the_cheaper_of_both_bills_is_advised(hour: float, gib: float, millions: float, optimised: bool) -> None:
    many, members = aurora("db.r6g.2xlarge", "aurora-iopt1" if optimised else "aurora")
    compute = 2 * 730 * hour
    standard, other = compute + 0.10 * gib + 0.20 * millions, 1.3 * compute + 0.225 * gib
    cheaper = standard < other if optimised else other < standard
    if abs(standard - other) > 0.05:
        verdict = io_mode(in_virginia(many, members, gib, millions), hour)
        assert isinstance(verdict, Problem if cheaper else Clear)


def test_without_the_instances_price_only_few_requests_settle_it() -> None:
    many, members = aurora("db.r7g.large")
    assert isinstance(ask(serverless.IO_MODE, in_virginia(many, members, 800, 500)), Clear)
    undecided = ask(serverless.IO_MODE, in_virginia(many, members, 800, 501))
    assert isinstance(undecided, Unseen)
    assert undecided.asked == "pricing:GetProducts"


def test_a_region_without_prices_is_not_known() -> None:
    many = cluster(members=("billing-1",))
    points = [
        series(many.ref, name, 1e6, stat=stat, window=Window.FORTNIGHT)
        for name, stat in (("VolumeBytesUsed", "Average"), ("VolumeReadIOPs", "Sum"), ("VolumeWriteIOPs", "Sum"))
    ]
    assert isinstance(ask(serverless.IO_MODE, fleet_of(many, member("billing-1"), *points)), Unseen)


def test_serverless_is_compared_with_the_bundled_prices() -> None:
    many, members = aurora("db.serverless", count=1)
    compute = 4 * 730 * 0.12
    enough = (0.3 * compute + 0.125 * 100) / 0.20
    assert isinstance(ask(serverless.IO_MODE, in_virginia(many, members, 100, enough + 1, acu=4)), Problem)
    assert isinstance(ask(serverless.IO_MODE, in_virginia(many, members, 100, enough - 1, acu=4)), Clear)
    assert isinstance(ask(serverless.IO_MODE, in_virginia(many, members, 100, enough + 1)), Unseen)


def test_the_mode_needs_each_metric() -> None:
    many, members = aurora("db.r6g.2xlarge")
    whole = in_virginia(many, members, 800, 5000)
    for left_out in whole.series:
        fewer = msgspec.structs.replace(whole, series=tuple(each for each in whole.series if each is not left_out))
        assert isinstance(io_mode(fewer, 1), Unseen)
