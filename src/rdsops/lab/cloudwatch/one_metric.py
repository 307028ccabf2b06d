"""GetMetricStatistics: one metric, several statistics, a point for each bucket and unit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rdsops.lab.cloudwatch.grid import ceiling, first_second, moment, seconds, why_not
from rdsops.lab.cloudwatch.reading import metric_key
from rdsops.lab.cloudwatch.refusals import missing, wrong_combination, wrong_value
from rdsops.lab.cloudwatch.statistics import statistic
from rdsops.lab.cloudwatch.store import MetricStore, Place

MOST_STATISTICS_POINTS = 1440
"""botocore 1.44.5, GetMetricStatistics, read 2026-11-23."""


def get_metric_statistics(store: MetricStore, place: Place, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
    """GetMetricStatistics: one metric, several statistics, a point for each bucket and unit."""
    plain, extended = asked.get("Statistics") or [], asked.get("ExtendedStatistics") or []
    if not plain and not extended:
        raise missing("Statistics")
    if plain and extended:
        raise wrong_combination("Statistics and ExtendedStatistics cannot be given together.")
    if asked["StartTime"] >= asked["EndTime"]:
        raise wrong_combination("The parameter StartTime must be less than the parameter EndTime.")
    period_s = asked["Period"]
    if (fault := why_not(period_s)) is not None:
        raise wrong_value(f"The value {period_s} for parameter Period is invalid: {fault}.")
    now_s = seconds(now)
    start, end = first_second(seconds(asked["StartTime"]), period_s, now_s), ceiling(asked["EndTime"])
    if (end - start) / period_s > MOST_STATISTICS_POINTS:
        raise wrong_combination(
            f"You have requested up to {-(-(end - start) // period_s)} datapoints, which exceeds the limit of "
            f"{MOST_STATISTICS_POINTS}."
        )
    of = {name: statistic(name) for name in (*plain, *extended)}
    for name, found_statistic in of.items():
        if found_statistic is None:
            raise wrong_value(f"rdsops lab: not emulated: the statistic {name}")
    key = metric_key(place, asked)
    points: list[dict[str, Any]] = []
    for unit in (asked["Unit"],) if asked.get("Unit") else store.units(key):
        for bucket in store.buckets(key, start, end, period_s, now=now_s, unit=unit, raw=bool(extended)):
            values = {name: one(bucket) for name, one in of.items() if one is not None}
            known = {name: value for name, value in values.items() if value is not None}
            if known:
                shown = {"ExtendedStatistics": known} if extended else known
                points.append({"Timestamp": moment(bucket.start), **shown, "Unit": unit})
    return {"Label": key.name, "Datapoints": sorted(points, key=lambda point: point["Timestamp"])}
