"""What the pages for users show is what happens: their commands are run, each page in a shell of its own.

The tutorial runs in the lab that `make demo` has left up, since it changes things and ends the lab; the other pages
share the lab of all stories.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rdsops.lab.home import LabHome
from tests.left_out import left_out
from tests.pages import ROOT, Block, Step, blocks, difference, howtos, steps, user_pages
from tests.stories.labs import StoryLab, story_lab

pytestmark = [pytest.mark.engines]

README = ROOT / "README.md"
TUTORIAL = ROOT / "docs" / "tutorial" / "first-review.md"
DEMO = "make demo"
"""Run once, as what the Makefile runs (tests/proofs/test_readme.py holds it to that)."""
AT_HOME = "/home/you/rdsops"
"""Where the pages say that they are."""

MARK = "\N{INFORMATION SEPARATOR TWO}"
PROGRAMS = {
    "psql": ("psql", "sudo apt-get install -y postgresql-client"),
    "mariadb": ("mariadbd", "sudo apt-get install -y mariadb-server"),
    "aws": ("aws", "pip install awscli"),
}
"""What a block may need: the program, and the command that brings it in."""


class Shell:
    """A terminal of somebody who reads a page: `rdsops` on PATH, an empty folder, a lab whose name need not be told."""

    def __init__(self, lab: StoryLab, name: str, place: Path) -> None:
        self.here = place / "rdsops"
        self.here.mkdir()
        programs = place / "bin"
        programs.mkdir()
        _program(programs / "python", 'exec "$PYTHON" "$@"')
        _program(
            programs / "rdsops",
            'if [ "$1" = lab ] && [ $# -gt 1 ]; then c=$2; shift 2; set -- lab "$c" --name "$LAB" "$@"; fi',
            'exec "$PYTHON" -m rdsops "$@"',
        )
        self.environment = {
            **lab.bare,
            "PATH": f"{programs}:{lab.bare['PATH']}",
            "PYTHON": sys.executable,
            "PYTHONUNBUFFERED": "1",
            "LAB": name,
            "PAGER": "cat",
            "COLUMNS": "80",
        }

    def run(self, commands: list[str]) -> list[str]:
        """What each command printed, stdout and stderr as a terminal shows them. One shell runs them all."""
        script = "".join(f"{command}\nprintf '{MARK}'\n" for command in commands)
        done = subprocess.run(
            ["bash"],
            input=script,
            env=self.environment,
            cwd=self.here,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=200,
            check=False,
        )
        told = done.stdout.replace(str(self.here), AT_HOME).split(MARK)
        assert len(told) == len(commands) + 1, told[-1]
        return told[:-1]


def _program(path: Path, *lines: str) -> None:
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)


def steps_of(page: Path) -> list[Step]:
    """Everything of a page that is run, in order; files that it shows become commands that write them."""
    found: list[Step] = []
    for block in blocks(page):
        if block.not_run:
            continue
        if block.file:
            text = f"(umask 077; cat > '{block.file}' <<'END-OF-FILE'\n{block.text}END-OF-FILE\n)"
            found.append(Step(block.line, text, None))
        elif block.language == "console":
            found += [step for step in steps(block) if step.command != DEMO]
        elif block.language == "python":
            found.append(Step(block.line, f"python - <<'END-OF-TEXT'\n{block.text}END-OF-TEXT", ""))
        elif block.language == "text" and found and found[-1].output == "" and found[-1].command.startswith("python -"):
            found[-1] = Step(block.line, found[-1].command, block.text)
    return found


def untrue(page: Path, shell: Shell) -> list[str]:
    """What a page says and a shell does not."""
    shown = steps_of(page)
    real = shell.run([step.command for step in shown])
    wrong = []
    for step, told in zip(shown, real, strict=True):
        found = difference(step.output or "", told) if step.output is not None else _unexpected(told)
        if found is not None:
            wrong.append(f"{page.name}:{step.line}: $ {step.command}\n{found}\n--- it said\n{told}")
    return wrong


def _unexpected(told: str) -> str | None:
    """A command that a page shows without output prints nothing."""
    return f"it printed, and the page shows nothing: {told[:200]}" if told.strip() else None


def need(page: Path) -> None:
    """Leaves the test out when a program is missing that a block of the page needs."""
    for block in blocks(page):
        if block.needs is not None and shutil.which(PROGRAMS[block.needs][0], path=_wide_path()) is None:
            left_out(block.needs, PROGRAMS[block.needs][1])


def _wide_path() -> str:
    return f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/opt/homebrew/opt/mariadb/bin"


@pytest.fixture(scope="module")
def shown_by_demo() -> Iterator[tuple[StoryLab, str]]:
    """A lab that `make demo` has left up, and what it printed. It does not wait for load, and keeps the lab."""
    with story_lab() as own:
        own.home = LabHome(path=own.root / "demo", cache=own.cache)
        (own.root / "story").symlink_to("demo")
        done = subprocess.run(
            [sys.executable, "-m", "rdsops", "demo", "--no-wait", "--keep"],
            env={**own.bare, "PYTHONUNBUFFERED": "1"},
            cwd=own.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        everywhere = re.sub(r"(?m)^left out .*\n", "", done.stdout)  # told only where MariaDB is missing
        yield own, everywhere.replace(str(own.root), AT_HOME)


def test_the_readme_shows_what_make_demo_prints(shown_by_demo: tuple[StoryLab, str]) -> None:
    (shown,) = [step for block in blocks(README) for step in _steps(block) if step.command == DEMO]
    assert difference(shown.output or "", shown_by_demo[1]) is None


def test_the_tutorial_is_true(shown_by_demo: tuple[StoryLab, str], tmp_path: Path) -> None:
    need(TUTORIAL)
    assert untrue(TUTORIAL, Shell(shown_by_demo[0], "demo", tmp_path)) == []


@pytest.mark.parametrize("page", howtos(), ids=lambda page: page.stem)
def test_a_howto_is_true(page: Path, lab: StoryLab, tmp_path: Path) -> None:
    need(page)
    assert untrue(page, Shell(lab, "story", tmp_path)) == []


def test_the_readme_is_true_beside_the_demo(lab: StoryLab, tmp_path: Path) -> None:
    assert untrue(README, Shell(lab, "story", tmp_path)) == []


@pytest.mark.parametrize(
    ("page", "line", "reason"),
    [(page, block.line, block.not_run) for page in user_pages() for block in blocks(page) if block.not_run],
    ids=lambda value: value.stem if isinstance(value, Path) else str(value)[:30],
)
def test_what_is_not_run_says_why(page: Path, line: int, reason: str) -> None:
    pytest.skip(f"{page.relative_to(ROOT)}:{line} is not run: {reason}")


def _steps(block: Block) -> list[Step]:
    return steps(block) if block.language == "console" else []
