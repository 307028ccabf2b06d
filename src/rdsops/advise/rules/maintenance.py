"""Maintenance: what AWS will do, what waits for a reboot, and changes that were ordered and never applied."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rdsops.advise.databases import servers
from rdsops.advise.finding import ApiCall, Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES
from rdsops.advise.view import View
from rdsops.core.ids import ClusterRef, InstanceRef
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance, Maintenance

_FORCED_SOON = timedelta(days=14)


def _pending_maintenance(database: Cluster | Instance, view: View) -> Verdict:
    pending: list[tuple[InstanceRef | ClusterRef, Maintenance]] = [
        (database.ref, action) for action in database.maintenance
    ]
    if isinstance(database, Cluster):
        pending += [(server.ref, action) for server in servers(database, view) for action in server.maintenance]
    if not pending:
        return CLEAR
    days = [day for _, action in pending if (day := _applied_on(action)) is not None]
    forced = [action.forced_apply_at for _, action in pending if action.forced_apply_at is not None]
    first = min(days) if days else None
    words = ", ".join(dict.fromkeys(action.action for _, action in pending))
    when = f", applied from {first:%Y-%m-%d}" if first else ""
    return Problem(
        title=f"{database.ref} has maintenance pending: {words}{when}",
        severity=_urgency(first, min(forced) if forced else None, view.now),
        evidence=tuple(
            Evidence(
                what=action.description or action.action,
                value=_dates(action),
                threshold="none pending",
                source="DescribePendingMaintenanceActions",
                subject=ref.name,
            )
            for ref, action in pending
        ),
        repair=Repair(
            text="Choose the moment: opt in for the next maintenance window, and check that the window suits the load.",
            calls=tuple(
                ApiCall(
                    service="rds",
                    operation="ApplyPendingMaintenanceAction",
                    parameters={
                        "ResourceIdentifier": ref.arn,
                        "ApplyAction": action.action,
                        "OptInType": "next-maintenance",
                    },
                )
                for ref, action in pending
            ),
            caution="Most actions restart the instance or fail it over.",
        ),
    )


def _applied_on(action: Maintenance) -> datetime | None:
    """The day AWS acts by itself: the current one where told, else forced, else automatic."""
    return action.current_apply_at or action.forced_apply_at or action.auto_applied_after


def _urgency(first: datetime | None, forced: datetime | None, now: datetime) -> Severity:
    if forced is not None and forced - now <= _FORCED_SOON:
        return Severity.HIGH
    return Severity.MEDIUM if first is not None else Severity.LOW


def _dates(action: Maintenance) -> str:
    told = (
        ("scheduled", action.current_apply_at),
        ("automatic after", action.auto_applied_after),
        ("forced", action.forced_apply_at),
    )
    dates = [f"{word} {day:%Y-%m-%d}" for word, day in told if day is not None]
    return "; ".join(dates) if dates else "no date set"


def _pending_reboot(database: Cluster | Instance, view: View) -> Verdict:
    waiting: list[tuple[str, str, str]] = []
    if isinstance(database, Cluster):
        waiting += [
            (member.name, database.parameter_group or "", "DBClusterMember.DBClusterParameterGroupStatus")
            for member in database.members
            if member.group_status == "pending-reboot"
        ]
    waiting += [
        (server.ref.name, group.name, "DBInstance.DBParameterGroups.ParameterApplyStatus")
        for server in servers(database, view)
        for group in server.parameter_groups
        if group.status == "pending-reboot"
    ]
    if not waiting:
        return CLEAR
    names = tuple(dict.fromkeys(name for name, _, _ in waiting))
    return Problem(
        title=f"{database.ref} has parameters that wait for a reboot ({', '.join(names)})"
        if isinstance(database, Cluster)
        else f"{database.ref} has parameters that wait for a reboot",
        evidence=tuple(
            Evidence(what=f"group {group}", value="pending-reboot", threshold="in-sync", source=source, subject=name)
            for name, group, source in waiting
        ),
        repair=Repair(
            text="Reboot in a quiet hour, readers before the writer, or put the parameter back.",
            calls=tuple(
                ApiCall(service="rds", operation="RebootDBInstance", parameters={"DBInstanceIdentifier": name})
                for name in names
            ),
            caution="A reboot ends every connection; the next unplanned restart would bring the values in unwatched.",
        ),
    )


def _left_over(database: Cluster | Instance, view: View) -> Verdict:
    if database.status == "modifying":
        return NotApplicable("it is being modified now")
    if not database.pending_changes:
        return CLEAR
    kind = "DBCluster" if isinstance(database, Cluster) else "DBInstance"
    words = ", ".join(change.field for change in database.pending_changes)
    return Problem(
        title=f"{database.ref} has changes ordered and not applied: {words}",
        evidence=tuple(
            Evidence(
                what=change.field,
                value=f"will be {change.value}",
                threshold="nothing pending",
                source=f"{kind}.PendingModifiedValues",
            )
            for change in database.pending_changes
        ),
        repair=Repair(
            text="Decide: order the same change again with ApplyImmediately, or order the present value to take it "
            "back. Left alone it happens in the next maintenance window.",
            caution="Class, storage and port changes restart the instance.",
        ),
    )


PENDING_MAINTENANCE = Rule(
    id="maintenance-pending",
    title="AWS has maintenance pending",
    theme=Theme.OPERATIONS,
    severity=Severity.MEDIUM,
    subjects=DATABASES,
    check=_pending_maintenance,
    why="It is applied on AWS's day, with the restart that belongs to it.",
    repair="Opt in for a window of your own choosing.",
    checks="DescribePendingMaintenanceActions names an action for the database or a member. High when one is forced "
    f"within {_FORCED_SOON.days} days, medium when one has a date, low when none has.",
    needs=("rds:DescribePendingMaintenanceActions", "rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("AWS API reference of RDS, PendingMaintenanceAction (botocore 1.43), read 2026-11-23",),
    catalogue=(56,),
)

PENDING_REBOOT = Rule(
    id="parameters-pending-reboot",
    title="Changed parameters wait for a reboot",
    theme=Theme.OPERATIONS,
    severity=Severity.MEDIUM,
    subjects=DATABASES,
    check=_pending_reboot,
    why="What runs differs from what the group says, until a restart or failover changes it at the worst moment.",
    repair="Reboot in a quiet hour, or take the change back.",
    checks="A parameter group of the instance, or the cluster group on a member, has the status pending-reboot.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("AWS API reference of RDS, ParameterApplyStatus (botocore 1.43), read 2026-11-23",),
    catalogue=(57,),
    signature=True,
)

LEFT_OVER = Rule(
    id="changes-left-pending",
    title="Changes were ordered and not applied",
    theme=Theme.OPERATIONS,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_left_over,
    why="They happen in the next maintenance window, with a restart nobody expects any more.",
    repair="Apply them now, or take them back.",
    checks="PendingModifiedValues is not empty and the status is not modifying.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("AWS API reference of RDS, PendingModifiedValues (botocore 1.43), read 2026-11-23",),
    catalogue=(58,),
    signature=True,
)

RULES: tuple[Rule[Any], ...] = (PENDING_MAINTENANCE, PENDING_REBOOT, LEFT_OVER)
