"""The describe side of the lab's RDS: shapes (held in `Asking`), pages, filters, errors by their wire codes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.asking_rds import ACCOUNT, REGION, Asking, cluster, instance, member

from rdsops.lab.endpoint.contract import AwsError
from rdsops.lab.endpoint.models import service_model


def filled() -> Asking:
    lab = Asking()
    lab.ask("CreateDBInstance", **instance("alone"))
    lab.ask("CreateDBCluster", **cluster())
    for name, zone in (("c1-a", "a"), ("c1-b", "b")):
        lab.ask("CreateDBInstance", **member(name, AvailabilityZone=REGION + zone))
    lab.ask("CreateDBSnapshot", DBSnapshotIdentifier="s1", DBInstanceIdentifier="alone")
    lab.ask("CreateDBClusterSnapshot", DBClusterSnapshotIdentifier="cs1", DBClusterIdentifier="c1")
    subnets = [one.id for one in lab.state.around.network(lab.state.regions()[0].place).subnets]
    lab.ask("CreateDBSubnetGroup", DBSubnetGroupName="g", DBSubnetGroupDescription="g", SubnetIds=subnets)
    lab.ask(
        "CreateDBProxy", DBProxyName="px", EngineFamily="POSTGRESQL", RoleArn="arn:aws:iam::111122223333:role/proxy",
        Auth=[{"AuthScheme": "SECRETS", "SecretArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s"}],
        VpcSubnetIds=subnets,
    )  # fmt: skip
    lab.ask("RegisterDBProxyTargets", DBProxyName="px", DBClusterIdentifiers=["c1"])
    lab.ask("CreateEventSubscription", SubscriptionName="es", SnsTopicArn="arn:aws:sns:eu-west-1:111122223333:t")
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:c1"
    lab.ask("CreateGlobalCluster", GlobalClusterIdentifier="world", SourceDBClusterIdentifier=arn)
    return lab


NEEDED: dict[str, dict[str, str]] = {
    "DescribeDBParameters": {"DBParameterGroupName": "default.postgres17"},
    "DescribeDBClusterParameters": {"DBClusterParameterGroupName": "default.aurora-postgresql17"},
    "DescribeEngineDefaultParameters": {"DBParameterGroupFamily": "mariadb10.11"},
    "DescribeEngineDefaultClusterParameters": {"DBParameterGroupFamily": "aurora-postgresql16"},
    "DescribeDBSnapshotAttributes": {"DBSnapshotIdentifier": "s1"},
    "DescribeDBClusterSnapshotAttributes": {"DBClusterSnapshotIdentifier": "cs1"},
    "DescribeDBProxyTargets": {"DBProxyName": "px"},
    "DescribeDBProxyTargetGroups": {"DBProxyName": "px"},
    "DescribeOrderableDBInstanceOptions": {"Engine": "postgres"},
    "DescribeValidDBInstanceModifications": {"DBInstanceIdentifier": "alone"},
    "ListTagsForResource": {"ResourceName": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:alone"},
}
DESCRIBES = sorted(one for one in Asking().service.answers if one.startswith(("Describe", "List")))


@pytest.mark.parametrize("operation", DESCRIBES)
def test_every_answer_of_a_describe_fits_botocores_shape(operation: str) -> None:
    answer = filled().ask(operation, **NEEDED.get(operation, {}))
    assert answer, operation


def test_an_answer_that_does_not_fit_is_caught() -> None:
    from tests.asking_rds import faults_of

    wrong = {"DBInstances": [{"DBInstanceIdentifier": 1, "Nonsense": "x", "DatabaseInsightsMode": "loud"}]}
    assert len(faults_of("DescribeDBInstances", wrong)) == 3


@pytest.mark.parametrize("operation", DESCRIBES)
def test_an_argument_of_a_describe_is_used_or_refused_by_name(operation: str) -> None:
    """Each input member alone: the answer changes or is refused, or it is one whose neutral value is told here."""
    shape = service_model("rds").operation_model(operation).input_shape  # type: ignore[union-attr]  # botocore has rds
    lab = filled()
    handled = {"MaxRecords", "Marker", "Filters", *NEEDED.get(operation, {})}
    for name, below in shape.members.items() if shape is not None else ():
        if name in handled or below.type_name not in ("string", "boolean"):
            continue
        value: Any = (below.enum or ["nothing-of-that-name"])[-1] if below.type_name == "string" else True
        if name.endswith("Arn"):
            value = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:nothing"
        before = lab.ask(operation, **NEEDED.get(operation, {}))
        try:
            asked: dict[str, Any] = {**NEEDED.get(operation, {}), name: value}
            after = lab.ask(operation, **asked)
        except AwsError:
            continue
        emptied = before != after or not any(before.values())
        neutral = name in ("IncludeAll", "IncludeShared", "IncludePublic", "Vpc")
        assert emptied or neutral, f"{operation} drops {name}"


def test_pages_are_of_the_size_asked_for_and_hold_each_instance_once() -> None:
    lab = Asking()
    for number in range(45):
        lab.ask("CreateDBInstance", **instance(f"db-{number:02d}"))
    first = lab.ask("DescribeDBInstances", MaxRecords=20)
    assert len(first["DBInstances"]) == 20
    names = [one["DBInstanceIdentifier"] for one in lab.all_of("DescribeDBInstances", "DBInstances", MaxRecords=20)]
    assert names == [f"db-{number:02d}" for number in range(45)]


def test_a_marker_survives_that_its_instance_is_deleted_between_two_pages() -> None:
    lab = Asking()
    for number in range(30):
        lab.ask("CreateDBInstance", **instance(f"db-{number:02d}"))
    first = lab.ask("DescribeDBInstances", MaxRecords=20)
    lab.ask("DeleteDBInstance", DBInstanceIdentifier="db-19", SkipFinalSnapshot=True)
    second = lab.ask("DescribeDBInstances", MaxRecords=20, Marker=first["Marker"])
    assert [one["DBInstanceIdentifier"] for one in second["DBInstances"]] == [f"db-{n:02d}" for n in range(20, 30)]


@pytest.mark.parametrize("size", [7, 19, 101])
def test_page_sizes_outside_20_to_100_are_refused(size: int) -> None:
    with pytest.raises(AwsError) as refused:
        filled().ask("DescribeDBInstances", MaxRecords=size)
    assert refused.value.code == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("operation", "asked", "code", "status"),
    [
        ("DescribeDBInstances", {"DBInstanceIdentifier": "no"}, "DBInstanceNotFound", 404),
        ("DescribeDBClusters", {"DBClusterIdentifier": "no"}, "DBClusterNotFoundFault", 404),
        ("DescribeDBParameterGroups", {"DBParameterGroupName": "no"}, "DBParameterGroupNotFound", 404),
        ("DescribeDBProxies", {"DBProxyName": "no"}, "DBProxyNotFoundFault", 404),
        ("DescribeDBSnapshots", {"DBSnapshotIdentifier": "no"}, "DBSnapshotNotFound", 404),
        ("DescribeCertificates", {"CertificateIdentifier": "rds-ca-2019"}, "CertificateNotFound", 404),
        ("DescribeDBParameters", {"DBParameterGroupName": "default.oracle-ee-19"}, "DBParameterGroupNotFound", 404),
        ("DescribeDBParameters", {"DBParameterGroupName": "default.mysql8.0"}, "InvalidAction", 400),
    ],
)
def test_what_is_not_there_is_told_with_awss_wire_code(
    operation: str, asked: dict[str, str], code: str, status: int
) -> None:
    with pytest.raises(AwsError) as refused:
        filled().ask(operation, **asked)
    assert (refused.value.code, refused.value.status) == (code, status)


def test_instances_are_filtered_by_cluster_name_and_arn_and_unknown_filters_are_refused() -> None:
    lab = filled()
    for value in ("c1", f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:c1"):
        found = lab.ask("DescribeDBInstances", Filters=[{"Name": "db-cluster-id", "Values": [value]}])["DBInstances"]
        assert [one["DBInstanceIdentifier"] for one in found] == ["c1-a", "c1-b"]
    with pytest.raises(AwsError, match="Unrecognized filter name"):
        lab.ask("DescribeDBInstances", Filters=[{"Name": "colour", "Values": ["red"]}])


def test_no_two_instances_share_a_resource_id_not_even_one_made_again_under_an_old_name() -> None:
    lab = filled()
    before = {
        one["DBInstanceIdentifier"]: one["DbiResourceId"] for one in lab.ask("DescribeDBInstances")["DBInstances"]
    }
    assert len(set(before.values())) == 3
    lab.ask("DeleteDBInstance", DBInstanceIdentifier="alone", SkipFinalSnapshot=True)
    again = lab.ask("CreateDBInstance", **instance("alone"))["DBInstance"]["DbiResourceId"]
    assert again not in before.values()


def test_accounts_and_regions_do_not_see_each_other() -> None:
    lab = filled()
    assert lab.ask("DescribeDBInstances", account="444455556666")["DBInstances"] == []
    assert lab.ask("DescribeDBInstances", region="us-east-1")["DBInstances"] == []


def test_global_clusters_are_seen_from_every_region_of_the_account_only() -> None:
    lab = filled()
    (world,) = lab.ask("DescribeGlobalClusters", region="ap-southeast-2")["GlobalClusters"]
    assert [one["IsWriter"] for one in world["GlobalClusterMembers"]] == [True]
    assert lab.ask("DescribeGlobalClusters", account="444455556666")["GlobalClusters"] == []


def test_a_secondary_joins_its_world_as_a_reader_of_the_writer() -> None:
    lab = filled()
    asked = {key: value for key, value in cluster("c2").items() if not key.startswith("Master")}
    made = lab.ask("CreateDBCluster", region="us-east-1", **asked, GlobalClusterIdentifier="world")["DBCluster"]
    assert made["GlobalClusterIdentifier"] == "world"
    (world,) = lab.ask("DescribeGlobalClusters")["GlobalClusters"]
    writer, reader = world["GlobalClusterMembers"]
    assert writer["IsWriter"] and writer["Readers"] == [made["DBClusterArn"]]
    assert not reader["IsWriter"] and reader["DBClusterArn"] == made["DBClusterArn"]


def test_the_restorable_time_moves_with_the_labs_clock() -> None:
    lab = filled()
    before = lab.ask("DescribeDBInstances", DBInstanceIdentifier="alone")["DBInstances"][0]["LatestRestorableTime"]
    lab.state.clock.step(timedelta(hours=3))
    after = lab.ask("DescribeDBInstances", DBInstanceIdentifier="alone")["DBInstances"][0]["LatestRestorableTime"]
    assert timedelta(hours=2, minutes=50) < after - before <= timedelta(hours=3)


def test_events_are_of_the_last_hour_unless_asked_and_forgotten_after_14_days() -> None:
    lab = filled()
    assert any(one["Message"] == "DB instance created" for one in lab.ask("DescribeEvents")["Events"])
    lab.state.clock.step(timedelta(days=2))
    assert lab.ask("DescribeEvents")["Events"] == []
    assert lab.ask("DescribeEvents", Duration=3 * 24 * 60)["Events"]
    lab.state.clock.step(timedelta(days=13))
    lab.ask("CreateDBInstance", **instance("late"))
    left = lab.ask("DescribeEvents", Duration=14 * 24 * 60)["Events"]
    assert {one["SourceIdentifier"] for one in left} == {"late"}


def test_a_proxys_target_is_the_cluster_and_its_members_with_their_roles() -> None:
    targets = filled().ask("DescribeDBProxyTargets", DBProxyName="px")["Targets"]
    roles = {one["RdsResourceId"]: one.get("Role") for one in targets}
    assert roles == {"c1": None, "c1-a": "READ_WRITE", "c1-b": "READ_ONLY"}


def test_quotas_count_what_is_there() -> None:
    quotas = {one["AccountQuotaName"]: one for one in filled().ask("DescribeAccountAttributes")["AccountQuotas"]}
    assert quotas["DBInstances"]["Used"] == 3
    assert quotas["ManualSnapshots"] == {"AccountQuotaName": "ManualSnapshots", "Used": 1, "Max": 100}


def test_engine_versions_tell_family_upgrades_certificates_and_serverless_bounds() -> None:
    lab = Asking()
    (one,) = lab.ask("DescribeDBEngineVersions", Engine="aurora-postgresql", EngineVersion="16.11")["DBEngineVersions"]
    assert one["DBParameterGroupFamily"] == "aurora-postgresql16"
    assert one["ServerlessV2FeaturesSupport"] == {"MinCapacity": 0.0, "MaxCapacity": 256.0}
    assert "rds-ca-rsa2048-g1" in one["SupportedCACertificateIdentifiers"]
    targets = {target["EngineVersion"]: target["IsMajorVersionUpgrade"] for target in one["ValidUpgradeTarget"]}
    assert targets["16.13"] is False and targets["17.9"] is True and "15.17" not in targets
    (default,) = lab.ask("DescribeDBEngineVersions", Engine="postgres", DefaultOnly=True)["DBEngineVersions"]
    assert default["EngineVersion"] == "17.11"


def test_deprecated_versions_are_listed_only_when_all_are_asked_for() -> None:
    lab = Asking()
    listed = {
        one["EngineVersion"] for one in lab.all_of("DescribeDBEngineVersions", "DBEngineVersions", Engine="postgres")
    }
    every = lab.all_of("DescribeDBEngineVersions", "DBEngineVersions", Engine="postgres", IncludeAll=True)
    assert "11.22" not in listed
    assert next(one for one in every if one["EngineVersion"] == "11.22")["Status"] == "deprecated"


def test_a_major_on_extended_support_tells_both_lifecycles() -> None:
    majors = Asking().ask("DescribeDBMajorEngineVersions", Engine="postgres")["DBMajorEngineVersions"]
    thirteen = next(one for one in majors if one["MajorEngineVersion"] == "13")
    ends = {one["LifecycleSupportName"]: one["LifecycleSupportEndDate"].date().isoformat()
            for one in thirteen["SupportedEngineLifecycles"]}  # fmt: skip
    assert ends == {
        "open-source-rds-standard-support": "2026-02-28",
        "open-source-rds-extended-support": "2029-02-28",
    }


def test_public_snapshots_of_another_account_are_seen_and_private_ones_are_not() -> None:
    lab = filled()
    assert lab.ask("DescribeDBSnapshots", account="444455556666", SnapshotType="public")["DBSnapshots"] == []
    lab.ask("ModifyDBSnapshotAttribute", DBSnapshotIdentifier="s1", AttributeName="restore", ValuesToAdd=["all"])
    (seen,) = lab.ask("DescribeDBSnapshots", account="444455556666", SnapshotType="public")["DBSnapshots"]
    assert seen["DBSnapshotIdentifier"].endswith(":snapshot:s1")
