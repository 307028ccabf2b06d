"""Values that know whether they were seen: reading what was not seen raises `Unseen`, it never answers.

Three things are kept apart (docs/why/unseen-cannot-be-read.md): a value, None ("AWS says there is none")
and unseen (refused, absent from the answer, not asked). In JSON an unseen field is absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar

import msgspec

from rdsops.core.errors import Unseen

T = TypeVar("T")

UNSEEN: Any = msgspec.UNSET
"""Pass it for a field that the world did not show."""

if TYPE_CHECKING:
    # A read either gives T or raises Unseen, so T is the true type of a read.
    Maybe: TypeAlias = T | T
else:
    Maybe = T | msgspec.UnsetType


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A record of what was seen. Fields typed `Maybe[T] = UNSEEN` raise `Unseen` when read unseen.

    ASKED: field -> the question that brings it; "" is the question that brings the record itself.
    """

    ASKED: ClassVar[dict[str, str]] = {}

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if value is msgspec.UNSET:
            raise Unseen(self.question(name), f"{type(self).__name__}.{name}")
        return value

    def question(self, name: str) -> str:
        """The question that brings a field; records that stand for two kinds of thing tell them apart."""
        asked = type(self).ASKED
        return asked.get(name, asked.get("", ""))

    def has_seen(self, name: str) -> bool:
        """Whether a field was seen; for the few places that report on seeing itself (gaps, renderers)."""
        return object.__getattribute__(self, name) is not msgspec.UNSET


class Listed(msgspec.Struct, Generic[T], frozen=True):
    """A list as far as it was read.

    asked: the operation that lists ("rds:DescribeDBSnapshots").
    complete: False when it was refused, or broke on a page: what was read still serves, "there is no …" does not.
    """

    asked: str
    items: tuple[T, ...] = ()
    complete: bool = False

    @property
    def all(self) -> tuple[T, ...]:
        """Every item; raises Unseen when the list may lack some."""
        if not self.complete:
            raise Unseen(self.asked)
        return self.items
