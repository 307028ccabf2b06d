"""AWS's parameter formulas ("{DBInstanceClassMemory/9531392}", LEAST, SUM, …) read and evaluated; never eval.

Grammar (read: AWS RDS User Guide of 2023, "Specifying DB parameters"; read 2026-11-23): braces hold a
variable or integer with `*` and `/` on integers, left to right, each quotient truncated; functions GREATEST,
LEAST, SUM and IF, names in any case; variables are case-sensitive. `log` is base 2 and its result is rounded
to the nearest integer before anything multiplies it (measured against AWS's published max_connections of 18
Aurora MySQL classes: rounding fits all, truncation does not). Its argument is divided exactly, since a
truncated one would be log(0) where AWS answers the function's other branch.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

import msgspec

from rdsops.core.units import GIB

RESERVED_SHARE = Fraction(1, 10)
"""DBInstanceClassMemory is less than the class's RAM; AWS does not say by how much. Up to a tenth is our margin."""

MEMORY_DEFAULTS: dict[tuple[str, str], str] = {
    ("postgres", "shared_buffers"): "{DBInstanceClassMemory/32768}",
    ("aurora-postgresql", "shared_buffers"): "SUM({DBInstanceClassMemory/12038},-50003)",
    ("mysql", "innodb_buffer_pool_size"): "{DBInstanceClassMemory*3/4}",
    ("mariadb", "innodb_buffer_pool_size"): "{DBInstanceClassMemory*3/4}",
    ("aurora-mysql", "innodb_buffer_pool_size"): "{DBInstanceClassMemory*3/4}",
}
"""(engine, parameter) -> AWS's default. PostgreSQL in pages of 8 KiB: public parameter listings, read 2026-11-23.
MySQL in bytes: recalled; MySQL 8.4 leaves it to the engine. `rds:DescribeEngineDefaultParameters` answers better."""

_TOKEN = re.compile(r"\s*(?:(\d+)|([A-Za-z_]\w*)|(>=|<=|==|!=|<>|[-{}()*/,<>=]))")


class Span(msgspec.Struct, frozen=True):
    """What a formula can come to: with a tenth of the memory reserved, and with all of it."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.high:,}" if self.low == self.high else f"{self.low:,} to {self.high:,}"


def span(formula: str, memory_gib: float, *, storage_gib: int | None = None, port: int | None = None) -> Span | None:
    """The range of a formula for a class's nominal memory; None for what is no formula and no number.

    >>> span("LEAST({DBInstanceClassMemory/9531392},5000)", 16)
    Span(low=1622, high=1802)
    >>> span("100", 16), span("ON", 16)
    (Span(low=100, high=100), None)
    """
    nominal = int(memory_gib * GIB)
    values = [
        evaluate(formula, memory_bytes=memory, storage_gib=storage_gib, port=port)
        for memory in (nominal, nominal - int(nominal * RESERVED_SHARE))
    ]
    if values[0] is None or values[1] is None:
        return None
    return Span(min(values[0], values[1]), max(values[0], values[1]))


def evaluate(formula: str, *, memory_bytes: int, storage_gib: int | None = None, port: int | None = None) -> int | None:
    """The integer a formula gives; None when it is not in AWS's grammar, or names a variable without a value.

    The order of `/` and `*` matters, since quotients are truncated:

    >>> evaluate("{DBInstanceClassMemory/63963136*1024}", memory_bytes=16 * GIB)
    274432
    >>> evaluate("{DBInstanceClassMemory*1024/63963136}", memory_bytes=16 * GIB)
    275036
    """
    variables = {"DBInstanceClassMemory": memory_bytes}
    if storage_gib is not None:
        variables["AllocatedStorage"] = storage_gib * GIB
    if port is not None:
        variables["EndPointPort"] = port
    try:
        return _Reader(formula, variables).whole()
    except (_NotAFormula, ZeroDivisionError):
        return None


class _NotAFormula(Exception):  # noqa: N818 - says what was found
    pass


class _Reader:
    """A recursive-descent reader that evaluates as it reads."""

    def __init__(self, text: str, variables: dict[str, int]) -> None:
        self._tokens = _tokens(text)
        self._place = 0
        self._variables = variables

    def whole(self) -> int:
        value = self._term()
        if self._peek() is not None:
            raise _NotAFormula
        return value

    def _peek(self) -> str | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _next(self) -> str:
        token = self._peek()
        if token is None:
            raise _NotAFormula
        self._place += 1
        return token

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise _NotAFormula

    def _term(self) -> int:
        token = self._next()
        if token == "-":  # noqa: S105 - a token of the grammar
            return -self._term()
        if token == "{":  # noqa: S105 - a token of the grammar
            value = self._product()
            self._expect("}")
            return value
        if token.isdigit():
            return int(token)
        return self._function(token.upper())

    def _function(self, name: str) -> int:
        self._expect("(")
        if name == "IF":
            condition = self._condition()
            self._expect(",")
            first = self._term()
            self._expect(",")
            second = self._term()
            self._expect(")")
            return first if condition else second
        values = [self._term()]
        while self._peek() == ",":
            self._next()
            values.append(self._term())
        self._expect(")")
        if name == "LEAST":
            return min(values)
        if name == "GREATEST":
            return max(values)
        if name == "SUM":
            return sum(values)
        raise _NotAFormula

    def _condition(self) -> bool:
        left = self._term()
        compare = self._peek()
        if compare == ",":
            return left != 0
        self._next()
        right = self._term()
        match compare:
            case ">":
                return left > right
            case ">=":
                return left >= right
            case "<":
                return left < right
            case "<=":
                return left <= right
            case "=" | "==":
                return left == right
            case "!=" | "<>":
                return left != right
            case _:
                raise _NotAFormula

    def _product(self) -> int:
        """Left to right on integers, each quotient truncated before the next step."""
        value = self._factor()
        while self._peek() in ("*", "/"):
            value = value * self._factor() if self._next() == "*" else _truncated(value, self._factor())
        return value

    def _factor(self) -> int:
        token = self._next()
        if token == "-":  # noqa: S105 - a token of the grammar
            return -self._factor()
        if token == "(":  # noqa: S105 - a token of the grammar
            value = self._product()
            self._expect(")")
            return value
        if token.isdigit():
            return int(token)
        if token.lower() == "log":
            self._expect("(")
            argument = self._exact_product()
            self._expect(")")
            return _log2(argument)
        if token not in self._variables:
            raise _NotAFormula
        return self._variables[token]

    def _exact_product(self) -> Fraction:
        value = Fraction(self._factor())
        while self._peek() in ("*", "/"):
            value = value * self._factor() if self._next() == "*" else value / self._factor()
        return value


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    text = text.strip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise _NotAFormula
        tokens.append(found.group(0).strip())
        place = found.end()
    return tokens


def _truncated(value: int, by: int) -> int:
    quotient = abs(value) // abs(by)
    return quotient if (value < 0) == (by < 0) else -quotient


def _log2(argument: Fraction) -> int:
    if argument <= 0:
        raise _NotAFormula
    return math.floor(math.log2(argument) + 0.5)
