"""What stands around the databases: proxies, groups, snapshots, network, keys, alarms, reservations."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import msgspec

from rdsops.core.ids import (
    ClusterGroupRef,
    ClusterRef,
    ClusterSnapshotRef,
    GroupRef,
    InstanceRef,
    ProxyRef,
    SnapshotRef,
    SubnetGroupRef,
)
from rdsops.fleet.seen import UNSEEN, Maybe, Seen


class ProxyTarget(msgspec.Struct, frozen=True, kw_only=True):
    """One target of a proxy. health: AVAILABLE, UNAVAILABLE, REGISTERING, UNUSED; None when AWS says nothing."""

    resource: str
    kind: str
    role: str | None = None
    health: str | None = None
    reason: str | None = None
    description: str | None = None


class ProxyPool(msgspec.Struct, frozen=True, kw_only=True):
    """ConnectionPoolConfig of the default target group; percents are of max_connections."""

    max_connections_percent: int | None = None
    max_idle_connections_percent: int | None = None
    borrow_timeout_s: int | None = None
    pinning_filters: tuple[str, ...] = ()
    init_query: bool = False


class Proxy(Seen, frozen=True, kw_only=True):
    ASKED: ClassVar[dict[str, str]] = {
        "": "rds:DescribeDBProxies",
        "targets": "rds:DescribeDBProxyTargets",
        "pool": "rds:DescribeDBProxyTargetGroups",
    }

    ref: ProxyRef
    proxy_arn: Maybe[str] = UNSEEN
    status: Maybe[str] = UNSEEN
    engine_family: Maybe[str] = UNSEEN
    require_tls: Maybe[bool] = UNSEEN
    idle_client_timeout_s: Maybe[int] = UNSEEN
    debug_logging: Maybe[bool] = UNSEEN
    iam_auth: Maybe[tuple[str, ...]] = UNSEEN
    """IAMAuth of each auth entry: DISABLED, REQUIRED, ENABLED."""
    subnets: Maybe[tuple[str, ...]] = UNSEEN
    security_groups: Maybe[tuple[str, ...]] = UNSEEN
    endpoint: Maybe[str | None] = UNSEEN
    targets: Maybe[tuple[ProxyTarget, ...]] = UNSEEN
    pool: Maybe[ProxyPool] = UNSEEN
    tags: Maybe[dict[str, str]] = UNSEEN


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter as its group holds it. value: AWS's text, formulas unevaluated; None when the engine decides.

    source: user, system, engine-default.
    """

    name: str
    value: str | None
    source: str
    apply_type: str | None = None
    apply_method: str | None = None
    allowed: str | None = None
    data_type: str | None = None
    modifiable: bool | None = None


class ParameterGroup(Seen, frozen=True, kw_only=True):
    """A group in use. `set_by_user` are its changes; the family's defaults are in `Region.families`."""

    ASKED: ClassVar[dict[str, str]] = {
        "": "rds:DescribeDBParameterGroups",
        "set_by_user": "rds:DescribeDBParameters",
    }

    ref: GroupRef | ClusterGroupRef
    family: Maybe[str] = UNSEEN
    description: Maybe[str | None] = UNSEEN
    set_by_user: Maybe[tuple[Parameter, ...]] = UNSEEN

    @property
    def is_default(self) -> bool:
        return self.ref.name.startswith("default.")

    def question(self, name: str) -> str:
        if isinstance(self.ref, ClusterGroupRef):
            return (
                "rds:DescribeDBClusterParameters" if name == "set_by_user" else "rds:DescribeDBClusterParameterGroups"
            )
        return Seen.question(self, name)


class Family(Seen, frozen=True, kw_only=True):
    """Defaults of a parameter group family, instance or cluster level (DescribeEngineDefault[Cluster]Parameters).

    A survey may ask for some parameters only: one that is not in `defaults` was not seen, it is not absent.
    """

    ASKED: ClassVar[dict[str, str]] = {"defaults": "rds:DescribeEngineDefaultParameters"}

    name: str
    cluster_level: bool
    defaults: Maybe[tuple[Parameter, ...]] = UNSEEN

    def question(self, name: str) -> str:
        return "rds:DescribeEngineDefaultClusterParameters" if self.cluster_level else Seen.question(self, name)


class SubnetGroup(Seen, frozen=True, kw_only=True):
    ASKED: ClassVar[dict[str, str]] = {"": "rds:DescribeDBSubnetGroups"}

    ref: SubnetGroupRef
    vpc: Maybe[str] = UNSEEN
    subnets: Maybe[tuple[str, ...]] = UNSEEN
    zones: Maybe[tuple[str, ...]] = UNSEEN
    """Availability zone of each subnet, in the order of `subnets`."""


