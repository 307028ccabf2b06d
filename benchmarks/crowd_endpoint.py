"""A process that serves a fleet of metadata behind the lab's endpoint: python -m benchmarks.crowd_endpoint COUNT

Prints its address when it is ready. Each line that it reads on stdin is answered with the requests counted since the
last one, as JSON by operation; it ends when stdin does, so that it never outlives who started it.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections import Counter

from rdsops.lab.accounts import Accounts
from rdsops.lab.clock import Clock
from rdsops.lab.cloudwatch.history import History
from rdsops.lab.cloudwatch.profiles import Profile
from rdsops.lab.cloudwatch.service import CloudWatchService
from rdsops.lab.cloudwatch.store import MetricStore
from rdsops.lab.demo.crowd import seed_fleet
from rdsops.lab.demo.metrics import portraits
from rdsops.lab.demo.neighbours import MotoSurroundings
from rdsops.lab.endpoint.behind import moto_backend
from rdsops.lab.endpoint.server import Endpoint
from rdsops.lab.insights.load import GeneratedLoad
from rdsops.lab.insights.service import PiService
from rdsops.lab.rds.service import RdsService
from rdsops.lab.rds.state import RdsState


class Count(logging.Handler):
    """Requests by operation, from the endpoint's own diary: one line a request."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith("request asked=") and isinstance(record.args, tuple):
            self.counts[str(record.args[0])] += 1

    def take(self) -> dict[str, int]:
        taken, self.counts = self.counts, Counter()
        return dict(taken)


def endpoint(count: int) -> Endpoint:
    """An endpoint with `count` instances in one region, each with CloudWatch and, where it is on, PI history."""
    clock = Clock()
    state = RdsState(clock, around=MotoSurroundings(moto_backend))
    store = MetricStore()
    insights = PiService(clock)
    services = (RdsService(state), CloudWatchService(clock, store=store), insights)
    made = Endpoint(services, Accounts(clock), clock)
    made.moto.preload().join()
    seed_fleet(state, count)
    now = int(clock.now().timestamp())
    for portrait in portraits(state):
        place, history = portrait.place, History.until(now, portrait.seed, portrait.profile)
        store.generate(place.account, place.region, "AWS/RDS", {portrait.dimension: portrait.name}, history)
        if portrait.dimension == "DBInstanceIdentifier" and isinstance(portrait.profile, Profile):
            record = state.region(place).instances.get(portrait.name)
            if record.get("PerformanceInsightsEnabled"):
                load = GeneratedLoad("postgres" if portrait.profile.family == "postgres" else "mysql", history)
                insights.register(place.account, place.region, record["DbiResourceId"], load)
    return made


def main() -> None:
    counted = Count()
    diary = logging.getLogger("rdsops.lab.endpoint")
    diary.setLevel(logging.INFO)
    diary.addHandler(counted)
    began = time.perf_counter()
    with endpoint(int(sys.argv[1])) as serving:
        print(json.dumps({"url": serving.url, "seconds": time.perf_counter() - began}), flush=True)
        for _ in sys.stdin:
            print(json.dumps(counted.take()), flush=True)


if __name__ == "__main__":
    main()
