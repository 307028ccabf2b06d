"""Keys: tables without one, keys that run out, foreign keys without an index, and rules that nobody enforces."""

from __future__ import annotations

from typing import Any

from rdsops.advise.finding import Evidence, Repair, Severity, Sql, Theme
from rdsops.advise.rule import CLEAR, Problem, Rule, Verdict
from rdsops.advise.rules.postgres_evidence import MEASURED, READER, first, listed, on_reader, plural
from rdsops.advise.subjects import POSTGRES_DATABASES, PostgresPlace
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.units import human_bytes
from rdsops.fleet.postgres_inside import ForeignKeyRow, KeylessTableRow, SequenceRow
from rdsops.fleet.postgres_names import qualified, quoted, shown

_STOPS = ("default", "nothing")
"""Replica identities with which a published table without a key refuses UPDATE and DELETE."""


def _without_key(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = [row for row in place.database.tables_without_key if row.replica_identity != "index"]
    if not rows:
        return CLEAR
    refusing = [row for row in rows if row.published and row.replica_identity in _STOPS]
    decoded = place.server.has_seen("slots") and any(
        slot.logical and slot.database == place.database.name for slot in place.server.slots
    )
    rows.sort(key=lambda row: (row not in refusing, -row.size_bytes, row.schema, row.name))
    if refusing:
        consequence = "Published tables without a key refuse UPDATE and DELETE: the application gets errors."
    elif decoded:
        consequence = "A logical slot reads this database: its consumer cannot tell which rows of these tables changed."
    else:
        consequence = None
    return Problem(
        title=f"{place.ref} has {plural(len(rows), 'table', limit=500)} without a primary key"
        + (f", {len(refusing)} of them published" if refusing else ""),
        severity=Severity.HIGH if refusing else Severity.MEDIUM if decoded else None,
        consequence=consequence,
        evidence=listed([_keyless(row) for row in rows], limit=500),
        repair=Repair(
            text="Add a primary key: an existing unique, not null column, or an identity column.",
            sql=first(
                Sql(
                    database=place.database.name,
                    statement=f"ALTER TABLE {qualified(row.schema, row.name)} REPLICA IDENTITY FULL",
                    caution="a stop-gap: each update then sends and compares whole rows",
                )
                for row in refusing
            ),
        ),
    )


def _keyless(row: KeylessTableRow) -> Evidence:
    published = ", published" if row.published else ""
    rows = "rows not counted" if row.rows_estimate is None else f"{row.rows_estimate:,} rows"
    return Evidence(
        what=f"{'partitioned ' if row.partitioned else ''}table without a primary key"
        f" (replica identity {row.replica_identity}{published})",
        value=f"{rows}, {human_bytes(row.size_bytes)}",
        source="postgres/tables_without_key",
        subject=shown(row.schema, row.name),
    )


def _foreign_keys(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = [row for row in place.database.foreign_keys if (row.rows_estimate or 0) >= 10_000]
    if not rows:
        return CLEAR
    most = max(row.rows_estimate or 0 for row in rows)
    return Problem(
        title=f"{place.ref} has {plural(len(rows), 'foreign key', limit=500)} without an index",
        severity=Severity.MEDIUM if most >= 1_000_000 else None,
        evidence=listed(
            [
                Evidence(
                    what=f"{shown(row.constraint)} ({', '.join(shown(column) for column in row.columns)}) refers to "
                    f"{shown(row.parent_schema, row.parent)} from a table of",
                    value=f"{row.rows_estimate or 0:,} rows, {human_bytes(row.size_bytes)}",
                    source="postgres/foreign_keys",
                    threshold="10,000 rows",
                    subject=shown(row.schema, row.name),
                )
                for row in rows
            ],
            limit=500,
        ),
        repair=Repair(
            text="Index the referencing columns, where parents are deleted, their keys change, or the two are joined.",
            sql=first(_index(row, place.database.name) for row in rows),
        ),
    )


def _index(row: ForeignKeyRow, database: str) -> Sql:
    how, caution = "CONCURRENTLY ", "reads the table; not inside a transaction"
    if row.partitioned:
        how, caution = "", "stops writes to all partitions while it is built; CONCURRENTLY is not possible here"
    columns = ", ".join(quoted(column) for column in row.columns)
    statement = f"CREATE INDEX {how}ON {qualified(row.schema, row.name)} ({columns})"
    return Sql(database=database, statement=statement, caution=caution)


def _exhaustion(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = place.database.sequences
    full = sorted(
        (row for row in rows if _used(row) >= 0.8), key=lambda row: (-_used(row), row.referring, row.schema, row.name)
    )
    if not full:
        hidden = sum(1 for row in rows if not row.readable)
        if hidden:
            raise Unseen("sql:postgres.sequences", f"last values behind {plural(hidden, 'column')}")
        return CLEAR
    worst = full[0]
    share = _used(worst)
    return Problem(
        title=f"{place.ref}: {shown(worst.schema, worst.name, worst.column)} has used {share:.1%} of its {worst.type} "
        "numbers",
        severity=Severity.CRITICAL if share >= 0.98 else Severity.HIGH if share >= 0.9 else None,
        evidence=listed(
            [
                Evidence(
                    what=f"{'foreign key ' if row.referring else ''}column of type {row.type} fed by "
                    f"{shown(row.sequence)}",
                    value=f"{row.last_value:,} of {row.limit_value:,} ({_used(row):.1%})",
                    source="postgres/sequences",
                    threshold="80 %",
                    subject=shown(row.schema, row.name, row.column),
                )
                for row in full
            ]
        ),
        repair=Repair(
            text="Move the column, and all that refer to it, to bigint: a new column filled by a trigger and in "
            "batches, "
            "then swapped; ALTER COLUMN TYPE rewrites the table under an exclusive lock.",
        ),
    )


def _used(row: SequenceRow) -> float:
    return 0.0 if row.last_value is None else row.last_value / row.limit_value


def _not_valid(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = place.database.unvalidated_constraints
    if not rows:
        return CLEAR
    return Problem(
        title=f"{place.ref} has {plural(len(rows), 'constraint', limit=500)} that old rows may break",
        evidence=listed(
            [
                Evidence(
                    what=f"{row.kind} constraint on {shown(row.table)}",
                    value="NOT VALID",
                    source="postgres/unvalidated_constraints",
                    subject=shown(row.schema, row.table, row.constraint),
                )
                for row in rows
            ],
            limit=500,
        ),
        repair=Repair(
            text="Validate each; where that fails, mend the rows it names first.",
            sql=first(
                Sql(
                    database=place.database.name,
                    statement=f"ALTER TABLE {qualified(row.schema, row.table)} VALIDATE CONSTRAINT "
                    f"{quoted(row.constraint)}",
                    caution="reads the whole table; reads and writes go on",
                )
                for row in rows
            ),
        ),
    )


def _triggers(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = place.database.disabled_triggers
    if not rows:
        return CLEAR
    keys = [row for row in rows if row.foreign_key]
    return Problem(
        title=f"{place.ref} has {plural(len(rows), 'trigger', limit=200)} switched off"
        + (f", {plural(len(keys), 'foreign key')} unenforced" if keys else ""),
        severity=Severity.MEDIUM if keys else None,
        evidence=listed(
            [
                Evidence(
                    what=f"{'foreign key' if row.foreign_key else 'trigger'} on {shown(row.table)}",
                    value="not enforced" if row.foreign_key else "disabled",
                    source="postgres/disabled_triggers",
                    subject=shown(row.schema, row.table, row.trigger),
                )
                for row in rows
            ],
            limit=200,
        ),
        repair=Repair(
            text="Switch them on again; a foreign key: drop and add it (NOT VALID, then VALIDATE), so that rows are "
            "checked.",
            sql=first(
                Sql(
                    database=place.database.name,
                    statement=f"ALTER TABLE {qualified(row.schema, row.table)} ENABLE TRIGGER {quoted(row.trigger)}",
                    caution="what was written meanwhile has not fired it",
                )
                for row in rows
                if not row.foreign_key
            ),
        ),
    )


WITHOUT_KEY = Rule(
    id="pg-table-without-key",
    title="Tables have no primary key",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_DATABASES,
    check=_without_key,
    why="Rows cannot be told apart: logical replication, DMS and Blue/Green deployments cannot copy their changes.",
    repair="Add a primary key.",
    checks="A permanent table has no primary key and no replica identity index (a partitioned one: neither it nor all "
    "its "
    "partitions). Medium when a logical slot reads the database, high when a publication sends its updates. Tables of "
    "extensions do not count. Writers only.",
    needs=("sql:postgres.tables_without_key", "sql:postgres.slots"),
    sources=("PostgreSQL documentation, Logical Replication (recalled)", MEASURED),
    catalogue=(118,),
    signature=True,
    sql=True,
)
FOREIGN_KEY = Rule(
    id="pg-foreign-key-without-index",
    title="Foreign keys have no index behind them",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_DATABASES,
    check=_foreign_keys,
    why="Each delete of a parent row, or change of its key, reads the whole referencing table and holds locks "
    "meanwhile.",
    repair="CREATE INDEX CONCURRENTLY on the referencing columns.",
    checks="A foreign key of a table with 10,000 rows or more has no valid, whole (not partial) B-tree or hash index "
    "whose "
    "leading columns are the key's, in any order; medium from 1,000,000 rows. Tables never counted are taken as small. "
    "Writers only.",
    needs=("sql:postgres.foreign_keys",),
    sources=("PostgreSQL documentation, Foreign Keys (recalled)", MEASURED),
    catalogue=(116,),
    signature=True,
    sql=True,
)
EXHAUSTION = Rule(
    id="pg-key-exhaustion",
    title="A numbered key runs out",
    theme=Theme.POSTGRES,
    severity=Severity.MEDIUM,
    subjects=POSTGRES_DATABASES,
    check=_exhaustion,
    why="At the last number every INSERT fails, and moving a large table to bigint takes days.",
    repair="Move the column, and those that refer to it, to bigint.",
    checks="A sequence has reached 80 % of what its column, a foreign key column referring to it, or itself can hold; "
    "high "
    "from 90 %, critical from 98 %. The narrowest limit rules. Keys that the application numbers itself are not seen; "
    "sequences this role may not read: not known. Writers only.",
    needs=("sql:postgres.sequences",),
    sources=("PostgreSQL documentation, Numeric Types (recalled)", MEASURED),
    catalogue=(117,),
    sql=True,
)
NOT_VALID = Rule(
    id="pg-constraint-not-valid",
    title="Constraints were never validated",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_DATABASES,
    check=_not_valid,
    why="Rows older than the constraint may break it: reports are wrong, and a restore or upgrade may stop on them.",
    repair="ALTER TABLE … VALIDATE CONSTRAINT.",
    checks="pg_constraint.convalidated is false. Constraints declared NOT ENFORCED do not count. Writers only.",
    needs=("sql:postgres.unvalidated_constraints",),
    sources=("PostgreSQL documentation, ALTER TABLE (recalled)", MEASURED),
    catalogue=(114,),
    sql=True,
)
TRIGGERS = Rule(
    id="pg-trigger-disabled",
    title="Triggers are switched off, foreign keys with them",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_DATABASES,
    check=_triggers,
    why="Often left over from a bulk load: what the trigger keeps, or the foreign key forbids, is not kept any more.",
    repair="Switch them on; add foreign keys anew, so that the rows are checked.",
    checks="pg_trigger.tgenabled is D; medium where it enforces a foreign key. Writers only.",
    needs=("sql:postgres.disabled_triggers",),
    sources=("PostgreSQL documentation, ALTER TABLE (recalled)", MEASURED),
    sql=True,
)

RULES: tuple[Rule[Any], ...] = (WITHOUT_KEY, FOREIGN_KEY, EXHAUSTION, NOT_VALID, TRIGGERS)
