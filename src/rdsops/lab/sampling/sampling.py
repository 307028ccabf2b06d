"""All samplers of a lab: each engine's ring is known to Performance Insights under its instance's DbiResourceId."""

from __future__ import annotations

import threading

from rdsops.lab.clock import Clock
from rdsops.lab.cloudwatch.store import MetricStore
from rdsops.lab.insights.load import Ring
from rdsops.lab.insights.service import PiService
from rdsops.lab.sampling.sampler import Sampler
from rdsops.lab.sampling.subject import Sampled


class Sampling:
    """Engines come and go; an instance that comes back (restart, other port) keeps the load that was seen before."""

    def __init__(self, store: MetricStore, insights: PiService, clock: Clock, *, metrics_every_s: float = 5.0) -> None:
        self._store = store
        self._insights = insights
        self._clock = clock
        self._metrics_every_s = metrics_every_s
        self._lock = threading.Lock()
        self._rings: dict[str, Ring] = {}
        self._samplers: dict[str, Sampler] = {}

    def add(self, subject: Sampled) -> Sampler:
        """Sample an engine from now on, in place of what was sampled for that instance before."""
        self.remove(subject.resource_id)
        with self._lock:
            ring = self._rings.setdefault(subject.resource_id, Ring(subject.family))
            sampler = Sampler(subject, self._store, ring, self._clock, metrics_every_s=self._metrics_every_s)
            self._samplers[subject.resource_id] = sampler
        self._insights.register(subject.account, subject.region, subject.resource_id, ring)
        sampler.start()
        return sampler

    def remove(self, resource_id: str) -> None:
        """Stop sampling; what was seen stays, and the rest is a gap."""
        with self._lock:
            sampler = self._samplers.pop(resource_id, None)
        if sampler is not None:
            sampler.stop()

    def forget(self, subject: Sampled) -> None:
        """A deleted instance: its load is gone as well."""
        self.remove(subject.resource_id)
        with self._lock:
            self._rings.pop(subject.resource_id, None)
        self._insights.forget(subject.account, subject.region, subject.resource_id)

    def samplers(self) -> tuple[Sampler, ...]:
        with self._lock:
            return tuple(self._samplers.values())

    def stop(self) -> None:
        with self._lock:
            samplers, self._samplers = list(self._samplers.values()), {}
        for sampler in samplers:
            sampler.stop()
