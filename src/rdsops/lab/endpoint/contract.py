"""What the endpoint and the services behind it agree on: who asks, how an answer and a refusal look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Who:
    """The caller of one request, read from its SigV4 scope: account by 12-digit access key or assumed role."""

    account: str
    region: str
    principal: str
    """ARN of the user or assumed role."""
    user_id: str = ""
    """What GetCallerIdentity calls UserId."""


class AwsError(Exception):
    """A refusal as AWS would word it. code: the wire code ("DBInstanceNotFound"), not always the shape's name."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


Answer: TypeAlias = Callable[[Who, dict[str, Any]], dict[str, Any]]
"""Parameters in botocore's input shape (datetimes parsed), result in its output shape, without ResponseMetadata."""


class Service(Protocol):
    """One AWS service of our own. name: botocore's ("rds"). answers: operation -> what answers it."""

    name: str
    answers: Mapping[str, Answer]
