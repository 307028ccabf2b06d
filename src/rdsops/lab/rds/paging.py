"""Pages of a sorted list: MaxRecords 20-100, and a Marker that names the last key, so that it survives changes."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from rdsops.lab.rds.model import invalid

T = TypeVar("T")

LEAST, MOST = 20, 100
"""Bounds and default of MaxRecords. Source: botocore 1.44.5, read 2026-11-23."""


def page_of(
    items: Sequence[T], key: Callable[[T], str], asked: Mapping[str, Any], *, most: int = MOST
) -> tuple[Sequence[T], str | None]:
    """The page that `asked` (MaxRecords, Marker) wants of `items`, sorted by `key`, and the marker of the next one."""
    size = asked.get("MaxRecords", MOST)
    if not LEAST <= size <= most:
        raise invalid(f"Invalid value {size} for MaxRecords. Must be between {LEAST} and {most}")
    marker = asked.get("Marker")
    start = bisect_right(items, _read(marker), key=key) if marker else 0
    page = items[start : start + size]
    return page, _written(key(page[-1])) if start + size < len(items) else None


def _written(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _read(marker: str) -> str:
    try:
        return base64.b64decode(marker.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as bad:
        raise invalid("Marker is not one that this operation gave") from bad
