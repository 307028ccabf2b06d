"""Availability: what a lost zone, host or mistaken delete would take down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rdsops.advise.databases import is_replica, is_test, is_world_secondary, modify
from rdsops.advise.finding import ApiCall, Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import CLUSTERS, DATABASES, GLOBAL_CLUSTERS, INSTANCES, Absent, Subjects
from rdsops.advise.view import View
from rdsops.core.ids import SubjectRef
from rdsops.fleet.clusters import Cluster, GlobalCluster
from rdsops.fleet.instances import Instance


def _single_zone(instance: Instance, view: View) -> Verdict:
    if instance.cluster is not None:
        return NotApplicable("a member of a cluster; its cluster is judged")
    if instance.replica_source is not None:
        return NotApplicable("a read replica")
    if is_test(instance, view):
        return NotApplicable("a test environment")
    if instance.multi_az:
        return CLEAR
    return Problem(
        title=f"{instance.ref} runs in one zone only ({instance.availability_zone})",
        evidence=(Evidence(what="Multi-AZ", value="off", source="DBInstance.MultiAZ", threshold="on"),),
        repair=Repair(
            text="Convert to Multi-AZ; the standby is built from a snapshot while the instance serves.",
            calls=(modify(instance.ref, MultiAZ=True),),
            caution="Doubles instance and storage cost; write latency rises a little.",
        ),
    )


def _cluster_zones(cluster: Cluster, view: View) -> Verdict:
    if is_test(cluster, view):
        return NotApplicable("a test environment")
    pairs = view.members(cluster)
    if not pairs:
        return NotApplicable("a cluster without instances")
    if len(pairs) == 1:
        return _alone(cluster, pairs[0][1], view)
    zones = {instance.ref.name: instance.availability_zone for _, instance in pairs}
    if len(set(zones.values())) > 1:
        return CLEAR
    zone = next(iter(zones.values()))
    return Problem(
        title=f"{cluster.ref} has all {len(pairs)} instances in one zone ({zone})",
        evidence=tuple(
            Evidence(
                what="zone of the writer" if member.is_writer else "zone of a reader",
                value=str(instance.availability_zone),
                threshold="at least two zones in the cluster",
                source="DBInstance.AvailabilityZone",
                subject=instance.ref.arn,
            )
            for member, instance in pairs
        ),
        repair=Repair(
            text="Add a reader in another zone, then delete one that stands beside the writer.",
            caution="A reader more is billed until the other one is deleted.",
        ),
    )


def _alone(cluster: Cluster, instance: Instance, view: View) -> Verdict:
    return Problem(
        title=f"{cluster.ref} has one instance and no reader to promote",
        severity=Severity.LOW if is_world_secondary(cluster, view) else None,
        consequence="When its host fails, a new instance must be created first: up to ten minutes without a database.",
        evidence=(
            Evidence(
                what="instances of the cluster",
                value="1",
                threshold="2 in different zones",
                source="DBCluster.DBClusterMembers",
                subject=instance.ref.arn,
            ),
        ),
        repair=Repair(
            text="Add a reader of the same class in another zone "
            f"(for instance next to {instance.availability_zone}; AWS chooses one when none is named).",
            calls=(
                ApiCall(
                    service="rds",
                    operation="CreateDBInstance",
                    parameters={
                        "DBInstanceIdentifier": f"{cluster.ref.name}-reader",
                        "DBClusterIdentifier": cluster.ref.name,
                        "DBInstanceClass": instance.instance_class,
                        "Engine": cluster.engine,
                    },
                ),
            )
            if cluster.is_aurora
            else (),
            caution="Doubles the cost of instances; storage is shared.",
        ),
    )


def _protected(view: View) -> Iterator[tuple[SubjectRef, Cluster | Instance | GlobalCluster] | Absent]:
    yield from DATABASES.of(view)
    yield from GLOBAL_CLUSTERS.of(view)


def _deletion(thing: Cluster | Instance | GlobalCluster, view: View) -> Verdict:
    if is_test(thing, view):
        return NotApplicable("a test environment")
    if not isinstance(thing, GlobalCluster) and is_replica(thing):
        return NotApplicable("a replica, which can be made again")
    if thing.deletion_protection:
        return CLEAR
    kind = {Instance: "DBInstance", Cluster: "DBCluster", GlobalCluster: "GlobalCluster"}[type(thing)]
    return Problem(
        title=f"{thing.ref} can be deleted with one call",
        evidence=(
            Evidence(what="deletion protection", value="off", threshold="on", source=f"{kind}.DeletionProtection"),
        ),
        repair=Repair(text="Turn deletion protection on; it interrupts nothing.", calls=(_protect(thing),)),
    )


def _protect(thing: Cluster | Instance | GlobalCluster) -> ApiCall:
    if isinstance(thing, GlobalCluster):
        return ApiCall(
            service="rds",
            operation="ModifyGlobalCluster",
            parameters={"GlobalClusterIdentifier": thing.ref.name, "DeletionProtection": True},
        )
    return modify(thing.ref, DeletionProtection=True)


SINGLE_ZONE = Rule(
    id="single-zone",
    title="Instance runs in one availability zone",
    theme=Theme.AVAILABILITY,
    severity=Severity.HIGH,
    subjects=INSTANCES,
    check=_single_zone,
    why="When its zone or host fails, the database is down until it is restored from a backup.",
    repair="Turn Multi-AZ on.",
    checks="DBInstance.MultiAZ is false. Does not apply to members of clusters, read replicas and test environments.",
    needs=("rds:DescribeDBInstances",),
    sources=("AWS RDS User Guide, Multi-AZ deployments, read 2026-11-23",),
    catalogue=(29,),
)

CLUSTER_SINGLE_ZONE: Rule[Cluster] = Rule(
    id="cluster-single-zone",
    title="Cluster has one instance, or all in one zone",
    theme=Theme.AVAILABILITY,
    severity=Severity.HIGH,
    subjects=CLUSTERS,
    check=_cluster_zones,
    why="The storage survives a lost zone, but every instance goes with it: nothing is left to promote.",
    repair="Keep a reader in another zone than the writer's.",
    checks="A cluster has one member, or the AvailabilityZone of all its members is the same. Low for the single "
    "instance of a global database's secondary. One finding per cluster; not in test environments.",
    needs=("rds:DescribeDBClusters", "rds:DescribeDBInstances"),
    sources=(
        "AWS Aurora User Guide, High availability for Aurora DB instances, recalled",
        "without a reader the instance is created anew, up to about ten minutes, recalled",
    ),
    catalogue=(30,),
)

DELETION_PROTECTION_OFF: Rule[Cluster | Instance | GlobalCluster] = Rule(
    id="deletion-protection-off",
    title="Database can be deleted with one call",
    theme=Theme.AVAILABILITY,
    severity=Severity.MEDIUM,
    subjects=Subjects("database or global cluster", _protected),
    check=_deletion,
    why="A wrong name in a script or a removed block of Terraform deletes it, its automated backups included.",
    repair="Turn deletion protection on.",
    checks="DeletionProtection is false on a cluster (told once, not per member), on an instance that stands alone, or "
    "on a global cluster. Does not apply to replicas and test environments.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:DescribeGlobalClusters"),
    sources=("botocore 1.44.5, rds DeletionProtection, read 2026-11-23",),
    catalogue=(33,),
)

RULES: tuple[Rule[Any], ...] = (SINGLE_ZONE, CLUSTER_SINGLE_ZONE, DELETION_PROTECTION_OFF)
