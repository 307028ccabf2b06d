"""A small load on the engines of a lab, and the sessions that belong to a mess: an idle transaction, a lock queue.

Each worker is a thread with one connection, some statements a second at most. A lost connection is opened again;
`stop` ends all of them. Nothing here measures: what the engines count is read by others.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

import psycopg
import pymysql

from rdsops.lab.demo.mess.plant import app_password
from rdsops.lab.engines.aurora import Topology
from rdsops.lab.engines.spec import Running

Parameters: TypeAlias = tuple[int | str, ...]
Statement: TypeAlias = tuple[str, Callable[[int], Parameters]]
"""SQL with placeholders, and its parameters in the n-th round."""

PgConnection: TypeAlias = psycopg.Connection[tuple[Any, ...]]
MyConnection: TypeAlias = "pymysql.Connection[pymysql.cursors.Cursor]"

_RETRY_S = 0.5

_FIRST_ORDER = 1933835283

SHOP_WEB: tuple[Statement, ...] = (
    ("SELECT id, email, name FROM customers WHERE id = %s", lambda n: (1 + n * 7 % 30000,)),
    ("SELECT product_id, quantity FROM order_lines WHERE order_id = %s", lambda n: (_FIRST_ORDER + n * 31,)),
    ("SELECT id, email FROM customers WHERE email LIKE %s", lambda n: (f"%{n % 300}7@%",)),
    ("INSERT INTO page_views (viewed_at, customer_id, path) VALUES (now(), %s, '/')", lambda n: (1 + n % 30000,)),
    ("UPDATE carts SET touched_at = now() WHERE id = %s", lambda n: (10 * (1 + n % 2500),)),
    ("SELECT id, placed_at FROM orders WHERE customer_id = %s ORDER BY placed_at", lambda n: (1 + n % 30000,)),
    ("SELECT id, title FROM products WHERE id = %s", lambda n: (2 + n % 1900,)),
)
"""What the shop asks all day. Lines by order and addresses by fragment have no index to use."""

SHOP_REPORTS: tuple[Statement, ...] = (
    (
        "SELECT l.product_id, sum(l.quantity * l.unit_price) AS sold FROM order_lines l"
        " JOIN orders o ON o.id = l.order_id WHERE o.status = %s GROUP BY l.product_id ORDER BY sold DESC LIMIT 20",
        lambda n: ("shipped",),
    ),
    (
        "SELECT order_id, unit_price FROM order_lines ORDER BY unit_price, note OFFSET %s LIMIT 10",
        lambda n: (150000 + n,),
    ),
)
"""Reports that read everything; the second sorts more than work_mem holds and spills to disk."""

SHOP_MONTH_END: tuple[Statement, ...] = (
    (
        "SELECT c.country, date_trunc('month', o.placed_at) AS month, sum(l.quantity * l.unit_price) AS sold,"
        " count(DISTINCT o.customer_id) AS buyers FROM order_lines l JOIN orders o ON o.id = l.order_id"
        " JOIN customers c ON c.id = o.customer_id GROUP BY 1, 2 ORDER BY 1, 2 LIMIT %s",
        lambda n: (100,),
    ),
)
"""Some tenths of a second each. The first twenty come at once, so that a review soon after finds a slow statement."""
_HURRIED = 22

ORDERS_WRITER: tuple[Statement, ...] = (
    ("INSERT INTO bookings (account_id, amount) VALUES (%s, 10)", lambda n: (1 + n % 2000,)),
    ("UPDATE accounts SET balance = balance + 1 WHERE id = %s", lambda n: (1 + n % 2000,)),
    ("SELECT balance FROM accounts WHERE id = %s", lambda n: (1 + n % 2000,)),
)

ORDERS_READER: tuple[Statement, ...] = (
    ("SELECT balance FROM accounts WHERE id = %s", lambda n: (1 + n % 2000,)),
    (
        "SELECT amount, booked_at FROM bookings WHERE account_id = %s ORDER BY booked_at DESC LIMIT 10",
        lambda n: (1 + n % 2000,),
    ),
)

CRM_DESK: tuple[Statement, ...] = (
    ("SELECT id, name FROM contacts WHERE email = %s AND name > ''", lambda n: (f"p{1 + n % 20000}@example.com",)),
    ("SELECT id, email FROM contacts WHERE name LIKE %s", lambda n: (f"%son {n % 900}7%",)),
    ("INSERT INTO call_log (called_at, contact_id, minutes) VALUES (NOW(), %s, 3)", lambda n: (1 + n % 20000,)),
    ("UPDATE tickets SET state = 'open' WHERE contact_id = %s", lambda n: (1 + n % 9000,)),
    ("SELECT contact_id, COUNT(*) AS calls FROM call_log WHERE minutes > %s GROUP BY contact_id", lambda n: (n % 20,)),
    ("UPDATE tickets SET state = 'closed' WHERE contact_id = %s", lambda n: (1 + n % 9000,)),
)

BLOCKED_PRODUCT = 1
_TAKE_STOCK = "UPDATE products SET in_stock = in_stock - 1 WHERE id = %s"


@dataclass(frozen=True, slots=True)
class Worked:
    """statements: how many a worker has run; connections: how often it connected (more than once: it was cut off)."""

    statements: int
    connections: int


class Load:
    """The load of a whole lab. Engines are planted before; roles are read from their specs.

    PostgreSQL that is not Aurora: the shop's load, an idle transaction and a lock queue. Aurora: light load on writer
    and readers, and the topology that its writer publishes. MariaDB writer: the desk's load and a long transaction.
    """

    def __init__(self, running_by_id: Mapping[str, Running]) -> None:
        self._running = dict(running_by_id)
        self._workers: list[_Worker] = []
        self._topologies: list[Topology] = []

    def start(self) -> None:
        """Make the applications' passwords, start the workers, and return at once."""
        for running in self._running.values():
            if running.spec.follows is None:
                self._start_family(running)

    def stop(self) -> None:
        """End all workers. Never longer than some seconds, even when an engine is frozen."""
        for worker in self._workers:
            worker.tell_to_stop()
        deadline = time.monotonic() + 5
        for worker in self._workers:
            worker.join(max(0.1, deadline - time.monotonic()))
        for topology in self._topologies:
            topology.stop()
        self._workers.clear()
        self._topologies.clear()

    def worked(self) -> dict[str, Worked]:
        """By worker ("shop/web"), what it has done so far."""
        return {worker.name: worker.worked for worker in self._workers}

    def _start_family(self, writer: Running) -> None:
        user, password = app_password(writer)
        spec = writer.spec
        workers: list[_Worker]
        if spec.flavour == "mariadb":
            desk = _MariadbDoor(writer, user, password)
            workers = [
                _Worker(f"{spec.id}/desk", lambda it: _ask_mariadb(it, desk, CRM_DESK, every_s=0.4)),
                _Worker(f"{spec.id}/export", lambda it: _hold_history(it, desk)),
            ]
        elif spec.aurora:
            readers = [one for one in self._running.values() if one.spec.follows == spec.id]
            workers = [
                _asking(_PostgresDoor(writer, user, password, "booking"), ORDERS_WRITER, every_s=0.4),
                *(
                    _asking(_PostgresDoor(reader, user, password, "browsing"), ORDERS_READER, every_s=0.5)
                    for reader in readers
                ),
            ]
            topology = Topology(lambda: writer)
            topology.start()
            self._topologies.append(topology)
        else:
            workers = _shop_workers(writer, user, password)
        for worker in workers:
            worker.start()
        self._workers += workers


