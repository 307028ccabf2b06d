"""Aurora clusters and global databases: made, changed and deleted as metadata. Members are instances' story."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from rdsops.core.ids import Place, partition_of
from rdsops.facts.facts import major_of
from rdsops.lab.rds import parameter_groups, rules
from rdsops.lab.rds.instances import LAB_TAG, METADATA_ONLY, PORTS
from rdsops.lab.rds.model import Record, clash, fault, invalid, not_done, not_emulated
from rdsops.lab.rds.networks import ensure_default_option_group, ensure_default_subnet_group, security_groups
from rdsops.lab.rds.snapshots import create_cluster_snapshot
from rdsops.lab.rds.state import RdsState, Region, letters, tags_of

PLAIN = (
    "DatabaseName", "MasterUsername", "BackupRetentionPeriod", "PreferredBackupWindow", "PreferredMaintenanceWindow",
    "CharacterSetName", "ReplicationSourceIdentifier", "StorageEncrypted", "KmsKeyId", "DeletionProtection",
    "CopyTagsToSnapshot", "NetworkType", "AutoMinorVersionUpgrade", "MonitoringInterval", "MonitoringRoleArn",
    "DatabaseInsightsMode", "PerformanceInsightsKMSKeyId", "PerformanceInsightsRetentionPeriod",
    "EngineLifecycleSupport", "Port",
)  # fmt: skip

RENAMED = {
    "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled",
    "EnablePerformanceInsights": "PerformanceInsightsEnabled",
    "EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
    "EnableHttpEndpoint": "HttpEndpointEnabled",
    "EnableGlobalWriteForwarding": "GlobalWriteForwardingRequested",
}

NOT_DONE = (
    "AllowEngineModeChange", "AssociatedRoles", "AwsBackupRecoveryPointArn", "CACertificateIdentifier",
    "ClusterScalabilityType", "DBInstanceParameterGroupName", "DBSystemId", "Domain", "DomainIAMRoleName",
    "EnableLimitlessDatabase", "EnableLocalWriteForwarding", "MasterUserAuthenticationType", "NewDBClusterIdentifier",
    "PreSignedUrl", "RdsCustomClusterConfiguration", "RotateMasterUserPassword", "ScalingConfiguration", "SourceRegion",
    "TagSpecifications", "WithExpressConfiguration",
)  # fmt: skip

MULTI_AZ_ONLY = ("AllocatedStorage", "DBClusterInstanceClass", "Iops", "PubliclyAccessible")
"""Arguments of Multi-AZ DB clusters, whose three instances the lab does not make yet."""

OF_THE_MEMBERS = ("EngineVersion", "BackupRetentionPeriod", "PreferredBackupWindow", "VpcSecurityGroups",
                  "IAMDatabaseAuthenticationEnabled", "DatabaseInsightsMode")  # fmt: skip
"""Fields of a cluster that its members show as theirs."""

LEAST_RETENTION_DAYS = 1
"""A cluster always has backups. Source: botocore 1.44.5, read 2026-11-23."""


def create_cluster(
    state: RdsState, region: Region, asked: Mapping[str, Any], shown: Mapping[str, Any] | None = None
) -> Record:
    """Makes an Aurora cluster without members. shown: fields of the answer that a seed gives as they are."""
    name = rules.identifier(asked["DBClusterIdentifier"], "DBClusterIdentifier")
    engine = asked["Engine"]
    if name in region.clusters:
        raise fault(region.clusters.exists, f"DB Cluster already exists: {name}")
    rules.refuse("CreateDBCluster", asked, NOT_DONE)
    if not engine.startswith("aurora"):
        raise not_emulated(f"Multi-AZ DB clusters (engine {engine})")
    rules.refuse("CreateDBCluster", asked, MULTI_AZ_ONLY, "of Multi-AZ DB clusters, which the lab does not have")
    _check(asked, engine)
    version = state.offered.version_asked(engine, asked.get("EngineVersion"))
    world, primary = _global_of(state, region, asked, engine, version)
    if primary is None and "ReplicationSourceIdentifier" not in asked:
        if "MasterUsername" not in asked:
            raise clash("The parameter MasterUsername must be provided")
        if asked.get("MasterUserPassword") is None and not asked.get("ManageMasterUserPassword"):
            raise clash("The parameter MasterUserPassword must be provided")
    record = _made(state, region, asked, name, engine, version)
    if primary is not None:
        record["MasterUsername"] = primary.get("MasterUsername", "")
        record["ReplicationSourceIdentifier"] = primary["DBClusterArn"]
    if record["GlobalWriteForwardingRequested"] and primary is None:
        raise clash("Write forwarding is for the secondary clusters of a global database")
    record["GlobalWriteForwardingStatus"] = "enabled" if record["GlobalWriteForwardingRequested"] else "disabled"
    if asked.get("ManageMasterUserPassword"):
        text = json.dumps({"username": record["MasterUsername"], "password": secrets.token_urlsafe(24)})
        kept = state.around.keep_secret(region.place, f"rds!cluster-{letters(record['DBClusterArn'], 8).lower()}", text)
        key = asked.get("MasterUserSecretKmsKeyId", _key(region, "secretsmanager"))
        record["MasterUserSecret"] = {"SecretArn": kept, "SecretStatus": "active", "KmsKeyId": key}
    elif "MasterUserSecretKmsKeyId" in asked:
        raise clash("MasterUserSecretKmsKeyId needs ManageMasterUserPassword")
    record |= shown or {}
    region.clusters.add(name, record)
    region.tags[record["DBClusterArn"]] = {**tags_of(asked), LAB_TAG: METADATA_ONLY}
    if world is not None:
        join_world(state, region.place.account, world, record)
    state.record_event(
        region, "db-cluster", name, record["DBClusterArn"], "DB cluster created", ("creation",),
        record["ClusterCreateTime"],
    )  # fmt: skip
    return region.clusters.get(name)


def create_global(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    """Makes a global cluster, empty or around an existing cluster, which becomes its writer."""
    name = rules.identifier(asked["GlobalClusterIdentifier"], "GlobalClusterIdentifier")
    account = region.place.account
    worlds = state.globals_of(account)
    arn = f"arn:{partition_of(region.place.region)}:rds::{account}:global-cluster:{name}"
    source = None
    if "SourceDBClusterIdentifier" in asked:
        source = _cluster_by_arn(state, account, asked["SourceDBClusterIdentifier"])
        rules.refuse("CreateGlobalCluster", asked, ("Engine", "EngineVersion", "DatabaseName", "StorageEncrypted",
                     "EngineLifecycleSupport"), "the source cluster has it")  # fmt: skip
        engine, version = source["Engine"], source["EngineVersion"]
    else:
        if "Engine" not in asked:
            raise clash("Engine must be provided when there is no SourceDBClusterIdentifier")
        engine = asked["Engine"]
        version = state.offered.version_asked(engine, asked.get("EngineVersion"))
    rules.one_of({"Engine": engine}, "Engine", ("aurora-postgresql", "aurora-mysql"))
    rules.check_shared(asked)
    record = {
        "GlobalClusterIdentifier": name,
        "GlobalClusterResourceId": state.resource_id("cluster", arn).lower(),
        "GlobalClusterArn": arn,
        "Status": "available",
        "Engine": engine,
        "EngineVersion": version,
        "EngineLifecycleSupport": asked.get("EngineLifecycleSupport", "open-source-rds-extended-support"),
        "StorageEncrypted": source["StorageEncrypted"] if source else asked.get("StorageEncrypted", False),
        "DeletionProtection": asked.get("DeletionProtection", False),
        "GlobalClusterMembers": [],
        "Endpoint": f"{name}.global-{letters(arn, 12).lower()}.global.rds.amazonaws.com",
    }
    database = source.get("DatabaseName") if source else asked.get("DatabaseName")
    if database:
        record["DatabaseName"] = database
    worlds.add(name, record)
    region.tags[arn] = tags_of(asked)
    return join_world(state, account, name, source) if source else record


def join_world(state: RdsState, account: str, world: str, cluster: Record) -> Record:
    """Puts a cluster into a global cluster: the first is the writer, whose row names the others as its readers."""
    worlds = state.globals_of(account)
    members = [*worlds.get(world)["GlobalClusterMembers"]]
    writer = next((one for one in members if one["IsWriter"]), None)
    members.append(
        {
            "DBClusterArn": cluster["DBClusterArn"],
            "Readers": [],
            "IsWriter": writer is None,
            "GlobalWriteForwardingStatus": cluster.get("GlobalWriteForwardingStatus", "disabled"),
            "SynchronizationStatus": "connected",
        }
    )
    readers = [one["DBClusterArn"] for one in members if not one["IsWriter"]]
    members = [{**one, "Readers": readers if one["IsWriter"] else []} for one in members]
    home = state.region(Place(account, cluster["DBClusterArn"].split(":")[3]))
    home.clusters.change(cluster["DBClusterIdentifier"], GlobalClusterIdentifier=world)
    return worlds.change(world, GlobalClusterMembers=members)


def modify_cluster(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    name = asked["DBClusterIdentifier"].rsplit(":", 1)[-1].lower()
    old = region.clusters.get(name)
    asked = {key: value for key, value in asked.items() if key != "DBClusterIdentifier"}
    now = asked.pop("ApplyImmediately", False)
    rules.refuse("ModifyDBCluster", asked, NOT_DONE)
    rules.refuse("ModifyDBCluster", asked, (*MULTI_AZ_ONLY, "EngineMode"))
    rules.refuse("ModifyDBCluster", asked, ("MasterUserSecretKmsKeyId", "ManageMasterUserPassword"))
    if any(state.backing(region.arn("db", one["DBInstanceIdentifier"])) for one in old["DBClusterMembers"]):
        rules.refuse(
            "ModifyDBCluster", asked, ("MasterUserPassword", "Port", "EngineVersion"), "running engines are behind it"
        )
    _check({"MonitoringRoleArn": old.get("MonitoringRoleArn"), **asked}, old["Engine"])
    changes: dict[str, Any] = {key: asked[key] for key in PLAIN if key in asked}
    changes |= {shown: asked[key] for key, shown in RENAMED.items() if key in asked}
    later: dict[str, Any] = dict(old.get("PendingModifiedValues", {}))
    if "EngineVersion" in asked:
        _check_upgrade(state, old, asked)
        later["EngineVersion"] = state.offered.version_asked(old["Engine"], asked["EngineVersion"])
    if "MasterUserPassword" in asked:
        later["MasterUserPassword"] = "****"
    if "IAMDatabaseAuthenticationEnabled" in changes:
        later["IAMDatabaseAuthenticationEnabled"] = changes.pop("IAMDatabaseAuthenticationEnabled")
    changes |= _references(state, region, old, asked)
    if now:
        later.pop("MasterUserPassword", None)
        changes |= later
        later = {}
    record = region.clusters.change(name, **changes, PendingModifiedValues=later)
    if "EngineVersion" in changes:
        _follow_family(state, region, old, record)
        record = region.clusters.get(name)
    inherited = {key: record[key] for key in OF_THE_MEMBERS if key in record}
    for member in record["DBClusterMembers"]:
        region.instances.change(member["DBInstanceIdentifier"], **inherited)
    state.record_event(
        region, "db-cluster", name, record["DBClusterArn"], "The DB cluster was modified", ("configuration change",)
    )
    return record


def _follow_family(state: RdsState, region: Region, old: Record, record: Record) -> None:
    """After a major upgrade the old family's groups do not fit: the new family's default groups are attached."""
    family = state.offered.family(record["Engine"], record["EngineVersion"])
    if family == state.offered.family(old["Engine"], old["EngineVersion"]):
        return
    attached = parameter_groups.named(region, record["DBClusterParameterGroup"], parameter_groups.CLUSTER)
    if attached["DBParameterGroupFamily"] != family:
        group = parameter_groups.ensure_default(region, family, parameter_groups.CLUSTER)
        region.clusters.change(
            record["DBClusterIdentifier"], DBClusterParameterGroup=group["DBClusterParameterGroupName"]
        )
    name = parameter_groups.ensure_default(region, family, parameter_groups.INSTANCE)["DBParameterGroupName"]
    for member in record["DBClusterMembers"]:
        status = [{"DBParameterGroupName": name, "ParameterApplyStatus": "in-sync"}]
        region.instances.change(member["DBInstanceIdentifier"], DBParameterGroups=status)


def delete_cluster(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    name = asked["DBClusterIdentifier"].lower()
    record = region.clusters.get(name)
    rules.refuse("DeleteDBCluster", asked, ("DeleteAutomatedBackups",), "backups go with the cluster")
    if record["DeletionProtection"]:
        raise clash("Cannot delete protected Cluster, please disable deletion protection and try again.")
    if record["DBClusterMembers"]:
        raise fault(
            "InvalidDBClusterStateFault",
            "Cluster cannot be deleted, it still contains DB instances in non-deleting state.",
        )
    if record.get("GlobalClusterIdentifier"):
        raise fault("InvalidDBClusterStateFault", "This cluster is a part of a global cluster, please remove it first")
    final = asked.get("FinalDBSnapshotIdentifier")
    if asked.get("SkipFinalSnapshot") and final:
        raise clash("FinalDBSnapshotIdentifier cannot be specified when SkipFinalSnapshot is specified")
    if not asked.get("SkipFinalSnapshot"):
        if not final:
            raise clash("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
        create_cluster_snapshot(state, region, {"DBClusterIdentifier": name, "DBClusterSnapshotIdentifier": final})
    region.clusters.drop(name)
    region.tags.pop(record["DBClusterArn"], None)
    state.record_event(region, "db-cluster", name, record["DBClusterArn"], "DB cluster deleted", ("deletion",))
    return {**record, "Status": "deleting"}


def _made(state: RdsState, region: Region, asked: Mapping[str, Any], name: str, engine: str, version: str) -> Record:
    arn = region.arn("cluster", name)
    family = state.offered.family(engine, version)
    if "DBClusterParameterGroupName" in asked:
        group = parameter_groups.named(region, asked["DBClusterParameterGroupName"], parameter_groups.CLUSTER)
        _same_family(group, family)
    else:
        group = parameter_groups.ensure_default(region, family, parameter_groups.CLUSTER)
    subnets = ensure_default_subnet_group(state, region)
    if "DBSubnetGroupName" in asked:
        subnets = region.subnet_groups.get(asked["DBSubnetGroupName"].lower())
    zones = asked.get("AvailabilityZones", list(region.zones()))
    for zone in zones:
        rules.one_of({"AvailabilityZones": zone}, "AvailabilityZones", region.zones())
    if "OptionGroupName" in asked:
        options = region.option_groups.get(asked["OptionGroupName"])["OptionGroupName"]
    else:
        options = ensure_default_option_group(region, engine, version)
    suffix = f"{letters(str(region.place), 12).lower()}.{region.place.region}.rds.amazonaws.com"
    record: Record = {
        "DBClusterIdentifier": name,
        "DBClusterArn": arn,
        "DbClusterResourceId": state.resource_id("cluster", arn),
        "Engine": engine,
        "EngineVersion": version,
        "EngineMode": asked.get("EngineMode", "provisioned"),
        "Status": "available",
        "ClusterCreateTime": state.now(),
        "AllocatedStorage": 1,
        "AvailabilityZones": list(zones),
        "BackupRetentionPeriod": LEAST_RETENTION_DAYS,
        "DBClusterParameterGroup": group["DBClusterParameterGroupName"],
        "DBSubnetGroup": subnets["DBSubnetGroupName"],
        "Endpoint": f"{name}.cluster-{suffix}",
        "ReaderEndpoint": f"{name}.cluster-ro-{suffix}",
        "HostedZoneId": "Z" + region.place.account,
        "MultiAZ": False,
        "Port": PORTS[engine],
        "DBClusterOptionGroupMemberships": [{"DBClusterOptionGroupName": options, "Status": "in-sync"}],
        "PreferredBackupWindow": "02:20-02:50",
        "PreferredMaintenanceWindow": "sun:03:30-sun:04:00",
        "ReadReplicaIdentifiers": [],
        "DBClusterMembers": [],
        "VpcSecurityGroups": security_groups(state, region, asked.get("VpcSecurityGroupIds")),
        "StorageEncrypted": False,
        "AssociatedRoles": [],
        "IAMDatabaseAuthenticationEnabled": False,
        "PendingModifiedValues": {},
        "AutoMinorVersionUpgrade": True,
        "DeletionProtection": False,
        "HttpEndpointEnabled": False,
        "ActivityStreamStatus": "stopped",
        "CopyTagsToSnapshot": False,
        "CrossAccountClone": False,
        "DomainMemberships": [],
        "GlobalWriteForwardingRequested": False,
        "NetworkType": "IPV4",
        "MonitoringInterval": 0,
        "DatabaseInsightsMode": "standard",
        "PerformanceInsightsEnabled": False,
        "LocalWriteForwardingStatus": "disabled",
        "EngineLifecycleSupport": "open-source-rds-extended-support",
    }
    rules.one_of(record, "EngineMode", ("provisioned",))
    record |= {key: asked[key] for key in PLAIN if key in asked}
    record |= {shown: asked[key] for key, shown in RENAMED.items() if key in asked}
    _check_insights(record, asked)
    unknown = set(record.get("EnabledCloudwatchLogsExports", ())) - set(state.offered.log_types(engine))
    if unknown:
        raise clash(f"You cannot use the log types '{', '.join(sorted(unknown))}' with engine {engine}")
    if record["StorageEncrypted"]:
        record.setdefault("KmsKeyId", _key(region, "rds"))
    elif "KmsKeyId" in asked:
        raise clash("KmsKeyId is only for encrypted storage")
    # AWS leaves StorageType away for the standard one
    if asked.get("StorageType") not in (None, "aurora"):
        record["StorageType"] = asked["StorageType"]
    if "BacktrackWindow" in asked:
        record["BacktrackWindow"] = asked["BacktrackWindow"]
    if "ServerlessV2ScalingConfiguration" in asked:
        record["ServerlessV2ScalingConfiguration"] = _scaling(state, engine, version, asked, {})
    return record


def _check(asked: Mapping[str, Any], engine: str) -> None:
    known = {key: value for key, value in asked.items() if value is not None}
    rules.check_shared(known)
    rules.between(known, "BackupRetentionPeriod", LEAST_RETENTION_DAYS, 35)
    rules.one_of(known, "StorageType", ("aurora", "aurora-iopt1"))
    if known.get("BacktrackWindow") and engine != "aurora-mysql":
        raise clash("Backtrack is for Aurora MySQL only")


def _check_insights(record: Record, asked: Mapping[str, Any]) -> None:
    if record["PerformanceInsightsEnabled"]:
        record.setdefault("PerformanceInsightsRetentionPeriod", 7)
    elif {"PerformanceInsightsRetentionPeriod", "PerformanceInsightsKMSKeyId"} & set(asked):
        raise clash("Performance Insights must be enabled to set its retention or key")
    if record["DatabaseInsightsMode"] == "advanced" and record.get("PerformanceInsightsRetentionPeriod") != 465:
        raise clash("Database Insights in advanced mode needs Performance Insights with a retention of 465 days")


def _references(state: RdsState, region: Region, old: Record, asked: Mapping[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "DBClusterParameterGroupName" in asked:
        group = parameter_groups.named(region, asked["DBClusterParameterGroupName"], parameter_groups.CLUSTER)
        version = asked.get("EngineVersion", old["EngineVersion"])
        _same_family(group, state.offered.family(old["Engine"], version))
        changes["DBClusterParameterGroup"] = group["DBClusterParameterGroupName"]
        changes["DBClusterMembers"] = [
            {**one, "DBClusterParameterGroupStatus": "pending-reboot"} for one in old["DBClusterMembers"]
        ]
    if "OptionGroupName" in asked:
        options = region.option_groups.get(asked["OptionGroupName"])["OptionGroupName"]
        changes["DBClusterOptionGroupMemberships"] = [{"DBClusterOptionGroupName": options, "Status": "in-sync"}]
    if "VpcSecurityGroupIds" in asked:
        changes["VpcSecurityGroups"] = security_groups(state, region, asked["VpcSecurityGroupIds"])
    if "StorageType" in asked:
        changes["StorageType"] = asked["StorageType"]
    if "BacktrackWindow" in asked:
        changes["BacktrackWindow"] = asked["BacktrackWindow"]
    if "ServerlessV2ScalingConfiguration" in asked:
        before = old.get("ServerlessV2ScalingConfiguration", {})
        changes["ServerlessV2ScalingConfiguration"] = _scaling(
            state, old["Engine"], old["EngineVersion"], asked, before
        )
    logs = asked.get("CloudwatchLogsExportConfiguration")
    if logs:
        kept = [
            one for one in old.get("EnabledCloudwatchLogsExports", ()) if one not in logs.get("DisableLogTypes", ())
        ]
        changes["EnabledCloudwatchLogsExports"] = [
            *kept,
            *(one for one in logs.get("EnableLogTypes", ()) if one not in kept),
        ]
    return changes


def _scaling(state: RdsState, engine: str, version: str, asked: Mapping[str, Any], before: Mapping[str, Any]) -> Record:
    """ServerlessV2ScalingConfiguration over what was there; bounds are the version's (read: botocore 1.44.5)."""
    wanted = {**before, **asked["ServerlessV2ScalingConfiguration"]}
    bounds = state.offered.engine_version(engine, version)["ServerlessV2FeaturesSupport"]
    least, most = wanted.get("MinCapacity"), wanted.get("MaxCapacity")
    if least is None or most is None:
        raise clash("MinCapacity and MaxCapacity must both be provided")
    if not bounds["MinCapacity"] <= least <= most <= bounds["MaxCapacity"] or most < 1 or least % 0.5 or most % 0.5:
        raise invalid(
            f"Serverless v2 capacity {least}-{most} is not within {bounds['MinCapacity']}-{bounds['MaxCapacity']} "
            "in steps of 0.5 for this version"
        )
    if "SecondsUntilAutoPause" in wanted:
        if least > 0:
            wanted.pop("SecondsUntilAutoPause")
            if "SecondsUntilAutoPause" in asked["ServerlessV2ScalingConfiguration"]:
                raise clash("SecondsUntilAutoPause needs a MinCapacity of 0")
        else:
            rules.between(wanted, "SecondsUntilAutoPause", 300, 86400)
    elif least == 0:
        wanted["SecondsUntilAutoPause"] = 300
    return wanted


