"""Connections against the evaluated or live limit, and proxies that pin or make wait."""

from __future__ import annotations

from typing import Any

import pytest

from rdsops.advise.finding import Severity
from rdsops.advise.rule import Clear, NotApplicable, Problem
from rdsops.advise.rules import connections
from rdsops.core.errors import Unseen
from rdsops.fleet.clusters import ServerlessScaling
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.instances import GroupAttachment
from rdsops.fleet.neighbours import Family, ParameterGroup
from rdsops.fleet.postgres_inside import PostgresInside
from rdsops.fleet.series import Series
from rdsops.testing.asking import ask
from rdsops.testing.fleets import NOW, cluster, family, fleet_of, group, instance, mariadb, member, proxy, series

FORMULA = "LEAST({DBInstanceClassMemory/9531392},5000)"


def peak(one: Any, most: float) -> Series:
    return series(one.ref, "DatabaseConnections", most, stat="Maximum")


def by_default(formula: str | None, *more: Any, **settings: str) -> Fleet:
    return fleet_of(
        instance(), group(cluster_level=False, **settings), family("postgres17", max_connections=formula), *more
    )


@pytest.mark.parametrize(
    ("most", "severity"),
    [(1297, None), (1298, Severity.MEDIUM), (1540, Severity.MEDIUM), (1541, Severity.HIGH)],
)
def test_the_lower_end_of_the_evaluated_limit_counts(most: float, severity: Severity | None) -> None:
    found = ask(connections.NEAR_LIMIT, by_default(FORMULA, peak(instance(), most)))
    if severity is None:
        assert isinstance(found, Clear)
    else:
        assert isinstance(found, Problem)
        assert (found.severity or connections.NEAR_LIMIT.severity) is severity
        assert "1,622 to 1,802" in found.title


def test_the_group_wins_over_the_family_and_the_live_value_over_both() -> None:
    grouped = by_default(FORMULA, peak(instance(), 160), max_connections="200")
    assert isinstance(ask(connections.NEAR_LIMIT, grouped), Problem)
    inside = PostgresInside(instance=instance().ref, asked_at=NOW, settings={"max_connections": "400"})
    live = fleet_of(instance(), group(max_connections="200"), peak(instance(), 160), postgres=(inside,))
    assert isinstance(ask(connections.NEAR_LIMIT, live), Clear)
    nearer = fleet_of(instance(), peak(instance(), 320), postgres=(inside,))
    found = ask(connections.NEAR_LIMIT, nearer)
    assert isinstance(found, Problem)
    assert found.evidence[1].source == "live"


def test_what_hides_the_limit_leaves_it_not_known() -> None:
    many = peak(instance(), 4000)
    assert isinstance(ask(connections.NEAR_LIMIT, by_default(FORMULA)), Unseen)
    assert isinstance(ask(connections.NEAR_LIMIT, by_default(None, many)), Unseen)
    assert isinstance(ask(connections.NEAR_LIMIT, by_default("{Something/2}", many)), Unseen)
    assert isinstance(ask(connections.NEAR_LIMIT, fleet_of(instance(), group(), many)), Unseen)
    assert isinstance(ask(connections.NEAR_LIMIT, fleet_of(instance(), many)), Unseen)
    assert isinstance(ask(connections.NEAR_LIMIT, fleet_of(instance(engine="oracle-ee"))), NotApplicable)


@pytest.mark.parametrize(("least", "most_acu", "limit"), [(0.5, 64, 2000), (0, 64, 2000), (1, 16, 3022), (0.5, 4, 811)])
def test_serverless_counts_its_maximum_and_postgres_is_capped_when_small(
    least: float, most_acu: float, limit: int
) -> None:
    one = member(
        "elastic-1", "elastic", instance_class="db.serverless", parameter_groups=(GroupAttachment("g", "in-sync"),)
    )
    many = cluster("elastic", ("elastic-1",), scaling=ServerlessScaling(min_acu=least, max_acu=most_acu))
    around: list[ParameterGroup | Family] = [
        group("g", "aurora-postgresql16"),
        group("billing-aurora16", "aurora-postgresql16", cluster_level=True),
        family("aurora-postgresql16", max_connections=FORMULA),
    ]
    near = fleet_of(many, one, *around, peak(one, limit))
    found = ask(connections.NEAR_LIMIT, near)
    assert isinstance(found, Problem)
    assert isinstance(ask(connections.NEAR_LIMIT, fleet_of(many, one, *around, peak(one, limit * 0.7))), Clear)


@pytest.mark.parametrize(
    ("value", "most", "severity"),
    [("0", 900, None), ("9", 1, Severity.LOW), ("100", 79, None), ("100", 80, Severity.MEDIUM)],
)
def test_the_limit_of_each_user(value: str, most: float, severity: Severity | None) -> None:
    shop = mariadb()
    own = group("shop-mariadb1011", "mariadb10.11", max_user_connections=value)
    found = ask(connections.USER_LIMIT, fleet_of(shop, own, peak(shop, most)))
    if severity is None:
        assert isinstance(found, Clear)
    else:
        assert isinstance(found, Problem)
        assert (found.severity or connections.USER_LIMIT.severity) is severity


def test_the_limit_of_each_user_hidden_or_of_another_engine() -> None:
    assert isinstance(ask(connections.USER_LIMIT, fleet_of(mariadb())), Unseen)
    assert isinstance(ask(connections.USER_LIMIT, fleet_of(instance())), NotApplicable)


def pinned(mean: float, total: float) -> Fleet:
    before = proxy()
    return fleet_of(
        before,
        series(before.ref, "DatabaseConnectionsCurrentlySessionPinned", mean),
        series(before.ref, "DatabaseConnections", total),
    )


@pytest.mark.parametrize(("mean", "total", "found"), [(3, 10, True), (2.9, 10, False), (0.9, 1, False), (0, 0, False)])
def test_pinning(mean: float, total: float, found: bool) -> None:
    assert isinstance(ask(connections.PINNING, pinned(mean, total)), Problem if found else Clear)


def test_pinning_without_a_metric() -> None:
    whole = pinned(5, 10)
    for left in whole.series:
        assert isinstance(ask(connections.PINNING, fleet_of(proxy(), left)), Unseen)


@pytest.mark.parametrize(
    ("microseconds", "severity"),
    [(9_999, None), (10_000, Severity.MEDIUM), (999_999, Severity.MEDIUM), (1_000_000, Severity.HIGH)],
)
def test_waiting_for_a_connection(microseconds: float, severity: Severity | None) -> None:
    before = proxy()
    found = ask(
        connections.BORROWING,
        fleet_of(before, series(before.ref, "DatabaseConnectionsBorrowLatency", microseconds)),
    )
    if severity is None:
        assert isinstance(found, Clear)
    else:
        assert isinstance(found, Problem)
        assert (found.severity or connections.BORROWING.severity) is severity
    assert isinstance(ask(connections.BORROWING, fleet_of(before)), Unseen)
