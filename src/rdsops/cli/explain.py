"""`rdsops explain RULE`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from difflib import get_close_matches

import msgspec

from rdsops.advise.book import RULES, rule
from rdsops.advise.review import references
from rdsops.app.facts import packaged_facts
from rdsops.core.errors import UsageError
from rdsops.render.explain import explain_text


def run(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="rdsops explain",
        description="What a rule checks, why it matters, its sources, how to repair it and how to silence it.",
    )
    parser.add_argument("rule", nargs="?", metavar="RULE", help="a rule's id, as findings show it")
    parser.add_argument("--list", action="store_true", help="every rule, a line each")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    asked = parser.parse_args(words)
    if asked.list:
        if asked.format == "json":
            print(msgspec.json.encode([_as_json(each.id) for each in RULES]).decode())
        else:
            for each in RULES:
                print(f"{each.id:<34} {each.theme:<13} {each.severity:<9} {each.title}")
        return 0
    if asked.rule is None:
        parser.error("name a RULE, or --list")
    found = rule(asked.rule)
    if found is None:
        close = get_close_matches(asked.rule, [each.id for each in RULES], n=3)
        hint = f"did you mean {', '.join(close)}?" if close else "rdsops explain --list shows every rule"
        raise UsageError(f"there is no rule '{asked.rule}'", hint=hint)
    if asked.format == "json":
        print(msgspec.json.encode(_as_json(found.id)).decode())
    else:
        print(explain_text(found, references(found, packaged_facts())), end="")
    return 0


def _as_json(identifier: str) -> dict[str, object]:
    found = rule(identifier)
    assert found is not None
    return {
        "id": found.id,
        "title": found.title,
        "theme": found.theme,
        "severity": found.severity,
        "subject": found.subjects.name,
        "checks": found.checks,
        "why": found.why,
        "repair": found.repair,
        "needs": found.needs,
        "sources": found.sources,
        "references": references(found, packaged_facts()),
        "only_here": found.signature,
        "sql": found.sql,
    }
