"""How a describe operation answers: which records, which filters, in pages. Unknown arguments are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from rdsops.lab.endpoint.paging import RDS, rds_page_size
from rdsops.lab.rds.model import Record, invalid, not_done
from rdsops.lab.rds.state import RdsState, Region, Store

Reads: TypeAlias = Callable[[Record], Iterable[str]]
"""The values of a record that a filter compares with."""


def values_of(*fields: str) -> Reads:
    """A filter over fields of the record, absent ones left out."""
    return lambda record: [str(record[one]) for one in fields if one in record]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One describe operation over a store.

    by: the argument that names one record, whose absence is an error. equal: arguments that must equal a field.
    filters: Filters by AWS's name. told: how a record is answered (what moves with time, tags).
    """

    operation: str
    out: str
    store: Callable[[RdsState, Region], Store]
    key: str
    by: str | None = None
    equal: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Reads] = field(default_factory=dict)
    told: Callable[[RdsState, Region, Record], Record] = lambda state, region, record: record

    def answer(self, state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
        refuse_unknown(self.operation, asked, (self.by, *self.equal))
        store = self.store(state, region)
        named = asked.get(self.by) if self.by else None
        records: Sequence[Record] = [store.get(bare(named))] if named else list(store)
        for argument, name in self.equal.items():
            if argument in asked:
                records = [one for one in records if one.get(name) == asked[argument]]
        records = filtered(self.operation, records, asked, self.filters)
        page = paged(records, lambda one: str(one[self.key]), asked)
        return {self.out: [self.told(state, region, one) for one in page[0]], **page[1]}


def bare(name: str) -> str:
    """The name in a name or an ARN, in lower case as RDS keeps it."""
    return (name.split(":", 6)[6] if name.startswith("arn:") and name.count(":") >= 6 else name).lower()


def refuse_unknown(operation: str, asked: Mapping[str, Any], known: Iterable[str | None]) -> None:
    """No argument of a question is dropped in silence either."""
    for name in sorted(set(asked) - {"Filters", "MaxRecords", "Marker", *known}):
        raise not_done(operation, name)


def filtered(
    operation: str, records: Sequence[Record], asked: Mapping[str, Any], filters: Mapping[str, Reads]
) -> Sequence[Record]:
    """Records that pass each of Filters; an ARN among the values means the name in it."""
    for one in asked.get("Filters", ()):
        reads = filters.get(one["Name"])
        if reads is None:
            raise invalid(f"Unrecognized filter name: {one['Name']} ({operation} knows {', '.join(filters) or 'none'})")
        wanted = {*one["Values"], *(bare(value) for value in one["Values"])}
        records = [record for record in records if wanted.intersection(reads(record))]
    return records


def paged(
    records: Iterable[Record], key: Callable[[Record], str], asked: Mapping[str, Any]
) -> tuple[Sequence[Record], dict[str, str]]:
    """A page, and {"Marker": …} when there is another one."""
    question = {name: value for name, value in asked.items() if name not in ("Marker", "MaxRecords")}
    page = RDS.page(
        records, key, token=asked.get("Marker"), size=rds_page_size(asked.get("MaxRecords")), question=question
    )
    return page.items, {"Marker": page.token} if page.token else {}
