"""What a metric alarm says: M of N periods against a threshold, and what missing periods count for.

The verdict follows CloudWatch's published table for missing data (user guide, "configuring how alarms treat missing
data", recalled, verify): the most recent N points that exist decide; only when fewer exist in the range of evaluation
(N periods and two more) does TreatMissingData fill the rest.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from rdsops.lab.cloudwatch.arithmetic import Line
from rdsops.lab.cloudwatch.reading import DataRequest
from rdsops.lab.cloudwatch.refusals import invalid
from rdsops.lab.cloudwatch.store import MetricStore, Place

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

EXTRA_PERIODS = 2
"""Periods read beyond N, to find points when some are missing."""

COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")


@dataclass(slots=True, kw_only=True)
class Alarm:
    """One alarm: what was asked for, and the state it is in. settled: the last second at which it was evaluated."""

    place: Place
    asked: dict[str, Any]
    configured: datetime
    settled: int
    state: State = "INSUFFICIENT_DATA"
    reason: str = "Unchecked: Initial alarm creation"
    reason_data: str | None = None
    updated: datetime
    transitioned: datetime
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.asked["AlarmName"])

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudwatch:{self.place.region}:{self.place.account}:alarm:{self.name}"

    @property
    def needed(self) -> int:
        """M of "M of N"."""
        return int(self.asked.get("DatapointsToAlarm") or self.asked["EvaluationPeriods"])

    @property
    def periods(self) -> int:
        """N of "M of N"."""
        return int(self.asked["EvaluationPeriods"])

    @property
    def period_s(self) -> int:
        return max(int(query["MetricStat"]["Period"]) for query in self.queries() if "MetricStat" in query)

    def queries(self) -> list[dict[str, Any]]:
        """The alarm's metric as queries of GetMetricData, one of which is returned."""
        if "Metrics" in self.asked:
            return list(self.asked["Metrics"])
        metric = {name: self.asked[name] for name in ("Namespace", "MetricName", "Dimensions") if name in self.asked}
        stat = self.asked.get("Statistic") or self.asked["ExtendedStatistic"]
        asked = {"Metric": metric, "Period": self.asked["Period"], "Stat": stat}
        if "Unit" in self.asked:
            asked["Unit"] = self.asked["Unit"]
        return [{"Id": "watched", "MetricStat": asked}]


@dataclass(frozen=True, slots=True)
class Verdict:
    """state None: the alarm keeps the state it has. recent: the points looked at, oldest first."""

    state: State | None
    reason: str
    start: int
    recent: tuple[float, ...]


def judged(alarm: Alarm, store: MetricStore, second: int) -> Verdict:
    """What the alarm says at a second, from the periods that are complete by then."""
    end = second - second % alarm.period_s
    reach = (alarm.periods + EXTRA_PERIODS) * alarm.period_s
    line = watched(alarm, store, end - reach, end, second)
    points = [line.points[at] for at in sorted(line.points)][-alarm.periods :]
    breaks, words = COMPARISONS[alarm.asked["ComparisonOperator"]]
    threshold = float(alarm.asked["Threshold"])
    breaching = sum(breaks(point, threshold) for point in points)
    treatment = alarm.asked.get("TreatMissingData", "missing")
    state = verdict(len(points), breaching, alarm.needed, alarm.periods, treatment)
    return Verdict(state, _reason(alarm, points, breaching, words, threshold, state), end - reach, tuple(points))


def verdict(points: int, breaching: int, needed: int, periods: int, treatment: str) -> State | None:
    """The state for `points` existing of `periods`, `breaching` of them; None to keep the state.

    >>> verdict(3, 2, 2, 3, "missing"), verdict(0, 0, 1, 1, "missing"), verdict(1, 1, 3, 3, "ignore")
    ('ALARM', 'INSUFFICIENT_DATA', None)
    """
    absent = periods - points
    if treatment == "breaching":
        return "ALARM" if breaching + absent >= needed else "OK"
    if breaching >= needed:
        return "ALARM"
    if absent == 0 or treatment == "notBreaching" or points > breaching:
        return "OK"
    if treatment == "ignore":
        return None
    return "ALARM" if points else "INSUFFICIENT_DATA"


def watched(alarm: Alarm, store: MetricStore, start: int, end: int, now: int) -> Line:
    """The one series that the alarm watches."""
    queries = alarm.queries()
    returned = [query for query in queries if query.get("ReturnData", True)]
    if len(returned) != 1:
        raise invalid("Exactly one element of the Metrics list should return data.")
    lines = DataRequest(store, alarm.place, queries, start, end, now).lines(returned[0])
    if len(lines) != 1:
        raise invalid("An alarm watches one time series; this expression yields several or none.")
    return lines[0]


def _reason(
    alarm: Alarm, points: list[float], breaching: int, words: str, threshold: float, state: State | None
) -> str:
    if not points:
        treated = alarm.asked.get("TreatMissingData", "missing")
        if state in (None, "INSUFFICIENT_DATA"):
            return f"Insufficient Data: no datapoints were received in the last {alarm.periods} periods."
        return f"No datapoints were received for {alarm.periods} periods and missing datapoints count as {treated}."
    shown = ", ".join(f"{point:.6g}" for point in points)
    plural = "was" if breaching == 1 else "were"
    verb = "Threshold Crossed" if state == "ALARM" else "Threshold not crossed"
    return (
        f"{verb}: {breaching} of the last {len(points)} datapoints [{shown}] {plural} {words} the threshold "
        f"({threshold:.6g}); {alarm.needed} of {alarm.periods} make an alarm."
    )
