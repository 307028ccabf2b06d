"""No file tells a path of one machine, or holds a drawer for a name."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "stuff", "base"}


def tracked() -> list[Path]:
    """Files of the project, the untracked ones included where git is at hand."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]
    return [
        path for folder in ("src", "tests", "docs", "tools") for path in (ROOT / folder).rglob("*") if path.is_file()
    ]


def test_no_module_is_a_drawer() -> None:
    names = {path.stem for path in tracked() if path.suffix == ".py"}
    assert names & DRAWERS == set()


def test_no_home_of_one_machine_is_told() -> None:
    told = ("/" + "work/", "/" + "root/.")
    found = []
    for path in tracked():
        if path.suffix in (".py", ".md", ".toml", ".txt", ".sql", ".j2", ".js", ".css") or path.name == "Makefile":
            text = path.read_text(errors="replace")
            found += [f"{path.relative_to(ROOT)}: {word}" for word in told if word in text]
    assert found == []
