"""What the load does to a server: misses, spills, forced checkpoints, and the statements behind them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from rdsops.advise.finding import Evidence, Repair, Severity, Sql, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.rules.postgres_evidence import MEASURED, READER, listed, on_reader, plural
from rdsops.advise.subjects import POSTGRES_SERVERS, PostgresServer
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.units import GIB, human_bytes, human_span
from rdsops.fleet.postgres_inside import StatementRow
from rdsops.fleet.postgres_names import shown

BLOCK_BYTES = 8192

_UPKEEP = re.compile(
    r"(?i)\s*(vacuum|analyze|create|reindex|copy|refresh|cluster|alter|fetch|declare|start_replication)\b"
)


def _cache(server: PostgresServer, view: View) -> Verdict:
    hit = sum(row.blocks_hit for row in server.inside.counters)
    read = sum(row.blocks_read for row in server.inside.counters)
    floor = 0.95 if server.instance.is_aurora else 0.90
    if read * BLOCK_BYTES < 50 * GIB or hit / (hit + read) >= floor:
        return CLEAR
    ratio = hit / (hit + read)
    rows = sorted((row for row in server.inside.counters if row.blocks_read), key=lambda row: -row.blocks_read)
    behind = "Aurora storage, over the network" if server.instance.is_aurora else "the operating system's cache, or "
    "storage"
    return Problem(
        title=f"{server.instance.ref} finds {ratio:.1%} of blocks in memory; {human_bytes(read * BLOCK_BYTES)} were "
        "read",
        severity=Severity.MEDIUM if server.instance.is_aurora else None,
        evidence=listed(
            [
                Evidence(
                    what="blocks found in shared buffers",
                    value=f"{ratio:.1%}",
                    source="postgres/counters",
                    threshold=f"{floor:.0%}, with 50 GiB read",
                ),
                *(
                    Evidence(
                        what=f"read from {behind}, of {(row.blocks_hit + row.blocks_read) * BLOCK_BYTES / GIB:,.0f} "
                        "GiB asked",
                        value=human_bytes(row.blocks_read * BLOCK_BYTES),
                        source="postgres/counters",
                        subject=shown(row.database),
                    )
                    for row in rows
                ),
            ]
        ),
        repair=Repair(
            text="Look at the statements that read most (postgres/statements) and their indexes first; then at a "
            "class with "
            "more memory.",
        ),
    )


def _temp(server: PostgresServer, view: View) -> Verdict:
    spilling = []
    for row in server.inside.counters:
        window = server.inside.asked_at - _since(row.counted_since, server)
        days = max(window, timedelta(hours=1)) / timedelta(days=1)
        if row.temp_bytes >= 10 * GIB and row.temp_bytes / days >= 10 * GIB:
            spilling.append((row.temp_bytes / days, row, window))
    if not spilling:
        return CLEAR
    spilling.sort(key=lambda item: -item[0])
    a_day = sum(item[0] for item in spilling)
    return Problem(
        title=f"{server.instance.ref} spills {human_bytes(a_day)} a day of sorts and hashes to disk",
        severity=Severity.MEDIUM if a_day >= 100 * GIB else None,
        evidence=listed(
            [
                Evidence(
                    what=f"temporary files of {shown(row.database)} in {human_span(window)}",
                    value=f"{row.temp_files:,} files, {human_bytes(row.temp_bytes)}",
                    source="postgres/counters",
                    threshold="10 GiB a day",
                    subject=shown(row.database),
                )
                for _, row, window in spilling
            ]
        ),
        repair=Repair(
            text="Set log_temp_files to find the statements; give them an index, or more work_mem for their role.",
        ),
    )


def _since(counted_since: datetime | None, server: PostgresServer) -> datetime:
    """When counters began: the last reset, else the server's start, before which nothing is sure."""
    return server.inside.started_at if counted_since is None else counted_since


