"""Inside MySQL and MariaDB: tables, indexes and keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rdsops.advise.finding import Evidence, Repair, Severity, Sql, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import MYSQL_SERVERS, MysqlServer
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.units import GIB, human_bytes, human_span
from rdsops.fleet.mysql_inside import MysqlTableRow, UnusedIndexRow

LISTED_MOST = 20
"""Objects named in a finding; the worst first, the rest are counted."""
SMALL_TABLE_ROWS = 1000
"""Below this a missing key or an unused index costs nothing worth a repair."""
USAGE_DAYS_LEAST = 7
"""An index is called unused after a week at the least: weekly jobs must have had their turn."""
AUTO_INCREMENT_RATIO = 0.7
AUTO_INCREMENT_CRITICAL_RATIO = 0.85
FREE_BYTES_LEAST = GIB
"""Free space inside a file worth a rebuild."""
_DML_LOCK = "Rebuilds the table; use ALGORITHM=INPLACE, LOCK=NONE where the version allows, or gh-ost / pt-osc."


def quoted(name: str) -> str:
    """A MySQL identifier.

    >>> quoted("a`b")
    '`a``b`'
    """
    return "`" + name.replace("`", "``") + "`"


def table(row: Any) -> str:
    """A row's table, qualified and quoted."""
    return f"{quoted(row.schema_name)}.{quoted(row.table_name)}"


def plain(row: Any) -> str:
    return f"{row.schema_name}.{row.table_name}"


def counted(rows: Sequence[Any], one: str, many: str) -> str:
    """The first object by name, or how many there are."""
    return f"{one} {plain(rows[0])}" if len(rows) == 1 else f"{len(rows)} {many}"


def _writer_only(server: MysqlServer, view: View) -> NotApplicable | None:
    """Tables are judged on the server that takes writes; replicas hold the same ones."""
    return None if view.is_writer(server.instance) else NotApplicable("a replica; its writer is judged")


def _without_key(server: MysqlServer, view: View) -> Verdict:
    if elsewhere := _writer_only(server, view):
        return elsewhere
    rows = server.inside.tables_without_key
    if not rows:
        return CLEAR
    replicated = bool(server.instance.replicas) or server.instance.cluster is not None
    return Problem(
        title=f"{server.instance.ref}: {counted(rows, 'table', 'tables')} without a primary key"
        + (f" ({plain(rows[0])}, …)" if len(rows) > 1 else ""),
        severity=Severity.HIGH if replicated and any(r.row_estimate > SMALL_TABLE_ROWS for r in rows) else None,
        evidence=tuple(
            Evidence(
                what="no primary key, no unique key over columns that are never null",
                value=f"about {row.row_estimate} rows, {human_bytes(row.bytes)}, {row.engine}",
                source="mysql/tables_without_key",
                threshold="a key",
                subject=plain(row),
            )
            for row in rows[:LISTED_MOST]
        ),
        repair=Repair(
            text="Give each table a primary key; where no column serves, an invisible or added AUTO_INCREMENT one.",
            sql=tuple(
                Sql(
                    database=row.schema_name,
                    statement=f"ALTER TABLE {table(row)} ADD COLUMN id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT "
                    f"PRIMARY KEY;",
                    caution=_DML_LOCK,
                )
                for row in rows[:LISTED_MOST]
            ),
        ),
    )


WITHOUT_KEY = Rule(
    id="my-table-without-key",
    title="Table without a primary key",
    theme=Theme.MYSQL,
    severity=Severity.MEDIUM,
    subjects=MYSQL_SERVERS,
    check=_without_key,
    why="A replica must search the whole table for each changed row, so one UPDATE can stop replication for hours; "
    "change capture (DMS) refuses or duplicates rows.",
    repair="Add a primary key.",
    checks="A base table has neither a primary key nor a unique key over columns that are never null. Generated "
    "invisible "
    "primary keys count as keys. High when the server has replicas and the table is not small. Not asked of replicas.",
    needs=("sql:mysql.tables_without_key",),
    sources=("MySQL Reference Manual, InnoDB clustered and row-based replication, recalled",),
    catalogue=(134,),
    sql=True,
)


