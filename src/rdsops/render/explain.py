"""A rule explained: on the screen for `rdsops explain`, in the docs for the rule reference. One text for both."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

from rdsops.advise.finding import Reference, Theme
from rdsops.advise.rule import Rule
from rdsops.render.markdown import escaped

_THEMES = {
    Theme.SECURITY: "Security",
    Theme.AVAILABILITY: "Availability",
    Theme.BACKUP: "Backup",
    Theme.OPERATIONS: "Operations",
    Theme.PERFORMANCE: "Performance",
    Theme.COST: "Cost",
    Theme.POSTGRES: "Inside PostgreSQL",
    Theme.MYSQL: "Inside MySQL and MariaDB",
}


def explain_text(rule: Rule[Any], references: Sequence[Reference]) -> str:
    """What a rule checks, why, its sources, how to repair and how to silence it, for 80 columns."""
    parts = [f"{rule.id}: {rule.title}", f"{rule.theme}, usually {rule.severity}, one finding per {rule.subjects.name}"]
    for head, body in _sections(rule, references):
        lines = [line for part in body for line in wrap(part, 78, break_on_hyphens=False, break_long_words=False)]
        parts.append(head + "\n" + "\n".join(f"  {line}" for line in lines))
    parts.append("To silence it (rdsops.toml)\n" + "\n".join(f"  {line}" for line in _silence(rule).splitlines()))
    return "\n\n".join(parts) + "\n"


def rule_page(rules: Sequence[Rule[Any]], references: dict[str, tuple[Reference, ...]]) -> str:
    """The rule reference: every rule with the same texts as `explain`."""
    lines = [
        "# Rules",
        "",
        f"The {len(rules)} rules of `rdsops review`, by theme. Generated from the rules themselves: `make docs`.",
        "`rdsops explain RULE` prints the same. *Only here*: no other tool of the merged catalogue has it.",
    ]
    for theme in Theme:
        of_theme = [rule for rule in rules if rule.theme is theme]
        if not of_theme:
            continue
        lines += ["", f"## {_THEMES[theme]} ({len(of_theme)})"]
        for rule in of_theme:
            only = " · *only here*" if rule.signature else ""
            lines += [
                "",
                f"### {rule.id}",
                "",
                f"**{escaped(rule.title)}** · {rule.severity} · per {rule.subjects.name}{only}",
            ]
            for head, body in _sections(rule, references[rule.id]):
                text = "; ".join(body) if head in ("Reads", "Sources", "Also known as") else " ".join(body)
                lines += ["", f"*{head}.* {escaped(text)}"]
    return "\n".join(lines) + "\n"


def _sections(rule: Rule[Any], references: Sequence[Reference]) -> list[tuple[str, tuple[str, ...]]]:
    sections = [
        ("Checks", (rule.checks,)),
        ("Why", (rule.why,)),
        ("Repair", (rule.repair,)),
        ("Reads", rule.needs),
        ("Sources", rule.sources),
    ]
    if references:
        sections.append(("Also known as", tuple(f"{r.catalogue}: {r.id}" for r in references)))
    return sections


def _silence(rule: Rule[Any]) -> str:
    return "\n".join(
        (
            "[[silence]]",
            f'rule = "{rule.id}"',
            'resource = "NAME-OR-ARN"',
            'reason = "who accepted it, and why"',
            "until = 2027-01-01T00:00:00Z",
        )
    )
