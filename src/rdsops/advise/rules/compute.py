"""Compute: CPU, memory and credits that are short, classes that are old, and readers that carry too much or nothing."""

from __future__ import annotations

from typing import Any

from rdsops.advise.databases import is_replica, is_world_secondary, servers
from rdsops.advise.finding import ApiCall, Evidence, Money, Repair, Severity, Theme
from rdsops.advise.measured import MOST, WHOLE, measured, nearest_rank, seen_in, summed
from rdsops.advise.money import SAVING, Line, monthly
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import CLUSTERS, DATABASES, INSTANCES
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.units import GIB, HOURS_A_MONTH, MIB, human_bytes
from rdsops.facts.facts import InstanceClass, major_of
from rdsops.facts.generations import (
    GRAVITON_ENGINES,
    SUCCESSORS,
    family_of,
    graviton_twin,
    is_previous_generation,
    next_larger,
    next_smaller,
    successor,
)
from rdsops.facts.prices import instance_key
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance
from rdsops.fleet.series import Window

_CPU_PERCENT = 80.0
_BUSY_HOURS = 0.9
_FREE_RATIO = 0.05
_SWAP_RATIO = 0.05
_CREDIT_MINUTES = 5
_LIGHT_CPU_PERCENT = 30.0
_LIGHT_MEMORY_RATIO = 0.6


def _size(instance: Instance, view: View) -> InstanceClass:
    size = view.facts.instance_class(instance.instance_class)
    if size is None:
        raise Unseen("rds:DescribeOrderableDBInstanceOptions", f"size of {instance.instance_class}")
    return size


def _is_reader(instance: Instance, view: View) -> bool:
    return instance.cluster is not None and not view.is_writer(instance)


def _cpu(instance: Instance, view: View) -> Verdict:
    if _is_reader(instance, view):
        return NotApplicable("a reader; judged with its cluster by readers-overloaded")
    series = measured(view, instance.ref, "CPUUtilization", "Average", Window.WEEK)
    busy = nearest_rank(series.present, _BUSY_HOURS)
    if busy < _CPU_PERCENT:
        return CLEAR
    larger = next_larger(view.facts, instance.instance_class)
    return Problem(
        title=f"{instance.ref} runs at {busy:.0f} % CPU in its busy hours",
        severity=Severity.HIGH if series.mean >= _CPU_PERCENT else None,
        evidence=(
            seen_in(series, "CPU in the busiest tenth of hours", f"{busy:.0f} %", f"less than {_CPU_PERCENT:.0f} %"),
            seen_in(series, "CPU, mean of the week", f"{series.mean:.0f} %"),
        ),
        repair=Repair(
            text="See first which statements burn it; mend those. Then, or for the time being, "
            + (f"move to {larger.name}." if larger else "move to a larger class."),
            caution="A change of class restarts the instance, and may leave a reservation unused.",
        ),
    )


def _memory(instance: Instance, view: View) -> Verdict:
    if instance.is_serverless:
        return NotApplicable("its memory follows the load")
    memory = _size(instance, view).memory_gib * GIB
    free = measured(view, instance.ref, "FreeableMemory", "Average", Window.WEEK)
    swap = measured(view, instance.ref, "SwapUsage", "Maximum", Window.WEEK)
    short, swaps = free.mean <= _FREE_RATIO * memory, swap.mean >= _SWAP_RATIO * memory
    if not short and not swaps:
        return CLEAR
    larger = next_larger(view.facts, instance.instance_class)
    return Problem(
        title=f"{instance.ref} has {human_bytes(free.mean)} of {human_bytes(memory)} memory free"
        + (f" and swaps {human_bytes(swap.mean)}" if swaps else ""),
        severity=Severity.HIGH if short and swaps else None,
        evidence=(
            seen_in(free, "freeable memory, mean", human_bytes(free.mean), f"more than {_FREE_RATIO:.0%} of the class"),
            seen_in(swap, "swap in use, mean", human_bytes(swap.mean), f"less than {_SWAP_RATIO:.0%} of memory"),
        ),
        repair=Repair(
            text="Fewer connections (a pool), smaller work memory for each, or "
            + (f"{larger.name}." if larger else "a larger class."),
            caution="A change of class restarts the instance.",
        ),
    )


