"""Parameters that make a server slow, blind or fragile; each told for the database, as its writer has it."""

from __future__ import annotations

from typing import Any

from rdsops.advise.databases import MYSQL_ENGINES, POSTGRES_ENGINES, is_on, is_test, set_parameter, setting_or, writer
from rdsops.advise.finding import Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES
from rdsops.advise.view import Setting, View
from rdsops.core.ids import ClusterGroupRef, GroupRef
from rdsops.core.units import human_bytes
from rdsops.facts.formulas import MEMORY_DEFAULTS, Span, span
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance

_FAR_BELOW = 0.5
_FAR_ABOVE = 1.25
_DAY_MS = 86_400_000
_SHARE_UNITS = {"shared_buffers": 8192, "innodb_buffer_pool_size": 1}
"""Parameter -> bytes of its unit."""


def _postgres_writer(database: Cluster | Instance, view: View) -> Instance | NotApplicable:
    if database.engine not in POSTGRES_ENGINES:
        return NotApplicable("a parameter of PostgreSQL")
    return writer(database, view) or NotApplicable("it has no instance")


def _mysql_writer(database: Cluster | Instance, view: View) -> Instance | NotApplicable:
    if database.engine not in MYSQL_ENGINES:
        return NotApplicable("a parameter of MySQL and MariaDB")
    return writer(database, view) or NotApplicable("it has no instance")


def _said(name: str, setting: Setting, threshold: str) -> Evidence:
    value = "left to the engine" if setting.value is None else setting.value
    return Evidence(what=name, value=value, threshold=threshold, source=setting.origin)


def _query_cache(database: Cluster | Instance, view: View) -> Verdict:
    server = _mysql_writer(database, view)
    if isinstance(server, NotApplicable):
        return server
    if database.engine not in ("mysql", "mariadb") or (
        database.engine == "mysql" and not database.engine_version.startswith("5.")
    ):
        return NotApplicable("no query cache, or Aurora's own")
    setting = view.setting(server, "query_cache_type")
    if (setting.value or "0").strip().upper() in ("0", "OFF"):
        return CLEAR
    return Problem(
        title=f"{database.ref} has the query cache on",
        evidence=(_said("query_cache_type", setting, "0"),),
        repair=Repair(
            text="Switch it off; a cache beside the database does it better.",
            calls=set_parameter(database, setting, "query_cache_type", "0", view, reboot=True),
        ),
    )


def _lab_mode(database: Cluster | Instance, view: View) -> Verdict:
    if database.engine != "aurora-mysql":
        return NotApplicable("a parameter of Aurora MySQL")
    server = _mysql_writer(database, view)
    if isinstance(server, NotApplicable):
        return server
    setting = view.setting(server, "aurora_lab_mode")
    if not is_on(setting.value):
        return CLEAR
    return Problem(
        title=f"{database.ref} runs with Aurora lab mode on",
        severity=Severity.LOW if is_test(database, view) else None,
        evidence=(_said("aurora_lab_mode", setting, "0"),),
        repair=Repair(
            text="Switch it off: its features are not meant for production.",
            calls=set_parameter(database, setting, "aurora_lab_mode", "0", view),
        ),
    )


def _general_log(database: Cluster | Instance, view: View) -> Verdict:
    server = _mysql_writer(database, view)
    if isinstance(server, NotApplicable):
        return server
    setting = view.setting(server, "general_log")
    if not is_on(setting.value):
        return CLEAR
    return Problem(
        title=f"{database.ref} writes every statement to its general log",
        evidence=(_said("general_log", setting, "0"),),
        repair=Repair(
            text="Switch it off; use the slow log, or an audit log that is meant for it.",
            calls=set_parameter(database, setting, "general_log", "0", view),
        ),
    )


def _log_table(database: Cluster | Instance, view: View) -> Verdict:
    server = _mysql_writer(database, view)
    if isinstance(server, NotApplicable):
        return server
    output = view.setting(server, "log_output")
    if "TABLE" not in (output.value or "").upper():
        return CLEAR
    slow, general = view.setting(server, "slow_query_log"), view.setting(server, "general_log")
    if not is_on(slow.value) and not is_on(general.value):
        return NotApplicable("neither log is on")
    return Problem(
        title=f"{database.ref} writes its logs into tables",
        evidence=(_said("log_output", output, "FILE"), _said("slow_query_log", slow, "")),
        repair=Repair(
            text="Write them to files; CloudWatch can then carry them away.",
            calls=set_parameter(database, output, "log_output", "FILE", view),
        ),
    )


