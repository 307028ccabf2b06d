"""The order of findings: severity with the environment, then money, then rule and ARN; total and stable."""

from __future__ import annotations

import random
from typing import Any

import pytest

from rdsops.advise.finding import Environment, Finding, Money, Repair, Severity, Theme
from rdsops.advise.rank import ranked
from rdsops.core.ids import InstanceRef
from rdsops.testing.fleets import ACCOUNT, REGION


def finding(name: str = "a", rule: str = "r", usd: float | None = 0.0, **changes: Any) -> Finding:
    fields: dict[str, Any] = {
        "rule": rule,
        "theme": Theme.SECURITY,
        "severity": Severity.MEDIUM,
        "subject": InstanceRef(ACCOUNT, REGION, name),
        "environment": Environment.PRODUCTION,
        "title": name,
        "consequence": "",
        "evidence": (),
        "repair": Repair(text=""),
        "money": Money(usd_month=usd, kind="saving", why=""),
    }
    return Finding(**{**fields, **changes})


HIGH: dict[str, Any] = {"severity": Severity.HIGH}
LOW: dict[str, Any] = {"severity": Severity.LOW}
TEST: dict[str, Any] = {"environment": Environment.TEST}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (finding("b", **HIGH), finding("a")),
        (finding("b"), finding("a", **LOW)),
        (finding("b"), finding("a", **TEST)),
        (finding("b", **{**HIGH, **TEST}), finding("a")),
        (finding("b"), finding("a", severity=Severity.MEDIUM, **TEST)),
        (finding("b", environment=Environment.UNKNOWN), finding("a", **TEST)),
        (finding("b", usd=100.0), finding("a", usd=99.0)),
        (finding("b", usd=0.5), finding("a", usd=None)),
        (finding("b", usd=0.5), finding("a", money=None)),
        (finding("b", rule="r1"), finding("a", rule="r2")),
        (finding("a"), finding("b")),
    ],
)
def test_the_worse_finding_comes_first(first: Finding, second: Finding) -> None:
    assert ranked([second, first]) == (first, second)
    assert ranked([first, second]) == (first, second)


def test_the_order_does_not_hang_on_how_findings_come_in() -> None:
    """A rule finds a subject once, so rule and ARN break every tie."""
    choose = random.Random(7)
    findings = [
        finding(
            name,
            rule,
            choose.choice([None, 0.0, 12.5]),
            severity=choose.choice(list(Severity)),
            environment=choose.choice(list(Environment)),
        )
        for name in "abcdefgh"
        for rule in ("x", "y", "z")
    ]
    expected = ranked(findings)
    for _ in range(20):
        assert ranked(choose.sample(findings, len(findings))) == expected
