"""What CloudWatch is to show of a fleet without measurements: a generated profile for each database, and alarms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from rdsops.core.ids import Place
from rdsops.facts.facts import InstanceClass
from rdsops.lab.cloudwatch.profiles import GIB, AnyProfile, ClusterProfile, GlobalProfile, Profile, ProxyProfile
from rdsops.lab.demo.ground import MAIN, Neighbours
from rdsops.lab.rds.model import Record
from rdsops.lab.rds.state import RdsState, Region


@dataclass(frozen=True, slots=True)
class Portrait:
    """A profile and whose it is: the dimension that AWS/RDS metrics of it carry. seed: the same on every run."""

    place: Place
    dimension: str
    name: str
    profile: AnyProfile

    @property
    def seed(self) -> str:
        return f"{self.place}/{self.dimension}/{self.name}"


SPECIAL: dict[str, dict[str, Any]] = {
    "orders": {"free_storage_start_gib": 35.0, "free_storage_slope_gib_day": -1.9, "burst_balance_pct": 88.0,
               "burst_per_day": -5.8, "write_iops": 420.0, "slot_lag_bytes": 2.0e9},
    "sandbox": {"idle": True, "connections": 0.0, "free_storage_start_gib": 478.0, "free_storage_slope_gib_day": 0.0,
                "memory_free_share": 0.8},
    "reports": {"cpu_mean": 6.0, "cpu_daily": 0.3, "connections": 18.0, "memory_free_share": 0.78, "read_iops": 500.0,
                "write_iops": 250.0, "free_storage_start_gib": 1730.0, "history_list": 900.0},
    "sessions": {"cpu_mean": 48.0, "cpu_daily": 0.15, "weekend": 1.0, "connections": 101.0, "credits_start": 460.0,
                 "credits_per_day": -33.0, "memory_free_share": 0.18},
    "legacy-crm": {"cpu_mean": 74.0, "cpu_daily": 0.25, "weekend": 0.95, "load": 11.0, "memory_free_share": 0.035,
                   "swap_mib": 900.0, "transaction_ids": 310e6},
    "analytics-1": {"acu": 9.0, "acu_max": 64.0, "cpu_mean": 8.0},
    "shop-replica": {"lag_ms": 2400.0},
    "billing-3": {"lag_ms": 24.0},
    "surveys": {"read_iops": 8.0, "write_iops": 12.0, "cpu_mean": 9.0},
    "recruiting": {"connections": 6.0, "cpu_mean": 4.0, "memory_free_share": 0.7},
}  # fmt: skip
"""Instance -> what is peculiar about it, over what its class suggests."""


ABOVE, BELOW = "GreaterThanThreshold", "LessThanThreshold"
WATCHED = (
    ("CPUUtilization", 90.0, ABOVE), ("DatabaseConnections", 1200.0, ABOVE), ("FreeableMemory", 1 * GIB, BELOW),
    ("FreeStorageSpace", 10 * GIB, BELOW), ("MaximumUsedTransactionIDs", 1.0e9, ABOVE),
)  # fmt: skip
"""Metric, threshold and comparison of the alarms of a well watched PostgreSQL."""


CLUSTERS: dict[str, dict[str, Any]] = {
    "analytics": {"volume_gib": 80.0, "read_ios": 4e3, "write_ios": 2e3},
    "billing": {"read_ios": 20e3, "write_ios": 40e3},
}
"""Cluster -> what is peculiar about its volume; I/O a minute."""


def portraits(state: RdsState) -> Iterator[Portrait]:
    """A profile for each running instance, each Aurora cluster and each proxy of a state; same state, same answer."""
    for region in state.regions():
        for instance in region.instances:
            if instance["DBInstanceStatus"] != "stopped":
                name = instance["DBInstanceIdentifier"]
                yield Portrait(region.place, "DBInstanceIdentifier", name, profile_of(state, region, instance))
        for cluster in region.clusters:
            secondary = GlobalProfile() if _follows_another_region(cluster) else None
            name = cluster["DBClusterIdentifier"]
            profile = ClusterProfile(secondary=secondary, **CLUSTERS.get(name, {}))
            yield Portrait(region.place, "DBClusterIdentifier", name, profile)
        for proxy in region.proxies:
            yield Portrait(region.place, "ProxyName", proxy["DBProxyName"], ProxyProfile())


def profile_of(state: RdsState, region: Region, instance: Record) -> Profile:
    """What an instance of this class and storage looks like when nothing is peculiar about it, and then what is."""
    engine = instance["Engine"]
    aurora = engine.startswith("aurora")
    size = state.offered.class_asked(instance["DBInstanceClass"])
    follows = "ReadReplicaSourceDBInstanceIdentifier" in instance
    reader = follows or (aurora and not _writes(region, instance))
    usual = Profile(
        family="postgres" if "postgres" in engine else "mysql",
        aurora=aurora,
        reader=reader,
        vcpu=size.vcpu if size else 8,
        memory_gib=size.memory_gib if size else 32.0,
        lag_ms=(18.0 if aurora else 400.0) if reader else None,
        transaction_ids=90e6 if "postgres" in engine else None,
        free_storage_start_gib=None if aurora else instance["AllocatedStorage"] * 0.55,
        burst_balance_pct=99.0 if instance["StorageType"] == "gp2" else None,
        credits_start=500.0 if size and size.burstable else None,
        ebs_balance_pct=97.0 if size and not aurora and _bursts(size) else None,
        # a serverless instance always has a capacity to show
        acu=4.0 if size is None else None,
    )
    return replace(usual, **SPECIAL.get(instance["DBInstanceIdentifier"], {}))


def demo_alarms(neighbours: Neighbours) -> tuple[tuple[Place, dict[str, Any]], ...]:
    """As PutMetricAlarm takes them: two databases are watched, one alarm tells nobody, one has lost its subject."""
    topic = neighbours.grounds[MAIN].topic
    watched = [
        _alarm(f"{name} {metric}", metric, name, threshold, [topic], comparison)
        for name in ("catalog", "identity")
        for metric, threshold, comparison in WATCHED
    ]
    others = [
        _alarm("billing-1 cpu", "CPUUtilization", "billing-1", 90.0, [topic], ABOVE),
        _alarm("orders storage", "FreeStorageSpace", "orders", 5 * GIB, [], BELOW),
        _alarm("old-shop cpu", "CPUUtilization", "old-shop", 80.0, [topic], ABOVE),
    ]
    return tuple((MAIN, one) for one in watched + others)


def _alarm(
    name: str, metric: str, subject: str, threshold: float, actions: list[str], comparison: str
) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "Namespace": "AWS/RDS",
        "MetricName": metric,
        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": subject}],
        "Statistic": "Average",
        "Period": 300,
        "EvaluationPeriods": 3,
        "Threshold": threshold,
        "ComparisonOperator": comparison,
        "TreatMissingData": "missing",
        "AlarmActions": actions,
    }


def _bursts(size: InstanceClass) -> bool:
    """Whether its EBS throughput may exceed its baseline for a while."""
    return (size.ebs_baseline_iops or 0) < (size.ebs_max_iops or 0)


def _writes(region: Region, instance: Record) -> bool:
    members = region.clusters.get(instance["DBClusterIdentifier"])["DBClusterMembers"]
    return any(
        one["IsClusterWriter"] and one["DBInstanceIdentifier"] == instance["DBInstanceIdentifier"] for one in members
    )


def _follows_another_region(cluster: Record) -> bool:
    return ":cluster:" in cluster.get("ReplicationSourceIdentifier", "")
