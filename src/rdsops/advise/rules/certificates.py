"""Certificates: the authority's date and the server's date. What clients trust cannot be seen from AWS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rdsops.advise.databases import modify, servers
from rdsops.advise.finding import ApiCall, Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES
from rdsops.advise.view import View
from rdsops.core.units import human_span
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.fleet import Region
from rdsops.fleet.instances import Instance

AUTHORITY_NOTICE = timedelta(days=365)
"""Every client must learn to trust the next authority first: a year is what a large estate takes."""
AUTHORITY_URGENT = timedelta(days=90)
"""Within a quarter it outranks other work."""
SERVER_NOTICE = timedelta(days=30)
"""RDS renews the server certificate by itself long before (it lives about a year): later than this, it did not."""

EXPIRED_AUTHORITIES = {
    "rds-ca-2015": datetime(2020, 3, 5, tzinfo=UTC),
    "rds-ca-2019": datetime(2024, 8, 22, tzinfo=UTC),
}
"""Authorities that AWS lists no more, and when they ended (2019: read 2026-11-23; 2015: recalled)."""
DEFAULT_AUTHORITY = "rds-ca-rsa2048-g1"
"""AWS's default (read 2026-11-23), for accounts whose own default was not seen."""


def _authority(database: Cluster | Instance, view: View) -> Verdict:
    region = view.region(database.ref.place)
    ends = tuple(
        (instance, name, _ends(name, region))
        for instance in servers(database, view)
        if (name := instance.ca_certificate) is not None
    )
    if not ends:
        return NotApplicable("no instance with a certificate authority")
    late = tuple(each for each in ends if each[2] is None or each[2] - view.now <= AUTHORITY_NOTICE)
    if not late:
        return CLEAR
    name, soonest = min(((each[1], each[2]) for each in late), key=lambda each: each[1] or view.now)
    target = next((c.id for c in region.certificates.items if c.is_default), DEFAULT_AUTHORITY)
    return Problem(
        title=f"{database.ref} uses {name}, {_when(soonest, view.now)}",
        severity=_severity(soonest, view.now),
        evidence=tuple(
            Evidence(
                what=f"authority {ca}",
                value="listed no more" if end is None else f"ends {end.date().isoformat()}",
                threshold=f"more than {AUTHORITY_NOTICE.days} d left",
                source="Certificate.ValidTill" if ca not in EXPIRED_AUTHORITIES else "AWS notice, read 2026-11-23",
                subject=instance.ref.arn,
            )
            for instance, ca, end in late
        ),
        repair=Repair(
            text=f"First make every client trust AWS's global-bundle.pem, then move to {target}.",
            calls=_rotation(database, tuple(instance for instance, _, _ in late), target),
            caution="Clients that trust the old authority only can no longer connect; some versions restart for it.",
        ),
    )


def _ends(name: str, region: Region) -> datetime | None:
    """When an authority ends; None when AWS lists it no more. Raises Unseen when the list may lack it."""
    if name in EXPIRED_AUTHORITIES:
        return EXPIRED_AUTHORITIES[name]
    found = next((c for c in region.certificates.items if c.id == name), None)
    if found is not None:
        return found.valid_till
    region.certificates.all  # noqa: B018 - raises when incomplete
    return None


def _when(end: datetime | None, now: datetime) -> str:
    if end is None:
        return "which AWS lists no more"
    return f"which ended {end.date().isoformat()}" if end <= now else f"which ends in {human_span(end - now)}"


def _severity(end: datetime | None, now: datetime) -> Severity:
    if end is None:
        return Severity.HIGH
    if end <= now:
        return Severity.CRITICAL
    return Severity.HIGH if end - now <= AUTHORITY_URGENT else Severity.MEDIUM


def _rotation(database: Cluster | Instance, late: tuple[Instance, ...], target: str) -> tuple[ApiCall, ...]:
    if isinstance(database, Cluster) and not database.is_aurora:
        return (modify(database.ref, CACertificateIdentifier=target),)
    return tuple(modify(instance.ref, CACertificateIdentifier=target) for instance in late)


def _server(database: Cluster | Instance, view: View) -> Verdict:
    ends = tuple(
        (instance, end)
        for instance in servers(database, view)
        if (end := instance.server_certificate_valid_till) is not None
    )
    if not ends:
        return NotApplicable("no server certificate told")
    late = tuple((instance, end) for instance, end in ends if end - view.now <= SERVER_NOTICE)
    if not late:
        return CLEAR
    soonest = min(end for _, end in late)
    over = soonest <= view.now
    return Problem(
        title=f"{database.ref} has a server certificate that "
        + (f"ended {soonest.date().isoformat()}" if over else f"ends in {human_span(soonest - view.now)}"),
        severity=Severity.CRITICAL if over else None,
        evidence=tuple(
            Evidence(
                what="server certificate",
                value=f"valid till {end.date().isoformat()}",
                threshold=f"more than {SERVER_NOTICE.days} d left",
                source="DBInstance.CertificateDetails.ValidTill",
                subject=instance.ref.arn,
            )
            for instance, end in late
        ),
        repair=Repair(
            text="Look for a pending maintenance action or a failed state that keeps RDS from renewing it; apply the "
            "pending action in the next window, or ask AWS support.",
            caution="Versions that cannot rotate without a restart are restarted for it.",
        ),
    )


CERTIFICATE_AUTHORITY: Rule[Cluster | Instance] = Rule(
    id="certificate-authority",
    title="Certificate authority is outdated or about to end",
    theme=Theme.SECURITY,
    severity=Severity.HIGH,
    subjects=DATABASES,
    check=_authority,
    why="On that day every client that verifies certificates is refused, all databases at once.",
    repair="Distribute AWS's bundle to all clients, then move each database to the current authority.",
    checks=f"The end of each instance's CACertificateIdentifier. Ended: critical; within {AUTHORITY_URGENT.days} days, "
    f"or listed no more: high; within {AUTHORITY_NOTICE.days} days: medium. Whether the clients' own trust "
    "store is current cannot be seen from AWS. One finding per cluster, its members as evidence.",
    needs=("rds:DescribeDBInstances", "rds:DescribeCertificates"),
    sources=(
        "AWS notice: rds-ca-2019 ended 2024-08-22, read 2026-11-23",
        "rds-ca-rsa2048-g1 is the default authority, read 2026-11-23",
        "rds-ca-2015 ended 2020-03-05, recalled",
    ),
    catalogue=(20,),
)

SERVER_CERTIFICATE: Rule[Cluster | Instance] = Rule(
    id="server-certificate",
    title="Server certificate was not renewed in time",
    theme=Theme.SECURITY,
    severity=Severity.HIGH,
    subjects=DATABASES,
    check=_server,
    why="RDS renews it by itself; one that comes this close was not renewed, and verifying clients will be refused.",
    repair="Find what keeps the renewal from being applied.",
    checks=f"CertificateDetails.ValidTill is within {SERVER_NOTICE.days} days (critical when past). A date within the "
    "coming year is normal: the certificate lives about a year.",
    needs=("rds:DescribeDBInstances",),
    sources=("botocore 1.44.5, rds CertificateDetails, read 2026-11-23", "life of about a year, read 2026-11-23"),
    catalogue=(20,),
)

RULES: tuple[Rule[Any], ...] = (CERTIFICATE_AUTHORITY, SERVER_CERTIFICATE)
