"""Inside one PostgreSQL server: every question of engines/sql/postgres, server-wide ones once, the others per database.

A question that fails leaves its field unseen and writes a gap. A question whose answer would be half empty for lack of
a privilege is not asked at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from rdsops.collect.inside_request import Asking
from rdsops.core.ids import DatabaseRef
from rdsops.engines.connect import Address, Credentials, NotAnswered, NotConnected
from rdsops.engines.postgres import PostgresDoor, grant, open_postgres
from rdsops.engines.query import Question, answer, question
from rdsops.engines.scrub import scrubbed
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.gaps import Cause, Gap
from rdsops.fleet.instances import Instance
from rdsops.fleet.postgres_inside import (
    AuroraFeedbackRow,
    AutovacuumOffRow,
    BlockerRow,
    CheckpointsRow,
    CountersRow,
    DatabaseRow,
    DefaultPartitionRow,
    DefinerRow,
    DisabledTriggerRow,
    DuplicateIndexRow,
    ExtensionRow,
    ForeignKeyRow,
    IndexBloatRow,
    IndexUsageRow,
    InvalidIndexRow,
    KeylessTableRow,
    LockRow,
    PostgresDatabase,
    PostgresInside,
    PreparedRow,
    RangePartitionsRow,
    RoleRow,
    SequenceRow,
    SessionRow,
    SlotRow,
    StaleStatisticsRow,
    StatementRow,
    StatementsInfoRow,
    TableAgeRow,
    TableBloatRow,
    TlsRow,
    UnloggedRow,
    UnvalidatedRow,
    VacuumRow,
    XminRow,
)

T = TypeVar("T")

NOT_WALKED = frozenset({"rdsadmin"})
"""RDS's own database: nobody else is let in."""


class ServerRow(msgspec.Struct, frozen=True, kw_only=True):
    server_version: int
    in_recovery: bool
    started_at: datetime
    login: str
    sees_all_stats: bool
    reads_all_data: bool


class SettingRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    value: str


class SchemaRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str


SERVER_QUESTIONS: dict[str, type[Any]] = {
    "tls": TlsRow,
    "sessions": SessionRow,
    "lock_waits": LockRow,
    "slots": SlotRow,
    "counters": CountersRow,
}
"""Asked of every server: question (and field) -> row."""

WRITER_QUESTIONS: dict[str, type[Any]] = {
    "roles": RoleRow,
    "xmin_holders": XminRow,
    "prepared": PreparedRow,
}
"""Asked of writers only: a standby answers them with its writer's words, or not at all."""

READER_DATABASE_QUESTIONS: dict[str, type[Any]] = {
    "extensions": ExtensionRow,
    "index_usage": IndexUsageRow,
}
"""Asked of each database of a reader: only what differs from its writer."""

DATABASE_QUESTIONS: dict[str, type[Any]] = {
    **READER_DATABASE_QUESTIONS,
    "table_ages": TableAgeRow,
    "tables_without_key": KeylessTableRow,
    "foreign_keys": ForeignKeyRow,
    "sequences": SequenceRow,
    "duplicate_indexes": DuplicateIndexRow,
    "invalid_indexes": InvalidIndexRow,
    "unvalidated_constraints": UnvalidatedRow,
    "table_bloat": TableBloatRow,
    "index_bloat": IndexBloatRow,
    "vacuum_backlog": VacuumRow,
    "autovacuum_disabled": AutovacuumOffRow,
    "stale_statistics": StaleStatisticsRow,
    "upgrade_blockers": BlockerRow,
    "default_partitions": DefaultPartitionRow,
    "range_partitions": RangePartitionsRow,
    "definer_functions": DefinerRow,
    "unlogged_tables": UnloggedRow,
    "disabled_triggers": DisabledTriggerRow,
}


