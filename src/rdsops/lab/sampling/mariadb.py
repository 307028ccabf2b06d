"""Looking into a MariaDB: its running statements once a second, its gauges and counters now and then.

Where events_waits_current is on, the wait is the server's own word; else it is told from the state of the thread and
its InnoDB transaction, which is derived: a state that is in no row of WAITS counts as CPU.
"""

from __future__ import annotations

import contextlib
import socket
from typing import Any

import pymysql
import pymysql.cursors

from rdsops.lab.engines.spec import Running
from rdsops.lab.insights.digests import digest_id, literal_free
from rdsops.lab.insights.load import Ring
from rdsops.lab.insights.sessions import Session
from rdsops.lab.sampling.eye import Reading, question
from rdsops.lab.sampling.subject import APPLICATION

WAITS: tuple[tuple[str, str], ...] = (
    ("metadata lock", "wait/lock/metadata/sql/mdl"),
    ("schema metadata", "wait/lock/metadata/sql/mdl"),
    ("user lock", "wait/lock/metadata/sql/mdl"),
    ("backup lock", "wait/lock/metadata/sql/mdl"),
    ("global read lock", "wait/lock/metadata/sql/mdl"),
    ("table level lock", "wait/lock/table/sql/handler"),
    ("user sleep", "wait/synch/cond/sql/Item_func_sleep::cond"),
    ("prior transaction", "wait/synch/cond/sql/wait_for_commit::COND_wait_commit"),
    ("semi-sync ack", "wait/synch/cond/semisync/COND_binlog_send"),
    ("reading from net", "wait/io/socket/sql/client_connection"),
    ("writing to net", "wait/io/socket/sql/client_connection"),
    ("sending to client", "wait/io/socket/sql/client_connection"),
)
"""(words in the thread's state, the wait that it is)."""
ROW_LOCK = "wait/synch/cond/innodb/row_lock_wait"
NO_BINLOG = 1381
"""ER_NO_BINARY_LOGGING."""


def wait_of(state: str | None, trx_state: str | None, event: str | None) -> tuple[str, str]:
    """(type, event) of a thread.

    >>> wait_of("Waiting for table metadata lock", None, None)
    ('lock', 'wait/lock/metadata/sql/mdl')
    >>> wait_of("Updating", "LOCK WAIT", None)
    ('synch', 'wait/synch/cond/innodb/row_lock_wait')
    >>> wait_of("Sending data", "RUNNING", None)
    ('CPU', 'CPU')
    """
    if event is None and trx_state == "LOCK WAIT":
        event = ROW_LOCK
    if event is None and state:
        event = next((wait for words, wait in WAITS if words in state.lower()), None)
    if event is None or event == "idle":
        return "CPU", "CPU"
    return event.split("/")[1] if "/" in event else event, event


class MariadbEye:
    """A connection of the lab's own administrator; the texts of digests go to the ring without their literals."""

    def __init__(self, running: Running, ring: Ring) -> None:
        self._ring = ring
        self._connection: pymysql.Connection[pymysql.cursors.Cursor] = pymysql.connect(
            host=running.host,
            port=running.port,
            user=running.admin_user,
            password=running.admin_password,
            program_name=APPLICATION,
            charset="utf8mb4",
            connect_timeout=3,
            read_timeout=5,
            write_timeout=5,
            autocommit=True,
        )

    def sessions(self) -> list[Session]:
        found: list[Session] = []
        for user, host, database, state, info, trx_state, digest, digest_text, event in self._rows(
            "mariadb.sessions.10.6.sql"
        ):
            wait_type, wait_event = wait_of(state, trx_state, event)
            found.append(
                Session(
                    wait_type=wait_type,
                    wait_event=wait_event,
                    statement=self._digest(digest_text or info),
                    engine_statement=digest,
                    user=user,
                    host=host.rpartition(":")[0] or host if host else None,
                    database=database,
                )
            )
        return found

    def reading(self) -> Reading:
        status = {name: float(value) for name, value in self._rows("mariadb.status.10.6.sql")}
        gauges = {"DatabaseConnections": max(0.0, status["threads_connected"] - 1)}
        if "innodb_history_list_length" in status:
            gauges["RollbackSegmentHistoryListLength"] = status["innodb_history_list_length"]
        replica, lag_s = self._lag()
        if lag_s is not None:
            gauges["ReplicaLag"] = lag_s
        if (binlog_bytes := self._binlog_bytes()) is not None:
            gauges["BinLogDiskUsage"] = binlog_bytes
        counters = {"commits": status["handler_commit"]}
        if "innodb_deadlocks" in status:
            counters["deadlocks"] = status["innodb_deadlocks"]
        return Reading(replica, gauges, counters)

    def close(self) -> None:
        with contextlib.suppress(pymysql.Error):
            self._connection.close()

    def interrupt(self) -> None:
        end: socket.socket | None = getattr(self._connection, "_sock", None)
        if end is not None:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _lag(self) -> tuple[bool, float | None]:
        with self._connection.cursor(pymysql.cursors.DictCursor) as cursor:
            cursor.execute(question("mariadb.replica.10.6.sql"))
            rows = cursor.fetchall()
        if not rows:
            return False, None
        behind = rows[0]["Seconds_Behind_Master"]
        return True, None if behind is None else float(behind)

    def _binlog_bytes(self) -> float | None:
        try:
            return float(sum(row[1] for row in self._rows("mariadb.binlogs.10.6.sql")))
        except pymysql.Error as error:
            if error.args and error.args[0] == NO_BINLOG:
                return None
            raise

    def _digest(self, text: str | None) -> str | None:
        if not text:
            return None
        plain = literal_free(text, "mysql")
        statement = digest_id(plain)
        if not self._ring.knows(statement):
            self._ring.learn(statement, plain)
        return statement

    def _rows(self, name: str) -> tuple[tuple[Any, ...], ...]:
        with self._connection.cursor() as cursor:
            cursor.execute(question(name))
            return tuple(cursor.fetchall())
