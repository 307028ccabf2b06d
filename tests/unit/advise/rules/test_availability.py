"""Each rule: a fleet that triggers it, one just short of it, one with its input hidden."""

from rdsops.advise.rule import Clear, NotApplicable, Problem
from rdsops.advise.rules import availability
from rdsops.core.errors import Unseen
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.asking import ask
from rdsops.testing.fleets import cluster, fleet_of, instance, member


def test_single_zone() -> None:
    assert isinstance(ask(availability.SINGLE_ZONE, fleet_of(instance(multi_az=False))), Problem)
    assert isinstance(ask(availability.SINGLE_ZONE, fleet_of(instance())), Clear)
    assert isinstance(ask(availability.SINGLE_ZONE, fleet_of(instance(multi_az=UNSEEN))), Unseen)


def test_single_zone_does_not_ask_cluster_members_or_replicas() -> None:
    replica = instance("orders-replica", multi_az=False, replica_source="orders")
    assert isinstance(ask(availability.SINGLE_ZONE, fleet_of(replica)), NotApplicable)
    aurora = fleet_of(cluster(members=("billing-1",)), member("billing-1"))
    assert isinstance(ask(availability.SINGLE_ZONE, aurora), NotApplicable)
