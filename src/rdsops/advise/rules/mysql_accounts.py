"""Inside MySQL and MariaDB: who may log in, from where, with what power, and what an upgrade would refuse."""

from __future__ import annotations

from typing import Any

from rdsops.advise.finding import Evidence, Repair, Severity, Sql, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import MYSQL_SERVERS, MysqlServer
from rdsops.advise.view import View
from rdsops.fleet.mysql_inside import AccountRow

LISTED_MOST = 20
_OLD_PLUGINS = frozenset({"mysql_old_password", "mysql_native_password", "sha256_password"})


def _name(row: AccountRow) -> str:
    return f"'{row.user}'@'{row.host}'"


def _open(server: MysqlServer, view: View) -> Verdict:
    if not view.is_writer(server.instance):
        return NotApplicable("a replica; accounts are its writer's")
    rows = [row for row in server.inside.accounts if row.no_password or not row.user]
    if not rows:
        return CLEAR
    return Problem(
        title=f"{server.instance.ref}: {_name(rows[0])} may log in without a password"
        + (f", and {len(rows) - 1} more" if len(rows) > 1 else ""),
        evidence=tuple(
            Evidence(
                what=f"account {_name(row)}",
                value="anonymous" if not row.user else "no password",
                source="mysql/accounts",
                threshold="a password",
            )
            for row in rows[:LISTED_MOST]
        ),
        repair=Repair(
            text="Drop the account, or give it a password.",
            sql=tuple(Sql(database=None, statement=f"DROP USER {_sql(row)};") for row in rows[:LISTED_MOST]),
        ),
    )


def _sql(row: AccountRow) -> str:
    """The account as SQL quotes it."""
    user, host = row.user.replace("'", "''"), row.host.replace("'", "''")
    return f"'{user}'@'{host}'"


OPEN_ACCOUNT = Rule(
    id="my-account-without-password",
    title="Account without a password",
    theme=Theme.MYSQL,
    severity=Severity.CRITICAL,
    subjects=MYSQL_SERVERS,
    check=_open,
    why="Whoever reaches the port is in.",
    repair="Drop it, or give it a password.",
    checks="An account that is not locked has an empty password, or an empty name. RDS's own accounts are left out.",
    needs=("sql:mysql.accounts",),
    sources=("MySQL Reference Manual, account management, recalled",),
    catalogue=(25,),
    sql=True,
)


def _anywhere(server: MysqlServer, view: View) -> Verdict:
    if not view.is_writer(server.instance):
        return NotApplicable("a replica; accounts are its writer's")
    rows = [row for row in server.inside.accounts if "%" in row.host and row.powers]
    if not rows:
        return CLEAR
    return Problem(
        title=f"{server.instance.ref}: {_name(rows[0])} has {rows[0].powers} and may come from anywhere"
        + (f", and {len(rows) - 1} more" if len(rows) > 1 else ""),
        evidence=tuple(
            Evidence(
                what=f"account {_name(row)}",
                value=f"global {row.powers}",
                source="mysql/accounts",
                threshold="powerful accounts name their network",
            )
            for row in rows[:LISTED_MOST]
        ),
        repair=Repair(
            text="Rename the account to the network it comes from, and take from it the powers it does not use.",
            sql=tuple(
                Sql(
                    database=None,
                    statement=f"REVOKE {row.powers.split(', ')[0]} ON *.* FROM {_sql(row)};",
                    caution="See first what the application does with it.",
                )
                for row in rows[:LISTED_MOST]
                if row.user != _master(server)
            ),
        ),
    )


def _master(server: MysqlServer) -> str | None:
    return server.instance.master_username if server.instance.has_seen("master_username") else None


POWER_FROM_ANYWHERE = Rule(
    id="my-account-power-anywhere",
    title="Powerful account may log in from anywhere",
    theme=Theme.MYSQL,
    severity=Severity.MEDIUM,
    subjects=MYSQL_SERVERS,
    check=_anywhere,
    why="A leaked password is enough to own the server, from any host that reaches the port.",
    repair="Narrow the host pattern and the powers.",
    checks="An account with SUPER, FILE, SHUTDOWN or GRANT OPTION on everything has a host pattern with %. RDS's own "
    "accounts are left out, the master user is not.",
    needs=("sql:mysql.accounts",),
    sources=("MySQL Reference Manual, account names and privileges, recalled",),
    catalogue=(25, 26),
    sql=True,
)