def _redundant(server: MysqlServer, view: View) -> Verdict:
    if elsewhere := _writer_only(server, view):
        return elsewhere
    rows = server.inside.redundant_indexes
    if not rows:
        return CLEAR
    first = f"{plain(rows[0])}.{rows[0].index_name}"
    return Problem(
        title=f"{server.instance.ref}: {len(rows)} redundant index{'es' if len(rows) > 1 else ''} ({first})",
        evidence=tuple(
            Evidence(
                what=f"index {row.index_name} on ({row.columns})",
                value=f"served by {row.covered_by} on ({row.covering_columns})",
                source="mysql/redundant_indexes",
                subject=plain(row),
            )
            for row in rows[:LISTED_MOST]
        ),
        repair=Repair(
            text="Drop what another index serves; try it invisible (MySQL) or ignored (MariaDB) first.",
            sql=tuple(
                Sql(
                    database=row.schema_name, statement=f"ALTER TABLE {table(row)} DROP INDEX {quoted(row.index_name)};"
                )
                for row in rows[:LISTED_MOST]
            ),
            caution="A query with a hint that names the index fails once it is gone.",
        ),
    )


REDUNDANT_INDEX = Rule(
    id="my-redundant-index",
    title="Index that another index of its table serves",
    theme=Theme.MYSQL,
    severity=Severity.LOW,
    subjects=MYSQL_SERVERS,
    check=_redundant,
    why="Each write keeps both up to date, both take buffer pool, and the optimiser weighs both.",
    repair="Drop the redundant one.",
    checks="Two B-tree indexes of a table: the same columns, prefix lengths and order, or a non-unique one whose "
    "columns "
    "begin the other. Indexes over expressions are not compared. Not asked of replicas.",
    needs=("sql:mysql.redundant_indexes",),
    sources=("MySQL Reference Manual, sys.schema_redundant_indexes, recalled",),
    catalogue=(132,),
    sql=True,
)


def _unused(server: MysqlServer, view: View) -> Verdict:
    if elsewhere := _writer_only(server, view):
        return elsewhere
    servers = [server.inside]
    cluster = view.cluster_of(server.instance)
    readers = (
        [member for _, member in view.members(cluster) if member.ref != server.instance.ref]
        if cluster is not None
        else [view.replica(server.instance, name) for name in server.instance.replicas]
    )
    for reader in readers:
        inside = view.mysql(reader)
        if inside is None:
            raise Unseen("sql:connect", f"index usage on {reader.ref.name}")
        servers.append(inside)
    shortest = min(each.uptime_s for each in servers)
    everywhere = set.intersection(*({_key(row) for row in each.unused_indexes} for each in servers))
    rows = [
        row for row in server.inside.unused_indexes if _key(row) in everywhere and row.row_estimate >= SMALL_TABLE_ROWS
    ]
    if shortest < USAGE_DAYS_LEAST * 86400:
        raise Unseen("sql:mysql.unused_indexes", f"index usage over {USAGE_DAYS_LEAST} days")
    if not rows:
        return CLEAR
    first = f"{plain(rows[0])}.{rows[0].index_name}"
    return Problem(
        title=f"{server.instance.ref}: {len(rows)} unused index{'es' if len(rows) > 1 else ''} ({first})",
        evidence=tuple(
            Evidence(
                what=f"index {row.index_name}",
                value=f"never read in {human_span(shortest)} on {len(servers)} server(s); table of about "
                f"{row.row_estimate} rows",
                source="mysql/unused_indexes",
                threshold=f"a read within {USAGE_DAYS_LEAST} d",
                subject=plain(row),
            )
            for row in rows[:LISTED_MOST]
        ),
        repair=Repair(
            text="Make it invisible (MySQL 8) or ignored (MariaDB 10.6) for a full business cycle, then drop it.",
            sql=tuple(
                Sql(
                    database=row.schema_name, statement=f"ALTER TABLE {table(row)} DROP INDEX {quoted(row.index_name)};"
                )
                for row in rows[:LISTED_MOST]
            ),
        ),
    )


