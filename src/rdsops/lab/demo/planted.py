"""The faults that the demo plants outside the engines, as data: a story checks that a review names each of them.

What is planted inside the engines is told by demo/mess.
"""

from __future__ import annotations

from dataclasses import dataclass

from rdsops.core.ids import Place
from rdsops.lab.demo.ground import MAIN, SECOND


@dataclass(frozen=True, slots=True)
class Planted:
    """subject: name of the instance, cluster, proxy or snapshot; "" for the place itself. rule: id of the rule.

    engine: the fault is there only when an engine of this flavour runs.
    """

    rule: str
    subject: str
    what: str
    place: Place = MAIN
    engine: str | None = None


PLANTED: tuple[Planted, ...] = (
    Planted("cluster-single-zone", "billing", "writer and readers in one zone", engine="postgres"),
    Planted("heir-too-small", "billing", "the first in line is half the writer's size", engine="postgres"),
    Planted("single-zone", "orders", "production in one zone", engine="postgres"),
    Planted("public-access", "orders", "public, in a public subnet, open to the world", engine="postgres"),
    Planted("tls-not-required", "orders", "rds.force_ssl is 0", engine="postgres"),
    Planted("weak-commits", "orders", "synchronous_commit is off", engine="postgres"),
    Planted("backup-retention", "orders", "three days of backups", engine="postgres"),
    Planted("deletion-protection-off", "orders", "can be deleted by one call", engine="postgres"),
    Planted("storage-unencrypted", "orders", "storage is not encrypted", engine="postgres"),
    Planted("gp2-storage", "orders", "gp2", engine="postgres"),
    Planted("storage-full-soon", "orders", "full within days", engine="postgres"),
    Planted("storage-autoscaling-off", "orders", "storage does not grow", engine="postgres"),
    Planted("server-certificate", "orders", "the server certificate ends in three weeks", engine="postgres"),
    Planted("guessable-admin", "orders", "the master user is called postgres", engine="postgres"),
    Planted("enhanced-monitoring-off", "orders", "no Enhanced Monitoring", engine="postgres"),
    Planted("auto-minor-off", "orders", "minor versions are not applied", engine="postgres"),
    Planted("tls-not-required", "shop", "require_secure_transport is off", engine="mariadb"),
    Planted("writable-replica", "shop-replica", "read_only is 0", engine="mariadb"),
    Planted("proxy-tls-not-required", "orders-proxy", "clients may come without TLS", engine="postgres"),
    Planted("proxy-target-unhealthy", "sessions-proxy", "the proxy cannot log in"),
    Planted("major-support-ending", "legacy-crm", "PostgreSQL 13 is on Extended Support"),
    Planted("minor-version-behind", "legacy-crm", "two minors behind"),
    Planted("default-port", "legacy-crm", "5432"),
    Planted("insights-off", "legacy-crm", "Performance Insights is off"),
    Planted("unmanaged-password", "legacy-crm", "nobody rotates the master password"),
    Planted("cpu-high", "legacy-crm", "the CPU is busy all day"),
    Planted("memory-short", "legacy-crm", "memory is short, swap is used"),
    Planted("restore-point-behind", "legacy-crm", "the restore point is hours old"),
    Planted("maintenance-pending", "legacy-crm", "maintenance is applied in nine days"),
    Planted("recommendations-open", "legacy-crm", "RDS's own advice was not taken"),
    Planted("major-support-ending", "reports", "MySQL 8.0 is on Extended Support"),
    Planted("class-oversized", "reports", "16 vCPUs that idle"),
    Planted("previous-generation-class", "reports", "r4"),
    Planted("iops-overbought", "reports", "12,000 IOPS of which 750 are used"),
    Planted("storage-unused", "reports", "most of the disk was never used"),
    Planted("storage-unused", "sandbox", "most of the disk was never used"),
    Planted("cpu-credits-low", "sessions", "CPU credits run out"),
    Planted("connections-near-limit", "sessions", "connections near max_connections"),
    Planted("parameters-pending-reboot", "payments", "parameters wait for a reboot"),
    Planted("changes-left-pending", "payments", "a class change waits for the window"),
    Planted("snapshot-shared", "sandbox-for-vendor", "anybody can restore it"),
    Planted("snapshot-unencrypted", "sandbox-for-vendor", "not encrypted"),
    Planted("parameter-groups-unused", "", "two groups that nobody uses"),
    Planted("quota-nearly-used", "", "one instance left of the quota"),
    Planted("events-unheard", "", "nobody hears of cluster events"),
    Planted("alarms-missing", "payments", "no alarm watches it"),
    Planted("database-idle", "sandbox", "nobody connects"),
    Planted("stopped-and-billed", "loadtest", "stopped, and starts by itself in two days"),
    Planted("reservation-ends-soon", "", "a lease ends in 20 days"),
    Planted("snapshot-old", "legacy-crm-2025-10", "400 days old"),
    Planted("snapshot-shared", "catalog-for-audit", "another account can restore it"),
    Planted("single-zone", "recruiting", "production in one zone", SECOND),
    Planted("deletion-protection-off", "recruiting", "can be deleted by one call", SECOND),
    Planted("backup-retention", "surveys", "no backups at all", SECOND),
    Planted("magnetic-storage", "surveys", "magnetic storage", SECOND),
    Planted("key-unusable", "archive", "its key will be deleted in two weeks", SECOND),
)
