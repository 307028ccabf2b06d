"""Instances: made as metadata, by the API and by the seeds of a fleet alike.

What is made here has no engine behind it, and is tagged so. An engine that runs is attached by `stand_on`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rdsops.lab.rds import parameter_groups, rules
from rdsops.lab.rds.model import Record, clash, fault
from rdsops.lab.rds.networks import ensure_default_option_group, ensure_default_subnet_group, security_groups
from rdsops.lab.rds.state import Backing, RdsState, Region, letters, tags_of

LAB_TAG = "rdsops:lab"
METADATA_ONLY = "metadata-only"
"""The tag of everything that has no engine behind it."""

PORTS = {"postgres": 5432, "aurora-postgresql": 5432, "mysql": 3306, "aurora-mysql": 3306, "mariadb": 3306}
LICENSES = {"mysql": "general-public-license", "mariadb": "general-public-license", "postgres": "postgresql-license"}

PLAIN = (
    "DBName", "MasterUsername", "PreferredMaintenanceWindow", "BackupRetentionPeriod", "PreferredBackupWindow",
    "MultiAZ", "AutoMinorVersionUpgrade", "LicenseModel", "CharacterSetName", "PubliclyAccessible", "StorageEncrypted",
    "KmsKeyId", "CopyTagsToSnapshot", "MonitoringInterval", "MonitoringRoleArn", "PromotionTier", "NetworkType",
    "DatabaseInsightsMode", "PerformanceInsightsKMSKeyId", "PerformanceInsightsRetentionPeriod", "DeletionProtection",
    "ProcessorFeatures", "DedicatedLogVolume", "EngineLifecycleSupport", "AvailabilityZone",
)  # fmt: skip
"""Arguments that come back under their own names."""

RENAMED = {
    "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
    "EnablePerformanceInsights": "PerformanceInsightsEnabled",
    "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
}

NOT_DONE = (
    "AdditionalStorageVolumes", "AutomationMode", "AwsBackupRecoveryPointArn", "BackupTarget",
    "CustomIamInstanceProfile", "DBCapacityReservationIdentifier", "DBSecurityGroups", "DBSystemId", "DisableDomain",
    "Domain", "DomainAuthSecretArn", "DomainDnsIps", "DomainFqdn", "DomainIAMRoleName", "DomainOu",
    "EnableCustomerOwnedIp", "Engine",
    "MasterUserAuthenticationType", "MultiTenant", "NcharCharacterSetName", "NewDBInstanceIdentifier", "ReplicaMode",
    "ResumeFullAutomationModeMinutes", "RotateMasterUserPassword", "TagSpecifications", "TdeCredentialArn",
    "TdeCredentialPassword", "Timezone", "UseDefaultProcessorFeatures", "CertificateRotationRestart",
)  # fmt: skip
"""Refused by name. Engine is one of them in ModifyDBInstance only."""

OF_THE_CLUSTER = (
    "AllocatedStorage", "BackupRetentionPeriod", "DBName", "DeletionProtection", "EnableIAMDatabaseAuthentication",
    "EngineLifecycleSupport", "Iops", "KmsKeyId", "ManageMasterUserPassword", "MasterUserPassword",
    "MasterUserSecretKmsKeyId", "MasterUsername", "MaxAllocatedStorage", "MultiAZ", "Port", "PreferredBackupWindow",
    "StorageEncrypted", "StorageThroughput", "StorageType", "VpcSecurityGroupIds", "EnableCloudwatchLogsExports",
    "CharacterSetName", "DedicatedLogVolume", "DatabaseInsightsMode",
)  # fmt: skip
"""Arguments that a member of a cluster cannot have: the cluster has them."""

OF_THE_SOURCE = (
    "Engine", "EngineVersion", "MasterUsername", "StorageType", "AllocatedStorage", "StorageEncrypted", "KmsKeyId",
    "DBInstanceClass",
)  # fmt: skip
"""What a read replica takes from its source unless told otherwise."""


def create_instance(
    state: RdsState, region: Region, asked: Mapping[str, Any], shown: Mapping[str, Any] | None = None
) -> Record:
    """Makes an instance out of CreateDBInstance's arguments. shown: fields of the answer that a seed gives as they are.

    The password is checked and then let go: no engine wants it.
    """
    name = rules.identifier(asked["DBInstanceIdentifier"], "DBInstanceIdentifier")
    if name in region.instances:
        raise fault(region.instances.exists, f"DB instance already exists: {name}")
    rules.refuse("CreateDBInstance", {k: v for k, v in asked.items() if k != "Engine"}, NOT_DONE)
    rules.check_shared(asked)
    state.offered.class_asked(asked["DBInstanceClass"])
    cluster = None
    if "DBClusterIdentifier" in asked:
        cluster = region.clusters.get(asked["DBClusterIdentifier"].lower())
        rules.refuse("CreateDBInstance", asked, OF_THE_CLUSTER, "the cluster has it")
        if asked["Engine"] != cluster["Engine"]:
            raise clash(f"The engine name requested for your DB instance ({asked['Engine']}) doesn't match the engine "
                        f"name of your DB cluster ({cluster['Engine']}).")  # fmt: skip
        if asked.get("EngineVersion", cluster["EngineVersion"]) != cluster["EngineVersion"]:
            raise clash("The engine version of a member is its cluster's")
    elif asked["Engine"].startswith("aurora"):
        raise clash(f"An instance of {asked['Engine']} needs a DBClusterIdentifier")
    if cluster:
        record = _member(state, region, asked, cluster, name)
    else:
        follows = bool(shown and "ReadReplicaSourceDBInstanceIdentifier" in shown)
        record = _alone(state, region, asked, name, follows)
    record |= shown or {}
    arn = record["DBInstanceArn"]
    region.instances.add(name, record)
    region.tags[arn] = {**tags_of(asked), LAB_TAG: METADATA_ONLY}
    if cluster:
        _join(region, cluster, record)
    state.record_event(
        region, "db-instance", name, arn, "DB instance created", ("creation",), record["InstanceCreateTime"]
    )
    return record


def replicate(
    state: RdsState, region: Region, source: str, asked: Mapping[str, Any], shown: Mapping[str, Any] | None = None
) -> Record:
    """A read replica of `source` within its region; arguments as of CreateDBInstance, those unsaid are the source's."""
    writer = region.instances.get(source)
    if not writer["BackupRetentionPeriod"]:
        raise fault("InvalidDBInstanceStateFault", f"Automated backups are not enabled for {source}")
    inherited: dict[str, Any] = {key: writer[key] for key in OF_THE_SOURCE if key in writer}
    following = {
        "ReadReplicaSourceDBInstanceIdentifier": source,
        "StatusInfos": [{"StatusType": "read replication", "Normal": True, "Status": "replicating"}],
    }
    record = create_instance(
        state, region, {"BackupRetentionPeriod": 0, **inherited, **asked}, {**following, **(shown or {})}
    )
    replicas = [*writer.get("ReadReplicaDBInstanceIdentifiers", ()), record["DBInstanceIdentifier"]]
    region.instances.change(source, ReadReplicaDBInstanceIdentifiers=replicas)
    return record


