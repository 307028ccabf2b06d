"""A world to survey: canned RDS, CloudWatch, PI and KMS behind the lab's endpoint, shaped as botocore's models say.

Two thirds of the instances stand alone, the others are in Aurora clusters of three; groups, keys and networks are few,
as in a fleet that somebody keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rdsops.aws.session import AwsDoor, Patience
from rdsops.core.ids import Place
from rdsops.lab.accounts import Accounts
from rdsops.lab.clock import Clock
from rdsops.lab.endpoint.contract import AwsError, Who
from rdsops.lab.endpoint.server import Endpoint

NOW = datetime(2026, 11, 23, 12, 34, 56, tzinfo=UTC)
ACCOUNT = "111122223333"
HERE = Place(ACCOUNT, "eu-west-1")
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0a1b"
Answers = dict[str, Callable[[Who, dict[str, Any]], dict[str, Any]]]


@dataclass
class Canned:
    """One service of the lab's endpoint, answering from a table."""

    name: str
    answers: Mapping[str, Callable[[Who, dict[str, Any]], dict[str, Any]]]


@dataclass
class World:
    """What the canned services hold; tests change it before they survey."""

    instances: list[dict[str, Any]] = field(default_factory=list)
    clusters: list[dict[str, Any]] = field(default_factory=list)
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    cluster_snapshots: list[dict[str, Any]] = field(default_factory=list)
    proxies: list[dict[str, Any]] = field(default_factory=list)
    globals: list[dict[str, Any]] = field(default_factory=list)
    maintenance: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    alarms: list[dict[str, Any]] = field(default_factory=list)
    subnet_groups: list[dict[str, Any]] = field(default_factory=lambda: [SUBNET_GROUP])
    defaults: int = 250
    """Parameters of a family: pages of a hundred."""
    filters_parameters: bool = True
    metric: Callable[[dict[str, Any]], float | None] = lambda query: 1.0
    """Value of every point of a query; None for no points."""
    metric_status: Callable[[dict[str, Any]], str] = lambda query: "Complete"
    refused_metric: str | None = None
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def services(self) -> tuple[Canned, ...]:
        return (
            Canned("rds", self._noting(self._rds())),
            Canned("cloudwatch", self._noting(self._cloudwatch())),
            Canned("pi", self._noting({"DescribeDimensionKeys": self._dimension_keys})),
            Canned("kms", self._noting({"DescribeKey": self._key})),
            Canned("secretsmanager", self._noting({"GetSecretValue": self._secret})),
        )

    def _noting(self, answers: Answers) -> Answers:
        def noted(name: str, answer: Callable[[Who, dict[str, Any]], dict[str, Any]]) -> Any:
            def noting(who: Who, parameters: dict[str, Any]) -> dict[str, Any]:
                self.asked.append((name, parameters))
                return answer(who, parameters)

            return noting

        return {name: noted(name, answer) for name, answer in answers.items()}

    def _rds(self) -> Answers:
        return {
            "DescribeDBInstances": lambda _, p: paged("DBInstances", self.instances, p),
            "DescribeDBClusters": lambda _, p: paged("DBClusters", self.clusters, p),
            "DescribeDBClusterEndpoints": lambda _, p: paged("DBClusterEndpoints", [], p),
            "DescribeGlobalClusters": lambda _, p: paged("GlobalClusters", self.globals, p),
            "DescribePendingMaintenanceActions": lambda _, p: paged("PendingMaintenanceActions", self.maintenance, p),
            "DescribeDBProxies": lambda _, p: paged("DBProxies", self.proxies, p),
            "DescribeDBProxyTargets": lambda _, p: paged("Targets", [PROXY_TARGET], p),
            "DescribeDBProxyTargetGroups": lambda _, p: paged("TargetGroups", [PROXY_POOL], p),
            "DescribeDBParameterGroups": lambda _, p: paged("DBParameterGroups", GROUPS, p),
            "DescribeDBClusterParameterGroups": lambda _, p: paged("DBClusterParameterGroups", CLUSTER_GROUPS, p),
            "DescribeDBParameters": lambda _, p: paged("Parameters", set_by_user(p), p),
            "DescribeDBClusterParameters": lambda _, p: paged("Parameters", set_by_user(p), p),
            "DescribeEngineDefaultParameters": lambda _, p: {"EngineDefaults": self._family(p)},
            "DescribeEngineDefaultClusterParameters": lambda _, p: {"EngineDefaults": self._family(p)},
            "DescribeDBSubnetGroups": lambda _, p: paged("DBSubnetGroups", self.subnet_groups, p),
            "DescribeDBSnapshots": lambda _, p: paged("DBSnapshots", self.snapshots, p),
            "DescribeDBClusterSnapshots": lambda _, p: paged("DBClusterSnapshots", self.cluster_snapshots, p),
            "DescribeDBSnapshotAttributes": lambda _, p: {
                "DBSnapshotAttributesResult": {
                    "DBSnapshotIdentifier": p["DBSnapshotIdentifier"],
                    "DBSnapshotAttributes": [{"AttributeName": "restore", "AttributeValues": ["all"]}],
                }
            },
            "DescribeDBClusterSnapshotAttributes": lambda _, p: {
                "DBClusterSnapshotAttributesResult": {
                    "DBClusterSnapshotIdentifier": p["DBClusterSnapshotIdentifier"],
                    "DBClusterSnapshotAttributes": [{"AttributeName": "restore", "AttributeValues": []}],
                }
            },
            "DescribeDBInstanceAutomatedBackups": lambda _, p: paged(
                "DBInstanceAutomatedBackups", [automated(one) for one in self.instances], p
            ),
            "DescribeDBClusterAutomatedBackups": lambda _, p: paged("DBClusterAutomatedBackups", [], p),
            "DescribeCertificates": lambda _, p: {
                "DefaultCertificateForNewLaunches": "rds-ca-rsa2048-g1",
                **paged("Certificates", [CERTIFICATE], p),
            },
            "DescribeEventSubscriptions": lambda _, p: paged("EventSubscriptionsList", [SUBSCRIPTION], p),
            "DescribeEvents": lambda _, p: paged("Events", self.events, p),
            "DescribeAccountAttributes": lambda _, p: {
                "AccountQuotas": [{"AccountQuotaName": "DBInstances", "Used": len(self.instances), "Max": 400}]
            },
            "DescribeReservedDBInstances": lambda _, p: paged("ReservedDBInstances", [RESERVATION], p),
            "DescribeDBRecommendations": lambda _, p: paged("DBRecommendations", [], p),
            "DescribeDBMajorEngineVersions": lambda _, p: paged("DBMajorEngineVersions", [LIFECYCLE], p),
            "DescribeDBEngineVersions": lambda _, p: paged("DBEngineVersions", [version(p["Engine"])], p),
        }

    def _cloudwatch(self) -> Answers:
        return {
            "DescribeAlarms": lambda _, p: paged("MetricAlarms", self.alarms, p, "NextToken"),
            "GetMetricData": self._metric_data,
        }

    def _family(self, parameters: dict[str, Any]) -> dict[str, Any]:
        names = [{"ParameterName": f"parameter_{n:03}", "Source": "engine-default"} for n in range(self.defaults)]
        forced = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "Source": "system"}
        for only in parameters.get("Filters") or ():
            if not self.filters_parameters:
                raise AwsError("InvalidParameterValue", "This parameter isn't currently supported.")
            assert only["Name"] == "parameter-name"
            return paged("Parameters", [one for one in (forced, *names) if one["ParameterName"] in only["Values"]], {})
        return paged("Parameters", [forced, *names], parameters)

    def _metric_data(self, _: Who, parameters: dict[str, Any]) -> dict[str, Any]:
        queries = parameters["MetricDataQueries"]
        assert len(queries) <= 500
        metrics = [query["MetricStat"]["Metric"]["MetricName"] for query in queries]
        if self.refused_metric in metrics:
            raise AwsError("InvalidParameterValue", f"The value {self.refused_metric} is not supported")
        told = []
        points = 0
        for query in queries:
            stat = query["MetricStat"]
            start, end = parameters["StartTime"], parameters["EndTime"]
            count = int((end - start).total_seconds() // stat["Period"])
            points += count
            value = self.metric({**stat["Metric"], "Stat": stat["Stat"]})
            moments = [] if value is None else [start + timedelta(seconds=n * stat["Period"]) for n in range(count)]
            told.append(
                {
                    "Id": query["Id"],
                    "Label": "",
                    "Timestamps": moments,
                    "Values": [value] * len(moments),
                    "StatusCode": self.metric_status(stat["Metric"]),
                }
            )
        assert points <= 100_800
        return {"MetricDataResults": told}

    def _dimension_keys(self, _: Who, parameters: dict[str, Any]) -> dict[str, Any]:
        if parameters["GroupBy"]["Group"] == "db.wait_event":
            return {
                "Keys": [
                    {"Total": 9.5},
                    {"Dimensions": {"db.wait_event.type": "Lock", "db.wait_event.name": "tuple"}, "Total": 2.5},
                    {"Dimensions": {"db.wait_event.type": "CPU", "db.wait_event.name": "CPU"}, "Total": 7.0},
                ]
            }
        text = "alter user joe password 'hunter2"
        dimensions = {"db.sql_tokenized.id": "F00D", "db.sql_tokenized.statement": text}
        return {"Keys": [{"Dimensions": dimensions, "Total": 6.0}]}

    def _key(self, _: Who, parameters: dict[str, Any]) -> dict[str, Any]:
        return {"KeyMetadata": {"KeyId": parameters["KeyId"], "KeyManager": "CUSTOMER", "KeyState": "Enabled"}}

    def _secret(self, _: Who, parameters: dict[str, Any]) -> dict[str, Any]:
        if "rds!" not in parameters["SecretId"]:
            raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        return {"SecretString": '{"username": "orders_owner", "password": "s3cret pass"}'}


@contextmanager
def serving(world: World) -> Iterator[Endpoint]:
    clock = Clock()
    with Endpoint(world.services(), Accounts(clock), clock) as endpoint:
        yield endpoint


def door_to(endpoint: Endpoint, patch: pytest.MonkeyPatch, *, attempts: int = 1) -> AwsDoor:
    """A door with unmodified botocore behind it, pointed by the environment as an operator would."""
    patch.setenv("AWS_ENDPOINT_URL", endpoint.url)
    patch.setenv("AWS_ACCESS_KEY_ID", ACCOUNT)
    patch.setenv("AWS_SECRET_ACCESS_KEY", "lab")
    patch.delenv("AWS_SESSION_TOKEN", raising=False)
    patch.delenv("AWS_PROFILE", raising=False)
    patch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return AwsDoor(region=HERE.region, patience=Patience(connect_s=5, read_s=30, attempts=attempts))


def paged(key: str, items: list[Any], parameters: dict[str, Any], marker: str = "Marker") -> dict[str, Any]:
    start = int(parameters.get(marker) or 0)
    size = int(parameters.get("MaxRecords") or 100)
    found: dict[str, Any] = {key: items[start : start + size]}
    if start + size < len(items):
        found[marker] = str(start + size)
    return found


def fleet_of_size(count: int, manual_snapshots: int = 40) -> World:
    """A world of `count` instances: 30 % of them in Aurora clusters of three."""
    members = int(count * 0.3) // 3 * 3
    alone = [instance(f"db-{n:04}") for n in range(count - members)]
    clusters = [cluster(f"aurora-{n:03}") for n in range(members // 3)]
    of_clusters = [member(f"aurora-{n:03}-{m}", f"aurora-{n:03}") for n in range(members // 3) for m in range(3)]
    return World(
        instances=[*alone, *of_clusters],
        clusters=clusters,
        snapshots=[snapshot(f"manual-{n:03}", f"db-{n:04}") for n in range(manual_snapshots)],
        proxies=[PROXY],
    )


def instance(name: str, **changes: Any) -> dict[str, Any]:
    """A full DBInstance as AWS answers it."""
    return {
        "DBInstanceIdentifier": name,
        "DBInstanceClass": "db.r7g.large",
        "Engine": "postgres",
        "DBInstanceStatus": "available",
        "MasterUsername": "orders_owner",
        "DBName": "orders",
        "Endpoint": {"Address": f"{name}.abc.eu-west-1.rds.amazonaws.com", "Port": 5432, "HostedZoneId": "Z1"},
        "AllocatedStorage": 400,
        "InstanceCreateTime": NOW - timedelta(days=200),
        "PreferredBackupWindow": "02:00-02:30",
        "BackupRetentionPeriod": 14,
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-0a", "Status": "active"}],
        "DBParameterGroups": [{"DBParameterGroupName": "orders-pg17", "ParameterApplyStatus": "in-sync"}],
        "AvailabilityZone": "eu-west-1a",
        "DBSubnetGroup": {
            "DBSubnetGroupName": "private",
            "VpcId": "vpc-main",
            "Subnets": [{"SubnetIdentifier": "subnet-a", "SubnetAvailabilityZone": {"Name": "eu-west-1a"}}],
        },
        "PreferredMaintenanceWindow": "sun:04:00-sun:04:30",
        "LatestRestorableTime": NOW - timedelta(minutes=4),
        "MultiAZ": True,
        "SecondaryAvailabilityZone": "eu-west-1b",
        "EngineVersion": "17.6",
        "AutoMinorVersionUpgrade": True,
        "ReadReplicaDBInstanceIdentifiers": [],
        "LicenseModel": "postgresql-license",
        "Iops": 12000,
        "StorageThroughput": 500,
        "MaxAllocatedStorage": 1000,
        "PubliclyAccessible": False,
        "StorageType": "gp3",
        "StorageEncrypted": True,
        "KmsKeyId": KEY,
        "DbiResourceId": f"db-{name.upper()}",
        "CACertificateIdentifier": "rds-ca-rsa2048-g1",
        "CertificateDetails": {"CAIdentifier": "rds-ca-rsa2048-g1", "ValidTill": NOW + timedelta(days=300)},
        "CopyTagsToSnapshot": True,
        "MonitoringInterval": 15,
        "DBInstanceArn": f"arn:aws:rds:eu-west-1:{ACCOUNT}:db:{name}",
        "IAMDatabaseAuthenticationEnabled": True,
        "PerformanceInsightsEnabled": True,
        "PerformanceInsightsRetentionPeriod": 465,
        "DatabaseInsightsMode": "advanced",
        "EnabledCloudwatchLogsExports": ["postgresql", "upgrade"],
        "DeletionProtection": True,
        "TagList": [{"Key": "Environment", "Value": "production"}],
        "ActivityStreamStatus": "stopped",
        "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
        "MasterUserSecret": {"SecretArn": f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:rds!{name}"},
        **changes,
    }


def member(name: str, of_cluster: str, **changes: Any) -> dict[str, Any]:
    found = instance(
        name,
        Engine="aurora-postgresql",
        EngineVersion="16.9",
        DBClusterIdentifier=of_cluster,
        PromotionTier=1,
        StorageType="aurora",
        AllocatedStorage=1,
        MultiAZ=False,
        DBParameterGroups=[{"DBParameterGroupName": "default.aurora-postgresql16", "ParameterApplyStatus": "in-sync"}],
    )
    for absent in ("LatestRestorableTime", "EngineLifecycleSupport", "SecondaryAvailabilityZone", "Iops"):
        del found[absent]
    return {**found, **changes}


def cluster(name: str, **changes: Any) -> dict[str, Any]:
    """A full DBCluster as AWS answers it."""
    return {
        "DBClusterIdentifier": name,
        "DbClusterResourceId": f"cluster-{name.upper()}",
        "DBClusterArn": f"arn:aws:rds:eu-west-1:{ACCOUNT}:cluster:{name}",
        "Engine": "aurora-postgresql",
        "EngineVersion": "16.9",
        "EngineMode": "provisioned",
        "Status": "available",
        "ClusterCreateTime": NOW - timedelta(days=300),
        "DBClusterMembers": [
            {
                "DBInstanceIdentifier": f"{name}-{n}",
                "IsClusterWriter": n == 0,
                "PromotionTier": 1,
                "DBClusterParameterGroupStatus": "in-sync",
            }
            for n in range(3)
        ],
        "Endpoint": f"{name}.cluster-abc.eu-west-1.rds.amazonaws.com",
        "ReaderEndpoint": f"{name}.cluster-ro-abc.eu-west-1.rds.amazonaws.com",
        "Port": 5432,
        "MasterUsername": "billing_owner",
        "AvailabilityZones": ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
        "MultiAZ": True,
        "DBClusterParameterGroup": "billing-aurora16",
        "DBSubnetGroup": "private",
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-0b", "Status": "active"}],
        "StorageType": "aurora",
        "StorageEncrypted": True,
        "KmsKeyId": KEY,
        "BackupRetentionPeriod": 14,
        "PreferredBackupWindow": "02:00-02:30",
        "PreferredMaintenanceWindow": "sun:04:00-sun:04:30",
        "EarliestRestorableTime": NOW - timedelta(days=14),
        "LatestRestorableTime": NOW - timedelta(minutes=4),
        "CopyTagsToSnapshot": True,
        "DeletionProtection": True,
        "IAMDatabaseAuthenticationEnabled": True,
        "ActivityStreamStatus": "stopped",
        "AutoMinorVersionUpgrade": True,
        "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
        "DatabaseInsightsMode": "advanced",
        "PerformanceInsightsEnabled": True,
        "PerformanceInsightsRetentionPeriod": 465,
        "MonitoringInterval": 15,
        "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 16.0},
        "TagList": [],
        **changes,
    }


def snapshot(name: str, source: str, **changes: Any) -> dict[str, Any]:
    return {
        "DBSnapshotIdentifier": name,
        "DBInstanceIdentifier": source,
        "SnapshotCreateTime": NOW - timedelta(days=3),
        "Engine": "postgres",
        "EngineVersion": "17.6",
        "AllocatedStorage": 400,
        "Status": "available",
        "SnapshotType": "manual",
        "Encrypted": True,
        "KmsKeyId": KEY,
        "TagList": [],
        **changes,
    }


def automated(of: dict[str, Any]) -> dict[str, Any]:
    return {
        "DBInstanceArn": of["DBInstanceArn"],
        "Engine": of["Engine"],
        "Region": "eu-west-1",
        "Status": "active",
        "BackupRetentionPeriod": 14,
    }


def set_by_user(parameters: dict[str, Any]) -> list[dict[str, Any]]:
    assert parameters["Source"] == "user"
    return [{"ParameterName": "work_mem", "ParameterValue": "65536", "Source": "user", "IsModifiable": True}]


def version(engine: str) -> dict[str, Any]:
    return {
        "Engine": engine,
        "EngineVersion": "17.6",
        "DBParameterGroupFamily": f"{engine}17",
        "Status": "available",
        "ValidUpgradeTarget": [
            {"Engine": engine, "EngineVersion": "17.7", "IsMajorVersionUpgrade": False},
            {"Engine": engine, "EngineVersion": "18.1", "IsMajorVersionUpgrade": True},
        ],
        "SupportedCACertificateIdentifiers": ["rds-ca-rsa2048-g1"],
        "SupportsCertificateRotationWithoutRestart": True,
    }


GROUPS = [
    {"DBParameterGroupName": "orders-pg17", "DBParameterGroupFamily": "postgres17", "Description": "orders"},
    {"DBParameterGroupName": "unused-pg17", "DBParameterGroupFamily": "postgres17", "Description": "old"},
    {
        "DBParameterGroupName": "default.aurora-postgresql16",
        "DBParameterGroupFamily": "aurora-postgresql16",
        "Description": "Default parameter group",
    },
    {"DBParameterGroupName": "docs", "DBParameterGroupFamily": "docdb5.0", "Description": "another service's"},
]
CLUSTER_GROUPS = [
    {
        "DBClusterParameterGroupName": "billing-aurora16",
        "DBParameterGroupFamily": "aurora-postgresql16",
        "Description": "billing",
    }
]
SUBNET_GROUP: dict[str, Any] = {
    "DBSubnetGroupName": "private",
    "VpcId": "vpc-main",
    "Subnets": [
        {"SubnetIdentifier": "subnet-a", "SubnetAvailabilityZone": {"Name": "eu-west-1a"}},
        {"SubnetIdentifier": "subnet-b", "SubnetAvailabilityZone": {"Name": "eu-west-1b"}},
    ],
}
PROXY = {
    "DBProxyName": "orders-proxy",
    "DBProxyArn": f"arn:aws:rds:eu-west-1:{ACCOUNT}:db-proxy:prx-1",
    "Status": "available",
    "EngineFamily": "POSTGRESQL",
    "VpcSecurityGroupIds": ["sg-0a"],
    "VpcSubnetIds": ["subnet-a", "subnet-b"],
    "Auth": [{"AuthScheme": "SECRETS", "IAMAuth": "REQUIRED"}],
    "Endpoint": "orders-proxy.proxy-abc.eu-west-1.rds.amazonaws.com",
    "RequireTLS": True,
    "IdleClientTimeout": 1800,
    "DebugLogging": False,
}
PROXY_TARGET = {
    "RdsResourceId": "db-0000",
    "Type": "RDS_INSTANCE",
    "Role": "READ_WRITE",
    "TargetHealth": {"State": "AVAILABLE"},
}
PROXY_POOL = {
    "TargetGroupName": "default",
    "IsDefault": True,
    "ConnectionPoolConfig": {
        "MaxConnectionsPercent": 90,
        "MaxIdleConnectionsPercent": 40,
        "ConnectionBorrowTimeout": 30,
        "SessionPinningFilters": [],
    },
}
CERTIFICATE = {
    "CertificateIdentifier": "rds-ca-rsa2048-g1",
    "CertificateType": "CA",
    "ValidTill": datetime(2061, 5, 20, tzinfo=UTC),
}
SUBSCRIPTION = {"CustSubscriptionId": "all-failures", "Status": "active", "Enabled": True, "SourceType": "db-instance"}
RESERVATION = {
    "ReservedDBInstanceId": "ri-1",
    "DBInstanceClass": "db.r7g.large",
    "StartTime": NOW - timedelta(days=100),
    "Duration": 31536000,
    "DBInstanceCount": 4,
    "ProductDescription": "postgresql",
    "OfferingType": "No Upfront",
    "MultiAZ": True,
    "State": "active",
}
LIFECYCLE = {
    "Engine": "postgres",
    "MajorEngineVersion": "17",
    "SupportedEngineLifecycles": [
        {
            "LifecycleSupportName": "open-source-rds-standard-support",
            "LifecycleSupportStartDate": datetime(2024, 11, 1, tzinfo=UTC),
            "LifecycleSupportEndDate": datetime(2030, 2, 28, tzinfo=UTC),
        },
        {
            "LifecycleSupportName": "open-source-rds-extended-support",
            "LifecycleSupportStartDate": datetime(2030, 3, 1, tzinfo=UTC),
            "LifecycleSupportEndDate": datetime(2033, 2, 28, tzinfo=UTC),
        },
    ],
}
