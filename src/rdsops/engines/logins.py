"""Who we are inside a database: the logins an operator gave, in order of how closely they name the instance.

A credentials file (mode 0600), the environment, the secret that RDS keeps for the master user, or an IAM token.
Secrets Manager and IAM are asked through functions passed in; no AWS client is known here. Passwords stay in memory.
"""

from __future__ import annotations

import json
import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from rdsops.core.errors import UsageError
from rdsops.core.ids import Place
from rdsops.engines.connect import Address, Credentials
from rdsops.engines.secret import Secret
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance

USER_VARIABLE = "RDSOPS_DB_USER"
PASSWORD_VARIABLE = "RDSOPS_DB_PASSWORD"  # noqa: S105 - a variable's name

ReadSecret = Callable[[str, Place], Secret]
"""(ARN, place) -> the secret string. Raises an RdsopsError when it is refused."""
IamToken = Callable[[Address, str, Place], Secret]
"""(address, user, place) -> a token that serves as password. Raises an RdsopsError when it is refused."""


@dataclass(frozen=True, slots=True)
class Password:
    value: Secret


@dataclass(frozen=True, slots=True)
class PasswordVariable:
    """name: of the environment variable that holds it."""

    name: str


@dataclass(frozen=True, slots=True)
class SecretArn:
    arn: str


@dataclass(frozen=True, slots=True)
class IamLogin:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One [[login]]. match: a shell pattern, held against instance and cluster identifiers and their ARNs.

    user None: the one that the secret names, else the master user.
    """

    match: str
    user: str | None
    by: Password | PasswordVariable | SecretArn | IamLogin

    def covers(self, instance: Instance) -> bool:
        refs = [instance.ref] if instance.cluster is None else [instance.ref, instance.cluster]
        return any(fnmatchcase(name, self.match) for ref in refs for name in (ref.name, ref.arn))


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """Every source of credentials, asked in this order: logins, environment, RDS's own secret."""

    logins: tuple[Login, ...] = ()
    environment: Mapping[str, str] | None = None
    read_secret: ReadSecret | None = None
    iam_token: IamToken | None = None

    def credentials(self, instance: Instance, cluster: Cluster | None, address: Address) -> Credentials | None:
        """The first that covers the instance; None when nothing does. Raises RdsopsError when a source refuses."""
        for login in self.logins:
            if login.covers(instance):
                return self._by_login(login, instance, address)
        environment = self.environment or {}
        user, password = environment.get(USER_VARIABLE), environment.get(PASSWORD_VARIABLE)
        if user and password:
            return Credentials(user, Secret(password), f"{USER_VARIABLE} and {PASSWORD_VARIABLE}")
        arn = _own_secret(instance, cluster)
        if arn is not None and self.read_secret is not None:
            return self._by_secret(arn, None, instance)
        return None

    def _by_login(self, login: Login, instance: Instance, address: Address) -> Credentials:
        origin = f"login '{login.match}'"
        if isinstance(login.by, SecretArn):
            return self._by_secret(login.by.arn, login.user, instance)
        user = login.user or _master(instance)
        match login.by:
            case Password(value):
                return Credentials(user, value, origin)
            case PasswordVariable(name):
                found = (self.environment or {}).get(name)
                if not found:
                    raise UsageError(f"{origin} wants the variable {name}, which is not set", hint=f"export {name}=…")
                return Credentials(user, Secret(found), f"{origin}, variable {name}")
            case IamLogin():
                if self.iam_token is None:
                    raise UsageError(f"{origin} wants an IAM token, and no AWS session is at hand")
                return Credentials(user, self.iam_token(address, user, instance.ref.place), f"{origin}, IAM token")

    def _by_secret(self, arn: str, user: str | None, instance: Instance) -> Credentials:
        if self.read_secret is None:
            raise UsageError(f"secret {arn} cannot be read: no AWS session is at hand")
        text = self.read_secret(arn, instance.ref.place).reveal()
        origin = f"secret {arn.rsplit(':', 1)[-1]}"
        try:
            told = json.loads(text)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            return Credentials(user or _master(instance), Secret(text), origin)
        password, named = told.get("password"), told.get("username")
        if not isinstance(password, str):
            raise UsageError(f"{origin} holds no password", hint='it should be {"username": …, "password": …}')
        return Credentials(user or (named if isinstance(named, str) else _master(instance)), Secret(password), origin)


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    match: str
    user: str | None = None
    password: str | None = None
    password_env: str | None = None
    secret: str | None = None
    iam: bool = False


class _File(msgspec.Struct, forbid_unknown_fields=True):
    login: list[_Entry] = msgspec.field(default_factory=list)


def read_logins(path: Path) -> tuple[Login, ...]:
    """The logins of a credentials file (TOML, [[login]] entries). Raises UsageError, never showing its contents.

    Refused when anybody but its owner may read or write it: a password was open to them already.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_IMODE(status.st_mode) & 0o077:
                mode = f"{stat.S_IMODE(status.st_mode):04o}"
                raise UsageError(f"credentials file {path} is open to others (mode {mode})", hint=f"chmod 600 {path}")
            if status.st_uid not in (os.geteuid(), 0):
                raise UsageError(f"credentials file {path} belongs to another user", hint=f"chown $USER {path}")
            told = msgspec.convert(tomllib.load(file), type=_File)
    except OSError as error:
        raise UsageError(f"credentials file {path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError:
        raise UsageError(f"credentials file {path} is not TOML", hint='[[login]]\nmatch = "orders*"') from None
    except msgspec.ValidationError as error:
        raise UsageError(f"credentials file {path}: {error}") from None
    return tuple(_login(entry, path) for entry in told.login)


def _login(entry: _Entry, path: Path) -> Login:
    ways: list[Password | PasswordVariable | SecretArn | IamLogin] = []
    if entry.password is not None:
        ways.append(Password(Secret(entry.password)))
    if entry.password_env is not None:
        ways.append(PasswordVariable(entry.password_env))
    if entry.secret is not None:
        ways.append(SecretArn(entry.secret))
    if entry.iam:
        ways.append(IamLogin())
    if len(ways) != 1:
        raise UsageError(
            f"credentials file {path}: login '{entry.match}' names {len(ways)} ways in, not one",
            hint="give exactly one of password, password_env, secret, iam",
        )
    return Login(match=entry.match, user=entry.user, by=ways[0])


def _own_secret(instance: Instance, cluster: Cluster | None) -> str | None:
    for owner in (instance, cluster):
        if owner is not None and owner.has_seen("master_secret") and owner.master_secret is not None:
            return owner.master_secret
    return None


def _master(instance: Instance) -> str:
    return instance.master_username
