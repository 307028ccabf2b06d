"""Plants a mess, or a healthy schema, in engines that have just booted. The sessions are Load's (see load)."""

from __future__ import annotations

import re
from importlib.resources import files

import psycopg
from psycopg import sql

from rdsops.core.errors import OperationFailed
from rdsops.lab.engines.ground import new_password
from rdsops.lab.engines.mariadb import HOST
from rdsops.lab.engines.mariadb import admin_connection as mariadb_admin
from rdsops.lab.engines.postgres import Connection, admin_connection
from rdsops.lab.engines.spec import Running

POSTGRES_APP = "shop_app"
AURORA_APP = "orders_app"
MARIADB_APP = "crm_app"
ABANDONED_SLOT = "dms_migration_2025"
EXCESSIVE_ROLE = "reporting"
WILDCARD_ACCOUNT = "reporting"

_STATEMENT_END = re.compile(r";\s*$", re.MULTILINE)


def plant_postgres(running: Running) -> None:
    """The shop and its faults, into a writer's own database. Raises OperationFailed when a fault would not take."""
    with admin_connection(running) as connection:
        connection.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", (ABANDONED_SLOT,))
        _add_app(connection, POSTGRES_APP)
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB REPLICATION BYPASSRLS IN ROLE rds_superuser").format(
                sql.Identifier(EXCESSIVE_ROLE)
            )
        )
        if _available(connection, "pg_trgm"):  # FAULT an extension that nobody updated after an upgrade
            connection.execute("CREATE EXTENSION pg_trgm VERSION '1.4'")
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(running.spec.master_user)))
        *statements, failing = _statements("shop.sql")
        for statement in statements:
            connection.execute(statement.encode())
        try:
            connection.execute(failing.encode())
        except psycopg.errors.UniqueViolation:
            pass
        else:
            raise OperationFailed("the unique index on customers.email was built: the planted rows are not the mess")
        _open_to_app(connection, POSTGRES_APP)


def plant_aurora(running: Running) -> None:
    """The healthy schema, into the writer of an Aurora cluster."""
    with admin_connection(running) as connection:
        _add_app(connection, AURORA_APP)
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(running.spec.master_user)))
        for statement in _statements("orders.sql"):
            connection.execute(statement.encode())
        _open_to_app(connection, AURORA_APP)


def plant_mariadb(running: Running) -> None:
    """The customer desk and its faults, into a writer; replicas receive it."""
    with mariadb_admin(running) as connection, connection.cursor() as cursor:
        for statement in _statements("crm.sql"):
            cursor.execute(statement)
        app = (MARIADB_APP, HOST)
        cursor.execute("CREATE USER %s@%s IDENTIFIED BY %s", (*app, new_password()))
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON `{running.spec.database}`.* TO %s@%s", app)
        everywhere = (WILDCARD_ACCOUNT, "%")  # FAULT an account that may do all, from anywhere
        cursor.execute("CREATE USER %s@%s IDENTIFIED BY %s", (*everywhere, new_password()))
        cursor.execute("GRANT ALL PRIVILEGES ON *.* TO %s@%s", everywhere)


def app_password(running: Running) -> tuple[str, str]:
    """User and a new password of the application account that was planted; nobody else keeps it."""
    password = new_password()
    if running.spec.flavour == "mariadb":
        with mariadb_admin(running) as desk, desk.cursor() as cursor:
            cursor.execute("ALTER USER %s@%s IDENTIFIED BY %s", (MARIADB_APP, HOST, password))
        return MARIADB_APP, password
    user = AURORA_APP if running.spec.aurora else POSTGRES_APP
    with admin_connection(running) as connection:
        verifier = connection.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256")
        connection.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(user), sql.Literal(verifier.decode()))
        )
    return user, password


def _statements(name: str) -> list[str]:
    """The statements of a script of ours. A body between $$ is one statement with its own."""
    script = re.sub(r"^--.*\n", "", files("rdsops.lab.demo.mess").joinpath(name).read_text(), flags=re.MULTILINE)
    found: list[str] = []
    rest = ""
    for part in _STATEMENT_END.split(script):
        rest += part + ";"
        if rest.count("$$") % 2 == 0:
            if rest.strip(" ;\n"):
                found.append(rest)
            rest = ""
    return found


def _add_app(connection: Connection, user: str) -> None:
    connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(user)))


def _open_to_app(connection: Connection, user: str) -> None:
    role = sql.Identifier(user)
    for grant in (
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}",
    ):
        connection.execute(sql.SQL(grant).format(role))


def _available(connection: Connection, extension: str) -> bool:
    row = connection.execute("SELECT FROM pg_available_extensions WHERE name = %s", (extension,)).fetchone()
    return row is not None
