"""PutMetricData: what CloudWatch accepts, and under which limits. Sources: botocore 1.44.5, read 2026-11-23."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rdsops.lab.cloudwatch.grid import DAY, HOUR, MINUTE, seconds
from rdsops.lab.cloudwatch.points import Row
from rdsops.lab.cloudwatch.reading import metric_key
from rdsops.lab.cloudwatch.refusals import missing, wrong_combination, wrong_value
from rdsops.lab.cloudwatch.store import MetricKey, MetricStore, Place

MOST_METRICS = 1000
MOST_VALUES = 150
MOST_DIMENSIONS = 30
GREATEST = 2.0**360
BACK_S = 14 * DAY
AHEAD_S = 2 * HOUR


def put_metric_data(store: MetricStore, place: Place, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
    """All or nothing: each datum is checked before the first is stored."""
    namespace = asked["Namespace"]
    if namespace.startswith(":"):
        raise wrong_value("The value for parameter Namespace must not start with a colon.")
    if namespace.startswith("AWS/"):
        raise wrong_value("The value AWS/ for parameter Namespace is invalid: it is reserved for services.")
    if asked.get("EntityMetricData"):
        raise wrong_value("rdsops lab: not emulated: EntityMetricData")
    data = asked.get("MetricData") or []
    if not data:
        raise missing("MetricData")
    if len(data) > MOST_METRICS:
        raise wrong_value(f"The collection MetricData must not have a size greater than {MOST_METRICS}.")
    now_s = seconds(now)
    checked = [_datum(place, namespace, datum, number, now_s) for number, datum in enumerate(data, 1)]
    for key, unit, rows in checked:
        store.add(key, unit, rows, now=now_s)
    return {}


def _datum(
    place: Place, namespace: str, datum: dict[str, Any], number: int, now_s: int
) -> tuple[MetricKey, str, tuple[Row, ...]]:
    name = f"MetricData.member.{number}"
    if len(datum.get("Dimensions") or ()) > MOST_DIMENSIONS:
        raise wrong_value(f"The collection {name}.Dimensions must not have a size greater than {MOST_DIMENSIONS}.")
    resolution = datum.get("StorageResolution", MINUTE)
    if resolution not in (1, MINUTE):
        raise wrong_value(f"The value {resolution} for parameter {name}.StorageResolution must be 1 or 60.")
    at = seconds(datum["Timestamp"]) if datum.get("Timestamp") else now_s
    if not now_s - BACK_S <= at <= now_s + AHEAD_S:
        raise wrong_value(
            f"The parameter {name}.Timestamp must specify a time within the past two weeks and the next two hours."
        )
    at -= at % resolution
    key = metric_key(place, {**datum, "Namespace": namespace})
    return key, datum.get("Unit", "None"), tuple(_rows(datum, name, at))


def _rows(datum: dict[str, Any], name: str, at: int) -> Iterator[Row]:
    given = [member for member in ("Value", "StatisticValues", "Values") if datum.get(member) is not None]
    if len(given) > 1:
        raise wrong_combination(f"The parameters {name}.{given[0]} and {name}.{given[1]} are mutually exclusive.")
    if not given:
        raise missing(f"{name}.Value")
    if given == ["Value"]:
        yield Row.of(at, _number(datum["Value"], f"{name}.Value"))
    elif given == ["StatisticValues"]:
        yield _set(datum["StatisticValues"], f"{name}.StatisticValues", at)
    else:
        values, counts = datum["Values"], datum.get("Counts") or [1.0] * len(datum["Values"])
        if len(values) > MOST_VALUES:
            raise wrong_value(f"The collection {name}.Values must not have a size greater than {MOST_VALUES}.")
        if len(values) != len(counts):
            raise wrong_value(f"The parameters {name}.Values and {name}.Counts must be of the same size.")
        for value, count in zip(values, counts, strict=True):
            if _number(count, f"{name}.Counts") <= 0:
                raise wrong_value(f"The value {count} for parameter {name}.Counts must be greater than zero.")
            yield Row.of(at, _number(value, f"{name}.Values"), float(count))


def _set(given: dict[str, Any], name: str, at: int) -> Row:
    count, total, low, high = (
        _number(given[member], f"{name}.{member}") for member in ("SampleCount", "Sum", "Minimum", "Maximum")
    )
    if count <= 0:
        raise wrong_value(f"The value {count} for parameter {name}.SampleCount must be greater than zero.")
    if low > high:
        raise wrong_value(f"The parameter {name}.Maximum must be greater than {name}.Minimum.")
    if not low * count - _slack(low * count) <= total <= high * count + _slack(high * count):
        raise wrong_value(f"The parameter {name}.Sum does not lie between Minimum and Maximum times SampleCount.")
    return Row(at, count, total, low, high)


def _slack(amount: float) -> float:
    return 1e-9 * abs(amount)


def _number(value: Any, name: str) -> float:
    number = float(value)
    if not math.isfinite(number) or abs(number) > GREATEST:
        raise wrong_value(f"The value {number} for parameter {name} is invalid.")
    return number
