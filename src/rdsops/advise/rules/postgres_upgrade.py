"""What a major upgrade leaves behind, and what stands in the way of the next one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from rdsops.advise.finding import Evidence, Repair, Severity, Sql, Theme
from rdsops.advise.rule import CLEAR, Problem, Rule, Verdict
from rdsops.advise.rules.postgres_evidence import MEASURED, READER, first, listed, on_reader, plural
from rdsops.advise.subjects import POSTGRES_DATABASES, POSTGRES_SERVERS, PostgresPlace, PostgresServer
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.fleet.postgres_names import quoted, shown

KEEPS_LOGICAL_SLOTS = 170000
"""pg_upgrade carries logical slots over from this version on (PostgreSQL 17 release notes, recalled)."""


def _outdated(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = [
        row for row in place.database.extensions if row.available is not None and _older(row.installed, row.available)
    ]
    if not rows:
        return CLEAR
    return Problem(
        title=f"{place.ref} has {plural(len(rows), 'extension')} older than the server's library",
        evidence=listed(
            [
                Evidence(
                    what="version installed",
                    value=row.installed,
                    source="postgres/extensions",
                    threshold=row.available,
                    subject=shown(row.name),
                )
                for row in rows
            ]
        ),
        repair=Repair(
            text="Update each, after reading its release notes (PostGIS has a way of its own: "
            "postgis_extensions_upgrade()).",
            sql=first(
                Sql(
                    database=place.database.name,
                    statement=f"ALTER EXTENSION {quoted(row.name)} UPDATE",
                    caution="locks the extension's objects for a moment",
                )
                for row in rows
            ),
        ),
    )


def _older(installed: str, available: str) -> bool:
    """Whether a version is older than another; versions without numbers only differ.

    >>> _older("1.9", "1.10"), _older("1.10", "1.9"), _older("unpackaged", "unpackaged")
    (True, False, False)
    """
    ours, theirs = ([int(part) for part in re.findall(r"\d+", text)] for text in (installed, available))
    return ours < theirs if ours and theirs else installed != available


def _blockers(server: PostgresServer, view: View) -> Verdict:
    if on_reader(server):
        return READER
    inside = server.inside
    found: list[Evidence] = []
    walked = {database.name: database for database in inside.databases}
    hidden = [name for name in inside.database_names if name not in walked]
    for name, database in walked.items():
        if not database.has_seen("upgrade_blockers"):
            hidden.append(name)
            continue
        found += [
            Evidence(
                what="column of a type that pg_upgrade refuses",
                value=row.type,
                source="postgres/upgrade_blockers",
                subject=shown(name, row.schema, row.name, row.column),
            )
            for row in database.upgrade_blockers
        ]
    found += [
        Evidence(what="prepared transaction", value="open", source="postgres/prepared", subject=shown(row.name))
        for row in inside.prepared
    ]
    if inside.server_version < KEEPS_LOGICAL_SLOTS:
        found += [
            Evidence(
                what="logical slot, to be dropped first",
                value="exists",
                source="postgres/slots",
                subject=shown(row.name),
            )
            for row in inside.slots
            if row.logical
        ]
    found += [
        Evidence(
            what="database that accepts no connections",
            value="closed",
            source="postgres/databases",
            subject=shown(row.name),
        )
        for row in inside.database_rows
        if not row.accepts_connections and row.name != "template0"
    ]
    if not found:
        if hidden:
            raise Unseen("sql:postgres.upgrade_blockers", f"column types of {plural(len(hidden), 'database')}")
        return CLEAR
    lifecycle = view.facts.lifecycle(server.instance.engine, server.instance.engine_version)
    ends = None if lifecycle is None else lifecycle.standard_ends
    soon = ends is not None and ends <= (view.now + timedelta(days=365)).date()
    if ends is not None:
        source = f"facts/lifecycles, read {view.facts.lifecycles_source.read}"
        found.append(Evidence(what="standard support of this version ends", value=str(ends), source=source))
    return Problem(
        title=f"{server.instance.ref}: {plural(len(found) - (ends is not None), 'thing')} would stop a major upgrade",
        severity=Severity.MEDIUM if soon else None,
        evidence=listed(found),
        repair=Repair(
            text="Change the columns to text or oid, finish the prepared transactions, drop the logical slots just "
            "before the "
            "upgrade and make them again after it.",
        ),
    )


OUTDATED = Rule(
    id="pg-extension-outdated",
    title="Extensions are older than their libraries",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_DATABASES,
    check=_outdated,
    why="An upgrade brings the new library but not the SQL: fixes are missing, and the next upgrade may refuse.",
    repair="ALTER EXTENSION … UPDATE, in each database.",
    checks="pg_extension.extversion is older than the version this server would install. Writers only.",
    needs=("sql:postgres.extensions",),
    sources=("PostgreSQL documentation, ALTER EXTENSION (recalled)", MEASURED),
    catalogue=(127,),
    signature=True,
    sql=True,
)
BLOCKERS = Rule(
    id="pg-upgrade-blockers",
    title="Something would stop a major upgrade",
    theme=Theme.POSTGRES,
    severity=Severity.INFO,
    subjects=POSTGRES_SERVERS,
    check=_blockers,
    why="The upgrade stops in its precheck, in the maintenance window, with the old version near the end of its "
    "support.",
    repair="Remove each before the upgrade is planned.",
    checks="Columns of reg* types (not regclass, regrole, regtype), unknown, or aclitem before 16, also within "
    "arrays, domains "
    "and composites; prepared transactions; logical slots before 17; databases that accept no connections. Medium when "
    "standard support ends within a year. Not seen: extensions and functions that the next version drops. Writers "
    "only.",
    needs=("sql:postgres.upgrade_blockers", "sql:postgres.prepared", "sql:postgres.slots", "sql:postgres.databases"),
    sources=("PostgreSQL documentation, pg_upgrade (recalled)", MEASURED),
    catalogue=(128,),
    signature=True,
    sql=True,
)

RULES: tuple[Rule[Any], ...] = (OUTDATED, BLOCKERS)
