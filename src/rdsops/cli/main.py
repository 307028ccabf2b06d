"""`rdsops`: finds the command, runs it, and turns what happened into an exit code.

0 clear, 1 findings, 2 usage, 3 could not see all, 4 failed. Nothing is imported before the command is known.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from rdsops import __version__
from rdsops.core.errors import OperationFailed, RdsopsError, UsageError

USAGE, FAILED, INTERRUPTED = 2, 4, 130

COMMANDS: tuple[tuple[str, str], ...] = (
    ("demo", "a lab, a review of it, and its report, in one go"),
    ("lab", "a local fleet of real engines: up, status, env, psql, mysql, down"),
    ("survey", "collect a fleet into a snapshot file"),
    ("review", "ranked findings about a fleet, with evidence, money and repairs"),
    ("explain", "what a rule checks, why, its sources, how to repair, how to silence"),
    ("iam", "the least IAM policy a command needs"),
)
"""Name and summary; the command lives in rdsops.cli.NAME."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help", "help"):
        print(_help())
        return 0 if words else USAGE
    if words[0] in ("-V", "--version", "version"):
        print(f"rdsops {__version__}")
        return 0
    name = words[0]
    if name not in dict(COMMANDS):
        print(f"rdsops: there is no command '{name}'\nhint: {_nearest(name)}", file=sys.stderr)
        return USAGE
    try:
        return int(import_module(f"rdsops.cli.{name}").run(words[1:]))
    except UsageError as error:
        print(f"rdsops {name}: {error}", file=sys.stderr)
        return USAGE
    except OperationFailed as error:
        print(f"rdsops {name}: {error}", file=sys.stderr)
        return FAILED
    except RdsopsError as error:
        print(f"rdsops {name}: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(f"rdsops {name}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception:  # noqa: BLE001 - the last door: a defect of ours, shown whole
        traceback.print_exc()
        print(f"rdsops {name}: this is a defect of rdsops; please report it with the lines above", file=sys.stderr)
        return FAILED


def _help() -> str:
    width = max(len(name) for name, _ in COMMANDS)
    lines = ["usage: rdsops COMMAND [options]", "", "Operate a fleet of Amazon RDS and Aurora databases.", ""]
    lines += [f"  {name:<{width}}  {summary}" for name, summary in COMMANDS]
    lines += [
        "",
        "rdsops COMMAND --help tells a command's options.",
        "Exit codes: 0 clear, 1 findings, 2 usage, 3 could not see all, 4 failed.",
    ]
    return "\n".join(lines)


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, dict(COMMANDS), n=1)
    return f"did you mean '{close[0]}'?" if close else "rdsops --help lists them"


if __name__ == "__main__":
    sys.exit(main())
