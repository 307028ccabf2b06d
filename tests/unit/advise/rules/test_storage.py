"""Storage: full, full soon, its ceiling, its kind; and disk I/O against volume and class."""

from __future__ import annotations

from typing import Any

import pytest

from rdsops.advise.finding import Severity
from rdsops.advise.rule import Clear, NotApplicable, Problem
from rdsops.advise.rules import disk_limits, storage
from rdsops.core.errors import Unseen
from rdsops.core.units import GIB, MIB, TIB
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.instances import Instance
from rdsops.fleet.seen import UNSEEN
from rdsops.fleet.series import Series, Window
from rdsops.testing.asking import ask
from rdsops.testing.fleets import cluster, fleet_of, instance, member, series

POINTS = 168


def free(gib: float | list[float], one: Instance | None = None) -> Series:
    values = [gib * GIB] * POINTS if isinstance(gib, int | float) else [each * GIB for each in gib]
    return series((one or instance()).ref, "FreeStorageSpace", values, stat="Minimum", window=Window.FORTNIGHT)


def falling(start: float, per_day: float) -> list[float]:
    return [start - per_day * point / 12 for point in range(POINTS)]


@pytest.mark.parametrize(
    ("left", "ceiling", "severity"),
    [
        (41, None, None),
        (40, None, Severity.HIGH),
        (21, None, Severity.HIGH),
        (20, None, Severity.CRITICAL),
        (21, 1000, None),
        (20, 1000, Severity.HIGH),
        (40, 439, Severity.HIGH),
    ],
)
def test_nearly_full(left: int, ceiling: int | None, severity: Severity | None) -> None:
    one = instance(max_allocated_storage_gib=ceiling)
    found = ask(storage.NEARLY_FULL, fleet_of(one, free(left)))
    if severity is None:
        assert isinstance(found, Clear)
    else:
        assert isinstance(found, Problem)
        assert found.severity is severity
        assert found.repair.calls[0].parameters["AllocatedStorage"] == 500


def test_nearly_full_needs_its_inputs() -> None:
    assert isinstance(ask(storage.NEARLY_FULL, fleet_of(instance())), Unseen)
    for hidden in ("allocated_storage_gib", "max_allocated_storage_gib"):
        assert isinstance(ask(storage.NEARLY_FULL, fleet_of(instance(**{hidden: UNSEEN}), free(10))), Unseen)
    aurora = fleet_of(cluster(members=("billing-1",)), member("billing-1"))
    assert isinstance(ask(storage.NEARLY_FULL, aurora), NotApplicable)


@pytest.mark.parametrize(
    ("values", "ceiling", "severity"),
    [
        (falling(200, 6), None, Severity.MEDIUM),
        (falling(150, 6), None, Severity.MEDIUM),
        (falling(100, 4), None, Severity.MEDIUM),
        (falling(200, 5), 1000, None),
        (falling(390, 5), None, None),
        (falling(200, 0.5), None, None),
        ([200.0] * POINTS, None, None),
        (falling(200, -5), None, None),
        ([200.0] * 84 + [100.0] * 84, None, None),
    ],
    ids=["19-days", "11-days", "11-days-slow", "may-grow", "64-days", "a-trickle", "flat", "emptying", "one-step"],
)
def test_full_soon(values: list[float], ceiling: int | None, severity: Severity | None) -> None:
    found = ask(storage.FULL_SOON, fleet_of(instance(max_allocated_storage_gib=ceiling), free(values)))
    if severity is None:
        assert isinstance(found, Clear)
    else:
        assert isinstance(found, Problem)
        assert (found.severity or storage.FULL_SOON.severity) is severity


def test_full_within_a_week_weighs_more_and_full_now_is_told_once() -> None:
    soon = ask(storage.FULL_SOON, fleet_of(instance(max_allocated_storage_gib=None), free(falling(190, 10))))
    assert isinstance(soon, Problem)
    assert soon.severity is Severity.HIGH
    now = fleet_of(instance(max_allocated_storage_gib=None), free(falling(150, 9)))
    assert isinstance(ask(storage.FULL_SOON, now), NotApplicable)
    assert isinstance(ask(storage.NEARLY_FULL, now), Problem)


def test_a_trend_needs_three_quarters_of_its_points() -> None:
    few: list[float | None] = [*([None] * 43), *([100.0 * GIB] * 125)]
    thin = series(instance().ref, "FreeStorageSpace", few, stat="Minimum", window=Window.FORTNIGHT)
    assert isinstance(ask(storage.FULL_SOON, fleet_of(instance(), thin)), Unseen)


