"""DescribeDBClusters, custom endpoints and global clusters, as boto gives them, into clusters.

What absence means is written at each field; "recalled" marks what AWS does but does not write down.
API texts: botocore 1.43, read 2026-11-23.
"""

from __future__ import annotations

from typing import Any

from rdsops.collect.fields import Fields, Malformed, known
from rdsops.collect.parse_instances import ENGINES, Foreign, master_secret, pending
from rdsops.core.errors import UsageError
from rdsops.core.ids import ClusterRef, GlobalRef, Place, parse_arn
from rdsops.fleet.clusters import Cluster, CustomEndpoint, GlobalCluster, GlobalMember, Member, ServerlessScaling
from rdsops.fleet.seen import UNSEEN


def cluster(fields: Fields, place: Place) -> Cluster | Foreign:
    """One entry of DBClusters. `maintenance` and `custom_endpoints` are joined later."""
    name = fields.name("DBClusterIdentifier")
    fields.called(name)
    engine = fields.name("Engine")
    if engine not in ENGINES:
        return Foreign(engine, fields.text("DBSubnetGroup", None) or None)
    aurora = engine.startswith("aurora")
    status = fields.text("Status")
    being_made = status == "creating"
    encrypted = fields.flag("StorageEncrypted")
    insights = fields.flag("PerformanceInsightsEnabled")
    return Cluster(
        ref=ClusterRef(place.account, place.region, name),
        resource_id=fields.text("DbClusterResourceId"),
        engine=engine,
        engine_version=fields.name("EngineVersion"),
        engine_mode=fields.text("EngineMode"),
        status=status,
        created_at=fields.moment("ClusterCreateTime", _none_if(being_made)),
        members=fields.rows("DBClusterMembers", _member),
        endpoint=fields.text("Endpoint", _none_if(being_made)),
        reader_endpoint=fields.text("ReaderEndpoint", _none_if(being_made)),
        port=fields.number("Port", _none_if(being_made)),
        master_username=fields.text("MasterUsername"),
        # "if one was provided"
        database_name=fields.text("DatabaseName", None),
        availability_zones=fields.texts("AvailabilityZones"),
        multi_az=fields.flag("MultiAZ"),
        parameter_group=fields.text("DBClusterParameterGroup"),
        subnet_group=fields.text("DBSubnetGroup"),
        security_groups=fields.rows("VpcSecurityGroups", lambda group: group.name("VpcSecurityGroupId")),
        # "This setting is only for non-Aurora Multi-AZ DB clusters."
        instance_class=fields.text("DBClusterInstanceClass", _none_if(aurora)),
        # "The storage type isn't returned when you set it to aurora."
        storage_type=fields.text("StorageType", "aurora" if aurora else UNSEEN),
        storage_encrypted=encrypted,
        kms_key=fields.text("KmsKeyId", _none_if(encrypted is False)),
        # Shown only after the storage was switched (recalled): absent, nothing holds a switch back.
        io_optimized_next_change_at=fields.moment("IOOptimizedNextAllowedModificationTime", None),
        # A cluster without serverless members has no such structure.
        scaling=_scaling(fields),
        backup_retention_days=fields.number("BackupRetentionPeriod"),
        backup_window=fields.text("PreferredBackupWindow", None),
        maintenance_window=fields.text("PreferredMaintenanceWindow", None),
        earliest_restorable_at=fields.moment("EarliestRestorableTime", _none_if(being_made)),
        latest_restorable_at=fields.moment("LatestRestorableTime", _none_if(being_made)),
        # "If this value is set to 0, backtracking is disabled"; only Aurora MySQL can.
        backtrack_window_s=_backtrack(fields, engine),
        copy_tags_to_snapshot=fields.flag("CopyTagsToSnapshot"),
        deletion_protection=fields.flag("DeletionProtection"),
        iam_authentication=fields.flag("IAMDatabaseAuthenticationEnabled"),
        master_secret=master_secret(fields),
        activity_stream=fields.text("ActivityStreamStatus"),
        auto_minor_version_upgrade=fields.flag("AutoMinorVersionUpgrade"),
        lifecycle_support=fields.text("EngineLifecycleSupport"),
        # Left out when nothing is exported (recalled).
        log_exports=fields.texts("EnabledCloudwatchLogsExports", ()),
        insights_mode=fields.text("DatabaseInsightsMode"),
        performance_insights=insights,
        performance_insights_retention_days=fields.number(
            "PerformanceInsightsRetentionPeriod", _none_if(insights is False)
        ),
        monitoring_interval_s=fields.number("MonitoringInterval"),
        # "returned only when there are pending changes"
        pending_changes=pending(fields),
        # "for a secondary cluster in an Aurora global database": all others have none.
        global_write_forwarding=fields.text("GlobalWriteForwardingStatus", None),
        replication_source=fields.text("ReplicationSourceIdentifier", None),
        tags=fields.tags(),
    )


