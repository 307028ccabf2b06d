"""A fleet with one of everything and nothing wrong: each rule must find it clear, and know all that it asks.

To extend it for a new rule: a metric in healthy_metrics.py; a parameter in SETTINGS or DEFAULTS, or a list in
`neighbours`, of healthy_neighbours.py; what SQL shows in `healthy(postgres=…, mysql=…)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from rdsops.core.ids import ClusterRef, ClusterSnapshotRef, InstanceRef, Place, SnapshotRef
from rdsops.fleet.clusters import Cluster, CustomEndpoint, ServerlessScaling
from rdsops.fleet.fleet import Fleet, Region
from rdsops.fleet.instances import GroupAttachment, Instance
from rdsops.fleet.neighbours import Snapshot
from rdsops.fleet.series import Series
from rdsops.testing import healthy_metrics
from rdsops.testing.fleets import (
    ACCOUNT,
    NOW,
    PLACE,
    cluster,
    cluster_snapshot,
    fleet_of,
    global_cluster,
    instance,
    mariadb,
    member,
    proxy,
    region,
    snapshot,
)
from rdsops.testing.healthy_neighbours import key_arn, neighbours

FAR = Place(ACCOUNT, "eu-central-1")
"""The second region: a secondary cluster, and copies of the first one's snapshots."""
_MODEST: dict[str, Any] = {"performance_insights_retention_days": 7, "insights_mode": "standard"}
TEST = {"Environment": "test", "Owner": "orders-team"}


def healthy(**more: Any) -> Fleet:
    """The fleet; `more` are further or other fields of Fleet (postgres=…, mysql=…)."""
    near, far = _near(), _far()
    world = global_cluster("world", [near.clusters.items[-1].ref, far.clusters.items[0].ref])
    points: list[Series] = [*healthy_metrics.of_global(world)]
    for each in (near, far):
        for server in each.instances.items:
            points += healthy_metrics.of_instance(server)
        for many in each.clusters.items:
            points += healthy_metrics.of_cluster(many)
        for before in each.proxies.items:
            points += healthy_metrics.of_proxy(before)
    fields: dict[str, Any] = {"regions": (near, far), "series": tuple(points)}
    return msgspec.structs.replace(fleet_of(world), **{**fields, **more})


def _near() -> Region:
    instances = (*_alone(), *_members())
    clusters = _clusters()
    lists: dict[str, Iterable[Any]] = {
        "instances": instances,
        "clusters": clusters,
        "proxies": (proxy(),),
        "snapshots": _snapshots(instances),
        "cluster_snapshots": tuple(_cluster_snapshots(clusters)),
        **neighbours(PLACE, instances, clusters),
    }
    return region(PLACE, **lists)


def _alone() -> tuple[Instance, ...]:
    """PostgreSQL, MariaDB and MySQL, each with a standby; replicas; a small one of a test environment."""
    near_replica = {"multi_az": False, "secondary_availability_zone": None, "backup_retention_days": 0}
    replica = {**near_replica, "backup_replications": (), "latest_restorable_at": None}
    return (
        instance("orders", replicas=("orders-replica",)),
        instance("orders-replica", replica_source="orders", **replica),
        mariadb("shop", replicas=("shop-replica",)),
        mariadb("shop-replica", replica_source="shop", **replica),
        mariadb(
            "catalog",
            engine="mysql",
            engine_version="8.4.7",
            master_username="catalog_owner",
            lifecycle_support="open-source-rds-extended-support-disabled",
            parameter_groups=(GroupAttachment("catalog-mysql84", "in-sync"),),
        ),
        instance(
            "orders-test",
            instance_class="db.t4g.medium",
            multi_az=False,
            secondary_availability_zone=None,
            backup_retention_days=1,
            deletion_protection=False,
            backup_replications=(),
            **_MODEST,
            tags=TEST,
        ),
    )


def _members() -> tuple[Instance, ...]:
    mysql = {
        "engine": "aurora-mysql",
        "engine_version": "8.0.mysql_aurora.3.10.1",
        "parameter_groups": (GroupAttachment("basket-amy8", "in-sync"),),
        "log_exports": ("audit", "error", "slowquery"),
    }
    zonal = {
        "engine": "postgres",
        "engine_version": "17.6",
        "instance_class": "db.m6gd.large",
        "promotion_tier": None,
        "storage_type": "gp3",
        "allocated_storage_gib": 400,
        "iops": 12000,
        "storage_throughput_mibps": 500,
        "parameter_groups": (GroupAttachment("orders-pg17", "in-sync"),),
    }
    serverless = {"instance_class": "db.serverless"}
    return (
        *(member(f"billing-{number}", zone=zone) for number, zone in enumerate("abc", 1)),
        *(member(f"basket-{number}", "basket", zone, **mysql) for number, zone in enumerate("ab", 1)),
        *(member(f"elastic-{number}", "elastic", zone, **serverless) for number, zone in enumerate("ab", 1)),
        *(member(f"ledger-{number}", "ledger", zone, **zonal) for number, zone in enumerate("abc", 1)),
        member("playground-1", "playground", **serverless, **_MODEST, tags=TEST),
        *(member(f"world-{number}", "world-near", zone) for number, zone in enumerate("ab", 1)),
    )


