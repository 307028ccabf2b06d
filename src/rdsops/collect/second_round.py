"""The second round of a region: what is asked of things found, once a group, a family, an engine, a key, a proxy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from rdsops.collect import operations as ops
from rdsops.collect import parse_account as account
from rdsops.collect import parse_backups as backups
from rdsops.collect import parse_groups as groups
from rdsops.collect import parse_network as network
from rdsops.collect import parse_proxies as proxies
from rdsops.collect.asking import Asking, joined
from rdsops.collect.draft import Draft, Question
from rdsops.collect.fields import Fields
from rdsops.collect.parameter_names import DEFAULTS_READ
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Family, Key, ParameterGroup, Proxy, Snapshot
from rdsops.fleet.seen import Listed

T = TypeVar("T")

_FILTER_VALUES = 200
"""Values in one EC2 filter (recalled, 2026-11-23)."""


def second_questions(asking: Asking, draft: Draft, *, snapshot_attributes: bool) -> Iterator[Question]:
    """What is asked of things found: once a group, a family, an engine, a key, a proxy, a manual snapshot."""
    yield from _parameters(asking, draft)
    yield from _families(asking, draft)
    yield from _versions(asking, draft)
    yield from _network(asking, draft)
    yield from _keys(asking, draft)
    yield from _proxies(asking, draft)
    yield from _sharing(asking, draft, ask=snapshot_attributes)


def _parameters(asking: Asking, draft: Draft) -> Iterator[Question]:
    """What custom groups in use change. A partly read group stays unseen: the part missing may be the setting."""
    for name, operation, parameter in (
        ("parameter_groups", ops.PARAMETERS, "DBParameterGroupName"),
        ("cluster_parameter_groups", ops.CLUSTER_PARAMETERS, "DBClusterParameterGroupName"),
    ):
        for group in _in_use(draft, name):
            if not group.is_default:
                yield partial(_ask_parameters, asking, draft, group, operation, parameter)


def _ask_parameters(
    asking: Asking, draft: Draft, group: ParameterGroup, operation: ops.Operation, parameter: str
) -> None:
    request = {parameter: group.ref.name, "Source": "user"}
    read = asking.listed(operation, draft.place, groups.parameter, request)
    if read.complete:
        draft.answer(group, set_by_user=read.items)


def _families(asking: Asking, draft: Draft) -> Iterator[Question]:
    families: dict[tuple[str, bool], Family] = {}
    for name, cluster_level in (("parameter_groups", False), ("cluster_parameter_groups", True)):
        for group in _in_use(draft, name):
            if group.has_seen("family"):
                families[group.family, cluster_level] = Family(name=group.family, cluster_level=cluster_level)
    draft.lists["families"] = joined(
        ops.FAMILY_DEFAULTS.action,
        (Listed(ops.FAMILY_DEFAULTS.action, (one,), True) for one in families.values()),
        because=[
            draft.lists[name] for name in ("instances", "clusters", "parameter_groups", "cluster_parameter_groups")
        ],
    )

    for family in families.values():
        yield partial(_ask_defaults, asking, draft, family)


def _ask_defaults(asking: Asking, draft: Draft, family: Family) -> None:
    """A family's defaults: of cluster families all, of instance families those that rules read, where AWS filters."""
    every = {"DBParameterGroupFamily": family.name}
    if family.cluster_level:
        read = asking.listed(ops.CLUSTER_FAMILY_DEFAULTS, draft.place, groups.parameter, every)
    else:
        # "The only supported filter is parameter-name"; of cluster families there is none (read: botocore 1.43).
        some = {**every, "Filters": [{"Name": "parameter-name", "Values": list(DEFAULTS_READ)}]}
        read = asking.listed(ops.FAMILY_DEFAULTS, draft.place, groups.parameter, some, every)
    if read.complete:
        draft.answer(family, defaults=read.items)


def _versions(asking: Asking, draft: Draft) -> Iterator[Question]:
    engines = sorted({thing.engine for name in ("instances", "clusters") for thing in draft.lists[name].items})

    def ask() -> None:
        draft.lists["engine_versions"] = joined(
            ops.ENGINE_VERSIONS.action,
            [
                asking.listed(ops.ENGINE_VERSIONS, draft.place, account.engine_version, {"Engine": engine})
                for engine in engines
            ],
            because=[draft.lists["instances"], draft.lists["clusters"]],
        )

    yield ask


