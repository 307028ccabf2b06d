"""Instances changed and deleted: what applies at once, what waits as PendingModifiedValues, what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rdsops.lab.rds import parameter_groups, rules
from rdsops.lab.rds.instances import NOT_DONE, OF_THE_CLUSTER, PLAIN, RENAMED, managed_secret, subnet_group
from rdsops.lab.rds.model import Record, clash, invalid, not_done
from rdsops.lab.rds.networks import security_groups
from rdsops.lab.rds.snapshots import create_snapshot
from rdsops.lab.rds.state import RdsState, Region

LATER = (
    "AllocatedStorage", "DBInstanceClass", "MultiAZ", "EngineVersion", "LicenseModel", "Iops", "StorageThroughput",
    "StorageType", "ProcessorFeatures", "DedicatedLogVolume",
)  # fmt: skip
"""Changes that wait for the maintenance window unless ApplyImmediately says otherwise (read: botocore 1.44.5)."""

OF_THE_ENGINE = (
    "MasterUserPassword", "DBPortNumber", "EngineVersion", "ManageMasterUserPassword", "MasterUserSecretKmsKeyId",
)  # fmt: skip
"""Changes that only the engine could make, refused while one runs behind the instance."""


def modify_instance(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    """Changes an instance: at once, or as PendingModifiedValues where AWS waits for the window."""
    name = asked["DBInstanceIdentifier"].rsplit(":", 1)[-1].lower()
    old = region.instances.get(name)
    asked = {key: value for key, value in asked.items() if key != "DBInstanceIdentifier"}
    now = asked.pop("ApplyImmediately", False)
    rules.refuse("ModifyDBInstance", asked, NOT_DONE)
    if "MonitoringRoleArn" in old:
        rules.check_shared({"MonitoringRoleArn": old["MonitoringRoleArn"], **asked})
    else:
        rules.check_shared(asked)
    if state.backing(old["DBInstanceArn"]):
        rules.refuse("ModifyDBInstance", asked, OF_THE_ENGINE, "a running engine is behind it")
    if "DBClusterIdentifier" in old:
        rules.refuse("ModifyDBInstance", asked, OF_THE_CLUSTER, "the cluster has it")
    changes: dict[str, Any] = {}
    later: dict[str, Any] = dict(old.get("PendingModifiedValues", {}))
    _change_size(state, old, asked, later)
    for argument in PLAIN:
        if argument in asked and argument not in LATER:
            changes[argument] = asked[argument]
    for argument, shown in RENAMED.items():
        if argument in asked:
            changes[shown] = asked[argument]
    if changes.pop("BackupRetentionPeriod", old["BackupRetentionPeriod"]) != old["BackupRetentionPeriod"]:
        # from 0 to a number waits for the window, between numbers it does not (read: botocore 1.44.5)
        waits = 0 in (old["BackupRetentionPeriod"], asked["BackupRetentionPeriod"])
        (later if waits else changes)["BackupRetentionPeriod"] = asked["BackupRetentionPeriod"]
    _change_insights(old, asked, changes)
    _change_references(state, region, old, asked, changes, later)
    if "MasterUserPassword" in asked:
        later["MasterUserPassword"] = "****"
    if "MaxAllocatedStorage" in later:
        changes["MaxAllocatedStorage"] = later.pop("MaxAllocatedStorage")
    record = {**old, **changes, "PendingModifiedValues": later}
    if now:
        later.pop("MasterUserPassword", None)
        record = {**_landed(state, region, record, later), "PendingModifiedValues": {}}
    if asked.get("MaxAllocatedStorage") == record["AllocatedStorage"]:
        # the present size as the limit switches autoscaling off (read: botocore 1.44.5)
        record.pop("MaxAllocatedStorage", None)
    region.instances.replace(name, record)
    state.record_event(
        region, "db-instance", name, record["DBInstanceArn"], "Finished applying modification to DB instance"
        if now else "Received a modification of the DB instance", ("configuration change",),
    )  # fmt: skip
    return record


def delete_instance(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    name = asked["DBInstanceIdentifier"].lower()
    record = region.instances.get(name)
    arn = record["DBInstanceArn"]
    rules.refuse("DeleteDBInstance", asked, ("DeleteAutomatedBackups",), "backups go with the instance")
    if record["DeletionProtection"]:
        raise clash("Cannot delete protected DB Instance, please disable deletion protection and try again.")
    if state.backing(arn):
        raise not_done("DeleteDBInstance", "DBInstanceIdentifier", f"a running engine stands behind {name}")
    final = asked.get("FinalDBSnapshotIdentifier")
    if asked.get("SkipFinalSnapshot") and final:
        raise clash("FinalDBSnapshotIdentifier cannot be specified when SkipFinalSnapshot is specified")
    if "DBClusterIdentifier" in record:
        if final:
            raise clash("A final snapshot is taken of the cluster, not of its members")
        _leave(region, record)
    elif not asked.get("SkipFinalSnapshot"):
        if not final:
            raise clash("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
        create_snapshot(state, region, {"DBInstanceIdentifier": name, "DBSnapshotIdentifier": final})
    source = record.get("ReadReplicaSourceDBInstanceIdentifier")
    if source is not None and source in region.instances:
        left = [one for one in region.instances.get(source)["ReadReplicaDBInstanceIdentifiers"] if one != name]
        region.instances.change(source, ReadReplicaDBInstanceIdentifiers=left)
    region.instances.drop(name)
    region.tags.pop(arn, None)
    region.maintenance.pop(arn, None)
    state.record_event(region, "db-instance", name, arn, "DB instance deleted", ("deletion",))
    return {**record, "DBInstanceStatus": "deleting"}


def _leave(region: Region, record: Record) -> None:
    """The cluster without this member; the writer's place goes to the lowest tier (recalled: then the largest)."""
    cluster = region.clusters.get(record["DBClusterIdentifier"])
    left = [one for one in cluster["DBClusterMembers"] if one["DBInstanceIdentifier"] != record["DBInstanceIdentifier"]]
    if left and not any(one["IsClusterWriter"] for one in left):
        heir = min(left, key=lambda one: (one["PromotionTier"], one["DBInstanceIdentifier"]))
        left = [{**one, "IsClusterWriter": one is heir} for one in left]
    zones = {region.instances.get(one["DBInstanceIdentifier"])["AvailabilityZone"] for one in left}
    region.clusters.change(cluster["DBClusterIdentifier"], DBClusterMembers=left, MultiAZ=len(zones) > 1)