@dataclass
class _Visit:
    """One server being looked at: where, as whom, and the gaps so far."""

    instance: Instance
    address: Address
    credentials: Credentials
    asking: Asking
    server: ServerRow | None = None
    gaps: list[Gap] = field(default_factory=list)

    def open(self, database: str) -> PostgresDoor:
        return open_postgres(self.address, database, self.credentials, self.asking.trust, self.asking.limits)

    def gap(
        self, asked: str, cause: Cause, detail: str, remedy: str | None = None, *, database: str | None = None
    ) -> None:
        ref = self.instance.ref
        gap = Gap(
            asked=asked,
            account=ref.account,
            region=ref.region,
            subject=ref.arn if database is None else DatabaseRef(ref, database).arn,
            cause=cause,
            detail=detail,
            remedy=remedy,
            seen_at=self.asking.now(),
        )
        if not any((old.asked, old.subject, old.detail) == (gap.asked, gap.subject, gap.detail) for old in self.gaps):
            self.gaps.append(gap)

    def ask(self, door: PostgresDoor, name: str, row: type[T], *, database: str | None = None) -> tuple[T, ...] | None:
        """The rows of a question; None when there is no answer, with the gap that says why.

        Raises NotAnswered only when the connection is lost.
        """
        asked = f"sql:postgres.{name}"
        major = door.server_version // 10000
        found = question("postgres", name, "pg", major)
        if found is None:
            self.gap(asked, Cause.UNSUPPORTED, f"not to be asked of PostgreSQL {major}", "upgrade")
            return None
        if self._hidden(found):
            login = self.server.login if self.server else self.credentials.user
            self.gap(asked, Cause.DENIED, f"role {login} lacks pg_monitor", grant("pg_monitor", login))
            return None
        try:
            return answer(door, found, row)
        except NotAnswered as failed:
            if failed.lost:
                raise
            self.gap(asked, failed.cause, str(failed.args[0]), failed.hint, database=database)
            return None

    def _hidden(self, asked: Question) -> bool:
        """Whether the answer would lack what other roles do, without saying so."""
        return self.server is not None and asked.privilege.startswith("pg_monitor") and not self.server.sees_all_stats


def look(
    instance: Instance, cluster: Cluster | None, address: Address, credentials: Credentials, asking: Asking
) -> tuple[PostgresInside | None, tuple[Gap, ...]]:
    """Everything that one server lets us see, and what it does not."""
    visit = _Visit(instance, address, credentials, asking)
    try:
        door = _first_door(visit, cluster)
    except NotConnected as refused:
        visit.gap("sql:connect", refused.cause, str(refused.args[0]), refused.hint)
        return None, tuple(visit.gaps)
    asked_at = asking.now()
    seen: dict[str, Any] = {}
    try:
        servers = visit.ask(door, "server", ServerRow)
        if not servers:
            visit.gap("sql:connect", Cause.FAILED, "the server does not tell what it is", "ask again")
            return None, tuple(visit.gaps)
        visit.server = servers[0]
        seen = {
            "server_version": visit.server.server_version,
            "is_replica": visit.server.in_recovery,
            "started_at": visit.server.started_at,
        }
        seen |= _server_wide(visit, door)
    except NotAnswered as lost:
        visit.gap("sql:connect", Cause.FAILED, f"the connection broke: {lost.args[0]}", "ask again")
        return None, tuple(visit.gaps)
    finally:
        door.close()
    databases: list[PostgresDatabase] = []
    if "database_names" in seen:
        databases = _walk(visit, seen["database_names"], seen)
    return PostgresInside(instance=instance.ref, asked_at=asked_at, databases=tuple(databases), **seen), tuple(
        visit.gaps
    )


def _first_door(visit: _Visit, cluster: Cluster | None) -> PostgresDoor:
    """A connection to the instance's own database, or to `postgres` where that cannot be had."""
    named = [
        owner.database_name
        for owner in (visit.instance, cluster)
        if owner is not None and owner.has_seen("database_name") and owner.database_name
    ]
    try:
        return visit.open("postgres")
    except NotConnected:
        if not named:
            raise
        return visit.open(named[0])


def _server_wide(visit: _Visit, door: PostgresDoor) -> dict[str, Any]:
    assert visit.server is not None
    seen: dict[str, Any] = {}
    settings = visit.ask(door, "settings", SettingRow)
    if settings is not None:
        seen["settings"] = {row.name: row.value for row in settings}
    rows = visit.ask(door, "databases", DatabaseRow)
    if rows is not None:
        seen["database_rows"] = rows
        seen["database_names"] = tuple(
            row.name for row in rows if row.accepts_connections and not row.is_template and row.name not in NOT_WALKED
        )
    questions = SERVER_QUESTIONS if visit.server.in_recovery else SERVER_QUESTIONS | WRITER_QUESTIONS
    for name, row_type in questions.items():
        answers = visit.ask(door, name, row_type)
        if answers is not None:
            seen[name] = answers
    if not visit.server.in_recovery:
        checkpoints = visit.ask(door, "checkpoints", CheckpointsRow)
        if checkpoints:
            seen["checkpoints"] = checkpoints[0]
        feedback = visit.ask(door, "aurora_feedback", AuroraFeedbackRow) if visit.instance.is_aurora else ()
        if feedback is not None:
            seen["aurora_feedback"] = feedback
    return seen