def _network(asking: Asking, draft: Draft) -> Iterator[Question]:
    users: list[Instance | Cluster | Proxy] = [
        thing for name in ("instances", "clusters", "proxies") for thing in draft.lists[name].items
    ]
    security = sorted({group for user in users if user.has_seen("security_groups") for group in user.security_groups})
    used = draft.subnet_groups_in_use()
    vpcs = {
        group.vpc for group in draft.lists["subnet_groups"].items if group.ref.name in used and group.has_seen("vpc")
    }
    vpcs |= {user.vpc for user in users if isinstance(user, Instance) and user.has_seen("vpc") and user.vpc is not None}
    because = [draft.lists[name] for name in ("instances", "clusters", "proxies")]

    def filtered(
        name: str, operation: ops.Operation, parse: Callable[[Fields], T], by: str, values: list[str]
    ) -> Question:
        def ask() -> None:
            chunks = [values[start : start + _FILTER_VALUES] for start in range(0, len(values), _FILTER_VALUES)]
            draft.lists[name] = joined(
                operation.action,
                [
                    asking.listed(operation, draft.place, parse, {"Filters": [{"Name": by, "Values": chunk}]})
                    for chunk in chunks
                ],
                because=because,
            )

        return ask

    yield filtered("security_groups", ops.SECURITY_GROUPS, network.security_group, "group-id", security)
    yield filtered("route_tables", ops.ROUTE_TABLES, network.route_table, "vpc-id", sorted(vpcs))
    yield filtered("vpcs", ops.VPCS, network.vpc, "vpc-id", sorted(vpcs))


def _keys(asking: Asking, draft: Draft) -> Iterator[Question]:
    names = ("instances", "clusters", "snapshots", "cluster_snapshots")
    things: list[Instance | Cluster | Snapshot] = [thing for name in names for thing in draft.lists[name].items]
    keys = sorted({thing.kms_key for thing in things if thing.has_seen("kms_key") and thing.kms_key is not None})
    draft.lists["keys"] = joined(
        ops.KEYS.action,
        [Listed(ops.KEYS.action, tuple(Key(arn=named) for named in keys), True)],
        because=[draft.lists[name] for name in names],
    )
    for key in draft.lists["keys"].items:
        yield partial(_ask_key, asking, draft, key)


def _ask_key(asking: Asking, draft: Draft, key: Key) -> None:
    found = asking.one(ops.KEYS, draft.place, {"KeyId": key.arn}, network.key, each_apart=True)
    if found is not None:
        draft.answer(key, **found)


def _proxies(asking: Asking, draft: Draft) -> Iterator[Question]:
    for proxy in draft.lists["proxies"].items:
        yield partial(_ask_targets, asking, draft, proxy)
        yield partial(_ask_pool, asking, draft, proxy)


def _ask_targets(asking: Asking, draft: Draft, proxy: Proxy) -> None:
    request = {"DBProxyName": proxy.ref.name}
    targets = asking.listed(ops.PROXY_TARGETS, draft.place, proxies.target, request)
    if targets.complete:
        draft.answer(proxy, targets=targets.items)


def _ask_pool(asking: Asking, draft: Draft, proxy: Proxy) -> None:
    request = {"DBProxyName": proxy.ref.name}
    pools = asking.listed(ops.PROXY_TARGET_GROUPS, draft.place, proxies.pool, request)
    if pools.items:
        draft.answer(proxy, pool=pools.items[0])


def _sharing(asking: Asking, draft: Draft, *, ask: bool) -> Iterator[Question]:
    for name, operation, parameter, result, attributes in (
        (
            "snapshots",
            ops.SNAPSHOT_ATTRIBUTES,
            "DBSnapshotIdentifier",
            "DBSnapshotAttributesResult",
            "DBSnapshotAttributes",
        ),
        (
            "cluster_snapshots",
            ops.CLUSTER_SNAPSHOT_ATTRIBUTES,
            "DBClusterSnapshotIdentifier",
            "DBClusterSnapshotAttributesResult",
            "DBClusterSnapshotAttributes",
        ),
    ):
        manual = [snapshot for snapshot in draft.lists[name].items if snapshot.kind == "manual"]
        if manual and not ask:
            detail = f"who {len(manual)} manual snapshots are shared with was not asked"
            asking.ledger.not_asked(operation.action, draft.place, detail, "survey with snapshot attributes")
            continue
        for snapshot in manual:
            yield partial(_ask_sharing, asking, draft, snapshot, operation, (parameter, result, attributes))


def _ask_sharing(
    asking: Asking,
    draft: Draft,
    snapshot: Snapshot,
    operation: ops.Operation,
    words: tuple[str, str, str],
) -> None:
    parameter, result, attributes = words
    shared = asking.one(
        operation,
        draft.place,
        {parameter: snapshot.ref.name},
        lambda fields: backups.shared_with(fields, result, attributes),
    )
    if shared is not None:
        draft.answer(snapshot, shared_with=shared)


def _in_use(draft: Draft, name: str) -> list[ParameterGroup]:
    """Groups that an instance or cluster of ours has."""
    if name == "parameter_groups":
        used = {
            attached.name
            for instance in draft.lists["instances"].items
            if instance.has_seen("parameter_groups")
            for attached in instance.parameter_groups
        }
    else:
        used = {
            cluster.parameter_group
            for cluster in draft.lists["clusters"].items
            if cluster.has_seen("parameter_group") and cluster.parameter_group is not None
        }
    return [group for group in draft.lists[name].items if group.ref.name in used]