class _Worker:
    """A thread that does its work again after each lost connection, until it is told to stop."""

    def __init__(self, name: str, work: Callable[[_Worker], None]) -> None:
        self.name = name
        self.stopping = threading.Event()
        self.statements = 0
        self.connections = 0
        self.interrupt: Callable[[], None] | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, name=f"load {name}", daemon=True)

    @property
    def worked(self) -> Worked:
        return Worked(self.statements, self.connections)

    def start(self) -> None:
        self._thread.start()

    def tell_to_stop(self) -> None:
        self.stopping.set()
        if self.interrupt is not None:
            try:
                self.interrupt()
            except (psycopg.Error, OSError):
                return  # its engine is gone or frozen: the thread is a daemon, and waits for nobody

    def join(self, within_s: float) -> None:
        self._thread.join(within_s)

    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                self._work(self)
            except (psycopg.Error, pymysql.Error, OSError):
                self.stopping.wait(_RETRY_S)


@dataclass(frozen=True, slots=True)
class _PostgresDoor:
    running: Running
    user: str
    password: str
    application: str

    @contextmanager
    def open(self, worker: _Worker) -> Iterator[PgConnection]:
        connection = psycopg.connect(
            host=self.running.host,
            port=self.running.port,
            user=self.user,
            password=self.password,
            dbname=self.running.spec.database,
            application_name=self.application,
            options="-c work_mem=256kB",
            autocommit=True,
            connect_timeout=5,
        )
        worker.connections += 1
        worker.interrupt = lambda: connection.cancel_safe(timeout=2)
        try:
            yield connection
        finally:
            worker.interrupt = None
            connection.close()


