"""Idle, stopped, old snapshots, reservations, and what a test database need not have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from rdsops.advise.finding import Severity
from rdsops.advise.review import answers
from rdsops.advise.rule import Clear, NotApplicable, Problem
from rdsops.advise.rules import cost
from rdsops.advise.view import View
from rdsops.app.facts import packaged_facts
from rdsops.core.errors import Unseen
from rdsops.core.ids import InstanceRef, Place, SnapshotRef
from rdsops.facts.prices import with_prices
from rdsops.fleet.neighbours import Reservation
from rdsops.fleet.seen import UNSEEN
from rdsops.fleet.series import Series, Window
from rdsops.testing.asking import ask, ask_all
from rdsops.testing.fleets import (
    ACCOUNT,
    NOW,
    cluster,
    cluster_snapshot,
    fleet_of,
    instance,
    member,
    region,
    series,
    snapshot,
    without,
)

TEST = {"Environment": "test"}
VIRGINIA = Place(ACCOUNT, "us-east-1")


def connections(one: Any, most: float, missing: int = 0) -> Series:
    values = [most] * (168 - missing) + [None] * missing
    return series(one.ref, "DatabaseConnections", values, stat="Maximum", window=Window.FORTNIGHT)


@pytest.mark.parametrize(
    ("changes", "most", "missing", "kind"),
    [
        ({}, 0, 0, Problem),
        ({}, 0, 1, Problem),
        ({}, 0, 2, Unseen),
        ({}, 1, 0, Clear),
        ({"replica_source": "shop"}, 0, 0, NotApplicable),
        ({"status": "stopped"}, 0, 0, NotApplicable),
        ({"created_at": NOW - timedelta(days=13)}, 0, 0, NotApplicable),
        ({"created_at": UNSEEN}, 0, 0, Unseen),
    ],
    ids=["idle", "a-point-lost", "points-lost", "once", "replica", "stopped", "young", "hidden"],
)
def test_idle_needs_points_for_the_whole_window_all_zero(
    changes: dict[str, Any], most: float, missing: int, kind: type
) -> None:
    one = instance(**changes)
    assert isinstance(ask(cost.IDLE, fleet_of(one, connections(one, most, missing))), kind)


def test_no_points_at_all_is_not_idle() -> None:
    assert isinstance(ask(cost.IDLE, fleet_of(instance())), Unseen)


def test_a_cluster_is_idle_with_all_its_members() -> None:
    one, two = member("billing-1"), member("billing-2", zone="b")
    many = cluster(members=("billing-1", "billing-2"))
    assert isinstance(ask(cost.IDLE, fleet_of(many, one, two, connections(one, 0), connections(two, 0))), Problem)
    assert isinstance(ask(cost.IDLE, fleet_of(many, one, two, connections(one, 0), connections(two, 3))), Clear)
    assert isinstance(ask(cost.IDLE, fleet_of(many, one, two, connections(one, 0))), Unseen)


def test_the_saving_is_known_with_a_price_book_and_only_then() -> None:
    one = instance()
    fleet = fleet_of(one, connections(one, 0))
    bare = ask(cost.IDLE, fleet)
    assert isinstance(bare, Problem)
    assert bare.money is not None
    assert (bare.money.usd_month, bare.money.why) == (
        None,
        "no price for eu-west-1: instance/postgres/db.r7g.large/multi-az",
    )
    row = {"region": "eu-west-1", "key": "instance/postgres/db.r7g.large/multi-az", "usd": 0.5, "unit": "hour"}
    book = msgspec.json.encode({"rows": [{**row, "source": "ours", "as_of": "2026-11-01"}]})
    priced = next(v for _, v in answers(cost.IDLE, View(fleet, with_prices(packaged_facts(), book))))
    assert isinstance(priced, Problem)
    assert priced.money is not None
    assert priced.money.usd_month == 365.0


def test_a_stopped_database_tells_when_it_starts() -> None:
    asleep = instance(status="stopped", automatic_restart_at=NOW + timedelta(days=5))
    found = ask(cost.STOPPED, fleet_of(asleep))
    assert isinstance(found, Problem)
    assert "2026-11-28" in found.title
    assert isinstance(ask(cost.STOPPED, fleet_of(instance())), Clear)
    assert isinstance(ask(cost.STOPPED, fleet_of(instance(status=UNSEEN))), Unseen)
    assert isinstance(ask(cost.STOPPED, fleet_of(instance(status="stopped", automatic_restart_at=UNSEEN))), Unseen)


def test_its_storage_is_priced_where_the_price_is_known() -> None:
    asleep = instance(ref=InstanceRef(ACCOUNT, "us-east-1", "orders"), status="stopped", multi_az=False)
    there = msgspec.structs.replace(fleet_of(), regions=(region(VIRGINIA, instances=(asleep,)),))
    found = ask(cost.STOPPED, there)
    assert isinstance(found, Problem)
    assert found.money is not None
    assert found.money.usd_month == pytest.approx(400 * 0.115)


@pytest.mark.parametrize(
    ("days", "source", "kind", "severity"),
    [
        (365, "orders", Clear, None),
        (366, "orders", Problem, None),
        (30, "gone", Clear, None),
        (31, "gone", Problem, Severity.INFO),
        (366, "gone", Problem, None),
    ],
)
def test_old_and_orphaned_snapshots(days: int, source: str, kind: type, severity: Severity | None) -> None:
    taken = snapshot(source=source, created_at=NOW - timedelta(days=days))
    found = ask(cost.OLD_SNAPSHOT, fleet_of(instance(), taken))
    assert isinstance(found, kind)
    if isinstance(found, Problem):
        assert found.severity is severity
        assert found.money is not None
        assert found.money.usd_month is None


def test_an_orphan_is_known_only_when_every_list_was_read() -> None:
    lost = fleet_of(instance(), snapshot(source="gone", created_at=NOW - timedelta(days=90)))
    assert isinstance(ask(cost.OLD_SNAPSHOT, without(lost, "instances")), Unseen)
    assert isinstance(ask(cost.OLD_SNAPSHOT, fleet_of(snapshot(created_at=UNSEEN))), Unseen)
    of_cluster = cluster_snapshot(source="billing", created_at=NOW - timedelta(days=90))
    assert isinstance(ask(cost.OLD_SNAPSHOT, fleet_of(of_cluster, cluster(members=()))), Clear)
    assert isinstance(ask(cost.OLD_SNAPSHOT, fleet_of(of_cluster)), Problem)


def test_a_copy_of_another_regions_snapshot_is_no_orphan() -> None:
    copy = snapshot("copy", ref=SnapshotRef(ACCOUNT, "us-east-1", "copy"), created_at=NOW - timedelta(days=90))
    near = region(instances=(instance(),))
    both = msgspec.structs.replace(fleet_of(), regions=(near, region(VIRGINIA, snapshots=(copy,))))
    assert isinstance(ask(cost.OLD_SNAPSHOT, both), Clear)


def test_the_bill_of_a_snapshot_has_only_an_upper_bound() -> None:
    old = snapshot(ref=SnapshotRef(ACCOUNT, "us-east-1", "old"), created_at=NOW - timedelta(days=400))
    found = ask(cost.OLD_SNAPSHOT, msgspec.structs.replace(fleet_of(), regions=(region(VIRGINIA, snapshots=(old,)),)))
    assert isinstance(found, Problem)
    assert found.money is not None
    assert found.money.usd_month is None
    assert "at most $38" in found.money.why


def lease(**changes: Any) -> Reservation:
    fields: dict[str, Any] = {
        "id": "ri-1",
        "instance_class": "db.r7g.large",
        "product": "postgresql",
        "multi_az": True,
        "count": 1,
        "state": "active",
        "start_at": NOW - timedelta(days=100),
        "duration_s": 31_536_000,
    }
    return Reservation(**{**fields, **changes})


@pytest.mark.parametrize(("days_ago", "kind"), [(304, Clear), (305, Problem), (364, Problem)])
def test_a_reservation_ends_soon(days_ago: int, kind: type) -> None:
    ending = lease(start_at=NOW - timedelta(days=days_ago))
    assert isinstance(ask(cost.RESERVATIONS_END, fleet_of(reservations=(ending,))), kind)


def test_reservations_unread_or_none() -> None:
    for rule in (cost.RESERVATIONS_END, cost.RESERVATIONS_UNUSED):
        assert isinstance(ask(rule, without(fleet_of(instance()), "reservations")), Unseen)
        assert isinstance(ask(rule, fleet_of(instance())), NotApplicable)
        assert isinstance(ask(rule, fleet_of(instance(), reservations=(lease(state="retired"),))), NotApplicable)
    assert isinstance(
        ask(cost.RESERVATIONS_UNUSED, without(fleet_of(instance(), reservations=(lease(),)), "instances")), Unseen
    )


@pytest.mark.parametrize(
    ("leases", "running", "kind"),
    [
        ((lease(),), {}, Clear),
        ((lease(count=2),), {}, Problem),
        ((lease(multi_az=False, count=2),), {}, Clear),
        ((lease(),), {"instance_class": "db.r7g.2xlarge"}, Clear),
        ((lease(instance_class="db.r7g.xlarge", multi_az=False),), {}, Clear),
        ((lease(),), {"instance_class": "db.r6g.large"}, Problem),
        ((lease(),), {"engine": "mysql", "engine_version": "8.4.7"}, Problem),
        ((lease(),), {"multi_az": False}, Problem),
        ((lease(),), {"status": "stopped"}, Problem),
    ],
    ids=["fits", "twice", "two-zonal", "larger", "other-size", "family", "engine", "one-zone", "stopped"],
)
def test_units_reserved_against_units_that_run(
    leases: tuple[Reservation, ...], running: dict[str, Any], kind: type
) -> None:
    assert isinstance(ask(cost.RESERVATIONS_UNUSED, fleet_of(instance(**running), reservations=leases)), kind)


def test_a_test_database_with_a_standby() -> None:
    assert isinstance(ask(cost.TEST_MULTI_AZ, fleet_of(instance(tags=TEST))), Problem)
    assert isinstance(ask(cost.TEST_MULTI_AZ, fleet_of(instance(tags=TEST, multi_az=False))), Clear)
    assert isinstance(ask(cost.TEST_MULTI_AZ, fleet_of(instance(tags=TEST, multi_az=UNSEEN))), Unseen)
    assert isinstance(ask(cost.TEST_MULTI_AZ, fleet_of(instance())), NotApplicable)
    assert isinstance(ask(cost.TEST_MULTI_AZ, fleet_of(instance(tags=UNSEEN))), Unseen)


def test_a_test_database_with_long_insights_is_told_once() -> None:
    for days, kind in ((465, Problem), (7, Clear), (UNSEEN, Unseen)):
        one = instance(tags=TEST, performance_insights_retention_days=days)
        assert isinstance(ask(cost.TEST_INSIGHTS, fleet_of(one)), kind)
    assert isinstance(ask(cost.TEST_INSIGHTS, fleet_of(instance())), NotApplicable)
    both = fleet_of(
        cluster(members=("billing-1", "billing-2"), tags=TEST), member("billing-1"), member("billing-2", zone="b")
    )
    answer = ask_all(cost.TEST_INSIGHTS, both)
    assert list(answer) == ["billing"]
    verdict = answer["billing"]
    assert isinstance(verdict, Problem)
    assert len(verdict.evidence) == 2
