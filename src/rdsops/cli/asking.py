"""What survey and review ask of the command line alike: accounts, regions, logins; and progress on stderr."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rdsops.app.config import Config
    from rdsops.app.survey import SurveyOptions


def add_survey_options(parser: argparse.ArgumentParser) -> None:
    """Options that say what is surveyed."""
    where = parser.add_argument_group("what is looked at")
    where.add_argument("--profile", help="profile of the AWS configuration")
    where.add_argument(
        "--region",
        action="append",
        default=[],
        metavar="REGION",
        help="a region, again for more; 'all' for every enabled one (default: the session's own)",
    )
    where.add_argument(
        "--role",
        action="append",
        default=[],
        metavar="ARN",
        help="a role to assume in a further account, again for more",
    )
    where.add_argument("--external-id", metavar="ID", help="what the roles ask for")
    where.add_argument("--credentials", type=Path, metavar="FILE", help="logins into databases, mode 0600 (TOML)")
    where.add_argument("--no-sql", action="store_true", help="do not look inside databases; SQL rules are left out")
    where.add_argument(
        "--no-snapshot-attributes", action="store_true", help="do not ask with whom snapshots are shared (a call each)"
    )
    where.add_argument("--no-insights", action="store_true", help="do not ask Performance Insights")
    where.add_argument("--config", type=Path, metavar="FILE", help="default: ./rdsops.toml when there is one")
    where.add_argument("-q", "--quiet", action="store_true", help="no progress on stderr")


def survey_options(asked: argparse.Namespace, config: Config) -> SurveyOptions:
    """The command line's options, the config's where the line is silent."""
    from rdsops.app.survey import SurveyOptions

    return SurveyOptions(
        profile=asked.profile,
        regions=tuple(asked.region) or config.survey.regions,
        roles=tuple(asked.role) or config.survey.roles,
        external_id=asked.external_id or config.survey.external_id,
        credentials=asked.credentials,
        sql=not asked.no_sql,
        snapshot_attributes=not asked.no_snapshot_attributes,
        performance_insights=not asked.no_insights,
    )


class Progress:
    """Counts what was asked: one line rewritten on a terminal, a line every hundred questions elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._count = 0

    def __call__(self, what: str) -> None:
        self._count += 1
        if self._quiet:
            return
        if self._terminal:
            print(f"\r\033[K{self._count} asked: {what[:66]}", end="", file=sys.stderr, flush=True)
        elif self._count % 100 == 0:
            print(f"{self._count} asked: {what}", file=sys.stderr)

    def done(self, words: str) -> None:
        if self._terminal and not self._quiet:
            print("\r\033[K", end="", file=sys.stderr)
        if not self._quiet:
            print(words, file=sys.stderr)
