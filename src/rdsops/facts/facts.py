"""What AWS publishes, as one value: classes, lifecycles, prices, the catalogue of checks; each dated and sourced.

Nothing here reads a file: `app.facts` reads the data beside this module and passes the value in.
"""

from __future__ import annotations

from datetime import date

import msgspec


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where a table of facts comes from. read: the day it was read. standing: measured, read, recalled."""

    name: str
    read: date
    standing: str = "read"
    superseded_by: str | None = None
    """The API call that answers better."""


class InstanceClass(msgspec.Struct, frozen=True, kw_only=True):
    """A class's size. EBS figures None: not published for it."""

    name: str
    family: str
    vcpu: int
    memory_gib: float
    arch: str
    burstable: bool
    ebs_baseline_mbps: float | None = None
    ebs_max_mbps: float | None = None
    ebs_baseline_iops: int | None = None
    ebs_max_iops: int | None = None


class Lifecycle(msgspec.Struct, frozen=True, kw_only=True):
    """Support dates of one major. engine: API words (postgres, aurora-postgresql, mysql, aurora-mysql, mariadb)."""

    engine: str
    major: str
    standard_ends: date | None
    extended_year1_from: date | None = None
    extended_year3_from: date | None = None
    extended_ends: date | None = None


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """One price. key: what is priced, words joined by "/" (facts/prices.py says which)."""

    region: str
    key: str
    usd: float
    unit: str
    source: str
    as_of: date


class CatalogueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One check of the merged catalogue.

    elsewhere: (catalogue, id) pairs where another tool has an id for it; rivals: every tool that has it at all.
    """

    number: int
    category: str
    check: str
    data: str
    elsewhere: tuple[tuple[str, str], ...] = ()
    rivals: tuple[str, ...] = ()


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All facts. A lookup that finds nothing answers None: not known, never a guess."""

    classes: dict[str, InstanceClass]
    classes_source: Source
    lifecycles: tuple[Lifecycle, ...]
    lifecycles_source: Source
    prices: dict[str, Price]
    """"REGION KEY" -> price."""
    rows: dict[int, CatalogueRow]

    def instance_class(self, name: str) -> InstanceClass | None:
        """Size of a class; None for an unknown one and for db.serverless, which has no fixed size."""
        return self.classes.get(name)

    def lifecycle(self, engine: str, version: str) -> Lifecycle | None:
        """The lifecycle row of an engine version; None when no table has it (never "supported")."""
        major = major_of(engine, version)
        return next((row for row in self.lifecycles if row.engine == engine and row.major == major), None)

    def price(self, region: str, key: str) -> Price | None:
        return self.prices.get(f"{region} {key}")

    def catalogue(self, number: int) -> CatalogueRow:
        return self.rows[number]


class _Classes(msgspec.Struct):
    source: Source
    rows: list[InstanceClass]


class _Lifecycles(msgspec.Struct):
    source: Source
    rows: list[Lifecycle]


class _Prices(msgspec.Struct):
    rows: list[Price]


class _Catalogue(msgspec.Struct):
    source: Source
    rows: list[CatalogueRow]


def facts_from(*, classes: bytes, lifecycles: bytes, prices: bytes, checks: bytes) -> Facts:
    """Facts out of the JSON documents of facts/data, each {"source": …, "rows": […]}."""
    class_table = msgspec.json.decode(classes, type=_Classes)
    lifecycle_table = msgspec.json.decode(lifecycles, type=_Lifecycles)
    price_table = msgspec.json.decode(prices, type=_Prices)
    catalogue = msgspec.json.decode(checks, type=_Catalogue)
    return Facts(
        classes={row.name: row for row in class_table.rows},
        classes_source=class_table.source,
        lifecycles=tuple(lifecycle_table.rows),
        lifecycles_source=lifecycle_table.source,
        prices={f"{row.region} {row.key}": row for row in price_table.rows},
        rows={row.number: row for row in catalogue.rows},
    )


def major_of(engine: str, version: str) -> str:
    """The major of an engine version, in the words of the lifecycle table.

    >>> major_of("postgres", "16.4"), major_of("mysql", "8.0.36"), major_of("postgres", "9.6.24")
    ('16', '8.0', '9.6')
    >>> major_of("aurora-mysql", "8.0.mysql_aurora.3.08.0"), major_of("aurora-mysql", "5.7.mysql_aurora.2.11.1")
    ('8.0', '5.7')
    """
    parts = version.split(".")
    if engine in ("postgres", "aurora-postgresql") and int(parts[0]) >= 10:
        return parts[0]
    return ".".join(parts[:2])
