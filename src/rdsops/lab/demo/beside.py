"""What lies around the demo's databases: proxies, snapshots, groups, notices, leases, advice and what is due."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rdsops.lab.demo.making import Making, listed
from rdsops.lab.rds import notices, parameter_groups, proxies, snapshots
from rdsops.lab.rds.model import Record
from rdsops.lab.rds.state import letters

YEAR_S = 31_536_000


def seed_proxies(at: Making) -> None:
    """A proxy that lets clients in without TLS, and one whose target does not answer it."""
    for name, target, tls in (("orders-proxy", "orders", False), ("sessions-proxy", "sessions", True)):
        if target not in at.region.instances:
            continue
        secret = at.region.instances.get(target)["MasterUserSecret"]["SecretArn"]
        auth = {"AuthScheme": "SECRETS", "SecretArn": secret, "IAMAuth": "REQUIRED" if tls else "DISABLED"}
        asked = {
            "DBProxyName": name,
            "EngineFamily": "POSTGRESQL",
            "Auth": [auth],
            "RoleArn": f"arn:aws:iam::{at.place.account}:role/rds-proxy",
            "VpcSubnetIds": list(at.ground.private),
            "VpcSecurityGroupIds": [at.ground.closed_group],
            "RequireTLS": tls,
            "Tags": listed({"Environment": "production", "Owner": "web"}),
        }
        proxies.create_proxy(at.state, at.region, asked, {"MaxIdleConnectionsPercent": 20})
        proxies.register_targets(at.state, at.region, {"DBProxyName": name, "DBInstanceIdentifiers": [target]})
    if "sessions-proxy" in at.region.proxies:
        at.region.ill_targets["sessions-proxy", "sessions"] = {
            "State": "UNAVAILABLE",
            "Reason": "AUTH_FAILURE",
            "Description": "The secret's password is not the database's",
        }


def seed_snapshots(at: Making) -> None:
    """Manual snapshots: public, shared, unencrypted, of an instance that is gone, of another age."""
    _snapshot(at, "reports-before-upgrade", "reports", 12)
    _snapshot(at, "legacy-crm-2025-10", "legacy-crm", 400)
    _snapshot(at, "sandbox-for-vendor", "sandbox", 80, Encrypted=False, KmsKeyId=None)
    at.region.shared[at.region.arn("snapshot", "sandbox-for-vendor")] = frozenset({"all"})
    _snapshot(at, "catalog-for-audit", "catalog", 30)
    at.region.shared[at.region.arn("snapshot", "catalog-for-audit")] = frozenset({"999999999999"})
    _snapshot(
        at,
        "old-shop-final",
        "catalog",
        520,
        DBInstanceIdentifier="old-shop",
        DbiResourceId="db-" + letters("old-shop", 26),
    )
    if "orders" in at.region.instances:
        _snapshot(at, "orders-before-cleanup", "orders", 33)
    snapshots.create_cluster_snapshot(
        at.state, at.region, {"DBClusterSnapshotIdentifier": "ledger-year-end", "DBClusterIdentifier": "ledger"},
        {"SnapshotCreateTime": at.ago(320)},
    )  # fmt: skip


def _snapshot(at: Making, name: str, source: str, days: float, **shown: Any) -> None:
    asked = {"DBSnapshotIdentifier": name, "DBInstanceIdentifier": source}
    record = snapshots.create_snapshot(at.state, at.region, asked, {"SnapshotCreateTime": at.ago(days), **shown})
    at.region.snapshots.replace(name, {key: value for key, value in record.items() if value is not None})


def seed_groups(at: Making) -> None:
    """Groups that nobody uses."""
    at.group("crm-pg12-tuned", "postgres13", {"work_mem": "65536"}, description="left from an upgrade")
    at.group("ledger-old", "aurora-postgresql15", {}, cluster_level=True, description="left from an upgrade")
    assert not parameter_groups.users_of(at.region, "crm-pg12-tuned", parameter_groups.INSTANCE)


def seed_notices(at: Making) -> None:
    """Somebody hears of failures of instances; nobody of clusters, groups or security groups."""
    notices.create_subscription(
        at.state,
        at.region,
        {
            "SubscriptionName": "instance-trouble",
            "SnsTopicArn": at.ground.topic,
            "SourceType": "db-instance",
            "EventCategories": ["failure", "low storage"],
        },
    )


def seed_due(at: Making) -> None:
    """Maintenance that will be applied whether anybody is ready or not, and advice that nobody took."""
    at.region.maintenance[at.region.arn("db", "legacy-crm")] = (
        {
            "Action": "system-update",
            "Description": "New Operating System update is available",
            "AutoAppliedAfterDate": at.ahead(9),
            "ForcedApplyDate": at.ahead(30),
            "CurrentApplyDate": at.ahead(9),
        },
    )
    at.region.maintenance[at.region.arn("db", "reports")] = (
        {"Action": "db-upgrade", "Description": "Upgrade to 8.0.44 is available", "AutoAppliedAfterDate": at.ahead(40)},
    )
    at.region.maintenance[at.region.arn("cluster", "ledger")] = (
        {
            "Action": "os-upgrade",
            "Description": "New Operating System upgrade is available",
            "OptInStatus": "next-maintenance",
        },
    )
    _recommendation(
        at, "legacy-crm", "config_recommendation::old_minor_version", "low", "A newer minor version is available"
    )
    _recommendation(at, "sandbox", "cost::underutilized", "informational", "The instance is underutilized")


def _recommendation(at: Making, name: str, type_id: str, severity: str, title: str) -> None:
    arn = at.region.arn("db", name)
    number = letters(arn + type_id, 26).lower()
    record: Record = {
        "RecommendationId": number,
        "TypeId": type_id,
        "Severity": severity,
        "ResourceArn": arn,
        "Status": "active",
        "CreatedTime": at.ago(50),
        "UpdatedTime": at.ago(2),
        "Detection": title,
        "Recommendation": title,
        "Category": "operational excellence" if severity == "low" else "cost optimization",
        "Source": "RDS",
        "TypeDetection": title,
        "TypeRecommendation": title,
    }
    at.region.recommendations.add(number, record)


def seed_leases(at: Making) -> None:
    """A lease that ends in 20 days, and one for classes that nobody runs any more."""
    _lease(at, "reports-2023", "db.r4.4xlarge", "mysql", 1, ends_in=20, years=3)
    _lease(at, "unused-2025", "db.m5.xlarge", "postgresql", 2, ends_in=210, years=1)


def _lease(at: Making, name: str, size: str, product: str, count: int, *, ends_in: float, years: int) -> None:
    start = at.ahead(ends_in) - timedelta(seconds=years * YEAR_S)
    record: Record = {
        "ReservedDBInstanceId": name,
        "ReservedDBInstancesOfferingId": letters(name + size, 32).lower(),
        "DBInstanceClass": size,
        "StartTime": start,
        "Duration": years * YEAR_S,
        "CurrencyCode": "USD",
        "DBInstanceCount": count,
        "ProductDescription": product,
        "OfferingType": "No Upfront",
        "MultiAZ": True,
        "State": "active",
        "ReservedDBInstanceArn": at.region.arn("ri", name),
        "LeaseId": letters(name, 20).lower(),
    }
    at.region.reservations.add(name, record)


def seed_quotas(at: Making) -> None:
    """An account whose quota for subscriptions was never raised, and whose instances nearly fill theirs."""
    used = len(at.region.instances)
    at.region.quotas["DBInstances"] = used + 1


def seed_copies(at: Making, away: Making) -> None:
    """Backups of the ledger's neighbour, kept in the other region as well; and a restore point that stopped moving."""
    source = at.region.instances.get("identity")
    copy = snapshots.instance_backup(at.state, at.region, source)
    name = "ab-" + letters("identity in " + away.place.region, 26).lower()
    away.region.copied_backups.add(
        name,
        {
            **copy,
            "Region": at.place.region,
            "Status": "replicating",
            "DBInstanceAutomatedBackupsArn": away.region.arn("auto-backup", name),
        },
    )
    at.region.instances.change(
        "identity",
        DBInstanceAutomatedBackupsReplications=[
            {"DBInstanceAutomatedBackupsArn": away.region.arn("auto-backup", name)}
        ],
    )
    at.region.behind[at.region.arn("db", "legacy-crm")] = timedelta(hours=9)
