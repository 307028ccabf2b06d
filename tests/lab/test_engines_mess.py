"""The mess of the demo fleet: each fault is really there, and the load survives what befalls its engines."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from rdsops.lab.demo.mess.load import Load, Worked
from rdsops.lab.demo.mess.plant import ABANDONED_SLOT, plant_aurora, plant_mariadb, plant_postgres
from rdsops.lab.engines.boot import Booted, Chains, boot, stop
from rdsops.lab.engines.postgres import PostgresNode
from rdsops.lab.engines.spec import EngineSpec
from rdsops.lab.home import LabHome
from rdsops.lab.processes import wait_until
from tests.lab.conftest import watched_home
from tests.left_out import left_out

pytestmark = pytest.mark.engines

SHOP = EngineSpec(
    id="shop",
    flavour="postgres",
    master_user="shop_admin",
    database="shop",
    extensions=("pg_stat_statements",),
)
ORDERS = replace(SHOP, id="orders-1", master_user="orders_admin", database="orders", aurora=True)
ORDERS_READER = replace(ORDERS, id="orders-2", follows="orders-1")
DESK = EngineSpec(id="crm-1", flavour="mariadb", master_user="admin", database="crm")


@pytest.fixture(scope="module")
def home() -> Iterator[LabHome]:
    with watched_home() as home, home.lock():
        yield home


@pytest.fixture(scope="module")
def fleet(home: LabHome, engines_here: Chains) -> Iterator[Booted]:
    """The mess on every PostgreSQL major of this machine ("shop-15", "shop-18"), and the demo's others."""
    if engines_here.postgres.first() is None:
        left_out("PostgreSQL", engines_here.postgres.install)
    majors = sorted({one.major for one in engines_here.postgres.providers})
    shops = [replace(SHOP, id=f"shop-{major}", major=major) for major in majors]
    booted = boot([*shops, ORDERS, ORDERS_READER, DESK], home, os.environ, engines_here)
    for shop in shops:
        plant_postgres(booted.postgres(shop.id).running)
    plant_aurora(booted.postgres("orders-1").running)
    if "crm-1" in booted.nodes:
        plant_mariadb(booted.mariadb("crm-1").running)
    yield booted
    stop(booted, home)


@pytest.fixture(scope="module")
def load(fleet: Booted) -> Iterator[Load]:
    load = Load({running.spec.id: running for running in fleet.running})
    load.start()
    yield load
    load.stop()


def _shops(fleet: Booted) -> list[PostgresNode]:
    return [node for id, node in fleet.nodes.items() if id.startswith("shop-") and isinstance(node, PostgresNode)]


