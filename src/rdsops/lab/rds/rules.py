"""What RDS refuses in the arguments that instances and clusters share: names, ranges, windows, classes, storage."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from rdsops.lab.rds.model import clash, invalid, not_done

IDENTIFIER = re.compile(r"[a-z](?:-?[a-z0-9])*")
BACKUP_WINDOW = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
MAINTENANCE_WINDOW = re.compile(
    r"(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d-(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d"
)
MONITORING_INTERVALS = (0, 1, 5, 10, 15, 30, 60)
"""Source: botocore 1.44.5, read 2026-11-23; so are the ranges below."""

STORAGE_MIN_GIB = {"gp2": 20, "gp3": 20, "io1": 100, "io2": 100, "standard": 20}
"""Least size by storage type for PostgreSQL, MySQL and MariaDB; standard is 5 in part of the texts (recalled)."""

STORAGE_MAX_GIB = {"gp2": 65536, "gp3": 65536, "io1": 65536, "io2": 65536, "standard": 3072}
PROVISIONED = ("io1", "io2")
GP3_FREE_IOPS, GP3_FREE_MIBPS, GP3_STRIPE_GIB = 3000, 125, 400
"""gp3 includes these; from 400 GiB on (200 for Oracle) RDS stripes four volumes: 12,000 and 500 (recalled)."""

INSIGHTS_RETENTION = (7, 731, *(31 * months for months in range(1, 24)))


def identifier(value: str, noun: str) -> str:
    """The name as RDS keeps it: lower case."""
    name = value.lower()
    if not IDENTIFIER.fullmatch(name) or len(name) > 63:
        raise invalid(
            f"The parameter {noun} is not a valid identifier. Identifiers must begin with a letter; must contain only "
            f"ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
        )
    return name


def refuse(operation: str, asked: Mapping[str, Any], arguments: Collection[str], why: str = "") -> None:
    """Refuses by name what the lab does not do; a plain False asks for nothing."""
    for name in sorted(set(asked) & set(arguments)):
        if asked[name] is not False:
            raise not_done(operation, name, why)


def check_shared(asked: Mapping[str, Any]) -> None:
    """Ranges of the arguments that create and modify of instances and clusters have in common."""
    between(asked, "BackupRetentionPeriod", 0, 35)
    between(asked, "PromotionTier", 0, 15)
    between(asked, "Port", 1150, 65535)
    between(asked, "DBPortNumber", 1150, 65535)
    between(asked, "BacktrackWindow", 0, 259200)
    matches(asked, "PreferredBackupWindow", BACKUP_WINDOW)
    matches(asked, "PreferredMaintenanceWindow", MAINTENANCE_WINDOW)
    one_of(asked, "MonitoringInterval", MONITORING_INTERVALS)
    one_of(asked, "PerformanceInsightsRetentionPeriod", INSIGHTS_RETENTION)
    one_of(asked, "NetworkType", ("IPV4", "DUAL"))
    one_of(
        asked,
        "EngineLifecycleSupport",
        ("open-source-rds-extended-support", "open-source-rds-extended-support-disabled"),
    )
    if asked.get("MonitoringInterval") and not asked.get("MonitoringRoleArn"):
        raise clash("A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.")
    if asked.get("MasterUserPassword") is not None and asked.get("ManageMasterUserPassword"):
        raise clash("You can't specify MasterUserPassword for an instance with ManageMasterUserPassword")
    password = asked.get("MasterUserPassword")
    if password is not None and not 8 <= len(password) <= 128:
        raise invalid("The parameter MasterUserPassword is not a valid password: it must have 8 to 128 characters")


def between(asked: Mapping[str, Any], name: str, least: int, most: int) -> None:
    if name in asked and not least <= asked[name] <= most:
        raise invalid(f"Invalid value {asked[name]} for {name}: it must be between {least} and {most}")


def one_of(asked: Mapping[str, Any], name: str, allowed: Collection[Any]) -> None:
    if name in asked and asked[name] not in allowed:
        raise invalid(f"Invalid value {asked[name]} for {name}; valid values: {', '.join(map(str, allowed))}")


def matches(asked: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> None:
    if name in asked and not pattern.fullmatch(asked[name]):
        raise invalid(f"Invalid value '{asked[name]}' for {name}")


def storage(asked: Mapping[str, Any]) -> dict[str, Any]:
    """AllocatedStorage, StorageType, Iops and throughput as RDS answers them; refused where they do not go together."""
    kind = asked.get("StorageType") or ("io1" if asked.get("Iops") else "gp2")
    one_of({"StorageType": kind}, "StorageType", tuple(STORAGE_MIN_GIB))
    size = asked.get("AllocatedStorage")
    if size is None:
        raise clash("The parameter AllocatedStorage must be provided")
    if not STORAGE_MIN_GIB[kind] <= size <= STORAGE_MAX_GIB[kind]:
        raise invalid(
            f"Invalid storage size for storage type {kind}: {size}. It must be between {STORAGE_MIN_GIB[kind]} and "
            f"{STORAGE_MAX_GIB[kind]} GiB"
        )
    iops, throughput = asked.get("Iops"), asked.get("StorageThroughput")
    answer: dict[str, Any] = {"AllocatedStorage": size, "StorageType": kind}
    if kind in PROVISIONED:
        if not iops:
            raise clash(f"You must specify Iops for storage type {kind}")
        between({"Iops": iops}, "Iops", 1000, 256000)
    elif kind == "gp3":
        striped = size >= GP3_STRIPE_GIB
        if (iops or throughput) and not striped:
            raise clash(f"You can't specify IOPS or storage throughput for gp3 with less than {GP3_STRIPE_GIB} GiB")
        iops = iops or GP3_FREE_IOPS * (4 if striped else 1)
        answer["StorageThroughput"] = throughput or GP3_FREE_MIBPS * (4 if striped else 1)
    elif iops:
        raise clash(f"You can't specify Iops for storage type {kind}")
    if throughput and kind != "gp3":
        raise clash(f"You can't specify StorageThroughput for storage type {kind}")
    if iops:
        answer["Iops"] = iops
    most = asked.get("MaxAllocatedStorage")
    if most is not None:
        if most < size:
            raise invalid(f"Invalid value {most} for MaxAllocatedStorage: it must not be less than AllocatedStorage")
        if most > size:
            answer["MaxAllocatedStorage"] = most
    return answer
