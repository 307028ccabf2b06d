"""How long `rdsops lab up` takes to a ready demo fleet, what it holds, and what `lab down` takes and leaves."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure, Report, Table
from benchmarks.processes import RDSOPS, cpu_s, pinned, pss_mib, ran, usable_cores
from rdsops.lab.processes import Process, processes

CORES = 2
COLD_BELOW = 10.0


@dataclass(frozen=True, slots=True)
class Stood:
    """One lab, from up to down. parts: seconds of its start by part, as it tells. memory: MiB by program.

    up_cpu_s: CPU of the command and of every process of the lab until it was ready; 0 where that is not known.
    """

    up_s: float
    up_cpu_s: float
    down_s: float
    parts: dict[str, float]
    memory: dict[str, float]
    left: int


def run(rounds: int = 3) -> Report:
    with pinned(CORES) as cores:
        cold, warm = _rounds(rounds)
    free_cold, free_warm = _rounds(rounds)
    figures = [
        Figure(f"lab up to ready, cold, {cores} cores", tuple(one.up_s for one in cold), "s", COLD_BELOW),
        Figure(f"lab up to ready, warm, {cores} cores", tuple(one.up_s for one in warm), "s"),
        Figure(f"lab up to ready, cold, {usable_cores()} cores", tuple(one.up_s for one in free_cold), "s"),
        Figure(f"lab up to ready, warm, {usable_cores()} cores", tuple(one.up_s for one in free_warm), "s"),
        Figure("lab up, CPU of all its processes, cold", tuple(one.up_cpu_s for one in (*cold, *free_cold)), "s"),
        Figure("lab up, CPU of all its processes, warm", tuple(one.up_cpu_s for one in (*warm, *free_warm)), "s"),
        Figure("lab down", tuple(one.down_s for one in (*cold, *warm, *free_cold, *free_warm)), "s"),
        Figure("processes left afterwards", tuple(one.left for one in (*cold, *warm, *free_cold, *free_warm)), "", 1),
    ]
    programs = sorted({program for one in warm for program in one.memory})
    figures += [
        Figure(f"PSS of {program}", tuple(one.memory.get(program, 0.0) for one in warm), "MiB") for program in programs
    ]
    if programs:
        figures.append(Figure("PSS of the whole lab", tuple(sum(one.memory.values()) for one in warm), "MiB"))
    return Report(
        "The lab",
        "`rdsops lab up`, whole process until it says ready: engines, planted faults, 14 days of history, endpoint. "
        "Cold: with an empty cache, so that engines are copied and templates made; warm: again with that cache.",
        tuple(figures),
        (_parts(cold, warm, cores),),
        ("PSS (shared pages counted once) of every process of the lab right after it is ready, under running load.",),
    )


def _rounds(rounds: int) -> tuple[list[Stood], list[Stood]]:
    """A cold and a warm lab in each round, in places of their own, so that no other lab is disturbed."""
    cold, warm = [], []
    with _ground() as folder:
        for number in range(rounds):
            cache = folder / f"cache-{number}"
            cold.append(_stood(folder, folder / f"cold-{number}", cache))
            warm.append(_stood(folder, folder / f"warm-{number}", cache))
    return cold, warm


def _stood(folder: Path, home: Path, cache: Path) -> Stood:
    environ = {**os.environ, "RDSOPS_LAB_HOME": str(home), "RDSOPS_LAB_CACHE": str(cache)}
    try:
        up = ran((*RDSOPS, "lab", "up", "--format", "json"), folder, environ)
        used = cpu_s(one.pid for one in _of(home)) or 0.0
        memory = _memory(_of(home))
    finally:
        down = ran((*RDSOPS, "lab", "down"), folder, environ)
    return Stood(up.wall_s, up.cpu_s + used, down.wall_s, json.loads(up.out)["seconds"], memory, len(_of(home)))


def _of(home: Path) -> list[Process]:
    """Every process of a lab: those whose command line names its home (the keeper, the servers), and their children."""
    table = processes()
    found = {one.pid for one in table if str(home) in one.command and one.pid != os.getpid()}
    grew = True
    while grew:
        children = {one.pid for one in table if one.parent in found} - found
        found |= children
        grew = bool(children)
    return [one for one in table if one.pid in found]


def _memory(of: list[Process]) -> dict[str, float]:
    programs = sorted({one.program for one in of})
    sizes = {program: pss_mib(one.pid for one in of if one.program == program) for program in programs}
    return {_called(program): size for program, size in sizes.items() if size is not None}


def _called(program: str) -> str:
    return "the keeper (endpoint, metrics, load)" if program.startswith("python") else program


def _parts(cold: list[Stood], warm: list[Stood], cores: int) -> Table:
    """Where the time goes, in the last round of each; parts overlap."""
    names = [name for name in cold[-1].parts if name != "total"]
    rows = tuple((name, f"{cold[-1].parts[name]:.2f}", f"{warm[-1].parts.get(name, 0.0):.2f}") for name in names)
    return Table((f"seconds by part (last round, {cores} cores; engines and moto side by side)", "cold", "warm"), rows)


@contextmanager
def _ground() -> Iterator[Path]:
    """A folder that the account of the engines can enter; everything in it goes at the end (see engines)."""
    folder = Path(tempfile.mkdtemp(prefix="rdsops-bench-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
