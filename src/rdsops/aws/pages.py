"""Reading a list to its end, page by page; what was read stays when a later page breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rdsops.aws.errors import AwsError, Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How one operation hands out a list.

    items: path to the list in an answer; send and receive: where the marker goes and comes from (None: one page);
    size: the parameter for the page's size, with the largest value AWS allows.
    """

    items: tuple[str, ...]
    send: str | None = "Marker"
    receive: tuple[str, ...] = ("Marker",)
    size: tuple[str, int] | None = ("MaxRecords", 100)


@dataclass(frozen=True, slots=True)
class Pages:
    """items: all that was read. error None: the list is complete. first: the first answer, for what stands beside
    the list; empty when even that failed."""

    items: tuple[Any, ...]
    error: AwsError | None
    first: Mapping[str, Any]

    @property
    def complete(self) -> bool:
        return self.error is None


def read_pages(
    ask: Callable[[dict[str, Any]], dict[str, Any]], operation: str, paging: Paging, parameters: Mapping[str, Any]
) -> Pages:
    """Follow markers from the first page on. A marker that comes twice ends the list as incomplete."""
    items: list[Any] = []
    first: Mapping[str, Any] = {}
    request = dict(parameters)
    if paging.size is not None:
        request[paging.size[0]] = paging.size[1]
    followed: set[str] = set()
    while True:
        try:
            answer = ask(request)
        except AwsError as error:
            return Pages(tuple(items), error, first)
        first = first or answer
        found = _at(answer, paging.items)
        if found is None and first is answer:
            found = []  # an empty list is left out by some protocols
        if not isinstance(found, list):
            broken = Failed(operation, "BrokenAnswer", f"page {len(followed) + 1} has no {'.'.join(paging.items)}")
            return Pages(tuple(items), broken, first)
        items.extend(found)
        marker = _at(answer, paging.receive) if paging.send is not None else None
        if not marker or paging.send is None:
            return Pages(tuple(items), None, first)
        if marker in followed:
            broken = Failed(operation, "RepeatedMarker", f"page {len(followed) + 1} leads back to an earlier one")
            return Pages(tuple(items), broken, first)
        followed.add(marker)
        request[paging.send] = marker


def _at(answer: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = answer
    for step in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(step)
    return found
