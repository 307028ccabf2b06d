"""Metrics as evidence: read only where points cover enough of the window, and named as CloudWatch names them."""

from __future__ import annotations

from rdsops.advise.finding import Evidence
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.ids import SubjectRef
from rdsops.fleet.series import Series, Window

SPOKEN = {Window.RECENT: "3 h", Window.WEEK: "7 d", Window.FORTNIGHT: "14 d"}

HALF = 0.5
MOST = 0.75
WHOLE = 0.99
"""Least coverage: for a level, for a trend, for "never in the whole window"."""


def measured(
    view: View, subject: SubjectRef, metric: str, stat: str, window: Window, *, coverage: float = HALF
) -> Series:
    """The series; raises Unseen when it is missing, or when its points cover less of the window than asked."""
    series = view.series(subject, metric, stat, window)
    if series.coverage_ratio < coverage:
        raise Unseen(
            f"cloudwatch:{metric}",
            f"{metric} {stat}: points for {series.coverage_ratio:.0%} of {SPOKEN[window]}, {coverage:.0%} needed",
        )
    return series


def summed(first: Series, second: Series) -> tuple[float, ...]:
    """Point by point sums of two series of one window, where both have a point."""
    return tuple(a + b for a, b in zip(first.values, second.values, strict=False) if a is not None and b is not None)


def share_at_least(values: tuple[float, ...], level: float) -> float:
    """Which share of the values reach a level, 0..1."""
    return sum(value >= level for value in values) / len(values) if values else 0.0


def nearest_rank(values: tuple[float, ...], share: float) -> float:
    """The value that `share` of the values do not exceed.

    >>> nearest_rank((1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 0.9)
    9
    """
    ordered = sorted(values)
    return ordered[max(1, int(-(-len(ordered) * share // 1))) - 1]


def seen_in(
    series: Series, what: str, value: str, threshold: str | None = None, subject: str | None = None
) -> Evidence:
    """A metric as evidence."""
    return Evidence(
        what=what,
        value=value,
        threshold=threshold,
        source=f"CloudWatch {series.metric} {series.stat}, {SPOKEN[series.window]}",
        subject=subject,
    )
