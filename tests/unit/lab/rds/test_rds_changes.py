"""What the lab's RDS makes and changes: no argument is dropped in silence, and what AWS refuses is refused."""

from __future__ import annotations

from typing import Any

import pytest
from tests.asking_rds import ACCOUNT, REGION, Asking, FixedClock, cluster, instance, member

from rdsops.lab.endpoint.contract import AwsError
from rdsops.lab.endpoint.models import service_model
from rdsops.lab.rds.state import Backing, RdsState
from rdsops.lab.rds.surroundings import Unwired

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/monitoring"


class KeepingSecrets(Unwired):
    """Surroundings that keep managed passwords, so that the argument can be told from a refused one."""

    def keep_secret(self, place: Any, name: str, text: str) -> str:
        return f"arn:aws:secretsmanager:{place.region}:{place.account}:secret:{name}"


SAMPLES: dict[str, Any] = {
    "AllocatedStorage": 200, "AllowMajorVersionUpgrade": None, "ApplyImmediately": None,
    "AutoMinorVersionUpgrade": False, "AvailabilityZone": "eu-west-1c", "BackupRetentionPeriod": 9,
    "AvailabilityZones": ["eu-west-1a", "eu-west-1b"], "BacktrackWindow": 3600,
    "CACertificateIdentifier": "rds-ca-rsa4096-g1", "CharacterSetName": "UTF8",
    "CloudwatchLogsExportConfiguration": {"EnableLogTypes": ["postgresql"]}, "CopyTagsToSnapshot": True,
    "DBClusterIdentifier": None, "DBClusterParameterGroupName": "cgroup", "DBInstanceClass": "db.r7g.xlarge",
    "DBInstanceIdentifier": None, "DBName": "app", "DBParameterGroupName": "group", "DBPortNumber": 6000,
    "DBSubnetGroupName": "net", "DatabaseInsightsMode": "advanced", "DatabaseName": "app", "DedicatedLogVolume": True,
    "DeletionProtection": True, "EnableCloudwatchLogsExports": ["postgresql"], "EnableHttpEndpoint": True,
    "EnableIAMDatabaseAuthentication": True, "EnablePerformanceInsights": True, "Engine": None,
    "EngineVersion": "17.10",
    "EngineLifecycleSupport": "open-source-rds-extended-support-disabled", "EngineMode": "serverless", "Iops": 14000,
    "KmsKeyId": KEY, "LicenseModel": "bring-your-own-license", "ManageMasterUserPassword": True,
    "MasterUserPassword": "another horse", "MasterUserSecretKmsKeyId": KEY, "MasterUsername": "boss",
    "MaxAllocatedStorage": 900, "MonitoringInterval": 30, "MonitoringRoleArn": ROLE, "MultiAZ": True,
    "NetworkType": "DUAL", "OptionGroupName": "default:mysql-8-0", "PerformanceInsightsKMSKeyId": KEY,
    "PerformanceInsightsRetentionPeriod": 93, "Port": 6000, "PreferredBackupWindow": "05:00-05:30",
    "PreferredMaintenanceWindow": "tue:01:00-tue:02:00", "ProcessorFeatures": [{"Name": "coreCount", "Value": "1"}],
    "PromotionTier": 3, "PubliclyAccessible": True,
    "ReplicationSourceIdentifier": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:x",
    "ServerlessV2ScalingConfiguration": {"MinCapacity": 1, "MaxCapacity": 4},
    "StorageEncrypted": True,
    "StorageThroughput": 700, "StorageType": "gp3", "Tags": [{"Key": "a", "Value": "b"}],
    "VpcSecurityGroupIds": ["sg-1"], "EnableGlobalWriteForwarding": True, "GlobalClusterIdentifier": "world",
    "MasterUserAuthenticationType": "password",
    "AwsBackupRecoveryPointArn": f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:continuous:db1",
}  # fmt: skip
"""A valid value of an argument, unlike the default. None: the argument chooses, or says how; it is not a property."""

UNTOLD = {"MasterUserPassword": "no engine wants it, and AWS never tells it"}
"""Arguments of a create that no describe shows."""