def _cpu_credits(instance: Instance, view: View) -> Verdict:
    if not instance.instance_class.startswith(("db.t2.", "db.t3.", "db.t4g.")):
        return NotApplicable("its class does not live on CPU credits")
    size = _size(instance, view)
    series = measured(view, instance.ref, "CPUCreditBalance", "Minimum", Window.WEEK)
    least = _CREDIT_MINUTES * size.vcpu
    if series.lowest >= least:
        return CLEAR
    unlimited = not instance.instance_class.startswith("db.t2.")
    return Problem(
        title=f"{instance.ref} ran its CPU credits down to {series.lowest:.0f}",
        consequence="Every further vCPU-hour above the baseline is billed apart."
        if unlimited
        else "It falls to its baseline, a fraction of a vCPU, until credits are earned again.",
        evidence=(
            seen_in(
                series,
                "CPU credits at the lowest",
                f"{series.lowest:.0f}",
                f"at least {least} ({_CREDIT_MINUTES} minutes of {size.vcpu} vCPUs)",
            ),
        ),
        repair=Repair(text="Move to a class without credits (m or r), or find the work that runs all day."),
    )


def _previous(database: Cluster | Instance, view: View) -> Verdict:
    old = [server for server in servers(database, view) if is_previous_generation(server.instance_class)]
    if not old:
        return CLEAR
    after = {server.ref.name: successor(view.facts, server.instance_class) for server in old}
    return Problem(
        title=f"{database.ref} runs on {old[0].instance_class}, a previous generation",
        evidence=tuple(
            Evidence(
                what="class",
                value=server.instance_class,
                threshold="a current generation (" + ", ".join(SUCCESSORS[family_of(server.instance_class)]) + ")",
                source="DBInstance.DBInstanceClass",
                subject=server.ref.name,
            )
            for server in old
        ),
        repair=Repair(
            text="Move to the successor of the same size, readers first.",
            calls=tuple(
                ApiCall(
                    service="rds",
                    operation="ModifyDBInstance",
                    parameters={
                        "DBInstanceIdentifier": server.ref.name,
                        "DBInstanceClass": size.name,
                        "ApplyImmediately": False,
                    },
                )
                for server in old
                if (size := after[server.ref.name]) is not None and database.engine in GRAVITON_ENGINES
            )
            if not isinstance(database, Cluster) or database.is_aurora
            else (),
            caution="Restarts the instance. Old engine versions may not run on newer classes, and a reservation of the "
            "old family is left unused.",
        ),
    )


def _graviton(database: Cluster | Instance, view: View) -> Verdict:
    least = GRAVITON_ENGINES.get(database.engine)
    if least is None:
        return NotApplicable(f"{database.engine} does not run on Graviton")
    if int(major_of(database.engine, database.engine_version).split(".")[0]) < least:
        return NotApplicable("its version is older than those that surely run on Graviton")
    pairs = []
    for server in servers(database, view):
        if is_previous_generation(server.instance_class):
            return NotApplicable("a previous generation; judged by previous-generation-class")
        twin = graviton_twin(view.facts, server.instance_class)
        if twin is not None:
            pairs.append((server, twin))
    if not pairs:
        return CLEAR
    return Problem(
        title=f"{database.ref} runs on {pairs[0][0].instance_class}; {pairs[0][1].name} is its Graviton twin",
        evidence=tuple(
            Evidence(
                what="class",
                value=server.instance_class,
                threshold=f"{twin.name}: {twin.vcpu} vCPU, {twin.memory_gib:g} GiB, arm64",
                source="DBInstance.DBInstanceClass",
                subject=server.ref.name,
            )
            for server, twin in pairs
        ),
        money=_class_saving(database, tuple(pairs), view),
        repair=Repair(
            text="Check with DescribeOrderableDBInstanceOptions that the engine version runs on it here, try one "
            "reader "
            "or a restored copy first, then change class by class.",
            caution="Restarts the instance; a reservation of the old family is left unused, so a saving at on-demand "
            "price may be none.",
        ),
    )


def _class_saving(database: Cluster | Instance, pairs: tuple[tuple[Instance, InstanceClass], ...], view: View) -> Money:
    storage = database.storage_type if isinstance(database, Cluster) else None
    lines = []
    for server, other in pairs:
        multi_az = server.multi_az and server.cluster is None
        for name, hours in ((server.instance_class, HOURS_A_MONTH), (other.name, -HOURS_A_MONTH)):
            key = instance_key(database.engine, name, multi_az=multi_az, storage_type=storage)
            lines.append(Line(key, hours, name))
    return monthly(view, database.ref.region, SAVING, *lines)


