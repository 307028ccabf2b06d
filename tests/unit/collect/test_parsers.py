"""Parsers tell a value, none and unseen apart, and no odd value stops them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.lab import surveyed

from rdsops.collect import parse_account, parse_backups, parse_clusters, parse_groups, parse_network, parse_proxies
from rdsops.collect.fields import Fields, Malformed, Troubles
from rdsops.collect.parse_instances import Foreign, instance, maintenance
from rdsops.core.errors import Unseen
from rdsops.core.ids import ClusterRef
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.codec import decode, encode
from rdsops.fleet.instances import Instance
from rdsops.testing.fleets import fleet_of

PLACE = surveyed.HERE
AT = datetime(2026, 11, 1, tzinfo=UTC)


def parsed(answer: dict[str, Any]) -> tuple[Instance, list[str]]:
    troubles = Troubles()
    found = instance(Fields(answer, troubles), PLACE)
    assert isinstance(found, Instance)
    return found, troubles.told


def parsed_cluster(answer: dict[str, Any]) -> Cluster:
    found = parse_clusters.cluster(Fields(answer, Troubles()), PLACE)
    assert isinstance(found, Cluster)
    return found


def seen(thing: Any) -> set[str]:
    return {field.name for field in msgspec.structs.fields(type(thing)) if thing.has_seen(field.name)}


def test_a_full_instance_shows_every_field_but_those_joined_later() -> None:
    found, troubles = parsed(surveyed.instance("orders", AutomaticRestartTime=None, PendingModifiedValues={}))
    assert {field.name for field in msgspec.structs.fields(Instance)} - seen(found) == {"maintenance"}
    assert troubles == []
    assert found.port == 5432
    assert found.tags == {"Environment": "production"}
    assert found.log_exports == ("postgresql", "upgrade")
    assert found.automatic_restart_at is None
    assert found.pending_changes == ()


def test_a_full_cluster_shows_every_field_but_those_joined_later() -> None:
    found = parsed_cluster(surveyed.cluster("billing"))
    absent = {field.name for field in msgspec.structs.fields(Cluster)} - seen(found)
    assert absent == {"maintenance", "custom_endpoints"}
    assert [member.is_writer for member in found.members] == [True, False, False]
    assert found.scaling is not None
    assert found.scaling.seconds_until_auto_pause is None


def test_a_bare_instance_shows_what_absence_means_and_nothing_more() -> None:
    """As an endpoint answers that knows four fields: none of the others may pass for an answer."""
    found, troubles = parsed(
        {
            "DBInstanceIdentifier": "bare",
            "Engine": "postgres",
            "EngineVersion": "17.6",
            "DBInstanceClass": "db.r7g.large",
        }
    )
    assert troubles == []
    assert seen(found) == {
        "ref",
        "engine",
        "engine_version",
        "instance_class",
        "cluster",
        # absence means none:
        "database_name",
        "replica_source",
        "promotion_tier",
        "max_allocated_storage_gib",
        "master_secret",
        "backup_window",
        "maintenance_window",
        "pending_changes",
        "backup_replications",
        "log_exports",
    }
    with pytest.raises(Unseen, match=r"Instance\.multi_az.*rds:DescribeDBInstances"):
        _ = found.multi_az


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"StorageEncrypted": False, "KmsKeyId": None}, "kms_key", None),
        ({"StorageType": "gp2", "Iops": None}, "iops", None),
        ({"StorageType": "gp2", "StorageThroughput": 0}, "storage_throughput_mibps", None),
        ({"MultiAZ": False, "SecondaryAvailabilityZone": None}, "secondary_availability_zone", None),
        ({"DBInstanceStatus": "creating", "Endpoint": None}, "endpoint", None),
        ({"BackupRetentionPeriod": 0, "LatestRestorableTime": None}, "latest_restorable_at", None),
        ({"PerformanceInsightsEnabled": False, "PerformanceInsightsRetentionPeriod": None},
         "performance_insights_retention_days", None),
        ({"Engine": "mariadb", "EngineLifecycleSupport": None}, "lifecycle_support", None),
        ({"DBInstanceStatus": "weather-beaten"}, "status", "weather-beaten"),
        ({"ReadReplicaSourceDBInstanceIdentifier": "orders"}, "replica_source", "orders"),
        ({"InstanceCreateTime": datetime(2026, 11, 1)}, "created_at", AT),  # noqa: DTZ001 - as JSON services may give it
    ],
)  # fmt: skip
def test_absence_that_means_something_is_none(changes: dict[str, Any], field: str, expected: Any) -> None:
    found, troubles = parsed(surveyed.instance("orders", **changes))
    assert getattr(found, field) == expected
    assert troubles == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"KmsKeyId": None}, "kms_key"),
        ({"Iops": None}, "iops"),
        ({"StorageThroughput": None}, "storage_throughput_mibps"),
        ({"SecondaryAvailabilityZone": None}, "secondary_availability_zone"),
        ({"Endpoint": None}, "endpoint"),
        ({"LatestRestorableTime": None}, "latest_restorable_at"),
        ({"PerformanceInsightsRetentionPeriod": None}, "performance_insights_retention_days"),
        ({"PerformanceInsightsEnabled": None, "PerformanceInsightsRetentionPeriod": None},
         "performance_insights_retention_days"),
        ({"EngineLifecycleSupport": None}, "lifecycle_support"),
        ({"CertificateDetails": None}, "server_certificate_valid_till"),
        ({"DBSubnetGroup": None}, "vpc"),
        ({"DBInstanceStatus": "stopped", "AutomaticRestartTime": None}, "automatic_restart_at"),
        ({"TagList": None}, "tags"),
    ],
)  # fmt: skip
def test_absence_that_means_nothing_is_unseen(changes: dict[str, Any], field: str) -> None:
    found, troubles = parsed(surveyed.instance("orders", **changes))
    assert not found.has_seen(field)
    assert troubles == []


@pytest.mark.parametrize(
    ("wire", "value", "field"),
    [
        ("MultiAZ", "maybe", "multi_az"),
        ("AllocatedStorage", "400", "allocated_storage_gib"),
        ("AllocatedStorage", True, "allocated_storage_gib"),
        ("InstanceCreateTime", "yesterday", "created_at"),
        ("TagList", [{"Value": "no key"}], "tags"),
        ("TagList", "none", "tags"),
        ("VpcSecurityGroups", [{"Status": "active"}], "security_groups"),
        ("EnabledCloudwatchLogsExports", [1], "log_exports"),
        ("DBParameterGroups", {}, "parameter_groups"),
        ("Endpoint", "orders:5432", "endpoint"),
        ("PendingModifiedValues", [], "pending_changes"),
    ],
)
def test_a_malformed_value_is_unseen_and_told_with_its_name(wire: str, value: Any, field: str) -> None:
    found, troubles = parsed(surveyed.instance("orders", **{wire: value}))
    assert not found.has_seen(field) or wire == "Endpoint"
    assert len(troubles) == 1
    assert troubles[0].startswith("orders: ")
    assert wire in troubles[0]


@pytest.mark.parametrize("wire", ["DBInstanceIdentifier", "Engine", "EngineVersion", "DBInstanceClass"])
@pytest.mark.parametrize("value", [None, "", 7])
def test_an_instance_without_what_names_it_cannot_be_told(wire: str, value: Any) -> None:
    with pytest.raises(Malformed, match=wire):
        parsed(surveyed.instance("orders", **{wire: value}))


def test_a_pending_password_is_told_without_its_value() -> None:
    changes = {"MasterUserPassword": "hunter2", "AllocatedStorage": 500, "MultiAZ": True, "EngineVersion": ""}
    found, _ = parsed(surveyed.instance("orders", PendingModifiedValues=changes))
    assert [(each.field, each.value) for each in found.pending_changes] == [
        ("AllocatedStorage", "500"),
        ("MasterUserPassword", "****"),
        ("MultiAZ", "true"),
    ]


def test_a_member_takes_from_its_cluster_what_aws_does_not_say_of_it() -> None:
    found, _ = parsed(surveyed.member("billing-1", "billing"))
    assert found.cluster == ClusterRef(PLACE.account, PLACE.region, "billing")
    assert found.lifecycle_support is None
    assert found.latest_restorable_at is None


@pytest.mark.parametrize("engine", ["neptune", "docdb", "oracle-ee", "sqlserver-se"])
def test_other_engines_are_foreign(engine: str) -> None:
    found = instance(Fields(surveyed.instance("other", Engine=engine), Troubles()), PLACE)
    assert found == Foreign(engine, "private")
    assert isinstance(parse_clusters.cluster(Fields(surveyed.cluster("c", Engine=engine), Troubles()), PLACE), Foreign)


def test_backtracking_is_of_aurora_mysql_alone() -> None:
    assert parsed_cluster(surveyed.cluster("pg")).backtrack_window_s is None
    assert parsed_cluster(surveyed.cluster("my", Engine="aurora-mysql", BacktrackWindow=0)).backtrack_window_s is None
    assert parsed_cluster(surveyed.cluster("my", Engine="aurora-mysql", BacktrackWindow=72)).backtrack_window_s == 72
    assert not parsed_cluster(surveyed.cluster("my", Engine="aurora-mysql")).has_seen("backtrack_window_s")


def test_aurora_leaves_out_the_name_of_its_standard_storage() -> None:
    assert parsed_cluster(surveyed.cluster("a", StorageType=None)).storage_type == "aurora"
    assert parsed_cluster(surveyed.cluster("a", StorageType="aurora-iopt1")).storage_type == "aurora-iopt1"
    assert not parsed_cluster(surveyed.cluster("a", Engine="postgres", StorageType=None)).has_seen("storage_type")


def test_half_a_serverless_configuration_is_unseen() -> None:
    assert parsed_cluster(surveyed.cluster("a", ServerlessV2ScalingConfiguration=None)).scaling is None
    half = parsed_cluster(surveyed.cluster("a", ServerlessV2ScalingConfiguration={"MinCapacity": 0.5}))
    assert not half.has_seen("scaling")


def test_an_unknown_word_of_a_failover_is_kept() -> None:
    answer = {"GlobalClusterIdentifier": "world", "FailoverState": {"Status": "switching-over"}}
    found = parse_clusters.global_cluster(Fields(answer, Troubles()), PLACE.account)
    assert found.failover_status == "switching-over"
    assert not found.has_seen("members")


def test_a_member_that_does_not_say_whether_it_writes_hides_the_members() -> None:
    troubles = Troubles()
    answer = surveyed.cluster("billing", DBClusterMembers=[{"DBInstanceIdentifier": "billing-1"}])
    found = parse_clusters.cluster(Fields(answer, troubles), PLACE)
    assert isinstance(found, Cluster)
    assert not found.has_seen("members")
    assert len(troubles.told) == 1


def test_maintenance_is_told_by_resource() -> None:
    action = {"Action": "system-update", "AutoAppliedAfterDate": AT}
    answer = {"ResourceIdentifier": "arn:aws:rds:eu-west-1:1:db:a", "PendingMaintenanceActionDetails": [action]}
    arn, actions = maintenance(Fields(answer, Troubles()))
    assert arn.endswith(":db:a")
    assert actions[0].auto_applied_after == AT
    assert actions[0].forced_apply_at is None


def test_who_a_snapshot_is_shared_with() -> None:
    def shared(attributes: Any) -> Any:
        answer = {"Result": {"Attributes": attributes}}
        return parse_backups.shared_with(Fields(answer, Troubles()), "Result", "Attributes")

    assert shared([{"AttributeName": "restore", "AttributeValues": ["all", "222233334444"]}]) == ("all", "222233334444")
    assert shared([{"AttributeName": "restore", "AttributeValues": []}]) == ()
    assert shared([]) == ()
    with pytest.raises(Malformed):
        shared(None)
    with pytest.raises(Malformed):
        shared([{"AttributeName": "restore", "AttributeValues": "all"}])


def test_a_route_to_the_internet_is_one_to_a_living_internet_gateway() -> None:
    def gateway(*routes: dict[str, Any]) -> str | None:
        answer = {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Routes": list(routes)}
        return parse_network.route_table(Fields(answer, Troubles())).internet_gateway

    assert gateway({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}) == "igw-1"
    assert gateway({"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-2"}) == "igw-2"
    assert gateway({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "blackhole"}) is None
    assert gateway({"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}) is None
    assert gateway({"DestinationCidrBlock": "10.0.0.0/8", "GatewayId": "local"}) is None
    assert gateway({"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1"}) is None


def test_every_source_of_an_ingress_is_told() -> None:
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 5432,
        "ToPort": 5432,
        "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
        "UserIdGroupPairs": [{"GroupId": "sg-app"}],
        "PrefixListIds": [{"PrefixListId": "pl-1"}],
    }
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    answer = {"GroupId": "sg-1", "GroupName": "db", "IpPermissions": [permission, everything]}
    found = parse_network.security_group(Fields(answer, Troubles()))
    assert [each.source for each in found.ingress] == ["10.0.0.0/8", "::/0", "sg-app", "pl-1", "0.0.0.0/0"]
    assert (found.ingress[-1].from_port, found.ingress[-1].to_port) == (None, None)


def test_nobody_set_anything_in_a_default_group() -> None:
    default = {"DBParameterGroupName": "default.postgres17", "DBParameterGroupFamily": "postgres17"}
    found = parse_groups.group(Fields(default, Troubles()), PLACE)
    assert found is not None
    assert found.set_by_user == ()
    own = parse_groups.group(Fields({**default, "DBParameterGroupName": "own"}, Troubles()), PLACE)
    assert own is not None
    assert not own.has_seen("set_by_user")


def test_an_alarm_on_maths_is_told_for_each_metric_of_rds_it_reads() -> None:
    def stat(namespace: str, metric: str) -> dict[str, Any]:
        dimensions = [{"Name": "DBInstanceIdentifier", "Value": "orders"}]
        return {"MetricStat": {"Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions}}}

    answer = {
        "AlarmName": "busy",
        "ActionsEnabled": True,
        "AlarmActions": ["arn:aws:sns:eu-west-1:1:oncall"],
        "StateValue": "OK",
        "Metrics": [{"Expression": "m1/m2"}, stat("AWS/RDS", "DBLoad"), stat("AWS/EC2", "CPUUtilization")],
    }
    (found,) = parse_account.alarms(Fields(answer, Troubles()))
    assert (found.metric, found.dimensions) == ("DBLoad", {"DBInstanceIdentifier": "orders"})


def test_a_proxy_does_not_pass_absent_pools_for_defaults() -> None:
    found = parse_proxies.proxy(Fields({"DBProxyName": "p"}, Troubles()), PLACE)
    assert seen(found) == {"ref"}
    with pytest.raises(Malformed):
        parse_proxies.pool(Fields({"IsDefault": True}, Troubles()))


odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.datetimes(),
    st.lists(st.one_of(st.none(), st.text(max_size=3), st.integers()), max_size=3),
    st.dictionaries(
        st.sampled_from(["Key", "Value", "Address", "Port", "ValidTill", "SecretArn"]), st.text(max_size=3)
    ),
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(surveyed.instance("x", PendingModifiedValues={}))), odd, max_size=6))
def test_no_odd_value_of_an_instance_crashes_or_gets_into_a_snapshot(changes: dict[str, Any]) -> None:
    try:
        found, _ = parsed(surveyed.instance("orders", **changes))
    except Malformed:
        return
    except AssertionError:
        return  # another engine
    fleet = fleet_of(found)
    assert decode(encode(fleet)) == fleet


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(surveyed.cluster("x"))), odd, max_size=6))
def test_no_odd_value_of_a_cluster_crashes_or_gets_into_a_snapshot(changes: dict[str, Any]) -> None:
    try:
        found = parse_clusters.cluster(Fields(surveyed.cluster("billing", **changes), Troubles()), PLACE)
    except Malformed:
        return
    if isinstance(found, Cluster):
        fleet = fleet_of(found)
        assert decode(encode(fleet)) == fleet


SMALL: list[tuple[Any, dict[str, Any]]] = [
    (parse_account.quota, {"AccountQuotaName": "DBInstances", "Used": 1, "Max": 40}),
    (lambda fields: parse_account.certificate(fields, None), surveyed.CERTIFICATE),
    (parse_account.subscription, surveyed.SUBSCRIPTION),
    (parse_account.event, {"SourceType": "db-instance", "Date": AT, "SourceIdentifier": "orders", "Message": "m"}),
    (parse_account.reservation, surveyed.RESERVATION),
    (parse_account.lifecycle, surveyed.LIFECYCLE),
    (parse_account.engine_version, surveyed.version("postgres")),
    (lambda fields: parse_proxies.proxy(fields, PLACE), surveyed.PROXY),
    (parse_proxies.target, surveyed.PROXY_TARGET),
    (parse_proxies.pool, surveyed.PROXY_POOL),
    (lambda fields: parse_groups.subnet_group(fields, PLACE), surveyed.SUBNET_GROUP),
    (lambda fields: parse_groups.group(fields, PLACE), surveyed.GROUPS[0]),
    (lambda fields: parse_backups.snapshot(fields, PLACE), surveyed.snapshot("s", "orders")),
    (lambda fields: parse_backups.instance_backup(fields, PLACE), surveyed.automated(surveyed.instance("orders"))),
]


@pytest.mark.parametrize(("parse", "answer"), SMALL, ids=range(len(SMALL)))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_odd_value_crashes_a_parser(parse: Any, answer: dict[str, Any], data: st.DataObject) -> None:
    changes = data.draw(st.dictionaries(st.sampled_from(sorted(answer)), odd, max_size=4))
    troubles = Troubles()
    assert parse(Fields(answer, Troubles())) is not None
    found = list(troubles.each(({**answer, **changes},), parse))
    if found:
        msgspec.json.decode(msgspec.json.encode(found[0]), type=type(found[0]))
    else:
        assert troubles.lost or changes.keys() & {"Engine", "IsDefault", "DBParameterGroupFamily"}