WITH: dict[str, dict[str, Any]] = {
    "MonitoringInterval": {"MonitoringRoleArn": ROLE},
    "PerformanceInsightsKMSKeyId": {"EnablePerformanceInsights": True},
    "PerformanceInsightsRetentionPeriod": {"EnablePerformanceInsights": True},
    "DatabaseInsightsMode": {"EnablePerformanceInsights": True, "PerformanceInsightsRetentionPeriod": 465},
    "KmsKeyId": {"StorageEncrypted": True},
    "MasterUserSecretKmsKeyId": {"ManageMasterUserPassword": True, "MasterUserPassword": None},
    "ManageMasterUserPassword": {"MasterUserPassword": None},
    "StorageThroughput": {"StorageType": "gp3", "AllocatedStorage": 500},
    "Iops": {"StorageType": "gp3", "AllocatedStorage": 500},
}
OF_CLUSTERS_ALONE: dict[str, dict[str, Any]] = {name: {} for name in ("StorageThroughput", "Iops")}
"""Arguments that are refused without company."""


def sample(operation: str, name: str) -> Any:
    if name in SAMPLES:
        return SAMPLES[name]
    below = service_model("rds").operation_model(operation).input_shape.members[name]  # type: ignore[union-attr]
    kind = below.type_name
    if kind == "string":
        return (below.enum or ["anything"])[0]
    return {"boolean": True, "integer": 5, "long": 5, "structure": {}, "list": []}[kind]


def prepared() -> Asking:
    lab = Asking(RdsState(FixedClock(), around=KeepingSecrets()))
    lab.ask(
        "CreateDBParameterGroup", DBParameterGroupName="group", DBParameterGroupFamily="postgres17", Description="g"
    )
    lab.ask(
        "CreateDBClusterParameterGroup", DBClusterParameterGroupName="cgroup", Description="g",
        DBParameterGroupFamily="aurora-postgresql17",
    )  # fmt: skip
    subnets = [one.id for one in lab.state.around.network(lab.state.regions()[0].place).subnets]
    lab.ask("CreateDBSubnetGroup", DBSubnetGroupName="net", DBSubnetGroupDescription="n", SubnetIds=subnets)
    lab.ask("CreateDBInstance", **instance("other", Engine="mysql", EngineVersion="8.0.44"))
    return lab


def members_of(operation: str) -> list[str]:
    return list(service_model("rds").operation_model(operation).input_shape.members)  # type: ignore[union-attr]


def without_none(asked: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in asked.items() if value is not None}


VARYING = ("CertificateDetails", "LatestRestorableTime", "InstanceCreateTime")


def told(lab: Asking, kind: str, name: str) -> dict[str, Any]:
    (one,) = lab.ask(f"Describe{kind}s", **{f"{kind}Identifier": name})[f"{kind}s"]
    return {key: value for key, value in one.items() if key not in VARYING}


def stored_or_refused(operation: str, kind: str, base: dict[str, Any], name: str, make: str | None) -> str:
    """Whether the argument alone shows in the next describe ("stored"), is named by a refusal, or neither."""
    company = {**WITH, **OF_CLUSTERS_ALONE}.get(name, {}) if kind == "DBCluster" else WITH.get(name, {})
    if operation == "ModifyDBCluster" and "ManageMasterUserPassword" in company:
        company = {}
    identifier = base[f"{kind}Identifier"]
    outcomes: list[dict[str, Any]] = []
    for extra in ({}, {name: sample(operation, name)}):
        lab = prepared()
        if make:
            creation = {**(instance(identifier) if kind == "DBInstance" else cluster(identifier))}
            lab.ask(make, **creation)
        asked = without_none({**base, **company, **extra})
        try:
            lab.ask(operation, **asked)
        except AwsError as refused:
            if not extra:
                # the base itself may lack the argument that is asked about (a required one)
                outcomes.append({})
                continue
            return "refused" if name in refused.message else f"refused, but not by name: {refused.message}"
        outcomes.append(told(lab, kind, identifier))
    return "stored" if outcomes[0] != outcomes[1] else "dropped"


@pytest.mark.parametrize("name", members_of("CreateDBInstance"))
def test_each_argument_of_create_instance_is_stored_or_refused_by_name(name: str) -> None:
    if name in UNTOLD or (SAMPLES.get(name, "") is None):
        pytest.skip("it chooses what is made, or is never told")
    base = instance("db1", EngineVersion="17.11")
    assert stored_or_refused("CreateDBInstance", "DBInstance", base, name, None) in ("stored", "refused")


