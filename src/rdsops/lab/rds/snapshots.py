"""Snapshots, whom they are shared with, and automated backups. They hold no data; they say when they were taken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rdsops.lab.rds import rules
from rdsops.lab.rds.model import Record, invalid
from rdsops.lab.rds.state import RdsState, Region, Store, tags_of

USUAL_LAG = timedelta(minutes=4)
"""How far the latest restorable time lies in the past: AWS uploads logs every five minutes (recalled)."""

OF_INSTANCE = (
    "DBInstanceIdentifier", "Engine", "AllocatedStorage", "AvailabilityZone", "InstanceCreateTime", "MasterUsername",
    "EngineVersion", "LicenseModel", "Iops", "StorageThroughput", "StorageType", "KmsKeyId", "DbiResourceId",
    "IAMDatabaseAuthenticationEnabled", "ProcessorFeatures", "DedicatedLogVolume",
)  # fmt: skip
OF_CLUSTER = (
    "DBClusterIdentifier", "Engine", "EngineMode", "AvailabilityZones", "ClusterCreateTime", "MasterUsername",
    "EngineVersion", "StorageEncrypted", "KmsKeyId", "IAMDatabaseAuthenticationEnabled", "DbClusterResourceId",
    "StorageType", "Port", "BackupRetentionPeriod", "PreferredBackupWindow",
)  # fmt: skip


def create_snapshot(
    state: RdsState, region: Region, asked: Mapping[str, Any], shown: Mapping[str, Any] | None = None
) -> Record:
    """A manual snapshot of an instance. shown: fields that a seed gives (its age, an owner that is gone)."""
    name = rules.identifier(asked["DBSnapshotIdentifier"], "DBSnapshotIdentifier")
    source = region.instances.get(asked["DBInstanceIdentifier"].lower())
    record = {
        **{key: source[key] for key in OF_INSTANCE if key in source},
        "DBSnapshotIdentifier": name,
        "DBSnapshotArn": region.arn("snapshot", name),
        "Status": "available",
        "PercentProgress": 100,
        "SnapshotType": "manual",
        "SnapshotTarget": "region",
        "Port": source["Endpoint"]["Port"],
        "VpcId": source["DBSubnetGroup"]["VpcId"],
        "Encrypted": source["StorageEncrypted"],
        "OptionGroupName": source["OptionGroupMemberships"][0]["OptionGroupName"],
        "SnapshotCreateTime": state.now(),
        **(shown or {}),
    }
    record.setdefault("OriginalSnapshotCreateTime", record["SnapshotCreateTime"])
    region.snapshots.add(name, record)
    copied = region.tags.get(source["DBInstanceArn"], {}) if source["CopyTagsToSnapshot"] else {}
    region.tags[record["DBSnapshotArn"]] = {**copied, **tags_of(asked)}
    state.record_event(
        region, "db-snapshot", name, record["DBSnapshotArn"], "Manual snapshot created", ("creation",),
        record["SnapshotCreateTime"],
    )  # fmt: skip
    return record


def create_cluster_snapshot(
    state: RdsState, region: Region, asked: Mapping[str, Any], shown: Mapping[str, Any] | None = None
) -> Record:
    name = rules.identifier(asked["DBClusterSnapshotIdentifier"], "DBClusterSnapshotIdentifier")
    source = region.clusters.get(asked["DBClusterIdentifier"].lower())
    record = {
        **{key: source[key] for key in OF_CLUSTER if key in source},
        "DBClusterSnapshotIdentifier": name,
        "DBClusterSnapshotArn": region.arn("cluster-snapshot", name),
        "Status": "available",
        "PercentProgress": 100,
        "SnapshotType": "manual",
        "AllocatedStorage": source["AllocatedStorage"],
        "VpcId": region.subnet_groups.get(source["DBSubnetGroup"])["VpcId"],
        "LicenseModel": "postgresql-license" if "postgres" in source["Engine"] else "general-public-license",
        "SnapshotCreateTime": state.now(),
        **(shown or {}),
    }
    region.cluster_snapshots.add(name, record)
    copied = region.tags.get(source["DBClusterArn"], {}) if source["CopyTagsToSnapshot"] else {}
    region.tags[record["DBClusterSnapshotArn"]] = {**copied, **tags_of(asked)}
    state.record_event(
        region, "db-cluster-snapshot", name, record["DBClusterSnapshotArn"], "Manual cluster snapshot created",
        ("backup",), record["SnapshotCreateTime"],
    )  # fmt: skip
    return record


def take_automated(region: Region, source: Record, at: datetime) -> Record:
    """The automated snapshot of one night; RDS names it, nobody else can."""
    name = f"rds:{source['DBInstanceIdentifier']}-{at:%Y-%m-%d-%H-%M}"
    record = {
        **{key: source[key] for key in OF_INSTANCE if key in source},
        "DBSnapshotIdentifier": name,
        "DBSnapshotArn": region.arn("snapshot", name),
        "Status": "available",
        "PercentProgress": 100,
        "SnapshotType": "automated",
        "SnapshotTarget": "region",
        "Port": source["Endpoint"]["Port"],
        "VpcId": source["DBSubnetGroup"]["VpcId"],
        "Encrypted": source["StorageEncrypted"],
        "OptionGroupName": source["OptionGroupMemberships"][0]["OptionGroupName"],
        "SnapshotCreateTime": at,
        "OriginalSnapshotCreateTime": at,
    }
    return region.snapshots.add(name, record)


def take_automated_of_cluster(region: Region, source: Record, at: datetime) -> Record:
    name = f"rds:{source['DBClusterIdentifier']}-{at:%Y-%m-%d-%H-%M}"
    record = {
        **{key: source[key] for key in OF_CLUSTER if key in source},
        "DBClusterSnapshotIdentifier": name,
        "DBClusterSnapshotArn": region.arn("cluster-snapshot", name),
        "Status": "available",
        "PercentProgress": 100,
        "SnapshotType": "automated",
        "AllocatedStorage": source["AllocatedStorage"],
        "VpcId": region.subnet_groups.get(source["DBSubnetGroup"])["VpcId"],
        "LicenseModel": "postgresql-license" if "postgres" in source["Engine"] else "general-public-license",
        "SnapshotCreateTime": at,
    }
    return region.cluster_snapshots.add(name, record)


def share(region: Region, store: Store, name: str, arn_field: str, asked: Mapping[str, Any]) -> None:
    """Adds and removes those who may restore a manual snapshot: account numbers, or "all"."""
    record = store.get(name)
    rules.one_of(asked, "AttributeName", ("restore",))
    if record["SnapshotType"] != "manual":
        raise invalid("Only manual snapshots can be shared")
    shared = set(region.shared.get(record[arn_field], ()))
    for one in asked.get("ValuesToAdd", ()):
        if one != "all" and not (one.isdigit() and len(one) == 12):
            raise invalid(f"Invalid value '{one}' for ValuesToAdd: it is an account number or 'all'")
        if one == "all" and record.get("Encrypted", record.get("StorageEncrypted")):
            raise invalid("An encrypted snapshot cannot be made public")
        shared.add(one)
    region.shared[record[arn_field]] = frozenset(shared - set(asked.get("ValuesToRemove", ())))


def shared_with(region: Region, record: Record, arn_field: str) -> list[Record]:
    """The attribute list of a snapshot."""
    return [{"AttributeName": "restore", "AttributeValues": sorted(region.shared.get(record[arn_field], ()))}]


def instance_backup(state: RdsState, region: Region, instance: Record) -> Record:
    """DBInstanceAutomatedBackup of an instance that has backups."""
    keep = (
        "DBInstanceArn", "DbiResourceId", "DBInstanceIdentifier", "AllocatedStorage", "AvailabilityZone", "Engine",
        "InstanceCreateTime", "MasterUsername", "EngineVersion", "LicenseModel", "Iops", "StorageThroughput",
        "StorageType", "KmsKeyId", "IAMDatabaseAuthenticationEnabled", "BackupRetentionPeriod", "DedicatedLogVolume",
        "PreferredBackupWindow",
    )  # fmt: skip
    return {
        **{key: instance[key] for key in keep if key in instance},
        "Region": region.place.region,
        "Status": "active",
        "Port": instance["Endpoint"]["Port"],
        "VpcId": instance["DBSubnetGroup"]["VpcId"],
        "Encrypted": instance["StorageEncrypted"],
        "OptionGroupName": instance["OptionGroupMemberships"][0]["OptionGroupName"],
        "DBInstanceAutomatedBackupsArn": region.arn("auto-backup", "ab-" + instance["DbiResourceId"][3:].lower()),
        "BackupTarget": "region",
        "RestoreWindow": restore_window(
            state, region, instance["DBInstanceArn"], instance["InstanceCreateTime"], instance["BackupRetentionPeriod"]
        ),
    }


def cluster_backup(state: RdsState, region: Region, cluster: Record) -> Record:
    """DBClusterAutomatedBackup of a cluster."""
    keep = (
        "DBClusterArn", "DbClusterResourceId", "DBClusterIdentifier", "Engine", "EngineVersion", "EngineMode", "Port",
        "AvailabilityZones", "MasterUsername", "ClusterCreateTime", "StorageEncrypted", "KmsKeyId", "StorageType",
        "AllocatedStorage", "BackupRetentionPeriod", "PreferredBackupWindow", "IAMDatabaseAuthenticationEnabled",
    )  # fmt: skip
    return {
        **{key: cluster[key] for key in keep if key in cluster},
        "Region": region.place.region,
        "Status": "active",
        "VpcId": region.subnet_groups.get(cluster["DBSubnetGroup"])["VpcId"],
        "DBClusterAutomatedBackupsArn": region.arn(
            "cluster-auto-backup", "ab-" + cluster["DbClusterResourceId"][8:].lower()
        ),
        "RestoreWindow": restore_window(
            state, region, cluster["DBClusterArn"], cluster["ClusterCreateTime"], cluster["BackupRetentionPeriod"]
        ),
    }


def restore_window(state: RdsState, region: Region, arn: str, created: datetime, days: int) -> Record:
    """EarliestTime and LatestTime of point-in-time recovery; they move with the lab's clock."""
    now = state.now()
    latest = max(created, now - region.behind.get(arn, USUAL_LAG))
    return {"EarliestTime": min(latest, max(created, now - timedelta(days=days))), "LatestTime": latest}
