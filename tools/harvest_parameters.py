"""Reads the parameter catalogue out of a real engine, into src/rdsops/lab/rds/catalogues: facts only, no texts.

    python tools/harvest_parameters.py postgres --bin /usr/lib/postgresql/15/bin --provider "Debian postgresql-15"
    python tools/harvest_parameters.py mariadb --bin /usr/sbin --provider "Debian mariadb-server"

A throw-away server is made in a temporary directory, asked once over a socket, and ended. As root it runs as
the account named by --user. The output holds one row a line, so that two harvests can be compared by diff.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent.parent / "src/rdsops/lab/rds/catalogues"

PRELOADED = ("pg_stat_statements", "auto_explain")
"""Libraries that RDS preloads or offers to preload, and that the providers have: only loaded ones show parameters."""

POSTGRES = """
select name, vartype, context, min_val as "min", max_val as "max",
       array_to_string(enumvals, ',') as "enum", unit
  from pg_catalog.pg_settings order by name
"""

MARIADB = """
select lower(VARIABLE_NAME) as name, VARIABLE_TYPE as vartype, VARIABLE_SCOPE as scope,
       NUMERIC_MIN_VALUE as `min`, NUMERIC_MAX_VALUE as `max`, ENUM_VALUE_LIST as `enum`,
       READ_ONLY as read_only, COMMAND_LINE_ARGUMENT as argument, GLOBAL_VALUE is not null as has_global
  from information_schema.SYSTEM_VARIABLES order by lower(VARIABLE_NAME)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("flavour", choices=("postgres", "mariadb"))
    parser.add_argument("--bin", type=Path, required=True, help="directory of the server's programs")
    parser.add_argument("--provider", required=True, help="where the server came from, for the catalogue's head")
    parser.add_argument("--user", default="nobody", help="account that runs the server when this is root")
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    user = asked.user if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="harvest-") as room:
        os.chmod(room, 0o755)  # noqa: PTH101, S103 - the unprivileged account must pass through
        home = Path(room) / "home"
        home.mkdir(mode=0o700)
        if user:
            shutil.chown(home, user)
        harvest = from_postgres if asked.flavour == "postgres" else from_mariadb
        version, rows, preloaded = harvest(asked.bin, home, user)
    major = version.split(".")[0] if asked.flavour == "postgres" else ".".join(version.split(".")[:2])
    head = {
        "engine": asked.flavour,
        "major": major,
        "version": version,
        "provider": asked.provider,
        "harvested": datetime.now(UTC).date().isoformat(),
        "preloaded": preloaded,
    }
    target: Path = asked.out / f"{asked.flavour}{major}.json"
    target.write_text(written(head, rows))
    print(f"{target.name}: {len(rows)} rows of {asked.flavour} {version}")  # noqa: T201 - a tool's result
    return 0


def written(head: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """The catalogue as JSON, one row a line; absent values are left out."""
    lines = [json.dumps({k: v for k, v in row.items() if v not in (None, "")}, sort_keys=False) for row in rows]
    return json.dumps(head)[:-1] + ', "rows": [\n' + ",\n".join(lines) + "\n]}\n"


def from_postgres(programs: Path, home: Path, user: str | None) -> tuple[str, list[dict[str, Any]], list[str]]:
    import psycopg
    from psycopg.rows import dict_row

    data = home / "data"
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "harvest", "-A", "trust", "--no-sync", "--locale=C", "-E", "UTF8"],
        check=True, user=user, stdout=subprocess.DEVNULL, cwd=home,
    )  # fmt: skip
    preloaded = ",".join(PRELOADED)
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-k", home, "-c", "listen_addresses=",
         "-c", f"shared_preload_libraries={preloaded}"],
        user=user, cwd=home, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with psycopg.connect(**until(lambda: _postgres_at(home), server), row_factory=dict_row) as connection:
            version = str(connection.info.parameter_status("server_version")).split(" ")[0]
            return version, connection.execute(POSTGRES).fetchall(), list(PRELOADED)
    finally:
        end(server)


def _postgres_at(home: Path) -> dict[str, Any]:
    import psycopg

    where = {"host": str(home), "user": "harvest", "dbname": "postgres"}
    psycopg.connect(**where).close()  # type: ignore[arg-type]  # a plain mapping of strings
    return where


def from_mariadb(programs: Path, home: Path, user: str | None) -> tuple[str, list[dict[str, Any]], list[str]]:
    import pymysql

    data, socket = home / "data", home / "s"
    installer = shutil.which("mariadb-install-db") or str(programs / "mariadb-install-db")
    subprocess.run(
        [installer, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
         "--skip-test-db"],
        check=True, user=user, cwd=home, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    server = subprocess.Popen(
        [programs / "mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={socket}", "--skip-networking",
         f"--pid-file={home / 'pid'}"],
        user=user, cwd=home, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:

        def ask() -> pymysql.connections.Connection[pymysql.cursors.DictCursor]:
            return pymysql.connect(unix_socket=str(socket), user="root", cursorclass=pymysql.cursors.DictCursor)

        with until(ask, server) as connection, connection.cursor() as cursor:
            cursor.execute("select version() as v")
            version = str((cursor.fetchone() or {})["v"]).split("-")[0]
            cursor.execute(MARIADB)
            return version, [dict(row) for row in cursor.fetchall()], []
    finally:
        end(server)


def until(ask: Any, server: subprocess.Popen[bytes], seconds: float = 30) -> Any:
    """What `ask` returns once the server answers; its last error when the server ends or the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except Exception:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main())
