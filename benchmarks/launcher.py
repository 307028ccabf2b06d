"""Starts one command and tells what it used: python -S launcher.py ANSWER COMMAND...

Why not from the benchmark itself: Linux counts the memory of whoever forks as the peak of the forked (ru_maxrss lives
through exec), so that a benchmark that once held 800 MiB would report them of everything that it starts. This process
is small, and it imports nothing of ours.
"""

import json
import os
import subprocess
import sys
import time


def main() -> None:
    answer, *command = sys.argv[1:]
    began = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    wall_s = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    told = {
        "code": child.returncode,
        "wall_s": wall_s,
        "cpu_s": used.ru_utime + used.ru_stime,
        "rss_mib": used.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2),
    }
    with open(answer, "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib would double this process's size
        json.dump(told, file)


if __name__ == "__main__":
    main()
