"""What a volume and a class can carry: IOPS and throughput, for RDS instances (not Aurora).

gp2: 3 IOPS a GiB, at least 100, bursting to 3,000 below 1,000 GiB (read: AWS re:Post knowledge centre,
"RDS burst balance", and RDS User Guide, Storage; read 2026-11-23). RDS stripes larger volumes, so the
burst of a striped gp2 volume may be higher: only the baseline is used as a limit here.
gp3: 3,000 IOPS and 125 MiB/s included, 12,000 and 500 from 400 GiB (read: infracost 95ba4f49 and its
issue 2487; read 2026-11-23); SQL Server stays at the lower pair (recalled).
"""

from __future__ import annotations

import msgspec

from rdsops.facts.facts import InstanceClass

GP2_IOPS_A_GIB = 3
GP2_LEAST_IOPS = 100
GP2_BURST_IOPS = 3000
GP2_BURST_BELOW_GIB = 1000
GP3_STRIPED_FROM_GIB = 400
GP3_ORACLE_STRIPED_FROM_GIB = 200
MAGNETIC_IOPS = 100
"""About, shared with others (read: AWS RDS User Guide, Storage, 2026-11-23)."""


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """A sustained limit and what sets it: "gp3 volume", "db.r7g.large baseline"."""

    value: float
    set_by: str


class Included(msgspec.Struct, frozen=True, kw_only=True):
    """What gp3 brings without surcharge."""

    iops: int
    throughput_mibps: int


def gp2_baseline_iops(size_gib: int) -> int:
    """Sustained IOPS of a gp2 volume.

    >>> gp2_baseline_iops(20), gp2_baseline_iops(500)
    (100, 1500)
    """
    return max(GP2_LEAST_IOPS, GP2_IOPS_A_GIB * size_gib)


def gp2_bursts(size_gib: int) -> bool:
    """Whether a gp2 volume lives on burst credits above its baseline."""
    return size_gib < GP2_BURST_BELOW_GIB


def gp3_included(engine: str, size_gib: int) -> Included:
    """What a gp3 volume includes.

    >>> gp3_included("postgres", 399).iops, gp3_included("postgres", 400).iops
    (3000, 12000)
    """
    if engine.startswith("sqlserver"):
        striped = False
    elif engine.startswith(("oracle", "custom-oracle")):
        striped = size_gib >= GP3_ORACLE_STRIPED_FROM_GIB
    else:
        striped = size_gib >= GP3_STRIPED_FROM_GIB
    return Included(iops=12000, throughput_mibps=500) if striped else Included(iops=3000, throughput_mibps=125)


def volume_iops(storage_type: str, size_gib: int, provisioned: int | None, engine: str) -> int | None:
    """Sustained IOPS of a volume; None where it is not known."""
    match storage_type:
        case "gp2":
            return gp2_baseline_iops(size_gib)
        case "gp3":
            return provisioned if provisioned is not None else gp3_included(engine, size_gib).iops
        case "io1" | "io2":
            return provisioned
        case "standard":
            return MAGNETIC_IOPS
        case _:
            return None


def volume_mibps(storage_type: str, size_gib: int, provisioned: int | None, engine: str) -> float | None:
    """Throughput of a volume; None where AWS's figure depends on more than we know (gp2, io1, io2)."""
    if storage_type != "gp3":
        return None
    return provisioned if provisioned is not None else gp3_included(engine, size_gib).throughput_mibps


def sustained_iops(volume: int | None, size: InstanceClass | None, storage_type: str) -> Carried | None:
    """The lower of the volume's and the class's sustained IOPS; None when neither is known."""
    return _lowest(
        (volume, f"{storage_type} volume"),
        (size.ebs_baseline_iops if size else None, f"{size.name} EBS baseline" if size else ""),
    )


def sustained_mibps(volume: float | None, size: InstanceClass | None, storage_type: str) -> Carried | None:
    """The lower of the volume's and the class's sustained throughput; None when neither is known."""
    megabits = size.ebs_baseline_mbps if size else None
    mibps = None if megabits is None else megabits * 1_000_000 / 8 / (1024 * 1024)
    return _lowest((volume, f"{storage_type} volume"), (mibps, f"{size.name} EBS baseline" if size else ""))


def _lowest(*limits: tuple[float | None, str]) -> Carried | None:
    known = [Carried(value=value, set_by=name) for value, name in limits if value is not None]
    return min(known, key=lambda limit: limit.value) if known else None
