"""A survey: ask AWS of every place side by side, and tell what was seen and what was not. It judges nothing.

Three rounds, each over all places at once: the lists; what hangs on things found; metrics. Then Performance Insights
where load asks for it, and SQL where the caller brings it (`inside`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeAlias

import msgspec

from rdsops import __version__
from rdsops.aws.session import AwsDoor
from rdsops.collect import operations as ops
from rdsops.collect.ask_metrics import ask_batch, batches
from rdsops.collect.asking import Asking, Progress
from rdsops.collect.draft import Draft
from rdsops.collect.first_round import first_questions, settle
from rdsops.collect.ledger import Ledger
from rdsops.collect.loads import ask_load, busy, load_key
from rdsops.collect.metrics import wanted
from rdsops.collect.second_round import second_questions
from rdsops.core.errors import UsageError
from rdsops.core.ids import GlobalRef, InstanceRef, Place
from rdsops.facts.facts import InstanceClass
from rdsops.fleet.clusters import GlobalCluster
from rdsops.fleet.fleet import CallCount, Fleet, Region
from rdsops.fleet.gaps import Gap
from rdsops.fleet.mysql_inside import MysqlInside
from rdsops.fleet.postgres_inside import PostgresInside
from rdsops.fleet.seen import Listed
from rdsops.fleet.series import Series, Window

Inside: TypeAlias = Callable[
    [Fleet, AwsDoor], tuple[tuple[PostgresInside, ...], tuple[MysqlInside, ...], tuple[Gap, ...]]
]
"""Asks the databases of a fleet by SQL; the door is there for their secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRequest:
    """What to ask. now: aware, the survey's time. windows: of CloudWatch, none of them asks for no metric at all.

    snapshot_attributes: one call a manual snapshot. sql: whether SQL is wanted; without it the rules that need it
    are not selected. classes: sizes by name, to know where load exceeds vCPUs. threads: questions at one time.
    """

    now: datetime
    windows: tuple[Window, ...] = tuple(Window)
    snapshot_attributes: bool = True
    sql: bool = True
    pi: bool = True
    classes: Mapping[str, InstanceClass] = field(default_factory=dict)
    threads: int = 16


def survey(
    door: AwsDoor,
    places: Iterable[Place],
    request: SurveyRequest,
    progress: Progress | None = None,
    inside: Inside | None = None,
) -> Fleet:
    """Everything that could be seen of `places`, and a gap for everything that could not.

    Raises NoCredentials when AWS does not know us at all, UsageError for an account that was never entered.
    """
    drafts = [Draft(place) for place in sorted(set(places))]
    if not drafts:
        raise UsageError("no region to survey", hint="pass --region")
    for account in sorted({draft.place.account for draft in drafts}):
        door.check(account)
    ledger = Ledger(request.now)
    with ThreadPoolExecutor(request.threads, thread_name_prefix="survey") as pool:
        asking = Asking(door, ledger, pool, progress)
        asking.together([question for draft in drafts for question in first_questions(asking, draft)])
        for draft in drafts:
            settle(asking, draft)
        asking.together(
            [
                question
                for draft in drafts
                for question in second_questions(asking, draft, snapshot_attributes=request.snapshot_attributes)
            ]
        )
        for draft in drafts:
            draft.join_answers()
        worlds = _worlds(drafts)
        series = _metrics(asking, [draft.region() for draft in drafts], worlds.items, request)
        _loads(asking, drafts, series, request)
    fleet = Fleet(
        taken_at=request.now,
        rdsops=__version__,
        regions=tuple(draft.region() for draft in drafts),
        global_clusters=worlds,
        series=series,
        gaps=ledger.gaps(),
        sql_asked=request.sql,
    )
    if request.sql and inside is not None:
        postgres, mysql, gaps = inside(fleet, door)
        fleet = msgspec.structs.replace(fleet, postgres=postgres, mysql=mysql, gaps=(*fleet.gaps, *gaps))
    calls = tuple(CallCount(operation, count) for operation, count in door.calls.counts().items())
    return msgspec.structs.replace(fleet, calls=calls)


def _worlds(drafts: list[Draft]) -> Listed[GlobalCluster]:
    """Global clusters, each told once however many of its regions list it."""
    found: dict[GlobalRef, GlobalCluster] = {}
    for draft in drafts:
        for world in draft.global_clusters.items:
            found.setdefault(world.ref, world)
    complete = all(draft.global_clusters.complete for draft in drafts)
    return Listed(ops.GLOBAL_CLUSTERS.action, tuple(found[ref] for ref in sorted(found)), complete)


def _metrics(
    asking: Asking, regions: list[Region], worlds: tuple[GlobalCluster, ...], request: SurveyRequest
) -> tuple[Series, ...]:
    questions: list[Callable[[], list[Series]]] = []
    for region in regions:
        if not request.windows:
            asking.ledger.not_asked(ops.METRICS.action, region.place, "metrics were not asked", "survey with metrics")
            continue
        every = wanted(region, worlds, request.classes, request.windows)
        questions += [partial(ask_batch, asking, region.place, batch, request.now) for batch in batches(every)]
    return tuple(one for several in asking.together(questions) for one in several)


def _loads(asking: Asking, drafts: list[Draft], series: tuple[Series, ...], request: SurveyRequest) -> None:
    load = {one.subject: one for one in series if load_key(one) and isinstance(one.subject, InstanceRef)}
    for draft in drafts:
        place = draft.place
        found = busy(draft.lists["instances"].items, load, request.classes)
        if found and not request.pi:
            detail = f"{len(found)} instances carry more load than vCPUs; Performance Insights was not asked"
            asking.ledger.not_asked(ops.LOADS.action, place, detail, "survey with Performance Insights")
            continue
        told = asking.together([partial(ask_load, asking, instance, request.now) for instance in found])
        instances = draft.lists["instances"]
        if not instances.complete or asking.ledger.has(ops.METRICS.action, place):
            # Which instances are busy is not known: others may be.
            asked = ops.METRICS.action if instances.complete else instances.asked
            draft.lists["loads"] = Listed(asked, tuple(told))
        else:
            seen = not asking.ledger.has(ops.LOADS.action, place)
            draft.lists["loads"] = Listed(ops.LOADS.action, tuple(told), seen)