@pytest.mark.parametrize(
    ("ceiling", "severity"), [(None, Severity.LOW), (439, Severity.MEDIUM), (440, None), (1000, None)]
)
def test_storage_autoscaling(ceiling: int | None, severity: Severity | None) -> None:
    found = ask(storage.AUTOSCALING, fleet_of(instance(max_allocated_storage_gib=ceiling)))
    if severity is None:
        assert isinstance(found, Clear)
    else:
        assert isinstance(found, Problem)
        assert (found.severity or storage.AUTOSCALING.severity) is severity
        assert found.repair.calls[0].parameters["MaxAllocatedStorage"] == 800


def test_storage_autoscaling_hidden_or_not_its_own() -> None:
    assert isinstance(ask(storage.AUTOSCALING, fleet_of(instance(max_allocated_storage_gib=UNSEEN))), Unseen)
    aurora = fleet_of(cluster(members=("billing-1",)), member("billing-1"))
    assert isinstance(ask(storage.AUTOSCALING, aurora), NotApplicable)


@pytest.mark.parametrize(
    ("version", "tebibytes", "found"),
    [("16.8", 103, True), ("16.8", 102, False), ("16.9", 103, False), ("16.9", 205, True)],
)
def test_the_aurora_volume_against_the_limit_of_its_version(version: str, tebibytes: int, found: bool) -> None:
    many = cluster(members=(), engine_version=version)
    used = series(many.ref, "VolumeBytesUsed", tebibytes * TIB, window=Window.FORTNIGHT)
    answer = ask(storage.AURORA_VOLUME, fleet_of(many, used))
    assert isinstance(answer, Problem if found else Clear)
    assert isinstance(ask(storage.AURORA_VOLUME, fleet_of(many)), Unseen)


def test_magnetic_and_gp2() -> None:
    assert isinstance(ask(storage.MAGNETIC, fleet_of(instance(storage_type="standard"))), Problem)
    assert isinstance(ask(storage.MAGNETIC, fleet_of(instance())), Clear)
    assert isinstance(ask(storage.MAGNETIC, fleet_of(instance(storage_type=UNSEEN))), Unseen)
    for size, kind in ((999, Problem), (4000, Clear)):
        found = ask(storage.GP2, fleet_of(instance(storage_type="gp2", allocated_storage_gib=size)))
        assert isinstance(found, kind)
    assert isinstance(ask(storage.GP2, fleet_of(instance())), Clear)
    assert isinstance(ask(storage.GP2, fleet_of(instance(storage_type="gp2", allocated_storage_gib=UNSEEN))), Unseen)


@pytest.mark.parametrize(("left", "size", "found"), [(280, 400, True), (279, 400, False), (190, 199, False)])
def test_unused_storage_is_told_with_the_word_that_it_cannot_shrink(left: int, size: int, found: bool) -> None:
    answer = ask(storage.UNUSED, fleet_of(instance(allocated_storage_gib=size), free(left)))
    assert isinstance(answer, Problem if found else Clear)
    if isinstance(answer, Problem):
        assert "cannot shrink in place" in answer.repair.text
        assert answer.money is not None
        assert answer.money.usd_month is None
    assert isinstance(ask(storage.UNUSED, fleet_of(instance())), Unseen)


def io(one: Instance, *, iops: float = 0, mibps: float = 0, queue: float | None = None) -> list[Series]:
    found = [
        series(one.ref, "ReadIOPS", iops / 2),
        series(one.ref, "WriteIOPS", iops / 2),
        series(one.ref, "ReadThroughput", mibps / 2 * MIB),
        series(one.ref, "WriteThroughput", mibps / 2 * MIB),
    ]
    return found + ([series(one.ref, "DiskQueueDepth", queue)] if queue is not None else [])


