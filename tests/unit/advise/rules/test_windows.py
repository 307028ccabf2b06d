"""Windows: minutes that overlap, and the busiest hour of the day."""

from __future__ import annotations

from typing import Any

import pytest

from rdsops.advise.rule import Problem
from rdsops.advise.rules.windows import (
    WINDOW_AT_PEAK,
    WINDOWS_OVERLAP,
    backup_span,
    hourly_means,
    maintenance_span,
    overlap_min,
)
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.asking import ask, told
from rdsops.testing.fleets import NOW, cluster, fleet_of, instance, member, series
from rdsops.testing.healthy import TEST


@pytest.mark.parametrize(
    ("backup", "maintenance", "minutes"),
    [
        ("02:00-02:30", "sun:02:15-sun:02:45", 15),
        ("02:00-02:30", "sun:02:30-sun:03:00", 0),
        ("23:30-00:30", "mon:00:15-mon:01:15", 15),
        ("23:45-00:15", "sun:23:30-mon:00:30", 30),
        ("00:00-00:30", "tue:23:30-wed:00:30", 30),
    ],
)
def test_windows_overlap_across_midnight_and_sunday(backup: str, maintenance: str, minutes: int) -> None:
    assert overlap_min(backup_span(backup), maintenance_span(maintenance)) == minutes
    answer = told(WINDOWS_OVERLAP, fleet_of(instance(backup_window=backup, maintenance_window=maintenance)))
    assert answer == ("low" if minutes else "clear")


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"backup_window": "04:00-04:30"}, "low"),
        ({"backup_window": "04:00-04:30", "backup_retention_days": 0}, "not applicable"),
        ({"backup_window": "04:00-04:30", "replica_source": "other"}, "not applicable"),
        ({"backup_window": None}, "not applicable"),
        ({"maintenance_window": UNSEEN}, "not known"),
    ],
)
def test_windows_overlap_applies_where_backups_are_taken(changes: dict[str, Any], answer: str) -> None:
    assert told(WINDOWS_OVERLAP, fleet_of(instance(**changes))) == answer


def loaded(peak: float, quiet: float, *, hour: int, hours: int = 168, **changes: Any) -> Fleet:
    """An instance that carries `peak` CPU in one hour of each day, and `quiet` in the others."""
    thing = instance(**changes)
    first = (NOW.hour - hours) % 24
    values = [peak if (first + place) % 24 == hour else quiet for place in range(hours)]
    return fleet_of(thing, series(thing.ref, "CPUUtilization", values))


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (loaded(60, 20, hour=4), "medium"),
        (loaded(60, 20, hour=2), "low"),
        (loaded(60, 20, hour=9), "clear"),
        (loaded(60, 31, hour=4), "clear"),
        (loaded(19, 2, hour=4), "clear"),
        (loaded(60, 20, hour=2, backup_retention_days=0), "clear"),
        (loaded(60, 20, hour=4, hours=20), "not known"),
        (fleet_of(instance()), "not known"),
        (loaded(60, 20, hour=4, tags=TEST), "not applicable"),
        (loaded(60, 20, hour=4, replica_source="other"), "not applicable"),
    ],
)
def test_window_at_peak(fleet: Fleet, answer: str) -> None:
    assert told(WINDOW_AT_PEAK, fleet) == answer


def test_the_quietest_hour_is_offered() -> None:
    found = ask(WINDOW_AT_PEAK, loaded(60, 20, hour=4))
    assert isinstance(found, Problem)
    assert "00:00 UTC" in found.repair.text


def test_the_backup_window_of_aurora_disturbs_nobody() -> None:
    writer = member("billing-1")
    busy_at_two = [60.0 if hour % 24 == 2 else 20.0 for hour in range(12, 12 + 168)]
    points = series(writer.ref, "CPUUtilization", busy_at_two)
    assert hourly_means(points)[2] == 60
    assert told(WINDOW_AT_PEAK, fleet_of(cluster(members=("billing-1",)), writer, points)) == "clear"
