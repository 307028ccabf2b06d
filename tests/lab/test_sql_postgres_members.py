"""A writer and its reader, seen by a master user that is no superuser, as on RDS: what each is asked and answers."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from rdsops.advise.review import answers
from rdsops.advise.rule import NotApplicable
from rdsops.advise.rules import postgres_ages, postgres_keys, postgres_sessions
from rdsops.advise.view import View
from rdsops.app.facts import packaged_facts
from rdsops.core.ids import ClusterRef
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance
from rdsops.lab.engines.boot import Booted, Chains, boot, stop
from rdsops.lab.engines.spec import EngineSpec, Running
from rdsops.testing.fleets import ACCOUNT, REGION, cluster, fleet_of
from tests.lab.conftest import watched_home
from tests.lab.postgres_asking import as_instance, connect, database_of, look, session, unseen, until
from tests.left_out import left_out

pytestmark = pytest.mark.engines

WRITER = EngineSpec(
    id="ledger-1",
    flavour="postgres",
    master_user="ledger_admin",
    database="ledger",
    extensions=("pg_stat_statements",),
    settings=(("max_prepared_transactions", "10"),),
    aurora=True,
)
READER = replace(WRITER, id="ledger-2", follows="ledger-1", settings=())
READER_ONLY = {"extensions", "index_usage"}


@pytest.fixture(scope="module")
def booted(engines_here: Chains) -> Iterator[Booted]:
    if engines_here.postgres.first() is None:
        left_out("PostgreSQL", engines_here.postgres.install)
    with watched_home() as home, home.lock():
        found = boot([WRITER, READER], home, os.environ, engines_here)
        yield found
        stop(found, home)


@pytest.fixture(scope="module")
def writer(booted: Booted) -> Running:
    return next(each for each in booted.running if each.spec.id == WRITER.id)


@pytest.fixture(scope="module")
def reader(booted: Booted) -> Running:
    return next(each for each in booted.running if each.spec.id == READER.id)


def as_member(server: Running) -> Instance:
    return as_instance(server, cluster=ClusterRef(ACCOUNT, REGION, "ledger"))


def the_cluster() -> Cluster:
    return cluster("ledger", members=(WRITER.id, READER.id))


def test_the_master_user_of_rds_sees_all_of_its_writer(writer: Running) -> None:
    inside, gaps = look(writer, found=as_member(writer))
    assert unseen(inside) == set()
    assert unseen(database_of(inside, "ledger")) == set()
    assert not gaps
    assert "rdsadmin" not in inside.database_names
    assert not inside.is_replica


def test_a_reader_is_asked_only_what_its_writer_cannot_answer(reader: Running) -> None:
    inside, gaps = look(reader, found=as_member(reader))
    assert inside.is_replica
    assert unseen(inside) == {"roles", "xmin_holders", "prepared", "checkpoints", "aurora_feedback"}
    ledger = database_of(inside, "ledger")
    assert unseen(ledger) == set(type(ledger).__struct_fields__) - READER_ONLY - {"name"}
    assert not gaps


def test_the_readers_feedback_is_read_on_an_aurora_writer(writer: Running) -> None:
    inside, _ = look(writer, found=as_member(writer))
    assert [row.name for row in inside.aurora_feedback] == [READER.id]


def test_the_rules_judge_the_writer_and_leave_the_reader(writer: Running, reader: Running) -> None:
    insides = tuple(look(each, found=as_member(each))[0] for each in (writer, reader))
    view = View(fleet_of(the_cluster(), as_member(writer), as_member(reader), postgres=insides), packaged_facts())
    for rule in (postgres_ages.XMIN_HELD, postgres_keys.WITHOUT_KEY):
        found = {str(ref): answer for ref, answer in answers(rule, view)}
        for name, answer in found.items():
            assert isinstance(answer, NotApplicable) == name.startswith(READER.id), (rule.id, name, answer)


def test_an_index_used_on_the_reader_only_is_listed_by_the_writer_alone(writer: Running, reader: Running) -> None:
    with connect(writer, "ledger") as connection:
        connection.execute("CREATE TABLE public.entries (id int PRIMARY KEY, day int)")
        connection.execute("INSERT INTO public.entries SELECT x, x FROM generate_series(1, 5000) x")
        connection.execute("CREATE INDEX entries_day ON public.entries (day)")
        connection.execute("ANALYZE public.entries")
        [position] = connection.execute("SELECT pg_current_wal_lsn()").fetchone() or (None,)

    def replayed() -> bool:
        with connect(reader, "ledger") as behind:
            row = behind.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (position,)).fetchone()
            return bool(row and row[0])

    until(replayed)
    with connect(reader, "ledger") as connection:
        connection.execute("SET enable_seqscan = off")
        connection.execute("SELECT id FROM public.entries WHERE day = 77").fetchall()
        connection.execute("SELECT pg_stat_force_next_flush()")
    used = {row.index for row in database_of(look(reader, found=as_member(reader))[0], "ledger").index_usage}
    unused = {row.index for row in database_of(look(writer, found=as_member(writer))[0], "ledger").index_usage}
    assert "entries_day" in unused
    assert "entries_day" not in used


def test_a_prepared_transaction_is_seen_and_can_stand_at_the_root_of_a_queue(writer: Running) -> None:
    with session(writer, "ledger") as first, session(writer, "ledger") as second:
        first.execute("CREATE TABLE IF NOT EXISTS public.held (a int)")
        first.commit()
        first.execute("LOCK public.held")
        first.execute("PREPARE TRANSACTION 'it''s nobody''s'")
        first.commit()
        waiter = threading.Thread(target=_lock, args=(second,), daemon=True)
        waiter.start()
        pid = second.info.backend_pid
        try:
            until(lambda: pid in {row.pid for row in look(writer, found=as_member(writer))[0].lock_waits})
            inside, _ = look(writer, found=as_member(writer))
        finally:
            with connect(writer, "ledger") as finisher:
                finisher.execute("ROLLBACK PREPARED 'it''s nobody''s'")
        waiter.join(10)
    [prepared] = inside.prepared
    assert (prepared.name, prepared.database, prepared.role) == ("it's nobody's", "ledger", WRITER.master_user)
    rows = {row.pid: row for row in inside.lock_waits}
    assert rows[pid].blocked_by == (0,)
    assert postgres_sessions.roots(pid, rows) == (0,)
    assert "prepared transaction" in {row.kind for row in inside.xmin_holders}


def _lock(connection: psycopg.Connection[Any]) -> None:
    connection.execute("LOCK public.held")
    connection.rollback()
