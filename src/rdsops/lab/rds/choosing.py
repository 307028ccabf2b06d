"""The describe side over what can be had: versions, classes, certificates, quotas, offers. Dated facts, no state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rdsops.lab.rds import notices, rules
from rdsops.lab.rds.listing import bare, filtered, paged, refuse_unknown, values_of
from rdsops.lab.rds.model import Record, fault, invalid, not_emulated
from rdsops.lab.rds.state import RdsState, Region, letters

REGIONS = (
    "ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1",
    "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
)  # fmt: skip
"""Regions that can be a source of copies; a part of AWS's list (recalled 2026-11-23)."""

QUOTAS: dict[str, int] = {
    "AllocatedStorage": 100_000, "AuthorizationsPerDBSecurityGroup": 20, "CustomEndpointsPerDBCluster": 5,
    "DBClusterParameterGroups": 50, "DBClusterRoles": 5, "DBClusters": 40, "DBInstanceRoles": 5, "DBInstances": 40,
    "DBParameterGroups": 50, "DBSecurityGroups": 25, "DBSubnetGroups": 50, "EventSubscriptions": 20,
    "ManualClusterSnapshots": 100, "ManualSnapshots": 100, "OptionGroups": 20, "ReadReplicasPerMaster": 15,
    "ReservedDBInstances": 40, "SubnetsPerDBSubnetGroup": 20,
}  # fmt: skip
"""Quotas of a new account. Instances, clusters, manual snapshots, subscriptions: AWS's limits page (read 2026-11-23);
the others are recalled."""


