"""The figures at the head of every report."""

from __future__ import annotations

from dataclasses import dataclass

from rdsops.advise.finding import SEVERITIES, Review, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """saving_usd_month: known savings and surcharges, each finding once; overlapping ones are not netted."""

    by_severity: tuple[tuple[Severity, int], ...]
    saving_usd_month: float
    priced: int
    unpriced: int
    clear: int
    not_known: int
    not_applicable: int
    silenced: int
    calls: int


def summary(review: Review) -> Summary:
    known = [f.money.usd_month for f in review.findings if f.money and f.money.usd_month is not None]
    return Summary(
        by_severity=tuple((level, sum(1 for f in review.findings if f.severity is level)) for level in SEVERITIES),
        saving_usd_month=sum(known),
        priced=len(known),
        unpriced=sum(1 for f in review.findings if f.money and f.money.usd_month is None),
        clear=sum(t.clear for t in review.tallies),
        not_known=len(review.not_known),
        not_applicable=sum(t.not_applicable for t in review.tallies),
        silenced=len(review.silenced),
        calls=sum(call.count for call in review.calls),
    )
