"""What a request to Performance Insights asks for, checked: periods, groups, filters; and load summed under them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rdsops.lab.cloudwatch.grid import DAY, ceiling, seconds
from rdsops.lab.endpoint.contract import AwsError
from rdsops.lab.insights.load import LoadSource, Slot
from rdsops.lab.insights.sessions import GROUPS, Session, groups_of, value_of

PERIODS = (1, 60, 300, 3600, DAY)
METRICS = ("db.load.avg", "db.sampledload.avg")
"""One and the same in the lab: nothing is scaled."""
RETAINED_S = 7 * DAY
AIM_POINTS = 200
"""Without a period the lab takes the finest that gives at most this many points (botocore: "roughly 100-200")."""

Key = tuple[str, ...]


def refused(message: str) -> AwsError:
    return AwsError("InvalidArgumentException", message)


@dataclass(frozen=True, slots=True)
class Span:
    """Aligned to the period; end is exclusive."""

    start: int
    end: int
    period_s: int


def span(asked: Mapping[str, Any], now: datetime) -> Span:
    start, end = seconds(asked["StartTime"]), ceiling(asked["EndTime"])
    if start >= end:
        raise refused("StartTime must be earlier than EndTime.")
    if start < seconds(now) - RETAINED_S - 3600:
        raise refused("StartTime must be within the retention of 7 days.")
    period_s = asked.get("PeriodInSeconds")
    if period_s is None:
        period_s = next((one for one in PERIODS if (end - start) / one <= AIM_POINTS), DAY)
    if period_s not in PERIODS:
        raise refused(f"PeriodInSeconds must be one of {', '.join(map(str, PERIODS))}.")
    return Span(start - start % period_s, -(-end // period_s) * period_s, period_s)


def check_metric(metric: str) -> None:
    if metric not in METRICS:
        raise refused(f"The metric {metric} is not known here; the lab answers {', '.join(METRICS)}.")


@dataclass(frozen=True, slots=True)
class Grouping:
    """The dimensions asked for, in order; limit: how many keys."""

    dimensions: tuple[str, ...]
    limit: int | None

    def key(self, session: Session, source: LoadSource) -> Key | None:
        """The values of a session, "" for what the engine did not say; None when it said nothing of the group."""
        values = [value_of(dimension, session, source.text) for dimension in self.dimensions]
        return tuple(value or "" for value in values) if any(values) else None

    def shown(self, key: Key) -> dict[str, str]:
        return {name: value for name, value in zip(self.dimensions, key, strict=True) if value}


def grouping(asked: Mapping[str, Any], source: LoadSource) -> Grouping:
    group = asked["Group"]
    if group not in groups_of(source.family):
        known = ", ".join(groups_of(source.family))
        raise refused(f"The dimension group {group} is not known for this database; the lab answers {known}.")
    wanted = tuple(_full(group, name) for name in asked.get("Dimensions") or GROUPS[group])
    for name in wanted:
        if name not in GROUPS[group]:
            raise refused(f"The dimension {name} is not one of the group {group}.")
    return Grouping(wanted, asked.get("Limit"))


def filtered(slots: Sequence[Slot], wanted: Mapping[str, str] | None, source: LoadSource) -> list[Slot]:
    """The slots with those sessions only that have the dimensions of the filter; the seconds sampled stay."""
    if not wanted:
        return list(slots)
    for name in wanted:
        if not any(name in GROUPS[group] for group in groups_of(source.family)):
            raise refused(f"The dimension {name} of the filter is not known.")
    sessions = {session for slot in slots for session in slot.active}
    fit = {
        session
        for session in sessions
        if all(value_of(name, session, source.text) == value for name, value in wanted.items())
    }
    return [
        Slot(slot.start, slot.seconds, {one: times for one, times in slot.active.items() if one in fit})
        for slot in slots
    ]


def keyed(slots: Iterable[Slot], group: Grouping, source: LoadSource) -> dict[Session, Key | None]:
    """The key of each session that was seen."""
    sessions = {session for slot in slots for session in slot.active}
    return {session: group.key(session, source) for session in sessions}


def ranked(slots: Iterable[Slot], group: Grouping, source: LoadSource) -> list[tuple[Key, float]]:
    """(key, seconds of activity), the heaviest first, then by name."""
    active: dict[Session, float] = {}
    for slot in slots:
        for session, times in slot.active.items():
            active[session] = active.get(session, 0.0) + times
    keys: dict[Key, float] = {}
    for session, times in active.items():
        if (key := group.key(session, source)) is not None:
            keys[key] = keys.get(key, 0.0) + times
    return sorted(keys.items(), key=lambda one: (-one[1], one[0]))


def sampled(slots: Iterable[Slot]) -> int:
    """Seconds that were sampled; gaps do not count."""
    return sum(slot.seconds for slot in slots)


def _full(group: str, name: str) -> str:
    """A dimension by its full or its short name: "statement" of db.sql is db.sql.statement."""
    return name if name.startswith("db.") else f"{group}.{name}"
