"""A fleet of any size as metadata, for measurements: the same number and seed give the same fleet, without HTTP."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from rdsops.core.ids import Place
from rdsops.lab.demo.ground import MAIN
from rdsops.lab.demo.making import NO_PASSWORD, listed
from rdsops.lab.rds import clusters, instances, parameter_groups, snapshots
from rdsops.lab.rds.state import RdsState

CLUSTERED_RATIO = 0.3
"""Share of the instances that are members of Aurora clusters, three a cluster."""
CUSTOM_GROUP_RATIO = 0.2
SNAPSHOTS_PER_100 = 20
SHAPES = (
    ("postgres", "16.13", "db.m7g.large"),
    ("postgres", "15.18", "db.r7g.xlarge"),
    ("postgres", "17.9", "db.t4g.medium"),
    ("mariadb", "10.11.15", "db.m7g.large"),
)
AURORA = ("16.11", "15.17")
GROUP_USERS = 8
"""How many instances share one custom parameter group."""


def seed_fleet(state: RdsState, count: int, seed: int = 1, places: Sequence[Place] = (MAIN,)) -> None:
    """Adds `count` instances, spread over `places`: 70 % alone, 30 % in clusters of three, with groups and snapshots.

    Raises AwsError when a place holds instances of an earlier call: names begin with "fleet-" and are not made twice.
    """
    chance = random.Random(seed)  # noqa: S311 - a fleet that can be made again, nothing secret
    clustered = int(count * CLUSTERED_RATIO) // 3 * 3
    with state.lock:
        for number in range(clustered // 3):
            _cluster(state, places[number % len(places)], number, chance)
        for number in range(count - clustered):
            _alone(state, places[number % len(places)], number, chance)
        for place in places:
            _snapshots(state, place, chance)


def _alone(state: RdsState, place: Place, number: int, chance: random.Random) -> None:
    region = state.region(place)
    engine, version, size = chance.choice(SHAPES)
    production = chance.random() < 0.7
    asked: dict[str, Any] = {
        "DBInstanceIdentifier": f"fleet-{number:05d}",
        "Engine": engine,
        "EngineVersion": version,
        "DBInstanceClass": size,
        "MasterUsername": "fleet_owner",
        "MasterUserPassword": NO_PASSWORD,
        "AllocatedStorage": chance.choice((50, 100, 200, 500)),
        "StorageType": chance.choice(("gp2", "gp3")),
        "StorageEncrypted": chance.random() < 0.8,
        "MultiAZ": production and chance.random() < 0.7,
        "BackupRetentionPeriod": chance.choice((0, 1, 7, 14)),
        "DeletionProtection": chance.random() < 0.6,
        "PubliclyAccessible": chance.random() < 0.05,
        "CopyTagsToSnapshot": True,
        "Tags": listed({"Environment": "production" if production else "test"}),
    }
    if chance.random() < CUSTOM_GROUP_RATIO:
        asked["DBParameterGroupName"] = _group(state, place, state.offered.family(engine, version), number)
    instances.create_instance(state, region, asked)


def _group(state: RdsState, place: Place, family: str, number: int) -> str:
    region = state.region(place)
    name = f"fleet-{family.replace('.', '-')}-{number // GROUP_USERS // 5:03d}"
    if name not in region.groups:
        setting = "log_lock_waits" if family.startswith("postgres") else "slow_query_log"
        asked = {"DBParameterGroupName": name, "DBParameterGroupFamily": family, "Description": "fleet"}
        parameter_groups.create(state, region, asked, parameter_groups.INSTANCE)
        change = {"ParameterName": setting, "ParameterValue": "1", "ApplyMethod": "immediate"}
        parameter_groups.modify(
            state, region, {"DBParameterGroupName": name, "Parameters": [change]}, parameter_groups.INSTANCE
        )
    return name


def _cluster(state: RdsState, place: Place, number: int, chance: random.Random) -> None:
    region = state.region(place)
    name = f"fleet-cluster-{number:04d}"
    one_zone = chance.random() < 0.3
    asked = {
        "DBClusterIdentifier": name,
        "Engine": "aurora-postgresql",
        "EngineVersion": chance.choice(AURORA),
        "MasterUsername": "fleet_owner",
        "MasterUserPassword": NO_PASSWORD,
        "StorageEncrypted": True,
        "BackupRetentionPeriod": chance.choice((1, 7, 14)),
        "DeletionProtection": chance.random() < 0.6,
        "Tags": listed({"Environment": "production"}),
    }
    clusters.create_cluster(state, region, asked)
    for place_in, zone in enumerate(region.zones(), 1):
        member = {
            "DBInstanceIdentifier": f"{name}-{place_in}",
            "DBClusterIdentifier": name,
            "Engine": "aurora-postgresql",
            "DBInstanceClass": "db.r7g.large",
            "AvailabilityZone": region.zones()[0] if one_zone else zone,
            "Tags": listed({"Environment": "production"}),
        }
        instances.create_instance(state, region, member)


def _snapshots(state: RdsState, place: Place, chance: random.Random) -> None:
    region = state.region(place)
    alone = [one["DBInstanceIdentifier"] for one in region.instances
             if "DBClusterIdentifier" not in one and one["DBInstanceIdentifier"].startswith("fleet-")]  # fmt: skip
    wanted = min(len(alone), len(region.instances) * SNAPSHOTS_PER_100 // 100)
    for number, name in enumerate(chance.sample(alone, wanted)):
        asked = {"DBSnapshotIdentifier": f"fleet-manual-{number:04d}", "DBInstanceIdentifier": name}
        snapshots.create_snapshot(state, region, asked)
