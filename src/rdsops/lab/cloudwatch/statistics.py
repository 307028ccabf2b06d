"""What one bucket says under the name of a statistic: the plain five, percentiles (p99.9) and trimmed means (tm90).

The other extended statistics of CloudWatch (tc, ts, wm, IQM, PR, TM(a:b), …) are refused by name by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from rdsops.lab.cloudwatch.points import Bucket, Raw

Statistic: TypeAlias = Callable[[Bucket], float | None]
"""None: the bucket has points, but not what this statistic needs."""

PLAIN: dict[str, Statistic] = {
    "SampleCount": lambda bucket: bucket.count,
    "Average": lambda bucket: bucket.total / bucket.count if bucket.count else None,
    "Sum": lambda bucket: bucket.total,
    "Minimum": lambda bucket: bucket.low,
    "Maximum": lambda bucket: bucket.high,
}

_EXTENDED = re.compile(r"(p|tm)(\d{1,3}(?:\.\d{1,10})?)")


def statistic(name: str) -> Statistic | None:
    """The statistic of that name; None for one that the lab does not compute.

    >>> statistic("p50")(Bucket(0, 3, 6, 1, 3, ((1, 1), (3, 1), (2, 1))))
    2
    >>> statistic("wm90") is None
    True
    """
    if name in PLAIN:
        return PLAIN[name]
    matched = _EXTENDED.fullmatch(name)
    if matched is None or float(matched[2]) > 100:
        return None
    share = float(matched[2]) / 100
    of = percentile if matched[1] == "p" else trimmed_mean
    return lambda bucket: None if bucket.raw is None or bucket.low < 0 else of(bucket.raw, share)


def needs_raw(name: str) -> bool:
    return name not in PLAIN


def percentile(raw: Raw, share: float) -> float | None:
    """The lowest value that `share` of the samples do not exceed (nearest rank); p0 is the minimum.

    CloudWatch itself answers from a sketch with a small error; nearest rank is what the sketch approximates.
    """
    ordered = sorted(pair for pair in raw if pair[1] > 0)
    if not ordered:
        return None
    goal = share * sum(times for _, times in ordered)
    seen = 0.0
    for value, times in ordered:
        seen += times
        if seen >= goal - 1e-9 * goal:
            return value
    return ordered[-1][0]


def trimmed_mean(raw: Raw, share: float) -> float | None:
    """The mean of the lowest `share` of the samples: tm90 leaves out the highest tenth."""
    ordered = sorted(pair for pair in raw if pair[1] > 0)
    left = share * sum(times for _, times in ordered)
    amount = weight = 0.0
    for value, times in ordered:
        taken = min(times, left - weight)
        if taken <= 0:
            break
        amount += value * taken
        weight += taken
    return amount / weight if weight else None
