"""Monitoring: whether somebody who looks at a database in trouble will find anything to look at."""

from __future__ import annotations

from typing import Any

from rdsops.advise.databases import is_test, servers
from rdsops.advise.finding import ApiCall, Environment, Evidence, Repair, Severity, Theme
from rdsops.advise.measured import measured, nearest_rank, seen_in
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES, INSTANCES
from rdsops.advise.view import View
from rdsops.facts.limits import INSIGHTS_FREE_DAYS
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Load
from rdsops.fleet.series import Window

LOGS: dict[str, tuple[str, ...]] = {
    "postgres": ("postgresql",),
    "aurora-postgresql": ("postgresql",),
    "mysql": ("error", "slowquery"),
    "mariadb": ("error", "slowquery"),
    "aurora-mysql": ("error", "slowquery"),
}
"""Engine -> logs that an outage is understood from. Audit logs are the security rules' matter."""

_TOP_SHOWN = 3
_BUSY_HOURS = 0.9


def _enhanced(database: Cluster | Instance, view: View) -> Verdict:
    if is_test(database, view):
        return NotApplicable("a test environment")
    blind = [server.ref.name for server in servers(database, view) if server.monitoring_interval_s == 0]
    if not blind:
        return CLEAR
    return Problem(
        title=f"{database.ref} has no Enhanced Monitoring"
        + (f" on {', '.join(blind)}" if isinstance(database, Cluster) else ""),
        evidence=tuple(
            Evidence(
                what="monitoring interval",
                value="0 s",
                threshold="1 to 60 s",
                source="DBInstance.MonitoringInterval",
                subject=name,
            )
            for name in blind
        ),
        repair=Repair(
            text="Set MonitoringInterval to 15 or 30 seconds, with a MonitoringRoleArn that may write to "
            "CloudWatch Logs.",
            caution="Costs CloudWatch Logs ingestion; the shorter the interval, the more.",
        ),
    )


def _insights(database: Cluster | Instance, view: View) -> Verdict:
    fit = [server for server in servers(database, view) if not _too_small(server)]
    if not fit:
        return NotApplicable("its class is too small for Performance Insights")
    off = [server for server in fit if not server.performance_insights]
    if off:
        return Problem(
            title=f"{database.ref} has no Performance Insights"
            + (f" on {', '.join(server.ref.name for server in off)}" if isinstance(database, Cluster) else ""),
            severity=Severity.INFO if is_test(database, view) else None,
            evidence=tuple(
                Evidence(
                    what="Performance Insights",
                    value="off",
                    threshold="on",
                    source="DBInstance.PerformanceInsightsEnabled",
                    subject=server.ref.name,
                )
                for server in off
            ),
            repair=Repair(
                text=f"Turn it on; {INSIGHTS_FREE_DAYS} days of history cost nothing.",
                calls=tuple(
                    ApiCall(
                        service="rds",
                        operation="ModifyDBInstance",
                        parameters={
                            "DBInstanceIdentifier": server.ref.name,
                            "EnablePerformanceInsights": True,
                            "PerformanceInsightsRetentionPeriod": INSIGHTS_FREE_DAYS,
                            "ApplyImmediately": True,
                        },
                    )
                    for server in off
                ),
            ),
        )
    if view.environment(database) is not Environment.PRODUCTION:
        return CLEAR
    short = [server for server in fit if (server.performance_insights_retention_days or 0) <= INSIGHTS_FREE_DAYS]
    if not short:
        return CLEAR
    return Problem(
        title=f"{database.ref} keeps a week of Performance Insights",
        severity=Severity.INFO,
        consequence="Last month's load cannot be compared with today's when a release or an upgrade made it slower.",
        evidence=tuple(
            Evidence(
                what="retention",
                value=f"{server.performance_insights_retention_days} d",
                threshold=f"more than {INSIGHTS_FREE_DAYS} d in production",
                source="DBInstance.PerformanceInsightsRetentionPeriod",
                subject=server.ref.name,
            )
            for server in short
        ),
        repair=Repair(text="Keep a month or more (31 days times months, or 731).", caution="Billed by vCPU-month."),
    )


def _too_small(server: Instance) -> bool:
    return server.instance_class.endswith((".micro", ".small", ".nano"))


def _log_exports(database: Cluster | Instance, view: View) -> Verdict:
    wanted = LOGS.get(database.engine)
    if wanted is None:
        return NotApplicable(f"no list of logs for {database.engine}")
    missing = [name for name in wanted if name not in database.log_exports]
    if not missing:
        return CLEAR
    kind = "DBCluster" if isinstance(database, Cluster) else "DBInstance"
    identifier = f"{kind}Identifier"
    return Problem(
        title=f"{database.ref} does not send its {' and '.join(missing)} log to CloudWatch",
        severity=Severity.INFO if is_test(database, view) else None,
        evidence=(
            Evidence(
                what="exported logs",
                value=", ".join(database.log_exports) or "none",
                threshold=", ".join(wanted),
                source=f"{kind}.EnabledCloudwatchLogsExports",
            ),
        ),
        repair=Repair(
            text=f"Export {' and '.join(missing)}.",
            calls=(
                ApiCall(
                    service="rds",
                    operation=f"Modify{kind}",
                    parameters={
                        identifier: database.ref.name,
                        "CloudwatchLogsExportConfiguration": {"EnableLogTypes": list(missing)},
                        "ApplyImmediately": True,
                    },
                ),
            ),
            caution="Costs CloudWatch Logs ingestion; slow logs need slow_query_log on to hold anything."
            if "slowquery" in missing
            else "Costs CloudWatch Logs ingestion.",
        ),
    )