def _change_size(state: RdsState, old: Record, asked: Mapping[str, Any], later: dict[str, Any]) -> None:
    """Class, version, storage and Multi-AZ: what waits for the window."""
    if "DBInstanceClass" in asked:
        state.offered.class_asked(asked["DBInstanceClass"])
    if "EngineVersion" in asked:
        _check_upgrade(state, old, asked)
    if asked.get("AllocatedStorage", old["AllocatedStorage"]) < old["AllocatedStorage"]:
        raise invalid(
            f"Requested storage size ({asked['AllocatedStorage']}) cannot be less than the current storage size "
            f"({old['AllocatedStorage']})"
        )
    sized = ("AllocatedStorage", "StorageType", "Iops", "StorageThroughput", "MaxAllocatedStorage")
    if any(name in asked for name in sized):
        same_kind = asked.get("StorageType", old["StorageType"]) == old["StorageType"]
        before = {name: old[name] for name in sized if name in old and (same_kind or name == "AllocatedStorage")}
        wanted = rules.storage({**before, **asked})
        later |= {key: value for key, value in wanted.items() if old.get(key) != value}
    for name in LATER:
        if name in asked and name not in sized and old.get(name) != asked[name]:
            later[name] = asked[name]
    if "DBPortNumber" in asked:
        later["Port"] = asked["DBPortNumber"]


def _check_upgrade(state: RdsState, old: Record, asked: Mapping[str, Any]) -> None:
    target = state.offered.version_asked(old["Engine"], asked["EngineVersion"])
    if target == old["EngineVersion"]:
        return
    found = next((one for one in state.offered.upgrades(old["Engine"], old["EngineVersion"])
                  if one["EngineVersion"] == target), None)  # fmt: skip
    if found is None:
        raise clash(f"Cannot upgrade {old['Engine']} from {old['EngineVersion']} to {target}")
    if found["IsMajorVersionUpgrade"] and not asked.get("AllowMajorVersionUpgrade"):
        raise clash("The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.")


