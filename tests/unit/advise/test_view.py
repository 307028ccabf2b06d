"""Lookups that many subjects ask are made once, and keep apart what only looks alike."""

from __future__ import annotations

from rdsops.advise.view import View
from rdsops.app.facts import packaged_facts
from rdsops.core.ids import Place, SnapshotRef
from rdsops.fleet.fleet import Region
from rdsops.testing.fleets import ACCOUNT, PLACE, cluster, cluster_snapshot, fleet_of, instance, region, snapshot

FAR = Place(ACCOUNT, "eu-central-1")


def test_a_digest_is_made_once_a_region() -> None:
    view = View(fleet_of(regions=(region(PLACE), region(FAR))), packaged_facts())
    made: list[Place] = []

    def digest(of: Region) -> Place:
        made.append(of.place)
        return of.place

    told = [view.once(digest, view.region(place)) for place in (PLACE, FAR, PLACE, FAR)]
    assert told == [PLACE, FAR, PLACE, FAR]
    assert made == [PLACE, FAR]


def test_two_digests_of_one_region_are_two() -> None:
    view = View(fleet_of(instance()), packaged_facts())
    assert view.once(lambda of: len(of.instances.items), view.region(PLACE)) == 1
    assert view.once(lambda of: len(of.clusters.items), view.region(PLACE)) == 0


def test_snapshots_of_a_cluster_are_not_those_of_an_instance_of_its_name() -> None:
    alone, many = instance("orders"), cluster("orders")
    of_alone, of_many = snapshot("s-1", "orders"), cluster_snapshot("s-2", "orders")
    view = View(fleet_of(alone, many, of_alone, of_many, snapshot("s-3", "shop")), packaged_facts())
    assert view.snapshots_of(alone) == (of_alone,)
    assert view.snapshots_of(many) == (of_many,)
    assert view.snapshots_of(instance("nobody")) == ()


def test_snapshots_of_a_namesake_elsewhere_are_found_there_only() -> None:
    there = snapshot("copy", "orders", ref=SnapshotRef(ACCOUNT, FAR.region, "copy"))
    regions = (region(PLACE, instances=(instance(),)), region(FAR, snapshots=(there,)))
    view = View(fleet_of(regions=regions), packaged_facts())
    assert view.snapshots_of(instance()) == ()
    assert view.snapshots_of(instance(), FAR) == (there,)
