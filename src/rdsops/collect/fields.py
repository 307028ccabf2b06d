"""Reading one structure of an AWS answer: present, absent and malformed are told apart. Judges nothing.

A field that is absent, or null, is UNSEEN unless the parser says that absence means something (`absent=`).
A field of the wrong kind is UNSEEN too, and is told to `troubles`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from rdsops.fleet.seen import UNSEEN

T = TypeVar("T")


class Malformed(Exception):  # noqa: N818 - it says what the record is
    """A record without what names it; it cannot be told at all."""


class Troubles:
    """What was malformed in the answers to one question."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.lost = 0
        """Records that could not be told at all: the list lacks them."""

    def tell(self, what: str) -> None:
        self.told.append(what)

    def each(self, answers: tuple[Any, ...], parse: Callable[[Fields], T | None]) -> Iterator[T]:
        """Every record that could be told; None from `parse` leaves one out on purpose."""
        for answer in answers:
            try:
                parsed = parse(Fields(answer, self))
            except Malformed as error:
                self.lost += 1
                if str(error):
                    self.tell(str(error))
                continue
            if parsed is not None:
                yield parsed


class Fields:
    """One structure; the readers give a value of their kind, `absent`, or UNSEEN."""

    __slots__ = ("_answer", "_troubles", "_where")

    def __init__(self, answer: Any, troubles: Troubles, where: str = "") -> None:
        if not isinstance(answer, Mapping):
            raise Malformed(f"{where or 'a record'} is {_kind(answer)}, not a structure")
        self._answer = answer
        self._troubles = troubles
        self._where = where

    def called(self, name: str) -> None:
        """From here on troubles name the thing they are about."""
        self._where = f"{name}: {self._where}"

    def has(self, name: str) -> bool:
        return self._answer.get(name) is not None

    def name(self, field: str) -> str:
        """A text without which the record has no name or kind. Raises Malformed."""
        value = self._answer.get(field)
        if not isinstance(value, str) or not value:
            raise Malformed(f"{self._where}{field} is {_kind(value)}")
        return value

    def at(self, field: str) -> datetime:
        """A moment without which the record says nothing. Raises Malformed."""
        value = self._answer.get(field)
        if not isinstance(value, datetime):
            raise Malformed(f"{self._where}{field} is {_kind(value)}")
        return _utc(value)

    def count(self, field: str) -> int:
        """A whole number without which the record says nothing. Raises Malformed."""
        value = self._answer.get(field)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Malformed(f"{self._where}{field} is {_kind(value)}")
        return value

    def text(self, field: str, absent: Any = UNSEEN) -> Any:
        """A text; an empty one is none at all."""
        value = self._answer.get(field)
        if value is None or value == "":
            return absent
        return value if isinstance(value, str) else self._malformed(field, value, "text")

    def number(self, field: str, absent: Any = UNSEEN) -> Any:
        value = self._answer.get(field)
        if value is None:
            return absent
        if isinstance(value, bool) or not isinstance(value, int):
            return self._malformed(field, value, "a whole number")
        return value

    def amount(self, field: str, absent: Any = UNSEEN) -> Any:
        value = self._answer.get(field)
        if value is None:
            return absent
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            return self._malformed(field, value, "a number")
        return float(value)

    def flag(self, field: str, absent: Any = UNSEEN) -> Any:
        value = self._answer.get(field)
        if value is None:
            return absent
        return value if isinstance(value, bool) else self._malformed(field, value, "true or false")

    def moment(self, field: str, absent: Any = UNSEEN) -> Any:
        """A moment, in UTC."""
        value = self._answer.get(field)
        if value is None:
            return absent
        return _utc(value) if isinstance(value, datetime) else self._malformed(field, value, "a moment")

    def texts(self, field: str, absent: Any = UNSEEN) -> Any:
        """A tuple of texts."""
        value = self._answer.get(field)
        if value is None:
            return absent
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            return self._malformed(field, value, "a list of texts")
        return tuple(value)

    def below(self, field: str) -> Fields | None:
        """A structure inside this one; None when absent or no structure (which is told)."""
        value = self._answer.get(field)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self._malformed(field, value, "a structure")
            return None
        return Fields(value, self._troubles, f"{self._where}{field}.")

    def rows(self, field: str, parse: Callable[[Fields], T | None], absent: Any = UNSEEN) -> Any:
        """A tuple of structures, each parsed. One malformed row hides the whole field: a part would mislead."""
        value = self._answer.get(field)
        if value is None:
            return absent
        if not isinstance(value, list):
            return self._malformed(field, value, "a list")
        parsed = []
        for place, row in enumerate(value):
            try:
                found = parse(Fields(row, self._troubles, f"{self._where}{field}[{place}]."))
            except Malformed as error:
                if str(error):
                    self._troubles.tell(str(error))
                return UNSEEN
            if found is not None:
                parsed.append(found)
        return tuple(parsed)

    def tags(self, field: str = "TagList") -> Any:
        """Key -> value. Absent is unseen: AWS sends an empty list for none."""
        pairs = self.rows(field, lambda tag: (tag.name("Key"), tag.text("Value", "")))
        return pairs if pairs is UNSEEN else dict(pairs)

    def raw(self, field: str) -> Any:
        """A list as it came, for long lists of points; an absent one is empty."""
        value = self._answer.get(field)
        return [] if value is None else value

    def items(self) -> Iterator[tuple[str, Any]]:
        """The fields that are there, by name."""
        return ((key, value) for key, value in self._answer.items() if value is not None)

    def _malformed(self, field: str, value: Any, wanted: str) -> Any:
        self._troubles.tell(f"{self._where}{field} is {_kind(value)}, not {wanted}")
        return UNSEEN


def known(value: Any) -> Any:
    """For fields that cannot be unseen: a malformed value, told already, makes the whole record malformed."""
    if value is UNSEEN:
        raise Malformed
    return value


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _kind(value: Any) -> str:
    """What a malformed value is, without showing it."""
    return "absent" if value is None else f"of kind {type(value).__name__}"
