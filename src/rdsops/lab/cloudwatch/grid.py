"""When a point belongs to which bucket: periods, the rounding of a start, and how long a resolution is kept.

Source: botocore 1.44.5, texts of GetMetricData and GetMetricStatistics, read 2026-11-23.
"""

from __future__ import annotations

from datetime import UTC, datetime

MINUTE = 60
HOUR = 3600
DAY = 86400

FINE_PERIODS_S = (1, 5, 10, 20, 30)
"""The periods under a minute."""

KEPT: tuple[tuple[int, int], ...] = ((HOUR, 455 * DAY), (300, 63 * DAY), (MINUTE, 15 * DAY), (1, 3 * HOUR))
"""(resolution, seconds it is kept): under a minute 3 hours, a minute 15 days, 5 minutes 63 days, an hour 455 days."""


def why_not(period_s: int) -> str | None:
    """What is wrong with a period; None when it may be asked for.

    >>> why_not(300) is None, why_not(90)
    (True, 'Period must be 1, 5, 10, 20, 30 or any multiple of 60')
    """
    if period_s in FINE_PERIODS_S or (period_s >= MINUTE and period_s % MINUTE == 0):
        return "Period must be at most 86400 seconds" if period_s > DAY else None
    return "Period must be 1, 5, 10, 20, 30 or any multiple of 60"


def first_second(start: int, period_s: int, now: int) -> int:
    """The start of the first bucket: the start rounded as AWS rounds it by age, then down to the period's own grid.

    >>> first_second(125, 60, 1000), first_second(125, 10, 1000)
    (120, 120)
    """
    if period_s < MINUTE:
        return start - start % period_s
    age = now - start
    coarse = MINUTE if age < 15 * DAY else 300 if age < 63 * DAY else HOUR
    start -= start % coarse
    return start - start % period_s


def oldest_kept(period_s: int, now: int) -> int:
    """The first second that still has points at this period."""
    for resolution, kept in KEPT:
        if period_s % resolution == 0:
            return now - kept
    return now


def seconds(at: datetime) -> int:
    """Whole epoch seconds, rounded down."""
    return int(at.timestamp() // 1)


def ceiling(at: datetime) -> int:
    """Whole epoch seconds, rounded up: an exclusive end keeps the second that it cuts."""
    return int(-(-at.timestamp() // 1))


def moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
