"""The lab's RDS service: the one table of what it answers. The endpoint refuses what is not in it, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from rdsops.core.ids import Place
from rdsops.lab.endpoint.contract import Answer, Who
from rdsops.lab.rds import (
    changing,
    choosing,
    clusters,
    describing,
    instances,
    networks,
    notices,
    parameter_groups,
    proxies,
    snapshots,
    tagging,
)
from rdsops.lab.rds.listing import bare, filtered, refuse_unknown
from rdsops.lab.rds.model import Record, fault
from rdsops.lab.rds.parameter_groups import CLUSTER, INSTANCE
from rdsops.lab.rds.state import RdsState, Region

Own: TypeAlias = Callable[[RdsState, Region, dict[str, Any]], Record]


class RdsService:
    """name, answers: as the endpoint's contract asks. Each answer sees, and changes, one state at a time."""

    name = "rds"

    def __init__(self, state: RdsState) -> None:
        self.state = state
        own = {**{one.operation: one.answer for one in describing.LISTINGS}, **ANSWERS}
        self.answers: Mapping[str, Answer] = {operation: self._answer(answer) for operation, answer in own.items()}

    def _answer(self, own: Own) -> Answer:
        def answer(who: Who, asked: dict[str, Any]) -> dict[str, Any]:
            with self.state.lock:
                return own(self.state, self.state.region(Place(who.account, who.region)), asked)

        return answer


def _wrapped(out: str, act: Callable[..., Record]) -> Own:
    """An operation whose answer is one record under a name; told as its describe tells it."""
    told = {"DBInstance": describing.instance_told, "DBCluster": describing.cluster_told}.get(out)

    def answer(state: RdsState, region: Region, asked: dict[str, Any]) -> Record:
        record = act(state, region, asked)
        return {out: told(state, region, record) if told else record}

    return answer


def _parameter_group(act: Callable[..., Record], level: parameter_groups.Level) -> Own:
    return lambda state, region, asked: act(state, region, asked, level)


def _snapshot_attributes(attribute: str, word: str, operation: str) -> Own:
    def answer(state: RdsState, region: Region, asked: dict[str, Any]) -> Record:
        name = bare(asked[f"{word}Identifier"])
        if operation == "modify":
            snapshots.share(region, getattr(region, attribute), name, f"{word}Arn", asked)
        record = getattr(region, attribute).get(name)
        attributes = snapshots.shared_with(region, record, f"{word}Arn")
        return {f"{word}AttributesResult": {f"{word}Identifier": name, f"{word}Attributes": attributes}}

    return answer


def _never_any(operation: str, out: str, argument: str, missing: str, *others: str) -> Own:
    """Lists of what the lab cannot make: empty is the truth, and a name is not found."""

    def answer(state: RdsState, region: Region, asked: dict[str, Any]) -> Record:
        refuse_unknown(operation, asked, (argument, *others))
        if argument in asked:
            raise fault(missing, f"{asked[argument]} not found.")
        return {out: []}

    return answer


def _offerings(state: RdsState, region: Region, asked: dict[str, Any]) -> Record:
    """Offers carry prices, and a price that is in no book is not told: there are none until the lab has one."""
    if "ReservedDBInstancesOfferingId" in asked:
        raise fault("ReservedDBInstancesOfferingNotFoundFault", f"{asked['ReservedDBInstancesOfferingId']} not found.")
    filtered("DescribeReservedDBInstancesOfferings", [], asked, {})
    return {"ReservedDBInstancesOfferings": []}


