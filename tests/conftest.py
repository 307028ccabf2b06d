"""Says at the end of a run which tests were left out for want of a program, and the command that brings it in.

A test leaves itself out with `left_out(what, command)`; nothing else needs to be done.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.left_out import read_left_out


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
