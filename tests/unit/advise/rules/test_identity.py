"""Names, ports, passwords: judged on the database that owns them, not on its replicas."""

from __future__ import annotations

from typing import Any

import pytest

from rdsops.advise.rule import Problem
from rdsops.advise.rules.identity import DEFAULT_PORT, GUESSABLE_ADMIN, IAM_AUTHENTICATION_OFF, UNMANAGED_PASSWORD
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.seen import UNSEEN, Listed
from rdsops.testing.asking import ask, told
from rdsops.testing.fleets import cluster, fleet_of, global_cluster, instance, mariadb
from rdsops.testing.healthy import TEST


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"iam_authentication": False}, "low"),
        ({"iam_authentication": True}, "clear"),
        ({"iam_authentication": UNSEEN}, "not known"),
        ({"iam_authentication": False, "tags": TEST}, "not applicable"),
        ({"iam_authentication": False, "tags": UNSEEN}, "not known"),
        ({"iam_authentication": False, "engine": "sqlserver-se"}, "not applicable"),
    ],
)
def test_iam_authentication_off(changes: dict[str, Any], answer: str) -> None:
    assert told(IAM_AUTHENTICATION_OFF, fleet_of(instance(**changes))) == answer


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"master_username": "postgres"}, "low"),
        ({"master_username": "Admin"}, "low"),
        ({"master_username": "postgres_orders"}, "clear"),
        ({"master_username": UNSEEN}, "not known"),
        ({"master_username": "postgres", "tags": TEST}, "not applicable"),
        ({"master_username": "postgres", "replica_source": "other"}, "not applicable"),
    ],
)
def test_guessable_admin(changes: dict[str, Any], answer: str) -> None:
    assert told(GUESSABLE_ADMIN, fleet_of(instance(**changes))) == answer


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (fleet_of(instance(port=5432)), "info"),
        (fleet_of(instance(port=5433)), "clear"),
        (fleet_of(instance(port=3306)), "clear"),
        (fleet_of(mariadb(port=3306)), "info"),
        (fleet_of(cluster(port=5432, members=())), "info"),
        (fleet_of(cluster(engine="aurora-mysql", port=3306, members=())), "info"),
        (fleet_of(instance(port=UNSEEN)), "not known"),
        (fleet_of(instance(port=5432, tags=TEST)), "not applicable"),
    ],
)
def test_default_port(fleet: Fleet, answer: str) -> None:
    assert told(DEFAULT_PORT, fleet) == answer


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (fleet_of(instance(master_secret=None)), "medium"),
        (fleet_of(instance(master_secret=None, tags=TEST)), "low"),
        (fleet_of(instance()), "clear"),
        (fleet_of(instance(master_secret=UNSEEN)), "not known"),
        (fleet_of(instance(master_secret=None, replica_source="other")), "not applicable"),
        (fleet_of(instance(master_secret=None, replicas=("orders-replica",))), "not applicable"),
        (fleet_of(cluster(master_secret=None, members=())), "medium"),
    ],
)
def test_unmanaged_password(fleet: Fleet, answer: str) -> None:
    assert told(UNMANAGED_PASSWORD, fleet) == answer


def test_a_member_of_a_global_database_cannot_have_a_managed_password() -> None:
    alone = cluster(master_secret=None, members=())
    assert told(UNMANAGED_PASSWORD, fleet_of(alone, global_cluster(members=[alone.ref]))) == "not applicable"
    hidden = fleet_of(alone, global_clusters=Listed("rds:DescribeGlobalClusters"))
    assert told(UNMANAGED_PASSWORD, hidden) == "not known"


def test_the_repair_hands_the_password_to_secrets_manager() -> None:
    found = ask(UNMANAGED_PASSWORD, fleet_of(instance(master_secret=None)))
    assert isinstance(found, Problem)
    assert found.repair.calls[0].parameters["ManageMasterUserPassword"] is True