def _oversized(database: Cluster | Instance, view: View) -> Verdict:
    if is_replica(database) or (isinstance(database, Cluster) and is_world_secondary(database, view)):
        return NotApplicable("a replica is sized for the day it takes over")
    members = servers(database, view)
    if not members or any(member.is_serverless or _size(member, view).burstable for member in members):
        return NotApplicable("serverless and burstable classes are sized otherwise")
    smaller = {member.ref.name: next_smaller(view.facts, member.instance_class) for member in members}
    evidence, pairs = [], []
    for member in members:
        size, other = _size(member, view), smaller[member.ref.name]
        if other is None:
            return CLEAR
        cpu = measured(view, member.ref, "CPUUtilization", "p95", Window.FORTNIGHT, coverage=MOST)
        free = measured(view, member.ref, "FreeableMemory", "Minimum", Window.WEEK, coverage=MOST)
        if cpu.highest > _LIGHT_CPU_PERCENT * other.vcpu * 2 / size.vcpu:
            return CLEAR
        if free.lowest < _LIGHT_MEMORY_RATIO * size.memory_gib * GIB:
            return CLEAR
        if not member.is_aurora and not _disk_fits(member, other, view):
            return CLEAR
        pairs.append((member, other))
        evidence += [
            seen_in(
                cpu,
                "CPU of the busiest two hours (p95)",
                f"{cpu.highest:.0f} %",
                f"more than {_LIGHT_CPU_PERCENT * other.vcpu * 2 / size.vcpu:.0f} %",
                member.ref.name,
            ),
            seen_in(
                free,
                "freeable memory at the lowest",
                f"{human_bytes(free.lowest)} of {size.memory_gib:g} GiB",
                f"less than {_LIGHT_MEMORY_RATIO:.0%}",
                member.ref.name,
            ),
        ]
    return Problem(
        title=f"{database.ref} would fit {pairs[0][1].name} instead of {pairs[0][0].instance_class}",
        evidence=tuple(evidence),
        money=_class_saving(database, tuple(pairs), view),
        repair=Repair(
            text=f"Try {pairs[0][1].name}: its CPU would peak near {_after(pairs[0], view):.0f} %. Every member "
            "gets it, "
            "since any may become the writer. The saving ranges from nothing (a reservation covers the old size, "
            "or the "
            "month's end needs it) to the price difference.",
            caution="14 days do not show a month's end. Restarts the instance; max_connections and caches shrink with "
            "the memory.",
        ),
    )


def _after(pair: tuple[Instance, InstanceClass], view: View) -> float:
    server, other = pair
    cpu = measured(view, server.ref, "CPUUtilization", "p95", Window.FORTNIGHT, coverage=MOST)
    return cpu.highest * _size(server, view).vcpu / other.vcpu


def _disk_fits(instance: Instance, smaller: InstanceClass, view: View) -> bool:
    """Whether the smaller class's EBS baselines carry the busiest hour, with a fifth to spare."""
    if smaller.ebs_baseline_iops is None or smaller.ebs_baseline_mbps is None:
        return False
    read = measured(view, instance.ref, "ReadIOPS", "Average", Window.WEEK)
    write = measured(view, instance.ref, "WriteIOPS", "Average", Window.WEEK)
    read_bytes = measured(view, instance.ref, "ReadThroughput", "Average", Window.WEEK)
    write_bytes = measured(view, instance.ref, "WriteThroughput", "Average", Window.WEEK)
    iops = max(summed(read, write), default=0.0)
    mibps = max(summed(read_bytes, write_bytes), default=0.0) / MIB
    return iops <= 0.8 * smaller.ebs_baseline_iops and mibps <= 0.8 * smaller.ebs_baseline_mbps * 1e6 / 8 / MIB


