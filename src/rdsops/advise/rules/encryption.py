"""Encryption at rest: storage, snapshots, and the keys that both hang on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rdsops.advise.databases import eased, is_test
from rdsops.advise.finding import ApiCall, Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES, MANUAL_SNAPSHOTS, Absent, Subjects
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.ids import Place, SnapshotRef, SubjectRef
from rdsops.core.units import human_span
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.fleet import Region
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Key, Snapshot
from rdsops.fleet.seen import Listed

_USABLE_STATES = ("Enabled", "Creating", "Updating")
"""Key states in which storage can be read (KMS KeyState)."""


def _storage_encryption(database: Cluster | Instance, view: View) -> Verdict:
    if database.storage_encrypted:
        return CLEAR
    kind = "DBCluster" if isinstance(database, Cluster) else "DBInstance"
    return Problem(
        title=f"{database.ref} is stored unencrypted",
        severity=eased(Severity.MEDIUM, database, view),
        evidence=(Evidence(what="storage encryption", value="off", threshold="on", source=f"{kind}.StorageEncrypted"),),
        repair=Repair(
            text="Encryption cannot be switched on in place. Copy a snapshot with a KMS key, restore it beside the "
            "old database, and move the clients in a planned window; replicate the difference if the window is short.",
            caution="The restored database has a new endpoint, and writes after the snapshot must be carried over.",
        ),
    )


def _snapshot_encryption(snapshot: Snapshot, view: View) -> Verdict:
    if snapshot.encrypted:
        return CLEAR
    database = _source(snapshot, view)
    if database is not None and not database.storage_encrypted:
        return NotApplicable("its database is unencrypted itself, and told so")
    kind = "DBSnapshot" if isinstance(snapshot.ref, SnapshotRef) else "DBClusterSnapshot"
    encrypted = "Encrypted" if isinstance(snapshot.ref, SnapshotRef) else "StorageEncrypted"
    return Problem(
        title=f"snapshot {snapshot.ref} is unencrypted",
        evidence=(Evidence(what="encrypted", value="no", threshold="yes", source=f"{kind}.{encrypted}"),),
        repair=Repair(
            text="Copy the snapshot with a KMS key, check the copy, then delete the unencrypted one.",
            caution="Both copies are billed until the old one is deleted.",
        ),
    )


def _source(snapshot: Snapshot, view: View) -> Cluster | Instance | None:
    """The database it was taken of; None when it is gone. Raises Unseen when the list may lack it."""
    region = view.region(Place(snapshot.ref.account, snapshot.ref.region))
    listed: Listed[Instance] | Listed[Cluster] = region.clusters
    digest: Callable[[Region], Mapping[str, Cluster | Instance]] = _clusters_by_name
    if isinstance(snapshot.ref, SnapshotRef):
        listed, digest = region.instances, _instances_by_name
    found = view.once(digest, region).get(snapshot.source)
    if found is None:
        listed.all  # noqa: B018 - raises when incomplete
    return found


def _instances_by_name(region: Region) -> Mapping[str, Cluster | Instance]:
    return {each.ref.name: each for each in region.instances.items}


def _clusters_by_name(region: Region) -> Mapping[str, Cluster | Instance]:
    return {each.ref.name: each for each in region.clusters.items}


def _key(identifier: str, place: Place, view: View) -> Key:
    for key in view.region(place).keys.items:
        if key.arn == identifier:
            return key
    raise Unseen("kms:DescribeKey", f"key {identifier}")


def _customer_key(database: Cluster | Instance, view: View) -> Verdict:
    if is_test(database, view):
        return NotApplicable("a test environment")
    if not database.storage_encrypted:
        return NotApplicable("not encrypted; judged by storage-unencrypted")
    identifier = database.kms_key
    if identifier is None:
        raise Unseen("rds:DescribeDBInstances", "KmsKeyId of encrypted storage")
    if _key(identifier, database.ref.place, view).manager != "AWS":
        return CLEAR
    return Problem(
        title=f"{database.ref} is encrypted with a key that AWS manages",
        evidence=(
            Evidence(
                what="key manager",
                value="AWS",
                threshold="CUSTOMER",
                source="KMS KeyMetadata.KeyManager",
                subject=identifier,
            ),
        ),
        repair=Repair(
            text="Copy a snapshot with a key of your own and restore it; a running database cannot change its key.",
            caution="The restored database has a new endpoint.",
        ),
    )


def _guarded(view: View) -> Iterator[tuple[SubjectRef, Cluster | Instance | Snapshot] | Absent]:
    yield from DATABASES.of(view)
    yield from MANUAL_SNAPSHOTS.of(view)


def _key_state(thing: Cluster | Instance | Snapshot, view: View) -> Verdict:
    encrypted = thing.encrypted if isinstance(thing, Snapshot) else thing.storage_encrypted
    if not encrypted or thing.kms_key is None:
        return NotApplicable("not encrypted with a key")
    if isinstance(thing, Snapshot):
        database = _source(thing, view)
        if database is not None and database.kms_key == thing.kms_key:
            return NotApplicable("its database stands on the same key, and tells it")
    key = _key(thing.kms_key, Place(thing.ref.account, thing.ref.region), view)
    if key.state in _USABLE_STATES:
        return CLEAR
    evidence = [
        Evidence(
            what="key state", value=key.state, threshold="Enabled", source="KMS KeyMetadata.KeyState", subject=key.arn
        )
    ]
    when = ""
    if key.state == "PendingDeletion" and key.deletion_at is not None:
        left = key.deletion_at - view.now
        when = f", gone in {human_span(left)}"
        evidence.append(
            Evidence(
                what="deletion date",
                value=key.deletion_at.date().isoformat(),
                threshold="none",
                source="KMS KeyMetadata.DeletionDate",
                subject=key.arn,
            )
        )
    return Problem(
        title=f"{_called(thing)} hangs on a key that is {key.state}{when}",
        severity=Severity.HIGH if isinstance(thing, Snapshot) else None,
        evidence=tuple(evidence),
        repair=Repair(
            text="Cancel the deletion and enable the key; a deleted key takes every copy encrypted with it along."
            if key.state == "PendingDeletion"
            else "Enable the key.",
            calls=_revival(key),
        ),
    )


def _called(thing: Cluster | Instance | Snapshot) -> str:
    return f"snapshot {thing.ref}" if isinstance(thing, Snapshot) else str(thing.ref)


def _revival(key: Key) -> tuple[ApiCall, ...]:
    enable = ApiCall(service="kms", operation="EnableKey", parameters={"KeyId": key.arn})
    if key.state == "Disabled":
        return (enable,)
    if key.state == "PendingDeletion":
        return (ApiCall(service="kms", operation="CancelKeyDeletion", parameters={"KeyId": key.arn}), enable)
    return ()


def _sharing(snapshot: Snapshot, view: View) -> Verdict:
    shared = snapshot.shared_with
    own = {region.place.account for region in view.fleet.regions}
    foreign = [account for account in shared if account not in own]
    if not foreign:
        return CLEAR
    public = "all" in foreign
    is_instance = isinstance(snapshot.ref, SnapshotRef)
    kind = "DBSnapshot" if is_instance else "DBClusterSnapshot"
    return Problem(
        title=f"snapshot {snapshot.ref} is public"
        if public
        else f"snapshot {snapshot.ref} is shared with {', '.join(foreign)}",
        severity=Severity.CRITICAL if public else Severity.MEDIUM,
        consequence="Any AWS account can restore it and read everything in it." if public else None,
        evidence=(
            Evidence(
                what="may restore it",
                value="every AWS account" if public else ", ".join(foreign),
                threshold=f"accounts of this survey ({', '.join(sorted(own))})",
                source=f"{kind}Attribute restore",
            ),
        ),
        repair=Repair(
            text="Take the permission to restore away; what was restored already stays with those accounts.",
            calls=(
                ApiCall(
                    service="rds",
                    operation=f"Modify{kind}Attribute",
                    parameters={
                        f"{kind}Identifier": snapshot.ref.name,
                        "AttributeName": "restore",
                        "ValuesToRemove": [*foreign],
                    },
                ),
            ),
        ),
    )


STORAGE_UNENCRYPTED: Rule[Cluster | Instance] = Rule(
    id="storage-unencrypted",
    title="Database is stored unencrypted",
    theme=Theme.SECURITY,
    severity=Severity.HIGH,
    subjects=DATABASES,
    check=_storage_encryption,
    why="Storage, automated backups, snapshots and replicas of it are all readable without a key.",
    repair="Restore an encrypted copy of a snapshot beside it, and move the clients.",
    checks="StorageEncrypted of the cluster, or of an instance that stands alone, is false. Medium in test.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("AWS RDS User Guide, Encrypting Amazon RDS resources, recalled",),
    catalogue=(6, 7),
)

SNAPSHOT_UNENCRYPTED: Rule[Snapshot] = Rule(
    id="snapshot-unencrypted",
    title="Manual snapshot is unencrypted",
    theme=Theme.SECURITY,
    severity=Severity.MEDIUM,
    subjects=MANUAL_SNAPSHOTS,
    check=_snapshot_encryption,
    why="Whoever may copy or restore it reads the data without any key; only unencrypted snapshots can be made public.",
    repair="Copy it with a KMS key and delete the original.",
    checks="Encrypted is false. Does not apply while the database it was taken of is unencrypted itself.",
    needs=("rds:DescribeDBSnapshots", "rds:DescribeDBClusterSnapshots"),
    sources=("AWS RDS User Guide, Sharing a DB snapshot, recalled",),
    catalogue=(10,),
)

AWS_MANAGED_KEY: Rule[Cluster | Instance] = Rule(
    id="aws-managed-key",
    title="Database is encrypted with a key that AWS manages",
    theme=Theme.SECURITY,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_customer_key,
    why="Its policy is fixed and it cannot be shared: no copy to another account, no say in who decrypts.",
    repair="Restore a copy that is encrypted with a key of your own.",
    checks="KeyManager of the storage key is AWS. Does not apply to test environments and unencrypted databases.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters", "kms:DescribeKey"),
    sources=("AWS RDS User Guide, AWS KMS key management, recalled",),
    catalogue=(8,),
)

KEY_UNUSABLE: Rule[Cluster | Instance | Snapshot] = Rule(
    id="key-unusable",
    title="Encryption key is disabled or will be deleted",
    theme=Theme.BACKUP,
    severity=Severity.CRITICAL,
    subjects=Subjects("database or manual snapshot", _guarded),
    check=_key_state,
    why="Without its key a database stops (inaccessible-encryption-credentials) and no backup of it can be restored.",
    repair="Cancel the deletion, enable the key.",
    checks="KeyState of the key of a database or manual snapshot is none of Enabled, Creating, Updating. A snapshot is "
    "told only when its database does not stand on the same key; then the finding is high.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:DescribeDBSnapshots", "kms:DescribeKey"),
    sources=("botocore 1.44.5, kms KeyState, read 2026-11-23",),
    catalogue=(52,),
    signature=True,
)

SNAPSHOT_SHARED: Rule[Snapshot] = Rule(
    id="snapshot-shared",
    title="Manual snapshot is public or shared with strangers",
    theme=Theme.SECURITY,
    severity=Severity.CRITICAL,
    subjects=MANUAL_SNAPSHOTS,
    check=_sharing,
    why="These accounts can restore it and read everything in it.",
    repair="Remove the accounts from the snapshot's restore attribute.",
    checks='The restore attribute holds "all" (critical) or an account that this survey does not cover (medium). '
    "Automated snapshots cannot be shared.",
    needs=("rds:DescribeDBSnapshots", "rds:DescribeDBClusterSnapshots", "rds:DescribeDBSnapshotAttributes"),
    sources=("botocore 1.44.5, rds DescribeDBSnapshotAttributes, read 2026-11-23",),
    catalogue=(9,),
)

RULES: tuple[Rule[Any], ...] = (
    STORAGE_UNENCRYPTED,
    SNAPSHOT_UNENCRYPTED,
    AWS_MANAGED_KEY,
    KEY_UNUSABLE,
    SNAPSHOT_SHARED,
)
