"""Units and spans that the field uses, and how a person reads them."""

from __future__ import annotations

from datetime import timedelta

HOURS_A_MONTH = 730
"""AWS's month for prices (read: AWS pricing calculator, 2026-11-23)."""

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
TIB = 1024 * GIB


def human_bytes(count: float) -> str:
    """A size with a binary unit.

    >>> human_bytes(0), human_bytes(16384), human_bytes(1.5 * GIB)
    ('0 B', '16 KiB', '1.5 GiB')
    """
    if count < 0:
        return "-" + human_bytes(-count)
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{_three_digits(size)} {unit}"
        size /= 1024
    return f"{_three_digits(size)} TiB"


def human_span(span: timedelta | float) -> str:
    """A duration, two units at the most; a bare number is seconds.

    >>> human_span(0.25), human_span(59), human_span(3700), human_span(timedelta(days=3, hours=4))
    ('0.25 s', '59 s', '1 h 1 min', '3 d 4 h')
    """
    seconds = span.total_seconds() if isinstance(span, timedelta) else float(span)
    if seconds < 0:
        return "-" + human_span(-seconds)
    if seconds < 60:
        return f"{_three_digits(seconds)} s"
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if minutes < 60:
        return _two(minutes, "min", int(seconds % 60), "s")
    if hours < 24:
        return _two(hours, "h", minutes % 60, "min")
    return _two(days, "d", hours % 24, "h")


def usd(amount: float) -> str:
    """Dollars as written in a report.

    >>> usd(0.5), usd(1234.4), usd(12)
    ('$0.50', '$1,234', '$12')
    """
    return f"${amount:,.0f}" if amount >= 10 else f"${amount:,.2f}"


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "rule"), counted(1200, "rule")
    ('1 rule', '1200 rules')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _three_digits(number: float) -> str:
    if number >= 100 or number == int(number):
        return f"{number:.0f}"
    return f"{number:.3g}"


def _two(big: int, big_unit: str, small: int, small_unit: str) -> str:
    return f"{big} {big_unit} {small} {small_unit}" if small else f"{big} {big_unit}"
