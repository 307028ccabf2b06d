"""`rdsops review`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rdsops.cli.asking import Progress, add_survey_options, survey_options

if TYPE_CHECKING:
    from rdsops.advise.finding import Review, Severity
    from rdsops.app.config import Config
    from rdsops.fleet.fleet import Fleet

FORMATS = ("text", "json", "html", "sarif", "markdown")
DETAIL = "high"
SEVERITIES = ("critical", "high", "medium", "low", "info")


def run(words: Sequence[str]) -> int:
    asked = _parser().parse_args(words)
    from rdsops.advise.finding import Severity
    from rdsops.app.config import read_config
    from rdsops.app.review import exit_code, review_fleet, selected_rules

    config = read_config(asked.config)
    rules = selected_rules(asked.only, asked.skip)
    fleet = _fleet(asked, config)
    result = review_fleet(fleet, rules, config.silences)
    detail = None if asked.detail == "none" else Severity(asked.detail)
    text = rendered(result, fleet, asked.format, detail=detail, colour=_colour(asked))
    if asked.output is None:
        sys.stdout.write(text)
    else:
        asked.output.write_text(text, encoding="utf-8")
        print(f"rdsops review: {len(result.findings)} findings, report in {asked.output}", file=sys.stderr)
    return exit_code(result, Severity(asked.fail_on), strict=asked.strict)


def rendered(result: Review, fleet: Fleet, form: str, *, detail: Severity | None = None, colour: bool = False) -> str:
    """A review in one of FORMATS. detail, colour: of the text."""
    match form:
        case "text":
            from rdsops.render.text import review_text

            return review_text(result, detail=detail, colour=colour)
        case "json":
            from rdsops.render.review_json import review_json

            return review_json(result)
        case "html":
            from rdsops.render.html import review_html

            return review_html(result, fleet)
        case "sarif":
            from rdsops.advise.book import RULES
            from rdsops.render.sarif import review_sarif

            return review_sarif(result, RULES)
        case _:
            from rdsops.render.markdown import review_markdown

            return review_markdown(result)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rdsops review",
        description="Ranked findings about a fleet, with evidence, money and repairs. Changes nothing.",
        epilog="Exit codes: 0 clear, 1 findings at or above --fail-on, 2 usage, 3 something could not be seen, 4 "
        "failed.",
    )
    parser.add_argument(
        "--from", dest="snapshot", type=Path, metavar="FILE", help="a snapshot; nothing is asked of AWS"
    )
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the snapshot that was taken")
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: stdout")
    parser.add_argument(
        "--detail",
        choices=(*SEVERITIES, "none"),
        default=DETAIL,
        help=f"text: tell findings of this severity and worse whole, the rest in a line (default: {DETAIL})",
    )
    parser.add_argument("--colour", choices=("auto", "always", "never"), default="auto", help="text only")
    parser.add_argument(
        "--only", action="append", default=[], metavar="RULE", help="a rule, pattern or theme; again for more"
    )
    parser.add_argument("--skip", action="append", default=[], metavar="RULE", help="as --only, left out")
    parser.add_argument("--fail-on", choices=SEVERITIES, default="info", help="least severity for exit code 1")
    parser.add_argument("--strict", action="store_true", help="exit code 3 for anything unseen, findings or not")
    add_survey_options(parser)
    return parser


def _fleet(asked: argparse.Namespace, config: Config) -> Fleet:
    if asked.snapshot is not None:
        from rdsops.app.snapshot import read_snapshot

        return read_snapshot(asked.snapshot)
    from rdsops.app.survey import take_survey

    progress = Progress(asked.quiet)
    fleet = take_survey(survey_options(asked, config), datetime.now(UTC), os.environ, progress)
    progress.done(f"{sum(call.count for call in fleet.calls)} API calls")
    if asked.save is not None:
        from rdsops.cli.survey import write_privately
        from rdsops.fleet.codec import encode

        write_privately(asked.save, encode(fleet, compressed=asked.save.suffix == ".gz"))
    return fleet


def _colour(asked: argparse.Namespace) -> bool:
    if asked.colour == "auto":
        return asked.output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return bool(asked.colour == "always")
