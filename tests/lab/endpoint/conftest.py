"""An endpoint with small services of our own, and unmodified boto3 clients of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import boto3
import pytest
from botocore.config import Config

from rdsops.lab.accounts import LAB_ACCOUNTS, Accounts, Keys
from rdsops.lab.clock import Clock
from rdsops.lab.endpoint.server import Endpoint
from tests.lab.endpoint.toys import ToyCloudWatch, ToyPi, ToyRds

HOME = LAB_ACCOUNTS[0]
AWAY = LAB_ACCOUNTS[1]
REGION = "eu-west-1"

MakeClient: TypeAlias = Callable[..., Any]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(clock: Clock) -> Accounts:
    return Accounts(clock)


@pytest.fixture
def rds() -> ToyRds:
    return ToyRds()


@pytest.fixture
def cloudwatch() -> ToyCloudWatch:
    return ToyCloudWatch()


@pytest.fixture
def endpoint(rds: ToyRds, cloudwatch: ToyCloudWatch, accounts: Accounts, clock: Clock) -> Iterator[Endpoint]:
    with Endpoint([rds, cloudwatch, ToyPi()], accounts, clock) as running:
        yield running


@pytest.fixture
def client(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> MakeClient:
    """client("rds", account=..., region=..., keys=...): a boto3 client that does not retry unless told."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")

    def make(
        service: str,
        *,
        account: str = HOME,
        region: str = REGION,
        keys: Keys | None = None,
        attempts: int = 1,
        **more: Any,
    ) -> Any:
        return boto3.client(
            service,
            endpoint_url=endpoint.url,
            region_name=region,
            aws_access_key_id=keys.key_id if keys else account,
            aws_secret_access_key=keys.secret if keys else "not-checked",
            aws_session_token=keys.token if keys else None,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": attempts},
                s3={"addressing_style": "path"},
                read_timeout=20,
                **more,
            ),
        )

    return make