def engine_versions(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    """Engine alone lists what is available; IncludeAll adds the deprecated; DefaultOnly is one version an engine."""
    operation = "DescribeDBEngineVersions"
    refuse_unknown(operation, asked, (
        "Engine", "EngineVersion", "DBParameterGroupFamily", "DefaultOnly", "IncludeAll",
        "ListSupportedCharacterSets", "ListSupportedTimezones",
    ))  # fmt: skip
    rules.refuse(operation, asked, ("ListSupportedCharacterSets", "ListSupportedTimezones"))
    offered = state.offered
    engine, version = asked.get("Engine"), asked.get("EngineVersion")
    if engine is not None and engine not in offered.engines():
        raise not_emulated(f"engine {engine}; the lab knows {', '.join(offered.engines())}")
    records = []
    for one in [engine] if engine else offered.engines():
        for number in offered.versions(one, deprecated=bool(asked.get("IncludeAll"))):
            if version and number != version and not number.startswith(version + "."):
                continue
            if asked.get("DefaultOnly") and number != offered.version_asked(one, version):
                continue
            records.append(offered.engine_version(one, number))
    if "DBParameterGroupFamily" in asked:
        records = [one for one in records if one["DBParameterGroupFamily"] == asked["DBParameterGroupFamily"]]
    found = filtered(operation, records, asked, {
        "engine": values_of("Engine"),
        "engine-version": values_of("EngineVersion"),
        "db-parameter-group-family": values_of("DBParameterGroupFamily"),
        "engine-mode": lambda one: one["SupportedEngineModes"],
        "status": values_of("Status"),
    })  # fmt: skip
    page, marker = paged(found, lambda one: f"{one['Engine']}/{_padded(one['EngineVersion'])}", asked)
    return {"DBEngineVersions": list(page), **marker}


def major_versions(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    """Majors and their support dates, from the dated table."""
    operation = "DescribeDBMajorEngineVersions"
    refuse_unknown(operation, asked, ("Engine", "MajorEngineVersion"))
    engine = asked.get("Engine")
    if engine is not None and engine not in state.offered.engines():
        raise not_emulated(f"engine {engine}; the lab knows {', '.join(state.offered.engines())}")
    records = state.offered.major_versions([engine] if engine else state.offered.engines())
    if "MajorEngineVersion" in asked:
        records = [one for one in records if one["MajorEngineVersion"] == asked["MajorEngineVersion"]]
    page, marker = paged(records, lambda one: f"{one['Engine']}/{_padded(one['MajorEngineVersion'])}", asked)
    return {"DBMajorEngineVersions": list(page), **marker}


def orderable(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    """Version x class x storage type. Which classes AWS sells is assumed by family; the bounds are the lab's own."""
    operation = "DescribeOrderableDBInstanceOptions"
    refuse_unknown(
        operation, asked, ("Engine", "EngineVersion", "DBInstanceClass", "LicenseModel", "Vpc", "AvailabilityZoneGroup")
    )
    rules.refuse(operation, asked, ("AvailabilityZoneGroup",), "the lab has no local zones")
    engine = asked["Engine"]
    if engine not in state.offered.engines():
        raise not_emulated(f"engine {engine}; the lab knows {', '.join(state.offered.engines())}")
    license_model = "postgresql-license" if "postgres" in engine else "general-public-license"
    records: list[Record] = []
    if asked.get("Vpc", True) and asked.get("LicenseModel", license_model) == license_model:
        records = list(_options(state, region, engine, license_model, asked))
    records = list(filtered(operation, records, asked, {}))
    page, marker = paged(
        records, lambda one: f"{_padded(one['EngineVersion'])}/{one['DBInstanceClass']}/{one['StorageType']}", asked
    )
    return {"OrderableDBInstanceOptions": list(page), **marker}


def _options(
    state: RdsState, region: Region, engine: str, license_model: str, asked: Mapping[str, Any]
) -> Iterator[Record]:
    aurora = engine.startswith("aurora")
    zones = [{"Name": zone} for zone in region.zones()]
    kinds = ("aurora", "aurora-iopt1") if aurora else ("gp2", "gp3", "io1", "io2")
    classes = [one for one in state.offered.classes(engine) if one == asked.get("DBInstanceClass", one)]
    for version in state.offered.versions(engine):
        if version != asked.get("EngineVersion", version):
            continue
        for name in classes:
            for kind in kinds:
                option = {
                    "Engine": engine,
                    "EngineVersion": version,
                    "DBInstanceClass": name,
                    "LicenseModel": license_model,
                    "AvailabilityZones": zones,
                    "MultiAZCapable": not aurora,
                    "ReadReplicaCapable": not aurora,
                    "Vpc": True,
                    "SupportsStorageEncryption": True,
                    "StorageType": kind,
                    "SupportsIops": kind in rules.PROVISIONED,
                    "SupportsStorageThroughput": kind == "gp3",
                    "SupportsEnhancedMonitoring": True,
                    "SupportsIAMDatabaseAuthentication": True,
                    "SupportsPerformanceInsights": not name.endswith((".micro", ".small")),
                    "SupportedEngineModes": ["provisioned"],
                    "SupportsStorageAutoscaling": not aurora,
                    "SupportsKerberosAuthentication": True,
                    "OutpostCapable": False,
                    "SupportedActivityStreamModes": ["sync", "async"] if aurora else [],
                    "SupportsGlobalDatabases": aurora,
                    "SupportedNetworkTypes": ["IPV4", "DUAL"],
                    "SupportsClusters": aurora,
                    "SupportsDedicatedLogVolume": kind in rules.PROVISIONED,
                }
                if not aurora:
                    option["MinStorageSize"] = rules.STORAGE_MIN_GIB[kind]
                    option["MaxStorageSize"] = rules.STORAGE_MAX_GIB[kind]
                yield option


def valid_modifications(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    """Storage that an instance can change to: never smaller than it is."""
    refuse_unknown("DescribeValidDBInstanceModifications", asked, ("DBInstanceIdentifier",))
    instance = region.instances.get(bare(asked["DBInstanceIdentifier"]))
    if "DBClusterIdentifier" in instance:
        return {"ValidDBInstanceModificationsMessage": {"Storage": [], "SupportsDedicatedLogVolume": False}}
    storage = []
    for kind in ("gp2", "gp3", "io1", "io2"):
        least = max(rules.STORAGE_MIN_GIB[kind], instance["AllocatedStorage"])
        option: Record = {
            "StorageType": kind,
            "StorageSize": [{"From": least, "To": rules.STORAGE_MAX_GIB[kind], "Step": 1}],
            "SupportsStorageAutoscaling": True,
        }
        if kind in rules.PROVISIONED:
            option["ProvisionedIops"] = [{"From": 1000, "To": 256000, "Step": 1}]
        storage.append(option)
    return {"ValidDBInstanceModificationsMessage": {"Storage": storage, "SupportsDedicatedLogVolume": True}}


def certificates(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    refuse_unknown("DescribeCertificates", asked, ("CertificateIdentifier",))
    wanted = asked.get("CertificateIdentifier")
    records = []
    for one in state.offered.certificates():
        if wanted and one["id"] != wanted:
            continue
        records.append(
            {
                "CertificateIdentifier": one["id"],
                "CertificateType": "CA",
                "Thumbprint": letters(one["id"], 40).lower(),
                "ValidFrom": _midnight(one["from"]),
                "ValidTill": _midnight(one["till"]),
                "CertificateArn": f"arn:aws:rds:{region.place.region}::cert:{one['id']}",
                "CustomerOverride": False,
            }
        )
    if wanted and not records:
        raise fault("CertificateNotFoundFault", f"Certificate {wanted} not found.")
    found = filtered("DescribeCertificates", records, asked, {})
    page, marker = paged(found, lambda one: str(one["CertificateIdentifier"]), asked)
    default = state.offered.default_certificate()
    return {"Certificates": list(page), "DefaultCertificateForNewLaunches": default, **marker}


def account_attributes(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    """Quotas and how much of each is used."""
    manual = [one for one in region.snapshots if one["SnapshotType"] == "manual"]
    manual_of_clusters = [one for one in region.cluster_snapshots if one["SnapshotType"] == "manual"]
    alone = [one for one in region.instances if "DBClusterIdentifier" not in one]
    used = {
        "DBInstances": len(region.instances),
        "DBClusters": len(region.clusters),
        "AllocatedStorage": sum(one["AllocatedStorage"] for one in alone),
        "ManualSnapshots": len(manual),
        "ManualClusterSnapshots": len(manual_of_clusters),
        "DBParameterGroups": len([one for one in region.groups.names() if not one.startswith("default.")]),
        "DBClusterParameterGroups": len(
            [one for one in region.cluster_groups.names() if not one.startswith("default.")]
        ),
        "DBSubnetGroups": len(region.subnet_groups),
        "OptionGroups": len([one for one in region.option_groups.names() if not one.startswith("default:")]),
        "EventSubscriptions": len(region.subscriptions),
        "ReservedDBInstances": sum(one["DBInstanceCount"] for one in region.reservations),
        "ReadReplicasPerMaster": max(
            (len(one.get("ReadReplicaDBInstanceIdentifiers", ())) for one in region.instances), default=0
        ),
        "SubnetsPerDBSubnetGroup": max((len(one["Subnets"]) for one in region.subnet_groups), default=0),
    }
    quotas = {**QUOTAS, **region.quotas}
    return {
        "AccountQuotas": [
            {"AccountQuotaName": name, "Used": used.get(name, 0), "Max": quotas[name]} for name in sorted(quotas)
        ]
    }


def source_regions(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    refuse_unknown("DescribeSourceRegions", asked, ("RegionName",))
    wanted = asked.get("RegionName")
    if wanted and wanted not in REGIONS:
        raise invalid(f"Invalid value {wanted} for RegionName")
    records: list[Record] = [
        {
            "RegionName": one,
            "Endpoint": f"https://rds.{one}.amazonaws.com",
            "Status": "available",
            "SupportsDBInstanceAutomatedBackupsReplication": True,
        }
        for one in REGIONS
        if one != region.place.region and one == (wanted or one)
    ]
    found = filtered("DescribeSourceRegions", records, asked, {})
    page, marker = paged(found, lambda one: str(one["RegionName"]), asked)
    return {"SourceRegions": list(page), **marker}


def event_categories(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    refuse_unknown("DescribeEventCategories", asked, ("SourceType",))
    filtered("DescribeEventCategories", [], asked, {})
    wanted = asked.get("SourceType")
    if wanted and wanted not in notices.CATEGORIES:
        raise invalid(f"Invalid value {wanted} for SourceType; valid values: {', '.join(notices.CATEGORIES)}")
    return {
        "EventCategoriesMapList": [
            {"SourceType": kind, "EventCategories": list(names)}
            for kind, names in notices.CATEGORIES.items()
            if kind == (wanted or kind)
        ]
    }


def _midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def _padded(version: str) -> str:
    """A version that sorts as text in the order of its numbers."""
    return ".".join(part.zfill(4) if part.isdigit() else part for part in version.split("."))
