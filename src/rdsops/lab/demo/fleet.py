"""Seeds the demo fleet: what the engines serve, what is metadata only, what lies around. No HTTP is spoken."""

from __future__ import annotations

from collections.abc import Mapping

from rdsops.lab.demo import beside, served, unserved
from rdsops.lab.demo.ground import AWAY, MAIN, SECOND, Neighbours
from rdsops.lab.demo.making import Making
from rdsops.lab.engines.spec import Running
from rdsops.lab.rds.state import RdsState


def seed_demo(state: RdsState, running: Mapping[str, Running], neighbours: Neighbours) -> tuple[str, ...]:
    """Fills an empty state; returns a note for each database that has no engine here and was left out.

    running: engines by instance identifier, those of `demo_specs()` that did start.
    state.around must know the subnets of `neighbours` (MotoSurroundings over the same moto).
    """
    with state.lock:
        main, away, second = (Making(state, place, neighbours.grounds[place]) for place in (MAIN, AWAY, SECOND))
        left_out = served.seed_served(main, running, neighbours)
        unserved.seed_clusters(main, away)
        unserved.seed_old(main)
        unserved.seed_tests(main)
        unserved.seed_healthy(main)
        unserved.seed_second_account(second)
        beside.seed_proxies(main)
        beside.seed_snapshots(main)
        beside.seed_groups(main)
        beside.seed_notices(main)
        beside.seed_due(main)
        beside.seed_leases(main)
        beside.seed_quotas(main)
        beside.seed_copies(main, away)
    return left_out
