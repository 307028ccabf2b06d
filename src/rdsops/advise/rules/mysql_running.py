"""Inside MySQL and MariaDB: what runs, waits, replicates and spills."""

from __future__ import annotations

from typing import Any

from rdsops.advise.finding import Evidence, Repair, Severity, Sql, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import MYSQL_SERVERS, MysqlServer
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.units import human_bytes, human_span

LISTED_MOST = 20
HISTORY_LONG = 100_000
"""Transactions waiting for purge: scans slow down well before a million (judgement)."""
HISTORY_CRITICAL = 1_000_000
TRANSACTION_LONG_S = 600
LOCK_WAIT_LONG_S = 30
LAG_LONG_S = 300
MISS_RATIO_HIGH = 0.01
"""Buffer pool reads from disk by read requests; above, the working set does not fit."""
READ_REQUESTS_LEAST = 1_000_000
"""Below this volume a ratio says nothing."""
SCAN_ROWS_EACH_LEAST = 10_000
SCAN_ROWS_TOTAL_LEAST = 1_000_000
TABLE_CACHE_MISS_RATIO = 0.05
TABLE_CACHE_MISSES_LEAST = 10_000
THREAD_MISS_RATIO = 0.1
CONNECTIONS_LEAST = 10_000


def _number(server: MysqlServer, name: str) -> int:
    """A counter of SHOW GLOBAL STATUS. Raises Unseen when the server does not have it."""
    value = server.inside.status.get(name)
    if value is None or not value.lstrip("-").isdigit():
        raise Unseen("sql:mysql.status", f"counter {name}")
    return int(value)


def _history(server: MysqlServer, view: View) -> Verdict:
    old = [row for row in server.inside.transactions if row.age_s >= TRANSACTION_LONG_S]
    length = server.inside.history
    if length < HISTORY_LONG and not old:
        return CLEAR
    evidence = [
        Evidence(
            what="history list",
            value=f"{length} transactions",
            source="mysql/history",
            threshold=str(HISTORY_LONG),
        )
    ]
    evidence += [
        Evidence(
            what=f"transaction of connection {row.pid} ({row.user or 'unknown user'}, {row.command or 'gone'})",
            value=f"open {human_span(row.age_s)}, {row.rows_modified} rows changed",
            source="mysql/transactions",
            threshold=human_span(TRANSACTION_LONG_S),
        )
        for row in old[:LISTED_MOST]
    ]
    title = (
        f"{server.instance.ref}: connection {old[0].pid} has held a transaction open for {human_span(old[0].age_s)}"
        if old
        else f"{server.instance.ref}: {length} old row versions wait for purge"
    )
    return Problem(
        title=title,
        severity=Severity.HIGH if length >= HISTORY_CRITICAL else None,
        evidence=tuple(evidence),
        repair=Repair(
            text="Find what keeps the transaction open and let it commit; end it when it is abandoned.",
            sql=tuple(
                Sql(
                    database=None,
                    statement=f"CALL mysql.rds_kill({row.pid});",
                    caution=f"Ends the connection and rolls back {row.rows_modified} changed rows.",
                )
                for row in old[:3]
            ),
        ),
    )


HISTORY = Rule(
    id="my-history-held",
    title="Old row versions cannot be purged",
    theme=Theme.MYSQL,
    severity=Severity.MEDIUM,
    subjects=MYSQL_SERVERS,
    check=_history,
    why="Every query steps over the versions that the oldest transaction still needs; undo space grows, and a "
    "crash takes "
    "longer to recover from.",
    repair="End the oldest transaction; keep transactions short.",
    checks=f"A transaction is open for {human_span(TRANSACTION_LONG_S)} or longer, or the history list holds "
    f"{HISTORY_LONG} "
    f"transactions or more; high from {HISTORY_CRITICAL}.",
    needs=("sql:mysql.transactions", "sql:mysql.history"),
    sources=("MySQL Reference Manual, InnoDB purge configuration, recalled; thresholds are a judgement",),
    catalogue=(131,),
    sql=True,
)


