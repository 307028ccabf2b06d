"""A lab that is killed at any moment leaves nothing that cleaning does not end; cleaning ends nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rdsops.lab.engines.boot import Chains
from rdsops.lab.engines.spec import Running
from rdsops.lab.home import LabHome
from rdsops.lab.processes import Ledger, Process, clean, ours, processes, wait_until
from tests.left_out import left_out

pytestmark = pytest.mark.engines

_BOOT = """
import os, pathlib, sys
from rdsops.lab.engines.boot import boot
from rdsops.lab.engines.spec import EngineSpec
from rdsops.lab.home import LabHome
home = LabHome(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
specs = [
    EngineSpec(id="a", flavour="postgres", master_user="m", database="d"),
    EngineSpec(id="b", flavour="postgres", follows="a", master_user="m", database="d"),
    EngineSpec(id="c", flavour="mariadb", master_user="m", database="d"),
]
with home.lock():
    boot(specs, home, os.environ)
    print("up", flush=True)
    sys.stdin.read()
"""


WITHOUT_MARIADB = 12
"""Lines that the ledger of such a boot has at its end when PostgreSQL is all there is."""


def _start(home: LabHome, cache: Path) -> subprocess.Popen[bytes]:
    home.prepare()
    cache.mkdir(mode=0o711, exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", _BOOT, str(home.path), str(cache)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def _left(home: LabHome, cache: Path) -> list[Process]:
    places = (str(home.path), str(cache))
    table = [one for one in processes() if one.pid != os.getpid()]
    return [one for one in table if any(place in one.command for place in places) and "watchdog" not in one.command]


def _cold(engine_home: LabHome) -> Path:
    return engine_home.path.parent / "cold-cache"


@pytest.mark.parametrize("lines", range(1, 17))
def test_killed_in_the_middle_of_a_cold_boot_all_is_cleaned(
    engine_home: LabHome, engines_here: Chains, lines: int
) -> None:
    """Killed as soon as the ledger has that many lines: in initdb, in a template's boot, in a base backup …"""
    if engines_here.postgres.first() is None:
        left_out("PostgreSQL", engines_here.postgres.install)
    if lines > WITHOUT_MARIADB and engines_here.mariadb.first() is None:
        left_out("mariadbd", engines_here.mariadb.install)
    cache = _cold(engine_home)
    ledger = Ledger(engine_home.ledger_path)
    with _start(engine_home, cache) as lab:
        assert wait_until(lambda: len(ledger.entries()) >= lines or lab.poll() is not None, within_s=60, every_s=0.0005)
        lab.kill()
        lab.wait(10)
    clean(engine_home)
    assert wait_until(lambda: not _left(engine_home, cache), within_s=5), _left(engine_home, cache)
    assert not engine_home.engines_dir.exists()
    assert not ledger.entries()


def test_a_killed_lab_is_cleaned_and_the_other_lab_beside_it_runs_on(
    engine_home: LabHome, engines_here: Chains, postgres_newest: Running
) -> None:
    with _start(engine_home, engine_home.cache) as lab:
        assert lab.stdout is not None
        assert lab.stdout.readline() == b"up\n"
        mine = ours(Ledger(engine_home.ledger_path).entries(), processes())
        lab.kill()
        lab.wait(10)
    assert {one.program for one in mine} >= {"postgres"}
    ended = clean(engine_home)
    assert len(ended.ended) >= len([one for one in mine if "-D" in one.command])
    assert ended.freed_bytes > 10_000_000
    assert not _left(engine_home, engine_home.cache / "nowhere")
    os.kill(postgres_newest.pid, 0)


def test_orphans_of_a_server_that_was_killed_with_its_lab_are_found(engine_home: LabHome, engines_here: Chains) -> None:
    """The server is killed while its children are frozen, so that they outlive it, as children of init."""
    if engines_here.postgres.first() is None:
        left_out("PostgreSQL", engines_here.postgres.install)
    with _start(engine_home, engine_home.cache) as lab:
        assert lab.stdout is not None
        assert lab.stdout.readline() == b"up\n"
        table = processes()
        servers = [one for one in table if one.program == "postgres" and str(engine_home.path) in one.command]
        children = [one for one in table if one.parent in {server.pid for server in servers}]
        for child in children:
            os.kill(child.pid, signal.SIGSTOP)
        for server in servers:
            os.kill(server.pid, signal.SIGKILL)
        lab.kill()
        lab.wait(10)
    before = {one.pid for one in processes()}
    assert {one.pid for one in children} & before, "no orphan is left to be found"
    segments = _segments(servers)
    clean(engine_home)
    assert not {one.pid for one in children} & {one.pid for one in processes()}
    if Path("/proc/sysvipc/shm").exists():
        assert len(segments) == len(servers)
        assert not _segments(servers)


def _segments(servers: list[Process]) -> set[str]:
    """The shared memory that these servers made and did not remove, by its id."""
    table = Path("/proc/sysvipc/shm")
    rows = [row.split() for row in table.read_text().splitlines()[1:]] if table.exists() else []
    makers = {str(one.pid) for one in servers}
    return {row[1] for row in rows if row[4] in makers}


def test_the_next_boot_after_a_kill_takes_the_home_over(engine_home: LabHome, engines_here: Chains) -> None:
    if engines_here.postgres.first() is None:
        left_out("PostgreSQL", engines_here.postgres.install)
    with _start(engine_home, engine_home.cache) as lab:
        assert lab.stdout is not None
        assert lab.stdout.readline() == b"up\n"
        lab.kill()
        lab.wait(10)
    clean(engine_home)
    with _start(engine_home, engine_home.cache) as lab:
        assert lab.stdout is not None
        assert lab.stdout.readline() == b"up\n"
        lab.kill()
        lab.wait(10)


def test_a_killed_pytest_leaves_no_engine(tmp_path: Path, engines_here: Chains) -> None:
    """The watchdog of the fixtures, proven on a pytest that is killed in a test."""
    if engines_here.postgres.first() is None:
        left_out("PostgreSQL", engines_here.postgres.install)
    root = Path(__file__).parents[2]
    inner = (
        "import sys, pytest\n"
        "class Told:\n"
        "    @pytest.fixture(autouse=True)\n"
        "    def told(self, postgres_newest):\n"
        "        print('PID', postgres_newest.pid, postgres_newest.data_dir, file=sys.__stdout__, flush=True)\n"
        "        sys.stdin.read()\n"
        "        yield\n"
        f"sys.exit(pytest.main(['-s', '-p', 'no:cacheprovider', '{root}/tests/lab/test_engines.py'], plugins=[Told()]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", inner], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, text=True
    ) as run:
        assert run.stdout is not None
        told = next(line.split() for line in run.stdout if "PID" in line)
        pid, data_dir = int(told[told.index("PID") + 1]), Path(told[told.index("PID") + 2])
        os.kill(pid, 0)
        run.kill()
        run.wait(10)
    assert wait_until(lambda: pid not in {one.pid for one in processes()}, within_s=20)
    assert wait_until(lambda: not data_dir.exists(), within_s=10)
