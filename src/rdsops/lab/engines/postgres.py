"""One PostgreSQL server of a lab: copied from a template or its writer, configured, started, asked, stopped."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg import sql

from rdsops.lab.engines.ground import EngineFailed, Ground, PortTaken, free_port, last_lines, new_password
from rdsops.lab.engines.providers import Provider
from rdsops.lab.engines.settings import POSTGRES_INITDB, postgres_conf, postgres_settings
from rdsops.lab.engines.spec import EngineSpec, Running
from rdsops.lab.processes import Entry, Process, ours, processes, wait_until

ADMIN = "rdsadmin"
REPLICATOR = "rdsrepladmin"
HOST = "127.0.0.1"

_HBA = f"""\
# The lab's server listens on loopback only; every connection gives its password.
host all         all          {HOST}/32 scram-sha-256
host replication {REPLICATOR} {HOST}/32 scram-sha-256
"""

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a server is in the history: the timeline and the byte (LSN) it has written or replayed."""

    timeline: int
    lsn: int


class PostgresNode:
    """A server and its directory: `data`, `engine.log` and the password files, all the engine account's own.

    Its passwords live as long as the lab. What is copied (readers) shares its source's.
    """

    def __init__(self, ground: Ground, provider: Provider, spec: EngineSpec, folder: Path, token: str) -> None:
        self.ground = ground
        self.provider = provider
        self.spec = spec
        self.folder = folder
        self.token = token
        self.data_dir = folder / "data"
        self.log_path = folder / "engine.log"
        self.port = 0
        self.password = new_password()
        self.admin_password = new_password()
        self.replication_password = new_password()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def cluster_name(self) -> str:
        """Shown in the title of each of its processes, so that orphans can be told from strangers."""
        return f"{self.spec.id[:48]}.{self.token}"

    @property
    def slot(self) -> str:
        """The physical slot that this node, as a reader, holds on its writer."""
        return re.sub(r"[^a-z0-9_]", "_", self.spec.id.lower())[:63]

    @property
    def running(self) -> Running:
        assert self.process is not None, "the node was not started"
        return Running(
            spec=self.spec,
            host=HOST,
            port=self.port,
            pid=self.process.pid,
            data_dir=self.data_dir,
            version=self.provider.version,
            password=self.password,
            admin_user=ADMIN,
            admin_password=self.admin_password,
        )

    # Making

    def init(self) -> None:
        """Make an empty database cluster whose only role is the lab's superuser."""
        self._make_folder()
        secret = self.ground.write(self.folder / "init.pass", self.admin_password + "\n")
        self._tool("initdb", "-D", self.data_dir, "-U", ADMIN, f"--pwfile={secret}", *POSTGRES_INITDB)
        secret.unlink()

    def copy_template(self, data_dir: Path, admin_password: str) -> None:
        """Start from a template's files; `admin_password` opens them until `enter_service` changes it."""
        self._make_folder()
        self.ground.make_dir(self.data_dir)
        self.ground.copy_tree(data_dir, self.data_dir)
        self.admin_password = admin_password

    def copy_writer(self, writer: PostgresNode) -> None:
        """A base backup of a running writer.

        Its slot comes first: pg_basebackup makes one only after the backup began, and the checkpoint of another
        backup running beside it may remove the WAL between.
        """
        self._make_folder()
        self.password = writer.password
        self.admin_password = writer.admin_password
        self.replication_password = writer.replication_password
        with writer.admin() as connection:
            connection.execute("SELECT pg_create_physical_replication_slot(%s, true)", (self.slot,))
        self._tool(
            "pg_basebackup",
            "-D",
            self.data_dir,
            "-d",
            self._upstream(writer, "pg_basebackup"),
            "--checkpoint=fast",
            "--wal-method=stream",
            f"--slot={self.slot}",
            "--no-sync",
            "--no-manifest",
        )
        self.follow(writer)

    def follow(self, writer: PostgresNode) -> None:
        """Write what makes this stopped node a reader of `writer`."""
        self.ground.write(self.data_dir / "standby.signal", "")
        upstream = postgres_conf(
            {"primary_conninfo": self._upstream(writer, self.spec.id), "primary_slot_name": self.slot}
        )
        self.ground.write(self.data_dir / "postgresql.auto.conf", upstream)

    def _upstream(self, writer: PostgresNode, name: str) -> str:
        """How to reach the writer; the password stays in a file."""
        secret = self.ground.write(self.folder / "replication.pass", f"*:*:*:*:{self.replication_password}\n")
        return psycopg.conninfo.make_conninfo(
            host=HOST, port=writer.port, user=REPLICATOR, passfile=str(secret), application_name=name
        )

    def _make_folder(self) -> None:
        if not self.folder.exists():
            self.ground.make_dir(self.folder)

    def _tool(self, name: str, *arguments: str | Path) -> str:
        entry = Entry(what=f"{name} {self.spec.id}", program=name, mark=str(self.data_dir))
        return self.ground.finish([self.provider.program(name), *arguments], entry, cwd=self.folder)

    # Running

    def configure(self) -> None:
        """Write the settings and the access file. They are ours alone: whatever a copy brought along is replaced."""
        settings = postgres_settings(
            self.spec.extensions,
            self.spec.settings,
            version=self.provider.number,
            available=self.provider.extensions,
        )
        settings |= {"port": str(self.port), "cluster_name": self.cluster_name}
        if self.spec.aurora:
            settings |= {"rdsops_lab.instance": self.spec.id, "hot_standby_feedback": "on"}
        self.ground.write(self.data_dir / "postgresql.conf", postgres_conf(settings))
        self.ground.write(self.data_dir / "pg_hba.conf", _HBA)

    def start(self, within_s: float = 30) -> None:
        """Start on a free port and wait until it accepts connections. Raises EngineFailed with the log's end."""
        for attempt in range(5):
            self.port = free_port()
            self.configure()
            try:
                self._start_once(within_s)
            except PortTaken:
                if attempt == 4:
                    raise
            else:
                return

    def restart(self, within_s: float = 30) -> None:
        """Start again on the port it had (others know it by that)."""
        self.configure()
        self._start_once(within_s)

    def _start_once(self, within_s: float) -> None:
        (self.data_dir / "postmaster.pid").unlink(missing_ok=True)
        entry = Entry(
            what=f"postgres {self.spec.id}",
            program="postgres",
            mark=str(self.data_dir),
            title=f"postgres: {self.cluster_name}:",
        )
        with self.log_path.open("ab") as log:
            at = log.tell()
            self.process = self.ground.spawn(
                [self.provider.program("postgres"), "-D", self.data_dir], entry, log, self.folder
            )
        process = self.process
        ready = wait_until(lambda: process.poll() is not None or self._says_ready(), within_s=within_s, every_s=0.005)
        if process.poll() is not None or not ready:
            said = self._log_since(at)
            self.stop("immediate")
            if "could not bind" in said:
                raise PortTaken(f"port {self.port} was taken as postgres '{self.spec.id}' started")
            raise EngineFailed(f"postgres '{self.spec.id}' did not start: {last_lines(said)}")

    def _says_ready(self) -> bool:
        """The postmaster writes its state in the eighth line of its pid file: ready, standby, starting, stopping."""
        try:
            lines = (self.data_dir / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[7].strip() in ("ready", "standby")

    def _log_since(self, at: int) -> str:
        with self.log_path.open("rb") as log:
            log.seek(at)
            return log.read().decode(errors="replace")

    def stop(self, how: Literal["fast", "immediate"] = "fast", within_s: float = 15) -> None:
        """Stop, and return when it is gone. fast: a clean shutdown; immediate: as in a crash."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT if how == "fast" else signal.SIGQUIT)
            self.process.send_signal(signal.SIGCONT)
            try:
                self.process.wait(timeout=within_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def pause(self) -> None:
        """Freeze all its processes: connections stay open and nothing answers."""
        for one in reversed(self._tree()):
            os.kill(one.pid, signal.SIGSTOP)

    def unpause(self) -> None:
        for one in self._tree():
            os.kill(one.pid, signal.SIGCONT)

    def _tree(self) -> tuple[Process, ...]:
        return ours([Entry(what="", program="postgres", mark=str(self.data_dir))], processes())

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    # Asking

    def admin(self, database: str = "postgres") -> Connection:
        """A connection as the lab's superuser, in autocommit."""
        return _connect_admin(self.port, self.admin_password, database)

    def enter_service(self) -> None:
        """On a fresh writer: new passwords, the master user, its database and extensions."""
        found = self.admin_password
        self.admin_password = new_password()
        with _connect_admin(self.port, found, "postgres") as connection:
            self._set_passwords(connection)
            spec = self.spec
            if spec.aurora and spec.database != "postgres":
                connection.execute(_aurora_functions())
            if spec.database != "postgres":
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(spec.database), sql.Identifier(spec.master_user)
                    )
                )
        self._create_extensions()

    def _set_passwords(self, connection: Connection) -> None:
        """Sent as SCRAM verifiers: no log, view or statement text ever holds a password."""
        connection.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                sql.Identifier(ADMIN), self._verifier(connection, ADMIN, self.admin_password)
            )
        )
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN REPLICATION PASSWORD {}").format(
                sql.Identifier(REPLICATOR), self._verifier(connection, REPLICATOR, self.replication_password)
            )
        )
        master = self.spec.master_user
        rights = sql.SQL("SUPERUSER" if self.spec.superuser else "CREATEDB CREATEROLE")
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {} IN ROLE rds_superuser").format(
                sql.Identifier(master), rights, self._verifier(connection, master, self.password)
            )
        )

    def _verifier(self, connection: Connection, user: str, password: str) -> sql.Literal:
        made = connection.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256")
        return sql.Literal(made.decode())

    def _create_extensions(self) -> None:
        spec = self.spec
        wanted = [one for one in spec.extensions if one in self.provider.extensions]
        with self.admin(spec.database) as connection:
            for one in wanted:
                connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(one)))
            if spec.aurora:
                connection.execute(_aurora_functions())

    # Replication

    def written(self) -> Position:
        """Of a writer: its timeline and the end of what it has written."""
        with self.admin() as connection:
            row = connection.execute(
                "SELECT pg_walfile_name(pg_current_wal_lsn()), pg_current_wal_lsn() - '0/0'::pg_lsn"
            ).fetchone()
        assert row is not None
        return Position(int(row[0][:8], 16), int(row[1]))

    def replayed(self) -> Position | None:
        """Of a reader: the timeline it receives and the end of what it has replayed; None while it receives nothing."""
        with self.admin() as connection:
            row = connection.execute(
                "SELECT received_tli, pg_last_wal_replay_lsn() - '0/0'::pg_lsn FROM pg_stat_wal_receiver"
                " WHERE status = 'streaming'"
            ).fetchone()
        return None if row is None or row[0] is None or row[1] is None else Position(int(row[0]), int(row[1]))

    def wait_follows(self, writer: PostgresNode, within_s: float = 15) -> None:
        """Return once this reader truly replicates: it receives the writer's timeline and replayed the writer's end.

        "streaming" on the writer's side alone is shown for a moment by nodes that can never follow (see docs/why).
        Raises EngineFailed after `within_s`.
        """
        target = writer.written()
        seen: Position | None = None

        def follows() -> bool:
            nonlocal seen
            seen = self.replayed()
            return seen is not None and seen.timeline == target.timeline and seen.lsn >= target.lsn

        started = time.monotonic()
        if not wait_until(follows, within_s=within_s):
            raise EngineFailed(
                f"reader '{self.spec.id}' does not follow '{writer.spec.id}' after {time.monotonic() - started:.0f} s:"
                f" it is at {seen}, the writer was at {target}",
                hint=f"its log: {self.log_path}",
            )


def _aurora_functions() -> bytes:
    return files("rdsops.lab.engines").joinpath("sql/aurora.sql").read_bytes()


def admin_connection(running: Running, database: str | None = None) -> Connection:
    """To a database, the engine's own unless named, as the lab's superuser, in autocommit."""
    return _connect_admin(running.port, running.admin_password, database or running.spec.database)


def _connect_admin(port: int, password: str, database: str) -> Connection:
    """Its statements are not counted: pg_stat_statements keeps the text of ALTER ROLE, verifiers included."""
    return psycopg.connect(
        host=HOST,
        port=port,
        user=ADMIN,
        password=password,
        dbname=database,
        autocommit=True,
        connect_timeout=10,
        application_name="rdsops-lab",
        options="-c pg_stat_statements.track=none",
    )
