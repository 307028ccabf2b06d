"""Sessions as they are now: transactions that stay open, and queues for a lock."""

from __future__ import annotations

from typing import Any

from rdsops.advise.finding import Evidence, Repair, Severity, Sql, Theme
from rdsops.advise.rule import CLEAR, Problem, Rule, Verdict
from rdsops.advise.rules.postgres_evidence import MEASURED, first, listed, plural
from rdsops.advise.subjects import POSTGRES_SERVERS, PostgresServer
from rdsops.advise.view import View
from rdsops.core.units import human_span
from rdsops.fleet.postgres_inside import LockRow, SessionRow
from rdsops.fleet.postgres_names import shown

_IDLE = ("idle in transaction", "idle in transaction (aborted)")


def _long_transaction(server: PostgresServer, view: View) -> Verdict:
    long = [row for row in server.inside.sessions if row.state not in _IDLE and row.transaction_s >= 3600]
    if not long:
        return CLEAR
    return Problem(
        title=f"{server.instance.ref} runs {plural(len(long), 'transaction')} of up to "
        f"{human_span(long[0].transaction_s)}",
        severity=Severity.HIGH if long[0].transaction_s >= 6 * 3600 else None,
        evidence=listed([_session_evidence(row, "in a transaction for", row.transaction_s, "1 h") for row in long]),
        repair=Repair(
            text="Cut long work into pieces; where it is forgotten, end it. statement_timeout bounds the rest.",
            sql=first(_terminate(row.pid, "cancels what it does") for row in long),
        ),
    )


def _idle_in_transaction(server: PostgresServer, view: View) -> Verdict:
    idle = [row for row in server.inside.sessions if row.state in _IDLE and _idle_s(row) >= 30]
    if not idle:
        return CLEAR
    idle.sort(key=lambda row: -_idle_s(row))
    longest = _idle_s(idle[0])
    return Problem(
        title=f"{server.instance.ref} has {plural(len(idle), 'session')} idle in a transaction, "
        f"the longest for {human_span(longest)}",
        severity=Severity.HIGH if longest >= 3600 else Severity.MEDIUM if longest >= 300 else Severity.LOW,
        evidence=listed([_session_evidence(row, f"{row.state} for", _idle_s(row), "30 s") for row in idle]),
        repair=Repair(
            text="Commit before the application waits for anything else; set idle_in_transaction_session_timeout.",
            sql=first(_terminate(row.pid, "its open transaction is rolled back") for row in idle),
        ),
    )


def _idle_s(row: SessionRow) -> float:
    return row.transaction_s if row.state_s is None else row.state_s


def _session_evidence(row: SessionRow, what: str, seconds: float, threshold: str) -> Evidence:
    query = "" if row.query_id is None else f", query id {row.query_id}"
    wait = "" if row.wait is None else f", waits on {row.wait}"
    return Evidence(
        what=f"{shown(row.role or '?')} in {shown(row.database or '?')} ({shown(row.application or 'no name')}) is "
        f"{what}",
        value=f"{human_span(seconds)}{wait}{query}",
        source="postgres/sessions",
        threshold=threshold,
        subject=f"pid {row.pid}",
    )


def _terminate(pid: int, caution: str) -> Sql:
    return Sql(database=None, statement=f"SELECT pg_terminate_backend({pid})", caution=caution)


def _blocked(server: PostgresServer, view: View) -> Verdict:
    rows = {row.pid: row for row in server.inside.lock_waits}
    waiting = [row for row in rows.values() if row.waits_s is not None and row.waits_s >= 5]
    if not waiting:
        return CLEAR
    behind: dict[int, list[LockRow]] = {}
    for row in waiting:
        for root in roots(row.pid, rows):
            behind.setdefault(root, []).append(row)
    order = sorted(behind, key=lambda root: (-len(behind[root]), root))
    longest = max(row.waits_s or 0.0 for row in waiting)
    evidence: list[Evidence] = []
    for root in order:
        queue = sorted(behind[root], key=lambda row: -(row.waits_s or 0.0))
        evidence.append(
            Evidence(
                what=f"{_who(root, rows)} stands first in the way of",
                value=plural(len(queue), "session"),
                source="postgres/lock_waits",
                subject=f"pid {root}" if root else "prepared transaction",
            )
        )
        evidence += [
            Evidence(
                what=f"{_who(row.pid, rows)} waits for {row.wants or 'a lock'} behind {_pids(row.blocked_by)} for",
                value=human_span(row.waits_s or 0.0),
                source="postgres/lock_waits",
                threshold="5 s",
                subject=f"pid {row.pid}",
            )
            for row in queue
        ]
    return Problem(
        title=f"{server.instance.ref}: {plural(len(waiting), 'session waits', 'sessions wait')} "
        f"for locks, up to {human_span(longest)}, "
        f"behind {_who(order[0], rows)}",
        severity=Severity.HIGH if longest >= 60 or len(waiting) >= 10 else None,
        evidence=listed(evidence),
        repair=Repair(
            text="End the session at the root of the queue; the others then go on by themselves. Set lock_timeout for "
            "DDL.",
            sql=first(_terminate(root, "its open transaction is rolled back") for root in order if root),
        ),
    )


