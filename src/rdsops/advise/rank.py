"""The order of findings: what to mend first. Total and stable: last ties fall to rule id and ARN."""

from __future__ import annotations

from collections.abc import Iterable

from rdsops.advise.finding import SEVERITIES, Environment, Finding

_ENVIRONMENT_STEPS = {Environment.PRODUCTION: 0, Environment.UNKNOWN: 0, Environment.TEST: 1}
"""A test database's problem ranks one severity lower; an untagged one is treated as production."""


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Worst first: severity (with the environment weighing in), then dollars a month, then rule and ARN."""
    return tuple(sorted(findings, key=_key))


def _key(finding: Finding) -> tuple[int, int, float, str, str]:
    severity = SEVERITIES.index(finding.severity)
    dollars = finding.money.usd_month if finding.money and finding.money.usd_month is not None else 0.0
    return severity + _ENVIRONMENT_STEPS[finding.environment], severity, -dollars, finding.rule, finding.subject.arn