def _key(row: UnusedIndexRow) -> tuple[str, str, str]:
    return row.schema_name, row.table_name, row.index_name


UNUSED_INDEX = Rule(
    id="my-unused-index",
    title="Index that no server of the cluster reads",
    theme=Theme.MYSQL,
    severity=Severity.LOW,
    subjects=MYSQL_SERVERS,
    check=_unused,
    why="Each write maintains it, and it takes storage and buffer pool for nothing.",
    repair="Hide it first, then drop it.",
    checks=f"A non-unique index that serves no foreign key, on a table of {SMALL_TABLE_ROWS} rows or more, has no "
    f"read since "
    f"the start of the server and of every replica, the youngest at least {USAGE_DAYS_LEAST} days ago. Not known "
    f"while a "
    "replica is not seen, or a server is younger. Not asked of replicas.",
    needs=("sql:mysql.unused_indexes", "sql:mysql.status"),
    sources=("MySQL Reference Manual, table_io_waits_summary_by_index_usage, recalled",),
    catalogue=(132,),
    sql=True,
)


def _auto_increment(server: MysqlServer, view: View) -> Verdict:
    if elsewhere := _writer_only(server, view):
        return elsewhere
    rows = [row for row in server.inside.auto_increments if row.used_ratio >= AUTO_INCREMENT_RATIO]
    if not rows:
        return CLEAR
    worst = rows[0]
    return Problem(
        title=f"{server.instance.ref}: {plain(worst)}.{worst.column_name} ({worst.column_type}) is at "
        f"{worst.used_ratio:.0%} of its numbers",
        severity=Severity.CRITICAL if worst.used_ratio >= AUTO_INCREMENT_CRITICAL_RATIO else None,
        evidence=tuple(
            Evidence(
                what=f"AUTO_INCREMENT of {row.column_name} {row.column_type}",
                value=f"{row.next_value} of {row.limit_value} ({row.used_ratio:.1%})",
                source="mysql/auto_increments",
                threshold=f"{AUTO_INCREMENT_RATIO:.0%}",
                subject=plain(row),
            )
            for row in rows[:LISTED_MOST]
        ),
        repair=Repair(
            text="Widen the column to BIGINT UNSIGNED, with every column that refers to it, before it ends.",
            sql=tuple(
                Sql(
                    database=row.schema_name,
                    statement=f"ALTER TABLE {table(row)} MODIFY {quoted(row.column_name)} BIGINT UNSIGNED NOT NULL "
                    f"AUTO_INCREMENT;",
                    caution=_DML_LOCK,
                )
                for row in rows[:LISTED_MOST]
            ),
        ),
    )


AUTO_INCREMENT = Rule(
    id="my-auto-increment-ending",
    title="AUTO_INCREMENT column is running out of numbers",
    theme=Theme.MYSQL,
    severity=Severity.HIGH,
    subjects=MYSQL_SERVERS,
    check=_auto_increment,
    why="At the end every INSERT fails with a duplicate key, and the repair rewrites the table while nothing can "
    "be written.",
    repair="Widen the column in time.",
    checks=f"The next value has reached {AUTO_INCREMENT_RATIO:.0%} of the largest number of the column's type; "
    f"critical from "
    f"{AUTO_INCREMENT_CRITICAL_RATIO:.0%}. Not asked of replicas.",
    needs=("sql:mysql.auto_increments",),
    sources=("MySQL Reference Manual, integer types, recalled",),
    catalogue=(133,),
    sql=True,
)


