"""Rehearsals: what AWS's fourteen days show counts as seen; what they do not show is said, not guessed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rdsops.advise.rules.rehearsals import FAILOVER_UNREHEARSED, RESTORE_UNREHEARSED
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.neighbours import Event
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.asking import told
from rdsops.testing.fleets import NOW, cluster, fleet_of, instance, snapshot, without
from rdsops.testing.healthy import TEST


def event(source: str, message: str, *categories: str) -> Event:
    at = NOW - timedelta(days=2)
    return Event(source=source, source_type="db-instance", at=at, message=message, categories=categories)


def orders(*events: Event, **changes: Any) -> Fleet:
    return fleet_of(instance(**changes), events=events)


DONE = event("orders", "Multi-AZ instance failover completed", "failover")


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (orders(), "info"),
        (orders(DONE), "clear"),
        (orders(event("shop", "Multi-AZ instance failover completed", "failover")), "info"),
        (orders(event("orders", "Backing up DB instance", "backup")), "info"),
        (orders(multi_az=False), "not applicable"),
        (orders(tags=TEST), "not applicable"),
        (orders(tags={}), "not applicable"),
        (orders(tags=UNSEEN), "not known"),
        (orders(replica_source="other"), "not applicable"),
        (without(orders(), "events"), "not known"),
        (fleet_of(cluster(), events=[event("billing-2", "Completed failover to DB instance: billing-2")]), "clear"),
        (fleet_of(cluster()), "info"),
        (fleet_of(cluster(members=("billing-1",))), "not applicable"),
    ],
)
def test_failover_unrehearsed(fleet: Fleet, answer: str) -> None:
    assert told(FAILOVER_UNREHEARSED, fleet) == answer


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (orders(), "info"),
        (orders(event("drill", "Restored from DB instance orders to drill", "restoration")), "clear"),
        (orders(event("drill", "Restored from DB instance orders-old to drill", "restoration")), "info"),
        (orders(event("drill", "Restored from DB instance shop to orders", "backup")), "clear"),
        (orders(event("drill", "Restored from ORDERS: complete", "restoration")), "clear"),
        (orders(event("drill", "Restored from my:orders", "restoration")), "info"),
        (orders(event("orders", "Recovery of the DB instance orders is complete", "recovery")), "info"),
        (orders(tags=TEST), "not applicable"),
        (orders(tags=UNSEEN), "not known"),
        (without(orders(), "events"), "not known"),
    ],
)
def test_restore_unrehearsed(fleet: Fleet, answer: str) -> None:
    assert told(RESTORE_UNREHEARSED, fleet) == answer


def test_a_restore_is_known_by_the_snapshot_it_came_from() -> None:
    restored = event("drill", "Restored from snapshot rds:orders-2026-11-20", "restoration")
    kept = snapshot("rds:orders-2026-11-20", kind="automated")
    assert told(RESTORE_UNREHEARSED, fleet_of(instance(), kept, events=[restored])) == "clear"
