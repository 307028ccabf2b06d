"""What a review asks of AWS and costs: calls by operation, wall, CPU and memory, with 200 and with 1,000 instances."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure, Report, Table
from benchmarks.processes import RDSOPS, ROOT, Ran, ran
from rdsops.fleet.codec import decode
from rdsops.lab.demo.ground import MAIN

SIZES = (200, 1000)
CORE_BELOW, ALL_BELOW = 60, 121
SNAPSHOT_ATTRIBUTES = ("rds:DescribeDBSnapshotAttributes", "rds:DescribeDBClusterSnapshotAttributes")
GROUPS = ("rds:DescribeDBParameters", "rds:DescribeDBClusterParameters")
METRICS = "cloudwatch:GetMetricData"
LIST_BELOW = 0.05
"""Calls an added instance may cost without metrics, Performance Insights and SQL."""
DEFAULTS = ("rds:DescribeEngineDefaultParameters", "rds:DescribeEngineDefaultClusterParameters")

POLICIES = Path(__file__).with_name("custodian.json")
"""Thirteen questions that ours asks too: storage, backups, zones, tags, a parameter, two metrics, shared snapshots."""
CUSTODIAN_VARIABLE = "RDSOPS_BENCH_CUSTODIAN"
RIVALS_HEADER = ("other tools, 200 instances, 40 manual snapshots", "calls", "wall s", "CPU s", "peak RSS MiB")
RIVALS = (
    ("Prowler 5.46, 35 RDS checks, everything it asks", "1,830", "34.7 / 35.1", "24.9 / 27.1", "497 / 440"),
    ("Prowler 5.46, like for like (without the EBS snapshots it lists)", "529", "", "", ""),
    ("Cloud Custodian 0.9.53, 13 policies of which 11 ran", "437 + failed", "7.8", "3.7", "138"),
)
"""Measured by us on a moto 5.2.5 server, 2 shared cores, 2026-11-23."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """A fleet that is being served. settings: what points an AWS client at it."""

    settings: Mapping[str, str]
    _server: subprocess.Popen[str]

    def counted(self) -> Counter[str]:
        """Requests by operation since the last time, counted where they arrive."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write("count\n")
        self._server.stdin.flush()
        return Counter(json.loads(self._server.stdout.readline()))


@contextmanager
def served(count: int) -> Iterator[Fleet]:
    """A fleet of metadata behind an endpoint in a process of its own, so that its CPU is not counted as ours."""
    command = (sys.executable, "-m", "benchmarks.crowd_endpoint", str(count))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        settings = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": MAIN.account,
            "AWS_SECRET_ACCESS_KEY": "lab",
            "AWS_DEFAULT_REGION": MAIN.region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        try:
            yield Fleet(settings, server)
        finally:
            server.stdin.close()


@dataclass(frozen=True, slots=True)
class Asked:
    """One review of a served fleet: the process that surveyed, the process that judged, and what was asked."""

    survey: Ran
    review: Ran
    calls: Counter[str]
    findings: int
    series: int
    snapshot_mb: float

    @property
    def core(self) -> int:
        """Calls without who snapshots are shared with and what custom groups set."""
        return self.total - self.of(*SNAPSHOT_ATTRIBUTES, *GROUPS)

    @property
    def total(self) -> int:
        return self.calls.total()

    def of(self, *operations: str) -> int:
        return sum(self.calls[operation] for operation in operations)


def asked(fleet: Fleet, count: int, folder: Path) -> Asked:
    """Survey and review once, each as a person would.

    Raises RuntimeError when not all instances were seen, or our count of calls is not the endpoint's.
    """
    kept, told = folder / "fleet.json", folder / "review.json"
    environ = _environ(fleet)
    fleet.counted()
    survey = ran((*RDSOPS, "survey", "--quiet", "--no-sql", "-o", str(kept)), folder, environ, (0, 3))
    calls = fleet.counted()
    seen = decode(kept.read_bytes())
    found = sum(len(region.instances.items) for region in seen.regions)
    if found != count:
        raise RuntimeError(f"the survey saw {found} of {count} instances: {survey.err[-800:]}")
    ours = Counter({call.operation: call.count for call in seen.calls})
    if ours != calls:
        raise RuntimeError(f"the survey says {ours - calls} more and {calls - ours} fewer calls than the endpoint")
    command = (*RDSOPS, "review", "--from", str(kept), "--format", "json", "-o", str(told))
    review = ran(command, folder, environ, (0, 1, 3))
    findings = len(json.loads(told.read_bytes())["findings"])
    return Asked(survey, review, calls, findings, len(seen.series), kept.stat().st_size / 1e6)