def _memory_share(database: Cluster | Instance, view: View) -> Verdict:
    server = writer(database, view)
    if server is None:
        return NotApplicable("it has no instance")
    name = "shared_buffers" if database.engine in POSTGRES_ENGINES else "innodb_buffer_pool_size"
    default = MEMORY_DEFAULTS.get((database.engine, name))
    if default is None:
        return NotApplicable(f"no published default for {database.engine}")
    if server.is_serverless:
        return NotApplicable("its memory follows the load")
    chosen = _chosen(database, server, name, view)
    if chosen is None:
        return CLEAR
    size = view.facts.instance_class(server.instance_class)
    if size is None:
        return NotApplicable(f"memory of {server.instance_class} is in no table")
    own, usual = span(chosen.value or "", size.memory_gib), span(default, size.memory_gib)
    if own is None or usual is None or usual.high <= 0:
        return NotApplicable(f"{name} = {chosen.value} is no number")
    if own.high >= _FAR_BELOW * usual.low and own.low <= _FAR_ABOVE * usual.high:
        return CLEAR
    small = own.high < _FAR_BELOW * usual.low
    unit = _SHARE_UNITS[name]
    return Problem(
        title=f"{database.ref} has {name} at {_sized(own, unit)}; the default of its class is {_sized(usual, unit)}",
        severity=None if small else Severity.HIGH,
        consequence="The cache holds less than it could: reads go to the disk."
        if small
        else "Sessions and the operating system are left too little memory: it swaps, or does not start.",
        evidence=(
            _said(name, chosen, f"{_FAR_BELOW:g} to {_FAR_ABOVE:g} times the default"),
            Evidence(what=f"default {default}", value=_sized(usual, unit), source="AWS default, see explain"),
        ),
        repair=Repair(
            text=f"Reset {name} to its default, which follows the class at the next resize; a literal does not.",
            caution="Needs a reboot.",
        ),
    )


def _chosen(database: Cluster | Instance, server: Instance, name: str, view: View) -> Setting | None:
    """What a group sets by hand; None where the default rules. Live values are not asked: the group is judged."""
    place = server.ref.place
    refs: list[GroupRef | ClusterGroupRef] = [
        GroupRef(place.account, place.region, group.name) for group in server.parameter_groups
    ]
    if isinstance(database, Cluster) and database.parameter_group is not None:
        refs.append(ClusterGroupRef(place.account, place.region, database.parameter_group))
    for ref in refs:
        for parameter in view.group(ref).set_by_user:
            if parameter.name == name and parameter.value is not None:
                return Setting(parameter.value, f"parameter group {ref.name}")
    return None


def _sized(found: Span, unit: int) -> str:
    return human_bytes(found.high * unit)


def _planner(database: Cluster | Instance, view: View) -> Verdict:
    return _switches(
        database,
        view,
        ("enable_indexscan", "enable_indexonlyscan"),
        "plans without indexes",
        "Reset them; where one statement needs a hint, set it for that session alone.",
    )


def _autovacuum(database: Cluster | Instance, view: View) -> Verdict:
    return _switches(
        database,
        view,
        ("autovacuum", "track_counts"),
        "does not vacuum by itself",
        "Reset them. To spare a table, set autovacuum parameters on that table.",
    )


def _switches(database: Cluster | Instance, view: View, names: tuple[str, ...], words: str, repair: str) -> Verdict:
    server = _postgres_writer(database, view)
    if isinstance(server, NotApplicable):
        return server
    settings = [(name, view.setting(server, name)) for name in names]
    off = [(name, setting) for name, setting in settings if setting.value is not None and not is_on(setting.value)]
    if not off:
        return CLEAR
    return Problem(
        title=f"{database.ref} {words}: {', '.join(name for name, _ in off)} off",
        evidence=tuple(_said(name, setting, "1") for name, setting in off),
        repair=Repair(
            text=repair,
            calls=tuple(call for name, setting in off for call in set_parameter(database, setting, name, "1", view)),
        ),
    )


