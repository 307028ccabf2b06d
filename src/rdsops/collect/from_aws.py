"""Credentials for databases that AWS holds or signs, in the shape that the engines' keyring takes."""

from __future__ import annotations

from rdsops.aws.rds_token import rds_token
from rdsops.aws.secrets import read_secret
from rdsops.aws.session import AwsDoor
from rdsops.core.ids import Place
from rdsops.engines.connect import Address
from rdsops.engines.logins import IamToken, ReadSecret
from rdsops.engines.secret import Secret


def secrets_through(door: AwsDoor) -> ReadSecret:
    """Reads Secrets Manager with the door's credentials."""

    def read(arn: str, place: Place) -> Secret:
        return Secret(read_secret(door, arn, place).reveal())

    return read


def tokens_through(door: AwsDoor) -> IamToken:
    """Signs IAM tokens with the door's credentials."""

    def token(address: Address, user: str, place: Place) -> Secret:
        return Secret(rds_token(door, place, address.host, address.port, user).reveal())

    return token
