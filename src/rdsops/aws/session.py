"""The door to AWS: the only place that imports boto3. It asks and counts; it judges nothing.

AWS_ENDPOINT_URL and the profile's own settings are honoured by botocore itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import RLock
from typing import Any

from rdsops import __version__
from rdsops.aws.calls import CallLog
from rdsops.aws.errors import translated
from rdsops.aws.pages import Pages, Paging, read_pages
from rdsops.core.errors import UsageError
from rdsops.core.ids import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the door waits. attempts: requests for one question, the first included."""

    connect_s: float = 5
    read_s: float = 60
    attempts: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who AWS says we are (sts:GetCallerIdentity)."""

    account: str
    arn: str


class AwsDoor:
    """Clients of every service, by place, made when first needed and kept; safe to use from many threads.

    profile, region: as for the AWS CLI; None lets botocore look in the environment and its files.
    lines: connections kept to one endpoint, as many as threads ask at once.
    """

    def __init__(
        self,
        *,
        profile: str | None = None,
        region: str | None = None,
        patience: Patience | None = None,
        lines: int = 16,
    ) -> None:
        self.calls = CallLog()
        self._profile = profile
        self._region = region
        self._patience = patience or Patience()
        self._lines = lines
        self._lock = RLock()
        self._session: Any = None
        self._caller: Caller | None = None
        self._doors: dict[str, Any] = {}
        """Account -> the botocore session that enters it by a role."""
        self._clients: dict[tuple[str, str | None, str | None], Any] = {}

    @property
    def region(self) -> str | None:
        """The region that was asked for, or the one the environment and profile name; None when none does."""
        if self._region is None:
            region = self._own_session().get_config_variable("region")
            self._region = region if isinstance(region, str) else None
        return self._region

    def caller(self) -> Caller:
        """Who we are, asked once. Raises NoCredentials with what to do about it."""
        if self._caller is None:
            answer = self._answer(self._client("sts", self.region or "us-east-1", None), "sts", "GetCallerIdentity", {})
            self._caller = Caller(account=str(answer["Account"]), arn=str(answer["Arn"]))
        return self._caller

    def enter(self, role_arn: str, *, external_id: str | None = None) -> str:
        """Take a role of another account; from then on that account's places are asked with it. Returns the account.

        Credentials are renewed by themselves when they near their end.
        """
        parts = role_arn.split(":", 5)
        if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
            raise UsageError(f"'{role_arn}' is not the ARN of a role", hint="arn:aws:iam::ACCOUNT:role/NAME")
        account = parts[4]
        from botocore.credentials import CredentialResolver, RefreshableCredentials
        from botocore.session import Session

        def assumed() -> dict[str, str]:
            request = {"RoleArn": role_arn, "RoleSessionName": "rdsops"}
            if external_id is not None:
                request["ExternalId"] = external_id
            sts = self._client("sts", self.region or "us-east-1", None)
            given = self._answer(sts, "sts", "AssumeRole", request)["Credentials"]
            return {
                "access_key": given["AccessKeyId"],
                "secret_key": given["SecretAccessKey"],
                "token": given["SessionToken"],
                "expiry_time": given["Expiration"].isoformat(),
            }

        taken = RefreshableCredentials.create_from_metadata(
            metadata=assumed(), refresh_using=assumed, method="sts-assume-role"
        )
        session = _quick_with_time(Session())
        session.register_component("credential_provider", CredentialResolver([_Taken(taken)]))
        with self._lock:
            self._doors[account] = session
        return account

    def ask(self, service: str, operation: str, place: Place, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """One request. Raises Denied, Throttled, Unsupported, Failed or NoCredentials."""
        return self._answer(self.client(service, place), service, operation, parameters)

    def pages(self, service: str, operation: str, place: Place, paging: Paging, parameters: Mapping[str, Any]) -> Pages:
        """A list, read to its end or as far as it goes; raises nothing that AWS did."""
        return read_pages(
            lambda request: self.ask(service, operation, place, request), f"{service}:{operation}", paging, parameters
        )

    def check(self, account: str) -> None:
        """Raises UsageError when no credentials or role lead into an account, NoCredentials when none lead anywhere."""
        self._way_into(account)

    def client(self, service: str, place: Place) -> Any:
        """A botocore client for one place. Raises UsageError for an account that was never entered."""
        return self._client(service, place.region, self._way_into(place.account))

    def _way_into(self, account: str) -> str | None:
        if account in self._doors:
            return account
        if account == self.caller().account:
            return None
        raise UsageError(
            f"no way into account {account}: the credentials are of {self.caller().account}",
            hint="pass the ARN of a role in it",
        )

    def _client(self, service: str, region: str, way: str | None) -> Any:
        key = (service, region, way)
        with self._lock:
            if key not in self._clients:
                session = self._own_session() if way is None else self._doors[way]
                with translated(f"{service}:client"):
                    made = session.create_client(service, region_name=region, config=self._settings())
                made.meta.events.register("before-send", _counting(self.calls, service))
                made.meta.events.register("before-parse", refuse_half_json)
                self._clients[key] = made
            return self._clients[key]

    def _own_session(self) -> Any:
        from botocore.session import Session

        with self._lock:
            if self._session is None:
                with translated("profile"):
                    session = Session(profile=self._profile)
                    session.get_scoped_config()
                self._session = _quick_with_time(session)
            return self._session

    def _settings(self) -> Any:
        from botocore.config import Config

        return Config(
            connect_timeout=self._patience.connect_s,
            read_timeout=self._patience.read_s,
            retries={"mode": "adaptive", "total_max_attempts": self._patience.attempts},
            max_pool_connections=self._lines,
            user_agent_extra=f"rdsops/{__version__}",
        )

    def _answer(self, client: Any, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        name = f"{service}:{operation}"
        from botocore import xform_name

        method = getattr(client, xform_name(operation))
        with translated(name):
            answer: dict[str, Any] = method(**parameters)
        return answer


def refuse_half_json(operation_model: Any, response_dict: Mapping[str, Any], **_: object) -> None:
    """Stop an answer that is no whole JSON: botocore reads one as an empty answer, and "no alarms" would pass for true.

    Raises botocore's ResponseParserError, as its XML parsers do.
    """
    if "json" not in operation_model.service_model.resolved_protocol or response_dict["status_code"] >= 300:
        return
    from botocore.parsers import ResponseParserError

    try:
        json.loads(response_dict["body"])
    except ValueError:
        raise ResponseParserError("the body is not JSON, or not all of it") from None


def _quick_with_time(session: Any) -> Any:
    """Let a session read timestamps without dateutil, which takes 20 of 22 s for a million points."""
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=moment_of)
    return session


def moment_of(told: Any) -> datetime:
    """A timestamp as services write it: seconds, ISO 8601, or any other form that botocore knows.

    >>> moment_of(1764000000.5).isoformat(), moment_of("2026-11-23T12:00:00.000Z").isoformat()
    ('2025-11-24T16:00:00.500000+00:00', '2026-11-23T12:00:00+00:00')
    """
    if isinstance(told, int | float):
        return datetime.fromtimestamp(told, UTC)
    try:
        found = datetime.fromisoformat(told)
    except (ValueError, TypeError):
        from botocore.utils import parse_timestamp

        found = parse_timestamp(told)
        assert isinstance(found, datetime)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


class _Taken:
    """A provider of credentials in botocore's sense: those of a role that was taken."""

    METHOD = CANONICAL_NAME = "rdsops-role"

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load(self) -> Any:
        return self._credentials


def _counting(calls: CallLog, service: str) -> Any:
    def count(event_name: str, **_: object) -> None:
        calls.add(f"{service}:{event_name.rsplit('.', 1)[-1]}")

    return count