ANSWERS: dict[str, Own] = {
    # what exists
    "DescribeGlobalClusters": describing.global_clusters,
    "DescribeDBParameters": lambda state, region, asked: describing.parameters(state, region, asked, INSTANCE),
    "DescribeDBClusterParameters": lambda state, region, asked: describing.parameters(state, region, asked, CLUSTER),
    "DescribeEngineDefaultParameters":
        lambda state, region, asked: describing.family_defaults(state, region, asked, INSTANCE),
    "DescribeEngineDefaultClusterParameters":
        lambda state, region, asked: describing.family_defaults(state, region, asked, CLUSTER),
    "DescribeDBSnapshots": describing.instance_snapshots,
    "DescribeDBClusterSnapshots": describing.cluster_snapshots,
    "DescribeDBSnapshotAttributes": _snapshot_attributes("snapshots", "DBSnapshot", "describe"),
    "DescribeDBClusterSnapshotAttributes": _snapshot_attributes("cluster_snapshots", "DBClusterSnapshot", "describe"),
    "DescribeDBInstanceAutomatedBackups": describing.instance_backups,
    "DescribeDBClusterAutomatedBackups": describing.cluster_backups,
    "DescribeDBProxyTargets": describing.proxy_targets,
    "DescribeDBProxyTargetGroups": describing.proxy_target_groups,
    "DescribeDBProxyEndpoints": describing.proxy_endpoints,
    "DescribeDBClusterEndpoints": describing.cluster_endpoints,
    "DescribePendingMaintenanceActions": describing.maintenance,
    "DescribeDBRecommendations": describing.recommendations,
    "DescribeEvents": describing.events,
    "DescribeBlueGreenDeployments": _never_any("DescribeBlueGreenDeployments", "BlueGreenDeployments",
        "BlueGreenDeploymentIdentifier", "BlueGreenDeploymentNotFoundFault"),
    "DescribeExportTasks": _never_any("DescribeExportTasks", "ExportTasks", "ExportTaskIdentifier",
        "ExportTaskNotFoundFault", "SourceArn", "SourceType"),
    "ListTagsForResource": tagging.list_tags,
    # what can be had
    "DescribeDBEngineVersions": choosing.engine_versions,
    "DescribeDBMajorEngineVersions": choosing.major_versions,
    "DescribeOrderableDBInstanceOptions": choosing.orderable,
    "DescribeValidDBInstanceModifications": choosing.valid_modifications,
    "DescribeCertificates": choosing.certificates,
    "DescribeAccountAttributes": choosing.account_attributes,
    "DescribeSourceRegions": choosing.source_regions,
    "DescribeEventCategories": choosing.event_categories,
    # what changes
    "CreateDBInstance": _wrapped("DBInstance", instances.create_instance),
    "ModifyDBInstance": _wrapped("DBInstance", changing.modify_instance),
    "DeleteDBInstance": _wrapped("DBInstance", changing.delete_instance),
    "CreateDBCluster": _wrapped("DBCluster", clusters.create_cluster),
    "ModifyDBCluster": _wrapped("DBCluster", clusters.modify_cluster),
    "DeleteDBCluster": _wrapped("DBCluster", clusters.delete_cluster),
    "CreateGlobalCluster": _wrapped("GlobalCluster", clusters.create_global),
    "CreateDBParameterGroup":
        lambda state, region, asked: {
            "DBParameterGroup": parameter_groups.create(state, region, asked, INSTANCE)},
    "CreateDBClusterParameterGroup":
        lambda state, region, asked: {
            "DBClusterParameterGroup": parameter_groups.create(state, region, asked, CLUSTER)},
    "ModifyDBParameterGroup": _parameter_group(parameter_groups.modify, INSTANCE),
    "ModifyDBClusterParameterGroup": _parameter_group(parameter_groups.modify, CLUSTER),
    "ResetDBParameterGroup": _parameter_group(parameter_groups.reset, INSTANCE),
    "ResetDBClusterParameterGroup": _parameter_group(parameter_groups.reset, CLUSTER),
    "DeleteDBParameterGroup": _parameter_group(parameter_groups.delete, INSTANCE),
    "DeleteDBClusterParameterGroup": _parameter_group(parameter_groups.delete, CLUSTER),
    "CreateDBSubnetGroup": _wrapped("DBSubnetGroup", networks.create_subnet_group),
    "CreateDBSnapshot": _wrapped("DBSnapshot", snapshots.create_snapshot),
    "CreateDBClusterSnapshot": _wrapped("DBClusterSnapshot", snapshots.create_cluster_snapshot),
    "ModifyDBSnapshotAttribute": _snapshot_attributes("snapshots", "DBSnapshot", "modify"),
    "ModifyDBClusterSnapshotAttribute": _snapshot_attributes("cluster_snapshots", "DBClusterSnapshot", "modify"),
    "CreateDBProxy": _wrapped("DBProxy", proxies.create_proxy),
    "RegisterDBProxyTargets": lambda state, region, asked: {
        "DBProxyTargets": proxies.register_targets(state, region, asked)},
    "CreateEventSubscription": _wrapped("EventSubscription", notices.create_subscription),
    "AddTagsToResource": tagging.add_tags,
    "RemoveTagsFromResource": tagging.remove_tags,
}  # fmt: skip
"""Operation -> its answer. Absent on purpose: DescribeDBLogFiles (no engine's log is read yet), and every restore,
failover, reboot, stop and start, which need states that take time."""
