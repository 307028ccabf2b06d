"""What stands around the healthy fleet's databases: groups and defaults, network, keys, events, alarms, versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import msgspec

from rdsops.core.ids import Place, SubnetGroupRef
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import (
    Alarm,
    Certificate,
    EngineVersion,
    Event,
    Family,
    Ingress,
    Key,
    MajorLifecycle,
    ParameterGroup,
    Quota,
    Reservation,
    RouteTable,
    SecurityGroup,
    SubnetGroup,
    Subscription,
    Vpc,
)
from rdsops.testing.fleets import ACCOUNT, NOW, family, group

_POSTGRES: dict[str, str | None] = {
    "rds__force_ssl": "1",
    "shared_preload_libraries": "pg_stat_statements",
    "synchronous_commit": None,
    "rds__logical_replication": "0",
    "autovacuum": "1",
    "track_counts": "1",
    "track_activities": "1",
    "max_connections": "LEAST({DBInstanceClassMemory/9531392},5000)",
    "shared_buffers": "{DBInstanceClassMemory/32768}",
    "enable_indexscan": None,
    "enable_indexonlyscan": None,
    "idle_in_transaction_session_timeout": "86400000",
    "statement_timeout": None,
    "log_autovacuum_min_duration": "10000",
    "log_temp_files": None,
    "log_lock_waits": None,
    "track_io_timing": "1",
}
_MYSQL: dict[str, str | None] = {
    "require_secure_transport": "0",
    "innodb_flush_log_at_trx_commit": "1",
    "sync_binlog": "1",
    "read_only": "{TrueIfReplica}",
    "max_connections": "{DBInstanceClassMemory/12582880}",
    "innodb_buffer_pool_size": "{DBInstanceClassMemory*3/4}",
    "server_audit_logging": "0",
    "max_user_connections": None,
    "general_log": "0",
    "slow_query_log": "1",
    "log_output": "FILE",
    "performance_schema": "1",
    "query_cache_type": "0",
    "aurora_lab_mode": "0",
}
DEFAULTS: dict[tuple[str, bool], dict[str, str | None]] = {
    ("postgres17", False): _POSTGRES,
    ("postgres17", True): _POSTGRES,
    ("aurora-postgresql16", False): _POSTGRES,
    ("aurora-postgresql16", True): _POSTGRES,
    ("mariadb10.11", False): _MYSQL,
    ("mysql8.4", False): _MYSQL,
    ("aurora-mysql8.0", False): _MYSQL,
    ("aurora-mysql8.0", True): _MYSQL,
}
"""Defaults of each family, (name, of clusters): the parameters that rules read."""

_PG_SET = {
    "rds__force_ssl": "1",
    "shared_preload_libraries": "pg_stat_statements,pgaudit",
    "pgaudit__log": "ddl,role",
    "idle_in_transaction_session_timeout": "600000",
    "log_temp_files": "10240",
    "log_lock_waits": "1",
}
_MY_SET = {"require_secure_transport": "1"}
SETTINGS: dict[tuple[str, str, bool], dict[str, str]] = {
    ("orders-pg17", "postgres17", False): _PG_SET,
    ("shop-mariadb1011", "mariadb10.11", False): _MY_SET,
    ("catalog-mysql84", "mysql8.4", False): _MY_SET,
    ("billing-apg16", "aurora-postgresql16", False): {},
    ("billing-aurora16", "aurora-postgresql16", True): _PG_SET,
    ("basket-amy8", "aurora-mysql8.0", False): {},
    ("basket-aurora8", "aurora-mysql8.0", True): {**_MY_SET, "server_audit_logging": "1"},
    ("ledger-pg17", "postgres17", True): _PG_SET,
}
"""Each group, (name, family, of clusters): what its owners set."""


def key_arn(place: Place) -> str:
    """The key that the region's storage stands on."""
    return f"arn:aws:kms:{place.region}:{ACCOUNT}:key/0a1b"


def neighbours(place: Place, instances: Iterable[Instance], clusters: Iterable[Cluster]) -> dict[str, Iterable[Any]]:
    """All that stands around databases in a region, in order."""
    instances, clusters = tuple(instances), tuple(clusters)
    arns = [thing.ref.arn for thing in (*instances, *clusters)]
    return {
        "parameter_groups": _groups(
            place, {group.name for each in instances for group in each.parameter_groups}, False
        ),
        "cluster_parameter_groups": _groups(place, {str(each.parameter_group) for each in clusters}, True),
        "families": _families(),
        "subnet_groups": (_subnet_group(place),),
        "protected_by_backup": arns,
        "security_groups": (
            SecurityGroup(
                id="sg-orders",
                name="databases",
                vpc="vpc-main",
                ingress=(
                    Ingress(protocol="tcp", from_port=6432, to_port=6432, source="sg-applications"),
                    Ingress(protocol="tcp", from_port=3310, to_port=3310, source="10.0.0.0/16"),
                ),
            ),
        ),
        "route_tables": (RouteTable(id="rtb-main", vpc="vpc-main", is_main=True),),
        "vpcs": (Vpc(id="vpc-main", is_default=False),),
        "keys": (
            Key(
                arn=key_arn(place),
                manager="CUSTOMER",
                state="Enabled",
                deletion_at=None,
            ),
        ),
        "certificates": (
            Certificate(id="rds-ca-rsa2048-g1", valid_till=NOW.replace(year=2061), is_default=True),
            Certificate(id="rds-ca-ecc384-g1", valid_till=NOW.replace(year=2121)),
        ),
        "subscriptions": (Subscription(name="all-to-pager", enabled=True, status="active"),),
        "events": tuple(_events(instances, clusters)),
        "quotas": (Quota("DBInstances", 20, 40), Quota("DBClusters", 6, 40), Quota("ManualSnapshots", 4, 100)),
        "alarms": tuple(_alarms(instances, clusters, place)),
        "reservations": (_lease(),),
        "lifecycles": _lifecycles(),
        "engine_versions": _engine_versions(),
    }


