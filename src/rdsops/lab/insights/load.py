"""Where load comes from: a ring of one-second samples of a real engine, or a generated profile that says so."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from rdsops.lab.cloudwatch.curves import mixed
from rdsops.lab.cloudwatch.grid import DAY, HOUR, MINUTE
from rdsops.lab.cloudwatch.history import History
from rdsops.lab.insights.digests import digest_id
from rdsops.lab.insights.sessions import Family, Session

SECONDS_KEPT = HOUR
"""One-second samples; older ones are rolled up to minutes."""
MINUTES_KEPT = 7 * DAY // MINUTE
"""The retention of Performance Insights by default: 7 days (botocore 1.44.5, GetResourceMetrics, read 2026-11-23)."""
MOST_SESSIONS = 500
"""Different sessions told apart in a rolled-up minute; the rest keep their wait only."""
MOST_TEXTS = 5000


@dataclass(slots=True)
class Slot:
    """A period. seconds: how many were sampled; 0 is a gap. active: session -> seconds that it was seen active."""

    start: int
    seconds: int = 0
    active: dict[Session, float] = field(default_factory=dict)


class LoadSource(Protocol):
    """The load of one database. generated: nobody measured it."""

    family: Family
    generated: bool

    def slots(self, start: int, end: int, period_s: int, now: int) -> list[Slot]:
        """The periods of [start, end), on the grid of the period, that have samples; oldest first."""

    def text(self, statement: str) -> str | None:
        """The text of a digest, without literals; None when it is not known (any more)."""


class Ring:
    """Samples of a real engine: an hour of seconds, seven days of minutes; memory is bounded."""

    generated = False

    def __init__(self, family: Family) -> None:
        self.family: Family = family
        self._lock = threading.Lock()
        self._seconds: deque[tuple[int, Counter[Session]]] = deque()
        self._minutes: OrderedDict[int, Slot] = OrderedDict()
        self._texts: OrderedDict[str, str] = OrderedDict()

    def add(self, second: int, sessions: Iterable[Session]) -> None:
        """One sample; seconds only go forward, a second that was sampled already is left as it is."""
        with self._lock:
            if self._seconds and second <= self._seconds[-1][0]:
                return
            self._seconds.append((second, Counter(sessions)))
            while self._seconds[0][0] <= second - SECONDS_KEPT:
                self._roll_up(*self._seconds.popleft())

    def learn(self, statement: str, text: str) -> None:
        """The text of a digest, without literals."""
        with self._lock:
            self._texts[statement] = text
            self._texts.move_to_end(statement)
            while len(self._texts) > MOST_TEXTS:
                self._texts.popitem(last=False)

    def knows(self, statement: str) -> bool:
        with self._lock:
            return statement in self._texts

    def text(self, statement: str) -> str | None:
        with self._lock:
            return self._texts.get(statement)

    def slots(self, start: int, end: int, period_s: int, now: int) -> list[Slot]:
        found: dict[int, Slot] = {}
        with self._lock:
            if period_s % MINUTE == 0:
                for minute, rolled in self._minutes.items():
                    if start <= minute * MINUTE < end:
                        _count(found, minute * MINUTE, period_s, rolled.seconds, rolled.active)
            for second, active in self._seconds:
                if start <= second < end:
                    _count(found, second, period_s, 1, active)
        return [found[at] for at in sorted(found)]

    def _roll_up(self, second: int, active: Counter[Session]) -> None:
        slot = self._minutes.setdefault(second // MINUTE, Slot(second // MINUTE * MINUTE))
        slot.seconds += 1
        for session, times in active.items():
            kept = session
            if session not in slot.active and len(slot.active) >= MOST_SESSIONS:
                kept = Session(session.wait_type, session.wait_event)
            slot.active[kept] = slot.active.get(kept, 0) + times
        while len(self._minutes) > MINUTES_KEPT:
            self._minutes.popitem(last=False)


class GeneratedLoad:
    """Load for an object without an engine: the DBLoad of its history, shared out over waits and digests by a seed."""

    generated = True

    def __init__(self, family: Family, history: History) -> None:
        self.family: Family = family
        self._history = history
        self._shares = _shares(family, history.seed)
        self._texts = {digest_id(text): text for text in _STATEMENTS}

    def text(self, statement: str) -> str | None:
        return self._texts.get(statement)

    def slots(self, start: int, end: int, period_s: int, now: int) -> list[Slot]:
        first = max(start, self._history.begins, now - SECONDS_KEPT if period_s < MINUTE else 0)
        if first >= min(end, now):
            return []
        found: dict[int, Slot] = {}
        minutely = self._history.buckets("DBLoad", first, min(end, now), max(period_s, MINUTE), raw=False)
        for bucket in minutely:
            seconds, load = int(bucket.count) * MINUTE, bucket.total / bucket.count
            active = {session: share * load * seconds for session, share in self._shares}
            if period_s >= MINUTE:
                _count(found, bucket.start, period_s, seconds, active)
                continue
            second = {session: share * load for session, share in self._shares}
            for at in range(max(bucket.start, first), min(bucket.start + MINUTE, end)):
                _count(found, at, period_s, 1, second)
        return [found[at] for at in sorted(found)]


def _count(found: dict[int, Slot], at: int, period_s: int, seconds: int, active: Mapping[Session, float]) -> None:
    start = at - at % period_s
    slot = found.get(start)
    if slot is None:
        slot = found[start] = Slot(start)
    slot.seconds += seconds
    for session, times in active.items():
        slot.active[session] = slot.active.get(session, 0) + times


_STATEMENTS = (
    "SELECT o.id, o.state, o.total FROM orders o WHERE o.customer_id = ? ORDER BY o.created_at DESC LIMIT ?",
    "UPDATE stock SET available = available - ? WHERE sku = ? AND available >= ?",
    "INSERT INTO order_lines (order_id, sku, quantity, price) VALUES (?, ?, ?, ?)",
    "SELECT c.id, c.name FROM customers c WHERE lower(c.email) = ?",
    "SELECT sum(l.quantity * l.price) FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.created_at > ?",
)
_POSTGRES_WAITS = (
    ("CPU", "CPU", 0.55),
    ("IO", "IO:DataFileRead", 0.2),
    ("LWLock", "LWLock:WALWrite", 0.1),
    ("Client", "Client:ClientRead", 0.08),
    ("Lock", "Lock:transactionid", 0.07),
)
_MYSQL_WAITS = (
    ("CPU", "CPU", 0.55),
    ("io", "wait/io/table/sql/handler", 0.25),
    ("io", "wait/io/file/innodb/innodb_data_file", 0.13),
    ("synch", "wait/synch/mutex/innodb/buf_pool_mutex", 0.07),
)


def _shares(family: Family, seed: str) -> tuple[tuple[Session, float], ...]:
    """(session, share of the load), summing to one; which statement leads depends on the seed."""
    waits = _POSTGRES_WAITS if family == "postgres" else _MYSQL_WAITS
    turn = mixed(sum(seed.encode())) % len(_STATEMENTS)
    weights = (0.4, 0.25, 0.15, 0.12, 0.08)
    shares: list[tuple[Session, float]] = []
    for wait_type, wait_event, part in waits:
        for number, weight in enumerate(weights):
            statement = digest_id(_STATEMENTS[(number + turn) % len(_STATEMENTS)])
            session = Session(
                wait_type=wait_type,
                wait_event=wait_event,
                statement=statement,
                engine_statement=f"pi-{int(statement[:8], 16)}",
                user="app",
                host=f"10.0.{number}.10",
                application="shop" if family == "postgres" else None,
                database="shop",
                kind="client backend" if family == "postgres" else None,
            )
            shares.append((session, part * weight))
    return tuple(shares)
