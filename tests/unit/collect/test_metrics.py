"""Metrics are asked of what has them, and every series that a rule reads is among them."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import rdsops.advise as advise_room
from rdsops.app.facts import packaged_facts
from rdsops.collect.ask_metrics import batches
from rdsops.collect.metrics import (
    CLUSTER_METRICS,
    GLOBAL_METRICS,
    INSTANCE_METRICS,
    PROXY_METRICS,
    Wanted,
    grid,
    series_of,
    wanted,
)
from rdsops.core.ids import InstanceRef
from rdsops.fleet.clusters import ServerlessScaling
from rdsops.fleet.fleet import Region
from rdsops.fleet.instances import Instance
from rdsops.fleet.seen import UNSEEN
from rdsops.fleet.series import SPAN, Window
from rdsops.testing.fleets import ACCOUNT, REGION, cluster, fleet_of, instance, mariadb, member, proxy

CLASSES = packaged_facts().classes
EVERY = tuple(Window)
NOW = datetime(2026, 11, 23, 12, 34, 56, tzinfo=UTC)


def asked(region: Region) -> set[str]:
    return {one.metric for one in wanted(region, (), CLASSES, EVERY)}


def asked_of(one: Instance) -> set[str]:
    return asked(fleet_of(one).regions[0])


def test_an_instance_alone_is_asked_for_its_own_storage() -> None:
    metrics = asked_of(instance())
    assert {"FreeStorageSpace", "DiskQueueDepth", "MaximumUsedTransactionIDs", "DBLoad"} <= metrics
    assert not {"FreeLocalStorage", "AuroraReplicaLag", "ReplicaLag", "BurstBalance", "CPUCreditBalance"} & metrics


def test_a_member_of_aurora_is_asked_for_what_aurora_has() -> None:
    metrics = asked_of(member("billing-1"))
    assert {"FreeLocalStorage", "AuroraReplicaLag", "Deadlocks"} <= metrics
    assert not {"FreeStorageSpace", "ReplicaLag", "DiskQueueDepth", "RollbackSegmentHistoryListLength"} & metrics


@pytest.mark.parametrize(
    ("changes", "metric"),
    [
        ({"instance_class": "db.t4g.medium"}, "CPUCreditBalance"),
        ({"storage_type": "gp2"}, "BurstBalance"),
        ({"replica_source": "orders"}, "ReplicaLag"),
        ({"replica_source": UNSEEN}, "ReplicaLag"),
        ({"instance_class": "db.serverless"}, "ServerlessDatabaseCapacity"),
        ({"engine": "aurora-mysql"}, "RollbackSegmentHistoryListLength"),
    ],
)
def test_some_metrics_exist_for_some_instances_only(changes: dict[str, Any], metric: str) -> None:
    assert metric in asked_of(instance(**changes))
    assert metric not in asked_of(instance())


@pytest.mark.parametrize(("name", "bursts"), [("db.r7g.large", True), ("db.r7g.16xlarge", False), ("db.new.1", True)])
def test_line_credits_are_asked_of_classes_that_burst_or_that_no_table_has(name: str, bursts: bool) -> None:
    assert ("EBSIOBalance%" in asked_of(instance(instance_class=name))) is bursts


def test_mariadb_is_not_asked_for_transaction_ids() -> None:
    assert "MaximumUsedTransactionIDs" not in asked_of(mariadb())


def test_without_performance_insights_there_is_no_load_to_ask_for() -> None:
    assert "DBLoad" not in asked_of(instance(performance_insights=False))
    assert "DBLoad" not in asked_of(instance(performance_insights=UNSEEN))


def test_capacity_is_asked_of_clusters_that_scale() -> None:
    assert "ServerlessDatabaseCapacity" not in asked(fleet_of(cluster()).regions[0])
    scaling = cluster(scaling=ServerlessScaling(min_acu=0.5, max_acu=16))
    assert "ServerlessDatabaseCapacity" in asked(fleet_of(scaling).regions[0])
    assert "VolumeBytesUsed" not in asked(fleet_of(cluster(engine="postgres")).regions[0])


def test_batches_hold_one_window_and_at_most_five_hundred() -> None:
    region = fleet_of(*(instance(f"db-{n}") for n in range(100))).regions[0]
    every = wanted(region, (), CLASSES, EVERY)
    found = list(batches(every))
    assert sorted(one.metric for batch in found for one in batch) == sorted(one.metric for one in every)
    assert all(len({one.window for one in batch}) == 1 and len(batch) <= 500 for batch in found)
    assert len(found) <= -(-len(every) // 500) + len(EVERY)


@pytest.mark.parametrize("window", EVERY)
def test_a_window_holds_at_most_201_whole_periods_up_to_now(window: Window) -> None:
    start, end, period = grid(window, NOW)
    assert end - start == SPAN[window][0]
    assert (end - start).total_seconds() / period <= 201
    assert NOW - timedelta(seconds=period) < end <= NOW
    assert end.timestamp() % period == 0


def test_points_lie_on_the_grid_and_holes_stay_holes() -> None:
    ref = InstanceRef(ACCOUNT, REGION, "orders")
    ask = Wanted(ref, "CPUUtilization", "Percent", "Average", Window.RECENT, ())
    start, end, _ = grid(Window.RECENT, NOW)
    points = [
        (start, 1.0),
        (start + timedelta(minutes=10), 3.0),
        (end, 99.0),
        (start - timedelta(minutes=5), 99.0),
    ]
    found = series_of(ask, points, NOW)
    assert found is not None
    assert found.values[:4] == (1.0, None, 3.0, None)
    assert len(found.values) == 36
    assert 99.0 not in found.values
    assert series_of(ask, points[2:], NOW) is None


def tabled() -> set[tuple[str, str, str]]:
    rows = [(row.metric, row.asked) for row in INSTANCE_METRICS]
    rows += [(metric, pairs) for metric, _, pairs, _ in CLUSTER_METRICS]
    rows += [(metric, pairs) for metric, _, pairs in PROXY_METRICS]
    rows += [(metric, pairs) for metric, _, pairs, _ in GLOBAL_METRICS]
    return {(metric, stat, window.name) for metric, pairs in rows for stat, window in pairs}


def read_by_rules() -> set[tuple[str, str, str]]:
    """(metric, statistic, window) wherever a rule reads a series by names written out."""
    found = set()
    for file in Path(advise_room.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            windows = [
                arg.attr for arg in node.args if isinstance(arg, ast.Attribute) and arg.attr in Window.__members__
            ]
            if len(words) >= 2 and len(windows) == 1:
                found.add((words[-2], words[-1], windows[0]))
    return found


def test_every_series_that_a_rule_reads_is_asked_for() -> None:
    needed = read_by_rules()
    assert len(needed) >= 10, "the walk over the rules finds none any more"
    assert needed - tabled() == set()


def test_proxies_are_asked_by_name() -> None:
    (ask, *_) = wanted(fleet_of(proxy()).regions[0], (), CLASSES, EVERY)
    assert ask.dimensions == (("ProxyName", "orders-proxy"),)
