"""Questions in files: which there are, which one fits a server's version, and their rows as values.

A file is sql/FLAVOUR/NAME[.TAGNN].sql: NN is the least major version (of the line TAG, "pg17", "maria1011") for which
it holds; of several the greatest that fits is asked. Its head is made of comments:

    -- question: What is asked, in a sentence
    -- privilege: none | pg_monitor, with what else is to be known about it after a semicolon
    -- cost: what the server pays
    -- column NAME: meaning and unit

The files hold no placeholders where that can be, so that they run when pasted into psql or mysql.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypeVar

import msgspec

from rdsops.engines.connect import Door, NotAnswered
from rdsops.fleet.gaps import Cause

T = TypeVar("T")

_FILE = re.compile(r"(?P<name>[a-z][a-z0-9_]*)(?:\.(?P<tag>[a-z]+)(?P<least>\d+))?\.sql")
_HEAD = re.compile(r"-- (?P<key>question|privilege|cost|column (?P<column>\w+)): (?P<text>.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One file. least: 0 when it holds for every version; tag None: for every line of the flavour."""

    flavour: str
    name: str
    tag: str | None
    least: int
    asks: str
    privilege: str
    cost: str
    columns: dict[str, str]
    sql: str

    @property
    def asked(self) -> str:
        """As gaps and `Unseen` name it: "sql:postgres.slots"."""
        return f"sql:{self.flavour}.{self.name}"


@cache
def questions(flavour: str) -> tuple[Question, ...]:
    """Every file of a flavour, by name and least version."""
    folder = files("rdsops.engines").joinpath("sql", flavour)
    found = [
        parse(flavour, each.name, each.read_text("utf-8")) for each in folder.iterdir() if each.name.endswith(".sql")
    ]
    return tuple(sorted(found, key=lambda question: (question.name, question.tag or "", question.least)))


def parse(flavour: str, file_name: str, text: str) -> Question:
    """A question out of its file; a file with a name or head that does not fit is a fault of ours (ValueError)."""
    named = _FILE.fullmatch(file_name)
    if named is None:
        raise ValueError(f"{file_name}: not NAME[.TAGNN].sql")
    head: dict[str, str] = {}
    columns: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        said = _HEAD.fullmatch(line)
        if said is None:
            raise ValueError(f"{file_name}: this line of the head says nothing known: {line}")
        if said["column"]:
            columns[said["column"]] = said["text"]
        else:
            head[said["key"]] = said["text"]
    if missing := {"question", "privilege", "cost"} - head.keys():
        raise ValueError(f"{file_name}: its head lacks {', '.join(sorted(missing))}")
    return Question(
        flavour=flavour,
        name=named["name"],
        tag=named["tag"],
        least=int(named["least"] or 0),
        asks=head["question"],
        privilege=head["privilege"],
        cost=head["cost"],
        columns=columns,
        sql=text,
    )


def question(flavour: str, name: str, tag: str, major: int) -> Question | None:
    """The file to ask a server of version `major` of line `tag`; None when none holds for it.

    >>> found = question("postgres", "checkpoints", "pg", 18)
    >>> found.least if found else None
    17
    """
    fitting = [
        each
        for each in questions(flavour)
        if each.name == name and (each.tag is None or (each.tag == tag and each.least <= major))
    ]
    return max(fitting, key=lambda each: each.least, default=None)


def answer(
    door: Door,
    asked: Question,
    row: type[T],
    parameters: Mapping[str, object] | None = None,
    *,
    strict: bool = True,
) -> tuple[T, ...]:
    """The rows of a question, one `row` struct each, by column name. Raises NotAnswered.

    strict False: numbers may come as text and booleans as 0 and 1, as MySQL sends them.
    """
    names, rows = door.rows(asked.sql, parameters)
    try:
        return tuple(msgspec.convert(dict(zip(names, each, strict=True)), type=row, strict=strict) for each in rows)
    except msgspec.ValidationError as error:
        raise NotAnswered(f"the answer has another shape than expected: {error}", Cause.FAILED) from None
