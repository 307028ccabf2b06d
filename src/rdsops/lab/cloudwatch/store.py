"""The lab's metric store: measured points, and generated series that are functions of time and cost no memory a point.

A key is exact: account, region, namespace, name and all its dimensions. A measured point wins over the generated
one for its bucket, and a generated series ends where the measured points of its key begin.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rdsops.lab.cloudwatch.grid import DAY, HOUR, oldest_kept
from rdsops.lab.cloudwatch.points import Bucket, Points, Row

Dimensions = tuple[tuple[str, str], ...]


class Place(NamedTuple):
    """Where a metric lives: accounts and regions do not see each other's."""

    account: str
    region: str


class MetricKey(NamedTuple):
    """One metric of CloudWatch. dimensions: sorted by name, as `sorted_dimensions` makes them."""

    place: Place
    namespace: str
    name: str
    dimensions: Dimensions


class Generated(Protocol):
    """A subject whose metrics are functions of time: the same answer at each asking, and no point in memory."""

    begins: int
    """The first second that has a value."""

    def units(self) -> Mapping[str, str]:
        """Metric name -> unit, for each metric that it has."""

    def buckets(self, metric: str, start: int, end: int, period_s: int, *, raw: bool) -> list[Bucket]:
        """The buckets of the whole minutes of [start, end)."""


@dataclass(frozen=True, slots=True)
class Census:
    """What the store holds, for the lab's status. generated: subjects, and their metrics, that nobody measured."""

    measured_series: int
    measured_points: int
    generated_subjects: int
    generated_series: int


class MetricStore:
    """Written by samplers and PutMetricData, read by the operations; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._measured: dict[MetricKey, dict[str, Points]] = {}
        self._generated: dict[Place, dict[tuple[str, Dimensions], Generated]] = {}

    def put(
        self,
        account: str,
        region: str,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        *,
        at: int,
        value: float,
        unit: str = "None",
        now: int | None = None,
    ) -> None:
        """One measured value at a second. now: gives the store the chance to fold what has become old."""
        key = MetricKey(Place(account, region), namespace, name, sorted_dimensions(dimensions))
        self.add(key, unit, (Row.of(at, value),), now=now)

    def add(self, key: MetricKey, unit: str, rows: Iterable[Row], *, now: int | None = None) -> None:
        with self._lock:
            points = self._measured.setdefault(key, {}).setdefault(unit, Points())
            for row in rows:
                points.add(row)
            if now is not None:
                points.settle(now)

    def generate(
        self, account: str, region: str, namespace: str, dimensions: Mapping[str, str], subject: Generated
    ) -> None:
        """Give all metrics of a subject to a function of time; a second call replaces the first."""
        with self._lock:
            subjects = self._generated.setdefault(Place(account, region), {})
            subjects[namespace, sorted_dimensions(dimensions)] = subject

    def forget(self, account: str, region: str, namespace: str, dimensions: Mapping[str, str]) -> None:
        """A deleted subject: its generated series end here. Its measured points stay, as they do on AWS."""
        with self._lock:
            self._generated.get(Place(account, region), {}).pop((namespace, sorted_dimensions(dimensions)), None)

    def buckets(
        self,
        key: MetricKey,
        start: int,
        end: int,
        period_s: int,
        *,
        now: int,
        unit: str | None = None,
        raw: bool = False,
    ) -> list[Bucket]:
        """The periods of [start, end) that have data at this resolution, oldest first; start lies on the grid."""
        start = max(start, _on_grid(oldest_kept(period_s, now), period_s))
        with self._lock:
            chosen = [points for at, points in self._measured.get(key, {}).items() if unit in (None, at)]
            begins = min((points.first for points in self._measured.get(key, {}).values()), default=None)
            subject = self._subject(key)
            if len(chosen) == 1:
                measured = chosen[0].buckets(start, end, period_s, raw=raw)
            else:
                measured = _merged(chosen, start, end, period_s, raw)
        if subject is None or unit not in (None, subject.units()[key.name]):
            return measured
        until = min(end, now, begins if begins is not None else now)
        first = max(start, subject.begins)
        if first >= until:
            return measured
        made = subject.buckets(key.name, first, until, period_s, raw=raw)
        if measured and made and made[-1].start == measured[0].start:
            made.pop()
        return made + measured

    def units(self, key: MetricKey) -> tuple[str, ...]:
        """The units under which a metric has points, sorted."""
        with self._lock:
            found = set(self._measured.get(key, ()))
            subject = self._subject(key)
        if subject is not None:
            found.add(subject.units()[key.name])
        return tuple(sorted(found))

    def keys(
        self,
        place: Place,
        *,
        namespace: str | None = None,
        name: str | None = None,
        after: tuple[str, str] = ("", ""),
        active_since: int | None = None,
    ) -> Iterator[MetricKey]:
        """The metrics of an account and region, sorted by namespace, name and dimensions; one name at a time.

        after: begin with this (namespace, name). active_since: only those with a point at or after this second;
        a generated series is always active.
        """
        with self._lock:
            measured: dict[tuple[str, str], list[MetricKey]] = {}
            for key, units in self._measured.items():
                active = active_since is None or any(points.last >= active_since for points in units.values())
                if key.place == place and active:
                    measured.setdefault((key.namespace, key.name), []).append(key)
            subjects = list(self._generated.get(place, {}).items())
        names = set(measured)
        for (at, _), subject in subjects:
            names.update((at, one) for one in subject.units())
        for pair in sorted(names):
            if pair < after or namespace not in (None, pair[0]) or name not in (None, pair[1]):
                continue
            found = set(measured.get(pair, ()))
            found.update(
                MetricKey(place, *pair, dimensions)
                for (at, dimensions), subject in subjects
                if at == pair[0] and pair[1] in subject.units()
            )
            yield from sorted(found)

    def origin(self, key: MetricKey) -> str:
        """Where the values of a metric come from: measured, generated, "generated, then measured", or nowhere."""
        with self._lock:
            measured, generated = key in self._measured, self._subject(key) is not None
        if measured:
            return "generated, then measured" if generated else "measured"
        return "generated" if generated else "nowhere"

    def census(self) -> Census:
        with self._lock:
            points = [points for units in self._measured.values() for points in units.values()]
            subjects = [subject for found in self._generated.values() for subject in found.values()]
        return Census(
            measured_series=len(points),
            measured_points=sum(len(one) for one in points),
            generated_subjects=len(subjects),
            generated_series=sum(len(subject.units()) for subject in subjects),
        )

    def _subject(self, key: MetricKey) -> Generated | None:
        subject = self._generated.get(key.place, {}).get((key.namespace, key.dimensions))
        return subject if subject is not None and key.name in subject.units() else None


def sorted_dimensions(dimensions: Mapping[str, str]) -> Dimensions:
    return tuple(sorted(dimensions.items()))


def _on_grid(second: int, period_s: int) -> int:
    return -(-second // period_s) * period_s


def _merged(chosen: list[Points], start: int, end: int, period_s: int, raw: bool) -> list[Bucket]:
    """One metric under several units, asked for without a unit: all its points together."""
    together = Points()
    for row in sorted((row for points in chosen for row in points.rows(start, end)), key=lambda row: row.at):
        together.add(row)
    return together.buckets(start, end, period_s, raw=raw)


LISTED_FOR_S = 14 * DAY
"""ListMetrics leaves out a metric without a point for two weeks (botocore 1.44.5, ListMetrics, read 2026-11-23)."""

RECENT_S = 3 * HOUR
"""RecentlyActive PT3H."""
