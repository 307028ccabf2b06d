"""Asking AWS side by side: each question's answer as a list that knows whether it is complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

from rdsops.aws.errors import INVALID_INPUT, AwsError
from rdsops.aws.pages import Pages
from rdsops.aws.session import AwsDoor
from rdsops.collect.fields import Fields, Troubles
from rdsops.collect.ledger import Ledger
from rdsops.collect.operations import Operation
from rdsops.core.ids import Place
from rdsops.fleet.seen import Listed

T = TypeVar("T")

Progress = Callable[[str], None]
"""Told one line a question, from any thread but one at a time; for stderr."""


class Asking:
    """One survey's way to AWS: the door, the ledger of what it refused, and the threads that wait."""

    def __init__(self, door: AwsDoor, ledger: Ledger, pool: ThreadPoolExecutor, progress: Progress | None) -> None:
        self.door = door
        self.ledger = ledger
        self._pool = pool
        self._progress = progress
        self._lock = Lock()

    def together(self, questions: Iterable[Callable[[], T]]) -> list[T]:
        """All answers, in the order of the questions. A question must not ask `together` itself."""
        waiting = [self._pool.submit(question) for question in questions]
        return [one.result() for one in waiting]

    def pages(
        self,
        operation: Operation,
        place: Place,
        parameters: Mapping[str, Any] | None = None,
        or_else: Mapping[str, Any] | None = None,
    ) -> Pages:
        """A list as far as it goes; what stopped it is in the ledger.

        or_else: what to ask with when the service minds the parameters (a filter that it does not know).
        """
        assert operation.paging is not None, f"{operation.name} is not a list"
        read = self.door.pages(operation.service, operation.name, place, operation.paging, parameters or {})
        if or_else is not None and read.error is not None and read.error.code in INVALID_INPUT:
            read = self.door.pages(operation.service, operation.name, place, operation.paging, or_else)
        if read.error is not None:
            self.ledger.refused(operation.action, place, read.error)
            self.tell(f"{place} {operation.action}: {read.error.code}")
        else:
            self.tell(f"{place} {operation.action}: {len(read.items)}")
        return read

    def listed(
        self,
        operation: Operation,
        place: Place,
        parse: Callable[[Fields], T | None],
        parameters: Mapping[str, Any] | None = None,
        or_else: Mapping[str, Any] | None = None,
    ) -> Listed[T]:
        """A list, parsed. Records that made no sense are missing, and then it is not complete."""
        if self.ledger.closed(operation.action, place):
            return Listed(operation.action)
        return self.parsed(operation, place, self.pages(operation, place, parameters, or_else), parse)

    def parsed(self, operation: Operation, place: Place, read: Pages, parse: Callable[[Fields], T | None]) -> Listed[T]:
        troubles = Troubles()
        items = tuple(troubles.each(read.items, parse))
        if troubles.told:
            self.ledger.malformed(operation.action, place, troubles.told)
        return Listed(operation.action, items, read.complete and not troubles.lost)

    def one(
        self,
        operation: Operation,
        place: Place,
        parameters: Mapping[str, Any],
        parse: Callable[[Fields], T],
        *,
        each_apart: bool = False,
    ) -> T | None:
        """One answer, parsed; None when there is none, which the ledger explains.

        each_apart: a denial concerns this thing only (KMS keys have policies of their own), so others are asked still.
        """
        if not each_apart and self.ledger.closed(operation.action, place):
            return None
        try:
            answer = self.door.ask(operation.service, operation.name, place, parameters)
        except AwsError as error:
            self.ledger.refused(operation.action, place, error)
            return None
        troubles = Troubles()
        found = next(troubles.each((answer,), parse), None)
        if troubles.told:
            self.ledger.malformed(operation.action, place, troubles.told)
        return found

    def tell(self, line: str) -> None:
        if self._progress is not None:
            with self._lock:
                self._progress(line)


def joined(asked: str, lists: Iterable[Listed[T]], *, because: Iterable[Listed[Any]] = ()) -> Listed[T]:
    """Several answers as one list. because: the lists that told what to ask; when one lacks some, so does this."""
    several = list(lists)
    short = next((parent for parent in because if not parent.complete), None)
    items = tuple(item for each in several for item in each.items)
    if any(not each.complete for each in several):
        return Listed(asked, items)
    if short is not None:
        return Listed(short.asked, items)
    return Listed(asked, items, True)