def stand_on(state: RdsState, region: Region, name: str, backing: Backing) -> Record:
    """Puts a running engine behind an instance: its endpoint leads there, and the metadata-only tag goes."""
    record = region.instances.get(name)
    endpoint = {**record["Endpoint"], "Address": backing.host, "Port": backing.port}
    arn = record["DBInstanceArn"]
    state.backed[arn] = backing
    region.tags[arn] = {key: value for key, value in region.tags[arn].items() if key != LAB_TAG}
    return region.instances.change(name, Endpoint=endpoint)


def _alone(state: RdsState, region: Region, asked: Mapping[str, Any], name: str, follows: bool) -> Record:
    engine = asked["Engine"]
    version = state.offered.version_asked(engine, asked.get("EngineVersion"))
    arn = region.arn("db", name)
    if "MasterUsername" not in asked:
        raise clash("MasterUsername must be provided")
    if asked.get("MasterUserPassword") is None and not asked.get("ManageMasterUserPassword") and not follows:
        raise clash("MasterUserPassword must be provided unless ManageMasterUserPassword is true")
    record = _base(state, region, asked, name, arn, engine, version)
    record |= {
        **rules.storage(asked),
        "Endpoint": {
            "Address": f"{name}.{_suffix(region)}",
            "Port": asked.get("Port", PORTS[engine]),
            "HostedZoneId": "Z" + region.place.account,
        },
        "DbInstancePort": 0,
        "BackupRetentionPeriod": asked.get("BackupRetentionPeriod", 1),
        "MultiAZ": asked.get("MultiAZ", False),
        "MasterUsername": asked["MasterUsername"],
        "StorageEncrypted": asked.get("StorageEncrypted", False),
        "IAMDatabaseAuthenticationEnabled": asked.get("EnableIAMDatabaseAuthentication", False),
        "DeletionProtection": asked.get("DeletionProtection", False),
        "LicenseModel": asked.get("LicenseModel", LICENSES.get(engine, "general-public-license")),
        "VpcSecurityGroups": security_groups(state, region, asked.get("VpcSecurityGroupIds")),
        "ReadReplicaDBInstanceIdentifiers": [],
    }
    if engine != "mariadb":
        record["EngineLifecycleSupport"] = asked.get("EngineLifecycleSupport", "open-source-rds-extended-support")
    if record["MultiAZ"]:
        if "AvailabilityZone" in asked:
            raise clash("Requesting a specific availability zone is not valid for Multi-AZ instances.")
        record["SecondaryAvailabilityZone"] = region.zones()[1]
    if record["StorageEncrypted"]:
        record["KmsKeyId"] = asked.get(
            "KmsKeyId", f"arn:aws:kms:{region.place.region}:{region.place.account}:alias/aws/rds"
        )
    elif "KmsKeyId" in asked:
        raise clash("KmsKeyId is only for encrypted storage")
    managed_secret(state, region, asked, record, arn)
    return record


