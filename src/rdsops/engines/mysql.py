"""MySQL and MariaDB behind the SQL door: PyMySQL is imported here, on the first connection, and its errors end here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rdsops.engines.connect import CA_BUNDLE, Address, Credentials, Limits, NotAnswered, NotConnected, Trust
from rdsops.fleet.gaps import Cause

if TYPE_CHECKING:
    import pymysql

APPLICATION = "rdsops"

_REFUSALS: dict[int, tuple[str, str]] = {
    1040: ("too many connections", "ask again when it is calmer"),
    1044: ("the login may not use this schema", "GRANT it SELECT there"),
    1045: ("wrong user or password", "check the credentials"),
    1129: ("the server has blocked this host", "FLUSH HOSTS, and find out what failed so often"),
    1130: ("the server refuses this host", "check the account's host pattern"),
    1203: ("too many connections of this user", "ask again when it is calmer"),
    1251: ("the server wants an old way to log in", "ALTER USER … IDENTIFIED VIA or WITH a current plugin"),
    2003: ("nothing answers there", "check that it runs, its port, security groups and routes"),
    2005: ("its name does not resolve", "check DNS and VPC"),
    2013: ("the connection broke while logging in", "ask again"),
    2026: ("TLS failed", f"check the CA file ({CA_BUNDLE})"),
    3159: ("the server wants TLS", "RDSOPS_CA_FILE must name the CA file"),
    4031: ("the server closed the connection", "ask again"),
}
"""Error number of a refused login -> what it means, what to do."""

_LOST = frozenset({2006, 2013, 2055, 4031})
_DENIED = frozenset({1044, 1045, 1142, 1143, 1227, 1370})
_UNKNOWN = frozenset({1046, 1049, 1054, 1064, 1109, 1146, 1193, 1235, 1305})
_TOO_LONG = frozenset({1969, 3024, 1317})
_LOCKED = frozenset({1205, 1213})


class MysqlDoor:
    """One connection; each question runs in a read-only transaction of its own."""

    def __init__(self, connection: pymysql.Connection[Any], user: str) -> None:
        self._connection = connection
        self._user = user
        self.flavour, self.version = _line(
            str(connection.get_server_info())  # type: ignore[no-untyped-call] # PyMySQL gives it no hints
        )

    @property
    def major(self) -> int:
        """Major and minor in one number: 1011 for MariaDB 10.11, 804 for MySQL 8.4."""
        first, second = self.version.split(".")[:2]
        return int(first) * 100 + int(second)

    def rows(
        self, sql: str, parameters: Mapping[str, object] | None = None
    ) -> tuple[tuple[str, ...], Sequence[Sequence[object]]]:
        import pymysql

        try:
            with self._connection.cursor() as cursor:
                cursor.execute("START TRANSACTION READ ONLY")
                cursor.execute(sql, parameters)
                names = tuple(str(column[0]) for column in cursor.description or ())
                rows = cursor.fetchall()
            self._connection.rollback()
        except UnicodeDecodeError:
            raise NotAnswered("a name in the answer is not valid UTF-8", Cause.FAILED) from None
        except (pymysql.MySQLError, OSError) as error:
            raise self._unanswered(error) from None
        return names, rows

    def close(self) -> None:
        import pymysql

        try:
            self._connection.close()
        except (pymysql.MySQLError, OSError):
            return

    def _unanswered(self, error: Exception) -> NotAnswered:
        number, words = _told(error)
        if number in _TOO_LONG:
            return NotAnswered("it took longer than the statement timeout", Cause.FAILED, hint="ask again when calmer")
        if number in _LOCKED:
            return NotAnswered("a lock was not to be had in time", Cause.FAILED, hint="see who blocks, and ask again")
        if number in _DENIED:
            return NotAnswered(words, Cause.DENIED, hint=_grant(words, self._user))
        if number in _UNKNOWN:
            return NotAnswered(words, Cause.UNSUPPORTED)
        lost = number in _LOST or not self._connection.open
        return NotAnswered(words, Cause.FAILED, lost=lost)


def open_mysql(address: Address, credentials: Credentials, trust: Trust, limits: Limits) -> MysqlDoor:
    """A short connection that writes nothing. Verifies the server's certificate and name, except on loopback.

    Raises NotConnected.
    """
    ca_file = trust.ca_for(address)
    import pymysql

    tls: dict[str, Any] = {}
    if ca_file is not None:
        tls = {"ssl_ca": str(ca_file), "ssl_verify_cert": True, "ssl_verify_identity": True}
    try:
        connection = pymysql.connect(
            host=address.host,
            port=address.port,
            user=credentials.user,
            password=credentials.password.reveal(),
            charset="utf8mb4",
            autocommit=True,
            program_name=APPLICATION,
            connect_timeout=limits.connect_timeout_s,
            read_timeout=limits.statement_timeout_ms / 1000 + 5,
            write_timeout=limits.connect_timeout_s,
            **tls,
        )
    except (pymysql.MySQLError, OSError, UnicodeError, RuntimeError) as error:
        raise _refused(error, address, credentials) from None
    door = MysqlDoor(connection, credentials.user)
    try:
        with connection.cursor() as cursor:
            for setting in _session(door.flavour, door.major, limits):
                cursor.execute(setting)
    except (pymysql.MySQLError, OSError) as error:
        door.close()
        raise _refused(error, address, credentials) from None
    return door


def _session(flavour: str, major: int, limits: Limits) -> tuple[str, ...]:
    """Settings of our session only. time_zone SYSTEM: the engine stamps transactions in the system's time."""
    settings = [
        "SET SESSION TRANSACTION READ ONLY",
        f"SET SESSION lock_wait_timeout = {max(1, limits.lock_timeout_ms // 1000)}",
        "SET SESSION group_concat_max_len = 1048576",
        "SET SESSION time_zone = 'SYSTEM'",
        "SET SESSION sql_mode = ''",
    ]
    if flavour == "mariadb":
        settings.append(f"SET SESSION max_statement_time = {limits.statement_timeout_ms / 1000}")
    else:
        settings.append(f"SET SESSION max_execution_time = {limits.statement_timeout_ms}")
        if major >= 800:
            settings.append("SET SESSION information_schema_stats_expiry = 0")
    return tuple(settings)


