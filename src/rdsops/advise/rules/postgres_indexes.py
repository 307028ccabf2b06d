"""Indexes that cost writes and give nothing: invalid, doubled, covered, unused, bloated."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from rdsops.advise.finding import Evidence, Repair, Severity, Sql, Theme
from rdsops.advise.rule import CLEAR, Problem, Rule, Verdict
from rdsops.advise.rules.postgres_evidence import MEASURED, READER, first, listed, on_reader, plural, siblings
from rdsops.advise.subjects import POSTGRES_DATABASES, PostgresPlace
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.units import GIB, MIB, human_bytes, human_span
from rdsops.fleet.postgres_inside import DuplicateIndexRow, IndexUsageRow, PostgresInside
from rdsops.fleet.postgres_names import qualified, quoted, shown

USAGE_DAYS = 30
"""Counters must be this old on every member before "never used" is said: a month holds its month's end."""

_LEFTOVER = re.compile(r"_cc(new|old)\d*$")


def _invalid(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = place.database.invalid_indexes
    if not rows:
        return CLEAR
    return Problem(
        title=f"{place.ref} has {plural(len(rows), 'invalid index', 'invalid indexes', limit=500)}",
        severity=Severity.MEDIUM if any(row.unique for row in rows) else None,
        evidence=listed(
            [
                Evidence(
                    what=f"{'unique ' if row.unique else ''}index on {shown(row.table)} is invalid"
                    + (", and writes maintain it" if row.ready else ""),
                    value=human_bytes(row.size_bytes),
                    source="postgres/invalid_indexes",
                    subject=shown(row.schema, row.index),
                )
                for row in rows
            ],
            limit=500,
        ),
        repair=Repair(
            text="Build it anew, or drop it; a leftover of REINDEX CONCURRENTLY (_ccnew, _ccold) can only be dropped.",
            sql=first(
                Sql(
                    database=place.database.name,
                    statement=f"DROP INDEX CONCURRENTLY {qualified(row.schema, row.index)}",
                    caution="waits for old transactions; not inside a transaction",
                )
                if _LEFTOVER.search(row.index)
                else Sql(
                    database=place.database.name,
                    statement=f"REINDEX INDEX CONCURRENTLY {qualified(row.schema, row.index)}",
                    caution="reads the table; a unique one fails while duplicates exist",
                )
                for row in rows
            ),
        ),
    )


def _duplicates(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = _once(tuple(row for row in place.database.duplicate_indexes if row.exact))
    if not rows:
        return CLEAR
    size = sum(row.size_bytes for row in rows)
    return Problem(
        title=f"{place.ref} has {plural(len(rows), 'duplicate index', 'duplicate indexes')} ({human_bytes(size)})",
        severity=Severity.MEDIUM if size >= GIB else None,
        evidence=listed([_pair(row, "says the same as") for row in rows]),
        repair=Repair(
            text="Drop one of each pair; check first that no query hint or ON CONFLICT … ON CONSTRAINT names it.",
            sql=first(_drop_twin(row, place.database.name) for row in rows),
        ),
    )


def _overlapping(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    doubled = {(row.schema, row.index) for row in place.database.duplicate_indexes if row.exact}
    rows = tuple(
        row
        for row in _once(tuple(row for row in place.database.duplicate_indexes if not row.exact))
        if (row.schema, row.index) not in doubled and row.size_bytes >= MIB
    )
    if not rows:
        return CLEAR
    size = sum(row.size_bytes for row in rows)
    return Problem(
        title=f"{place.ref} has {plural(len(rows), 'index', 'indexes')} that longer ones cover ({human_bytes(size)})",
        evidence=listed([_pair(row, "begins") for row in rows]),
        repair=Repair(
            text="Where the longer index is not much larger, drop the shorter one; compare plans before and after.",
            sql=first(_drop_twin(row, place.database.name) for row in rows),
        ),
    )


def _once(rows: tuple[DuplicateIndexRow, ...]) -> tuple[DuplicateIndexRow, ...]:
    """Each index that can go once, although several may answer for it."""
    return tuple({(row.schema, row.index): row for row in reversed(rows)}.values())[::-1]


def _pair(row: DuplicateIndexRow, relation: str) -> Evidence:
    backs = "" if row.constraint is None else f" (backs constraint {shown(row.constraint)})"
    return Evidence(
        what=f"on {shown(row.table)}: {shown(row.index)}{backs} {relation} {shown(row.kept)}",
        value=human_bytes(row.size_bytes),
        source="postgres/duplicate_indexes",
        subject=shown(row.schema, row.index),
    )


def _drop_twin(row: DuplicateIndexRow, database: str) -> Sql:
    if row.constraint is not None:
        return Sql(
            database=database,
            statement=f"ALTER TABLE {qualified(row.schema, row.table)} DROP CONSTRAINT {quoted(row.constraint)}",
            caution="takes an exclusive lock for a moment: set lock_timeout",
        )
    if row.partitioned:
        return Sql(
            database=database,
            statement=f"DROP INDEX {qualified(row.schema, row.index)}",
            caution="an exclusive lock on the table and all partitions; CONCURRENTLY is not possible here",
        )
    return _drop(row.schema, row.index, database)


def _drop(schema: str, index: str, database: str) -> Sql:
    return Sql(
        database=database,
        statement=f"DROP INDEX CONCURRENTLY {qualified(schema, index)}",
        caution="waits for old transactions; not inside a transaction",
    )


def _unused(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    name = place.database.name
    left = {
        (row.schema, row.index): row
        for row in place.database.index_usage
        if not row.partitioned and row.size_bytes >= MIB
    }
    windows = [_counting_since(place.server, name)] if left else []
    if left:
        for other in siblings(view, place.instance):
            unused = {(row.schema, row.index) for row in _usage(other, name)}
            left = {key: row for key, row in left.items() if key in unused}
            if not left:
                return CLEAR
            windows.append(_counting_since(other, name))
    if not left:
        return CLEAR
    since = max(windows)
    if place.server.asked_at - since < timedelta(days=USAGE_DAYS):
        began = f"{since:%Y-%m-%d %H:%M}"
        raise Unseen("sql:postgres.counters", f"index use over {USAGE_DAYS} days (counted only since {began})")
    rows = sorted(left.values(), key=lambda row: (-row.size_bytes, row.schema, row.index))
    return _unused_problem(place, rows, since, len(windows))


def _unused_problem(place: PostgresPlace, rows: list[IndexUsageRow], since: datetime, members: int) -> Problem:
    size = sum(row.size_bytes for row in rows)
    span = human_span(place.server.asked_at - since)
    where = "this server" if members == 1 else f"all {members} servers of the cluster and its replicas"
    return Problem(
        title=f"{place.ref} has {plural(len(rows), 'unused index', 'unused indexes', limit=2000)} "
        f"({human_bytes(size)})",
        severity=Severity.MEDIUM if size >= 10 * GIB else None,
        evidence=listed(
            [
                Evidence(
                    what=f"index on {shown(row.table)}, {human_bytes(row.size_bytes)}, scanned",
                    value=f"never in {span}",
                    source=f"postgres/index_usage on {where}",
                    threshold=f"{USAGE_DAYS} days, 1 MiB",
                    subject=shown(row.schema, row.index),
                )
                for row in rows
            ],
            limit=2000,
        ),
        repair=Repair(
            text="Drop those that no yearly job needs; one built lately looks the same, for PostgreSQL keeps no birth "
            "date.",
            sql=first(_drop(row.schema, row.index, place.database.name) for row in rows),
        ),
    )


def _usage(server: PostgresInside, name: str) -> tuple[IndexUsageRow, ...]:
    for database in server.databases:
        if database.name == name:
            return database.index_usage
    raise Unseen("sql:postgres.index_usage", f"index use of {name} on {server.instance.name}")


def _counting_since(server: PostgresInside, name: str) -> datetime:
    """Since when a server has counted: the last reset or its start, whichever is later (a crash empties counters)."""
    for row in server.counters:
        if row.database == name:
            return server.started_at if row.counted_since is None else max(server.started_at, row.counted_since)
    raise Unseen("sql:postgres.counters", f"counters of {name} on {server.instance.name}")


def _bloat(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = place.database.index_bloat
    bad = [
        row
        for row in rows
        if row.columns_measured == row.columns
        and row.size_bytes - row.needed_bytes >= 16 * MIB
        and row.needed_bytes <= 0.4 * row.size_bytes
    ]
    if not bad:
        hidden = sum(1 for row in rows if row.columns_measured < row.columns and row.size_bytes >= 16 * MIB)
        if hidden:
            raise Unseen("sql:postgres.index_bloat", f"column widths of {plural(hidden, 'index', 'indexes')}")
        return CLEAR
    waste = sum(row.size_bytes - row.needed_bytes for row in bad)
    return Problem(
        title=f"{place.ref} has about {human_bytes(waste)} of empty room in {plural(len(bad), 'index', 'indexes')}",
        severity=Severity.MEDIUM if waste >= 10 * GIB else None,
        evidence=listed(
            [
                Evidence(
                    what=f"index on {shown(row.table)} takes {human_bytes(row.size_bytes)}, its entries about",
                    value=f"{human_bytes(row.needed_bytes)} (estimate, 20 % either way)",
                    source="postgres/index_bloat",
                    threshold="60 % and 16 MiB empty",
                    subject=shown(row.schema, row.index),
                )
                for row in bad
            ]
        ),
        repair=Repair(
            text="Confirm with pgstattuple's pgstatindex, then rebuild while it serves.",
            sql=first(
                Sql(
                    database=place.database.name,
                    statement=f"REINDEX INDEX CONCURRENTLY {qualified(row.schema, row.index)}",
                    caution="needs room for a second copy, and reads the table",
                )
                for row in bad
            ),
        ),
    )


INVALID = Rule(
    id="pg-invalid-index",
    title="Indexes were left invalid",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_DATABASES,
    check=_invalid,
    why="No query may use an invalid index, yet writes may maintain it; a unique one does not keep duplicates out.",
    repair="REINDEX INDEX CONCURRENTLY, or DROP INDEX CONCURRENTLY.",
    checks="pg_index.indisvalid is false, and no index is being built on its table now; medium for a unique one. "
    "Indexes of "
    "partitioned tables that wait for their parts do not count. Writers only.",
    needs=("sql:postgres.invalid_indexes",),
    sources=("PostgreSQL documentation, CREATE INDEX CONCURRENTLY (recalled)", MEASURED),
    catalogue=(114,),
    sql=True,
)
DUPLICATE = Rule(
    id="pg-duplicate-index",
    title="Two indexes say the same",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_DATABASES,
    check=_duplicates,
    why="Every write pays for both, memory holds both, and no query gains.",
    repair="Drop one of each pair.",
    checks="Two valid indexes of a table agree in method, columns, operator classes, collations, sort order, "
    "predicate and "
    "expressions, and dropping one loses no uniqueness; medium from 1 GiB. Replica identities, primary keys and "
    "indexes "
    "that a foreign key leans on are kept. Writers only.",
    needs=("sql:postgres.duplicate_indexes",),
    sources=("PostgreSQL documentation, pg_index (recalled)", MEASURED),
    catalogue=(113,),
    sql=True,
)
OVERLAPPING = Rule(
    id="pg-overlapping-index",
    title="A longer index covers a shorter one",
    theme=Theme.POSTGRES,
    severity=Severity.INFO,
    subjects=POSTGRES_DATABASES,
    check=_overlapping,
    why="Writes pay for an index whose work the longer one can mostly do.",
    repair="Drop the shorter one after comparing plans.",
    checks="A plain, non-unique B-tree index of 1 MiB or more has the same leading columns, operator classes, "
    "collations, "
    "order and predicate as a longer one. Exact duplicates are told apart. Writers only.",
    needs=("sql:postgres.duplicate_indexes",),
    sources=("PostgreSQL documentation, pg_index (recalled)", MEASURED),
    catalogue=(113,),
    sql=True,
)
UNUSED = Rule(
    id="pg-unused-index",
    title="No server has used these indexes",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_DATABASES,
    check=_unused,
    why="Every write maintains them, VACUUM reads them, and they take room in memory and storage.",
    repair="Drop them, after thinking of jobs that run once a year.",
    checks=f"An index of 1 MiB or more has no scan on the writer nor on any reader or replica, with counters "
    f"{USAGE_DAYS} days old or more on each of them (since the last reset or start); younger counters, or a member "
    "that was "
    "not looked into: not known. Unique, primary, exclusion, replica identity and clustered indexes and parts of "
    "partitioned ones are never counted.",
    needs=("sql:postgres.index_usage", "sql:postgres.counters", "sql:postgres.server"),
    sources=("PostgreSQL documentation, pg_stat_user_indexes (recalled)", MEASURED),
    catalogue=(112,),
    sql=True,
)
BLOAT = Rule(
    id="pg-index-bloat",
    title="Indexes are mostly empty room",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_DATABASES,
    check=_bloat,
    why="Empty pages are read, cached and backed up like full ones.",
    repair="REINDEX INDEX CONCURRENTLY.",
    checks="By the widths in pg_stats a B-tree index is 60 % empty or more, and by 16 MiB or more; medium from 10 "
    "GiB. An "
    "estimate, 20 % off either way, and too low where deduplication works. Widths not visible: not known. Writers "
    "only.",
    needs=("sql:postgres.index_bloat",),
    sources=("PostgreSQL documentation, Database Page Layout (recalled)", MEASURED),
    catalogue=(111,),
    sql=True,
)

RULES: tuple[Rule[Any], ...] = (INVALID, DUPLICATE, OVERLAPPING, UNUSED, BLOAT)
