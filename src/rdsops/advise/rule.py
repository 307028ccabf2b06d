"""What a rule is: a question about one kind of subject, with the text that explains it.

A check is a plain function (subject, view) -> Verdict. It reads what it needs; reading what was not seen
raises Unseen, which the review turns into *not known*. So a rule cannot mistake "unseen" for an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from rdsops.advise.finding import Evidence, Money, Repair, Severity, Theme
from rdsops.advise.subjects import Subjects
from rdsops.advise.view import View

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Clear:
    """Looked at, and in order."""


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The question makes no sense here (Multi-AZ of an Aurora member). why: in a few words."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something is wrong. severity None: the rule's own."""

    title: str
    evidence: tuple[Evidence, ...]
    repair: Repair
    severity: Severity | None = None
    consequence: str | None = None
    """None: the rule's own."""
    money: Money | None = None


Verdict: TypeAlias = Clear | NotApplicable | Problem

CLEAR = Clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[S]):
    """One check of the book.

    id: kebab-case, for ever ("public-access"). catalogue: rows of facts/data/checks.json it answers.
    sources: where the rule's facts come from, with dates. needs: the questions it leans on, for `explain`.
    """

    id: str
    title: str
    """The question as a statement of what is wrong: "Instance is reachable from the internet"."""
    theme: Theme
    severity: Severity
    subjects: Subjects[S]
    check: Callable[[S, View], Verdict]
    why: str
    """What happens if left; the consequence printed in a finding."""
    repair: str
    """How it is repaired, in general."""
    checks: str
    """Exactly what is compared with what, thresholds included, and when it does not apply."""
    needs: tuple[str, ...]
    sources: tuple[str, ...]
    catalogue: tuple[int, ...] = ()
    signature: bool = False
    """True when no rival of the catalogue has it."""
    sql: bool = False
    """True when it needs SQL inside the database."""
