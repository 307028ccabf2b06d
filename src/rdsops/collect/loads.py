"""Performance Insights: top waits and statements, asked only where CloudWatch shows more load than vCPUs.

PI has no batch: two calls an instance. Statement texts lose their literals here, before anything keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from rdsops.collect import operations as ops
from rdsops.collect.asking import Asking
from rdsops.collect.fields import Fields, Malformed, known
from rdsops.collect.metrics import Classes
from rdsops.core.ids import InstanceRef
from rdsops.engines.scrub import scrubbed
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Load, TopStatement
from rdsops.fleet.seen import UNSEEN
from rdsops.fleet.series import Series, Window

WINDOW = timedelta(days=1)
_PERIOD_S = 3600
_ROWS = 10
"""Of at most 25 a call (read: botocore 1.43, 2026-11-23)."""
LONGEST = 500
"""Where PI cuts a text, in bytes (read: botocore 1.43, 2026-11-23)."""


def busy(instances: Iterable[Instance], series: Mapping[InstanceRef, Series], classes: Classes) -> list[Instance]:
    """Instances whose load exceeded their vCPUs for an hour of the week, or whose vCPUs no table has.

    series: DBLoad, hourly averages of the week. Without points there was no load to look into. Serverless instances
    get their vCPUs from their load.
    """
    found = []
    for instance in instances:
        load = series.get(instance.ref)
        if load is None or instance.is_serverless or not instance.has_seen("resource_id"):
            continue
        size = classes.get(instance.instance_class)
        if size is None or load.highest > size.vcpu:
            found.append(instance)
    return found


def ask_load(asking: Asking, instance: Instance, now: datetime) -> Load:
    """Both questions of one instance; what was refused stays unseen."""
    end = now.replace(minute=0, second=0, microsecond=0)
    start = end - WINDOW
    flavour = "postgres" if "postgres" in instance.engine else "mysql"
    waits = _ask(asking, instance, start, end, "db.wait_event", _waits)
    top = _ask(asking, instance, start, end, "db.sql_tokenized", partial(_statements, flavour))
    return Load(
        instance=instance.ref,
        window_s=int(WINDOW.total_seconds()),
        by_wait=UNSEEN if waits is None else waits,
        top=UNSEEN if top is None else top,
    )


def load_key(series: Series) -> bool:
    return (series.metric, series.stat, series.window) == ("DBLoad", "Average", Window.WEEK)


def _ask(asking: Asking, instance: Instance, start: datetime, end: datetime, group: str, parse: Any) -> Any:
    request = {
        "ServiceType": "RDS",
        "Identifier": instance.resource_id,
        "StartTime": start,
        "EndTime": end,
        "Metric": "db.load.avg",
        "PeriodInSeconds": _PERIOD_S,
        "GroupBy": {"Group": group, "Limit": _ROWS},
    }
    asking.tell(f"{instance.ref.place} {ops.LOADS.action}: {instance.ref} by {group}")
    return asking.one(ops.LOADS, instance.ref.place, request, parse)


def _waits(fields: Fields) -> dict[str, float]:
    rows = _rows(fields)
    found: dict[str, float] = {}
    for dimensions, total in rows:
        kind, name = dimensions.get("db.wait_event.type"), dimensions.get("db.wait_event.name")
        if name is not None:
            found[f"{kind}:{name}" if kind and kind != name else name] = total
    return found


def _statements(flavour: str, fields: Fields) -> tuple[TopStatement, ...]:
    found = []
    for dimensions, total in _rows(fields):
        digest = dimensions.get("db.sql_tokenized.id")
        if digest is not None:
            text = dimensions.get("db.sql_tokenized.statement")
            found.append(
                TopStatement(digest=digest, load=total, text=None if text is None else scrubbed(text, flavour, LONGEST))
            )
    return tuple(found)


def _rows(fields: Fields) -> list[tuple[Mapping[str, str], float]]:
    """Keys with their load, heaviest first; the total row, which has no dimensions, is left out."""
    rows = known(fields.rows("Keys", _row, ()))
    return sorted((row for row in rows if row[0]), key=lambda row: -row[1])


def _row(fields: Fields) -> tuple[Mapping[str, str], float]:
    below = fields.below("Dimensions")
    dimensions = {} if below is None else {name: value for name, value in below.items() if isinstance(value, str)}
    total = fields.amount("Total")
    if total is UNSEEN:
        raise Malformed("a key without Total")
    return dimensions, total
