"""A review: every rule asked of every subject, each answer counted, findings ranked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from rdsops.advise.finding import (
    Environment,
    Evidence,
    Finding,
    NotKnown,
    Reference,
    Review,
    Tally,
)
from rdsops.advise.rank import ranked
from rdsops.advise.rule import Clear, NotApplicable, Problem, Rule
from rdsops.advise.silences import Silences
from rdsops.advise.subjects import Absent
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.ids import DatabaseRef, SubjectRef
from rdsops.facts.facts import Facts
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.gaps import Cause, Gap


@dataclass
class _Count:
    findings: int = 0
    silenced: int = 0
    clear: int = 0
    not_known: int = 0
    not_applicable: int = 0


@dataclass
class _Gaps:
    """The survey's gaps, found by question and scope; an absence without one gets a gap of its own."""

    gaps: list[Gap]
    found: dict[tuple[str, str, SubjectRef], int] = field(default_factory=dict)

    def place(self, unseen: Unseen, subject: SubjectRef, fleet: Fleet) -> int:
        """Place in the list of the gap that explains `unseen` for `subject`."""
        key = (unseen.asked, unseen.field, subject)
        if key not in self.found:
            self.found[key] = self._explain(unseen, subject, fleet)
        return self.found[key]

    def _explain(self, unseen: Unseen, subject: SubjectRef, fleet: Fleet) -> int:
        best: tuple[int, int] | None = None
        for place, gap in enumerate(self.gaps):
            if gap.account != subject.account:
                continue
            if gap.region is not None and subject.region is not None and gap.region != subject.region:
                continue
            if gap.asked not in _questions(unseen.asked):
                continue
            if gap.subject is not None and gap.subject not in (subject.arn, _thing(subject)):
                continue
            closeness = (
                (4 if gap.subject is not None else 0)
                + (2 if gap.region else 0)
                + (1 if gap.asked == unseen.asked else 0)
            )
            if best is None or closeness > best[0]:
                best = (closeness, place)
        if best is not None:
            return best[1]
        cause = Cause.NO_POINTS if unseen.asked.startswith("cloudwatch:") else Cause.ABSENT
        own = f"{unseen.field or unseen.asked} is not in the answer"
        for place, gap in enumerate(self.gaps):
            if (gap.asked, gap.account, gap.region, gap.detail) == (unseen.asked, subject.account, subject.region, own):
                return place
        self.gaps.append(
            Gap(
                asked=unseen.asked,
                account=subject.account,
                region=subject.region,
                cause=cause,
                detail=own,
                seen_at=fleet.taken_at,
            )
        )
        return len(self.gaps) - 1


def review(
    fleet: Fleet,
    facts: Facts,
    rules: Iterable[Rule[Any]],
    silences: Silences | None = None,
) -> Review:
    """Ask `rules` of `fleet`. SQL rules are left out when the survey was told not to ask SQL."""
    view = View(fleet, facts)
    selected = [rule for rule in rules if fleet.sql_asked or not rule.sql]
    gaps = _Gaps(list(fleet.gaps))
    findings: list[Finding] = []
    silenced: list[Finding] = []
    not_known: list[NotKnown] = []
    tallies: list[Tally] = []
    for rule in selected:
        count = _Count()
        for ref, answer in answers(rule, view):
            match answer:
                case Clear():
                    count.clear += 1
                case NotApplicable():
                    count.not_applicable += 1
                case Unseen():
                    count.not_known += 1
                    place = gaps.place(answer, ref, fleet)
                    not_known.append(
                        NotKnown(rule=rule.id, subject=ref, asked=answer.asked, field=answer.field, gap=place)
                    )
                case Problem():
                    finding = _finding(rule, ref, answer, view)
                    silence = silences.covering(finding, view.now) if silences else None
                    if silence is None:
                        count.findings += 1
                        findings.append(finding)
                    else:
                        count.silenced += 1
                        silenced.append(msgspec.structs.replace(finding, silence=silence))
        tallies.append(
            Tally(
                rule=rule.id,
                findings=count.findings,
                silenced=count.silenced,
                clear=count.clear,
                not_known=count.not_known,
                not_applicable=count.not_applicable,
            )
        )
    return Review(
        rdsops=fleet.rdsops,
        taken_at=fleet.taken_at,
        instances=sum(len(region.instances.items) for region in fleet.regions),
        clusters=sum(len(region.clusters.items) for region in fleet.regions),
        places=tuple(str(region.place) for region in fleet.regions),
        findings=ranked(findings),
        silenced=ranked(silenced),
        not_known=tuple(not_known),
        gaps=tuple(gaps.gaps),
        tallies=tuple(tallies),
        calls=fleet.calls,
    )


def answers(rule: Rule[Any], view: View) -> Iterator[tuple[SubjectRef, Clear | NotApplicable | Problem | Unseen]]:
    """The rule's answer for each of its subjects, exactly one each."""
    for found in rule.subjects.of(view):
        if isinstance(found, Absent):
            yield found.ref, found.unseen
            continue
        ref, subject = found
        try:
            yield ref, rule.check(subject, view)
        except Unseen as unseen:
            yield ref, unseen


def _finding(rule: Rule[Any], ref: SubjectRef, problem: Problem, view: View) -> Finding:
    return Finding(
        rule=rule.id,
        theme=rule.theme,
        severity=problem.severity or rule.severity,
        subject=ref,
        environment=_environment(ref, view),
        title=problem.title,
        consequence=problem.consequence or rule.why,
        evidence=tuple(_dated(item, view) for item in problem.evidence),
        repair=problem.repair,
        money=problem.money,
        references=references(rule, view.facts),
    )


def references(rule: Rule[Any], facts: Facts) -> tuple[Reference, ...]:
    """The rule's counterparts in other catalogues, from the merged catalogue's rows."""
    found = {
        Reference(name, identifier) for row in rule.catalogue for name, identifier in facts.catalogue(row).elsewhere
    }
    return tuple(sorted(found))


def _dated(item: Evidence, view: View) -> Evidence:
    if item.at is not None:
        return item
    return msgspec.structs.replace(item, at=view.now)


def _environment(ref: SubjectRef, view: View) -> Environment:
    subject = view.tagged(ref)
    return Environment.UNKNOWN if subject is None else view.environment(subject)


def _questions(asked: str) -> tuple[str, ...]:
    """The questions whose gap explains that `asked` has no answer, the closest first."""
    if asked.startswith("cloudwatch:"):
        return (asked, "cloudwatch:GetMetricData")
    if asked.startswith("sql:"):
        return (asked, "sql:connect")
    return (asked,)


def _thing(subject: SubjectRef) -> str:
    """What a gap's subject may name: the instance of a database, else the subject itself."""
    return subject.instance.arn if isinstance(subject, DatabaseRef) else subject.arn
