"""Clusters (Aurora and Multi-AZ DB clusters) and global clusters."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from rdsops.core.ids import ClusterRef, GlobalRef
from rdsops.fleet.instances import Maintenance, PendingChange
from rdsops.fleet.seen import UNSEEN, Maybe, Seen


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One member as its cluster tells it. name: the instance's identifier."""

    name: str
    is_writer: bool
    promotion_tier: int | None = None
    group_status: str | None = None
    """DBClusterParameterGroupStatus: in-sync, pending-reboot."""


class ServerlessScaling(msgspec.Struct, frozen=True, kw_only=True):
    """ServerlessV2ScalingConfiguration, in ACU."""

    min_acu: float
    max_acu: float
    seconds_until_auto_pause: int | None = None


class CustomEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A custom cluster endpoint (DescribeDBClusterEndpoints, type CUSTOM)."""

    name: str
    kind: str
    static_members: tuple[str, ...] = ()
    excluded_members: tuple[str, ...] = ()


class Cluster(Seen, frozen=True, kw_only=True):
    """One DB cluster. Aurora when the engine says so, else a Multi-AZ DB cluster."""

    ASKED: ClassVar[dict[str, str]] = {
        "": "rds:DescribeDBClusters",
        "maintenance": "rds:DescribePendingMaintenanceActions",
        "custom_endpoints": "rds:DescribeDBClusterEndpoints",
    }

    ref: ClusterRef
    resource_id: Maybe[str] = UNSEEN
    engine: str
    engine_version: str
    engine_mode: Maybe[str | None] = UNSEEN
    status: Maybe[str] = UNSEEN
    created_at: Maybe[datetime | None] = UNSEEN
    members: Maybe[tuple[Member, ...]] = UNSEEN
    endpoint: Maybe[str | None] = UNSEEN
    reader_endpoint: Maybe[str | None] = UNSEEN
    port: Maybe[int | None] = UNSEEN
    master_username: Maybe[str] = UNSEEN
    database_name: Maybe[str | None] = UNSEEN
    availability_zones: Maybe[tuple[str, ...]] = UNSEEN
    multi_az: Maybe[bool] = UNSEEN
    parameter_group: Maybe[str | None] = UNSEEN
    subnet_group: Maybe[str | None] = UNSEEN
    security_groups: Maybe[tuple[str, ...]] = UNSEEN
    instance_class: Maybe[str | None] = UNSEEN
    """Only Multi-AZ DB clusters have one."""

    storage_type: Maybe[str | None] = UNSEEN
    """aurora, aurora-iopt1; for Multi-AZ clusters gp3, io1, io2."""
    storage_encrypted: Maybe[bool] = UNSEEN
    kms_key: Maybe[str | None] = UNSEEN
    io_optimized_next_change_at: Maybe[datetime | None] = UNSEEN
    scaling: Maybe[ServerlessScaling | None] = UNSEEN

    backup_retention_days: Maybe[int] = UNSEEN
    backup_window: Maybe[str | None] = UNSEEN
    maintenance_window: Maybe[str | None] = UNSEEN
    earliest_restorable_at: Maybe[datetime | None] = UNSEEN
    latest_restorable_at: Maybe[datetime | None] = UNSEEN
    backtrack_window_s: Maybe[int | None] = UNSEEN
    copy_tags_to_snapshot: Maybe[bool] = UNSEEN
    deletion_protection: Maybe[bool] = UNSEEN
    iam_authentication: Maybe[bool] = UNSEEN
    master_secret: Maybe[str | None] = UNSEEN
    activity_stream: Maybe[str | None] = UNSEEN
    auto_minor_version_upgrade: Maybe[bool] = UNSEEN
    lifecycle_support: Maybe[str | None] = UNSEEN
    log_exports: Maybe[tuple[str, ...]] = UNSEEN
    insights_mode: Maybe[str | None] = UNSEEN
    performance_insights: Maybe[bool | None] = UNSEEN
    performance_insights_retention_days: Maybe[int | None] = UNSEEN
    monitoring_interval_s: Maybe[int | None] = UNSEEN
    pending_changes: Maybe[tuple[PendingChange, ...]] = UNSEEN
    maintenance: Maybe[tuple[Maintenance, ...]] = UNSEEN
    custom_endpoints: Maybe[tuple[CustomEndpoint, ...]] = UNSEEN
    global_write_forwarding: Maybe[str | None] = UNSEEN
    replication_source: Maybe[str | None] = UNSEEN
    tags: Maybe[dict[str, str]] = UNSEEN

    @property
    def is_aurora(self) -> bool:
        return self.engine.startswith("aurora")


class GlobalMember(msgspec.Struct, frozen=True, kw_only=True):
    """One cluster of a global cluster. readers: ARNs, told on the writer only (AWS's field Readers)."""

    cluster: ClusterRef
    is_writer: bool
    write_forwarding: str | None = None
    synchronization_status: str | None = None


class GlobalCluster(Seen, frozen=True, kw_only=True):
    ASKED: ClassVar[dict[str, str]] = {"": "rds:DescribeGlobalClusters"}

    ref: GlobalRef
    engine: Maybe[str] = UNSEEN
    engine_version: Maybe[str] = UNSEEN
    status: Maybe[str] = UNSEEN
    endpoint: Maybe[str | None] = UNSEEN
    storage_encrypted: Maybe[bool] = UNSEEN
    deletion_protection: Maybe[bool] = UNSEEN
    members: Maybe[tuple[GlobalMember, ...]] = UNSEEN
    failover_status: Maybe[str | None] = UNSEEN
    """None while nothing is pending or running; an unknown word is kept as it came."""
    tags: Maybe[dict[str, str]] = UNSEEN
