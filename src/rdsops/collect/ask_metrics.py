"""Asking CloudWatch for series: 500 a call, pages followed, and one bad query never loses the others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rdsops.aws.errors import INVALID_INPUT, AwsError, Failed
from rdsops.collect import operations as ops
from rdsops.collect.asking import Asking
from rdsops.collect.fields import Troubles
from rdsops.collect.metrics import BATCH, Wanted, grid, results, series_of
from rdsops.core.ids import Place
from rdsops.fleet.series import Series, Window

_PAGES = 50
"""A batch of 500 series of 201 points is one page; far more means that the service leads us in a circle."""


def batches(wanted: list[Wanted]) -> Iterator[list[Wanted]]:
    """Calls to make: one window each, because a call has one start."""
    for window in Window:
        ours = [one for one in wanted if one.window is window]
        yield from (ours[start : start + BATCH] for start in range(0, len(ours), BATCH))


def ask_batch(asking: Asking, place: Place, batch: list[Wanted], now: datetime) -> list[Series]:
    """The series of one batch that have points. What was refused is in the ledger."""
    if asking.ledger.closed(ops.METRICS.action, place):
        return []
    try:
        found = _read(asking, place, batch, now)
    except AwsError as error:
        if error.code in INVALID_INPUT and len(batch) > 1:
            # AWS names the query it minds only in prose: halve until the rest is through.
            middle = len(batch) // 2
            return [
                *ask_batch(asking, place, batch[:middle], now),
                *ask_batch(asking, place, batch[middle:], now),
            ]
        asked = ops.METRICS.action if len(batch) > 1 else f"cloudwatch:{batch[0].metric}"
        asking.ledger.refused(asked if error.code in INVALID_INPUT else ops.METRICS.action, place, error)
        return []
    series: dict[tuple[Any, str, str, Window], Series] = {}
    for one, points in found:
        told = series_of(one, points, now)
        if told is not None:
            series.setdefault((one.subject, one.metric, one.stat, one.window), told)
    return list(series.values())


def _read(
    asking: Asking, place: Place, batch: list[Wanted], now: datetime
) -> list[tuple[Wanted, list[tuple[datetime, float]]]]:
    """Each query with its points, pages joined. A page that breaks leaves the queries that were complete by then."""
    start, end, _ = grid(batch[0].window, now)
    request: dict[str, Any] = {
        "MetricDataQueries": [one.query(f"q{number}") for number, one in enumerate(batch)],
        "StartTime": start,
        "EndTime": end,
        "ScanBy": "TimestampAscending",
    }
    points: dict[str, list[tuple[datetime, float]]] = {f"q{number}": [] for number in range(len(batch))}
    status: dict[str, str] = {}
    troubles = Troubles()
    for page in range(_PAGES):
        try:
            answer = asking.door.ask(ops.METRICS.service, ops.METRICS.name, place, request)
        except AwsError as error:
            if page == 0:
                raise
            asking.ledger.refused(ops.METRICS.action, place, error)
            break
        for told in results(answer, troubles):
            if told.id in points:
                points[told.id].extend(told.points)
                status[told.id] = told.status
        token = answer.get("NextToken")
        if not token:
            break
        request["NextToken"] = token
    else:
        asking.ledger.refused(ops.METRICS.action, place, Failed(ops.METRICS.action, "EndlessPages", ""))
    if troubles.told:
        asking.ledger.malformed(ops.METRICS.action, place, troubles.told)
    asking.tell(f"{place} {ops.METRICS.action}: {len(batch)} series of the {batch[0].window}")
    return list(_complete(asking, place, batch, points, status))


def _complete(
    asking: Asking,
    place: Place,
    batch: list[Wanted],
    points: dict[str, list[tuple[datetime, float]]],
    status: dict[str, str],
) -> Iterator[tuple[Wanted, list[tuple[datetime, float]]]]:
    for number, one in enumerate(batch):
        told = status.get(f"q{number}")
        if told == "Complete":
            yield one, points[f"q{number}"]
        elif told is not None:
            # Half a series would pass for one with holes.
            metric = f"cloudwatch:{one.metric}"
            asking.ledger.refused(metric, place, Failed(metric, told, "CloudWatch did not give the whole series"))
