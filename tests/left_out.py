"""How a test says that this machine lacks a program, so that the end of the run can tell it in one line."""

from __future__ import annotations

import re
from typing import NoReturn

import pytest

_FORM = re.compile(r"needs (?P<what>.+?); bring it in with: (?P<command>.+)", re.DOTALL)


def left_out(what: str, command: str) -> NoReturn:
    """Skip. what: "mariadbd"; command: the one command that brings it in."""
    pytest.skip(f"needs {what}; bring it in with: {command}")


def read_left_out(reason: str) -> tuple[str, str] | None:
    """What and command of a reason that `left_out` wrote; None for any other.

    >>> read_left_out("Skipped: needs mariadbd; bring it in with: sudo apt-get install -y mariadb-server")
    ('mariadbd', 'sudo apt-get install -y mariadb-server')
    """
    found = _FORM.search(reason)
    return (found["what"], found["command"]) if found else None
