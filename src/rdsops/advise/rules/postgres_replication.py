"""Replication slots that hold back WAL, and tables that a failover empties."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rdsops.advise.finding import Environment, Evidence, Repair, Severity, Sql, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.rules.postgres_evidence import MEASURED, READER, first, listed, on_reader, plural
from rdsops.advise.subjects import POSTGRES_DATABASES, POSTGRES_SERVERS, PostgresPlace, PostgresServer
from rdsops.advise.view import View
from rdsops.core.units import GIB, MIB, human_bytes, human_span
from rdsops.fleet.postgres_inside import SlotRow
from rdsops.fleet.postgres_names import literal, qualified, shown


def _slots(server: PostgresServer, view: View) -> Verdict:
    if server.instance.is_aurora and on_reader(server):
        return NotApplicable("an Aurora reader keeps no WAL of its own")
    bad = [(row, severity) for row in server.inside.slots if (severity := _slot_severity(row, server)) is not None]
    if not bad:
        return CLEAR
    order = (Severity.HIGH, Severity.MEDIUM, Severity.LOW)
    bad.sort(key=lambda pair: (order.index(pair[1]), -(pair[0].retained_bytes or 0), pair[0].name))
    worst, severity = bad[0]
    kept = human_bytes(worst.retained_bytes) if worst.retained_bytes is not None else "no WAL any more"
    state = "is lost" if worst.wal_status == "lost" else f"holds back {kept} of WAL"
    return Problem(
        title=f"{server.instance.ref}: slot {shown(worst.name)} "
        f"{'' if worst.active else 'has no consumer and '}{state}",
        severity=severity,
        evidence=listed([_slot_evidence(row, server) for row, _ in bad]),
        repair=Repair(
            text="Bring the consumer back; where it is gone for good, drop the slot. max_slot_wal_keep_size bounds "
            "the loss.",
            sql=first(
                Sql(
                    database=row.database,
                    statement=f"SELECT pg_drop_replication_slot({literal(row.name)})",
                    caution="its consumer must be built anew",
                )
                for row, _ in bad
                if not row.active
            ),
        ),
    )


def _slot_severity(row: SlotRow, server: PostgresServer) -> Severity | None:
    retained = row.retained_bytes or 0
    if row.wal_status in ("lost", "unreserved"):
        return Severity.HIGH
    if row.active:
        return Severity.MEDIUM if retained >= 10 * GIB else None
    forgotten = row.inactive_since is not None and server.inside.asked_at - row.inactive_since >= timedelta(days=1)
    if retained >= 50 * GIB:
        return Severity.HIGH
    if retained >= GIB:
        return Severity.MEDIUM
    return Severity.LOW if retained >= 16 * MIB or forgotten else None


def _slot_evidence(row: SlotRow, server: PostgresServer) -> Evidence:
    parts = ["logical" if row.logical else "physical", "active" if row.active else "inactive"]
    if row.wal_status is not None:
        parts.append(f"WAL {row.wal_status}")
    if row.inactive_since is not None and not row.active:
        parts.append(f"since {human_span(server.inside.asked_at - row.inactive_since)}")
    retained = "none" if row.retained_bytes is None else human_bytes(row.retained_bytes)
    return Evidence(
        what=f"slot ({', '.join(parts)}) retains",
        value=retained,
        source="postgres/slots",
        threshold="16 MiB inactive, 10 GiB active",
        subject=shown(row.name),
    )


def _unlogged(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = place.database.unlogged_tables
    if not rows:
        return CLEAR
    instance = place.instance
    if view.environment(instance) is Environment.TEST:
        return NotApplicable("a test database")
    followed = instance.cluster is not None or instance.multi_az or bool(instance.replicas)
    return Problem(
        title=f"{place.ref} has {plural(len(rows), 'unlogged table', limit=200)}, empty after a crash or failover",
        severity=Severity.MEDIUM if followed else None,
        evidence=listed(
            [
                Evidence(
                    what="unlogged table of",
                    value="rows not counted" if row.rows_estimate is None else f"{row.rows_estimate:,} rows",
                    source="postgres/unlogged_tables",
                    subject=shown(row.schema, row.name),
                )
                for row in rows
            ],
            limit=200,
        ),
        repair=Repair(
            text="Make logged what must survive; leave it where losing it is meant, and silence this.",
            sql=first(
                Sql(
                    database=place.database.name,
                    statement=f"ALTER TABLE {qualified(row.schema, row.name)} SET LOGGED",
                    caution="rewrites the table under an exclusive lock",
                )
                for row in rows
            ),
        ),
    )


SLOT_RETAINS_WAL = Rule(
    id="pg-slot-retains-wal",
    title="A replication slot holds back WAL",
    theme=Theme.POSTGRES,
    severity=Severity.MEDIUM,
    subjects=POSTGRES_SERVERS,
    check=_slots,
    why="WAL that a slot's consumer has not read is kept for ever: the storage fills, and then the database stops.",
    repair="Bring the consumer back, or drop the slot.",
    checks="An inactive slot retains 16 MiB or more, or is inactive for a day (PostgreSQL 17): low; from 1 GiB "
    "medium, from "
    "50 GiB high. An active slot from 10 GiB: medium. WAL status unreserved or lost: high. Not on Aurora readers.",
    needs=("sql:postgres.slots",),
    sources=("PostgreSQL documentation, pg_replication_slots (recalled)", MEASURED),
    catalogue=(119,),
    sql=True,
)
UNLOGGED = Rule(
    id="pg-unlogged-table",
    title="Unlogged tables lose their rows in a crash or failover",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_DATABASES,
    check=_unlogged,
    why="An unlogged table is truncated by crash recovery and is empty on every replica, restored copy and new writer.",
    repair="ALTER TABLE … SET LOGGED, or accept it.",
    checks="A permanent table is unlogged; medium where a standby, reader or replica may take over. Not in databases "
    "tagged "
    "as test. Writers only.",
    needs=("sql:postgres.unlogged_tables", "rds:DescribeDBInstances"),
    sources=("PostgreSQL documentation, CREATE TABLE (recalled)", MEASURED),
    sql=True,
)

RULES: tuple[Rule[Any], ...] = (SLOT_RETAINS_WAL, UNLOGGED)
