"""What a survey could not see: one gap an operation and place, however often it was asked in vain."""

from __future__ import annotations

from datetime import datetime
from threading import Lock

import msgspec

from rdsops.aws.errors import AwsError, Denied, NoCredentials, Throttled, Unsupported
from rdsops.core.ids import Place
from rdsops.fleet.gaps import Cause, Gap

_THROTTLED_ENDS = 3
"""Questions of one operation that may end throttled, each after all its retries, before the rest is left unasked."""


class Ledger:
    """Takes refusals from many threads at once. now: when the survey began."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._lock = Lock()
        self._gaps: dict[tuple[str, Place], Gap] = {}
        self._times: dict[tuple[str, Place], int] = {}
        self._throttled: dict[tuple[str, Place], int] = {}
        self._closed: set[tuple[str, Place]] = set()

    def refused(self, asked: str, place: Place, error: AwsError) -> None:
        """AWS did not answer."""
        key = (asked, place)
        if isinstance(error, Throttled):
            with self._lock:
                self._throttled[key] = self._throttled.get(key, 0) + 1
        if isinstance(error, Denied | Unsupported) or self._throttled.get(key, 0) >= _THROTTLED_ENDS:
            self._closed.add(key)
        self._put(asked, place, _cause(error), error.detail, error.hint)

    def malformed(self, asked: str, place: Place, troubles: list[str]) -> None:
        """AWS answered, and some of it made no sense."""
        more = f", and {len(troubles) - 1} more like it" if len(troubles) > 1 else ""
        self._put(asked, place, Cause.FAILED, f"malformed answer: {troubles[0]}{more}", None)

    def not_asked(self, asked: str, place: Place, detail: str, remedy: str) -> None:
        """The operator switched it off."""
        self._put(asked, place, Cause.NOT_ASKED, detail, remedy)

    def unsupported(self, asked: str, place: Place, detail: str) -> None:
        """We do not know what to make of it."""
        self._put(asked, place, Cause.UNSUPPORTED, detail, None)

    def closed(self, asked: str, place: Place) -> bool:
        """Whether asking again is useless: denied here, not known to this endpoint, or throttled again and again."""
        return (asked, place) in self._closed

    def has(self, asked: str, place: Place) -> bool:
        """Whether a question already has a gap in a place."""
        with self._lock:
            return (asked, place) in self._gaps

    def gaps(self) -> tuple[Gap, ...]:
        """By place, then by question."""
        with self._lock:
            found = []
            for key in sorted(self._gaps, key=lambda key: (key[1], key[0])):
                gap, times = self._gaps[key], self._times[key]
                if times > 1:
                    gap = msgspec.structs.replace(gap, detail=f"{gap.detail} ({times} times)")
                found.append(gap)
            return tuple(found)

    def _put(self, asked: str, place: Place, cause: Cause, detail: str, remedy: str | None) -> None:
        key = (asked, place)
        gap = Gap(
            asked=asked,
            account=place.account,
            region=place.region,
            cause=cause,
            detail=detail,
            remedy=remedy,
            seen_at=self._now,
        )
        with self._lock:
            self._gaps.setdefault(key, gap)
            self._times[key] = self._times.get(key, 0) + 1


def _cause(error: AwsError) -> Cause:
    match error:
        case Denied() | NoCredentials():
            return Cause.DENIED
        case Throttled():
            return Cause.THROTTLED
        case Unsupported():
            return Cause.UNSUPPORTED
        case _:
            return Cause.FAILED
