"""Where a lab lives on disk: its state, its cache and its lock. It starts and ends no process (see processes)."""

from __future__ import annotations

import fcntl
import os
import re
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rdsops.core.errors import OperationFailed, UsageError

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class LabBusy(OperationFailed):
    """Another process holds the lock of this lab's home: it is up, or being brought up."""


@dataclass(frozen=True, slots=True)
class LabHome:
    """One lab. path: its state (engines, ledger, lock); cache: templates and copied programs, shared by all labs."""

    path: Path
    cache: Path

    @property
    def ledger_path(self) -> Path:
        return self.path / "ledger.jsonl"

    @property
    def engines_dir(self) -> Path:
        return self.path / "engines"

    def prepare(self) -> None:
        """Make the directories; under root they can be traversed, not listed, by the account that engines run as.

        Raises UsageError when that account could not reach them.
        """
        mode = 0o711 if os.geteuid() == 0 else 0o700
        for folder in (self.cache, self.path, self.engines_dir):
            folder.mkdir(mode=mode, parents=True, exist_ok=True)
            if folder.stat().st_uid == os.geteuid():
                folder.chmod(mode)
        if os.geteuid() == 0:
            for folder in (self.cache, self.engines_dir):
                _refuse_closed(folder)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold this lab: for the life of the process that keeps it, or while cleaning. Raises LabBusy.

        The lock is the kernel's (flock), so it falls with its holder, kill -9 included, and engines do not inherit it.
        """
        self.prepare()
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not self._take(descriptor):
                raise LabBusy(
                    f"the lab in {self.path} is held by process {self.holder() or '(starting)'}",
                    hint="stop it with `rdsops lab down`, or start another with --name",
                )
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            yield
            os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int, within_s: float = 2.0) -> bool:
        """Whether the lock is ours now.

        A child that its killed holder had forked, and that has not become another program yet, holds it a moment on.
        """
        deadline = time.monotonic() + within_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = self.holder()
                if (holder is not None and _runs(holder)) or time.monotonic() > deadline:
                    return False
                time.sleep(0.02)
            else:
                return True

    def holder(self) -> int | None:
        """Process id of whoever holds the lock now; None when nobody does."""
        try:
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            written = os.pread(descriptor, 32, 0)
            return int(written) if written else None
        else:
            return None
        finally:
            os.close(descriptor)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def lab_home(environ: Mapping[str, str], name: str = "default") -> LabHome:
    """The home of the lab of that name. RDSOPS_LAB_HOME and RDSOPS_LAB_CACHE say where; else XDG's places.

    For root: /var/lib and /var/cache, since the account that engines run as cannot enter root's home.
    Raises UsageError for a name that is not lower-case letters, digits and hyphens.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"'{name}' cannot name a lab", hint="up to 32 lower-case letters, digits and hyphens")
    return LabHome(path=_state_root(environ) / name, cache=_cache_root(environ))


def lab_names(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the labs that have a home, sorted: running, or left behind."""
    root = _state_root(environ)
    if not root.is_dir():
        return ()
    return tuple(sorted(one.name for one in root.iterdir() if _NAME.fullmatch(one.name) and (one / "lock").exists()))


def _state_root(environ: Mapping[str, str]) -> Path:
    if chosen := environ.get("RDSOPS_LAB_HOME"):
        return Path(chosen).absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/rdsops/lab")
    base = environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "rdsops" / "lab"


def _cache_root(environ: Mapping[str, str]) -> Path:
    if chosen := environ.get("RDSOPS_LAB_CACHE"):
        return Path(chosen).absolute()
    if os.geteuid() == 0:
        return Path("/var/cache/rdsops/lab")
    if base := environ.get("XDG_CACHE_HOME"):
        return Path(base) / "rdsops" / "lab"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "rdsops" / "lab"
    return Path.home() / ".cache" / "rdsops" / "lab"


def _refuse_closed(folder: Path) -> None:
    """Raise UsageError when a parent of `folder` keeps other accounts out."""
    for one in (folder, *folder.parents):
        if not one.stat().st_mode & stat.S_IXOTH:
            raise UsageError(
                f"{one} is closed to the unprivileged account that engines run as under root",
                hint="set RDSOPS_LAB_HOME and RDSOPS_LAB_CACHE to places that every account can enter",
            )
