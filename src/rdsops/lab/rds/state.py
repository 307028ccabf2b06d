"""The RDS state of the lab: what exists, by account and region (global clusters by account).

Records are botocore-shaped dicts, replaced and never changed in place, so an answer may be written out while the
next change happens; `lock` orders the changes. Nothing here speaks HTTP, and nothing waits.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from rdsops.core.ids import Place, partition_of
from rdsops.lab.clock import Clock
from rdsops.lab.rds.model import Record, fault
from rdsops.lab.rds.offered import Offered
from rdsops.lab.rds.surroundings import Surroundings, Unwired


class Store:
    """Records of one kind by name, in the order of their names. missing, exists: the error shapes AWS declares."""

    def __init__(self, noun: str, missing: str, exists: str) -> None:
        self.noun, self.missing, self.exists = noun, missing, exists
        self._records: dict[str, Record] = {}
        self._order: list[str] | None = []

    def get(self, name: str) -> Record:
        try:
            return self._records[name]
        except KeyError:
            raise fault(self.missing, f"{self.noun} {name} not found.") from None

    def find(self, name: str) -> Record | None:
        return self._records.get(name)

    def add(self, name: str, record: Record) -> Record:
        if name in self._records:
            raise fault(self.exists, f"{self.noun} {name} already exists.")
        self._records[name] = record
        self._order = None
        return record

    def change(self, name: str, **changes: Any) -> Record:
        """The record with `changes`; the old one stays as it was for those who still read it."""
        self._records[name] = {**self.get(name), **changes}
        return self._records[name]

    def replace(self, name: str, record: Record) -> Record:
        self.get(name)
        self._records[name] = record
        return record

    def drop(self, name: str) -> Record:
        record = self.get(name)
        del self._records[name]
        self._order = None
        return record

    def names(self) -> list[str]:
        if self._order is None:
            self._order = sorted(self._records)
        return self._order

    def __iter__(self) -> Iterator[Record]:
        return (self._records[name] for name in self.names())

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, name: str) -> bool:
        return name in self._records


@dataclass(slots=True)
class ParameterSetting:
    value: str | None
    method: str


@dataclass(slots=True)
class Region:
    """What one account holds in one region."""

    place: Place
    instances: Store = field(
        default_factory=partial(Store, "DBInstance", "DBInstanceNotFoundFault", "DBInstanceAlreadyExistsFault")
    )
    clusters: Store = field(
        default_factory=partial(Store, "DBCluster", "DBClusterNotFoundFault", "DBClusterAlreadyExistsFault")
    )
    groups: Store = field(
        default_factory=partial(
            Store, "DBParameterGroup", "DBParameterGroupNotFoundFault", "DBParameterGroupAlreadyExistsFault"
        )
    )
    cluster_groups: Store = field(
        default_factory=partial(
            Store, "DBClusterParameterGroup", "DBParameterGroupNotFoundFault", "DBParameterGroupAlreadyExistsFault"
        )
    )
    subnet_groups: Store = field(
        default_factory=partial(Store, "DBSubnetGroup", "DBSubnetGroupNotFoundFault", "DBSubnetGroupAlreadyExistsFault")
    )
    option_groups: Store = field(
        default_factory=partial(Store, "OptionGroup", "OptionGroupNotFoundFault", "OptionGroupAlreadyExistsFault")
    )
    snapshots: Store = field(
        default_factory=partial(Store, "DBSnapshot", "DBSnapshotNotFoundFault", "DBSnapshotAlreadyExistsFault")
    )
    cluster_snapshots: Store = field(
        default_factory=partial(
            Store, "DBClusterSnapshot", "DBClusterSnapshotNotFoundFault", "DBClusterSnapshotAlreadyExistsFault"
        )
    )
    proxies: Store = field(
        default_factory=partial(Store, "DBProxy", "DBProxyNotFoundFault", "DBProxyAlreadyExistsFault")
    )
    proxy_groups: Store = field(
        default_factory=partial(
            Store, "Target group of", "DBProxyTargetGroupNotFoundFault", "DBProxyAlreadyExistsFault"
        )
    )
    proxy_endpoints: Store = field(
        default_factory=partial(
            Store, "DBProxyEndpoint", "DBProxyEndpointNotFoundFault", "DBProxyEndpointAlreadyExistsFault"
        )
    )
    custom_endpoints: Store = field(
        default_factory=partial(
            Store, "DBClusterEndpoint", "DBClusterEndpointNotFoundFault", "DBClusterEndpointAlreadyExistsFault"
        )
    )
    subscriptions: Store = field(
        default_factory=partial(Store, "Subscription", "SubscriptionNotFoundFault", "SubscriptionAlreadyExistFault")
    )
    reservations: Store = field(
        default_factory=partial(
            Store, "ReservedDBInstance", "ReservedDBInstanceNotFoundFault", "ReservedDBInstanceAlreadyExistsFault"
        )
    )
    recommendations: Store = field(
        default_factory=partial(Store, "Recommendation", "ResourceNotFoundFault", "ResourceNotFoundFault")
    )
    copied_backups: Store = field(
        default_factory=partial(
            Store,
            "Automated backup",
            "DBInstanceAutomatedBackupNotFoundFault",
            "DBInstanceAutomatedBackupNotFoundFault",
        )
    )
    """Automated backups that another region replicates into this one."""
    proxy_targets: dict[str, tuple[Record, ...]] = field(default_factory=dict)
    """Proxy name -> targets as registered; role and health are read when asked."""
    ill_targets: dict[tuple[str, str], Record] = field(default_factory=dict)
    """(proxy, resource id) -> TargetHealth of a target that does not answer."""
    maintenance: dict[str, tuple[Record, ...]] = field(default_factory=dict)
    """ARN -> pending maintenance actions."""
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    shared: dict[str, frozenset[str]] = field(default_factory=dict)
    """Snapshot ARN -> accounts that may restore it, or "all"."""
    settings: dict[str, dict[str, ParameterSetting]] = field(default_factory=dict)
    """Parameter group ARN -> parameter -> what its owner set."""
    events: list[Record] = field(default_factory=list)
    """Oldest first."""
    quotas: dict[str, int] = field(default_factory=dict)
    """Quotas that were raised, by AWS's name."""
    behind: dict[str, timedelta] = field(default_factory=dict)
    """ARN -> how far the latest restorable time lies in the past, where it is not the usual."""

    def arn(self, word: str, name: str) -> str:
        return f"arn:{partition_of(self.place.region)}:rds:{self.place.region}:{self.place.account}:{word}:{name}"

    def tag_list(self, arn: str) -> list[dict[str, str]]:
        return [{"Key": key, "Value": value} for key, value in self.tags.get(arn, {}).items()]

    def zones(self) -> tuple[str, str, str]:
        return tuple(self.place.region + letter for letter in "abc")  # type: ignore[return-value]  # three letters


