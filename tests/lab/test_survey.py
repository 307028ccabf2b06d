"""A survey against an endpoint that answers, refuses, breaks and lies: what was seen stays, what was not is one gap."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from rdsops.app.facts import packaged_facts
from rdsops.app.iam import ReviewAccess, review_policy
from rdsops.aws.errors import Denied, Failed, NoCredentials
from rdsops.aws.rds_token import rds_token
from rdsops.aws.secrets import read_secret
from rdsops.collect import operations as ops
from rdsops.collect.operations import OPERATIONS, Need, Operation
from rdsops.collect.places import enabled_places
from rdsops.collect.survey import SurveyRequest, survey
from rdsops.core.errors import Unseen, UsageError
from rdsops.core.ids import ClusterRef, GlobalRef, InstanceRef, Place
from rdsops.fleet.codec import encode
from rdsops.fleet.fleet import Fleet, Region
from rdsops.fleet.gaps import Cause, Gap
from rdsops.fleet.series import Window
from rdsops.lab.endpoint.faults import Fault, Kind
from rdsops.lab.endpoint.server import Endpoint
from tests.lab.surveyed import (
    ACCOUNT,
    HERE,
    NOW,
    SUBNET_GROUP,
    World,
    cluster,
    door_to,
    fleet_of_size,
    instance,
    serving,
    snapshot,
)

NOT_EMULATED_HERE = "backup:ListProtectedResources"
CLASSES = packaged_facts().classes


def small() -> World:
    """Eleven instances of which three are in a cluster; a busy one, manual snapshots of both kinds."""
    world = fleet_of_size(11, manual_snapshots=2)
    world.cluster_snapshots = [
        {
            **{key: value for key, value in snapshot("c-1", "x").items() if key not in ("Encrypted",)},
            "DBClusterSnapshotIdentifier": "c-1",
            "DBClusterIdentifier": "aurora-000",
            "Engine": "aurora-postgresql",
            "StorageEncrypted": True,
        }
    ]
    for row in world.cluster_snapshots:
        del row["DBSnapshotIdentifier"], row["DBInstanceIdentifier"]
    busy = ("db-0000", "aurora-000-1")
    world.metric = lambda query: 5.0 if query["Dimensions"][0]["Value"] in busy else 1.0
    return world


@pytest.fixture(scope="module")
def world() -> World:
    return small()


@pytest.fixture(scope="module")
def endpoint(world: World) -> Iterator[Endpoint]:
    with serving(world) as served:
        yield served


@pytest.fixture
def healed(endpoint: Endpoint) -> Iterator[Endpoint]:
    endpoint.gate.forget_calls()
    yield endpoint
    endpoint.gate.heal()
    endpoint.gate.permit_all()


def taken(endpoint: Endpoint, patch: pytest.MonkeyPatch, *places: Place, attempts: int = 1, **changes: Any) -> Fleet:
    request = SurveyRequest(now=NOW, classes=CLASSES, **changes)
    return survey(door_to(endpoint, patch, attempts=attempts), places or (HERE,), request)


def gaps_of(fleet: Fleet) -> list[Gap]:
    """All but the one for what this endpoint does not emulate."""
    return [gap for gap in fleet.gaps if gap.asked != NOT_EMULATED_HERE]


def only_region(fleet: Fleet) -> Region:
    (region,) = fleet.regions
    return region


@pytest.fixture(scope="module")
def whole(endpoint: Endpoint) -> Fleet:
    with pytest.MonkeyPatch.context() as patch:
        return taken(endpoint, patch)


def test_everything_is_seen_and_complete(whole: Fleet) -> None:
    region = only_region(whole)
    incomplete = {name for name in Region.__struct_fields__[1:] if not getattr(region, name).complete}
    assert incomplete == {"protected_by_backup"}
    assert gaps_of(whole) == []
    assert len(region.instances.all) == 11
    assert region.instances.items[0].maintenance == ()
    assert region.clusters.items[0].custom_endpoints == ()
    assert region.proxies.items[0].pool.borrow_timeout_s == 30
    assert region.proxies.items[0].targets[0].health == "AVAILABLE"
    assert region.keys.items[0].state == "Enabled"
    assert region.certificates.items[0].is_default
    assert [each.shared_with for each in region.snapshots.items] == [("all",), ("all",)]
    assert region.cluster_snapshots.items[0].shared_with == ()
    assert {load.instance.name for load in region.loads.items} == {"db-0000", "aurora-000-1"}
    assert list(region.loads.items[0].by_wait.items()) == [("CPU", 7.0), ("Lock:tuple", 2.5)]


def test_parameters_are_read_of_groups_in_use_and_defaults_of_their_families(whole: Fleet) -> None:
    region = only_region(whole)
    groups = {group.ref.name: group for group in region.parameter_groups.items}
    assert set(groups) == {"orders-pg17", "unused-pg17", "default.aurora-postgresql16"}
    assert groups["orders-pg17"].set_by_user[0].name == "work_mem"
    assert not groups["unused-pg17"].has_seen("set_by_user")
    assert groups["default.aurora-postgresql16"].set_by_user == ()
    families = {(family.name, family.cluster_level): family for family in region.families.items}
    assert set(families) == {
        ("postgres17", False),
        ("aurora-postgresql16", False),
        ("aurora-postgresql16", True),
    }
    assert len(families["aurora-postgresql16", True].defaults) == 251
    assert [one.name for one in families["postgres17", False].defaults] == ["rds.force_ssl"]


def test_where_aws_does_not_filter_parameters_the_whole_family_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    world = fleet_of_size(3, manual_snapshots=0)
    world.filters_parameters = False
    with serving(world) as endpoint:
        fleet = taken(endpoint, monkeypatch, windows=())
    (family,) = only_region(fleet).families.all
    assert len(family.defaults) == 251
    assert [gap.asked for gap in gaps_of(fleet)] == ["cloudwatch:GetMetricData"]


def test_no_literal_of_a_statement_gets_into_a_snapshot(whole: Fleet) -> None:
    top = only_region(whole).loads.items[0].top
    assert [(row.digest, row.text) for row in top] == [("F00D", "alter user joe password ?")]
    assert b"hunter2" not in encode(whole)


def test_the_calls_in_the_snapshot_are_those_the_endpoint_saw(
    healed: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = taken(healed, monkeypatch)
    assert {each.operation: each.count for each in fleet.calls} == healed.gate.calls_by_action()


def test_retries_are_counted_too(healed: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    healed.gate.break_with(Fault(kind=Kind.ERROR, operations="rds:DescribeCertificates", times=1))
    fleet = taken(healed, monkeypatch, attempts=3)
    assert gaps_of(fleet) == []
    assert {each.operation: each.count for each in fleet.calls}["rds:DescribeCertificates"] == 2


ASKED_HERE = [
    operation
    for operation in OPERATIONS
    if operation.need in (Need.ALWAYS, Need.SNAPSHOT_ATTRIBUTES, Need.PERFORMANCE_INSIGHTS)
    and operation not in (ops.CALLER, ops.PROTECTED)
]
MEASURED = {"instances", "clusters", "proxies", "series"}
PARENTS = MEASURED | {"parameter_groups", "cluster_parameter_groups", "subnet_groups", "snapshots", "cluster_snapshots"}
"""Lists that tell what to ask further; what hangs on them is then incomplete too."""
WAYS = [(operation, Kind.DENY) for operation in ASKED_HERE] + [
    (operation, kind)
    for operation in (ops.INSTANCES, ops.SNAPSHOT_ATTRIBUTES, ops.VPCS, ops.KEYS, ops.ALARMS, ops.METRICS, ops.LOADS)
    for kind in (Kind.THROTTLE, Kind.ERROR, Kind.GARBLE)
]


@pytest.mark.parametrize(("operation", "kind"), WAYS, ids=[f"{kind} {each.action}" for each, kind in WAYS])
def test_an_operation_without_an_answer_is_one_gap_and_nothing_else_changes(
    healed: Endpoint, monkeypatch: pytest.MonkeyPatch, whole: Fleet, operation: Operation, kind: Kind
) -> None:
    healed.gate.break_with(Fault(kind=kind, operations=operation.action))
    fleet = taken(healed, monkeypatch)
    (gap,) = gaps_of(fleet)
    assert gap.asked == operation.action
    assert (gap.account, gap.region) == (ACCOUNT, HERE.region)
    assert gap.cause is {Kind.DENY: Cause.DENIED, Kind.THROTTLE: Cause.THROTTLED}.get(kind, Cause.FAILED)
    if kind is Kind.DENY:
        assert gap.remedy == f"allow {operation.action}"
    before, after = only_region(whole), only_region(fleet)
    brought = {name.split(".")[0] for name in operation.brings}
    for name in Region.__struct_fields__[1:]:
        was, now = getattr(before, name), getattr(after, name)
        if name in brought:
            assert now != was, f"{name} is the same without {operation.action}"
        if now != was:
            assert name in brought or brought & PARENTS, f"{name} changed"
            assert not now.complete or shows_less(was.items, now.items), f"{name} is another answer"
    if not brought & MEASURED:
        assert fleet.series == whole.series


def shows_less(was: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    """Whether the same things are told, with fields unseen that were seen, and no other difference."""
    for before, after in zip(was, now, strict=True):
        for field in type(after).__struct_fields__:
            if after.has_seen(field) and getattr(after, field) != getattr(before, field):
                return False
    return True


def test_refused_family_defaults_are_unseen_by_their_own_name(
    healed: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    healed.gate.break_with(Fault(kind=Kind.DENY, operations=ops.CLUSTER_FAMILY_DEFAULTS.action))
    families = only_region(taken(healed, monkeypatch)).families.items
    seen = {family.cluster_level: family.has_seen("defaults") for family in families}
    assert seen == {False: True, True: False}
    hidden = next(family for family in families if family.cluster_level)
    with pytest.raises(Unseen) as unseen:
        _ = hidden.defaults
    assert unseen.value.asked == ops.CLUSTER_FAMILY_DEFAULTS.action


def test_a_denied_question_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = fleet_of_size(3, manual_snapshots=60)
    with serving(world) as endpoint:
        endpoint.gate.break_with(Fault(kind=Kind.DENY, operations="rds:DescribeDBSnapshotAttributes"))
        fleet = taken(endpoint, monkeypatch, attempts=4, threads=2)
        asked = endpoint.gate.calls_by_action()["rds:DescribeDBSnapshotAttributes"]
    assert asked <= 2, "one a thread that was under way"
    (gap,) = gaps_of(fleet)
    assert gap.cause is Cause.DENIED


def test_pages_that_break_keep_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    world = fleet_of_size(250, manual_snapshots=0)
    with serving(world) as endpoint:
        endpoint.gate.break_with(Fault(kind=Kind.ERROR, operations="rds:DescribeDBInstances", pages_only=True))
        fleet = taken(endpoint, monkeypatch, windows=())
    instances = only_region(fleet).instances
    assert len(instances.items) == 100
    assert not instances.complete
    with pytest.raises(Unseen, match="rds:DescribeDBInstances"):
        _ = instances.all
    assert [gap.asked for gap in gaps_of(fleet) if gap.cause is Cause.FAILED] == ["rds:DescribeDBInstances"]
    assert only_region(fleet).engine_versions.asked == "rds:DescribeDBInstances"


@pytest.mark.parametrize("kind", [Kind.CUT, Kind.HALF])
def test_a_line_that_breaks_is_a_gap(healed: Endpoint, monkeypatch: pytest.MonkeyPatch, kind: Kind) -> None:
    healed.gate.break_with(Fault(kind=kind, operations="rds:DescribeDBSnapshots"))
    (gap,) = gaps_of(taken(healed, monkeypatch, windows=()))[:1]
    assert (gap.asked, gap.cause) == ("cloudwatch:GetMetricData", Cause.NOT_ASKED)
    (gap,) = [gap for gap in gaps_of(taken(healed, monkeypatch)) if gap.cause is not Cause.NOT_ASKED]
    assert (gap.asked, gap.cause) == ("rds:DescribeDBSnapshots", Cause.FAILED)


def test_what_is_switched_off_is_a_gap_that_says_so(healed: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = taken(healed, monkeypatch, snapshot_attributes=False, pi=False)
    assert {(gap.asked, gap.cause) for gap in gaps_of(fleet)} == {
        ("rds:DescribeDBSnapshotAttributes", Cause.NOT_ASKED),
        ("rds:DescribeDBClusterSnapshotAttributes", Cause.NOT_ASKED),
        ("pi:DescribeDimensionKeys", Cause.NOT_ASKED),
    }
    without = taken(healed, monkeypatch, windows=())
    assert [(gap.asked, gap.cause) for gap in gaps_of(without)] == [("cloudwatch:GetMetricData", Cause.NOT_ASKED)]
    assert without.series == ()
    assert not only_region(without).loads.complete


def test_the_calls_stay_inside_the_policy_that_is_printed(healed: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = review_policy(ReviewAccess())
    healed.gate.permit(f"arn:aws:iam::{ACCOUNT}:user/admin", json.loads(json.dumps(policy)))
    fleet = taken(healed, monkeypatch)
    assert [gap for gap in fleet.gaps if gap.cause is Cause.DENIED] == []
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert {call.operation for call in fleet.calls} <= allowed


def test_without_the_permission_for_snapshot_attributes_that_is_the_gap(
    healed: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = review_policy(ReviewAccess(snapshot_attributes=False, performance_insights=False))
    healed.gate.permit(f"arn:aws:iam::{ACCOUNT}:user/admin", policy)
    denied = {gap.asked for gap in taken(healed, monkeypatch).gaps if gap.cause is Cause.DENIED}
    assert denied == {
        "rds:DescribeDBSnapshotAttributes",
        "rds:DescribeDBClusterSnapshotAttributes",
        "pi:DescribeDimensionKeys",
    }


def test_metrics_without_points_are_no_series(monkeypatch: pytest.MonkeyPatch) -> None:
    world = fleet_of_size(4, manual_snapshots=0)
    world.metric = lambda query: None if query["MetricName"] == "SwapUsage" else 0.0
    with serving(world) as endpoint:
        fleet = taken(endpoint, monkeypatch)
    metrics = {one.metric for one in fleet.series}
    assert "SwapUsage" not in metrics
    assert "CPUUtilization" in metrics
    cpu = next(one for one in fleet.series if one.metric == "CPUUtilization" and one.window is Window.WEEK)
    assert (len(cpu.values), cpu.coverage_ratio, cpu.unit) == (168, 1.0, "Percent")
    assert cpu.start == NOW.replace(minute=0, second=0) - timedelta(days=7)
    assert gaps_of(fleet) == []


def test_a_metric_that_cloudwatch_refuses_does_not_lose_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    world = fleet_of_size(4, manual_snapshots=0)
    with serving(world) as endpoint:
        every = taken(endpoint, monkeypatch).series
        world.refused_metric = "SwapUsage"
        fleet = taken(endpoint, monkeypatch)
    assert {one.metric for one in every} - {one.metric for one in fleet.series} == {"SwapUsage"}
    (gap,) = gaps_of(fleet)
    assert (gap.asked, gap.cause) == ("cloudwatch:SwapUsage", Cause.FAILED)
    assert len(fleet.series) == len([one for one in every if one.metric != "SwapUsage"])


def test_half_a_series_is_a_gap_of_its_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    world = fleet_of_size(4, manual_snapshots=0)
    world.metric_status = lambda metric: "InternalError" if metric["MetricName"] == "ReadIOPS" else "Complete"
    with serving(world) as endpoint:
        fleet = taken(endpoint, monkeypatch)
    assert [gap.asked for gap in gaps_of(fleet)] == ["cloudwatch:ReadIOPS"]
    assert "ReadIOPS" not in {one.metric for one in fleet.series}
    assert "WriteIOPS" in {one.metric for one in fleet.series}


def test_performance_insights_is_asked_where_load_exceeds_vcpus_only(monkeypatch: pytest.MonkeyPatch) -> None:
    world = fleet_of_size(4, manual_snapshots=0)

    def load(query: dict[str, Any]) -> float:
        busy = query["Dimensions"][0]["Value"] == "db-0001"
        return 2.5 if busy and query["MetricName"] == "DBLoad" else 2.0

    world.metric = load
    with serving(world) as endpoint:
        fleet = taken(endpoint, monkeypatch)
        asked = endpoint.gate.calls_by_action()["pi:DescribeDimensionKeys"]
    assert [each.instance.name for each in only_region(fleet).loads.all] == ["db-0001"]
    assert asked == 2


def test_other_engines_are_told_and_their_groups_are_not_called_unused(monkeypatch: pytest.MonkeyPatch) -> None:
    world = fleet_of_size(3, manual_snapshots=0)
    theirs: dict[str, Any] = {**SUBNET_GROUP, "DBSubnetGroupName": "documents"}
    world.instances += [
        instance("docs", Engine="docdb", DBSubnetGroup={"DBSubnetGroupName": "documents", "VpcId": "vpc-main"}),
        instance("erp", Engine="oracle-ee"),
    ]
    world.subnet_groups = [SUBNET_GROUP, theirs, {**SUBNET_GROUP, "DBSubnetGroupName": "unused"}]
    with serving(world) as endpoint:
        fleet = taken(endpoint, monkeypatch)
    region = only_region(fleet)
    assert len(region.instances.all) == 3
    assert {group.ref.name for group in region.subnet_groups.all} == {"private", "unused"}
    (gap,) = gaps_of(fleet)
    assert (gap.asked, gap.cause) == ("rds:other-engines", Cause.UNSUPPORTED)
    assert "1 oracle-ee" in gap.detail
    assert "docdb" not in gap.detail


def test_maintenance_is_joined_to_its_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    world = fleet_of_size(3, manual_snapshots=0)
    world.maintenance = [
        {
            "ResourceIdentifier": f"arn:aws:rds:eu-west-1:{ACCOUNT}:db:db-0001",
            "PendingMaintenanceActionDetails": [{"Action": "os-upgrade"}],
        },
        {"ResourceIdentifier": f"arn:aws:rds:eu-west-1:{ACCOUNT}:og:something", "PendingMaintenanceActionDetails": []},
    ]
    with serving(world) as endpoint:
        fleet = taken(endpoint, monkeypatch, windows=())
    pending = {each.ref.name: [one.action for one in each.maintenance] for each in only_region(fleet).instances.items}
    assert pending == {"db-0000": [], "db-0001": ["os-upgrade"], "db-0002": []}


def test_a_global_cluster_of_two_regions_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Place(ACCOUNT, "eu-central-1")
    world = World(clusters=[cluster("world-1")])
    world.globals = [
        {
            "GlobalClusterIdentifier": "world",
            "Engine": "aurora-postgresql",
            "GlobalClusterMembers": [
                {"DBClusterArn": ClusterRef(ACCOUNT, "eu-west-1", "world-1").arn, "IsWriter": True},
                {"DBClusterArn": ClusterRef(ACCOUNT, "eu-central-1", "world-1").arn, "IsWriter": False},
            ],
        }
    ]
    with serving(world) as endpoint:
        fleet = taken(endpoint, monkeypatch, HERE, there)
    assert [each.ref for each in fleet.global_clusters.all] == [GlobalRef(ACCOUNT, "world")]
    assert [region.place for region in fleet.regions] == [there, HERE]
    lag = [one.subject for one in fleet.series if one.metric == "AuroraGlobalDBReplicationLag"]
    assert set(lag) == {ClusterRef(ACCOUNT, "eu-central-1", "world-1")}
    assert len(lag) == 3, "one a statistic, though asked under two sets of dimensions"


def test_one_region_that_refuses_leaves_the_others_whole(healed: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    there = Place(ACCOUNT, "us-east-1")
    healed.gate.break_with(Fault(kind=Kind.DENY, operations="rds:*", region="us-east-1"))
    fleet = taken(healed, monkeypatch, HERE, there)
    whole, refused = fleet.regions
    assert whole.place == HERE
    assert len(whole.instances.all) == 11
    assert not refused.instances.complete
    assert {gap.region for gap in gaps_of(fleet)} == {"us-east-1"}
    assert not fleet.global_clusters.complete


def test_a_further_account_is_asked_through_its_role(healed: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "444455556666"
    role = healed.accounts.add_role(other, "reader", trusts=(ACCOUNT,), external_id="letter")
    door = door_to(healed, monkeypatch)
    assert door.enter(role.arn, external_id="letter") == other
    fleet = survey(door, [HERE, Place(other, "eu-west-1")], SurveyRequest(now=NOW, windows=()))
    assert [region.place.account for region in fleet.regions] == [ACCOUNT, other]
    principals = {(call.account, call.principal) for call in healed.gate.calls()}
    assert any(account == other and "assumed-role/reader" in principal for account, principal in principals)
    assert not any(account == other and "user/admin" in principal for account, principal in principals)
    assert {each.operation: each.count for each in fleet.calls}["sts:AssumeRole"] == 1


def test_a_role_that_does_not_let_us_in_says_so(healed: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    role = healed.accounts.add_role("444455556666", "closed", trusts=("777788889999",))
    with pytest.raises(Denied):
        door_to(healed, monkeypatch).enter(role.arn)
    with pytest.raises(UsageError, match="not the ARN of a role"):
        door_to(healed, monkeypatch).enter("arn:aws:iam::444455556666:user/me")


def test_an_account_without_a_way_in_is_refused_before_anything_is_asked(
    healed: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="no way into account 777788889999"):
        taken(healed, monkeypatch, Place("777788889999", "eu-west-1"))
    assert set(healed.gate.calls_by_action()) == {"sts:GetCallerIdentity"}


def test_nobody_is_told_that_credentials_are_missing(healed: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    door = door_to(healed, monkeypatch)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(NoCredentials) as missing:
        door.caller()
    assert missing.value.hint is not None
    assert "AWS_ACCESS_KEY_ID" in missing.value.hint


def test_a_key_that_aws_does_not_know_says_so_without_showing_it(
    healed: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = door_to(healed, monkeypatch)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    with pytest.raises(NoCredentials) as refused:
        door.caller()
    assert "AKIA" not in str(refused.value)


def test_an_endpoint_that_is_not_there_is_named_as_the_reason(
    healed: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = door_to(healed, monkeypatch)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(Failed, match="EndpointConnectionError") as failed:
        door.caller()
    assert failed.value.hint is not None
    assert "AWS_ENDPOINT_URL" in failed.value.hint


def test_the_regions_of_an_account_are_looked_up(healed: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    places = enabled_places(door_to(healed, monkeypatch), ACCOUNT)
    assert Place(ACCOUNT, "eu-west-1") in places
    assert list(places) == sorted(places)


def test_a_secret_is_read_and_never_shown(healed: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    door = door_to(healed, monkeypatch)
    arn = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:rds!orders-AbCdEf"
    secret = read_secret(door, arn, HERE)
    assert json.loads(secret.reveal())["password"] == "s3cret pass"
    assert "s3cret" not in repr(secret) + f"{secret}"
    token = rds_token(door, HERE, "orders.abc.eu-west-1.rds.amazonaws.com", 5432, "reviewer")
    assert "X-Amz-Signature=" in token.reveal()
    assert "X-Amz" not in repr(token)


def test_sql_joins_the_fleet_through_a_seam(healed: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    shut = Gap(asked="sql:connect", account=ACCOUNT, cause=Cause.NOT_CONNECTED, detail="no credentials", seen_at=NOW)
    asked: list[Fleet] = []

    def inside(fleet: Fleet, door: object) -> tuple[tuple[()], tuple[()], tuple[Gap, ...]]:
        asked.append(fleet)
        return (), (), (shut,)

    request = SurveyRequest(now=NOW, windows=())
    fleet = survey(door_to(healed, monkeypatch), [HERE], request, None, inside)
    assert fleet.gaps[-1] == shut
    assert len(only_region(asked[0]).instances.all) == 11
    off = msgspec.structs.replace(fleet)
    assert off.sql_asked
    without = survey(door_to(healed, monkeypatch), [HERE], SurveyRequest(now=NOW, windows=(), sql=False), None, inside)
    assert not without.sql_asked
    assert len(asked) == 1


def test_progress_is_told_line_by_line(healed: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    survey(door_to(healed, monkeypatch), [HERE], SurveyRequest(now=NOW), lines.append)
    assert f"{HERE} rds:DescribeDBInstances: 11" in lines


def test_few_calls_for_two_hundred_instances(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ceilings: 60 for the core and 120 with 40 manual snapshots' attributes; nothing is asked once an instance."""
    world = fleet_of_size(200)
    with serving(world) as endpoint:
        fleet = taken(endpoint, monkeypatch)
    calls = {each.operation: each.count for each in fleet.calls}
    attributes = calls.pop("rds:DescribeDBSnapshotAttributes")
    assert attributes == 40
    core = ("Instances", "Clusters", "Parameter", "MetricData", "EngineDefault")
    assert sum(count for name, count in calls.items() if any(word in name for word in core)) < 40
    assert sum(calls.values()) < 60
    assert calls["cloudwatch:GetMetricData"] <= 14
    assert InstanceRef(ACCOUNT, "eu-west-1", "db-0139") in {each.ref for each in only_region(fleet).instances.all}
