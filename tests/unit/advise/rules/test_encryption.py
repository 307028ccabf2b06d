"""Encryption: storage told once, snapshots that outlive their database, keys that go away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rdsops.advise.rule import Problem
from rdsops.advise.rules.encryption import (
    AWS_MANAGED_KEY,
    KEY_UNUSABLE,
    SNAPSHOT_SHARED,
    SNAPSHOT_UNENCRYPTED,
    STORAGE_UNENCRYPTED,
)
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.neighbours import Key
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.asking import ask, ask_all, told
from rdsops.testing.fleets import (
    ACCOUNT,
    NOW,
    REGION,
    cluster,
    cluster_snapshot,
    fleet_of,
    instance,
    member,
    snapshot,
    without,
)
from rdsops.testing.healthy import TEST

ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b"


def key(state: str = "Enabled", **changes: Any) -> Key:
    return Key(**{"arn": ARN, "manager": "CUSTOMER", "state": state, "deletion_at": None, **changes})


def keyed(*things: Any, key: Key) -> Fleet:
    return fleet_of(*things, keys=[key])


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (fleet_of(instance(storage_encrypted=False)), "high"),
        (fleet_of(instance(storage_encrypted=False, tags=TEST)), "medium"),
        (fleet_of(instance()), "clear"),
        (fleet_of(instance(storage_encrypted=UNSEEN)), "not known"),
        (fleet_of(cluster(storage_encrypted=UNSEEN, members=())), "not known"),
    ],
)
def test_storage_unencrypted(fleet: Fleet, answer: str) -> None:
    assert told(STORAGE_UNENCRYPTED, fleet) == answer


def test_an_unencrypted_cluster_is_told_once() -> None:
    members = [member(f"billing-{n}", storage_encrypted=False) for n in (1, 2, 3)]
    assert list(ask_all(STORAGE_UNENCRYPTED, fleet_of(cluster(storage_encrypted=False), *members))) == ["billing"]


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (fleet_of(snapshot(encrypted=False)), "medium"),
        (fleet_of(snapshot(encrypted=False), instance()), "medium"),
        (fleet_of(snapshot(encrypted=False), instance(storage_encrypted=False)), "not applicable"),
        (fleet_of(snapshot()), "clear"),
        (fleet_of(snapshot(encrypted=UNSEEN)), "not known"),
        (fleet_of(cluster_snapshot(encrypted=False), cluster(storage_encrypted=False)), "not applicable"),
    ],
)
def test_snapshot_unencrypted(fleet: Fleet, answer: str) -> None:
    assert told(SNAPSHOT_UNENCRYPTED, fleet) == answer


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (keyed(instance(), key=key(manager="AWS")), "low"),
        (keyed(instance(), key=key()), "clear"),
        (keyed(instance(tags=TEST), key=key(manager="AWS")), "not applicable"),
        (keyed(instance(storage_encrypted=False), key=key(manager="AWS")), "not applicable"),
        (keyed(instance(), key=key(manager=UNSEEN)), "not known"),
        (without(keyed(instance(), key=key()), "keys"), "not known"),
    ],
)
def test_aws_managed_key(fleet: Fleet, answer: str) -> None:
    assert told(AWS_MANAGED_KEY, fleet) == answer


DYING = key("PendingDeletion", deletion_at=NOW + timedelta(days=6))


@pytest.mark.parametrize(
    ("fleet", "subject", "answer"),
    [
        (keyed(instance(), key=DYING), "orders", "critical"),
        (keyed(instance(), key=key("Disabled")), "orders", "critical"),
        (keyed(instance(), key=key("Updating")), "orders", "clear"),
        (keyed(instance(), key=key(UNSEEN)), "orders", "not known"),
        (without(keyed(instance(), key=key()), "keys"), "orders", "not known"),
        (keyed(instance(storage_encrypted=False, kms_key=None), key=DYING), "orders", "not applicable"),
        (keyed(snapshot(), key=DYING), "orders-before-upgrade", "high"),
        (keyed(snapshot(), instance(), key=DYING), "orders-before-upgrade", "not applicable"),
        (keyed(snapshot(), instance(kms_key="other"), key=DYING), "orders-before-upgrade", "high"),
    ],
)
def test_key_unusable(fleet: Fleet, subject: str, answer: str) -> None:
    assert told(KEY_UNUSABLE, fleet, subject) == answer


def test_a_dying_key_is_saved_then_enabled_and_a_disabled_one_enabled() -> None:
    for state, operations in (("PendingDeletion", ["CancelKeyDeletion", "EnableKey"]), ("Disabled", ["EnableKey"])):
        found = ask(KEY_UNUSABLE, keyed(instance(), key=key(state)))
        assert isinstance(found, Problem)
        assert [call.operation for call in found.repair.calls] == operations


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (fleet_of(snapshot(shared_with=("all",))), "critical"),
        (fleet_of(cluster_snapshot(shared_with=("all",))), "critical"),
        (fleet_of(snapshot(shared_with=("999988887777",))), "medium"),
        (fleet_of(snapshot(shared_with=(ACCOUNT,))), "clear"),
        (fleet_of(snapshot()), "clear"),
        (fleet_of(snapshot(shared_with=UNSEEN)), "not known"),
    ],
)
def test_snapshot_shared(fleet: Fleet, answer: str) -> None:
    assert told(SNAPSHOT_SHARED, fleet) == answer


def test_automated_snapshots_are_not_asked_whom_they_are_shared_with() -> None:
    assert ask_all(SNAPSHOT_SHARED, fleet_of(snapshot(kind="automated", shared_with=UNSEEN))) == {}
