"""A review on a person's screen: 80 columns, worst first, colours only when asked for.

What is bad enough is told whole; the rest is a line each, or a line for all that one rule says of several subjects.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from rdsops.advise.finding import SEVERITIES, Environment, Evidence, Finding, Money, Review, Severity
from rdsops.core.units import counted, usd
from rdsops.render.aws_cli import command
from rdsops.render.summary import Summary, summary
from rdsops.render.unseen import unseen_groups

WIDTH = 80
_EVIDENCE_SHOWN = 4
_SQL_SHOWN = 3
_SCOPES_SHOWN = 6
_DETAILS_SHOWN = 1

_COLOURS = {
    Severity.CRITICAL: "1;97;41",
    Severity.HIGH: "1;31",
    Severity.MEDIUM: "1;33",
    Severity.LOW: "36",
    Severity.INFO: "2",
}


class Paint:
    """Puts ANSI colours on, or leaves words as they are."""

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, words: str, code: str) -> str:
        return f"\033[{code}m{words}\033[0m" if self.on else words


def review_text(review: Review, *, detail: Severity | None = Severity.INFO, colour: bool = False) -> str:
    """The whole review as text, a trailing newline included. detail: least severity that is told whole; None: none."""
    paint = Paint(colour)
    whole = SEVERITIES[: SEVERITIES.index(detail) + 1] if detail else ()
    lines = [*_head(review, summary(review), paint)]
    if not review.findings:
        lines += ["", "No findings."]
    for severity in Severity:
        of_level = [finding for finding in review.findings if finding.severity is severity]
        if not of_level:
            continue
        lines += ["", paint(f"{severity.upper()} ({len(of_level)})", _COLOURS[severity])]
        if severity in whole:
            for finding in of_level:
                lines += ["", *_whole(finding, paint)]
        else:
            lines += _short(of_level)
    lines += _silenced(review)
    lines += _unseen(review, paint)
    lines += _tail(review, summary(review))
    return "\n".join(lines) + "\n"


def _head(review: Review, figures: Summary, paint: Paint) -> Iterator[str]:
    taken = review.taken_at.strftime("%Y-%m-%d %H:%M UTC")
    yield paint("rdsops review", "1") + f"  {taken}"
    places = ", ".join(review.places[:4]) + (f" and {len(review.places) - 4} more" if len(review.places) > 4 else "")
    yield _folded(
        f"{counted(review.instances, 'instance')}, {counted(review.clusters, 'cluster')} in {places or 'no place'}", 0
    )
    yield ""
    counts = [paint(f"{count} {level}", _COLOURS[level]) for level, count in figures.by_severity]
    yield "  " + "   ".join(counts) + (f"   {figures.silenced} silenced" if figures.silenced else "")
    if figures.priced:
        yield f"  {usd(figures.saving_usd_month)} a month in {figures.priced} findings with a known price (list prices)"
    if figures.unpriced:
        yield f"  {figures.unpriced} findings about money whose price is not known"
    if figures.not_known:
        yield f"  {figures.not_known} answers not known: see COULD NOT BE SEEN"


def _whole(finding: Finding, paint: Paint) -> Iterator[str]:
    where = f"{finding.subject.region or 'global'}"
    stage = "" if finding.environment is Environment.UNKNOWN else f"  {finding.environment}"
    yield paint(f"  {finding.title}" if len(finding.title) <= WIDTH - 2 else _folded(finding.title, 2), "1")
    yield paint(f"    {finding.rule}  {finding.subject.account}/{where}{stage}", "2")
    for item in finding.evidence[:_EVIDENCE_SHOWN]:
        yield _folded(f"-\N{NO-BREAK SPACE}{evidence_line(item)}", 4, hang=2)
    if len(finding.evidence) > _EVIDENCE_SHOWN:
        yield f"    and {len(finding.evidence) - _EVIDENCE_SHOWN} more (--format json shows all)"
    yield _folded(f"If left: {finding.consequence}", 4, hang=2)
    if finding.money:
        yield _folded(f"Money: {money_line(finding.money)}", 4, hang=2)
    yield _folded(f"Repair: {finding.repair.text}", 4, hang=2)
    for call in finding.repair.calls:
        yield f"      {command(call, finding.subject.region)}"
    for statement in finding.repair.sql[:_SQL_SHOWN]:
        place = f"-- in database {statement.database}" if statement.database else ""
        yield f"      {statement.statement}  {place}".rstrip()
    if len(finding.repair.sql) > _SQL_SHOWN:
        yield f"      and {len(finding.repair.sql) - _SQL_SHOWN} more statements (--format json shows all)"
    if finding.repair.caution:
        yield _folded(f"Caution: {finding.repair.caution}", 6, hang=2)


def _short(findings: list[Finding]) -> Iterator[str]:
    """A line a finding; what one rule says of several subjects is one entry, the subjects named."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    for rule, alike in by_rule.items():
        if len(alike) == 1:
            yield _folded(f"{rule}: {alike[0].title}{_price(alike[0])}", 2, hang=4)
        else:
            subjects = ", ".join(f"{finding.subject}{_price(finding)}" for finding in alike)
            yield _folded(f"{rule}, {len(alike)} times: {subjects}", 2, hang=4)


