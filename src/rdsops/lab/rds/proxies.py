"""Proxies and their targets, as metadata: no proxy runs, and its targets' health is what the instances' state says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rdsops.lab.rds import rules
from rdsops.lab.rds.instances import LAB_TAG, METADATA_ONLY
from rdsops.lab.rds.model import Record, clash, fault
from rdsops.lab.rds.state import RdsState, Region, letters, tags_of

FAMILIES = {"MYSQL": ("mysql", "mariadb", "aurora-mysql"), "POSTGRESQL": ("postgres", "aurora-postgresql")}
POOL = {"MaxConnectionsPercent": 100, "MaxIdleConnectionsPercent": 50, "ConnectionBorrowTimeout": 120,
        "SessionPinningFilters": []}  # fmt: skip
"""A new target group's pool. Source: botocore 1.44.5, read 2026-11-23."""

IDLE_CLIENT_S = 1800


def create_proxy(
    state: RdsState, region: Region, asked: Mapping[str, Any], pool: Mapping[str, Any] | None = None
) -> Record:
    """A proxy with its default target group and endpoint. pool: the connection pool, where it is not a new one's."""
    name = rules.identifier(asked["DBProxyName"], "DBProxyName")
    rules.refuse("CreateDBProxy", asked, ("DefaultAuthScheme",))
    rules.one_of(asked, "EngineFamily", tuple(FAMILIES))
    rules.between(asked, "IdleClientTimeout", 1, 28800)
    if not asked.get("Auth"):
        raise clash("Auth must name at least one secret")
    subnets = [state.around.subnet(region.place, one) for one in asked["VpcSubnetIds"]]
    if None in subnets or len({one.zone for one in subnets if one}) < 2:
        raise fault("InvalidSubnet", "VpcSubnetIds must exist, and lie in two zones or more")
    found = [one for one in subnets if one]
    arn = region.arn("db-proxy", "prx-" + letters(f"{region.place}/{name}/proxy", 17).lower())
    now = state.now()
    network = {
        "VpcId": found[0].vpc,
        "VpcSecurityGroupIds": asked.get("VpcSecurityGroupIds") or [state.around.network(region.place).security_group],
        "VpcSubnetIds": list(asked["VpcSubnetIds"]),
        "EndpointNetworkType": asked.get("EndpointNetworkType", "IPV4"),
    }
    endpoint = f"{name}.proxy-{letters(str(region.place), 12).lower()}.{region.place.region}.rds.amazonaws.com"
    record = region.proxies.add(
        name,
        {
            **network,
            "DBProxyName": name,
            "DBProxyArn": arn,
            "Status": "available",
            "EngineFamily": asked["EngineFamily"],
            "Auth": [dict(one) for one in asked["Auth"]],
            "RoleArn": asked["RoleArn"],
            "Endpoint": endpoint,
            "RequireTLS": asked.get("RequireTLS", False),
            "IdleClientTimeout": asked.get("IdleClientTimeout", IDLE_CLIENT_S),
            "DebugLogging": asked.get("DebugLogging", False),
            "CreatedDate": now,
            "UpdatedDate": now,
            "TargetConnectionNetworkType": asked.get("TargetConnectionNetworkType", "IPV4"),
        },
    )
    region.proxy_groups.add(
        name,
        {
            "DBProxyName": name,
            "TargetGroupName": "default",
            "TargetGroupArn": region.arn("target-group", "prx-tg-" + letters(arn, 17).lower()),
            "IsDefault": True,
            "Status": "available",
            "ConnectionPoolConfig": {**POOL, **(pool or {})},
            "CreatedDate": now,
            "UpdatedDate": now,
        },
    )
    region.proxy_targets[name] = ()
    region.tags[arn] = {**tags_of(asked), LAB_TAG: METADATA_ONLY}
    return record