def _clusters() -> tuple[Cluster, ...]:
    """Aurora PostgreSQL, Aurora MySQL, Serverless v2 twice, Multi-AZ; last the primary of the global database."""
    return (
        cluster(
            custom_endpoints=(CustomEndpoint(name="reports", kind="READER", static_members=("billing-2", "billing-3")),)
        ),
        cluster(
            "basket",
            ("basket-1", "basket-2"),
            engine="aurora-mysql",
            engine_version="8.0.mysql_aurora.3.10.1",
            parameter_group="basket-aurora8",
            backtrack_window_s=86_400,
            log_exports=("audit", "error", "slowquery"),
        ),
        cluster(
            "elastic",
            ("elastic-1", "elastic-2"),
            scaling=ServerlessScaling(min_acu=2.0, max_acu=16.0),
        ),
        cluster(
            "ledger",
            ("ledger-1", "ledger-2", "ledger-3"),
            engine="postgres",
            engine_version="17.6",
            engine_mode=None,
            instance_class="db.m6gd.large",
            storage_type="gp3",
            parameter_group="ledger-pg17",
        ),
        cluster(
            "playground",
            ("playground-1",),
            scaling=ServerlessScaling(min_acu=0.0, max_acu=8.0, seconds_until_auto_pause=300),
            **_MODEST,
            tags=TEST,
        ),
        cluster("world-near", ("world-1", "world-2"), master_secret=None),
    )


def _snapshots(instances: Iterable[Instance]) -> tuple[Snapshot, ...]:
    """A manual one, and a daily automated one of each primary that stands alone."""
    return (
        snapshot(),
        *(
            snapshot(
                f"rds:{each.ref.name}-{at:%Y-%m-%d-%H-%M}",
                each.ref.name,
                kind="automated",
                engine=each.engine,
                engine_version=each.engine_version,
                created_at=at,
                size_gib=each.allocated_storage_gib,
            )
            for each in instances
            if each.cluster is None and each.replica_source is None
            for at in _mornings(each.backup_retention_days)
        ),
    )


def _cluster_snapshots(clusters: Iterable[Cluster]) -> Iterator[Snapshot]:
    yield cluster_snapshot()
    for each in clusters:
        for at in _mornings(each.backup_retention_days):
            yield cluster_snapshot(
                f"rds:{each.ref.name}-{at:%Y-%m-%d-%H-%M}",
                each.ref.name,
                kind="automated",
                engine=each.engine,
                engine_version=each.engine_version,
                created_at=at,
                size_gib=300,
            )


def _mornings(days: int) -> Iterator[datetime]:
    first = NOW.replace(hour=2, minute=10)
    return (first - timedelta(days=day) for day in range(days))


def _far() -> Region:
    zones = {"availability_zone": f"{FAR.region}a"}
    here: dict[str, Any] = {"kms_key": key_arn(FAR)}
    secondary = cluster(
        "world-far",
        ("world-far-1", "world-far-2"),
        ref=ClusterRef(FAR.account, FAR.region, "world-far"),
        replication_source=f"arn:aws:rds:{PLACE.region}:{ACCOUNT}:cluster:world-near",
        master_secret=None,
        **here,
    )
    members = tuple(
        member(
            f"world-far-{number}",
            ref=InstanceRef(FAR.account, FAR.region, f"world-far-{number}"),
            cluster=secondary.ref,
            **{**zones, "availability_zone": f"{FAR.region}{zone}", **here},
        )
        for number, zone in enumerate("ab", 1)
    )
    copies = tuple(
        cluster_snapshot(
            f"copy-of-{name}", name, ref=ClusterSnapshotRef(FAR.account, FAR.region, f"copy-of-{name}"), **here
        )
        for name in ("billing", "basket", "elastic", "ledger")
    )
    orders = snapshot("copy-of-orders", ref=SnapshotRef(FAR.account, FAR.region, "copy-of-orders"), **here)
    return region(
        FAR,
        instances=members,
        clusters=(secondary,),
        snapshots=(orders,),
        cluster_snapshots=copies,
        **neighbours(FAR, members, (secondary,)),
    )