def _walk(visit: _Visit, names: Sequence[str], seen: dict[str, Any]) -> list[PostgresDatabase]:
    """Every database, one connection at a time; statement statistics from the first that shows them."""
    databases: list[PostgresDatabase] = []
    most = visit.asking.most_databases
    missed = False
    for place, name in enumerate(names):
        if place >= most:
            detail = f"the server has {len(names)} databases; only {most} are walked"
            visit.gap("sql:connect", Cause.NOT_ASKED, detail, "raise the number of databases walked", database=name)
            databases.append(PostgresDatabase(name=name))
            missed = True
            continue
        fields: dict[str, Any] = {}
        try:
            door = visit.open(name)
        except NotConnected as refused:
            visit.gap("sql:connect", refused.cause, str(refused.args[0]), refused.hint, database=name)
            databases.append(PostgresDatabase(name=name))
            missed = True
            continue
        try:
            _one_database(visit, door, name, fields)
            if "statements" not in seen and "extensions" in fields:
                _statements(visit, door, fields["extensions"], seen)
        except NotAnswered as lost:
            visit.gap("sql:connect", Cause.FAILED, f"the connection broke: {lost.args[0]}", "ask again", database=name)
        finally:
            door.close()
        missed = missed or "extensions" not in fields
        databases.append(PostgresDatabase(name=name, **fields))
    asked = {gap.asked for gap in visit.gaps}
    if "statements" not in seen and not missed and "sql:postgres.statements" not in asked:
        seen["statements"] = None
        seen["statements_info"] = None
    return databases


def _one_database(visit: _Visit, door: PostgresDoor, name: str, fields: dict[str, Any]) -> None:
    assert visit.server is not None
    for asked, row_type in (READER_DATABASE_QUESTIONS if visit.server.in_recovery else DATABASE_QUESTIONS).items():
        rows = visit.ask(door, asked, row_type, database=name)
        if rows is not None:
            fields[asked] = rows
    if visit.server.in_recovery:
        return
    schemas = visit.ask(door, "public_create", SchemaRow, database=name)
    if schemas is not None:
        fields["public_create"] = tuple(row.schema for row in schemas)
    _say_what_is_hidden(visit, name, fields)


def _say_what_is_hidden(visit: _Visit, name: str, fields: dict[str, Any]) -> None:
    """Gaps for rows that came half empty: sequences without USAGE, columns that pg_stats does not show."""
    assert visit.server is not None
    login = visit.server.login
    sequences: tuple[SequenceRow, ...] = fields.get("sequences", ())
    unreadable = sorted({row.sequence for row in sequences if not row.readable})
    if unreadable:
        detail = f"role {login} may not see the position of {len(unreadable)} sequences ({unreadable[0]}, …)"
        remedy = f"{grant('pg_read_all_data', login)}, or GRANT SELECT on the sequences"
        visit.gap("sql:postgres.sequences", Cause.DENIED, detail, remedy, database=name)
    for asked in ("table_bloat", "index_bloat"):
        rows: tuple[TableBloatRow | IndexBloatRow, ...] = fields.get(asked, ())
        void = sum(1 for row in rows if row.columns_measured < row.columns)
        if not void:
            continue
        if visit.server.reads_all_data:
            cause, detail = Cause.ABSENT, f"{void} relations were never analysed, so their bloat cannot be estimated"
            remedy = "ANALYZE"
        else:
            cause, detail = Cause.DENIED, f"pg_stats hides columns of {void} relations from role {login}, or has none"
            remedy = f"{grant('pg_read_all_data', login)}, or ANALYZE where statistics are missing"
        visit.gap(f"sql:postgres.{asked}", cause, detail, remedy, database=name)


def _statements(visit: _Visit, door: PostgresDoor, extensions: Sequence[ExtensionRow], seen: dict[str, Any]) -> None:
    """The top statements of the whole server, asked where the extension lies; their texts are scrubbed here."""
    extension = next((row for row in extensions if row.name == "pg_stat_statements"), None)
    if extension is None:
        return
    try:
        door.find_in(extension.schema)
    except NotAnswered as failed:
        if failed.lost:
            raise
        visit.gap("sql:postgres.statements", failed.cause, str(failed.args[0]), failed.hint)
        return
    rows = visit.ask(door, "statements", StatementRow)
    if rows is None:
        return
    seen["statements"] = tuple(msgspec.structs.replace(row, text=scrubbed(row.text)) for row in rows)
    info = visit.ask(door, "statements_info", StatementsInfoRow)
    if info:
        seen["statements_info"] = info[0]
