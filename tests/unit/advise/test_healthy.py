"""The healthy fleet is the book's alarm test: no rule finds anything in it, and every rule can answer."""

from __future__ import annotations

from collections import Counter

from rdsops.advise.book import RULES
from rdsops.advise.review import review
from rdsops.app.facts import packaged_facts
from rdsops.testing.healthy import healthy

REVIEW = review(healthy(), packaged_facts(), [rule for rule in RULES if not rule.sql])


def test_nothing_is_found_in_a_healthy_fleet() -> None:
    assert [(finding.rule, str(finding.subject), finding.title) for finding in REVIEW.findings] == []


def test_everything_is_known_of_a_healthy_fleet() -> None:
    """All but prices: the book has none for the region it stands in, and a price is never guessed."""
    unknown = [each for each in REVIEW.not_known if not each.asked.startswith("pricing:")]
    assert Counter((each.rule, each.asked, each.field) for each in unknown) == Counter()
    assert {gap.asked.partition(":")[0] for gap in REVIEW.gaps} <= {"pricing"}


def test_every_rule_meets_something_to_judge_in_a_healthy_fleet() -> None:
    idle = [tally.rule for tally in REVIEW.tallies if tally.clear == 0 and tally.not_known == 0]
    assert idle == []