def _price(finding: Finding) -> str:
    return f" ({usd(finding.money.usd_month)}/mo)" if finding.money and finding.money.usd_month else ""


def evidence_line(item: Evidence) -> str:
    """Evidence in one sentence: what, value, threshold, source."""
    of = f"{_short_name(item.subject)}: " if item.subject else ""
    held = f", against {item.threshold}" if item.threshold else ""
    return f"{of}{item.what}: {item.value}{held} [{item.source}]"


def _short_name(subject: str) -> str:
    """The name in an ARN; anything else as it is.

    >>> _short_name("arn:aws:rds:eu-west-1:111122223333:db:orders"), _short_name("public.orders")
    ('orders', 'public.orders')
    """
    return subject.split(":", 6)[-1].rpartition("/")[2] if subject.startswith("arn:") else subject


def money_line(money: Money) -> str:
    """Dollars with their arithmetic and date, or what is missing."""
    if money.usd_month is None:
        return f"not known: {money.why}"
    origin = f" ({money.source}, {money.as_of})" if money.source else ""
    return f"{usd(money.usd_month)} a month, {money.kind}: {money.why}{origin}"


def _silenced(review: Review) -> Iterator[str]:
    if not review.silenced:
        return
    yield ""
    yield f"SILENCED ({len(review.silenced)})"
    for finding in review.silenced:
        assert finding.silence is not None
        until = f" until {finding.silence.until:%Y-%m-%d}" if finding.silence.until else ""
        yield _folded(f"{finding.rule}  {finding.subject}: {finding.silence.reason}{until}", 2, hang=2)


def _unseen(review: Review, paint: Paint) -> Iterator[str]:
    groups = unseen_groups(review)
    if not groups:
        return
    yield ""
    yield paint("COULD NOT BE SEEN", "1;35")
    needed = [group for group in groups if group.rules]
    for group in needed:
        yield _folded(group.line, 2, hang=2)
        for detail in group.details[:_DETAILS_SHOWN]:
            yield _folded(detail, 6, hang=2)
        if len(group.details) > _DETAILS_SHOWN:
            yield f"      and {len(group.details) - _DETAILS_SHOWN} more like it (--format json shows all)"
        shown = ", ".join(_short_name(scope) for scope in group.scopes[:_SCOPES_SHOWN])
        more = f" and {len(group.scopes) - _SCOPES_SHOWN} more" if len(group.scopes) > _SCOPES_SHOWN else ""
        yield _folded(f"where: {shown}{more}", 6, hang=2)
        if group.remedy:
            yield _folded(f"to see it: {group.remedy}", 6, hang=2)
    if len(needed) < len(groups):
        yield f"  and {len(groups) - len(needed)} that no selected rule needed (--format json shows them)"


def _tail(review: Review, figures: Summary) -> Iterator[str]:
    yield ""
    yield _folded(
        f"{counted(len(review.tallies), 'rule')}: {counted(len(review.findings), 'finding')}, {figures.clear} clear, "
        f"{figures.not_known} not known, {figures.not_applicable} not applicable, {figures.silenced} silenced. "
        f"{counted(figures.calls, 'API call')}.",
        0,
    )
    yield "rdsops explain RULE tells what a rule checks, why, and how to silence it."


def _folded(words: str, indent: int, hang: int = 0) -> str:
    pad = " " * indent
    return "\n".join(
        wrap(
            words,
            WIDTH,
            initial_indent=pad,
            subsequent_indent=pad + " " * hang,
            break_long_words=False,
            break_on_hyphens=False,
        )
    ).replace("\N{NO-BREAK SPACE}", " ")
