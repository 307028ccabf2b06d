"""The answers of a review: findings, what is not known, and the counts of every answer given."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from rdsops.core.ids import SubjectRef
from rdsops.fleet.fleet import CallCount
from rdsops.fleet.gaps import Gap


class Severity(StrEnum):
    CRITICAL = "critical"
    """Data can be lost or taken, or service stops, by itself and soon."""
    HIGH = "high"
    """One ordinary event (a zone, a crash, a leaked password) away from loss or outage."""
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


SEVERITIES = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO)
"""Worst first."""


class Theme(StrEnum):
    SECURITY = "security"
    AVAILABILITY = "availability"
    BACKUP = "backup"
    OPERATIONS = "operations"
    PERFORMANCE = "performance"
    COST = "cost"
    POSTGRES = "postgres"
    MYSQL = "mysql"


class Environment(StrEnum):
    """Told by tags only (environment, env, stage); a name like "test-db" proves nothing."""

    PRODUCTION = "production"
    TEST = "test"
    UNKNOWN = "unknown"


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One thing seen.

    what: in an operator's words; source: API field, metric or query file ("DBInstance.MultiAZ",
    "CloudWatch CPUUtilization p95, 7 d", "postgres/slots"); threshold: what it was held against.
    subject: ARN or name of a member or object when it is not the finding's own.
    """

    what: str
    value: str
    source: str
    threshold: str | None = None
    at: datetime | None = None
    """When the value was true; the review fills in the survey's time when None."""
    subject: str | None = None


class ApiCall(msgspec.Struct, frozen=True, kw_only=True):
    """One AWS API call, complete: service "rds", operation "ModifyDBInstance", botocore's parameter names."""

    service: str
    operation: str
    parameters: dict[
        str, str | int | float | bool | list[str | dict[str, str]] | dict[str, str | int | float | list[str]]
    ]


class Sql(msgspec.Struct, frozen=True, kw_only=True):
    """One SQL statement to run by hand, in `database`. caution: what it locks or costs, when it is not nothing."""

    database: str | None
    statement: str
    caution: str | None = None


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """How it is mended: always the text; calls or SQL only where they are exactly the repair."""

    text: str
    calls: tuple[ApiCall, ...] = ()
    sql: tuple[Sql, ...] = ()
    caution: str | None = None
    """What the repair interrupts or costs (a reboot, minutes of I/O)."""


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """USD a month. usd_month None: not known, and `why` says what price is missing; never 0 for that."""

    usd_month: float | None
    kind: str
    """"saving" (ends when repaired), "surcharge" (paid now, ends when repaired)."""
    why: str
    """The arithmetic with its price, or what is missing."""
    source: str | None = None
    as_of: str | None = None
    """Date of the price."""


class Reference(msgspec.Struct, frozen=True, order=True):
    """The same check elsewhere: catalogue "Security Hub", id "RDS.2"."""

    catalogue: str
    id: str


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Why a finding is not counted: the entry of rdsops.toml."""

    reason: str
    until: datetime | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with one subject."""

    rule: str
    theme: Theme
    severity: Severity
    subject: SubjectRef
    environment: Environment
    title: str
    """One line, with the object and the value in it."""
    consequence: str
    """What happens if left."""
    evidence: tuple[Evidence, ...]
    repair: Repair
    money: Money | None = None
    references: tuple[Reference, ...] = ()
    silence: Silence | None = None


class NotKnown(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that could not answer for a subject. gap: place in `Review.gaps`."""

    rule: str
    subject: SubjectRef
    asked: str
    field: str
    gap: int


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How often a rule gave each answer."""

    rule: str
    findings: int = 0
    silenced: int = 0
    clear: int = 0
    not_known: int = 0
    not_applicable: int = 0


REVIEW_VERSION = 1


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """A whole review. findings: ranked, worst first, silenced ones apart."""

    version: int = REVIEW_VERSION
    rdsops: str
    taken_at: datetime
    instances: int
    clusters: int
    places: tuple[str, ...]
    findings: tuple[Finding, ...]
    silenced: tuple[Finding, ...]
    not_known: tuple[NotKnown, ...]
    gaps: tuple[Gap, ...]
    tallies: tuple[Tally, ...]
    calls: tuple[CallCount, ...]
