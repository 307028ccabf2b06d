"""The fleet as rules see it: looked up by reference, with the facts beside it and "now" as the survey's time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from rdsops.advise.finding import Environment
from rdsops.core.errors import Unseen
from rdsops.core.ids import (
    ClusterGroupRef,
    ClusterRef,
    DatabaseRef,
    GroupRef,
    InstanceRef,
    Place,
    SubjectRef,
    parse_arn,
)
from rdsops.facts.facts import Facts
from rdsops.fleet.clusters import Cluster, Member
from rdsops.fleet.fleet import Fleet, Region
from rdsops.fleet.instances import Instance
from rdsops.fleet.mysql_inside import MysqlInside
from rdsops.fleet.neighbours import Alarm, Family, Parameter, ParameterGroup, Snapshot
from rdsops.fleet.postgres_inside import PostgresInside
from rdsops.fleet.seen import Seen
from rdsops.fleet.series import Series, Window

T = TypeVar("T")

_PRODUCTION_WORDS = ("prod", "production", "prd", "live")
_TEST_WORDS = (
    "dev",
    "development",
    "test",
    "testing",
    "staging",
    "stage",
    "qa",
    "sandbox",
    "nonprod",
    "non-prod",
    "ci",
    "demo",
)
_ENVIRONMENT_TAGS = ("environment", "env", "stage", "tier")


@dataclass(frozen=True, slots=True)
class Setting:
    """A parameter as it counts for an instance. value None: the engine decides. origin: where it was read."""

    value: str | None
    origin: str
    """"live" (SQL), "parameter group NAME", "cluster parameter group NAME", "default of FAMILY"."""


class View:
    """Lookups over one fleet. Lookups of things that were not seen raise Unseen."""

    def __init__(self, fleet: Fleet, facts: Facts) -> None:
        self.fleet = fleet
        self.facts = facts
        self.now: datetime = fleet.taken_at
        self._regions = {region.place: region for region in fleet.regions}
        self._instances = {i.ref: i for region in fleet.regions for i in region.instances.items}
        self._clusters = {c.ref: c for region in fleet.regions for c in region.clusters.items}
        self._members: dict[ClusterRef, list[Instance]] = {}
        for instance in self._instances.values():
            if instance.cluster is not None:
                self._members.setdefault(instance.cluster, []).append(instance)
        self._series = {(s.subject, s.metric, s.stat, s.window): s for s in fleet.series}
        self._postgres = {inside.instance: inside for inside in fleet.postgres}
        self._mysql = {inside.instance: inside for inside in fleet.mysql}
        self._groups = {
            group.ref: group
            for region in fleet.regions
            for listed in (region.parameter_groups, region.cluster_parameter_groups)
            for group in listed.items
        }
        self._tagged: dict[SubjectRef, Seen] = {}
        self._tagged.update((i.ref, i) for i in self._instances.values())
        self._tagged.update((c.ref, c) for c in self._clusters.values())
        for region in fleet.regions:
            self._tagged |= {proxy.ref: proxy for proxy in region.proxies.items}
            self._tagged |= {snap.ref: snap for snap in (*region.snapshots.items, *region.cluster_snapshots.items)}
        self._tagged |= {world.ref: world for world in fleet.global_clusters.items}
        self._families = {
            (region.place, family.name, family.cluster_level): family
            for region in fleet.regions
            for family in region.families.items
        }

        self._defaults: dict[tuple[Place, str, bool], dict[str, Parameter]] = {}
        self._digests: dict[tuple[Callable[[Region], Any], Place], Any] = {}
        self._snapshots: dict[tuple[Place, type[Cluster | Instance], str], list[Snapshot]] = {}
        for region in fleet.regions:
            for kind, taken in ((Instance, region.snapshots.items), (Cluster, region.cluster_snapshots.items)):
                for each in taken:
                    self._snapshots.setdefault((region.place, kind, each.source), []).append(each)
        self._alarms: dict[tuple[Place, str, str], list[Alarm]] = {}
        for region in fleet.regions:
            for alarm in region.alarms.items:
                for dimension, value in alarm.dimensions.items():
                    self._alarms.setdefault((region.place, dimension, value), []).append(alarm)
        self._names = (frozenset(ref.name for ref in self._instances), frozenset(ref.name for ref in self._clusters))

    def region(self, place: Place) -> Region:
        return self._regions[place]

    def once(self, digest: Callable[[Region], T], region: Region) -> T:
        """What `digest` makes of a region, made once however many subjects ask. digest: a function of a module."""
        key = (digest, region.place)
        if key not in self._digests:
            self._digests[key] = digest(region)
        found: T = self._digests[key]
        return found

    def snapshots_of(self, database: Cluster | Instance, place: Place | None = None) -> tuple[Snapshot, ...]:
        """Snapshots taken of it, as far as they were read. place: another one, for its namesake there."""
        return tuple(self._snapshots.get((place or database.ref.place, type(database), database.ref.name), ()))

    def instance(self, ref: InstanceRef) -> Instance | None:
        """The instance; None when there is none. Raises Unseen when the list may lack it."""
        found = self._instances.get(ref)
        if found is None:
            self._regions[ref.place].instances.all  # noqa: B018 - raises when incomplete
        return found

    def replica(self, of: Instance, name: str) -> Instance:
        """A replica by the name or ARN that its source tells. Raises Unseen when it was not seen (another region)."""
        ref = parse_arn(name) if name.startswith("arn:") else InstanceRef(of.ref.account, of.ref.region, name)
        found = self._instances.get(ref) if isinstance(ref, InstanceRef) else None
        if found is None:
            raise Unseen("rds:DescribeDBInstances", f"replica {name}")
        return found

    def cluster(self, ref: ClusterRef) -> Cluster:
        """The cluster of a ref; raises Unseen when it was not listed."""
        found = self._clusters.get(ref)
        if found is None:
            raise Unseen("rds:DescribeDBClusters", f"cluster {ref.name}")
        return found

    def cluster_of(self, instance: Instance) -> Cluster | None:
        """The cluster an instance is a member of; None for an instance alone."""
        return None if instance.cluster is None else self.cluster(instance.cluster)

    def members(self, cluster: Cluster) -> tuple[tuple[Member, Instance], ...]:
        """Each member with its instance, writer first, then by tier and name. Raises Unseen when one was not seen."""
        by_name = {i.ref.name: i for i in self._members.get(cluster.ref, ())}
        pairs = []
        for member in sorted(cluster.members, key=lambda m: (not m.is_writer, m.promotion_tier or 0, m.name)):
            if member.name not in by_name:
                raise Unseen("rds:DescribeDBInstances", f"member {member.name}")
            pairs.append((member, by_name[member.name]))
        return tuple(pairs)

    def is_writer(self, instance: Instance) -> bool:
        """Whether it takes writes: a primary alone, or its cluster's writer."""
        cluster = self.cluster_of(instance)
        if cluster is None:
            return instance.replica_source is None
        return any(member.is_writer and member.name == instance.ref.name for member in cluster.members)

    def series(self, subject: SubjectRef, metric: str, stat: str, window: Window) -> Series:
        """A metric's points; raises Unseen when it was not asked, was refused, or has no point at all."""
        found = self._series.get((subject, metric, stat, window))
        if found is None:
            raise Unseen(f"cloudwatch:{metric}", f"{metric} {stat} over the {window}")
        return found

    def postgres(self, instance: Instance) -> PostgresInside | None:
        return self._postgres.get(instance.ref)

    def mysql(self, instance: Instance) -> MysqlInside | None:
        return self._mysql.get(instance.ref)

    def group(self, ref: GroupRef | ClusterGroupRef) -> ParameterGroup:
        found = self._groups.get(ref)
        if found is not None:
            return found
        raise Unseen("rds:DescribeDBParameterGroups", f"parameter group {ref}")

    def setting(self, instance: Instance, name: str) -> Setting:
        """What a parameter is for an instance: live where SQL saw it, else its group, its cluster's, the default.

        Formulas come back unevaluated. Raises Unseen when no layer shows it.
        """
        live = self._live(instance, name)
        if live is not None:
            return Setting(live, "live")
        place = instance.ref.place
        layers: list[tuple[str, GroupRef | ClusterGroupRef, bool]] = [
            ("parameter group", GroupRef(place.account, place.region, g.name), False) for g in instance.parameter_groups
        ]
        cluster = self.cluster_of(instance)
        if cluster is not None and cluster.parameter_group is not None:
            ref = ClusterGroupRef(place.account, place.region, cluster.parameter_group)
            layers.append(("cluster parameter group", ref, True))
        for word, group_ref, _ in layers:
            for parameter in self.group(group_ref).set_by_user:
                if parameter.name == name and parameter.value is not None:
                    return Setting(parameter.value, f"{word} {group_ref.name}")
        for _, group_ref, cluster_level in layers:
            family = self.group(group_ref).family
            default = self._default(place, family, cluster_level, name)
            if default is not None:
                return Setting(default.value, f"default of {family}")
        raise Unseen("rds:DescribeEngineDefaultParameters", f"parameter {name}")

    def _live(self, instance: Instance, name: str) -> str | None:
        postgres, mysql = self.postgres(instance), self.mysql(instance)
        if postgres is not None and postgres.has_seen("settings"):
            return postgres.settings.get(name)
        if mysql is not None and mysql.has_seen("variables"):
            return mysql.variables.get(name)
        return None

    def _default(self, place: Place, family: str, cluster_level: bool, name: str) -> Parameter | None:
        key = (place, family, cluster_level)
        if key not in self._defaults:
            known: Family | None = self._families.get(key)
            if known is None:
                raise Unseen("rds:DescribeEngineDefaultParameters", f"defaults of {family}")
            self._defaults[key] = {parameter.name: parameter for parameter in known.defaults}
        return self._defaults[key].get(name)

    def environment(self, subject: Seen) -> Environment:
        """Production or test by the tags of an instance, cluster, proxy or snapshot; unknown without a telling tag."""
        if not subject.has_seen("tags"):
            return Environment.UNKNOWN
        tags: dict[str, str] = getattr(subject, "tags")  # noqa: B009 - Seen subjects differ, tags is their common field
        words = [value.strip().lower() for key, value in tags.items() if key.strip().lower() in _ENVIRONMENT_TAGS]
        if any(word in _PRODUCTION_WORDS for word in words):
            return Environment.PRODUCTION
        if any(word in _TEST_WORDS for word in words):
            return Environment.TEST
        return Environment.UNKNOWN

    def tagged(self, ref: SubjectRef) -> Seen | None:
        """What carries the tags of a subject: itself, or the instance a database lies in; None for what has none."""
        if isinstance(ref, DatabaseRef):
            ref = ref.instance
        return self._tagged.get(ref)

    def alarms_on(self, ref: InstanceRef | ClusterRef) -> tuple[Alarm, ...]:
        """RDS metric alarms with the database in their dimensions; raises Unseen when the list may lack some."""
        self._regions[ref.place].alarms.all  # noqa: B018 - raises when incomplete
        dimension = "DBInstanceIdentifier" if isinstance(ref, InstanceRef) else "DBClusterIdentifier"
        found = self._alarms.get((ref.place, dimension, ref.name), ())
        return tuple(alarm for alarm in found if alarm.namespace == "AWS/RDS")

    def names(self, *, of_instances: bool) -> frozenset[str]:
        """Names of all instances, or clusters, of every region; raises Unseen when a list may lack some."""
        for region in self.fleet.regions:
            (region.instances if of_instances else region.clusters).all  # noqa: B018 - raises when incomplete
        return self._names[0 if of_instances else 1]

    def all_instances(self) -> Iterator[Instance]:
        """Every instance of every region; raises Unseen at the first incomplete list."""
        for region in self.fleet.regions:
            yield from region.instances.all
