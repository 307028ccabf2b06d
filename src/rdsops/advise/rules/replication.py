"""Replication and durability: how far copies are behind, who may write to them, and what a commit promises."""

from __future__ import annotations

from typing import Any

from rdsops.advise.databases import MYSQL_ENGINES, POSTGRES_ENGINES, is_replica, is_test, set_parameter, writer
from rdsops.advise.finding import Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES, INSTANCES
from rdsops.advise.view import Setting, View
from rdsops.core.units import human_span
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance
from rdsops.fleet.series import Window

REPLICA_LAG_S = 30.0
"""A replica that is half a minute behind shows readers a past they notice."""
REPLICA_LAG_SEVERE_S = 300.0
"""Five minutes behind it cannot keep up: promoting it would lose that much, or take that long to catch up."""
AURORA_LAG_MS = 2000.0
"""Aurora readers share the storage and stay within some 100 ms; two seconds is more than ten times that."""
AURORA_LAG_SEVERE_MS = 30_000.0
"""Aurora restarts readers that fall behind by about this much (recalled)."""
SHARE = 0.95
"""A lag counts when more than one point in twenty of the last three hours is above it: one spike does not."""


def _lag(instance: Instance, view: View) -> Verdict:
    cluster = view.cluster_of(instance)
    if cluster is None and not is_replica(instance):
        return NotApplicable("no replica")
    if cluster is not None and view.is_writer(instance):
        return NotApplicable("the writer of its cluster")
    if instance.status == "stopped":
        return NotApplicable("stopped")
    if cluster is not None and cluster.is_aurora:
        return _behind(instance, "AuroraReplicaLag", 1000.0, AURORA_LAG_MS, AURORA_LAG_SEVERE_MS, view)
    return _behind(instance, "ReplicaLag", 1.0, REPLICA_LAG_S, REPLICA_LAG_SEVERE_S, view)


def _behind(instance: Instance, metric: str, per_second: float, limit: float, severe: float, view: View) -> Verdict:
    """per_second: the metric's units in a second (ReplicaLag is in seconds, AuroraReplicaLag in milliseconds)."""
    series = view.series(instance.ref, metric, "Maximum", Window.RECENT)
    source = f"CloudWatch {metric} Maximum, 3 h"
    if series.latest < 0:
        return Problem(
            title=f"replication to {instance.ref} does not run",
            severity=Severity.HIGH,
            evidence=(Evidence(what=metric, value=f"{series.latest:g}", threshold="0 or more", source=source),),
            repair=Repair(
                text="Read the replica's replication status and error; repair the cause, or make the replica anew."
            ),
        )
    worst = series.percentile(SHARE)
    if worst <= limit:
        return CLEAR
    shown = human_span(worst / per_second)
    return Problem(
        title=f"{instance.ref} is {shown} behind its source",
        severity=Severity.HIGH if worst > severe else None,
        evidence=(
            Evidence(what="lag, p95", value=shown, threshold=human_span(limit / per_second), source=source),
            Evidence(what="lag now", value=human_span(max(series.latest, 0.0) / per_second), source=source),
        ),
        repair=Repair(
            text="Look for long queries on the replica, a class or storage smaller than the source's, tables without "
            "primary key (row-based replication), and single-threaded apply (replica_parallel_workers).",
        ),
    )


def _writable_replica(instance: Instance, view: View) -> Verdict:
    if instance.engine not in ("mysql", "mariadb") or instance.cluster is not None:
        return NotApplicable("no MySQL or MariaDB replica")
    if not is_replica(instance):
        return NotApplicable("no replica")
    setting = view.setting(instance, "read_only")
    value = setting.value or "OFF"
    if value.strip().lower() not in ("0", "off", "false"):
        return CLEAR
    return Problem(
        title=f"replica {instance.ref} accepts writes (read_only = {value})",
        evidence=(
            Evidence(what="read_only", value=value, threshold="on, or {TrueIfReplica}", source=setting.origin),
            Evidence(
                what="replicates", value=str(instance.replica_source), source="ReadReplicaSourceDBInstanceIdentifier"
            ),
        ),
        repair=Repair(
            text="Give read_only back to RDS ({TrueIfReplica}); first see whether anything was written here.",
            calls=set_parameter(instance, setting, "read_only", "{TrueIfReplica}", view),
            caution="Jobs that write to the replica start to fail.",
        ),
    )


DURABLE: dict[str, tuple[str, tuple[str, ...], str]] = {
    "innodb_flush_log_at_trx_commit": ("1", ("1", "3"), "the last second of commits is lost with the host"),
    "sync_binlog": ("1", ("1",), "the binary log may lack commits that the tables hold: replicas drift apart"),
    "synchronous_commit": ("on", ("on", "remote_write", "remote_apply", "local", "true", "1"), "commits are lost"),
}
"""Parameter: (where AWS leaves it to the engine, the durable values, what is lost otherwise)."""