class Snapshot(Seen, frozen=True, kw_only=True):
    """A manual or automated snapshot of an instance or a cluster.

    shared_with: account ids, or "all" for public; asked one snapshot a call, for manual ones only.
    """

    ASKED: ClassVar[dict[str, str]] = {
        "": "rds:DescribeDBSnapshots",
        "shared_with": "rds:DescribeDBSnapshotAttributes",
    }

    ref: SnapshotRef | ClusterSnapshotRef
    source: str
    """Identifier of the instance or cluster it was taken of, which may be gone."""
    kind: str
    """manual, automated, awsbackup."""
    engine: Maybe[str] = UNSEEN
    engine_version: Maybe[str] = UNSEEN
    status: Maybe[str] = UNSEEN
    created_at: Maybe[datetime | None] = UNSEEN
    """None while it is being created."""
    size_gib: Maybe[int] = UNSEEN
    encrypted: Maybe[bool] = UNSEEN
    kms_key: Maybe[str | None] = UNSEEN
    shared_with: Maybe[tuple[str, ...]] = UNSEEN
    tags: Maybe[dict[str, str]] = UNSEEN

    def question(self, name: str) -> str:
        if isinstance(self.ref, ClusterSnapshotRef):
            return (
                "rds:DescribeDBClusterSnapshotAttributes" if name == "shared_with" else "rds:DescribeDBClusterSnapshots"
            )
        return Seen.question(self, name)


class AutomatedBackup(msgspec.Struct, frozen=True, kw_only=True):
    """A retained or replicated automated backup (DescribeDB[Instance|Cluster]AutomatedBackups)."""

    source: InstanceRef | ClusterRef
    held_in: str
    """Region where the backup lies."""
    status: str
    retention_days: int | None = None
    replicated: bool = False
    """True when it is a cross-region copy."""


class Ingress(msgspec.Struct, frozen=True, kw_only=True):
    """One permitted inbound range. ports None: all. source: a CIDR, sg-… or pl-…."""

    protocol: str
    from_port: int | None = None
    to_port: int | None = None
    source: str


class SecurityGroup(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    vpc: str | None = None
    ingress: tuple[Ingress, ...] = ()


class RouteTable(msgspec.Struct, frozen=True, kw_only=True):
    """internet_gateway: id of the gateway that 0.0.0.0/0 or ::/0 leads to, if any."""

    id: str
    vpc: str
    is_main: bool = False
    subnets: tuple[str, ...] = ()
    internet_gateway: str | None = None


class Vpc(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    is_default: bool


class Key(Seen, frozen=True, kw_only=True):
    """A KMS key that some storage or snapshot leans on."""

    ASKED: ClassVar[dict[str, str]] = {"": "kms:DescribeKey"}

    arn: str
    """As the database names it (id, ARN or alias)."""
    manager: Maybe[str] = UNSEEN
    """AWS or CUSTOMER."""
    state: Maybe[str] = UNSEEN
    """Enabled, Disabled, PendingDeletion, …"""
    deletion_at: Maybe[datetime | None] = UNSEEN


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate authority that RDS offers (DescribeCertificates)."""

    id: str
    valid_till: datetime
    is_default: bool = False


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """An event subscription. source_type None: every kind; sources and categories empty: all of them."""

    name: str
    enabled: bool
    status: str | None = None
    source_type: str | None = None
    sources: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class Event(msgspec.Struct, frozen=True, kw_only=True):
    source: str
    source_type: str
    at: datetime
    message: str
    categories: tuple[str, ...] = ()


class Quota(msgspec.Struct, frozen=True):
    """One account quota of DescribeAccountAttributes."""

    name: str
    used: int
    limit: int


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudWatch metric alarm. dimensions: name -> value; metrics: every (namespace, metric) its maths reads."""

    name: str
    namespace: str | None
    metric: str | None
    dimensions: dict[str, str] = {}
    state: str
    actions_enabled: bool
    actions: tuple[str, ...] = ()
    state_since: datetime | None = None


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """A reserved instance lease (DescribeReservedDBInstances)."""

    id: str
    instance_class: str
    product: str
    multi_az: bool
    count: int
    state: str
    start_at: datetime
    duration_s: int
    offering: str | None = None


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """An open console recommendation (DescribeDBRecommendations)."""

    id: str
    resource: str
    """ARN it is about."""
    type_id: str
    severity: str
    status: str
    title: str | None = None
    category: str | None = None


class MajorLifecycle(msgspec.Struct, frozen=True, kw_only=True):
    """Support dates of a major version as AWS answers (DescribeDBMajorEngineVersions)."""

    engine: str
    major: str
    standard_ends_at: datetime | None = None
    extended_ends_at: datetime | None = None


class EngineVersion(msgspec.Struct, frozen=True, kw_only=True):
    """An offered engine version (DescribeDBEngineVersions). upgrades: minor and major targets by version."""

    engine: str
    version: str
    family: str
    status: str = "available"
    minor_upgrades: tuple[str, ...] = ()
    major_upgrades: tuple[str, ...] = ()
    ca_ids: tuple[str, ...] = ()
    rotates_certificate_without_restart: bool | None = None
    min_acu: float | None = None
    max_acu: float | None = None


class TopStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One row of top SQL by load (Performance Insights). digest text carries no literals."""

    digest: str
    load: float
    """Average active sessions over the window."""
    text: str | None = None


class Load(Seen, frozen=True, kw_only=True):
    """Performance Insights of one instance, over the survey's PI window."""

    ASKED: ClassVar[dict[str, str]] = {"": "pi:DescribeDimensionKeys"}

    instance: InstanceRef
    window_s: int
    by_wait: Maybe[dict[str, float]] = UNSEEN
    """Wait event -> average active sessions."""
    top: Maybe[tuple[TopStatement, ...]] = UNSEEN
