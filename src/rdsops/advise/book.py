"""The book: every rule, by theme, in the order they are explained."""

from __future__ import annotations

from typing import Any

from rdsops.advise.rule import Rule
from rdsops.advise.rules import (
    alarms,
    auditing,
    availability,
    backup,
    certificates,
    compute,
    connections,
    cost,
    disk_limits,
    encryption,
    global_database,
    housekeeping,
    identity,
    maintenance,
    monitoring,
    mysql_accounts,
    mysql_running,
    mysql_tables,
    network_exposure,
    parameters,
    proxy_targets,
    rehearsals,
    replication,
    restorability,
    serverless,
    storage,
    succession,
    transport,
    versions,
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
    *mysql_tables.RULES,
    *mysql_running.RULES,
    *mysql_accounts.RULES,
    *versions.RULES,
    *maintenance.RULES,
    *monitoring.RULES,
    *alarms.RULES,
    *housekeeping.RULES,
    *storage.RULES,
    *disk_limits.RULES,
    *compute.RULES,
    *connections.RULES,
    *parameters.RULES,
    *serverless.RULES,
    *cost.RULES,
)


def rule(identifier: str) -> Rule[Any] | None:
    """The rule of an id; None when there is none."""
    return next((known for known in RULES if known.id == identifier), None)
