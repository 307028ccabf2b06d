"""PostgreSQL behind the SQL door: psycopg is imported here, on the first connection, and its errors end here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rdsops.engines.connect import CA_BUNDLE, Address, Credentials, Limits, NotAnswered, NotConnected, Trust
from rdsops.fleet.gaps import Cause
from rdsops.fleet.postgres_names import quoted

if TYPE_CHECKING:
    import psycopg

APPLICATION = "rdsops"

_REFUSALS: tuple[tuple[str, str, str], ...] = (
    # (in the client's or server's message, what it means, what to do); psycopg gives no SQLSTATE for a failed connect
    (r"password authentication failed|PAM authentication failed", "wrong user or password", "check the credentials"),
    (r"no password supplied", "the server wants a password and none is known", "give credentials for this database"),
    (
        r"no pg_hba\.conf entry|pg_hba\.conf rejects",
        "the server refuses this user or address",
        "check the login's rights",
    ),
    (r"role .* does not exist|is not permitted to log in", "no such login", "check the user name"),
    (r"too many clients|too many connections|connection slots", "too many connections", "ask again when it is calmer"),
    (
        r"certificate verify failed|does not match host name|SSL|certificate",
        "TLS failed",
        f"check the CA file ({CA_BUNDLE})",
    ),
    (r"timeout expired|timed out", "no answer in time", "check security groups, routes and the port"),
    (r"Connection refused", "nothing listens there", "check that it runs, and the port"),
    (r"translate host name|resolve host|Name or service not known", "its name does not resolve", "check DNS and VPC"),
    (r"No route to host|unreachable", "unreachable", "check security groups and routes"),
    (
        r"not currently accepting connections",
        "the database accepts no connections",
        "ALTER DATABASE … ALLOW_CONNECTIONS",
    ),
    (r"permission denied for database", "no CONNECT on the database", "GRANT CONNECT ON DATABASE … TO …"),
    (r"database .* does not exist", "no such database", "check the database's name"),
    (
        r"starting up|shutting down|in recovery mode|not yet accepting",
        "the server is starting or stopping",
        "ask again",
    ),
)


class PostgresDoor:
    """One read-only connection. Each question has a transaction of its own, so that no xmin is held between them."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]], user: str) -> None:
        self._connection = connection
        self._user = user

    @property
    def server_version(self) -> int:
        """server_version_num, 180006."""
        return self._connection.info.server_version

    def find_in(self, schema: str) -> None:
        """Look names up in pg_catalog first, then in `schema` (where an extension lies), until the door closes."""
        from psycopg import sql

        path = sql.SQL("SET search_path = pg_catalog, {}").format(sql.Identifier(schema))
        self.rows(path.as_string(self._connection))

    def rows(
        self, sql: str, parameters: Mapping[str, object] | None = None
    ) -> tuple[tuple[str, ...], Sequence[Sequence[object]]]:
        import psycopg

        try:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                cursor.execute(sql.encode(), parameters)
                if cursor.description is None:
                    return (), ()
                return tuple(column.name for column in cursor.description), cursor.fetchall()
        except psycopg.Error as error:
            raise _unanswered(error, self._user, lost=self._connection.closed) from None

    def close(self) -> None:
        self._connection.close()


def open_postgres(
    address: Address, database: str, credentials: Credentials, trust: Trust, limits: Limits
) -> PostgresDoor:
    """A short, read-only connection to one database.

    Verifies the server's certificate and name, except on loopback. Raises NotConnected.
    """
    ca_file = trust.ca_for(address)
    import psycopg

    options = (
        f"-c statement_timeout={limits.statement_timeout_ms}"
        f" -c lock_timeout={limits.lock_timeout_ms}"
        f" -c idle_in_transaction_session_timeout={limits.idle_timeout_ms}"
        " -c default_transaction_read_only=on -c search_path=pg_catalog -c datestyle=ISO -c timezone=UTC -c jit=off"
    )
    try:
        connection = psycopg.connect(
            host=address.host,
            hostaddr="",  # else PGHOSTADDR would send the password elsewhere
            port=address.port,
            dbname=database,
            user=credentials.user,
            password=credentials.password.reveal(),
            application_name=APPLICATION,
            connect_timeout=limits.connect_timeout_s,
            client_encoding="UTF8",
            target_session_attrs="any",
            gssencmode="disable",
            options=options,
            prepare_threshold=None,
            sslmode="prefer" if ca_file is None else "verify-full",
            sslrootcert=None if ca_file is None else str(ca_file),
        )
    except (psycopg.Error, UnicodeError) as error:
        raise _refused(error, address, database, credentials) from None
    connection.read_only = True
    return PostgresDoor(connection, credentials.user)


def _refused(error: Exception, address: Address, database: str, credentials: Credentials) -> NotConnected:
    lines = str(error).strip().splitlines()
    told = lines[-1] if lines else type(error).__name__
    for pattern, meaning, remedy in _REFUSALS:
        if re.search(pattern, str(error), re.IGNORECASE):
            told = meaning
            hint = f"{remedy} (login '{credentials.user}' from {credentials.origin})"
            return NotConnected(f"{address}/{database}: {told}", Cause.NOT_CONNECTED, hint=hint)
    return NotConnected(f"{address}/{database}: {told}", Cause.NOT_CONNECTED)


def _unanswered(error: psycopg.Error, user: str, *, lost: bool) -> NotAnswered:
    """What a failed question means. The server's words are kept: they name catalogs and roles, never a user's rows."""
    words = error.diag.message_primary or (str(error).strip().splitlines() or [type(error).__name__])[0]
    match error.sqlstate:
        case "57014":
            return NotAnswered(
                "it took longer than the statement timeout", Cause.FAILED, hint="ask again when it is calmer"
            )
        case "55P03":
            return NotAnswered("a lock was not to be had in time", Cause.FAILED, hint="see who blocks, and ask again")
        case "42501":
            return NotAnswered(words, Cause.DENIED, hint=grant("pg_monitor", user))
        case "40001" | "40P01":
            return NotAnswered("cancelled by replay on this standby", Cause.FAILED, hint="ask again, or ask the writer")
        case "42883" | "42P01" | "42703" | "0A000" | "55000":
            return NotAnswered(words, Cause.UNSUPPORTED)
        case _:
            return NotAnswered(words, Cause.FAILED, lost=lost)


def grant(role: str, to: str) -> str:
    """The statement that gives a role to a login."""
    return f"GRANT {role} TO {quoted(to)}"
