"""An audit trail counts when it is written and leaves the server."""

from __future__ import annotations

from typing import Any

import pytest

from rdsops.advise.rule import Problem
from rdsops.advise.rules.auditing import AUDIT_TRAIL_OFF
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.asking import ask, told
from rdsops.testing.fleets import cluster, family, fleet_of, group, instance, mariadb, member, without
from rdsops.testing.healthy import TEST

LOADED = {"shared_preload_libraries": "pg_stat_statements, pgaudit", "pgaudit__log": "ddl"}


def postgres(settings: dict[str, str], **changes: Any) -> Fleet:
    defaults = family("postgres17", shared_preload_libraries="pg_stat_statements")
    return fleet_of(instance(**changes), group(cluster_level=False, **settings), defaults)


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (postgres({}), "low"),
        (postgres(LOADED), "clear"),
        (postgres({**LOADED, "pgaudit__log": "none"}), "low"),
        (postgres(LOADED, log_exports=("upgrade",)), "low"),
        (postgres({**LOADED, "shared_preload_libraries": "pgauditlogtofile"}), "low"),
        (postgres({}, tags=TEST), "not applicable"),
        (postgres({}, replica_source="other"), "not applicable"),
        (postgres(LOADED, log_exports=UNSEEN), "not known"),
        (without(postgres({}), "families"), "not known"),
        (without(postgres(LOADED), "parameter_groups"), "not known"),
        (postgres({"shared_preload_libraries": "pgaudit"}), "not known"),
        (fleet_of(mariadb(log_exports=("error",))), "low"),
        (fleet_of(mariadb()), "clear"),
    ],
)
def test_audit_trail_off(fleet: Fleet, answer: str) -> None:
    assert told(AUDIT_TRAIL_OFF, fleet) == answer


def aurora(settings: dict[str, str], **changes: Any) -> Fleet:
    return fleet_of(
        cluster("basket", ("basket-1",), engine="aurora-mysql", parameter_group="basket-aurora8", **changes),
        member("basket-1", "basket", engine="aurora-mysql"),
        group("billing-apg16", "aurora-mysql8.0"),
        group("basket-aurora8", "aurora-mysql8.0", cluster_level=True, **settings),
        family("aurora-mysql8.0", cluster_level=True, server_audit_logging="0"),
        family("aurora-mysql8.0"),
    )


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (aurora({}), "low"),
        (aurora({"server_audit_logging": "1"}), "low"),
        (aurora({"server_audit_logging": "1"}, log_exports=("audit",)), "clear"),
        (aurora({}, activity_stream="started"), "clear"),
        (aurora({}, activity_stream=UNSEEN), "not known"),
        (aurora({"server_audit_logging": "1"}, log_exports=("audit",), activity_stream=UNSEEN), "clear"),
    ],
)
def test_aurora_mysql_logs_and_exports_or_streams(fleet: Fleet, answer: str) -> None:
    assert told(AUDIT_TRAIL_OFF, fleet) == answer


def test_the_repair_keeps_the_libraries_that_are_loaded() -> None:
    found = ask(AUDIT_TRAIL_OFF, postgres({}))
    assert isinstance(found, Problem)
    (call,) = found.repair.calls
    assert call.parameters["Parameters"] == [
        {
            "ParameterName": "shared_preload_libraries",
            "ParameterValue": "pg_stat_statements,pgaudit",
            "ApplyMethod": "pending-reboot",
        }
    ]