def _weak_commits(database: Cluster | Instance, view: View) -> Verdict:
    if is_test(database, view):
        return NotApplicable("a test environment")
    if is_replica(database):
        return NotApplicable("a replica, which can be made again")
    names = _durability_names(database.engine)
    if not names:
        return NotApplicable(f"{database.engine} is not judged")
    server = writer(database, view)
    if server is None:
        return NotApplicable("a cluster without instances")
    weak: list[tuple[str, str, Setting]] = []
    for name in names:
        setting = view.setting(server, name)
        left, durable, _ = DURABLE[name]
        if name == "sync_binlog" and database.engine == "mariadb":
            left = "0"
        value = left if setting.value is None else setting.value
        if value.strip().lower() not in durable:
            weak.append((name, value, setting))
    if not weak:
        return CLEAR
    return Problem(
        title=f"{database.ref} may lose commits: " + ", ".join(f"{name} = {value}" for name, value, _ in weak),
        consequence="It was told committed, and it is gone: "
        + "; ".join(DURABLE[name][2] for name, _, _ in weak)
        + ".",
        evidence=tuple(
            Evidence(
                what=name,
                value=value,
                threshold=DURABLE[name][1][0],
                source=setting.origin,
                subject=server.ref.arn,
            )
            for name, value, setting in weak
        ),
        repair=Repair(
            text="Set " + ", ".join(f"{name} = {DURABLE[name][1][0]}" for name, _, _ in weak) + ".",
            calls=tuple(
                call
                for name, _, setting in weak
                for call in set_parameter(database, setting, name, DURABLE[name][1][0], view)
            ),
            caution="Each commit then waits for its write: many small transactions become slower.",
        ),
    )


def _durability_names(engine: str) -> tuple[str, ...]:
    if engine in POSTGRES_ENGINES:
        return ("synchronous_commit",)
    if engine in ("aurora-mysql", "aurora"):
        return ("innodb_flush_log_at_trx_commit",)
    return ("innodb_flush_log_at_trx_commit", "sync_binlog") if engine in MYSQL_ENGINES else ()


REPLICA_LAG: Rule[Instance] = Rule(
    id="replica-lag",
    title="Replica or reader is far behind",
    theme=Theme.AVAILABILITY,
    severity=Severity.MEDIUM,
    subjects=INSTANCES,
    check=_lag,
    why="Readers see the past, and a failover to it waits for the backlog or loses it.",
    repair="Find what holds the replay back.",
    checks=f"p95 of the last 3 hours of ReplicaLag (seconds; replicas and readers of Multi-AZ clusters) above "
    f"{REPLICA_LAG_S:g} s, high above {REPLICA_LAG_SEVERE_S:g} s; of AuroraReplicaLag (milliseconds; Aurora readers) "
    f"above {AURORA_LAG_MS:g} ms, high above {AURORA_LAG_SEVERE_MS:g} ms. A negative lag means that replication "
    "does not run (high). Without points: not known.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters", "cloudwatch:ReplicaLag", "cloudwatch:AuroraReplicaLag"),
    sources=(
        "AWS Aurora User Guide, CloudWatch metrics for Aurora (milliseconds), read 2026-11-23",
        "AWS RDS User Guide, CloudWatch metrics for RDS (ReplicaLag in seconds, -1 when broken), recalled",
    ),
    catalogue=(35,),
)

WRITABLE_REPLICA: Rule[Instance] = Rule(
    id="writable-replica",
    title="Read replica accepts writes",
    theme=Theme.AVAILABILITY,
    severity=Severity.MEDIUM,
    subjects=INSTANCES,
    check=_writable_replica,
    why="One write is enough for replica and source to differ for ever: replication breaks, or reads are wrong.",
    repair="Reset read_only to {TrueIfReplica}.",
    checks="read_only is off on an RDS MySQL or MariaDB replica: live where SQL saw it, else in its parameter group.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBParameters", "rds:DescribeEngineDefaultParameters"),
    sources=("AWS RDS User Guide, Working with MySQL read replicas, recalled",),
    catalogue=(36,),
)

WEAK_COMMITS: Rule[Cluster | Instance] = Rule(
    id="weak-commits",
    title="Commits are not durable",
    theme=Theme.AVAILABILITY,
    severity=Severity.MEDIUM,
    subjects=DATABASES,
    check=_weak_commits,
    why="What was told committed may be gone after a crash.",
    repair="Set the parameters back to their durable values.",
    checks="innodb_flush_log_at_trx_commit is not 1 (MariaDB: nor 3); sync_binlog is not 1 (not on Aurora, whose "
    "storage does not hang on it); synchronous_commit is off. Judged on the writer. Not for replicas and test "
    "environments.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBParameters", "rds:DescribeEngineDefaultParameters"),
    sources=("MySQL, MariaDB and PostgreSQL manuals, recalled",),
    catalogue=(40,),
)

RULES: tuple[Rule[Any], ...] = (REPLICA_LAG, WRITABLE_REPLICA, WEAK_COMMITS)
