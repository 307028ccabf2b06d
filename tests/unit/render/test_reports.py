"""Reports tell everything that a review holds, in each form, and nothing in them becomes markup."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import jsonschema
import msgspec
import pytest

from rdsops.advise.finding import Review, Severity
from rdsops.fleet.fleet import Fleet
from rdsops.render.html import review_html
from rdsops.render.markdown import review_markdown
from rdsops.render.review_json import review_json, review_schema
from rdsops.render.sarif import review_sarif
from rdsops.render.text import review_text
from rdsops.render.unseen import unseen_groups

HOSTILE_TAG = "<script>alert("


def test_text_holds_evidence_money_repair_and_gaps_in_80_columns(review: Review) -> None:
    text = review_text(review)
    for word in (
        "CRITICAL (1)",
        "orders has a critical fault",
        "against on",
        "[DBInstance.MultiAZ]",
        "$292 a month, surcharge",
        "not known: no price for eu-west-1",
        "aws rds modify-db-instance --region eu-west-1 --db-instance-identifier orders --multi-az",
        "Caution: A reboot of a minute.",
        "SILENCED (1)",
        "accepted by the owner until 2026-12-02",
        "COULD NOT BE SEEN",
        "rds:DescribeCertificates denied: 1 rule, 2 resources not known",
        "to see it: allow rds:DescribeCertificates",
        "12 clear",
    ):
        assert word in text
    prose = [line for line in text.splitlines() if not line.lstrip().startswith(("aws ", "DROP "))]
    assert [line for line in prose if len(line) > 80] == []
    assert "\033" not in text


def test_text_is_coloured_only_when_asked(review: Review) -> None:
    coloured = review_text(review, colour=True)
    assert "\033[" in coloured
    assert re.sub(r"\033\[[0-9;]*m", "", coloured) == review_text(review)


def test_what_is_not_bad_enough_is_a_line(review: Review) -> None:
    text = review_text(review, detail=Severity.CRITICAL)
    assert "aws rds modify-db-instance" in text
    assert text.count("If left:") == 1
    assert "  rule-medium: billing-1 has a medium fault" in text
    assert "If left:" not in review_text(review, detail=None)


def test_what_one_rule_says_of_several_is_one_entry(review: Review) -> None:
    twice = msgspec.structs.replace(review, findings=(*review.findings[2:3], *review.findings[2:3]))
    assert "  rule-medium, 2 times: billing-1, billing-1" in review_text(twice, detail=Severity.HIGH)


def test_an_empty_review_says_so(review: Review) -> None:
    assert "No findings." in review_text(msgspec.structs.replace(review, findings=()))


def test_gaps_are_told_once_a_cause(review: Review) -> None:
    groups = unseen_groups(review)
    assert [(g.asked, len(g.rules), g.subjects) for g in groups] == [
        ("rds:DescribeCertificates", 1, 2),
        ("sql:connect", 0, 0),
    ]


def test_json_is_its_own_schema_and_comes_back(review: Review) -> None:
    text = review_json(review)
    assert msgspec.json.decode(text, type=Review) == review
    jsonschema.validate(json.loads(text), review_schema())
    broken = json.loads(text)
    broken["findings"][0]["severity"] = "terrible"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, review_schema())


def test_sarif_names_rule_level_place_and_silence(review: Review) -> None:
    run = json.loads(review_sarif(review, ()))["runs"][0]
    levels = [result["level"] for result in run["results"]]
    assert levels == ["error", "error", "warning", "note", "note"]
    assert "suppressions" in run["results"][-1]
    assert not any("suppressions" in result for result in run["results"][:-1])
    assert len({result["partialFingerprints"]["rdsops/v1"] for result in run["results"]}) == len(run["results"])
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == len(review.gaps)


def test_markdown_escapes_what_comes_from_the_fleet(review: Review) -> None:
    text = review_markdown(review)
    assert HOSTILE_TAG not in text
    table = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 6 for line in table)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.scripts = 0
        self.links: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.scripts += tag == "script"
        self.links += [given[key] or "" for key in ("src", "href", "action") if key in given]
        if given.get("id"):
            self.ids.add(given["id"] or "")


def test_html_is_one_file_without_network_and_escapes_everything(review: Review, fleet: Fleet) -> None:
    page = review_html(review, fleet)
    tags = _Tags()
    tags.feed(page)
    assert tags.scripts == 1
    assert all(link.startswith("#") for link in tags.links)
    assert {link[1:] for link in tags.links} <= tags.ids
    assert "url(" not in page
    assert HOSTILE_TAG not in page
    assert "&lt;script&gt;" in page


def test_html_shows_every_finding_gap_and_tile(review: Review, fleet: Fleet) -> None:
    page = review_html(review, fleet)
    assert page.count('<li id="f') == len(review.findings)
    for word in (
        "billing-1",
        "writer",
        "reader",
        "RDS Proxy",
        "$292",
        "rds:DescribeCertificates denied",
        "accepted by the owner",
    ):
        assert word in page


def test_html_says_when_a_list_broke_off(review: Review, fleet: Fleet) -> None:
    region = msgspec.structs.replace(
        fleet.regions[0], instances=msgspec.structs.replace(fleet.regions[0].instances, complete=False)
    )
    assert "some may be missing" in review_html(review, msgspec.structs.replace(fleet, regions=(region,)))