def _locks(server: MysqlServer, view: View) -> Verdict:
    rows = [row for row in server.inside.lock_waits if row.waits_s >= LOCK_WAIT_LONG_S]
    metadata = [row for row in server.inside.metadata_waits if row.waits_s >= LOCK_WAIT_LONG_S]
    if not rows and not metadata:
        return CLEAR
    waiting = {row.waiting_pid for row in rows} | {row.pid for row in metadata}
    roots = sorted({row.blocking_pid for row in rows} - {row.waiting_pid for row in rows})
    evidence = [
        Evidence(
            what=f"connection {row.waiting_pid} waits for {row.locked_table}",
            value=f"{human_span(row.waits_s)}, held by connection {row.blocking_pid} "
            f"({row.blocking_user or 'unknown user'}, {row.blocking_command or 'gone'}, open "
            f"{human_span(row.blocking_age_s)})",
            source="mysql/lock_waits",
            threshold=human_span(LOCK_WAIT_LONG_S),
        )
        for row in rows[:LISTED_MOST]
    ]
    evidence += [
        Evidence(
            what=f"connection {row.pid} ({row.user or 'unknown user'}) waits for a table's definition",
            value=human_span(row.waits_s),
            source="mysql/metadata_waits",
            threshold=human_span(LOCK_WAIT_LONG_S),
        )
        for row in metadata[:LISTED_MOST]
    ]
    holder = f"behind connection {roots[0]}" if roots else "for a table's definition"
    return Problem(
        title=f"{server.instance.ref}: {len(waiting)} connection(s) wait {holder}",
        evidence=tuple(evidence),
        repair=Repair(
            text="Let the first blocker commit; end it when it is abandoned.",
            sql=tuple(
                Sql(
                    database=None,
                    statement=f"CALL mysql.rds_kill({pid});",
                    caution="Ends the connection and rolls its transaction back.",
                )
                for pid in roots[:3]
            ),
        ),
    )


LOCKS = Rule(
    id="my-lock-queue",
    title="Connections wait for a lock",
    theme=Theme.MYSQL,
    severity=Severity.HIGH,
    subjects=MYSQL_SERVERS,
    check=_locks,
    why="Everything behind the first blocker stands still, and new connections pile up until none are left.",
    repair="Deal with the first blocker.",
    checks=f"A connection has waited {LOCK_WAIT_LONG_S} s or longer for a row lock or for a table's definition.",
    needs=("sql:mysql.lock_waits", "sql:mysql.metadata_waits"),
    sources=("MySQL Reference Manual, InnoDB lock waits and metadata locking, recalled",),
    catalogue=(136,),
    sql=True,
)


def _scans(server: MysqlServer, view: View) -> Verdict:
    rows = [
        row
        for row in server.inside.statements
        if row.without_index
        and row.rows_examined >= SCAN_ROWS_TOTAL_LEAST
        and row.rows_examined >= SCAN_ROWS_EACH_LEAST * row.calls
    ]
    if not rows:
        return CLEAR
    return Problem(
        title=f"{server.instance.ref}: {len(rows)} statement(s) read whole tables "
        f"({rows[0].rows_examined // max(1, rows[0].calls)} rows a call)",
        evidence=tuple(
            Evidence(
                what=row.text,
                value=f"{row.calls} calls, {human_span(row.total_s)} in all, {row.rows_examined} rows read for "
                f"{row.rows_sent} sent, {row.disk_temp_tables} temporary tables on disk",
                source="mysql/statements",
                threshold=f"{SCAN_ROWS_EACH_LEAST} rows a call without an index",
                subject=f"{row.schema_name}" if row.schema_name else None,
            )
            for row in rows[:LISTED_MOST]
        ),
        repair=Repair(text="EXPLAIN each, and index what it filters and joins by."),
    )


SCANS = Rule(
    id="my-statement-scans",
    title="Statements read whole tables",
    theme=Theme.MYSQL,
    severity=Severity.MEDIUM,
    subjects=MYSQL_SERVERS,
    check=_scans,
    why="They grow with the table, push everything else out of the buffer pool, and hold more locks than they need.",
    repair="Add the index that the statement lacks.",
    checks=f"Among the fifty digests that took the most time: executions without an index that read "
    f"{SCAN_ROWS_EACH_LEAST} "
    f"rows a call or more, {SCAN_ROWS_TOTAL_LEAST} in all.",
    needs=("sql:mysql.statements",),
    sources=("MySQL Reference Manual, events_statements_summary_by_digest, recalled",),
    catalogue=(135,),
    sql=True,
)


