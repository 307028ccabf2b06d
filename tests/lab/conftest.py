"""Real engines for tests: one of each kind a test process, on free loopback ports, gone after it even if killed.

`postgres_newest`, `postgres_oldest` and `mariadb_server` are servers whose master is a superuser; tests share them, so
each makes a database of its own. `engine_home` is a fresh home for tests that boot engines themselves.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rdsops.lab.engines.boot import Chains, boot, find_engines
from rdsops.lab.engines.providers import Provider
from rdsops.lab.engines.spec import EngineSpec, Running
from rdsops.lab.home import LabHome, lab_home
from rdsops.lab.processes import clean
from tests.left_out import left_out

_PREFIX = "rdsops-test-"


@contextmanager
def watched_home() -> Iterator[LabHome]:
    """A home of its own, and a watchdog that cleans it when this process dies without doing so."""
    _clean_left_behind()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    folder.chmod(0o711)
    home = LabHome(path=folder / "lab", cache=lab_home(os.environ).cache)
    home.prepare()
    watchdog = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("watchdog.py")), str(home.path), str(home.cache)],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield home
    finally:
        clean(home)
        assert watchdog.stdin is not None
        watchdog.stdin.close()
        watchdog.wait(timeout=30)  # it removes the folder
        assert not folder.exists()


def _clean_left_behind() -> None:
    """Homes of runs whose watchdog was killed with them: ours, and held by nobody."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        home = LabHome(path=folder / "lab", cache=folder)
        ours = folder.stat().st_uid == os.geteuid()
        if ours and home.ledger_path.exists() and home.holder() is None:
            clean(home)
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def engines_here(tmp_path_factory: pytest.TempPathFactory) -> Chains:
    """What this machine has, found once."""
    return find_engines(os.environ, lab_home(os.environ))


@pytest.fixture
def engine_home() -> Iterator[LabHome]:
    with watched_home() as home:
        yield home


@pytest.fixture(scope="session")
def shared_home() -> Iterator[LabHome]:
    with watched_home() as home, home.lock():
        yield home


@pytest.fixture(scope="session")
def postgres_newest(engines_here: Chains, shared_home: LabHome) -> Iterator[Running]:
    yield from _single(engines_here, shared_home, engines_here.postgres.newest(), "newest")


@pytest.fixture(scope="session")
def postgres_oldest(engines_here: Chains, shared_home: LabHome) -> Iterator[Running]:
    """The oldest major here: Debian's own beside the wheel's newest. Left out when there is one major only."""
    newest, oldest = engines_here.postgres.newest(), engines_here.postgres.oldest()
    if oldest is not None and newest is not None and oldest.major == newest.major:
        left_out("a second PostgreSQL major", "sudo apt-get install -y postgresql")
    yield from _single(engines_here, shared_home, oldest, "oldest")


@pytest.fixture(scope="session")
def mariadb_server(engines_here: Chains, shared_home: LabHome) -> Iterator[Running]:
    yield from _single(engines_here, shared_home, engines_here.mariadb.first(), "mariadb")


def _single(chains: Chains, home: LabHome, provider: Provider | None, id: str) -> Iterator[Running]:
    if provider is None:
        chain = chains.mariadb if id == "mariadb" else chains.postgres
        left_out("mariadbd" if id == "mariadb" else "PostgreSQL", chain.install)
    spec = EngineSpec(
        id=id,
        flavour=provider.flavour,
        master_user="tester",
        database="tests",
        extensions=("pg_stat_statements",) if provider.flavour == "postgres" else (),
        major=provider.major,
        superuser=True,
    )
    booted = boot([spec], home, os.environ, chains)
    yield booted.running[0]
    booted.nodes[id].stop("immediate")
