"""Statement texts without anybody's data: literals, numbers and comments go; names, keywords and shape stay.

When a quoting rule is in doubt, everything from the doubt on is left out.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<line>--[^\n]*|\#[^\n]*)
  | (?P<block>/\*)
  | (?P<dollar>\$(?:[A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*)?\$)
  | (?P<parameter>\$\d+)
  | (?P<prefixed>[eEbBxXnN]'|[uU]&')
  | (?P<quote>')
  | (?P<unicode_name>[uU]&")
  | (?P<name>")
  | (?P<tick>`)
  | (?P<word>[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*)
  | (?P<number>(?:0[xXoObB])?[\d][\w.]*(?:[eE][+-]?\d+)?|\.\d\w*)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_HASH_IS_OPERATOR = "postgres"


def scrubbed(text: str, flavour: str = "postgres", longest: int = 300) -> str:
    """A statement on one line, literals and numbers as ?, comments gone, cut at `longest` characters.

    >>> scrubbed("SELECT * FROM t WHERE a = 'x''y' AND b=42 -- secret")
    'SELECT * FROM t WHERE a = ? AND b=?'
    >>> scrubbed("ALTER ROLE r PASSWORD 'unfinis")
    'ALTER ROLE r PASSWORD ?'
    """
    parts: list[str] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        assert found is not None
        kind = found.lastgroup
        token = found.group()
        if kind == "line" and token.startswith("#") and flavour == _HASH_IS_OPERATOR:
            kind, token = "other", "#"
        at += len(token)
        match kind:
            case "space" | "line":
                parts.append(" ")
            case "block":
                at = _after_comment(text, at)
                parts.append(" ")
            case "dollar":
                end = text.find(token, at)
                at = len(text) if end < 0 else end + len(token)
                parts.append("?")
            case "quote" | "prefixed":
                parts.append("?")
                at = _after_string(text, at, "'", backslash=flavour == "mysql" or token in ("e'", "E'"))
            case "name" | "unicode_name" | "tick":
                quote = token[-1]
                is_string = flavour == "mysql" and quote == '"'
                start = at - len(token)
                at = _after_string(text, at, quote, backslash=is_string)
                closed = text[at - 1 : at] == quote and at - start > len(token)
                parts.append(text[start:at] if closed and not is_string else "?")
            case "number":
                parts.append("?")
            case _:
                parts.append(token)
    line = " ".join("".join(parts).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _after_string(text: str, at: int, quote: str, *, backslash: bool) -> int:
    """The place after a quoted string that began before `at`; the end of the text when that is not certain."""
    while at < len(text):
        if text[at] == "\\" and backslash:
            at += 2
        elif text[at] == "\\" and quote == "'" and text[at + 1 : at + 2] == quote:
            return len(text)  # depends on standard_conforming_strings, which may have been either
        elif text[at] != quote:
            at += 1
        elif text[at + 1 : at + 2] == quote:
            at += 2
        else:
            return at + 1
    return len(text)


def _after_comment(text: str, at: int) -> int:
    """The place after a block comment; PostgreSQL's nest."""
    depth = 1
    while depth and at < len(text):
        if text.startswith("*/", at):
            depth, at = depth - 1, at + 2
        elif text.startswith("/*", at):
            depth, at = depth + 1, at + 2
        else:
            at += 1
    return at
