"""Ask one rule of one fleet."""

from __future__ import annotations

from typing import Any

from rdsops.advise.review import answers
from rdsops.advise.rule import Clear, NotApplicable, Problem, Rule
from rdsops.advise.view import View
from rdsops.app.facts import packaged_facts
from rdsops.core.errors import Unseen
from rdsops.fleet.fleet import Fleet


def ask_all(rule: Rule[Any], fleet: Fleet) -> dict[str, Clear | NotApplicable | Problem | Unseen]:
    """Every answer, by the subject's printed name."""
    return {str(ref): answer for ref, answer in answers(rule, View(fleet, packaged_facts()))}


def ask(rule: Rule[Any], fleet: Fleet) -> Clear | NotApplicable | Problem | Unseen:
    """The answer for the fleet's only subject; fails when there are more, or none."""
    found = list(ask_all(rule, fleet).values())
    assert len(found) == 1, f"{rule.id} has {len(found)} subjects here, not one"
    return found[0]


def told(rule: Rule[Any], fleet: Fleet, subject: str | None = None) -> str:
    """The answer in a word, for tables: a severity, "clear", "not applicable" or "not known"."""
    match ask(rule, fleet) if subject is None else ask_all(rule, fleet)[subject]:
        case Problem(severity=severity):
            return str(severity or rule.severity)
        case Clear():
            return "clear"
        case NotApplicable():
            return "not applicable"
        case Unseen():
            return "not known"
