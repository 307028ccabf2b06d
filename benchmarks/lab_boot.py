"""How long the engines of a lab take to be ready, cold (no template) and warm, and what memory they hold idle.

Run: python -m benchmarks.lab_boot [ROUNDS]. Linux only for the memory (PSS, from /proc).

Each round has a place of its own and nothing is deleted before the end: ext4 does not reuse an inode for minutes after
its file was deleted and searches past it for every new file, so that a loop of boot and delete measures mostly that.
RDSOPS_LAB_HOME on a tmpfs is not troubled by it.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median

from rdsops.lab.engines.boot import boot, find_engines
from rdsops.lab.engines.spec import EngineSpec
from rdsops.lab.home import LabHome
from rdsops.lab.processes import Ledger, ours, processes

WRITER = EngineSpec(
    id="orders-1",
    flavour="postgres",
    master_user="orders_admin",
    database="orders",
    extensions=("pg_stat_statements",),
    aurora=True,
)
CLUSTER = (WRITER, *(replace(WRITER, id=f"orders-{n}", follows="orders-1") for n in (2, 3)))
SHOP = replace(WRITER, id="shop", aurora=False, master_user="shop_admin", database="shop")
DESK = EngineSpec(id="crm-1", flavour="mariadb", master_user="admin", database="crm")
PAIR = (DESK, replace(DESK, id="crm-2", follows="crm-1"))

LABS = {
    "PostgreSQL writer and 2 readers": CLUSTER,
    "the same and a MariaDB pair": (*CLUSTER, *PAIR),
    "the demo fleet (and one more PostgreSQL)": (*CLUSTER, SHOP, *PAIR),
}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"{os.cpu_count()} CPUs, {rounds} warm rounds; load average at the start {os.getloadavg()[0]:.1f}")
    for name, specs in LABS.items():
        folder = Path(tempfile.mkdtemp(prefix="rdsops-bench-"))
        folder.chmod(0o711)
        try:
            seconds, mib, left_out = [], {}, []
            for number in range(rounds + 1):
                home = LabHome(folder / f"lab-{number}", folder / "cache")
                chains = find_engines(os.environ, home)
                with home.lock():
                    booted = boot(specs, home, os.environ, chains)
                    seconds.append(booted.seconds)
                    mib = _pss_mib(home)
                    left_out = [one.spec.id for one in booted.left_out]
                    for node in booted.nodes.values():
                        node.stop("immediate")
            told = ", ".join(f"{program} {size:.0f} MiB" for program, size in sorted(mib.items()))
            warm = seconds[1:]
            print(
                f"{name}: cold {seconds[0]:.2f} s, warm {median(warm):.2f} s ({min(warm):.2f}-{max(warm):.2f});"
                f" PSS {told}" + (f"; left out {left_out}" if left_out else "")
            )
        finally:
            shutil.rmtree(folder)


def _pss_mib(home: LabHome) -> dict[str, float]:
    """By program, of all processes of the lab."""
    sums: dict[str, float] = {}
    for one in ours(Ledger(home.ledger_path).entries(), processes()):
        rollup = Path(f"/proc/{one.pid}/smaps_rollup")
        if rollup.exists():
            kib = next(int(line.split()[1]) for line in rollup.read_text().splitlines() if line.startswith("Pss:"))
            sums[one.program] = sums.get(one.program, 0.0) + kib / 1024
    return sums


if __name__ == "__main__":
    main()
