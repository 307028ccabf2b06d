"""Backups: kept, copied, tagged; replicas lean on their source, test environments on less."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rdsops.advise.rule import Problem
from rdsops.advise.rules.backup import (
    BACKTRACK_OFF,
    BACKUP_RETENTION,
    NO_BACKUP_PLAN,
    NO_COPY_ELSEWHERE,
    TAGS_NOT_COPIED,
)
from rdsops.core.ids import ClusterSnapshotRef, Place
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.neighbours import AutomatedBackup
from rdsops.fleet.seen import UNSEEN, Listed
from rdsops.testing.asking import ask, ask_all, told
from rdsops.testing.fleets import (
    ACCOUNT,
    cluster,
    cluster_snapshot,
    fleet_of,
    global_cluster,
    instance,
    member,
    region,
    without,
)
from rdsops.testing.healthy import TEST

FAR = Place(ACCOUNT, "eu-central-1")


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"backup_retention_days": 0}, "high"),
        ({"backup_retention_days": 0, "tags": TEST}, "low"),
        ({"backup_retention_days": 0, "tags": UNSEEN}, "high"),
        ({"backup_retention_days": 6}, "medium"),
        ({"backup_retention_days": 6, "tags": TEST}, "clear"),
        ({"backup_retention_days": 6, "tags": UNSEEN}, "not known"),
        ({"backup_retention_days": 7}, "clear"),
        ({"backup_retention_days": UNSEEN}, "not known"),
        ({"backup_retention_days": 0, "replica_source": "other"}, "not applicable"),
    ],
)
def test_backup_retention(changes: dict[str, Any], answer: str) -> None:
    assert told(BACKUP_RETENTION, fleet_of(instance(**changes))) == answer


def test_the_retention_of_a_cluster_is_told_once() -> None:
    members = [member(f"billing-{n}", backup_retention_days=1) for n in (1, 2, 3)]
    answers = ask_all(BACKUP_RETENTION, fleet_of(cluster(backup_retention_days=1), *members))
    assert list(answers) == ["billing"]
    found = answers["billing"]
    assert isinstance(found, Problem)
    assert found.repair.calls[0].operation == "ModifyDBCluster"


def protected(*arns: str, **changes: Any) -> Fleet:
    return fleet_of(instance(**changes), protected_by_backup=arns)


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (protected(), "low"),
        (protected(instance().ref.arn), "clear"),
        (protected(tags=TEST), "not applicable"),
        (protected(replica_source="other"), "not applicable"),
        (without(protected(), "protected_by_backup"), "not known"),
    ],
)
def test_no_backup_plan(fleet: Fleet, answer: str) -> None:
    assert told(NO_BACKUP_PLAN, fleet) == answer


def test_a_protected_arn_serves_although_the_list_broke_on_a_page() -> None:
    fleet = protected()
    broken = Listed("backup:ListProtectedResources", (instance().ref.arn,), False)
    near = msgspec.structs.replace(fleet.regions[0], protected_by_backup=broken)
    assert told(NO_BACKUP_PLAN, msgspec.structs.replace(fleet, regions=(near,))) == "clear"


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"backup_replications": ()}, "low"),
        ({}, "clear"),
        ({"backup_replications": (), "replicas": (f"arn:aws:rds:us-east-1:{ACCOUNT}:db:copy",)}, "clear"),
        ({"backup_replications": (), "replicas": ("orders-replica",)}, "low"),
        ({"backup_replications": (), "tags": TEST}, "not applicable"),
        ({"backup_replications": (), "tags": {}}, "not applicable"),
        ({"tags": UNSEEN}, "not known"),
        ({"backup_replications": UNSEEN}, "not known"),
    ],
)
def test_no_copy_elsewhere(changes: dict[str, Any], answer: str) -> None:
    assert told(NO_COPY_ELSEWHERE, fleet_of(instance(**changes))) == answer


def two_regions(**far: Any) -> Fleet:
    near = fleet_of(cluster(members=()))
    return msgspec.structs.replace(near, regions=(*near.regions, region(FAR, **far)))


def test_a_cluster_is_judged_by_what_other_surveyed_regions_hold() -> None:
    billing = cluster().ref
    copy = cluster_snapshot(ref=ClusterSnapshotRef(ACCOUNT, FAR.region, "copy"))
    backup = AutomatedBackup(source=billing, held_in=FAR.region, status="replicating", replicated=True)
    assert told(NO_COPY_ELSEWHERE, fleet_of(cluster(members=()))) == "not known"
    assert told(NO_COPY_ELSEWHERE, two_regions()) == "low"
    assert told(NO_COPY_ELSEWHERE, two_regions(cluster_snapshots=[copy])) == "clear"
    assert told(NO_COPY_ELSEWHERE, two_regions(cluster_automated_backups=[backup])) == "clear"
    assert told(NO_COPY_ELSEWHERE, without(two_regions(), "cluster_snapshots")) == "not known"
    assert told(NO_COPY_ELSEWHERE, fleet_of(cluster(members=()), global_cluster(members=[billing]))) == "clear"


def aurora_mysql(**changes: Any) -> Fleet:
    return fleet_of(cluster(engine="aurora-mysql", members=(), **changes))


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (aurora_mysql(), "info"),
        (aurora_mysql(backtrack_window_s=0), "info"),
        (aurora_mysql(backtrack_window_s=3600), "clear"),
        (aurora_mysql(backtrack_window_s=UNSEEN), "not known"),
        (aurora_mysql(tags=TEST), "not applicable"),
        (fleet_of(cluster(members=())), "not applicable"),
    ],
)
def test_backtrack_off(fleet: Fleet, answer: str) -> None:
    assert told(BACKTRACK_OFF, fleet) == answer


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"copy_tags_to_snapshot": False}, "low"),
        ({"copy_tags_to_snapshot": False, "tags": TEST}, "info"),
        ({"copy_tags_to_snapshot": False, "replica_source": "other"}, "not applicable"),
        ({}, "clear"),
        ({"copy_tags_to_snapshot": UNSEEN}, "not known"),
    ],
)
def test_tags_not_copied(changes: dict[str, Any], answer: str) -> None:
    found = ask(TAGS_NOT_COPIED, fleet_of(instance(**changes)))
    assert told(TAGS_NOT_COPIED, fleet_of(instance(**changes))) == answer
    assert not isinstance(found, Problem) or found.repair.calls
