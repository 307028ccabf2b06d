"""`rdsops iam`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence


def run(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="rdsops iam", description="The least IAM policy that a command needs.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    review = commands.add_parser("review", help="what `rdsops review` and `rdsops survey` need; nothing in it writes")
    review.add_argument("--no-snapshot-attributes", action="store_true")
    review.add_argument("--no-insights", action="store_true")
    review.add_argument("--rds-secrets", action="store_true", help="read the master passwords that RDS keeps")
    review.add_argument("--database-user", metavar="USER", help="connect to databases as USER by IAM token")
    review.add_argument(
        "--role", action="append", default=[], metavar="ARN", help="roles to assume in further accounts"
    )
    review.add_argument("--all-regions", action="store_true", help="for --region all")
    review.add_argument("--why", action="store_true", help="each action with its reason, instead of the policy")
    asked = parser.parse_args(words)
    from rdsops.app.iam import ReviewAccess, reasons, review_policy

    if asked.why:
        for action, reason in reasons().items():
            print(f"{action:<48} {reason}")
        return 0
    access = ReviewAccess(
        snapshot_attributes=not asked.no_snapshot_attributes,
        performance_insights=not asked.no_insights,
        rds_secrets=asked.rds_secrets,
        database_user=asked.database_user,
        roles=tuple(asked.role),
        all_regions=asked.all_regions,
    )
    print(json.dumps(review_policy(access), indent=2))
    return 0
