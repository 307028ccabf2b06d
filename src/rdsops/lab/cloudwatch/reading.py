"""GetMetricData: up to 500 queries over the store, metric math, and pages of at most 100,800 points."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from rdsops.lab.cloudwatch.arithmetic import Line, Value, computed
from rdsops.lab.cloudwatch.expressions import Node, parsed
from rdsops.lab.cloudwatch.grid import ceiling, first_second, moment, seconds, why_not
from rdsops.lab.cloudwatch.labels import default_label, labelled
from rdsops.lab.cloudwatch.refusals import invalid, not_emulated
from rdsops.lab.cloudwatch.searching import found
from rdsops.lab.cloudwatch.statistics import needs_raw, statistic
from rdsops.lab.cloudwatch.store import MetricKey, MetricStore, Place, sorted_dimensions
from rdsops.lab.cloudwatch.tokens import place_of, token

MOST_QUERIES = 500
MOST_POINTS = 100_800
"""botocore 1.44.5, GetMetricData, read 2026-11-23."""

DROPPED = {
    "Code": "ArithmeticError",
    "Value": "One or more data-points have been dropped due to non-numeric values (NaN, -Infinite, +Infinite)",
}
_ID = re.compile(r"[a-z][A-Za-z0-9_]*")


def metric_key(place: Place, metric: Mapping[str, Any]) -> MetricKey:
    """The key of a metric in botocore's words: Namespace, MetricName, Dimensions."""
    dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions") or ()}
    return MetricKey(place, metric["Namespace"], metric["MetricName"], sorted_dimensions(dimensions))


class DataRequest:
    """The queries of one request over [start, end), computed as they are asked for, each once.

    now: the lab's second at which the first page was asked; it decides rounding and retention for all pages.
    """

    def __init__(
        self, store: MetricStore, place: Place, queries: list[dict[str, Any]], start: int, end: int, now: int
    ) -> None:
        self._store = store
        self._place = place
        self._start, self._end, self._now = start, end, now
        self._queries = {query["Id"]: query for query in queries}
        self._trees: dict[str, Node] = {}
        self._values: dict[str, Value] = {}
        self._open: list[str] = []
        self._check(queries)

    def by_id(self, name: str) -> Value:
        if name not in self._queries:
            raise invalid(f"'{name}' is not the Id of a query of this request")
        if name not in self._values:
            if name in self._open:
                raise invalid(f"the expressions {' -> '.join([*self._open, name])} depend on each other")
            self._open.append(name)
            self._values[name] = self._value(self._queries[name])
            self._open.pop()
        return self._values[name]

    def metrics(self, containing: str) -> tuple[Line, ...]:
        wanted = (name for name, query in self._queries.items() if "MetricStat" in query and containing in name)
        lines = (self.by_id(name) for name in wanted)
        return tuple(line for line in lines if isinstance(line, Line))

    def search(self, query: str, stat: str, period_s: int | None) -> tuple[Line, ...]:
        period_s = period_s or self._queries[self._open[-1]].get("Period")
        if period_s is None:
            raise invalid("SEARCH needs a period: as third argument, or as the Period of its query")
        keys = found(query, self._store.keys(self._place))
        return tuple(
            self.line(key, stat, period_s, None, default_label(key.name, tuple(value for _, value in key.dimensions)))
            for key in keys
        )

    def grid(self, period_s: int) -> range:
        return range(first_second(self._start, period_s, self._now), min(self._end, self._now), period_s)

    def line(self, key: MetricKey, stat: str, period_s: int, unit: str | None, label: str) -> Line:
        """One metric under one statistic: a point for each bucket that has one."""
        if (fault := why_not(period_s)) is not None:
            raise invalid(fault)
        of = statistic(stat)
        if of is None:
            raise not_emulated(
                f"the statistic {stat}; the lab has SampleCount, Average, Sum, Minimum, Maximum, pN, tmN"
            )
        start = first_second(self._start, period_s, self._now)
        buckets = self._store.buckets(key, start, self._end, period_s, now=self._now, unit=unit, raw=needs_raw(stat))
        values = ((bucket.start, of(bucket)) for bucket in buckets)
        return Line(label, period_s, {at: value for at, value in values if value is not None}, key, stat)

    def lines(self, query: Mapping[str, Any]) -> list[Line]:
        """What a query returns, labelled: one series, or several for an array; sorted so that pages agree."""
        value = self.by_id(query["Id"])
        if isinstance(value, float):
            raise invalid(f"the expression of '{query['Id']}' yields a number; it must yield a time series")
        several = value if isinstance(value, tuple) else (value,)
        return [replace(line, label=labelled(query.get("Label"), line)) for line in several]

    def _value(self, query: dict[str, Any]) -> Value:
        if "MetricStat" in query:
            asked = query["MetricStat"]
            key = metric_key(self._place, asked["Metric"])
            return self.line(key, asked["Stat"], asked["Period"], asked.get("Unit"), key.name)
        value = computed(self._trees[query["Id"]], self)
        if isinstance(value, Line):
            return replace(value, label=query["Id"], metric=None)
        return value

    def _check(self, queries: list[dict[str, Any]]) -> None:
        if len(queries) > MOST_QUERIES:
            raise invalid(f"The collection MetricDataQueries must not have a size greater than {MOST_QUERIES}.")
        if len(self._queries) < len(queries):
            raise invalid("The values for parameter id in MetricDataQueries are not unique.")
        for query in queries:
            name = query["Id"]
            if not _ID.fullmatch(name):
                raise invalid(
                    f"The Id '{name}' must start with a lowercase letter and hold letters, digits and _ only."
                )
            if ("MetricStat" in query) == ("Expression" in query):
                raise invalid(f"The query '{name}' must have either MetricStat or Expression.")
            if query.get("AccountId", self._place.account) != self._place.account:
                raise not_emulated("metrics of another account (AccountId)")
            if "Expression" in query:
                self._trees[name] = parsed(query["Expression"])
            elif query.get("Period") is not None:
                raise invalid(f"The query '{name}' has MetricStat: its Period belongs there.")


