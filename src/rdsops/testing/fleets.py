"""Makers of snapshots. Every maker gives a healthy thing; pass fields to make it ill, UNSEEN to hide one.

fleet_of(instance("orders", multi_az=False))      a fleet with one fault
healthy.healthy()                                 one of everything, nothing wrong (testing/healthy.py)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from rdsops.core.ids import (
    ClusterGroupRef,
    ClusterRef,
    ClusterSnapshotRef,
    GlobalRef,
    GroupRef,
    InstanceRef,
    Place,
    ProxyRef,
    SnapshotRef,
    SubjectRef,
)
from rdsops.fleet.clusters import Cluster, GlobalCluster, GlobalMember, Member
from rdsops.fleet.fleet import Fleet, Region
from rdsops.fleet.gaps import Cause, Gap
from rdsops.fleet.instances import GroupAttachment, Instance
from rdsops.fleet.neighbours import Family, Parameter, ParameterGroup, Proxy, ProxyPool, ProxyTarget, Snapshot
from rdsops.fleet.seen import UNSEEN, Listed
from rdsops.fleet.series import SPAN, Series, Window

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ACCOUNT = "111122223333"
REGION = "eu-west-1"
PLACE = Place(ACCOUNT, REGION)
PRODUCTION = {"Environment": "production", "Owner": "orders-team"}


def instance(name: str = "orders", **changes: Any) -> Instance:
    """A healthy Multi-AZ RDS PostgreSQL primary."""
    fields: dict[str, Any] = {
        "ref": InstanceRef(ACCOUNT, REGION, name),
        "resource_id": f"db-{name.upper()}",
        "engine": "postgres",
        "engine_version": "17.6",
        "instance_class": "db.r7g.large",
        "status": "available",
        "created_at": NOW - timedelta(days=200),
        "endpoint": f"{name}.abc.{REGION}.rds.amazonaws.com",
        "port": 6432,
        "master_username": "orders_owner",
        "database_name": "orders",
        "license_model": "postgresql-license",
        "availability_zone": f"{REGION}a",
        "secondary_availability_zone": f"{REGION}b",
        "multi_az": True,
        "promotion_tier": None,
        "replica_source": None,
        "replicas": (),
        "storage_type": "gp3",
        "allocated_storage_gib": 400,
        "max_allocated_storage_gib": 1000,
        "iops": 12000,
        "storage_throughput_mibps": 500,
        "storage_encrypted": True,
        "kms_key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b",
        "publicly_accessible": False,
        "security_groups": ("sg-orders",),
        "subnet_group": "private",
        "vpc": "vpc-main",
        "subnets": ("subnet-a", "subnet-b", "subnet-c"),
        "iam_authentication": True,
        "master_secret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!{name}",
        "ca_certificate": "rds-ca-rsa2048-g1",
        "server_certificate_valid_till": NOW + timedelta(days=300),
        "activity_stream": "stopped",
        "backup_retention_days": 14,
        "backup_window": "02:00-02:30",
        "maintenance_window": "sun:04:00-sun:04:30",
        "latest_restorable_at": NOW - timedelta(minutes=4),
        "copy_tags_to_snapshot": True,
        "backup_replications": (f"arn:aws:rds:eu-central-1:{ACCOUNT}:auto-backup:ab-{name}",),
        "deletion_protection": True,
        "auto_minor_version_upgrade": True,
        "lifecycle_support": "open-source-rds-extended-support-disabled",
        "parameter_groups": (GroupAttachment("orders-pg17", "in-sync"),),
        "pending_changes": (),
        "maintenance": (),
        "automatic_restart_at": None,
        "performance_insights": True,
        "performance_insights_retention_days": 465,
        "insights_mode": "advanced",
        "monitoring_interval_s": 15,
        "log_exports": ("postgresql", "upgrade"),
        "tags": PRODUCTION,
    }
    return Instance(**{**fields, **changes})


def mariadb(name: str = "shop", **changes: Any) -> Instance:
    """A healthy Multi-AZ RDS MariaDB primary."""
    fields: dict[str, Any] = {
        "engine": "mariadb",
        "engine_version": "10.11.14",
        "port": 3310,
        "master_username": "shop_owner",
        "database_name": "shop",
        "license_model": "general-public-license",
        "lifecycle_support": None,
        "parameter_groups": (GroupAttachment("shop-mariadb1011", "in-sync"),),
        "log_exports": ("error", "slowquery", "audit"),
    }
    return instance(name, **{**fields, **changes})


def member(name: str, cluster_name: str = "billing", zone: str = "a", **changes: Any) -> Instance:
    """A healthy member of an Aurora PostgreSQL cluster."""
    fields: dict[str, Any] = {
        "engine": "aurora-postgresql",
        "engine_version": "16.9",
        "cluster": ClusterRef(ACCOUNT, REGION, cluster_name),
        "multi_az": False,
        "availability_zone": f"{REGION}{zone}",
        "secondary_availability_zone": None,
        "promotion_tier": 1,
        "storage_type": "aurora",
        "allocated_storage_gib": 1,
        "max_allocated_storage_gib": None,
        "iops": None,
        "storage_throughput_mibps": None,
        "latest_restorable_at": None,
        "deletion_protection": False,
        "parameter_groups": (GroupAttachment("billing-apg16", "in-sync"),),
        "log_exports": ("postgresql",),
    }
    return instance(name, **{**fields, **changes})


def cluster(
    name: str = "billing", members: Sequence[str] = ("billing-1", "billing-2", "billing-3"), **changes: Any
) -> Cluster:
    """A healthy Aurora PostgreSQL cluster; the first member writes."""
    fields: dict[str, Any] = {
        "ref": ClusterRef(ACCOUNT, REGION, name),
        "resource_id": f"cluster-{name.upper()}",
        "engine": "aurora-postgresql",
        "engine_version": "16.9",
        "engine_mode": "provisioned",
        "status": "available",
        "created_at": NOW - timedelta(days=300),
        "members": members
        if members is UNSEEN
        else tuple(
            Member(name=each, is_writer=place == 0, promotion_tier=1, group_status="in-sync")
            for place, each in enumerate(members)
        ),
        "endpoint": f"{name}.cluster-abc.{REGION}.rds.amazonaws.com",
        "reader_endpoint": f"{name}.cluster-ro-abc.{REGION}.rds.amazonaws.com",
        "port": 6432,
        "master_username": "billing_owner",
        "database_name": "billing",
        "availability_zones": (f"{REGION}a", f"{REGION}b", f"{REGION}c"),
        "multi_az": True,
        "parameter_group": "billing-aurora16",
        "subnet_group": "private",
        "security_groups": ("sg-orders",),
        "instance_class": None,
        "storage_type": "aurora",
        "storage_encrypted": True,
        "kms_key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b",
        "io_optimized_next_change_at": None,
        "scaling": None,
        "backup_retention_days": 14,
        "backup_window": "02:00-02:30",
        "maintenance_window": "sun:04:00-sun:04:30",
        "earliest_restorable_at": NOW - timedelta(days=14),
        "latest_restorable_at": NOW - timedelta(minutes=4),
        "backtrack_window_s": None,
        "copy_tags_to_snapshot": True,
        "deletion_protection": True,
        "iam_authentication": True,
        "master_secret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!{name}",
        "activity_stream": "stopped",
        "auto_minor_version_upgrade": True,
        "lifecycle_support": "open-source-rds-extended-support-disabled",
        "log_exports": ("postgresql",),
        "insights_mode": "advanced",
        "performance_insights": True,
        "performance_insights_retention_days": 465,
        "monitoring_interval_s": 15,
        "pending_changes": (),
        "maintenance": (),
        "custom_endpoints": (),
        "global_write_forwarding": None,
        "replication_source": None,
        "tags": PRODUCTION,
    }
    return Cluster(**{**fields, **changes})


def global_cluster(name: str = "world", members: Sequence[ClusterRef] = (), **changes: Any) -> GlobalCluster:
    """A healthy global cluster; the first member writes."""
    fields: dict[str, Any] = {
        "ref": GlobalRef(ACCOUNT, name),
        "engine": "aurora-postgresql",
        "engine_version": "16.9",
        "status": "available",
        "endpoint": f"{name}.global-abc.global.rds.amazonaws.com",
        "storage_encrypted": True,
        "deletion_protection": True,
        "members": members
        if members is UNSEEN
        else tuple(
            GlobalMember(cluster=each, is_writer=place == 0, synchronization_status="connected")
            for place, each in enumerate(members)
        ),
        "failover_status": None,
        "tags": PRODUCTION,
    }
    return GlobalCluster(**{**fields, **changes})


def proxy(name: str = "orders-proxy", target: str = "orders", **changes: Any) -> Proxy:
    fields: dict[str, Any] = {
        "ref": ProxyRef(ACCOUNT, REGION, name),
        "proxy_arn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db-proxy:prx-{name}",
        "status": "available",
        "engine_family": "POSTGRESQL",
        "require_tls": True,
        "idle_client_timeout_s": 1800,
        "debug_logging": False,
        "iam_auth": ("REQUIRED",),
        "subnets": ("subnet-a", "subnet-b", "subnet-c"),
        "security_groups": ("sg-orders",),
        "endpoint": f"{name}.proxy-abc.{REGION}.rds.amazonaws.com",
        "targets": (ProxyTarget(resource=target, kind="RDS_INSTANCE", role="READ_WRITE", health="AVAILABLE"),),
        "pool": ProxyPool(max_connections_percent=90, max_idle_connections_percent=40, borrow_timeout_s=30),
        "tags": PRODUCTION,
    }
    return Proxy(**{**fields, **changes})


def snapshot(name: str = "orders-before-upgrade", source: str = "orders", **changes: Any) -> Snapshot:
    """A healthy manual instance snapshot of three days ago."""
    fields: dict[str, Any] = {
        "ref": SnapshotRef(ACCOUNT, REGION, name),
        "source": source,
        "kind": "manual",
        "engine": "postgres",
        "engine_version": "17.6",
        "status": "available",
        "created_at": NOW - timedelta(days=3),
        "size_gib": 400,
        "encrypted": True,
        "kms_key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b",
        "shared_with": (),
        "tags": PRODUCTION,
    }
    return Snapshot(**{**fields, **changes})


def cluster_snapshot(name: str = "billing-before-upgrade", source: str = "billing", **changes: Any) -> Snapshot:
    ref = ClusterSnapshotRef(ACCOUNT, REGION, name)
    return snapshot(name, source, **{"ref": ref, "engine": "aurora-postgresql", "engine_version": "16.9", **changes})


def group(
    name: str = "orders-pg17", family: str = "postgres17", *, cluster_level: bool = False, **settings: str
) -> ParameterGroup:
    """A custom group that sets `settings` (rds.force_ssl as rds__force_ssl)."""
    kind = ClusterGroupRef if cluster_level else GroupRef
    return ParameterGroup(
        ref=kind(ACCOUNT, REGION, name),
        family=family,
        description="made by tests",
        set_by_user=tuple(
            Parameter(name=key.replace("__", "."), value=value, source="user") for key, value in settings.items()
        ),
    )


def family(name: str, *, cluster_level: bool = False, **defaults: str | None) -> Family:
    return Family(
        name=name,
        cluster_level=cluster_level,
        defaults=tuple(
            Parameter(name=key.replace("__", "."), value=value, source="engine-default")
            for key, value in defaults.items()
        ),
    )


def series(
    subject: SubjectRef,
    metric: str,
    values: Iterable[float | None] | float,
    *,
    stat: str = "Average",
    window: Window = Window.WEEK,
    unit: str | None = None,
) -> Series:
    """Points up to NOW; one number fills the whole window."""
    span, period = SPAN[window]
    count = int(span.total_seconds() // period)
    filled = (float(values),) * count if isinstance(values, int | float) else tuple(values)
    return Series(
        subject=subject,
        metric=metric,
        stat=stat,
        window=window,
        unit=unit,
        start=NOW - timedelta(seconds=period * len(filled)),
        period_s=period,
        values=filled,
    )


def region(place: Place = PLACE, **lists: Iterable[Any]) -> Region:
    """A region whose every list was read to its end; those not passed are empty."""
    bare = Region(place=place)
    changed = {
        name: Listed(getattr(bare, name).asked, tuple(lists.pop(name, ())), True)
        for name in Region.__struct_fields__
        if name != "place"
    }
    assert not lists, f"no such list: {', '.join(lists)}"
    return msgspec.structs.replace(bare, **changed)


def fleet_of(
    *things: Instance | Cluster | GlobalCluster | Proxy | Snapshot | ParameterGroup | Family | Series, **more: Any
) -> Fleet:
    """A fleet of the things given, all in PLACE; `more` are further fields of Region or Fleet (as tuples)."""
    lists: dict[str, list[Any]] = {}
    worlds: list[GlobalCluster] = []
    points: list[Series] = []
    for thing in things:
        match thing:
            case GlobalCluster():
                worlds.append(thing)
            case Series():
                points.append(thing)
            case Instance():
                lists.setdefault("instances", []).append(thing)
            case Cluster():
                lists.setdefault("clusters", []).append(thing)
            case Proxy():
                lists.setdefault("proxies", []).append(thing)
            case Family():
                lists.setdefault("families", []).append(thing)
            case Snapshot():
                key = "cluster_snapshots" if isinstance(thing.ref, ClusterSnapshotRef) else "snapshots"
                lists.setdefault(key, []).append(thing)
            case ParameterGroup():
                key = "cluster_parameter_groups" if isinstance(thing.ref, ClusterGroupRef) else "parameter_groups"
                lists.setdefault(key, []).append(thing)
    for name in [name for name in more if name in Region.__struct_fields__]:
        lists.setdefault(name, []).extend(more.pop(name))
    fields: dict[str, Any] = {
        "taken_at": NOW,
        "rdsops": "0.0.0",
        "regions": (region(PLACE, **lists),),
        "global_clusters": Listed("rds:DescribeGlobalClusters", tuple(worlds), True),
        "series": tuple(points),
    }
    return Fleet(**{**fields, **more})


def without(fleet: Fleet, name: str) -> Fleet:
    """The same fleet with one list of its regions refused, and the gap that says so."""
    asked = getattr(Region(place=PLACE), name).asked
    hidden = tuple(msgspec.structs.replace(each, **{name: Listed(asked)}) for each in fleet.regions)
    return msgspec.structs.replace(fleet, regions=hidden, gaps=(*fleet.gaps, denied(asked)))


def denied(asked: str, **changes: Any) -> Gap:
    fields: dict[str, Any] = {
        "asked": asked,
        "account": ACCOUNT,
        "region": REGION,
        "cause": Cause.DENIED,
        "detail": "AccessDenied",
        "remedy": f"allow {asked}",
        "seen_at": NOW,
    }
    return Gap(**{**fields, **changes})
