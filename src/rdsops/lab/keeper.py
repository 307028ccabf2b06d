"""The process that keeps a lab: holds its home, starts it, says so, and ends it when told.

    python -m rdsops.lab.keeper HOME CACHE

Killed without warning, it leaves engines behind; the ledger names them, and the next `lab up` or `down` ends them.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from rdsops.core.errors import RdsopsError
from rdsops.lab.assembly import GENERATED, DemoLab, regions
from rdsops.lab.clients import keep_password
from rdsops.lab.demo.ground import MAIN
from rdsops.lab.home import LabHome
from rdsops.lab.processes import clean_held, process
from rdsops.lab.standing import Phase, Standing, remove_standing, write_standing


def keep(home: LabHome) -> int:
    """Run a lab until SIGTERM or SIGINT. Raises LabBusy when another keeper holds this home."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with home.lock():
        clean_held(home)
        me = process(os.getpid())
        standing = Standing(
            phase=Phase.STARTING, pid=os.getpid(), started=me.started if me else "", since=datetime.now(UTC)
        )
        write_standing(home, standing)
        try:
            lab = DemoLab(home, os.environ)
            lab.start()
        except Exception as error:  # noqa: BLE001 - whatever it was, whoever waits for the lab must be told
            traceback.print_exc()
            told = str(error.args[0]) if isinstance(error, RdsopsError) else f"{type(error).__name__}: {error}"
            write_standing(home, msgspec.structs.replace(standing, phase=Phase.FAILED, failure=told))
            return 1
        try:
            write_standing(home, _ready(standing, lab, home))
            stop.wait()
        finally:
            lab.stop()
            remove_standing(home)
    return 0


def _ready(standing: Standing, lab: DemoLab, home: LabHome) -> Standing:
    assert lab.booted is not None
    for running in lab.booted.running:
        keep_password(home, running.spec.id, running.password)
    return msgspec.structs.replace(
        standing,
        phase=Phase.READY,
        since=datetime.now(UTC),
        url=lab.endpoint.url,
        token=lab.endpoint.control_token,
        account=MAIN.account,
        region=MAIN.region,
        regions=regions(),
        roles=(lab.role.arn,),
        engines=lab.engines(),
        providers=lab.providers(),
        passed_over=lab.passed_over(),
        left_out=lab.left_out(),
        metadata_only=lab.metadata_only(),
        load_since=lab.load_since,
        shortcuts=lab.booted.shortcuts,
        generated_history=GENERATED,
        seconds=lab.seconds,
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    sys.exit(keep(LabHome(path=Path(sys.argv[1]), cache=Path(sys.argv[2]))))
