"""Asking a real PostgreSQL as a survey does, and making it ill; for the tests beside this file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from rdsops.collect.inside import look_at
from rdsops.collect.inside_request import Asking
from rdsops.engines.connect import Limits
from rdsops.engines.logins import Keyring, Login, Password
from rdsops.engines.secret import Secret
from rdsops.fleet.gaps import Gap
from rdsops.fleet.instances import Instance
from rdsops.fleet.postgres_inside import PostgresDatabase, PostgresInside
from rdsops.lab.engines.spec import Running
from rdsops.lab.processes import wait_until
from rdsops.testing.fleets import instance, member


def connect(server: Running, database: str = "postgres", **more: Any) -> psycopg.Connection[Any]:
    fields: dict[str, Any] = {"user": server.spec.master_user, "password": server.password, "autocommit": True, **more}
    return psycopg.connect(host=server.host, port=server.port, dbname=database, **fields)


def run(server: Running, *statements: str, database: str = "postgres") -> None:
    with connect(server, database) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@contextmanager
def session(server: Running, database: str = "postgres", **more: Any) -> Iterator[psycopg.Connection[Any]]:
    """A session with an open transaction; cut off at the end, whatever it waits for."""
    connection = connect(server, database, autocommit=False, **more)
    try:
        yield connection
    finally:
        connection.close()


def until(true: Callable[[], bool], within_s: float = 15) -> None:
    assert wait_until(true, within_s=within_s, every_s=0.05), "it did not become true in time"


@contextmanager
def scratch_database(server: Running, name: str, options: str = "") -> Iterator[str]:
    """A database of its own, dropped at the end whoever is still in it."""
    with connect(server) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + sql.SQL(f" {options}"))
    try:
        yield name
    finally:
        with connect(server) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def role(server: Running, name: str, *grants: str) -> Iterator[tuple[str, str]]:
    """A login with a password and nothing but `grants` ("pg_monitor")."""
    with connect(server) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'for tests'").format(sql.Identifier(name)))
        for granted in grants:
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(granted), sql.Identifier(name)))
    try:
        yield name, "for tests"
    finally:
        with connect(server) as connection:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def as_instance(server: Running, **changes: Any) -> Instance:
    """The server as AWS would list it."""
    maker = member if server.spec.aurora else instance
    fields: dict[str, Any] = {
        "endpoint": server.host,
        "port": server.port,
        "engine_version": server.version,
        "master_username": server.spec.master_user,
        "master_secret": None,
    }
    return maker(server.spec.id, **{**fields, **changes})


def asking(user: str, password: str, **more: Any) -> Asking:
    login = Login(match="*", user=user, by=Password(Secret(password)))
    return Asking(keyring=Keyring(logins=(login,)), limits=more.pop("limits", Limits()), **more)


def look(
    server: Running, as_user: tuple[str, str] | None = None, found: Instance | None = None, **more: Any
) -> tuple[PostgresInside, tuple[Gap, ...]]:
    """What a survey sees of a server; fails when it sees nothing."""
    user, password = as_user or (server.spec.master_user, server.password)
    inside, gaps = look_at(found or as_instance(server), None, asking(user, password, **more))
    assert isinstance(inside, PostgresInside), gaps
    return inside, gaps


def database_of(inside: PostgresInside, name: str) -> PostgresDatabase:
    return next(each for each in inside.databases if each.name == name)


def unseen(value: PostgresInside | PostgresDatabase) -> set[str]:
    return {name for name in type(value).__struct_fields__ if not value.has_seen(name)}


def as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()
