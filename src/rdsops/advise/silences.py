"""Silenced findings: accepted by somebody, with a reason, until a date. They are counted, never forgotten."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase

import msgspec

from rdsops.advise.finding import Finding, Silence


class SilenceEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One [[silence]] of rdsops.toml. rule and resource are shell patterns; resource is held against ARN and name."""

    rule: str
    resource: str = "*"
    reason: str
    until: datetime | None = None


class Silences(msgspec.Struct, frozen=True):
    entries: tuple[SilenceEntry, ...] = ()

    def covering(self, finding: Finding, now: datetime) -> Silence | None:
        """The first entry that covers a finding and has not expired."""
        for entry in self.entries:
            if entry.until is not None and entry.until <= now:
                continue
            if not fnmatchcase(finding.rule, entry.rule):
                continue
            if fnmatchcase(finding.subject.arn, entry.resource) or fnmatchcase(str(finding.subject), entry.resource):
                return Silence(reason=entry.reason, until=entry.until)
        return None
