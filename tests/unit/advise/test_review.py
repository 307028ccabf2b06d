"""A review: each answer counted, each absence explained by the gap that is closest to it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rdsops.advise.finding import Environment, Review
from rdsops.advise.review import review
from rdsops.advise.rule import Rule
from rdsops.advise.rules.availability import CLUSTER_SINGLE_ZONE, SINGLE_ZONE
from rdsops.advise.rules.certificates import CERTIFICATE_AUTHORITY
from rdsops.advise.rules.replication import REPLICA_LAG
from rdsops.advise.rules.transport import TLS_NOT_REQUIRED
from rdsops.app.facts import packaged_facts
from rdsops.core.ids import PlaceRef
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.gaps import Cause, Gap
from rdsops.fleet.seen import UNSEEN, Listed
from rdsops.testing.fleets import ACCOUNT, NOW, REGION, cluster, denied, fleet_of, instance, member, without


def asked(fleet: Fleet, *rules: Rule[Any]) -> Review:
    return review(fleet, packaged_facts(), rules)


def test_four_answers_are_counted_and_add_up_to_the_subjects() -> None:
    fleet = fleet_of(
        instance("ill", multi_az=False),
        instance("well"),
        instance("well-too"),
        instance("hidden", multi_az=UNSEEN),
        instance("replica", multi_az=False, replica_source="well"),
    )
    answer = asked(fleet, SINGLE_ZONE)
    (tally,) = answer.tallies
    assert (tally.findings, tally.clear, tally.not_known, tally.not_applicable, tally.silenced) == (1, 2, 1, 1, 0)
    assert (answer.instances, answer.clusters, answer.places) == (5, 0, (f"{ACCOUNT}/{REGION}",))


def test_a_finding_is_complete() -> None:
    (finding,) = asked(fleet_of(instance(multi_az=False)), SINGLE_ZONE).findings
    assert finding.consequence == SINGLE_ZONE.why
    assert finding.environment is Environment.PRODUCTION
    assert {item.at for item in finding.evidence} == {NOW}
    assert ("Security Hub", "RDS.5") in [(each.catalogue, each.id) for each in finding.references]


def test_an_absent_field_makes_one_gap_for_all_that_lack_it() -> None:
    fleet = fleet_of(instance("a", multi_az=UNSEEN), instance("b", multi_az=UNSEEN))
    answer = asked(fleet, SINGLE_ZONE)
    (gap,) = answer.gaps
    assert (gap.cause, gap.asked, gap.detail) == (
        Cause.ABSENT,
        "rds:DescribeDBInstances",
        "Instance.multi_az is not in the answer",
    )
    assert {each.gap for each in answer.not_known} == {0}


def test_a_refused_question_leads_to_the_survey_s_own_gap() -> None:
    other = denied("rds:DescribeProxies")
    fleet = without(fleet_of(instance(), gaps=(other,)), "certificates")
    answer = asked(fleet, CERTIFICATE_AUTHORITY)
    (unknown,) = answer.not_known
    assert answer.gaps == fleet.gaps
    assert answer.gaps[unknown.gap].asked == "rds:DescribeCertificates"
    assert answer.gaps[unknown.gap].remedy == "allow rds:DescribeCertificates"


def test_a_metric_without_points_is_told_apart_from_one_that_was_refused() -> None:
    fleet = fleet_of(instance(replica_source="source"))
    assert asked(fleet, REPLICA_LAG).gaps[0].cause is Cause.NO_POINTS
    refused = msgspec.structs.replace(fleet, gaps=(denied("cloudwatch:GetMetricData"),))
    answer = asked(refused, REPLICA_LAG)
    assert (len(answer.gaps), answer.gaps[answer.not_known[0].gap].cause) == (1, Cause.DENIED)


GROUPS = "rds:DescribeDBParameterGroups"


@pytest.mark.parametrize(
    ("gaps", "closest"),
    [
        ([denied(GROUPS), denied(GROUPS, subject=instance().ref.arn)], 1),
        ([denied(GROUPS, region=None), denied(GROUPS)], 1),
        ([denied(GROUPS, subject="arn:of:another"), denied(GROUPS)], 1),
        ([denied(GROUPS, region="us-east-1"), denied(GROUPS)], 1),
        ([denied(GROUPS, account="999999999999"), denied(GROUPS)], 1),
        ([denied(GROUPS), denied("rds:DescribeDBParameters")], 0),
    ],
)
def test_the_closest_gap_explains(gaps: list[Gap], closest: int) -> None:
    fleet = fleet_of(instance(), parameter_groups=(), gaps=tuple(gaps))
    answer = asked(fleet, TLS_NOT_REQUIRED)
    assert [each.gap for each in answer.not_known] == [closest]


def test_a_list_that_broke_on_a_page_judges_what_was_read_and_names_the_rest() -> None:
    fleet = fleet_of(instance())
    read = Listed("rds:DescribeDBInstances", fleet.regions[0].instances.items, False)
    broken = msgspec.structs.replace(
        fleet, regions=(msgspec.structs.replace(fleet.regions[0], instances=read),), gaps=(denied(read.asked),)
    )
    answer = asked(broken, SINGLE_ZONE)
    (tally,) = answer.tallies
    assert (tally.clear, tally.not_known) == (1, 1)
    assert answer.not_known[0].subject == PlaceRef(ACCOUNT, REGION)


def test_a_hidden_member_leaves_its_cluster_not_known() -> None:
    fleet = fleet_of(cluster(members=("billing-1", "billing-2")), member("billing-1"))
    (unknown,) = asked(fleet, CLUSTER_SINGLE_ZONE).not_known
    assert (unknown.asked, unknown.field) == ("rds:DescribeDBInstances", "member billing-2")


def test_rules_that_need_sql_are_left_out_when_sql_was_switched_off() -> None:
    probe = Rule(
        id="probe-sql",
        title="probe",
        theme=SINGLE_ZONE.theme,
        severity=SINGLE_ZONE.severity,
        subjects=SINGLE_ZONE.subjects,
        check=SINGLE_ZONE.check,
        why="",
        repair="",
        checks="",
        needs=(),
        sources=(),
        sql=True,
    )
    asking = fleet_of(instance())
    silent = msgspec.structs.replace(asking, sql_asked=False)
    assert [tally.rule for tally in asked(asking, probe).tallies] == ["probe-sql"]
    assert asked(silent, probe).tallies == ()
