"""A region while it is being asked: lists that are there already, and answers that will be joined to their things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from rdsops.collect import operations as ops
from rdsops.collect.parse_instances import Foreign
from rdsops.core.ids import Place
from rdsops.fleet.clusters import Cluster, CustomEndpoint, GlobalCluster
from rdsops.fleet.fleet import Region
from rdsops.fleet.instances import Instance, Maintenance
from rdsops.fleet.seen import Listed

Question = Callable[[], None]
"""Asks AWS one thing, and leaves the answer in a draft."""


_MAINTENANCE: Listed[tuple[str, tuple[Maintenance, ...]]] = Listed(ops.MAINTENANCE.action)
_ENDPOINTS: Listed[tuple[str, CustomEndpoint]] = Listed(ops.CLUSTER_ENDPOINTS.action)
_WORLDS: Listed[GlobalCluster] = Listed(ops.GLOBAL_CLUSTERS.action)


@dataclass
class Draft:
    """lists: by the name of their field in Region. foreign: what of other engines was listed beside ours."""

    place: Place
    lists: dict[str, Listed[Any]] = field(default_factory=dict)
    maintenance: Listed[tuple[str, tuple[Maintenance, ...]]] = _MAINTENANCE
    custom_endpoints: Listed[tuple[str, CustomEndpoint]] = _ENDPOINTS
    global_clusters: Listed[GlobalCluster] = _WORLDS
    foreign: list[Foreign] = field(default_factory=list)
    _answers: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)

    def answer(self, thing: Any, **fields: Any) -> None:
        """Fields of a listed thing that came by a question of their own; threads may call this at once."""
        self._answers.append((thing, fields))

    def join_answers(self) -> None:
        """Put every answer into its thing, once all are there."""
        joined: dict[int, dict[str, Any]] = {}
        for thing, fields in self._answers:
            joined.setdefault(id(thing), {}).update(fields)
        for name in self.lists:
            self.change(
                name, lambda each: msgspec.structs.replace(each, **joined[id(each)]) if id(each) in joined else each
            )
        self._answers.clear()

    def change(self, name: str, change: Callable[[Any], Any]) -> None:
        listed = self.lists[name]
        self.lists[name] = Listed(listed.asked, tuple(change(each) for each in listed.items), listed.complete)

    def subnet_groups_in_use(self) -> set[str]:
        things: list[Instance | Cluster] = [*self.lists["instances"].items, *self.lists["clusters"].items]
        return {
            thing.subnet_group for thing in things if thing.has_seen("subnet_group") and thing.subnet_group is not None
        }

    def region(self) -> Region:
        return Region(place=self.place, **self.lists)
