"""Makers of MySQL and MariaDB insides. Each gives a healthy server; pass fields to make it ill, UNSEEN to hide one.

fleet_of(mariadb("shop"), mysql=(inside("shop", unsafe_tables=(…,)),))
"""

from __future__ import annotations

from typing import Any

from rdsops.core.ids import InstanceRef
from rdsops.fleet.mysql_inside import AccountRow, BinlogConsumerRow, BinlogRetention, MysqlInside
from rdsops.testing.fleets import ACCOUNT, NOW, REGION

VARIABLES = {
    "performance_schema": "ON",
    "innodb_file_per_table": "ON",
    "innodb_buffer_pool_size": "12884901888",
    "log_bin": "ON",
}

STATUS = {
    "uptime": str(60 * 86400),
    "innodb_buffer_pool_read_requests": "5000000000",
    "innodb_buffer_pool_reads": "2000000",
    "table_open_cache_hits": "90000000",
    "table_open_cache_misses": "20000",
    "threads_created": "300",
    "connections": "900000",
}


def inside(name: str = "shop", **changes: Any) -> MysqlInside:
    """A healthy MariaDB writer, up for 60 days, with one replica of RDS's own."""
    fields: dict[str, Any] = {
        "instance": InstanceRef(ACCOUNT, REGION, name),
        "asked_at": NOW,
        "flavour": "mariadb",
        "server_version": "10.11.14",
        "uptime_s": 60 * 86400,
        "variables": VARIABLES,
        "status": STATUS,
        "tables_without_key": (),
        "redundant_indexes": (),
        "unused_indexes": (),
        "auto_increments": (),
        "unsafe_tables": (),
        "fragmented_tables": (),
        "old_charsets": (),
        "foreign_key_types": (),
        "transactions": (),
        "history": 1200,
        "lock_waits": (),
        "metadata_waits": (),
        "statements": (),
        "accounts": (account(),),
        "tls": (),
        "binlog_retention": BinlogRetention(hours=24),
        "binlog_consumers": (BinlogConsumerRow(user="rdsrepladmin", connections=1),),
        "replication": (),
        "upgrade_blockers": (),
    }
    return MysqlInside(**{**fields, **changes})


def account(user: str = "shop_app", **changes: Any) -> AccountRow:
    fields: dict[str, Any] = {
        "user": user,
        "host": "10.0.%",
        "plugin": "mysql_native_password",
        "no_password": False,
        "powers": "",
    }
    return AccountRow(**{**fields, **changes})