def _load(instance: Instance, view: View) -> Verdict:
    if instance.is_serverless:
        return NotApplicable("its vCPUs follow the load")
    if not instance.performance_insights:
        return NotApplicable("Performance Insights is off; judged by insights-off")
    size = view.facts.instance_class(instance.instance_class)
    if size is None:
        return NotApplicable(f"vCPUs of {instance.instance_class} are in no table")
    series = measured(view, instance.ref, "DBLoad", "Average", Window.WEEK)
    busy = nearest_rank(series.present, _BUSY_HOURS)
    if busy <= size.vcpu:
        return CLEAR
    found = next((load for load in view.region(instance.ref.place).loads.items if load.instance == instance.ref), None)
    return Problem(
        title=f"{instance.ref} has {busy:.1f} sessions active for {size.vcpu} vCPUs in its busy hours",
        severity=Severity.HIGH if busy > 2 * size.vcpu else None,
        evidence=(
            seen_in(
                series,
                "database load in the busiest tenth of hours",
                f"{busy:.1f} sessions",
                f"at most {size.vcpu} (vCPUs)",
            ),
            *_top(found),
        ),
        repair=Repair(
            text="Start with the statement that carries the most load: its plan, its indexes, how often it is called. "
            "A larger class buys time where the statements are in order."
        ),
    )


def _top(load: Load | None) -> tuple[Evidence, ...]:
    """The waits and statements with the most load, where Performance Insights was asked and answered."""
    if load is None or not load.has_seen("by_wait") or not load.has_seen("top"):
        return ()
    waits = sorted(load.by_wait.items(), key=lambda item: (-item[1], item[0]))[:_TOP_SHOWN]
    statements = sorted(load.top, key=lambda row: -row.load)[:_TOP_SHOWN]
    return (
        *(
            Evidence(what=f"waiting for {name}", value=f"{share:.2f} sessions", source="pi db.wait_event")
            for name, share in waits
        ),
        *(
            Evidence(
                what=row.text or f"statement {row.digest}",
                value=f"{row.load:.2f} sessions",
                source="pi db.sql_tokenized",
            )
            for row in statements
        ),
    )


ENHANCED = Rule(
    id="enhanced-monitoring-off",
    title="Enhanced Monitoring is off",
    theme=Theme.OPERATIONS,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_enhanced,
    why="When it is slow, nobody can tell which process took the CPU, the memory or the disk.",
    repair="Set a monitoring interval and its role.",
    checks="MonitoringInterval is 0 on the instance or on a member. Does not apply to test environments.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("AWS API reference of RDS, MonitoringInterval (botocore 1.43), read 2026-11-23",),
    catalogue=(59,),
)

INSIGHTS = Rule(
    id="insights-off",
    title="Performance Insights is off, or keeps a week in production",
    theme=Theme.OPERATIONS,
    severity=Severity.MEDIUM,
    subjects=DATABASES,
    check=_insights,
    why="Which statement made the load cannot be told afterwards.",
    repair="Turn it on; a week of history is free.",
    checks="PerformanceInsightsEnabled is false on the instance or a member (info in test environments), or production "
    f"keeps {INSIGHTS_FREE_DAYS} days or less (info). Does not apply to classes of size small and below.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=(
        "AWS API reference of RDS, PerformanceInsightsRetentionPeriod (botocore 1.43), read 2026-11-23",
        "smallest classes without Performance Insights: recalled",
    ),
    catalogue=(60,),
)

LOG_EXPORTS = Rule(
    id="logs-not-exported",
    title="Engine logs do not reach CloudWatch",
    theme=Theme.OPERATIONS,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_log_exports,
    why="The logs rotate away on the instance, and with the instance when it is lost.",
    repair="Export the engine's error and slow logs.",
    checks="EnabledCloudwatchLogsExports lacks postgresql (PostgreSQL), or error or slowquery (MySQL, MariaDB). "
    "Info in test environments.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("AWS API reference of RDS, EnableCloudwatchLogsExports (botocore 1.43), read 2026-11-23",),
    catalogue=(61,),
)

LOAD = Rule(
    id="load-exceeds-vcpus",
    title="More sessions are active than there are vCPUs",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=INSTANCES,
    check=_load,
    why="Sessions queue: response times grow with each further one.",
    repair="Mend the statements with the most load, or move to a larger class.",
    checks="DBLoad in the busiest tenth of 7 days' hours is above the class's vCPUs (high: twice as many); the "
    "evidence "
    "names the waits and statements of Performance Insights. Does not apply to serverless instances.",
    needs=("cloudwatch:DBLoad", "pi:DescribeDimensionKeys", "rds:DescribeDBInstances"),
    sources=(
        "AWS Performance Insights API (db.load.avg, db.sql_tokenized; botocore 1.43), read 2026-11-23",
        "load above vCPUs as the sign of queueing: AWS console's own line, recalled",
    ),
    catalogue=(95,),
    signature=True,
)

RULES: tuple[Rule[Any], ...] = (ENHANCED, INSIGHTS, LOG_EXPORTS, LOAD)
