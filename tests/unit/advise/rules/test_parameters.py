"""Each parameter: set wrongly in a group, wrong live, in order, and hidden."""

from __future__ import annotations

from typing import Any

import pytest

from rdsops.advise.finding import Severity
from rdsops.advise.rule import Clear, NotApplicable, Problem, Rule
from rdsops.advise.rules import parameters as rules
from rdsops.core.errors import Unseen
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.instances import GroupAttachment, Instance
from rdsops.fleet.mysql_inside import MysqlInside
from rdsops.fleet.postgres_inside import PostgresInside
from rdsops.testing.asking import ask
from rdsops.testing.fleets import NOW, cluster, family, fleet_of, group, instance, mariadb, member

GROUP = {"postgres": ("orders-pg17", "postgres17"), "mariadb": ("shop-mariadb1011", "mariadb10.11")}
TEST = {"Environment": "test"}
QUIET_IN_ORDER = {"log_temp_files": "0", "log_lock_waits": "1", "track_io_timing": "1"}


def with_group(database: Instance, **settings: str) -> Fleet:
    return fleet_of(database, group(*GROUP[database.engine], cluster_level=False, **settings))


@pytest.mark.parametrize(
    ("rule", "database", "ill", "well"),
    [
        (rules.QUERY_CACHE, mariadb(), {"query_cache_type": "ON"}, {"query_cache_type": "OFF"}),
        (rules.GENERAL_LOG, mariadb(), {"general_log": "1"}, {"general_log": "0"}),
        (
            rules.LOG_TABLE,
            mariadb(),
            {"log_output": "FILE,TABLE", "slow_query_log": "1", "general_log": "0"},
            {"log_output": "FILE", "slow_query_log": "1", "general_log": "0"},
        ),
        (rules.PLANNER, instance(), *({"enable_indexscan": v, "enable_indexonlyscan": "1"} for v in ("off", "on"))),
        (rules.PLANNER, instance(), *({"enable_indexscan": "1", "enable_indexonlyscan": v} for v in ("0", "1"))),
        (rules.AUTOVACUUM, instance(), *({"autovacuum": v, "track_counts": "1"} for v in ("0", "1"))),
        (rules.AUTOVACUUM, instance(), *({"autovacuum": "1", "track_counts": v} for v in ("off", "on"))),
        (
            rules.TIMEOUTS,
            instance(),
            *({"idle_in_transaction_session_timeout": v, "statement_timeout": "0"} for v in ("86400000", "86399999")),
        ),
        (
            rules.QUIET,
            instance(),
            {**QUIET_IN_ORDER, "log_autovacuum_min_duration": "-1"},
            {**QUIET_IN_ORDER, "log_autovacuum_min_duration": "0"},
        ),
        (
            rules.QUIET,
            instance(),
            {**QUIET_IN_ORDER, "log_autovacuum_min_duration": "0", "log_lock_waits": "off"},
            {**QUIET_IN_ORDER, "log_autovacuum_min_duration": "0"},
        ),
        (
            rules.PERFORMANCE_SCHEMA,
            mariadb(performance_insights=False),
            {"performance_schema": "0"},
            {"performance_schema": "1"},
        ),
    ],
    ids=lambda value: value.id if isinstance(value, Rule) else "",
)
def test_ill_well_and_hidden(rule: Rule[Any], database: Instance, ill: dict[str, str], well: dict[str, str]) -> None:
    found = ask(rule, with_group(database, **ill))
    assert isinstance(found, Problem)
    assert found.repair.calls[0].operation == "ModifyDBParameterGroup"
    assert isinstance(ask(rule, with_group(database, **well)), Clear)
    assert isinstance(ask(rule, with_group(database)), Unseen)
    assert isinstance(ask(rule, fleet_of(database)), Unseen)


def test_another_engine_is_not_asked() -> None:
    for rule in rules.RULES:
        other = instance() if rule.why and _of_mysql(rule) else mariadb()
        if rule is rules.MEMORY_SHARE:
            other = instance(engine="oracle-ee")
        assert isinstance(ask(rule, fleet_of(other)), NotApplicable), rule.id


def _of_mysql(rule: Rule[Any]) -> bool:
    mysql = (rules.QUERY_CACHE, rules.LAB_MODE, rules.GENERAL_LOG, rules.LOG_TABLE, rules.PERFORMANCE_SCHEMA)
    return any(rule is one for one in mysql)


