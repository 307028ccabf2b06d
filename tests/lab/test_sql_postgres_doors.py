"""The SQL door of PostgreSQL: what it may not do, and each way in which it stays shut or half open."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg
import pytest

from rdsops.advise.book import RULES
from rdsops.advise.review import review
from rdsops.app.facts import packaged_facts
from rdsops.collect.inside import look_at, look_inside
from rdsops.collect.inside_request import Asking
from rdsops.core.errors import UsageError
from rdsops.core.ids import DatabaseRef, Place
from rdsops.engines.connect import Address, Credentials, Limits, NotAnswered, NotConnected, Trust
from rdsops.engines.logins import Keyring
from rdsops.engines.postgres import PostgresDoor, open_postgres
from rdsops.engines.secret import Secret
from rdsops.fleet.gaps import Cause
from rdsops.lab.engines.spec import Running
from rdsops.testing.fleets import cluster, fleet_of, member, region
from tests.lab.postgres_asking import (
    as_instance,
    as_json,
    asking,
    connect,
    database_of,
    look,
    role,
    run,
    scratch_database,
    session,
    unseen,
    until,
)

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module", params=["postgres_newest", "postgres_oldest"])
def server(request: pytest.FixtureRequest) -> Running:
    running: Running = request.getfixturevalue(request.param)
    return running


def master(server: Running) -> Credentials:
    return Credentials(server.spec.master_user, Secret(server.password), "the test")


def door_to(server: Running, database: str = "postgres", limits: Limits | None = None) -> closing[PostgresDoor]:
    address = Address(server.host, server.port)
    return closing(open_postgres(address, database, master(server), Trust(), limits or Limits()))


def test_nothing_can_be_written_through_it(server: Running) -> None:
    with door_to(server) as door:
        for statement in ("CREATE TABLE public.x (a int)", "VACUUM", "COMMENT ON ROLE pg_monitor IS ''"):
            with pytest.raises(NotAnswered, match=r"read-only|inside a transaction"):
                door.rows(statement)
        [[setting]] = door.rows("SELECT current_setting('transaction_read_only')")[1]
        assert setting == "on"


def test_it_says_who_it_is_and_how_long_it_may_take(server: Running) -> None:
    with door_to(server, limits=Limits(statement_timeout_ms=4321, lock_timeout_ms=234)) as door:
        [row] = door.rows(
            "SELECT current_setting('application_name'), current_setting('statement_timeout'), "
            "current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout')"
        )[1]
        assert list(row) == ["rdsops", "4321ms", "234ms", "30s"]


def test_a_slow_question_ends_at_its_timeout_and_the_next_is_answered(server: Running) -> None:
    with door_to(server, limits=Limits(statement_timeout_ms=50)) as door:
        with pytest.raises(NotAnswered, match="statement timeout") as caught:
            door.rows("SELECT pg_sleep(30)")
        assert (caught.value.cause, caught.value.lost) == (Cause.FAILED, False)
        assert door.rows("SELECT 1")[1] == [(1,)]


def test_a_lock_is_not_waited_for(server: Running) -> None:
    with scratch_database(server, "locked") as name, session(server, name) as holder:
        holder.execute("CREATE TABLE public.t (a int)")
        holder.commit()
        holder.execute("LOCK public.t")
        with door_to(server, name, Limits(lock_timeout_ms=50)) as door:
            with pytest.raises(NotAnswered, match="lock"):
                door.rows("SELECT * FROM public.t")
            holder.rollback()


def test_a_connection_that_is_killed_is_lost(server: Running) -> None:
    with door_to(server) as door:
        [[pid]] = door.rows("SELECT pg_backend_pid()")[1]
        run(server, f"SELECT pg_terminate_backend({pid}, 5000)")
        with pytest.raises(NotAnswered) as caught:
            door.rows("SELECT 1")
        assert caught.value.lost


def test_a_wrong_password_is_a_gap_that_does_not_show_it(server: Running) -> None:
    inside, gaps = look_at(as_instance(server), None, asking(server.spec.master_user, "not-the-password"))
    assert inside is None
    [gap] = gaps
    assert (gap.asked, gap.cause, gap.subject) == ("sql:connect", Cause.NOT_CONNECTED, as_instance(server).ref.arn)
    assert "wrong user or password" in gap.detail
    assert "not-the-password" not in as_json(gap)


def test_a_server_that_is_down_is_a_gap(server: Running) -> None:
    down = as_instance(server, port=1)
    inside, [gap] = look_at(down, None, asking("anybody", "x"))
    assert inside is None
    assert "nothing listens there" in gap.detail


def test_an_address_that_does_not_answer_is_given_up_in_time(server: Running) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as mute:
        began = time.monotonic()
        found = as_instance(server, port=mute.getsockname()[1])
        _, [gap] = look_at(found, None, asking("anybody", "x", limits=Limits(connect_timeout_s=2)))
    assert "no answer in time" in gap.detail
    assert time.monotonic() - began < 8


def test_a_network_host_is_not_spoken_to_without_a_certificate_authority() -> None:
    there = Address("orders.abc.eu-west-1.rds.amazonaws.com", 5432)
    credentials = Credentials("u", Secret("p"), "the test")
    with pytest.raises(NotConnected, match=r"global-bundle\.pem"):
        open_postgres(there, "postgres", credentials, Trust(), Limits())
    with pytest.raises(NotConnected, match="does not exist"):
        open_postgres(there, "postgres", credentials, Trust(Path("/nowhere/ca.pem")), Limits())


def test_another_host_in_the_environment_does_not_get_the_password(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.2")
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_read_only=off")
    with door_to(server) as door:
        [row] = door.rows("SELECT current_setting('transaction_read_only'), host(inet_server_addr())")[1]
        assert list(row) == ["on", "127.0.0.1"]


def test_a_database_that_refuses_connections_ages_all_the_same(server: Running) -> None:
    with scratch_database(server, "refusing", "ALLOW_CONNECTIONS false"):
        inside, gaps = look(server)
        assert "refusing" not in inside.database_names
        [row] = [row for row in inside.database_rows if row.name == "refusing"]
        assert not row.accepts_connections
        assert row.xid_age > 0
        assert not [gap for gap in gaps if "refusing" in (gap.subject or "")]


def test_a_database_that_does_not_let_us_in_is_not_known_and_the_others_are(server: Running) -> None:
    with scratch_database(server, "private") as name, role(server, "outsider", "pg_monitor") as login:
        run(server, f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
        inside, gaps = look(server, login)
        assert unseen(database_of(inside, name)) == set(type(database_of(inside, name)).__struct_fields__) - {"name"}
        [gap] = [gap for gap in gaps if gap.subject == DatabaseRef(inside.instance, name).arn]
        assert (gap.asked, gap.cause) == ("sql:connect", Cause.NOT_CONNECTED)
        assert "no CONNECT" in gap.detail
        assert database_of(inside, "postgres").has_seen("invalid_indexes")
        run(server, f"GRANT CONNECT ON DATABASE {name} TO PUBLIC")


def test_databases_beyond_the_cap_are_gaps(server: Running) -> None:
    with scratch_database(server, "zz_last") as name:
        inside, gaps = look(server, most_databases=1)
        last = database_of(inside, name)
        assert not last.has_seen("foreign_keys")
        assert inside.databases[0].has_seen("foreign_keys")
        [gap] = [gap for gap in gaps if gap.subject == DatabaseRef(inside.instance, name).arn]
        assert gap.cause is Cause.NOT_ASKED


def test_pg_monitor_is_enough_but_for_what_grants_hide(server: Running) -> None:
    with scratch_database(server, "plain") as name, role(server, "monitor", "pg_monitor") as login:
        run(
            server,
            "CREATE TABLE public.t (id serial PRIMARY KEY, pad text)",
            "INSERT INTO public.t (pad) SELECT repeat('x', 500) FROM generate_series(1, 4000)",
            "CREATE INDEX ON public.t (pad, id)",
            "ANALYZE public.t",
            "CREATE EXTENSION IF NOT EXISTS pg_stat_statements",
            database=name,
        )
        inside, gaps = look(server, login)
        assert unseen(inside) == set()
        assert unseen(database_of(inside, name)) == set()
        ours = {gap.asked: gap for gap in gaps if gap.subject == DatabaseRef(inside.instance, name).arn}
        assert set(ours) == {"sql:postgres.sequences", "sql:postgres.table_bloat", "sql:postgres.index_bloat"}
        assert all(
            gap.cause is Cause.DENIED and 'GRANT pg_read_all_data TO "monitor"' in str(gap.remedy)
            for gap in ours.values()
        )
        [sequence] = database_of(inside, name).sequences
        assert (sequence.readable, sequence.last_value) == (False, None)
        by_rule = answers_of(server, login, name)
        assert by_rule["pg-key-exhaustion"] == "not known"


def test_with_pg_read_all_data_nothing_is_hidden(server: Running) -> None:
    with scratch_database(server, "open") as name, role(server, "reading", "pg_monitor", "pg_read_all_data") as login:
        run(
            server,
            "CREATE TABLE public.t (id serial PRIMARY KEY, pad text)",
            "INSERT INTO public.t (pad) SELECT repeat('x', 500) FROM generate_series(1, 4000)",
            "ANALYZE public.t",
            database=name,
        )
        inside, gaps = look(server, login)
        assert not [gap for gap in gaps if gap.subject == DatabaseRef(inside.instance, name).arn]
        [sequence] = database_of(inside, name).sequences
        assert sequence.last_value == 4000
        assert answers_of(server, login, name)["pg-key-exhaustion"] == "clear"


def test_without_pg_monitor_hidden_rows_are_not_read_as_none(server: Running) -> None:
    with role(server, "nobody_much") as login:
        inside, gaps = look(server, login)
        hidden = {"tls", "sessions", "lock_waits", "xmin_holders", "statements", "statements_info"}
        assert unseen(inside) <= hidden
        assert unseen(inside) >= {"tls", "sessions", "lock_waits", "xmin_holders"}
        assert {"invalid_indexes", "vacuum_backlog"} <= unseen(inside.databases[0])
        denied = {gap.asked: gap for gap in gaps if gap.cause is Cause.DENIED}
        assert {"sql:postgres.sessions", "sql:postgres.invalid_indexes"} <= set(denied)
        assert denied["sql:postgres.sessions"].remedy == 'GRANT pg_monitor TO "nobody_much"'
        known = answers_of(server, login, "postgres")
        for rule in ("pg-long-transaction", "pg-idle-in-transaction", "pg-blocked-sessions", "pg-invalid-index"):
            assert known[rule] == "not known", rule
        assert known["pg-table-without-key"] == "clear"
        assert known["pg-wraparound"] == "clear"


def answers_of(server: Running, login: tuple[str, str], database: str) -> dict[str, str]:
    """Rule -> its answer, for one database and its server."""
    from rdsops.advise.review import answers
    from rdsops.advise.view import View

    inside, gaps = look(server, login)
    view = View(fleet_of(as_instance(server), postgres=(inside,), gaps=gaps), packaged_facts())
    words = {"Clear": "clear", "Problem": "finding", "Unseen": "not known", "NotApplicable": "not applicable"}
    return {
        rule.id: words[type(answer).__name__]
        for rule in RULES
        if rule.id.startswith("pg-")
        for ref, answer in answers(rule, view)
        if str(ref) in (server.spec.id, f"{server.spec.id}/{database}")
    }


def test_the_review_names_the_gap_that_explains_what_is_not_known(server: Running) -> None:
    _, gaps = look_at(as_instance(server), None, asking(server.spec.master_user, "wrong"))
    fleet = fleet_of(as_instance(server), gaps=gaps)
    report = review(fleet, packaged_facts(), [rule for rule in RULES if rule.id.startswith("pg-")])
    assert not report.findings
    assert report.not_known
    assert {report.gaps[each.gap].detail for each in report.not_known} == {gaps[0].detail}
    assert not any(tally.clear for tally in report.tallies)


def test_a_name_that_is_no_utf8_fails_its_question_only(server: Running) -> None:
    with scratch_database(server, "bytes", "ENCODING 'SQL_ASCII' TEMPLATE template0") as name:
        with connect(server, name, client_encoding="SQL_ASCII") as connection:
            connection.execute(b'CREATE TABLE public."\xff\xfe" (a int)')
        inside, gaps = look(server)
        assert not database_of(inside, name).has_seen("tables_without_key")
        assert database_of(inside, name).has_seen("foreign_keys")
        [gap] = [gap for gap in gaps if gap.asked == "sql:postgres.tables_without_key"]
        assert "UTF8" in gap.detail


def test_who_stands_in_the_way_is_seen_as_a_tree(server: Running) -> None:
    with (
        scratch_database(server, "queue") as name,
        session(server, name) as root,
        session(server, name) as middle,
        session(server, name) as last,
    ):
        root.execute("CREATE TABLE public.t (a int)")
        root.commit()
        root.execute("LOCK public.t IN ACCESS SHARE MODE")
        pids = [each.info.backend_pid for each in (root, middle, last)]
        waiters = [
            threading.Thread(daemon=True, target=_wait, args=(middle, "LOCK public.t IN ACCESS EXCLUSIVE MODE")),
            threading.Thread(daemon=True, target=_wait, args=(last, "SELECT * FROM public.t")),
        ]
        for place, waiter in enumerate(waiters, 1):
            waiter.start()
            until(partial(_at_least_waiting, server, place))
        inside, _ = look(server)
        rows = {row.pid: row for row in inside.lock_waits}
        assert rows[pids[0]].waits_s is None
        assert rows[pids[0]].state == "idle in transaction"
        assert rows[pids[1]].blocked_by == (pids[0],)
        assert rows[pids[1]].wants == "AccessExclusiveLock"
        assert rows[pids[2]].blocked_by == (pids[1],)
        assert rows[pids[2]].waits_s is not None
        root.rollback()
        for each in (middle, last):
            each.cancel()
        for waiter in waiters:
            waiter.join(10)


def _wait(connection: psycopg.Connection[tuple[object, ...]], statement: str) -> None:
    try:
        connection.execute(statement.encode())
        connection.rollback()
    except psycopg.Error:
        connection.rollback()


def _at_least_waiting(server: Running, least: int) -> bool:
    with connect(server) as connection:
        [count] = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        ).fetchone() or (0,)
        return int(count) >= least


def test_an_index_that_is_being_built_is_no_leftover(server: Running) -> None:
    with scratch_database(server, "building") as name, session(server, name) as holder:
        holder.execute("CREATE TABLE public.t (a int)")
        holder.commit()
        holder.execute("INSERT INTO public.t VALUES (1)")
        with connect(server, name) as builder:
            building = threading.Thread(daemon=True, target=_build, args=(builder,))
            building.start()
            until(lambda: _invalid(server, name) == 1)
            inside, _ = look(server)
            assert database_of(inside, name).invalid_indexes == ()
            builder.cancel()
            building.join(10)
            holder.rollback()
            until(lambda: not building.is_alive())
            inside, _ = look(server)
            [left] = database_of(inside, name).invalid_indexes
            assert left.index == "t_a"


def _build(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    try:
        connection.execute("CREATE INDEX CONCURRENTLY t_a ON public.t (a)")
    except psycopg.errors.QueryCanceled:
        return


def _invalid(server: Running, database: str) -> int:
    with connect(server, database) as connection:
        [count] = connection.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid").fetchone() or (0,)
        return int(count)


def test_a_session_idle_in_its_transaction_is_seen_without_its_statement(server: Running) -> None:
    with session(server, application_name="till") as idle:
        idle.execute("SELECT 'a customer''s name', txid_current()")
        pid = idle.info.backend_pid
        until(lambda: pid in {row.pid for row in look(server)[0].sessions})
        inside, _ = look(server)
        [row] = [row for row in inside.sessions if row.pid == pid]
        assert (row.state, row.application) == ("idle in transaction", "till")
        assert row.transaction_s >= 5
        assert pid in {int(holder.name.split()[0]) for holder in inside.xmin_holders if holder.kind == "session"}
        assert "customer" not in as_json(inside)


def test_servers_are_asked_side_by_side_and_each_is_told_of(server: Running) -> None:
    here = as_instance(server)
    down = as_instance(server, ref=here.ref.__class__(here.ref.account, here.ref.region, "down"), port=1)
    stopped = as_instance(server, ref=here.ref.__class__(here.ref.account, here.ref.region, "off"), status="stopped")
    seen: list[str] = []
    listed = region(instances=(here, down, stopped))
    found = look_inside(
        [listed], asking(server.spec.master_user, server.password), seen=lambda ref: seen.append(ref.name)
    )
    assert sorted(seen) == sorted([here.ref.name, "down", "off"])
    assert [inside.instance for inside in found.postgres] == [here.ref]
    assert {gap.subject for gap in found.gaps if gap.asked == "sql:connect"} == {down.ref.arn, stopped.ref.arn}


def test_the_secret_of_the_cluster_opens_its_members(server: Running) -> None:
    asked: list[str] = []

    def read_secret(arn: str, place: Place) -> Secret:
        asked.append(arn)
        return Secret(f'{{"username": "{server.spec.master_user}", "password": "{server.password}"}}')

    one = member("billing-1", endpoint=server.host, port=server.port, master_secret=None)
    inside, _ = look_at(one, cluster(), Asking(keyring=Keyring(read_secret=read_secret)))
    assert inside is not None
    assert asked == [cluster().master_secret]


def test_a_refused_secret_and_no_credentials_at_all_are_gaps(server: Running) -> None:
    def refuse(arn: str, place: Place) -> Secret:
        raise UsageError("secretsmanager:GetSecretValue denied", hint="allow secretsmanager:GetSecretValue")

    found = as_instance(server, master_secret="arn:aws:secretsmanager:eu-west-1:111122223333:secret:x")
    inside, [gap] = look_at(found, None, Asking(keyring=Keyring(read_secret=refuse)))
    assert inside is None
    assert gap.remedy == "allow secretsmanager:GetSecretValue"
    inside, [gap] = look_at(found, None, Asking(keyring=Keyring()))
    assert inside is None
    assert gap.detail == "no credentials"
