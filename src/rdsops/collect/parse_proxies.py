"""Proxies with their targets and pools, as boto gives them. API texts: botocore 1.43, read 2026-11-23."""

from __future__ import annotations

from typing import Any

from rdsops.collect.fields import Fields, Malformed, known
from rdsops.core.ids import Place, ProxyRef
from rdsops.fleet.neighbours import Proxy, ProxyPool, ProxyTarget
from rdsops.fleet.seen import UNSEEN


def proxy(fields: Fields, place: Place) -> Proxy:
    """One entry of DBProxies. `targets` and `pool` are joined later; AWS tells a proxy's tags nowhere in it."""
    name = fields.name("DBProxyName")
    fields.called(name)
    return Proxy(
        ref=ProxyRef(place.account, place.region, name),
        proxy_arn=fields.text("DBProxyArn"),
        status=fields.text("Status"),
        engine_family=fields.text("EngineFamily"),
        require_tls=fields.flag("RequireTLS"),
        idle_client_timeout_s=fields.number("IdleClientTimeout"),
        debug_logging=fields.flag("DebugLogging"),
        iam_auth=fields.rows("Auth", _iam_auth),
        subnets=fields.texts("VpcSubnetIds"),
        security_groups=fields.texts("VpcSecurityGroupIds"),
        endpoint=fields.text("Endpoint", None if fields.text("Status") == "creating" else UNSEEN),
    )


def target(fields: Fields) -> ProxyTarget:
    """One entry of Targets. A tracked cluster's own entry has no resource id but its cluster's."""
    health = fields.below("TargetHealth")
    resource = fields.text("RdsResourceId", fields.text("TrackedClusterId"))
    if resource is UNSEEN:
        raise Malformed("a proxy target without RdsResourceId")
    return ProxyTarget(
        resource=resource,
        kind=fields.name("Type"),
        role=known(fields.text("Role", None)),
        # "None when AWS says nothing", as for a tracked cluster.
        health=None if health is None else known(health.text("State", None)),
        reason=None if health is None else known(health.text("Reason", None)),
        description=None if health is None else known(health.text("Description", None)),
    )


def pool(fields: Fields) -> ProxyPool | None:
    """One entry of TargetGroups; None when it is not the default group, which is the one that pools."""
    if fields.flag("IsDefault", True) is False:
        return None
    config = fields.below("ConnectionPoolConfig")
    if config is None:
        raise Malformed("a target group without ConnectionPoolConfig")
    return ProxyPool(
        max_connections_percent=known(config.number("MaxConnectionsPercent", None)),
        max_idle_connections_percent=known(config.number("MaxIdleConnectionsPercent", None)),
        borrow_timeout_s=known(config.number("ConnectionBorrowTimeout", None)),
        pinning_filters=known(config.texts("SessionPinningFilters", ())),
        init_query=config.has("InitQuery"),
    )


def _iam_auth(fields: Fields) -> Any:
    return fields.name("IAMAuth")