def test_what_the_server_says_wins_over_its_group() -> None:
    inside = PostgresInside(instance=instance().ref, asked_at=NOW, settings={"autovacuum": "off", "track_counts": "on"})
    grouped = group(autovacuum="1", track_counts="1")
    found = ask(rules.AUTOVACUUM, fleet_of(instance(), grouped, postgres=(inside,)))
    assert isinstance(found, Problem)
    assert found.evidence[0].source == "live"


def test_a_parameter_left_to_the_engine_is_judged_by_what_the_engine_does() -> None:
    quiet = dict.fromkeys(("log_autovacuum_min_duration", "log_temp_files", "log_lock_waits", "track_io_timing"))
    found = ask(rules.QUIET, fleet_of(instance(), group(), family("postgres17", cluster_level=False, **quiet)))
    assert isinstance(found, Problem)
    assert [item.what for item in found.evidence] == ["log_temp_files", "log_lock_waits", "track_io_timing"]
    on = dict.fromkeys(("autovacuum", "track_counts"))
    assert isinstance(
        ask(rules.AUTOVACUUM, fleet_of(instance(), group(), family("postgres17", cluster_level=False, **on))), Clear
    )


def test_no_timeout_at_all_weighs_more_than_a_day() -> None:
    both = {"statement_timeout": "0"}
    none = ask(rules.TIMEOUTS, with_group(instance(), idle_in_transaction_session_timeout="0", **both))
    day = ask(rules.TIMEOUTS, with_group(instance(), idle_in_transaction_session_timeout="86400000", **both))
    assert isinstance(none, Problem)
    assert isinstance(day, Problem)
    assert (none.severity, day.severity) == (None, Severity.INFO)
    for rule in (rules.TIMEOUTS, rules.QUIET):
        assert isinstance(ask(rule, with_group(instance(tags=TEST))), NotApplicable)


def test_log_tables_cost_nothing_while_no_log_is_on() -> None:
    silent = with_group(mariadb(), log_output="TABLE", slow_query_log="0", general_log="0")
    assert isinstance(ask(rules.LOG_TABLE, silent), NotApplicable)


def test_performance_schema_follows_insights_unless_seen_off_live() -> None:
    off = group(*GROUP["mariadb"], performance_schema="0")
    assert isinstance(ask(rules.PERFORMANCE_SCHEMA, fleet_of(mariadb(), off)), NotApplicable)
    inside = MysqlInside(instance=mariadb().ref, asked_at=NOW, variables={"performance_schema": "OFF"})
    assert isinstance(ask(rules.PERFORMANCE_SCHEMA, fleet_of(mariadb(), off, mysql=(inside,))), Problem)


def test_aurora_lab_mode() -> None:
    one = member(
        "basket-1",
        "basket",
        engine="aurora-mysql",
        engine_version="8.0.mysql_aurora.3.10.1",
        parameter_groups=(GroupAttachment("basket-amy8", "in-sync"),),
    )
    many = cluster("basket", ("basket-1",), engine="aurora-mysql", parameter_group="basket-aurora8")
    of_cluster = group("basket-aurora8", "aurora-mysql8.0", cluster_level=True)
    for value, kind in (("1", Problem), ("0", Clear)):
        own = group("basket-amy8", "aurora-mysql8.0", aurora_lab_mode=value)
        assert isinstance(ask(rules.LAB_MODE, fleet_of(many, one, own, of_cluster)), kind)
    assert isinstance(ask(rules.LAB_MODE, fleet_of(many, one, of_cluster)), Unseen)


@pytest.mark.parametrize(
    ("pages", "severity"),
    [
        ("{DBInstanceClassMemory/32768}", None),
        ("235929", Severity.MEDIUM),
        ("262144", None),
        ("655360", None),
        ("660000", Severity.HIGH),
    ],
)
def test_buffers_against_the_default_of_the_class(pages: str, severity: Severity | None) -> None:
    """16 GiB: the default is 471,859 to 524,288 pages."""
    found = ask(rules.MEMORY_SHARE, with_group(instance(), shared_buffers=pages))
    if severity is None:
        assert isinstance(found, Clear)
    else:
        assert isinstance(found, Problem)
        assert (found.severity or rules.MEMORY_SHARE.severity) is severity


def test_buffers_left_alone_are_clear_and_an_unread_group_is_not_known() -> None:
    assert isinstance(ask(rules.MEMORY_SHARE, with_group(instance())), Clear)
    assert isinstance(ask(rules.MEMORY_SHARE, fleet_of(instance())), Unseen)
    serverless = fleet_of(cluster(members=("billing-1",)), member("billing-1", instance_class="db.serverless"))
    assert isinstance(ask(rules.MEMORY_SHARE, serverless), NotApplicable)
