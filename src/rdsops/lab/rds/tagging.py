"""Tags of anything that RDS names by ARN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rdsops.core.ids import Place
from rdsops.lab.endpoint.contract import AwsError
from rdsops.lab.rds.model import Record, fault, invalid
from rdsops.lab.rds.state import RdsState, Region, Store, tags_of

STORES: dict[str, tuple[str, str, str]] = {
    "db": ("instances", "DBInstanceArn", "DBInstanceNotFoundFault"),
    "cluster": ("clusters", "DBClusterArn", "DBClusterNotFoundFault"),
    "pg": ("groups", "DBParameterGroupArn", "DBParameterGroupNotFoundFault"),
    "cluster-pg": ("cluster_groups", "DBClusterParameterGroupArn", "DBParameterGroupNotFoundFault"),
    "subgrp": ("subnet_groups", "DBSubnetGroupArn", "DBSubnetGroupNotFoundFault"),
    "og": ("option_groups", "OptionGroupArn", "OptionGroupNotFoundFault"),
    "snapshot": ("snapshots", "DBSnapshotArn", "DBSnapshotNotFoundFault"),
    "cluster-snapshot": ("cluster_snapshots", "DBClusterSnapshotArn", "DBClusterSnapshotNotFoundFault"),
    "db-proxy": ("proxies", "DBProxyArn", "DBProxyNotFoundFault"),
    "target-group": ("proxy_groups", "TargetGroupArn", "DBProxyTargetGroupNotFoundFault"),
    "es": ("subscriptions", "EventSubscriptionArn", "SubscriptionNotFoundFault"),
    "ri": ("reservations", "ReservedDBInstanceArn", "ReservedDBInstanceNotFoundFault"),
    "cluster-endpoint": ("custom_endpoints", "DBClusterEndpointArn", "DBClusterEndpointNotFoundFault"),
}
"""Word of the ARN -> store, field of the ARN, error when there is none."""

MOST = 50
"""Tags that one resource can have (recalled)."""


def list_tags(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    if asked.get("Filters"):
        raise invalid("Filters are not supported by ListTagsForResource")
    home, arn = _home(state, region, asked["ResourceName"])
    return {"TagList": home.tag_list(arn)}


def add_tags(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    home, arn = _home(state, region, asked["ResourceName"])
    wanted = tags_of(asked)
    for key in wanted:
        if key.lower().startswith(("aws:", "rds:")) or not 1 <= len(key) <= 128:
            raise invalid(f"Tag key '{key}' is reserved, or longer than 128 characters")
    held = {**home.tags.get(arn, {}), **wanted}
    if len(held) > MOST:
        raise invalid(f"A resource can have {MOST} tags")
    home.tags[arn] = held
    return {}


def remove_tags(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    home, arn = _home(state, region, asked["ResourceName"])
    gone = set(asked["TagKeys"])
    home.tags[arn] = {key: value for key, value in home.tags.get(arn, {}).items() if key not in gone}
    return {}


def _home(state: RdsState, region: Region, arn: str) -> tuple[Region, str]:
    """Where the tags of an ARN are kept; refused unless such a thing exists in the caller's account and region."""
    parts = arn.split(":", 6)
    if len(parts) != 7 or parts[2] != "rds":
        raise invalid(f"The specified resource name does not match an RDS resource: {arn}")
    where, account, word, name = parts[3], parts[4], parts[5], parts[6]
    if account != region.place.account:
        raise AwsError("AccessDenied", f"Not authorized to see the tags of {arn}", 403)
    if word == "global-cluster":
        state.globals_of(account).get(name)
        homes = [one for one in state.regions() if one.place.account == account and arn in one.tags]
        return (homes[0] if homes else region), arn
    if word not in STORES:
        raise invalid(f"The specified resource name does not match an RDS resource of the lab: {arn}")
    attribute, field, missing = STORES[word]
    home = state.region(Place(account, where))
    store = getattr(home, attribute)
    assert isinstance(store, Store)
    found = store.find(name) if name in store else next((one for one in store if one[field] == arn), None)
    if where != region.place.region or found is None or found[field] != arn:
        raise fault(missing, f"{arn} not found.")
    return home, arn
