"""What a sampler needs of an engine, whatever its kind; and where the questions to it are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Protocol

from rdsops.lab.insights.sessions import Session


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at an engine. gauges: metric -> value. counters: name -> count since the server's start.

    replica: it follows another. Counters that every Aurora writer has: commits, deadlocks, blocks_hit, blocks_read.
    """

    replica: bool
    gauges: dict[str, float] = field(default_factory=dict)
    counters: dict[str, float] = field(default_factory=dict)


class Eye(Protocol):
    """One connection to one engine. Every method raises the driver's error, or OSError, when the connection is lost."""

    def sessions(self) -> list[Session]: ...

    def reading(self) -> Reading: ...

    def close(self) -> None: ...

    def interrupt(self) -> None:
        """Make a call that is waiting in another thread fail at once."""


@cache
def question(name: str) -> str:
    """The SQL of a file beside this module."""
    return files("rdsops.lab.sampling").joinpath("sql", name).read_text(encoding="utf-8")
