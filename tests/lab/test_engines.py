"""Engines of a lab: they start as ordinary processes, answer, replicate, and are gone afterwards."""

from __future__ import annotations

import psycopg
import pymysql
import pytest

from rdsops.lab.engines.spec import Running

pytestmark = pytest.mark.engines


def _version(running: Running) -> str:
    with psycopg.connect(
        host=running.host,
        port=running.port,
        user=running.spec.master_user,
        password=running.password,
        dbname=running.spec.database,
    ) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    assert row is not None
    return str(row[0])


def test_the_newest_postgres_answers_with_the_version_its_provider_told(postgres_newest: Running) -> None:
    assert _version(postgres_newest).split(" ")[0] == postgres_newest.version


def test_an_older_postgres_runs_beside_it(postgres_newest: Running, postgres_oldest: Running) -> None:
    assert _version(postgres_oldest).split(" ")[0] == postgres_oldest.version
    assert int(postgres_oldest.version.split(".")[0]) < int(postgres_newest.version.split(".")[0])


@pytest.mark.mariadb
def test_mariadb_answers(mariadb_server: Running) -> None:
    connection = pymysql.connect(
        host=mariadb_server.host,
        port=mariadb_server.port,
        user=mariadb_server.spec.master_user,
        password=mariadb_server.password,
        database=mariadb_server.spec.database,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        row = cursor.fetchone()
    assert row is not None
    assert str(row[0]).startswith(mariadb_server.version)
