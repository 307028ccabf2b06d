"""The least IAM policy of a review, made from the table of operations that a survey asks. Nothing in it writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rdsops.collect.operations import OPERATIONS, Need

RDS_SECRETS = "arn:aws:secretsmanager:*:*:secret:rds!*"
"""Secrets that RDS itself keeps are all named so (recalled, 2026-11-23)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAccess:
    """What a review will be asked to do. database_user: who connects by IAM token, None for nobody.

    roles: ARNs of roles in further accounts. all_regions: the regions are not named but looked up.
    """

    snapshot_attributes: bool = True
    performance_insights: bool = True
    rds_secrets: bool = False
    database_user: str | None = None
    roles: tuple[str, ...] = ()
    all_regions: bool = False


def review_policy(access: ReviewAccess) -> dict[str, Any]:
    """The policy document, ready for json.dumps: one statement for what is listed, others for what must be limited.

    Resources are "*" where AWS's describe calls know no other (recalled); secrets, connections and roles are named.
    """
    wanted = {Need.ALWAYS}
    if access.snapshot_attributes:
        wanted.add(Need.SNAPSHOT_ATTRIBUTES)
    if access.all_regions:
        wanted.add(Need.REGIONS)
    statements = [_allow("Survey", _actions(wanted), "*")]
    if access.performance_insights:
        statements.append(
            _allow("PerformanceInsights", _actions({Need.PERFORMANCE_INSIGHTS}), "arn:aws:pi:*:*:metrics/rds/*")
        )
    if access.rds_secrets:
        statements.append(_allow("PasswordsKeptByRds", _actions({Need.SECRETS}), RDS_SECRETS))
    if access.database_user is not None:
        statements.append(
            _allow("ConnectAsUser", ["rds-db:connect"], f"arn:aws:rds-db:*:*:dbuser:*/{access.database_user}")
        )
    if access.roles:
        statements.append(_allow("FurtherAccounts", _actions({Need.ACCOUNTS}), sorted(access.roles)))
    return {"Version": "2012-10-17", "Statement": statements}


def reasons() -> dict[str, str]:
    """Every action with why it is asked, for whoever must approve the policy."""
    return {operation.action: operation.why for operation in sorted(OPERATIONS, key=lambda each: each.action)}


def _actions(needs: set[Need]) -> list[str]:
    return sorted({operation.action for operation in OPERATIONS if operation.need in needs})


def _allow(name: str, actions: list[str], resource: str | list[str]) -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resource}
