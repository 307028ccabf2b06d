"""How often AWS was asked: every request that went over the wire, retries and pages included."""

from __future__ import annotations

from collections import Counter
from threading import Lock


class CallLog:
    """Counts requests by operation ("rds:DescribeDBInstances"); many threads may write at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()

    def add(self, operation: str) -> None:
        with self._lock:
            self._counts[operation] += 1

    def counts(self) -> dict[str, int]:
        """Operation -> requests so far, in alphabetical order."""
        with self._lock:
            return dict(sorted(self._counts.items()))

    @property
    def total(self) -> int:
        with self._lock:
            return self._counts.total()
