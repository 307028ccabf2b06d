"""Tags, groups, quotas and recommendations."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rdsops.advise.finding import Severity
from rdsops.advise.rule import Clear, NotApplicable, Problem, Rule
from rdsops.advise.rules import housekeeping as rules
from rdsops.core.errors import Unseen
from rdsops.core.ids import SubnetGroupRef
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.instances import GroupAttachment
from rdsops.fleet.neighbours import Quota, Recommendation, SubnetGroup
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.asking import ask
from rdsops.testing.fleets import ACCOUNT, REGION, cluster, fleet_of, group, instance, member, without

DEFAULT = (GroupAttachment("default.postgres17", "in-sync"),)


@pytest.mark.parametrize(
    ("rule", "ill", "hidden"),
    [
        (rules.TAGS, {"tags": {}}, "tags"),
        (rules.TAGS, {"tags": {"aws:cloudformation:stack-name": "orders"}}, "tags"),
        (rules.DEFAULT_GROUP, {"parameter_groups": DEFAULT}, "parameter_groups"),
    ],
)
def test_ill_just_short_and_hidden(rule: Rule[Any], ill: dict[str, Any], hidden: str) -> None:
    assert isinstance(ask(rule, fleet_of(instance(**ill))), Problem)
    assert isinstance(ask(rule, fleet_of(instance())), Clear)
    assert isinstance(ask(rule, fleet_of(instance(**{hidden: UNSEEN}))), Unseen)


def test_of_a_cluster_the_clusters_group_counts() -> None:
    one = member("billing-1", parameter_groups=DEFAULT)
    assert isinstance(ask(rules.DEFAULT_GROUP, fleet_of(cluster(members=("billing-1",)), one)), Clear)
    default = cluster(members=("billing-1",), parameter_group="default.aurora-postgresql16")
    assert isinstance(ask(rules.DEFAULT_GROUP, fleet_of(default, one)), Problem)


def advice(**changes: Any) -> Recommendation:
    fields: dict[str, Any] = {
        "id": "r1",
        "resource": instance().ref.arn,
        "type_id": "config_recommendation::old_minor_version",
        "severity": "medium",
        "status": "active",
    }
    return Recommendation(**{**fields, **changes})


@pytest.mark.parametrize(("word", "severity"), [("high", "medium"), ("medium", "low"), ("informational", "info")])
def test_open_recommendations_weigh_one_step_less_than_aws_says(word: str, severity: str) -> None:
    found = ask(rules.RECOMMENDATIONS, fleet_of(instance(), recommendations=(advice(severity=word),)))
    assert isinstance(found, Problem)
    assert found.severity is Severity(severity)


def test_dismissed_recommendations_and_those_of_others_are_clear() -> None:
    for other in (advice(status="dismissed"), advice(resource="arn:aws:rds:eu-west-1:111122223333:db:shop")):
        assert isinstance(ask(rules.RECOMMENDATIONS, fleet_of(instance(), recommendations=(other,))), Clear)
    assert isinstance(ask(rules.RECOMMENDATIONS, without(fleet_of(instance()), "recommendations")), Unseen)


def test_a_recommendation_of_a_member_belongs_to_its_cluster() -> None:
    one = member("billing-1")
    fleet = fleet_of(cluster(members=("billing-1",)), one, recommendations=(advice(resource=one.ref.arn),))
    assert isinstance(ask(rules.RECOMMENDATIONS, fleet), Problem)


def test_a_group_that_nothing_uses() -> None:
    used = fleet_of(instance(), group("orders-pg17"), group("default.postgres17"))
    assert isinstance(ask(rules.UNUSED_GROUPS, used), Clear)
    spare = fleet_of(instance(), group("orders-pg17"), group("old-pg13"), group("old-aurora", cluster_level=True))
    found = ask(rules.UNUSED_GROUPS, spare)
    assert isinstance(found, Problem)
    assert [(call.operation, *call.parameters.values()) for call in found.repair.calls] == [
        ("DeleteDBParameterGroup", "old-pg13"),
        ("DeleteDBClusterParameterGroup", "old-aurora"),
    ]
    for name in ("instances", "clusters", "parameter_groups", "cluster_parameter_groups"):
        assert isinstance(ask(rules.UNUSED_GROUPS, without(spare, name)), Unseen)


def subnets(name: str) -> SubnetGroup:
    return SubnetGroup(ref=SubnetGroupRef(ACCOUNT, REGION, name))


def test_a_subnet_group_that_nothing_uses() -> None:
    used: Fleet = fleet_of(instance(), subnet_groups=(subnets("private"), subnets("default")))
    assert isinstance(ask(rules.UNUSED_SUBNETS, used), Clear)
    spare = fleet_of(instance(), subnet_groups=(subnets("private"), subnets("lost")))
    found = ask(rules.UNUSED_SUBNETS, spare)
    assert isinstance(found, Problem)
    assert [item.subject for item in found.evidence] == ["lost"]
    for name in ("instances", "clusters", "subnet_groups"):
        assert isinstance(ask(rules.UNUSED_SUBNETS, without(spare, name)), Unseen)


@pytest.mark.parametrize(("used", "severity"), [(31, None), (32, "low"), (37, "low"), (38, "medium"), (40, "medium")])
def test_a_quota_is_told_from_four_fifths_of_it(used: int, severity: str | None) -> None:
    quotas = (Quota("DBInstances", used, 40), Quota("Unlimited", 5, 0))
    found = ask(rules.QUOTAS, fleet_of(quotas=quotas))
    if severity is None:
        assert isinstance(found, Clear)
    else:
        assert isinstance(found, Problem)
        assert (found.severity or rules.QUOTAS.severity) is Severity(severity)


def test_quotas_that_were_not_told() -> None:
    assert isinstance(ask(rules.QUOTAS, without(fleet_of(), "quotas")), Unseen)
    assert isinstance(ask(rules.QUOTAS, fleet_of()), NotApplicable)
    tight = msgspec.structs.replace(Quota("DBInstances", 39, 40))
    assert isinstance(ask(rules.QUOTAS, fleet_of(quotas=(tight, Quota("ManualSnapshots", 99, 100)))), Problem)
