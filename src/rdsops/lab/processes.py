"""The ledger of processes that a lab started, and their end. It ends nothing that it cannot prove to be ours."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

from rdsops.core.errors import OperationFailed
from rdsops.lab.home import LabHome


@dataclass(frozen=True, slots=True)
class Process:
    """One process of this machine. started: a word that no second process of the same pid shares."""

    pid: int
    parent: int
    started: str
    command: str

    @property
    def program(self) -> str:
        """Base name of the program, or of the title that a server gave itself ("postgres")."""
        first = self.command.split(" ", 1)[0].removesuffix(":")
        return first.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger: written once before the start (pid 0) and once after it.

    mark: a word of the command line that only this lab uses, the data directory as a rule.
    title: how children that outlive their server call themselves ("postgres: CLUSTER_NAME:"); "" when they do not.
    """

    what: str
    program: str
    mark: str
    title: str = ""
    pid: int = 0
    started: str = ""


class Ledger:
    """The file, one JSON line an entry, written out before the process it speaks of may exist.

    It is not synced to the disk: what it must outlive is this process, and the machine's end is the engines' end too.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()

    def starting(self, entry: Entry) -> None:
        self._write(entry)

    def started(self, entry: Entry, pid: int) -> None:
        """Complete an entry. A process that is gone already needs no line."""
        found = process(pid)
        if found is not None:
            self._write(Entry(entry.what, entry.program, entry.mark, entry.title, pid, found.started))

    def entries(self) -> tuple[Entry, ...]:
        """All entries; a line torn by a crash is dropped (its process was not started yet, or has its first line)."""
        try:
            lines = self.path.read_text().splitlines()
        except FileNotFoundError:
            return ()
        entries = []
        for line in lines:
            try:
                entries.append(Entry(**json.loads(line)))
            except (ValueError, TypeError):
                continue
        return tuple(entries)

    def _write(self, entry: Entry) -> None:
        line = json.dumps(asdict(entry)) + "\n"
        with self._lock, self.path.open("a") as file:
            file.write(line)


def ours(entries: Iterable[Entry], table: Iterable[Process]) -> tuple[Process, ...]:
    """Those processes of `table` that the ledger's entries started, with their descendants.

    By pid where it was recorded: the start must agree too. Else (killed between the two lines, or a server's child
    that outlived it) by the program and a mark that no other lab and no other program's command line holds.
    """
    table = tuple(table)
    entries = tuple(entries)
    found = {one.pid for one in table if one.pid != os.getpid() and any(_is_of(one, entry) for entry in entries)}
    grew = True
    while grew:
        children = {one.pid for one in table if one.parent in found} - found
        found |= children
        grew = bool(children)
    return tuple(one for one in table if one.pid in found)


def end(entries: Iterable[Entry], *, politely: bool = True, within_s: float = 5.0) -> tuple[Process, ...]:
    """End the processes of these entries, and say which ended. Frozen ones too.

    politely: PostgreSQL gets SIGQUIT (it then frees its shared memory), the rest SIGTERM; what is left gets SIGKILL.
    Raises OperationFailed when one survives even that.
    """
    entries = tuple(entries)
    first = ours(entries, processes())
    if not first:
        return ()
    if politely:
        roots = {one.pid for one in first}
        for one in first:
            if one.parent not in roots or one.program != "postgres":
                _signal(one, signal.SIGQUIT if one.program == "postgres" else signal.SIGTERM)
            _signal(one, signal.SIGCONT)
        if _gone(first, within_s):
            return first
    for one in _alive(first):
        _signal(one, signal.SIGKILL)
    late = ours(entries, processes())
    for one in late:
        _signal(one, signal.SIGKILL)
    if not _gone((*first, *late), within_s):
        left = ", ".join(f"{one.pid} ({one.program})" for one in _alive((*first, *late)))
        raise OperationFailed(f"processes survived SIGKILL: {left}", hint="they hang in the kernel; see dmesg")
    return first


def processes() -> tuple[Process, ...]:
    """All processes of this machine that still run (zombies do not)."""
    return _from_proc() if _has_proc() else from_ps()


def process(pid: int) -> Process | None:
    """The process with that id; None when there is none (any more)."""
    if _has_proc():
        return _read_proc(Path(f"/proc/{pid}"))
    return next((one for one in from_ps() if one.pid == pid), None)


def wait_until(true: Callable[[], bool], *, within_s: float, every_s: float = 0.01) -> bool:
    """Whether it became true in time."""
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_s)
    return True


def from_ps() -> tuple[Process, ...]:
    """The process table as POSIX's ps tells it; the start to the second."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,lstart=,command="],
        capture_output=True,
        text=True,
        errors="replace",
        check=True,
        env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.environ.get("PATH", "/bin:/usr/bin")},
    )
    found = []
    for line in listed.stdout.splitlines():
        pid, parent, state, *rest = line.split(None, 8)
        if len(rest) == 6 and not state.startswith("Z"):
            found.append(Process(int(pid), int(parent), " ".join(rest[:5]), rest[5].rstrip()))
    return tuple(found)


