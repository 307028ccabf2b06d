"""Generated history of a subject: a profile, a seed and a beginning. Wherever it is counted it is called generated."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rdsops.lab.cloudwatch.curves import Curve, curve_buckets
from rdsops.lab.cloudwatch.grid import DAY, HOUR
from rdsops.lab.cloudwatch.points import Bucket
from rdsops.lab.cloudwatch.profiles import AnyProfile

HISTORY_S = 14 * DAY
"""How far back a generated history reaches from the lab's start."""


class History:
    """The metrics of one subject as functions of time. Two histories of one seed, profile and beginning are equal."""

    __slots__ = ("begins", "profile", "seed")

    def __init__(self, seed: str, profile: AnyProfile, *, begins: int) -> None:
        self.seed = seed
        self.profile = profile
        self.begins = begins

    @classmethod
    def until(cls, now: int, seed: str, profile: AnyProfile) -> History:
        """Fourteen days up to now, and onward while the clock runs; begins on a whole hour."""
        begins = now - HISTORY_S
        return cls(seed, profile, begins=begins - begins % HOUR)

    def units(self) -> Mapping[str, str]:
        return _units(self.profile)

    def buckets(self, metric: str, start: int, end: int, period_s: int, *, raw: bool) -> list[Bucket]:
        curve = _curves(self.profile)[metric]
        return curve_buckets(curve, self.seed, self.begins, start, end, period_s, raw=raw)


@lru_cache(maxsize=256)
def _curves(profile: AnyProfile) -> dict[str, Curve]:
    return dict(profile.curves())


@lru_cache(maxsize=256)
def _units(profile: AnyProfile) -> Mapping[str, str]:
    return {name: curve.unit for name, curve in _curves(profile).items()}
