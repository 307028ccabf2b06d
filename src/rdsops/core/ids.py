"""What things are called: references that say account, region and name, and their ARNs.

A reference is never a bare string past the door. Refs are totally ordered, so reports are stable.
"""

from __future__ import annotations

from typing import ClassVar, TypeAlias

import msgspec

from rdsops.core.errors import UsageError


class Place(msgspec.Struct, frozen=True, order=True):
    """One region of one account: where AWS lists things."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        return partition_of(self.region)

    def __str__(self) -> str:
        return f"{self.account}/{self.region}"


class _Named(msgspec.Struct, frozen=True, order=True):
    """A thing that AWS names within an account and region, and whose ARN is arn:…:rds:…:WORD:NAME."""

    account: str
    region: str
    name: str

    WORD: ClassVar[str] = ""

    @property
    def place(self) -> Place:
        return Place(self.account, self.region)

    @property
    def arn(self) -> str:
        return f"arn:{partition_of(self.region)}:rds:{self.region}:{self.account}:{self.WORD}:{self.name}"

    def __str__(self) -> str:
        return self.name


class InstanceRef(_Named, frozen=True, order=True, tag="instance"):
    WORD: ClassVar[str] = "db"


class ClusterRef(_Named, frozen=True, order=True, tag="cluster"):
    WORD: ClassVar[str] = "cluster"


class SnapshotRef(_Named, frozen=True, order=True, tag="snapshot"):
    WORD: ClassVar[str] = "snapshot"


class ClusterSnapshotRef(_Named, frozen=True, order=True, tag="cluster_snapshot"):
    WORD: ClassVar[str] = "cluster-snapshot"


class GroupRef(_Named, frozen=True, order=True, tag="parameter_group"):
    """An instance parameter group."""

    WORD: ClassVar[str] = "pg"


class ClusterGroupRef(_Named, frozen=True, order=True, tag="cluster_parameter_group"):
    WORD: ClassVar[str] = "cluster-pg"


class SubnetGroupRef(_Named, frozen=True, order=True, tag="subnet_group"):
    WORD: ClassVar[str] = "subgrp"


class ProxyRef(_Named, frozen=True, order=True, tag="proxy"):
    """A proxy; AWS's ARN holds a generated id (prx-…), not the name, so it is carried beside it."""

    WORD: ClassVar[str] = "db-proxy"


class GlobalRef(msgspec.Struct, frozen=True, order=True, tag="global_cluster"):
    """A global cluster: it belongs to an account, to no region."""

    account: str
    name: str

    @property
    def region(self) -> None:
        return None

    @property
    def arn(self) -> str:
        return f"arn:aws:rds::{self.account}:global-cluster:{self.name}"

    def __str__(self) -> str:
        return self.name


class DatabaseRef(msgspec.Struct, frozen=True, order=True, tag="database"):
    """One database (PostgreSQL) or schema (MySQL) inside an instance; has no ARN of its own."""

    instance: InstanceRef
    database: str

    @property
    def account(self) -> str:
        return self.instance.account

    @property
    def region(self) -> str:
        return self.instance.region

    @property
    def place(self) -> Place:
        return self.instance.place

    @property
    def arn(self) -> str:
        return f"{self.instance.arn}#{self.database}"

    def __str__(self) -> str:
        return f"{self.instance.name}/{self.database}"


class PlaceRef(msgspec.Struct, frozen=True, order=True, tag="region"):
    """An account's region as the subject of a finding (quotas, subscriptions, unused groups)."""

    account: str
    region: str

    @property
    def place(self) -> Place:
        return Place(self.account, self.region)

    @property
    def arn(self) -> str:
        return f"arn:{partition_of(self.region)}:rds:{self.region}:{self.account}"

    def __str__(self) -> str:
        return f"{self.account}/{self.region}"


SubjectRef: TypeAlias = (
    InstanceRef
    | ClusterRef
    | GlobalRef
    | ProxyRef
    | SnapshotRef
    | ClusterSnapshotRef
    | GroupRef
    | ClusterGroupRef
    | SubnetGroupRef
    | DatabaseRef
    | PlaceRef
)

_BY_WORD: dict[str, type[_Named]] = {
    kind.WORD: kind
    for kind in (InstanceRef, ClusterRef, SnapshotRef, ClusterSnapshotRef, GroupRef, ClusterGroupRef, SubnetGroupRef)
}


def partition_of(region: str) -> str:
    """The ARN partition of a region.

    >>> partition_of("cn-north-1"), partition_of("us-gov-west-1"), partition_of("eu-west-1")
    ('aws-cn', 'aws-us-gov', 'aws')
    """
    if region.startswith("cn-"):
        return "aws-cn"
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws"


def parse_arn(arn: str) -> SubjectRef:
    """The reference behind an RDS ARN; names keep their own colons ("rds:auto-2026-11-01").

    >>> parse_arn("arn:aws:rds:eu-west-1:111122223333:cluster:orders")
    ClusterRef(account='111122223333', region='eu-west-1', name='orders')

    Raises UsageError for anything else.
    """
    parts = arn.split(":", 6)
    if len(parts) != 7 or parts[0] != "arn" or parts[2] != "rds":
        raise UsageError(f"'{arn}' is not an RDS ARN", hint="arn:aws:rds:REGION:ACCOUNT:db:NAME, for instance")
    _, _, _, region, account, word, name = parts
    if word == "global-cluster":
        return GlobalRef(account, name)
    if word not in _BY_WORD:
        known = ", ".join(sorted(_BY_WORD))
        raise UsageError(f"'{arn}' names a '{word}', which rdsops does not follow", hint=f"known: {known}")
    ref = _BY_WORD[word](account, region, name)
    assert isinstance(ref, SubjectRef)
    return ref


def tag_of(ref: SubjectRef) -> str:
    """The word for a subject's kind, as used in JSON ("instance", "cluster", …)."""
    tag = ref.__struct_config__.tag
    assert isinstance(tag, str)
    return tag