def _has_proc() -> bool:
    return Path("/proc/self/stat").exists()


def _from_proc() -> tuple[Process, ...]:
    read = (_read_proc(one) for one in Path("/proc").iterdir() if one.name.isdigit())
    return tuple(one for one in read if one is not None)


def _read_proc(folder: Path) -> Process | None:
    try:
        state, parent, started = _stat_fields((folder / "stat").read_text(errors="replace"))
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if state in ("Z", "X"):
        return None
    return Process(int(folder.name), parent, started, command)


def _stat_fields(text: str) -> tuple[str, int, str]:
    """state, parent and start (clock ticks since boot) of /proc/PID/stat; the name before them may hold anything.

    >>> _stat_fields("42 (a ) b) S 7 " + " ".join(str(n) for n in range(5, 30)))
    ('S', 7, '22')
    """
    fields = text.rsplit(")", 1)[1].split()
    return fields[0], int(fields[1]), fields[19]


def _is_of(one: Process, entry: Entry) -> bool:
    if entry.pid:
        return one.pid == entry.pid and one.started == entry.started and _holds(one, entry)
    return _holds(one, entry)


def _holds(one: Process, entry: Entry) -> bool:
    if entry.title and one.command.startswith(entry.title):
        return True
    return one.program == entry.program and bool(re.search(rf"(^|[ =]){re.escape(entry.mark)}($| )", one.command))


def _alive(those: Iterable[Process]) -> tuple[Process, ...]:
    alive = []
    for one in those:
        now = process(one.pid)
        if now is not None and now.started == one.started:
            alive.append(one)
    return tuple(alive)


def _gone(those: Iterable[Process], within_s: float) -> bool:
    those = tuple(those)
    return wait_until(lambda: not _alive(those), within_s=within_s)


def _signal(one: Process, number: signal.Signals) -> None:
    """Send, unless the process is gone by now."""
    now = process(one.pid)
    if now is None or now.started != one.started:
        return
    try:
        os.kill(one.pid, number)
    except ProcessLookupError:
        return


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What `clean` did. ended: what each ended process was; freed_bytes: what its files took on disk."""

    ended: tuple[str, ...]
    freed_bytes: int


def clean(home: LabHome) -> Cleaned:
    """End what a lab that died left running in this home, and free its disk. Nothing left: nothing done.

    Safe to repeat, and safe beside a starting lab: it takes the lab's lock first. Raises LabBusy when the lab is up.
    """
    if not home.path.exists():
        return Cleaned((), 0)
    with home.lock():
        return clean_held(home)


def clean_held(home: LabHome) -> Cleaned:
    """`clean`, for the process that holds the lab's lock already."""
    entries = Ledger(home.ledger_path).entries()
    ended = end(entries)
    _free_shared_memory({one.pid for one in ended} | {entry.pid for entry in entries if entry.program == "postgres"})
    freed = _disk_bytes(home.engines_dir)
    shutil.rmtree(home.engines_dir, ignore_errors=True)
    if home.engines_dir.exists():  # a dying server may have written while the tree was walked
        shutil.rmtree(home.engines_dir)
    home.ledger_path.unlink(missing_ok=True)
    return Cleaned(tuple(f"{one.program} {one.pid}" for one in ended), freed)


def _free_shared_memory(makers: set[int]) -> None:
    """Remove what PostgreSQL servers of these ids left when they were killed: a System V segment of 56 bytes each.

    Linux only: elsewhere nothing tells who made a segment, and some bytes stay until the machine restarts.
    """
    table = Path("/proc/sysvipc/shm")
    if not table.exists():
        return
    for row in (line.split() for line in table.read_text().splitlines()[1:]):
        made_by, attached, size = int(row[4]), row[6], row[3]
        if made_by in makers and attached == "0" and size == "56":
            subprocess.run(["ipcrm", "-m", row[1]], capture_output=True, check=False)


def _disk_bytes(folder: Path) -> int:
    """Bytes on disk below a folder; a file that vanishes meanwhile counts nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += Path(parent, name).lstat().st_blocks * 512
    return total
