"""The snapshot: a fleet at one moment, by place, with what could not be seen."""

from __future__ import annotations

from datetime import datetime

import msgspec

from rdsops.core.ids import Place
from rdsops.fleet.clusters import Cluster, GlobalCluster
from rdsops.fleet.gaps import Gap
from rdsops.fleet.instances import Instance
from rdsops.fleet.mysql_inside import MysqlInside
from rdsops.fleet.neighbours import (
    Alarm,
    AutomatedBackup,
    Certificate,
    EngineVersion,
    Event,
    Family,
    Key,
    Load,
    MajorLifecycle,
    ParameterGroup,
    Proxy,
    Quota,
    Recommendation,
    Reservation,
    RouteTable,
    SecurityGroup,
    Snapshot,
    SubnetGroup,
    Subscription,
    Vpc,
)
from rdsops.fleet.postgres_inside import PostgresInside
from rdsops.fleet.seen import Listed
from rdsops.fleet.series import Series

SNAPSHOT_VERSION = 1
"""Of the JSON; raised when an old reader would misread it, not for a new optional field."""


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """What one account's region lists. A list that was not asked for, or was refused, is incomplete."""

    place: Place
    instances: Listed[Instance] = Listed("rds:DescribeDBInstances")
    clusters: Listed[Cluster] = Listed("rds:DescribeDBClusters")
    proxies: Listed[Proxy] = Listed("rds:DescribeDBProxies")
    parameter_groups: Listed[ParameterGroup] = Listed("rds:DescribeDBParameterGroups")
    """Every instance-level group; `set_by_user` only of those in use."""
    cluster_parameter_groups: Listed[ParameterGroup] = Listed("rds:DescribeDBClusterParameterGroups")
    families: Listed[Family] = Listed("rds:DescribeEngineDefaultParameters")
    subnet_groups: Listed[SubnetGroup] = Listed("rds:DescribeDBSubnetGroups")
    snapshots: Listed[Snapshot] = Listed("rds:DescribeDBSnapshots")
    """Of instances: manual and automated."""
    cluster_snapshots: Listed[Snapshot] = Listed("rds:DescribeDBClusterSnapshots")
    automated_backups: Listed[AutomatedBackup] = Listed("rds:DescribeDBInstanceAutomatedBackups")
    """Backups that lie in this region, replicated ones of other regions included."""
    cluster_automated_backups: Listed[AutomatedBackup] = Listed("rds:DescribeDBClusterAutomatedBackups")
    protected_by_backup: Listed[str] = Listed("backup:ListProtectedResources")
    """ARNs that AWS Backup has protected."""
    security_groups: Listed[SecurityGroup] = Listed("ec2:DescribeSecurityGroups")
    """Those that databases or proxies use."""
    route_tables: Listed[RouteTable] = Listed("ec2:DescribeRouteTables")
    vpcs: Listed[Vpc] = Listed("ec2:DescribeVpcs")
    keys: Listed[Key] = Listed("kms:DescribeKey")
    certificates: Listed[Certificate] = Listed("rds:DescribeCertificates")
    subscriptions: Listed[Subscription] = Listed("rds:DescribeEventSubscriptions")
    events: Listed[Event] = Listed("rds:DescribeEvents")
    """The last 14 days at most."""
    quotas: Listed[Quota] = Listed("rds:DescribeAccountAttributes")
    alarms: Listed[Alarm] = Listed("cloudwatch:DescribeAlarms")
    reservations: Listed[Reservation] = Listed("rds:DescribeReservedDBInstances")
    recommendations: Listed[Recommendation] = Listed("rds:DescribeDBRecommendations")
    lifecycles: Listed[MajorLifecycle] = Listed("rds:DescribeDBMajorEngineVersions")
    engine_versions: Listed[EngineVersion] = Listed("rds:DescribeDBEngineVersions")
    loads: Listed[Load] = Listed("pi:DescribeDimensionKeys")
    """Performance Insights, of instances whose load exceeds their vCPUs."""


class CallCount(msgspec.Struct, frozen=True):
    """How often an operation was asked, pages and retries included."""

    operation: str
    count: int


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a survey saw. taken_at: when it began (UTC); it is the rules' "now"."""

    version: int = SNAPSHOT_VERSION
    taken_at: datetime
    rdsops: str
    """Version of the rdsops that took it."""
    regions: tuple[Region, ...] = ()
    global_clusters: Listed[GlobalCluster] = Listed("rds:DescribeGlobalClusters")
    series: tuple[Series, ...] = ()
    postgres: tuple[PostgresInside, ...] = ()
    mysql: tuple[MysqlInside, ...] = ()
    gaps: tuple[Gap, ...] = ()
    calls: tuple[CallCount, ...] = ()
    sql_asked: bool = True
    """False when the operator switched SQL off: rules that need it are then not selected."""
