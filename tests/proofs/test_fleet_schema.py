"""The published schema is the one that the code writes."""

from __future__ import annotations

import json
from pathlib import Path

from rdsops.fleet.codec import schema

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "fleet.schema.json"


def written() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def test_the_published_schema_is_the_one_in_the_code() -> None:
    """When it is not: .venv/bin/python -m tests.proofs.test_fleet_schema writes it anew."""
    assert PUBLISHED.read_text(encoding="utf-8") == written()


if __name__ == "__main__":
    PUBLISHED.write_text(written(), encoding="utf-8")
