"""How long `rdsops demo` takes from the prompt to the prompt, on two cores."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from benchmarks.figures import Figure, Report
from benchmarks.processes import RDSOPS, Ran, pinned, ran

CORES = 2
BELOW = 60.0


def run(rounds: int = 2) -> Report:
    with pinned(CORES) as cores, tempfile.TemporaryDirectory(prefix="rdsops-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        done = [_demo(folder, folder / f"lab-{number}", folder / f"cache-{number}") for number in range(rounds)]
    return Report(
        "The demo",
        "`rdsops demo`, whole process: lab up with an empty cache, survey of two accounts and two regions with SQL, "
        f"review, HTML report, lab down. Pinned to {cores} cores.",
        (
            Figure("rdsops demo, wall", tuple(one.wall_s for one in done), "s", BELOW),
            Figure("rdsops demo, its own CPU (without lab and engines)", tuple(one.cpu_s for one in done), "s"),
            Figure("rdsops demo, peak RSS", tuple(one.rss_mib for one in done), "MiB"),
        ),
    )


def _demo(folder: Path, home: Path, cache: Path) -> Ran:
    environ = {**os.environ, "RDSOPS_LAB_HOME": str(home), "RDSOPS_LAB_CACHE": str(cache)}
    return ran((*RDSOPS, "demo", "-o", str(folder / "report.html")), folder, environ)
