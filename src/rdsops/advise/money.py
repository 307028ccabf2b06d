"""Dollars a month out of the price book: quantity times price, with the arithmetic and the price's date in words.

A line without a price in its region makes the whole amount *not known*; nothing is taken from elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from rdsops.advise.finding import Money
from rdsops.advise.view import View
from rdsops.facts.facts import Price
from rdsops.facts.prices import is_old

SURCHARGE = "surcharge"
SAVING = "saving"


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity of something priced, a month. key: see facts/prices.py. A negative quantity is what is then paid."""

    key: str
    quantity: float
    what: str


def monthly(view: View, region: str, kind: str, *lines: Line) -> Money:
    """The sum of the lines in a region; not known, and saying so, when a price is missing."""
    priced: list[tuple[Line, Price]] = []
    missing: list[str] = []
    for line in lines:
        price = view.facts.price(region, line.key)
        if price is None:
            missing.append(line.key)
        else:
            priced.append((line, price))
    if missing:
        return not_known(kind, f"no price for {region}: {', '.join(sorted(set(missing)))}")
    oldest = min(price.as_of for _, price in priced)
    arithmetic = " ".join(_arithmetic(place, line, price) for place, (line, price) in enumerate(priced))
    old = any(is_old(price, view.now.date()) for _, price in priced)
    return Money(
        usd_month=round(sum(line.quantity * price.usd for line, price in priced), 2),
        kind=kind,
        why=f"list price: {arithmetic}" + (f"; price of {oldest}, older than 90 days: check it" if old else ""),
        source="; ".join(dict.fromkeys(price.source for _, price in priced)),
        as_of=oldest.isoformat(),
    )


def not_known(kind: str, why: str) -> Money:
    return Money(usd_month=None, kind=kind, why=why)


def _arithmetic(place: int, line: Line, price: Price) -> str:
    sign = ("- " if line.quantity < 0 else "+ ") if place else ("-" if line.quantity < 0 else "")
    return f"{sign}{line.what} {abs(line.quantity):,.6g} x ${price.usd:g} a {price.unit}"
