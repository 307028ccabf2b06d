"""Who may do what inside a database, and how their passwords and connections are protected."""

from __future__ import annotations

from typing import Any

from rdsops.advise.finding import Evidence, Repair, Severity, Sql, Theme
from rdsops.advise.rule import CLEAR, Problem, Rule, Verdict
from rdsops.advise.rules.postgres_evidence import MEASURED, READER, first, listed, on_reader, plural
from rdsops.advise.subjects import POSTGRES_DATABASES, POSTGRES_SERVERS, PostgresPlace, PostgresServer
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.fleet.postgres_inside import DefinerRow
from rdsops.fleet.postgres_names import qualified, quoted, shown

_AWS_ROLES = ("rdsadmin", "rdstopmgr", "rdsrepladmin", "rdsproxyadmin", "rdswriteforwarduser")
_POWERS = (
    "superuser",
    "rds_superuser",
    "bypassrls",
    "pg_execute_server_program",
    "pg_write_server_files",
    "pg_read_server_files",
    "pg_write_all_data",
)
"""Powers that reach every row or the host; createrole and replication alone are tools of a trade."""


def _roles(server: PostgresServer, view: View) -> Verdict:
    if on_reader(server):
        return READER
    known = {*_AWS_ROLES, server.instance.master_username}
    strong = [
        (row, [power for power in row.powers if power in _POWERS])
        for row in server.inside.roles
        if row.name not in known and any(power in _POWERS for power in row.powers)
    ]
    if not strong:
        return CLEAR
    return Problem(
        title=f"{server.instance.ref}: {plural(len(strong), 'login')} beside the master user "
        f"{'has' if len(strong) == 1 else 'have'} a superuser's powers",
        evidence=listed(
            [
                Evidence(
                    what="powers of the login",
                    value=", ".join(powers),
                    source="postgres/roles",
                    threshold="none of these",
                    subject=shown(row.name),
                )
                for row, powers in strong
            ]
        ),
        repair=Repair(
            text="Give applications roles that own nothing and may do what they need; keep the powers for roles that "
            "people "
            "take on with SET ROLE.",
            sql=first(
                Sql(database=None, statement=f"REVOKE rds_superuser FROM {quoted(row.name)}")
                for row, powers in strong
                if "rds_superuser" in powers
            ),
        ),
    )


