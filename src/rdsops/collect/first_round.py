"""The first round of a region: every list that needs nothing but the place, and what they say of each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from rdsops.collect import operations as ops
from rdsops.collect import parse_account as account
from rdsops.collect import parse_backups as backups
from rdsops.collect import parse_clusters as clusters
from rdsops.collect import parse_groups as groups
from rdsops.collect import parse_instances as instances
from rdsops.collect import parse_proxies as proxies
from rdsops.collect.asking import Asking
from rdsops.collect.draft import Draft, Question
from rdsops.collect.fields import Fields
from rdsops.collect.parse_instances import Foreign
from rdsops.core.errors import UsageError
from rdsops.core.ids import Place, SubjectRef, parse_arn
from rdsops.fleet.clusters import Cluster, CustomEndpoint
from rdsops.fleet.instances import Instance
from rdsops.fleet.seen import Listed

T = TypeVar("T")


def first_questions(asking: Asking, draft: Draft) -> Iterator[Question]:
    """The lists that need nothing but the place."""
    place = draft.place

    def keep(name: str, operation: ops.Operation, parse: Callable[[Fields], Any], **parameters: Any) -> Question:
        def ask() -> None:
            draft.lists[name] = asking.listed(operation, place, parse, parameters)

        return ask

    def here(parse: Callable[[Fields, Place], T]) -> Callable[[Fields], T]:
        return lambda fields: parse(fields, place)

    def keep_certificates() -> None:
        read = asking.pages(ops.CERTIFICATES, place)
        default = read.first.get("DefaultCertificateForNewLaunches")
        draft.lists["certificates"] = asking.parsed(
            ops.CERTIFICATES, place, read, lambda fields: account.certificate(fields, default)
        )

    def keep_alarms() -> None:
        several = asking.listed(ops.ALARMS, place, account.alarms)
        flat = tuple(alarm for one in several.items for alarm in one)
        draft.lists["alarms"] = Listed(several.asked, flat, several.complete)

    def keep_maintenance() -> None:
        draft.maintenance = asking.listed(ops.MAINTENANCE, place, instances.maintenance)

    def keep_endpoints() -> None:
        draft.custom_endpoints = asking.listed(ops.CLUSTER_ENDPOINTS, place, clusters.custom_endpoint)

    def keep_worlds() -> None:
        draft.global_clusters = asking.listed(
            ops.GLOBAL_CLUSTERS, place, lambda fields: clusters.global_cluster(fields, place.account)
        )

    yield keep("instances", ops.INSTANCES, here(instances.instance))
    yield keep("clusters", ops.CLUSTERS, here(clusters.cluster))
    yield keep("proxies", ops.PROXIES, here(proxies.proxy))
    yield keep("parameter_groups", ops.PARAMETER_GROUPS, here(groups.group))
    yield keep("cluster_parameter_groups", ops.CLUSTER_PARAMETER_GROUPS, here(groups.cluster_group))
    yield keep("subnet_groups", ops.SUBNET_GROUPS, here(groups.subnet_group))
    yield keep("snapshots", ops.SNAPSHOTS, here(backups.snapshot))
    yield keep("cluster_snapshots", ops.CLUSTER_SNAPSHOTS, here(backups.cluster_snapshot))
    yield keep("automated_backups", ops.AUTOMATED_BACKUPS, here(backups.instance_backup))
    yield keep("cluster_automated_backups", ops.CLUSTER_AUTOMATED_BACKUPS, here(backups.cluster_backup))
    yield keep("protected_by_backup", ops.PROTECTED, lambda fields: fields.name("ResourceArn"))
    yield keep("subscriptions", ops.SUBSCRIPTIONS, account.subscription)
    yield keep(
        "events", ops.EVENTS, account.event, Duration=ops.EVENT_MINUTES, EventCategories=list(ops.EVENT_CATEGORIES)
    )
    yield keep("quotas", ops.QUOTAS, account.quota)
    yield keep("reservations", ops.RESERVATIONS, account.reservation)
    yield keep("recommendations", ops.RECOMMENDATIONS, account.recommendation)
    yield keep("lifecycles", ops.LIFECYCLES, account.lifecycle)
    yield keep_certificates
    yield keep_alarms
    yield keep_maintenance
    yield keep_endpoints
    yield keep_worlds


def settle(asking: Asking, draft: Draft) -> None:
    """Between the two rounds: leave out other engines, and join what the lists say of each other."""
    for name in ("instances", "clusters"):
        listed = draft.lists[name]
        draft.foreign.extend(item for item in listed.items if isinstance(item, Foreign))
        ours = tuple(item for item in listed.items if not isinstance(item, Foreign))
        draft.lists[name] = Listed(listed.asked, ours, listed.complete)
    _tell_foreign(asking, draft)
    draft.lists["subnet_groups"] = _without_theirs(draft)
    actions = {_ref(arn): found for arn, found in draft.maintenance.items}
    endpoints: dict[str, list[CustomEndpoint]] = {}
    for cluster_name, endpoint in draft.custom_endpoints.items:
        endpoints.setdefault(cluster_name, []).append(endpoint)

    def maintained(thing: Instance | Cluster) -> dict[str, Any]:
        if thing.ref in actions:
            return {"maintenance": actions[thing.ref]}
        # Without an entry nothing is pending, but only when every entry was read.
        return {"maintenance": ()} if draft.maintenance.complete else {}

    def reached(cluster: Cluster) -> dict[str, Any]:
        if not draft.custom_endpoints.complete:
            return {}
        return {"custom_endpoints": tuple(endpoints.get(cluster.ref.name, ()))}

    draft.change("instances", lambda each: msgspec.structs.replace(each, **maintained(each)))
    draft.change("clusters", lambda each: msgspec.structs.replace(each, **maintained(each), **reached(each)))


def _without_theirs(draft: Draft) -> Listed[Any]:
    """Subnet groups that other engines alone use are none of ours, and not unused either."""
    theirs = {one.subnet_group for one in draft.foreign} - draft.subnet_groups_in_use()
    listed = draft.lists["subnet_groups"]
    return Listed(listed.asked, tuple(group for group in listed.items if group.ref.name not in theirs), listed.complete)


def _tell_foreign(asking: Asking, draft: Draft) -> None:
    """Other engines of RDS are a gap; Neptune and DocumentDB are other services that share the API."""
    engines = Counter(one.engine for one in draft.foreign)
    if engines:
        told = ", ".join(f"{count} {engine}" for engine, count in sorted(engines.items()))
        asking.tell(f"{draft.place} left out: {told}")
    of_rds = {engine: count for engine, count in engines.items() if engine not in instances.OTHER_SERVICES}
    if of_rds:
        told = ", ".join(f"{count} {engine}" for engine, count in sorted(of_rds.items()))
        asking.ledger.unsupported(
            "rds:other-engines", draft.place, f"databases of other engines are not judged: {told}"
        )


def _ref(arn: str) -> SubjectRef | str:
    try:
        return parse_arn(arn)
    except UsageError:
        return arn  # a resource that we do not follow