def _change_insights(old: Record, asked: Mapping[str, Any], changes: dict[str, Any]) -> None:
    logs = asked.get("CloudwatchLogsExportConfiguration")
    if logs:
        kept = [
            one for one in old.get("EnabledCloudwatchLogsExports", ()) if one not in logs.get("DisableLogTypes", ())
        ]
        changes["EnabledCloudwatchLogsExports"] = [
            *kept,
            *(one for one in logs.get("EnableLogTypes", ()) if one not in kept),
        ]
    on = changes.get("PerformanceInsightsEnabled", old["PerformanceInsightsEnabled"])
    if not on and "PerformanceInsightsRetentionPeriod" in asked:
        raise clash("Performance Insights must be enabled to set its retention")
    retention = changes.get("PerformanceInsightsRetentionPeriod", old.get("PerformanceInsightsRetentionPeriod"))
    if on and retention is None:
        changes["PerformanceInsightsRetentionPeriod"] = retention = 7
    if changes.get("DatabaseInsightsMode", old["DatabaseInsightsMode"]) == "advanced" and (not on or retention != 465):
        raise clash("Database Insights in advanced mode needs Performance Insights with a retention of 465 days")


def _change_references(
    state: RdsState,
    region: Region,
    old: Record,
    asked: Mapping[str, Any],
    changes: dict[str, Any],
    later: dict[str, Any],
) -> None:
    """Groups, network, certificate and secret."""
    if "DBParameterGroupName" in asked:
        group = parameter_groups.named(region, asked["DBParameterGroupName"], parameter_groups.INSTANCE)
        family = state.offered.family(old["Engine"], str(later.get("EngineVersion", old["EngineVersion"])))
        if group["DBParameterGroupFamily"] != family:
            raise clash(f"The parameter group {group['DBParameterGroupName']} is not of family {family}")
        changes["DBParameterGroups"] = [
            {"DBParameterGroupName": group["DBParameterGroupName"], "ParameterApplyStatus": "pending-reboot"}
        ]
    if "OptionGroupName" in asked:
        group = region.option_groups.get(asked["OptionGroupName"])
        changes["OptionGroupMemberships"] = [{"OptionGroupName": group["OptionGroupName"], "Status": "in-sync"}]
    if "DBSubnetGroupName" in asked:
        changes["DBSubnetGroup"] = subnet_group(state, region, asked["DBSubnetGroupName"])
    if "VpcSecurityGroupIds" in asked:
        changes["VpcSecurityGroups"] = security_groups(state, region, asked["VpcSecurityGroupIds"])
    if "CACertificateIdentifier" in asked:
        later["CACertificateIdentifier"] = state.offered.certificate_asked(asked["CACertificateIdentifier"])
    if asked.get("ManageMasterUserPassword") and "MasterUserSecret" not in old:
        record = {**old}
        managed_secret(state, region, asked, record, old["DBInstanceArn"])
        changes["MasterUserSecret"] = record["MasterUserSecret"]
    elif "MasterUserSecretKmsKeyId" in asked or asked.get("ManageMasterUserPassword") is False:
        raise not_done("ModifyDBInstance", "MasterUserSecretKmsKeyId" if "MasterUserSecretKmsKeyId" in asked
                       else "ManageMasterUserPassword")  # fmt: skip


def _landed(state: RdsState, region: Region, old: Record, later: Mapping[str, Any]) -> Record:
    """The instance once its pending values have become its fields, and what they take along."""
    record = {**old, **later}
    if "Port" in later:
        record["Endpoint"] = {**old["Endpoint"], "Port": record.pop("Port")}
    if "CACertificateIdentifier" in later:
        record["CertificateDetails"] = {**old["CertificateDetails"], "CAIdentifier": later["CACertificateIdentifier"]}
    if later.get("StorageType") in ("gp2", "standard"):
        record.pop("Iops", None)
    if later.get("StorageType", "gp3") != "gp3":
        record.pop("StorageThroughput", None)
    if "MultiAZ" in later:
        record.pop("SecondaryAvailabilityZone", None)
        if later["MultiAZ"]:
            record["SecondaryAvailabilityZone"] = next(one for one in region.zones() if one != old["AvailabilityZone"])
    if "EngineVersion" in later:
        family = state.offered.family(old["Engine"], later["EngineVersion"])
        attached = parameter_groups.named(
            region, record["DBParameterGroups"][0]["DBParameterGroupName"], parameter_groups.INSTANCE
        )
        if attached["DBParameterGroupFamily"] != family:
            group = parameter_groups.ensure_default(region, family, parameter_groups.INSTANCE)
            record["DBParameterGroups"] = [
                {"DBParameterGroupName": group["DBParameterGroupName"], "ParameterApplyStatus": "in-sync"}
            ]
    return record
