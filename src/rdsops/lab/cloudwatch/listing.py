"""ListMetrics: which metrics there are, 500 a page, in an order that does not move under the reader."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any

from rdsops.lab.cloudwatch.grid import seconds
from rdsops.lab.cloudwatch.refusals import not_emulated, wrong_value
from rdsops.lab.cloudwatch.store import LISTED_FOR_S, RECENT_S, MetricKey, MetricStore, Place
from rdsops.lab.cloudwatch.tokens import place_of, token

PAGE = 500


def list_metrics(store: MetricStore, place: Place, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A filter on a dimension finds every metric that has it, whatever else it has."""
    owner = asked.get("OwningAccount", place.account)
    if owner != place.account:
        raise not_emulated("metrics of another account (OwningAccount)")
    if asked.get("RecentlyActive") not in (None, "PT3H"):
        raise wrong_value("The only value of RecentlyActive is PT3H.")
    filters = tuple((one["Name"], one.get("Value")) for one in asked.get("Dimensions") or ())
    identity = (asked.get("Namespace"), asked.get("MetricName"), filters, asked.get("RecentlyActive"))
    after = tuple(place_of(asked["NextToken"], identity)["after"]) if asked.get("NextToken") else None
    since = seconds(now) - (RECENT_S if asked.get("RecentlyActive") else LISTED_FOR_S)
    keys = (
        key
        for key in store.keys(
            place,
            namespace=asked.get("Namespace"),
            name=asked.get("MetricName"),
            after=after[:2] if after is not None else ("", ""),
            active_since=since,
        )
        if _fits(key, filters) and (after is None or _order(key) > after)
    )
    page = list(islice(keys, PAGE + 1))
    answer: dict[str, Any] = {"Metrics": [shown(key) for key in page[:PAGE]]}
    if asked.get("IncludeLinkedAccounts"):
        answer["OwningAccounts"] = [place.account] * len(answer["Metrics"])
    if len(page) > PAGE:
        answer["NextToken"] = token(identity, {"after": _order(page[PAGE - 1])})
    return answer


def shown(key: MetricKey) -> dict[str, Any]:
    """A metric in botocore's words."""
    return {
        "Namespace": key.namespace,
        "MetricName": key.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in key.dimensions],
    }


def _fits(key: MetricKey, filters: tuple[tuple[str, str | None], ...]) -> bool:
    dimensions = dict(key.dimensions)
    return all(one in dimensions and value in (None, dimensions[one]) for one, value in filters)


def _order(key: MetricKey) -> tuple[str, ...]:
    return (key.namespace, key.name, *(part for pair in key.dimensions for part in pair))
