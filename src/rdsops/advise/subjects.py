"""What rules ask about: each selector lists its subjects in a fleet, and the places where the list may lack some."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.ids import DatabaseRef, PlaceRef, SubjectRef
from rdsops.fleet.clusters import Cluster, GlobalCluster
from rdsops.fleet.fleet import Region
from rdsops.fleet.instances import Instance
from rdsops.fleet.mysql_inside import MysqlInside
from rdsops.fleet.neighbours import ParameterGroup, Proxy, Snapshot
from rdsops.fleet.postgres_inside import PostgresDatabase, PostgresInside
from rdsops.fleet.seen import Listed

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Absent:
    """A subject that should be there but was not seen: every rule about it answers *not known*."""

    ref: SubjectRef
    unseen: Unseen


@dataclass(frozen=True, slots=True)
class PostgresPlace:
    """One database with the server it lies in: the subject of per-database PostgreSQL rules."""

    ref: DatabaseRef
    database: PostgresDatabase
    server: PostgresInside
    instance: Instance


@dataclass(frozen=True, slots=True)
class PostgresServer:
    inside: PostgresInside
    instance: Instance


@dataclass(frozen=True, slots=True)
class MysqlServer:
    inside: MysqlInside
    instance: Instance


@dataclass(frozen=True, slots=True)
class Subjects(Generic[S]):
    """name: as in "one finding per NAME". of: every subject with its ref, or Absent."""

    name: str
    of: Callable[[View], Iterator[tuple[SubjectRef, S] | Absent]]


def _listed(region: Region, lists: tuple[Listed[S], ...]) -> Iterator[S | Absent]:
    for listed in lists:
        yield from listed.items
        if not listed.complete:
            yield Absent(PlaceRef(region.place.account, region.place.region), Unseen(listed.asked))


def _instances(view: View) -> Iterator[tuple[SubjectRef, Instance] | Absent]:
    for region in view.fleet.regions:
        for item in _listed(region, (region.instances,)):
            yield item if isinstance(item, Absent) else (item.ref, item)


def _clusters(view: View) -> Iterator[tuple[SubjectRef, Cluster] | Absent]:
    for region in view.fleet.regions:
        for item in _listed(region, (region.clusters,)):
            yield item if isinstance(item, Absent) else (item.ref, item)


def _databases(view: View) -> Iterator[tuple[SubjectRef, Cluster | Instance] | Absent]:
    yield from _clusters(view)
    for found in _instances(view):
        if isinstance(found, Absent) or found[1].cluster is None:
            yield found


def _global_clusters(view: View) -> Iterator[tuple[SubjectRef, GlobalCluster] | Absent]:
    listed = view.fleet.global_clusters
    for item in listed.items:
        yield item.ref, item
    if not listed.complete:
        for region in view.fleet.regions[:1]:
            yield Absent(PlaceRef(region.place.account, region.place.region), Unseen(listed.asked))


def _proxies(view: View) -> Iterator[tuple[SubjectRef, Proxy] | Absent]:
    for region in view.fleet.regions:
        for item in _listed(region, (region.proxies,)):
            yield item if isinstance(item, Absent) else (item.ref, item)


def _manual_snapshots(view: View) -> Iterator[tuple[SubjectRef, Snapshot] | Absent]:
    for region in view.fleet.regions:
        for item in _listed(region, (region.snapshots, region.cluster_snapshots)):
            if isinstance(item, Absent):
                yield item
            elif item.kind == "manual":
                yield item.ref, item


def _parameter_groups(view: View) -> Iterator[tuple[SubjectRef, ParameterGroup] | Absent]:
    for region in view.fleet.regions:
        for item in _listed(region, (region.parameter_groups, region.cluster_parameter_groups)):
            yield item if isinstance(item, Absent) else (item.ref, item)


def _regions(view: View) -> Iterator[tuple[SubjectRef, Region] | Absent]:
    for region in view.fleet.regions:
        yield PlaceRef(region.place.account, region.place.region), region


def _postgres_servers(view: View) -> Iterator[tuple[SubjectRef, PostgresServer] | Absent]:
    for found in _instances(view):
        if isinstance(found, Absent):
            yield found
            continue
        ref, instance = found
        if not instance.engine.endswith("postgres") and not instance.engine.endswith("postgresql"):
            continue
        inside = view.postgres(instance)
        if inside is None:
            yield Absent(ref, Unseen("sql:connect"))
        else:
            yield ref, PostgresServer(inside, instance)


def _postgres_databases(view: View) -> Iterator[tuple[SubjectRef, PostgresPlace] | Absent]:
    for found in _postgres_servers(view):
        if isinstance(found, Absent):
            yield found
            continue
        _, server = found
        for database in server.inside.databases:
            ref = DatabaseRef(server.instance.ref, database.name)
            yield ref, PostgresPlace(ref, database, server.inside, server.instance)
        if not server.inside.has_seen("database_names"):
            yield Absent(server.instance.ref, Unseen("sql:postgres.databases"))


def _mysql_servers(view: View) -> Iterator[tuple[SubjectRef, MysqlServer] | Absent]:
    for found in _instances(view):
        if isinstance(found, Absent):
            yield found
            continue
        ref, instance = found
        if instance.engine not in ("mysql", "mariadb", "aurora-mysql", "aurora"):
            continue
        inside = view.mysql(instance)
        if inside is None:
            yield Absent(ref, Unseen("sql:connect"))
        else:
            yield ref, MysqlServer(inside, instance)


INSTANCES: Subjects[Instance] = Subjects("instance", _instances)
CLUSTERS: Subjects[Cluster] = Subjects("cluster", _clusters)
DATABASES: Subjects[Cluster | Instance] = Subjects("database", _databases)
"""What is told once: a cluster for all its members, else the instance. Both carry the shared fields by one name."""
GLOBAL_CLUSTERS: Subjects[GlobalCluster] = Subjects("global cluster", _global_clusters)
PROXIES: Subjects[Proxy] = Subjects("proxy", _proxies)
MANUAL_SNAPSHOTS: Subjects[Snapshot] = Subjects("manual snapshot", _manual_snapshots)
PARAMETER_GROUPS: Subjects[ParameterGroup] = Subjects("parameter group", _parameter_groups)
REGIONS: Subjects[Region] = Subjects("region", _regions)
POSTGRES_SERVERS: Subjects[PostgresServer] = Subjects("PostgreSQL server", _postgres_servers)
POSTGRES_DATABASES: Subjects[PostgresPlace] = Subjects("PostgreSQL database", _postgres_databases)
MYSQL_SERVERS: Subjects[MysqlServer] = Subjects("MySQL or MariaDB server", _mysql_servers)
