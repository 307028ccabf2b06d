"""Silences: by rule and resource, with a reason, until a day; what has expired speaks again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from rdsops.advise.review import review
from rdsops.advise.rules.availability import SINGLE_ZONE
from rdsops.advise.silences import SilenceEntry, Silences
from rdsops.app.facts import packaged_facts
from rdsops.testing.fleets import NOW, REGION, fleet_of, instance

FLEET = fleet_of(instance("orders", multi_az=False), instance("shop", multi_az=False))


def entry(**changes: Any) -> SilenceEntry:
    return SilenceEntry(**{"rule": "single-zone", "reason": "moves next month", **changes})


@pytest.mark.parametrize(
    ("silence", "silenced"),
    [
        (entry(), ["orders", "shop"]),
        (entry(rule="single-*"), ["orders", "shop"]),
        (entry(rule="public-access"), []),
        (entry(resource="orders"), ["orders"]),
        (entry(resource="o*"), ["orders"]),
        (entry(resource="Orders"), []),
        (entry(resource=f"arn:aws:rds:{REGION}:*:db:shop"), ["shop"]),
        (entry(until=NOW + timedelta(seconds=1)), ["orders", "shop"]),
        (entry(until=NOW), []),
        (entry(until=NOW - timedelta(days=1)), []),
    ],
)
def test_a_silence_covers_what_it_names_until_it_expires(silence: SilenceEntry, silenced: list[str]) -> None:
    answer = review(FLEET, packaged_facts(), [SINGLE_ZONE], Silences((silence,)))
    assert sorted(str(finding.subject) for finding in answer.silenced) == silenced
    assert len(answer.findings) + len(answer.silenced) == 2
    tally = answer.tallies[0]
    assert (tally.findings, tally.silenced) == (2 - len(silenced), len(silenced))
    assert all(finding.silence and finding.silence.reason == "moves next month" for finding in answer.silenced)
    assert all(finding.silence is None for finding in answer.findings)


def test_the_first_entry_that_covers_gives_the_reason() -> None:
    silences = Silences((entry(until=NOW, reason="expired"), entry(reason="second"), entry(reason="third")))
    answer = review(FLEET, packaged_facts(), [SINGLE_ZONE], silences)
    assert {finding.silence.reason for finding in answer.silenced if finding.silence} == {"second"}


def test_an_unknown_word_in_an_entry_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"rule": "x", "reason": "y", "ressource": "z"}, SilenceEntry)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"rule": "x"}, SilenceEntry)
