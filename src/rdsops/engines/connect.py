"""The SQL door: where a database is, who we are there, how long we may take, and what a refused door is called.

What is shared by the engines stands here; psycopg and PyMySQL are met in postgres.py and mysql.py only, and imported
there when the first connection is opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

from rdsops.core.errors import RdsopsError
from rdsops.engines.secret import Secret
from rdsops.fleet.gaps import Cause

CA_BUNDLE = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
"""RDS's certificate authorities of all regions (read: AWS RDS User Guide, "Using SSL/TLS", 2026-11-23)."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Credentials:
    """origin: where they came from, as told to an operator ("RDSOPS_DB_USER", "secret rds!db-1")."""

    user: str
    password: Secret
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long the door may take of a server's time."""

    connect_timeout_s: int = 5
    statement_timeout_ms: int = 10_000
    lock_timeout_ms: int = 500
    idle_timeout_ms: int = 30_000


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe on the wire. ca_file: the certificate authorities; without it no network host is spoken to."""

    ca_file: Path | None = None

    def ca_for(self, address: Address) -> Path | None:
        """The CA file to verify a host with; None for loopback, where nothing crosses a wire.

        Raises NotConnected when a network host cannot be verified.
        """
        if is_loopback(address.host):
            return None
        hint = f"download {CA_BUNDLE} and set RDSOPS_CA_FILE to its path"
        if self.ca_file is None:
            raise NotConnected(f"{address}: no certificate authority to verify it with", Cause.NOT_CONNECTED, hint=hint)
        if not self.ca_file.is_file():
            raise NotConnected(f"{address}: CA file {self.ca_file} does not exist", Cause.NOT_CONNECTED, hint=hint)
        return self.ca_file


class NotConnected(RdsopsError):  # noqa: N818 - says what happened
    """A database could not be reached or did not let us in. cause: as a Gap tells it."""

    def __init__(self, message: str, cause: Cause, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.cause = cause


class NotAnswered(RdsopsError):  # noqa: N818 - says what happened
    """A question was asked and brought no answer. lost: the connection is gone too, do not ask it again."""

    def __init__(self, message: str, cause: Cause, *, hint: str | None = None, lost: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.cause = cause
        self.lost = lost


class Door(Protocol):
    """One read-only connection to one database."""

    def rows(
        self, sql: str, parameters: Mapping[str, object] | None = None
    ) -> tuple[tuple[str, ...], Sequence[Sequence[object]]]:
        """Column names and rows of one question, in a read-only transaction of its own. Raises NotAnswered."""
        ...

    def close(self) -> None: ...


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by name or address; a name that merely resolves to it is not.

    >>> is_loopback("127.0.0.5"), is_loopback("::1"), is_loopback("localhost"), is_loopback("10.0.0.1")
    (True, True, True, False)
    >>> is_loopback("localhost.example.com"), is_loopback("orders.abc.eu-west-1.rds.amazonaws.com")
    (False, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
