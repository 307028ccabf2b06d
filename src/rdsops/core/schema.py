"""JSON Schema of a value type, the same text on every Python."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

import msgspec


def json_schema(kind: type[Any], *, title: str, identity: str | None = None) -> dict[str, Any]:
    """Draft 2020-12, definitions sorted. identity: the schema's $id.

    Descriptions are the types' docstrings without their indentation, which Python strips itself from 3.13 on.
    """
    (root,), definitions = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    for definition in definitions.values():
        if "description" in definition:
            definition["description"] = cleandoc(definition["description"])
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | ({"$id": identity} if identity else {})
    return {**head, "title": title, **root, "$defs": dict(sorted(definitions.items()))}
