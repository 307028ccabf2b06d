"""The review of a fleet: which rules, what they answer, and the exit code that says it in a digit."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from rdsops.advise.book import RULES
from rdsops.advise.finding import SEVERITIES, Review, Severity, Theme
from rdsops.advise.review import review
from rdsops.advise.rule import Rule
from rdsops.advise.silences import Silences
from rdsops.app.facts import packaged_facts
from rdsops.core.errors import UsageError
from rdsops.fleet.fleet import Fleet

CLEAR, FINDINGS, UNSEEN = 0, 1, 3


def review_fleet(fleet: Fleet, rules: Sequence[Rule[Any]], silences: Silences) -> Review:
    """Ask the rules of the fleet, with the packaged facts."""
    return review(fleet, packaged_facts(), rules, silences)


def selected_rules(only: Sequence[str], skip: Sequence[str]) -> tuple[Rule[Any], ...]:
    """Rules by id, shell pattern or theme. Raises UsageError for a word that selects nothing."""
    for word in (*only, *skip):
        if not any(_selects(word, rule) for rule in RULES):
            raise UsageError(f"no rule, pattern or theme '{word}'", hint=_nearest(word))
    chosen = (rule for rule in RULES if not only or any(_selects(word, rule) for word in only))
    return tuple(rule for rule in chosen if not any(_selects(word, rule) for word in skip))


def exit_code(result: Review, fail_on: Severity, *, strict: bool) -> int:
    """1 with a finding at or above `fail_on`, else 3 when something could not be seen, else 0.

    strict: what could not be seen weighs more than findings: 3 wins.
    """
    worst = SEVERITIES.index(fail_on)
    found = any(SEVERITIES.index(finding.severity) <= worst for finding in result.findings)
    unseen = bool(result.not_known)
    if unseen and (strict or not found):
        return UNSEEN
    return FINDINGS if found else CLEAR


def _selects(word: str, rule: Rule[Any]) -> bool:
    return word == rule.theme.value or fnmatchcase(rule.id, word)


def _nearest(word: str) -> str:
    close = get_close_matches(word, [*Theme, *(rule.id for rule in RULES)], n=3)
    return f"did you mean {', '.join(close)}?" if close else "rdsops explain --list shows every rule"
