"""Each date of the release calendars: the day before, the day itself, the day after."""

from datetime import date, timedelta

import pytest

from rdsops.app.facts import packaged_facts
from rdsops.facts.facts import Lifecycle
from rdsops.facts.lifecycles import CHARGED, Phase, next_step, phase, steps

ROWS = packaged_facts().lifecycles


def test_the_four_engines_have_rows() -> None:
    majors = {engine: {row.major for row in ROWS if row.engine == engine} for engine in {row.engine for row in ROWS}}
    assert majors["postgres"] == majors["aurora-postgresql"] == {str(major) for major in range(11, 19)}
    assert majors["mysql"] == majors["aurora-mysql"] == {"5.7", "8.0", "8.4"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.engine}-{row.major}")
def test_every_row_changes_phase_on_its_days_and_on_no_other(row: Lifecycle) -> None:
    days = [step.on for step in steps(row)]
    assert days == sorted(days)
    for step in steps(row):
        before, after = phase(row, step.on - timedelta(days=1)), phase(row, step.on)
        assert before != after
        assert phase(row, step.on + timedelta(days=1)) == after
    if row.standard_ends is not None:
        assert phase(row, row.standard_ends) is Phase.STANDARD
        assert phase(row, row.standard_ends + timedelta(days=1)) is not Phase.STANDARD
    if row.extended_ends is not None:
        assert phase(row, row.extended_ends) is not Phase.ENDED
        assert phase(row, row.extended_ends + timedelta(days=1)) is Phase.ENDED


@pytest.mark.parametrize(
    ("engine", "version", "today", "expected"),
    [
        ("postgres", "11.22", date(2024, 2, 29), Phase.STANDARD),
        ("postgres", "11.22", date(2024, 3, 1), Phase.UNCHARGED),
        ("postgres", "11.22", date(2024, 3, 31), Phase.UNCHARGED),
        ("postgres", "11.22", date(2024, 4, 1), Phase.YEAR1),
        ("postgres", "11.22", date(2026, 3, 31), Phase.YEAR1),
        ("postgres", "11.22", date(2026, 4, 1), Phase.YEAR3),
        ("postgres", "13.20", date(2026, 2, 28), Phase.STANDARD),
        ("postgres", "13.20", date(2026, 3, 1), Phase.YEAR1),
        ("aurora-postgresql", "14.17", date(2026, 11, 23), Phase.STANDARD),
        ("mysql", "5.7.44", date(2026, 11, 23), Phase.YEAR3),
        ("mysql", "8.0.40", date(2026, 7, 31), Phase.STANDARD),
        ("mysql", "8.0.40", date(2026, 8, 1), Phase.YEAR1),
        ("aurora-mysql", "5.7.mysql_aurora.2.11.6", date(2024, 11, 1), Phase.UNCHARGED),
        ("aurora-mysql", "5.7.mysql_aurora.2.11.6", date(2026, 11, 23), Phase.YEAR1),
        ("aurora-mysql", "5.7.mysql_aurora.2.11.6", date(2026, 11, 30), Phase.YEAR1),
        ("aurora-mysql", "5.7.mysql_aurora.2.11.6", date(2026, 12, 1), Phase.YEAR3),
        ("aurora-mysql", "8.0.mysql_aurora.3.08.0", date(2029, 7, 31), Phase.YEAR1),
        ("aurora-mysql", "8.0.mysql_aurora.3.08.0", date(2029, 8, 1), Phase.ENDED),
    ],
)
def test_the_phase_of_a_version_on_a_day(engine: str, version: str, today: date, expected: Phase) -> None:
    row = packaged_facts().lifecycle(engine, version)
    assert row is not None
    assert phase(row, today) is expected


def test_what_is_billed_on_2026_11_23() -> None:
    billed = {
        (row.engine, row.major)
        for row in ROWS
        if phase(row, date(2026, 11, 23)) in CHARGED and "aurora" not in row.engine
    }
    assert billed == {("postgres", "11"), ("postgres", "12"), ("postgres", "13"), ("mysql", "5.7"), ("mysql", "8.0")}


def test_the_next_step_is_the_first_that_changes_the_bill() -> None:
    row = packaged_facts().lifecycle("postgres", "14.17")
    assert row is not None
    ahead = next_step(row, date(2026, 11, 23))
    assert ahead is not None
    assert (ahead.on, ahead.phase) == (date(2027, 3, 1), Phase.YEAR1)
    assert next_step(row, date(2030, 3, 1)) is None


def test_a_version_of_no_table_has_no_lifecycle() -> None:
    assert packaged_facts().lifecycle("postgres", "10.23") is None
    assert packaged_facts().lifecycle("mariadb", "10.11.14") is None
