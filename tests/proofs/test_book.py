"""Every rule is whole: explained, sourced, cross-referenced, documented."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rdsops.advise.book import RULES
from rdsops.advise.finding import Theme
from rdsops.advise.review import references
from rdsops.advise.rule import Rule
from rdsops.app.facts import packaged_facts
from rdsops.render.explain import explain_text, rule_page

BEYOND = {"pg-unlogged-table", "pg-trigger-disabled"}
"""Rules of no row: the merged catalogue of the other tools does not have their question."""

DOCS = Path(__file__).parents[2] / "docs" / "reference"


def named(rule: Rule[Any]) -> str:
    return rule.id


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_rule_is_whole(rule: Rule[Any]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", rule.id)
    for text in (rule.title, rule.why, rule.repair, rule.checks):
        assert len(text) > 10
        assert text == text.strip()
    assert rule.needs
    assert all(":" in need for need in rule.needs)
    assert rule.sources
    assert bool(rule.catalogue) != (rule.id in BEYOND), "a rule answers a row of the catalogue, or is known not to"
    assert rule.sql == (rule.theme in (Theme.POSTGRES, Theme.MYSQL)) or not rule.sql


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_rule_knows_its_rows_and_what_rivals_have(rule: Rule[Any]) -> None:
    rows = [packaged_facts().catalogue(number) for number in rule.catalogue]
    if rule.signature and rule.catalogue:
        assert any(not row.rivals for row in rows), (
            f"{rule.id} calls itself the only one; {[row.rivals for row in rows]}"
        )
    for reference in references(rule, packaged_facts()):
        assert reference.id


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_rule_explains_itself_in_80_columns(rule: Rule[Any]) -> None:
    text = explain_text(rule, references(rule, packaged_facts()))
    long = [line for line in text.splitlines() if len(line) > 80 and " " in line.strip()]
    assert long == []


def test_ids_are_unique() -> None:
    assert [name for name, times in Counter(rule.id for rule in RULES).items() if times > 1] == []


def test_the_book_is_as_large_as_promised() -> None:
    by_theme = Counter(rule.theme for rule in RULES)
    assert len(RULES) >= 70
    assert set(by_theme) == set(Theme)
    assert by_theme[Theme.POSTGRES] + by_theme[Theme.MYSQL] >= 20
    assert sum(rule.signature for rule in RULES) >= 12


def test_the_rule_reference_is_the_rules_own_text() -> None:
    facts = packaged_facts()
    page = rule_page(RULES, {rule.id: references(rule, facts) for rule in RULES})
    assert (DOCS / "rules.md").read_text() == page, "run make docs"
