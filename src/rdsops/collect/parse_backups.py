"""Snapshots, who they are shared with, and automated backups, as boto gives them."""

from __future__ import annotations

from typing import Any

from rdsops.collect.fields import Fields, Malformed, known
from rdsops.collect.parse_instances import ENGINES
from rdsops.core.errors import UsageError
from rdsops.core.ids import ClusterRef, ClusterSnapshotRef, InstanceRef, Place, SnapshotRef, parse_arn
from rdsops.fleet.neighbours import AutomatedBackup, Snapshot
from rdsops.fleet.seen import UNSEEN


def snapshot(fields: Fields, place: Place) -> Snapshot | None:
    """One entry of DBSnapshots; None for an engine that we do not follow. `shared_with` is joined later."""
    name = fields.name("DBSnapshotIdentifier")
    source = fields.name("DBInstanceIdentifier")
    return _snapshot(fields, SnapshotRef(place.account, place.region, name), source, "Encrypted")


def cluster_snapshot(fields: Fields, place: Place) -> Snapshot | None:
    name = fields.name("DBClusterSnapshotIdentifier")
    source = fields.name("DBClusterIdentifier")
    return _snapshot(fields, ClusterSnapshotRef(place.account, place.region, name), source, "StorageEncrypted")


def shared_with(fields: Fields, result: str, attributes: str) -> Any:
    """Accounts that may restore a snapshot ("all": everybody), from the answer of Describe…SnapshotAttributes."""
    below = fields.below(result)
    if below is None:
        raise Malformed(f"no {result}")
    pairs = below.rows(attributes, lambda row: (row.name("AttributeName"), known(row.texts("AttributeValues", ()))))
    if pairs is UNSEEN:
        raise Malformed(f"no {attributes}")
    return next((values for name, values in pairs if name == "restore"), ())


def instance_backup(fields: Fields, place: Place) -> AutomatedBackup | None:
    return _backup(fields, "DBInstanceArn", place)


def cluster_backup(fields: Fields, place: Place) -> AutomatedBackup | None:
    return _backup(fields, "DBClusterArn", place)


def _snapshot(
    fields: Fields, ref: SnapshotRef | ClusterSnapshotRef, source: str, encryption_field: str
) -> Snapshot | None:
    fields.called(ref.name)
    engine = fields.text("Engine")
    if engine is not UNSEEN and engine not in ENGINES:
        return None
    status = fields.text("Status")
    encrypted = fields.flag(encryption_field)
    return Snapshot(
        ref=ref,
        source=source,
        kind=fields.name("SnapshotType"),
        engine=engine,
        engine_version=fields.text("EngineVersion"),
        status=status,
        # "Changes for the copy when the snapshot is copied"; there is none until the snapshot is taken.
        created_at=fields.moment("SnapshotCreateTime", None if status == "creating" else UNSEEN),
        size_gib=fields.number("AllocatedStorage"),
        encrypted=encrypted,
        kms_key=fields.text("KmsKeyId", None if encrypted is False else UNSEEN),
        tags=fields.tags(),
    )


def _backup(fields: Fields, arn_field: str, place: Place) -> AutomatedBackup | None:
    if known(fields.text("Engine", "")) not in ("", *ENGINES):
        return None
    arn = fields.name(arn_field)
    try:
        source = parse_arn(arn)
    except UsageError as error:
        raise Malformed(f"{arn_field}: {error.args[0]}") from None
    if not isinstance(source, InstanceRef | ClusterRef):
        raise Malformed(f"{arn_field} '{arn}' is neither an instance nor a cluster")
    return AutomatedBackup(
        source=source,
        held_in=place.region,
        status=fields.name("Status"),
        retention_days=known(fields.number("BackupRetentionPeriod", None)),
        # The source's ARN keeps its home region wherever the copy lies.
        replicated=source.region != place.region,
    )
