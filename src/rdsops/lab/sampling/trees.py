"""What a server's process tree uses: CPU time, memory, swap, disk bytes; from /proc, or from ps where there is none."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class DiskBytes:
    """Bytes that really went from and to a disk, by process."""

    read: Mapping[int, int]
    written: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Usage:
    """cpu_s counts up, the ended children's time included where the system tells it. None: the system does not say."""

    cpu_s: float
    memory_bytes: int
    swap_bytes: int | None
    disk: DiskBytes | None


def usage(root: int) -> Usage | None:
    """The tree below a process and itself; None when it is gone."""
    return _from_proc(root) if (PROC / "self" / "stat").exists() else _from_ps(root)


def disk_growth(before: Mapping[int, int], after: Mapping[int, int]) -> int:
    """Bytes between two looks; a process that ended in between takes its last bytes with it.

    >>> disk_growth({1: 100}, {1: 150, 2: 30})
    80
    """
    return sum(max(0, amount - before.get(pid, 0)) for pid, amount in after.items())


def folder_bytes(folder: Path) -> int | None:
    """What the files below a folder occupy; None when it may not be read."""
    total = 0
    open_folders = [folder]
    while open_folders:
        try:
            with os.scandir(open_folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        open_folders.append(Path(entry.path))
                    elif (size := _size(entry)) is not None:
                        total += size
        except FileNotFoundError:
            continue
        except PermissionError:
            return None
    return total


def _size(entry: os.DirEntry[str]) -> int | None:
    """Files of a running server come and go under the reader."""
    try:
        return entry.stat(follow_symlinks=False).st_blocks * 512
    except FileNotFoundError:
        return None


def _from_proc(root: int) -> Usage | None:
    ticks = os.sysconf("SC_CLK_TCK")
    cpu = 0.0
    private = shared = swap = 0
    read: dict[int, int] = {}
    written: dict[int, int] = {}
    seen = 0
    disk_told = True
    for pid in _tree(root):
        try:
            stat = (PROC / str(pid) / "stat").read_text()
            status = _fields((PROC / str(pid) / "status").read_text())
        except (FileNotFoundError, ProcessLookupError):
            continue
        seen += 1
        parts = stat.rpartition(")")[2].split()
        cpu += sum(int(one) for one in parts[11:15]) / ticks
        private += status.get("RssAnon", 0) + status.get("RssFile", 0)
        shared = max(shared, status.get("RssShmem", 0))
        swap += status.get("VmSwap", 0)
        try:
            io = _fields((PROC / str(pid) / "io").read_text(), scale=1)
        except (FileNotFoundError, ProcessLookupError):
            continue
        except PermissionError:
            disk_told = False
            continue
        read[pid], written[pid] = io["read_bytes"], io["write_bytes"]
    if not seen:
        return None
    return Usage(cpu, private + shared, swap, DiskBytes(read, written) if disk_told and read else None)


def _tree(root: int) -> list[int]:
    """A process and all below it, as the kernel lists its children."""
    found: list[int] = []
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        try:
            tasks = list((PROC / str(pid) / "task").iterdir())
            for task in tasks:
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _fields(text: str, scale: int = 1024) -> dict[str, int]:
    """The numbers of a "name: number [kB]" file, in bytes."""
    found: dict[str, int] = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        first = rest.split()[:1]
        if first and first[0].isdigit():
            found[name] = int(first[0]) * scale
    return found


def _from_ps(root: int) -> Usage | None:
    """macOS and others: no swap, no disk; the time of an ended child is lost."""
    listed = subprocess.run(
        ["ps", "-axo", "pid=,ppid=,rss=,time="], capture_output=True, text=True, check=True, timeout=10
    ).stdout
    return from_ps(listed, root)


def from_ps(listed: str, root: int) -> Usage | None:
    """The usage of a tree from the output of ps with pid, ppid, rss (KiB) and time.

    >>> from_ps("  1 0 100 0:01.50\\n 20 1 200 1:00:02\\n 30 20 50 0:00.50", 20)
    Usage(cpu_s=3602.5, memory_bytes=256000, swap_bytes=None, disk=None)
    """
    rows = {int(row[0]): row for line in listed.splitlines() if len(row := line.split()) == 4}
    if root not in rows:
        return None
    tree = {root}
    grown = True
    while grown:
        below = {pid for pid, row in rows.items() if int(row[1]) in tree} - tree
        grown = bool(below)
        tree |= below
    cpu = sum(_cpu_time(rows[pid][3]) for pid in tree)
    return Usage(cpu, sum(int(rows[pid][2]) for pid in tree) * 1024, None, None)


def _cpu_time(text: str) -> float:
    """[[days-]hours:]minutes:seconds, in seconds."""
    days, _, clock = text.rpartition("-")
    total = 0.0
    for part in clock.split(":"):
        total = total * 60 + float(part)
    return total + (int(days) * 86400 if days else 0)
