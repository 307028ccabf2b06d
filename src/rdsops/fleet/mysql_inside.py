"""What SQL showed inside MySQL and MariaDB servers: rows, one struct a question (engines/sql/mysql/)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from rdsops.core.ids import InstanceRef
from rdsops.fleet.seen import UNSEEN, Maybe, Seen


class MysqlInside(Seen, frozen=True, kw_only=True):
    """One server; MySQL's dictionary spans all schemas, so every question is server-wide."""

    ASKED: ClassVar[dict[str, str]] = {}

    instance: InstanceRef
    asked_at: datetime
    flavour: Maybe[str] = UNSEEN
    """mysql or mariadb."""
    server_version: Maybe[str] = UNSEEN
    variables: Maybe[dict[str, str]] = UNSEEN
    """Global variables as live."""
