"""`rdsops survey`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rdsops.cli.asking import Progress, add_survey_options, survey_options

UNSEEN = 3


def run(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="rdsops survey",
        description="Collect a fleet into a snapshot: AWS API, CloudWatch, Performance Insights, SQL. Writes "
        "nothing in AWS.",
        epilog="Exit codes: 0 everything was seen, 2 usage, 3 something could not be seen, 4 failed.",
    )
    parser.add_argument("-o", "--output", metavar="FILE", default="-", help="snapshot (.gz compresses); - is stdout")
    add_survey_options(parser)
    asked = parser.parse_args(words)
    from rdsops.app.config import read_config
    from rdsops.app.survey import take_survey
    from rdsops.fleet.codec import encode

    options = survey_options(asked, read_config(asked.config))
    progress = Progress(asked.quiet)
    fleet = take_survey(options, datetime.now(UTC), os.environ, progress)
    data = encode(fleet, compressed=asked.output.endswith(".gz"))
    if asked.output == "-":
        sys.stdout.buffer.write(data + b"\n")
    else:
        write_privately(Path(asked.output), data)
    instances = sum(len(region.instances.items) for region in fleet.regions)
    progress.done(f"instances: {instances}; places: {len(fleet.regions)}; gaps: {len(fleet.gaps)}; API calls:")
    if not asked.quiet:
        for call in sorted(fleet.calls, key=lambda each: (-each.count, each.operation)):
            print(f"{call.count:6}  {call.operation}", file=sys.stderr)
        for gap in fleet.gaps:
            where = gap.subject or f"{gap.account}/{gap.region or 'all regions'}"
            print(f"not seen: {gap.asked} {gap.cause} at {where}: {gap.detail}", file=sys.stderr)
    return UNSEEN if fleet.gaps else 0


def write_privately(path: Path, data: bytes) -> None:
    """For the owner only: a snapshot tells endpoints and names."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