def run(rounds: int = 3, sizes: tuple[int, ...] = SIZES) -> Report:
    by_size = {count: _rounds(count, rounds) for count in sizes}
    figures = [figure for count, several in by_size.items() for figure in _figures(count, several)]
    small, large = sizes[0], sizes[-1]
    if large > small:
        figures += _growth(small, large, by_size[small][-1], by_size[large][-1])
    return Report(
        "Calls of a review",
        "`rdsops survey --no-sql`, then `rdsops review --from`, on the lab's endpoint: metadata only, one region, 70 % "
        "of the instances alone and 30 % in Aurora clusters of three, 20 % of those alone with custom parameter groups "
        "(13 groups at 200), a manual snapshot for every 5 instances, two weeks of generated CloudWatch history for "
        "each. Core: all but who manual snapshots are shared with (a call a snapshot, AWS has no list) and what custom "
        "parameter groups set (a call a group).",
        tuple(figures),
        (_operations(by_size), Table(RIVALS_HEADER, (*RIVALS, *_custodian(small)))),
        (
            "Counted twice, by the survey and at the endpoint; the two agree.",
            "The endpoint runs in a process of its own: its CPU is not counted, but the survey waits for it. Most of "
            "the wall time is the lab computing the history that CloudWatch would look up.",
            "Other tools, unless this run is named: measured by us on another machine (2 shared cores, moto 5.2.5, "
            "2026-11-23): compare the calls. They ask for far fewer metrics than we do. Cloud Custodian joins a run "
            f"when `custodian` is on PATH or {CUSTODIAN_VARIABLE} names it.",
        ),
    )


def _rounds(count: int, rounds: int) -> list[Asked]:
    with served(count) as fleet, tempfile.TemporaryDirectory(prefix="rdsops-bench-") as folder:
        return [asked(fleet, count, Path(folder)) for _ in range(rounds)]


def _figures(count: int, several: list[Asked]) -> Iterator[Figure]:
    name = f"{count:,} instances"
    judged = count == SIZES[0]
    yield Figure(f"{name}: calls, core", tuple(one.core for one in several), "", CORE_BELOW if judged else None)
    yield Figure(f"{name}: calls, everything", tuple(one.total for one in several), "", ALL_BELOW if judged else None)
    yield Figure(f"{name}: survey, wall", tuple(one.survey.wall_s for one in several), "s")
    yield Figure(f"{name}: survey, CPU", tuple(one.survey.cpu_s for one in several), "s")
    yield Figure(f"{name}: survey, peak RSS", tuple(one.survey.rss_mib for one in several), "MiB")
    yield Figure(f"{name}: review of the snapshot, wall", tuple(one.review.wall_s for one in several), "s")
    yield Figure(f"{name}: review of the snapshot, CPU", tuple(one.review.cpu_s for one in several), "s")
    yield Figure(f"{name}: review of the snapshot, peak RSS", tuple(one.review.rss_mib for one in several), "MiB")
    yield Figure(f"{name}: metric series that had points", tuple(one.series for one in several), "")
    yield Figure(f"{name}: snapshot", tuple(one.snapshot_mb for one in several), "MB")
    yield Figure(f"{name}: findings", tuple(one.findings for one in several), "")


def _custodian(count: int) -> Iterator[tuple[str, ...]]:
    """Cloud Custodian over the same fleet, where it is installed: RDSOPS_BENCH_CUSTODIAN, or on PATH."""
    program = os.environ.get(CUSTODIAN_VARIABLE) or shutil.which("custodian")
    if program is None:
        return
    with served(count) as fleet, tempfile.TemporaryDirectory(prefix="rdsops-bench-") as name:
        folder = Path(name)
        version = ran((program, "version"), folder).out.strip()
        fleet.counted()
        command = (program, "run", "--region", MAIN.region, "-s", str(folder / "found"), str(POLICIES))
        done = ran(command, folder, _environ(fleet))
        calls = fleet.counted().total()
        policies = len(json.loads(POLICIES.read_bytes())["policies"])
        yield (
            f"Cloud Custodian {version}, {policies} policies, this run, {count} instances",
            f"{calls:,}",
            f"{done.wall_s:.1f}",
            f"{done.cpu_s:.1f}",
            f"{done.rss_mib:.0f}",
        )


def _environ(fleet: Fleet) -> dict[str, str]:
    """This process's environment, pointed at the fleet and at nothing else of AWS."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("AWS_")}, **fleet.settings}


def _growth(small: int, large: int, first: Asked, last: Asked) -> Iterator[Figure]:
    """Calls that an instance more costs, between the two sizes."""
    more = large - small
    metrics = last.of(METRICS) - first.of(METRICS)
    name = f"calls per added instance, {small:,} to {large:,}"
    yield Figure(f"{name}: lists and parameter defaults", ((last.core - first.core - metrics) / more,), "", LIST_BELOW)
    yield Figure(f"{name}: metrics, 500 series a call", (metrics / more,), "")
    groups = last.of(*GROUPS) - first.of(*GROUPS)
    yield Figure(f"{name}: custom parameter groups, one a group", (groups / more,), "")
    shared = last.of(*SNAPSHOT_ATTRIBUTES) - first.of(*SNAPSHOT_ATTRIBUTES)
    yield Figure(f"{name}: snapshot attributes, one a manual snapshot", (shared / more,), "")


def _operations(by_size: Mapping[int, list[Asked]]) -> Table:
    last = [several[-1].calls for several in by_size.values()]
    names = sorted({name for calls in last for name in calls}, key=lambda name: (-last[0][name], name))
    single = [name for name in names if all(calls[name] == 1 for calls in last)]
    rows = [(name, *(f"{calls[name]:,}" for calls in last)) for name in names if name not in single]
    rows.append((f"{len(single)} more, once each", *(str(len(single)) for _ in last)))
    rows.append(("together", *(f"{calls.total():,}" for calls in last)))
    return Table(("operation", *(f"{count:,} instances" for count in by_size)), tuple(rows))
