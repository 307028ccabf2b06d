"""Backups that keep up: to the minute by the log, day by day by snapshots."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from rdsops.advise.rules.restorability import RESTORE_POINT_BEHIND, SNAPSHOTS_MISSED
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.asking import told
from rdsops.testing.fleets import NOW, cluster, cluster_snapshot, fleet_of, instance, snapshot, without


def ago(**span: float) -> Any:
    return NOW - timedelta(**span)


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"latest_restorable_at": ago(minutes=10)}, "clear"),
        ({"latest_restorable_at": ago(minutes=11)}, "medium"),
        ({"latest_restorable_at": ago(minutes=61)}, "high"),
        ({"latest_restorable_at": None}, "high"),
        ({"latest_restorable_at": None, "created_at": ago(hours=3)}, "not applicable"),
        ({"latest_restorable_at": UNSEEN}, "not known"),
        ({"latest_restorable_at": ago(days=3), "status": "stopped"}, "not applicable"),
        ({"latest_restorable_at": ago(days=3), "status": UNSEEN}, "not known"),
        ({"latest_restorable_at": None, "backup_retention_days": 0}, "not applicable"),
        ({"latest_restorable_at": None, "replica_source": "other"}, "not applicable"),
    ],
)
def test_restore_point_behind(changes: dict[str, Any], answer: str) -> None:
    assert told(RESTORE_POINT_BEHIND, fleet_of(instance(**changes))) == answer


def test_a_cluster_s_restore_point_is_its_own() -> None:
    assert told(RESTORE_POINT_BEHIND, fleet_of(cluster(members=(), latest_restorable_at=ago(minutes=11)))) == "medium"


def taken(days: Iterable[float], kind: str = "automated", **changes: Any) -> Fleet:
    return fleet_of(
        instance(**changes),
        *(snapshot(f"rds:orders-{day}", kind=kind, created_at=ago(days=day, hours=10)) for day in days),
    )


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (taken(range(7)), "clear"),
        (taken([0, 1, 2, 4, 5]), "low"),
        (taken([0, 1, 2, 8, 20]), "clear"),
        (taken([1, 2, 3]), "clear"),
        (taken([2, 3, 4]), "medium"),
        (taken([]), "medium"),
        (taken(range(7), kind="manual"), "medium"),
        (taken(range(7), kind="awsbackup"), "clear"),
        (taken([], created_at=ago(days=1)), "not applicable"),
        (taken([], status="stopped"), "not applicable"),
        (taken([], backup_retention_days=0), "not applicable"),
        (taken([], replica_source="other"), "not applicable"),
        (without(taken(range(7)), "snapshots"), "not known"),
    ],
)
def test_snapshots_missed(fleet: Fleet, answer: str) -> None:
    assert told(SNAPSHOTS_MISSED, fleet) == answer


def test_a_cluster_is_judged_by_cluster_snapshots() -> None:
    daily = [cluster_snapshot(f"rds:b-{day}", kind="automated", created_at=ago(days=day, hours=10)) for day in range(3)]
    assert told(SNAPSHOTS_MISSED, fleet_of(cluster(members=()), *daily)) == "clear"
    assert told(SNAPSHOTS_MISSED, fleet_of(cluster(members=()))) == "medium"
    assert told(SNAPSHOTS_MISSED, without(fleet_of(cluster(members=()), *daily), "cluster_snapshots")) == "not known"