def _groups(place: Place, used: set[str], cluster_level: bool) -> tuple[ParameterGroup, ...]:
    made = (
        group(name, of, cluster_level=level, **settings)
        for (name, of, level), settings in SETTINGS.items()
        if level is cluster_level and name in used
    )
    return tuple(
        msgspec.structs.replace(each, ref=type(each.ref)(place.account, place.region, each.ref.name)) for each in made
    )


def _families() -> tuple[Family, ...]:
    return tuple(family(name, cluster_level=level, **defaults) for (name, level), defaults in DEFAULTS.items())


def _subnet_group(place: Place) -> SubnetGroup:
    return SubnetGroup(
        ref=SubnetGroupRef(place.account, place.region, "private"),
        vpc="vpc-main",
        subnets=("subnet-a", "subnet-b", "subnet-c"),
        zones=tuple(f"{place.region}{zone}" for zone in "abc"),
    )


def _events(instances: Iterable[Instance], clusters: Iterable[Cluster]) -> Iterator[Event]:
    """A failover and a restore of each database within the last days: it was rehearsed."""
    at = NOW - timedelta(days=3)
    for database in (*(i for i in instances if i.cluster is None), *clusters):
        name, kind = database.ref.name, "db-instance" if isinstance(database, Instance) else "db-cluster"
        yield Event(
            source=name, source_type=kind, at=at, message=f"Completed failover of {name}", categories=("failover",)
        )
        yield Event(
            source=f"{name}-drill",
            source_type=kind,
            at=at,
            message=f"Restored from {kind} {name} to {name}-drill",
            categories=("restoration",),
        )


_ALARMED = (
    "CPUUtilization",
    "FreeableMemory",
    "FreeStorageSpace",
    "FreeLocalStorage",
    "DatabaseConnections",
    "ReplicaLag",
    "AuroraReplicaLag",
    "DiskQueueDepth",
    "MaximumUsedTransactionIDs",
    "ServerlessDatabaseCapacity",
    "ACUUtilization",
)


def _alarms(instances: Iterable[Instance], clusters: Iterable[Cluster], place: Place) -> Iterator[Alarm]:
    told = (f"arn:aws:sns:{place.region}:{ACCOUNT}:pager",)
    subjects = [("DBInstanceIdentifier", each.ref.name) for each in instances]
    subjects += [("DBClusterIdentifier", each.ref.name) for each in clusters]
    for dimension, name in subjects:
        for metric in _ALARMED:
            yield Alarm(
                name=f"{name}-{metric}",
                namespace="AWS/RDS",
                metric=metric,
                dimensions={dimension: name},
                state="OK",
                actions_enabled=True,
                actions=told,
                state_since=NOW - timedelta(days=30),
            )


def _lease() -> Reservation:
    """A year of one Aurora PostgreSQL instance, half of it gone."""
    return Reservation(
        id="lease",
        instance_class="db.r7g.large",
        product="aurora-postgresql",
        multi_az=False,
        count=1,
        state="active",
        start_at=NOW - timedelta(days=180),
        duration_s=365 * 86_400,
        offering="No Upfront",
    )


def _lifecycles() -> tuple[MajorLifecycle, ...]:
    majors = (
        ("postgres", "17"),
        ("aurora-postgresql", "16"),
        ("mariadb", "10.11"),
        ("mysql", "8.4"),
        ("aurora-mysql", "8.0"),
    )
    ends = NOW + timedelta(days=900)
    return tuple(
        MajorLifecycle(engine=engine, major=major, standard_ends_at=ends, extended_ends_at=ends + timedelta(days=1095))
        for engine, major in majors
    )


def _engine_versions() -> tuple[EngineVersion, ...]:
    offered = (
        ("postgres", "17.6", "postgres17"),
        ("aurora-postgresql", "16.9", "aurora-postgresql16"),
        ("mariadb", "10.11.14", "mariadb10.11"),
        ("mysql", "8.4.7", "mysql8.4"),
        ("aurora-mysql", "8.0.mysql_aurora.3.10.1", "aurora-mysql8.0"),
    )
    return tuple(
        EngineVersion(
            engine=engine,
            version=version,
            family=of,
            ca_ids=("rds-ca-rsa2048-g1",),
            rotates_certificate_without_restart=True,
            min_acu=0.0 if engine.startswith("aurora") else None,
            max_acu=256.0 if engine.startswith("aurora") else None,
        )
        for engine, version, of in offered
    )