def roots(pid: int, rows: dict[int, LockRow]) -> tuple[int, ...]:
    """Who stands at the end of a session's chain of blockers: those that wait for nobody themselves.

    0 is a prepared transaction. In a ring (a deadlock not yet broken) its least pid stands for it.
    """
    found: set[int] = set()
    seen: set[int] = set()
    left = [pid]
    while left:
        each = left.pop()
        if each in seen:
            continue
        seen.add(each)
        before = rows[each].blocked_by if each in rows else ()
        if not before:
            found.add(each)
        left.extend(before)
    return tuple(sorted(found)) if found else (min(seen),)


def _who(pid: int, rows: dict[int, LockRow]) -> str:
    if pid == 0:
        return "a prepared transaction"
    row = rows.get(pid)
    if row is None:
        return f"pid {pid}"
    since = "" if row.transaction_s is None else f", in its transaction for {human_span(row.transaction_s)}"
    return f"pid {pid} ({shown(row.role or '?')}, {row.state or 'state unknown'}{since})"


def _pids(pids: tuple[int, ...]) -> str:
    return ", ".join("a prepared transaction" if pid == 0 else f"pid {pid}" for pid in sorted(set(pids)))


LONG_TRANSACTION = Rule(
    id="pg-long-transaction",
    title="A transaction runs for an hour or longer",
    theme=Theme.POSTGRES,
    severity=Severity.MEDIUM,
    subjects=POSTGRES_SERVERS,
    check=_long_transaction,
    why="It keeps its locks and lets no dead row be removed; on a reader, replay waits for it or kills it.",
    repair="Cut the work into pieces, or end the session.",
    checks="A client session's transaction is 1 hour old or more while it works; high from 6 hours. At the moment of "
    "the "
    "survey; without pg_monitor not known.",
    needs=("sql:postgres.sessions",),
    sources=("PostgreSQL documentation, pg_stat_activity (recalled)", MEASURED),
    catalogue=(120,),
    sql=True,
)
IDLE_IN_TRANSACTION = Rule(
    id="pg-idle-in-transaction",
    title="Sessions sit idle in an open transaction",
    theme=Theme.POSTGRES,
    severity=Severity.MEDIUM,
    subjects=POSTGRES_SERVERS,
    check=_idle_in_transaction,
    why="The transaction's locks and snapshot stay while nobody works: others wait, and VACUUM removes nothing newer.",
    repair="Commit earlier in the application; set idle_in_transaction_session_timeout.",
    checks="A client session is idle in transaction for 30 seconds or more: low; medium from 5 minutes, high from 1 "
    "hour. "
    "At the moment of the survey; without pg_monitor not known.",
    needs=("sql:postgres.sessions",),
    sources=("PostgreSQL documentation, pg_stat_activity (recalled)", MEASURED),
    catalogue=(120,),
    sql=True,
)
BLOCKED = Rule(
    id="pg-blocked-sessions",
    title="Sessions wait for locks",
    theme=Theme.POSTGRES,
    severity=Severity.MEDIUM,
    subjects=POSTGRES_SERVERS,
    check=_blocked,
    why="Each that waits holds a connection; the queue grows until the pool is empty and the application stands.",
    repair="End the session at the root of the queue.",
    checks="A session has waited 5 seconds or more for a heavyweight lock; high from 60 seconds or 10 sessions. The "
    "tree of "
    "blockers is followed to its roots. At the moment of the survey; without pg_monitor not known.",
    needs=("sql:postgres.lock_waits",),
    sources=("PostgreSQL documentation, pg_blocking_pids (recalled)", MEASURED),
    catalogue=(120,),
    sql=True,
)

RULES: tuple[Rule[Any], ...] = (BLOCKED, IDLE_IN_TRANSACTION, LONG_TRANSACTION)
