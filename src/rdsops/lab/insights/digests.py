"""A statement without its literals, and the id of that text: what may leave an engine, and nothing else of a query."""

from __future__ import annotations

import hashlib
import re

from rdsops.lab.insights.sessions import Family

_COMMON = (
    r"|(?P<ident>`[^`]*(?:`|\Z)|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)"
    r"|(?P<parameter>\$\d+|\?)"
    r"|(?P<number>0[xX][0-9a-fA-F]+|\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)"
    r"|(?P<space>\s+)"
    r"|(?P<other>.)"
)
_POSTGRES = re.compile(
    r"(?P<comment>--[^\n]*|/\*(?:/\*.*?(?:\*/|\Z)|(?!\*/).)*(?:\*/|\Z))"
    r"|(?P<string>[eE]'(?:[^'\\]|''|\\.)*(?:'|\\?\Z)|[bBxXnN]?'(?:[^']|'')*(?:'|\Z)"
    r"|\$(?P<tag>[A-Za-z_]\w*)\$.*?(?:\$(?P=tag)\$|\Z)|\$\$.*?(?:\$\$|\Z))"
    r'|(?P<name>"(?:[^"]|"")*(?:"|\Z))' + _COMMON,
    re.DOTALL,
)
_MYSQL = re.compile(
    r"(?P<comment>--[^\n]*|\#[^\n]*|/\*.*?(?:\*/|\Z))"
    r"|(?P<string>[bBxXnN]?'(?:[^'\\]|''|\\.)*(?:'|\\?\Z)"
    r'|"(?:[^"\\]|""|\\.)*(?:"|\\?\Z))' + _COMMON,
    re.DOTALL,
)
_LISTS = re.compile(r"\?(?: ?, ?\?)+")


def literal_free(text: str, family: Family) -> str:
    """The statement with each literal as "?", comments gone, white space single; lists of literals become one.

    A text that the engine cut off in the middle of a literal ends with "?". In the mysql family double quotes and
    backslashes belong to strings; in PostgreSQL double quotes name things, and E'' alone knows backslashes.

    >>> literal_free("SELECT  a FROM t WHERE b IN (1, 2) AND c='it''s' -- x", "postgres")
    'SELECT a FROM t WHERE b IN (?) AND c=?'
    """
    tokens = _POSTGRES if family == "postgres" else _MYSQL
    parts: list[str] = []
    for matched in tokens.finditer(text):
        match matched.lastgroup:
            case "comment" | "space":
                parts.append(" ")
            case "string" | "tag" | "number" | "parameter":
                parts.append("?")
            case _:
                parts.append(matched[0])
    return _LISTS.sub("?", re.sub(r" +", " ", "".join(parts)).strip())


def digest_id(text: str) -> str:
    """The id of a digest's text: 40 upper-case hexadecimal digits, as Performance Insights shows them (recalled)."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest().upper()
