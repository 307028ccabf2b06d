"""Markers of paging: a place in a list that survives changes of the list, bound to the request that it came from."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from rdsops.lab.cloudwatch.refusals import bad_token


def token(request: object, place: dict[str, Any]) -> str:
    """A marker for `place` in the answers to `request`: letters, digits, '-', '_' and '=' only."""
    text = json.dumps({"r": _seal(request), **place}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def place_of(marker: str, request: object) -> dict[str, Any]:
    """The place that a marker names; InvalidNextToken when it is not one of this request."""
    try:
        place = json.loads(base64.urlsafe_b64decode(marker.encode()))
    except (ValueError, UnicodeDecodeError) as error:
        raise bad_token() from error
    if not isinstance(place, dict) or place.pop("r", None) != _seal(request):
        raise bad_token()
    return place


def _seal(request: object) -> str:
    return hashlib.blake2b(repr(request).encode(), digest_size=9).hexdigest()
