"""What SQL showed inside PostgreSQL servers: rows, one struct a question (engines/sql/postgres/).

A field of `PostgresInside` or `PostgresDatabase` is one question's whole answer, and ASKED says which. Rows hold
names, counters and ages; statement texts only scrubbed of literals.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from rdsops.core.ids import InstanceRef
from rdsops.fleet.seen import UNSEEN, Maybe, Seen


class DatabaseRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    accepts_connections: bool
    is_template: bool
    may_connect: bool
    xid_age: int
    mxid_age: int


class RoleRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    powers: tuple[str, ...]


class TlsRow(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions of a role over the network; loopback is left out."""

    role: str
    encrypted: int
    plain: int


class SlotRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    logical: bool
    database: str | None
    active: bool
    wal_status: str | None
    retained_bytes: int | None
    safe_wal_bytes: int | None
    inactive_since: datetime | None


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A session in a transaction of 5 seconds or longer."""

    pid: int
    role: str | None
    database: str | None
    application: str | None
    state: str | None
    transaction_s: float
    state_s: float | None
    wait: str | None
    query_id: int | None


class LockRow(msgspec.Struct, frozen=True, kw_only=True):
    """A session that waits for a lock (waits_s) or stands in the way of one. blocked_by 0: a prepared transaction."""

    pid: int
    role: str | None
    database: str | None
    application: str | None
    state: str | None
    transaction_s: float | None
    waits_s: float | None
    wants: str | None
    query_id: int | None
    blocked_by: tuple[int, ...]


class XminRow(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    name: str
    xid_age: int
    held_s: float | None


class AuroraFeedbackRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    xid_age: int | None


class PreparedRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    role: str
    database: str
    prepared_s: float


class CheckpointsRow(msgspec.Struct, frozen=True, kw_only=True):
    timed: int
    requested: int
    counted_since: datetime | None


class CountersRow(msgspec.Struct, frozen=True, kw_only=True):
    database: str
    blocks_hit: int
    blocks_read: int
    temp_files: int
    temp_bytes: int
    deadlocks: int
    counted_since: datetime | None


class StatementRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of pg_stat_statements; `text` is scrubbed of literals and comments before it gets here."""

    database: str | None
    role: str | None
    query_id: int
    calls: int
    total_ms: float
    total_share_ratio: float | None
    rows_returned: int
    blocks_read: int
    temp_blocks_written: int
    text: str


class StatementsInfoRow(msgspec.Struct, frozen=True, kw_only=True):
    statements: int
    evictions: int
    counted_since: datetime | None


class TableAgeRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    name: str
    part: str
    xid_age: int
    mxid_age: int


class KeylessTableRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    name: str
    partitioned: bool
    rows_estimate: int | None
    size_bytes: int
    replica_identity: str
    published: bool


class ForeignKeyRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    name: str
    constraint: str
    columns: tuple[str, ...]
    parent_schema: str
    parent: str
    partitioned: bool
    rows_estimate: int | None
    size_bytes: int


class SequenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered column narrower than bigint, or under a narrower sequence."""

    schema: str
    name: str
    column: str
    type: str
    sequence: str
    referring: bool
    readable: bool
    last_value: int | None
    limit_value: int


class IndexUsageRow(msgspec.Struct, frozen=True, kw_only=True):
    """An index that this server has not scanned since its counters began."""

    schema: str
    index: str
    table: str
    size_bytes: int
    partitioned: bool


class DuplicateIndexRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    table: str
    index: str
    kept: str
    exact: bool
    constraint: str | None
    partitioned: bool
    size_bytes: int


class InvalidIndexRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    index: str
    table: str
    unique: bool
    ready: bool
    size_bytes: int


class UnvalidatedRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    table: str
    constraint: str
    kind: str


class TableBloatRow(msgspec.Struct, frozen=True, kw_only=True):
    """columns_measured < columns: needed_bytes means nothing."""

    schema: str
    name: str
    size_bytes: int
    needed_bytes: int
    columns: int
    columns_measured: int


class IndexBloatRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    index: str
    table: str
    size_bytes: int
    needed_bytes: int
    columns: int
    columns_measured: int
    constraint: bool


class VacuumRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    name: str
    live_rows: int
    dead_rows: int
    threshold_rows: int
    last_vacuum: datetime | None
    running: bool


class AutovacuumOffRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    name: str
    toast: bool
    rows_estimate: int | None


class StaleStatisticsRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    name: str
    never: bool
    live_rows: int
    changed_rows: int
    threshold_rows: int
    last_analyze: datetime | None
    size_bytes: int


class ExtensionRow(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    schema: str
    installed: str
    available: str | None


class BlockerRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    name: str
    column: str
    type: str


class DefaultPartitionRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    table: str
    default_schema: str
    default_partition: str
    rows_estimate: int | None


class RangePartitionsRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    table: str
    key_type: str
    has_default: bool
    bounds: tuple[str, ...]
    rows_estimates: tuple[int, ...]


class DefinerRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    name: str
    arguments: str
    owner: str
    is_procedure: bool


class UnloggedRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    name: str
    rows_estimate: int | None


class DisabledTriggerRow(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    table: str
    trigger: str
    foreign_key: bool


class PostgresDatabase(Seen, frozen=True, kw_only=True):
    """One database of a server; each field is one question's answer. On readers only `index_usage` is asked."""

    ASKED: ClassVar[dict[str, str]] = {
        "": "sql:connect",
        "table_ages": "sql:postgres.table_ages",
        "tables_without_key": "sql:postgres.tables_without_key",
        "foreign_keys": "sql:postgres.foreign_keys",
        "sequences": "sql:postgres.sequences",
        "index_usage": "sql:postgres.index_usage",
        "duplicate_indexes": "sql:postgres.duplicate_indexes",
        "invalid_indexes": "sql:postgres.invalid_indexes",
        "unvalidated_constraints": "sql:postgres.unvalidated_constraints",
        "table_bloat": "sql:postgres.table_bloat",
        "index_bloat": "sql:postgres.index_bloat",
        "vacuum_backlog": "sql:postgres.vacuum_backlog",
        "autovacuum_disabled": "sql:postgres.autovacuum_disabled",
        "stale_statistics": "sql:postgres.stale_statistics",
        "extensions": "sql:postgres.extensions",
        "upgrade_blockers": "sql:postgres.upgrade_blockers",
        "default_partitions": "sql:postgres.default_partitions",
        "range_partitions": "sql:postgres.range_partitions",
        "public_create": "sql:postgres.public_create",
        "definer_functions": "sql:postgres.definer_functions",
        "unlogged_tables": "sql:postgres.unlogged_tables",
        "disabled_triggers": "sql:postgres.disabled_triggers",
    }

    name: str
    table_ages: Maybe[tuple[TableAgeRow, ...]] = UNSEEN
    tables_without_key: Maybe[tuple[KeylessTableRow, ...]] = UNSEEN
    foreign_keys: Maybe[tuple[ForeignKeyRow, ...]] = UNSEEN
    sequences: Maybe[tuple[SequenceRow, ...]] = UNSEEN
    index_usage: Maybe[tuple[IndexUsageRow, ...]] = UNSEEN
    duplicate_indexes: Maybe[tuple[DuplicateIndexRow, ...]] = UNSEEN
    invalid_indexes: Maybe[tuple[InvalidIndexRow, ...]] = UNSEEN
    unvalidated_constraints: Maybe[tuple[UnvalidatedRow, ...]] = UNSEEN
    table_bloat: Maybe[tuple[TableBloatRow, ...]] = UNSEEN
    index_bloat: Maybe[tuple[IndexBloatRow, ...]] = UNSEEN
    vacuum_backlog: Maybe[tuple[VacuumRow, ...]] = UNSEEN
    autovacuum_disabled: Maybe[tuple[AutovacuumOffRow, ...]] = UNSEEN
    stale_statistics: Maybe[tuple[StaleStatisticsRow, ...]] = UNSEEN
    extensions: Maybe[tuple[ExtensionRow, ...]] = UNSEEN
    upgrade_blockers: Maybe[tuple[BlockerRow, ...]] = UNSEEN
    default_partitions: Maybe[tuple[DefaultPartitionRow, ...]] = UNSEEN
    range_partitions: Maybe[tuple[RangePartitionsRow, ...]] = UNSEEN
    public_create: Maybe[tuple[str, ...]] = UNSEEN
    """Schemas in which everybody may create."""
    definer_functions: Maybe[tuple[DefinerRow, ...]] = UNSEEN
    unlogged_tables: Maybe[tuple[UnloggedRow, ...]] = UNSEEN
    disabled_triggers: Maybe[tuple[DisabledTriggerRow, ...]] = UNSEEN