def _timeouts(database: Cluster | Instance, view: View) -> Verdict:
    server = _postgres_writer(database, view)
    if isinstance(server, NotApplicable):
        return server
    if is_test(database, view):
        return NotApplicable("a test environment")
    idle = view.setting(server, "idle_in_transaction_session_timeout")
    limit = int(idle.value) if idle.value is not None and idle.value.lstrip("-").isdigit() else 0
    if 0 < limit < _DAY_MS:
        return CLEAR
    statement = view.setting(server, "statement_timeout")
    return Problem(
        title=f"{database.ref} lets a session idle in a transaction for {'a day or more' if limit > 0 else 'ever'}",
        severity=Severity.INFO if limit > 0 else None,
        evidence=(
            _said("idle_in_transaction_session_timeout", idle, "minutes, in ms"),
            _said("statement_timeout", statement, "a limit for web sessions, set by role"),
        ),
        repair=Repair(
            text="Set ten minutes or so; sessions of known batch work can set their own.",
            calls=set_parameter(database, idle, "idle_in_transaction_session_timeout", "600000", view),
            caution="Sessions that idle longer inside a transaction are ended.",
        ),
    )


_QUIET: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("log_autovacuum_min_duration", "10000", ("-1",), "600000"),
    ("log_temp_files", "10240", ("-1",), "-1"),
    ("log_lock_waits", "1", ("0", "off"), "off"),
    ("track_io_timing", "1", ("0", "off"), "off"),
)
"""Parameter, a value that tells something, values that tell nothing, and what the engine does unless told."""


def _quiet(database: Cluster | Instance, view: View) -> Verdict:
    server = _postgres_writer(database, view)
    if isinstance(server, NotApplicable):
        return server
    if is_test(database, view):
        return NotApplicable("a test environment")
    found = [(name, better, quiet, *setting_or(server, name, usual, view)) for name, better, quiet, usual in _QUIET]
    blind = [(name, better, setting) for name, better, quiet, value, setting in found if value.strip().lower() in quiet]
    if not blind:
        return CLEAR
    return Problem(
        title=f"{database.ref} logs nothing of {', '.join(name for name, _, _ in blind)}",
        evidence=tuple(_said(name, setting, better) for name, better, setting in blind),
        repair=Repair(
            text="Switch them on; they write a line when something is out of the ordinary.",
            calls=tuple(
                call for name, better, setting in blind for call in set_parameter(database, setting, name, better, view)
            ),
        ),
    )


def _performance_schema(database: Cluster | Instance, view: View) -> Verdict:
    server = _mysql_writer(database, view)
    if isinstance(server, NotApplicable):
        return server
    usual = "0" if database.engine == "mariadb" else "1"
    value, setting = setting_or(server, "performance_schema", usual, view)
    if is_on(value):
        return CLEAR
    if setting.origin != "live" and server.performance_insights:
        return NotApplicable("Performance Insights switches it on by itself")
    return Problem(
        title=f"{database.ref} has performance_schema off",
        severity=Severity.INFO if is_test(database, view) else None,
        evidence=(_said("performance_schema", setting, "1"),),
        repair=Repair(
            text="Switch it on, or switch Performance Insights on, which does it by itself.",
            calls=set_parameter(database, setting, "performance_schema", "1", view, reboot=True),
            caution="Takes some memory, and needs a reboot.",
        ),
    )


_NEEDS = (
    "rds:DescribeDBInstances",
    "rds:DescribeDBClusters",
    "rds:DescribeDBParameters",
    "rds:DescribeEngineDefaultParameters",
)
_MYSQL = "MySQL Reference Manual, recalled"
_POSTGRES = "PostgreSQL documentation, recalled"

QUERY_CACHE = Rule(
    id="query-cache-on",
    title="MySQL's query cache is on",
    theme=Theme.PERFORMANCE,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_query_cache,
    why="Its one lock makes writers wait for readers; MySQL 8 dropped it.",
    repair="Switch it off.",
    checks="query_cache_type is not 0 or OFF. Applies to RDS MySQL 5 and MariaDB; Aurora's cache is its own.",
    needs=_NEEDS,
    sources=(_MYSQL,),
    catalogue=(83,),
)

LAB_MODE = Rule(
    id="aurora-lab-mode",
    title="Aurora lab mode is on",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=DATABASES,
    check=_lab_mode,
    why="Features under test run on real data.",
    repair="Switch it off.",
    checks="aurora_lab_mode is on. Applies to Aurora MySQL; low in test environments.",
    needs=_NEEDS,
    sources=("AWS Aurora User Guide of 2023, lab mode, recalled",),
    catalogue=(83,),
)

GENERAL_LOG = Rule(
    id="general-log-on",
    title="MySQL's general log is on",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=DATABASES,
    check=_general_log,
    why="Every statement is written a second time, with its literals, and fills the storage.",
    repair="Switch it off.",
    checks="general_log is on.",
    needs=_NEEDS,
    sources=(_MYSQL,),
    catalogue=(84,),
)

