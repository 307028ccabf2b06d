"""The documentation is whole: what is generated is what the code says now, links lead somewhere, commands exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.pages import ROOT, all_pages, anchors, blocks, links, steps, user_pages
from tools.write_reference import REFERENCE, VARIABLES, commands, help_text, pages

from rdsops.advise.book import RULES

LANGUAGES = {"console", "python", "text", "toml", "sql", "yaml"}
"""What a fence of a page for users may hold. Shell lives in console blocks, which are run."""


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return pages()


@pytest.mark.parametrize(
    "name", ["config.md", "exit-codes.md", "fleet.schema.json", "lab.md", "review.schema.json", "rules.md"]
)
def test_a_generated_page_is_what_the_code_says(name: str, generated: dict[str, str]) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == generated[name], "run make docs"


def test_the_commands_page_is_what_the_commands_say(generated: dict[str, str]) -> None:
    """By words: Pythons fold the same help differently."""
    assert _words((REFERENCE / "cli.md").read_text(encoding="utf-8")) == _words(generated["cli.md"]), "run make docs"


def test_no_generated_page_is_held_by_nothing(generated: dict[str, str]) -> None:
    by_hand = {"figures.md"}
    assert {path.name for path in REFERENCE.iterdir()} - by_hand == set(generated)


def _words(help_page: str) -> list[str]:
    """Words of a page of help. Python 3.13 writes "-o, --output FILE" where older ones repeat FILE."""
    return re.sub(r"(-\w) (\S+), (--[\w-]+) \2", r"\1, \3 \2", " ".join(help_page.split())).split()


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    headings = re.findall(r"^## rdsops (.+)$", (REFERENCE / "cli.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == list(commands())
    assert {"review", "lab up", "lab mysql", "iam review"} <= set(headings)


@pytest.mark.parametrize("page", all_pages(), ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{named(page)} links to {link}"
        assert not anchor or anchor in anchors(target), f"{named(page)} links to {link}, and there is no such heading"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        waiting += [(page.parent / link.partition("#")[0]).resolve() for link in links(page) if "://" not in link]
    assert set(ROOT.glob("docs/**/*.md")) - reached == set()


@pytest.mark.parametrize("page", user_pages(), ids=named)
def test_blocks_are_of_kinds_that_tests_know(page: Path) -> None:
    found = blocks(page)
    assert {block.language for block in found} <= LANGUAGES
    assert page.read_text(encoding="utf-8").count("```") == 2 * len(found), "a fence is open, or within another"
    for block in found:
        if block.language == "console":
            assert steps(block), f"{named(page)}:{block.line} has no command"


def _command_lines() -> Iterator[tuple[str, str]]:
    """Every `rdsops …` that stands in the pages, in a block or in a line, with its place."""
    for page in user_pages():
        text = page.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            for found in re.findall(r"(?:\$ |\$\(|`|run: )(rdsops [^`\n|>)]+)", line):
                yield f"{named(page)}:{number}", found


def test_every_command_and_option_that_is_written_exists() -> None:
    known = set(commands())
    seen = 0
    for place, line in _command_lines():
        words = line.split()[1:]
        command = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
        if command.startswith("-"):
            continue
        assert command in known, f"{place}: there is no `rdsops {command}`"
        own = re.sub(r"(lab (?:psql|mysql)) (?:--name \S+ )?\w+.*", r"\1", line)
        for option in re.findall(r"(?<=\s)--?[a-z][\w-]*", own):
            seen += 1
            assert re.search(rf"{option}\b", help_text(*command.split())), f"{place}: {command} has no {option}"
    assert seen > 30


def test_options_named_alone_exist() -> None:
    every = "\n".join(help_text(*command.split()) for command in commands())
    foreign = {"--query", "--policy-name", "--policy-document", "--role-name", "--policy-arn"}
    for page in user_pages():
        for option in re.findall(r"`(--[a-z][\w-]+)", page.read_text(encoding="utf-8")):
            assert option in foreign or re.search(rf"{option}\b", every), f"{named(page)}: {option}"


def test_every_rule_that_is_named_exists() -> None:
    rules = {rule.id for rule in RULES}
    for place, line in _command_lines():
        for word in re.findall(r"(?:--only|--skip|explain) ([\w*-]+)", line):
            if word.isupper() or word.startswith("--"):
                continue
            themes = {rule.theme.value for rule in RULES}
            assert word in rules | themes, f"{place}: there is no rule or theme {word}"


def test_every_variable_that_is_read_is_documented_and_no_other() -> None:
    read: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        read |= set(re.findall(r"\"(RDSOPS_[A-Z_]+)\"", path.read_text(encoding="utf-8")))
    written = {name for names in VARIABLES for name in names.split(", ") if name.startswith("RDSOPS_")}
    assert read - {"RDSOPS_"} == written
    for page in user_pages():
        for name in re.findall(r"\bRDSOPS_[A-Z_]+\b", page.read_text(encoding="utf-8")):
            assert name in written, f"{named(page)}: {name}"