class PostgresInside(Seen, frozen=True, kw_only=True):
    """One server (instance). Server-wide questions here, per-database ones in `databases`."""

    ASKED: ClassVar[dict[str, str]] = {
        "": "sql:connect",
        "database_names": "sql:postgres.databases",
        "database_rows": "sql:postgres.databases",
        "server_version": "sql:postgres.server",
        "is_replica": "sql:postgres.server",
        "started_at": "sql:postgres.server",
        "settings": "sql:postgres.settings",
        "roles": "sql:postgres.roles",
        "tls": "sql:postgres.tls",
        "slots": "sql:postgres.slots",
        "sessions": "sql:postgres.sessions",
        "lock_waits": "sql:postgres.lock_waits",
        "xmin_holders": "sql:postgres.xmin_holders",
        "aurora_feedback": "sql:postgres.aurora_feedback",
        "prepared": "sql:postgres.prepared",
        "checkpoints": "sql:postgres.checkpoints",
        "counters": "sql:postgres.counters",
        "statements": "sql:postgres.statements",
        "statements_info": "sql:postgres.statements_info",
    }

    instance: InstanceRef
    asked_at: datetime
    database_names: Maybe[tuple[str, ...]] = UNSEEN
    """Databases that accept connections, templates and rdsadmin left out."""
    database_rows: Maybe[tuple[DatabaseRow, ...]] = UNSEEN
    """Every database, templates and rdsadmin included: they age too."""
    server_version: Maybe[int] = UNSEEN
    """server_version_num, 180006."""
    is_replica: Maybe[bool] = UNSEEN
    started_at: Maybe[datetime] = UNSEEN
    settings: Maybe[dict[str, str]] = UNSEEN
    """pg_settings as live: name -> setting, in the engine's own unit."""
    roles: Maybe[tuple[RoleRow, ...]] = UNSEEN
    tls: Maybe[tuple[TlsRow, ...]] = UNSEEN
    slots: Maybe[tuple[SlotRow, ...]] = UNSEEN
    sessions: Maybe[tuple[SessionRow, ...]] = UNSEEN
    lock_waits: Maybe[tuple[LockRow, ...]] = UNSEEN
    xmin_holders: Maybe[tuple[XminRow, ...]] = UNSEEN
    aurora_feedback: Maybe[tuple[AuroraFeedbackRow, ...]] = UNSEEN
    """Asked of Aurora writers only; () elsewhere."""
    prepared: Maybe[tuple[PreparedRow, ...]] = UNSEEN
    checkpoints: Maybe[CheckpointsRow] = UNSEEN
    counters: Maybe[tuple[CountersRow, ...]] = UNSEEN
    statements: Maybe[tuple[StatementRow, ...] | None] = UNSEEN
    """None: pg_stat_statements is not installed in any database that was walked."""
    statements_info: Maybe[StatementsInfoRow | None] = UNSEEN
    databases: tuple[PostgresDatabase, ...] = ()
    """One each of `database_names`, in that order; those that could not be walked have every field unseen."""
