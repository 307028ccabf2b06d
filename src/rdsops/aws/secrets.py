"""Secrets Manager: one secret's text, wrapped so that no log, message or snapshot shows it."""

from __future__ import annotations

from typing import NoReturn

from rdsops.aws.errors import Failed
from rdsops.aws.session import AwsDoor
from rdsops.core.ids import Place


class Hidden:
    """A value that prints as nothing; `reveal` is for whoever hands it to a driver.

    >>> Hidden("hunter2"), f"{Hidden('hunter2')}"
    (Hidden(…), 'Hidden(…)')
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Hidden(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a hidden value is not written anywhere")


def read_secret(door: AwsDoor, arn: str, place: Place) -> Hidden:
    """The secret string, for RDS's own a JSON object with username and password.

    place: whose credentials ask; the secret's ARN names its region. Raises AwsError when it is refused, or binary.
    """
    region = arn.split(":")[3] if arn.count(":") >= 6 else place.region
    answer = door.ask("secretsmanager", "GetSecretValue", Place(place.account, region), {"SecretId": arn})
    text = answer.get("SecretString")
    if not isinstance(text, str):
        raise Failed("secretsmanager:GetSecretValue", "NotText", f"secret {arn.rsplit(':', 1)[-1]} holds no text")
    return Hidden(text)
