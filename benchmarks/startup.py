"""How long a command takes to say its first word, beside an interpreter that says nothing; and what it imports."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import Figure, Report, Table, ratio
from benchmarks.processes import RDSOPS, ran
from rdsops.fleet.codec import encode
from rdsops.testing.healthy import healthy

HEAVY = ("boto3", "botocore", "psycopg", "pymysql", "moto", "flask", "werkzeug", "jinja2")
NOTHING = "python -c pass"

_PROBE = """
import json, sys
from rdsops.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
heavy = sorted({name.split(".")[0] for name in sys.modules} & set(%r))
print(json.dumps({"heavy": heavy, "modules": len(sys.modules)}), file=sys.stderr)
"""


def run(rounds: int = 15) -> Report:
    with tempfile.TemporaryDirectory(prefix="rdsops-bench-") as name:
        folder = Path(name)
        snapshot = folder / "fleet.json"
        size_mb = snapshot.write_bytes(encode(healthy())) / 1e6
        commands = {
            "rdsops --help": ("--help",),
            "rdsops explain --list": ("explain", "--list"),
            "rdsops review --from fleet.json": ("review", "--from", str(snapshot)),
        }
        walls = _walls(commands, folder, rounds)
        imported = tuple((what, *_imported(words, folder)) for what, words in commands.items())
    nothing = Figure(NOTHING, tuple(walls[NOTHING]), "ms")
    figures = [nothing]
    for what in commands:
        took = Figure(what, tuple(walls[what]), "ms")
        figures += [took, ratio(f"{what} against {NOTHING}", took, nothing)]
    return Report(
        "Start-up",
        f"Whole processes of the installed command, in turn, {rounds} rounds after one that is not counted. The "
        f"snapshot is a small healthy fleet with all its metrics ({size_mb:.1f} MB); `review --from` runs every rule.",
        tuple(figures),
        (Table(("command", "heavy packages imported", "modules"), imported),),
        (f"Heavy: {', '.join(HEAVY)}. jinja2 makes the HTML report only.",),
    )


def _walls(commands: dict[str, tuple[str, ...]], folder: Path, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each command, by its name; one round first that fills caches."""
    lines = {NOTHING: (sys.executable, "-c", "pass"), **{what: (*RDSOPS, *words) for what, words in commands.items()}}
    walls: dict[str, list[float]] = {what: [] for what in lines}
    for number in range(rounds + 1):
        for what, line in lines.items():
            done = ran(line, folder, codes=(0, 1, 3))
            if number:
                walls[what].append(done.wall_s * 1000)
    return walls


def _imported(words: tuple[str, ...], folder: Path) -> tuple[str, str]:
    """Heavy packages that a command line brings in, and how many modules in all."""
    done = ran((sys.executable, "-c", _PROBE % (HEAVY,), *words), folder, os.environ)
    told = json.loads(done.err.splitlines()[-1])
    return ", ".join(told["heavy"]) or "none", str(told["modules"])
