"""Which operation a rest-json or rest-xml request asks for: by method, path and the members that it requires."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from rdsops.lab.endpoint import models


@dataclass(frozen=True, slots=True)
class Template:
    """One operation's place: a pattern of the path, and what else must be there.

    fixed: query keys that the model writes into the URI ("?acl"); needed: query keys and headers of required members.
    """

    operation: str
    path: re.Pattern[str]
    variables: int
    fixed: tuple[tuple[str, str | None], ...]
    needed_in_query: tuple[str, ...]
    needed_headers: tuple[str, ...]

    @property
    def constraints(self) -> int:
        return len(self.fixed) + len(self.needed_in_query) + len(self.needed_headers)

    def fits(self, path: str, query: dict[str, list[str]], environ: dict[str, Any]) -> bool:
        return (
            self.path.fullmatch(path) is not None
            and all(key in query and (value is None or value in query[key]) for key, value in self.fixed)
            and all(key in query for key in self.needed_in_query)
            and all(header in environ for header in self.needed_headers)
        )


def operation(service: str, environ: dict[str, Any]) -> str | None:
    """The operation that this request's method, path, query and headers fit best; None when none fits."""
    raw = environ.get("RAW_URI") or environ.get("PATH_INFO", "/")
    path = re.sub(r"^https?://[^/]*", "", raw).partition("?")[0] or "/"
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    for template in _templates(service).get(environ["REQUEST_METHOD"], ()):
        if template.fits(path, query, environ):
            return template.operation
    return None


@cache
def _templates(service: str) -> dict[str, tuple[Template, ...]]:
    model = models.service_model(service)
    found: dict[str, list[Template]] = {}
    if model is None:
        return {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        found.setdefault(operation.http["method"], []).append(_template(operation))
    return {
        method: tuple(sorted(templates, key=lambda t: (-t.constraints, t.variables, t.operation)))
        for method, templates in found.items()
    }


def _template(operation: Any) -> Template:
    path, _, fixed = operation.http["requestUri"].partition("?")
    keys = [part.partition("=") for part in fixed.split("&") if part]
    in_query: list[str] = []
    headers: list[str] = []
    shape = operation.input_shape
    for member in shape.required_members if shape is not None else ():
        bound = shape.members[member].serialization
        if bound.get("location") == "querystring":
            in_query.append(bound["name"])
        elif bound.get("location") == "header":
            headers.append("HTTP_" + bound["name"].upper().replace("-", "_"))
    return Template(
        operation=operation.name,
        path=re.compile(_pattern(path)),
        variables=path.count("{"),
        fixed=tuple((key, value or None) for key, _, value in keys if key != "x-id"),
        needed_in_query=tuple(in_query),
        needed_headers=tuple(headers),
    )


def _pattern(path: str) -> str:
    """A regular expression for a URI template.

    >>> _pattern("/{Bucket}/{Key+}")
    '/[^/]+/.+'
    """
    parts = re.split(r"(\{[^}]+\})", path.rstrip("/"))
    written = "".join(_piece(part) for part in parts)
    return written if path.endswith("+}") else written + "/?"


def _piece(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    return ".+" if part.endswith("+}") else "[^/]+"