def _checkpoints(server: PostgresServer, view: View) -> Verdict:
    if server.instance.is_aurora:
        return NotApplicable("Aurora writes no checkpoints")
    if on_reader(server):
        return READER
    row = server.inside.checkpoints
    total = row.timed + row.requested
    if total < 50 or row.requested < 0.5 * total:
        return CLEAR
    size = server.inside.settings.get("max_wal_size") if server.inside.has_seen("settings") else None
    window = "" if row.counted_since is None else f" in {human_span(server.inside.asked_at - row.counted_since)}"
    return Problem(
        title=f"{server.instance.ref}: {row.requested / total:.0%} of checkpoints come because WAL ran full",
        evidence=(
            Evidence(
                what=f"checkpoints requested, of {total:,}{window}",
                value=f"{row.requested:,}",
                source="postgres/checkpoints",
                threshold="50 %, of 50 or more",
            ),
            *((Evidence(what="max_wal_size", value=f"{size} MiB", source="postgres/settings"),) if size else ()),
        ),
        repair=Repair(
            text="Raise max_wal_size so that checkpoint_timeout decides; it takes effect without a restart.",
            caution="Crash recovery replays more WAL, and takes longer.",
        ),
    )


def _statements_missing(server: PostgresServer, view: View) -> Verdict:
    if on_reader(server):
        return READER
    preloaded = server.inside.settings.get("shared_preload_libraries")
    if preloaded is None:
        raise Unseen("sql:postgres.settings", "shared_preload_libraries")
    loaded = "pg_stat_statements" in preloaded
    if loaded and server.inside.statements is not None:
        return CLEAR
    database = server.inside.database_names[0] if server.inside.database_names else None
    return Problem(
        title=f"{server.instance.ref} keeps no statistics of its statements",
        evidence=(
            Evidence(
                what="extension installed in none of the databases" if loaded else "library not loaded",
                value="pg_stat_statements",
                source="postgres/extensions" if loaded else "postgres/settings: shared_preload_libraries",
                threshold="loaded, and created in one database",
            ),
        ),
        repair=Repair(
            text="Create the extension in one database; it shows the statements of all."
            if loaded
            else "Add pg_stat_statements to shared_preload_libraries in the parameter group, reboot, then create it.",
            sql=(Sql(database=database, statement="CREATE EXTENSION pg_stat_statements"),) if loaded else (),
            caution=None if loaded else "The library is loaded at a restart only.",
        ),
    )


def _evicting(server: PostgresServer, view: View) -> Verdict:
    info = server.inside.statements_info
    if info is None:
        return NotApplicable("pg_stat_statements is not installed")
    window = server.inside.asked_at - _since(info.counted_since, server)
    hours = max(window, timedelta(hours=1)) / timedelta(hours=1)
    if info.evictions < 24 or info.evictions / hours < 1:
        return CLEAR
    most = server.inside.settings.get("pg_stat_statements.max") if server.inside.has_seen("settings") else None
    return Problem(
        title=f"{server.instance.ref}: pg_stat_statements throws entries out {info.evictions / hours:,.1f} times an "
        "hour",
        evidence=(
            Evidence(
                what=f"evictions in {human_span(window)}, {info.statements:,} statements kept"
                + (f" of {most}" if most else ""),
                value=f"{info.evictions:,}",
                source="postgres/statements_info",
                threshold="1 an hour, 24 in all",
            ),
        ),
        repair=Repair(
            text="Find what makes so many shapes (lists of varying length, generated names, comments); "
            "else raise pg_stat_statements.max.",
            caution="pg_stat_statements.max takes effect at a restart.",
        ),
    )


def _slow(server: PostgresServer, view: View) -> Verdict:
    rows = server.inside.statements
    if rows is None:
        return NotApplicable("pg_stat_statements is not installed")
    slow = [row for row in rows if _is_slow(row)]
    if not slow:
        return CLEAR
    share = sum(row.total_share_ratio or 0.0 for row in slow)
    return Problem(
        title=f"{server.instance.ref}: {plural(len(slow), 'slow statement')} "
        f"{'takes' if len(slow) == 1 else 'take'} {share:.0%} of all execution time",
        severity=Severity.MEDIUM if share >= 0.5 else None,
        evidence=listed([_statement(row) for row in slow]),
        repair=Repair(
            text="EXPLAIN (ANALYZE, BUFFERS) each with typical values; look for a missing index or stale statistics."
        ),
    )


def _is_slow(row: StatementRow) -> bool:
    if _UPKEEP.match(row.text) or row.calls < 20:
        return False
    return row.total_ms / row.calls >= 200 and (row.total_share_ratio or 0.0) >= 0.1


def _statement(row: StatementRow) -> Evidence:
    return Evidence(
        what=f"{shown(row.text)} ({shown(row.role or '?')} in {shown(row.database or '?')})",
        value=f"{row.calls:,} calls of {human_span(row.total_ms / row.calls / 1000)} on average, "
        f"{row.total_share_ratio or 0.0:.0%} of all time",
        source="postgres/statements",
        threshold="200 ms, 20 calls, 10 % of all time",
        subject=f"query id {row.query_id}",
    )