@pytest.mark.parametrize("name", members_of("ModifyDBInstance"))
def test_each_argument_of_modify_instance_is_stored_or_refused_by_name(name: str) -> None:
    if SAMPLES.get(name, "") is None:
        pytest.skip("it chooses what is changed, or when")
    base: dict[str, Any] = {"DBInstanceIdentifier": "db1", "ApplyImmediately": False}
    if name == "EngineVersion":
        SAMPLES_FOR = {**base, "EngineVersion": "17.10"}
        with pytest.raises(AwsError, match="Cannot upgrade"):
            lab = prepared()
            lab.ask("CreateDBInstance", **instance("db1"))
            lab.ask("ModifyDBInstance", **SAMPLES_FOR)
        return
    assert stored_or_refused("ModifyDBInstance", "DBInstance", base, name, "CreateDBInstance") in ("stored", "refused")


@pytest.mark.parametrize("name", members_of("CreateDBCluster"))
def test_each_argument_of_create_cluster_is_stored_or_refused_by_name(name: str) -> None:
    if name in UNTOLD or SAMPLES.get(name, "") is None or name in ("EngineVersion", "StorageType"):
        pytest.skip("it chooses what is made, is never told, or has a test of its own")
    base = cluster("c1", EngineVersion="17.9")
    if name in ("BacktrackWindow", "EnableGlobalWriteForwarding", "GlobalClusterIdentifier"):
        lab = prepared()
        with pytest.raises(AwsError):
            lab.ask("CreateDBCluster", **base, **{name: sample("CreateDBCluster", name)})
        return
    assert stored_or_refused("CreateDBCluster", "DBCluster", base, name, None) in ("stored", "refused")


@pytest.mark.parametrize("name", members_of("ModifyDBCluster"))
def test_each_argument_of_modify_cluster_is_stored_or_refused_by_name(name: str) -> None:
    if SAMPLES.get(name, "") is None or name in ("EngineVersion", "StorageType", "BacktrackWindow"):
        pytest.skip("it chooses what is changed, or has a test of its own")
    base: dict[str, Any] = {"DBClusterIdentifier": "c1", "ApplyImmediately": False}
    assert stored_or_refused("ModifyDBCluster", "DBCluster", base, name, "CreateDBCluster") in ("stored", "refused")


def test_backtrack_is_stored_for_aurora_mysql_and_refused_for_aurora_postgresql() -> None:
    lab = prepared()
    made = lab.ask("CreateDBCluster", **cluster("my", Engine="aurora-mysql", BacktrackWindow=7200))["DBCluster"]
    assert made["BacktrackWindow"] == 7200
    with pytest.raises(AwsError, match="Backtrack"):
        lab.ask("CreateDBCluster", **cluster("pg", BacktrackWindow=7200))


def test_io_optimized_storage_is_told_and_standard_storage_is_not() -> None:
    lab = prepared()
    assert (
        lab.ask("CreateDBCluster", **cluster("io", StorageType="aurora-iopt1"))["DBCluster"]["StorageType"]
        == "aurora-iopt1"
    )
    assert "StorageType" not in lab.ask("CreateDBCluster", **cluster("std", StorageType="aurora"))["DBCluster"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"DBInstanceClass": "db.nonsense"}, "Invalid DB Instance class"),
        ({"EngineVersion": "99.1"}, "Cannot find version 99.1"),
        ({"AllocatedStorage": 5}, "Invalid storage size"),
        ({"AllocatedStorage": 70000, "StorageType": "gp3"}, "Invalid storage size"),
        ({"StorageType": "gp3", "Iops": 5000}, "can't specify IOPS"),
        ({"StorageType": "io1"}, "must specify Iops"),
        ({"BackupRetentionPeriod": 36}, "between 0 and 35"),
        ({"DBInstanceIdentifier": "bad--name"}, "not a valid identifier"),
        ({"MonitoringInterval": 7}, "MonitoringInterval"),
        ({"MonitoringInterval": 60}, "MonitoringRoleARN"),
        ({"EnablePerformanceInsights": True, "PerformanceInsightsRetentionPeriod": 8}, "PerformanceInsightsRetention"),
        ({"DatabaseInsightsMode": "advanced"}, "465"),
        ({"MasterUserPassword": "short"}, "8 to 128"),
        ({"Engine": "aurora-postgresql"}, "needs a DBClusterIdentifier"),
        ({"DBParameterGroupName": "default.postgres13"}, "can't be used"),
        ({"EnableCloudwatchLogsExports": ["slowquery"]}, "cannot use the log types"),
        ({"CACertificateIdentifier": "rds-ca-2019"}, "rds-ca-2019"),
        ({"MaxAllocatedStorage": 50}, "MaxAllocatedStorage"),
    ],
)
def test_what_aws_would_not_make_is_refused(changes: dict[str, Any], says: str) -> None:
    lab = prepared()
    with pytest.raises(AwsError, match=says):
        lab.ask("CreateDBInstance", **instance(**changes))
    assert [one["DBInstanceIdentifier"] for one in lab.ask("DescribeDBInstances")["DBInstances"]] == ["other"]


