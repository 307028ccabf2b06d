"""The thinking rooms take values and give values: no clock, file, print, chance, environment, log."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "src" / "rdsops"
THINKING = ("core", "facts", "fleet", "advise", "plan", "render")
FORBIDDEN_MODULES = {
    "boto3",
    "botocore",
    "psycopg",
    "pymysql",
    "logging",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "time",
    "os",
    "io",
    "pathlib",
    "threading",
    "asyncio",
    "sqlite3",
    "requests",
    "urllib",
}
FORBIDDEN_CALLS = {"open", "print", "input", "exec", "eval", "breakpoint", "globals"}
FORBIDDEN_METHODS = {
    "now",
    "utcnow",
    "today",
    "read_text",
    "write_text",
    "read_bytes",
    "write_bytes",
    "getenv",
    "urandom",
}

FILES = sorted(path for room in THINKING for path in (ROOT / room).rglob("*.py"))


def faults(tree: ast.AST) -> list[str]:
    """What a syntax tree does that a thinking room must not."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found += [f"import {n.name}" for n in names if n.name.split(".")[0] in FORBIDDEN_MODULES]
            case ast.ImportFrom(module=str(module)):
                if module.split(".")[0] in FORBIDDEN_MODULES:
                    found.append(f"from {module}")
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
                found.append(f"{name}(")
            case ast.Call(func=ast.Attribute(attr=name)) if name in FORBIDDEN_METHODS:
                found.append(f".{name}(")
            case ast.Global():
                found.append("global")
            case ast.Attribute(value=ast.Name(id="os"), attr="environ"):
                found.append("os.environ")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_thinking_room_only_thinks(path: Path) -> None:
    assert faults(ast.parse(path.read_text())) == []


@pytest.mark.parametrize(
    "code",
    [
        "import boto3",
        "from os import environ",
        "x = datetime.now()",
        "open('f')",
        "print(1)",
        "import random",
        "global a",
    ],
)
def test_the_proof_catches(code: str) -> None:
    assert faults(ast.parse(code))


def test_every_room_that_stands_is_read() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in FILES} == {room for room in THINKING if (ROOT / room).is_dir()}