def _unsafe(server: MysqlServer, view: View) -> Verdict:
    if elsewhere := _writer_only(server, view):
        return elsewhere
    rows: tuple[MysqlTableRow, ...] = server.inside.unsafe_tables
    if not rows:
        return CLEAR
    return Problem(
        title=f"{server.instance.ref}: {counted(rows, 'table', 'tables')} in {rows[0].engine}, which is not crash-safe",
        evidence=tuple(
            Evidence(
                what="storage engine",
                value=f"{row.engine}, about {row.row_estimate} rows, {human_bytes(row.bytes)}",
                source="mysql/unsafe_tables",
                threshold="InnoDB",
                subject=plain(row),
            )
            for row in rows[:LISTED_MOST]
        ),
        repair=Repair(
            text="Convert to InnoDB.",
            sql=tuple(
                Sql(database=row.schema_name, statement=f"ALTER TABLE {table(row)} ENGINE = InnoDB;", caution=_DML_LOCK)
                for row in rows[:LISTED_MOST]
            ),
        ),
    )


UNSAFE_TABLE = Rule(
    id="my-table-not-crash-safe",
    title="Table in a storage engine that is not crash-safe",
    theme=Theme.MYSQL,
    severity=Severity.HIGH,
    subjects=MYSQL_SERVERS,
    check=_unsafe,
    why="A crash or failover can corrupt it, and automated backups and point-in-time recovery are not reliable for it.",
    repair="Convert it to InnoDB.",
    checks="A user's base table has another engine than InnoDB. Not asked of replicas.",
    needs=("sql:mysql.unsafe_tables",),
    sources=("AWS RDS User Guide, automated backups with unsupported MySQL storage engines, recalled",),
    catalogue=(41,),
    sql=True,
)


def _fragmented(server: MysqlServer, view: View) -> Verdict:
    if elsewhere := _writer_only(server, view):
        return elsewhere
    if server.inside.variables.get("innodb_file_per_table", "ON").upper() not in ("ON", "1"):
        return NotApplicable("tables share a tablespace, whose free space is told for each of them")
    rows = [row for row in server.inside.fragmented_tables if row.free_bytes >= FREE_BYTES_LEAST]
    if not rows:
        return CLEAR
    free = sum(row.free_bytes for row in rows)
    return Problem(
        title=f"{server.instance.ref}: {human_bytes(free)} free inside {len(rows)} table file(s) ({plain(rows[0])})",
        evidence=tuple(
            Evidence(
                what="free inside the table's file",
                value=f"{human_bytes(row.free_bytes)} beside {human_bytes(row.bytes)} in use",
                source="mysql/fragmented_tables",
                threshold=f"{human_bytes(FREE_BYTES_LEAST)} and a fifth of the file",
                subject=plain(row),
            )
            for row in rows[:LISTED_MOST]
        ),
        repair=Repair(
            text="Rebuild the table when its free space will not be used again; the volume itself does not shrink "
            "on RDS.",
            sql=tuple(
                Sql(
                    database=row.schema_name,
                    statement=f"OPTIMIZE TABLE {table(row)};",
                    caution="Needs room for a copy, and replicates as one long statement.",
                )
                for row in rows[:LISTED_MOST]
            ),
        ),
    )


FRAGMENTED_TABLE = Rule(
    id="my-table-fragmented",
    title="Table file is largely free space",
    theme=Theme.MYSQL,
    severity=Severity.LOW,
    subjects=MYSQL_SERVERS,
    check=_fragmented,
    why="Scans and backups read the holes too, and storage is paid for them.",
    repair="Rebuild the table.",
    checks=f"InnoDB reports {human_bytes(FREE_BYTES_LEAST)} or more free inside a table's own file, and a fifth of "
    f"it or more. "
    "Does not apply without innodb_file_per_table. Not asked of replicas.",
    needs=("sql:mysql.fragmented_tables", "sql:mysql.variables"),
    sources=("MySQL Reference Manual, INFORMATION_SCHEMA TABLES, DATA_FREE, recalled",),
    catalogue=(137,),
    sql=True,
)


