"""Every question of engines/sql/postgres on the oldest and the newest server: the illness shows, its neighbour not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from rdsops.advise.book import RULES
from rdsops.advise.review import review
from rdsops.app.facts import packaged_facts
from rdsops.collect import inside_postgres
from rdsops.engines.connect import Address, Credentials, Limits, Trust
from rdsops.engines.postgres import open_postgres
from rdsops.engines.query import question, questions
from rdsops.engines.secret import Secret
from rdsops.fleet.gaps import Gap
from rdsops.fleet.postgres_inside import (
    AuroraFeedbackRow,
    CheckpointsRow,
    DatabaseRow,
    PostgresDatabase,
    PostgresInside,
    StatementRow,
    StatementsInfoRow,
)
from rdsops.fleet.postgres_names import qualified
from rdsops.lab.engines.spec import Running
from rdsops.testing.fleets import fleet_of
from tests.lab.postgres_asking import as_instance, as_json, connect, database_of, look, run, scratch_database

pytestmark = pytest.mark.engines

SCHEMA = 'we"ird ü\nschema'
LONGEST = "ß" * 31 + "x"
"""63 bytes, the most a name may have."""
INDEX = "two\nlines; DROP TABLE x --"
SECRET = "hunter2-in-a-statement"


@dataclass(frozen=True)
class Ill:
    server: Running
    name: str
    inside: PostgresInside
    gaps: tuple[Gap, ...]

    @property
    def database(self) -> PostgresDatabase:
        return database_of(self.inside, self.name)


@pytest.fixture(scope="module", params=["postgres_newest", "postgres_oldest"])
def server(request: pytest.FixtureRequest) -> Running:
    running: Running = request.getfixturevalue(request.param)
    return running


@pytest.fixture(scope="module")
def ill(server: Running) -> Iterator[Ill]:
    with scratch_database(server, "ill") as name:
        make_ill(server, name)
        inside, gaps = look(server)
        yield Ill(server, name, inside, gaps)
        with connect(server) as connection:
            connection.execute("SELECT pg_drop_replication_slot('abandoned')")
            connection.execute("DROP ROLE strong; DROP ROLE builder")


def make_ill(server: Running, name: str) -> None:
    with connect(server, name) as connection:
        connection.execute(Path(__file__).with_name("postgres_ills.sql").read_bytes())
        connection.execute("UPDATE public.dead_rows SET a = a + 1")
        connection.execute("VACUUM (ANALYZE) public.bloated")
        for table in ("child_bare", "indexed", "by_day", "parent", "child_parts"):
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier("public", table)))
        hostile = sql.Identifier(SCHEMA, LONGEST)
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SCHEMA)))
        connection.execute(sql.SQL("CREATE TABLE {} (a int)").format(hostile))
        connection.execute(sql.SQL("INSERT INTO {} VALUES (1), (1)").format(hostile))
        with pytest.raises(psycopg.errors.UniqueViolation):
            build = sql.SQL("CREATE UNIQUE INDEX CONCURRENTLY {} ON {} (a)").format(sql.Identifier(INDEX), hostile)
            connection.execute(build)
        connection.execute(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} CHECK (a > 0) NOT VALID").format(hostile, sql.Identifier(INDEX))
        )
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        connection.execute(f"DO $$ BEGIN PERFORM pg_sleep(0.2), '{SECRET}'; END $$ -- {SECRET}".encode())
        connection.execute("CREATE ROLE strong LOGIN BYPASSRLS; CREATE ROLE builder LOGIN CREATEROLE")
        connection.execute("SELECT pg_create_logical_replication_slot('abandoned', 'pgoutput')")
        connection.execute("SELECT pg_stat_force_next_flush()")
        connection.execute("SELECT 1")


def names(rows: tuple[Any, ...], *fields: str) -> set[Any]:
    return {
        tuple(getattr(row, each) for each in fields) if len(fields) > 1 else getattr(row, fields[0]) for row in rows
    }


def test_nothing_was_left_unasked(ill: Ill) -> None:
    assert [gap for gap in ill.gaps if gap.asked not in ("sql:postgres.table_bloat", "sql:postgres.index_bloat")] == []
    for value in (ill.inside, ill.database):
        assert all(value.has_seen(name) for name in type(value).__struct_fields__)


def test_each_file_has_the_columns_that_its_head_and_its_row_name(server: Running, ill: Ill) -> None:
    rows: dict[str, type[Any]] = {
        **inside_postgres.SERVER_QUESTIONS,
        **inside_postgres.WRITER_QUESTIONS,
        **inside_postgres.DATABASE_QUESTIONS,
        "server": inside_postgres.ServerRow,
        "settings": inside_postgres.SettingRow,
        "public_create": inside_postgres.SchemaRow,
        "databases": DatabaseRow,
        "checkpoints": CheckpointsRow,
        "statements": StatementRow,
        "statements_info": StatementsInfoRow,
        "aurora_feedback": AuroraFeedbackRow,
    }
    assert {each.name for each in questions("postgres")} == set(rows)
    credentials = Credentials(server.spec.master_user, Secret(server.password), "the test")
    door = open_postgres(Address(server.host, server.port), ill.name, credentials, Trust(), Limits())
    door.find_in("public")
    major = door.server_version // 10000
    asked = set()
    for each in questions("postgres"):
        assert tuple(each.columns) == tuple(rows[each.name].__struct_fields__), each.name
        if each is question("postgres", each.name, "pg", major) and each.name != "aurora_feedback":
            columns, _ = door.rows(each.sql)
            assert columns == tuple(each.columns), each.name
            asked.add(each.name)
    door.close()
    assert asked == set(rows) - {"aurora_feedback"}


def test_tables_without_key(ill: Ill) -> None:
    rows = {(row.schema, row.name): row for row in ill.database.tables_without_key}
    assert ("public", "no_key") in rows
    assert (SCHEMA, LONGEST) in rows
    assert rows["public", "no_key_published"].published
    assert not rows["public", "no_key"].published
    assert rows["public", "parts_no_key"].partitioned
    assert rows["public", "key_by_identity"].replica_identity == "index"
    healthy = {"good", "parts_keyed", "parts_keyed_1", "parts_no_key_1", "parent"}
    assert not healthy & names(ill.database.tables_without_key, "name")


def test_foreign_keys_without_an_index(ill: Ill) -> None:
    rows = {row.name: row for row in ill.database.foreign_keys}
    assert {"child_bare", "child_partial", "child_behind", "child_parts"} <= set(rows)
    assert not {"child_swapped", "child_parts_1", "narrow_reference"} & set(rows)
    bare = rows["child_bare"]
    assert (bare.columns, bare.parent, bare.rows_estimate) == (("a", "b"), "parent", 12000)
    assert rows["child_parts"].partitioned


def test_keys_that_run_out_are_limited_by_their_narrowest_column(ill: Ill) -> None:
    rows = {(row.name, row.column): row for row in ill.database.sequences}
    full = rows["nearly_full", "id"]
    assert (full.last_value, full.limit_value, full.readable) == (1932735283, 2147483647, True)
    assert rows["never_used", "id"].last_value is None
    assert rows["narrow_reference", "wide_id"].limit_value == 2147483647
    assert rows["narrow_reference", "wide_id"].referring
    assert rows["by_default", "id"].limit_value == 32767
    assert not {("wide_key", "id"), ("round_and_round", "id"), ("good", "id")} & set(rows)


def test_index_usage(ill: Ill) -> None:
    unused = names(ill.database.index_usage, "index")
    assert {"indexed_a_again", "indexed_lower", "indexed_t"} <= unused
    assert not {"indexed_b_a", "indexed_u_key", "indexed_pkey", "indexed_u_a", "key_by_identity_a_key"} & unused


def test_duplicate_and_overlapping_indexes(ill: Ill) -> None:
    exact = {row.index: row for row in ill.database.duplicate_indexes if row.exact and row.table == "indexed"}
    assert set(exact) == {"indexed_a_again", "indexed_lower_again", "indexed_u_plain", "indexed_id_plain"}
    assert exact["indexed_u_plain"].kept == "indexed_u_key"
    assert exact["indexed_id_plain"].kept == "indexed_pkey"
    longer = {
        (row.index, row.kept) for row in ill.database.duplicate_indexes if not row.exact and row.table == "indexed"
    }
    assert longer == {
        ("indexed_a", "indexed_a_b"),
        ("indexed_a_again", "indexed_a_b"),
        ("indexed_u_plain", "indexed_u_a"),
    }


def test_invalid_indexes_and_constraints(ill: Ill) -> None:
    [invalid] = ill.database.invalid_indexes
    assert (invalid.schema, invalid.index, invalid.table, invalid.unique) == (SCHEMA, INDEX, LONGEST, True)
    loose = names(ill.database.unvalidated_constraints, "table", "constraint")
    assert loose == {("good", "good_note"), (LONGEST, INDEX)}


def test_bloat_is_estimated_where_statistics_are(ill: Ill) -> None:
    tables = {row.name: row for row in ill.database.table_bloat}
    bloated = tables["bloated"]
    assert bloated.columns_measured == bloated.columns == 2
    assert bloated.needed_bytes < 0.3 * bloated.size_bytes
    full = tables["indexed"]
    assert 0.8 < full.needed_bytes / full.size_bytes < 1.2
    indexes = {row.index: row for row in ill.database.index_bloat}
    assert indexes["bloated_pkey"].needed_bytes < 0.4 * indexes["bloated_pkey"].size_bytes
    assert indexes["bloated_pkey"].constraint
    assert 0.75 < indexes["indexed_pkey"].needed_bytes / indexes["indexed_pkey"].size_bytes < 1.25
    lowered = indexes["indexed_lower"]
    assert lowered.columns_measured == 1
    assert 0.75 < lowered.needed_bytes / lowered.size_bytes < 1.3


def test_vacuum_and_statistics(ill: Ill) -> None:
    behind = {row.name: row for row in ill.database.vacuum_backlog}
    assert behind["dead_rows"].dead_rows == 30000
    assert behind["dead_rows"].last_vacuum is None
    assert "bloated" not in behind
    off = names(ill.database.autovacuum_disabled, "name", "toast")
    assert {("bloated", False), ("dead_rows", False), ("toast_off", True)} <= off
    assert ("toast_off", False) not in off
    stale = {row.name: row for row in ill.database.stale_statistics}
    assert stale["never_analysed"].never
    assert stale["never_analysed"].size_bytes > 1_000_000
    assert "empty_new" not in stale
    assert "bloated" not in stale


def test_extensions_and_what_an_upgrade_refuses(ill: Ill) -> None:
    hstore = next(row for row in ill.database.extensions if row.name == "hstore")
    assert hstore.installed == "1.4"
    assert hstore.available not in (None, "1.4")
    blockers = names(ill.database.upgrade_blockers, "name", "column")
    assert blockers == {("reg", "direct"), ("reg", "listed"), ("reg", "domain_of"), ("reg", "composed")}


def test_partitions(ill: Ill) -> None:
    defaults = {row.table: row for row in ill.database.default_partitions}
    assert defaults["by_day"].rows_estimate == 50
    assert set(defaults) == {"by_day", "by_list"}
    ranges = {row.table: row for row in ill.database.range_partitions}
    assert ranges["by_day"].bounds[-1] == "FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')"
    assert ranges["by_day"].has_default
    assert ranges["by_day"].key_type == "date"
    assert ranges["by_time"].bounds == ("FOR VALUES FROM ('2026-01-01 00:00:00+00') TO (MAXVALUE)",)
    assert "by_list" not in ranges


def test_rights(ill: Ill) -> None:
    assert ill.database.public_create == ("open_to_all",)
    assert names(ill.database.definer_functions, "name", "arguments") == {("lends", "a integer")}
    assert "bypassrls" in next(row.powers for row in ill.inside.roles if row.name == "strong")
    assert next(row.powers for row in ill.inside.roles if row.name == "builder") == ("createrole",)


def test_unlogged_tables_and_triggers(ill: Ill) -> None:
    assert names(ill.database.unlogged_tables, "name") == {"scratch"}
    off = names(ill.database.disabled_triggers, "table", "trigger", "foreign_key")
    assert ("good", "good_off", False) in off
    assert ("child_swapped", "child_swapped_a_b_fkey", True) in off
    assert len(off) == 2


def test_ages_settings_and_counters(ill: Ill) -> None:
    assert {"template0", "template1", "ill"} <= names(ill.inside.database_rows, "name")
    assert all(row.xid_age > 0 for row in ill.inside.database_rows)
    assert set(ill.inside.database_names) >= {"ill"}
    assert not {"template0", "template1", "rdsadmin"} & set(ill.inside.database_names)
    assert len(ill.database.table_ages) >= 10
    assert ill.inside.settings["max_replication_slots"] == "10"
    assert "ill" in names(ill.inside.counters, "database")
    assert ill.inside.checkpoints.timed >= 0
    assert not ill.inside.is_replica


def test_slots(ill: Ill) -> None:
    [slot] = [row for row in ill.inside.slots if row.name == "abandoned"]
    assert (slot.logical, slot.active, slot.database, slot.wal_status) == (True, False, "ill", "reserved")
    assert slot.retained_bytes is not None
    assert (slot.inactive_since is not None) == (ill.inside.server_version >= 170000)


def test_statements_come_without_anybodys_literals(ill: Ill) -> None:
    assert ill.inside.statements
    texts = [row.text for row in ill.inside.statements]
    assert any(text == "DO ?" for text in texts), texts
    assert SECRET not in as_json(ill.inside)
    info = ill.inside.statements_info
    assert info is not None
    assert info.statements > 0


def test_no_password_is_in_what_is_kept(ill: Ill) -> None:
    assert ill.server.password not in as_json(ill.inside) + as_json(ill.gaps)


EXPECTED = {
    "pg-table-without-key",
    "pg-foreign-key-without-index",
    "pg-key-exhaustion",
    "pg-constraint-not-valid",
    "pg-trigger-disabled",
    "pg-invalid-index",
    "pg-duplicate-index",
    "pg-overlapping-index",
    "pg-table-bloat",
    "pg-autovacuum-behind",
    "pg-autovacuum-disabled",
    "pg-statistics-stale",
    "pg-extension-outdated",
    "pg-upgrade-blockers",
    "pg-partition-default-filling",
    "pg-public-create",
    "pg-security-definer",
    "pg-powerful-roles",
    "pg-unlogged-table",
}
MENDED = EXPECTED - {
    # what no single statement mends
    "pg-key-exhaustion",
    "pg-trigger-disabled",
    "pg-table-bloat",
    "pg-upgrade-blockers",
    "pg-partition-default-filling",
    "pg-powerful-roles",
    "pg-table-without-key",
    "pg-invalid-index",
}


def findings_of(server: Running, inside: PostgresInside) -> dict[str, Any]:
    fleet = fleet_of(as_instance(server), postgres=(inside,))
    rules = [rule for rule in RULES if rule.id.startswith("pg-")]
    found = review(fleet, packaged_facts(), rules).findings
    return {finding.rule: finding for finding in found if str(finding.subject).endswith(("/ill", server.spec.id))}


def test_each_fault_is_found_and_the_statements_printed_mend_it(ill: Ill) -> None:
    before = findings_of(ill.server, ill.inside)
    assert set(before) >= EXPECTED
    run(ill.server, f"DELETE FROM {qualified(SCHEMA, LONGEST)}", database=ill.name)
    for finding in before.values():
        if finding.rule in ("pg-slot-retains-wal", "pg-idle-in-transaction", "pg-blocked-sessions"):
            continue
        for each in finding.repair.sql:
            run(ill.server, each.statement, database=each.database or "postgres")
    after = findings_of(ill.server, look(ill.server)[0])
    assert not (MENDED | {"pg-invalid-index"}) & set(after)
    assert "1 of them published" in before["pg-table-without-key"].title
    assert "published" not in after["pg-table-without-key"].title
