"""A review as Markdown, for a ticket or a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rdsops.advise.finding import Finding, Review
from rdsops.core.units import usd
from rdsops.render.aws_cli import command
from rdsops.render.summary import summary
from rdsops.render.text import evidence_line, money_line
from rdsops.render.unseen import unseen_groups


def review_markdown(review: Review) -> str:
    """The whole review; every value from the fleet is escaped, so that a name cannot become markup."""
    return "\n".join(_lines(review)) + "\n"


def _lines(review: Review) -> Iterator[str]:
    figures = summary(review)
    yield f"# rdsops review, {review.taken_at:%Y-%m-%d %H:%M} UTC"
    yield ""
    places = escaped(", ".join(review.places)) or "no place"
    yield f"{review.instances} instances, {review.clusters} clusters in {places}."
    counts = ", ".join(f"**{count} {level}**" if count else f"0 {level}" for level, count in figures.by_severity)
    yield ""
    yield f"{counts}; {figures.silenced} silenced, {figures.not_known} answers not known."
    if review.findings:
        yield ""
        yield "| severity | finding | rule | where | a month |"
        yield "|---|---|---|---|---|"
        for finding in review.findings:
            price = usd(finding.money.usd_month) if finding.money and finding.money.usd_month is not None else ""
            where = f"{finding.subject.account}/{finding.subject.region or 'global'}"
            yield f"| {finding.severity} | {escaped(finding.title)} | `{finding.rule}` | {where} | {price} |"
        for finding in review.findings:
            yield from _finding(finding)
    groups = unseen_groups(review)
    if groups:
        yield ""
        yield "## Could not be seen"
        yield ""
        for group in groups:
            remedy = f" To see it: {escaped(group.remedy)}." if group.remedy else ""
            yield f"- {escaped(group.line)} ({escaped(group.details[0])}).{remedy}"


def _finding(finding: Finding) -> Iterator[str]:
    yield ""
    yield f"## {escaped(finding.title)}"
    yield ""
    stage = finding.environment
    yield f"**{finding.severity}** · `{finding.rule}` · {escaped(finding.subject.arn)} · environment {stage}"
    yield ""
    for item in finding.evidence:
        yield f"- {escaped(evidence_line(item))}"
    yield ""
    yield f"If left: {escaped(finding.consequence)}"
    if finding.money:
        yield ""
        yield f"Money: {escaped(money_line(finding.money))}"
    yield ""
    yield f"Repair: {escaped(finding.repair.text)}"
    if finding.repair.caution:
        yield ""
        yield f"Caution: {escaped(finding.repair.caution)}"
    commands = [command(call, finding.subject.region) for call in finding.repair.calls]
    if commands:
        yield from _fenced("sh", commands)
    if finding.repair.sql:
        yield from _fenced("sql", [statement.statement for statement in finding.repair.sql])
    if finding.references:
        yield ""
        yield "Also known as: " + ", ".join(f"{escaped(r.catalogue)} {escaped(r.id)}" for r in finding.references)


def _fenced(language: str, lines: list[str]) -> Iterator[str]:
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield ""
    yield f"{fence}{language}"
    yield from lines
    yield fence


def escaped(words: str) -> str:
    """Text in which Markdown and HTML see only text.

    >>> escaped("a|b <script> *x* [y](z)")
    'a\\\\|b &lt;script&gt; \\\\*x\\\\* \\\\[y\\\\](z)'
    """
    words = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|#~])", r"\\\1", " ".join(words.split()))
