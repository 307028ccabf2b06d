"""How databases are asked: with which credentials, whom to trust, within which limits. It asks nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rdsops.engines.connect import Limits, Trust
from rdsops.engines.logins import Keyring


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How insides are asked. most_databases: of one server; the rest becomes a gap."""

    keyring: Keyring
    trust: Trust = field(default_factory=Trust)
    limits: Limits = field(default_factory=Limits)
    most_databases: int = 50
    now: Callable[[], datetime] = _utc_now
