"""python -m benchmarks [NAME...] [--write]: run all benchmarks, or some, and show their figures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from benchmarks import calls, codec, demo, engines, lab, review_speed, startup
from benchmarks.figures import Report, markdown
from benchmarks.page import PAGE, put
from benchmarks.processes import machine, wait_for_quiet

BENCHMARKS: dict[str, Callable[[], Report]] = {
    "calls": calls.run,
    "startup": startup.run,
    "codec": codec.run,
    "review_speed": review_speed.run,
    "engines": engines.run,
    "lab": lab.run,
    "demo": demo.run,
}


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What rdsops costs, in figures.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; none means all")
    parser.add_argument("--write", action="store_true", help=f"put the figures into {PAGE.name} of the docs")
    parser.add_argument("--strict", action="store_true", help="exit code 1 when a target was missed")
    parser.add_argument(
        "--patient", type=float, default=0.0, metavar="MINUTES", help="wait so long for a quiet machine before each"
    )
    asked = parser.parse_args(words)
    if unknown := sorted(set(asked.names) - set(BENCHMARKS)):
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    missed = []
    for name in asked.names or BENCHMARKS:
        wait_for_quiet(asked.patient * 60)
        where = f"{datetime.now(UTC):%Y-%m-%d}, {machine()}"
        report = BENCHMARKS[name]()
        print(f"\n## {report.title}\n\nMeasured {where}\n\n{markdown(report)}", flush=True)
        missed += [f"{name}: {figure.what}" for figure in report.missed()]
        if asked.write:
            put(PAGE, tuple(BENCHMARKS), name, where, report)
    if missed:
        print("\nTargets missed:\n" + "\n".join(f"- {what}" for what in missed), file=sys.stderr)
    return 1 if missed and asked.strict else 0


if __name__ == "__main__":
    sys.exit(main())
