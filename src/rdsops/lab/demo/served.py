"""The databases of the demo that real engines serve: an Aurora cluster, a neglected PostgreSQL, a MariaDB pair."""

from __future__ import annotations

from collections.abc import Mapping

from rdsops.lab.demo.ground import BILLING, Neighbours
from rdsops.lab.demo.making import MARIADB_SETTINGS, PG_SETTINGS, PUBLIC, Making, family_of, production
from rdsops.lab.engines.spec import Running
from rdsops.lab.rds.instances import stand_on
from rdsops.lab.rds.state import Backing

FLAVOURS = {"postgres": "postgres", "mariadb": "mariadb"}


def seed_served(at: Making, running: Mapping[str, Running], neighbours: Neighbours) -> tuple[str, ...]:
    """Makes what `running` can serve; returns a note for each database that was left out."""
    left_out = []
    if all(name in running for name in BILLING):
        seed_billing(at, running, neighbours)
    else:
        left_out.append("billing: its engines do not run")
    if "orders" in running:
        seed_orders(at, running["orders"], neighbours)
    else:
        left_out.append("orders: its engine does not run")
    if "shop" in running:
        seed_shop(at, running, neighbours)
    else:
        left_out.append("shop, shop-replica: no MariaDB runs")
    return tuple(left_out)


def seed_billing(at: Making, running: Mapping[str, Running], neighbours: Neighbours) -> None:
    """Aurora, well kept, but for both readers in the writer's zone, and a weaker third that is first in line."""
    engine = "aurora-postgresql"
    version = admitted(at, engine, running["billing-1"])
    family = family_of(engine, version)
    tags = production("billing")
    secret = {"SecretArn": neighbours.secrets["billing"], "SecretStatus": "active", "KmsKeyId": at.ground.key}
    at.group("billing-cluster", family, PG_SETTINGS, cluster_level=True)
    at.group("billing-members", family, {"log_lock_waits": "1"})
    at.cluster(
        "billing",
        {"MasterUserSecret": secret},
        tags=tags,
        EngineVersion=version,
        DBClusterParameterGroupName="billing-cluster",
        MasterUsername=running["billing-1"].spec.master_user,
    )
    for name, size, tier in (("billing-1", "xlarge", 1), ("billing-2", "xlarge", 1), ("billing-3", "large", 0)):
        at.member(
            name, "billing", "a", tags=tags, DBInstanceClass=f"db.r7g.{size}", PromotionTier=tier,
            DBParameterGroupName="billing-members",
        )  # fmt: skip
        served_by(at, name, running[name])
    writer = running["billing-1"]
    arn = at.region.arn("cluster", "billing")
    # direct mode: the cluster's endpoint leads to the writer's engine; RDS has one port for both endpoints, so the
    # reader endpoint, which needs another, does not lead to a reader yet
    at.region.clusters.change("billing", Endpoint=writer.host, Port=writer.port)
    at.region.tags[arn] = tags
    at.event("db-cluster", "billing", arn, "Completed failover to DB instance: billing-1", "failover", 9)


def seed_orders(at: Making, running: Running, neighbours: Neighbours) -> None:
    """A PostgreSQL that nobody looks after: open to the world, in one zone, on gp2, three days of backups."""
    version = admitted(at, "postgres", running)
    secret = {"SecretArn": neighbours.secrets["orders"], "SecretStatus": "active", "KmsKeyId": at.ground.key}
    group = at.group(
        "orders-2019",
        family_of("postgres", version),
        {"rds.force_ssl": "0", "synchronous_commit": "off", "log_min_duration_statement": "-1"},
        description="made for the move from the data centre",
    )
    at.instance(
        "orders",
        {
            "MasterUserSecret": secret,
            "CertificateDetails": {"CAIdentifier": "rds-ca-rsa2048-g1", "ValidTill": at.ahead(21)},
        },
        tags=production("shop"),
        age_days=1300,
        EngineVersion=version,
        DBInstanceClass="db.m5.large",
        MasterUsername=running.spec.master_user,
        DBName=running.spec.database,
        Port=5432,
        MultiAZ=False,
        StorageType="gp2",
        AllocatedStorage=60,
        MaxAllocatedStorage=None,
        StorageEncrypted=False,
        KmsKeyId=None,
        PubliclyAccessible=True,
        VpcSecurityGroupIds=[at.ground.open_group],
        DBSubnetGroupName=PUBLIC,
        DBParameterGroupName=group,
        BackupRetentionPeriod=3,
        CopyTagsToSnapshot=False,
        DeletionProtection=False,
        EnableIAMDatabaseAuthentication=False,
        EnableCloudwatchLogsExports=None,
        MonitoringInterval=0,
        MonitoringRoleArn=None,
        AutoMinorVersionUpgrade=False,
        PreferredBackupWindow="13:00-13:30",
        PreferredMaintenanceWindow="mon:13:00-mon:14:00",
    )
    served_by(at, "orders", running)


def seed_shop(at: Making, running: Mapping[str, Running], neighbours: Neighbours) -> None:
    """MariaDB with a replica that is smaller than its source and accepts writes."""
    version = admitted(at, "mariadb", running["shop"])
    family = family_of("mariadb", version)
    secret = {"SecretArn": neighbours.secrets["shop"], "SecretStatus": "active", "KmsKeyId": at.ground.key}
    at.group("shop-mariadb", family, MARIADB_SETTINGS)
    at.group("shop-replica-mariadb", family, {**MARIADB_SETTINGS, "read_only": "0"})
    at.instance(
        "shop",
        {"MasterUserSecret": secret},
        tags=production("shop"),
        Engine="mariadb",
        EngineVersion=version,
        DBInstanceClass="db.r7g.xlarge",
        DBParameterGroupName="shop-mariadb",
        DBName=running["shop"].spec.database,
        MasterUsername=running["shop"].spec.master_user,
    )
    served_by(at, "shop", running["shop"])
    if "shop-replica" in running:
        # RDS manages no password for a replica; the lab points at its source's, which is the same
        at.replica(
            "shop-replica", "shop", {"MasterUserSecret": secret}, tags=production("shop"),
            DBInstanceClass="db.r7g.large", DBParameterGroupName="shop-replica-mariadb",
        )  # fmt: skip
        served_by(at, "shop-replica", running["shop-replica"])


def admitted(at: Making, engine: str, running: Running) -> str:
    """The version of a running engine, which the lab's RDS then offers."""
    version = running.version.split()[0].split("-")[0]
    at.state.offered.add_found(engine, version)
    return version


def served_by(at: Making, name: str, running: Running) -> None:
    stand_on(at.state, at.region, name, Backing(running.host, running.port, running.pid))
