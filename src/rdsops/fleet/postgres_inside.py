"""What SQL showed inside PostgreSQL servers: rows, one struct a question (engines/sql/postgres/)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from rdsops.core.ids import InstanceRef
from rdsops.fleet.seen import UNSEEN, Maybe, Seen


class PostgresDatabase(Seen, frozen=True, kw_only=True):
    """One database of a server; each field is one question's answer."""

    ASKED: ClassVar[dict[str, str]] = {}

    name: str


class PostgresInside(Seen, frozen=True, kw_only=True):
    """One server (instance). Server-wide questions here, per-database ones in `databases`."""

    ASKED: ClassVar[dict[str, str]] = {}

    instance: InstanceRef
    asked_at: datetime
    database_names: Maybe[tuple[str, ...]] = UNSEEN
    """Databases that accept connections; `databases` holds those that were walked."""
    server_version: Maybe[int] = UNSEEN
    """server_version_num, 180006."""
    is_replica: Maybe[bool] = UNSEEN
    settings: Maybe[dict[str, str]] = UNSEEN
    """pg_settings as live: name -> setting, in the engine's own unit."""
    databases: tuple[PostgresDatabase, ...] = ()
