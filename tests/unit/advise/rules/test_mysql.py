"""Rules inside MySQL and MariaDB: what triggers each, what is just short of it, and what hides it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rdsops.advise.finding import Severity
from rdsops.advise.rule import Clear, NotApplicable, Problem, Rule
from rdsops.advise.rules import mysql_accounts, mysql_running, mysql_tables
from rdsops.core.errors import Unseen
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.mysql_inside import (
    AutoIncrementRow,
    BinlogConsumerRow,
    BinlogRetention,
    ForeignKeyTypeRow,
    FragmentedRow,
    MetadataWaitRow,
    MysqlStatementRow,
    MysqlTableRow,
    MysqlTlsRow,
    OldCharsetRow,
    RedundantIndexRow,
    Replication,
    RowLockRow,
    TransactionRow,
    UnusedIndexRow,
    UpgradeObstacleRow,
)
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.asking import ask, ask_all
from rdsops.testing.fleets import fleet_of, mariadb
from rdsops.testing.mysql import STATUS, VARIABLES, account, inside

AT = {"schema_name": "shop", "table_name": "carts"}
TABLE = MysqlTableRow(**AT, engine="MyISAM", row_estimate=5000, bytes=1 << 20)
REDUNDANT = RedundantIndexRow(**AT, index_name="a", columns="`x`", covered_by="b", covering_columns="`x`,`y`")
UNUSED = UnusedIndexRow(**AT, index_name="note", row_estimate=1000)
FREE = FragmentedRow(**AT, bytes=1 << 30, free_bytes=1 << 30)
KEYS = ForeignKeyTypeRow(
    **AT, constraint_name="fk", column_name="id", column_type="int(11)", parent="shop.p.id", parent_type="bigint(20)"
)
SCAN = MysqlStatementRow(
    digest="d",
    schema_name="shop",
    text="SELECT * FROM `carts` WHERE `note` = ?",
    calls=100,
    total_s=50.0,
    rows_examined=1_000_000,
    rows_sent=10,
    disk_temp_tables=0,
    without_index=100,
)


def numbers(ratio: float) -> AutoIncrementRow:
    return AutoIncrementRow(
        **AT,
        column_name="id",
        column_type="int(11)",
        next_value=int(2**31 * ratio),
        limit_value=2**31 - 1,
        used_ratio=ratio,
    )


def transaction(age_s: int) -> TransactionRow:
    return TransactionRow(
        pid=7, user="app", schema_name="shop", command="Sleep", age_s=age_s, rows_modified=3, rows_locked=4
    )


def wait(waits_s: int, waiting: int = 8, blocking: int = 7) -> RowLockRow:
    return RowLockRow(
        waiting_pid=waiting,
        waits_s=waits_s,
        locked_table="shop.carts",
        blocking_pid=blocking,
        blocking_user="app",
        blocking_command="Sleep",
        blocking_age_s=waits_s + 5,
    )


def channel(**changes: Any) -> Replication:
    fields: dict[str, Any] = {
        "channel": "",
        "io_running": True,
        "sql_running": True,
        "lag_s": 0,
        "io_error": None,
        "sql_error": None,
        "uses_gtid": True,
    }
    return Replication(**{**fields, **changes})


def of(**changes: Any) -> Fleet:
    return fleet_of(mariadb("shop"), mysql=(inside("shop", **changes),))


CASES: tuple[tuple[Rule[Any], dict[str, Any], dict[str, Any], tuple[str, ...]], ...] = (
    (mysql_tables.WITHOUT_KEY, {"tables_without_key": (TABLE,)}, {}, ("tables_without_key",)),
    (mysql_tables.REDUNDANT_INDEX, {"redundant_indexes": (REDUNDANT,)}, {}, ("redundant_indexes",)),
    (
        mysql_tables.UNUSED_INDEX,
        {"unused_indexes": (UNUSED,)},
        {"unused_indexes": (UnusedIndexRow(**AT, index_name="note", row_estimate=999),)},
        ("unused_indexes", "uptime_s"),
    ),
    (
        mysql_tables.AUTO_INCREMENT,
        {"auto_increments": (numbers(0.7),)},
        {"auto_increments": (numbers(0.69),)},
        ("auto_increments",),
    ),
    (mysql_tables.UNSAFE_TABLE, {"unsafe_tables": (TABLE,)}, {}, ("unsafe_tables",)),
    (
        mysql_tables.FRAGMENTED_TABLE,
        {"fragmented_tables": (FREE,)},
        {"fragmented_tables": (FragmentedRow(**AT, bytes=1 << 30, free_bytes=(1 << 30) - 1),)},
        ("fragmented_tables", "variables"),
    ),
    (mysql_tables.OLD_CHARSET, {"old_charsets": (OldCharsetRow(**AT, columns=2),)}, {}, ("old_charsets",)),
    (mysql_tables.FOREIGN_KEY_TYPES, {"foreign_key_types": (KEYS,)}, {}, ("foreign_key_types",)),
    (mysql_running.HISTORY, {"history": 100_000}, {"history": 99_999}, ("history", "transactions")),
    (
        mysql_running.HISTORY,
        {"transactions": (transaction(600),)},
        {"transactions": (transaction(599),)},
        ("transactions",),
    ),
    (mysql_running.LOCKS, {"lock_waits": (wait(30),)}, {"lock_waits": (wait(29),)}, ("lock_waits", "metadata_waits")),
    (
        mysql_running.LOCKS,
        {"metadata_waits": (MetadataWaitRow(pid=3, user="app", schema_name="shop", waits_s=30),)},
        {"metadata_waits": (MetadataWaitRow(pid=3, user="app", schema_name="shop", waits_s=29),)},
        ("metadata_waits",),
    ),
    (
        mysql_running.SCANS,
        {"statements": (SCAN,)},
        {"statements": (msgspec.structs.replace(SCAN, calls=101),)},
        ("statements",),
    ),
    (
        mysql_running.BUFFER_POOL,
        {"status": {**STATUS, "innodb_buffer_pool_reads": "50000001"}},
        {"status": {**STATUS, "innodb_buffer_pool_reads": "50000000"}},
        ("status",),
    ),
    (
        mysql_running.REPLICA,
        {"replication": (channel(sql_running=False, lag_s=None, sql_error="error 1062"),)},
        {"replication": (channel(lag_s=299),)},
        ("replication",),
    ),
    (mysql_running.REPLICA, {"replication": (channel(lag_s=300),)}, {"replication": (channel(lag_s=299),)}, ()),
    (
        mysql_running.CACHES,
        {"status": {**STATUS, "table_open_cache_misses": "5000000"}},
        {"status": {**STATUS, "table_open_cache_misses": "4000000"}},
        ("status",),
    ),
    (
        mysql_running.CACHES,
        {"status": {**STATUS, "threads_created": "90001"}},
        {"status": {**STATUS, "threads_created": "90000"}},
        (),
    ),
    (
        mysql_running.BINLOG_RETENTION,
        {
            "binlog_retention": BinlogRetention(hours=None),
            "binlog_consumers": (BinlogConsumerRow(user="dms", connections=1),),
        },
        {"binlog_consumers": (BinlogConsumerRow(user="dms", connections=1),)},
        ("binlog_retention", "variables"),
    ),
    (mysql_accounts.OPEN_ACCOUNT, {"accounts": (account(no_password=True),)}, {}, ("accounts",)),
    (
        mysql_accounts.POWER_FROM_ANYWHERE,
        {"accounts": (account(host="%", powers="SUPER"),)},
        {"accounts": (account(host="%"),)},
        ("accounts",),
    ),
    (mysql_accounts.OLD_PLUGIN, {"accounts": (account(plugin="mysql_old_password"),)}, {}, ("accounts", "flavour")),
    (
        mysql_accounts.TLS,
        {"tls": (MysqlTlsRow(user="app", encrypted=3, plain=1),)},
        {"tls": (MysqlTlsRow(user="app", encrypted=4, plain=0),)},
        ("tls",),
    ),
    (
        mysql_accounts.UPGRADE,
        {
            "flavour": "mysql",
            "server_version": "8.0.36",
            "upgrade_blockers": (UpgradeObstacleRow(kind="account", object="app@%"),),
        },
        {"flavour": "mysql", "server_version": "8.0.36"},
        ("flavour",),
    ),
)


@pytest.mark.parametrize(("rule", "ill", "short", "inputs"), CASES, ids=[f"{n}-{c[0].id}" for n, c in enumerate(CASES)])
def test_a_rule_triggers_clears_and_does_not_guess(
    rule: Rule[Any], ill: dict[str, Any], short: dict[str, Any], inputs: tuple[str, ...]
) -> None:
    assert isinstance(ask(rule, of(**ill)), Problem)
    assert isinstance(ask(rule, of(**short)), Clear)
    for name in inputs:
        assert isinstance(ask(rule, of(**{**ill, name: UNSEEN})), Unseen), name


def test_every_rule_is_clear_or_does_not_apply_on_a_healthy_server() -> None:
    for rule in (*mysql_tables.RULES, *mysql_running.RULES, *mysql_accounts.RULES):
        assert isinstance(ask(rule, of()), Clear | NotApplicable), rule.id


def test_a_server_that_was_not_looked_into_is_not_known() -> None:
    for rule in (*mysql_tables.RULES, *mysql_running.RULES, *mysql_accounts.RULES):
        assert isinstance(ask(rule, fleet_of(mariadb("shop"))), Unseen), rule.id


def test_an_index_read_on_the_replica_is_used() -> None:
    shop, replica = mariadb("shop", replicas=("copy",)), mariadb("copy", replica_source="shop", multi_az=False)
    on_writer = inside("shop", unused_indexes=(UNUSED,))
    unread, read = inside("copy", unused_indexes=(UNUSED,)), inside("copy")
    rule = mysql_tables.UNUSED_INDEX
    assert isinstance(ask_all(rule, fleet_of(shop, replica, mysql=(on_writer, unread)))["shop"], Problem)
    assert isinstance(ask_all(rule, fleet_of(shop, replica, mysql=(on_writer, read)))["shop"], Clear)
    assert isinstance(ask_all(rule, fleet_of(shop, replica, mysql=(on_writer,)))["shop"], Unseen)
    young = inside("copy", unused_indexes=(UNUSED,), uptime_s=86400)
    assert isinstance(ask_all(rule, fleet_of(shop, replica, mysql=(on_writer, young)))["shop"], Unseen)


def test_replicas_are_not_judged_for_their_writers_tables() -> None:
    replica = mariadb("copy", replica_source="shop", multi_az=False)
    fleet = fleet_of(replica, mysql=(inside("copy", unsafe_tables=(TABLE,), tables_without_key=(TABLE,)),))
    assert isinstance(ask(mysql_tables.UNSAFE_TABLE, fleet), NotApplicable)
    assert isinstance(ask(mysql_tables.WITHOUT_KEY, fleet), NotApplicable)


def test_severity_rises_with_what_is_at_stake() -> None:
    ending = ask(mysql_tables.AUTO_INCREMENT, of(auto_increments=(numbers(0.9),)))
    assert isinstance(ending, Problem)
    assert ending.severity is Severity.CRITICAL
    stopped = ask(mysql_running.REPLICA, of(replication=(channel(io_running=False),)))
    assert isinstance(stopped, Problem)
    assert stopped.severity is Severity.CRITICAL


def test_the_root_blocker_is_named_not_the_one_in_between() -> None:
    queue = (wait(60, waiting=8, blocking=7), wait(40, waiting=9, blocking=8))
    found = ask(mysql_running.LOCKS, of(lock_waits=queue))
    assert isinstance(found, Problem)
    assert "behind connection 7" in found.title
    assert [sql.statement for sql in found.repair.sql] == ["CALL mysql.rds_kill(7);"]


def test_hostile_names_stay_names_in_repairs() -> None:
    row = MysqlTableRow(schema_name="s`; DROP", table_name="t`x", engine="MyISAM", row_estimate=1, bytes=1)
    found = ask(mysql_tables.UNSAFE_TABLE, of(unsafe_tables=(row,)))
    assert isinstance(found, Problem)
    assert found.repair.sql[0].statement == "ALTER TABLE `s``; DROP`.`t``x` ENGINE = InnoDB;"


def test_nothing_to_hold_against_a_server_without_binary_logs() -> None:
    found = ask(mysql_running.BINLOG_RETENTION, of(variables={**VARIABLES, "log_bin": "OFF"}, binlog_retention=UNSEEN))
    assert isinstance(found, NotApplicable)
