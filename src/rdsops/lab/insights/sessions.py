"""An active session as Performance Insights sees it, and the groups of dimensions under which load is asked for.

Group and dimension names: botocore 1.44.5, DimensionGroup of pi, read 2026-11-23. PostgreSQL's wait names carry their
type ("Lock:relation") as RDS writes them (recalled, verify).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, TypeAlias

Family = Literal["postgres", "mysql"]

LONGEST_TEXT_BYTES = 500
"""A response element is cut here (botocore, DescribeDimensionKeys)."""


class Session(NamedTuple):
    """What one backend was doing at one second. statement: id of its digest, whose text the source keeps.

    None: the engine did not say. No text of a statement is here, and no literal anywhere.
    """

    wait_type: str
    wait_event: str
    statement: str | None = None
    engine_statement: str | None = None
    user: str | None = None
    host: str | None = None
    application: str | None = None
    database: str | None = None
    kind: str | None = None


Text: TypeAlias = Callable[[str], str | None]
"""Digest id -> its text, which holds no literal."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "db": ("db.name",),
    "db.application": ("db.application.name",),
    "db.host": ("db.host.id", "db.host.name"),
    "db.session_type": ("db.session_type.name",),
    "db.sql": ("db.sql.id", "db.sql.db_id", "db.sql.tokenized_id", "db.sql.statement"),
    "db.sql_tokenized": ("db.sql_tokenized.id", "db.sql_tokenized.db_id", "db.sql_tokenized.statement"),
    "db.user": ("db.user.id", "db.user.name"),
    "db.wait_event": ("db.wait_event.name", "db.wait_event.type"),
    "db.wait_event_type": ("db.wait_event_type.name",),
}
POSTGRES_ONLY = ("db.application", "db.session_type")


def groups_of(family: Family) -> tuple[str, ...]:
    return tuple(group for group in GROUPS if family == "postgres" or group not in POSTGRES_ONLY)


def value_of(dimension: str, session: Session, text: Text) -> str | None:
    """A dimension of a session; None when the engine did not say.

    The lab keeps no statement with its literals, so db.sql and db.sql_tokenized tell the same text.
    """
    match dimension:
        case "db.wait_event.name":
            return session.wait_event
        case "db.wait_event.type" | "db.wait_event_type.name":
            return session.wait_type
        case "db.sql.id" | "db.sql.tokenized_id" | "db.sql_tokenized.id":
            return session.statement
        case "db.sql.db_id" | "db.sql_tokenized.db_id":
            return session.engine_statement
        case "db.sql.statement" | "db.sql_tokenized.statement":
            return cut(text(session.statement)) if session.statement is not None else None
        case "db.user.id" | "db.user.name":
            return session.user
        case "db.host.id" | "db.host.name":
            return session.host
        case "db.application.name":
            return session.application
        case "db.session_type.name":
            return session.kind
        case "db.name":
            return session.database
    raise KeyError(dimension)


def cut(text: str | None) -> str | None:
    """The first 500 bytes, never half a character.

    >>> len(cut("é" * 300).encode())
    500
    """
    return None if text is None else text.encode()[:LONGEST_TEXT_BYTES].decode(errors="ignore")
