"""Takes the lab of argv down once whoever started this process is gone, however it went."""

import sys
from pathlib import Path

from rdsops.lab.home import LabHome
from rdsops.lab.keeping import down

if __name__ == "__main__":
    sys.stdin.buffer.read()
    down(LabHome(path=Path(sys.argv[1]), cache=Path(sys.argv[2])))
