"""Pages cover a list once, whatever happens to it between them, and foreign markers are refused."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdsops.lab.endpoint.contract import AwsError
from rdsops.lab.endpoint.paging import CLOUDWATCH, RDS, rds_page_size

NAMES = st.sets(st.text(min_size=1, max_size=5), max_size=40)


def walk(names: set[str], size: int, later: set[str] | None = None) -> list[str]:
    """All that a client sees that pages through; the list becomes `later` after the first page."""
    seen: list[str] = []
    token = None
    while True:
        page = RDS.page(names, str, token=token, size=size)
        seen.extend(page.items)
        token = page.token
        if token is None:
            return seen
        names = later if later is not None else names


@given(NAMES, st.integers(1, 9))
def test_pages_together_are_the_list_in_order(names: set[str], size: int) -> None:
    assert walk(names, size) == sorted(names)


@given(NAMES, NAMES, st.integers(1, 9))
def test_what_stays_is_seen_once_whatever_comes_and_goes(names: set[str], later: set[str], size: int) -> None:
    seen = walk(names, size, later)
    assert len(seen) == len(set(seen))
    assert names & later <= set(seen)


def test_a_marker_outlives_the_thing_it_points_at() -> None:
    first = RDS.page("abcd", str, token=None, size=2)
    assert RDS.page("acd", str, token=first.token, size=2).items == ("c", "d")


@pytest.mark.parametrize("token", ["", "x", "aGVsbG8=", base64.b64encode(b'["a","b"]').decode(), "ü", "W10="])
def test_a_marker_nobody_gave_is_refused(token: str) -> None:
    if token == "":
        assert RDS.page("ab", str, token=token, size=1).items == ("a",)
        return
    with pytest.raises(AwsError) as caught:
        RDS.page("ab", str, token=token, size=1)
    assert caught.value.code == "InvalidParameterValue"


def test_a_token_of_another_question_is_refused_in_the_services_word() -> None:
    token = CLOUDWATCH.page("abc", str, token=None, size=1, question={"Namespace": "AWS/RDS"}).token
    assert CLOUDWATCH.page("abc", str, token=token, size=1, question={"Namespace": "AWS/RDS"}).items == ("b",)
    with pytest.raises(AwsError) as caught:
        CLOUDWATCH.page("abc", str, token=token, size=1, question={"Namespace": "AWS/EC2"})
    assert caught.value.code == "InvalidNextToken"


@pytest.mark.parametrize("asked", [0, 19, 101, -1])
def test_rds_takes_20_to_100_records(asked: int) -> None:
    with pytest.raises(AwsError, match="between 20 and 100"):
        rds_page_size(asked)
