"""Pending maintenance, reboots and changes; monitoring, insights, logs and load."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from rdsops.advise.finding import Severity
from rdsops.advise.rule import Clear, NotApplicable, Problem, Rule
from rdsops.advise.rules import maintenance, monitoring
from rdsops.core.errors import Unseen
from rdsops.fleet.clusters import Cluster, Member
from rdsops.fleet.instances import GroupAttachment, Instance, Maintenance, PendingChange
from rdsops.fleet.neighbours import Load, TopStatement
from rdsops.fleet.seen import UNSEEN
from rdsops.fleet.series import Window
from rdsops.testing.asking import ask
from rdsops.testing.fleets import NOW, cluster, fleet_of, instance, mariadb, member, series

TEST = {"Environment": "test"}


@pytest.mark.parametrize(
    ("rule", "ill", "hidden"),
    [
        (maintenance.PENDING_MAINTENANCE, {"maintenance": (Maintenance(action="system-update"),)}, "maintenance"),
        (
            maintenance.PENDING_REBOOT,
            {"parameter_groups": (GroupAttachment("orders-pg17", "pending-reboot"),)},
            "parameter_groups",
        ),
        (
            maintenance.LEFT_OVER,
            {"pending_changes": (PendingChange("DBInstanceClass", "db.r7g.xlarge"),)},
            "pending_changes",
        ),
        (monitoring.ENHANCED, {"monitoring_interval_s": 0}, "monitoring_interval_s"),
        (monitoring.INSIGHTS, {"performance_insights": False}, "performance_insights"),
        (monitoring.LOG_EXPORTS, {"log_exports": ("upgrade",)}, "log_exports"),
    ],
    ids=lambda value: value.id if isinstance(value, Rule) else "",
)
def test_ill_just_short_and_hidden(rule: Rule[Any], ill: dict[str, Any], hidden: str) -> None:
    assert isinstance(ask(rule, fleet_of(instance(**ill))), Problem)
    assert isinstance(ask(rule, fleet_of(instance())), Clear)
    assert isinstance(ask(rule, fleet_of(instance(**{hidden: UNSEEN}))), Unseen)


@pytest.mark.parametrize(
    ("dates", "severity"),
    [
        ({}, Severity.LOW),
        ({"auto_applied_after": NOW + timedelta(days=3)}, Severity.MEDIUM),
        ({"forced_apply_at": NOW + timedelta(days=15)}, Severity.MEDIUM),
        ({"forced_apply_at": NOW + timedelta(days=14)}, Severity.HIGH),
    ],
)
def test_maintenance_weighs_as_much_as_its_date_is_near(dates: dict[str, Any], severity: Severity) -> None:
    action = Maintenance(action="system-update", description="New system update", **dates)
    found = ask(maintenance.PENDING_MAINTENANCE, fleet_of(instance(maintenance=(action,))))
    assert isinstance(found, Problem)
    assert found.severity is severity
    assert found.repair.calls[0].parameters["OptInType"] == "next-maintenance"


def test_members_wait_for_a_reboot_as_one_finding() -> None:
    waiting = (
        Member(name="billing-1", is_writer=True, group_status="pending-reboot"),
        Member(name="billing-2", is_writer=False, group_status="in-sync"),
    )
    found = ask(
        maintenance.PENDING_REBOOT,
        fleet_of(_cluster(waiting), *_two()),
    )
    assert isinstance(found, Problem)
    assert [call.parameters for call in found.repair.calls] == [{"DBInstanceIdentifier": "billing-1"}]


def _two() -> tuple[Instance, Instance]:
    return member("billing-1"), member("billing-2", zone="b")


def _cluster(members: tuple[Member, ...]) -> Cluster:
    return msgspec.structs.replace(cluster(), members=members)


def test_a_change_under_way_is_not_left_over() -> None:
    changing = instance(status="modifying", pending_changes=(PendingChange("Iops", "13000"),))
    assert isinstance(ask(maintenance.LEFT_OVER, fleet_of(changing)), NotApplicable)


def test_a_test_database_needs_less_watching() -> None:
    assert isinstance(ask(monitoring.ENHANCED, fleet_of(instance(monitoring_interval_s=0, tags=TEST))), NotApplicable)
    for rule, ill in (
        (monitoring.INSIGHTS, {"performance_insights": False}),
        (monitoring.LOG_EXPORTS, {"log_exports": ()}),
    ):
        found = ask(rule, fleet_of(instance(tags=TEST, **ill)))
        assert isinstance(found, Problem)
        assert found.severity is Severity.INFO


def test_a_week_of_insights_is_short_for_production_only() -> None:
    week: dict[str, Any] = {"performance_insights_retention_days": 7}
    assert isinstance(ask(monitoring.INSIGHTS, fleet_of(instance(**week))), Problem)
    assert isinstance(ask(monitoring.INSIGHTS, fleet_of(instance(tags={}, **week))), Clear)
    longer = instance(performance_insights_retention_days=31)
    assert isinstance(ask(monitoring.INSIGHTS, fleet_of(longer)), Clear)


def test_logs_are_asked_by_engine() -> None:
    found = ask(monitoring.LOG_EXPORTS, fleet_of(mariadb(log_exports=("error",))))
    assert isinstance(found, Problem)
    assert found.repair.calls[0].parameters["CloudwatchLogsExportConfiguration"] == {"EnableLogTypes": ["slowquery"]}
    assert isinstance(ask(monitoring.LOG_EXPORTS, fleet_of(instance(engine="oracle-ee"))), NotApplicable)


def test_load_above_the_vcpus_names_the_statement_that_makes_it() -> None:
    one = instance()
    busy = series(one.ref, "DBLoad", 2.5)
    top = Load(
        instance=one.ref,
        window_s=86400,
        by_wait={"IO:DataFileRead": 1.5, "CPU": 1.0},
        top=(TopStatement(digest="d1", load=2.0, text="select from orders"),),
    )
    found = ask(monitoring.LOAD, fleet_of(one, busy, loads=(top,)))
    assert isinstance(found, Problem)
    assert [item.what for item in found.evidence][1:] == [
        "waiting for IO:DataFileRead",
        "waiting for CPU",
        "select from orders",
    ]
    assert isinstance(ask(monitoring.LOAD, fleet_of(one, series(one.ref, "DBLoad", 2.0))), Clear)
    assert isinstance(ask(monitoring.LOAD, fleet_of(one, busy)), Problem)
    assert isinstance(ask(monitoring.LOAD, fleet_of(one)), Unseen)
    off = instance(performance_insights=False)
    assert isinstance(ask(monitoring.LOAD, fleet_of(off, busy)), NotApplicable)


def test_half_the_points_of_a_week_are_too_few_for_a_level() -> None:
    one = instance()
    few = series(one.ref, "DBLoad", [9.0] * 83 + [None] * 85, window=Window.WEEK)
    enough = series(one.ref, "DBLoad", [9.0] * 84 + [None] * 84, window=Window.WEEK)
    assert isinstance(ask(monitoring.LOAD, fleet_of(one, few)), Unseen)
    assert isinstance(ask(monitoring.LOAD, fleet_of(one, enough)), Problem)
