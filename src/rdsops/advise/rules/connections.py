"""Connections: how near their limit, and what a proxy in between does with them."""

from __future__ import annotations

from typing import Any

from rdsops.advise.databases import MYSQL_ENGINES, POSTGRES_ENGINES
from rdsops.advise.finding import Evidence, Repair, Severity, Theme
from rdsops.advise.measured import measured, nearest_rank, seen_in
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import INSTANCES, PROXIES
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.facts.formulas import Span, span
from rdsops.facts.limits import ACU_GIB
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Proxy
from rdsops.fleet.series import Window

_NEAR_RATIO = 0.8
_AT_RATIO = 0.95
_PAUSABLE_POSTGRES_CAP = 2000
"""Aurora PostgreSQL's cap when the minimum is 0.5 ACU (read: AWS Aurora User Guide of 2023), or 0 (recalled)."""
_FEW = 10
_PINNED_RATIO = 0.3
_PINNED_FROM = 1.0
_BORROW_US = 10_000.0
_BUSY_HOURS = 0.9


def connection_limit(instance: Instance, view: View) -> tuple[Span, str]:
    """max_connections as a range, and where it was read: a live value wins over an evaluated formula."""
    setting = view.setting(instance, "max_connections")
    if setting.value is None:
        raise Unseen("rds:DescribeEngineDefaultParameters", "parameter max_connections")
    if setting.value.strip().isdigit():
        exact = int(setting.value)
        return Span(exact, exact), setting.origin
    memory_gib, least_acu = _memory_gib(instance, view)
    found = span(setting.value, memory_gib)
    if found is None:
        raise Unseen("rds:DescribeEngineDefaultParameters", f"max_connections = {setting.value}")
    if instance.engine == "aurora-postgresql" and least_acu is not None and least_acu <= 0.5:
        found = Span(min(found.low, _PAUSABLE_POSTGRES_CAP), min(found.high, _PAUSABLE_POSTGRES_CAP))
    return found, f"{setting.value} of the {setting.origin}, {memory_gib:g} GiB less up to a tenth"


def _memory_gib(instance: Instance, view: View) -> tuple[float, float | None]:
    """Memory that the formula counts, and the least ACUs where it is serverless (whose maximum counts)."""
    cluster = view.cluster_of(instance)
    if instance.is_serverless:
        scaling = cluster.scaling if cluster is not None else None
        if scaling is None:
            raise Unseen("rds:DescribeDBClusters", "Cluster.scaling")
        return scaling.max_acu * ACU_GIB.value, scaling.min_acu
    size = view.facts.instance_class(instance.instance_class)
    if size is None:
        raise Unseen("rds:DescribeOrderableDBInstanceOptions", f"memory of {instance.instance_class}")
    return size.memory_gib, None


def _near_limit(instance: Instance, view: View) -> Verdict:
    if instance.engine not in POSTGRES_ENGINES + MYSQL_ENGINES:
        return NotApplicable(f"{instance.engine} has another limit")
    limit, origin = connection_limit(instance, view)
    series = measured(view, instance.ref, "DatabaseConnections", "Maximum", Window.WEEK)
    ratio = series.highest / limit.low if limit.low else 1.0
    if ratio < _NEAR_RATIO:
        return CLEAR
    return Problem(
        title=f"{instance.ref} had {series.highest:.0f} of {limit} connections open",
        severity=Severity.HIGH if ratio >= _AT_RATIO else None,
        evidence=(
            seen_in(
                series, "connections at the most", f"{series.highest:.0f}", f"less than {_NEAR_RATIO:.0%} of {limit}"
            ),
            Evidence(what="max_connections", value=str(limit), source=origin),
        ),
        repair=Repair(
            text="Pool the connections (RDS Proxy, pgbouncer, a pool in the application) before raising the limit: "
            "each "
            "connection costs memory, and thousands of them cost more than they serve.",
            caution="max_connections needs a reboot.",
        ),
    )


def _user_limit(instance: Instance, view: View) -> Verdict:
    if instance.engine not in MYSQL_ENGINES:
        return NotApplicable("a setting of MySQL and MariaDB")
    setting = view.setting(instance, "max_user_connections")
    if setting.value is None or not setting.value.isdigit() or int(setting.value) == 0:
        return CLEAR
    value = int(setting.value)
    series = measured(view, instance.ref, "DatabaseConnections", "Maximum", Window.WEEK)
    if value >= _FEW and series.highest < _NEAR_RATIO * value:
        return CLEAR
    return Problem(
        title=f"{instance.ref} allows each user {value} connections; {series.highest:.0f} were open in all",
        severity=None if value >= _FEW else Severity.LOW,
        evidence=(
            Evidence(
                what="max_user_connections",
                value=str(value),
                threshold="0 (no limit), or well above the peak",
                source=setting.origin,
            ),
            seen_in(
                series, "connections at the most", f"{series.highest:.0f}", f"less than {_NEAR_RATIO:.0%} of {value}"
            ),
        ),
        repair=Repair(text="Raise it above the peak, set 0, or limit single accounts with WITH MAX_USER_CONNECTIONS."),
    )


