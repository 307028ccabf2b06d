"""Housekeeping of tables: dead rows, empty room, and statistics for the planner."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rdsops.advise.finding import Evidence, Repair, Severity, Sql, Theme
from rdsops.advise.rule import CLEAR, Problem, Rule, Verdict
from rdsops.advise.rules.postgres_evidence import MEASURED, READER, first, listed, on_reader, plural
from rdsops.advise.subjects import POSTGRES_DATABASES, PostgresPlace
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.units import GIB, KIB, MIB, human_bytes, human_span
from rdsops.fleet.postgres_inside import StaleStatisticsRow, VacuumRow
from rdsops.fleet.postgres_names import qualified, shown


def _behind(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = [
        row
        for row in place.database.vacuum_backlog
        if row.dead_rows >= 10_000 and row.dead_rows >= 2 * row.threshold_rows and not row.running
    ]
    if not rows:
        return CLEAR
    off = place.server.has_seen("settings") and place.server.settings.get("autovacuum") == "off"
    return Problem(
        title=f"{place.ref}: autovacuum is behind on {plural(len(rows), 'table', limit=200)}"
        + (" (autovacuum is off)" if off else ""),
        severity=Severity.HIGH if off else None,
        evidence=listed([_backlog(row, place) for row in rows], limit=200),
        repair=Repair(
            text="Look first for what holds back VACUUM (pg-xmin-held); then raise autovacuum_vacuum_cost_limit, or "
            "lower "
            "autovacuum_vacuum_scale_factor for these tables.",
            sql=first(
                Sql(
                    database=place.database.name,
                    statement=f"VACUUM (VERBOSE, ANALYZE) {qualified(row.schema, row.name)}",
                    caution="reads the table; reads and writes go on",
                )
                for row in rows
            ),
        ),
    )


def _backlog(row: VacuumRow, place: PostgresPlace) -> Evidence:
    if row.last_vacuum is None:
        last = "never vacuumed since its counters began"
    else:
        last = f"last vacuumed {human_span(place.server.asked_at - row.last_vacuum)} ago"
    return Evidence(
        what=f"dead rows beside {row.live_rows:,} live ones, {last}",
        value=f"{row.dead_rows:,}",
        source="postgres/vacuum_backlog",
        threshold=f"2 x {row.threshold_rows:,}, where autovacuum should start",
        subject=shown(row.schema, row.name),
    )


def _disabled(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = place.database.autovacuum_disabled
    if not rows:
        return CLEAR
    large = any((row.rows_estimate or 0) >= 100_000 for row in rows)
    return Problem(
        title=f"{place.ref} has autovacuum switched off for {plural(len(rows), 'table', limit=200)}",
        severity=Severity.MEDIUM if large else None,
        evidence=listed(
            [
                Evidence(
                    what="autovacuum_enabled of " + ("the table's TOAST" if row.toast else "the table"),
                    value="off" + ("" if row.rows_estimate is None else f", {row.rows_estimate:,} rows"),
                    source="postgres/autovacuum_disabled",
                    threshold="on",
                    subject=shown(row.schema, row.name),
                )
                for row in rows
            ],
            limit=200,
        ),
        repair=Repair(
            text="Switch it on again, unless a job of your own vacuums and analyses the table.",
            sql=first(
                Sql(
                    database=place.database.name,
                    statement=f"ALTER TABLE {qualified(row.schema, row.name)} RESET "
                    f"({'toast.' if row.toast else ''}autovacuum_enabled)",
                    caution="a first autovacuum of it may run long",
                )
                for row in rows
            ),
        ),
    )


def _statistics(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = [row for row in place.database.stale_statistics if _is_stale(row, place)]
    if not rows:
        return CLEAR
    never = [row for row in rows if row.never]
    large = any(row.size_bytes >= 100 * MIB for row in never)
    words = [plural(len(never), "table") + " without statistics"] if never else []
    if len(never) < len(rows):
        words.append(plural(len(rows) - len(never), "table") + " with old ones")
    return Problem(
        title=f"{place.ref} has {' and '.join(words)} for the planner",
        severity=Severity.MEDIUM if large else None,
        evidence=listed([_stale(row, place) for row in rows], limit=200),
        repair=Repair(
            text="Analyse them; after a major upgrade before PostgreSQL 18, the whole database.",
            sql=first(
                Sql(database=place.database.name, statement=f"ANALYZE {qualified(row.schema, row.name)}")
                for row in rows
            ),
        ),
    )


def _is_stale(row: StaleStatisticsRow, place: PostgresPlace) -> bool:
    if row.never:
        return row.size_bytes >= 256 * KIB
    if row.last_analyze is not None and place.server.asked_at - row.last_analyze < timedelta(hours=1):
        return False  # autovacuum has not had its turn; a session's own counters may also arrive after its ANALYZE
    return row.changed_rows >= 10_000 and row.changed_rows >= 5 * row.threshold_rows


def _stale(row: StaleStatisticsRow, place: PostgresPlace) -> Evidence:
    if row.never:
        what, value, threshold = "never analysed, a table of", human_bytes(row.size_bytes), "256 KiB"
    else:
        ago = "" if row.last_analyze is None else f", {human_span(place.server.asked_at - row.last_analyze)} ago"
        what = f"rows changed since the last ANALYZE{ago}"
        value, threshold = f"{row.changed_rows:,}", f"5 x {row.threshold_rows:,}, where autovacuum should analyse"
    return Evidence(
        what=what,
        value=value,
        source="postgres/stale_statistics",
        threshold=threshold,
        subject=shown(row.schema, row.name),
    )


def _bloat(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = place.database.table_bloat
    bad = [
        row
        for row in rows
        if row.columns_measured == row.columns
        and row.size_bytes - row.needed_bytes >= 16 * MIB
        and row.needed_bytes <= 0.5 * row.size_bytes
    ]
    if not bad:
        hidden = sum(1 for row in rows if row.columns_measured < row.columns and row.size_bytes >= 16 * MIB)
        if hidden:
            raise Unseen("sql:postgres.table_bloat", f"column widths of {plural(hidden, 'table')}")
        return CLEAR
    waste = sum(row.size_bytes - row.needed_bytes for row in bad)
    return Problem(
        title=f"{place.ref} has about {human_bytes(waste)} of empty room in {plural(len(bad), 'table')}",
        severity=Severity.MEDIUM if waste >= 10 * GIB else None,
        evidence=listed(
            [
                Evidence(
                    what=f"table takes {human_bytes(row.size_bytes)}, its rows about",
                    value=f"{human_bytes(row.needed_bytes)} (estimate, 20 % either way)",
                    source="postgres/table_bloat",
                    threshold="50 % and 16 MiB empty",
                    subject=shown(row.schema, row.name),
                )
                for row in bad
            ]
        ),
        repair=Repair(
            text="Confirm with pgstattuple_approx. Rows to come fill the room; to give it back, rebuild with pg_repack "
            "(an extension that RDS offers) while the table serves. VACUUM FULL locks it for the whole time.",
        ),
    )


BEHIND = Rule(
    id="pg-autovacuum-behind",
    title="Autovacuum does not keep up",
    theme=Theme.POSTGRES,
    severity=Severity.MEDIUM,
    subjects=POSTGRES_DATABASES,
    check=_behind,
    why="Dead rows are read and skipped by every scan, the table grows, and its statistics drift from the truth.",
    repair="Remove what holds back VACUUM; give autovacuum more to spend.",
    checks="A table has 10,000 dead rows or more, twice the threshold at which autovacuum should start (threshold + "
    "scale "
    "factor x rows, the table's own settings first), and no VACUUM of it runs now. High when autovacuum is off. "
    "Writers only.",
    needs=("sql:postgres.vacuum_backlog",),
    sources=("PostgreSQL documentation, Routine Vacuuming (recalled)", MEASURED),
    catalogue=(122,),
    sql=True,
)
DISABLED = Rule(
    id="pg-autovacuum-disabled",
    title="Autovacuum is switched off for tables",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_DATABASES,
    check=_disabled,
    why="Dead rows stay for ever, statistics grow old, and freezing comes all at once, when wraparound forces it.",
    repair="ALTER TABLE … RESET (autovacuum_enabled).",
    checks="The storage option autovacuum_enabled, or toast.autovacuum_enabled, is off; medium from 100,000 rows. "
    "Writers only.",
    needs=("sql:postgres.autovacuum_disabled",),
    sources=("PostgreSQL documentation, Storage Parameters (recalled)", MEASURED),
    catalogue=(122,),
    sql=True,
)
STATISTICS = Rule(
    id="pg-statistics-stale",
    title="The planner has no statistics, or old ones",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_DATABASES,
    check=_statistics,
    why="The planner guesses: a query of milliseconds turns into one of minutes, from one day to the next.",
    repair="ANALYZE the tables now, and let autovacuum keep their statistics.",
    checks="A table of 256 KiB or more was never analysed nor vacuumed (medium from 100 MiB); or the last ANALYZE is "
    "an hour old or more, and 10,000 rows or more changed since, five times the threshold at which autovacuum should "
    "analyse. Writers only.",
    needs=("sql:postgres.stale_statistics",),
    sources=("PostgreSQL documentation, Planner Statistics (recalled)", MEASURED),
    catalogue=(124,),
    sql=True,
)
BLOAT = Rule(
    id="pg-table-bloat",
    title="Tables are mostly empty room",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_DATABASES,
    check=_bloat,
    why="Empty room is read by every scan, cached in memory, and paid for in storage and backups.",
    repair="Rebuild online, and mend the cause: long transactions, or an autovacuum that lags.",
    checks="By the widths in pg_stats a table is 50 % empty or more, and by 16 MiB or more; medium from 10 GiB. An "
    "estimate, "
    "20 % off either way. Widths not visible to this role, or never gathered: not known. Writers only.",
    needs=("sql:postgres.table_bloat",),
    sources=("PostgreSQL documentation, Database Page Layout (recalled)", MEASURED),
    catalogue=(110,),
    sql=True,
)

RULES: tuple[Rule[Any], ...] = (BEHIND, DISABLED, STATISTICS, BLOAT)
