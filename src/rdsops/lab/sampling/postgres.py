"""Looking into a PostgreSQL: its active sessions once a second, its gauges and counters now and then."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Any

import psycopg

from rdsops.lab.engines.spec import Running
from rdsops.lab.insights.digests import digest_id, literal_free
from rdsops.lab.insights.load import Ring
from rdsops.lab.insights.sessions import Session
from rdsops.lab.sampling.eye import Reading, question
from rdsops.lab.sampling.subject import APPLICATION

_CUT_BYTES = 1023
"""A query text of this length may have been cut by the server (track_activity_query_size 1024)."""
MOST_DIGESTS = 5000


class PostgresEye:
    """A connection of the lab's own superuser; the texts of digests go to the ring without their literals."""

    def __init__(self, running: Running, ring: Ring, *, aurora: bool) -> None:
        self._ring = ring
        self._aurora = aurora
        self._digests: dict[int, str] = {}
        self._connection = psycopg.connect(
            host=running.host,
            port=running.port,
            user=running.admin_user,
            password=running.admin_password,
            dbname=running.spec.database,
            application_name=APPLICATION,
            connect_timeout=3,
            options="-c statement_timeout=5s -c default_transaction_read_only=on",
            autocommit=True,
        )
        self._has_statements = bool(self._rows("postgres.open.pg14.sql"))

    def sessions(self) -> list[Session]:
        found: list[Session] = []
        for wait_type, wait_event, query_id, query, user, database, application, host, kind in self._rows(
            "postgres.sessions.pg14.sql"
        ):
            found.append(
                Session(
                    wait_type=wait_type or "CPU",
                    wait_event=f"{wait_type}:{wait_event}" if wait_type else "CPU",
                    statement=self._digest(query_id, query),
                    engine_statement=None if query_id is None else str(query_id),
                    user=user,
                    host=host,
                    application=application,
                    database=database,
                    kind=kind,
                )
            )
        return found

    def reading(self) -> Reading:
        ((replica, connections, lag_s, oldest_xid, commits, deadlocks, hit, read),) = self._rows(
            "postgres.gauges.pg14.sql"
        )
        gauges = {"DatabaseConnections": connections}
        if replica and lag_s is not None:
            name, scale = ("AuroraReplicaLag", 1000.0) if self._aurora else ("ReplicaLag", 1.0)
            gauges[name] = max(0.0, lag_s) * scale
        if not replica:
            gauges["MaximumUsedTransactionIDs"] = oldest_xid
            gauges |= self._wal()
        counters = {"commits": commits, "deadlocks": deadlocks, "blocks_hit": hit, "blocks_read": read}
        return Reading(replica, gauges, counters)

    def close(self) -> None:
        self._connection.close()

    def interrupt(self) -> None:
        with (
            contextlib.suppress(psycopg.Error, OSError),
            socket.socket(fileno=os.dup(self._connection.fileno())) as end,
        ):
            end.shutdown(socket.SHUT_RDWR)

    def _wal(self) -> dict[str, float]:
        ((wal_bytes, slot_lag_bytes, slot_disk_bytes),) = self._rows("postgres.wal.pg15.sql", self._aurora)
        found = {
            "TransactionLogsDiskUsage": None if self._aurora else wal_bytes,
            "OldestReplicationSlotLag": slot_lag_bytes,
            "ReplicationSlotDiskUsage": slot_disk_bytes,
        }
        return {name: value for name, value in found.items() if value is not None}

    def _digest(self, query_id: int | None, query: str | None) -> str | None:
        """The id of a statement's digest; the first text seen under a query id names it for good."""
        named = self._digests.get(query_id) if query_id is not None else None
        if named is not None and self._ring.knows(named):
            return named
        known = (
            self._rows("postgres.digest.pg14.sql", query_id) if query_id is not None and self._has_statements else []
        )
        text = known[0][0] if known else query
        if not text:
            return None
        plain = literal_free(text, "postgres")
        statement = digest_id(plain)
        self._ring.learn(statement, plain)
        whole = bool(known) or len(text.encode()) < _CUT_BYTES
        if query_id is not None and whole:
            if len(self._digests) >= MOST_DIGESTS:
                self._digests.clear()
            self._digests[query_id] = statement
        return statement

    def _rows(self, name: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(question(name), parameters or None).fetchall()
