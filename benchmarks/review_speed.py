"""How long every rule takes over 1,000 and 10,000 instances, and the memory it needs, apart from reading the fleet."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.figures import Figure, Report
from benchmarks.processes import ROOT, ran
from rdsops.advise.book import RULES
from rdsops.advise.review import review
from rdsops.app.facts import packaged_facts
from rdsops.collect.metrics import wanted
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Family, Parameter, Snapshot
from rdsops.fleet.seen import UNSEEN
from rdsops.fleet.series import SPAN, Series, Window
from rdsops.testing import healthy_metrics, mysql, postgres
from rdsops.testing.fleets import NOW, PLACE, cluster, fleet_of, instance, mariadb, member, region, snapshot
from rdsops.testing.healthy_neighbours import neighbours

SIZES = (1_000, 10_000)
DEFAULTS_A_FAMILY = 450
"""Parameters of a family: PostgreSQL 17's default group has some 400, MySQL's some 500 (recalled, 2026-11-23)."""
AUTOMATED_DAYS = 7
"""Automated snapshots of each instance alone, one a day."""
ILL_EVERY = 5
"""One instance in so many has something wrong with it."""


def fleet(count: int) -> Fleet:
    """70 % alone, PostgreSQL and MariaDB in turn, 30 % in clusters of three, all asked by SQL, with every metric asked.

    Series of one metric share their points, so that the memory told is that of the review and not of the metrics.
    """
    clustered = int(count * 0.3) // 3
    alone = tuple(_alone(number) for number in range(count - clustered * 3))
    named = [(f"c{number:05}", [f"c{number:05}-{place}" for place in "abc"]) for number in range(clustered)]
    members = tuple(member(each, name, each[-1]) for name, three in named for each in three)
    clusters = tuple(cluster(name, three) for name, three in named)
    instances = (*alone, *members)
    around = neighbours(PLACE, instances, clusters)
    around["families"] = tuple(_filled(each) for each in around["families"])
    lists: dict[str, Any] = {
        "instances": instances,
        "clusters": clusters,
        "snapshots": (
            *(snapshot(f"m-{each.ref.name}", each.ref.name) for each in alone[::5]),
            *(_automated(each.ref.name, days) for each in alone for days in range(AUTOMATED_DAYS)),
        ),
        **around,
    }
    here = region(PLACE, **lists)
    return fleet_of(
        regions=(here,),
        series=tuple(_series(here)),
        postgres=tuple(postgres.inside(each.ref.name) for each in instances if "postgres" in each.engine),
        mysql=tuple(mysql.inside(each.ref.name) for each in instances if each.engine == "mariadb"),
    )


def _alone(number: int) -> Instance:
    ill = (
        {"multi_az": False, "deletion_protection": False, "backup_retention_days": 1} if not number % ILL_EVERY else {}
    )
    return (mariadb if number % 2 else instance)(f"i{number:05}", **ill)


def _automated(name: str, days: int) -> Snapshot:
    at = NOW - timedelta(days=days, hours=9)
    return snapshot(f"rds:{name}-{at:%Y-%m-%d-%H-%M}", name, kind="automated", created_at=at, shared_with=UNSEEN)


def _filled(family: Family) -> Family:
    """The family with as many defaults as a real one, those that rules read in their alphabetical places."""
    more = (Parameter(name=f"{letter}_other_{number}", value="1", source="engine-default")
            for number in range(DEFAULTS_A_FAMILY // 26) for letter in "abcdefghijklmnopqrstuvwxyz")  # fmt: skip
    defaults = tuple(sorted((*family.defaults, *more), key=lambda each: each.name))
    return msgspec.structs.replace(family, defaults=defaults)


def _series(here: Any) -> Iterator[Series]:
    """What a survey asks of this region, at healthy levels."""
    levels: dict[tuple[str, str, Window], Series] = {}
    kinds = (*{each.engine: each for each in here.instances.items}.values(),)
    for source in (
        *(healthy_metrics.of_instance(each) for each in kinds),
        healthy_metrics.of_cluster(here.clusters.items[0]),
    ):
        for one in source:
            levels[one.metric, one.stat, one.window] = one
    for asked in wanted(here, (), packaged_facts().classes, tuple(Window)):
        like = levels.get((asked.metric, asked.stat, asked.window))
        if like is not None:
            span, _ = SPAN[asked.window]
            yield msgspec.structs.replace(like, subject=asked.subject, start=NOW - span)


def run(rounds: int = 3, sizes: tuple[int, ...] = SIZES) -> Report:
    figures: list[Figure] = []
    for count in sizes:
        with tempfile.TemporaryDirectory(prefix="rdsops-bench-") as folder:
            command = (sys.executable, "-m", "benchmarks.review_speed", str(count), str(rounds))
            told = json.loads(ran(command, Path(folder), inside=ROOT).out)
        name = f"{count:,} instances"
        figures += [
            Figure(f"{name}: review", tuple(told["seconds"]), "s"),
            Figure(f"{name}: answers", (told["answers"],), ""),
            Figure(f"{name}: an answer", tuple(each / told["answers"] * 1e6 for each in told["seconds"]), "µs"),
            Figure(f"{name}: findings", (told["findings"],), ""),
            Figure(f"{name}: peak RSS with the fleet alone", (told["fleet_mib"],), "MiB"),
            Figure(f"{name}: peak RSS after the reviews", (told["peak_mib"],), "MiB"),
        ]
    return Report(
        "Rules",
        f"All {len(RULES)} rules over fleets in memory, 70 % alone and 30 % in clusters of three, each instance with "
        f"the series that a survey asks for and SQL answers, families of {DEFAULTS_A_FAMILY} defaults, "
        f"{AUTOMATED_DAYS} automated snapshots of each alone; one of {ILL_EVERY} of those alone is ill.",
        tuple(figures),
        notes=(
            "Series of one metric share their points here, so the memory is less than that of a real fleet's metrics.",
        ),
    )


def main() -> None:
    """In a process of its own: peak memory is a process's, and it never goes down."""
    count, rounds = (int(word) for word in sys.argv[1:3])
    made, facts = fleet(count), packaged_facts()
    before = _peak_mib()
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        found = review(made, facts, RULES)
        seconds.append(time.perf_counter() - began)
    answers = sum(each.findings + each.clear + each.not_known + each.not_applicable for each in found.tallies)
    told = {"seconds": seconds, "answers": answers, "findings": len(found.findings),
            "fleet_mib": before, "peak_mib": _peak_mib()}  # fmt: skip
    print(json.dumps(told))


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


if __name__ == "__main__":
    main()
