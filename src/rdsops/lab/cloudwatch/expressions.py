"""Metric math as a tree: the grammar that the lab reads. What stands outside it is refused with its place in the text.

expression = comparisons joined by AND, OR, &&, ||
term       = numbers, ids, 'strings', [arrays], FUNCTION(…), ( … ), with + - * / ^ and unary -
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from rdsops.lab.cloudwatch.refusals import invalid, not_emulated


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """The id of another query, or a bare word such as REPEAT."""

    value: str


@dataclass(frozen=True, slots=True)
class Array:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Minus:
    of: Node


Node: TypeAlias = Number | Text | Name | Array | Call | Binary | Minus

FUNCTIONS = (
    "ABS", "AVG", "CEIL", "DIFF", "FILL", "FLOOR", "IF", "MAX", "METRICS", "MIN", "PERIOD", "RATE", "SEARCH", "SUM",
)  # fmt: skip
"""What the lab computes of CloudWatch's functions."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\""
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/^()\[\],<>]))"
)
_LEVELS = (("OR", "||"), ("AND", "&&"), ("==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/"))


def parsed(text: str) -> Node:
    """The tree of an expression; ValidationError for what cannot be read, by name for what is not emulated.

    >>> parsed("m1 / 2")
    Binary(operator='/', left=Name(value='m1'), right=Number(value=2.0))
    """
    if re.match(r"\s*SELECT\b", text, re.IGNORECASE):
        raise not_emulated("Metrics Insights queries (SELECT …); ask with MetricStat or SEARCH()")
    reader = _Reader(_tokens(text), text)
    node = reader.level(0)
    reader.end()
    return node


def names(node: Node) -> frozenset[str]:
    """The names that an expression reads."""
    match node:
        case Name(value):
            return frozenset((value,))
        case Array(items) | Call(_, items):
            return frozenset().union(*(names(item) for item in items))
        case Binary(_, left, right):
            return names(left) | names(right)
        case Minus(of):
            return names(of)
        case _:
            return frozenset()


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place, text = 0, text.rstrip()
    while place < len(text):
        matched = _TOKEN.match(text, place)
        if matched is None:
            raise invalid(f"Error in expression '{text}': cannot be read from character {place + 1}")
        kind = matched.lastgroup or ""
        found.append(("text" if kind in ("single", "double") else kind, matched[kind]))
        place = matched.end()
    return found


class _Reader:
    """Recursive descent over the tokens, one precedence level a call."""

    def __init__(self, tokens: list[tuple[str, str]], text: str) -> None:
        self._tokens = tokens
        self._text = text
        self._at = 0

    def level(self, depth: int) -> Node:
        if depth == len(_LEVELS):
            return self._power()
        node = self.level(depth + 1)
        while (operator := self._peek()) is not None and operator in _LEVELS[depth]:
            self._at += 1
            node = Binary({"||": "OR", "&&": "AND"}.get(operator, operator), node, self.level(depth + 1))
        return node

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self._refusal()

    def _power(self) -> Node:
        if self._peek() == "-":
            self._at += 1
            return Minus(self._power())
        node = self._atom()
        if self._peek() == "^":
            self._at += 1
            return Binary("^", node, self._power())
        return node

    def _atom(self) -> Node:
        if self._at >= len(self._tokens):
            raise self._refusal()
        kind, value = self._tokens[self._at]
        self._at += 1
        if kind == "number":
            return Number(float(value))
        if kind == "text":
            return Text(value)
        if kind == "name":
            if self._peek() != "(":
                return Name(value)
            if value.upper() not in FUNCTIONS:
                raise not_emulated(f"the function {value}() of metric math; the lab has {', '.join(FUNCTIONS)}")
            self._at += 1
            return Call(value.upper(), self._list(")"))
        if value == "[":
            return Array(self._list("]"))
        if value == "(":
            node = self.level(0)
            self._take(")")
            return node
        self._at -= 1
        raise self._refusal()

    def _list(self, closing: str) -> tuple[Node, ...]:
        if self._peek() == closing:
            self._at += 1
            return ()
        items = [self.level(0)]
        while self._peek() == ",":
            self._at += 1
            items.append(self.level(0))
        self._take(closing)
        return tuple(items)

    def _take(self, sign: str) -> None:
        if self._peek() != sign:
            raise self._refusal()
        self._at += 1

    def _peek(self) -> str | None:
        if self._at >= len(self._tokens):
            return None
        kind, value = self._tokens[self._at]
        if kind == "sign":
            return value
        return value.upper() if kind == "name" and value.upper() in ("AND", "OR") else None

    def _refusal(self) -> Exception:
        near = self._tokens[self._at][1] if self._at < len(self._tokens) else "its end"
        return invalid(f"Error in expression '{self._text}': not expected near {near}")
