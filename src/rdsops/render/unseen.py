"""What could not be seen, told once a cause: a gap, and the rules and subjects it left without an answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rdsops.advise.finding import Review
from rdsops.core.units import counted
from rdsops.fleet.gaps import Cause, Gap

_WORDS = {
    Cause.DENIED: "denied",
    Cause.THROTTLED: "throttled after every retry",
    Cause.UNSUPPORTED: "not supported here",
    Cause.FAILED: "failed",
    Cause.ABSENT: "absent from the answer",
    Cause.NO_POINTS: "has no data points",
    Cause.NOT_CONNECTED: "not connected",
    Cause.TOO_OLD: "too old",
    Cause.NOT_ASKED: "not asked",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnseenGroup:
    """Gaps of one question, cause and remedy. rules, subjects: how many answers they left *not known*.

    details: what was seen, each wording once, the most frequent first.
    """

    asked: str
    cause: str
    details: tuple[str, ...]
    remedy: str | None
    scopes: tuple[str, ...]
    """Account/region, or the ARN of the one thing, sorted."""
    rules: tuple[str, ...]
    subjects: int

    @property
    def line(self) -> str:
        """One line: "rds:DescribeCertificates denied: 1 rule, 20 resources not known"."""
        what = f"{self.asked} {self.cause}"
        if not self.rules:
            return f"{what}: no selected rule needed it"
        return f"{what}: {counted(len(self.rules), 'rule')}, {counted(self.subjects, 'resource')} not known"


def unseen_groups(review: Review) -> tuple[UnseenGroup, ...]:
    """Every gap of a review, those that cost the most answers first."""
    by_cause: dict[tuple[str, Cause, str | None], list[int]] = {}
    for place, gap in enumerate(review.gaps):
        by_cause.setdefault((gap.asked, gap.cause, gap.remedy), []).append(place)
    rules: dict[int, set[str]] = {}
    subjects: dict[int, set[str]] = {}
    for answer in review.not_known:
        rules.setdefault(answer.gap, set()).add(answer.rule)
        subjects.setdefault(answer.gap, set()).add(answer.subject.arn)
    groups = [
        UnseenGroup(
            asked=asked,
            cause=_WORDS[cause],
            details=tuple(text for text, _ in Counter(review.gaps[place].detail for place in places).most_common()),
            remedy=remedy,
            scopes=tuple(sorted({_scope(review.gaps[place]) for place in places})),
            rules=tuple(sorted(set().union(*(rules.get(place, set()) for place in places)))),
            subjects=len(set().union(*(subjects.get(place, set()) for place in places))),
        )
        for (asked, cause, remedy), places in by_cause.items()
    ]
    return tuple(sorted(groups, key=lambda g: (-len(g.rules) * g.subjects, g.asked, g.details)))


def _scope(gap: Gap) -> str:
    if gap.subject:
        return gap.subject
    return f"{gap.account}/{gap.region}" if gap.region else gap.account
