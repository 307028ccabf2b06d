"""The ground that engines of one lab stand on: its directories, its ledger, and the account they run as."""

from __future__ import annotations

import os
import pwd
import secrets
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypedDict

from rdsops.core.errors import OperationFailed, UsageError
from rdsops.lab.home import LabHome
from rdsops.lab.processes import Entry, Ledger


class EngineFailed(OperationFailed):
    """A server or one of its tools ended, refused or did not answer in time."""


class PortTaken(EngineFailed):
    """Somebody else got the port between our choice and the server's bind: try another."""


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged account under which root starts engines."""

    name: str
    uid: int
    gid: int


class _RunAs(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def engine_account(chosen: str | None = None) -> Account | None:
    """Whom engines run as: nobody special (None: ourselves) unless we are root, whom every engine refuses.

    chosen: RDSOPS_ENGINE_ACCOUNT. Raises UsageError when it, or every fallback, is missing from passwd, or is root.
    """
    if os.geteuid() != 0:
        return None
    for name in (chosen,) if chosen else ("rdsops", "nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise UsageError(
        f"no unprivileged account to run engines as ({chosen or 'rdsops, nobody, daemon'} not in passwd)",
        hint="engines refuse root; create one (useradd --system rdsops) or set RDSOPS_ENGINE_ACCOUNT",
    )


def run_as(account: Account | None) -> _RunAs:
    """Popen's arguments for running as that account, with none of our groups."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def bare_environment() -> dict[str, str]:
    """An environment without our credentials, PG* variables or locale: engines behave the same everywhere."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": "/", **kept}


class Ground:
    """Makes directories and starts processes for one lab; each start is in the ledger before it happens."""

    def __init__(self, home: LabHome, account: Account | None) -> None:
        self.home = home
        self.account = account
        self.ledger = Ledger(home.ledger_path)
        self._spawned: list[subprocess.Popen[bytes]] = []

    def make_dir(self, path: Path) -> Path:
        """A directory of the engine account's own, mode 0700."""
        path.mkdir(mode=0o700)
        self.give(path)
        return path

    def write(self, path: Path, text: str) -> Path:
        """A file that the engine account alone can read; it is never readable by others, not even while written."""
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        self.give(path)
        return path

    def give(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid)

    def copy_tree(self, source: Path, target: Path) -> None:
        """Copy a data directory with owners and modes, as ourselves; shares blocks where the file system can."""
        entry = Entry(what=f"copy of {source}", program="cp", mark=str(target))
        sharing = ["-cRp"] if sys.platform == "darwin" else ["-a", "--reflink=auto"]
        try:
            self.finish(["cp", *sharing, f"{source}/.", target], entry, cwd=target.parent, as_engine=False)
        except EngineFailed:  # busybox, or a volume without clones
            self.finish(["cp", "-Rp", f"{source}/.", target], entry, cwd=target.parent, as_engine=False)

    def spawn(self, argv: Sequence[str | Path], entry: Entry, log: IO[bytes], cwd: Path) -> subprocess.Popen[bytes]:
        """Start a server in a session of its own (Ctrl-C in the lab's terminal must not reach it)."""
        self.ledger.starting(entry)
        process = subprocess.Popen(
            [str(word) for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=bare_environment(),
            start_new_session=True,
            umask=0o077,
            **run_as(self.account),
        )
        self._spawned.append(process)
        self.ledger.started(entry, process.pid)
        return process

    def reap(self, within_s: float = 5) -> None:
        """Collect the servers that were ended by their ledger rather than by their node."""
        for process in self._spawned:
            process.wait(within_s)
        self._spawned.clear()

    def finish(
        self,
        argv: Sequence[str | Path],
        entry: Entry,
        *,
        cwd: Path,
        as_engine: bool = True,
        within_s: float = 60,
    ) -> str:
        """Run a tool (initdb, pg_basebackup) to its end and return what it printed. Raises EngineFailed.

        as_engine: as the engines' account, else as ourselves.
        """
        self.ledger.starting(entry)
        process = subprocess.Popen(
            [str(word) for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=bare_environment(),
            start_new_session=True,
            umask=0o077,
            text=True,
            errors="replace",
            **run_as(self.account if as_engine else None),
        )
        self.ledger.started(entry, process.pid)
        try:
            printed, _ = process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise EngineFailed(f"{entry.what}: no end after {within_s:.0f} s") from None
        if process.returncode:
            raise EngineFailed(f"{entry.what} failed with code {process.returncode}: {last_lines(printed)}")
        return printed


def free_port() -> int:
    """A loopback port that was free a moment ago. The bind that follows may still lose it: see PortTaken."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def new_password() -> str:
    """A password of 144 random bits, without characters that need quoting in SQL, conninfo or option files."""
    return secrets.token_urlsafe(18)


def new_token() -> str:
    """Eight characters that tell one start from all others: part of directory and process names."""
    return secrets.token_hex(4)


def last_lines(text: str, count: int = 6) -> str:
    """The end of a program's output, on one line."""
    return " | ".join(line.strip() for line in text.strip().splitlines()[-count:])
