"""Makers of PostgreSQL insides. Every maker gives a healthy thing; pass fields to make it ill, UNSEEN to hide one.

fleet_of(instance("orders"), postgres=(inside("orders", database("orders", invalid_indexes=(…,))),))
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rdsops.core.ids import InstanceRef
from rdsops.fleet.postgres_inside import (
    CheckpointsRow,
    CountersRow,
    DatabaseRow,
    ExtensionRow,
    PostgresDatabase,
    PostgresInside,
    RangePartitionsRow,
    RoleRow,
    SequenceRow,
    SlotRow,
    StatementRow,
    StatementsInfoRow,
    TableAgeRow,
    TableBloatRow,
    TlsRow,
    XminRow,
)
from rdsops.testing.fleets import ACCOUNT, NOW, REGION

SETTINGS = {
    "autovacuum": "on",
    "autovacuum_freeze_max_age": "200000000",
    "autovacuum_multixact_freeze_max_age": "400000000",
    "password_encryption": "scram-sha-256",
    "shared_preload_libraries": "rdsutils,pg_stat_statements",
    "pg_stat_statements.max": "5000",
    "max_wal_size": "2048",
    "block_size": "8192",
}


def inside(name: str = "orders", *databases: PostgresDatabase, **changes: Any) -> PostgresInside:
    """A healthy writer, up for 60 days; with one healthy database when none is given."""
    walked = databases or (database(),)
    began = NOW - timedelta(days=60)
    fields: dict[str, Any] = {
        "instance": InstanceRef(ACCOUNT, REGION, name),
        "asked_at": NOW,
        "database_names": tuple(each.name for each in walked),
        "database_rows": (
            database_row("rdsadmin"),
            database_row("template0", accepts_connections=False, is_template=True),
            *(database_row(each.name) for each in walked),
        ),
        "server_version": 170006,
        "is_replica": False,
        "started_at": began,
        "settings": SETTINGS,
        "roles": (
            RoleRow(name="rdsadmin", powers=("superuser",)),
            RoleRow(name="orders_owner", powers=("createrole", "rds_superuser")),
        ),
        "tls": (TlsRow(role="shop", encrypted=40, plain=0),),
        "slots": (slot(),),
        "sessions": (),
        "lock_waits": (),
        "xmin_holders": (XminRow(kind="session", name="4711 (shop)", xid_age=40, held_s=0.2),),
        "aurora_feedback": (),
        "prepared": (),
        "checkpoints": CheckpointsRow(timed=9000, requested=120, counted_since=began),
        "counters": tuple(
            CountersRow(
                database=each.name,
                blocks_hit=9_990_000_000,
                blocks_read=10_000_000,
                temp_files=12,
                temp_bytes=200_000_000,
                deadlocks=0,
                counted_since=began,
            )
            for each in walked
        ),
        "statements": (statement(),),
        "statements_info": StatementsInfoRow(statements=800, evictions=0, counted_since=began),
        "databases": walked,
    }
    return PostgresInside(**{**fields, **changes})


def reader(name: str, *databases: PostgresDatabase, **changes: Any) -> PostgresInside:
    """A healthy reader: only what is asked of readers is seen."""
    walked = databases or (PostgresDatabase(name="orders", extensions=(statements_extension(),), index_usage=()),)
    whole = inside(name, *walked)
    kept = ("database_names", "database_rows", "server_version", "started_at", "settings", "tls", "sessions")
    fields: dict[str, Any] = {each: getattr(whole, each) for each in kept}
    fields |= {each: getattr(whole, each) for each in ("lock_waits", "counters", "statements", "statements_info")}
    fields |= {"instance": whole.instance, "asked_at": NOW, "databases": walked, "slots": (), "is_replica": True}
    return PostgresInside(**{**fields, **changes})


def database(name: str = "orders", **changes: Any) -> PostgresDatabase:
    """A healthy database, walked to its end."""
    fields: dict[str, Any] = {
        "name": name,
        "table_ages": (TableAgeRow(schema="public", name="orders", part="table", xid_age=120_000_000, mxid_age=900),),
        "tables_without_key": (),
        "foreign_keys": (),
        "sequences": (sequence(),),
        "index_usage": (),
        "duplicate_indexes": (),
        "invalid_indexes": (),
        "unvalidated_constraints": (),
        "table_bloat": (
            TableBloatRow(
                schema="public",
                name="orders",
                size_bytes=10 << 30,
                needed_bytes=9 << 30,
                columns=12,
                columns_measured=12,
            ),
        ),
        "index_bloat": (),
        "vacuum_backlog": (),
        "autovacuum_disabled": (),
        "stale_statistics": (),
        "extensions": (
            statements_extension(),
            ExtensionRow(name="plpgsql", schema="pg_catalog", installed="1.0", available="1.0"),
        ),
        "upgrade_blockers": (),
        "default_partitions": (),
        "range_partitions": (
            RangePartitionsRow(
                schema="public",
                table="events",
                key_type="date",
                has_default=False,
                bounds=(
                    "FOR VALUES FROM ('2026-10-01') TO ('2026-11-01')",
                    "FOR VALUES FROM ('2026-11-01') TO ('2026-12-01')",
                    "FOR VALUES FROM ('2026-12-01') TO ('2027-01-01')",
                    "FOR VALUES FROM ('2027-01-01') TO ('2027-02-01')",
                ),
                rows_estimates=(100_000, 70_000, 0, 0),
            ),
        ),
        "public_create": (),
        "definer_functions": (),
        "unlogged_tables": (),
        "disabled_triggers": (),
    }
    return PostgresDatabase(**{**fields, **changes})


def database_row(name: str, **changes: Any) -> DatabaseRow:
    fields: dict[str, Any] = {
        "name": name,
        "accepts_connections": True,
        "is_template": False,
        "may_connect": True,
        "xid_age": 150_000_000,
        "mxid_age": 2_000,
    }
    return DatabaseRow(**{**fields, **changes})


def slot(name: str = "standby_1", **changes: Any) -> SlotRow:
    """A physical slot in use."""
    fields: dict[str, Any] = {
        "name": name,
        "logical": False,
        "database": None,
        "active": True,
        "wal_status": "reserved",
        "retained_bytes": 40 << 20,
        "safe_wal_bytes": None,
        "inactive_since": None,
    }
    return SlotRow(**{**fields, **changes})


def sequence(**changes: Any) -> SequenceRow:
    """An int4 key, a fifth used."""
    fields: dict[str, Any] = {
        "schema": "public",
        "name": "customers",
        "column": "id",
        "type": "integer",
        "sequence": "public.customers_id_seq",
        "referring": False,
        "readable": True,
        "last_value": 400_000_000,
        "limit_value": 2_147_483_647,
    }
    return SequenceRow(**{**fields, **changes})


def statement(**changes: Any) -> StatementRow:
    """A frequent, quick statement."""
    fields: dict[str, Any] = {
        "database": "orders",
        "role": "shop",
        "query_id": 7_000_000_001,
        "calls": 9_000_000,
        "total_ms": 9_000_000.0,
        "total_share_ratio": 0.4,
        "rows_returned": 9_000_000,
        "blocks_read": 1_000,
        "temp_blocks_written": 0,
        "text": "SELECT status FROM orders WHERE id = $1",
    }
    return StatementRow(**{**fields, **changes})


def statements_extension() -> ExtensionRow:
    return ExtensionRow(name="pg_stat_statements", schema="public", installed="1.11", available="1.11")