CACHE = Rule(
    id="pg-cache-misses",
    title="Much is read from outside shared buffers",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_SERVERS,
    check=_cache,
    why="Each miss waits for the operating system or, on Aurora, for storage over the network, which is also billed "
    "per I/O.",
    repair="Better indexes for the statements that read most; then more memory.",
    checks="Less than 90 % of blocks are found in shared buffers (95 % on Aurora, which has no page cache behind it: "
    "medium), "
    "and at least 50 GiB were read since the counters began. Below that volume the ratio says nothing.",
    needs=("sql:postgres.counters",),
    sources=("PostgreSQL documentation, pg_stat_database (recalled)", MEASURED),
    catalogue=(123,),
    sql=True,
)
TEMP = Rule(
    id="pg-temp-spill",
    title="Sorts and hashes spill to disk",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_SERVERS,
    check=_temp,
    why="What does not fit into work_mem is written and read again: slower by much, and I/O taken from everybody.",
    repair="An index that sorts, a statement that needs less, or more work_mem for the role.",
    checks="A database has written 10 GiB of temporary files or more, and 10 GiB a day or more, since its counters "
    "began; "
    "medium from 100 GiB a day.",
    needs=("sql:postgres.counters", "sql:postgres.server"),
    sources=("PostgreSQL documentation, pg_stat_database (recalled)", MEASURED),
    catalogue=(130,),
    sql=True,
)
CHECKPOINTS = Rule(
    id="pg-forced-checkpoints",
    title="Checkpoints are forced by WAL volume",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_SERVERS,
    check=_checkpoints,
    why="Checkpoints that come too often write the same pages again and again, and make WAL larger with full pages.",
    repair="Raise max_wal_size.",
    checks="Half or more of at least 50 checkpoints were requested rather than timed. Not on Aurora. Writers only.",
    needs=("sql:postgres.checkpoints",),
    sources=("PostgreSQL documentation, WAL Configuration (recalled)", MEASURED),
    catalogue=(130,),
    sql=True,
)
STATEMENTS_MISSING = Rule(
    id="pg-statements-missing",
    title="No statement statistics are kept",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_SERVERS,
    check=_statements_missing,
    why="When the database is slow, nothing says which statement it was.",
    repair="Load and create pg_stat_statements.",
    checks="shared_preload_libraries lacks pg_stat_statements, or no database that could be walked has the extension. "
    "Writers only.",
    needs=("sql:postgres.settings", "sql:postgres.statements"),
    sources=("PostgreSQL documentation, pg_stat_statements (recalled)", MEASURED),
    catalogue=(126,),
    sql=True,
)
EVICTING = Rule(
    id="pg-statements-evicting",
    title="Statement statistics are thrown out",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_SERVERS,
    check=_evicting,
    why="Statements come and go from the statistics, so totals are too low, and each eviction locks them all.",
    repair="Fewer shapes of statements, or a larger pg_stat_statements.max.",
    checks="pg_stat_statements_info.dealloc is 24 or more, and one an hour or more since the last reset. From "
    "PostgreSQL 14.",
    needs=("sql:postgres.statements_info",),
    sources=("PostgreSQL documentation, pg_stat_statements_info (recalled)", MEASURED),
    catalogue=(126,),
    sql=True,
)
SLOW = Rule(
    id="pg-slow-statements",
    title="Slow statements take much of the time",
    theme=Theme.POSTGRES,
    severity=Severity.LOW,
    subjects=POSTGRES_SERVERS,
    check=_slow,
    why="They set how large the instance must be, and what everybody else waits for.",
    repair="EXPLAIN (ANALYZE, BUFFERS), then an index or another statement.",
    checks="A statement has 20 calls or more of 200 ms or more on average, and 10 % or more of all execution time "
    "since the "
    "statistics began; medium when such statements take half of it. Upkeep (VACUUM, COPY, CREATE …) does not count.",
    needs=("sql:postgres.statements",),
    sources=("PostgreSQL documentation, pg_stat_statements (recalled)", MEASURED),
    catalogue=(125,),
    sql=True,
)

RULES: tuple[Rule[Any], ...] = (SLOW, CACHE, TEMP, CHECKPOINTS, STATEMENTS_MISSING, EVICTING)
