"""Cuts lists into pages whose markers survive a change of the list.

A marker holds the last key that was handed out, not a position: what is added or removed between two pages neither
repeats nor hides its neighbours. It is bound to the question it was given for and refused for any other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from rdsops.lab.endpoint.contract import AwsError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """items: this page, in order. token: how to ask for the next one; None on the last."""

    items: tuple[T, ...]
    token: str | None


@dataclass(frozen=True, slots=True)
class Paging:
    """One service's way of paging: the word for its token, and the error that refuses a bad one."""

    token_word: str
    refused_as: str

    def page(
        self, items: Iterable[T], key: Callable[[T], str], *, token: str | None, size: int, question: object = None
    ) -> Page[T]:
        """The next `size` items after the token, in the order of their keys (unique strings).

        question: what tells this list from another (filters, say); anything json can write.
        Raises AwsError for a token that was not given for this question.
        """
        after = self._last_key(token, question) if token else None
        ordered = sorted(items, key=key)
        start = 0 if after is None else _first_past(ordered, key, after)
        taken = tuple(ordered[start : start + size])
        more = start + size < len(ordered)
        return Page(taken, self._token(key(taken[-1]), question) if more and taken else None)

    def _token(self, last_key: str, question: object) -> str:
        said = json.dumps([last_key, _digest(last_key, question)], separators=(",", ":"))
        return base64.urlsafe_b64encode(said.encode()).decode()

    def _last_key(self, token: str, question: object) -> str:
        try:
            said = json.loads(base64.b64decode(token.encode(), altchars=b"-_", validate=True))
        except (binascii.Error, ValueError, UnicodeEncodeError):
            said = None
        match said:
            case [str(last_key), str(digest)] if digest == _digest(last_key, question):
                return last_key
        raise AwsError(self.refused_as, f"The parameter {self.token_word} is not one that this request was given.")


RDS = Paging("Marker", "InvalidParameterValue")
CLOUDWATCH = Paging("NextToken", "InvalidNextToken")
PI = Paging("NextToken", "InvalidArgumentException")
PRICING = Paging("NextToken", "InvalidNextTokenException")


def rds_page_size(asked: int | None) -> int:
    """MaxRecords as RDS takes it: 20 to 100, 100 when absent (read: botocore 1.44.5, 2026-11-23).

    >>> rds_page_size(None), rds_page_size(20)
    (100, 20)
    """
    if asked is None:
        return 100
    if not 20 <= asked <= 100:
        raise AwsError("InvalidParameterValue", f"Invalid value {asked} for MaxRecords. Must be between 20 and 100")
    return asked


def _first_past(ordered: list[T], key: Callable[[T], str], after: str) -> int:
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) // 2
        if key(ordered[middle]) <= after:
            low = middle + 1
        else:
            high = middle
    return low


def _digest(last_key: str, question: object) -> str:
    said = json.dumps([last_key, question], sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:12]
