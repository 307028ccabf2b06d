"""Dynamic labels of GetMetricData: ${PROP('…')} and the reductions ${AVG} ${MIN} ${MAX} ${SUM} ${FIRST} ${LAST}."""

from __future__ import annotations

import re
from collections.abc import Callable

from rdsops.lab.cloudwatch.arithmetic import Line
from rdsops.lab.cloudwatch.refusals import not_emulated

_PART = re.compile(r"\$\{([^}]*)\}")
_PROP = re.compile(r"PROP\('([^']+)'\)")
_REDUCTIONS: dict[str, Callable[[list[float]], float]] = {
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
    "SUM": sum,
    "FIRST": lambda values: values[0],
    "LAST": lambda values: values[-1],
}


def labelled(template: str | None, line: Line) -> str:
    """The label of a series: the template with its parts filled in, or the default label."""
    if template is None:
        return line.label
    return _PART.sub(lambda part: _value(part[1].strip(), line), template)


def default_label(line_name: str, values: tuple[str, ...]) -> str:
    """What SEARCH calls a series: its dimension values, then the metric.

    >>> default_label("CPUUtilization", ("orders-1",))
    'orders-1 CPUUtilization'
    """
    return " ".join((*values, line_name))


def _value(name: str, line: Line) -> str:
    if matched := _PROP.fullmatch(name):
        return _property(matched[1], line)
    if name == "LABEL":
        return line.label
    values = [line.points[at] for at in sorted(line.points)]
    if name not in _REDUCTIONS:
        raise not_emulated(f"the dynamic label ${{{name}}}")
    return f"{_REDUCTIONS[name](values):.6g}" if values else "--"


def _property(name: str, line: Line) -> str:
    if name == "Period":
        return str(line.period_s)
    if name == "Stat":
        return line.stat
    key = line.metric
    if key is None:
        return ""
    if name.startswith("Dim."):
        return dict(key.dimensions).get(name.removeprefix("Dim."), "")
    known = {
        "MetricName": key.name,
        "Namespace": key.namespace,
        "Region": key.place.region,
        "AccountId": key.place.account,
    }
    if name not in known:
        raise not_emulated(f"the dynamic label property {name}")
    return known[name]
