"""How rules about PostgreSQL tell what they saw: the worst objects first, a few of them, with the count of all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rdsops.advise.finding import Evidence, Sql
from rdsops.advise.rule import NotApplicable
from rdsops.advise.subjects import PostgresPlace, PostgresServer
from rdsops.advise.view import View
from rdsops.core.errors import Unseen, UsageError
from rdsops.core.ids import InstanceRef, parse_arn
from rdsops.fleet.instances import Instance
from rdsops.fleet.postgres_inside import PostgresInside

T = TypeVar("T")

MOST = 10
"""Objects named in one finding, and statements given; the rest are counted."""

READER = NotApplicable("a reader; its writer is judged")

MEASURED = "rdsops's own tests on PostgreSQL 15 and 18, 2026-11-23"


def on_reader(subject: PostgresPlace | PostgresServer) -> bool:
    """Whether the subject lies on a reader, which holds what its writer holds."""
    server = subject.server if isinstance(subject, PostgresPlace) else subject.inside
    return server.is_replica


def listed(evidence: Sequence[Evidence], *, limit: int | None = None) -> tuple[Evidence, ...]:
    """The first few, and how many there are when that is not all. limit: where the question itself stops."""
    if len(evidence) <= MOST:
        return tuple(evidence)
    total = counted(len(evidence), limit)
    more = Evidence(what="all together", value=f"{total}; the first {MOST} are shown", source=evidence[0].source)
    return (*evidence[:MOST], more)


def counted(count: int, limit: int | None) -> str:
    """A count, which is a floor where the question stopped counting."""
    return f"{count} or more" if limit is not None and count >= limit else str(count)


def plural(count: int, one: str, many: str | None = None, *, limit: int | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "table"), plural(3, "table"), plural(2, "index", "indexes")
    ('1 table', '3 tables', '2 indexes')
    """
    return f"{counted(count, limit)} {one if count == 1 else many or one + 's'}"


def first(statements: Iterable[Sql]) -> tuple[Sql, ...]:
    """The statements for the objects that are named."""
    return tuple(statements)[:MOST]


def siblings(view: View, instance: Instance) -> Iterator[PostgresInside]:
    """The insides of the other servers with the same data: members of its cluster, and its replicas.

    Raises Unseen at the first that was not looked into: what it does is then not known.
    """
    for ref in _sibling_refs(view, instance):
        if ref.place not in {region.place for region in view.fleet.regions}:
            raise Unseen("rds:DescribeDBInstances", f"replica {ref.name} in {ref.place}")
        other = view.instance(ref)
        inside = None if other is None else view.postgres(other)
        if inside is None:
            raise Unseen("sql:connect", f"the inside of {ref.name}")
        yield inside


def _sibling_refs(view: View, instance: Instance) -> Iterator[InstanceRef]:
    cluster = view.cluster_of(instance)
    if cluster is not None:
        for member in cluster.members:
            if member.name != instance.ref.name:
                yield InstanceRef(instance.ref.account, instance.ref.region, member.name)
    for name in instance.replicas:
        yield _replica(name, instance)


def _replica(name: str, instance: Instance) -> InstanceRef:
    if not name.startswith("arn:"):
        return InstanceRef(instance.ref.account, instance.ref.region, name)
    try:
        ref = parse_arn(name)
    except UsageError:
        ref = None
    if not isinstance(ref, InstanceRef):
        raise Unseen("rds:DescribeDBInstances", f"replica {name}")
    return ref
