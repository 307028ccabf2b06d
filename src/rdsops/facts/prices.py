"""The price book: what a price is called, and where a user's own list joins the bundled one.

A price has a region, a key and a unit. Keys:

    storage/TYPE                 GB-month of gp2, gp3, io1, io2, standard; .../multi-az for a standby's copy too
    storage/TYPE/iops            IOPS-month above what is included; .../multi-az likewise
    storage/standard/io          million requests
    backup/rds, backup/aurora    GB-month beyond what is free
    aurora/storage, aurora/io    GB-month; million requests. aurora-iopt1/storage: I/O-Optimized
    serverless/acu               ACU-hour; serverless/acu/aurora-iopt1
    instance/ENGINE/CLASS        hour, one zone; .../multi-az, .../aurora-iopt1 are prices of their own
    extended-support/vcpu/year1  vCPU-hour; .../year3; extended-support/acu/year1, .../year3 by ACU-hour
    credits/rds, credits/aurora  vCPU-hour of CPU credits above the earned ones
    backtrack, snapshot-export

A key without a row in a region is not known: nothing is scaled from another region, engine or deployment.
Multi-AZ is not twice one zone but a row of its own.
"""

from __future__ import annotations

from datetime import date

import msgspec

from rdsops.core.errors import UsageError
from rdsops.facts.facts import Facts, Price

OLD_AFTER_DAYS = 90
"""A price older than this is marked where it is shown (the number is a judgement)."""


class _Document(msgspec.Struct):
    rows: list[Price]


def with_prices(facts: Facts, document: bytes) -> Facts:
    """`facts` with the rows of a price book laid over the bundled ones; its row wins for the same region and key.

    document: JSON, {"rows": [{"region", "key", "usd", "unit", "source", "as_of"}, …]}.
    Raises UsageError for another shape, a negative price, or two rows on one region and key.
    """
    try:
        rows = msgspec.json.decode(document, type=_Document).rows
    except msgspec.DecodeError as wrong:
        raise UsageError(f"the price book cannot be read: {wrong}") from wrong
    added: dict[str, Price] = {}
    for row in rows:
        name = f"{row.region} {row.key}"
        if name in added:
            raise UsageError(
                f"the price book has two prices for {row.key} in {row.region}: {added[name].usd} and {row.usd}",
                hint="keep the row that is yours; rdsops takes neither the first nor the cheapest",
            )
        if row.usd < 0:
            raise UsageError(f"the price book has a negative price for {row.key} in {row.region}: {row.usd}")
        added[name] = row
    return msgspec.structs.replace(facts, prices={**facts.prices, **added})


def is_old(price: Price, today: date) -> bool:
    """Whether a price is to be marked as old."""
    return (today - price.as_of).days > OLD_AFTER_DAYS


def instance_key(engine: str, instance_class: str, *, multi_az: bool = False, storage_type: str | None = None) -> str:
    """The key of an instance hour.

    >>> instance_key("aurora-mysql", "db.r7g.large", storage_type="aurora-iopt1")
    'instance/aurora-mysql/db.r7g.large/aurora-iopt1'
    """
    key = f"instance/{engine}/{instance_class}"
    if storage_type == "aurora-iopt1":
        return f"{key}/aurora-iopt1"
    return f"{key}/multi-az" if multi_az else key
