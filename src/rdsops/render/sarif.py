"""A review as SARIF 2.1.0, for code scanning and CI."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from rdsops.advise.finding import Finding, Review, Severity
from rdsops.advise.rule import Rule
from rdsops.render.text import evidence_line

_LEVEL = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
_SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.5",
}
"""Middles of the bands that code scanning uses (critical > 9, high > 7, medium > 4)."""


def review_sarif(review: Review, rules: Sequence[Rule[Any]]) -> str:
    """One run. A finding's place is its ARN, as a logical location; gaps are notifications, never results."""
    places = {rule.id: place for place, rule in enumerate(rules)}
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "rdsops",
                        "version": review.rdsops,
                        "semanticVersion": review.rdsops,
                        "rules": [_rule(rule) for rule in rules],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "endTimeUtc": review.taken_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                        "toolExecutionNotifications": [
                            {
                                "level": "warning",
                                "message": {"text": f"{gap.asked} {gap.cause}: {gap.detail}"},
                                "descriptor": {"id": f"gap/{gap.cause}"},
                            }
                            for gap in review.gaps
                        ],
                    }
                ],
                "results": [_result(finding, places) for finding in (*review.findings, *review.silenced)],
            }
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _rule(rule: Rule[Any]) -> dict[str, object]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.checks},
        "help": {"text": f"{rule.why}\n\nRepair: {rule.repair}"},
        "defaultConfiguration": {"level": _LEVEL[rule.severity]},
        "properties": {"tags": [rule.theme.value], "security-severity": _SECURITY_SEVERITY[rule.severity]},
    }


def _result(finding: Finding, places: dict[str, int]) -> dict[str, object]:
    text = "\n".join(
        [finding.title, *(evidence_line(item) for item in finding.evidence), f"Repair: {finding.repair.text}"]
    )
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "level": _LEVEL[finding.severity],
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": finding.subject.arn}},
                "logicalLocations": [{"fullyQualifiedName": finding.subject.arn, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"rdsops/v1": f"{finding.rule}|{finding.subject.arn}"},
        "properties": {"severity": finding.severity.value, "environment": finding.environment.value},
    }
    if finding.rule in places:
        result["ruleIndex"] = places[finding.rule]
    if finding.silence:
        result["suppressions"] = [{"kind": "external", "justification": finding.silence.reason}]
    return result
