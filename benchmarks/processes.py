"""Whole processes under a watch: wall, CPU and peak memory of a command, and what a set of processes holds."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAUNCHER = Path(__file__).with_name("launcher.py")
RDSOPS = (str(Path(sys.executable).with_name("rdsops")),)
"""The installed command, as a person starts it."""


@dataclass(frozen=True, slots=True)
class Ran:
    """cpu_s: user and system, of the process and of the children it waited for. rss_mib: its peak."""

    code: int
    wall_s: float
    cpu_s: float
    rss_mib: float
    out: str
    err: str


def ran(
    command: Sequence[str],
    folder: Path,
    environ: Mapping[str, str] | None = None,
    codes: Iterable[int] = (0,),
    *,
    inside: Path | None = None,
) -> Ran:
    """Run a command to its end. folder: for its output. inside: where it runs, in `folder` when not given.

    Raises RuntimeError when its exit code is none of `codes`.
    """
    out, err, answer = folder / "out", folder / "err", folder / "used"
    launched = (sys.executable, "-S", "-E", str(LAUNCHER), str(answer), *command)
    with out.open("wb") as to_out, err.open("wb") as to_err:
        subprocess.run(launched, stdout=to_out, stderr=to_err, env=environ, cwd=inside or folder, check=True)
    used = json.loads(answer.read_bytes())
    done = Ran(**used, out=out.read_text(errors="replace"), err=err.read_text(errors="replace"))
    if done.code not in tuple(codes):
        raise RuntimeError(f"{' '.join(command)} ended with {done.code}: {done.err[-800:]}")
    return done


@contextmanager
def pinned(cores: int) -> Iterator[int]:
    """Keep this thread and what it starts on the first `cores` CPUs it may use; says on how many it is.

    Where the system has no such thing (macOS), all of them.
    """
    if sys.platform != "linux":
        yield os.cpu_count() or 1
        return
    before = os.sched_getaffinity(0)
    chosen = set(sorted(before)[:cores])
    os.sched_setaffinity(0, chosen)
    try:
        yield len(chosen)
    finally:
        os.sched_setaffinity(0, before)


def usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def pss_mib(pids: Iterable[int]) -> float | None:
    """Memory of processes, shared pages counted once between them. None where the system does not tell (not Linux)."""
    sums = [size for pid in pids if (size := _pss_kib(pid)) is not None]
    return sum(sums) / 1024 if sums else None


def _pss_kib(pid: int) -> int | None:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def cpu_s(pids: Iterable[int]) -> float | None:
    """User and system time of living processes and of dead children that they waited for. None when not on Linux."""
    ticks = [used for pid in pids if (used := _ticks(pid)) is not None]
    return sum(ticks) / os.sysconf("SC_CLK_TCK") if ticks else None


def _ticks(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # utime, stime, cutime and cstime are fields 14 to 17; the program's name, field 2, may hold blanks.
    return sum(int(field) for field in stat.rpartition(")")[2].split()[11:15])


def wait_for_quiet(within_s: float) -> None:
    """Wait until others use less than a quarter of the cores, or until the time is up: whoever reads sees the load."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline and os.getloadavg()[0] > usable_cores() / 4:
        time.sleep(5)


def machine() -> str:
    """Where it was measured: cores, processor, memory, system, Python, and how busy it was."""
    load = os.getloadavg()[0]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**3
    return (
        f"{usable_cores()} cores ({_processor()}), {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}; load average at the start {load:.1f}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
