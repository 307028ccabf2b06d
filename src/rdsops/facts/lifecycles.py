"""Where a major version stands on a day: in standard support, in Extended Support and at which price, or past it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import msgspec

from rdsops.facts.facts import Lifecycle


class Phase(StrEnum):
    STANDARD = "standard support"
    UNCHARGED = "past standard support, not charged yet"
    YEAR1 = "Extended Support, price of years 1 and 2"
    YEAR3 = "Extended Support, price of year 3"
    ENDED = "past Extended Support"


CHARGED = (Phase.YEAR1, Phase.YEAR3)


class Step(msgspec.Struct, frozen=True):
    """The day on which a phase begins."""

    on: date
    phase: Phase


def steps(row: Lifecycle) -> tuple[Step, ...]:
    """The days on which something changes, oldest first; a day the calendar does not name is left out."""
    found = []
    if row.standard_ends is not None:
        found.append(Step(_day_after(row.standard_ends), Phase.UNCHARGED))
    if row.extended_year1_from is not None:
        found.append(Step(row.extended_year1_from, Phase.YEAR1))
    if row.extended_year3_from is not None:
        found.append(Step(row.extended_year3_from, Phase.YEAR3))
    if row.extended_ends is not None:
        found.append(Step(_day_after(row.extended_ends), Phase.ENDED))
    return tuple(found)


def phase(row: Lifecycle, today: date) -> Phase:
    """The phase a version is in; support that ends on a day still holds on that day."""
    current = Phase.STANDARD
    for step in steps(row):
        if step.on <= today:
            current = step.phase
    return current


def next_step(row: Lifecycle, today: date) -> Step | None:
    """The next day on which the phase changes, UNCHARGED left out when charging begins the same day."""
    ahead = [step for step in steps(row) if step.on > today]
    if len(ahead) > 1 and ahead[0].on == ahead[1].on:
        return ahead[1]
    return ahead[0] if ahead else None


def _day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)
