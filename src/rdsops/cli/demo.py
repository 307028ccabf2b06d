"""`rdsops demo`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rdsops.lab.standing import Standing

NAME = "demo"
LOAD_S = 33
"""For how long the fleet works before it is looked at: a transaction that idles for 30 s is a finding."""


def run(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="rdsops demo",
        description="Start a fleet of real databases in a lab, review it, and write the report. Needs no AWS account.",
        epilog="Exit code 0 when the review ran; its findings are the demonstration, not a failure.",
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("rdsops-report.html"), metavar="FILE")
    parser.add_argument("--keep", action="store_true", help="leave the lab up afterwards")
    parser.add_argument("--no-wait", action="store_true", help=f"review at once, not after {LOAD_S} s of load")
    asked = parser.parse_args(words)
    from rdsops.advise.finding import Severity
    from rdsops.app.review import review_fleet, selected_rules
    from rdsops.app.survey import SurveyOptions, take_survey
    from rdsops.cli.asking import Progress
    from rdsops.cli.lab import environment
    from rdsops.cli.review import rendered
    from rdsops.lab.home import lab_home
    from rdsops.lab.keeping import down, up

    home = lab_home(os.environ, NAME)
    began = time.monotonic()
    print("starting a lab: real PostgreSQL and MariaDB engines on loopback …", file=sys.stderr)
    try:
        standing, _ = up(home, lambda line: print(line, file=sys.stderr))
        ready = time.monotonic()
        for absent in standing.left_out:
            print(f"left out {absent.id}: {absent.reason}; {absent.install}", file=sys.stderr)
        print(f"{len(standing.engines)} engines ready in {ready - began:.1f} s", file=sys.stderr)
        if not asked.no_wait:
            _let_it_work(standing)
        reviewed = time.monotonic()
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "RDSOPS_DB_USER", "RDSOPS_DB_PASSWORD"):
            os.environ.pop(name, None)
        os.environ.update(environment(standing))
        progress = Progress(quiet=False)
        options = SurveyOptions(regions=standing.regions, roles=standing.roles)
        fleet = take_survey(options, datetime.now(UTC), os.environ, progress)
        progress.done(f"{sum(call.count for call in fleet.calls)} API calls in {time.monotonic() - reviewed:.1f} s")
        from rdsops.app.config import Config

        result = review_fleet(fleet, selected_rules((), ()), Config().silences)
        asked.output.write_text(rendered(result, fleet, "html"), encoding="utf-8")
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        sys.stdout.write(rendered(result, fleet, "text", detail=Severity.HIGH, colour=colour))
        print(f"\nreport    {asked.output.resolve()}")
        print(f"took      {time.monotonic() - began:.1f} s, of which the lab {ready - began:.1f} s")
    finally:
        if not asked.keep:
            down(home)
    if asked.keep:
        print(f'the lab is up: eval "$(rdsops lab env --name {NAME})"; rdsops lab down --name {NAME} ends it')
    else:
        print("rdsops lab up starts the same fleet to try things on")
    return 0


def _let_it_work(standing: Standing) -> None:
    """Wait until the fleet has been under load for long enough to have something to show."""
    if standing.load_since is None:
        return
    left = LOAD_S - (datetime.now(UTC) - standing.load_since).total_seconds()
    if left > 0:
        print(
            f"letting the fleet work for {left:.0f} s, so that waits and slow statements can be seen …", file=sys.stderr
        )
        time.sleep(left)
