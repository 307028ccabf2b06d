"""The benchmarks start, measure what they say at tiny sizes, and keep each other's sections. No figure is judged."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from benchmarks import calls, codec, review_speed, startup
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.figures import Figure, Report, Table, markdown, ratio
from benchmarks.page import put
from benchmarks.processes import ran


def figure(report: Report, what: str) -> Figure:
    return next(each for each in report.figures if each.what == what)


def test_a_snapshot_is_written_and_read_at_any_size() -> None:
    report = codec.run(rounds=2, count=3)
    assert figure(report, "3 instances without series: encode against json.dumps").unit == "×"
    bare, full = (figure(report, f"3 instances {what}: JSON").median for what in
                  ("without series", "with 3 weekly series each"))  # fmt: skip
    assert bare < full


def test_rules_are_asked_of_a_fleet_in_a_process_of_its_own() -> None:
    report = review_speed.run(rounds=1, sizes=(20,))
    assert figure(report, "20 instances: answers").median > 20
    assert figure(report, "20 instances: findings").median > 0


def test_commands_are_started_beside_an_interpreter_that_does_nothing() -> None:
    report = startup.run(rounds=1)
    assert figure(report, "rdsops --help against python -c pass").median > 0
    imported = {row[0]: row[1] for row in report.tables[0].rows}
    assert set(imported) == {"rdsops --help", "rdsops explain --list", "rdsops review --from fleet.json"}


def test_calls_are_counted_where_they_arrive() -> None:
    report = calls.run(rounds=1, sizes=(20,))
    assert figure(report, "20 instances: calls, everything").median > figure(report, "20 instances: calls, core").median
    assert report.tables[0].rows[-1][0] == "together"


def test_every_benchmark_can_be_named_and_an_unknown_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["nonsense"])
    assert stop.value.code == 2
    refused = capsys.readouterr().err
    assert all(name in refused for name in BENCHMARKS)


def test_a_median_at_its_target_has_missed_it() -> None:
    assert not Figure("", (1.0, 2.0, 9.0), "s", 2.5).missed
    assert Figure("", (1.0, 2.5, 9.0), "s", 2.5).missed
    assert not Figure("", (1e9,), "s").missed


def test_a_ratio_compares_rounds_that_were_run_together() -> None:
    assert ratio("", Figure("", (4.0, 9.0), "s"), Figure("", (2.0, 3.0), "s")).values == (2.0, 3.0)


def test_a_table_leaves_out_a_column_that_says_nothing() -> None:
    told = markdown(Report("", "How.", (), (Table(("name", "calls", "nothing"), (("a", "1", ""),)),)))
    assert told.splitlines()[2:] == ["| name | calls |", "|------|------:|", "| a    |     1 |"]


def test_a_section_is_replaced_where_it_stands_and_the_others_stay(tmp_path: Path) -> None:
    page, order = tmp_path / "figures.md", ("first", "second", "third")
    for name, number in (("third", 3.0), ("first", 1.0), ("second", 2.0), ("third", 4.0)):
        put(page, order, name, "today", Report(f"The {name}", "How.", (Figure("x", (number,), "s"),)))
    titles = [line for line in page.read_text().splitlines() if line.startswith("## ")]
    assert titles == ["## The first", "## The second", "## The third"]
    assert [line.split("|")[2].strip() for line in page.read_text().splitlines() if line.startswith("| x")] == [
        "1 s",
        "2 s",
        "4 s",
    ]


def test_the_memory_of_a_process_is_its_own_and_not_that_of_the_benchmark(tmp_path: Path) -> None:
    held = bytearray(300 * 1024**2)
    held[::4096] = b"x" * len(held[::4096])
    done = ran((sys.executable, "-S", "-c", "pass"), tmp_path)
    del held
    assert done.rss_mib < 100


def test_a_process_that_fails_is_no_figure(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"ended with 7.*because"):
        ran((sys.executable, "-c", "import sys; print('because', file=sys.stderr); sys.exit(7)"), tmp_path)
    assert ran((sys.executable, "-c", "import sys; sys.exit(7)"), tmp_path, codes=(7,)).code == 7
