"""Every question of engines/sql/mysql against a real MariaDB: the illness shows, the healthy neighbour does not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pymysql
import pytest

from rdsops.collect.inside import look_at
from rdsops.collect.inside_mysql import DICTIONARY, MYSQL_ONLY, TABLES
from rdsops.collect.inside_request import Asking
from rdsops.core.ids import InstanceRef
from rdsops.engines.connect import Address, Credentials, Limits, NotAnswered, NotConnected, Trust
from rdsops.engines.logins import Keyring, Login, Password
from rdsops.engines.mysql import open_mysql
from rdsops.engines.query import questions
from rdsops.engines.secret import Secret
from rdsops.fleet.gaps import Cause, Gap
from rdsops.fleet.instances import Instance
from rdsops.fleet.mysql_inside import MysqlInside
from rdsops.lab.engines.spec import Running
from rdsops.lab.processes import wait_until
from rdsops.testing.fleets import ACCOUNT, REGION, mariadb

pytestmark = [pytest.mark.engines, pytest.mark.mariadb]

HOSTILE = 'we`ird "table" \'ß'
SCHEMA = "ill"


def connect(server: Running, **more: Any) -> pymysql.Connection[Any]:
    return pymysql.connect(
        host=server.host,
        port=server.port,
        user=server.spec.master_user,
        password=server.password,
        autocommit=True,
        charset="utf8mb4",
        **more,
    )


def run(server: Running, *statements: str, database: str | None = None) -> None:
    with closing(connect(server, database=database)) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture(scope="module")
def ill(mariadb_server: Running) -> Iterator[Running]:
    """A schema with one of every fault, beside tables that are just healthy."""
    run(
        mariadb_server,
        f"DROP DATABASE IF EXISTS {SCHEMA}",
        f"CREATE DATABASE {SCHEMA} CHARACTER SET utf8mb4",
        f"USE {SCHEMA}",
        "CREATE TABLE keyless (a INT, b INT, UNIQUE (a)) ENGINE = InnoDB",
        "CREATE TABLE keyed_by_unique (a INT NOT NULL, b INT, UNIQUE (a)) ENGINE = InnoDB",
        f"CREATE TABLE `{HOSTILE.replace('`', '``')}` (x INT) ENGINE = MyISAM",
        "CREATE TABLE indexed (id INT PRIMARY KEY, a INT, b INT, c VARCHAR(40), KEY a_only (a), KEY a_b (a, b),"
        " KEY b_only (b), KEY c_part (c(5)), KEY c_long (c(5), a), KEY twin_1 (b, c), KEY twin_2 (b, c))",
        "CREATE TABLE ending (id INT PRIMARY KEY AUTO_INCREMENT) AUTO_INCREMENT = 1932735283 ENGINE = InnoDB",
        "CREATE TABLE fresh (id BIGINT UNSIGNED PRIMARY KEY AUTO_INCREMENT) AUTO_INCREMENT = 1932735283",
        "CREATE TABLE tiny (id TINYINT UNSIGNED PRIMARY KEY AUTO_INCREMENT) AUTO_INCREMENT = 200 ENGINE = InnoDB",
        "CREATE TABLE old_text (id INT PRIMARY KEY, t VARCHAR(10) CHARACTER SET utf8mb3) ENGINE = InnoDB",
        "CREATE TABLE parent (id VARCHAR(10) CHARACTER SET utf8mb4 PRIMARY KEY) ENGINE = InnoDB",
        "SET foreign_key_checks = 0",
        "CREATE TABLE child (id INT PRIMARY KEY, parent_id VARCHAR(20) CHARACTER SET utf8mb4,"
        " CONSTRAINT to_parent FOREIGN KEY (parent_id) REFERENCES parent (id)) ENGINE = InnoDB",
        "CREATE USER IF NOT EXISTS 'open_door'@'%'",
        "CREATE USER IF NOT EXISTS 'mighty'@'%' IDENTIFIED BY 'x1-long-enough'",
        "GRANT FILE ON *.* TO 'mighty'@'%'",
        "CREATE USER IF NOT EXISTS 'watcher'@'%' IDENTIFIED BY 'x2-long-enough'",
        f"GRANT SELECT ON {SCHEMA}.* TO 'watcher'@'%'",
    )
    yield mariadb_server
    run(mariadb_server, f"DROP DATABASE {SCHEMA}", "DROP USER 'open_door'@'%', 'mighty'@'%', 'watcher'@'%'")


def at(server: Running, name: str = "shop") -> Instance:
    return mariadb(name, endpoint=server.host, port=server.port, master_username=server.spec.master_user)


def _id(connection: pymysql.Connection[Any]) -> int:
    return int(connection.thread_id())  # type: ignore[no-untyped-call] # PyMySQL gives it no hints


def asking(user: str, password: str, **more: Any) -> Asking:
    login = Login(match="*", user=user, by=Password(Secret(password)))
    return Asking(keyring=Keyring(logins=(login,)), now=lambda: datetime(2026, 11, 23, tzinfo=UTC), **more)


def seen(server: Running) -> tuple[MysqlInside, tuple[Gap, ...]]:
    found, gaps = look_at(at(server), None, asking(server.spec.master_user, server.password))
    assert isinstance(found, MysqlInside)
    return found, gaps


def names(rows: Any) -> set[str]:
    return {row.table_name for row in rows if row.schema_name == SCHEMA}


def test_each_fault_shows_and_its_healthy_neighbour_does_not(ill: Running) -> None:
    inside, gaps = seen(ill)
    assert {gap.asked: gap.detail for gap in gaps if gap.asked != "sql:mysql.unused_indexes"} == {}
    assert inside.binlog_retention.hours is None
    assert inside.flavour == "mariadb"
    assert inside.instance == InstanceRef(ACCOUNT, REGION, "shop")
    assert names(inside.tables_without_key) == {"keyless", HOSTILE}
    assert names(inside.unsafe_tables) == {HOSTILE}
    assert {row.index_name: row.covered_by for row in inside.redundant_indexes if row.schema_name == SCHEMA} == {
        "a_only": "a_b",
        "b_only": "twin_1",
        "c_part": "c_long",
        "twin_2": "twin_1",
    }
    ratios = {row.table_name: row.used_ratio for row in inside.auto_increments if row.schema_name == SCHEMA}
    assert ratios == {"ending": pytest.approx(0.9, abs=1e-3), "tiny": pytest.approx(200 / 255)}
    assert names(inside.old_charsets) == {"old_text"}
    assert [row.constraint_name for row in inside.foreign_key_types if row.schema_name == SCHEMA] == ["to_parent"]
    accounts = {row.user: row for row in inside.accounts}
    assert accounts["open_door"].no_password
    assert not accounts["mighty"].no_password
    assert accounts["mighty"].powers == "FILE"


def test_usage_of_indexes_is_told_or_said_to_be_uncounted(ill: Running) -> None:
    inside, gaps = seen(ill)
    if inside.has_seen("unused_indexes"):
        assert "indexed" in names(inside.unused_indexes)
    else:
        assert "sql:mysql.unused_indexes" in {gap.asked for gap in gaps}


def test_an_index_that_was_read_is_not_unused(ill: Running) -> None:
    run(
        ill,
        "INSERT IGNORE INTO indexed VALUES (1, 1, 1, 'x')",
        "SELECT * FROM indexed FORCE INDEX (a_b) WHERE a = 1",
        database=SCHEMA,
    )
    inside, _ = seen(ill)
    if not inside.has_seen("unused_indexes"):
        pytest.skip("this server does not count the use of indexes")
    unread = {row.index_name for row in inside.unused_indexes if row.schema_name == SCHEMA}
    assert "a_b" not in unread
    assert "twin_2" in unread


def test_a_lock_queue_and_its_root_show(ill: Running) -> None:
    run(
        ill,
        "CREATE TABLE IF NOT EXISTS queue (id INT PRIMARY KEY, n INT) ENGINE = InnoDB",
        "REPLACE INTO queue VALUES (1, 0)",
        database=SCHEMA,
    )
    holder = connect(ill, database=SCHEMA)
    waiter = connect(ill, database=SCHEMA)
    with closing(holder), closing(waiter):
        holder.begin()
        holder.cursor().execute("UPDATE queue SET n = 1 WHERE id = 1")
        blocked = threading.Thread(target=lambda: waiter.cursor().execute("UPDATE queue SET n = 2 WHERE id = 1"))
        blocked.start()
        try:
            found: list[Any] = []

            def waits() -> bool:
                found[:] = [row for row in seen(ill)[0].lock_waits if row.locked_table == f"{SCHEMA}.queue"]
                return bool(found)

            assert wait_until(waits, within_s=20, every_s=0.2)
            assert found[0].blocking_pid == _id(holder)
            assert found[0].waiting_pid == _id(waiter)
            assert found[0].blocking_command == "Sleep"
        finally:
            holder.rollback()
            blocked.join()


def test_a_statement_is_told_without_its_literals(ill: Running) -> None:
    run(ill, "SELECT COUNT(*) FROM indexed WHERE c = 'a-customer-s-secret'", database=SCHEMA)
    inside, _ = seen(ill)
    texts = [row.text for row in inside.statements]
    assert any("indexed" in text for text in texts)
    assert not any("a-customer-s-secret" in text for text in texts)


def test_a_login_without_process_knows_that_it_does_not_see(ill: Running) -> None:
    found, gaps = look_at(at(ill), None, asking("watcher", "x2-long-enough"))
    assert isinstance(found, MysqlInside)
    denied = {gap.asked: gap for gap in gaps if gap.cause is Cause.DENIED}
    for question in ("transactions", "lock_waits", "metadata_waits", "binlog_consumers", "accounts"):
        assert not found.has_seen(question), question
        assert f"sql:mysql.{question}" in denied
    assert denied["sql:mysql.transactions"].remedy == "GRANT PROCESS ON *.* TO 'watcher'"


def test_a_login_that_sees_some_tables_only_knows_that_it_does_not_see_the_rest(ill: Running) -> None:
    found, gaps = look_at(at(ill), None, asking("watcher", "x2-long-enough"))
    assert isinstance(found, MysqlInside)
    denied = {gap.asked: gap for gap in gaps if gap.cause is Cause.DENIED}
    for question in DICTIONARY - MYSQL_ONLY:
        assert not found.has_seen(question), question
        assert denied[f"sql:mysql.{question}"].remedy == "GRANT REFERENCES ON *.* TO 'watcher'"
    run(ill, "GRANT REFERENCES ON *.* TO 'watcher'@'%'")
    seen_now, _ = look_at(at(ill), None, asking("watcher", "x2-long-enough"))
    assert isinstance(seen_now, MysqlInside)
    assert names(seen_now.tables_without_key) == {"keyless", HOSTILE}


def test_a_wrong_password_is_one_gap_without_the_password(ill: Running) -> None:
    found, gaps = look_at(at(ill), None, asking("watcher", "not-the-password"))
    assert found is None
    assert [gap.asked for gap in gaps] == ["sql:connect"]
    assert "wrong user or password" in gaps[0].detail
    assert "not-the-password" not in repr(gaps)


def test_a_dead_port_is_a_gap(ill: Running) -> None:
    found, gaps = look_at(at(ill).__class__(**{**_fields(at(ill)), "port": 1}), None, asking("watcher", "x"))
    assert found is None
    assert gaps[0].cause is Cause.NOT_CONNECTED


def _fields(instance: Instance) -> dict[str, Any]:
    return {name: getattr(instance, name) for name in instance.__struct_fields__ if instance.has_seen(name)}


def test_the_door_writes_nothing_and_gives_up_in_time(ill: Running) -> None:
    address = Address(ill.host, ill.port)
    credentials = Credentials(ill.spec.master_user, Secret(ill.password), "test")
    with closing(open_mysql(address, credentials, Trust(), Limits(statement_timeout_ms=300))) as door:
        with pytest.raises(NotAnswered):
            door.rows(f"CREATE TABLE {SCHEMA}.written (a INT)")
        with pytest.raises(NotAnswered):
            door.rows(f"DELETE FROM {SCHEMA}.keyless")
        with pytest.raises(NotAnswered, match="statement timeout"):
            door.rows("SELECT SLEEP(5) FROM information_schema.tables a, information_schema.tables b")


def test_a_network_host_without_a_ca_file_is_not_spoken_to() -> None:
    credentials = Credentials("u", Secret("p"), "test")
    with pytest.raises(NotConnected, match="no certificate authority"):
        open_mysql(Address("shop.abc.eu-west-1.rds.amazonaws.com", 3306), credentials, Trust(), Limits())


def test_every_file_runs_as_it_stands(ill: Running) -> None:
    """Those for MariaDB; files for MySQL need a mysqld."""
    for question in questions("mysql"):
        if question.tag == "mysql":
            continue
        with closing(connect(ill)) as connection, connection.cursor() as cursor:
            cursor.execute(question.sql)
            columns = {column[0] for column in cursor.description or ()}
        if not question.sql.lstrip("-").count("SHOW "):
            assert columns == set(question.columns), question.name


def test_every_question_has_a_file() -> None:
    files = {question.name for question in questions("mysql")}
    assert set(TABLES) <= files
