"""Inside one MySQL or MariaDB server: every question of engines/sql/mysql, over one connection.

A question that fails leaves its field unseen and writes a gap; the rest are asked all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from rdsops.collect.inside_request import Asking
from rdsops.engines.connect import Address, Credentials, NotAnswered, NotConnected
from rdsops.engines.mysql import MysqlDoor, open_mysql
from rdsops.engines.query import answer, question
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.gaps import Cause, Gap
from rdsops.fleet.instances import Instance
from rdsops.fleet.mysql_inside import (
    AccountRow,
    AutoIncrementRow,
    BinlogConsumerRow,
    BinlogRetention,
    ForeignKeyTypeRow,
    FragmentedRow,
    MetadataWaitRow,
    MysqlInside,
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

T = TypeVar("T")

TABLES: dict[str, type[Any]] = {
    "tables_without_key": MysqlTableRow,
    "redundant_indexes": RedundantIndexRow,
    "auto_increments": AutoIncrementRow,
    "unsafe_tables": MysqlTableRow,
    "fragmented_tables": FragmentedRow,
    "old_charsets": OldCharsetRow,
    "foreign_key_types": ForeignKeyTypeRow,
    "transactions": TransactionRow,
    "lock_waits": RowLockRow,
    "metadata_waits": MetadataWaitRow,
    "statements": MysqlStatementRow,
    "accounts": AccountRow,
    "tls": MysqlTlsRow,
    "binlog_consumers": BinlogConsumerRow,
    "upgrade_blockers": UpgradeObstacleRow,
}
"""Question, which is also the field -> row."""

MYSQL_ONLY = frozenset({"upgrade_blockers"})
"""Not asked of MariaDB, whose rules do not need it."""

DICTIONARY = frozenset(
    {
        "tables_without_key",
        "redundant_indexes",
        "unused_indexes",
        "auto_increments",
        "unsafe_tables",
        "fragmented_tables",
        "old_charsets",
        "foreign_key_types",
        "upgrade_blockers",
    }
)
"""The dictionary shows a login the tables that it was granted, and does not say that there are others."""

NEED_PERFORMANCE_SCHEMA = frozenset({"statements", "tls", "unused_indexes"})
NEED_PROCESS = frozenset({"transactions", "lock_waits", "metadata_waits", "binlog_consumers", "tls"})
"""Without PROCESS the process list holds our own sessions only, and says nothing about it."""


class _Named(msgspec.Struct, frozen=True):
    Variable_name: str
    Value: str


class _Counts(msgspec.Struct, frozen=True):
    counts: bool


class _Sees(msgspec.Struct, frozen=True):
    sees_all: bool


class _Length(msgspec.Struct, frozen=True):
    length: int


class _Hours(msgspec.Struct, frozen=True):
    hours: int | None


@dataclass
class _Visit:
    instance: Instance
    credentials: Credentials
    asking: Asking
    door: MysqlDoor
    gaps: list[Gap] = field(default_factory=list)

    def gap(self, asked: str, cause: Cause, detail: str, remedy: str | None = None) -> None:
        self.gaps.append(_gap(self.instance, self.asking, asked, cause, detail, remedy))

    def ask(self, name: str, row: type[T], *, field_name: str | None = None) -> tuple[T, ...] | None:
        """The rows; None with a gap when there is no answer. Raises NotAnswered only when the connection is lost."""
        asked = f"sql:mysql.{field_name or name}"
        tag = "maria" if self.door.flavour == "mariadb" else "mysql"
        found = question("mysql", name, tag, self.door.major)
        if found is None:
            self.gap(asked, Cause.UNSUPPORTED, f"not to be asked of {self.door.flavour} {self.door.version}")
            return None
        try:
            return answer(self.door, found, row, strict=False)
        except NotAnswered as failed:
            if failed.lost:
                raise
            self.gap(asked, failed.cause, str(failed.args[0]), failed.hint)
            return None


def look(
    instance: Instance, cluster: Cluster | None, address: Address, credentials: Credentials, asking: Asking
) -> tuple[MysqlInside | None, tuple[Gap, ...]]:
    """Everything that one server lets us see, and what it does not."""
    try:
        door = open_mysql(address, credentials, asking.trust, asking.limits)
    except NotConnected as refused:
        told = str(refused.args[0])
        return None, (_gap(instance, asking, "sql:connect", refused.cause, told, refused.hint),)
    visit = _Visit(instance, credentials, asking, door)
    asked_at = asking.now()
    seen: dict[str, Any] = {"flavour": door.flavour, "server_version": door.version}
    try:
        _ask_all(visit, seen)
    except NotAnswered as lost:
        visit.gap("sql:connect", Cause.FAILED, f"the connection broke: {lost.args[0]}", "ask again")
    finally:
        door.close()
    return MysqlInside(instance=instance.ref, asked_at=asked_at, **seen), tuple(visit.gaps)


def _ask_all(visit: _Visit, seen: dict[str, Any]) -> None:
    for name in ("variables", "status"):
        rows = visit.ask(name, _Named)
        if rows is not None:
            seen[name] = {row.Variable_name.lower(): row.Value for row in rows}
    if seen.get("status", {}).get("uptime", "").isdigit():
        seen["uptime_s"] = int(seen["status"]["uptime"])
    blind = _blind_to_others(visit)
    visibility = visit.ask("visibility", _Sees)
    partial = not (visibility and visibility[0].sees_all)
    metered = seen.get("variables", {}).get("performance_schema", "ON").upper() == "ON"
    for name, row in TABLES.items():
        if name in MYSQL_ONLY and visit.door.flavour != "mysql":
            continue
        if partial and name in DICTIONARY:
            _denied(visit, name, "REFERENCES", "sees only the tables it was granted")
        elif blind and name in NEED_PROCESS:
            _denied(visit, name, "PROCESS")
        elif not metered and name in NEED_PERFORMANCE_SCHEMA:
            _unmetered(visit, name)
        else:
            answers = visit.ask(name, row)
            if answers is not None:
                seen[name] = answers
    if partial:
        _denied(visit, "unused_indexes", "REFERENCES", "sees only the tables it was granted")
    else:
        _unused_indexes(visit, seen, metered=metered)
    history = visit.ask("history", _Length)
    if history:
        seen["history"] = history[0].length
    retention = visit.ask("binlog_retention", _Hours)
    if retention:
        seen["binlog_retention"] = BinlogRetention(hours=retention[0].hours)
    channels = _replication(visit)
    if channels is not None:
        seen["replication"] = channels


def _blind_to_others(visit: _Visit) -> bool:
    """Whether the login lacks PROCESS: asked of the engine, which refuses innodb_trx without it."""
    try:
        visit.door.rows("SELECT 1 FROM information_schema.innodb_trx LIMIT 1")
    except NotAnswered as failed:
        if failed.lost:
            raise
        return failed.cause is Cause.DENIED
    return False


def _denied(visit: _Visit, name: str, privilege: str, lack: str | None = None) -> None:
    """A gap with the GRANT that closes it. REFERENCES shows every table and reads no row."""
    user = visit.credentials.user.replace("'", "''")
    detail = f"login {visit.credentials.user} {lack or f'lacks {privilege}'}"
    visit.gap(f"sql:mysql.{name}", Cause.DENIED, detail, f"GRANT {privilege} ON *.* TO '{user}'")


def _unmetered(visit: _Visit, name: str) -> None:
    remedy = "performance_schema = 1 in the parameter group, and a reboot"
    visit.gap(f"sql:mysql.{name}", Cause.UNSUPPORTED, "performance_schema is off", remedy)


def _unused_indexes(visit: _Visit, seen: dict[str, Any], *, metered: bool) -> None:
    """Only where the server counts: an index without a meter looks unused for ever."""
    if not metered:
        _unmetered(visit, "unused_indexes")
        return
    meter = visit.ask("index_meter", _Counts, field_name="unused_indexes")
    if meter is None:
        return
    if not meter[0].counts:
        remedy = (
            "UPDATE performance_schema.setup_instruments SET enabled = 'YES' WHERE name = 'wait/io/table/sql/handler'"
        )
        visit.gap("sql:mysql.unused_indexes", Cause.UNSUPPORTED, "the use of indexes is not counted", remedy)
        return
    rows = visit.ask("unused_indexes", UnusedIndexRow)
    if rows is not None:
        seen["unused_indexes"] = rows


def _replication(visit: _Visit) -> tuple[Replication, ...] | None:
    """Channels of SHOW REPLICA STATUS, whose columns are spelled three ways by version and flavour."""
    tag = "maria" if visit.door.flavour == "mariadb" else "mysql"
    found = question("mysql", "replication", tag, visit.door.major)
    assert found is not None, "one of its files is for every version"
    try:
        names, rows = visit.door.rows(found.sql)
    except NotAnswered as failed:
        if failed.lost:
            raise
        visit.gap("sql:mysql.replication", failed.cause, str(failed.args[0]), failed.hint)
        return None
    columns = [name.lower().replace("slave", "replica").replace("master", "source") for name in names]
    return tuple(_channel(dict(zip(columns, row, strict=True))) for row in rows)


def _channel(row: Mapping[str, object]) -> Replication:
    lag = row.get("seconds_behind_source")
    gtid = str(row.get("using_gtid") or "") not in ("", "No") or str(row.get("auto_position") or "0") == "1"
    return Replication(
        channel=str(row.get("channel_name") or row.get("connection_name") or ""),
        io_running=row.get("replica_io_running") == "Yes",
        sql_running=row.get("replica_sql_running") == "Yes",
        lag_s=int(lag) if isinstance(lag, int) else None,
        io_error=_number(row.get("last_io_errno")),
        sql_error=_number(row.get("last_sql_errno")),
        uses_gtid=gtid,
    )


def _number(value: object) -> str | None:
    """An error by its number: its text may hold a row's values."""
    return f"error {value}" if isinstance(value, int) and value else None


def _gap(instance: Instance, asking: Asking, asked: str, cause: Cause, detail: str, remedy: str | None = None) -> Gap:
    return Gap(
        asked=asked,
        account=instance.ref.account,
        region=instance.ref.region,
        subject=instance.ref.arn,
        cause=cause,
        detail=detail,
        remedy=remedy,
        seen_at=asking.now(),
    )
