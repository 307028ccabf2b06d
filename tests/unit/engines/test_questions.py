"""The question files: each says what it asks, and the right one is taken for a server's version."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec
import pytest

from rdsops.collect.inside_postgres import DATABASE_QUESTIONS, SERVER_QUESTIONS, WRITER_QUESTIONS
from rdsops.engines.connect import NotAnswered, is_loopback
from rdsops.engines.postgres import grant
from rdsops.engines.query import Question, answer, parse, question, questions
from rdsops.fleet.postgres_inside import PostgresDatabase, PostgresInside

HEAD = "-- question: What?\n-- privilege: none\n-- cost: little\n-- column a: bytes\nSELECT 1 AS a\n"


def test_the_greatest_version_that_fits_is_asked() -> None:
    def least(name: str, major: int) -> int | None:
        found = question("postgres", name, "pg", major)
        return None if found is None else found.least

    assert [least("slots", major) for major in (13, 16, 17, 18)] == [0, 0, 17, 17]
    assert [least("sessions", major) for major in (13, 14, 18)] == [0, 14, 14]
    assert [least("statements_info", major) for major in (13, 14)] == [None, 14]
    assert [least("checkpoints", major) for major in (16, 17)] == [0, 17]
    assert least("nothing_of_the_kind", 18) is None


@pytest.mark.parametrize("each", questions("postgres"), ids=lambda each: f"{each.name}{each.least or ''}")
def test_each_file_reads_only_and_says_its_privilege(each: Question) -> None:
    assert each.asks.endswith("?")
    assert each.privilege.split(";")[0] in ("none", "pg_monitor")
    assert each.columns
    body = re.sub(r"--[^\n]*", "", each.sql)
    assert re.match(r"\s*(SELECT|WITH)\b", body)
    assert body.count(";") == 1, "one statement, and it ends"
    assert "%" not in re.sub(r"'[^']*'", "", body), "no placeholder: the file runs as it stands"
    assert "ORDER BY" in body or each.name in ("server", "statements_info", "checkpoints"), "a stable order"


def test_each_field_of_an_inside_is_asked_by_a_file() -> None:
    names = {each.name for each in questions("postgres")}
    for value in (PostgresInside, PostgresDatabase):
        for field, asked in value.ASKED.items():
            assert field == "" or field in value.__struct_fields__
            assert asked == "sql:connect" or asked.removeprefix("sql:postgres.") in names
        unasked = {"instance", "asked_at", "databases", "name"}
        assert set(value.__struct_fields__) - unasked == set(value.ASKED) - {""}
    asked_of_servers = set(SERVER_QUESTIONS) | set(WRITER_QUESTIONS)
    assert asked_of_servers <= set(PostgresInside.__struct_fields__)
    assert set(DATABASE_QUESTIONS) <= set(PostgresDatabase.__struct_fields__)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("Slots.sql", HEAD, "not NAME"),
        ("slots.17.sql", HEAD, "not NAME"),
        ("slots.sql", HEAD.replace("-- cost: little\n", ""), "lacks cost"),
        ("slots.sql", "-- qestion: What?\n" + HEAD, "says nothing known"),
    ],
)
def test_a_file_that_does_not_fit_is_a_fault(name: str, text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse("postgres", name, text)


class Told:
    """A door that says what it was given."""

    def __init__(self, names: tuple[str, ...], rows: Sequence[Sequence[object]]) -> None:
        self._told = names, rows

    def rows(
        self, sql: str, parameters: Mapping[str, object] | None = None
    ) -> tuple[tuple[str, ...], Sequence[Sequence[object]]]:
        return self._told

    def close(self) -> None:
        return None


class Row(msgspec.Struct, frozen=True):
    a: int


def test_rows_become_values_by_their_columns_names() -> None:
    asked = parse("postgres", "x.sql", HEAD)
    assert answer(Told(("a",), [(1,), (2,)]), asked, Row) == (Row(1), Row(2))
    with pytest.raises(NotAnswered, match="another shape"):
        answer(Told(("a",), [("one",)]), asked, Row)
    with pytest.raises(NotAnswered, match="another shape"):
        answer(Told(("b",), [(1,)]), asked, Row)


def test_a_grant_is_written_exactly() -> None:
    assert grant("pg_monitor", 'odd "name"') == 'GRANT pg_monitor TO "odd ""name"""'


def test_a_name_that_only_looks_like_loopback_is_verified() -> None:
    assert is_loopback("127.8.9.1")
    for host in ("localhost.evil.example", "127.0.0.1.example", "0.0.0.0", "2130706433", ""):
        assert not is_loopback(host), host
