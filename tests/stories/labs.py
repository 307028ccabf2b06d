"""A demo lab for stories: brought up by the command, asked by the command, broken through its control page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

from rdsops.lab.home import LabHome, lab_home
from rdsops.lab.keeping import down
from rdsops.lab.standing import Standing, read_standing

PREFIX = "rdsops-story-"


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str


class StoryLab:
    """A home for a lab called "story", and what an operator does with it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cache = lab_home(os.environ).cache
        self.home = LabHome(path=root / "story", cache=self.cache)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RDSOPS_", "PG"))}
        self.bare = {
            **clean,
            "RDSOPS_LAB_HOME": str(root),
            "RDSOPS_LAB_CACHE": str(self.cache),
            "HOME": str(root),
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @property
    def standing(self) -> Standing:
        standing = read_standing(self.home)
        assert standing is not None
        return standing

    def start(self, *words: str, environ: dict[str, str] | None = None) -> subprocess.Popen[str]:
        """`rdsops WORDS`, running."""
        return subprocess.Popen(
            [sys.executable, "-m", "rdsops", *words],
            env={**self.bare, **(environ or {})},
            cwd=self.root,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, environ: dict[str, str] | None = None, within_s: float = 120) -> Done:
        process = self.start(*words, environ=environ)
        out, err = process.communicate(timeout=within_s)
        return Done(process.returncode, out, err)

    def aws(self) -> dict[str, str]:
        """What `rdsops lab env` exports."""
        done = self.run("lab", "env", "--name", "story")
        assert done.code == 0, done.err
        lines = (line.removeprefix("export ").partition("=") for line in done.out.splitlines())
        return {name: value for name, _, value in lines}

    def review(self, *words: str, environ: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        """Exit code and JSON of a review of the whole demo fleet."""
        standing = self.standing
        where = [word for region in standing.regions for word in ("--region", region)]
        roles = [word for role in standing.roles for word in ("--role", role)]
        done = self.run("review", "-q", "--format", "json", *where, *roles, *words, environ=environ or self.aws())
        assert done.out, done.err
        return done.code, json.loads(done.out)

    def control(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """The endpoint's control page."""
        standing = self.standing
        asked = "&".join(f"{name}={quote(value)}" for name, value in query.items())
        request = Request(
            f"{standing.url}/_rdsops/{path}{'?' + asked if asked else ''}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {standing.token}"},
        )
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)

    @contextmanager
    def broken(self, kind: str, operations: str, **more: Any) -> Iterator[None]:
        """A fault at the endpoint for as long as the block runs."""
        number = self.control("POST", "faults", {"kind": kind, "operations": operations, **more})["id"]
        try:
            yield
        finally:
            self.control("DELETE", "faults", id=str(number))


@contextmanager
def story_lab() -> Iterator[StoryLab]:
    """A home that is taken down at the end, also when this process is killed."""
    root = Path(tempfile.mkdtemp(prefix=PREFIX))
    root.chmod(0o711)
    lab = StoryLab(root)
    watchdog = subprocess.Popen(
        [sys.executable, "-m", "tests.stories.watchdog", str(lab.home.path), str(lab.cache)],
        stdin=subprocess.PIPE,
        start_new_session=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield lab
    finally:
        for name in sorted(path.name for path in root.iterdir() if (path / "lock").exists()):
            down(LabHome(path=root / name, cache=lab.cache))
        assert watchdog.stdin is not None
        watchdog.stdin.close()
        watchdog.wait(timeout=60)
        subprocess.run(["rm", "-rf", str(root)], check=True)
