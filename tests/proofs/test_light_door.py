"""What a command must not import: the door is light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rdsops.fleet.codec import encode
from rdsops.testing.healthy import healthy

HEAVY = ("boto3", "botocore", "psycopg", "pymysql", "moto", "flask", "werkzeug", "jinja2")

PROBE = """
import sys
from rdsops.cli.main import main
try:
    code = main(sys.argv[1:])
except SystemExit as stop:
    code = stop.code
heavy = sorted({name.split(".")[0] for name in sys.modules} & set(%r))
print("HEAVY", *heavy, file=sys.stderr)
"""


def imported(*words: str) -> set[str]:
    """Heavy packages that a command line brought in."""
    done = subprocess.run([sys.executable, "-c", PROBE % (HEAVY,), *words], capture_output=True, text=True, check=False)
    line = next(line for line in done.stderr.splitlines() if line.startswith("HEAVY"))
    return set(line.split()[1:])


@pytest.mark.parametrize(
    "words", [("--help",), ("explain", "--list"), ("review", "--help"), ("lab", "--help"), ("survey", "--help")]
)
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    assert imported(*words) == set()


def test_a_review_of_a_snapshot_needs_no_aws_no_driver_and_no_lab(tmp_path: Path) -> None:
    snapshot = tmp_path / "fleet.json"
    snapshot.write_bytes(encode(healthy()))
    assert imported("review", "--from", str(snapshot), "-o", str(tmp_path / "report.txt")) == set()
    assert "0 critical" in (tmp_path / "report.txt").read_text()
    assert imported("review", "--from", str(snapshot), "--format", "html", "-o", str(tmp_path / "r.html")) == {"jinja2"}


def test_the_probe_sees_what_is_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import psycopg, sys; print('psycopg' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "True"
