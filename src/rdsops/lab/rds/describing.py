"""The describe side over what exists: one Listing an operation, and the few questions that need a word more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rdsops.lab.rds import parameter_groups, proxies, snapshots
from rdsops.lab.rds.listing import Listing, bare, filtered, paged, refuse_unknown, values_of
from rdsops.lab.rds.model import Record, clash, fault, invalid
from rdsops.lab.rds.parameter_groups import Level
from rdsops.lab.rds.state import EVENT_DAYS, RdsState, Region


def instance_told(state: RdsState, region: Region, record: Record) -> Record:
    told = {**record, "TagList": region.tag_list(record["DBInstanceArn"])}
    if record["BackupRetentionPeriod"] and "DBClusterIdentifier" not in record:
        lag = region.behind.get(record["DBInstanceArn"], snapshots.USUAL_LAG)
        told["LatestRestorableTime"] = max(record["InstanceCreateTime"], state.now() - lag)
    return told


def cluster_told(state: RdsState, region: Region, record: Record) -> Record:
    window = snapshots.restore_window(
        state, region, record["DBClusterArn"], record["ClusterCreateTime"], record["BackupRetentionPeriod"]
    )
    custom = [
        one["Endpoint"]
        for one in region.custom_endpoints
        if one["DBClusterIdentifier"] == record["DBClusterIdentifier"]
    ]
    told = {
        **record,
        "TagList": region.tag_list(record["DBClusterArn"]),
        "EarliestRestorableTime": window["EarliestTime"],
        "LatestRestorableTime": window["LatestTime"],
    }
    return {**told, "CustomEndpoints": custom} if custom else told


def _tagged(arn_field: str) -> Any:
    return lambda state, region, record: {**record, "TagList": region.tag_list(record[arn_field])}


LISTINGS: tuple[Listing, ...] = (
    Listing(
        operation="DescribeDBInstances", out="DBInstances", store=lambda state, region: region.instances,
        key="DBInstanceIdentifier", by="DBInstanceIdentifier", told=instance_told,
        filters={
            "db-instance-id": values_of("DBInstanceIdentifier", "DBInstanceArn"),
            "db-cluster-id": values_of("DBClusterIdentifier"),
            "dbi-resource-id": values_of("DbiResourceId"),
            "engine": values_of("Engine"),
            "domain": values_of(),
        },
    ),
    Listing(
        operation="DescribeDBClusters", out="DBClusters", store=lambda state, region: region.clusters,
        key="DBClusterIdentifier", by="DBClusterIdentifier", told=cluster_told,
        filters={
            "db-cluster-id": values_of("DBClusterIdentifier", "DBClusterArn"),
            "db-cluster-resource-id": values_of("DbClusterResourceId"),
            "clone-group-id": values_of("CloneGroupId"),
            "engine": values_of("Engine"),
            "domain": values_of(),
        },
    ),
    Listing(
        operation="DescribeDBParameterGroups", out="DBParameterGroups", store=lambda state, region: region.groups,
        key="DBParameterGroupName", by="DBParameterGroupName",
    ),
    Listing(
        operation="DescribeDBClusterParameterGroups", out="DBClusterParameterGroups",
        store=lambda state, region: region.cluster_groups,
        key="DBClusterParameterGroupName", by="DBClusterParameterGroupName",
    ),
    Listing(
        operation="DescribeDBSubnetGroups", out="DBSubnetGroups", store=lambda state, region: region.subnet_groups,
        key="DBSubnetGroupName", by="DBSubnetGroupName",
    ),
    Listing(
        operation="DescribeOptionGroups", out="OptionGroupsList", store=lambda state, region: region.option_groups,
        key="OptionGroupName", by="OptionGroupName",
        equal={"EngineName": "EngineName", "MajorEngineVersion": "MajorEngineVersion"},
    ),
    Listing(
        operation="DescribeDBProxies", out="DBProxies", store=lambda state, region: region.proxies,
        key="DBProxyName", by="DBProxyName",
    ),
    Listing(
        operation="DescribeEventSubscriptions", out="EventSubscriptionsList",
        store=lambda state, region: region.subscriptions, key="CustSubscriptionId", by="SubscriptionName",
    ),
    Listing(
        operation="DescribeReservedDBInstances", out="ReservedDBInstances",
        store=lambda state, region: region.reservations, key="ReservedDBInstanceId", by="ReservedDBInstanceId",
        equal={
            "ReservedDBInstancesOfferingId": "ReservedDBInstancesOfferingId", "DBInstanceClass": "DBInstanceClass",
            "ProductDescription": "ProductDescription", "OfferingType": "OfferingType", "MultiAZ": "MultiAZ",
            "LeaseId": "LeaseId",
        },
    ),
)  # fmt: skip


def global_clusters(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    def regions(record: Record) -> list[str]:
        return [one["DBClusterArn"].split(":")[3] for one in record["GlobalClusterMembers"]]

    def told(state: RdsState, region: Region, record: Record) -> Record:
        arn = record["GlobalClusterArn"]
        homes = [one for one in state.regions() if one.place.account == region.place.account and arn in one.tags]
        tags = homes[0].tag_list(arn) if homes else []
        return {**record, "TagList": tags}

    return Listing(
        operation="DescribeGlobalClusters", out="GlobalClusters", key="GlobalClusterIdentifier",
        by="GlobalClusterIdentifier", store=lambda state, region: state.globals_of(region.place.account),
        filters={"region": regions}, told=told,
    ).answer(state, region, asked)  # fmt: skip


def parameters(state: RdsState, region: Region, asked: Mapping[str, Any], level: Level) -> Record:
    operation = "DescribeDBClusterParameters" if level.cluster else "DescribeDBParameters"
    refuse_unknown(operation, asked, (level.name_field, "Source"))
    group = parameter_groups.named(region, asked[level.name_field], level)
    records = parameter_groups.parameters(region, group, level)
    source = asked.get("Source")
    if source is not None:
        if source not in ("user", "system", "engine-default"):
            raise invalid(f"Invalid value {source} for Source; valid values: user, system, engine-default")
        records = [one for one in records if one["Source"] == source]
    found = filtered(operation, records, asked, {"parameter-name": values_of("ParameterName")})
    page, marker = paged(found, lambda one: str(one["ParameterName"]), asked)
    return {"Parameters": list(page), **marker}


def family_defaults(state: RdsState, region: Region, asked: Mapping[str, Any], level: Level) -> Record:
    operation = "DescribeEngineDefaultClusterParameters" if level.cluster else "DescribeEngineDefaultParameters"
    refuse_unknown(operation, asked, ("DBParameterGroupFamily",))
    family = asked["DBParameterGroupFamily"]
    filters = {} if level.cluster else {"parameter-name": values_of("ParameterName")}
    found = filtered(operation, parameter_groups.family_parameters(family, level), asked, filters)
    page, marker = paged(found, lambda one: str(one["ParameterName"]), asked)
    return {"EngineDefaults": {"DBParameterGroupFamily": family, "Parameters": list(page), **marker}}


def instance_snapshots(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    refuse_unknown(
        "DescribeDBSnapshots", asked,
        ("DBInstanceIdentifier", "DBSnapshotIdentifier", "SnapshotType", "IncludeShared", "IncludePublic",
         "DbiResourceId"),
    )  # fmt: skip
    return _snapshots(state, region, asked, "snapshots", "DBSnapshot", "DBInstanceIdentifier", "DbiResourceId", {
        "db-instance-id": values_of("DBInstanceIdentifier"),
        "db-snapshot-id": values_of("DBSnapshotIdentifier"),
        "dbi-resource-id": values_of("DbiResourceId"),
        "snapshot-type": values_of("SnapshotType"),
        "engine": values_of("Engine"),
    })  # fmt: skip


def cluster_snapshots(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    refuse_unknown(
        "DescribeDBClusterSnapshots", asked,
        ("DBClusterIdentifier", "DBClusterSnapshotIdentifier", "SnapshotType", "IncludeShared", "IncludePublic",
         "DbClusterResourceId"),
    )  # fmt: skip
    return _snapshots(
        state, region, asked, "cluster_snapshots", "DBClusterSnapshot", "DBClusterIdentifier", "DbClusterResourceId",
        {
            "db-cluster-id": values_of("DBClusterIdentifier"),
            "db-cluster-snapshot-id": values_of("DBClusterSnapshotIdentifier"),
            "snapshot-type": values_of("SnapshotType"),
            "engine": values_of("Engine"),
        },
    )  # fmt: skip


def _snapshots(
    state: RdsState, region: Region, asked: Mapping[str, Any], attribute: str, word: str, source: str, resource: str,
    filters: Any,
) -> Record:  # fmt: skip
    """Own snapshots; those that other accounts share, or published, when asked for (they are named by ARN)."""
    arn, name = f"{word}Arn", f"{word}Identifier"
    kind = asked.get("SnapshotType")
    kinds = ("automated", "manual", "shared", "public", "awsbackup")
    if kind is not None and kind not in kinds:
        raise invalid(f"Invalid value {kind} for SnapshotType; valid values: {', '.join(kinds)}")
    if asked.get(name) and asked.get(source):
        raise clash(f"{name} and {source} can't be used together")
    store = getattr(region, attribute)
    records = [store.get(bare(asked[name]))] if asked.get(name) else list(store)
    if kind in ("shared", "public"):
        records = []
    elif kind:
        records = [one for one in records if one["SnapshotType"] == kind]
    if kind == "shared" or asked.get("IncludeShared"):
        records += _of_others(state, region, attribute, arn, name, region.place.account)
    if kind == "public" or asked.get("IncludePublic"):
        records += _of_others(state, region, attribute, arn, name, "all")
    if asked.get(source):
        records = [one for one in records if one[source] == bare(asked[source])]
    if asked.get(resource):
        records = [one for one in records if one[resource] == asked[resource]]
    found = filtered(f"Describe{word}s", records, asked, filters)
    page, marker = paged(found, lambda one: str(one[name]), asked)
    return {f"{word}s": [{**one, "TagList": region.tag_list(one[arn])} for one in page], **marker}


def _of_others(state: RdsState, region: Region, attribute: str, arn: str, name: str, whom: str) -> list[Record]:
    others = [one for one in state.regions() if one.place.region == region.place.region and one is not region]
    return [
        {**record, name: record[arn]}
        for other in others
        for record in getattr(other, attribute)
        if whom in other.shared.get(record[arn], ())
    ]


def instance_backups(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    operation = "DescribeDBInstanceAutomatedBackups"
    refuse_unknown(operation, asked, ("DbiResourceId", "DBInstanceIdentifier", "DBInstanceAutomatedBackupsArn"))
    records = [
        {**snapshots.instance_backup(state, region, one), "TagList": region.tag_list(one["DBInstanceArn"])}
        for one in region.instances
        if one["BackupRetentionPeriod"] and "DBClusterIdentifier" not in one
    ]
    records += list(region.copied_backups)
    for argument in ("DbiResourceId", "DBInstanceIdentifier", "DBInstanceAutomatedBackupsArn"):
        if argument in asked:
            records = [one for one in records if one.get(argument) == asked[argument]]
    found = filtered(operation, records, asked, {
        "status": values_of("Status"),
        "db-instance-id": values_of("DBInstanceIdentifier", "DBInstanceArn"),
        "dbi-resource-id": values_of("DbiResourceId"),
    })  # fmt: skip
    page, marker = paged(found, lambda one: str(one["DBInstanceAutomatedBackupsArn"]), asked)
    return {"DBInstanceAutomatedBackups": list(page), **marker}


def cluster_backups(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    operation = "DescribeDBClusterAutomatedBackups"
    refuse_unknown(operation, asked, ("DbClusterResourceId", "DBClusterIdentifier"))
    records = [
        {**snapshots.cluster_backup(state, region, one), "TagList": region.tag_list(one["DBClusterArn"])}
        for one in region.clusters
    ]
    for argument in ("DbClusterResourceId", "DBClusterIdentifier"):
        if argument in asked:
            records = [one for one in records if one[argument] == asked[argument]]
    found = filtered(operation, records, asked, {
        "status": values_of("Status"),
        "db-cluster-id": values_of("DBClusterIdentifier", "DBClusterArn"),
        "db-cluster-resource-id": values_of("DbClusterResourceId"),
    })  # fmt: skip
    page, marker = paged(found, lambda one: str(one["DBClusterAutomatedBackupsArn"]), asked)
    return {"DBClusterAutomatedBackups": list(page), **marker}


def proxy_targets(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    refuse_unknown("DescribeDBProxyTargets", asked, ("DBProxyName", "TargetGroupName"))
    _group_named(asked)
    records = filtered("DescribeDBProxyTargets", proxies.targets_of(region, asked["DBProxyName"]), asked, {})
    page, marker = paged(records, lambda one: f"{one['Type']}/{one['RdsResourceId']}", asked)
    return {"Targets": list(page), **marker}


def proxy_target_groups(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    refuse_unknown("DescribeDBProxyTargetGroups", asked, ("DBProxyName", "TargetGroupName"))
    _group_named(asked)
    name = region.proxies.get(asked["DBProxyName"])["DBProxyName"]
    records = filtered("DescribeDBProxyTargetGroups", [region.proxy_groups.get(name)], asked, {})
    page, marker = paged(records, lambda one: str(one["TargetGroupName"]), asked)
    return {"TargetGroups": list(page), **marker}


def _group_named(asked: Mapping[str, Any]) -> None:
    if asked.get("TargetGroupName", "default") != "default":
        raise fault("DBProxyTargetGroupNotFoundFault", f"Target group {asked['TargetGroupName']} not found.")


def proxy_endpoints(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    refuse_unknown("DescribeDBProxyEndpoints", asked, ("DBProxyName", "DBProxyEndpointName"))
    chosen = [region.proxies.get(asked["DBProxyName"])] if asked.get("DBProxyName") else list(region.proxies)
    records = [proxies.default_endpoint(region, one) for one in chosen]
    if "DBProxyEndpointName" in asked:
        records = [one for one in records if one["DBProxyEndpointName"] == asked["DBProxyEndpointName"]]
        if not records:
            raise fault("DBProxyEndpointNotFoundFault", f"DBProxyEndpoint {asked['DBProxyEndpointName']} not found.")
    found = filtered("DescribeDBProxyEndpoints", records, asked, {})
    page, marker = paged(found, lambda one: str(one["DBProxyEndpointName"]), asked)
    return {"DBProxyEndpoints": list(page), **marker}


def cluster_endpoints(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    """The writer's and the readers' endpoint of each cluster, and the custom ones."""
    operation = "DescribeDBClusterEndpoints"
    refuse_unknown(operation, asked, ("DBClusterIdentifier", "DBClusterEndpointIdentifier"))
    named = asked.get("DBClusterIdentifier")
    records = []
    for cluster in [region.clusters.get(bare(named))] if named else region.clusters:
        for kind, where in (("WRITER", "Endpoint"), ("READER", "ReaderEndpoint")):
            records.append(
                {
                    "DBClusterIdentifier": cluster["DBClusterIdentifier"],
                    "Endpoint": cluster[where],
                    "Status": "available",
                    "EndpointType": kind,
                }
            )
    records += [one for one in region.custom_endpoints if not named or one["DBClusterIdentifier"] == bare(named)]
    if "DBClusterEndpointIdentifier" in asked:
        wanted = asked["DBClusterEndpointIdentifier"].lower()
        records = [one for one in records if one.get("DBClusterEndpointIdentifier") == wanted]
    found = filtered(operation, records, asked, {
        "db-cluster-endpoint-type": lambda one: [one["EndpointType"].lower()],
        "db-cluster-endpoint-custom-type": lambda one: [one.get("CustomEndpointType", "").lower()],
        "db-cluster-endpoint-id": values_of("DBClusterEndpointIdentifier"),
        "db-cluster-endpoint-status": values_of("Status"),
    })  # fmt: skip
    page, marker = paged(found, lambda one: str(one["Endpoint"]), asked)
    return {"DBClusterEndpoints": list(page), **marker}


def maintenance(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    operation = "DescribePendingMaintenanceActions"
    refuse_unknown(operation, asked, ("ResourceIdentifier",))
    records: list[Record] = [
        {"ResourceIdentifier": arn, "PendingMaintenanceActionDetails": list(actions)}
        for arn, actions in region.maintenance.items()
        if actions
    ]
    if "ResourceIdentifier" in asked:
        records = [one for one in records if one["ResourceIdentifier"] == asked["ResourceIdentifier"]]

    def of_kind(word: str) -> Any:
        def names(record: Record) -> list[str]:
            arn = record["ResourceIdentifier"]
            return [arn.split(":", 6)[6], arn] if f":{word}:" in arn else []

        return names

    found = filtered(operation, records, asked, {"db-instance-id": of_kind("db"), "db-cluster-id": of_kind("cluster")})
    page, marker = paged(found, lambda one: str(one["ResourceIdentifier"]), asked)
    return {"PendingMaintenanceActions": list(page), **marker}


def recommendations(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    operation = "DescribeDBRecommendations"
    refuse_unknown(operation, asked, ("LastUpdatedAfter", "LastUpdatedBefore"))
    records = list(region.recommendations)
    if "LastUpdatedAfter" in asked:
        records = [one for one in records if one["UpdatedTime"] >= asked["LastUpdatedAfter"]]
    if "LastUpdatedBefore" in asked:
        records = [one for one in records if one["UpdatedTime"] <= asked["LastUpdatedBefore"]]
    resource_ids = {
        **{one["DBInstanceArn"]: one["DbiResourceId"] for one in region.instances},
        **{one["DBClusterArn"]: one["DbClusterResourceId"] for one in region.clusters},
    }
    found = filtered(operation, records, asked, {
        "recommendation-id": values_of("RecommendationId"),
        "status": values_of("Status"),
        "severity": values_of("Severity"),
        "type-id": values_of("TypeId"),
        "dbi-resource-id": lambda one: [resource_ids.get(one["ResourceArn"], "")],
        "cluster-resource-id": lambda one: [resource_ids.get(one["ResourceArn"], "")],
        "pg-arn": values_of("ResourceArn"),
        "cluster-pg-arn": values_of("ResourceArn"),
    })  # fmt: skip
    page, marker = paged(found, lambda one: str(one["RecommendationId"]), asked)
    return {"DBRecommendations": list(page), **marker}


def events(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    """The last hour unless told otherwise; 14 days at most. Source: botocore 1.44.5, read 2026-11-23."""
    operation = "DescribeEvents"
    refuse_unknown(
        operation, asked, ("SourceIdentifier", "SourceType", "StartTime", "EndTime", "Duration", "EventCategories")
    )
    if "SourceIdentifier" in asked and "SourceType" not in asked:
        raise clash("SourceType must be given with SourceIdentifier")
    if "Duration" in asked and ("StartTime" in asked or "EndTime" in asked):
        raise clash("Duration can't be given with StartTime or EndTime")
    now = state.now()
    end = asked.get("EndTime", now)
    start = asked.get("StartTime", end - timedelta(minutes=asked.get("Duration", 60)))
    if start > end:
        raise clash("StartTime must not be after EndTime")
    if start < now - timedelta(days=EVENT_DAYS, minutes=1):
        raise invalid(f"Events are kept for {EVENT_DAYS} days")
    found = []
    for place, one in enumerate(region.events):
        if not start <= one["Date"] <= end:
            continue
        if "SourceType" in asked and one["SourceType"] != asked["SourceType"]:
            continue
        if "SourceIdentifier" in asked and one["SourceIdentifier"] != asked["SourceIdentifier"]:
            continue
        if asked.get("EventCategories") and not set(asked["EventCategories"]) & set(one["EventCategories"]):
            continue
        found.append({**one, "_key": f"{one['Date'].isoformat()}/{place:08d}"})
    chosen = filtered(operation, found, asked, {})
    page, marker = paged(chosen, lambda one: str(one["_key"]), asked)
    return {"Events": [{key: value for key, value in one.items() if key != "_key"} for one in page], **marker}
