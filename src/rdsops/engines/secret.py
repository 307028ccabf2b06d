"""A password in memory: it prints as nothing, and is revealed only where a driver takes it."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """A value that no log, message, traceback or snapshot shows.

    >>> Secret("hunter2"), f"{Secret('hunter2')}"
    (Secret(…), 'Secret(…)')
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not written anywhere")
