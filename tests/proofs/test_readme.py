"""The README counts right: rules by theme, commands, requirements, what make runs."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from typing import Any

from tests.pages import ROOT

from rdsops.advise.book import RULES
from rdsops.advise.finding import Theme
from rdsops.cli.main import COMMANDS
from rdsops.engines.connect import Limits

README = (ROOT / "README.md").read_text(encoding="utf-8")
THEMES = {Theme.POSTGRES: "inside PostgreSQL", Theme.MYSQL: "inside MySQL and MariaDB"}


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def test_rules_are_counted_by_theme() -> None:
    rows = {name: int(count) for name, count in re.findall(r"^\| ([\w ]+) \| (\d+) \|$", README, re.MULTILINE)}
    counted = Counter(rule.theme for rule in RULES)
    assert rows == {THEMES.get(theme, theme.value): counted[theme] for theme in Theme}
    assert re.search(r"^\| \*\*together\*\* \| \*\*(\d+)\*\* \|$", README, re.MULTILINE)[1] == str(len(RULES))  # type: ignore[index] # a missing row fails as well


def test_the_changelog_counts_the_rules_too() -> None:
    assert f"by {len(RULES)} rules" in (ROOT / "changes" / "2.added.md").read_text(encoding="utf-8")


def test_what_is_there_today_is_every_command() -> None:
    (line,) = re.findall(r"^There today: (.+?) \(\[", README, re.MULTILINE)
    assert re.findall(r"`(\w+)`", line) == [name for name, _ in COMMANDS]


def test_make_demo_ends_with_the_demo() -> None:
    recipe = re.search(r"^demo:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert recipe is not None
    assert recipe[1].splitlines() == ["\t$(BIN)/rdsops demo"]


def test_requirements_are_those_of_the_package() -> None:
    assert project()["requires-python"] == ">=3.11"
    assert "Python 3.11 or newer" in README
    assert f"[{project()['license']}](LICENSE)" in README
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_the_limits_inside_databases_are_those_of_the_door() -> None:
    limits = Limits()
    assert f"statement timeout of {limits.statement_timeout_ms // 1000} s" in " ".join(README.split())
    assert limits.lock_timeout_ms == 500
    assert "lock timeout of half a second" in " ".join(README.split())


def test_the_first_screen_says_what_it_is_and_the_two_commands() -> None:
    first = "\n".join(README.splitlines()[:16])
    assert "Amazon RDS and Aurora" in first
    assert "make demo" in first
    assert README.index("make demo") < README.index("make test") < README.index("## ")
