"""DescribeDBInstances and pending maintenance, as boto gives them, into instances.

What absence means is written at each field; "recalled" marks what AWS does but does not write down.
API texts: botocore 1.43, read 2026-11-23.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rdsops.collect.fields import Fields, known
from rdsops.core.ids import ClusterRef, InstanceRef, Place
from rdsops.fleet.instances import GroupAttachment, Instance, Maintenance, PendingChange
from rdsops.fleet.seen import UNSEEN

ENGINES = ("postgres", "mysql", "mariadb", "aurora", "aurora-postgresql", "aurora-mysql")
"""The engines a review follows. AWS lists Neptune and DocumentDB under rds as well (read: botocore)."""

OTHER_SERVICES = ("neptune", "docdb")

_CREATING = ("creating", "backing-up")
_PROVISIONED = ("io1", "io2", "gp3")
_SECRET_FIELDS = ("MasterUserPassword",)


@dataclass(frozen=True, slots=True)
class Foreign:
    """An instance or cluster of an engine that we do not follow; it uses groups all the same."""

    engine: str
    subnet_group: str | None


def instance(fields: Fields, place: Place) -> Instance | Foreign:
    """One entry of DBInstances. `maintenance` is joined later."""
    name = fields.name("DBInstanceIdentifier")
    fields.called(name)
    engine = fields.name("Engine")
    if engine not in ENGINES:
        group = fields.below("DBSubnetGroup")
        return Foreign(engine, None if group is None else group.text("DBSubnetGroupName", None) or None)
    status = fields.text("DBInstanceStatus")
    being_made = status in _CREATING
    cluster_name = fields.text("DBClusterIdentifier", None)
    alone = cluster_name is None
    endpoint = fields.below("Endpoint")
    subnet_group = fields.below("DBSubnetGroup")
    certificate = fields.below("CertificateDetails")
    multi_az = fields.flag("MultiAZ")
    encrypted = fields.flag("StorageEncrypted")
    storage_type = fields.text("StorageType")
    retention = fields.number("BackupRetentionPeriod")
    insights = fields.flag("PerformanceInsightsEnabled")
    # Documented as shown only when there is one of these: a primary has neither.
    replica_source = fields.text(
        "ReadReplicaSourceDBInstanceIdentifier", fields.text("ReadReplicaSourceDBClusterIdentifier", None)
    )
    return Instance(
        ref=InstanceRef(place.account, place.region, name),
        resource_id=fields.text("DbiResourceId"),
        engine=engine,
        engine_version=fields.name("EngineVersion"),
        instance_class=fields.name("DBInstanceClass"),
        status=status,
        cluster=None if alone else ClusterRef(place.account, place.region, str(cluster_name)),
        created_at=fields.moment("InstanceCreateTime", _none_if(being_made)),
        # "The endpoint might not be shown for instances with the status of creating."
        endpoint=_none_if(being_made) if endpoint is None else endpoint.text("Address", _none_if(being_made)),
        port=_none_if(being_made) if endpoint is None else endpoint.number("Port", _none_if(being_made)),
        master_username=fields.text("MasterUsername"),
        # "that you provided (if required) when you created the DB instance": absent is none.
        database_name=fields.text("DBName", None),
        license_model=fields.text("LicenseModel"),
        availability_zone=fields.text("AvailabilityZone", _none_if(being_made)),
        # "If present …, for a DB instance with multi-AZ support."
        secondary_availability_zone=fields.text("SecondaryAvailabilityZone", _none_if(multi_az is False)),
        multi_az=multi_az,
        # Aurora's alone, but Multi-AZ cluster members have none either.
        promotion_tier=fields.number("PromotionTier", _none_if(not engine.startswith("aurora"))),
        replica_source=replica_source,
        replicas=_replicas(fields),
        storage_type=storage_type,
        allocated_storage_gib=fields.number("AllocatedStorage"),
        # Absent while storage autoscaling is off (recalled).
        max_allocated_storage_gib=fields.number("MaxAllocatedStorage", None),
        iops=fields.number("Iops", _none_if(storage_type is not UNSEEN and storage_type not in _PROVISIONED)),
        # "This setting applies only to the gp3 storage type"; others answer 0 or nothing.
        storage_throughput_mibps=fields.number("StorageThroughput")
        if storage_type == "gp3"
        else _none_if(storage_type is not UNSEEN),
        storage_encrypted=encrypted,
        # "If StorageEncrypted is enabled, the … key identifier."
        kms_key=fields.text("KmsKeyId", _none_if(encrypted is False)),
        publicly_accessible=fields.flag("PubliclyAccessible"),
        security_groups=fields.rows("VpcSecurityGroups", lambda group: group.name("VpcSecurityGroupId")),
        subnet_group=UNSEEN if subnet_group is None else subnet_group.text("DBSubnetGroupName"),
        vpc=UNSEEN if subnet_group is None else subnet_group.text("VpcId"),
        subnets=UNSEEN
        if subnet_group is None
        else subnet_group.rows("Subnets", lambda subnet: subnet.name("SubnetIdentifier")),
        iam_authentication=fields.flag("IAMDatabaseAuthenticationEnabled"),
        master_secret=master_secret(fields),
        ca_certificate=fields.text("CACertificateIdentifier"),
        server_certificate_valid_till=UNSEEN if certificate is None else certificate.moment("ValidTill"),
        activity_stream=fields.text("ActivityStreamStatus"),
        backup_retention_days=retention,
        backup_window=fields.text("PreferredBackupWindow", None),
        maintenance_window=fields.text("PreferredMaintenanceWindow", None),
        # Without backups there is nothing to restore; Aurora tells it on the cluster (recalled).
        latest_restorable_at=fields.moment("LatestRestorableTime", _none_if(retention == 0 or not alone or being_made)),
        copy_tags_to_snapshot=fields.flag("CopyTagsToSnapshot"),
        # Left out when nothing is replicated (recalled).
        backup_replications=fields.rows(
            "DBInstanceAutomatedBackupsReplications", lambda each: each.name("DBInstanceAutomatedBackupsArn"), ()
        ),
        deletion_protection=fields.flag("DeletionProtection"),
        auto_minor_version_upgrade=fields.flag("AutoMinorVersionUpgrade"),
        # "applies only to RDS for MySQL and RDS for PostgreSQL"; Aurora's choice lives on the cluster.
        lifecycle_support=fields.text("EngineLifecycleSupport", _none_if(not alone or engine == "mariadb")),
        parameter_groups=fields.rows(
            "DBParameterGroups",
            lambda group: GroupAttachment(group.name("DBParameterGroupName"), group.name("ParameterApplyStatus")),
        ),
        # "returned only when there are pending changes".
        pending_changes=pending(fields),
        # Only a stopped instance restarts by itself.
        automatic_restart_at=fields.moment("AutomaticRestartTime", _none_if(status not in (UNSEEN, "stopped"))),
        performance_insights=insights,
        performance_insights_retention_days=fields.number(
            "PerformanceInsightsRetentionPeriod", _none_if(insights is False)
        ),
        insights_mode=fields.text("DatabaseInsightsMode"),
        monitoring_interval_s=fields.number("MonitoringInterval"),
        # Left out when nothing is exported (recalled).
        log_exports=fields.texts("EnabledCloudwatchLogsExports", ()),
        tags=fields.tags(),
    )


def master_secret(fields: Fields) -> Any:
    """ARN of the managed secret; absent when RDS does not keep the password (recalled)."""
    secret = fields.below("MasterUserSecret")
    return None if secret is None else secret.text("SecretArn", None)


def pending(fields: Fields) -> Any:
    """PendingModifiedValues, flattened to texts; a pending password is told, its value never."""
    if not fields.has("PendingModifiedValues"):
        return ()
    below = fields.below("PendingModifiedValues")
    if below is None:
        return UNSEEN
    changes = []
    for field, value in below.items():
        if field in _SECRET_FIELDS:
            changes.append(PendingChange(field, "****"))
        elif value not in ({}, [], ""):
            changes.append(PendingChange(field, _as_text(value)))
    return tuple(sorted(changes, key=lambda change: change.field))


def maintenance(fields: Fields) -> tuple[str, tuple[Maintenance, ...]]:
    """One entry of PendingMaintenanceActions: the resource's ARN and its actions."""
    arn = fields.name("ResourceIdentifier")
    fields.called(arn)
    actions = fields.rows(
        "PendingMaintenanceActionDetails",
        lambda action: Maintenance(
            action=action.name("Action"),
            description=known(action.text("Description", None)),
            auto_applied_after=known(action.moment("AutoAppliedAfterDate", None)),
            forced_apply_at=known(action.moment("ForcedApplyDate", None)),
            current_apply_at=known(action.moment("CurrentApplyDate", None)),
            opt_in_status=known(action.text("OptInStatus", None)),
        ),
        (),
    )
    return arn, known(actions)


def _replicas(fields: Fields) -> Any:
    instances = fields.texts("ReadReplicaDBInstanceIdentifiers")
    clusters = fields.texts("ReadReplicaDBClusterIdentifiers", ())
    return UNSEEN if instances is UNSEEN or clusters is UNSEEN else (*instances, *clusters)


def _none_if(means_none: bool) -> Any:
    return None if means_none else UNSEEN


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return ", ".join(f"{key}={_as_text(each)}" for key, each in sorted(value.items()) if each not in ({}, []))
    if isinstance(value, list):
        return ", ".join(_as_text(each) for each in value)
    return str(value)
