"""A review with findings of every severity, hostile names, money known and not known, a silence and gaps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rdsops.advise.finding import (
    ApiCall,
    Environment,
    Evidence,
    Finding,
    Money,
    NotKnown,
    Reference,
    Repair,
    Review,
    Severity,
    Silence,
    Sql,
    Tally,
    Theme,
)
from rdsops.core.ids import InstanceRef
from rdsops.fleet.fleet import CallCount, Fleet
from rdsops.fleet.gaps import Cause, Gap
from rdsops.testing.fleets import ACCOUNT, NOW, REGION, cluster, denied, fleet_of, instance, member, proxy

HOSTILE = "<script>alert('x')</script>|**`${7*7}"


def finding(severity: Severity, name: str, **changes: object) -> Finding:
    fields: dict[str, object] = {
        "rule": f"rule-{severity}",
        "theme": Theme.SECURITY,
        "severity": severity,
        "subject": InstanceRef(ACCOUNT, REGION, name),
        "environment": Environment.PRODUCTION,
        "title": f"{name} has a {severity} fault",
        "consequence": "Something breaks when something else happens, and somebody is called at night for it.",
        "evidence": (
            Evidence(what="Multi-AZ", value="off", source="DBInstance.MultiAZ", threshold="on", at=NOW),
            Evidence(what="CPU", value="97 %", source="CloudWatch CPUUtilization p95, 7 d", at=NOW, subject=HOSTILE),
        ),
        "repair": Repair(
            text="Turn it on.",
            calls=(
                ApiCall(
                    service="rds",
                    operation="ModifyDBInstance",
                    parameters={"DBInstanceIdentifier": name, "MultiAZ": True},
                ),
            ),
            sql=(Sql(database="orders", statement='DROP INDEX CONCURRENTLY "a</pre>b"', caution="takes a while"),),
            caution="A reboot of a minute.",
        ),
        "references": (Reference("Security Hub", "RDS.5"),),
    }
    return Finding(**{**fields, **changes})  # type: ignore[arg-type] # a maker of one value from loose fields


@pytest.fixture
def fleet() -> Fleet:
    return fleet_of(
        instance("orders"), cluster(), member("billing-1"), member("billing-2"), member("billing-3"), proxy()
    )


@pytest.fixture
def review() -> Review:
    known = Money(
        usd_month=292.0, kind="surcharge", why="2 vCPU x 0.20 x 730 h", source="list price", as_of="2026-05-01"
    )
    missing = Money(usd_month=None, kind="saving", why="no price for eu-west-1")
    silenced = finding(
        Severity.LOW, "old", silence=Silence(reason="accepted by the owner", until=NOW + timedelta(days=9))
    )
    return Review(
        rdsops="0.1.0",
        taken_at=NOW,
        instances=4,
        clusters=1,
        places=(f"{ACCOUNT}/{REGION}",),
        findings=(
            finding(Severity.CRITICAL, "orders", money=known),
            finding(Severity.HIGH, "orders", title=f"table {HOSTILE} is ill"),
            finding(Severity.MEDIUM, "billing-1", money=missing),
            finding(Severity.INFO, "billing-1", environment=Environment.UNKNOWN),
        ),
        silenced=(silenced,),
        not_known=(
            NotKnown(
                rule="r-1",
                subject=InstanceRef(ACCOUNT, REGION, "orders"),
                asked="rds:DescribeCertificates",
                field="",
                gap=0,
            ),
            NotKnown(
                rule="r-1",
                subject=InstanceRef(ACCOUNT, REGION, "shop"),
                asked="rds:DescribeCertificates",
                field="",
                gap=0,
            ),
        ),
        gaps=(
            denied("rds:DescribeCertificates"),
            Gap(asked="sql:connect", account=ACCOUNT, cause=Cause.NOT_CONNECTED, detail=HOSTILE, seen_at=NOW),
        ),
        tallies=(Tally(rule="r-1", findings=4, clear=12, not_known=2, silenced=1, not_applicable=3),),
        calls=(CallCount("rds:DescribeDBInstances", 2),),
    )
