"""How long the engines of a lab take to be ready, cold (no template) and warm, and what memory they hold idle.

Each round has a place of its own and nothing is deleted before the end: ext4 does not reuse an inode for minutes after
its file was deleted and searches past it for every new file, so that a loop of boot and delete measures mostly that
(2.8 s instead of 0.8). RDSOPS_LAB_HOME on a tmpfs is not troubled by it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Figure, Report
from benchmarks.processes import pinned, pss_mib
from rdsops.lab.engines.boot import boot, find_engines
from rdsops.lab.engines.spec import EngineSpec
from rdsops.lab.home import LabHome
from rdsops.lab.processes import Ledger, ours, processes

CORES = 2
WRITER = EngineSpec(
    id="orders-1",
    flavour="postgres",
    master_user="orders_admin",
    database="orders",
    extensions=("pg_stat_statements",),
    aurora=True,
)
CLUSTER = (WRITER, *(replace(WRITER, id=f"orders-{n}", follows="orders-1") for n in (2, 3)))
DESK = EngineSpec(id="crm-1", flavour="mariadb", master_user="admin", database="crm")
PAIR = (DESK, replace(DESK, id="crm-2", follows="crm-1"))

LABS: dict[str, tuple[tuple[EngineSpec, ...], float, float]] = {
    "PostgreSQL writer and 2 readers": (CLUSTER, 3.0, 1.5),
    "the same and a MariaDB pair": ((*CLUSTER, *PAIR), 8.0, 3.0),
}
"""The engines, and the targets cold and warm, in seconds on two cores."""
MEMORY_BELOW = {"postgres": 60.0, "mariadbd": 150.0}
"""MiB of the three PostgreSQL servers, and of the MariaDB pair, idle."""


def run(rounds: int = 3) -> Report:
    figures: list[Figure] = []
    notes: list[str] = []
    with pinned(CORES) as cores:
        for what, (specs, cold_below, warm_below) in LABS.items():
            cold, warm, memory, left_out = _boots(specs, rounds)
            figures += [
                Figure(f"{what}: ready, cold", tuple(cold), "s", cold_below),
                Figure(f"{what}: ready, warm", tuple(warm), "s", warm_below),
                *(Figure(f"{what}: PSS of {program}", tuple(sizes), "MiB", MEMORY_BELOW.get(program))
                  for program, sizes in sorted(memory.items())),
            ]  # fmt: skip
            notes += [f"{what}: left out on this machine: {', '.join(left_out)}"] if left_out else []
    return Report(
        "Engines of a lab",
        f"The servers alone, pinned to {cores} cores: without endpoint, data and load, and after the look for engines. "
        "Cold: with an empty cache, so that the templates are made; warm: from the templates. Memory as PSS, shared "
        "pages counted once, right after.",
        tuple(figures),
        notes=tuple(notes),
    )


def _boots(
    specs: Sequence[EngineSpec], rounds: int
) -> tuple[list[float], list[float], dict[str, list[float]], tuple[str, ...]]:
    """Seconds cold and warm, MiB by program (warm), and what could not be started."""
    cold: list[float] = []
    warm: list[float] = []
    memory: dict[str, list[float]] = {}
    left_out: tuple[str, ...] = ()
    with _ground() as folder:
        for number in range(rounds):
            for again in (False, True):
                home = LabHome(folder / f"lab-{number}-{again}", folder / f"cache-{number}")
                with home.lock():
                    booted = boot(specs, home, os.environ, find_engines(os.environ, home))
                    (warm if again else cold).append(booted.seconds)
                    left_out = tuple(one.spec.id for one in booted.left_out)
                    if again:
                        for program, size in _memory(home):
                            memory.setdefault(program, []).append(size)
                    for node in booted.nodes.values():
                        node.stop("immediate")
    return cold, warm, memory, left_out


@contextmanager
def _ground() -> Iterator[Path]:
    """A folder that the account of the engines can enter."""
    folder = Path(tempfile.mkdtemp(prefix="rdsops-bench-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _memory(home: LabHome) -> Iterator[tuple[str, float]]:
    pids: dict[str, list[int]] = {}
    for one in ours(Ledger(home.ledger_path).entries(), processes()):
        pids.setdefault(one.program, []).append(one.pid)
    for program, of in pids.items():
        size = pss_mib(of)
        if size is not None:
            yield program, size
