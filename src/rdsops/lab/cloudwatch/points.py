"""The measured points of one metric in one unit: columns of numbers, sorted by time, found by bisection."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from rdsops.lab.cloudwatch.grid import DAY, HOUR, MINUTE

FOLD_EVERY = 4096
"""Rows written between two foldings."""

Raw = tuple[tuple[float, float], ...]
"""(value, how often), in any order."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One period of one metric. raw: its values for percentiles; None when a statistic set hides them."""

    start: int
    count: float
    total: float
    low: float
    high: float
    raw: Raw | None


@dataclass(frozen=True, slots=True)
class Row:
    """What was put at one second: a value `count` times (low equals high), or a statistic set."""

    at: int
    count: float
    total: float
    low: float
    high: float

    @classmethod
    def of(cls, at: int, value: float, times: float = 1.0) -> Row:
        return cls(at, times, value * times, value, value)


class Points:
    """Rows in order of time. A row whose low equals its high is a raw value, seen `count` times."""

    __slots__ = ("_at", "_count", "_high", "_low", "_since_fold", "_total")

    def __init__(self) -> None:
        self._at = array("q")
        self._count = array("d")
        self._total = array("d")
        self._low = array("d")
        self._high = array("d")
        self._since_fold = 0

    def __len__(self) -> int:
        return len(self._at)

    @property
    def first(self) -> int:
        return self._at[0]

    @property
    def last(self) -> int:
        return self._at[-1]

    def add(self, row: Row) -> None:
        place = len(self._at) if not self._at or row.at >= self._at[-1] else bisect_right(self._at, row.at)
        self._at.insert(place, row.at)
        self._count.insert(place, row.count)
        self._total.insert(place, row.total)
        self._low.insert(place, row.low)
        self._high.insert(place, row.high)
        self._since_fold += 1

    def rows(self, start: int, end: int) -> list[Row]:
        """The rows of [start, end), oldest first."""
        return [Row(*row) for row in zip(*self._cut(start, end), strict=True)]

    def buckets(self, start: int, end: int, period_s: int, *, raw: bool) -> list[Bucket]:
        """The periods of [start, end) that have points, oldest first; raw values only where they are asked for."""
        found: list[Bucket] = []
        current: int | None = None
        count = total = 0.0
        low = high = 0.0
        values: list[tuple[float, float]] | None = []
        for at, times, amount, least, most in zip(*self._cut(start, end), strict=True):
            slot = at // period_s
            if slot != current:
                if current is not None:
                    found.append(Bucket(current * period_s, count, total, low, high, _frozen(values)))
                current, count, total, low, high, values = slot, 0.0, 0.0, least, most, [] if raw else None
            count += times
            total += amount
            low = min(low, least)
            high = max(high, most)
            if values is not None:
                if least == most:
                    values.append((least, times))
                else:
                    values = None
        if current is not None:
            found.append(Bucket(current * period_s, count, total, low, high, _frozen(values)))
        return found

    def settle(self, now: int) -> None:
        """Bound the memory of a long life: drop what is older than 455 days, fold what is older than 3 hours.

        A folded minute keeps at most three raw rows: its lowest value, its highest, and the mean of the rest.
        Count, sum, minimum and maximum of the minute stay exact; percentiles over folded minutes are approximate.
        """
        if self._since_fold < FOLD_EVERY:
            return
        self._since_fold = 0
        edge = now - now % MINUTE - 3 * HOUR
        kept: list[Row] = []
        minute: list[Row] = []
        for row in self.rows(now - 455 * DAY, edge):
            if minute and row.at // MINUTE != minute[0].at // MINUTE:
                kept += _folded(minute)
                minute = []
            minute.append(row)
        if minute:
            kept += _folded(minute)
        kept += self.rows(edge, self.last + 1)
        self._at = array("q", (row.at for row in kept))
        self._count = array("d", (row.count for row in kept))
        self._total = array("d", (row.total for row in kept))
        self._low = array("d", (row.low for row in kept))
        self._high = array("d", (row.high for row in kept))

    def _cut(
        self, start: int, end: int
    ) -> tuple[Sequence[int], Sequence[float], Sequence[float], Sequence[float], Sequence[float]]:
        low, high = bisect_left(self._at, start), bisect_left(self._at, end)
        return (
            self._at[low:high],
            self._count[low:high],
            self._total[low:high],
            self._low[low:high],
            self._high[low:high],
        )


def _frozen(values: list[tuple[float, float]] | None) -> Raw | None:
    return None if values is None else tuple(values)


def _folded(minute: list[Row]) -> list[Row]:
    at = minute[0].at - minute[0].at % MINUTE
    if any(row.low != row.high for row in minute):
        low, high = min(row.low for row in minute), max(row.high for row in minute)
        return [Row(at, sum(row.count for row in minute), sum(row.total for row in minute), low, high)]
    if len(minute) <= 3:
        return [Row(at, row.count, row.total, row.low, row.high) for row in minute]
    ordered = sorted(minute, key=lambda row: row.low)
    least, *rest, most = ordered
    times, amount = sum(row.count for row in rest), sum(row.total for row in rest)
    middle = Row(at, times, amount, amount / times, amount / times) if times else None
    ends = (Row.of(at, least.low, least.count), Row.of(at, most.low, most.count))
    return [ends[0], *([middle] if middle else []), ends[1]]
