"""Rules about what lies in a PostgreSQL database: triggered, just short of it, and with the answer hidden."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from rdsops.advise.finding import Severity
from rdsops.advise.rule import Clear, NotApplicable, Problem, Rule
from rdsops.advise.rules import (
    postgres_access,
    postgres_indexes,
    postgres_keys,
    postgres_partitions,
    postgres_replication,
    postgres_upgrade,
    postgres_vacuum,
)
from rdsops.core.errors import Unseen
from rdsops.core.units import GIB, KIB, MIB
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.postgres_inside import (
    AutovacuumOffRow,
    DefaultPartitionRow,
    DefinerRow,
    DisabledTriggerRow,
    DuplicateIndexRow,
    ExtensionRow,
    ForeignKeyRow,
    IndexBloatRow,
    IndexUsageRow,
    InvalidIndexRow,
    KeylessTableRow,
    PostgresDatabase,
    RangePartitionsRow,
    StaleStatisticsRow,
    TableBloatRow,
    UnloggedRow,
    UnvalidatedRow,
    VacuumRow,
)
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.asking import ask, ask_all
from rdsops.testing.fleets import NOW, cluster, fleet_of, instance, member
from rdsops.testing.postgres import database, inside, reader, sequence, slot

KEYLESS: dict[str, Any] = {
    "schema": "public",
    "name": "t",
    "partitioned": False,
    "rows_estimate": 10,
    "size_bytes": 8192,
    "replica_identity": "default",
    "published": False,
}
FOREIGN: dict[str, Any] = {
    "schema": "s",
    "name": "child",
    "constraint": "child_parent",
    "columns": ("a", 'b"x'),
    "parent_schema": "s",
    "parent": "parent",
    "partitioned": False,
    "rows_estimate": 10_000,
    "size_bytes": 8192,
}
DUPLICATE: dict[str, Any] = {
    "schema": "s",
    "table": "t",
    "index": "twin",
    "kept": "first",
    "exact": True,
    "constraint": None,
    "partitioned": False,
    "size_bytes": 2 * MIB,
}
UNUSED = IndexUsageRow(schema="s", index="i", table="t", size_bytes=2 * MIB, partitioned=False)
USED_ONLY_HERE = IndexUsageRow(schema="s", index="other", table="t", size_bytes=9 * MIB, partitioned=False)


def fleet(changes: dict[str, Any], **server: Any) -> Fleet:
    return fleet_of(instance(), postgres=(inside("orders", database("orders", **changes), **server),))


def keyless(**changes: Any) -> dict[str, Any]:
    return {"tables_without_key": (KeylessTableRow(**{**KEYLESS, **changes}),)}


def foreign(**changes: Any) -> dict[str, Any]:
    return {"foreign_keys": (ForeignKeyRow(**{**FOREIGN, **changes}),)}


def twin(**changes: Any) -> dict[str, Any]:
    return {"duplicate_indexes": (DuplicateIndexRow(**{**DUPLICATE, **changes}),)}


def invalid(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "schema": "s",
        "index": "i",
        "table": "t",
        "unique": False,
        "ready": True,
        "size_bytes": 0,
    }
    return {"invalid_indexes": (InvalidIndexRow(**{**fields, **changes}),)}


def table_bloat(size: int, needed: int, measured: int = 3) -> dict[str, Any]:
    row = TableBloatRow(
        schema="s", name="t", size_bytes=size, needed_bytes=needed, columns=3, columns_measured=measured
    )
    return {"table_bloat": (row,)}


def index_bloat(size: int, needed: int, measured: int = 1) -> dict[str, Any]:
    row = IndexBloatRow(
        schema="s",
        index="i",
        table="t",
        size_bytes=size,
        needed_bytes=needed,
        columns=1,
        columns_measured=measured,
        constraint=False,
    )
    return {"index_bloat": (row,)}


def backlog(dead: int, threshold: int, *, running: bool = False) -> dict[str, Any]:
    row = VacuumRow(
        schema="s", name="t", live_rows=5, dead_rows=dead, threshold_rows=threshold, last_vacuum=None, running=running
    )
    return {"vacuum_backlog": (row,)}


def stale(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "schema": "s",
        "name": "t",
        "never": False,
        "live_rows": 5,
        "changed_rows": 0,
        "threshold_rows": 10_000,
        "last_analyze": NOW - timedelta(hours=1),
        "size_bytes": GIB,
    }
    return {"stale_statistics": (StaleStatisticsRow(**{**fields, **changes}),)}


def defaults(rows: int | None) -> dict[str, Any]:
    row = DefaultPartitionRow(schema="s", table="t", default_schema="s", default_partition="t_rest", rows_estimate=rows)
    return {"default_partitions": (row,)}


def ranges(*ends: str, key: str = "date", default: bool = False, rows: int = 0) -> dict[str, Any]:
    bounds = tuple(f"FOR VALUES FROM ('{low}') TO ('{high}')" for low, high in pairwise(ends))
    row = RangePartitionsRow(
        schema="s", table="t", key_type=key, has_default=default, bounds=bounds, rows_estimates=(rows,) * len(bounds)
    )
    return {"range_partitions": (row,)}


def extension(installed: str, available: str | None) -> dict[str, Any]:
    return {"extensions": (ExtensionRow(name="hstore", schema="s", installed=installed, available=available),)}


LAST_MONTHS = ("2026-09-01", "2026-10-01", "2026-11-01", "2026-12-01")

TABLE: tuple[tuple[Rule[Any], dict[str, Any], dict[str, Any], str], ...] = (
    (postgres_keys.WITHOUT_KEY, keyless(), keyless(replica_identity="index"), "tables_without_key"),
    (postgres_keys.FOREIGN_KEY, foreign(), foreign(rows_estimate=9_999), "foreign_keys"),
    (
        postgres_keys.EXHAUSTION,
        {"sequences": (sequence(last_value=1_717_986_918),)},
        {"sequences": (sequence(last_value=1_717_986_917),)},
        "sequences",
    ),
    (
        postgres_keys.NOT_VALID,
        {"unvalidated_constraints": (UnvalidatedRow(schema="s", table="t", constraint="c", kind="check"),)},
        {},
        "unvalidated_constraints",
    ),
    (
        postgres_keys.TRIGGERS,
        {"disabled_triggers": (DisabledTriggerRow(schema="s", table="t", trigger="g", foreign_key=False),)},
        {},
        "disabled_triggers",
    ),
    (postgres_indexes.INVALID, invalid(), {}, "invalid_indexes"),
    (postgres_indexes.DUPLICATE, twin(), twin(exact=False), "duplicate_indexes"),
    (postgres_indexes.OVERLAPPING, twin(exact=False), twin(exact=False, size_bytes=MIB - 1), "duplicate_indexes"),
    (postgres_indexes.UNUSED, {"index_usage": (UNUSED,)}, {}, "index_usage"),
    (postgres_indexes.BLOAT, index_bloat(40 * MIB, 16 * MIB), index_bloat(40 * MIB, 17 * MIB), "index_bloat"),
    (postgres_vacuum.BLOAT, table_bloat(32 * MIB, 16 * MIB), table_bloat(32 * MIB, 17 * MIB), "table_bloat"),
    (postgres_vacuum.BEHIND, backlog(10_000, 5_000), backlog(10_000, 5_001), "vacuum_backlog"),
    (
        postgres_vacuum.DISABLED,
        {"autovacuum_disabled": (AutovacuumOffRow(schema="s", name="t", toast=True, rows_estimate=5),)},
        {},
        "autovacuum_disabled",
    ),
    (postgres_vacuum.STATISTICS, stale(changed_rows=50_000), stale(changed_rows=49_999), "stale_statistics"),
    (
        postgres_vacuum.STATISTICS,
        stale(never=True, size_bytes=256 * KIB),
        stale(never=True, size_bytes=256 * KIB - 1),
        "stale_statistics",
    ),
    (postgres_partitions.DEFAULT, defaults(1), defaults(0), "default_partitions"),
    (postgres_partitions.NEXT, ranges("2026-11-01", "2026-11-30"), ranges(*LAST_MONTHS), "range_partitions"),
    (postgres_upgrade.OUTDATED, extension("1.9", "1.10"), extension("1.10", "1.10"), "extensions"),
    (postgres_access.PUBLIC_CREATE, {"public_create": ("public",)}, {}, "public_create"),
    (
        postgres_access.DEFINERS,
        {
            "definer_functions": (
                DefinerRow(schema="s", name="f", arguments="a integer", owner="o", is_procedure=False),
            )
        },
        {},
        "definer_functions",
    ),
    (
        postgres_replication.UNLOGGED,
        {"unlogged_tables": (UnloggedRow(schema="s", name="t", rows_estimate=None),)},
        {},
        "unlogged_tables",
    ),
)


@pytest.mark.parametrize(("rule", "ill", "short", "field"), TABLE, ids=[f"{row[0].id}:{row[3]}" for row in TABLE])
def test_each_rule_has_its_three_answers(
    rule: Rule[Any], ill: dict[str, Any], short: dict[str, Any], field: str
) -> None:
    problem = ask(rule, fleet(ill))
    assert isinstance(problem, Problem)
    assert problem.evidence
    assert isinstance(ask(rule, fleet(short)), Clear)
    hidden = ask(rule, fleet({field: UNSEEN}))
    assert isinstance(hidden, Unseen)
    assert hidden.asked == f"sql:postgres.{field}"


@pytest.mark.parametrize(("rule", "ill", "short", "field"), TABLE, ids=[f"{row[0].id}:{row[3]}" for row in TABLE])
def test_a_reader_is_not_judged_for_its_writer(
    rule: Rule[Any], ill: dict[str, Any], short: dict[str, Any], field: str
) -> None:
    found = fleet_of(instance(), postgres=(reader("orders", PostgresDatabase(name="orders", **ill)),))
    assert isinstance(ask(rule, found), NotApplicable)


def test_the_table_above_names_every_rule_about_a_database() -> None:
    modules = (
        postgres_access,
        postgres_indexes,
        postgres_keys,
        postgres_partitions,
        postgres_replication,
        postgres_upgrade,
        postgres_vacuum,
    )
    rules = {rule.id for module in modules for rule in module.RULES if rule.subjects.name == "PostgreSQL database"}
    assert {row[0].id for row in TABLE} == rules


def problem_of(rule: Rule[Any], found: Fleet) -> Problem:
    answer = ask(rule, found)
    assert isinstance(answer, Problem), answer
    return answer


def test_a_published_table_without_key_is_severe_and_a_logical_slot_makes_it_worse() -> None:
    published = problem_of(postgres_keys.WITHOUT_KEY, fleet(keyless(published=True)))
    assert published.severity is Severity.HIGH
    assert published.repair.sql[0].statement == 'ALTER TABLE "public"."t" REPLICA IDENTITY FULL'
    whole_rows = problem_of(postgres_keys.WITHOUT_KEY, fleet(keyless(published=True, replica_identity="full")))
    assert whole_rows.severity is None
    slots = (slot("cdc", logical=True, database="orders"),)
    assert problem_of(postgres_keys.WITHOUT_KEY, fleet(keyless(), slots=slots)).severity is Severity.MEDIUM
    elsewhere = (slot("cdc", logical=True, database="another"),)
    assert problem_of(postgres_keys.WITHOUT_KEY, fleet(keyless(), slots=elsewhere)).severity is None


def test_the_index_that_is_missing_is_written_exactly() -> None:
    plain = problem_of(postgres_keys.FOREIGN_KEY, fleet(foreign())).repair.sql[0]
    assert plain.statement == 'CREATE INDEX CONCURRENTLY ON "s"."child" ("a", "b""x")'
    assert plain.database == "orders"
    parts = problem_of(postgres_keys.FOREIGN_KEY, fleet(foreign(partitioned=True))).repair.sql[0]
    assert parts.statement == 'CREATE INDEX ON "s"."child" ("a", "b""x")'
    assert problem_of(postgres_keys.FOREIGN_KEY, fleet(foreign(rows_estimate=1_000_000))).severity is Severity.MEDIUM


def test_a_sequence_that_may_not_be_read_is_not_known_unless_another_is_full() -> None:
    hidden = sequence(readable=False, last_value=None)
    assert isinstance(ask(postgres_keys.EXHAUSTION, fleet({"sequences": (hidden,)})), Unseen)
    full = sequence(name="full", last_value=2_140_000_000)
    assert problem_of(postgres_keys.EXHAUSTION, fleet({"sequences": (hidden, full)})).severity is Severity.CRITICAL
    assert isinstance(ask(postgres_keys.EXHAUSTION, fleet({"sequences": (sequence(last_value=None),)})), Clear)


def test_a_leftover_of_a_rebuild_is_dropped_and_another_is_built_anew() -> None:
    leftover = problem_of(postgres_indexes.INVALID, fleet(invalid(index="i_ccnew1")))
    assert leftover.repair.sql[0].statement == 'DROP INDEX CONCURRENTLY "s"."i_ccnew1"'
    other = problem_of(postgres_indexes.INVALID, fleet(invalid(index="two\nlines", unique=True)))
    assert other.repair.sql[0].statement == 'REINDEX INDEX CONCURRENTLY "s".U&"two\\000Alines"'
    assert other.severity is Severity.MEDIUM
    assert "\n" not in other.title + "".join(str(each) for each in other.evidence)


def test_a_twin_goes_the_way_it_came() -> None:
    def statement(**changes: Any) -> str:
        return problem_of(postgres_indexes.DUPLICATE, fleet(twin(**changes))).repair.sql[0].statement

    assert statement() == 'DROP INDEX CONCURRENTLY "s"."twin"'
    assert statement(constraint="twin_key") == 'ALTER TABLE "s"."t" DROP CONSTRAINT "twin_key"'
    assert statement(partitioned=True) == 'DROP INDEX "s"."twin"'


def test_three_twins_are_two_to_drop_and_each_once() -> None:
    rows = tuple(
        DuplicateIndexRow(**{**DUPLICATE, "index": index, "kept": kept})
        for index, kept in (("b", "a"), ("c", "a"), ("c", "b"))
    )
    problem = problem_of(postgres_indexes.DUPLICATE, fleet({"duplicate_indexes": rows}))
    assert [each.statement for each in problem.repair.sql] == [
        'DROP INDEX CONCURRENTLY "s"."b"',
        'DROP INDEX CONCURRENTLY "s"."c"',
    ]
    assert problem.title.startswith("orders/orders has 2 duplicate indexes (4 MiB)")


def test_many_objects_are_counted_and_ten_are_named() -> None:
    rows = tuple(UnvalidatedRow(schema="s", table="t", constraint=f"c{place:03}", kind="check") for place in range(500))
    problem = problem_of(postgres_keys.NOT_VALID, fleet({"unvalidated_constraints": rows}))
    assert len(problem.evidence) == 11
    assert problem.evidence[-1].value == "500 or more; the first 10 are shown"
    assert len(problem.repair.sql) == 10
    assert "500 or more constraints" in problem.title


# Unused indexes: every member, and counters of a month.


def aurora(*others: Any, **writer: Any) -> Fleet:
    members = ("billing-1", "billing-2", "billing-3")
    found = inside("billing-1", database("orders", index_usage=(UNUSED, USED_ONLY_HERE)), **writer)
    return fleet_of(cluster(), *(member(name) for name in members), postgres=(found, *others))


def a_reader(name: str, *unused: IndexUsageRow, **changes: Any) -> Any:
    return reader(name, PostgresDatabase(name="orders", extensions=(), index_usage=unused), **changes)


def unused_of(found: Fleet) -> Any:
    return ask_all(postgres_indexes.UNUSED, found)["billing-1/orders"]


def test_an_index_that_one_reader_uses_is_used() -> None:
    both = unused_of(aurora(a_reader("billing-2", UNUSED, USED_ONLY_HERE), a_reader("billing-3", UNUSED)))
    assert isinstance(both, Problem)
    assert [each.subject for each in both.evidence] == ["s.i"]
    assert "all 3 servers" in both.evidence[0].source
    assert isinstance(unused_of(aurora(a_reader("billing-2"), a_reader("billing-3", UNUSED))), Clear)


def test_a_member_that_was_not_looked_into_makes_it_not_known() -> None:
    answer = unused_of(aurora(a_reader("billing-2", UNUSED)))
    assert isinstance(answer, Unseen)
    assert (answer.asked, answer.field) == ("sql:connect", "the inside of billing-3")
    # an index that the members seen all use cannot be unused, whatever the last one does
    assert isinstance(unused_of(aurora(a_reader("billing-2"))), Clear)


def test_counters_younger_than_a_month_on_any_member_make_it_not_known() -> None:
    young = NOW - timedelta(days=29)
    readers = (a_reader("billing-2", UNUSED), a_reader("billing-3", UNUSED, started_at=young))
    answer = unused_of(aurora(*readers))
    assert isinstance(answer, Unseen)
    assert answer.asked == "sql:postgres.counters"
    assert "2026-10-25" in answer.field
    old = unused_of(aurora(readers[0], a_reader("billing-3", UNUSED, started_at=NOW - timedelta(days=30))))
    assert isinstance(old, Problem)


def test_replicas_in_regions_that_were_not_surveyed_make_it_not_known() -> None:
    far = "arn:aws:rds:us-east-1:111122223333:db:orders-far"
    ill = inside("orders", database("orders", index_usage=(UNUSED,)))
    answer = ask(postgres_indexes.UNUSED, fleet_of(instance(replicas=(far,)), postgres=(ill,)))
    assert isinstance(answer, Unseen)
    assert "orders-far" in answer.field


def test_pieces_of_partitioned_indexes_and_small_ones_are_never_unused() -> None:
    rows = (
        IndexUsageRow(schema="s", index="piece", table="t", size_bytes=GIB, partitioned=True),
        IndexUsageRow(schema="s", index="small", table="t", size_bytes=MIB - 1, partitioned=False),
    )
    assert isinstance(ask(postgres_indexes.UNUSED, fleet({"index_usage": rows})), Clear)


# Bloat: an estimate without widths is no estimate.


@pytest.mark.parametrize(
    ("rule", "ill"),
    [
        (postgres_vacuum.BLOAT, table_bloat(GIB, MIB, measured=2)),
        (postgres_indexes.BLOAT, index_bloat(GIB, MIB, measured=0)),
    ],
)
def test_bloat_without_column_widths_is_not_known(rule: Rule[Any], ill: dict[str, Any]) -> None:
    assert isinstance(ask(rule, fleet(ill)), Unseen)


def test_a_vacuum_that_runs_now_is_not_behind_and_autovacuum_off_is_severe() -> None:
    assert isinstance(ask(postgres_vacuum.BEHIND, fleet(backlog(10**6, 50, running=True))), Clear)
    off = problem_of(postgres_vacuum.BEHIND, fleet(backlog(10**6, 50), settings={"autovacuum": "off"}))
    assert off.severity is Severity.HIGH


def test_statistics_of_a_moment_ago_are_not_old() -> None:
    just_now = stale(changed_rows=10**6, last_analyze=NOW - timedelta(minutes=59))
    assert isinstance(ask(postgres_vacuum.STATISTICS, fleet(just_now)), Clear)
    assert isinstance(ask(postgres_vacuum.STATISTICS, fleet(stale(changed_rows=10**6, last_analyze=None))), Problem)


def test_toast_is_switched_on_again_by_its_own_name() -> None:
    row = AutovacuumOffRow(schema="s", name="t", toast=True, rows_estimate=5)
    problem = problem_of(postgres_vacuum.DISABLED, fleet({"autovacuum_disabled": (row,)}))
    assert problem.repair.sql[0].statement == 'ALTER TABLE "s"."t" RESET (toast.autovacuum_enabled)'


# Partitions. Now is 2026-11-23 12:00.


@pytest.mark.parametrize(
    ("ends", "severity"),
    [
        (("2026-11-22", "2026-11-23", "2026-11-24"), None),
        (("2026-11-21", "2026-11-22", "2026-11-23"), Severity.HIGH),
        (("2026-11-16", "2026-11-23", "2026-11-30"), None),
        (("2026-10-01", "2026-11-01", "2026-11-30 12:00:00"), None),
        (("2025-01-01", "2026-01-01", "2026-11-24"), None),
    ],
)
def test_the_next_partition_is_missing(ends: tuple[str, ...], severity: Severity | None) -> None:
    problem = problem_of(postgres_partitions.NEXT, fleet(ranges(*ends)))
    assert problem.severity is severity


@pytest.mark.parametrize(
    "ends",
    [
        ("2026-11-23", "2026-11-24", "2026-11-25"),
        ("2026-11-01", "2026-12-01"),
        ("2025-01-01", "2026-01-01", "2027-01-01"),
        ("2020-01-01", "2021-01-01"),
        ("2026-01-01", "2026-02-01"),
        ("2026-01-01", "infinity"),
    ],
)
def test_the_next_partition_is_there_or_nobody_wants_it(ends: tuple[str, ...]) -> None:
    assert isinstance(ask(postgres_partitions.NEXT, fleet(ranges(*ends))), Clear)


def test_times_with_zones_and_ranges_without_end() -> None:
    hours = ("2026-11-23 11:00:00+00", "2026-11-23 12:30:00+00")
    assert "2026-11-23 12:30" in problem_of(postgres_partitions.NEXT, fleet(ranges(*hours, key="timestamptz"))).title
    endless = RangePartitionsRow(
        schema="s",
        table="t",
        key_type="date",
        has_default=False,
        bounds=("FOR VALUES FROM ('2026-01-01') TO (MAXVALUE)",),
        rows_estimates=(5,),
    )
    assert isinstance(ask(postgres_partitions.NEXT, fleet({"range_partitions": (endless,)})), Clear)


def test_numbers_tell_only_by_rows_in_the_last_of_equal_ranges() -> None:
    million = ("0", "1000000", "2000000", "3000000")
    in_use = problem_of(postgres_partitions.NEXT, fleet(ranges(*million, key="bigint", rows=4)))
    assert "3,000,000" in in_use.title
    assert isinstance(ask(postgres_partitions.NEXT, fleet(ranges(*million, key="bigint", rows=0))), Clear)
    months = tuple(str(month) for month in range(1, 14))
    assert isinstance(ask(postgres_partitions.NEXT, fleet(ranges(*months, key="integer", rows=4))), Clear)


def test_inserts_that_go_to_a_default_partition_do_not_fail() -> None:
    past = ranges("2026-11-21", "2026-11-22", "2026-11-23", default=True)
    problem = problem_of(postgres_partitions.NEXT, fleet(past))
    assert problem.severity is None
    assert "default partition" in problem.evidence[0].what


def test_an_extension_that_the_server_no_longer_offers_or_newer_than_it_is_not_outdated() -> None:
    for installed, available in (("1.9", None), ("2.0", "1.10")):
        assert isinstance(ask(postgres_upgrade.OUTDATED, fleet(extension(installed, available))), Clear)


def test_unlogged_tables_weigh_more_where_something_may_take_over_and_nothing_in_a_test() -> None:
    ill = {"unlogged_tables": (UnloggedRow(schema="s", name="t", rows_estimate=5),)}
    assert problem_of(postgres_replication.UNLOGGED, fleet(ill)).severity is Severity.MEDIUM
    found = inside("orders", database("orders", **ill))
    alone = fleet_of(instance(multi_az=False), postgres=(found,))
    assert problem_of(postgres_replication.UNLOGGED, alone).severity is None
    test = fleet_of(instance(tags={"env": "test"}), postgres=(found,))
    assert isinstance(ask(postgres_replication.UNLOGGED, test), NotApplicable)


def test_a_function_is_pinned_by_its_exact_name_unless_its_arguments_cannot_be_printed() -> None:
    row = DefinerRow(schema="s", name="f", arguments="a integer", owner="o", is_procedure=False)
    pinned = problem_of(postgres_access.DEFINERS, fleet({"definer_functions": (row,)}))
    wanted = 'ALTER FUNCTION "s"."f"(a integer) SET search_path = pg_catalog, "s", pg_temp'
    assert pinned.repair.sql[0].statement == wanted
    odd = DefinerRow(schema="s", name="f", arguments='a "x\ny"', owner="o", is_procedure=False)
    assert problem_of(postgres_access.DEFINERS, fleet({"definer_functions": (odd,)})).repair.sql == ()