def _plugin(server: MysqlServer, view: View) -> Verdict:
    if not view.is_writer(server.instance):
        return NotApplicable("a replica; accounts are its writer's")
    if server.inside.flavour == "mariadb":
        rows = [row for row in server.inside.accounts if row.plugin == "mysql_old_password"]
    else:
        rows = [row for row in server.inside.accounts if row.plugin in _OLD_PLUGINS]
    if not rows:
        return CLEAR
    return Problem(
        title=f"{server.instance.ref}: {len(rows)} account(s) log in with {rows[0].plugin} ({_name(rows[0])})",
        evidence=tuple(
            Evidence(
                what=f"account {_name(row)}", value=row.plugin, source="mysql/accounts", threshold="a current plugin"
            )
            for row in rows[:LISTED_MOST]
        ),
        repair=Repair(
            text="ALTER USER … IDENTIFIED WITH caching_sha2_password BY a new password, when every client's driver "
            "knows it.",
        ),
    )


OLD_PLUGIN = Rule(
    id="my-account-old-plugin",
    title="Account logs in with a deprecated plugin",
    theme=Theme.MYSQL,
    severity=Severity.LOW,
    subjects=MYSQL_SERVERS,
    check=_plugin,
    why="Its hash is weak, and MySQL 8.4 turns the plugin off, so these accounts stop working at the upgrade.",
    repair="Move to caching_sha2_password.",
    checks="On MySQL: mysql_native_password, sha256_password or mysql_old_password. On MariaDB, whose default "
    "mysql_native_password is: only mysql_old_password.",
    needs=("sql:mysql.accounts",),
    sources=("MySQL 8.4 Release Notes, mysql_native_password disabled by default, recalled",),
    catalogue=(27,),
    sql=True,
)


def _tls(server: MysqlServer, view: View) -> Verdict:
    rows = [row for row in server.inside.tls if row.plain]
    if not server.inside.tls:
        return NotApplicable("nobody is connected over the network now")
    if not rows:
        return CLEAR
    return Problem(
        title=f"{server.instance.ref}: {sum(row.plain for row in rows)} connection(s) in the clear now "
        f"({rows[0].user})",
        evidence=tuple(
            Evidence(
                what=f"connections of {row.user}",
                value=f"{row.plain} in the clear, {row.encrypted} encrypted",
                source="mysql/tls",
                threshold="0 in the clear",
            )
            for row in rows[:LISTED_MOST]
        ),
        repair=Repair(text="Let the application's driver use TLS and verify it; then set require_secure_transport."),
    )


TLS = Rule(
    id="my-connections-in-the-clear",
    title="Connections are not encrypted now",
    theme=Theme.MYSQL,
    severity=Severity.MEDIUM,
    subjects=MYSQL_SERVERS,
    check=_tls,
    why="Passwords' proofs and rows can be read and changed on the way.",
    repair="Use TLS in the driver, then require it.",
    checks="A connection over the network has no cipher at the moment of the survey. Loopback is left out. Behind "
    "RDS Proxy "
    "this is the proxy's leg, not the client's.",
    needs=("sql:mysql.tls",),
    sources=("MySQL Reference Manual, Ssl_cipher, recalled",),
    catalogue=(28,),
    sql=True,
)


def _upgrade(server: MysqlServer, view: View) -> Verdict:
    if server.inside.flavour == "mariadb":
        return NotApplicable("MariaDB's majors refuse nothing that we look for")
    if not server.inside.server_version.startswith("8.0"):
        return NotApplicable(f"no list of obstacles above {server.inside.server_version}")
    rows = server.inside.upgrade_blockers
    if not rows:
        return CLEAR
    return Problem(
        title=f"{server.instance.ref}: {len(rows)} thing(s) that MySQL 8.4 refuses ({rows[0].object})",
        evidence=tuple(
            Evidence(what=row.kind, value=row.object, source="mysql/upgrade_blockers", threshold="none")
            for row in rows[:LISTED_MOST]
        ),
        repair=Repair(text="Mend each before the upgrade; RDS's own precheck tells the rest."),
    )


UPGRADE = Rule(
    id="my-upgrade-obstacle",
    title="The next major version refuses what is here",
    theme=Theme.MYSQL,
    severity=Severity.LOW,
    subjects=MYSQL_SERVERS,
    check=_upgrade,
    why="The upgrade stops in its precheck, or goes through and applications can no longer log in.",
    repair="Mend it while there is time.",
    checks="On MySQL 8.0: accounts with mysql_native_password, and foreign keys to keys that are not unique.",
    needs=("sql:mysql.upgrade_blockers", "sql:mysql.variables"),
    sources=("MySQL 8.4 Release Notes, restrict_fk_on_non_standard_key and mysql_native_password, recalled",),
    catalogue=(141,),
    sql=True,
)

RULES: tuple[Rule[Any], ...] = (OPEN_ACCOUNT, POWER_FROM_ANYWHERE, OLD_PLUGIN, TLS, UPGRADE)
