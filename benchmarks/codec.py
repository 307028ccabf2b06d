"""How long a snapshot of 10,000 instances takes to write and to read, beside json on the same values."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from benchmarks.figures import Figure, Report, ratio
from rdsops.fleet.codec import decode, encode
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.series import Series
from rdsops.testing.fleets import fleet_of, group, instance, series, snapshot

T = TypeVar("T")
WORDS = {
    "encode": "encode",
    "decode": "decode",
    "dumps": "json.dumps",
    "loads": "json.loads",
    "gzip": "encode with gzip",
}
METRICS = ("CPUUtilization", "DatabaseConnections", "FreeableMemory")


def fleet(count: int, *, weeks: bool) -> Fleet:
    """Instances with tags, each with a manual snapshot and, with `weeks`, three series of 168 points that differ."""
    names = [f"db-{number:05}" for number in range(count)]
    instances = [instance(name) for name in names]
    points: list[Series] = []
    if weeks:
        for number, each in enumerate(instances):
            values = [((number * 31 + hour * 17) % 9973) / 99.73 for hour in range(168)]
            points += [series(each.ref, metric, values) for metric in METRICS]
    return fleet_of(*instances, *(snapshot(f"manual-{name}", name) for name in names), *points, group(work_mem="65536"))


def run(rounds: int = 5, count: int = 10_000) -> Report:
    figures: list[Figure] = []
    # The snapshot format aims at about a second for a fleet of this size; with series it is another matter.
    for what, weeks, below in (("without series", False, 1.0), ("with 3 weekly series each", True, None)):
        figures += _figures(f"{count:,} instances {what}", fleet(count, weeks=weeks), rounds, below)
    return Report(
        "Snapshots",
        "A snapshot encoded to JSON and decoded again, checked for equality, beside `json.dumps` and `json.loads` of "
        "the same values as plain dicts in the same round. Ours also checks every type on the way in; json does not.",
        tuple(figures),
        notes=("Each instance has tags and a manual snapshot; the points of the series differ from hour to hour.",),
    )


def _figures(name: str, made: Fleet, rounds: int, below: float | None) -> list[Figure]:
    plain_values: Any = msgspec.to_builtins(made)
    took: dict[str, list[float]] = {what: [] for what in ("encode", "decode", "dumps", "loads", "gzip")}

    def timed(what: str, work: Callable[[], T]) -> T:
        began = time.perf_counter()
        done = work()
        took[what].append(time.perf_counter() - began)
        return done

    for _ in range(rounds):
        written = timed("encode", lambda: encode(made))
        read = timed("decode", lambda: decode(written))  # noqa: B023 - called in this round
        if read != made:
            raise RuntimeError("the snapshot that was read is not the one that was written")
        del read
        text = timed("dumps", lambda: json.dumps(plain_values))
        timed("loads", lambda: json.loads(text))  # noqa: B023 - called in this round
        packed = timed("gzip", lambda: encode(made, compressed=True))
    shown = {what: Figure(f"{name}: {WORDS[what]}", tuple(seconds), "s") for what, seconds in took.items()}
    both = tuple(one + other for one, other in zip(took["encode"], took["decode"], strict=True))
    return [
        Figure(f"{name}: JSON", (len(written) / 1e6,), "MB"),
        Figure(f"{name}: JSON in gzip", (len(packed) / 1e6,), "MB"),
        *shown.values(),
        Figure(f"{name}: encode and decode together", both, "s", below),
        ratio(f"{name}: encode against json.dumps", shown["encode"], shown["dumps"]),
        ratio(f"{name}: decode against json.loads", shown["decode"], shown["loads"]),
    ]