def _buffer_pool(server: MysqlServer, view: View) -> Verdict:
    requests = _number(server, "innodb_buffer_pool_read_requests")
    reads = _number(server, "innodb_buffer_pool_reads")
    if requests < READ_REQUESTS_LEAST:
        return NotApplicable("too few reads since the start for a ratio")
    missed = reads / requests
    if missed <= MISS_RATIO_HIGH:
        return CLEAR
    size = server.inside.variables.get("innodb_buffer_pool_size", "")
    return Problem(
        title=f"{server.instance.ref}: {missed:.1%} of page reads miss the buffer pool",
        evidence=(
            Evidence(
                what="reads from storage by read requests, since start",
                value=f"{reads} of {requests} ({missed:.2%})",
                source="mysql/status",
                threshold=f"{MISS_RATIO_HIGH:.0%}",
            ),
            Evidence(
                what="innodb_buffer_pool_size",
                value=human_bytes(int(size)) if size.isdigit() else size,
                source="mysql/variables",
            ),
        ),
        repair=Repair(text="Index the statements that read most; then take a class with more memory."),
    )


BUFFER_POOL = Rule(
    id="my-buffer-pool-misses",
    title="Working set does not fit the buffer pool",
    theme=Theme.MYSQL,
    severity=Severity.LOW,
    subjects=MYSQL_SERVERS,
    check=_buffer_pool,
    why="Each miss waits for storage: milliseconds instead of microseconds, and I/O that is paid for.",
    repair="Read less, or hold more.",
    checks=f"More than {MISS_RATIO_HIGH:.0%} of InnoDB's page requests since the start were read from storage, of "
    f"{READ_REQUESTS_LEAST} requests or more.",
    needs=("sql:mysql.status", "sql:mysql.variables"),
    sources=("MySQL Reference Manual, InnoDB buffer pool status, recalled; the threshold is a judgement",),
    catalogue=(138,),
    sql=True,
)


def _replica(server: MysqlServer, view: View) -> Verdict:
    if server.instance.is_aurora:
        return NotApplicable("Aurora members share storage and do not replicate by SQL")
    channels = server.inside.replication
    if not channels:
        return NotApplicable("not a replica")
    ill = [
        channel
        for channel in channels
        if not (channel.io_running and channel.sql_running) or (channel.lag_s or 0) >= LAG_LONG_S
    ]
    if not ill:
        return CLEAR
    worst = ill[0]
    stopped = not (worst.io_running and worst.sql_running)
    threads = [name for name, runs in (("I/O", worst.io_running), ("SQL", worst.sql_running)) if not runs]
    title = (
        f"{server.instance.ref}: replication has stopped ({' and '.join(threads)} thread)"
        if stopped
        else f"{server.instance.ref}: replication is {human_span(worst.lag_s or 0)} behind"
    )
    return Problem(
        title=title,
        severity=Severity.CRITICAL if stopped else None,
        evidence=tuple(
            Evidence(
                what=f"channel '{channel.channel}'" if channel.channel else "replication",
                value=f"I/O thread {'runs' if channel.io_running else 'stands'}, "
                f"SQL thread {'runs' if channel.sql_running else 'stands'}, "
                f"lag {human_span(channel.lag_s) if channel.lag_s is not None else 'not known'}"
                + "".join(f", {error}" for error in (channel.io_error, channel.sql_error) if error),
                source="mysql/replication",
                threshold=f"both run, lag below {human_span(LAG_LONG_S)}",
            )
            for channel in ill
        ),
        repair=Repair(
            text="Look the error up in the error log; RDS skips one transaction with mysql.rds_skip_repl_error."
        ),
    )


REPLICA = Rule(
    id="my-replica-ill",
    title="Replica has stopped or is far behind",
    theme=Theme.MYSQL,
    severity=Severity.HIGH,
    subjects=MYSQL_SERVERS,
    check=_replica,
    why="Its readers get old rows, it cannot take over, and the source's binary logs pile up.",
    repair="Find the error and let it catch up, or seed it anew.",
    checks=f"A replication thread stands still, or the lag is {human_span(LAG_LONG_S)} or more. Does not apply to "
    f"Aurora "
    "members and to servers that replicate nothing.",
    needs=("sql:mysql.replication",),
    sources=("MySQL Reference Manual, SHOW REPLICA STATUS, recalled",),
    catalogue=(139,),
    sql=True,
)


