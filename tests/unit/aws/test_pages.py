"""A list is read to its end; where it breaks, what was read stays and the list says that it is not complete."""

from __future__ import annotations

from typing import Any

from rdsops.aws.calls import CallLog
from rdsops.aws.errors import Failed, Throttled
from rdsops.aws.pages import Pages, Paging, read_pages

RDS = Paging(items=("Things",))
NESTED = Paging(items=("Defaults", "Things"), receive=("Defaults", "Marker"))


def read(answers: list[Any], paging: Paging = RDS) -> tuple[Pages, list[dict[str, Any]]]:
    """Read pages that are handed out in order; an exception among them is raised."""
    requests: list[dict[str, Any]] = []

    def ask(request: dict[str, Any]) -> dict[str, Any]:
        requests.append(dict(request))
        answer = answers[len(requests) - 1]
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, dict)
        return answer

    return read_pages(ask, "rds:DescribeThings", paging, {"Source": "user"}), requests


def test_markers_are_followed_to_the_end() -> None:
    pages, requests = read([{"Things": [1, 2], "Marker": "a"}, {"Things": [3], "Marker": "b"}, {"Things": [4]}])
    assert pages.items == (1, 2, 3, 4)
    assert pages.complete
    assert requests == [
        {"Source": "user", "MaxRecords": 100},
        {"Source": "user", "MaxRecords": 100, "Marker": "a"},
        {"Source": "user", "MaxRecords": 100, "Marker": "b"},
    ]


def test_a_list_that_breaks_on_page_three_keeps_two_pages() -> None:
    broken = Throttled("rds:DescribeThings", "Throttling", "")
    pages, _ = read([{"Things": [1], "Marker": "a"}, {"Things": [2], "Marker": "b"}, broken])
    assert pages.items == (1, 2)
    assert pages.error is broken


def test_a_marker_that_comes_again_ends_the_list_as_incomplete() -> None:
    pages, requests = read([{"Things": [1], "Marker": "a"}, {"Things": [2], "Marker": "a"}, {"Things": [3]}])
    assert pages.items == (1, 2)
    assert isinstance(pages.error, Failed)
    assert pages.error.code == "RepeatedMarker"
    assert len(requests) == 2


def test_markers_that_go_in_a_circle_end_too() -> None:
    circle = [{"Things": [n], "Marker": "ab"[n % 2]} for n in range(10)]
    pages, requests = read(circle)
    assert not pages.complete
    assert len(requests) == 3


def test_a_nested_list_has_a_nested_marker() -> None:
    pages, requests = read([{"Defaults": {"Things": [1], "Marker": "a"}}, {"Defaults": {"Things": [2]}}], NESTED)
    assert pages.items == (1, 2)
    assert pages.complete
    assert requests[1]["Marker"] == "a"


def test_an_empty_list_may_be_left_out() -> None:
    pages, _ = read([{}])
    assert pages.items == ()
    assert pages.complete


def test_a_later_page_without_its_list_is_broken() -> None:
    pages, _ = read([{"Things": [1], "Marker": "a"}, {}])
    assert pages.items == (1,)
    assert not pages.complete


def test_a_list_that_is_none_is_broken() -> None:
    pages, _ = read([{"Things": "many"}])
    assert not pages.complete


def test_an_operation_without_pages_is_asked_once() -> None:
    pages, requests = read([{"Things": [1], "Marker": "not ours"}], Paging(items=("Things",), send=None, size=None))
    assert pages.items == (1,)
    assert requests == [{"Source": "user"}]


def test_calls_are_counted_by_name() -> None:
    log = CallLog()
    for name in ("rds:B", "rds:A", "rds:B"):
        log.add(name)
    assert log.counts() == {"rds:A": 1, "rds:B": 2}
    assert log.total == 3
