"""Metrics: evenly spaced points of one CloudWatch metric of one subject."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from rdsops.core.ids import SubjectRef


class Window(StrEnum):
    """The spans a survey asks for; each keeps points a series at 201 or fewer, so that a call holds 500 series."""

    RECENT = "recent"
    """The last 3 hours, a point every 5 minutes."""
    WEEK = "week"
    """The last 7 days, a point an hour."""
    FORTNIGHT = "fortnight"
    """The last 14 days, a point every 2 hours."""


SPAN: dict[Window, tuple[timedelta, int]] = {
    Window.RECENT: (timedelta(hours=3), 300),
    Window.WEEK: (timedelta(days=7), 3600),
    Window.FORTNIGHT: (timedelta(days=14), 7200),
}
"""Window -> (span, period in seconds)."""


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """values: one a period from `start`, oldest first; None where AWS has no point. Never all None.

    stat: Average, Maximum, Minimum, Sum, p95. unit: AWS's word (Bytes, Percent, Milliseconds, …).
    """

    subject: SubjectRef
    metric: str
    stat: str
    window: Window
    unit: str | None = None
    start: datetime
    period_s: int
    values: tuple[float | None, ...]

    def points(self) -> Iterator[tuple[datetime, float]]:
        """The points that exist, oldest first."""
        for place, value in enumerate(self.values):
            if value is not None:
                yield self.start + timedelta(seconds=place * self.period_s), value

    @property
    def present(self) -> tuple[float, ...]:
        return tuple([value for value in self.values if value is not None])

    @property
    def coverage_ratio(self) -> float:
        """Share of the periods that have a point, 0..1."""
        return len(self.present) / len(self.values) if self.values else 0.0

    @property
    def latest(self) -> float:
        return self.present[-1]

    @property
    def mean(self) -> float:
        return sum(self.present) / len(self.present)

    @property
    def highest(self) -> float:
        return max(self.present)

    @property
    def lowest(self) -> float:
        return min(self.present)

    def percentile(self, share: float) -> float:
        """The value that `share` (0..1) of the points do not exceed (nearest rank)."""
        ordered = sorted(self.present)
        rank = max(1, -(-len(ordered) * share // 1))
        return ordered[int(rank) - 1]

    def slope_per_day(self) -> float | None:
        """Least-squares trend in units a day; None with fewer than three points."""
        step = self.period_s / 86400
        points = [(place * step, value) for place, value in enumerate(self.values) if value is not None]
        if len(points) < 3:
            return None
        mean_x = sum(x for x, _ in points) / len(points)
        mean_y = sum(y for _, y in points) / len(points)
        spread = sum((x - mean_x) ** 2 for x, _ in points)
        return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else None