@dataclass(frozen=True, slots=True)
class Backing:
    """The running engine behind an instance."""

    host: str
    port: int
    pid: int


EVENT_DAYS = 14
"""How long DescribeEvents remembers. Source: botocore 1.44.5, read 2026-11-23."""


class RdsState:
    """All of it. now: the lab clock's. offered: what can be ordered. around: network and secrets beside RDS."""

    def __init__(self, clock: Clock, *, around: Surroundings | None = None, offered: Offered | None = None) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.offered = offered or Offered()
        self.around: Surroundings = around or Unwired()
        self.backed: dict[str, Backing] = {}
        """ARN of an instance -> the engine that serves it; all others are metadata only."""
        self._regions: dict[Place, Region] = {}
        self._globals: dict[str, Store] = {}
        self._made: dict[str, int] = {}

    def now(self) -> datetime:
        return self.clock.now()

    def region(self, place: Place) -> Region:
        with self.lock:
            if place not in self._regions:
                self._regions[place] = Region(place)
            return self._regions[place]

    def regions(self) -> tuple[Region, ...]:
        """Every region that anything was asked of, in order."""
        with self.lock:
            return tuple(self._regions[place] for place in sorted(self._regions))

    def globals_of(self, account: str) -> Store:
        with self.lock:
            if account not in self._globals:
                self._globals[account] = Store(
                    "GlobalCluster", "GlobalClusterNotFoundFault", "GlobalClusterAlreadyExistsFault"
                )
            return self._globals[account]

    def resource_id(self, prefix: str, arn: str) -> str:
        """A resource id of its own, the same on every run: a thing made again under an old name gets another one."""
        nth = self._made[arn] = self._made.get(arn, 0) + 1
        return f"{prefix}-{letters(f'{arn}#{nth}', 26)}"

    def record_event(
        self, region: Region, kind: str, source: str, arn: str, message: str,
        categories: Iterable[str], at: datetime | None = None,
    ) -> None:  # fmt: skip
        """Writes an event; those past AWS's memory are forgotten."""
        event = {
            "SourceIdentifier": source,
            "SourceType": kind,
            "SourceArn": arn,
            "Message": message,
            "EventCategories": list(categories),
            "Date": at or self.now(),
        }
        with self.lock:
            insort(region.events, event, key=_date)
            horizon = self.now() - timedelta(days=EVENT_DAYS)
            del region.events[: bisect_left(region.events, horizon, key=_date)]

    def backing(self, arn: str) -> Backing | None:
        return self.backed.get(arn)


def _date(event: Record) -> datetime:
    at: datetime = event["Date"]
    return at


def letters(text: str, count: int) -> str:
    """Letters and digits that follow from `text`, as AWS's ids look.

    >>> letters("a", 4) == letters("a", 4) != letters("b", 4)
    True
    """
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().replace("=", "")[:count]


def tags_of(asked: Mapping[str, Any]) -> dict[str, str]:
    """Tags of a request, as a mapping."""
    return {tag["Key"]: tag.get("Value", "") for tag in asked.get("Tags", ())}