def _public_create(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    schemas = place.database.public_create
    if not schemas:
        return CLEAR
    return Problem(
        title=f"{place.ref}: every role may create objects in {plural(len(schemas), 'schema')}",
        evidence=listed(
            [
                Evidence(
                    what="CREATE is granted to PUBLIC on the schema",
                    value="yes",
                    source="postgres/public_create",
                    threshold="no",
                    subject=shown(schema),
                )
                for schema in schemas
            ]
        ),
        repair=Repair(
            text="Revoke it, and grant CREATE to the roles that own objects there.",
            sql=first(
                Sql(
                    database=place.database.name,
                    statement=f"REVOKE CREATE ON SCHEMA {quoted(schema)} FROM PUBLIC",
                    caution="migrations that run as a plain role then need a grant",
                )
                for schema in schemas
            ),
        ),
    )


def _definers(place: PostgresPlace, view: View) -> Verdict:
    if on_reader(place):
        return READER
    rows = place.database.definer_functions
    if not rows:
        return CLEAR
    return Problem(
        title=f"{place.ref} has {plural(len(rows), 'function', limit=200)} lending a superuser's rights to everybody",
        evidence=listed(
            [
                Evidence(
                    what=f"SECURITY DEFINER, owned by {shown(row.owner)}, executable by PUBLIC",
                    value="search_path not fixed",
                    source="postgres/definer_functions",
                    threshold="search_path set, or EXECUTE revoked",
                    subject=f"{shown(row.schema, row.name)}({shown(row.arguments)})",
                )
                for row in rows
            ],
            limit=200,
        ),
        repair=Repair(
            text="Fix their search_path, take EXECUTE from PUBLIC, and let a role without powers own them.",
            sql=first(_pin(row, place.database.name) for row in rows if row.arguments.isprintable()),
        ),
    )


def _pin(row: DefinerRow, database: str) -> Sql:
    kind = "PROCEDURE" if row.is_procedure else "FUNCTION"
    return Sql(
        database=database,
        statement=f"ALTER {kind} {qualified(row.schema, row.name)}({row.arguments}) "
        f"SET search_path = pg_catalog, {quoted(row.schema)}, pg_temp",
        caution="names that it finds elsewhere must then be qualified",
    )


def _md5(server: PostgresServer, view: View) -> Verdict:
    if on_reader(server):
        return READER
    how = server.inside.settings.get("password_encryption")
    if how is None:
        raise Unseen("sql:postgres.settings", "password_encryption")
    if how not in ("md5", "on", "off"):
        return CLEAR
    return Problem(
        title=f"{server.instance.ref} stores new passwords as md5",
        evidence=(
            Evidence(
                what="password_encryption",
                value=how,
                source="postgres/settings",
                threshold="scram-sha-256",
            ),
        ),
        repair=Repair(
            text="Set password_encryption to scram-sha-256 in the parameter group, then set each role's password anew.",
            caution="Old client libraries that know only md5 can then no longer log in.",
        ),
    )


def _plain(server: PostgresServer, view: View) -> Verdict:
    rows = [row for row in server.inside.tls if row.plain]
    if not rows:
        return CLEAR
    count = sum(row.plain for row in rows)
    return Problem(
        title=f"{server.instance.ref} has {plural(count, 'connection')} without TLS now",
        evidence=listed(
            [
                Evidence(
                    what=f"connections without TLS, beside {row.encrypted} with it",
                    value=str(row.plain),
                    source="postgres/tls",
                    threshold="0",
                    subject=shown(row.role),
                )
                for row in rows
            ]
        ),
        repair=Repair(
            text="Give the clients sslmode=verify-full and RDS's CA bundle, then set rds.force_ssl to 1. Behind a "
            "proxy this is "
            "the proxy's own leg.",
        ),
    )


ROLES = Rule(
    id="pg-powerful-roles",
    title="Logins have a superuser's powers",
    theme=Theme.POSTGRES,
    severity=Severity.MEDIUM,
    subjects=POSTGRES_SERVERS,
    check=_roles,
    why="Whoever takes over the application takes over the database, past row security and every grant.",
    repair="Revoke what the application does not need.",
    checks="A role that may log in, beside the master user and AWS's own, is a superuser, bypasses row security, or "
    "is a "
    "member of rds_superuser, pg_execute_server_program, pg_read_server_files, pg_write_server_files or "
    "pg_write_all_data. "
    "Writers only.",
    needs=("sql:postgres.roles",),
    sources=("PostgreSQL documentation, Predefined Roles (recalled)", MEASURED),
    catalogue=(26,),
    sql=True,
)
PUBLIC_CREATE = Rule(
    id="pg-public-create",
    title="Everybody may create objects in a schema",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_DATABASES,
    check=_public_create,
    why="A function or operator of a better match, put there by any role, is run by others with their rights "
    "(CVE-2018-1058).",
    repair="REVOKE CREATE ON SCHEMA … FROM PUBLIC.",
    checks="PUBLIC has CREATE on a schema; databases made before PostgreSQL 15 have it on public. Writers only.",
    needs=("sql:postgres.public_create",),
    sources=("PostgreSQL 15 release notes, public schema (recalled)", MEASURED),
    catalogue=(26,),
    sql=True,
)
DEFINERS = Rule(
    id="pg-security-definer",
    title="Functions lend a superuser's rights to everybody",
    theme=Theme.POSTGRES,
    severity=Severity.MEDIUM,
    subjects=POSTGRES_DATABASES,
    check=_definers,
    why="A caller puts objects of his own before those that the function means, and they run with its owner's rights.",
    repair="Fix the search_path, revoke EXECUTE from PUBLIC, change the owner.",
    checks="A SECURITY DEFINER function is owned by a superuser or a member of rds_superuser, PUBLIC may execute it, "
    "and it "
    "sets no search_path of its own. Functions of extensions do not count. Writers only.",
    needs=("sql:postgres.definer_functions",),
    sources=("PostgreSQL documentation, CREATE FUNCTION (recalled)", MEASURED),
    catalogue=(26,),
    sql=True,
)
MD5 = Rule(
    id="pg-md5-passwords",
    title="New passwords are stored as md5",
    theme=Theme.POSTGRES,
    severity=Severity.MEDIUM,
    subjects=POSTGRES_SERVERS,
    check=_md5,
    why="An md5 hash is itself enough to log in, and is broken fast; PostgreSQL 18 warns that it will go.",
    repair="password_encryption = scram-sha-256, then new passwords.",
    checks="password_encryption is md5. Which roles still have md5 hashes cannot be seen on RDS. Writers only.",
    needs=("sql:postgres.settings",),
    sources=("PostgreSQL documentation, Password Authentication (recalled)", MEASURED),
    catalogue=(27,),
    sql=True,
)
PLAIN = Rule(
    id="pg-plain-connections",
    title="Clients are connected without TLS",
    theme=Theme.POSTGRES,
    severity=Severity.MEDIUM,
    subjects=POSTGRES_SERVERS,
    check=_plain,
    why="Statements, rows and sometimes passwords cross the network in clear.",
    repair="TLS in the clients, then rds.force_ssl = 1.",
    checks="pg_stat_ssl shows a session over the network without TLS at the moment of the survey; loopback and AWS's "
    "own roles "
    "do not count. Behind a proxy this is the proxy's leg, not the client's. Without pg_monitor: not known.",
    needs=("sql:postgres.tls",),
    sources=("PostgreSQL documentation, pg_stat_ssl (recalled)", MEASURED),
    catalogue=(28,),
    sql=True,
)

RULES: tuple[Rule[Any], ...] = (ROLES, PUBLIC_CREATE, DEFINERS, MD5, PLAIN)
