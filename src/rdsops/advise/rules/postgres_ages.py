"""Ids that run out, and who keeps VACUUM from moving them on."""

from __future__ import annotations

from typing import Any

from rdsops.advise.finding import Evidence, Repair, Severity, Sql, Theme
from rdsops.advise.rule import CLEAR, Problem, Rule, Verdict
from rdsops.advise.rules.postgres_evidence import MEASURED, READER, first, listed, on_reader, plural
from rdsops.advise.subjects import POSTGRES_SERVERS, PostgresServer
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.units import human_span
from rdsops.fleet.postgres_inside import XminRow
from rdsops.fleet.postgres_names import literal, qualified, shown

IDS = 2**31
"""Transactions, and multixacts, that may lie between the oldest row and now."""


def _wraparound(server: PostgresServer, view: View) -> Verdict:
    if on_reader(server):
        return READER
    inside = server.inside
    floors = {
        "transaction": max(0.25 * IDS, 1.2 * _setting(server, "autovacuum_freeze_max_age")),
        "multixact": max(0.25 * IDS, 1.2 * _setting(server, "autovacuum_multixact_freeze_max_age")),
    }
    aged: list[tuple[int, Evidence]] = []
    for row in inside.database_rows:
        for kind, age in (("transaction", row.xid_age), ("multixact", row.mxid_age)):
            if age >= floors[kind]:
                closed = "" if row.accepts_connections else " (accepts no connections)"
                aged.append(
                    (age, _age_evidence(f"oldest {kind} id of the database{closed}", age, floors[kind], row.name))
                )
    if not aged:
        return CLEAR
    statements: list[tuple[int, Sql]] = []
    for database in inside.databases:
        if not database.has_seen("table_ages"):
            continue
        for table in database.table_ages:
            worst = max(table.xid_age, table.mxid_age)
            if table.xid_age >= floors["transaction"] or table.mxid_age >= floors["multixact"]:
                name = shown(database.name, table.schema, table.name)
                aged.append(
                    (worst - 1, _age_evidence(f"oldest id of the {table.part}", worst, min(floors.values()), name))
                )
                statement = f"VACUUM (FREEZE, VERBOSE) {qualified(table.schema, table.name)}"
                statements.append(
                    (worst, Sql(database=database.name, statement=statement, caution="reads the whole table"))
                )
    aged.sort(key=lambda pair: -pair[0])
    worst = aged[0][0]
    share = worst / IDS
    unique = {sql.statement: sql for _, sql in sorted(statements, key=lambda pair: -pair[0])}
    return Problem(
        title=f"{server.instance.ref} has used {share:.0%} of the ids before wraparound",
        severity=Severity.CRITICAL if share >= 0.75 else Severity.HIGH if share >= 0.5 else Severity.MEDIUM,
        evidence=listed([evidence for _, evidence in aged]),
        repair=Repair(
            text="End what holds the oldest xmin (see pg-xmin-held), then freeze the oldest tables; see why "
            "autovacuum lags.",
            sql=first(unique.values()),
        ),
    )


def _age_evidence(what: str, age: int, floor: float, subject: str) -> Evidence:
    return Evidence(
        what=what,
        value=f"{age:,} ids, {age / IDS:.0%} of 2^31",
        source="postgres/databases, postgres/table_ages",
        threshold=f"{floor:,.0f}",
        subject=shown(subject),
    )


def _setting(server: PostgresServer, name: str) -> float:
    value = server.inside.settings.get(name)
    if value is None:
        raise Unseen("sql:postgres.settings", name)
    return float(value)


def _xmin_held(server: PostgresServer, view: View) -> Verdict:
    if on_reader(server):
        return READER
    rows = list(server.inside.xmin_holders)
    if server.inside.has_seen("aurora_feedback"):
        rows += [
            XminRow(kind="Aurora reader", name=row.name, xid_age=row.xid_age, held_s=None)
            for row in server.inside.aurora_feedback
            if row.xid_age is not None
        ]
    old = sorted((row for row in rows if row.xid_age >= 1_000_000), key=lambda row: -row.xid_age)
    if not old:
        if server.instance.is_aurora:
            server.inside.aurora_feedback  # noqa: B018 - raises when the readers' part was not seen
        return CLEAR
    oldest = old[0]
    evidence = [
        Evidence(
            what=f"xmin held by a {row.kind}",
            value=f"{row.xid_age:,} transactions old" + (f", for {human_span(row.held_s)}" if row.held_s else ""),
            source="postgres/aurora_feedback" if row.kind == "Aurora reader" else "postgres/xmin_holders",
            threshold="1,000,000",
            subject=shown(row.name),
        )
        for row in old
    ]
    return Problem(
        title=f"{server.instance.ref}: a {oldest.kind} ({shown(oldest.name)}) holds back VACUUM "
        f"by {oldest.xid_age:,} transactions",
        severity=Severity.HIGH if oldest.xid_age >= 100_000_000 else None,
        evidence=listed(evidence),
        repair=Repair(text=_RELEASE[oldest.kind]),
    )


