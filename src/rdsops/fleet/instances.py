"""An instance, as DescribeDBInstances and its neighbours show it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from rdsops.core.ids import ClusterRef, InstanceRef
from rdsops.fleet.seen import UNSEEN, Maybe, Seen


class GroupAttachment(msgspec.Struct, frozen=True):
    """A parameter group as attached. status: in-sync, pending-reboot, applying, … (AWS's words)."""

    name: str
    status: str


class PendingChange(msgspec.Struct, frozen=True):
    """One entry of PendingModifiedValues, the value as text (a password is never carried: "****")."""

    field: str
    value: str


class Maintenance(msgspec.Struct, frozen=True, kw_only=True):
    """One pending maintenance action (DescribePendingMaintenanceActions)."""

    action: str
    description: str | None = None
    auto_applied_after: datetime | None = None
    forced_apply_at: datetime | None = None
    current_apply_at: datetime | None = None
    opt_in_status: str | None = None


class Instance(Seen, frozen=True, kw_only=True):
    """One DB instance: alone, a replica, or a member of a cluster (`cluster`)."""

    ASKED: ClassVar[dict[str, str]] = {
        "": "rds:DescribeDBInstances",
        "maintenance": "rds:DescribePendingMaintenanceActions",
    }

    ref: InstanceRef
    resource_id: Maybe[str] = UNSEEN
    engine: str
    engine_version: str
    instance_class: str
    status: Maybe[str] = UNSEEN
    cluster: ClusterRef | None = None
    created_at: Maybe[datetime | None] = UNSEEN
    endpoint: Maybe[str | None] = UNSEEN
    port: Maybe[int | None] = UNSEEN
    master_username: Maybe[str] = UNSEEN
    database_name: Maybe[str | None] = UNSEEN
    license_model: Maybe[str | None] = UNSEEN

    availability_zone: Maybe[str | None] = UNSEEN
    secondary_availability_zone: Maybe[str | None] = UNSEEN
    multi_az: Maybe[bool] = UNSEEN
    promotion_tier: Maybe[int | None] = UNSEEN
    replica_source: Maybe[str | None] = UNSEEN
    """Identifier or ARN of the instance or cluster this one replicates; None for a primary."""
    replicas: Maybe[tuple[str, ...]] = UNSEEN

    storage_type: Maybe[str] = UNSEEN
    allocated_storage_gib: Maybe[int] = UNSEEN
    """Meaningless for Aurora members (AWS answers 1)."""
    max_allocated_storage_gib: Maybe[int | None] = UNSEEN
    """None: storage autoscaling is off."""
    iops: Maybe[int | None] = UNSEEN
    storage_throughput_mibps: Maybe[int | None] = UNSEEN
    storage_encrypted: Maybe[bool] = UNSEEN
    kms_key: Maybe[str | None] = UNSEEN

    publicly_accessible: Maybe[bool] = UNSEEN
    security_groups: Maybe[tuple[str, ...]] = UNSEEN
    subnet_group: Maybe[str | None] = UNSEEN
    vpc: Maybe[str | None] = UNSEEN
    subnets: Maybe[tuple[str, ...]] = UNSEEN
    iam_authentication: Maybe[bool] = UNSEEN
    master_secret: Maybe[str | None] = UNSEEN
    """ARN of the Secrets Manager secret that RDS manages; None when the password is not managed."""
    ca_certificate: Maybe[str | None] = UNSEEN
    server_certificate_valid_till: Maybe[datetime | None] = UNSEEN
    activity_stream: Maybe[str | None] = UNSEEN

    backup_retention_days: Maybe[int] = UNSEEN
    backup_window: Maybe[str | None] = UNSEEN
    """UTC, "07:00-07:30"."""
    maintenance_window: Maybe[str | None] = UNSEEN
    """UTC, "sun:05:00-sun:05:30"."""
    latest_restorable_at: Maybe[datetime | None] = UNSEEN
    copy_tags_to_snapshot: Maybe[bool] = UNSEEN
    backup_replications: Maybe[tuple[str, ...]] = UNSEEN
    """ARNs of automated backups replicated to other regions (DBInstanceAutomatedBackupsReplications)."""
    deletion_protection: Maybe[bool] = UNSEEN

    auto_minor_version_upgrade: Maybe[bool] = UNSEEN
    lifecycle_support: Maybe[str | None] = UNSEEN
    """open-source-rds-extended-support or …-disabled."""
    parameter_groups: Maybe[tuple[GroupAttachment, ...]] = UNSEEN
    pending_changes: Maybe[tuple[PendingChange, ...]] = UNSEEN
    maintenance: Maybe[tuple[Maintenance, ...]] = UNSEEN
    automatic_restart_at: Maybe[datetime | None] = UNSEEN
    """When a stopped instance starts by itself; None when it is not stopped."""

    performance_insights: Maybe[bool] = UNSEEN
    performance_insights_retention_days: Maybe[int | None] = UNSEEN
    insights_mode: Maybe[str | None] = UNSEEN
    monitoring_interval_s: Maybe[int] = UNSEEN
    log_exports: Maybe[tuple[str, ...]] = UNSEEN
    tags: Maybe[dict[str, str]] = UNSEEN

    @property
    def is_aurora(self) -> bool:
        return self.engine.startswith("aurora")

    @property
    def is_serverless(self) -> bool:
        return self.instance_class == "db.serverless"
