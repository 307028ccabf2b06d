"""Who may call a lab: its reserved accounts, their users and roles, and the temporary credentials that it issued.

A 12-digit access key id is its account's administrator; the secret is never checked. Everything else must have been
made here, so that a forgotten real key is refused and not taken for a lab's account.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rdsops.lab.clock import Clock
from rdsops.lab.endpoint.contract import AwsError

LAB_ACCOUNTS: tuple[str, ...] = ("111122223333", "444455556666", "777788889999")
"""The numbers a lab uses: AWS's documentation prints them as examples (recalled), so no customer answers to them."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller that has been recognised. user_id: what GetCallerIdentity calls UserId."""

    account: str
    arn: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Role:
    """A role and whom it trusts: account numbers (anyone in them) or ARNs of users, roles and sessions."""

    account: str
    name: str
    trusts: tuple[str, ...]
    external_id: str | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:role/{self.name}"

    def lets_in(self, caller: Principal, external_id: str | None) -> bool:
        named = {caller.account, f"arn:aws:iam::{caller.account}:root", caller.arn, role_of(caller.arn)}
        if self.external_id is not None and external_id != self.external_id:
            return False
        return "*" in self.trusts or not named.isdisjoint(self.trusts)


@dataclass(frozen=True, slots=True)
class Keys:
    """Credentials as a client uses them. token and expires are None for a user's own keys."""

    key_id: str
    secret: str
    token: str | None = None
    expires: datetime | None = None

    def __repr__(self) -> str:
        return f"Keys({self.key_id})"


class Accounts:
    """The table of a lab's callers. Safe to use from many threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._roles: dict[str, Role] = {}
        self._issued: dict[str, tuple[Keys, Principal]] = {}
        self._elsewhere: list[Callable[[str], Role | None]] = []
        self._users_elsewhere: list[Callable[[str], Principal | None]] = []

    def add_role(self, account: str, name: str, *, trusts: tuple[str, ...], external_id: str | None = None) -> Role:
        role = Role(account, name, trusts, external_id)
        with self._lock:
            self._roles[role.arn] = role
        return role

    def remove_role(self, arn: str) -> None:
        with self._lock:
            self._roles.pop(arn, None)

    def add_user(self, account: str, name: str) -> Keys:
        """A user with keys of its own, to give a policy to."""
        principal = Principal(account, f"arn:aws:iam::{account}:user/{name}", _id_of("AIDA", account, name))
        keys = Keys(_new_key_id("AKIA"), secrets.token_urlsafe(30))
        with self._lock:
            self._issued[keys.key_id] = (keys, principal)
        return keys

    def also_look_for_roles(self, find: Callable[[str], Role | None]) -> None:
        """Roles kept somewhere else as well (made through the IAM API)."""
        self._elsewhere.append(find)

    def also_look_for_users(self, find: Callable[[str], Principal | None]) -> None:
        """Owners of access keys that were made through the IAM API, by key id."""
        self._users_elsewhere.append(find)

    def role(self, arn: str) -> Role | None:
        with self._lock:
            mine = self._roles.get(arn)
        if mine is not None:
            return mine
        return next((found for find in self._elsewhere if (found := find(arn)) is not None), None)

    def caller(self, key_id: str, token: str | None) -> Principal:
        """Who owns these credentials.

        Raises AwsError: InvalidClientTokenId for a key that is no lab's, ExpiredToken for one past its time.
        """
        if len(key_id) == 12 and key_id.isdigit():
            return administrator(key_id)
        with self._lock:
            issued = self._issued.get(key_id)
        if issued is not None:
            keys, principal = issued
            if keys.token is not None and token != keys.token:
                raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
            if keys.expires is not None and keys.expires <= self._clock.now():
                raise AwsError("ExpiredToken", "The security token included in the request is expired", 403)
            return principal
        for find in self._users_elsewhere:
            found = find(key_id)
            if found is not None:
                return found
        raise AwsError(
            "InvalidClientTokenId",
            "The security token included in the request is invalid. (rdsops lab: the access key id is a 12-digit "
            "account number, or one that this lab issued)",
            403,
        )

    def assume(self, role: Role, session: str, span: timedelta) -> tuple[Keys, Principal]:
        """Temporary credentials of a role, valid for a span of lab time."""
        arn = f"arn:aws:sts::{role.account}:assumed-role/{role.name.rpartition('/')[2]}/{session}"
        principal = Principal(role.account, arn, f"{_id_of('AROA', role.account, role.name)}:{session}")
        return self._issue(principal, span), principal

    def session_of(self, caller: Principal, span: timedelta) -> Keys:
        """Temporary credentials of the caller itself."""
        return self._issue(caller, span)

    def expire_all(self) -> None:
        """End every temporary credential now (a drill)."""
        now = self._clock.now()
        with self._lock:
            for key_id, (keys, principal) in self._issued.items():
                if keys.expires is not None:
                    self._issued[key_id] = (Keys(keys.key_id, keys.secret, keys.token, now), principal)

    def _issue(self, principal: Principal, span: timedelta) -> Keys:
        keys = Keys(_new_key_id("ASIA"), secrets.token_urlsafe(30), secrets.token_urlsafe(96), self._clock.now() + span)
        with self._lock:
            self._issued[keys.key_id] = (keys, principal)
        return keys


def administrator(account: str) -> Principal:
    """The caller behind a bare account number.

    >>> administrator("111122223333").arn
    'arn:aws:iam::111122223333:user/admin'
    """
    return Principal(account, f"arn:aws:iam::{account}:user/admin", _id_of("AIDA", account, "admin"))


def is_lab_account(account: str) -> bool:
    """Whether a plan may be rehearsed against this account without a thought."""
    return account in LAB_ACCOUNTS


def role_of(arn: str) -> str:
    """The role behind an assumed-role ARN; any other ARN unchanged.

    >>> role_of("arn:aws:sts::111122223333:assumed-role/reader/me")
    'arn:aws:iam::111122223333:role/reader'
    """
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[2] == "sts" and parts[5].startswith("assumed-role/"):
        return f"arn:{parts[1]}:iam::{parts[4]}:role/{parts[5].split('/')[1]}"
    return arn


def _id_of(prefix: str, account: str, name: str) -> str:
    digest = hashlib.sha256(f"{account}/{name}".encode()).digest()
    return prefix + base64.b32encode(digest).decode()[:17]


def _new_key_id(prefix: str) -> str:
    return prefix + base64.b32encode(secrets.token_bytes(10)).decode()[:16]