def _readers_overloaded(cluster: Cluster, view: View) -> Verdict:
    readers = [instance for member, instance in view.members(cluster) if not member.is_writer]
    if not readers:
        return NotApplicable("it has no reader")
    loads = [
        (reader, measured(view, reader.ref, "CPUUtilization", "Average", Window.WEEK), reader.ref.name)
        for reader in readers
    ]
    busy = [each for each in loads if nearest_rank(each[1].present, _BUSY_HOURS) >= _CPU_PERCENT]
    if not busy:
        return CLEAR
    uneven = len(busy) < len(loads)
    return Problem(
        title=f"{cluster.ref} overloads its reader{'s' if len(busy) > 1 else ''} "
        + ", ".join(name for _, _, name in busy),
        evidence=tuple(
            seen_in(
                series,
                "CPU in the busiest tenth of hours",
                f"{nearest_rank(series.present, _BUSY_HOURS):.0f} %",
                f"less than {_CPU_PERCENT:.0f} %",
                name,
            )
            for _, series, name in loads
        ),
        repair=Repair(
            text="The load is uneven: clients hold on to one reader. Use the reader endpoint with connections that are "
            "renewed, or a proxy."
            if uneven
            else "Add a reader, move the readers to a larger class, or mend the statements that burn the CPU."
        ),
    )


def _readers_idle(cluster: Cluster, view: View) -> Verdict:
    if not cluster.is_aurora:
        return NotApplicable("a Multi-AZ DB cluster always has two readers")
    readers = [instance for member, instance in view.members(cluster) if not member.is_writer]
    if len(readers) < 2:
        return NotApplicable("one reader stands by for the writer: idle by design")
    idle = []
    for reader in readers:
        series = measured(view, reader.ref, "DatabaseConnections", "Maximum", Window.FORTNIGHT, coverage=WHOLE)
        if series.highest == 0:
            idle.append((reader, series))
    spare = idle[: len(readers) - 1]
    if not spare:
        return CLEAR
    storage = cluster.storage_type
    return Problem(
        title=f"{cluster.ref} has {len(idle)} reader{'s' if len(idle) > 1 else ''} that nobody connects to",
        evidence=tuple(
            seen_in(series, "connections at the most", "0", "above 0", reader.ref.name) for reader, series in idle
        ),
        money=monthly(
            view,
            cluster.ref.region,
            SAVING,
            *(
                Line(
                    instance_key(cluster.engine, reader.instance_class, storage_type=storage),
                    HOURS_A_MONTH,
                    reader.ref.name,
                )
                for reader, _ in spare
            ),
        ),
        repair=Repair(
            text="Send reads to the reader endpoint, or delete the spare readers; keep one in another zone to take "
            "over "
            f"(spare: {', '.join(reader.ref.name for reader, _ in spare)}).",
            caution="A custom endpoint may name the reader.",
        ),
    )


_API = "rds:DescribeDBInstances"
_CLASS_DATA = "class sizes: EC2 instance type data, derived 2026-11-23"

CPU = Rule(
    id="cpu-high",
    title="CPU is high in the busy hours",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=INSTANCES,
    check=_cpu,
    why="There is no room for a peak, a failover's reconnections or a vacuum.",
    repair="Mend the statements that burn it, or use a larger class.",
    checks=f"Hourly CPUUtilization of 7 days: the busiest tenth of hours reaches {_CPU_PERCENT:.0f} % (high when "
    "the mean "
    "does). Does not apply to readers of a cluster, which readers-overloaded judges.",
    needs=(_API, "rds:DescribeDBClusters", "cloudwatch:CPUUtilization"),
    sources=("threshold: judgement",),
    catalogue=(74,),
)

MEMORY = Rule(
    id="memory-short",
    title="Memory is short, or the instance swaps",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=INSTANCES,
    check=_memory,
    why="The next large sort or burst of connections ends in a restart by the out-of-memory killer.",
    repair="Fewer connections, smaller work memory, or a larger class.",
    checks=f"Mean FreeableMemory of 7 days is at most {_FREE_RATIO:.0%} of the class's memory, or mean SwapUsage at "
    "least "
    f"{_SWAP_RATIO:.0%} of it (both: high). Does not apply to serverless instances.",
    needs=(_API, "cloudwatch:FreeableMemory", "cloudwatch:SwapUsage"),
    sources=("thresholds: judgement", _CLASS_DATA),
    catalogue=(75,),
)

CPU_CREDITS = Rule(
    id="cpu-credits-low",
    title="CPU credits run out",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=INSTANCES,
    check=_cpu_credits,
    why="Without credits it falls to its baseline, or pays for every vCPU-hour above it.",
    repair="A class without credits.",
    checks=f"The lowest CPUCreditBalance of 7 days is below {_CREDIT_MINUTES} credits a vCPU (one credit is one "
    "vCPU for a "
    "minute). Applies to db.t2, db.t3 and db.t4g.",
    needs=(_API, "cloudwatch:CPUCreditBalance"),
    sources=("AWS RDS User Guide, burstable classes (t3 and t4g run unlimited), recalled",),
    catalogue=(78,),
)

