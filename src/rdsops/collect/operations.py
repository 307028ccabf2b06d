"""Every operation a survey may ask, with the reason and the paging: the one table behind calls, policy and docs.

The permission of each is its own name. Page sizes are the largest that botocore 1.43's models allow (read 2026-11-23).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rdsops.aws.pages import Paging


class Need(StrEnum):
    """When an operation is asked."""

    ALWAYS = "always"
    SNAPSHOT_ATTRIBUTES = "snapshot attributes"
    """Unless the operator skips who snapshots are shared with."""
    PERFORMANCE_INSIGHTS = "performance insights"
    SECRETS = "secrets"
    """Only for SQL with the passwords that RDS keeps in Secrets Manager."""
    ACCOUNTS = "accounts"
    """Only for accounts reached by a role."""
    REGIONS = "regions"
    """Only when the regions are not named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One AWS operation. brings: lists and fields of the snapshot that it fills."""

    service: str
    name: str
    why: str
    brings: tuple[str, ...] = ()
    need: Need = Need.ALWAYS
    paging: Paging | None = None

    @property
    def action(self) -> str:
        """Its IAM action, which is also what a gap says was asked."""
        return f"{self.service}:{self.name}"


def _by_token(items: str, size: tuple[str, int]) -> Paging:
    return Paging(items=(items,), send="NextToken", receive=("NextToken",), size=size)


INSTANCES = Operation(
    service="rds",
    name="DescribeDBInstances",
    why="every instance, with its tags and groups",
    brings=("instances",),
    paging=Paging(items=("DBInstances",)),
)
CLUSTERS = Operation(
    service="rds",
    name="DescribeDBClusters",
    why="every cluster, with its members",
    brings=("clusters",),
    paging=Paging(items=("DBClusters",)),
)
CLUSTER_ENDPOINTS = Operation(
    service="rds",
    name="DescribeDBClusterEndpoints",
    why="custom endpoints and the members they reach",
    brings=("clusters.custom_endpoints",),
    paging=Paging(items=("DBClusterEndpoints",)),
)
GLOBAL_CLUSTERS = Operation(
    service="rds",
    name="DescribeGlobalClusters",
    why="global clusters, asked in each region and told once",
    brings=("global_clusters",),
    paging=Paging(items=("GlobalClusters",)),
)
MAINTENANCE = Operation(
    service="rds",
    name="DescribePendingMaintenanceActions",
    why="maintenance that is waiting, and when it is forced",
    brings=("instances.maintenance", "clusters.maintenance"),
    paging=Paging(items=("PendingMaintenanceActions",)),
)
PROXIES = Operation(
    service="rds",
    name="DescribeDBProxies",
    why="proxies",
    brings=("proxies",),
    paging=Paging(items=("DBProxies",)),
)
PROXY_TARGETS = Operation(
    service="rds",
    name="DescribeDBProxyTargets",
    why="what a proxy leads to and whether it is healthy; there is no batch, so one call a proxy",
    brings=("proxies.targets",),
    paging=Paging(items=("Targets",)),
)
PROXY_TARGET_GROUPS = Operation(
    service="rds",
    name="DescribeDBProxyTargetGroups",
    why="a proxy's pool; there is no batch, so one call a proxy",
    brings=("proxies.pool",),
    paging=Paging(items=("TargetGroups",)),
)
PARAMETER_GROUPS = Operation(
    service="rds",
    name="DescribeDBParameterGroups",
    why="instance parameter groups",
    brings=("parameter_groups",),
    paging=Paging(items=("DBParameterGroups",)),
)
CLUSTER_PARAMETER_GROUPS = Operation(
    service="rds",
    name="DescribeDBClusterParameterGroups",
    why="cluster parameter groups",
    brings=("cluster_parameter_groups",),
    paging=Paging(items=("DBClusterParameterGroups",)),
)
PARAMETERS = Operation(
    service="rds",
    name="DescribeDBParameters",
    why="what a custom group in use changes (Source=user), once a group",
    brings=("parameter_groups.set_by_user",),
    paging=Paging(items=("Parameters",)),
)
CLUSTER_PARAMETERS = Operation(
    service="rds",
    name="DescribeDBClusterParameters",
    why="what a custom cluster group in use changes (Source=user), once a group",
    brings=("cluster_parameter_groups.set_by_user",),
    paging=Paging(items=("Parameters",)),
)
FAMILY_DEFAULTS = Operation(
    service="rds",
    name="DescribeEngineDefaultParameters",
    why="the defaults of a family in use, of the parameters that rules read, once a family",
    brings=("families",),
    paging=Paging(items=("EngineDefaults", "Parameters"), receive=("EngineDefaults", "Marker")),
)
CLUSTER_FAMILY_DEFAULTS = Operation(
    service="rds",
    name="DescribeEngineDefaultClusterParameters",
    why="the cluster defaults of a family in use, once a family",
    brings=("families",),
    paging=Paging(items=("EngineDefaults", "Parameters"), receive=("EngineDefaults", "Marker")),
)
SUBNET_GROUPS = Operation(
    service="rds",
    name="DescribeDBSubnetGroups",
    why="subnet groups and the zones they span",
    brings=("subnet_groups",),
    paging=Paging(items=("DBSubnetGroups",)),
)
SNAPSHOTS = Operation(
    service="rds",
    name="DescribeDBSnapshots",
    why="snapshots of instances, manual and automated",
    brings=("snapshots",),
    paging=Paging(items=("DBSnapshots",)),
)
CLUSTER_SNAPSHOTS = Operation(
    service="rds",
    name="DescribeDBClusterSnapshots",
    why="snapshots of clusters, manual and automated",
    brings=("cluster_snapshots",),
    paging=Paging(items=("DBClusterSnapshots",)),
)
SNAPSHOT_ATTRIBUTES = Operation(
    service="rds",
    name="DescribeDBSnapshotAttributes",
    why="who a manual snapshot is shared with; there is no batch, so one call a snapshot",
    brings=("snapshots.shared_with",),
    need=Need.SNAPSHOT_ATTRIBUTES,
)
CLUSTER_SNAPSHOT_ATTRIBUTES = Operation(
    service="rds",
    name="DescribeDBClusterSnapshotAttributes",
    why="who a manual cluster snapshot is shared with; one call a snapshot",
    brings=("cluster_snapshots.shared_with",),
    need=Need.SNAPSHOT_ATTRIBUTES,
)
AUTOMATED_BACKUPS = Operation(
    service="rds",
    name="DescribeDBInstanceAutomatedBackups",
    why="retained backups, and copies from other regions",
    brings=("automated_backups",),
    paging=Paging(items=("DBInstanceAutomatedBackups",)),
)
CLUSTER_AUTOMATED_BACKUPS = Operation(
    service="rds",
    name="DescribeDBClusterAutomatedBackups",
    why="retained backups of clusters",
    brings=("cluster_automated_backups",),
    paging=Paging(items=("DBClusterAutomatedBackups",)),
)
CERTIFICATES = Operation(
    service="rds",
    name="DescribeCertificates",
    why="when the certificate authorities end",
    brings=("certificates",),
    paging=Paging(items=("Certificates",)),
)
SUBSCRIPTIONS = Operation(
    service="rds",
    name="DescribeEventSubscriptions",
    why="who is told of events",
    brings=("subscriptions",),
    paging=Paging(items=("EventSubscriptionsList",)),
)
EVENTS = Operation(
    service="rds",
    name="DescribeEvents",
    why="failovers, restores and failures of 14 days",
    brings=("events",),
    paging=Paging(items=("Events",)),
)
QUOTAS = Operation(
    service="rds",
    name="DescribeAccountAttributes",
    why="quotas and how much of them is used",
    brings=("quotas",),
    paging=Paging(items=("AccountQuotas",), send=None, size=None),
)
RESERVATIONS = Operation(
    service="rds",
    name="DescribeReservedDBInstances",
    why="reserved instances",
    brings=("reservations",),
    paging=Paging(items=("ReservedDBInstances",)),
)
RECOMMENDATIONS = Operation(
    service="rds",
    name="DescribeDBRecommendations",
    why="open recommendations of the console",
    brings=("recommendations",),
    paging=Paging(items=("DBRecommendations",)),
)
LIFECYCLES = Operation(
    service="rds",
    name="DescribeDBMajorEngineVersions",
    why="when support of a major version ends",
    brings=("lifecycles",),
    paging=Paging(items=("DBMajorEngineVersions",)),
)
ENGINE_VERSIONS = Operation(
    service="rds",
    name="DescribeDBEngineVersions",
    why="offered versions and upgrade paths, of each engine in use",
    brings=("engine_versions",),
    paging=Paging(items=("DBEngineVersions",)),
)
SECURITY_GROUPS = Operation(
    service="ec2",
    name="DescribeSecurityGroups",
    why="what the groups of databases and proxies let in",
    brings=("security_groups",),
    paging=_by_token("SecurityGroups", ("MaxResults", 1000)),
)
ROUTE_TABLES = Operation(
    service="ec2",
    name="DescribeRouteTables",
    why="whether a subnet leads to an internet gateway",
    brings=("route_tables",),
    paging=_by_token("RouteTables", ("MaxResults", 100)),
)
VPCS = Operation(
    service="ec2",
    name="DescribeVpcs",
    why="which network is the default one",
    brings=("vpcs",),
    paging=_by_token("Vpcs", ("MaxResults", 1000)),
)
KEYS = Operation(
    service="kms",
    name="DescribeKey",
    why="who manages a key and whether it is about to be deleted, once a key",
    brings=("keys",),
)
PROTECTED = Operation(
    service="backup",
    name="ListProtectedResources",
    why="what AWS Backup protects",
    brings=("protected_by_backup",),
    paging=_by_token("Results", ("MaxResults", 1000)),
)
ALARMS = Operation(
    service="cloudwatch",
    name="DescribeAlarms",
    why="alarms and whether they act",
    brings=("alarms",),
    paging=_by_token("MetricAlarms", ("MaxRecords", 100)),
)
METRICS = Operation(
    service="cloudwatch",
    name="GetMetricData",
    why="metrics, up to 500 series a call",
    brings=("series",),
)
LOADS = Operation(
    service="pi",
    name="DescribeDimensionKeys",
    why="top waits and statements of instances whose load exceeds their vCPUs",
    brings=("loads",),
    need=Need.PERFORMANCE_INSIGHTS,
)
CALLER = Operation(service="sts", name="GetCallerIdentity", why="which account is asked")
ROLE = Operation(service="sts", name="AssumeRole", why="the way into further accounts", need=Need.ACCOUNTS)
REGIONS = Operation(service="ec2", name="DescribeRegions", why="the regions enabled for an account", need=Need.REGIONS)
SECRET = Operation(
    service="secretsmanager",
    name="GetSecretValue",
    why="the password that RDS keeps for the master user, for SQL",
    brings=("postgres", "mysql"),
    need=Need.SECRETS,
)

OPERATIONS: tuple[Operation, ...] = (
    INSTANCES,
    CLUSTERS,
    CLUSTER_ENDPOINTS,
    GLOBAL_CLUSTERS,
    MAINTENANCE,
    PROXIES,
    PROXY_TARGETS,
    PROXY_TARGET_GROUPS,
    PARAMETER_GROUPS,
    CLUSTER_PARAMETER_GROUPS,
    PARAMETERS,
    CLUSTER_PARAMETERS,
    FAMILY_DEFAULTS,
    CLUSTER_FAMILY_DEFAULTS,
    SUBNET_GROUPS,
    SNAPSHOTS,
    CLUSTER_SNAPSHOTS,
    SNAPSHOT_ATTRIBUTES,
    CLUSTER_SNAPSHOT_ATTRIBUTES,
    AUTOMATED_BACKUPS,
    CLUSTER_AUTOMATED_BACKUPS,
    CERTIFICATES,
    SUBSCRIPTIONS,
    EVENTS,
    QUOTAS,
    RESERVATIONS,
    RECOMMENDATIONS,
    LIFECYCLES,
    ENGINE_VERSIONS,
    SECURITY_GROUPS,
    ROUTE_TABLES,
    VPCS,
    KEYS,
    PROTECTED,
    ALARMS,
    METRICS,
    LOADS,
    CALLER,
    ROLE,
    REGIONS,
    SECRET,
)

EVENT_CATEGORIES = (
    "availability",
    "failover",
    "failure",
    "global-failover",
    "low storage",
    "maintenance",
    "notification",
    "read replica",
    "recovery",
    "restoration",
)
"""Asked for. Daily backups are left out: two events a day and instance would be most of the pages."""

EVENT_MINUTES = 14 * 24 * 60
"""DescribeEvents keeps 14 days (read: botocore 1.43, 2026-11-23)."""