LOG_TABLE = Rule(
    id="logs-in-tables",
    title="MySQL writes its logs into tables",
    theme=Theme.PERFORMANCE,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_log_table,
    why="Each logged statement is an insert under a table lock, the tables grow, and no log is exported.",
    repair="log_output FILE.",
    checks="log_output contains TABLE while slow_query_log or general_log is on.",
    needs=_NEEDS,
    sources=(_MYSQL,),
    catalogue=(84,),
)

MEMORY_SHARE = Rule(
    id="buffer-memory-unusual",
    title="The buffer cache is far from its default",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=DATABASES,
    check=_memory_share,
    why="Too small, and reads go to the disk; too large, and it swaps or does not start.",
    repair="Reset it to the default, which follows the class.",
    checks="A group sets shared_buffers or innodb_buffer_pool_size by hand, and evaluated for the class it is below "
    f"{_FAR_BELOW:g} (medium) or above {_FAR_ABOVE:g} times AWS's default (high). Does not apply to serverless.",
    needs=_NEEDS,
    sources=(
        "RDS and Aurora PostgreSQL defaults: public parameter listings, read 2026-11-23",
        "MySQL's three quarters of memory: recalled",
    ),
    catalogue=(86,),
)

PLANNER = Rule(
    id="index-scans-off",
    title="The planner may not use indexes",
    theme=Theme.PERFORMANCE,
    severity=Severity.HIGH,
    subjects=DATABASES,
    check=_planner,
    why="Each look-up reads the whole table.",
    repair="Reset the parameters.",
    checks="enable_indexscan or enable_indexonlyscan is off. Applies to PostgreSQL.",
    needs=_NEEDS,
    sources=(_POSTGRES,),
    catalogue=(88,),
)

AUTOVACUUM = Rule(
    id="autovacuum-off",
    title="Autovacuum is off",
    theme=Theme.PERFORMANCE,
    severity=Severity.HIGH,
    subjects=DATABASES,
    check=_autovacuum,
    why="Dead rows pile up, plans go stale, and transaction ids run towards the stop.",
    repair="Reset the parameters.",
    checks="autovacuum is off, or track_counts, which it depends on. Applies to PostgreSQL.",
    needs=_NEEDS,
    sources=(_POSTGRES,),
    catalogue=(89,),
)

TIMEOUTS = Rule(
    id="idle-transactions-unlimited",
    title="Sessions may idle in a transaction without limit",
    theme=Theme.PERFORMANCE,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_timeouts,
    why="One forgotten transaction holds locks, and keeps vacuum from removing anything in the whole server.",
    repair="Set idle_in_transaction_session_timeout to minutes.",
    checks="idle_in_transaction_session_timeout is 0 (low), or a day or more, which is RDS's default (info). "
    "Applies to "
    "PostgreSQL outside test environments.",
    needs=_NEEDS,
    sources=("RDS default of 86,400,000 ms: a public listing of PostgreSQL 11, read 2026-11-23", _POSTGRES),
    catalogue=(90,),
)

QUIET = Rule(
    id="logging-too-quiet",
    title="Settings that would explain a slow hour are off",
    theme=Theme.PERFORMANCE,
    severity=Severity.INFO,
    subjects=DATABASES,
    check=_quiet,
    why="After a slow hour there is no trace of spilled sorts, lock waits, long vacuums or slow disks.",
    repair="Switch them on.",
    checks="log_autovacuum_min_duration or log_temp_files is -1, or log_lock_waits or track_io_timing is off. "
    "Applies to "
    "PostgreSQL outside test environments.",
    needs=_NEEDS,
    sources=(_POSTGRES,),
    catalogue=(90,),
)

PERFORMANCE_SCHEMA = Rule(
    id="performance-schema-off",
    title="MySQL's performance_schema is off",
    theme=Theme.PERFORMANCE,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_performance_schema,
    why="Which statements, locks and tables cost what cannot be told.",
    repair="Switch it or Performance Insights on.",
    checks="performance_schema is off, live or in the groups. Where only groups were seen and Performance Insights "
    "is on, "
    "it does not apply: Insights switches it on.",
    needs=_NEEDS,
    sources=("AWS RDS User Guide of 2023, Performance Insights for MySQL, recalled",),
    catalogue=(91,),
)

RULES: tuple[Rule[Any], ...] = (
    QUERY_CACHE,
    LAB_MODE,
    GENERAL_LOG,
    LOG_TABLE,
    MEMORY_SHARE,
    PLANNER,
    AUTOVACUUM,
    TIMEOUTS,
    QUIET,
    PERFORMANCE_SCHEMA,
)
