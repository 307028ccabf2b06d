"""Availability: what a lost zone, host or mistaken delete would take down."""

from __future__ import annotations

from typing import Any

from rdsops.advise.finding import ApiCall, Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import INSTANCES
from rdsops.advise.view import View
from rdsops.fleet.instances import Instance


def _single_zone(instance: Instance, view: View) -> Verdict:
    if instance.cluster is not None:
        return NotApplicable("a member of a cluster; its cluster is judged")
    if instance.replica_source is not None:
        return NotApplicable("a read replica")
    if instance.multi_az:
        return CLEAR
    return Problem(
        title=f"{instance.ref} runs in one zone only ({instance.availability_zone})",
        evidence=(Evidence(what="Multi-AZ", value="off", source="DBInstance.MultiAZ", threshold="on"),),
        repair=Repair(
            text="Convert to Multi-AZ; the standby is built from a snapshot while the instance serves.",
            calls=(
                ApiCall(
                    service="rds",
                    operation="ModifyDBInstance",
                    parameters={"DBInstanceIdentifier": instance.ref.name, "MultiAZ": True, "ApplyImmediately": True},
                ),
            ),
            caution="Doubles instance and storage cost; write latency rises a little.",
        ),
    )


SINGLE_ZONE = Rule(
    id="single-zone",
    title="Instance runs in one availability zone",
    theme=Theme.AVAILABILITY,
    severity=Severity.HIGH,
    subjects=INSTANCES,
    check=_single_zone,
    why="When its zone or host fails, the database is down until it is restored from a backup.",
    repair="Turn Multi-AZ on.",
    checks="DBInstance.MultiAZ is false. Does not apply to members of clusters and to read replicas.",
    needs=("rds:DescribeDBInstances",),
    sources=("AWS RDS User Guide, Multi-AZ deployments, read 2026-11-23",),
    catalogue=(29,),
)

RULES: tuple[Rule[Any], ...] = (SINGLE_ZONE,)
