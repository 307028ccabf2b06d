"""The healthy fleet made ill, one field of all its records at a time: what brings every rule's finding to light."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec

from rdsops.fleet.clusters import Cluster, CustomEndpoint, GlobalCluster
from rdsops.fleet.fleet import Fleet, Region
from rdsops.fleet.instances import GroupAttachment, Instance, PendingChange
from rdsops.fleet.neighbours import Ingress, Key, Parameter, ParameterGroup, Proxy, RouteTable, SecurityGroup, Snapshot
from rdsops.testing.fleets import NOW
from rdsops.testing.healthy import healthy

ILLS: tuple[tuple[type[Any], dict[str, Any]], ...] = (
    (Instance, {"publicly_accessible": True}),
    (Instance, {"multi_az": False, "availability_zone": "eu-west-1a"}),
    (Instance, {"storage_encrypted": False, "kms_key": None}),
    (Instance, {"iam_authentication": False}),
    (Instance, {"master_secret": None, "replicas": ()}),
    (Instance, {"master_username": "postgres", "port": 5432}),
    (Instance, {"ca_certificate": "rds-ca-2019", "server_certificate_valid_till": NOW}),
    (Instance, {"backup_retention_days": 0}),
    (Instance, {"backup_retention_days": 3, "backup_replications": ()}),
    (Instance, {"deletion_protection": False, "copy_tags_to_snapshot": False}),
    (Instance, {"latest_restorable_at": NOW - timedelta(hours=5)}),
    (Instance, {"backup_window": "04:00-04:30"}),
    (Instance, {"log_exports": (), "auto_minor_version_upgrade": False}),
    (Instance, {"performance_insights": False, "insights_mode": "standard", "monitoring_interval_s": 0}),
    (Instance, {"performance_insights_retention_days": 7, "max_allocated_storage_gib": None}),
    (Instance, {"storage_type": "gp2", "iops": None, "storage_throughput_mibps": None}),
    (Instance, {"storage_type": "standard", "iops": None}),
    (Instance, {"instance_class": "db.r4.large"}),
    (Instance, {"instance_class": "db.t3.medium"}),
    (Instance, {"engine_version": "13.4", "pending_changes": (PendingChange("DBInstanceClass", "db.r7g.xlarge"),)}),
    (Instance, {"parameter_groups": (GroupAttachment("orders-pg17", "pending-reboot"),)}),
    (Instance, {"status": "stopped", "tags": {}}),
    (Cluster, {"storage_encrypted": False, "kms_key": None}),
    (Cluster, {"backup_retention_days": 1, "deletion_protection": False}),
    (Cluster, {"iam_authentication": False, "copy_tags_to_snapshot": False}),
    (Cluster, {"master_secret": None, "master_username": "admin", "log_exports": (), "activity_stream": "stopped"}),
    (Cluster, {"backtrack_window_s": 0, "latest_restorable_at": NOW - timedelta(hours=5)}),
    (GlobalCluster, {"deletion_protection": False}),
    (Proxy, {"require_tls": False, "targets": ()}),
    (Snapshot, {"shared_with": ("all",)}),
    (Snapshot, {"encrypted": False, "created_at": NOW - timedelta(days=400)}),
    (Key, {"state": "PendingDeletion", "deletion_at": NOW + timedelta(days=6)}),
    (Key, {"manager": "AWS", "state": "Disabled"}),
    (SecurityGroup, {"name": "default", "ingress": (Ingress(protocol="-1", source="0.0.0.0/0"),)}),
    (RouteTable, {"internet_gateway": "igw-1"}),
)
"""(which records, what is wrong with all of them)."""

SETTINGS: tuple[dict[str, str], ...] = (
    {"rds.force_ssl": "0", "require_secure_transport": "0"},
    {"sync_binlog": "0", "innodb_flush_log_at_trx_commit": "2", "synchronous_commit": "off", "read_only": "0"},
    {"shared_preload_libraries": "", "pgaudit.log": "none", "server_audit_logging": "0"},
    {"autovacuum": "0", "track_counts": "0", "general_log": "1", "log_output": "TABLE", "query_cache_type": "1"},
)
"""Parameters that every group sets wrongly."""


def ill_fleets() -> Iterator[Fleet]:
    """The healthy fleet, once for each ill."""
    for kind, changes in ILLS:
        yield _with(kind, lambda _, changes=changes: changes)
    for settings in SETTINGS:
        wrong = tuple(Parameter(name=name, value=value, source="user") for name, value in settings.items())
        yield _with(ParameterGroup, lambda group, wrong=wrong: {"set_by_user": _over(group, wrong)})
    yield _one_reader_grown()
    yield _first_members_only()
    yield _with(Instance, lambda i: {"parameter_groups": _OTHER_GROUP} if i.ref.name.endswith("-2") else {})
    yield _with(Cluster, lambda cluster: {"custom_endpoints": (_of_the_heir(cluster),)})


_OTHER_GROUP = (GroupAttachment("orders-pg17", "in-sync"),)


def _of_the_heir(cluster: Any) -> CustomEndpoint:
    """An endpoint with a single member, a reader where there is one."""
    return CustomEndpoint(name="reports", kind="READER", static_members=(cluster.members[-1].name,))


def _over(group: Any, wrong: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    names = {parameter.name for parameter in wrong}
    return (*(parameter for parameter in group.set_by_user if parameter.name not in names), *wrong)


def _with(kind: type[Any], changes: Any) -> Fleet:
    """The healthy fleet with every record of a kind changed; changes: record -> fields."""
    fleet = healthy()

    def ill(item: Any) -> Any:
        return msgspec.structs.replace(item, **changes(item)) if isinstance(item, kind) else item

    def listed(items: Any) -> Any:
        return msgspec.structs.replace(items, items=tuple(ill(item) for item in items.items))

    regions = tuple(
        msgspec.structs.replace(
            region, **{name: listed(getattr(region, name)) for name in Region.__struct_fields__ if name != "place"}
        )
        for region in fleet.regions
    )
    return msgspec.structs.replace(fleet, regions=regions, global_clusters=listed(fleet.global_clusters))


def _one_reader_grown() -> Fleet:
    """Writers larger than those that follow them."""
    return _with(Instance, lambda i: {"instance_class": "db.r7g.2xlarge"} if i.ref.name.endswith("-1") else {})


def _first_members_only() -> Fleet:
    """Clusters that have lost all their readers."""
    return _with(Cluster, lambda cluster: {"members": cluster.members[:1]})