def _member(state: RdsState, region: Region, asked: Mapping[str, Any], cluster: Record, name: str) -> Record:
    arn = region.arn("db", name)
    record = _base(state, region, asked, name, arn, cluster["Engine"], cluster["EngineVersion"])
    inherited = (
        "BackupRetentionPeriod", "PreferredBackupWindow", "MasterUsername", "StorageEncrypted", "KmsKeyId",
        "IAMDatabaseAuthenticationEnabled", "DatabaseInsightsMode", "EngineLifecycleSupport", "VpcSecurityGroups",
    )  # fmt: skip
    record |= {key: cluster[key] for key in inherited if key in cluster}
    # the cluster protects itself; a member answers its own, which is off (recalled)
    record |= {
        "AllocatedStorage": 1,
        "StorageType": cluster.get("StorageType", "aurora"),
        "MultiAZ": False,
        "DeletionProtection": False,
        "DBClusterIdentifier": cluster["DBClusterIdentifier"],
        "PromotionTier": asked.get("PromotionTier", 1),
        "LicenseModel": LICENSES["postgres" if "postgres" in cluster["Engine"] else "mysql"],
        "Endpoint": {
            "Address": f"{name}.{_suffix(region)}",
            "Port": cluster["Port"],
            "HostedZoneId": "Z" + region.place.account,
        },
        "DbInstancePort": 0,
    }
    if "DatabaseName" in cluster:
        record["DBName"] = cluster["DatabaseName"]
    return record


def _base(
    state: RdsState, region: Region, asked: Mapping[str, Any], name: str, arn: str, engine: str, version: str
) -> Record:
    """What instances alone and members have in common."""
    now = state.now()
    family = state.offered.family(engine, version)
    if "DBParameterGroupName" in asked:
        group = parameter_groups.named(region, asked["DBParameterGroupName"], parameter_groups.INSTANCE)
        if group["DBParameterGroupFamily"] != family:
            raise clash(f"The parameter group {group['DBParameterGroupName']} with DBParameterGroupFamily "
                        f"{group['DBParameterGroupFamily']} can't be used for this instance. Use {family}")  # fmt: skip
    else:
        group = parameter_groups.ensure_default(region, family, parameter_groups.INSTANCE)
    zone = asked.get("AvailabilityZone", region.zones()[0])
    rules.one_of({"AvailabilityZone": zone}, "AvailabilityZone", region.zones())
    certificate = asked.get("CACertificateIdentifier", state.offered.default_certificate())
    state.offered.certificate_asked(certificate)
    record: Record = {
        "DBInstanceIdentifier": name,
        "DBInstanceClass": asked["DBInstanceClass"],
        "Engine": engine,
        "EngineVersion": version,
        "DBInstanceStatus": "available",
        "DBInstanceArn": arn,
        "DbiResourceId": state.resource_id("db", arn),
        "InstanceCreateTime": now,
        "PreferredBackupWindow": "03:10-03:40",
        "PreferredMaintenanceWindow": "sun:04:10-sun:04:40",
        "DBSecurityGroups": [],
        "DBParameterGroups": [
            {"DBParameterGroupName": group["DBParameterGroupName"], "ParameterApplyStatus": "in-sync"}
        ],
        "AvailabilityZone": zone,
        "DBSubnetGroup": subnet_group(state, region, asked.get("DBSubnetGroupName")),
        "PendingModifiedValues": {},
        "AutoMinorVersionUpgrade": True,
        "OptionGroupMemberships": [
            {"OptionGroupName": _option_group(region, asked, engine, version), "Status": "in-sync"}
        ],
        "PubliclyAccessible": False,
        "CACertificateIdentifier": certificate,
        "CertificateDetails": {"CAIdentifier": certificate, "ValidTill": now + timedelta(days=365)},
        "DomainMemberships": [],
        "CopyTagsToSnapshot": False,
        "MonitoringInterval": 0,
        "DatabaseInsightsMode": "standard",
        "PerformanceInsightsEnabled": False,
        "AssociatedRoles": [],
        "CustomerOwnedIpEnabled": False,
        "NetworkType": "IPV4",
        "ActivityStreamStatus": "stopped",
        "BackupTarget": "region",
        "DedicatedLogVolume": False,
        "IsStorageConfigUpgradeAvailable": False,
    }
    record |= {key: asked[key] for key in PLAIN if key in asked}
    record |= {shown: asked[key] for key, shown in RENAMED.items() if key in asked}
    _check_logs(state, record)
    if record["PerformanceInsightsEnabled"]:
        record.setdefault("PerformanceInsightsRetentionPeriod", 7)
        record.setdefault(
            "PerformanceInsightsKMSKeyId", f"arn:aws:kms:{region.place.region}:{region.place.account}:alias/aws/rds"
        )
    elif {"PerformanceInsightsRetentionPeriod", "PerformanceInsightsKMSKeyId"} & set(asked):
        raise clash("Performance Insights must be enabled to set its retention or key")
    if record["DatabaseInsightsMode"] == "advanced" and record.get("PerformanceInsightsRetentionPeriod") != 465:
        raise clash("Database Insights in advanced mode needs Performance Insights with a retention of 465 days")
    if record["MonitoringInterval"]:
        # the log stream of Enhanced Monitoring is named after the resource
        record["EnhancedMonitoringResourceArn"] = (
            f"arn:aws:logs:{region.place.region}:{region.place.account}:log-group:RDSOSMetrics:log-stream:"
            + record["DbiResourceId"]
        )
    return record


