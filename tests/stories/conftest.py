"""One lab for all stories of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

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
    """A review of everything, SQL included."""
    return lab.review()