PREVIOUS = Rule(
    id="previous-generation-class",
    title="Instance class is of a previous generation",
    theme=Theme.PERFORMANCE,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_previous,
    why="Slower for the price, soon not to be had, and moved by AWS on a day of its own choosing.",
    repair="Move to the successor of the same size.",
    checks="The class of the instance or of a member is of family " + ", ".join(SUCCESSORS) + ".",
    needs=(_API, "rds:DescribeDBClusters"),
    sources=("AWS re:Post, end of life of m4, r4 and t2 on RDS from 2024-06-01, read 2026-11-23", _CLASS_DATA),
    catalogue=(82,),
)

GRAVITON = Rule(
    id="graviton-twin",
    title="A Graviton class of the same size exists",
    theme=Theme.COST,
    severity=Severity.INFO,
    subjects=DATABASES,
    check=_graviton,
    why="The ARM class of the same size costs less in the lists seen so far, and is at least as fast for most.",
    repair="Move to the twin, one member first.",
    checks="The class is an Intel one with an ARM family of the same vCPUs and memory, and the engine is "
    "PostgreSQL 12, "
    "MySQL 8, MariaDB 10 or newer. Dollars only where the price book has both hours.",
    needs=(_API, "rds:DescribeDBClusters"),
    sources=(
        "median price difference of 10 to 11 % in AWS's list of 2021-08-03 (not used as a price), read 2026-11-23",
        _CLASS_DATA,
    ),
    catalogue=(98,),
)

OVERSIZED = Rule(
    id="class-oversized",
    title="A smaller class would carry the load",
    theme=Theme.COST,
    severity=Severity.INFO,
    subjects=DATABASES,
    check=_oversized,
    why="Half the class is paid for and never used.",
    repair="Try the next smaller class.",
    checks=f"For the instance or every member: the highest two-hour p95 of CPUUtilization in 14 days is at most "
    f"{_LIGHT_CPU_PERCENT:.0f} % (where the next class has half the vCPUs), FreeableMemory never below "
    f"{_LIGHT_MEMORY_RATIO:.0%}, and for RDS the busiest hour's I/O fits the smaller class's EBS baselines. Does "
    "not apply "
    "to replicas, serverless and burstable classes.",
    needs=(
        _API,
        "rds:DescribeDBClusters",
        "cloudwatch:CPUUtilization",
        "cloudwatch:FreeableMemory",
        "cloudwatch:ReadIOPS",
        "cloudwatch:WriteIOPS",
        "cloudwatch:ReadThroughput",
        "cloudwatch:WriteThroughput",
    ),
    sources=("thresholds: judgement", _CLASS_DATA),
    catalogue=(97,),
)

READERS_OVERLOADED = Rule(
    id="readers-overloaded",
    title="Readers of a cluster are overloaded",
    theme=Theme.PERFORMANCE,
    severity=Severity.MEDIUM,
    subjects=CLUSTERS,
    check=_readers_overloaded,
    why="Reads are slow, replay lags, and a reader promoted to writer starts out overloaded.",
    repair="Spread the reads, or add a reader.",
    checks=f"A reader's hourly CPUUtilization reaches {_CPU_PERCENT:.0f} % in the busiest tenth of 7 days.",
    needs=(_API, "rds:DescribeDBClusters", "cloudwatch:CPUUtilization"),
    sources=("threshold: judgement",),
    catalogue=(80,),
)

READERS_IDLE = Rule(
    id="readers-idle",
    title="Readers that nobody connects to",
    theme=Theme.COST,
    severity=Severity.LOW,
    subjects=CLUSTERS,
    check=_readers_idle,
    why="A reader costs as much as the writer; one stands by, more than one should read.",
    repair="Use them, or delete all but one.",
    checks="An Aurora cluster has two readers or more, and at least one had no connection at any point of 14 days "
    "(points "
    "for all of it). One idle reader is a standby, not waste.",
    needs=(_API, "rds:DescribeDBClusters", "cloudwatch:DatabaseConnections"),
    sources=("judgement",),
    catalogue=(80,),
)

RULES: tuple[Rule[Any], ...] = (
    CPU,
    MEMORY,
    CPU_CREDITS,
    PREVIOUS,
    READERS_OVERLOADED,
    READERS_IDLE,
    GRAVITON,
    OVERSIZED,
)
