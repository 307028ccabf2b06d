"""A review as JSON: a contract with a version number, and its schema."""

from __future__ import annotations

from typing import Any

import msgspec

from rdsops.advise.finding import REVIEW_VERSION, Review
from rdsops.core.schema import json_schema


def review_json(review: Review) -> str:
    """Indented JSON; `version` says which contract."""
    return msgspec.json.format(msgspec.json.encode(review), indent=2).decode() + "\n"


def review_schema() -> dict[str, Any]:
    """JSON Schema of `review_json`."""
    return json_schema(Review, title=f"rdsops review, version {REVIEW_VERSION}")
