"""What a machine lacks is told once, at the end of a test run, with the command that brings it in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.left_out import read_left_out


def test_the_end_of_a_run_names_what_was_left_out_and_how_to_bring_it_in(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    case = tmp_path / "test_case.py"
    case.write_text(
        "import pytest\nfrom tests.left_out import left_out\n"
        "@pytest.mark.parametrize('n', [1, 2])\n"
        "def test_a(n):\n    left_out('mariadbd', 'sudo apt-get install -y mariadb-server')\n"
        "def test_b():\n    pytest.skip('another reason')\n"
        "def test_c():\n    pass\n"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "tests.conftest", str(case)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    told = [line for line in ran.stdout.splitlines() if line.startswith("left out:")]
    assert told == ["left out: 2 tests that need mariadbd; bring them in with: sudo apt-get install -y mariadb-server"]


def test_other_reasons_to_skip_are_not_told() -> None:
    assert read_left_out("Skipped: this machine has loopback addresses only") is None