def get_metric_data(store: MetricStore, place: Place, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
    """GetMetricData in botocore's shapes."""
    if asked["StartTime"] >= asked["EndTime"]:
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")
    at_most = asked.get("MaxDatapoints", MOST_POINTS)
    if not 1 <= at_most <= MOST_POINTS:
        raise invalid(f"MaxDatapoints must be between 1 and {MOST_POINTS}.")
    order = asked.get("ScanBy", "TimestampDescending")
    zone = asked.get("LabelOptions", {}).get("Timezone")
    if zone is not None and not re.fullmatch(r"[+-]\d{4}", zone):
        raise invalid("LabelOptions.Timezone must be + or - and four digits.")
    queries: list[dict[str, Any]] = asked["MetricDataQueries"]
    identity = (queries, asked["StartTime"], asked["EndTime"], order)
    place_in_list = place_of(asked["NextToken"], identity) if asked.get("NextToken") else {}
    asked_at = place_in_list.get("now", seconds(now))
    start, end = seconds(asked["StartTime"]), ceiling(asked["EndTime"])
    request = DataRequest(store, place, queries, start, end, asked_at)
    results, rest = _page(request, queries, order == "TimestampDescending", at_most, place_in_list)
    answer: dict[str, Any] = {"MetricDataResults": results, "Messages": []}
    if rest is not None:
        answer["NextToken"] = token(identity, {**rest, "now": asked_at})
    return answer


def _page(
    request: DataRequest, queries: list[dict[str, Any]], newest_first: bool, at_most: int, begin: dict[str, Any]
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """The series from `begin` on until the points are used up; and where the next page begins."""
    results: list[dict[str, Any]] = []
    left = at_most
    for number, name, line in _series(request, queries, begin.get("q", 0)):
        if begin and (number, name) < (begin["q"], begin["s"]):
            continue
        times = sorted(line.points, reverse=newest_first)
        resumed = bool(begin) and (number, name) == (begin["q"], begin["s"])
        if resumed and begin.get("t") is not None:
            last = begin["t"]
            times = [at for at in times if (at < last if newest_first else at > last)]
        if left == 0:
            return results, {"q": number, "s": name, "t": None}
        taken = times[:left]
        left -= len(taken)
        complete = len(taken) == len(times)
        results.append(_result(queries[number]["Id"], line, taken, complete))
        if not complete:
            return results, {"q": number, "s": name, "t": taken[-1] if taken else None}
    return results, None


def _series(request: DataRequest, queries: list[dict[str, Any]], begin: int) -> Iterator[tuple[int, str, Line]]:
    """The series to return, from the query with number `begin` on."""
    for number, query in enumerate(queries):
        if number < begin or not query.get("ReturnData", True):
            continue
        lines = request.lines(query)
        yield from sorted(((number, _name(line), line) for line in lines), key=lambda one: one[1])


def _name(line: Line) -> str:
    return repr(line.metric[1:]) if line.metric is not None else line.label


def _result(name: str, line: Line, times: list[int], complete: bool) -> dict[str, Any]:
    return {
        "Id": name,
        "Label": line.label,
        "Timestamps": [moment(at) for at in times],
        "Values": [line.points[at] for at in times],
        "StatusCode": "Complete" if complete else "PartialData",
        "Messages": [DROPPED] if line.dropped else [],
    }
