"""Ends the engines of a test run whose pytest was killed: waits for the end of its standard input, then cleans a home.

Run as `python watchdog.py STATE_DIR CACHE_DIR`; the directory above STATE_DIR goes too. pytest holds the other
end of the pipe, and the kernel closes it.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from rdsops.lab.home import LabHome
from rdsops.lab.processes import clean, wait_until


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    home = LabHome(path=Path(sys.argv[1]), cache=Path(sys.argv[2]))
    while os.read(0, 1):
        pass
    wait_until(lambda: home.holder() is None, within_s=10)
    clean(home)
    shutil.rmtree(home.path.parent, ignore_errors=True)


if __name__ == "__main__":
    main()