def _line(server: str) -> tuple[str, str]:
    """Flavour and version of what a server calls itself.

    >>> _line("5.5.5-10.11.14-MariaDB-log"), _line("8.0.36"), _line("11.4.2-MariaDB")
    (('mariadb', '10.11.14'), ('mysql', '8.0.36'), ('mariadb', '11.4.2'))
    """
    if "mariadb" in server.lower():
        return "mariadb", server.removeprefix("5.5.5-").split("-")[0]
    return "mysql", server.split("-")[0]


def _refused(error: Exception, address: Address, credentials: Credentials) -> NotConnected:
    number, words = _told(error)
    login = f"login '{credentials.user}' from {credentials.origin}"
    if re.search("certificate|SSL|TLS", words):
        number = 2026
    if number in _REFUSALS:
        meaning, remedy = _REFUSALS[number]
        return NotConnected(f"{address}: {meaning}", Cause.NOT_CONNECTED, hint=f"{remedy} ({login})")
    return NotConnected(f"{address}: {words}", Cause.NOT_CONNECTED, hint=login)


def _told(error: Exception) -> tuple[int, str]:
    """Error number (0 when there is none) and words, without anything that was sent."""
    if len(error.args) >= 2 and isinstance(error.args[0], int):
        return error.args[0], str(error.args[1])
    return 0, str(error) or type(error).__name__


def _grant(words: str, user: str) -> str:
    """The GRANT that a refusal asks for.

    >>> _grant("Access denied; you need (at least one of) the PROCESS privilege(s) for this operation", "app")
    "GRANT PROCESS ON *.* TO 'app'"
    >>> _grant("Access denied; you need (at least one of) the SUPER, SLAVE MONITOR privilege(s)", "app")
    "GRANT SLAVE MONITOR ON *.* TO 'app'"
    >>> _grant("SELECT command denied to user 'app'@'h' for table `mysql`.`user`", "app")
    "GRANT SELECT ON `mysql`.`user` TO 'app'"
    """
    name = user.replace("'", "''")
    wanted = re.search(r"the ([A-Z, ]+) privilege", words)
    if wanted:
        least = wanted[1].split(",")[-1].strip()  # SUPER comes first, and RDS grants it to nobody
        return f"GRANT {least} ON *.* TO '{name}'"
    table = re.search(r"for table (`[^`]+`\.`[^`]+`|'[^']+')", words)
    return f"GRANT SELECT ON {table[1] if table else '*.*'} TO '{name}'"
