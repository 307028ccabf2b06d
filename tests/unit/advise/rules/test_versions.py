"""Minors, automatic minors, and the end of standard support with its surcharge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from rdsops.advise.finding import Severity
from rdsops.advise.rule import Clear, Problem
from rdsops.advise.rules import versions
from rdsops.core.errors import Unseen
from rdsops.core.ids import ClusterRef, InstanceRef, Place
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.neighbours import EngineVersion, MajorLifecycle
from rdsops.fleet.seen import UNSEEN
from rdsops.fleet.series import Window
from rdsops.testing.asking import ask
from rdsops.testing.fleets import (
    ACCOUNT,
    NOW,
    cluster,
    fleet_of,
    instance,
    mariadb,
    member,
    region,
    series,
    without,
)

VIRGINIA = Place(ACCOUNT, "us-east-1")


def offered(**changes: Any) -> EngineVersion:
    return EngineVersion(**{"engine": "postgres", "version": "17.6", "family": "postgres17", **changes})


def on(day: datetime, fleet: Fleet) -> Fleet:
    return msgspec.structs.replace(fleet, taken_at=day)


def test_automatic_minors_off() -> None:
    off = ask(versions.AUTO_MINOR, fleet_of(instance(auto_minor_version_upgrade=False)))
    assert isinstance(off, Problem)
    assert off.repair.calls[0].parameters["AutoMinorVersionUpgrade"] is True
    assert isinstance(ask(versions.AUTO_MINOR, fleet_of(instance())), Clear)
    assert isinstance(ask(versions.AUTO_MINOR, fleet_of(instance(auto_minor_version_upgrade=UNSEEN))), Unseen)


def test_automatic_minors_off_on_members_is_one_finding_of_the_cluster() -> None:
    off = [member(f"billing-{number}", auto_minor_version_upgrade=False) for number in (1, 2)]
    found = ask(versions.AUTO_MINOR, fleet_of(cluster(members=("billing-1", "billing-2")), *off))
    assert isinstance(found, Problem)
    assert len(found.evidence) == len(found.repair.calls) == 2


def test_a_newer_minor_is_offered() -> None:
    behind = fleet_of(instance(), engine_versions=(offered(minor_upgrades=("17.10", "17.9")),))
    found = ask(versions.MINOR_BEHIND, behind)
    assert isinstance(found, Problem)
    assert "17.10" in found.title
    assert found.severity is None
    assert isinstance(ask(versions.MINOR_BEHIND, fleet_of(instance(), engine_versions=(offered(),))), Clear)
    assert isinstance(ask(versions.MINOR_BEHIND, without(behind, "engine_versions")), Unseen)
    assert isinstance(ask(versions.MINOR_BEHIND, fleet_of(instance())), Unseen)


def test_three_minors_behind_or_a_withdrawn_version_weigh_more() -> None:
    many = offered(minor_upgrades=("17.7", "17.8", "17.9"))
    withdrawn = offered(status="deprecated")
    for listed in (many, withdrawn):
        found = ask(versions.MINOR_BEHIND, fleet_of(instance(), engine_versions=(listed,)))
        assert isinstance(found, Problem)
        assert found.severity is Severity.MEDIUM


@pytest.mark.parametrize(
    ("version", "today", "severity"),
    [
        ("17.6", datetime(2029, 2, 27, tzinfo=UTC), None),
        ("17.6", datetime(2029, 2, 28, tzinfo=UTC), Severity.MEDIUM),
        ("17.6", datetime(2029, 11, 29, tzinfo=UTC), Severity.MEDIUM),
        ("17.6", datetime(2029, 11, 30, tzinfo=UTC), Severity.HIGH),
        ("17.6", datetime(2030, 2, 28, tzinfo=UTC), Severity.HIGH),
        ("17.6", datetime(2030, 3, 1, tzinfo=UTC), Severity.HIGH),
        ("17.6", datetime(2033, 2, 28, tzinfo=UTC), Severity.HIGH),
        ("17.6", datetime(2033, 3, 1, tzinfo=UTC), Severity.CRITICAL),
        ("14.17", NOW, Severity.MEDIUM),
        ("13.20", NOW, Severity.HIGH),
    ],
)
def test_support_by_the_bundled_calendar(version: str, today: datetime, severity: Severity | None) -> None:
    found = ask(versions.SUPPORT_ENDING, on(today, fleet_of(instance(engine_version=version))))
    if severity is None:
        assert isinstance(found, Clear)
    else:
        assert isinstance(found, Problem)
        assert found.severity is severity
        assert "bundled calendar" in found.evidence[0].source


def test_the_answer_of_aws_wins_over_the_calendar_and_the_evidence_says_so() -> None:
    told = MajorLifecycle(
        engine="postgres",
        major="13",
        standard_ends_at=NOW + timedelta(days=400),
        extended_ends_at=NOW + timedelta(days=1500),
    )
    assert isinstance(
        ask(versions.SUPPORT_ENDING, fleet_of(instance(engine_version="13.20"), lifecycles=(told,))), Clear
    )
    sooner = msgspec.structs.replace(told, major="17", standard_ends_at=NOW - timedelta(days=1))
    found = ask(versions.SUPPORT_ENDING, fleet_of(instance(), lifecycles=(sooner,)))
    assert isinstance(found, Problem)
    assert found.evidence[0].source == "DescribeDBMajorEngineVersions"
    assert found.money is not None
    refused = ask(versions.SUPPORT_ENDING, without(fleet_of(instance(), lifecycles=(sooner,)), "lifecycles"))
    assert isinstance(refused, Clear)


def test_a_version_of_no_table_is_not_known() -> None:
    assert isinstance(ask(versions.SUPPORT_ENDING, fleet_of(mariadb())), Unseen)
    assert isinstance(ask(versions.SUPPORT_ENDING, fleet_of(instance(engine_version="10.23"))), Unseen)


def test_enrolment_is_not_a_charge_and_its_lack_no_pardon() -> None:
    enrolled = instance(lifecycle_support="open-source-rds-extended-support")
    assert isinstance(ask(versions.SUPPORT_ENDING, fleet_of(enrolled)), Clear)
    old = instance(engine_version="13.20", lifecycle_support="open-source-rds-extended-support-disabled")
    found = ask(versions.SUPPORT_ENDING, fleet_of(old))
    assert isinstance(found, Problem)
    assert found.money is not None
    assert found.money.usd_month is None


def in_virginia(**changes: Any) -> Fleet:
    old = instance(
        ref=InstanceRef(ACCOUNT, "us-east-1", "orders"),
        engine_version="13.20",
        lifecycle_support="open-source-rds-extended-support",
        **changes,
    )
    return msgspec.structs.replace(fleet_of(), regions=(region(VIRGINIA, instances=(old,)),))


@pytest.mark.parametrize(
    ("today", "multi_az", "dollars"),
    [
        (NOW, True, 292.0),
        (NOW, False, 146.0),
        (datetime(2028, 2, 29, tzinfo=UTC), True, 292.0),
        (datetime(2028, 3, 1, tzinfo=UTC), True, 584.0),
    ],
)
def test_extended_support_costs_each_vcpu_of_the_standby_too(today: datetime, multi_az: bool, dollars: float) -> None:
    found = ask(versions.SUPPORT_ENDING, on(today, in_virginia(multi_az=multi_az)))
    assert isinstance(found, Problem)
    assert found.money is not None
    assert found.money.usd_month == dollars
    assert found.money.as_of == "2026-05-31"
    assert "older than 90 days" in found.money.why


def test_a_region_without_a_price_has_no_dollars() -> None:
    found = ask(versions.SUPPORT_ENDING, fleet_of(instance(engine_version="13.20", lifecycle_support=None)))
    assert isinstance(found, Problem)
    assert found.money is not None
    assert found.money.usd_month is None
    assert found.money.why == "no price for eu-west-1: extended-support/vcpu/year1"


def test_serverless_is_charged_by_the_capacity_it_used() -> None:
    ref = InstanceRef(ACCOUNT, "us-east-1", "elastic-1")
    many = cluster(
        "elastic",
        ("elastic-1",),
        ref=ClusterRef(ACCOUNT, "us-east-1", "elastic"),
        engine_version="13.20",
        lifecycle_support=None,
    )
    one = member("elastic-1", "elastic", ref=ref, instance_class="db.serverless", engine_version="13.20")
    one = msgspec.structs.replace(one, cluster=many.ref)
    bare = msgspec.structs.replace(fleet_of(), regions=(region(VIRGINIA, instances=(one,), clusters=(many,)),))
    used = series(ref, "ServerlessDatabaseCapacity", 4.0, window=Window.WEEK)
    found = ask(versions.SUPPORT_ENDING, msgspec.structs.replace(bare, series=(used,)))
    assert isinstance(found, Problem)
    assert found.money is not None
    assert found.money.usd_month == pytest.approx(4 * 730 * 0.085)
    unseen = ask(versions.SUPPORT_ENDING, bare)
    assert isinstance(unseen, Problem)
    assert unseen.money is not None
    assert unseen.money.usd_month is None


def test_what_is_coming_is_told_in_dollars_where_the_price_is_known() -> None:
    soon = in_virginia()
    found = ask(versions.SUPPORT_ENDING, on(datetime(2026, 1, 1, tzinfo=UTC), soon))
    assert isinstance(found, Problem)
    assert found.money is None
    assert found.consequence is not None
    assert "2026-03-01: $292 a month" in found.consequence