FAULTS = {
    "table without primary key": (
        "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND NOT"
        " EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)",
        "page_views",
    ),
    "invalid index": ("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid", "customers_email_unique"),
    "duplicate index": (
        "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indisvalid AND i.indrelid::regclass::text = 'customers' GROUP BY i.indkey::text HAVING count(*) > 1",
        "customers_email_again_idx customers_email_idx",
    ),
    "int4 key at 90 %": (
        "SELECT CASE WHEN last_value / 2147483647.0 BETWEEN 0.89 AND 0.91 THEN data_type::text END"
        " FROM pg_sequences WHERE sequencename = 'orders_id_seq'",
        "integer",
    ),
    "int4 column under a bigint sequence": (
        "SELECT data_type::text FROM pg_sequences WHERE sequencename = 'invoice_numbers'",
        "bigint",
    ),
    "unindexed foreign key": (
        "SELECT k.conrelid::regclass::text FROM pg_constraint k WHERE k.contype = 'f' AND NOT EXISTS (SELECT FROM"
        " pg_index i WHERE i.indrelid = k.conrelid AND i.indkey[0] = k.conkey[1])",
        "order_lines",
    ),
    "constraint never validated": (
        "SELECT conname::text FROM pg_constraint WHERE NOT convalidated",
        "order_lines_quantity_positive",
    ),
    "autovacuum off": (
        "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class"
        " WHERE reloptions @> ARRAY['autovacuum_enabled=off']",
        "carts supplier_feed",
    ),
    "dead rows": ("SELECT relname::text FROM pg_stat_user_tables WHERE n_dead_tup > 10000", "carts"),
    "never analysed": ("SELECT relname::text FROM pg_class WHERE reltuples = -1 AND relkind = 'r'", "supplier_feed"),
    "default partition with rows": ("SELECT min(tableoid::regclass::text) FROM payments_default", "payments_default"),
    "abandoned slot": (
        "SELECT slot_name::text FROM pg_replication_slots WHERE NOT active"
        " AND pg_current_wal_lsn() - restart_lsn > 50000000",
        ABANDONED_SLOT,
    ),
    "role with excess": (
        "SELECT rolname::text FROM pg_roles WHERE rolcreaterole AND rolbypassrls AND NOT rolsuper",
        "reporting",
    ),
    "everybody creates in public": ("SELECT has_schema_privilege('public', 'public', 'CREATE')::text", "true"),
    "unlogged": ("SELECT relname::text FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r'", "coupon_claims"),
    "disabled trigger": (
        "SELECT tgname::text FROM pg_trigger WHERE tgenabled = 'D' AND NOT tgisinternal",
        "products_stock_guard",
    ),
    "outdated extension": (
        "SELECT name::text FROM pg_available_extensions WHERE installed_version < default_version AND name = 'pg_trgm'",
        "pg_trgm",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_planted_fault_is_there_on_every_major(fleet: Booted, fault: str) -> None:
    question, answer = FAULTS[fault]
    for node in _shops(fleet):
        with node.admin("shop") as connection:
            found = connection.execute(question.encode()).fetchall()
        assert found == [(answer,)], node.provider.version


def test_the_bloated_table_holds_more_than_sixteen_mib_that_no_row_needs(fleet: Booted) -> None:
    for node in _shops(fleet):
        with node.admin("shop") as connection:
            row = connection.execute(
                "SELECT pg_relation_size('carts') - sum(pg_column_size(c)) FROM carts c"
            ).fetchone()
        assert row is not None
        assert row[0] > 16 * 2**20


def test_the_queue_at_a_lock_has_one_root_and_two_waiters_beside_an_idle_transaction(fleet: Booted, load: Load) -> None:
    asked = (
        "SELECT application_name, state, cardinality(pg_blocking_pids(pid)) FROM pg_stat_activity"
        " WHERE application_name IN ('stock-import', 'checkout-1', 'checkout-2', 'billing') ORDER BY 1"
    )
    wanted = [
        ("billing", "idle in transaction", 0),
        ("checkout-1", "active", 1),
        ("checkout-2", "active", 1),
        ("stock-import", "idle in transaction", 0),
    ]
    for node in _shops(fleet):
        with node.admin() as connection:
            assert wait_until(lambda c=connection: c.execute(asked).fetchall() == wanted, within_s=15)  # type: ignore[misc]


def test_the_load_shows_in_pg_stat_statements_and_its_own_making_does_not(fleet: Booted, load: Load) -> None:
    asked = "SELECT query FROM pg_stat_statements WHERE calls > 0"
    for node in _shops(fleet):
        with node.admin("shop") as connection:

            def texts(connection: object = connection) -> list[str]:
                return [row[0] for row in connection.execute(asked).fetchall()]  # type: ignore[attr-defined]

            assert wait_until(lambda texts=texts: any("order_lines" in one for one in texts()), within_s=15)  # type: ignore[misc]
            assert not any("PASSWORD" in one or "generate_series" in one for one in texts())


def test_workers_come_back_after_their_sessions_were_ended(fleet: Booted, load: Load) -> None:
    name = f"{_shops(fleet)[0].spec.id}/"

    def of_shop() -> dict[str, Worked]:
        return {id: one for id, one in load.worked().items() if id.startswith(name)}

    assert wait_until(lambda: all(one.connections for one in of_shop().values()), within_s=15)
    before = of_shop()
    with _shops(fleet)[0].admin() as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop_app'")
    assert wait_until(
        lambda: all(of_shop()[id].connections > one.connections for id, one in before.items()), within_s=20
    ), (before, load.worked())


def test_readers_of_aurora_are_asked_and_keep_a_fresh_topology(fleet: Booted, load: Load) -> None:
    assert wait_until(lambda: load.worked()["orders-2/browsing"].statements > 0, within_s=15)
    asked = (
        "SELECT clock_timestamp() - last_update_timestamp < interval '5 seconds' FROM aurora_replica_status()"
        " WHERE session_id = 'MASTER_SESSION_ID'"
    )
    with fleet.postgres("orders-2").admin("orders") as connection:
        assert wait_until(lambda: connection.execute(asked).fetchone() == (True,), within_s=10)


def test_the_load_stops_at_once_even_before_a_frozen_engine(fleet: Booted) -> None:
    node = fleet.postgres("orders-1")
    load = Load({id: one.running for id, one in fleet.nodes.items() if id.startswith("orders")})
    load.start()
    assert wait_until(lambda: load.worked()["orders-1/booking"].statements > 0, within_s=15)
    assert node.process is not None
    node.pause()
    try:
        began = time.monotonic()
        load.stop()
        assert time.monotonic() - began < 20
    finally:
        node.unpause()


@pytest.mark.mariadb
def test_the_mariadb_faults_are_there(fleet: Booted, load: Load) -> None:
    if fleet.left_out:
        left_out("mariadbd", fleet.left_out[0].install)
    node = fleet.mariadb("crm-1")

    def told(question: str) -> list[tuple[object, ...]]:
        with node.admin() as connection, connection.cursor() as cursor:
            cursor.execute(question)
            return [tuple(row.values()) for row in cursor.fetchall()]

    assert told(
        "SELECT table_name FROM information_schema.tables t WHERE table_schema = 'crm' AND NOT EXISTS (SELECT 1 FROM"
        " information_schema.statistics s WHERE s.table_schema = t.table_schema AND s.table_name = t.table_name"
        " AND s.index_name = 'PRIMARY')"
    ) == [("call_log",)]
    assert told("SELECT redundant_index_name FROM sys.schema_redundant_indexes") == [("contacts_email_redundant",)]
    assert ("contacts_city_unused",) in told("SELECT index_name FROM sys.schema_unused_indexes")
    assert told(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'crm' AND engine = 'MyISAM'"
    ) == [("legacy_notes",)]
    assert told(
        "SELECT table_name FROM sys.schema_auto_increment_columns WHERE auto_increment_ratio BETWEEN 0.89 AND 0.91"
    ) == [("tickets",)]
    assert told(
        "SELECT DISTINCT table_name FROM information_schema.columns"
        " WHERE table_schema = 'crm' AND character_set_name = 'utf8mb3'"
    ) == [("old_labels",)]
    assert told("SELECT user FROM mysql.user WHERE host = '%' AND super_priv = 'Y'") == [("reporting",)]
    fragmented = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'crm' AND data_free > 10000000"
    assert wait_until(lambda: told(fragmented) == [("attachments",)], within_s=20)
    held = "SELECT trx_state FROM information_schema.innodb_trx WHERE trx_id = 0"
    assert wait_until(lambda: told(held) == [("RUNNING",)], within_s=10)