@pytest.mark.parametrize(
    ("changes", "load", "word"),
    [
        ({}, {"iops": 2880}, "db.r7g.large EBS baseline"),
        ({}, {"iops": 2879}, None),
        ({}, {"mibps": 60.1}, "db.r7g.large EBS baseline"),
        ({}, {"mibps": 60}, None),
        ({"storage_type": "gp2", "allocated_storage_gib": 100}, {"iops": 240}, "gp2 volume"),
        ({"storage_type": "gp2", "allocated_storage_gib": 100}, {"iops": 239}, None),
        ({"storage_type": "io1", "iops": 1000}, {"iops": 800}, "io1 volume"),
    ],
)
def test_disk_at_the_lower_of_its_limits(changes: dict[str, Any], load: dict[str, float], word: str | None) -> None:
    one = instance(**changes)
    found = ask(disk_limits.AT_LIMIT, fleet_of(one, *io(one, **load)))
    if word is None:
        assert isinstance(found, Clear)
    else:
        assert isinstance(found, Problem)
        assert found.evidence[0].threshold is not None
        assert word in found.evidence[0].threshold


@pytest.mark.parametrize("rule", [disk_limits.AT_LIMIT, disk_limits.QUEUE], ids=lambda rule: rule.id)
def test_disk_rules_need_every_metric(rule: Any) -> None:
    one = instance()
    every = io(one, iops=2000, queue=50)
    for left_out in every[:4]:
        assert isinstance(ask(rule, fleet_of(one, *[each for each in every if each is not left_out])), Unseen)


def test_a_class_and_volume_without_figures_are_not_known() -> None:
    one = instance(instance_class="db.x9z.large", storage_type="io9", iops=None)
    assert isinstance(ask(disk_limits.AT_LIMIT, fleet_of(one, *io(one, iops=9))), Unseen)


@pytest.mark.parametrize(
    ("iops", "queue", "kind"),
    [(900, 10, Problem), (900, 9.9, Clear), (1100, 10.9, Clear), (0, 20, Problem), (2900, 50, NotApplicable)],
    ids=["11-ms", "short-queue", "fast-enough", "stuck", "told-by-the-limit"],
)
def test_a_queue_matters_by_the_wait_it_means(iops: float, queue: float, kind: type) -> None:
    one = instance()
    assert isinstance(ask(disk_limits.QUEUE, fleet_of(one, *io(one, iops=iops, queue=queue))), kind)


def test_a_queue_that_was_not_measured() -> None:
    one = instance()
    assert isinstance(ask(disk_limits.QUEUE, fleet_of(one, *io(one, iops=10))), Unseen)


def credits(one: Instance, **lowest: float) -> Fleet:
    names = {"burst": "BurstBalance", "iops": "EBSIOBalance%", "bytes": "EBSByteBalance%"}
    return fleet_of(one, *(series(one.ref, names[key], value, stat="Minimum") for key, value in lowest.items()))


def test_burst_credits_by_volume_and_class() -> None:
    one, gp2 = instance(), instance(storage_type="gp2", allocated_storage_gib=500)
    assert isinstance(ask(disk_limits.CREDITS, credits(one, iops=20, bytes=20)), Clear)
    assert isinstance(ask(disk_limits.CREDITS, credits(one, iops=19, bytes=90)), Problem)
    assert isinstance(ask(disk_limits.CREDITS, credits(one, iops=90)), Unseen)
    assert isinstance(ask(disk_limits.CREDITS, credits(gp2, iops=90, bytes=90)), Unseen)
    empty = ask(disk_limits.CREDITS, credits(gp2, iops=90, bytes=90, burst=0))
    assert isinstance(empty, Problem)
    assert empty.severity is Severity.HIGH
    steady = instance(instance_class="db.r7g.16xlarge")
    assert isinstance(ask(disk_limits.CREDITS, fleet_of(steady)), NotApplicable)


@pytest.mark.parametrize(
    ("changes", "peak", "kind"),
    [
        ({"iops": 12000}, 100, Clear),
        ({"iops": 20000}, 10000, Problem),
        ({"iops": 20000}, 10001, Clear),
        ({"storage_type": "io1", "iops": 20000}, 6000, Problem),
        ({"storage_type": "io1", "iops": 20000}, 6001, Clear),
        ({"storage_type": "gp2", "iops": None}, 1, NotApplicable),
    ],
)
def test_iops_that_are_bought_and_not_used(changes: dict[str, Any], peak: float, kind: type) -> None:
    one = instance(**changes)
    assert isinstance(ask(disk_limits.OVERBOUGHT, fleet_of(one, *io(one, iops=peak))), kind)


def test_iops_bought_without_a_measure_of_their_use() -> None:
    assert isinstance(ask(disk_limits.OVERBOUGHT, fleet_of(instance(iops=20000))), Unseen)
    assert isinstance(ask(disk_limits.OVERBOUGHT, fleet_of(instance(iops=UNSEEN))), Unseen)