def register_targets(state: RdsState, region: Region, asked: Mapping[str, Any]) -> list[Record]:
    """Registers one cluster or one instance; refused when its engine is not the proxy's."""
    proxy = region.proxies.get(asked["DBProxyName"])
    name = proxy["DBProxyName"]
    if asked.get("TargetGroupName", "default") != "default":
        raise fault("DBProxyTargetGroupNotFoundFault", f"Target group {asked['TargetGroupName']} not found.")
    instances, clusters = asked.get("DBInstanceIdentifiers", []), asked.get("DBClusterIdentifiers", [])
    if len(instances) + len(clusters) != 1:
        raise clash("Name exactly one instance or one cluster")
    if region.proxy_targets[name]:
        raise fault("DBProxyTargetAlreadyRegisteredFault", f"Proxy {name} has a target already")
    targets: list[Record] = []
    if clusters:
        cluster = region.clusters.get(clusters[0])
        _same_engine(proxy, cluster["Engine"])
        resource = cluster["DbClusterResourceId"]
        targets.append(
            {"Type": "TRACKED_CLUSTER", "RdsResourceId": cluster["DBClusterIdentifier"], "Port": cluster["Port"]}
        )
        members = [region.instances.get(one["DBInstanceIdentifier"]) for one in cluster["DBClusterMembers"]]
        targets += [_instance(one, resource) for one in members]
    else:
        instance = region.instances.get(instances[0])
        _same_engine(proxy, instance["Engine"])
        targets.append(_instance(instance, None))
    region.proxy_targets[name] = tuple(targets)
    return targets_of(region, name)


def targets_of(region: Region, name: str) -> list[Record]:
    """The targets with their role and health of now."""
    proxy = region.proxies.get(name)
    return [_told(region, proxy, one) for one in region.proxy_targets[proxy["DBProxyName"]]]


def default_endpoint(region: Region, proxy: Record) -> Record:
    """DBProxyEndpoint of the endpoint that each proxy has."""
    name = proxy["DBProxyName"]
    return {
        "DBProxyEndpointName": name,
        "DBProxyEndpointArn": region.arn(
            "db-proxy-endpoint", "prx-endpoint-" + letters(proxy["DBProxyArn"], 17).lower()
        ),
        "DBProxyName": name,
        "Status": "available",
        "VpcId": proxy["VpcId"],
        "VpcSecurityGroupIds": proxy["VpcSecurityGroupIds"],
        "VpcSubnetIds": proxy["VpcSubnetIds"],
        "Endpoint": proxy["Endpoint"],
        "CreatedDate": proxy["CreatedDate"],
        "TargetRole": "READ_WRITE",
        "IsDefault": True,
        "EndpointNetworkType": proxy["EndpointNetworkType"],
    }


def _instance(instance: Record, cluster: str | None) -> Record:
    tracked = {"TrackedClusterId": instance["DBClusterIdentifier"]} if cluster else {}
    return {
        **tracked,
        "Type": "RDS_INSTANCE",
        "RdsResourceId": instance["DBInstanceIdentifier"],
        "TargetArn": instance["DBInstanceArn"],
        "Endpoint": instance["Endpoint"]["Address"],
        "Port": instance["Endpoint"]["Port"],
    }


def _told(region: Region, proxy: Record, target: Record) -> Record:
    if target["Type"] == "TRACKED_CLUSTER":
        return target
    name = target["RdsResourceId"]
    instance = region.instances.find(name)
    ill = region.ill_targets.get((proxy["DBProxyName"], name))
    if ill is None and (instance is None or instance["DBInstanceStatus"] != "available"):
        ill = {"State": "UNAVAILABLE", "Reason": "UNREACHABLE", "Description": "the instance is not available"}
    return {**target, "Role": _role(region, instance), "TargetHealth": ill or {"State": "AVAILABLE"}}


def _role(region: Region, instance: Record | None) -> str:
    if instance is None:
        return "UNKNOWN"
    if "DBClusterIdentifier" not in instance:
        return "READ_ONLY" if "ReadReplicaSourceDBInstanceIdentifier" in instance else "READ_WRITE"
    members = region.clusters.get(instance["DBClusterIdentifier"])["DBClusterMembers"]
    writes = any(
        one["IsClusterWriter"] and one["DBInstanceIdentifier"] == instance["DBInstanceIdentifier"] for one in members
    )
    return "READ_WRITE" if writes else "READ_ONLY"


def _same_engine(proxy: Record, engine: str) -> None:
    if engine not in FAMILIES[proxy["EngineFamily"]]:
        raise clash(f"A proxy of family {proxy['EngineFamily']} cannot serve {engine}")