def test_a_refused_password_is_not_in_the_message() -> None:
    with pytest.raises(AwsError) as refused:
        prepared().ask("CreateDBInstance", **instance(MasterUserPassword="geheim"))
    assert "geheim" not in refused.value.message


def test_what_is_made_here_is_tagged_metadata_only_until_an_engine_stands_behind_it() -> None:
    from rdsops.core.ids import Place
    from rdsops.lab.rds.instances import stand_on

    lab = prepared()
    made = lab.ask("CreateDBInstance", **instance(Tags=[{"Key": "Environment", "Value": "test"}]))["DBInstance"]
    assert {"Key": "rdsops:lab", "Value": "metadata-only"} in made["TagList"]
    stand_on(lab.state, lab.state.region(Place(ACCOUNT, REGION)), "db1", Backing("127.0.0.1", 54321, 1))
    (one,) = lab.ask("DescribeDBInstances", DBInstanceIdentifier="db1")["DBInstances"]
    assert one["TagList"] == [{"Key": "Environment", "Value": "test"}]
    assert (one["Endpoint"]["Address"], one["Endpoint"]["Port"]) == ("127.0.0.1", 54321)
    for refused in ({"MasterUserPassword": "another horse"}, {"DBPortNumber": 6000}, {"EngineVersion": "18.6"}):
        with pytest.raises(AwsError, match="running engine"):
            lab.ask("ModifyDBInstance", DBInstanceIdentifier="db1", **refused)
    with pytest.raises(AwsError, match="running engine"):
        lab.ask("DeleteDBInstance", DBInstanceIdentifier="db1", SkipFinalSnapshot=True)


def test_a_class_change_waits_for_the_window_unless_it_is_wanted_now() -> None:
    lab = prepared()
    lab.ask("CreateDBInstance", **instance())
    waiting = lab.ask("ModifyDBInstance", DBInstanceIdentifier="db1", DBInstanceClass="db.m7g.xlarge")["DBInstance"]
    assert waiting["DBInstanceClass"] == "db.m7g.large"
    assert waiting["PendingModifiedValues"] == {"DBInstanceClass": "db.m7g.xlarge"}
    landed = lab.ask("ModifyDBInstance", DBInstanceIdentifier="db1", ApplyImmediately=True)["DBInstance"]
    assert landed["DBInstanceClass"] == "db.m7g.xlarge"
    assert landed["PendingModifiedValues"] == {}


def test_storage_does_not_shrink_and_majors_need_their_flag() -> None:
    lab = prepared()
    lab.ask("CreateDBInstance", **instance(EngineVersion="16.13"))
    with pytest.raises(AwsError, match="cannot be less than the current storage size"):
        lab.ask("ModifyDBInstance", DBInstanceIdentifier="db1", AllocatedStorage=50)
    with pytest.raises(AwsError, match="AllowMajorVersionUpgrade"):
        lab.ask("ModifyDBInstance", DBInstanceIdentifier="db1", EngineVersion="17.11")
    with pytest.raises(AwsError, match="Cannot upgrade"):
        lab.ask("ModifyDBInstance", DBInstanceIdentifier="db1", EngineVersion="15.19", AllowMajorVersionUpgrade=True)


def test_protected_databases_are_not_deleted_and_a_final_snapshot_is_named_or_declined() -> None:
    lab = prepared()
    lab.ask("CreateDBInstance", **instance(DeletionProtection=True))
    with pytest.raises(AwsError, match="protected"):
        lab.ask("DeleteDBInstance", DBInstanceIdentifier="db1", SkipFinalSnapshot=True)
    lab.ask("ModifyDBInstance", DBInstanceIdentifier="db1", DeletionProtection=False)
    with pytest.raises(AwsError, match="FinalDBSnapshotIdentifier"):
        lab.ask("DeleteDBInstance", DBInstanceIdentifier="db1")
    gone = lab.ask("DeleteDBInstance", DBInstanceIdentifier="db1", FinalDBSnapshotIdentifier="last")
    assert gone["DBInstance"]["DBInstanceStatus"] == "deleting"
    (last,) = lab.ask("DescribeDBSnapshots", DBSnapshotIdentifier="last")["DBSnapshots"]
    assert last["DBInstanceIdentifier"] == "db1"


