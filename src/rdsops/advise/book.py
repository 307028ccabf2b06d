"""The book: every rule, by theme, in the order they are explained."""

from __future__ import annotations

from typing import Any

from rdsops.advise.rule import Rule
from rdsops.advise.rules import availability

RULES: tuple[Rule[Any], ...] = (*availability.RULES,)


def rule(identifier: str) -> Rule[Any] | None:
    """The rule of an id; None when there is none."""
    return next((known for known in RULES if known.id == identifier), None)
