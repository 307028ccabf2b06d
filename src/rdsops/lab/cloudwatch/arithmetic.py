"""Metric math, computed: what a tree of an expression yields over the series of one request.

A point that is not a number (division by zero) is dropped and the result says so, as AWS does; series of different
periods are not mixed but refused.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

from rdsops.lab.cloudwatch.expressions import Array, Binary, Call, Minus, Name, Node, Number, Text
from rdsops.lab.cloudwatch.refusals import invalid, not_emulated
from rdsops.lab.cloudwatch.store import MetricKey


@dataclass(frozen=True, slots=True)
class Line:
    """A time series: bucket start -> value. dropped: points were left out because they were not numbers."""

    label: str
    period_s: int
    points: Mapping[int, float]
    metric: MetricKey | None = None
    stat: str = ""
    dropped: bool = field(default=False)


Value: TypeAlias = float | Line | tuple[Line, ...]
"""What an expression can be: a scalar, a series, an array of series."""


class Request(Protocol):
    """What an expression may look at while it is computed."""

    def by_id(self, name: str) -> Value: ...

    def metrics(self, containing: str) -> tuple[Line, ...]: ...

    def search(self, query: str, stat: str, period_s: int | None) -> tuple[Line, ...]: ...

    def grid(self, period_s: int) -> range:
        """The bucket starts of the request at that period."""


_FOLDS: dict[str, Callable[[Sequence[float]], float]] = {
    "SUM": math.fsum,
    "AVG": lambda values: math.fsum(values) / len(values),
    "MIN": min,
    "MAX": max,
}
_EACH: dict[str, Callable[[float], float]] = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor}


def _power(left: float, right: float) -> float:
    try:
        result = left**right
    except (OverflowError, ZeroDivisionError):
        return math.nan
    return math.nan if isinstance(result, complex) else float(result)


_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: left / right if right else math.nan,
    "^": _power,
    "<": lambda left, right: float(left < right),
    "<=": lambda left, right: float(left <= right),
    ">": lambda left, right: float(left > right),
    ">=": lambda left, right: float(left >= right),
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    "AND": lambda left, right: float(bool(left) and bool(right)),
    "OR": lambda left, right: float(bool(left) or bool(right)),
}


def computed(node: Node, request: Request) -> Value:
    """The value of a tree; ValidationError when its parts do not fit together."""
    match node:
        case Number(value):
            return value
        case Name(name):
            return request.by_id(name)
        case Array(items):
            return _array(items, request)
        case Minus(of):
            return _mapped(computed(of, request), operator.neg)
        case Binary(sign, left, right):
            return _combined(_OPERATORS[sign], computed(left, request), computed(right, request))
        case Call(function, arguments):
            return _called(function, arguments, request)
        case Text(value):
            raise invalid(f"'{value}' is a text where a number or a series is expected")


def _array(items: tuple[Node, ...], request: Request) -> tuple[Line, ...]:
    found: list[Line] = []
    for item in items:
        value = computed(item, request)
        if isinstance(value, Line):
            found.append(value)
        elif isinstance(value, tuple):
            found += value
        else:
            raise invalid("an array holds time series, not numbers")
    return tuple(found)


def _called(function: str, arguments: tuple[Node, ...], request: Request) -> Value:
    match function, arguments:
        case "METRICS", ():
            return request.metrics("")
        case "METRICS", (Text(part),):
            return request.metrics(part)
        case "SEARCH", (Text(query), Text(stat)):
            return request.search(query, stat, None)
        case "SEARCH", (Text(query), Text(stat), Number(period)):
            return request.search(query, stat, int(period))
        case "FILL", (series, Name(("REPEAT" | "LINEAR") as how)):
            return _each_line(computed(series, request), lambda line: _filled(line, how, request))
        case "FILL", (series, other):
            filling = computed(other, request)
            return _each_line(computed(series, request), lambda line: _filled(line, filling, request))
        case "IF", (condition, then):
            return _chosen(computed(condition, request), computed(then, request), None)
        case "IF", (condition, then, otherwise):
            return _chosen(computed(condition, request), computed(then, request), computed(otherwise, request))
        case (("SUM" | "AVG" | "MIN" | "MAX"), (one,)):
            return _folded(_FOLDS[function], computed(one, request))
        case (("ABS" | "CEIL" | "FLOOR"), (one,)):
            return _mapped(computed(one, request), _EACH[function])
        case "PERIOD", (one,):
            value = computed(one, request)
            if isinstance(value, Line):
                return float(value.period_s)
            raise invalid("PERIOD() takes one time series")
        case "RATE", (one,):
            return _each_line(computed(one, request), lambda line: _stepped(line, lambda rise, took: rise / took))
        case "DIFF", (one,):
            return _each_line(computed(one, request), lambda line: _stepped(line, lambda rise, _: rise))
    raise invalid(f"the arguments of {function}() are not those that it takes")


def _folded(fold: Callable[[Sequence[float]], float], value: Value) -> Value:
    if isinstance(value, Line):
        return fold(list(value.points.values())) if value.points else math.nan
    if isinstance(value, float):
        return value
    if not value:
        return ()
    together: dict[int, list[float]] = {}
    for line in value:
        for at, number in line.points.items():
            together.setdefault(at, []).append(number)
    return Line("", _one_period(value), {at: fold(together[at]) for at in sorted(together)})


def _mapped(value: Value, function: Callable[[float], float]) -> Value:
    if isinstance(value, float):
        return float(function(value))
    return _each_line(value, lambda line: _clean(line, {at: function(number) for at, number in line.points.items()}))


def _combined(function: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if isinstance(left, float) and isinstance(right, float):
        return function(left, right)
    if isinstance(left, tuple):
        if isinstance(right, tuple):
            raise invalid("two arrays of time series cannot be combined; reduce one of them first")
        return tuple(_as_line(_combined(function, line, right)) for line in left)
    if isinstance(right, tuple):
        return tuple(_as_line(_combined(function, left, line)) for line in right)
    if isinstance(left, Line) and isinstance(right, Line):
        period = _one_period((left, right))
        points = {at: function(number, right.points[at]) for at, number in left.points.items() if at in right.points}
        return _clean(replace(left, period_s=period, dropped=left.dropped or right.dropped), points)
    if isinstance(left, Line):
        assert isinstance(right, float)
        return _clean(left, {at: function(number, right) for at, number in left.points.items()})
    assert isinstance(right, Line) and isinstance(left, float)
    return _clean(right, {at: function(left, number) for at, number in right.points.items()})


def _chosen(condition: Value, then: Value, otherwise: Value | None) -> Value:
    if isinstance(condition, tuple) or isinstance(then, tuple) or isinstance(otherwise, tuple):
        raise not_emulated("IF() over arrays of time series")
    if isinstance(condition, float):
        if otherwise is None:
            raise invalid("IF() of a number needs a third argument")
        return then if condition else otherwise
    lines = tuple(value for value in (condition, then, otherwise) if isinstance(value, Line))
    points: dict[int, float] = {}
    for at, flag in condition.points.items():
        source = then if flag else otherwise
        number = source.points.get(at) if isinstance(source, Line) else source
        if number is not None:
            points[at] = number
    return Line(condition.label, _one_period(lines), points)


def _filled(line: Line, how: Value | str, request: Request) -> Line:
    points: dict[int, float] = {}
    grid = request.grid(line.period_s)
    if how == "LINEAR":
        return replace(line, points=_interpolated(line, grid))
    last: float | None = None
    for at in grid:
        if at in line.points:
            points[at] = last = line.points[at]
        elif how == "REPEAT":
            if last is not None:
                points[at] = last
        elif isinstance(how, Line):
            if at in how.points:
                points[at] = how.points[at]
        elif isinstance(how, float):
            points[at] = how
        else:
            raise invalid("FILL() fills with a number, a series, REPEAT or LINEAR")
    return replace(line, points=points)


def _interpolated(line: Line, grid: range) -> dict[int, float]:
    known = sorted(line.points)
    points = dict(line.points)
    for before, after in itertools.pairwise(known):
        slope = (line.points[after] - line.points[before]) / (after - before)
        for at in range(before + line.period_s, after, line.period_s):
            points[at] = line.points[before] + slope * (at - before)
    return {at: points[at] for at in grid if at in points}


def _stepped(line: Line, step: Callable[[float, int], float]) -> Line:
    """Each point against the point before it; the first has none."""
    ordered = sorted(line.points)
    points = {
        at: step(line.points[at] - line.points[before], at - before) for before, at in itertools.pairwise(ordered)
    }
    return replace(line, points=points)


def _each_line(value: Value, function: Callable[[Line], Line]) -> Value:
    if isinstance(value, Line):
        return function(value)
    if isinstance(value, tuple):
        return tuple(function(line) for line in value)
    raise invalid("a time series is expected where a number stands")


def _as_line(value: Value) -> Line:
    assert isinstance(value, Line)
    return value


def _clean(line: Line, points: Mapping[int, float]) -> Line:
    finite = {at: float(number) for at, number in points.items() if math.isfinite(number)}
    return replace(line, points=finite, dropped=line.dropped or len(finite) < len(points))


def _one_period(lines: Sequence[Line]) -> int:
    periods = sorted({line.period_s for line in lines})
    if len(periods) > 1:
        raise not_emulated(f"metric math over different periods ({', '.join(map(str, periods))} s)")
    return periods[0]
