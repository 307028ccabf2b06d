"""The demo's databases that are metadata only, each tagged so: old, idle, oversized, spread over the world."""

from __future__ import annotations

from rdsops.lab.demo.making import PG_SETTINGS, Making, production, testing
from rdsops.lab.rds import clusters
from rdsops.lab.rds.changing import modify_instance

AURORA = "16.11"
POSTGRES = "16.13"


def seed_clusters(at: Making, away: Making) -> None:
    """Serverless v2 for tests, and a global database whose second region lags in size."""
    at.cluster(
        "analytics",
        tags=testing("data"),
        EngineVersion="16.11",
        DeletionProtection=False,
        ServerlessV2ScalingConfiguration={"MinCapacity": 8, "MaxCapacity": 64},
        BackupRetentionPeriod=1,
        EnableCloudwatchLogsExports=None,
    )
    at.member("analytics-1", "analytics", "a", tags=testing("data"), DBInstanceClass="db.serverless")
    for place in (at, away):
        place.group("ledger-cluster", "aurora-postgresql16", PG_SETTINGS, cluster_level=True)
    at.cluster("ledger", tags=production("finance"), EngineVersion=AURORA, DBClusterParameterGroupName="ledger-cluster")
    for number, zone in enumerate("ab", 1):
        at.member(f"ledger-{number}", "ledger", zone, tags=production("finance"), DBInstanceClass="db.r7g.2xlarge")
    asked = {"GlobalClusterIdentifier": "ledger-world", "SourceDBClusterIdentifier": at.region.arn("cluster", "ledger")}
    clusters.create_global(at.state, at.region, asked)
    away.cluster(
        "ledger-eu", tags=production("finance"), EngineVersion=AURORA, DBClusterParameterGroupName="ledger-cluster",
        GlobalClusterIdentifier="ledger-world", MasterUsername=None, MasterUserPassword=None, DatabaseName=None,
        shown={"MasterUserSecret": None},
    )  # fmt: skip
    away.member("ledger-eu-1", "ledger-eu", "a", tags=production("finance"), DBInstanceClass="db.r7g.large")


def seed_old(at: Making) -> None:
    """Versions and classes of yesterday."""
    at.instance(
        "legacy-crm",
        tags=production("sales"),
        age_days=1900,
        EngineVersion="13.20",
        Port=5432,
        DBInstanceClass="db.m5.2xlarge",
        AutoMinorVersionUpgrade=False,
        MasterUsername="postgres",
        shown={"MasterUserSecret": None},
        EnablePerformanceInsights=False,
        PerformanceInsightsRetentionPeriod=None,
    )
    at.instance(
        "reports",
        tags=production("finance"),
        age_days=1700,
        Engine="mysql",
        EngineVersion="8.0.39",
        DBInstanceClass="db.r4.4xlarge",
        StorageType="io1",
        AllocatedStorage=2000,
        MaxAllocatedStorage=None,
        Iops=12000,
        MultiAZ=True,
    )


def seed_tests(at: Making) -> None:
    """What test environments leave behind: an idle one, a stopped one, a small burstable one."""
    at.instance(
        "sandbox", tags=testing("platform"), age_days=600, EngineVersion=POSTGRES, DBInstanceClass="db.m7g.xlarge",
        MultiAZ=False, DeletionProtection=False, AllocatedStorage=500, MaxAllocatedStorage=None,
    )  # fmt: skip
    at.instance(
        "loadtest", tags=testing("platform"), age_days=90, EngineVersion=POSTGRES, DBInstanceClass="db.m7g.large",
        MultiAZ=False, DeletionProtection=False, BackupRetentionPeriod=1,
        shown={"DBInstanceStatus": "stopped", "AutomaticRestartTime": at.ahead(2)},
    )  # fmt: skip
    at.instance(
        "sessions",
        tags=production("web"),
        EngineVersion=POSTGRES,
        DBInstanceClass="db.t4g.medium",
        AllocatedStorage=50,
        MaxAllocatedStorage=200,
        DBParameterGroupName=at.group("sessions-pg16", "postgres16", {**PG_SETTINGS, "max_connections": "120"}),
    )


def seed_healthy(at: Making) -> None:
    """Instances that deserve no finding of their own, and one whose changes and reboot are still due."""
    group = at.group("well-kept-pg16", "postgres16", PG_SETTINGS)
    for name, owner in (("catalog", "web"), ("identity", "platform")):
        at.instance(name, tags=production(owner), EngineVersion="16.15", DBParameterGroupName=group)
    pending = at.group("payments-pg16", "postgres16", PG_SETTINGS)
    at.instance(
        "payments", tags=production("finance"), EngineVersion="16.15", DBParameterGroupName=pending,
        DBInstanceClass="db.m7g.xlarge",
    )  # fmt: skip
    modify_instance(at.state, at.region, {"DBInstanceIdentifier": "payments", "DBInstanceClass": "db.m7g.2xlarge"})
    groups = [{"DBParameterGroupName": pending, "ParameterApplyStatus": "pending-reboot"}]
    at.region.instances.change("payments", DBParameterGroups=groups)


def seed_second_account(at: Making) -> None:
    """The account of another team: one well kept, one open to everybody's mistakes, one without backups."""
    group = at.group("hr-pg16", "postgres16", PG_SETTINGS)
    at.instance("payroll", tags=production("hr"), EngineVersion="16.15", DBParameterGroupName=group)
    at.instance(
        "recruiting", tags=production("hr"), EngineVersion="14.20", MultiAZ=False, DeletionProtection=False,
        EnableIAMDatabaseAuthentication=False, MasterUsername="admin", shown={"MasterUserSecret": None},
    )  # fmt: skip
    at.instance(
        "surveys", tags={"Owner": "hr"}, EngineVersion="15.17", BackupRetentionPeriod=0, MultiAZ=False,
        StorageEncrypted=False, KmsKeyId=None, StorageType="standard", AllocatedStorage=40, MaxAllocatedStorage=None,
    )  # fmt: skip
    at.instance(
        "archive", tags=production("hr"), EngineVersion="16.15", DBParameterGroupName=group,
        KmsKeyId=at.ground.doomed_key,
    )  # fmt: skip
