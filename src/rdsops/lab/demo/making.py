"""How the demo fleet's databases are made: well kept unless told otherwise, through the functions that the API uses."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rdsops.core.ids import Place
from rdsops.facts.facts import major_of
from rdsops.lab.demo.ground import Ground
from rdsops.lab.rds import clusters, instances, networks, parameter_groups, snapshots
from rdsops.lab.rds.model import Record
from rdsops.lab.rds.parameter_catalogue import catalogue
from rdsops.lab.rds.state import RdsState, Region

PRIVATE, PUBLIC = "private", "public"
"""The demo's subnet groups."""

NO_PASSWORD = "not-a-password-of-anything"  # noqa: S105 - metadata-only objects have none
LOGS = {
    "postgres": ["postgresql", "upgrade"], "aurora-postgresql": ["postgresql"],
    "mysql": ["error", "slowquery", "audit"], "mariadb": ["error", "slowquery", "audit"],
}  # fmt: skip

PG_SETTINGS = {
    "rds.force_ssl": "1",
    "shared_preload_libraries": "pg_stat_statements,pgaudit",
    "pgaudit.log": "ddl,role",
    "log_min_duration_statement": "1000",
    "log_autovacuum_min_duration": "10000",
    "log_lock_waits": "1",
    "log_temp_files": "10240",
    "track_io_timing": "1",
    "idle_in_transaction_session_timeout": "600000",
}
MARIADB_SETTINGS = {"slow_query_log": "1", "long_query_time": "1"}