def _check_upgrade(state: RdsState, old: Record, asked: Mapping[str, Any]) -> None:
    target = state.offered.version_asked(old["Engine"], asked["EngineVersion"])
    if target == old["EngineVersion"]:
        return
    if target not in {one["EngineVersion"] for one in state.offered.upgrades(old["Engine"], old["EngineVersion"])}:
        raise clash(f"Cannot upgrade {old['Engine']} from {old['EngineVersion']} to {target}")
    majors = {major_of(old["Engine"], one) for one in (old["EngineVersion"], target)}
    if len(majors) > 1 and not asked.get("AllowMajorVersionUpgrade"):
        raise clash("The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.")


def _same_family(group: Record, family: str) -> None:
    if group["DBParameterGroupFamily"] != family:
        raise clash(f"The parameter group {group['DBClusterParameterGroupName']} is not of family {family}")


def _global_of(
    state: RdsState, region: Region, asked: Mapping[str, Any], engine: str, version: str
) -> tuple[str | None, Record | None]:
    """The global cluster that a new cluster joins, and the primary that it will follow."""
    name = asked.get("GlobalClusterIdentifier")
    if name is None:
        return None, None
    world = state.globals_of(region.place.account).get(name)
    if world["Engine"] != engine or world["EngineVersion"] != version:
        raise clash(f"The engine of global cluster {name} is {world['Engine']} {world['EngineVersion']}")
    writer = next((one["DBClusterArn"] for one in world["GlobalClusterMembers"] if one["IsWriter"]), None)
    if writer is None:
        return name, None
    if any(f":{region.place.region}:" in one["DBClusterArn"] for one in world["GlobalClusterMembers"]):
        raise clash(f"Global cluster {name} has a cluster in {region.place.region} already")
    if "MasterUsername" in asked or "MasterUserPassword" in asked:
        raise not_done("CreateDBCluster", "MasterUsername", "a secondary cluster has its primary's")
    return name, _cluster_by_arn(state, region.place.account, writer)


def _cluster_by_arn(state: RdsState, account: str, arn: str) -> Record:
    parts = arn.split(":")
    if len(parts) != 7 or parts[5] != "cluster":
        raise fault("DBClusterNotFoundFault", f"{arn} is not the ARN of a DB cluster")
    return state.region(Place(account, parts[3])).clusters.get(parts[6])


def _key(region: Region, service: str) -> str:
    return f"arn:aws:kms:{region.place.region}:{region.place.account}:alias/aws/{service}"
