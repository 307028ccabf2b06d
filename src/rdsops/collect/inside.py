"""Looking inside databases: which servers, with which credentials, side by side; what stays shut becomes a gap.

One connection at a time to a server. The engines' own questions are in inside_postgres.py and inside_mysql.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from rdsops.collect import inside_mysql, inside_postgres
from rdsops.collect.inside_request import Asking
from rdsops.core.errors import RdsopsError, Unseen
from rdsops.core.ids import InstanceRef
from rdsops.engines.connect import Address, Credentials
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.fleet import Region
from rdsops.fleet.gaps import Cause, Gap
from rdsops.fleet.instances import Instance
from rdsops.fleet.mysql_inside import MysqlInside
from rdsops.fleet.postgres_inside import PostgresInside

_NOT_RUNNING = frozenset(
    {"stopped", "stopping", "creating", "deleting", "failed", "inaccessible-encryption-credentials"}
)


@dataclass(frozen=True, slots=True)
class Insides:
    """What was seen. Nothing is in both a row and a gap; what is in neither was not wanted."""

    postgres: tuple[PostgresInside, ...] = ()
    mysql: tuple[MysqlInside, ...] = ()
    gaps: tuple[Gap, ...] = ()


class Looker(Protocol):
    """An engine's way to look inside one server."""

    def __call__(
        self, instance: Instance, cluster: Cluster | None, address: Address, credentials: Credentials, asking: Asking
    ) -> tuple[PostgresInside | MysqlInside | None, tuple[Gap, ...]]: ...


LOOKERS: dict[str, Looker] = {
    "postgres": inside_postgres.look,
    "aurora-postgresql": inside_postgres.look,
    "mysql": inside_mysql.look,
    "mariadb": inside_mysql.look,
    "aurora-mysql": inside_mysql.look,
    "aurora": inside_mysql.look,
}
"""Engine, in AWS's word -> how to look inside."""

WITH_SQL = tuple(LOOKERS)
"""Engines inside which SQL rules look; others (Oracle, SQL Server) are not asked, and are no gap."""


def look_inside(
    regions: Iterable[Region],
    asking: Asking,
    *,
    side_by_side: int = 8,
    seen: Callable[[InstanceRef], None] | None = None,
) -> Insides:
    """Ask SQL of every server of some regions. `seen` is told of each that is done, from the thread that did it."""
    listed = tuple(regions)
    clusters = {cluster.ref: cluster for region in listed for cluster in region.clusters.items}
    wanted = [each for region in listed for each in region.instances.items if each.engine in WITH_SQL]

    def look(instance: Instance) -> tuple[PostgresInside | MysqlInside | None, tuple[Gap, ...]]:
        cluster = None if instance.cluster is None else clusters.get(instance.cluster)
        found = look_at(instance, cluster, asking)
        if seen is not None:
            seen(instance.ref)
        return found

    with ThreadPoolExecutor(max_workers=side_by_side, thread_name_prefix="inside") as pool:
        answers = list(pool.map(look, wanted))
    return Insides(
        postgres=tuple(inside for inside, _ in answers if isinstance(inside, PostgresInside)),
        mysql=tuple(inside for inside, _ in answers if isinstance(inside, MysqlInside)),
        gaps=tuple(gap for _, gaps in answers for gap in gaps),
    )


def look_at(
    instance: Instance, cluster: Cluster | None, asking: Asking
) -> tuple[PostgresInside | MysqlInside | None, tuple[Gap, ...]]:
    """One server: what is inside, or the gap that says why it stays shut."""
    looker = LOOKERS.get(instance.engine)
    if looker is None:
        return None, (_shut(instance, asking, Cause.UNSUPPORTED, f"no questions for engine {instance.engine} yet"),)
    try:
        if instance.has_seen("status") and instance.status in _NOT_RUNNING:
            return None, (_shut(instance, asking, Cause.NOT_CONNECTED, f"the instance is {instance.status}"),)
        if instance.endpoint is None or instance.port is None:
            return None, (_shut(instance, asking, Cause.NOT_CONNECTED, "the instance has no endpoint"),)
        address = Address(instance.endpoint, instance.port)
        credentials = asking.keyring.credentials(instance, cluster, address)
    except Unseen as unseen:
        return None, (_shut(instance, asking, Cause.ABSENT, f"{unseen.field} is not known"),)
    except RdsopsError as refused:
        told = str(refused.args[0])
        return None, (_shut(instance, asking, Cause.NOT_CONNECTED, f"no credentials: {told}", refused.hint),)
    if credentials is None:
        remedy = "give a login: a credentials file, RDSOPS_DB_USER and RDSOPS_DB_PASSWORD, or secretsmanager access"
        return None, (_shut(instance, asking, Cause.NOT_CONNECTED, "no credentials", remedy),)
    return looker(instance, cluster, address, credentials, asking)


def _shut(instance: Instance, asking: Asking, cause: Cause, detail: str, remedy: str | None = None) -> Gap:
    return Gap(
        asked="sql:connect",
        account=instance.ref.account,
        region=instance.ref.region,
        subject=instance.ref.arn,
        cause=cause,
        detail=detail,
        remedy=remedy,
        seen_at=asking.now(),
    )
