"""The fleet as tiles: places, clusters, members; each with the worst that was found about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rdsops.advise.finding import SEVERITIES, Finding, Review, Severity
from rdsops.core.ids import DatabaseRef, SubjectRef
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.fleet import Fleet, Region
from rdsops.fleet.instances import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One instance, proxy or cluster head. findings: about it and what lies in it; not_known: answers missing."""

    name: str
    arn: str
    label: str
    role: str
    findings: int
    worst: Severity | None
    not_known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A cluster with its members; `head` None for instances alone and for proxies."""

    head: Tile | None
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceMap:
    name: str
    complete: bool
    """False when some list of instances or clusters broke off."""
    boxes: tuple[Box, ...]
    proxies: tuple[Tile, ...]


def fleet_map(fleet: Fleet, review: Review) -> tuple[PlaceMap, ...]:
    """Places in order; in each, clusters first, then instances alone, then proxies; worst first."""
    told = _Told(review)
    return tuple(_place(region, told) for region in fleet.regions if _holds_something(region))


class _Told:
    """Findings and missing answers by the ARN of the tile they belong to."""

    def __init__(self, review: Review) -> None:
        self.findings: dict[str, list[Finding]] = {}
        self.not_known: dict[str, int] = {}
        for finding in review.findings:
            self.findings.setdefault(tile_arn(finding.subject), []).append(finding)
        for answer in review.not_known:
            arn = tile_arn(answer.subject)
            self.not_known[arn] = self.not_known.get(arn, 0) + 1

    def tile(self, name: str, arn: str, label: str, role: str) -> Tile:
        findings = self.findings.get(arn, [])
        return Tile(
            name=name,
            arn=arn,
            label=label,
            role=role,
            findings=len(findings),
            worst=min((f.severity for f in findings), key=SEVERITIES.index, default=None),
            not_known=self.not_known.get(arn, 0),
        )


def tile_arn(subject: SubjectRef) -> str:
    """The ARN of the tile that shows a subject: a database lies in its instance."""
    return subject.instance.arn if isinstance(subject, DatabaseRef) else subject.arn


def _holds_something(region: Region) -> bool:
    lists = (region.instances, region.clusters, region.proxies)
    return any(listed.items or not listed.complete for listed in lists)


def _place(region: Region, told: _Told) -> PlaceMap:
    by_cluster: dict[str, list[Instance]] = {}
    alone: list[Instance] = []
    for instance in region.instances.items:
        if instance.cluster is None:
            alone.append(instance)
        else:
            by_cluster.setdefault(instance.cluster.name, []).append(instance)
    boxes = [_cluster_box(cluster, by_cluster.pop(cluster.ref.name, []), told) for cluster in region.clusters.items]
    alone += [instance for orphans in by_cluster.values() for instance in orphans]
    tiles = _worst_first(told.tile(i.ref.name, i.ref.arn, _label(i), _role(i)) for i in alone)
    boxes.sort(key=lambda box: min(map(_badness, (box.head, *box.tiles) if box.head else box.tiles)))
    proxies = _worst_first(told.tile(p.ref.name, p.ref.arn, "RDS Proxy", "proxy") for p in region.proxies.items)
    return PlaceMap(
        name=str(region.place),
        complete=region.instances.complete and region.clusters.complete,
        boxes=(*boxes, *(Box(head=None, tiles=(tile,)) for tile in tiles)),
        proxies=proxies,
    )


def _cluster_box(cluster: Cluster, members: list[Instance], told: _Told) -> Box:
    writers = {m.name for m in cluster.members if m.is_writer} if cluster.has_seen("members") else set()
    head = told.tile(cluster.ref.name, cluster.ref.arn, f"{cluster.engine} {cluster.engine_version}", "cluster")
    ordered = sorted(members, key=lambda i: (i.ref.name not in writers, i.ref.name))
    return Box(
        head=head,
        tiles=tuple(
            told.tile(i.ref.name, i.ref.arn, i.instance_class, "writer" if i.ref.name in writers else "reader")
            for i in ordered
        ),
    )


def _label(instance: Instance) -> str:
    return f"{instance.engine} {instance.engine_version} · {instance.instance_class}"


def _role(instance: Instance) -> str:
    return "replica" if instance.has_seen("replica_source") and instance.replica_source else "instance"


def _worst_first(tiles: Iterable[Tile]) -> tuple[Tile, ...]:
    return tuple(sorted(tiles, key=_badness))


def _badness(tile: Tile) -> tuple[int, int, str]:
    return (SEVERITIES.index(tile.worst) if tile.worst else len(SEVERITIES), -tile.findings, tile.name)
