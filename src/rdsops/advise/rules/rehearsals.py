"""Rehearsals: whether failover and restore were seen to work. AWS remembers events for 14 days, no longer."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from rdsops.advise.databases import is_replica
from rdsops.advise.finding import Environment, Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES
from rdsops.advise.view import View
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.fleet import Region
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Event

MEMORY = timedelta(days=14)
"""How long DescribeEvents remembers (botocore 1.44.5, read 2026-11-23)."""


_RUN = re.compile(r"[\w:-]+")
"""A name of a database or snapshot, with a colon that may follow it in a sentence."""


def _not_judged(database: Cluster | Instance, view: View) -> NotApplicable | None:
    database.tags  # noqa: B018 - without tags it is not known whether this is production
    if view.environment(database) is not Environment.PRODUCTION:
        return NotApplicable("not tagged as production")
    if is_replica(database):
        return NotApplicable("a replica")
    return None


def _failover(database: Cluster | Instance, view: View) -> Verdict:
    skipped = _not_judged(database, view)
    if skipped is not None:
        return skipped
    names = {database.ref.name}
    if isinstance(database, Cluster):
        if len(database.members) < 2:
            return NotApplicable("nothing to fail over to")
        names |= {member.name for member in database.members}
    elif not database.multi_az:
        return NotApplicable("nothing to fail over to")
    region = view.region(database.ref.place)
    if not names.isdisjoint(view.once(_failed_over, region)):
        return CLEAR
    region.events.all  # noqa: B018 - raises when incomplete
    return Problem(
        title=f"{database.ref}: no failover in the {MEMORY.days} days that AWS remembers",
        evidence=(
            Evidence(
                what="failover events",
                value="none",
                threshold=f"one within {MEMORY.days} d",
                source=f"rds DescribeEvents, {MEMORY.days} d",
            ),
        ),
        repair=Repair(
            text="Rehearse one in a quiet hour, with clients connected, and measure how long writes fail. A rehearsal "
            "that is older than AWS's memory is not seen here: silence this with its date as the reason.",
            caution="Writes fail for seconds to minutes while it lasts.",
        ),
    )


def _failed_over(region: Region) -> frozenset[str]:
    """Names that an event of a failover carries."""
    return frozenset(event.source for event in region.events.items if _is_failover(event))


def _is_failover(event: Event) -> bool:
    return "failover" in event.categories or "failover" in event.message.lower()


def _restore(database: Cluster | Instance, view: View) -> Verdict:
    skipped = _not_judged(database, view)
    if skipped is not None:
        return skipped
    region = view.region(database.ref.place)
    names = {database.ref.name, *(snapshot.ref.name for snapshot in view.snapshots_of(database))}
    if not view.once(_words_of_restores, region).isdisjoint(name.lower() for name in names):
        return CLEAR
    region.events.all  # noqa: B018 - raises when incomplete
    return Problem(
        title=f"{database.ref}: no restore in the {MEMORY.days} days that AWS remembers",
        evidence=(
            Evidence(
                what="events of a restore from it",
                value="none",
                threshold=f"one within {MEMORY.days} d",
                source=f"rds DescribeEvents, {MEMORY.days} d",
            ),
        ),
        repair=Repair(
            text="Restore the latest backup beside it, check the data by SQL, write down how long it took, and delete "
            "the copy. A rehearsal that is older than AWS's memory, or run by AWS Backup, is not seen here: silence "
            "this with its date as the reason.",
            caution="The copy is billed while it stands.",
        ),
    )


def _words_of_restores(region: Region) -> frozenset[str]:
    """What events of a restore name, in lower case: "from rds:orders-2026:" names "rds:orders-2026" and "rds"."""
    said = {run for event in region.events.items if _is_restore(event) for run in _RUN.findall(event.message.lower())}
    return frozenset(run[:end] for run in said for end, after in enumerate(run + ":") if after == ":")


def _is_restore(event: Event) -> bool:
    return "restor" in event.message.lower() and ("restoration" in event.categories or "from" in event.message.lower())


FAILOVER_UNREHEARSED: Rule[Cluster | Instance] = Rule(
    id="failover-unrehearsed",
    title="No failover was seen lately",
    theme=Theme.AVAILABILITY,
    severity=Severity.INFO,
    subjects=DATABASES,
    check=_failover,
    why="Whether clients find the new writer, and how long that takes, is a guess until it was tried.",
    repair="Rehearse a failover and measure it.",
    checks=f"No event of a failover of the database or its members within {MEMORY.days} days, which is all that AWS "
    "remembers: an older rehearsal cannot be seen, therefore info. Only for databases tagged as production that have "
    "a standby or a reader.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:DescribeEvents"),
    sources=(
        "botocore 1.44.5, rds DescribeEvents (14 days), read 2026-11-23",
        "AWS RDS User Guide, Monitoring Amazon RDS events (best effort), read 2026-11-23",
    ),
    catalogue=(38,),
    signature=True,
)

RESTORE_UNREHEARSED: Rule[Cluster | Instance] = Rule(
    id="restore-unrehearsed",
    title="No restore was seen lately",
    theme=Theme.BACKUP,
    severity=Severity.INFO,
    subjects=DATABASES,
    check=_restore,
    why="A backup is proven by a restore only; until then nobody knows whether it works, nor how many hours it takes.",
    repair="Restore a backup, check it, measure the time.",
    checks=f"No event of a restore that names the database or a snapshot of it within {MEMORY.days} days, which is all "
    "that AWS remembers: an older rehearsal, and one of AWS Backup's, cannot be seen, therefore info. Only for "
    "databases tagged as production.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:DescribeEvents"),
    sources=("botocore 1.44.5, rds DescribeEvents (14 days), read 2026-11-23", "wording of restore events, recalled"),
    catalogue=(49,),
    signature=True,
)

RULES: tuple[Rule[Any], ...] = (FAILOVER_UNREHEARSED, RESTORE_UNREHEARSED)
