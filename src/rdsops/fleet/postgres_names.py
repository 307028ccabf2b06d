"""How PostgreSQL's names are written: exactly, for a statement to run, and always on one printable line."""

from __future__ import annotations


def quoted(name: str) -> str:
    """An identifier, quoted; one with control characters in the U& form, so that it cannot break a line or a screen.

    >>> print(quoted("orders"), quoted('an "x" b'), quoted("ünï"), quoted("two\\nlines"))
    "orders" "an ""x"" b" "ünï" U&"two\\000Alines"
    """
    escaped = name.replace('"', '""')
    if name.isprintable():
        return f'"{escaped}"'
    body = "".join(each if each.isprintable() and each != "\\" else _escape(each) for each in escaped)
    return f'U&"{body}"'


def qualified(schema: str, name: str) -> str:
    """Schema and name, each quoted."""
    return f"{quoted(schema)}.{quoted(name)}"


def shown(*names: str) -> str:
    """Names as a person reads them, joined by dots; nothing unprintable gets through.

    >>> print(shown("public", "orders"), shown("s", "two\\nlines"))
    public.orders s.two\\u000alines
    """
    return ".".join("".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in name) for name in names)


def literal(text: str) -> str:
    """A string constant; one with a backslash or control characters in the U& form.

    >>> print(literal("it's"), literal("a\\tb"))
    'it''s' U&'a\\0009b'
    """
    escaped = text.replace("'", "''")
    if text.isprintable():
        return f"'{escaped}'"
    body = "".join(each if each.isprintable() and each != "\\" else _escape(each) for each in escaped)
    return f"U&'{body}'"


def _escape(character: str) -> str:
    code = ord(character)
    if character == "\\":
        return "\\\\"
    return f"\\{code:04X}" if code <= 0xFFFF else f"\\+{code:06X}"