@dataclass(frozen=True, slots=True)
class _MariadbDoor:
    running: Running
    user: str
    password: str

    @contextmanager
    def open(self, worker: _Worker) -> Iterator[MyConnection]:
        connection = pymysql.connect(
            host=self.running.host,
            port=self.running.port,
            user=self.user,
            password=self.password,
            database=self.running.spec.database,
            autocommit=True,
            connect_timeout=5,
            read_timeout=10,
        )
        worker.connections += 1
        try:
            yield connection
        finally:
            connection.close()


def _asking(door: _PostgresDoor, statements: Sequence[Statement], *, every_s: float, hurried: int = 0) -> _Worker:
    """hurried: how many of the first statements come without a pause."""

    def work(worker: _Worker) -> None:
        with door.open(worker) as connection:
            for n in count():
                if worker.stopping.is_set():
                    return
                text, parameters = statements[n % len(statements)]
                connection.execute(text.encode(), parameters(n))
                worker.statements += 1
                if n >= hurried:
                    worker.stopping.wait(every_s)

    return _Worker(f"{door.running.spec.id}/{door.application}", work)


def _ask_mariadb(worker: _Worker, door: _MariadbDoor, statements: Sequence[Statement], *, every_s: float) -> None:
    with door.open(worker) as connection, connection.cursor() as cursor:
        for n in count():
            if worker.stopping.is_set():
                return
            text, parameters = statements[n % len(statements)]
            cursor.execute(text, parameters(n))
            worker.statements += 1
            worker.stopping.wait(every_s)


def _hold_history(worker: _Worker, door: _MariadbDoor) -> None:
    """A transaction that was opened for an export and never ended: nothing newer than it can be purged."""
    with door.open(worker) as connection, connection.cursor() as cursor:
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        cursor.execute("SELECT COUNT(*) FROM tickets")
        worker.statements += 1
        while not worker.stopping.wait(1.0):
            connection.ping(reconnect=False)


def _shop_workers(writer: Running, user: str, password: str) -> list[_Worker]:
    def door(application: str) -> _PostgresDoor:
        return _PostgresDoor(writer, user, password, application)

    id = writer.spec.id
    held = threading.Event()
    return [
        _asking(door("web"), SHOP_WEB, every_s=0.25),
        _asking(door("reports"), SHOP_REPORTS, every_s=2.0),
        _asking(door("month-end"), SHOP_MONTH_END, every_s=5.0, hurried=_HURRIED),
        _Worker(f"{id}/billing", lambda it: _idle_in_transaction(it, door("billing"))),
        _Worker(f"{id}/stock-import", lambda it: _hold_product(it, door("stock-import"), held)),
        *(
            _Worker(f"{id}/{name}", lambda it, name=name: _wait_for_product(it, door(name), held))  # type: ignore[misc]
            for name in ("checkout-1", "checkout-2")
        ),
    ]


def _idle_in_transaction(worker: _Worker, door: _PostgresDoor) -> None:
    """Reads in a transaction and then thinks for ever: its snapshot keeps dead rows of all tables."""
    with door.open(worker) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        connection.execute("SELECT count(*) FROM invoices")
        worker.statements += 1
        _hold(worker, connection)


def _hold_product(worker: _Worker, door: _PostgresDoor, held: threading.Event) -> None:
    """The root of the lock queue: took a row and does not commit."""
    with door.open(worker) as connection:
        connection.execute("BEGIN")
        connection.execute(_TAKE_STOCK.encode(), (BLOCKED_PRODUCT,))
        worker.statements += 1
        held.set()
        try:
            _hold(worker, connection)
        finally:
            held.clear()


def _wait_for_product(worker: _Worker, door: _PostgresDoor, held: threading.Event) -> None:
    """Waits for that row, behind its holder; never comes first, since it waits for the holder to have it."""
    while not held.wait(0.2):
        if worker.stopping.is_set():
            return
    with door.open(worker) as connection:
        connection.execute(_TAKE_STOCK.encode(), (BLOCKED_PRODUCT,))
        worker.statements += 1


def _hold(worker: _Worker, connection: PgConnection) -> None:
    """Keep an idle session until told to stop. A server that ends it makes its socket readable: then raise."""
    while not worker.stopping.is_set():
        readable, _, _ = select.select([connection.fileno()], [], [], 0.2)
        if readable:
            raise psycopg.OperationalError("the idle session was ended by its server")
