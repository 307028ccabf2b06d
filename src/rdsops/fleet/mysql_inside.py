"""What SQL showed inside MySQL and MariaDB servers: rows, one struct a question (engines/sql/mysql/).

MySQL's dictionary spans all schemas, so every question is server-wide. Rows hold names, counters and ages; statement
texts only as the server's own digests, in which every literal is a question mark.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from rdsops.core.ids import InstanceRef
from rdsops.fleet.seen import UNSEEN, Maybe, Seen


class MysqlTableRow(msgspec.Struct, frozen=True, kw_only=True):
    """A table without a key, or with an engine that is not crash-safe."""

    schema_name: str
    table_name: str
    engine: str
    row_estimate: int
    bytes: int


class RedundantIndexRow(msgspec.Struct, frozen=True, kw_only=True):
    schema_name: str
    table_name: str
    index_name: str
    columns: str
    covered_by: str
    covering_columns: str


class UnusedIndexRow(msgspec.Struct, frozen=True, kw_only=True):
    schema_name: str
    table_name: str
    index_name: str
    row_estimate: int


class AutoIncrementRow(msgspec.Struct, frozen=True, kw_only=True):
    schema_name: str
    table_name: str
    column_name: str
    column_type: str
    next_value: int
    limit_value: int
    used_ratio: float


class FragmentedRow(msgspec.Struct, frozen=True, kw_only=True):
    schema_name: str
    table_name: str
    bytes: int
    free_bytes: int


class OldCharsetRow(msgspec.Struct, frozen=True, kw_only=True):
    schema_name: str
    table_name: str
    columns: int


class ForeignKeyTypeRow(msgspec.Struct, frozen=True, kw_only=True):
    schema_name: str
    table_name: str
    constraint_name: str
    column_name: str
    column_type: str
    parent: str
    parent_type: str


class TransactionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction of a minute or longer."""

    pid: int
    user: str | None
    schema_name: str | None
    command: str | None
    age_s: int
    rows_modified: int
    rows_locked: int


class RowLockRow(msgspec.Struct, frozen=True, kw_only=True):
    waiting_pid: int
    waits_s: int
    locked_table: str
    blocking_pid: int
    blocking_user: str | None
    blocking_command: str | None
    blocking_age_s: int


class MetadataWaitRow(msgspec.Struct, frozen=True, kw_only=True):
    pid: int
    user: str | None
    schema_name: str | None
    waits_s: int


class MysqlStatementRow(msgspec.Struct, frozen=True, kw_only=True):
    """One of the fifty digests that took the most time since the counters began."""

    digest: str
    schema_name: str | None
    text: str
    calls: int
    total_s: float
    rows_examined: int
    rows_sent: int
    disk_temp_tables: int
    without_index: int


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    user: str
    host: str
    plugin: str
    no_password: bool
    powers: str
    """Comma-joined: SUPER, FILE, SHUTDOWN, GRANT OPTION; empty for none."""


class MysqlTlsRow(msgspec.Struct, frozen=True, kw_only=True):
    """Connections of a user over the network; loopback is left out."""

    user: str
    encrypted: int
    plain: int


class BinlogRetention(msgspec.Struct, frozen=True, kw_only=True):
    """hours None: RDS removes binary logs as soon as it can."""

    hours: int | None


class BinlogConsumerRow(msgspec.Struct, frozen=True, kw_only=True):
    user: str
    connections: int


class Replication(msgspec.Struct, frozen=True, kw_only=True):
    """One channel of a replica. lag_s None: unknown, as while a thread stands still."""

    channel: str
    io_running: bool
    sql_running: bool
    lag_s: int | None
    io_error: str | None
    sql_error: str | None
    uses_gtid: bool


class UpgradeObstacleRow(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    object: str


class MysqlInside(Seen, frozen=True, kw_only=True):
    """One server, as far as the login may see."""

    ASKED: ClassVar[dict[str, str]] = {
        "flavour": "sql:mysql.variables",
        "server_version": "sql:mysql.variables",
        "uptime_s": "sql:mysql.status",
        "unused_indexes": "sql:mysql.unused_indexes",
        **{
            name: f"sql:mysql.{name}"
            for name in (
                "variables",
                "status",
                "tables_without_key",
                "redundant_indexes",
                "auto_increments",
                "unsafe_tables",
                "fragmented_tables",
                "old_charsets",
                "foreign_key_types",
                "transactions",
                "history",
                "lock_waits",
                "metadata_waits",
                "statements",
                "accounts",
                "tls",
                "binlog_retention",
                "binlog_consumers",
                "replication",
                "upgrade_blockers",
            )
        },
    }

    instance: InstanceRef
    asked_at: datetime
    flavour: Maybe[str] = UNSEEN
    """mysql or mariadb."""
    server_version: Maybe[str] = UNSEEN
    uptime_s: Maybe[int] = UNSEEN
    variables: Maybe[dict[str, str]] = UNSEEN
    """Global variables as live."""
    status: Maybe[dict[str, str]] = UNSEEN
    """Global counters since start."""
    tables_without_key: Maybe[tuple[MysqlTableRow, ...]] = UNSEEN
    redundant_indexes: Maybe[tuple[RedundantIndexRow, ...]] = UNSEEN
    unused_indexes: Maybe[tuple[UnusedIndexRow, ...]] = UNSEEN
    """Not read on this server since it started; unseen where the server does not count."""
    auto_increments: Maybe[tuple[AutoIncrementRow, ...]] = UNSEEN
    unsafe_tables: Maybe[tuple[MysqlTableRow, ...]] = UNSEEN
    fragmented_tables: Maybe[tuple[FragmentedRow, ...]] = UNSEEN
    old_charsets: Maybe[tuple[OldCharsetRow, ...]] = UNSEEN
    foreign_key_types: Maybe[tuple[ForeignKeyTypeRow, ...]] = UNSEEN
    transactions: Maybe[tuple[TransactionRow, ...]] = UNSEEN
    history: Maybe[int] = UNSEEN
    """Length of the history list, in transactions."""
    lock_waits: Maybe[tuple[RowLockRow, ...]] = UNSEEN
    metadata_waits: Maybe[tuple[MetadataWaitRow, ...]] = UNSEEN
    statements: Maybe[tuple[MysqlStatementRow, ...]] = UNSEEN
    accounts: Maybe[tuple[AccountRow, ...]] = UNSEEN
    tls: Maybe[tuple[MysqlTlsRow, ...]] = UNSEEN
    binlog_retention: Maybe[BinlogRetention] = UNSEEN
    binlog_consumers: Maybe[tuple[BinlogConsumerRow, ...]] = UNSEEN
    replication: Maybe[tuple[Replication, ...]] = UNSEEN
    upgrade_blockers: Maybe[tuple[UpgradeObstacleRow, ...]] = UNSEEN
