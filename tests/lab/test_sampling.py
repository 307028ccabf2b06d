"""The samplers against real engines: load under a known number of waiters, metrics, cut connections, no literal."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pymysql
import pytest

from rdsops.lab.clock import Clock
from rdsops.lab.cloudwatch.store import MetricKey, MetricStore, Place, sorted_dimensions
from rdsops.lab.endpoint.contract import Who
from rdsops.lab.engines.spec import Running
from rdsops.lab.insights.service import PiService
from rdsops.lab.sampling.metrics import UNITS
from rdsops.lab.sampling.sampler import Sampler
from rdsops.lab.sampling.sampling import Sampling
from rdsops.lab.sampling.subject import APPLICATION, Sampled

pytestmark = pytest.mark.engines

WHO = Who("111111111111", "eu-central-1", "arn:aws:iam::111111111111:user/test")
WAITERS = 8
RESOURCE = "db-SAMPLED"


class Room:
    """A store, a Performance Insights and samplers, all real."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = MetricStore()
        self.insights = PiService(self.clock)
        self.sampling = Sampling(self.store, self.insights, self.clock, metrics_every_s=1.0)

    def watch(self, running: Running, **more: Any) -> Sampler:
        return self.sampling.add(
            Sampled(running=running, account=WHO.account, region=WHO.region, resource_id=RESOURCE, **more)
        )

    def metrics(self, **dimensions: str) -> dict[str, float]:
        """Metric -> its highest value so far, under these dimensions exactly."""
        now = int(self.clock.now().timestamp())
        wanted = sorted_dimensions(dimensions)
        keys = [key for key in self.store.keys(Place(WHO.account, WHO.region)) if key.dimensions == wanted]
        found = {key.name: self.store.buckets(key, now // 60 * 60 - 300, now + 60, 60, now=now) for key in keys}
        return {name: max(bucket.high for bucket in buckets) for name, buckets in found.items() if buckets}

    def load(self, group: str, since: int, until: int) -> dict[str, float]:
        """The first dimension of each key -> its load over whole seconds."""
        at = self.clock.now().astimezone()
        answer = self.insights.answers["DescribeDimensionKeys"](
            WHO,
            {
                "ServiceType": "RDS",
                "Identifier": RESOURCE,
                "StartTime": at.fromtimestamp(since, at.tzinfo),
                "EndTime": at.fromtimestamp(until, at.tzinfo),
                "Metric": "db.load.avg",
                "GroupBy": {"Group": group},
                "PeriodInSeconds": 1,
            },
        )
        return {next(iter(key["Dimensions"].values())): key["Total"] for key in answer["Keys"]}


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.sampling.stop()


def wait_for(true: Callable[[], object], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        pause.wait(0.05)


def postgres_client(running: Running, **more: Any) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=running.host,
        port=running.port,
        user=running.spec.master_user,
        password=running.password,
        dbname=running.spec.database,
        autocommit=True,
        **more,
    )


def mariadb_client(running: Running) -> pymysql.Connection[Any]:
    return pymysql.connect(
        host=running.host,
        port=running.port,
        user=running.spec.master_user,
        password=running.password,
        database=running.spec.database,
        autocommit=True,
        read_timeout=60,
    )


@contextmanager
def clients(works: list[Callable[[], object]]) -> Iterator[list[BaseException]]:
    """Each work in a thread of its own; their errors are collected, and they are joined at the end."""
    errors: list[BaseException] = []

    def guarded(work: Callable[[], object]) -> None:
        try:
            work()
        except (psycopg.Error, pymysql.Error) as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield errors
    finally:
        for thread in threads:
            thread.join(30)


def seconds_of(room: Room, sampler: Sampler, how_many: int) -> tuple[int, int]:
    """Wait for whole seconds of samples that begin after now; (first, end) of them."""
    first = int(room.clock.now().timestamp()) + 1
    before = sampler.samples
    wait_for(lambda: sampler.samples >= before + how_many + 2)
    return first, first + how_many


def test_as_many_postgres_clients_as_wait_for_a_lock_are_its_load(room: Room, postgres_newest: Running) -> None:
    sampler = room.watch(postgres_newest)
    with ExitStack() as stack:
        holder = stack.enter_context(postgres_client(postgres_newest, application_name="holder"))
        holder.execute("CREATE TABLE sampled_queue (id int)")
        holder.execute("BEGIN")
        holder.execute("LOCK TABLE sampled_queue IN ACCESS EXCLUSIVE MODE")
        waiting = [
            stack.enter_context(postgres_client(postgres_newest, application_name="waiter")) for _ in range(WAITERS)
        ]

        def wait_on(connection: psycopg.Connection[Any]) -> Callable[[], object]:
            return lambda: connection.execute("SELECT id FROM sampled_queue WHERE id = 424242")

        with clients([wait_on(connection) for connection in waiting]) as errors:
            wait_for(lambda: "Lock:relation" in room.load("db.wait_event", *_last(room, 3)))
            first, end = seconds_of(room, sampler, 5)
            waits = room.load("db.wait_event", first, end)
            applications = room.load("db.application", first, end)
            statements = room.load("db.sql_tokenized", first, end)
            text = room.insights.answers["DescribeDimensionKeys"](WHO, _by_statement(room, first, end))["Keys"][0]
            holder.execute("ROLLBACK")
        holder.execute("DROP TABLE sampled_queue")
    assert not errors
    assert waits["Lock:relation"] == pytest.approx(WAITERS, rel=0.05)
    assert applications["waiter"] == pytest.approx(WAITERS, rel=0.05)
    assert max(statements.values()) == pytest.approx(WAITERS, rel=0.05)
    assert text["Dimensions"]["db.sql_tokenized.statement"] == "SELECT id FROM sampled_queue WHERE id = ?"


@pytest.mark.mariadb
def test_as_many_mariadb_clients_as_wait_for_a_table_are_its_load(room: Room, mariadb_server: Running) -> None:
    sampler = room.watch(mariadb_server)
    with ExitStack() as stack:
        holder = stack.enter_context(mariadb_client(mariadb_server))
        with holder.cursor() as cursor:
            cursor.execute("CREATE TABLE sampled_queue (id int PRIMARY KEY) ENGINE=InnoDB")
            cursor.execute("LOCK TABLES sampled_queue WRITE")
            waiting = [stack.enter_context(mariadb_client(mariadb_server)) for _ in range(WAITERS)]

            def wait_on(connection: pymysql.Connection[Any]) -> Callable[[], object]:
                return lambda: connection.query("SELECT id FROM sampled_queue WHERE id = 424242")

            with clients([wait_on(connection) for connection in waiting]) as errors:
                wait_for(lambda: "wait/lock/metadata/sql/mdl" in room.load("db.wait_event", *_last(room, 3)))
                first, end = seconds_of(room, sampler, 5)
                waits = room.load("db.wait_event", first, end)
                users = room.load("db.user", first, end)
                text = room.insights.answers["DescribeDimensionKeys"](WHO, _by_statement(room, first, end))["Keys"][0]
                cursor.execute("UNLOCK TABLES")
            cursor.execute("DROP TABLE sampled_queue")
    assert not errors
    assert waits["wait/lock/metadata/sql/mdl"] == pytest.approx(WAITERS, rel=0.05)
    assert users[mariadb_server.spec.master_user] == pytest.approx(WAITERS, rel=0.05)
    statement = text["Dimensions"]["db.sql_tokenized.statement"].replace("`", "")
    assert "sampled_queue" in statement
    assert "424242" not in statement


@pytest.mark.mariadb
def test_mariadb_clients_that_wait_for_a_row_are_told_from_those_that_compute(
    room: Room, mariadb_server: Running
) -> None:
    sampler = room.watch(mariadb_server)
    with ExitStack() as stack:
        holder = stack.enter_context(mariadb_client(mariadb_server))
        with holder.cursor() as cursor:
            cursor.execute("CREATE TABLE sampled_rows (id int PRIMARY KEY, n int) ENGINE=InnoDB")
            cursor.execute("INSERT INTO sampled_rows VALUES (1, 0)")
            cursor.execute("BEGIN")
            cursor.execute("UPDATE sampled_rows SET n = 1 WHERE id = 1")
            waiting = [stack.enter_context(mariadb_client(mariadb_server)) for _ in range(3)]

            def wait_on(connection: pymysql.Connection[Any]) -> Callable[[], object]:
                return lambda: connection.query("UPDATE sampled_rows SET n = n + 1 WHERE id = 1")

            with clients([wait_on(connection) for connection in waiting]) as errors:
                row_lock = "wait/synch/cond/innodb/row_lock_wait"
                wait_for(lambda: row_lock in room.load("db.wait_event", *_last(room, 3)))
                first, end = seconds_of(room, sampler, 4)
                waits = room.load("db.wait_event", first, end)
                cursor.execute("COMMIT")
            cursor.execute("DROP TABLE sampled_rows")
    assert not errors
    assert waits[row_lock] == pytest.approx(3, rel=0.1)


def test_a_busy_postgres_shows_on_its_metrics_under_the_names_of_aws(room: Room, postgres_newest: Running) -> None:
    sampler = room.watch(postgres_newest, vcpu=2.0, memory_bytes=2**34, storage_bytes=20 * 2**30)
    stopped = threading.Event()

    def work() -> None:
        with postgres_client(postgres_newest, application_name="worker") as connection:
            while not stopped.is_set():
                connection.execute("SELECT sum(n) FROM generate_series(1, 200000) AS n")

    with clients([work]) as errors:
        wait_for(lambda: room.metrics(DBInstanceIdentifier=postgres_newest.spec.id).get("CPUUtilization", 0) > 5)
        wait_for(lambda: room.metrics(DBInstanceIdentifier=postgres_newest.spec.id).get("DBLoadCPU", 0) > 0)
        stopped.set()
    assert not errors
    found = room.metrics(DBInstanceIdentifier=postgres_newest.spec.id)
    assert set(found) <= set(UNITS)
    assert found["CPUUtilization"] <= 100
    assert 1 <= found["DatabaseConnections"] < 80
    assert 0 < found["FreeableMemory"] < 2**34
    assert 19 * 2**30 < found["FreeStorageSpace"] < 20 * 2**30
    assert found["MaximumUsedTransactionIDs"] > 0
    assert found["TransactionLogsDiskUsage"] >= 4 * 2**20
    assert found["DBLoad"] == pytest.approx(found["DBLoadCPU"] + found["DBLoadNonCPU"], abs=1.0)
    for absent in ("ReplicaLag", "AuroraReplicaLag", "FreeLocalStorage", "CommitThroughput", "BinLogDiskUsage"):
        assert absent not in found
    assert sampler.alive


def test_a_postgres_that_stands_for_aurora_speaks_of_its_cluster_and_role(room: Room, postgres_newest: Running) -> None:
    room.watch(postgres_newest, cluster="orders")
    with postgres_client(postgres_newest) as connection:
        wait_for(
            lambda: (
                connection.execute("SELECT 1")
                and room.metrics(DBClusterIdentifier="orders", Role="WRITER").get("CommitThroughput", 0) > 0
            )
        )
    member = room.metrics(DBInstanceIdentifier=postgres_newest.spec.id)
    assert {"CommitThroughput", "Deadlocks", "BufferCacheHitRatio", "FreeLocalStorage"} <= set(member)
    assert "FreeStorageSpace" not in member
    assert "VolumeBytesUsed" not in member
    assert room.metrics(DBClusterIdentifier="orders")["VolumeBytesUsed"] > 0


def test_an_abandoned_slot_shows_how_far_it_is_behind(room: Room, postgres_newest: Running) -> None:
    with postgres_client(postgres_newest) as connection:
        connection.execute("SELECT pg_create_physical_replication_slot('sampled_slot', true)")
        connection.execute("CREATE TABLE sampled_wal AS SELECT repeat('x', 500) AS t FROM generate_series(1, 2000)")
        room.watch(postgres_newest)
        wait_for(
            lambda: (
                room.metrics(DBInstanceIdentifier=postgres_newest.spec.id).get("OldestReplicationSlotLag", 0) > 500e3
            )
        )
        connection.execute("SELECT pg_drop_replication_slot('sampled_slot')")
        connection.execute("DROP TABLE sampled_wal")
    assert room.metrics(DBInstanceIdentifier=postgres_newest.spec.id)["ReplicationSlotDiskUsage"] > 0


@pytest.mark.mariadb
def test_mariadb_shows_its_own_metrics(room: Room, mariadb_server: Running) -> None:
    room.watch(mariadb_server)
    wait_for(lambda: "CPUUtilization" in room.metrics(DBInstanceIdentifier=mariadb_server.spec.id))
    found = room.metrics(DBInstanceIdentifier=mariadb_server.spec.id)
    assert {"RollbackSegmentHistoryListLength", "BinLogDiskUsage", "DatabaseConnections", "FreeStorageSpace"} <= set(
        found
    )
    assert found["BinLogDiskUsage"] > 0
    for absent in ("ReplicaLag", "MaximumUsedTransactionIDs", "TransactionLogsDiskUsage"):
        assert absent not in found


def test_a_cut_connection_leaves_a_gap_and_sampling_goes_on(room: Room, postgres_newest: Running) -> None:
    sampler = room.watch(postgres_newest)
    wait_for(lambda: sampler.samples >= 2)
    with postgres_client(postgres_newest) as connection:
        before = sampler.samples
        ended = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = %s", (APPLICATION,)
        ).fetchone()
        assert ended == (1,)
    wait_for(lambda: sampler.samples >= before + 2)
    assert sampler.alive


def test_a_sampler_stops_at_once_and_leaves_no_connection(room: Room, postgres_newest: Running) -> None:
    sampler = room.watch(postgres_newest)
    wait_for(lambda: sampler.samples >= 1)
    began = time.monotonic()
    room.sampling.stop()
    assert time.monotonic() - began < 2
    assert not sampler.alive
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
    with postgres_client(postgres_newest) as connection:
        wait_for(lambda: connection.execute(query, (APPLICATION,)).fetchone() == (0,))


def test_no_literal_of_a_statement_is_kept(room: Room, postgres_newest: Running) -> None:
    sampler = room.watch(postgres_newest)
    with postgres_client(postgres_newest) as connection:
        work = lambda: connection.execute("SELECT pg_sleep(4), 'swordfish', $$tr'out$$, 98765")  # noqa: E731
        with clients([work]):
            wait_for(lambda: "Timeout:PgSleep" in room.load("db.wait_event", *_last(room, 3)))
            first, end = seconds_of(room, sampler, 1)
            request = _by_statement(room, first - 1, end)
            keys = room.insights.answers["DescribeDimensionKeys"](WHO, request)["Keys"]
    texts = " ".join(key["Dimensions"]["db.sql_tokenized.statement"] for key in keys)
    assert "pg_sleep" in texts
    for literal in ("swordfish", "tr'out", "98765"):
        assert literal not in texts


def test_the_sampled_metric_is_read_by_its_exact_key(room: Room, postgres_newest: Running) -> None:
    room.watch(postgres_newest)
    place = Place(WHO.account, WHO.region)
    wait_for(lambda: any(True for _ in room.store.keys(place)))
    instance = (("DBInstanceIdentifier", postgres_newest.spec.id),)
    assert room.store.origin(MetricKey(place, "AWS/RDS", "DatabaseConnections", instance)) == "measured"


def _last(room: Room, seconds: int) -> tuple[int, int]:
    now = int(room.clock.now().timestamp())
    return now - seconds, now + 1


def _by_statement(room: Room, first: int, end: int) -> dict[str, Any]:
    zero = room.clock.now().replace(microsecond=0)
    now = int(zero.timestamp())
    return {
        "ServiceType": "RDS",
        "Identifier": RESOURCE,
        "StartTime": zero + timedelta(seconds=first - now),
        "EndTime": zero + timedelta(seconds=end - now),
        "Metric": "db.load.avg",
        "GroupBy": {"Group": "db.sql_tokenized", "Dimensions": ["db.sql_tokenized.statement"]},
        "PeriodInSeconds": 1,
    }
