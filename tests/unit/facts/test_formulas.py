"""AWS's parameter formulas, held against the values that AWS and public parameter listings print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdsops.core.units import GIB
from rdsops.facts.formulas import evaluate, span

AURORA_MYSQL_CONNECTIONS = (
    "GREATEST({log(DBInstanceClassMemory/805306368)*45},{log(DBInstanceClassMemory/8187281408)*1000})"
)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("LEAST({DBInstanceClassMemory/9531392},5000)", 1802),
        ("{DBInstanceClassMemory/32768}", 524_288),
        ("{DBInstanceClassMemory/16384}", 1_048_576),
        ("GREATEST({DBInstanceClassMemory*1024/63963136},65536)", 275_036),
        ("GREATEST({DBInstanceClassMemory/63963136*1024},65536)", 274_432),
        ("GREATEST({DBInstanceClassMemory/64371566592},3)", 3),
        ("GREATEST({log(DBInstanceClassMemory/21474836480)*600},200)", 200),
        ("SUM({DBInstanceClassMemory/12038},-50003)", 1_377_133),
        ("{DBInstanceClassMemory/12582880}", 1365),
        ("{DBInstanceClassMemory*3/4}", 12 * GIB),
        ("{DBInstanceClassMemory * 3 / 4}", 12 * GIB),
        ("least({DBInstanceClassMemory/9531392}, 5000)", 1802),
        ("IF({DBInstanceClassMemory}>1,7,8)", 7),
        ("IF(0,7,{DBInstanceClassMemory/17179869184})", 1),
        ("-1", -1),
        ("5000", 5000),
    ],
)
def test_sixteen_gibibytes(formula: str, expected: int) -> None:
    assert evaluate(formula, memory_bytes=16 * GIB) == expected


def test_the_vacuum_limit_at_128_gibibytes() -> None:
    formula = "GREATEST({log(DBInstanceClassMemory/21474836480)*600},200)"
    assert evaluate(formula, memory_bytes=128 * GIB) == 1800


@pytest.mark.parametrize(
    ("memory_gib", "published"),
    [
        (2, 45),
        (4, 90),
        (8, 135),
        (16, 1000),
        (32, 2000),
        (64, 3000),
        (128, 4000),
        (256, 5000),
        (384, 6000),
        (512, 6000),
        (768, 7000),
    ],
)
def test_aurora_mysql_connections_as_published_with_full_and_with_reserved_memory(
    memory_gib: int, published: int
) -> None:
    found = span(AURORA_MYSQL_CONNECTIONS, memory_gib)
    assert found is not None
    assert (found.low, found.high) == (published, published)


def test_a_range_reaches_from_a_tenth_less_memory_to_all_of_it() -> None:
    found = span("LEAST({DBInstanceClassMemory/9531392},5000)", 16)
    assert found is not None
    assert (found.low, found.high) == (1622, 1802)
    assert str(found) == "1,622 to 1,802"
    assert str(span("300", 16)) == "300"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ON",
        "utf8mb4",
        "{dbinstanceclassmemory/2}",
        "{DBInstanceClassMemory/0}",
        "{DBInstanceClassMemory",
        "1 2",
        "MAX(1,2)",
        "LEAST(1",
        "{log(0)*2}",
        "__import__('os')",
        "1;2",
        "IF(1,2)",
        "{AllocatedStorage/2}",
    ],
)
def test_what_is_not_in_the_grammar_has_no_value(text: str) -> None:
    assert evaluate(text, memory_bytes=16 * GIB) is None


def test_the_other_variables_have_a_value_when_it_is_given() -> None:
    assert evaluate("{AllocatedStorage/1073741824}", memory_bytes=GIB, storage_gib=400) == 400
    assert evaluate("{EndPointPort}", memory_bytes=GIB, port=5432) == 5432


@given(st.text(alphabet="{}()*/,<>=-0123456789 DBInstanceClassMemorylogLEASTSUMIF", max_size=60))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    value = evaluate(text, memory_bytes=16 * GIB)
    assert value is None or isinstance(value, int)