class Making:
    """A place of the demo, with its subnet groups, ready to make databases in."""

    def __init__(self, state: RdsState, place: Place, ground: Ground) -> None:
        self.state = state
        self.place = place
        self.ground = ground
        self.region: Region = state.region(place)
        for name, subnets in ((PRIVATE, ground.private), (PUBLIC, ground.public)):
            asked = {
                "DBSubnetGroupName": name,
                "DBSubnetGroupDescription": f"{name} subnets",
                "SubnetIds": list(subnets),
            }
            networks.create_subnet_group(state, self.region, asked)
        self.monitoring_role = f"arn:aws:iam::{place.account}:role/rds-monitoring"

    def ago(self, days: float) -> datetime:
        return self.state.now() - timedelta(days=days)

    def ahead(self, days: float) -> datetime:
        return self.state.now() + timedelta(days=days)

    def secret(self, name: str, kind: str = "db") -> dict[str, Any]:
        """MasterUserSecret of a database that has no engine: a password is kept, and opens nothing."""
        text = json.dumps({"username": f"{name.replace('-', '_')}_owner", "password": secrets.token_urlsafe(24)})
        arn = self.state.around.keep_secret(self.place, f"rds!{kind}-{name}", text)
        return {"SecretArn": arn, "SecretStatus": "active", "KmsKeyId": self.ground.key}

    def instance(
        self, name: str, shown: Mapping[str, Any] | None = None, *, tags: Mapping[str, str], age_days: float = 400,
        **asked: Any,
    ) -> Record:  # fmt: skip
        """An instance alone: Multi-AZ, gp3, encrypted, backed up and watched, except where `asked` says otherwise.

        A value of None takes an argument away.
        """
        engine = asked.get("Engine", "postgres")
        usual: dict[str, Any] = {
            "DBInstanceIdentifier": name,
            "Engine": engine,
            "DBInstanceClass": "db.r7g.large",
            "MasterUsername": f"{name.replace('-', '_')}_owner",
            "MasterUserPassword": NO_PASSWORD,
            "DBName": name.replace("-", "_"),
            "AllocatedStorage": 100,
            "MaxAllocatedStorage": 400,
            "StorageType": "gp3",
            "StorageEncrypted": True,
            "KmsKeyId": self.ground.key,
            "MultiAZ": True,
            "Port": 6432 if "postgres" in engine else 6306,
            "BackupRetentionPeriod": 14,
            "PreferredBackupWindow": "02:00-02:30",
            "PreferredMaintenanceWindow": "sun:04:00-sun:04:30",
            "CopyTagsToSnapshot": True,
            "DeletionProtection": True,
            "EnableIAMDatabaseAuthentication": True,
            "EnableCloudwatchLogsExports": LOGS[engine],
            "MonitoringInterval": 60,
            "MonitoringRoleArn": self.monitoring_role,
            "EnablePerformanceInsights": True,
            "PerformanceInsightsRetentionPeriod": 31,
            "DBSubnetGroupName": PRIVATE,
            "VpcSecurityGroupIds": [self.ground.closed_group],
            "Tags": listed(tags),
        }
        created = self.ago(age_days)
        seen = {
            "InstanceCreateTime": created,
            "CertificateDetails": {
                "CAIdentifier": self.state.offered.default_certificate(),
                "ValidTill": self.ahead(230),
            },
            **(shown or {}),
        }
        if "MasterUserSecret" not in seen:
            seen["MasterUserSecret"] = self.secret(name)
        wanted = without_none({**usual, **asked})
        record = instances.create_instance(self.state, self.region, wanted, without_none(seen))
        self.automated(record)
        return record

    def replica(
        self, name: str, source: str, shown: Mapping[str, Any] | None = None, *, tags: Mapping[str, str],
        age_days: float = 200, **asked: Any,
    ) -> Record:  # fmt: skip
        usual = {
            "DBInstanceIdentifier": name,
            "Port": 6306,
            "CopyTagsToSnapshot": True,
            "DeletionProtection": True,
            "MonitoringInterval": 60,
            "MonitoringRoleArn": self.monitoring_role,
            "EnablePerformanceInsights": True,
            "PerformanceInsightsRetentionPeriod": 31,
            "EnableIAMDatabaseAuthentication": True,
            "DBSubnetGroupName": PRIVATE,
            "VpcSecurityGroupIds": [self.ground.closed_group],
            "AvailabilityZone": self.region.zones()[1],
            "MaxAllocatedStorage": 400,
            "Tags": listed(tags),
        }
        seen = {"InstanceCreateTime": self.ago(age_days), **(shown or {})}
        return instances.replicate(self.state, self.region, source, without_none({**usual, **asked}), seen)

    def cluster(
        self, name: str, shown: Mapping[str, Any] | None = None, *, tags: Mapping[str, str], age_days: float = 500,
        **asked: Any,
    ) -> Record:  # fmt: skip
        """An Aurora cluster without members, well kept except where `asked` says otherwise."""
        usual: dict[str, Any] = {
            "DBClusterIdentifier": name,
            "Engine": "aurora-postgresql",
            "MasterUsername": f"{name.replace('-', '_')}_owner",
            "MasterUserPassword": NO_PASSWORD,
            "DatabaseName": name.replace("-", "_"),
            "Port": 6432,
            "StorageEncrypted": True,
            "KmsKeyId": self.ground.key,
            "BackupRetentionPeriod": 14,
            "PreferredBackupWindow": "02:00-02:30",
            "PreferredMaintenanceWindow": "sun:04:00-sun:04:30",
            "CopyTagsToSnapshot": True,
            "DeletionProtection": True,
            "EnableIAMDatabaseAuthentication": True,
            "EnableCloudwatchLogsExports": LOGS["aurora-postgresql"],
            "EnablePerformanceInsights": True,
            "PerformanceInsightsRetentionPeriod": 31,
            "DBSubnetGroupName": PRIVATE,
            "VpcSecurityGroupIds": [self.ground.closed_group],
            "Tags": listed(tags),
        }
        given = dict(shown or {})
        if "MasterUserSecret" not in given:
            given["MasterUserSecret"] = self.secret(name, "cluster")
        seen = without_none({"ClusterCreateTime": self.ago(age_days), **given})
        record = clusters.create_cluster(self.state, self.region, without_none({**usual, **asked}), seen)
        for day in range(record["BackupRetentionPeriod"]):
            snapshots.take_automated_of_cluster(self.region, record, self.nightly(day))
        return record

    def member(self, name: str, cluster: str, zone: str, *, tags: Mapping[str, str], age_days: float = 500,
               shown: Mapping[str, Any] | None = None, **asked: Any) -> Record:  # fmt: skip
        usual = {
            "DBInstanceIdentifier": name,
            "DBClusterIdentifier": cluster,
            "Engine": "aurora-postgresql",
            "DBInstanceClass": "db.r7g.large",
            "AvailabilityZone": self.place.region + zone,
            "DBSubnetGroupName": PRIVATE,
            "CopyTagsToSnapshot": True,
            "MonitoringInterval": 60,
            "MonitoringRoleArn": self.monitoring_role,
            "EnablePerformanceInsights": True,
            "PerformanceInsightsRetentionPeriod": 31,
            "PreferredMaintenanceWindow": "sun:04:00-sun:04:30",
            "Tags": listed(tags),
        }
        valid = {"CAIdentifier": self.state.offered.default_certificate(), "ValidTill": self.ahead(230)}
        seen = {"InstanceCreateTime": self.ago(age_days), "CertificateDetails": valid, **(shown or {})}
        return instances.create_instance(self.state, self.region, without_none({**usual, **asked}), seen)

    def group(
        self, name: str, family: str, settings: Mapping[str, str], *, cluster_level: bool = False, description: str = ""
    ) -> str:
        """A parameter group of one's own, with what it sets. Returns its name."""
        level = parameter_groups.CLUSTER if cluster_level else parameter_groups.INSTANCE
        asked = {level.name_field: name, "DBParameterGroupFamily": family, "Description": description or name}
        parameter_groups.create(self.state, self.region, asked, level)
        if settings and not cluster_level and family.startswith("aurora"):
            own = {one.name for one in catalogue(family).at(cluster_level=False)}
            settings = {key: value for key, value in settings.items() if key in own}
        if settings:
            static = {one.name for one in catalogue(family).definitions.values() if one.static}
            parameters = [
                {"ParameterName": key, "ParameterValue": value,
                 "ApplyMethod": "pending-reboot" if key in static else "immediate"}
                for key, value in settings.items()
            ]  # fmt: skip
            parameter_groups.modify(self.state, self.region, {level.name_field: name, "Parameters": parameters}, level)
        return name

    def automated(self, record: Record, *, missing: tuple[int, ...] = ()) -> None:
        """A nightly snapshot for each day of the retention; missing: nights ago that have none."""
        for day in range(record["BackupRetentionPeriod"]):
            at = self.nightly(day)
            if day not in missing and at > record["InstanceCreateTime"]:
                snapshots.take_automated(self.region, record, at)

    def nightly(self, nights_ago: int) -> datetime:
        """When the automated snapshot of a night was taken: in the backup window that is over."""
        now = self.state.now()
        last = now.replace(hour=2, minute=7, second=31, microsecond=0)
        return last - timedelta(days=nights_ago + (1 if last > now else 0))

    def event(self, kind: str, name: str, arn: str, message: str, category: str, days_ago: float) -> None:
        self.state.record_event(self.region, kind, name, arn, message, (category,), self.ago(days_ago))


def family_of(engine: str, version: str) -> str:
    return engine + major_of(engine, version)


def listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def without_none(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in asked.items() if value is not None}


def production(owner: str) -> dict[str, str]:
    return {"Environment": "production", "Owner": owner}


def testing(owner: str) -> dict[str, str]:
    return {"Environment": "test", "Owner": owner}
