"""CPU, memory, credits, classes and readers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rdsops.advise.finding import Severity
from rdsops.advise.review import answers
from rdsops.advise.rule import Clear, NotApplicable, Problem
from rdsops.advise.rules import compute
from rdsops.advise.view import View
from rdsops.app.facts import packaged_facts
from rdsops.core.errors import Unseen
from rdsops.core.units import GIB, MIB
from rdsops.facts.prices import with_prices
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.instances import Instance
from rdsops.fleet.series import Series, Window
from rdsops.testing.asking import ask
from rdsops.testing.fleets import cluster, fleet_of, instance, member, series

HOURS = 168


def hours(one: Instance, metric: str, busy: float, quiet: float, busy_hours: int, stat: str = "Average") -> Series:
    values = [busy] * busy_hours + [quiet] * (HOURS - busy_hours)
    return series(one.ref, metric, values, stat=stat)


@pytest.mark.parametrize(("busy", "busy_hours", "found"), [(80, 17, True), (79.9, 17, False), (99, 16, False)])
def test_cpu_is_high_when_a_tenth_of_the_hours_are(busy: float, busy_hours: int, found: bool) -> None:
    one = instance()
    answer = ask(compute.CPU, fleet_of(one, hours(one, "CPUUtilization", busy, 20, busy_hours)))
    assert isinstance(answer, Problem if found else Clear)
    assert isinstance(ask(compute.CPU, fleet_of(one)), Unseen)


def test_cpu_that_is_always_high_weighs_more() -> None:
    one = instance()
    answer = ask(compute.CPU, fleet_of(one, series(one.ref, "CPUUtilization", 95)))
    assert isinstance(answer, Problem)
    assert answer.severity is Severity.HIGH
    assert "db.r7g.xlarge" in answer.repair.text


@pytest.mark.parametrize(
    ("free", "swap", "severity"),
    [
        (0.0499, 0.0, Severity.MEDIUM),
        (0.051, 0.049, None),
        (0.3, 0.0501, Severity.MEDIUM),
        (0.04, 0.06, Severity.HIGH),
    ],
)
def test_memory(free: float, swap: float, severity: Severity | None) -> None:
    one = instance()
    points = [
        series(one.ref, "FreeableMemory", free * 16 * GIB),
        series(one.ref, "SwapUsage", swap * 16 * GIB, stat="Maximum"),
    ]
    answer = ask(compute.MEMORY, fleet_of(one, *points))
    if severity is None:
        assert isinstance(answer, Clear)
    else:
        assert isinstance(answer, Problem)
        assert (answer.severity or compute.MEMORY.severity) is severity
    for left_out in points:
        assert isinstance(ask(compute.MEMORY, fleet_of(one, *[p for p in points if p is not left_out])), Unseen)
    assert isinstance(ask(compute.MEMORY, fleet_of(instance(instance_class="db.serverless"))), NotApplicable)
    assert isinstance(ask(compute.MEMORY, fleet_of(instance(instance_class="db.x9z.large"), *points)), Unseen)


def test_cpu_credits() -> None:
    one = instance(instance_class="db.t4g.medium")
    for lowest, kind in ((9.9, Problem), (10, Clear)):
        points = series(one.ref, "CPUCreditBalance", lowest, stat="Minimum")
        assert isinstance(ask(compute.CPU_CREDITS, fleet_of(one, points)), kind)
    assert isinstance(ask(compute.CPU_CREDITS, fleet_of(one)), Unseen)
    assert isinstance(ask(compute.CPU_CREDITS, fleet_of(instance())), NotApplicable)


def test_previous_generation_is_told_once_a_cluster_with_its_successors() -> None:
    old = fleet_of(
        cluster(members=("billing-1", "billing-2")),
        member("billing-1", instance_class="db.r4.large"),
        member("billing-2", zone="b", instance_class="db.r4.large"),
    )
    answer = ask(compute.PREVIOUS, old)
    assert isinstance(answer, Problem)
    assert [call.parameters["DBInstanceClass"] for call in answer.repair.calls] == ["db.r7g.large", "db.r7g.large"]
    assert isinstance(ask(compute.PREVIOUS, fleet_of(instance(instance_class="db.r5.large"))), Clear)
    lost = fleet_of(cluster(members=("billing-1", "billing-9")), member("billing-1"))
    assert isinstance(ask(compute.PREVIOUS, lost), Unseen)


def test_a_graviton_twin_and_its_dollars_only_where_both_prices_are_known() -> None:
    one = instance(instance_class="db.r5.large", multi_az=False)
    answer = ask(compute.GRAVITON, fleet_of(one))
    assert isinstance(answer, Problem)
    assert answer.money is not None
    assert answer.money.usd_month is None
    rows = [
        {"region": "eu-west-1", "key": f"instance/postgres/{name}", "usd": usd, "unit": "hour", "source": "list"}
        for name, usd in (("db.r5.large", 0.28), ("db.r7g.large", 0.26))
    ]
    book = msgspec.json.encode({"rows": [{**row, "as_of": "2026-11-01"} for row in rows]})
    priced = View(fleet_of(one), with_prices(packaged_facts(), book))
    known = next(found for _, found in answers(compute.GRAVITON, priced))
    assert isinstance(known, Problem)
    assert known.money is not None
    assert known.money.usd_month == pytest.approx(0.02 * 730)
    assert "older" not in known.money.why


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, Clear),
        ({"instance_class": "db.r5.large", "engine_version": "11.22"}, NotApplicable),
        ({"instance_class": "db.r5.large", "engine": "sqlserver-se", "engine_version": "15.00"}, NotApplicable),
        ({"instance_class": "db.r4.large"}, NotApplicable),
        ({"instance_class": "db.r5.24xlarge"}, Clear),
    ],
)
def test_no_graviton_twin(changes: dict[str, Any], kind: type) -> None:
    assert isinstance(ask(compute.GRAVITON, fleet_of(instance(**changes))), kind)


def light(one: Instance, *, cpu: float = 30, free: float = 0.6, iops: float = 100) -> list[Series]:
    return [
        series(one.ref, "CPUUtilization", cpu, stat="p95", window=Window.FORTNIGHT),
        series(one.ref, "FreeableMemory", free * 32 * GIB, stat="Minimum"),
        series(one.ref, "ReadIOPS", iops / 2),
        series(one.ref, "WriteIOPS", iops / 2),
        series(one.ref, "ReadThroughput", MIB),
        series(one.ref, "WriteThroughput", MIB),
    ]


@pytest.mark.parametrize(
    ("load", "found"),
    [({}, True), ({"cpu": 31}, False), ({"free": 0.59}, False), ({"iops": 2881}, False)],
)
def test_oversized_needs_cpu_memory_and_disk_to_fit(load: dict[str, float], found: bool) -> None:
    one = instance(instance_class="db.r7g.xlarge")
    answer = ask(compute.OVERSIZED, fleet_of(one, *light(one, **load)))
    assert isinstance(answer, Problem if found else Clear)
    if isinstance(answer, Problem):
        assert "db.r7g.large" in answer.title
        assert "60 %" in answer.repair.text


def test_oversized_is_not_known_without_one_of_its_metrics() -> None:
    one = instance(instance_class="db.r7g.xlarge")
    every = light(one)
    for left_out in every:
        assert isinstance(ask(compute.OVERSIZED, fleet_of(one, *[p for p in every if p is not left_out])), Unseen)
    replica = instance(instance_class="db.r7g.xlarge", replica_source="shop")
    assert isinstance(ask(compute.OVERSIZED, fleet_of(replica, *light(replica))), NotApplicable)


def test_a_cluster_is_oversized_only_with_all_its_members() -> None:
    one, two = (
        member(f"billing-{number}", zone=zone, instance_class="db.r7g.xlarge") for number, zone in ((1, "a"), (2, "b"))
    )
    many = cluster(members=("billing-1", "billing-2"))
    assert isinstance(ask(compute.OVERSIZED, fleet_of(many, one, two, *light(one), *light(two))), Problem)
    assert isinstance(ask(compute.OVERSIZED, fleet_of(many, one, two, *light(one), *light(two, cpu=70))), Clear)


def readers(*cpu: float) -> Fleet:
    names = [f"billing-{number}" for number in range(1, len(cpu) + 2)]
    members = [member(name, zone="abc"[place % 3]) for place, name in enumerate(names)]
    loads = [series(one.ref, "CPUUtilization", load) for one, load in zip(members[1:], cpu, strict=True)]
    return fleet_of(cluster(members=names), *members, *loads)


def test_overloaded_readers_are_told_of_their_cluster_and_not_again() -> None:
    uneven = ask(compute.READERS_OVERLOADED, readers(85, 10))
    assert isinstance(uneven, Problem)
    assert "uneven" in uneven.repair.text
    even = ask(compute.READERS_OVERLOADED, readers(85, 88))
    assert isinstance(even, Problem)
    assert "uneven" not in even.repair.text
    assert isinstance(ask(compute.READERS_OVERLOADED, readers(79, 79)), Clear)
    assert isinstance(ask(compute.READERS_OVERLOADED, readers()), NotApplicable)
    blind = msgspec.structs.replace(readers(85, 10), series=())
    assert isinstance(ask(compute.READERS_OVERLOADED, blind), Unseen)
    verdicts = dict(answers(compute.CPU, View(readers(85, 10), packaged_facts())))
    assert [type(verdict) for verdict in verdicts.values()].count(NotApplicable) == 2


def connected(*most: float, coverage: int = 168) -> Fleet:
    names = [f"billing-{number}" for number in range(1, len(most) + 2)]
    members = [member(name, zone="abc"[place % 3]) for place, name in enumerate(names)]
    points = [
        series(
            one.ref,
            "DatabaseConnections",
            [value] * coverage + [None] * (168 - coverage),
            stat="Maximum",
            window=Window.FORTNIGHT,
        )
        for one, value in zip(members[1:], most, strict=True)
    ]
    return fleet_of(cluster(members=names), *members, *points)


def test_one_idle_reader_is_a_standby_and_two_are_one_too_many() -> None:
    assert isinstance(ask(compute.READERS_IDLE, connected(0)), NotApplicable)
    one_of_two = ask(compute.READERS_IDLE, connected(5, 0))
    assert isinstance(one_of_two, Problem)
    both = ask(compute.READERS_IDLE, connected(0, 0))
    assert isinstance(both, Problem)
    assert "(spare: billing-2)" in both.repair.text
    assert isinstance(ask(compute.READERS_IDLE, connected(1, 1)), Clear)
    assert isinstance(ask(compute.READERS_IDLE, connected(0, 0, coverage=150)), Unseen)