def _check_logs(state: RdsState, record: Record) -> None:
    unknown = set(record.get("EnabledCloudwatchLogsExports", ())) - set(state.offered.log_types(record["Engine"]))
    if unknown:
        raise clash(f"You cannot use the log types '{', '.join(sorted(unknown))}' with engine {record['Engine']}")


def managed_secret(state: RdsState, region: Region, asked: Mapping[str, Any], record: Record, arn: str) -> None:
    """A master password that RDS manages: kept in Secrets Manager, as AWS does it."""
    if not asked.get("ManageMasterUserPassword"):
        if "MasterUserSecretKmsKeyId" in asked:
            raise clash("MasterUserSecretKmsKeyId needs ManageMasterUserPassword")
        return
    text = json.dumps({"username": record["MasterUsername"], "password": secrets.token_urlsafe(24)})
    kept = state.around.keep_secret(region.place, f"rds!db-{record['DbiResourceId'][3:11].lower()}", text)
    key = asked.get(
        "MasterUserSecretKmsKeyId", f"arn:aws:kms:{region.place.region}:{region.place.account}:alias/aws/secretsmanager"
    )
    record["MasterUserSecret"] = {"SecretArn": kept, "SecretStatus": "active", "KmsKeyId": key}


def _option_group(region: Region, asked: Mapping[str, Any], engine: str, version: str) -> str:
    if "OptionGroupName" in asked:
        return str(region.option_groups.get(asked["OptionGroupName"])["OptionGroupName"])
    return ensure_default_option_group(region, engine, version)


def subnet_group(state: RdsState, region: Region, name: str | None) -> Record:
    if name is None:
        return ensure_default_subnet_group(state, region)
    return region.subnet_groups.get(name.lower())


def _suffix(region: Region) -> str:
    """The rest of an endpoint's name, per account and region as at AWS."""
    return f"{letters(str(region.place), 12).lower()}.{region.place.region}.rds.amazonaws.com"


def _join(region: Region, cluster: Record, record: Record) -> None:
    members = list(cluster["DBClusterMembers"])
    members.append(
        {
            "DBInstanceIdentifier": record["DBInstanceIdentifier"],
            "IsClusterWriter": not any(one["IsClusterWriter"] for one in members)
            and not cluster.get("ReplicationSourceIdentifier"),
            "DBClusterParameterGroupStatus": "in-sync",
            "PromotionTier": record["PromotionTier"],
        }
    )
    zones = [region.instances.get(one["DBInstanceIdentifier"])["AvailabilityZone"] for one in members]
    region.clusters.change(cluster["DBClusterIdentifier"], DBClusterMembers=members, MultiAZ=len(set(zones)) > 1)