def custom_endpoint(fields: Fields) -> tuple[str, CustomEndpoint] | None:
    """One entry of DBClusterEndpoints with its cluster's name; None for the built-in writer and reader endpoints."""
    if fields.name("EndpointType") != "CUSTOM":
        return None
    cluster_name = fields.name("DBClusterIdentifier")
    name = fields.name("DBClusterEndpointIdentifier")
    fields.called(name)
    return cluster_name, CustomEndpoint(
        name=name,
        kind=fields.name("CustomEndpointType"),
        static_members=known(fields.texts("StaticMembers", ())),
        excluded_members=known(fields.texts("ExcludedMembers", ())),
    )


def global_cluster(fields: Fields, account: str) -> GlobalCluster:
    name = fields.name("GlobalClusterIdentifier")
    fields.called(name)
    failover = fields.below("FailoverState")
    return GlobalCluster(
        ref=GlobalRef(account, name),
        engine=fields.text("Engine"),
        engine_version=fields.text("EngineVersion"),
        status=fields.text("Status"),
        endpoint=fields.text("Endpoint"),
        storage_encrypted=fields.flag("StorageEncrypted"),
        deletion_protection=fields.flag("DeletionProtection"),
        members=fields.rows("GlobalClusterMembers", _global_member),
        # Empty unless an operation is pending or running (read: botocore).
        failover_status=None if failover is None else failover.text("Status", None),
        tags=fields.tags(),
    )


def _member(fields: Fields) -> Member:
    writer = fields.flag("IsClusterWriter")
    if writer is UNSEEN:
        raise Malformed("a member without IsClusterWriter")
    return Member(
        name=fields.name("DBInstanceIdentifier"),
        is_writer=writer,
        promotion_tier=known(fields.number("PromotionTier", None)),
        group_status=known(fields.text("DBClusterParameterGroupStatus", None)),
    )


def _global_member(fields: Fields) -> GlobalMember:
    writer = fields.flag("IsWriter")
    if writer is UNSEEN:
        raise Malformed("a member without IsWriter")
    arn = fields.name("DBClusterArn")
    try:
        ref = parse_arn(arn)
    except UsageError as error:
        raise Malformed(f"GlobalClusterMembers.DBClusterArn: {error.args[0]}") from None
    if not isinstance(ref, ClusterRef):
        raise Malformed(f"'{arn}' is not a cluster's ARN")
    return GlobalMember(
        cluster=ref,
        is_writer=writer,
        write_forwarding=known(fields.text("GlobalWriteForwardingStatus", None)),
        synchronization_status=known(fields.text("SynchronizationStatus", None)),
    )


def _scaling(fields: Fields) -> Any:
    if not fields.has("ServerlessV2ScalingConfiguration"):
        return None
    scaling = fields.below("ServerlessV2ScalingConfiguration")
    if scaling is None:
        return UNSEEN
    low, high = scaling.amount("MinCapacity"), scaling.amount("MaxCapacity")
    if low is UNSEEN or high is UNSEEN:
        return UNSEEN
    # Auto-pause exists with a minimum of 0 only; otherwise there is no such figure.
    pause = known(scaling.number("SecondsUntilAutoPause", None))
    return ServerlessScaling(min_acu=low, max_acu=high, seconds_until_auto_pause=pause)


def _backtrack(fields: Fields, engine: str) -> Any:
    seconds = fields.number("BacktrackWindow", _none_if(engine not in ("aurora", "aurora-mysql")))
    return None if seconds == 0 else seconds


def _none_if(means_none: bool) -> Any:
    return None if means_none else UNSEEN
