"""SEARCH('{Namespace,Dimension,…} terms'): which metrics it finds, in its simple form.

A schema with dimensions asks for exactly those; a namespace alone leaves them open. Terms must all match:
MetricName="x" and Dimension="x" exactly, a bare word as one of the words of a name or value. AND, OR, NOT and
parentheses are refused.
Source: CloudWatch user guide, "search expression syntax", read 2026-11-23.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from rdsops.lab.cloudwatch.refusals import invalid, not_emulated
from rdsops.lab.cloudwatch.store import MetricKey

Term: TypeAlias = Callable[[MetricKey], bool]

_QUERY = re.compile(r"\s*(?:\{(?P<schema>[^}]*)\})?(?P<terms>.*)", re.DOTALL)
_TERM = re.compile(r'\s*(?:(?P<field>[\w:.]+|"[^"]+")\s*=\s*)?(?:"(?P<exact>[^"]*)"|(?P<word>[^\s"()=]+))')
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|\d+")


def found(query: str, keys: Iterable[MetricKey]) -> list[MetricKey]:
    """The metrics that a search finds, in the order given.

    >>> from rdsops.lab.cloudwatch.store import Place
    >>> key = MetricKey(Place("1", "r"), "AWS/RDS", "CPUUtilization", (("DBInstanceIdentifier", "orders-1"),))
    >>> found('{AWS/RDS,DBInstanceIdentifier} MetricName="CPUUtilization" orders', [key]) == [key]
    True
    """
    terms = _terms(query)
    return [key for key in keys if all(term(key) for term in terms)]


def _terms(query: str) -> list[Term]:
    matched = _QUERY.fullmatch(query)
    if matched is None or "{" in matched["terms"]:
        raise invalid(f"Error in SEARCH: '{query}' cannot be read")
    terms: list[Term] = []
    if matched["schema"] is not None:
        terms.append(_schema(matched["schema"]))
    place, text = 0, matched["terms"].strip()
    while place < len(text):
        one = _TERM.match(text, place)
        if one is None or one["word"] in ("AND", "OR", "NOT"):
            raise not_emulated(f"AND, OR, NOT and parentheses in SEARCH ('{text[place:].strip()}')")
        terms.append(_term((one["field"] or "").strip('"'), one["exact"], one["word"]))
        place = one.end()
    if not terms:
        raise invalid("SEARCH needs a schema or a term")
    return terms


def _schema(text: str) -> Term:
    parts = [part.strip().strip('"') for part in text.split(",")]
    namespace, dimensions = parts[0], sorted(parts[1:])
    if not namespace:
        raise invalid("the schema of SEARCH begins with a namespace")

    def fits(key: MetricKey) -> bool:
        return key.namespace == namespace and (not dimensions or [name for name, _ in key.dimensions] == dimensions)

    return fits


def _term(field: str, exact: str | None, word: str | None) -> Term:
    if field.startswith(":aws"):
        raise not_emulated("account ids in SEARCH")

    def texts(key: MetricKey) -> list[str]:
        if field == "MetricName":
            return [key.name]
        if field == "Namespace":
            return [key.namespace]
        values = [value for name, value in key.dimensions if not field or name == field]
        return values if field else [key.name, key.namespace, *values, *(name for name, _ in key.dimensions)]

    if exact is not None:
        return lambda key: exact in texts(key)
    assert word is not None
    wanted = word.lower()
    return lambda key: any(wanted in _words(text) for text in texts(key))


def _words(text: str) -> set[str]:
    """The words of a name: itself, its parts between signs, and the parts of its camel case."""
    parts = re.split(r"[^A-Za-z0-9]+", text)
    camel = [piece for part in parts for piece in _WORDS.findall(part)]
    return {text.lower(), *(part.lower() for part in parts), *(piece.lower() for piece in camel)}
