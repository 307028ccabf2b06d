"""What could not be seen, why, and what would let us see it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Cause(StrEnum):
    """Why there is no answer."""

    DENIED = "denied"
    """The caller lacks a permission (AccessDenied, a missing GRANT)."""
    THROTTLED = "throttled"
    """Still throttled after every retry."""
    UNSUPPORTED = "unsupported"
    """This endpoint, engine or version does not know the question."""
    FAILED = "failed"
    """The service or server answered with an error, or nonsense."""
    ABSENT = "absent"
    """The answer came without the field."""
    NO_POINTS = "no_points"
    """The metric exists in name, but has no data points in the window."""
    NOT_CONNECTED = "not_connected"
    """No credentials for this database, or it could not be reached."""
    TOO_OLD = "too_old"
    """Known, but older than the question allows."""
    NOT_ASKED = "not_asked"
    """Switched off by the operator (--no-sql, --skip-snapshot-attributes)."""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """One question without an answer.

    asked: "rds:DescribeCertificates", "sql:connect", "sql:postgres.slots", "cloudwatch:GetMetricData".
    account, region: the scope; region None for a whole account.
    subject: ARN of the one thing it concerns, None for the whole scope.
    detail: what was seen (error code and text, without secrets).
    remedy: the permission, GRANT or connection that would answer, as something to do.
    """

    asked: str
    account: str
    region: str | None = None
    subject: str | None = None
    cause: Cause
    detail: str
    remedy: str | None = None
    seen_at: datetime
