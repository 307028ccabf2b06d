"""The book: every rule, by theme, in the order they are explained."""

from __future__ import annotations

from typing import Any

from rdsops.advise.rule import Rule
from rdsops.advise.rules import (
    auditing,
    availability,
    backup,
    certificates,
    encryption,
    global_database,
    identity,
    network_exposure,
    proxy_targets,
    rehearsals,
    replication,
    restorability,
    succession,
    transport,
    windows,
)

RULES: tuple[Rule[Any], ...] = (
    *network_exposure.RULES,
    *encryption.RULES,
    *certificates.RULES,
    *transport.RULES,
    *identity.RULES,
    *auditing.RULES,
    *availability.RULES,
    *windows.RULES,
    *succession.RULES,
    *restorability.RULES,
    *replication.RULES,
    *rehearsals.RULES,
    *proxy_targets.RULES,
    *global_database.RULES,
    *backup.RULES,
)


def rule(identifier: str) -> Rule[Any] | None:
    """The rule of an id; None when there is none."""
    return next((known for known in RULES if known.id == identifier), None)
