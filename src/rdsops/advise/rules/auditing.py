"""Auditing: whether anybody could say afterwards who read or changed what."""

from __future__ import annotations

from typing import Any

from rdsops.advise.databases import is_on, is_replica, is_test, set_parameter, setting_or, writer
from rdsops.advise.finding import Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES
from rdsops.advise.view import View
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance

STREAMING = ("started", "starting")
_LOADED_BY_RDS = ("", "rdsutils")
"""Library that RDS loads by itself and shows in the live setting; a group does not list it (recalled)."""


def _audit(database: Cluster | Instance, view: View) -> Verdict:
    if is_test(database, view):
        return NotApplicable("a test environment")
    if is_replica(database):
        return NotApplicable("a replica; the audit is judged on its source")
    if database.has_seen("activity_stream") and database.activity_stream in STREAMING:
        return CLEAR
    server = writer(database, view)
    if server is None:
        return NotApplicable("a cluster without instances")
    match database.engine:
        case "postgres" | "aurora-postgresql":
            return _postgres(database, server, view)
        case "aurora-mysql" | "aurora":
            return _aurora_mysql(database, server, view)
        case "mysql" | "mariadb":
            return _exported(database, "audit", (), _plugin_repair())
        case other:
            return NotApplicable(f"{other} is not judged")


def _postgres(database: Cluster | Instance, server: Instance, view: View) -> Verdict:
    libraries, setting = setting_or(server, "shared_preload_libraries", "", view)
    if "pgaudit" not in [word.strip() for word in libraries.split(",")]:
        kept = (word.strip() for word in libraries.split(","))
        wanted = ",".join([*(word for word in kept if word not in _LOADED_BY_RDS), "pgaudit"])
        return _silent(
            database,
            Evidence(
                what="shared_preload_libraries",
                value=libraries or "empty",
                threshold="contains pgaudit",
                source=setting.origin,
            ),
            Repair(
                text="Load pgaudit, reboot, CREATE EXTENSION pgaudit, then set pgaudit.log to what must be kept "
                "(ddl, role, write).",
                calls=set_parameter(database, setting, "shared_preload_libraries", wanted, view, reboot=True),
                caution="Needs a reboot; a wide pgaudit.log writes a lot.",
            ),
        )
    classes, log_setting = setting_or(server, "pgaudit.log", "none", view)
    evidence = Evidence(
        what="pgaudit.log", value=classes, threshold="not none", source=log_setting.origin, subject=server.ref.arn
    )
    if classes.strip().lower() in ("", "none"):
        return _silent(
            database,
            evidence,
            Repair(
                text="Set pgaudit.log to what must be kept (ddl, role, write); a role with grants can narrow it.",
                calls=set_parameter(database, log_setting, "pgaudit.log", "ddl,role", view),
            ),
        )
    return _exported(database, "postgresql", (evidence,), None)


def _aurora_mysql(database: Cluster | Instance, server: Instance, view: View) -> Verdict:
    value, setting = setting_or(server, "server_audit_logging", "0", view)
    evidence = Evidence(what="server_audit_logging", value=value, threshold="1", source=setting.origin)
    if not is_on(value):
        return _silent(
            database,
            evidence,
            Repair(
                text="Turn server_audit_logging on and name the events to keep in server_audit_events.",
                calls=set_parameter(database, setting, "server_audit_logging", "1", view),
            ),
        )
    return _exported(database, "audit", (evidence,), None)


def _exported(database: Cluster | Instance, log: str, evidence: tuple[Evidence, ...], repair: Repair | None) -> Verdict:
    exports = database.log_exports
    if log in exports:
        return CLEAR
    kind = "DBCluster" if isinstance(database, Cluster) else "DBInstance"
    return _silent(
        database,
        Evidence(
            what="logs exported to CloudWatch",
            value=", ".join(exports) or "none",
            threshold=f"contains {log}",
            source=f"{kind}.EnabledCloudwatchLogsExports",
        ),
        repair
        or Repair(text=f"Export the {log} log to CloudWatch, out of reach of the database's own administrators."),
        evidence,
    )


def _plugin_repair() -> Repair:
    return Repair(
        text="Attach an option group with MARIADB_AUDIT_PLUGIN, then export the audit log to CloudWatch.",
        caution="SERVER_AUDIT_EVENTS = QUERY writes every statement; CONNECT and QUERY_DDL are a usual start.",
    )


def _silent(
    database: Cluster | Instance, evidence: Evidence, repair: Repair, more: tuple[Evidence, ...] = ()
) -> Problem:
    stream = (
        (Evidence(what="activity stream", value=database.activity_stream or "none", source="ActivityStreamStatus"),)
        if database.engine.startswith("aurora")
        else ()
    )
    return Problem(
        title=f"{database.ref} keeps no audit trail ({evidence.what}: {evidence.value})",
        evidence=(evidence, *more, *stream),
        repair=repair,
    )


AUDIT_TRAIL_OFF: Rule[Cluster | Instance] = Rule(
    id="audit-trail-off",
    title="Database keeps no audit trail outside of itself",
    theme=Theme.SECURITY,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_audit,
    why="After a leak or a mistaken change nobody can say who did what, nor how much was taken.",
    repair="Turn on pgaudit (PostgreSQL) or the audit plugin (MySQL, MariaDB) and export the log, or start an activity "
    "stream (Aurora).",
    checks="Clear when an activity stream runs. Else PostgreSQL: shared_preload_libraries holds pgaudit, pgaudit.log "
    "is not none, and the postgresql log is exported; Aurora MySQL: server_audit_logging is on and the audit log is "
    "exported; RDS MySQL and MariaDB: the audit log is exported (its plugin sits in an option group, which is not "
    "surveyed). Does not apply to replicas, test environments and other engines.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBParameters", "rds:DescribeEngineDefaultParameters"),
    sources=(
        "AWS RDS User Guide, pgAudit; MariaDB Audit Plugin support, recalled",
        "AWS Aurora User Guide, Advanced Auditing; Database Activity Streams, recalled",
    ),
    catalogue=(17, 18),
)

RULES: tuple[Rule[Any], ...] = (AUDIT_TRAIL_OFF,)
