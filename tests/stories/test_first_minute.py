"""A stranger's first minute: the demo starts a fleet of real databases, reviews it, and names what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from rdsops.lab.demo.planted import PLANTED, Planted
from rdsops.lab.processes import processes
from tests.stories.labs import StoryLab, story_lab

pytestmark = [pytest.mark.engines]

IN_POSTGRES = (
    "pg-table-without-key",
    "pg-duplicate-index",
    "pg-invalid-index",
    "pg-table-bloat",
    "pg-key-exhaustion",
    "pg-foreign-key-without-index",
    "pg-slot-retains-wal",
    "pg-blocked-sessions",
    "pg-idle-in-transaction",
    "pg-statistics-stale",
    "pg-slow-statements",
    "pg-partition-default-filling",
    "pg-constraint-not-valid",
    "pg-extension-outdated",
)
"""Rules that must find what is planted inside 'orders'."""

IN_MARIADB = (
    "my-table-without-key",
    "my-redundant-index",
    "my-table-not-crash-safe",
    "my-auto-increment-ending",
    "my-charset-utf8mb3",
    "my-account-power-anywhere",
)
"""Rules that must find what is planted inside 'shop'."""


def named(fault: Planted) -> str:
    return f"{fault.rule}-{fault.subject or fault.place}"


def found(review: dict[str, Any], rule: str) -> list[dict[str, Any]]:
    return [finding for finding in review["findings"] if finding["rule"] == rule]


def subject_of(finding: dict[str, Any]) -> dict[str, Any]:
    subject: dict[str, Any] = finding["subject"]
    return subject["instance"] if subject["type"] == "database" else subject


def runs(lab: StoryLab, flavour: str) -> bool:
    return any(engine.flavour == flavour for engine in lab.standing.engines)


@pytest.mark.parametrize("fault", PLANTED, ids=named)
def test_each_planted_fault_is_found_by_name(
    fault: Planted, lab: StoryLab, reviewed: tuple[int, dict[str, Any]]
) -> None:
    if fault.engine is not None and not runs(lab, fault.engine):
        pytest.skip(f"no {fault.engine} on this machine")
    of_rule = [subject_of(finding) for finding in found(reviewed[1], fault.rule)]
    here = [s for s in of_rule if (s["account"], s.get("region")) == (fault.place.account, fault.place.region)]
    assert [s for s in here if not fault.subject or s["name"] == fault.subject], f"{fault.rule} found {here}"


@pytest.mark.parametrize("rule", IN_POSTGRES)
def test_each_fault_inside_postgres_is_found(rule: str, lab: StoryLab, reviewed: tuple[int, dict[str, Any]]) -> None:
    assert "orders" in [subject_of(finding)["name"] for finding in found(reviewed[1], rule)]


@pytest.mark.mariadb
@pytest.mark.parametrize("rule", IN_MARIADB)
def test_each_fault_inside_mariadb_is_found(rule: str, lab: StoryLab, reviewed: tuple[int, dict[str, Any]]) -> None:
    if not runs(lab, "mariadb"):
        pytest.skip("no mariadbd on this machine")
    assert "shop" in [subject_of(finding)["name"] for finding in found(reviewed[1], rule)]


def test_findings_carry_evidence_consequence_and_repair(reviewed: tuple[int, dict[str, Any]]) -> None:
    for finding in reviewed[1]["findings"]:
        assert finding["evidence"], finding["rule"]
        assert all(item["source"] and item["at"] for item in finding["evidence"]), finding["rule"]
        assert finding["consequence"]
        assert finding["repair"]["text"]


def test_the_review_exits_with_findings_and_tells_what_it_did_not_see(reviewed: tuple[int, dict[str, Any]]) -> None:
    code, review = reviewed
    assert code == 1
    assert review["not_known"]
    assert {answer["gap"] for answer in review["not_known"]} <= set(range(len(review["gaps"])))


def test_no_secret_is_told_anywhere(lab: StoryLab, reviewed: tuple[int, dict[str, Any]]) -> None:
    secrets = [(lab.home.path / "passwords" / engine.id).read_text() for engine in lab.standing.engines]
    secrets.append(lab.standing.token or "")
    told = [str(reviewed[1]), *(process.command for process in processes())]
    told += [path.read_text(errors="replace") for path in lab.home.path.rglob("*.log")]
    for secret in secrets:
        assert len(secret) >= 12
        assert not any(secret in text for text in told)


def test_the_demo_prints_a_review_writes_its_report_and_leaves_nothing_behind() -> None:
    with story_lab() as own:
        done = own.run("demo", "-o", str(own.root / "report.html"), within_s=280)
        assert done.code == 0, done.err
        for word in ("CRITICAL", "orders", "pg-table-without-key", "COULD NOT BE SEEN", str(own.root / "report.html")):
            assert word in done.out
        page = (own.root / "report.html").read_text()
        assert "pg-invalid-index" in page
        left = [process.command for process in processes() if str(own.root) in process.command]
        assert [command for command in left if "watchdog" not in command] == []
        assert not (own.root / "demo").exists()
