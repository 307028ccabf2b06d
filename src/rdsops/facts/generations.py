"""Families of instance classes: which are of a previous generation, what follows them, which have a Graviton twin.

Previous generations: AWS moved RDS instances of m4, r4 and t2 to m5, r5 and t3 from 2024-06-01, with
reservations from 2024-09-01 (read: AWS re:Post, "Reserved Instances end of life", 2026-11-23); m1, m2, m3, r3
and t1 are older (read: AWS RDS User Guide of 2023, classes). Twins are families of like shape (memory a vCPU)
in instance-class data of EC2 (derived, 2026-11-23); whether RDS sells one for an engine and region is asked
with rds:DescribeOrderableDBInstanceOptions.
"""

from __future__ import annotations

from rdsops.facts.facts import Facts, InstanceClass

SUCCESSORS: dict[str, tuple[str, ...]] = {
    "t1": ("t4g", "t3"),
    "t2": ("t4g", "t3"),
    "m1": ("m7g", "m5"),
    "m2": ("r7g", "r5"),
    "m3": ("m7g", "m5"),
    "m4": ("m7g", "m5"),
    "r3": ("r7g", "r5"),
    "r4": ("r7g", "r5"),
}
"""Family of a previous generation -> its successors, the better one first."""

GRAVITON_TWINS: dict[str, tuple[str, ...]] = {
    "t3": ("t4g",),
    "m5": ("m7g", "m6g"),
    "m6i": ("m7g",),
    "m7i": ("m8g", "m7g"),
    "r5": ("r7g", "r6g"),
    "r6i": ("r7g",),
    "r7i": ("r8g", "r7g"),
    "m5d": ("m6gd",),
    "m6id": ("m6gd",),
    "r5d": ("r6gd",),
    "r6id": ("r6gd",),
}
"""Intel family -> ARM families of like shape, the nearest generation first."""

GRAVITON_ENGINES: dict[str, int] = {
    "postgres": 12,
    "aurora-postgresql": 12,
    "mysql": 8,
    "aurora-mysql": 8,
    "mariadb": 10,
}
"""Engine -> least major for which a Graviton twin is proposed. AWS starts a little earlier; these are surely served."""


def family_of(instance_class: str) -> str:
    """The family of a class name.

    >>> family_of("db.r4.xlarge"), family_of("db.serverless")
    ('r4', '')
    """
    parts = instance_class.split(".")
    return parts[1] if len(parts) >= 3 else ""


def is_previous_generation(instance_class: str) -> bool:
    return family_of(instance_class) in SUCCESSORS


def successor(facts: Facts, instance_class: str) -> InstanceClass | None:
    """The class that follows one of a previous generation, same size; None where no table has one."""
    return _same_size(facts, instance_class, SUCCESSORS.get(family_of(instance_class), ()))


def graviton_twin(facts: Facts, instance_class: str) -> InstanceClass | None:
    """The ARM class of the same size; None where there is none."""
    return _same_size(facts, instance_class, GRAVITON_TWINS.get(family_of(instance_class), ()))


def next_smaller(facts: Facts, instance_class: str) -> InstanceClass | None:
    """The largest class of the family with fewer vCPUs; None when it is the smallest, or unknown."""
    size = facts.instance_class(instance_class)
    if size is None:
        return None
    smaller = [
        other
        for other in facts.classes.values()
        if other.family == size.family and other.vcpu < size.vcpu and other.memory_gib < size.memory_gib
    ]
    return max(smaller, key=lambda other: (other.vcpu, other.memory_gib)) if smaller else None


def next_larger(facts: Facts, instance_class: str) -> InstanceClass | None:
    """The smallest class of the family with more memory; None when it is the largest, or unknown."""
    size = facts.instance_class(instance_class)
    if size is None:
        return None
    larger = [
        other for other in facts.classes.values() if other.family == size.family and other.memory_gib > size.memory_gib
    ]
    return min(larger, key=lambda other: other.memory_gib) if larger else None


def _same_size(facts: Facts, instance_class: str, families: tuple[str, ...]) -> InstanceClass | None:
    size = instance_class.split(".")[-1]
    for family in families:
        found = facts.instance_class(f"db.{family}.{size}")
        if found is not None:
            return found
    return None
