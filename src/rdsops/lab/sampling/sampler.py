"""One engine, one thread, one connection: a sample each second, metrics every few seconds. A gap stays a gap."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Mapping

import psycopg
import pymysql

from rdsops.lab.clock import Clock
from rdsops.lab.cloudwatch.store import MetricStore
from rdsops.lab.insights.load import Ring
from rdsops.lab.insights.sessions import Session
from rdsops.lab.sampling.eye import Eye, Reading
from rdsops.lab.sampling.mariadb import MariadbEye
from rdsops.lab.sampling.metrics import NAMESPACE, UNITS
from rdsops.lab.sampling.postgres import PostgresEye
from rdsops.lab.sampling.subject import Sampled
from rdsops.lab.sampling.trees import Usage, disk_growth, folder_bytes, usage

log = logging.getLogger("rdsops.lab.sampling")

LOST = (psycopg.Error, pymysql.Error, OSError)
"""What a driver raises when the engine is gone, restarts or refuses."""
SLOWEST_RETRY_S = 10.0
PAGE_BYTES = {"postgres": 8192, "mysql": 16384}
FOLDER_EVERY = 6
"""Looks at the engine between two sums over its data directory."""


class Sampler:
    """start() and stop() are called once each. samples: how many seconds were sampled."""

    def __init__(
        self, subject: Sampled, store: MetricStore, ring: Ring, clock: Clock, *, metrics_every_s: float = 5.0
    ) -> None:
        self.subject = subject
        self.samples = 0
        self._store = store
        self._ring = ring
        self._clock = clock
        self._metrics_every_s = metrics_every_s
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._eye: Eye | None = None
        self._thread = threading.Thread(target=self._run, name=f"sampler-{subject.instance}", daemon=True)
        self._seen: list[list[Session]] = []
        self._before: tuple[float, Reading, Usage | None] | None = None
        self._looks = 0
        self._data_bytes: int | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self, within_s: float = 5.0) -> None:
        """End the thread and its connection; a call that hangs in a frozen engine is cut."""
        self._stopping.set()
        with self._lock:
            if self._eye is not None:
                self._eye.interrupt()
        self._thread.join(within_s)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        wait_s = 0.25
        while not self._stopping.is_set():
            before = self.samples
            try:
                self._watch()
            except LOST as error:
                if not self._stopping.is_set():
                    log.info("sampler.lost", extra={"instance": self.subject.instance, "error": type(error).__name__})
            self._seen, self._before = [], None
            wait_s = 0.25 if self.samples > before else min(wait_s * 2, SLOWEST_RETRY_S)
            self._stopping.wait(wait_s)

    def _watch(self) -> None:
        """Sample until told to stop; raises one of LOST when the connection ends."""
        eye = self._open()
        try:
            due = time.monotonic()
            while not self._stopping.is_set():
                second = int(self._clock.now().timestamp())
                sessions = eye.sessions()
                self._ring.add(second, sessions)
                self._seen.append(sessions)
                self.samples += 1
                if time.monotonic() >= due:
                    due = time.monotonic() + self._metrics_every_s
                    self._measure(eye)
                self._stopping.wait(1.0 - self._clock.now().timestamp() % 1.0)
        finally:
            with self._lock:
                self._eye = None
            eye.close()

    def _open(self) -> Eye:
        running = self.subject.running
        eye: Eye = (
            PostgresEye(running, self._ring, aurora=self.subject.cluster is not None)
            if running.spec.flavour == "postgres"
            else MariadbEye(running, self._ring)
        )
        with self._lock:
            self._eye = eye
        return eye

    def _measure(self, eye: Eye) -> None:
        now, reading, used = time.monotonic(), eye.reading(), usage(self.subject.running.pid)
        values = dict(reading.gauges) | self._load() | self._room(used)
        if self._before is not None:
            values |= self._rates(now - self._before[0], self._before[1], reading)
            if used is not None and self._before[2] is not None:
                values |= self._work(now - self._before[0], self._before[2], used)
        self._before = (now, reading, used)
        self._write(values, reading.replica)

    def _load(self) -> dict[str, float]:
        """Mean active sessions of the seconds sampled since the last look."""
        seen, self._seen = self._seen, []
        if not seen:
            return {}
        active = sum(len(sessions) for sessions in seen) / len(seen)
        on_cpu = sum(session.wait_type == "CPU" for sessions in seen for session in sessions) / len(seen)
        return {"DBLoad": active, "DBLoadCPU": on_cpu, "DBLoadNonCPU": active - on_cpu}

    def _room(self, used: Usage | None) -> dict[str, float]:
        """Memory and storage that are left."""
        found: dict[str, float] = {}
        memory_bytes = self.subject.memory_bytes or _memory_here()
        if used is not None and memory_bytes is not None:
            found["FreeableMemory"] = float(max(0, memory_bytes - used.memory_bytes))
            if used.swap_bytes is not None:
                found["SwapUsage"] = float(used.swap_bytes)
        if self._looks % FOLDER_EVERY == 0:
            self._data_bytes = folder_bytes(self.subject.running.data_dir)
        self._looks += 1
        if self.subject.cluster is not None:
            found["FreeLocalStorage"] = float(shutil.disk_usage(self.subject.running.data_dir).free)
            if self._data_bytes is not None:
                found["VolumeBytesUsed"] = float(self._data_bytes)
        elif self.subject.storage_bytes is None:
            found["FreeStorageSpace"] = float(shutil.disk_usage(self.subject.running.data_dir).free)
        elif self._data_bytes is not None:
            found["FreeStorageSpace"] = float(max(0, self.subject.storage_bytes - self._data_bytes))
        return found

    def _rates(self, took_s: float, before: Reading, after: Reading) -> dict[str, float]:
        """Counters of the engine, a second; a counter that went back means a restart, and says nothing."""
        if self.subject.cluster is None:
            return {}
        rise = {name: value - before.counters.get(name, value) for name, value in after.counters.items()}
        if min(rise.values(), default=0) < 0:
            return {}
        names = {"commits": "CommitThroughput", "deadlocks": "Deadlocks"}
        found = {metric: rise[name] / took_s for name, metric in names.items() if name in rise}
        looked = rise.get("blocks_hit", 0) + rise.get("blocks_read", 0)
        if looked:
            found["BufferCacheHitRatio"] = 100 * rise["blocks_hit"] / looked
        return found

    def _work(self, took_s: float, before: Usage, after: Usage) -> dict[str, float]:
        """CPU and disk of the process tree, a second."""
        found: dict[str, float] = {}
        vcpu = self.subject.vcpu or os.cpu_count()
        if vcpu and after.cpu_s >= before.cpu_s:
            found["CPUUtilization"] = min(100.0, 100 * (after.cpu_s - before.cpu_s) / took_s / vcpu)
        if before.disk is not None and after.disk is not None:
            page = PAGE_BYTES[self.subject.family]
            read = disk_growth(before.disk.read, after.disk.read) / took_s
            written = disk_growth(before.disk.written, after.disk.written) / took_s
            found |= {"ReadThroughput": read, "WriteThroughput": written}
            found |= {"ReadIOPS": read / page, "WriteIOPS": written / page}
        return found

    def _write(self, values: Mapping[str, float], replica: bool) -> None:
        now = int(self._clock.now().timestamp())
        cluster = self.subject.cluster
        for name, value in values.items():
            for dimensions in _dimensions(name, self.subject.instance, cluster, replica):
                self._store.put(
                    self.subject.account,
                    self.subject.region,
                    NAMESPACE,
                    name,
                    dimensions,
                    at=now - now % 60,
                    value=value,
                    unit=UNITS[name],
                    now=now,
                )


def _dimensions(name: str, instance: str, cluster: str | None, replica: bool) -> list[dict[str, str]]:
    """Under which dimensions a metric is published: the instance; for Aurora also its cluster, and the role in it."""
    if name == "VolumeBytesUsed":
        return [] if replica or cluster is None else [{"DBClusterIdentifier": cluster}]
    if cluster is None:
        return [{"DBInstanceIdentifier": instance}]
    role = {"DBClusterIdentifier": cluster, "Role": "READER" if replica else "WRITER"}
    return [{"DBInstanceIdentifier": instance}, role, {"DBClusterIdentifier": cluster}]


def _memory_here() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None
