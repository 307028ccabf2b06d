"""One MariaDB server of a lab: copied from a template, configured, started, made a replica, asked, stopped."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pymysql
from pymysql.cursors import DictCursor

from rdsops.core.errors import RdsopsError
from rdsops.lab.engines.ground import EngineFailed, Ground, PortTaken, free_port, last_lines, new_password
from rdsops.lab.engines.providers import Provider
from rdsops.lab.engines.settings import MARIADB, mariadb_conf
from rdsops.lab.engines.spec import EngineSpec, Running
from rdsops.lab.processes import Entry, wait_until

ADMIN = "rdsadmin"
REPLICATOR = "rdsrepladmin"
HOST = "127.0.0.1"

_MASTER_RIGHTS = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES,"
    " CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, BINLOG MONITOR, CREATE VIEW, SHOW VIEW,"
    " CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER, SLAVE MONITOR"
)
"""What RDS grants the master user of MariaDB (Amazon RDS User Guide, "Master user account privileges", recalled)."""

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")

Connection: TypeAlias = "pymysql.Connection[DictCursor]"


def install(ground: Ground, provider: Provider, folder: Path) -> Path:
    """Fill a new data directory `folder`/data with the system tables. Returns it."""
    data_dir = ground.make_dir(folder / "data")
    script = provider.bin_dir / "mariadb-install-db"
    if not script.exists():  # Debian keeps the server in sbin and its tools in bin
        script = provider.bin_dir.parent / "bin" / "mariadb-install-db"
    if not script.exists():
        raise EngineFailed(f"no mariadb-install-db beside {provider.bin_dir}")
    entry = Entry(what="mariadb-install-db", program="mariadbd", mark=f"--datadir={data_dir}")
    ground.finish(
        [
            script,
            "--no-defaults",
            f"--datadir={data_dir}",
            f"--tmpdir={folder}",
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
            "--innodb-log-file-size=16M",
        ],
        entry,
        cwd=folder,
    )
    return data_dir


@contextmanager
def admin_connection(running: Running) -> Iterator[Connection]:
    """To the engine's own database, as the lab's superuser, in autocommit."""
    connection = pymysql.connect(
        host=running.host,
        port=running.port,
        user=running.admin_user,
        password=running.admin_password,
        database=running.spec.database,
        autocommit=True,
        connect_timeout=10,
        cursorclass=DictCursor,
    )
    try:
        yield connection
    finally:
        connection.close()


class MariadbNode:
    """A server and its directory: `data`, `engine.log`, `my.cnf`, all the engine account's own."""

    def __init__(self, ground: Ground, provider: Provider, spec: EngineSpec, folder: Path, server_id: int) -> None:
        for word in (spec.master_user, spec.database):
            if not _IDENTIFIER.fullmatch(word):
                raise RdsopsError(f"'{word}' cannot name a user or database of a lab's MariaDB")
        self.ground = ground
        self.provider = provider
        self.spec = spec
        self.folder = folder
        self.server_id = server_id
        self.data_dir = folder / "data"
        self.log_path = folder / "engine.log"
        self.port = 0
        self.password = new_password()
        self.admin_password = new_password()
        self.replication_password = new_password()
        self.process: subprocess.Popen[bytes] | None = None

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

    def copy_template(self, data_dir: Path) -> None:
        self.ground.make_dir(self.folder)
        self.ground.make_dir(self.data_dir)
        self.ground.copy_tree(data_dir, self.data_dir)

    def share_passwords(self, writer: MariadbNode) -> None:
        """A replica answers to its writer's accounts."""
        self.password = writer.password
        self.admin_password = writer.admin_password
        self.replication_password = writer.replication_password

    def configure(self) -> Path:
        """Write the option file; it is the only one the server reads."""
        settings = {
            **MARIADB,
            **dict(self.spec.settings),
            "datadir": str(self.data_dir),
            "port": str(self.port),
            "server_id": str(self.server_id),
            "pid_file": "lab.pid",
            "report_host": HOST,
            "report_port": str(self.port),
        }
        # A server that starts deletes every #sql file of its tmpdir, those of the machine's other servers included.
        temporary = self.folder / "tmp"
        settings["tmpdir"] = str(temporary if temporary.exists() else self.ground.make_dir(temporary))
        if self.spec.follows is not None:
            settings.setdefault("read_only", "1")
        return self.ground.write(self.folder / "my.cnf", mariadb_conf(settings))

    def _accounts_script(self) -> str:
        """Run by the server itself at its first start, unlogged, from a file that is removed afterwards.

        Both sides of a pair run it: the accounts are equal and no GTID is spent on them.
        """
        admin, master = f"'{ADMIN}'@'{HOST}'", f"'{self.spec.master_user}'@'%'"
        replicator = f"'{REPLICATOR}'@'{HOST}'"
        rights = "ALL PRIVILEGES" if self.spec.superuser else _MASTER_RIGHTS
        return "\n".join(
            (
                "SET sql_log_bin = 0;",
                f"CREATE USER {admin} IDENTIFIED BY '{self.admin_password}';",
                f"GRANT ALL PRIVILEGES ON *.* TO {admin} WITH GRANT OPTION;",
                f"CREATE USER {replicator} IDENTIFIED BY '{self.replication_password}';",
                f"GRANT REPLICATION SLAVE ON *.* TO {replicator};",
                f"CREATE USER {master} IDENTIFIED BY '{self.password}';",
                f"GRANT {rights} ON *.* TO {master} WITH GRANT OPTION;",
                f"CREATE DATABASE `{self.spec.database}`;",
                "DELETE FROM mysql.global_priv WHERE user IN ('root', '');",  # one is named after the machine
                "FLUSH PRIVILEGES;",
                "CREATE TABLE IF NOT EXISTS mysql.rds_configuration"  # what mysql.rds_show_configuration reads on RDS
                " (name varchar(100) PRIMARY KEY, value varchar(100), description varchar(300));",
                "INSERT INTO mysql.rds_configuration VALUES ('binlog retention hours', NULL,"
                " 'hours for which binary logs are kept; NULL: removed as soon as possible');",
                "",
            )
        )

    # Running

    def start(self, within_s: float = 30) -> None:
        """First start of a copy: a free port, the accounts, and wait until it accepts connections."""
        for attempt in range(5):
            self.port = free_port()
            script = self.ground.write(self.folder / "accounts.sql", self._accounts_script())
            try:
                self._start_once(within_s, f"--init-file={script}")
            except PortTaken:
                if attempt == 4:
                    raise
            else:
                return
            finally:
                script.unlink()

    def restart(self, within_s: float = 30) -> None:
        """Start again on the port it had."""
        self._start_once(within_s)

    def _start_once(self, within_s: float, *options: str) -> None:
        configured = self.configure()
        entry = Entry(what=f"mariadbd {self.spec.id}", program="mariadbd", mark=f"--datadir={self.data_dir}")
        with self.log_path.open("ab") as log:
            at = log.tell()
            self.process = self.ground.spawn(
                [
                    self.provider.program("mariadbd"),
                    f"--defaults-file={configured}",
                    f"--datadir={self.data_dir}",
                    *options,
                ],
                entry,
                log,
                self.folder,
            )
        process = self.process
        ready = wait_until(
            lambda: process.poll() is not None or b"ready for connections" in self._log_since(at),
            within_s=within_s,
        )
        if process.poll() is not None or not ready:
            said = self._log_since(at).decode(errors="replace")
            self.stop("immediate")
            if "Address already in use" in said:
                raise PortTaken(f"port {self.port} was taken as mariadbd '{self.spec.id}' started")
            errors = "\n".join(line for line in said.splitlines() if "[ERROR]" in line)
            raise EngineFailed(f"mariadbd '{self.spec.id}' did not start: {last_lines(errors or said)}")

    def _log_since(self, at: int) -> bytes:
        with self.log_path.open("rb") as log:
            log.seek(at)
            return log.read()

    def stop(self, how: Literal["fast", "immediate"] = "fast", within_s: float = 20) -> None:
        """Stop, and return when it is gone. fast: a clean shutdown; immediate: as in a crash."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM if how == "fast" else signal.SIGKILL)
            self.process.send_signal(signal.SIGCONT)
            try:
                self.process.wait(timeout=within_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    # Asking

    def admin(self) -> AbstractContextManager[Connection]:
        """A connection as the lab's superuser, in autocommit."""
        return admin_connection(self.running)

    # Replication

    def follow(self, writer: MariadbNode) -> None:
        """Make this node a replica from the start of the writer's history.

        Its own position is empty, as the writer's was when both were copied. To seed a copy of a running writer use
        the writer's @@gtid_binlog_pos, never gtid_current_pos, which is empty under another server_id (see docs/why).
        """
        with self.admin() as connection, connection.cursor() as cursor:
            cursor.execute("SET GLOBAL gtid_slave_pos = ''")
            cursor.execute(
                "CHANGE MASTER TO MASTER_HOST=%s, MASTER_PORT=%s, MASTER_USER=%s, MASTER_PASSWORD=%s,"
                " MASTER_CONNECT_RETRY=1, MASTER_USE_GTID=slave_pos",
                (HOST, writer.port, REPLICATOR, self.replication_password),
            )
            cursor.execute("START SLAVE")

    def wait_follows(self, writer: MariadbNode, within_s: float = 15) -> None:
        """Return once both replication threads run and the writer's GTID is applied. Raises EngineFailed."""
        with writer.admin() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT @@gtid_binlog_pos AS position")
            row = cursor.fetchone()
        target = str(row["position"]) if row else ""
        status: dict[str, Any] = {}

        def follows() -> bool:
            with self.admin() as connection, connection.cursor() as cursor:
                cursor.execute("SHOW SLAVE STATUS")
                status.update(cursor.fetchone() or {})
                if not (status.get("Slave_IO_Running") == status.get("Slave_SQL_Running") == "Yes"):
                    return False
                cursor.execute("SELECT MASTER_GTID_WAIT(%s, 0) AS reached", (target,))
                reached = cursor.fetchone()
                return reached is not None and reached["reached"] == 0

        if not wait_until(follows, within_s=within_s):
            errors = status.get("Last_IO_Error") or status.get("Last_SQL_Error") or "no error told"
            raise EngineFailed(f"replica '{self.spec.id}' does not follow '{writer.spec.id}': {errors}")
