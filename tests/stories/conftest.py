"""One lab for all stories of a run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rdsops.cli.demo import LOAD_S
from rdsops.lab.processes import wait_until
from tests.stories.labs import StoryLab, story_lab


@pytest.fixture(scope="session")
def lab() -> Iterator[StoryLab]:
    """A demo lab, up."""
    with story_lab() as lab:
        done = lab.run("lab", "up", "--name", "story")
        assert done.code == 0, done.err
        yield lab


@pytest.fixture(scope="session")
def reviewed(lab: StoryLab) -> tuple[int, dict[str, Any]]:
    """A review of everything, SQL included, of a fleet that has worked for a while."""
    since = lab.standing.load_since
    assert since is not None
    assert wait_until(lambda: datetime.now(UTC) - since > timedelta(seconds=LOAD_S), within_s=60)
    return lab.review()
