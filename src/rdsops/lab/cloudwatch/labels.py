"""Dynamic labels of GetMetricData: ${PROP('…')} and the reductions ${AVG} ${MIN} ${MAX} ${SUM} ${FIRST} ${LAST}."""

from __future__ import annotations

import re

from rdsops.lab.cloudwatch.arithmetic import Line
from rdsops.lab.cloudwatch.refusals import not_emulated

_PART = re.compile(r"\$\{([^}]*)\}")
_PROP = re.compile(r"PROP\('([^']+)'\)")


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
    reductions = {
        "AVG": lambda: sum(values) / len(values),
        "MIN": lambda: min(values),
        "MAX": lambda: max(values),
        "SUM": lambda: sum(values),
        "FIRST": lambda: values[0],
        "LAST": lambda: values[-1],
    }
    if name not in reductions:
        raise not_emulated(f"the dynamic label ${{{name}}}")
    return f"{reductions[name]():.6g}" if values else "--"


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
