"""Bringing a lab up and taking it down, from outside: the keeper is a process of its own (see keeper)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from rdsops.core.errors import OperationFailed
from rdsops.lab.home import LabHome
from rdsops.lab.processes import clean, process, wait_until
from rdsops.lab.standing import Phase, Standing, read_standing, remove_standing

KEEPER_LOG = "keeper.log"
UP_WITHIN_S = 180.0
DOWN_WITHIN_S = 30.0


def up(home: LabHome, told: Callable[[str], None], *, within_s: float = UP_WITHIN_S) -> tuple[Standing, bool]:
    """A ready lab in this home: the one that runs already (False), or a new one (True).

    What a killed lab left behind is cleaned first. Raises OperationFailed with the keeper's last lines.
    """
    if home.holder() is not None:
        return _ready(home, None, within_s), False
    left = clean(home)
    if left.ended:
        told(f"cleaned up after a lab that was killed: ended {', '.join(left.ended)}")
    remove_standing(home)
    home.prepare()
    with (home.path / KEEPER_LOG).open("wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "rdsops.lab.keeper", str(home.path), str(home.cache)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return _ready(home, keeper, within_s), True


def down(home: LabHome) -> bool:
    """End the lab of this home and free all that it took; False when there was nothing.

    A keeper that does not end in time is killed, and its engines are ended in its place.
    """
    there = home.path.exists()
    keeper = home.holder()
    if keeper is not None:
        _end(keeper)
        if not wait_until(lambda: home.holder() is None, within_s=DOWN_WITHIN_S, every_s=0.05):
            os.kill(keeper, signal.SIGKILL)
        wait_until(lambda: process(keeper) is None, within_s=5, every_s=0.02)
    clean(home)
    if there:
        shutil.rmtree(home.path, ignore_errors=True)
    return there


def _ready(home: LabHome, keeper: subprocess.Popen[bytes] | None, within_s: float) -> Standing:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        standing = read_standing(home)
        if standing is not None and standing.phase is Phase.READY and home.holder() is not None:
            return standing
        if standing is not None and standing.phase is Phase.FAILED:
            raise OperationFailed(f"the lab did not start: {standing.failure}", hint=f"see {home.path / KEEPER_LOG}")
        if keeper is not None and keeper.poll() is not None:
            raise OperationFailed(f"the lab's keeper ended: {_last_line(home)}", hint=f"see {home.path / KEEPER_LOG}")
        if keeper is None and home.holder() is None:
            raise OperationFailed("the lab was taken down meanwhile", hint="rdsops lab up")
        time.sleep(0.05)
    raise OperationFailed(f"the lab was not ready within {within_s:.0f} s", hint=f"see {home.path / KEEPER_LOG}")


def _end(keeper: int) -> None:
    if process(keeper) is not None:
        os.kill(keeper, signal.SIGTERM)


def _last_line(home: LabHome) -> str:
    try:
        lines = (home.path / KEEPER_LOG).read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return "it left no log"
    return next((line for line in reversed(lines) if line.strip()), "it said nothing")
