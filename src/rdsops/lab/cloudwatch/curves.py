"""Generated values: a curve over the hours of a week, with noise that depends on a seed alone.

An hour has one level; its sixty minutes swing around it by a fixed pattern whose mean is zero. So the average, the
lowest and the highest of any period agree exactly with the minutes it is made of, and a long period costs one step
an hour, not sixty.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

from rdsops.lab.cloudwatch.grid import DAY, HOUR, MINUTE
from rdsops.lab.cloudwatch.points import Bucket

_MASK = (1 << 64) - 1
_FRACTIONS = tuple((place * 0.6180339887498949) % 1.0 for place in range(60))
_MEAN = sum(_FRACTIONS) / 60
_REACH = max(abs(fraction - _MEAN) for fraction in _FRACTIONS)
PATTERN: tuple[float, ...] = tuple((fraction - _MEAN) / _REACH for fraction in _FRACTIONS)
"""The swing of the sixty minutes of an hour, within -1..1, mean zero."""
WHOLE_PATTERN: tuple[float, ...] = tuple(float((place * 7) % 3 - 1) for place in range(60))
"""The same for metrics that count things: -1, 0 or 1."""
_DAILY = tuple(math.cos(hour * math.pi / 12) for hour in range(24))


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """level: the mean. daily: how far the peak hour is above it, as a share. weekend: the factor on Saturday, Sunday.

    noise: share by which an hour strays. swing: share by which a minute strays from its hour. per_day: trend.
    low, high: bounds. whole: it counts things. scale: multiplied at the end. story: noise is shared by one story.
    """

    story: str
    level: float
    unit: str
    daily: float = 0.0
    peak_hour: int = 14
    weekend: float = 1.0
    noise: float = 0.03
    swing: float = 0.05
    per_day: float = 0.0
    low: float = 0.0
    high: float = math.inf
    whole: bool = False
    scale: float = 1.0


def hour_level(curve: Curve, salt: int, hour: int, begins: int) -> tuple[float, float, int]:
    """(level of the hour, reach of its minutes, where the pattern starts), before the scale."""
    chance = mixed(salt + hour)
    weekday = (hour // 24 + 3) % 7
    level = curve.level * (1 + curve.daily * _DAILY[(hour % 24 - curve.peak_hour) % 24])
    if weekday >= 5:
        level *= curve.weekend
    level += curve.per_day * (hour * HOUR - begins) / DAY
    level *= 1 + curve.noise * ((chance & 0xFFFF) / 32768 - 1)
    level = min(max(level, curve.low), curve.high)
    reach = min(curve.swing * abs(level), level - curve.low, curve.high - level)
    if curve.whole:
        level = float(round(level))
        reach = float(min(round(reach), level - curve.low, curve.high - level))
        reach = max(0.0, math.floor(reach))
    return level, reach, (chance >> 16) % 60


def curve_buckets(
    curve: Curve, seed: str, begins: int, start: int, end: int, period_s: int, *, raw: bool
) -> list[Bucket]:
    """The buckets of the whole minutes of [start, end): a minute is one sample."""
    salt = zlib.crc32(f"{seed}/{curve.story}".encode()) << 20
    pattern = WHOLE_PATTERN if curve.whole else PATTERN
    first, last = -(-start // MINUTE), end // MINUTE
    step = max(period_s // MINUTE, 1)
    found: list[Bucket] = []
    hour = -1
    level, reach, turn = 0.0, 0.0, 0
    minute = first
    while minute < last:
        slot = minute - minute % step
        until = min(slot + step, last)
        count = total = 0.0
        least, most = math.inf, -math.inf
        values: list[tuple[float, float]] = []
        while minute < until:
            if minute // 60 != hour:
                hour = minute // 60
                level, reach, turn = hour_level(curve, salt, hour, begins)
                level, reach = level * curve.scale, reach * curve.scale
            here = min(until, (hour + 1) * 60)
            if here - minute == 60 and not raw:
                lowest, highest = level + reach * _BOTTOM[curve.whole], level + reach * _TOP[curve.whole]
                amount = level * 60
            else:
                minutes = [level + reach * pattern[(at + turn) % 60] for at in range(minute, here)]
                lowest, highest, amount = min(minutes), max(minutes), sum(minutes)
                if raw:
                    values += [(value, 1.0) for value in minutes]
            count += here - minute
            total += amount
            least, most = min(least, lowest), max(most, highest)
            minute = here
        found.append(Bucket(slot * MINUTE, count, total, least, most, tuple(values) if raw else None))
    return found


def mixed(number: int) -> int:
    """64 bits that look like chance and depend on the number alone (the finaliser of splitmix64)."""
    number = (number * 0x9E3779B97F4A7C15) & _MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)


_BOTTOM = {False: min(PATTERN), True: min(WHOLE_PATTERN)}
_TOP = {False: max(PATTERN), True: max(WHOLE_PATTERN)}
