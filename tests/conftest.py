"""Says at the end of a run which tests were left out for want of a program, and the command that brings it in.

A test leaves itself out with `left_out(what, command)`; nothing else needs to be done.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from tests.left_out import read_left_out

settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

SHARING_A_LAB = ("tests/stories/test_first_minute.py", "tests/stories/test_gaps.py", "tests/stories/test_docs.py")
"""Files that go to one process, since they share one lab; every other file is a group of its own."""


class ByLab(LoadScopeScheduling):  # type: ignore[misc] # xdist gives it no hints
    """Whole files to a process, so that servers are shared; stories with one lab together."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::", 1)[0]
        return "stories" if path in SHARING_A_LAB else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByLab:
    return ByLab(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        found = read_left_out(reason)
        if found is not None:
            counted[found] += 1
    if not counted:
        return
    terminalreporter.section("left out", sep="-")
    for (what, command), times in sorted(counted.items()):
        tests = "1 test" if times == 1 else f"{times} tests"
        terminalreporter.write_line(f"left out: {tests} that need {what}; bring them in with: {command}")
