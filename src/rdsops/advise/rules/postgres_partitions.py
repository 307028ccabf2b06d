"""Partitions: rows that fell into the default one, and the next one that nobody made yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rdsops.advise.finding import Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, Problem, Rule, Verdict
from rdsops.advise.rules.postgres_evidence import MEASURED, READER, listed, on_reader, plural
from rdsops.advise.subjects import POSTGRES_DATABASES, PostgresPlace
from rdsops.advise.view import View
from rdsops.core.units import human_span
from rdsops.fleet.postgres_inside import RangePartitionsRow
from rdsops.fleet.postgres_names import shown

_BOUND = re.compile(r"FOR VALUES FROM \((?P<low>'[^']*'|-?\d+|MINVALUE)\) TO \((?P<high>'[^']*'|-?\d+|MAXVALUE)\)")
_LEAD = timedelta(days=7)
"""The next partition is wanted this long before the last one ends, or one interval before, if that is shorter."""
_ABANDONED_INTERVALS = 3


def _default(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = [row for row in place.database.default_partitions if (row.rows_estimate or 0) > 0]
    if not rows:
        return CLEAR
    most = max(row.rows_estimate or 0 for row in rows)
    return Problem(
        title=f"{place.ref} has rows in {plural(len(rows), 'default partition')}, up to {most:,}",
        severity=Severity.MEDIUM if most >= 100_000 else None,
        evidence=listed(
            [
                Evidence(
                    what=f"rows in the default partition of {shown(row.schema, row.table)}",
                    value=f"{row.rows_estimate or 0:,}",
                    source="postgres/default_partitions",
                    threshold="0",
                    subject=shown(row.default_schema, row.default_partition),
                )
                for row in rows
            ]
        ),
        repair=Repair(
            text="Make the partitions that these rows belong to: detach the default one, create them, move the rows, "
            "attach "
            "it again.",
            caution="Attaching a partition reads the default one to see that no row belongs elsewhere.",
        ),
    )


@dataclass(frozen=True, slots=True)
class End:
    """Where the ranges of a table end. left: until that moment, negative when past; None for numbers."""

    last: str
    interval: str
    left: timedelta | None


def _next_missing(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    ends = [(row, end) for row in place.database.range_partitions if (end := missing_next(row, place.server.asked_at))]
    if not ends:
        return CLEAR
    ends.sort(key=lambda pair: (pair[1].left or timedelta(0), pair[0].schema, pair[0].table))
    row, end = ends[0]
    past = end.left is not None and end.left <= timedelta(0)
    refused = [each for each, each_end in ends if not each.has_default and (each_end.left or _LEAD) <= timedelta(0)]
    return Problem(
        title=f"{place.ref}: {shown(row.schema, row.table)} has no partition "
        f"{'since' if past else 'from'} {end.last}" + (f", and {len(ends) - 1} more" if len(ends) > 1 else ""),
        severity=Severity.HIGH if refused else None,
        evidence=listed([_end_evidence(each, each_end) for each, each_end in ends]),
        repair=Repair(
            text="Create the next partitions, and let a job (pg_partman with pg_cron) keep some ahead.",
            caution=None if not row.has_default else "Creating one reads the default partition under a lock.",
        ),
    )


def _end_evidence(row: RangePartitionsRow, end: End) -> Evidence:
    fallback = "rows then go to the default partition" if row.has_default else "inserts then fail"
    if end.left is None:
        value = f"at {end.last}; the last partition is in use"
    elif end.left <= timedelta(0):
        value = f"at {end.last}, {human_span(-end.left)} ago"
    else:
        value = f"at {end.last}, in {human_span(end.left)}"
    return Evidence(
        what=f"ranges of {end.interval} on a {row.key_type} key end ({fallback})",
        value=value,
        source="postgres/range_partitions",
        threshold="one interval, at most 7 days, ahead",
        subject=shown(row.schema, row.table),
    )


def missing_next(row: RangePartitionsRow, now: datetime) -> End | None:
    """Where a table's ranges end, when the next one is wanted by now; None when all is well or nothing can be told.

    The interval is inferred from the last range. A table whose ranges ended three intervals ago (and 30 days) is an
    archive. Numbers have no clock: there the last of three equal ranges of 1,000 or more must hold rows.
    """
    ranges = []
    for bound, rows in zip(row.bounds, row.rows_estimates, strict=True):
        found = _BOUND.fullmatch(bound)
        if found is None or found["high"] == "MAXVALUE":
            return None
        if found["low"] != "MINVALUE":
            ranges.append((found["low"].strip("'"), found["high"].strip("'"), rows))
    if not ranges:
        return None
    if row.key_type in ("smallint", "integer", "bigint"):
        return _number_end([(int(low), int(high), rows) for low, high, rows in ranges])
    try:
        moments = sorted((_moment(low), _moment(high)) for low, high, _ in ranges)
    except ValueError:
        return None  # infinity, or a date before Christ
    low, high = moments[-1]
    interval, left = high - low, high - now
    if left > min(interval, _LEAD):
        return None
    if -left > max(_ABANDONED_INTERVALS * interval, timedelta(days=30)):
        return None
    return End(last=_day(high), interval=human_span(interval), left=left)


def _number_end(ranges: list[tuple[int, int, int]]) -> End | None:
    ranges.sort()
    widths = {high - low for low, high, _ in ranges[-3:]}
    if len(ranges) < 3 or len(widths) != 1 or min(widths) < 1000 or ranges[-1][2] <= 0:
        return None
    return End(last=f"{ranges[-1][1]:,}", interval=f"{min(widths):,}", left=None)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}" if moment.time() == datetime.min.time() else f"{moment:%Y-%m-%d %H:%M}"


DEFAULT = Rule(
    id="pg-partition-default-filling",
    title="Rows fall into a default partition",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_DATABASES,
    check=_default,
    why="They are not pruned, not dropped with their month, and each new partition must first read all of them under "
    "a lock.",
    repair="Make the partitions they belong to, and move them.",
    checks="A default partition holds rows, counted or estimated; medium from 100,000. Writers only.",
    needs=("sql:postgres.default_partitions",),
    sources=("PostgreSQL documentation, Table Partitioning (recalled)", MEASURED),
    catalogue=(129,),
    signature=True,
    sql=True,
)
NEXT = Rule(
    id="pg-partition-next-missing",
    title="The next partition does not exist",
    theme=Theme.POSTGRES,
    severity=Severity.MEDIUM,
    subjects=POSTGRES_DATABASES,
    check=_next_missing,
    why="When the last range ends, inserts fail, or everything falls into the default partition.",
    repair="Create partitions ahead, by a job.",
    checks="The last range of a table partitioned by one date or timestamp column ends within one interval (7 days at "
    "most), "
    "or has ended; high when it has and there is no default partition. For numbers: the last of three equal ranges of "
    "1,000 "
    "or more holds rows. Ranges to MAXVALUE and tables whose ranges ended long ago do not count. Writers only.",
    needs=("sql:postgres.range_partitions",),
    sources=("PostgreSQL documentation, Table Partitioning (recalled)", MEASURED),
    catalogue=(129,),
    signature=True,
    sql=True,
)

RULES: tuple[Rule[Any], ...] = (NEXT, DEFAULT)
