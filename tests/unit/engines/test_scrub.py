"""No literal of anybody's statement survives, whatever quotes it was in; the statement's shape does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdsops.engines.scrub import scrubbed


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("SELECT a FROM t WHERE b = $1 AND c IN ($2, $3)", "SELECT a FROM t WHERE b = $1 AND c IN ($2, $3)"),
        ("ALTER ROLE r PASSWORD 'x'", "ALTER ROLE r PASSWORD ?"),
        ("SELECT 'it''s', E'it\\'s', U&'\\0061', B'01', x'ff', N'n'", "SELECT ?, ?, ?, ?, ?, ?"),
        ("SELECT $$a $b$ c$$, $tag$ it's $$ $tag$, 1", "SELECT ?, ?, ?"),
        ("SELECT 1, -2.5e10, 0xFF, .5, 1_000", "SELECT ?, -?, ?, ?, ?"),
        ("SELECT t1.c2 FROM t1", "SELECT t1.c2 FROM t1"),
        ('SELECT "Mixed ""name""" FROM "s"."t"', 'SELECT "Mixed ""name""" FROM "s"."t"'),
        ("SELECT 1 /* a /* nested */ b */ + 2 -- end", "SELECT ? + ?"),
        ("SELECT\n\t a\r\n FROM  t", "SELECT a FROM t"),
        ("SELECT a #> b, 'x'", "SELECT a #> b, ?"),
        ("SELECT 'cut off in the mid", "SELECT ?"),
        ("SELECT $$cut off", "SELECT ?"),
        ('SELECT "cut off', "SELECT ?"),
        ("SELECT 'a\\' , secret '", "SELECT ?"),
        ("SELECT /* cut off secret", "SELECT"),
    ],
)
def test_what_goes_and_what_stays(text: str, wanted: str) -> None:
    assert scrubbed(text) == wanted


def test_mysql_quotes_its_own_way() -> None:
    assert scrubbed("SELECT \"a string\", `a name`, 'it\\'s' # end", "mysql") == "SELECT ?, `a name`, ?"


def test_a_long_statement_is_cut() -> None:
    assert len(scrubbed("SELECT " + "a, " * 500)) == 300


SECRET = "hunter"
NOISE = st.text(alphabet="ab1 \n,=()*+-;", max_size=12)


@given(before=NOISE, after=NOISE, inner=st.text(alphabet="ab'\\\" \n$-/*", max_size=8))
def test_a_quoted_literal_never_shows(before: str, after: str, inner: str) -> None:
    literal = "'" + (SECRET + inner + SECRET).replace("'", "''") + "'"
    before = before.replace("--", "").replace("/*", "")
    assert SECRET not in scrubbed(f"{before} {literal}{after}")


@given(st.text(max_size=60))
def test_any_text_at_all_ends_as_one_printable_line(text: str) -> None:
    assert "\n" not in scrubbed(text)
