"""What rules ask of a database whether it is a cluster or an instance alone: who serves it, who writes, what it is."""

from __future__ import annotations

from rdsops.advise.finding import ApiCall, Environment, Severity
from rdsops.advise.view import Setting, View
from rdsops.core.errors import Unseen
from rdsops.core.ids import ClusterRef, InstanceRef
from rdsops.fleet.clusters import Cluster, GlobalCluster
from rdsops.fleet.instances import Instance
from rdsops.fleet.seen import Seen

POSTGRES_ENGINES = ("postgres", "aurora-postgresql")
MYSQL_ENGINES = ("mysql", "mariadb", "aurora-mysql", "aurora")


def servers(database: Cluster | Instance, view: View) -> tuple[Instance, ...]:
    """The instances that serve it, writer first. Raises Unseen when a member was not seen."""
    if isinstance(database, Instance):
        return (database,)
    return tuple(instance for _, instance in view.members(database))


def writer(database: Cluster | Instance, view: View) -> Instance | None:
    """The instance that takes writes; None for a cluster without members."""
    return next(iter(servers(database, view)), None)


def is_test(thing: Seen, view: View) -> bool:
    """Whether its tags call it a test environment. Raises Unseen when the tags were not seen."""
    thing.tags  # noqa: B018 - raises when unseen; whatever rules judge has tags
    return view.environment(thing) is Environment.TEST


def eased(milder: Severity, thing: Seen, view: View) -> Severity | None:
    """`milder` where the tags call it a test environment; None, the rule's own, elsewhere and without tags."""
    return milder if view.environment(thing) is Environment.TEST else None


def is_replica(database: Cluster | Instance) -> bool:
    """Whether it replicates another database (a cluster's reader is none: it is part of its cluster)."""
    if isinstance(database, Instance):
        return database.replica_source is not None
    return database.replication_source is not None


def world_of(cluster: Cluster, view: View) -> GlobalCluster | None:
    """The global cluster it belongs to; None when it belongs to none. Raises Unseen when the list may lack it."""
    for world in view.fleet.global_clusters.items:
        if any(member.cluster == cluster.ref for member in world.members):
            return world
    view.fleet.global_clusters.all  # noqa: B018 - raises when incomplete
    return None


def is_world_secondary(cluster: Cluster, view: View) -> bool:
    """Whether it is the read-only copy of a global cluster in another region."""
    if not cluster.is_aurora:
        return False
    world = world_of(cluster, view)
    return world is not None and any(m.cluster == cluster.ref and not m.is_writer for m in world.members)


def modify(ref: ClusterRef | InstanceRef, **changes: str | int | bool | list[str | dict[str, str]]) -> ApiCall:
    """The call that changes a cluster or an instance at once; `changes` in AWS's names."""
    if isinstance(ref, ClusterRef):
        return ApiCall(
            service="rds",
            operation="ModifyDBCluster",
            parameters={"DBClusterIdentifier": ref.name, **changes, "ApplyImmediately": True},
        )
    return ApiCall(
        service="rds",
        operation="ModifyDBInstance",
        parameters={"DBInstanceIdentifier": ref.name, **changes, "ApplyImmediately": True},
    )


def set_parameter(
    database: Cluster | Instance, setting: Setting, name: str, value: str, view: View, *, reboot: bool = False
) -> tuple[ApiCall, ...]:
    """The call that sets a parameter in the group that counts; none where that group is a default one, which is fixed.

    reboot: the parameter is static, so the value waits for the next reboot.
    """
    parameters: list[str | dict[str, str]] = [
        {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "pending-reboot" if reboot else "immediate"}
    ]
    server = writer(database, view)
    if server is None:
        return ()
    instance_group = next((g.name for g in server.parameter_groups), None)
    if isinstance(database, Cluster) and setting.origin != f"parameter group {instance_group}":
        group, operation, key = database.parameter_group, "ModifyDBClusterParameterGroup", "DBClusterParameterGroupName"
    else:
        group, operation, key = instance_group, "ModifyDBParameterGroup", "DBParameterGroupName"
    if group is None or group.startswith("default."):
        return ()
    return (ApiCall(service="rds", operation=operation, parameters={key: group, "Parameters": parameters}),)


def is_on(value: str | None) -> bool:
    """Whether a parameter's text means "on".

    >>> [is_on(word) for word in ("1", "ON", "true", "0", "off", None)]
    [True, True, True, False, False, False]
    """
    return value is not None and value.strip().lower() in ("1", "on", "true", "yes")


def setting_or(instance: Instance, name: str, engine_default: str, view: View) -> tuple[str, Setting]:
    """A setting's value, `engine_default` where AWS leaves it to the engine, and where it was read."""
    setting = view.setting(instance, name)
    return (engine_default if setting.value is None else setting.value), setting


def group_unseen(identifier: str) -> Unseen:
    return Unseen("ec2:DescribeSecurityGroups", f"security group {identifier}")