def _caches(server: MysqlServer, view: View) -> Verdict:
    evidence = []
    misses, hits = _number(server, "table_open_cache_misses"), _number(server, "table_open_cache_hits")
    if misses >= TABLE_CACHE_MISSES_LEAST and misses > TABLE_CACHE_MISS_RATIO * (misses + hits):
        evidence.append(
            Evidence(
                what="table_open_cache misses since start",
                value=f"{misses} of {misses + hits} ({misses / (misses + hits):.1%})",
                source="mysql/status",
                threshold=f"{TABLE_CACHE_MISS_RATIO:.0%}",
            )
        )
    created, connections = _number(server, "threads_created"), _number(server, "connections")
    if connections >= CONNECTIONS_LEAST and created > THREAD_MISS_RATIO * connections:
        evidence.append(
            Evidence(
                what="threads made for connections since start",
                value=f"{created} of {connections} ({created / connections:.1%})",
                source="mysql/status",
                threshold=f"{THREAD_MISS_RATIO:.0%}",
            )
        )
    if not evidence:
        return CLEAR
    return Problem(
        title=f"{server.instance.ref}: the {'table' if 'table' in evidence[0].what else 'thread'} cache is too small",
        evidence=tuple(evidence),
        repair=Repair(
            text="Raise table_open_cache (with table_definition_cache) or thread_cache_size; pool connections."
        ),
    )


CACHES = Rule(
    id="my-caches-small",
    title="Table or thread cache is too small",
    theme=Theme.MYSQL,
    severity=Severity.LOW,
    subjects=MYSQL_SERVERS,
    check=_caches,
    why="Statements open tables, and connections make threads, again and again.",
    repair="Raise the cache; both are dynamic.",
    checks=f"Since the start {TABLE_CACHE_MISS_RATIO:.0%} of table look-ups or more missed the cache "
    f"({TABLE_CACHE_MISSES_LEAST} at least), or {THREAD_MISS_RATIO:.0%} of connections made a new thread (of "
    f"{CONNECTIONS_LEAST} at least).",
    needs=("sql:mysql.status",),
    sources=("MySQL Reference Manual, server status variables, recalled; thresholds are a judgement",),
    catalogue=(143,),
    sql=True,
)


def _binlog_retention(server: MysqlServer, view: View) -> Verdict:
    if server.inside.variables.get("log_bin", "OFF").upper() not in ("ON", "1"):
        return NotApplicable("binary logs are off")
    if not view.is_writer(server.instance):
        return NotApplicable("a replica")
    if server.inside.binlog_retention.hours is not None:
        return CLEAR
    replicas = len(server.instance.replicas)
    outside = sum(row.connections for row in server.inside.binlog_consumers if row.user != "rdsrepladmin") - replicas
    if outside <= 0:
        return NotApplicable("nobody outside RDS reads the binary logs")
    return Problem(
        title=f"{server.instance.ref}: binary logs may vanish before their {outside} reader(s) outside RDS have "
        f"read them",
        evidence=(
            Evidence(
                what="binlog retention hours",
                value="null (removed as soon as RDS can)",
                source="mysql/binlog_retention",
                threshold="24 or more with a reader",
            ),
            Evidence(
                what="connections that read the binary log",
                value=str(outside + replicas),
                source="mysql/binlog_consumers",
            ),
        ),
        repair=Repair(
            text="Keep binary logs for a day or more; storage must hold them.",
            sql=(Sql(database=None, statement="CALL mysql.rds_set_configuration('binlog retention hours', 24);"),),
        ),
    )


BINLOG_RETENTION = Rule(
    id="my-binlog-retention",
    title="Binary logs are not kept for their readers",
    theme=Theme.MYSQL,
    severity=Severity.HIGH,
    subjects=MYSQL_SERVERS,
    check=_binlog_retention,
    why="A reader (DMS, a replica outside RDS) that pauses for an hour finds its place gone, and must start over.",
    repair="Set 'binlog retention hours'.",
    checks="'binlog retention hours' is null while more connections read the binary log than RDS has replicas of "
    "its own. "
    "Does not apply without binary logs, to replicas, and where nobody else reads them.",
    needs=("sql:mysql.binlog_retention", "sql:mysql.binlog_consumers", "sql:mysql.variables"),
    sources=("AWS RDS User Guide, mysql.rds_set_configuration, recalled",),
    catalogue=(142,),
    signature=True,
    sql=True,
)

RULES: tuple[Rule[Any], ...] = (HISTORY, LOCKS, SCANS, BUFFER_POOL, REPLICA, CACHES, BINLOG_RETENTION)
