"""The API calls of repairs that no ill fleet brings to light: complete and of AWS's own shape."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from rdsops.advise.rule import Problem, Rule
from rdsops.advise.rules import cost, disk_limits, housekeeping, maintenance, serverless, storage, versions
from rdsops.core.ids import SubnetGroupRef
from rdsops.core.units import GIB
from rdsops.fleet.clusters import ServerlessScaling
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.instances import Maintenance
from rdsops.fleet.neighbours import EngineVersion, SubnetGroup
from rdsops.fleet.series import Window
from rdsops.testing.asking import ask
from rdsops.testing.fleets import ACCOUNT, NOW, REGION, cluster, family, fleet_of, group, instance, member, series

TEST = {"Environment": "test"}
SERVERLESS = member("elastic-1", "elastic", instance_class="db.serverless")
POSTGRES = EngineVersion(engine="postgres", version="17.6", family="postgres17", minor_upgrades=("17.7",))
AURORA = EngineVersion(
    engine="aurora-postgresql",
    version="16.9",
    family="aurora-postgresql16",
    minor_upgrades=("16.10",),
    min_acu=0.0,
)


def elastic(**changes: Any) -> Any:
    return cluster("elastic", ("elastic-1",), scaling=ServerlessScaling(min_acu=0.5, max_acu=16), **changes)


def busy(one: Any, iops: float) -> tuple[Any, ...]:
    return series(one.ref, "ReadIOPS", iops), series(one.ref, "WriteIOPS", 0)


def fleets() -> list[tuple[Rule[Any], Fleet]]:
    full = series(instance().ref, "FreeStorageSpace", 5 * GIB, stat="Minimum", window=Window.FORTNIGHT)
    silent = series(SERVERLESS.ref, "DatabaseConnections", 0, stat="Maximum", window=Window.FORTNIGHT)
    lost = SubnetGroup(ref=SubnetGroupRef(ACCOUNT, REGION, "lost"))
    waiting = (Maintenance(action="db-upgrade", auto_applied_after=NOW + timedelta(days=2)),)
    few, small = instance(iops=20000), instance(storage_type="io1", allocated_storage_gib=100, iops=5000)
    around = (
        group("billing-apg16", "aurora-postgresql16"),
        group("billing-aurora16", "aurora-postgresql16", cluster_level=True, rds__logical_replication="0"),
        family("aurora-postgresql16"),
    )
    one_member = (cluster(members=("billing-1",)), member("billing-1"))
    return [
        (versions.MINOR_BEHIND, fleet_of(instance(), engine_versions=(POSTGRES,))),
        (versions.MINOR_BEHIND, fleet_of(*one_member, engine_versions=(AURORA,))),
        (maintenance.PENDING_MAINTENANCE, fleet_of(instance(maintenance=waiting))),
        (housekeeping.UNUSED_SUBNETS, fleet_of(instance(), subnet_groups=(lost,))),
        (storage.NEARLY_FULL, fleet_of(instance(), full)),
        (storage.GP2, fleet_of(instance(storage_type="gp2", allocated_storage_gib=100))),
        (disk_limits.OVERBOUGHT, fleet_of(few, *busy(few, 100))),
        (disk_limits.OVERBOUGHT, fleet_of(small, *busy(small, 100))),
        (serverless.FLOOR_LOW, fleet_of(elastic(), SERVERLESS)),
        (
            serverless.COULD_PAUSE,
            fleet_of(elastic(tags=TEST), SERVERLESS, *around, silent, engine_versions=(AURORA,)),
        ),
        (cost.TEST_MULTI_AZ, fleet_of(instance(tags=TEST))),
        (cost.TEST_INSIGHTS, fleet_of(instance(tags=TEST, insights_mode="standard"))),
    ]


@pytest.mark.parametrize(
    ("rule", "fleet"), [pytest.param(rule, fleet, id=f"{rule.id}-{n}") for n, (rule, fleet) in enumerate(fleets())]
)
def test_a_call_is_of_awss_own_shape(rule: Rule[Any], fleet: Fleet) -> None:
    found = ask(rule, fleet)
    assert isinstance(found, Problem)
    assert found.repair.calls
    for call in found.repair.calls:
        shape = botocore.session.get_session().get_service_model(call.service).operation_model(call.operation)
        report = ParamValidator().validate(dict(call.parameters), shape.input_shape)
        assert not report.has_errors(), report.generate_report()


def test_a_small_gp3_volume_is_not_told_how_many_iops_it_has() -> None:
    """AWS refuses Iops for gp3 volumes that are too small to be striped; they have 3,000."""
    small = instance(storage_type="io1", allocated_storage_gib=100, iops=5000)
    found = ask(disk_limits.OVERBOUGHT, fleet_of(small, *busy(small, 100)))
    assert isinstance(found, Problem)
    assert "Iops" not in found.repair.calls[0].parameters
