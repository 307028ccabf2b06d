"""Lag in its own unit, replicas that take writes, commits that may be lost."""

from __future__ import annotations

from typing import Any

import pytest

from rdsops.advise.rule import Problem
from rdsops.advise.rules.replication import REPLICA_LAG, WEAK_COMMITS, WRITABLE_REPLICA
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.seen import UNSEEN
from rdsops.fleet.series import Window
from rdsops.testing.asking import ask, told
from rdsops.testing.fleets import cluster, family, fleet_of, group, instance, mariadb, member, series, without
from rdsops.testing.healthy import TEST

POINTS = 36
"""Of the recent window: one may be high without being told (5 %)."""


def replica(values: Any, **changes: Any) -> Fleet:
    thing = instance(replica_source="source", **changes)
    return fleet_of(thing, series(thing.ref, "ReplicaLag", values, stat="Maximum", window=Window.RECENT))


def reader(lag_ms: float, *, metric: str = "AuroraReplicaLag", engine: str = "aurora-postgresql") -> Fleet:
    second = member("billing-2", engine=engine)
    return fleet_of(
        cluster(members=("billing-1", "billing-2"), engine=engine),
        member("billing-1", engine=engine),
        second,
        series(second.ref, metric, lag_ms, stat="Maximum", window=Window.RECENT),
    )


@pytest.mark.parametrize(
    ("fleet", "subject", "answer"),
    [
        (replica(30), "orders", "clear"),
        (replica(31), "orders", "medium"),
        (replica(301), "orders", "high"),
        (replica([1.0] * (POINTS - 1) + [900.0]), "orders", "clear"),
        (replica([1.0] * (POINTS - 2) + [900.0, 900.0]), "orders", "high"),
        (replica([1.0] * (POINTS - 1) + [-1.0]), "orders", "high"),
        (replica(31, status="stopped"), "orders", "not applicable"),
        (fleet_of(instance(replica_source="source")), "orders", "not known"),
        (fleet_of(instance(replica_source=UNSEEN)), "orders", "not known"),
        (fleet_of(instance()), "orders", "not applicable"),
        (reader(2000), "billing-2", "clear"),
        (reader(2001), "billing-2", "medium"),
        (reader(30_001), "billing-2", "high"),
        (reader(2001), "billing-1", "not applicable"),
        (reader(31, metric="ReplicaLag", engine="postgres"), "billing-2", "medium"),
        (reader(30, metric="ReplicaLag", engine="postgres"), "billing-2", "clear"),
        (without(reader(1), "clusters"), "billing-2", "not known"),
    ],
)
def test_replica_lag(fleet: Fleet, subject: str, answer: str) -> None:
    assert told(REPLICA_LAG, fleet, subject) == answer


def test_milliseconds_are_told_as_seconds() -> None:
    found = [answer for answer in (ask(REPLICA_LAG, replica(90)),) if isinstance(answer, Problem)]
    assert found[0].title == "orders is 1 min 30 s behind its source"
    from_reader = reader(2500)
    assert told(REPLICA_LAG, from_reader, "billing-2") == "medium"


def mysql_replica(default: str = "{TrueIfReplica}", **settings: str) -> Fleet:
    return fleet_of(
        mariadb(replica_source="source"),
        group("shop-mariadb1011", "mariadb10.11", cluster_level=False, **settings),
        family("mariadb10.11", read_only=default),
    )


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (mysql_replica(read_only="0"), "medium"),
        (mysql_replica(read_only="OFF"), "medium"),
        (mysql_replica(read_only="1"), "clear"),
        (mysql_replica(), "clear"),
        (without(mysql_replica(), "parameter_groups"), "not known"),
        (fleet_of(mariadb()), "not applicable"),
        (fleet_of(instance(replica_source="source")), "not applicable"),
    ],
)
def test_writable_replica(fleet: Fleet, answer: str) -> None:
    assert told(WRITABLE_REPLICA, fleet) == answer


DURABLE = {"innodb_flush_log_at_trx_commit": "1", "sync_binlog": "1"}


def commits(settings: dict[str, str], defaults: dict[str, str | None] = {}, **changes: Any) -> Fleet:  # noqa: B006
    return fleet_of(
        mariadb(**changes),
        group("shop-mariadb1011", "mariadb10.11", cluster_level=False, **settings),
        family("mariadb10.11", cluster_level=False, **{**DURABLE, **defaults}),
    )


def postgres(default: str | None, **settings: str) -> Fleet:
    return fleet_of(
        instance(), group(cluster_level=False, **settings), family("postgres17", synchronous_commit=default)
    )


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (commits({}), "clear"),
        (commits({"innodb_flush_log_at_trx_commit": "2"}), "medium"),
        (commits({"innodb_flush_log_at_trx_commit": "3"}), "clear"),
        (commits({"sync_binlog": "0"}), "medium"),
        (commits({}, {"sync_binlog": None}), "medium"),
        (commits({}, {"sync_binlog": None}, engine="mysql"), "clear"),
        (commits({"sync_binlog": "0"}, tags=TEST), "not applicable"),
        (commits({"sync_binlog": "0"}, replica_source="source"), "not applicable"),
        (without(commits({}), "families"), "not known"),
        (postgres(None), "clear"),
        (postgres(None, synchronous_commit="local"), "clear"),
        (postgres(None, synchronous_commit="off"), "medium"),
        (fleet_of(instance(engine="oracle-ee")), "not applicable"),
    ],
)
def test_weak_commits(fleet: Fleet, answer: str) -> None:
    assert told(WEAK_COMMITS, fleet) == answer


def test_every_weak_parameter_is_in_the_one_finding() -> None:
    found = ask(WEAK_COMMITS, commits({"sync_binlog": "0", "innodb_flush_log_at_trx_commit": "0"}))
    assert isinstance(found, Problem)
    assert [item.what for item in found.evidence] == ["innodb_flush_log_at_trx_commit", "sync_binlog"]
    assert len(found.repair.calls) == 2
