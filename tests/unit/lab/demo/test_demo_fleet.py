"""The demo fleet's control plane: it seeds, it fits the shapes, its engines' addresses and secrets are right."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.asking_rds import Asking, FixedClock

from rdsops.core.ids import Place
from rdsops.lab.cloudwatch.history import History
from rdsops.lab.demo.crowd import seed_fleet
from rdsops.lab.demo.fleet import seed_demo
from rdsops.lab.demo.ground import AWAY, MAIN, SECOND, Neighbours, demo_specs
from rdsops.lab.demo.metrics import Portrait, demo_alarms, portraits
from rdsops.lab.demo.neighbours import Backend, MotoSurroundings, seed_neighbours
from rdsops.lab.demo.planted import PLANTED
from rdsops.lab.engines.spec import EngineSpec, Running
from rdsops.lab.rds.state import RdsState


def running(spec: EngineSpec, number: int) -> Running:
    """What a started engine says of itself; nothing listens there."""
    return Running(
        spec=spec,
        host="127.0.0.1",
        port=42000 + number,
        pid=1000 + number,
        data_dir=Path("/nonexistent") / spec.id,
        version="18.6" if spec.flavour == "postgres" else "10.11.19",
        password=f"secret of {spec.id}",
        admin_user="rdsadmin",
        admin_password="secret of the lab",
    )


ENGINES = {spec.id: running(spec, number) for number, spec in enumerate(demo_specs())}


class Seeded(NamedTuple):
    lab: Asking
    neighbours: Neighbours
    left_out: tuple[str, ...]
    moto: Backend


def demo(engines: Mapping[str, Running]) -> Seeded:
    """A seeded demo over a moto of its own."""
    moto = own_moto()
    neighbours = seed_neighbours(moto, engines)
    state = RdsState(FixedClock(), around=MotoSurroundings(moto))
    left_out = seed_demo(state, engines, neighbours)
    return Seeded(Asking(state), neighbours, left_out, moto)


def own_moto() -> Backend:
    """moto's state is one a process; this is another one, so that tests do not see each other's."""
    own: dict[str, Any] = {}

    def backend(service: str, account: str, region: str) -> Any:
        if service not in own:
            shared = importlib.import_module("moto.backends").get_backend(service)
            own[service] = type(shared)(shared.backend, service)
        return own[service][account][region]

    return backend


@pytest.fixture(scope="module")
def whole() -> Seeded:
    return demo(ENGINES)


def test_writers_come_before_those_that_follow_them() -> None:
    seen: set[str] = set()
    for spec in demo_specs():
        assert spec.follows is None or spec.follows in seen
        seen.add(spec.id)


@pytest.mark.parametrize("place", [MAIN, AWAY, SECOND], ids=str)
def test_every_describe_of_the_seeded_demo_fits_its_shape(whole: Seeded, place: Place) -> None:
    lab = whole.lab
    for operation in sorted(one for one in lab.service.answers if one.startswith("Describe")):
        if not _needs(operation):
            lab.ask(operation, account=place.account, region=place.region)
    for proxy in lab.ask("DescribeDBProxies", account=place.account, region=place.region)["DBProxies"]:
        for operation in ("DescribeDBProxyTargets", "DescribeDBProxyTargetGroups"):
            lab.ask(operation, account=place.account, region=place.region, DBProxyName=proxy["DBProxyName"])


def _needs(operation: str) -> bool:
    from rdsops.lab.endpoint.models import operation_model

    shape = operation_model("rds", operation).input_shape  # type: ignore[union-attr]  # botocore has rds
    return bool(shape is not None and shape.required_members)


def test_engines_are_found_at_their_address_and_the_rest_is_tagged_metadata_only(
    whole: Seeded,
) -> None:
    lab, left_out = whole.lab, whole.left_out
    assert left_out == ()
    for one in lab.all_of("DescribeDBInstances", "DBInstances"):
        engine = ENGINES.get(one["DBInstanceIdentifier"])
        tags = {tag["Key"]: tag["Value"] for tag in one["TagList"]}
        if engine is None:
            assert tags["rdsops:lab"] == "metadata-only"
        else:
            assert (one["Endpoint"]["Address"], one["Endpoint"]["Port"]) == (engine.host, engine.port)
            assert one["EngineVersion"] == engine.version
            assert "rdsops:lab" not in tags
    assert set(ENGINES) <= {
        one["DBInstanceIdentifier"] for one in lab.ask("DescribeDBInstances", region=MAIN.region)["DBInstances"]
    }


def test_each_master_secret_lies_in_the_labs_secrets_manager_and_opens_its_engine(
    whole: Seeded,
) -> None:
    lab = whole.lab
    kept = whole.moto("secretsmanager", MAIN.account, MAIN.region)
    owners = (
        lab.ask("DescribeDBClusters", region=MAIN.region)["DBClusters"]
        + lab.ask("DescribeDBInstances", region=MAIN.region)["DBInstances"]
    )
    opened = {}
    for one in owners:
        if "MasterUserSecret" in one and ":us-east-1:" in one.get("DBClusterArn", one.get("DBInstanceArn")):
            text = json.loads(kept.get_secret_value(one["MasterUserSecret"]["SecretArn"], None, None)["SecretString"])
            assert text["username"] == one["MasterUsername"]
            if "host" in text:
                opened[one.get("DBInstanceIdentifier", one.get("DBClusterIdentifier"))] = text
    assert set(opened) == {"billing", "orders", "shop", "shop-replica"}
    assert opened["orders"]["password"] == ENGINES["orders"].password
    assert opened["orders"]["port"] == ENGINES["orders"].port
    assert opened["billing"]["engine"] == "postgres" and opened["shop"]["engine"] == "mariadb"


def test_no_password_of_an_engine_is_told_by_any_describe(whole: Seeded) -> None:
    lab = whole.lab
    told = ""
    for operation in lab.service.answers:
        if operation.startswith("Describe") and not _needs(operation):
            told += repr(lab.ask(operation, region=MAIN.region))
    assert "secret of" not in told and "not-a-password" not in told


def test_without_mariadb_the_pair_is_left_out_with_a_note() -> None:
    lab, _, left_out, _ = demo({name: one for name, one in ENGINES.items() if one.spec.flavour == "postgres"})
    assert left_out == ("shop, shop-replica: no MariaDB runs",)
    names = {one["DBInstanceIdentifier"] for one in lab.ask("DescribeDBInstances", region=MAIN.region)["DBInstances"]}
    assert "shop" not in names and "orders" in names


def test_without_any_engine_the_metadata_stands_alone() -> None:
    lab, _, left_out, _ = demo({})
    assert len(left_out) == 3
    names = {one["DBInstanceIdentifier"] for one in lab.ask("DescribeDBInstances", region=MAIN.region)["DBInstances"]}
    assert names >= {"legacy-crm", "reports", "ledger-1"} and not names & set(ENGINES)


def test_each_planted_subject_exists(whole: Seeded) -> None:
    lab = whole.lab
    for one in PLANTED:
        region = lab.state.region(one.place)
        stores = (region.instances, region.clusters, region.proxies, region.snapshots)
        assert one.subject == "" or any(one.subject in store for store in stores), one


def test_each_planted_rule_is_a_rule_of_the_book() -> None:
    from rdsops.advise.book import RULES

    assert {one.rule for one in PLANTED} <= {rule.id for rule in RULES}


def test_orders_is_reachable_from_anywhere_and_billing_is_not(
    whole: Seeded,
) -> None:
    lab, neighbours = whole.lab, whole.neighbours
    ground = neighbours.grounds[MAIN]
    ec2 = whole.moto("ec2", MAIN.account, MAIN.region)

    def sources(group: str) -> set[str]:
        return {rule.ip_range["CidrIp"] for rule in ec2.groups[ground.vpc][group].ingress_rules}

    (orders,) = lab.ask("DescribeDBInstances", region=MAIN.region, DBInstanceIdentifier="orders")["DBInstances"]
    (billing,) = lab.ask("DescribeDBClusters", region=MAIN.region, DBClusterIdentifier="billing")["DBClusters"]
    assert orders["PubliclyAccessible"]
    assert sources(orders["VpcSecurityGroups"][0]["VpcSecurityGroupId"]) == {"0.0.0.0/0"}
    assert sources(billing["VpcSecurityGroups"][0]["VpcSecurityGroupId"]) == {"10.20.0.0/16"}
    subnet = orders["DBSubnetGroup"]["Subnets"][0]["SubnetIdentifier"]
    routes = [
        table for table in ec2.route_tables.values() if any(one.get("SubnetId") == subnet for one in table.associations)
    ]
    assert [route.gateway.id for table in routes for route in table.routes if route.gateway]


def test_the_global_database_spans_two_regions_with_one_writer(
    whole: Seeded,
) -> None:
    (world,) = whole.lab.ask("DescribeGlobalClusters", region=AWAY.region)["GlobalClusters"]
    assert [(one["IsWriter"], one["DBClusterArn"].split(":")[3]) for one in world["GlobalClusterMembers"]] == [
        (True, MAIN.region),
        (False, AWAY.region),
    ]


def test_every_running_database_has_a_portrait_and_the_stopped_one_has_none(
    whole: Seeded,
) -> None:
    lab = whole.lab
    drawn: dict[str, Portrait] = {one.name: one for one in portraits(lab.state)}
    names = {
        one["DBInstanceIdentifier"] for one in lab.all_of("DescribeDBInstances", "DBInstances", region=MAIN.region)
    }
    assert names - set(drawn) == {"loadtest"}
    assert {"billing", "ledger-eu", "orders-proxy", "payroll"} <= set(drawn)


def metric(drawn: Portrait, name: str, days: int) -> list[float]:
    """Hourly means of a portrait's metric over the days before the clock's now."""
    now = int(FixedClock().now().timestamp())
    history = History.until(now, drawn.seed, drawn.profile)
    start = now - days * 86400
    return [one.total / one.count for one in history.buckets(name, start, now, 3600, raw=False)]


def test_the_peculiar_ones_show_in_their_metrics(whole: Seeded) -> None:
    drawn = {one.name: one for one in portraits(whole.lab.state)}
    assert max(metric(drawn["sandbox"], "DatabaseConnections", 14)) == 0
    free = metric(drawn["orders"], "FreeStorageSpace", 14)
    left_gib, lost_a_day = free[-1] / 1024**3, (free[0] - free[-1]) / 1024**3 / 14
    assert 6 < left_gib < 10 and lost_a_day > 1.5
    assert max(metric(drawn["sessions"], "DatabaseConnections", 7)) >= 0.8 * 120
    assert metric(drawn["sessions"], "CPUCreditBalance", 1)[-1] < 50
    assert max(metric(drawn["reports"], "CPUUtilization", 7)) < 15


def test_alarms_are_as_cloudwatch_takes_them(whole: Seeded) -> None:
    from botocore.validate import ParamValidator

    from rdsops.lab.endpoint.models import operation_model

    shape = operation_model("cloudwatch", "PutMetricAlarm").input_shape  # type: ignore[union-attr]  # botocore has it
    alarms = demo_alarms(whole.neighbours)
    for _, asked in alarms:
        assert not ParamValidator().validate(asked, shape).has_errors()
    assert [asked["AlarmName"] for _, asked in alarms if not asked["AlarmActions"]] == ["orders storage"]


def test_a_fleet_of_any_size_is_the_same_for_the_same_number() -> None:
    first, second, other = Asking(), Asking(), Asking()
    seed_fleet(first.state, 200, seed=7)
    seed_fleet(second.state, 200, seed=7)
    seed_fleet(other.state, 200, seed=8)
    lists = [one.all_of("DescribeDBInstances", "DBInstances", region=MAIN.region) for one in (first, second, other)]
    assert lists[0] == lists[1] != lists[2]
    assert len(lists[0]) == 200
    assert sum("DBClusterIdentifier" in one for one in lists[0]) == 60
    assert len(first.all_of("DescribeDBClusters", "DBClusters", region=MAIN.region)) == 20
    assert len(first.all_of("DescribeDBSnapshots", "DBSnapshots", region=MAIN.region, SnapshotType="manual")) == 40
    custom = [one for one in lists[0] if not one["DBParameterGroups"][0]["DBParameterGroupName"].startswith("default.")]
    assert 15 <= len(custom) <= 45


def test_a_fleet_spreads_over_places() -> None:
    lab = Asking()
    seed_fleet(lab.state, 100, places=(MAIN, AWAY, SECOND))
    counts = [len(lab.all_of("DescribeDBInstances", "DBInstances", account=p.account, region=p.region))
              for p in (MAIN, AWAY, SECOND)]  # fmt: skip
    assert sum(counts) == 100 and min(counts) > 20
