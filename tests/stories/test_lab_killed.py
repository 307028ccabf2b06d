"""kill -9 of the lab at any moment leaves nothing that the next `lab up` or `lab down` cannot clean."""

from __future__ import annotations

import os
import signal

import pytest

from rdsops.lab.processes import processes, wait_until
from tests.stories.labs import StoryLab, story_lab

pytestmark = [pytest.mark.engines]


def ours(lab: StoryLab) -> list[str]:
    """Processes that name this lab's home, its keeper and watchdog aside."""
    own = [p for p in processes() if str(lab.root) in p.command]
    return [p.command for p in own if "watchdog" not in p.command and "lab.keeper" not in p.command]


@pytest.mark.parametrize("after_s", [0.2, 1.0, 2.0, 3.0])
def test_a_lab_killed_while_it_starts_is_cleaned_by_down(after_s: float) -> None:
    with story_lab() as lab:
        starting = lab.start("lab", "up", "--name", "story")
        assert wait_until(lambda: lab.home.holder() is not None, within_s=20)
        wait_until(lambda: False, within_s=after_s)
        holder = lab.home.holder()
        assert holder is not None
        os.kill(holder, signal.SIGKILL)
        starting.communicate(timeout=60)
        assert starting.returncode == 4
        assert lab.run("lab", "down", "--name", "story").code == 0
        assert ours(lab) == []
        assert not lab.home.path.exists()


def test_a_lab_killed_when_ready_is_cleaned_by_the_next_up() -> None:
    with story_lab() as lab:
        assert lab.run("lab", "up", "--name", "story").code == 0
        first = lab.standing
        os.kill(first.pid, signal.SIGKILL)
        assert wait_until(lambda: lab.home.holder() is None, within_s=10)
        told = lab.run("lab", "status", "--name", "story")
        assert told.code == 4
        assert "one was killed" in told.err
        again = lab.run("lab", "up", "--name", "story")
        assert again.code == 0, again.err
        assert "cleaned up after a lab that was killed" in again.err
        assert not {engine.pid for engine in first.engines} & {p.pid for p in processes() if str(lab.root) in p.command}
        code, _ = lab.review("--no-sql", "--only", "single-zone")
        assert code == 1
        assert lab.run("lab", "down", "--name", "story").code == 0
        assert ours(lab) == []


def test_a_second_up_finds_the_first_and_two_names_do_not_collide() -> None:
    with story_lab() as lab:
        assert lab.run("lab", "up", "--name", "story").code == 0
        before = lab.standing.pid
        again = lab.run("lab", "up", "--name", "story")
        assert again.code == 0
        assert "up already" in again.err
        assert lab.standing.pid == before
        try:
            assert lab.run("lab", "up", "--name", "second").code == 0
        finally:
            assert lab.run("lab", "down", "--name", "second").code == 0
        assert lab.run("lab", "status", "--name", "story").code == 0