_RELEASE = {
    "session": "Let the session finish, or end it with pg_terminate_backend(pid); find out why it stays open.",
    "prepared transaction": "Finish it with COMMIT PREPARED or ROLLBACK PREPARED in its database.",
    "slot": "Bring the slot's consumer back, or drop the slot.",
    "slot (catalogs only)": "Bring the slot's consumer back, or drop the slot; only catalog rows are held.",
    "standby": "End the long query on the standby, or turn hot_standby_feedback off there.",
    "Aurora reader": "End the long query on the reader.",
}


def _prepared(server: PostgresServer, view: View) -> Verdict:
    if on_reader(server):
        return READER
    old = [row for row in server.inside.prepared if row.prepared_s >= 3600]
    if not old:
        return CLEAR
    return Problem(
        title=f"{server.instance.ref} has {plural(len(old), 'prepared transaction')} that nobody finished",
        severity=Severity.HIGH if old[0].prepared_s >= 86400 else None,
        evidence=listed(
            [
                Evidence(
                    what=f"prepared by {shown(row.role)} in {shown(row.database)}",
                    value=f"{human_span(row.prepared_s)} ago",
                    source="postgres/prepared",
                    threshold="1 h",
                    subject=shown(row.name),
                )
                for row in old
            ]
        ),
        repair=Repair(
            text="Ask the transaction manager that owns each whether to commit or to roll back; then do it.",
            sql=first(
                Sql(
                    database=row.database,
                    statement=f"ROLLBACK PREPARED {literal(row.name)}",
                    caution="throws its work away; COMMIT PREPARED keeps it",
                )
                for row in old
            ),
        ),
    )


WRAPAROUND = Rule(
    id="pg-wraparound",
    title="Transaction or multixact ids are running out",
    theme=Theme.POSTGRES,
    severity=Severity.HIGH,
    subjects=POSTGRES_SERVERS,
    check=_wraparound,
    why="At 2^31 ids the server refuses writes until VACUUM has frozen old rows, which can take days.",
    repair="Remove what holds back VACUUM, freeze the oldest tables, give autovacuum more room.",
    checks="Age of each database (templates and closed ones too) and of the worst tables with their TOAST: finding "
    "from "
    "25 % of 2^31 and 1.2 times the autovacuum freeze age, high from 50 %, critical from 75 %. Writers only.",
    needs=("sql:postgres.databases", "sql:postgres.settings", "sql:postgres.table_ages"),
    sources=("PostgreSQL documentation, Routine Vacuuming (recalled)", MEASURED),
    catalogue=(109,),
    sql=True,
)
XMIN_HELD = Rule(
    id="pg-xmin-held",
    title="Something old keeps VACUUM from removing dead rows",
    theme=Theme.POSTGRES,
    severity=Severity.MEDIUM,
    subjects=POSTGRES_SERVERS,
    check=_xmin_held,
    why="No dead row younger than the oldest xmin can be removed anywhere: tables bloat, queries slow down, ids age.",
    repair="End, finish or drop the holder.",
    checks="The oldest xmin among sessions, prepared transactions, slots, standbys and Aurora readers is 1,000,000 "
    "transactions old or more; high from 100,000,000. A running VACUUM does not count. Writers only.",
    needs=("sql:postgres.xmin_holders", "sql:postgres.aurora_feedback"),
    sources=(
        "PostgreSQL documentation, Routine Vacuuming (recalled)",
        "AWS, aurora_replica_status, read 2026-11-23",
        MEASURED,
    ),
    catalogue=(121,),
    sql=True,
)
PREPARED = Rule(
    id="pg-prepared-transaction",
    title="Prepared transactions were never finished",
    theme=Theme.POSTGRES,
    severity=Severity.MEDIUM,
    subjects=POSTGRES_SERVERS,
    check=_prepared,
    why="They keep their locks and hold back VACUUM, through restarts, until somebody finishes them.",
    repair="COMMIT PREPARED or ROLLBACK PREPARED.",
    checks="A row of pg_prepared_xacts is 1 hour old or more; high from 1 day. Writers only.",
    needs=("sql:postgres.prepared",),
    sources=("PostgreSQL documentation, PREPARE TRANSACTION (recalled)", MEASURED),
    catalogue=(121,),
    sql=True,
)

RULES: tuple[Rule[Any], ...] = (WRAPAROUND, XMIN_HELD, PREPARED)