def _pinning(proxy: Proxy, view: View) -> Verdict:
    pinned = measured(view, proxy.ref, "DatabaseConnectionsCurrentlySessionPinned", "Average", Window.WEEK)
    open_ = measured(view, proxy.ref, "DatabaseConnections", "Average", Window.WEEK)
    if open_.mean == 0 or pinned.mean < _PINNED_FROM or pinned.mean / open_.mean < _PINNED_RATIO:
        return CLEAR
    ratio = pinned.mean / open_.mean
    family = proxy.engine_family
    causes = (
        "SET, PREPARE, LISTEN, advisory locks, temporary tables, WITH HOLD cursors"
        if family == "POSTGRESQL"
        else "SET, user variables, server-side prepared statements, LOCK TABLES, GET_LOCK, temporary tables"
    )
    return Problem(
        title=f"{proxy.ref} has {ratio:.0%} of its connections pinned to one client",
        evidence=(
            seen_in(pinned, "pinned connections, mean", f"{pinned.mean:.1f}", f"less than {_PINNED_RATIO:.0%} of all"),
            seen_in(open_, "database connections, mean", f"{open_.mean:.1f}"),
        ),
        repair=Repair(
            text=f"Find what pins ({causes}): switch on the proxy's debug log for an hour. Set session state in the "
            "proxy's initialisation query"
            + (" or exclude variable sets from pinning." if family == "MYSQL" else ", or SET LOCAL in the transaction.")
        ),
    )


def _borrowing(proxy: Proxy, view: View) -> Verdict:
    latency = measured(view, proxy.ref, "DatabaseConnectionsBorrowLatency", "Average", Window.WEEK)
    busy = nearest_rank(latency.present, _BUSY_HOURS)
    if busy < _BORROW_US:
        return CLEAR
    return Problem(
        title=f"{proxy.ref} makes clients wait {busy / 1000:.0f} ms for a connection",
        severity=Severity.HIGH if busy >= 100 * _BORROW_US else None,
        evidence=(
            seen_in(
                latency,
                "borrow latency in the busiest tenth of hours",
                f"{busy / 1000:.1f} ms",
                f"less than {_BORROW_US / 1000:.0f} ms",
            ),
            *(
                [
                    Evidence(
                        what="share of max_connections it may open",
                        value=f"{proxy.pool.max_connections_percent} %",
                        source="DBProxyTargetGroup.ConnectionPoolConfig",
                    )
                ]
                if proxy.has_seen("pool") and proxy.pool.max_connections_percent is not None
                else []
            ),
        ),
        repair=Repair(
            text="Its pool is full or cold: shorten transactions and end pinning first, then raise "
            "MaxConnectionsPercent "
            "or MaxIdleConnectionsPercent."
        ),
    )


NEAR_LIMIT = Rule(
    id="connections-near-limit",
    title="Connections are near max_connections",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=INSTANCES,
    check=_near_limit,
    why="At the limit new sessions are refused, the operator's own among them.",
    repair="Pool the connections.",
    checks=f"The most DatabaseConnections of 7 days reach {_NEAR_RATIO:.0%} of max_connections (high: "
    f"{_AT_RATIO:.0%}). The "
    "limit is the live setting where SQL saw it, else AWS's formula over the class's memory less up to a tenth, of "
    "which "
    "the lower end counts; serverless: over the maximum ACU.",
    needs=(
        "rds:DescribeDBInstances",
        "rds:DescribeDBParameters",
        "rds:DescribeEngineDefaultParameters",
        "cloudwatch:DatabaseConnections",
    ),
    sources=(
        "AWS RDS User Guide of 2023, specifying DB parameters (formula grammar), read 2026-11-23",
        "AWS Aurora User Guide of 2023, serverless max_connections, read 2026-11-23",
    ),
    catalogue=(79,),
)

USER_LIMIT = Rule(
    id="user-connections-low",
    title="max_user_connections is low",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=INSTANCES,
    check=_user_limit,
    why="One account's sessions are refused while the server has room.",
    repair="Raise it, or set limits on single accounts.",
    checks=f"max_user_connections is not 0, and below {_FEW} (low) or reached to {_NEAR_RATIO:.0%} by the most "
    "DatabaseConnections of 7 days (medium). Applies to MySQL and MariaDB.",
    needs=("rds:DescribeDBParameters", "rds:DescribeEngineDefaultParameters", "cloudwatch:DatabaseConnections"),
    sources=("MySQL Reference Manual, max_user_connections, recalled",),
    catalogue=(92,),
)

PINNING = Rule(
    id="proxy-pinning",
    title="A proxy's connections are pinned",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=PROXIES,
    check=_pinning,
    why="A pinned connection serves one client until it leaves: the proxy pools nothing and costs its price.",
    repair="Find what pins, and set session state another way.",
    checks=f"Over 7 days the mean of pinned connections is {_PINNED_RATIO:.0%} of database connections or more, and at "
    f"least {_PINNED_FROM:.0f}.",
    needs=(
        "rds:DescribeDBProxies",
        "cloudwatch:DatabaseConnectionsCurrentlySessionPinned",
        "cloudwatch:DatabaseConnections",
    ),
    sources=("AWS RDS Proxy, pinning (what pins, by family), read 2026-11-23", "threshold: judgement"),
    catalogue=(94,),
    signature=True,
)

BORROWING = Rule(
    id="proxy-borrow-slow",
    title="Clients wait for a proxy's connection",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=PROXIES,
    check=_borrowing,
    why="Every transaction begins with this wait.",
    repair="Shorter transactions, less pinning, a larger pool.",
    checks=f"DatabaseConnectionsBorrowLatency (microseconds) reaches {_BORROW_US / 1000:.0f} ms in the busiest "
    "tenth of 7 "
    "days' hours.",
    needs=("rds:DescribeDBProxies", "cloudwatch:DatabaseConnectionsBorrowLatency"),
    sources=("AWS RDS Proxy, metrics (unit: microseconds), recalled", "threshold: judgement"),
    catalogue=(94,),
    signature=True,
)

RULES: tuple[Rule[Any], ...] = (NEAR_LIMIT, USER_LIMIT, PINNING, BORROWING)