def _old_charset(server: MysqlServer, view: View) -> Verdict:
    if elsewhere := _writer_only(server, view):
        return elsewhere
    rows = server.inside.old_charsets
    if not rows:
        return CLEAR
    return Problem(
        title=f"{server.instance.ref}: {counted(rows, 'table', 'tables')} in three-byte UTF-8 (utf8mb3)",
        evidence=tuple(
            Evidence(
                what="columns in utf8mb3",
                value=str(row.columns),
                source="mysql/old_charsets",
                threshold="utf8mb4",
                subject=plain(row),
            )
            for row in rows[:LISTED_MOST]
        ),
        repair=Repair(
            text="Convert to utf8mb4, both sides of a join together.",
            sql=tuple(
                Sql(
                    database=row.schema_name,
                    statement=f"ALTER TABLE {table(row)} CONVERT TO CHARACTER SET utf8mb4;",
                    caution=_DML_LOCK,
                )
                for row in rows[:LISTED_MOST]
            ),
        ),
    )


OLD_CHARSET = Rule(
    id="my-charset-utf8mb3",
    title="Text is kept in the three-byte form of UTF-8",
    theme=Theme.MYSQL,
    severity=Severity.LOW,
    subjects=MYSQL_SERVERS,
    check=_old_charset,
    why="Emoji and many names are refused or cut, joins with utf8mb4 columns lose their index, and utf8mb3 is on "
    "its way out.",
    repair="Convert the tables to utf8mb4.",
    checks="A column's character set is utf8 or utf8mb3. Not asked of replicas.",
    needs=("sql:mysql.old_charsets",),
    sources=("MySQL 8.0 Reference Manual, utf8mb3, deprecated, recalled",),
    catalogue=(140,),
    sql=True,
)


def _foreign_key_types(server: MysqlServer, view: View) -> Verdict:
    if elsewhere := _writer_only(server, view):
        return elsewhere
    rows = server.inside.foreign_key_types
    if not rows:
        return CLEAR
    return Problem(
        title=f"{server.instance.ref}: foreign key {plain(rows[0])}.{rows[0].constraint_name} joins different types"
        + (f", and {len(rows) - 1} more" if len(rows) > 1 else ""),
        evidence=tuple(
            Evidence(
                what=f"{row.constraint_name}: column {row.column_name}",
                value=f"{row.column_type}, its parent {row.parent} is {row.parent_type}",
                source="mysql/foreign_key_types",
                threshold="the same type and collation",
                subject=plain(row),
            )
            for row in rows[:LISTED_MOST]
        ),
        repair=Repair(text="Give the child's column the parent's type, character set and collation."),
    )


FOREIGN_KEY_TYPES = Rule(
    id="my-foreign-key-types",
    title="Foreign key joins columns of different type",
    theme=Theme.MYSQL,
    severity=Severity.LOW,
    subjects=MYSQL_SERVERS,
    check=_foreign_key_types,
    why="Each check converts one side and may not use an index; the next upgrade or restore can refuse the constraint.",
    repair="Make both columns alike.",
    checks="The two columns of a foreign key differ in type or collation. Not asked of replicas.",
    needs=("sql:mysql.foreign_key_types",),
    sources=("MySQL Reference Manual, FOREIGN KEY constraints, recalled",),
    catalogue=(144,),
    sql=True,
)

RULES: tuple[Rule[Any], ...] = (
    WITHOUT_KEY,
    REDUNDANT_INDEX,
    UNUSED_INDEX,
    AUTO_INCREMENT,
    UNSAFE_TABLE,
    FRAGMENTED_TABLE,
    OLD_CHARSET,
    FOREIGN_KEY_TYPES,
)