def test_the_writers_place_goes_to_the_lowest_tier_when_the_writer_is_deleted() -> None:
    lab = prepared()
    lab.ask("CreateDBCluster", **cluster())
    for name, tier in (("c1-a", 1), ("c1-b", 5), ("c1-c", 0)):
        lab.ask("CreateDBInstance", **member(name, PromotionTier=tier))
    lab.ask("DeleteDBInstance", DBInstanceIdentifier="c1-a", SkipFinalSnapshot=True)
    (left,) = lab.ask("DescribeDBClusters", DBClusterIdentifier="c1")["DBClusters"]
    assert {one["DBInstanceIdentifier"]: one["IsClusterWriter"] for one in left["DBClusterMembers"]} == {
        "c1-b": False,
        "c1-c": True,
    }


def test_a_members_zone_makes_the_cluster_multi_az() -> None:
    lab = prepared()
    lab.ask("CreateDBCluster", **cluster())
    lab.ask("CreateDBInstance", **member("c1-a", AvailabilityZone="eu-west-1a"))
    assert lab.ask("DescribeDBClusters")["DBClusters"][0]["MultiAZ"] is False
    lab.ask("CreateDBInstance", **member("c1-b", AvailabilityZone="eu-west-1b"))
    assert lab.ask("DescribeDBClusters")["DBClusters"][0]["MultiAZ"] is True


def test_pause_at_zero_capacity_is_stored_with_its_default_and_kept_through_a_change() -> None:
    lab = prepared()
    made = lab.ask("CreateDBCluster", **cluster(ServerlessV2ScalingConfiguration={"MinCapacity": 0, "MaxCapacity": 8}))
    assert made["DBCluster"]["ServerlessV2ScalingConfiguration"]["SecondsUntilAutoPause"] == 300
    changed = lab.ask(
        "ModifyDBCluster", DBClusterIdentifier="c1", ServerlessV2ScalingConfiguration={"MaxCapacity": 16}
    )["DBCluster"]  # fmt: skip
    assert changed["ServerlessV2ScalingConfiguration"] == {
        "MinCapacity": 0, "MaxCapacity": 16, "SecondsUntilAutoPause": 300,
    }  # fmt: skip
    with pytest.raises(AwsError, match="capacity"):
        lab.ask(
            "CreateDBCluster", **cluster("c2", ServerlessV2ScalingConfiguration={"MinCapacity": 2, "MaxCapacity": 999})
        )


def test_tags_are_added_listed_and_removed_and_a_foreign_arn_is_refused() -> None:
    lab = prepared()
    arn = lab.ask("CreateDBInstance", **instance())["DBInstance"]["DBInstanceArn"]
    lab.ask("AddTagsToResource", ResourceName=arn, Tags=[{"Key": "Owner", "Value": "dba"}])
    assert {"Key": "Owner", "Value": "dba"} in lab.ask("ListTagsForResource", ResourceName=arn)["TagList"]
    lab.ask("RemoveTagsFromResource", ResourceName=arn, TagKeys=["Owner"])
    assert "Owner" not in {one["Key"] for one in lab.ask("ListTagsForResource", ResourceName=arn)["TagList"]}
    with pytest.raises(AwsError):
        lab.ask("ListTagsForResource", ResourceName=arn.replace(ACCOUNT, "444455556666"))
    with pytest.raises(AwsError, match="reserved"):
        lab.ask("AddTagsToResource", ResourceName=arn, Tags=[{"Key": "aws:x", "Value": "y"}])


def test_a_subnet_group_needs_two_zones_and_subnets_that_exist() -> None:
    lab = prepared()
    subnets = [one.id for one in lab.state.around.network(lab.state.regions()[0].place).subnets]
    asked = {"DBSubnetGroupName": "g", "DBSubnetGroupDescription": "g"}
    with pytest.raises(AwsError) as few:
        lab.ask("CreateDBSubnetGroup", **asked, SubnetIds=subnets[:1])
    assert few.value.code == "DBSubnetGroupDoesNotCoverEnoughAZs"
    with pytest.raises(AwsError, match="does not exist"):
        lab.ask("CreateDBSubnetGroup", **asked, SubnetIds=["subnet-none", subnets[0]])
