"""Rules about a PostgreSQL server: triggered, just short of it, and with the answer hidden."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rdsops.advise.book import RULES
from rdsops.advise.finding import Severity
from rdsops.advise.rule import Clear, NotApplicable, Problem, Rule
from rdsops.advise.rules import (
    postgres_access,
    postgres_ages,
    postgres_replication,
    postgres_sessions,
    postgres_upgrade,
    postgres_workload,
)
from rdsops.core.errors import Unseen
from rdsops.core.units import GIB, MIB
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.postgres_inside import (
    AuroraFeedbackRow,
    BlockerRow,
    CheckpointsRow,
    CountersRow,
    LockRow,
    PreparedRow,
    RoleRow,
    SessionRow,
    StatementsInfoRow,
    TableAgeRow,
    TlsRow,
    XminRow,
)
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.asking import ask, ask_all
from rdsops.testing.fleets import NOW, cluster, fleet_of, instance, member
from rdsops.testing.postgres import SETTINGS, database, database_row, inside, reader, slot, statement

QUARTER = 2**29


def fleet(**changes: Any) -> Fleet:
    return fleet_of(instance(), postgres=(inside("orders", **changes),))


def session(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "pid": 42,
        "role": "shop",
        "database": "orders",
        "application": "till",
        "state": "active",
        "transaction_s": 10.0,
        "state_s": 10.0,
        "wait": None,
        "query_id": 7,
    }
    return {"sessions": (SessionRow(**{**fields, **changes}),)}


def lock(pid: int, waits_s: float | None, *blocked_by: int) -> LockRow:
    return LockRow(
        pid=pid,
        role="shop",
        database="orders",
        application="till",
        state="active",
        transaction_s=30.0,
        waits_s=waits_s,
        wants=None if waits_s is None else "ShareLock",
        query_id=None,
        blocked_by=blocked_by,
    )


def counters(hit: int = 10**9, read: int = 0, temp_bytes: int = 0, days: float = 10) -> dict[str, Any]:
    row = CountersRow(
        database="orders",
        blocks_hit=hit,
        blocks_read=read,
        temp_files=1,
        temp_bytes=temp_bytes,
        deadlocks=0,
        counted_since=NOW - timedelta(days=days),
    )
    return {"counters": (row,)}


def checkpoints(timed: int, requested: int) -> dict[str, Any]:
    return {"checkpoints": CheckpointsRow(timed=timed, requested=requested, counted_since=None)}


def evictions(count: int, hours: float = 100) -> dict[str, Any]:
    since = NOW - timedelta(hours=hours)
    return {"statements_info": StatementsInfoRow(statements=5000, evictions=count, counted_since=since)}


def xmin(age: int, kind: str = "session") -> dict[str, Any]:
    return {"xmin_holders": (XminRow(kind=kind, name="42 (shop)", xid_age=age, held_s=60.0),)}


def role(*powers: str, name: str = "shop") -> dict[str, Any]:
    return {"roles": (RoleRow(name=name, powers=powers),)}


def prepared(seconds: float) -> dict[str, Any]:
    return {"prepared": (PreparedRow(name="it's", role="shop", database="orders", prepared_s=seconds),)}


def closed(name: str) -> dict[str, Any]:
    return {"database_rows": (database_row(name, accepts_connections=False),)}


READ_50_GIB = 50 * GIB // 8192

TABLE: tuple[tuple[Rule[Any], dict[str, Any], dict[str, Any], str], ...] = (
    (
        postgres_ages.WRAPAROUND,
        {"database_rows": (database_row("orders", xid_age=QUARTER),)},
        {"database_rows": (database_row("orders", xid_age=QUARTER - 1),)},
        "database_rows",
    ),
    (
        postgres_ages.WRAPAROUND,
        {"database_rows": (database_row("closed", mxid_age=QUARTER, accepts_connections=False),)},
        {"database_rows": (database_row("closed", mxid_age=QUARTER - 1, accepts_connections=False),)},
        "settings",
    ),
    (postgres_ages.XMIN_HELD, xmin(1_000_000), xmin(999_999), "xmin_holders"),
    (postgres_ages.PREPARED, prepared(3600), prepared(3599), "prepared"),
    (postgres_sessions.LONG_TRANSACTION, session(transaction_s=3600.0), session(transaction_s=3599.0), "sessions"),
    (
        postgres_sessions.IDLE_IN_TRANSACTION,
        session(state="idle in transaction", state_s=30.0),
        session(state="idle in transaction", state_s=29.9),
        "sessions",
    ),
    (
        postgres_sessions.BLOCKED,
        {"lock_waits": (lock(1, None), lock(2, 5.0, 1))},
        {"lock_waits": (lock(1, None), lock(2, 4.9, 1))},
        "lock_waits",
    ),
    (
        postgres_replication.SLOT_RETAINS_WAL,
        {"slots": (slot(active=False, retained_bytes=16 * MIB),)},
        {"slots": (slot(active=False, retained_bytes=16 * MIB - 1), slot(active=True, retained_bytes=10 * GIB - 1))},
        "slots",
    ),
    (
        postgres_workload.CACHE,
        counters(hit=READ_50_GIB * 8, read=READ_50_GIB),
        counters(hit=READ_50_GIB * 8, read=READ_50_GIB - 1),
        "counters",
    ),
    (
        postgres_workload.CACHE,
        counters(hit=READ_50_GIB * 8, read=READ_50_GIB),
        counters(hit=READ_50_GIB * 9, read=READ_50_GIB),
        "counters",
    ),
    (
        postgres_workload.TEMP,
        counters(temp_bytes=100 * GIB),
        counters(temp_bytes=100 * GIB - 1),
        "counters",
    ),
    (postgres_workload.CHECKPOINTS, checkpoints(25, 25), checkpoints(26, 25), "checkpoints"),
    (
        postgres_workload.STATEMENTS_MISSING,
        {"settings": {**SETTINGS, "shared_preload_libraries": "rdsutils"}},
        {},
        "settings",
    ),
    (postgres_workload.STATEMENTS_MISSING, {"statements": None}, {}, "statements"),
    (postgres_workload.EVICTING, evictions(100), evictions(99), "statements_info"),
    (
        postgres_workload.SLOW,
        {"statements": (statement(calls=20, total_ms=4000.0, total_share_ratio=0.1),)},
        {"statements": (statement(calls=20, total_ms=3999.0, total_share_ratio=0.1),)},
        "statements",
    ),
    (
        postgres_upgrade.BLOCKERS,
        {"prepared": (PreparedRow(name="x", role="r", database="d", prepared_s=1),)},
        {},
        "prepared",
    ),
    (postgres_upgrade.BLOCKERS, closed("template1"), closed("template0"), "database_rows"),
    (postgres_access.ROLES, role("rds_superuser"), role("createrole", "replication"), "roles"),
    (postgres_access.MD5, {"settings": {"password_encryption": "md5"}}, {}, "settings"),
    (
        postgres_access.PLAIN,
        {"tls": (TlsRow(role="shop", encrypted=9, plain=1),)},
        {"tls": (TlsRow(role="shop", encrypted=9, plain=0),)},
        "tls",
    ),
)
IDS = [f"{row[0].id}:{row[3]}:{place}" for place, row in enumerate(TABLE)]


@pytest.mark.parametrize(("rule", "ill", "short", "field"), TABLE, ids=IDS)
def test_each_rule_has_its_three_answers(
    rule: Rule[Any], ill: dict[str, Any], short: dict[str, Any], field: str
) -> None:
    problem = ask(rule, fleet(**ill))
    assert isinstance(problem, Problem)
    assert problem.evidence
    assert isinstance(ask(rule, fleet(**short)), Clear)
    hidden = ask(rule, fleet(**{field: UNSEEN}))
    assert isinstance(hidden, Unseen)
    assert hidden.asked.startswith("sql:postgres.")


def test_the_table_above_names_every_rule_about_a_server() -> None:
    rules = {rule.id for rule in RULES if rule.id.startswith("pg-") and rule.subjects.name == "PostgreSQL server"}
    assert {row[0].id for row in TABLE} == rules


def test_a_server_that_was_not_connected_to_is_not_known_by_any_rule() -> None:
    for rule in RULES:
        if rule.id.startswith("pg-"):
            answer = ask(rule, fleet_of(instance()))
            assert isinstance(answer, Unseen), rule.id
            assert answer.asked == "sql:connect"


def test_healthy_servers_and_their_readers_have_no_finding_and_nothing_unknown() -> None:
    members = ("billing-1", "billing-2", "billing-3")
    found = fleet_of(
        instance(),
        cluster(),
        *(member(name) for name in members),
        postgres=(inside("orders"), inside("billing-1"), reader("billing-2"), reader("billing-3")),
    )
    for rule in RULES:
        if rule.id.startswith("pg-"):
            for name, answer in ask_all(rule, found).items():
                assert isinstance(answer, Clear | NotApplicable), (rule.id, name, answer)


def problem_of(rule: Rule[Any], found: Fleet) -> Problem:
    answer = ask(rule, found)
    assert isinstance(answer, Problem), answer
    return answer


@pytest.mark.parametrize(
    ("age", "severity"),
    [(QUARTER, Severity.MEDIUM), (2**30, Severity.HIGH), (3 * QUARTER, Severity.CRITICAL)],
)
def test_wraparound_is_measured_in_fractions_of_all_ids(age: int, severity: Severity) -> None:
    assert (
        problem_of(postgres_ages.WRAPAROUND, fleet(database_rows=(database_row("d", xid_age=age),))).severity
        is severity
    )


def test_wraparound_waits_for_a_freeze_age_that_was_set_higher_and_names_the_worst_tables() -> None:
    rows = (database_row("orders", xid_age=700_000_000),)
    late = {**SETTINGS, "autovacuum_freeze_max_age": "1000000000"}
    assert isinstance(ask(postgres_ages.WRAPAROUND, fleet(database_rows=rows, settings=late)), Clear)
    old = TableAgeRow(schema="s", name="t", part="toast", xid_age=700_000_000, mxid_age=5)
    walked = database("orders", table_ages=(old,))
    problem = problem_of(
        postgres_ages.WRAPAROUND, fleet_of(instance(), postgres=(inside("orders", walked, database_rows=rows),))
    )
    assert problem.repair.sql[0].statement == 'VACUUM (FREEZE, VERBOSE) "s"."t"'
    assert problem.evidence[-1].subject == "orders.s.t"


def aurora_writer(**changes: Any) -> Any:
    found = fleet_of(cluster(members=("billing-1",)), member("billing-1"), postgres=(inside("billing-1", **changes),))
    return ask(postgres_ages.XMIN_HELD, found)


def test_on_aurora_the_readers_part_is_asked_apart() -> None:
    old = AuroraFeedbackRow(name="billing-2", xid_age=2_000_000)
    found = aurora_writer(aurora_feedback=(old,))
    assert isinstance(found, Problem)
    assert "Aurora reader (billing-2)" in found.title
    assert isinstance(aurora_writer(aurora_feedback=(AuroraFeedbackRow(name="billing-2", xid_age=None),)), Clear)
    hidden = aurora_writer(aurora_feedback=UNSEEN)
    assert isinstance(hidden, Unseen)
    assert hidden.asked == "sql:postgres.aurora_feedback"
    assert isinstance(aurora_writer(aurora_feedback=UNSEEN, **xmin(5_000_000)), Problem)


@pytest.mark.parametrize("kind", ["session", "prepared transaction", "slot", "slot (catalogs only)", "standby"])
def test_each_kind_of_holder_has_its_own_repair(kind: str) -> None:
    assert problem_of(postgres_ages.XMIN_HELD, fleet(**xmin(10**8, kind))).severity is Severity.HIGH


def test_a_prepared_transaction_is_named_exactly() -> None:
    sql = problem_of(postgres_ages.PREPARED, fleet(**prepared(90_000))).repair.sql[0]
    assert (sql.database, sql.statement) == ("orders", "ROLLBACK PREPARED 'it''s'")


def test_idle_sessions_are_not_told_twice() -> None:
    idle = session(state="idle in transaction", transaction_s=90_000.0, state_s=4000.0)
    assert isinstance(ask(postgres_sessions.LONG_TRANSACTION, fleet(**idle)), Clear)
    problem = problem_of(postgres_sessions.IDLE_IN_TRANSACTION, fleet(**idle))
    assert problem.severity is Severity.HIGH
    assert problem.repair.sql[0].statement == "SELECT pg_terminate_backend(42)"


def test_readers_sessions_are_judged_too() -> None:
    found = fleet_of(instance(), postgres=(reader("orders", **session(transaction_s=4000.0)),))
    assert isinstance(ask(postgres_sessions.LONG_TRANSACTION, found), Problem)


def test_the_root_of_a_queue_is_named_and_only_it_is_ended() -> None:
    rows = (lock(1, None), lock(2, 70.0, 1), lock(3, 20.0, 2), lock(4, 6.0, 2, 3))
    problem = problem_of(postgres_sessions.BLOCKED, fleet(lock_waits=rows))
    assert problem.severity is Severity.HIGH
    assert problem.title.startswith("orders: 3 sessions wait for locks, up to 1 min 10 s, behind pid 1")
    assert [each.statement for each in problem.repair.sql] == ["SELECT pg_terminate_backend(1)"]


def test_a_prepared_transaction_and_a_ring_can_stand_at_the_root() -> None:
    by_prepared = {1: lock(1, 9.0, 0)}
    assert postgres_sessions.roots(1, by_prepared) == (0,)
    ring = {1: lock(1, 9.0, 2), 2: lock(2, 9.0, 1), 3: lock(3, 9.0, 2)}
    assert postgres_sessions.roots(3, ring) == (1,)
    problem = problem_of(postgres_sessions.BLOCKED, fleet(lock_waits=(lock(1, 9.0, 0),)))
    assert "a prepared transaction" in problem.title
    assert problem.repair.sql == ()


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({"active": False, "wal_status": "lost", "retained_bytes": None}, Severity.HIGH),
        ({"active": True, "wal_status": "unreserved"}, Severity.HIGH),
        ({"active": False, "retained_bytes": GIB}, Severity.MEDIUM),
        ({"active": False, "retained_bytes": 50 * GIB}, Severity.HIGH),
        ({"active": True, "retained_bytes": 10 * GIB}, Severity.MEDIUM),
        ({"active": False, "retained_bytes": 0, "inactive_since": NOW - timedelta(days=1)}, Severity.LOW),
    ],
)
def test_slots_by_what_they_threaten(changes: dict[str, Any], severity: Severity) -> None:
    problem = problem_of(postgres_replication.SLOT_RETAINS_WAL, fleet(slots=(slot("o'clock", **changes),)))
    assert problem.severity is severity
    dropped = [each.statement for each in problem.repair.sql]
    assert dropped == ([] if changes["active"] else ["SELECT pg_drop_replication_slot('o''clock')"])


def test_aurora_has_no_checkpoints_and_its_misses_weigh_more() -> None:
    misses = counters(hit=READ_50_GIB * 15, read=READ_50_GIB)
    found = fleet_of(
        cluster(members=("billing-1",)),
        member("billing-1"),
        postgres=(inside("billing-1", **misses, **checkpoints(0, 500)),),
    )
    assert isinstance(ask(postgres_workload.CHECKPOINTS, found), NotApplicable)
    assert problem_of(postgres_workload.CACHE, found).severity is Severity.MEDIUM
    assert isinstance(ask(postgres_workload.CACHE, fleet(**misses)), Clear)


def test_upkeep_and_rare_statements_are_not_slow() -> None:
    slow = {"total_ms": 10**7, "calls": 100, "total_share_ratio": 0.9}
    for text in ("VACUUM (ANALYZE) t", "copy t to stdout", "CREATE INDEX i ON t (a)"):
        assert isinstance(ask(postgres_workload.SLOW, fleet(statements=(statement(text=text, **slow),))), Clear)
    rare = statement(**{**slow, "calls": 19})
    assert isinstance(ask(postgres_workload.SLOW, fleet(statements=(rare,))), Clear)
    assert problem_of(postgres_workload.SLOW, fleet(statements=(statement(**slow),))).severity is Severity.MEDIUM


def test_where_the_extension_is_not_installed_its_figures_are_not_asked() -> None:
    without = fleet(statements=None, statements_info=None)
    assert isinstance(ask(postgres_workload.EVICTING, without), NotApplicable)
    assert isinstance(ask(postgres_workload.SLOW, without), NotApplicable)


def test_logical_slots_stop_an_upgrade_before_17_only() -> None:
    slots = (slot("cdc", logical=True),)
    assert isinstance(ask(postgres_upgrade.BLOCKERS, fleet(slots=slots)), Clear)
    assert "1 thing would" in problem_of(postgres_upgrade.BLOCKERS, fleet(slots=slots, server_version=160009)).title


def test_one_blocked_column_is_a_finding_although_another_database_was_not_seen() -> None:
    row = BlockerRow(schema="s", name="t", column="c", type="regproc")
    ill, hidden = database("orders", upgrade_blockers=(row,)), database("other", upgrade_blockers=UNSEEN)
    both = fleet_of(instance(), postgres=(inside("orders", ill, hidden),))
    assert "orders.s.t.c" in {each.subject for each in problem_of(postgres_upgrade.BLOCKERS, both).evidence}
    assert isinstance(
        ask(postgres_upgrade.BLOCKERS, fleet_of(instance(), postgres=(inside("orders", hidden),))), Unseen
    )


def test_an_upgrade_that_is_due_makes_its_blockers_weigh_more() -> None:
    found = inside(
        "orders", server_version=130020, **{"prepared": (PreparedRow(name="x", role="r", database="d", prepared_s=1),)}
    )
    old = problem_of(postgres_upgrade.BLOCKERS, fleet_of(instance(engine_version="13.20"), postgres=(found,)))
    assert old.severity is Severity.MEDIUM
    assert any("read 2026" in each.source for each in old.evidence)


def test_the_master_user_and_awss_own_roles_may_be_powerful() -> None:
    for name in ("rdsadmin", "orders_owner"):
        assert isinstance(ask(postgres_access.ROLES, fleet(**role("superuser", "rds_superuser", name=name))), Clear)
