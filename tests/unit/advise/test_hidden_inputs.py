"""Hide one input of the healthy fleet after another: no rule finds anything, and those that lean on it say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import pytest

from rdsops.advise.book import RULES
from rdsops.advise.finding import Review
from rdsops.advise.review import review
from rdsops.advise.rule import Rule
from rdsops.app.facts import packaged_facts
from rdsops.core.ids import Place
from rdsops.fleet.clusters import Cluster, GlobalCluster
from rdsops.fleet.fleet import Fleet, Region
from rdsops.fleet.gaps import Cause
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Family, Key, ParameterGroup, Proxy, Snapshot, SubnetGroup
from rdsops.fleet.seen import UNSEEN, Listed, Seen
from rdsops.testing.fleets import without
from rdsops.testing.healthy import healthy

HEALTHY = healthy()
API_RULES = [rule for rule in RULES if not rule.sql]
LISTS = [name for name in Region.__struct_fields__ if name != "place"]
RECORDS: tuple[type[Seen], ...] = (
    Instance,
    Cluster,
    GlobalCluster,
    Proxy,
    Snapshot,
    ParameterGroup,
    Family,
    SubnetGroup,
    Key,
)


def asked(fleet: Fleet, rules: Iterable[Rule[Any]] = tuple(API_RULES)) -> Review:
    return review(fleet, packaged_facts(), rules)


def found(answer: Review) -> list[tuple[str, str, str]]:
    return [(finding.rule, str(finding.subject), finding.title) for finding in answer.findings]


@pytest.mark.parametrize("name", LISTS)
def test_a_refused_list_gives_no_finding_and_names_the_refusal(name: str) -> None:
    answer = asked(without(HEALTHY, name))
    assert found(answer) == []
    question = getattr(Region(place=Place("", "")), name).asked
    unknown = [each for each in answer.not_known if each.asked == question]
    assert all(answer.gaps[each.gap].cause is Cause.DENIED for each in unknown if each.subject.region == "eu-west-1")


def test_refused_global_clusters_give_no_finding() -> None:
    hidden = msgspec.structs.replace(HEALTHY, global_clusters=Listed("rds:DescribeGlobalClusters"))
    answer = asked(hidden)
    assert found(answer) == []
    unknown = {each.asked for each in answer.not_known if not each.asked.startswith("pricing:")}
    assert unknown == {"rds:DescribeGlobalClusters"}


def _maybe_fields() -> Iterator[Any]:
    for record in RECORDS:
        for field in msgspec.structs.fields(record):
            if not field.required and field.default is UNSEEN:
                yield pytest.param(record, field.name, id=f"{record.__name__}.{field.name}")


def blinded(record: type[Seen], field: str) -> Fleet:
    """The healthy fleet with one field of one kind of record never seen."""

    def blind(item: Any) -> Any:
        return msgspec.structs.replace(item, **{field: UNSEEN}) if isinstance(item, record) else item

    def listed(items: Listed[Any]) -> Listed[Any]:
        return msgspec.structs.replace(items, items=tuple(blind(item) for item in items.items))

    regions = tuple(
        msgspec.structs.replace(region, **{name: listed(getattr(region, name)) for name in LISTS})
        for region in HEALTHY.regions
    )
    return msgspec.structs.replace(HEALTHY, regions=regions, global_clusters=listed(HEALTHY.global_clusters))


@pytest.mark.parametrize(("record", "field"), tuple(_maybe_fields()))
def test_an_absent_field_gives_no_finding(record: type[Seen], field: str) -> None:
    answer = asked(blinded(record, field))
    assert found(answer) == []
    assert all(each.field or each.asked for each in answer.not_known)


def test_without_any_metric_nothing_is_found_and_lag_and_load_are_not_known() -> None:
    answer = asked(msgspec.structs.replace(HEALTHY, series=()))
    assert found(answer) == []
    unknown = {each.rule for each in answer.not_known}
    assert {"replica-lag", "global-lag", "window-at-peak"} <= unknown
    assert {answer.gaps[each.gap].cause for each in answer.not_known} == {Cause.NO_POINTS}


@pytest.mark.parametrize("rule", API_RULES, ids=lambda rule: rule.id)
def test_every_question_of_a_rule_that_is_refused_leaves_it_not_known(rule: Rule[Any]) -> None:
    """Refusing all that a rule needs must leave it without a clear answer about its own subjects."""
    fleet = HEALTHY
    for name in LISTS:
        if getattr(Region(place=Place("", "")), name).asked in rule.needs:
            fleet = without(fleet, name)
    if "rds:DescribeGlobalClusters" in rule.needs:
        fleet = msgspec.structs.replace(fleet, global_clusters=Listed("rds:DescribeGlobalClusters"))
    tally = asked(fleet, [rule]).tallies[0]
    assert (tally.clear, tally.findings) == (0, 0)
    assert tally.not_known
