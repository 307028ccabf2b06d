"""Dashboards: bodies that are checked when they are put, global in an account as they are on AWS."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rdsops.lab.cloudwatch.refusals import not_found, wrong_value
from rdsops.lab.endpoint.contract import AwsError

WIDGETS = ("alarm", "custom", "explorer", "log", "metric", "text")
MOST_WIDGETS = 500
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


@dataclass(slots=True)
class Dashboard:
    account: str
    name: str
    body: str
    modified: datetime
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudwatch::{self.account}:dashboard/{self.name}"


class DashboardRoom:
    """The dashboards of each account; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], Dashboard] = {}

    def put(self, account: str, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        name, body = asked["DashboardName"], asked["DashboardBody"]
        if not _NAME.fullmatch(name):
            raise _refused(f"The dashboard name '{name}' may hold letters, digits, - and _ only, at most 255.")
        faults = body_faults(body)
        if faults:
            shown = "; ".join(f"{path}: {text}" for path, text in faults)
            raise _refused(f"The field DashboardBody must be a valid JSON object ({shown})")
        tags = {tag["Key"]: tag["Value"] for tag in asked.get("Tags") or ()}
        with self._lock:
            before = self._kept.get((account, name))
            kept_tags = before.tags if before is not None else tags
            self._kept[account, name] = Dashboard(account, name, body, now, kept_tags)
        return {"DashboardValidationMessages": []}

    def get(self, account: str, name: str) -> dict[str, Any]:
        with self._lock:
            found = self._kept.get((account, name))
        if found is None:
            raise not_found(f"Dashboard {name} does not exist.")
        return {"DashboardArn": found.arn, "DashboardBody": found.body, "DashboardName": name}

    def listed(self, account: str, prefix: str) -> dict[str, Any]:
        with self._lock:
            found = sorted(
                (one for (at, name), one in self._kept.items() if at == account and name.startswith(prefix)),
                key=lambda one: one.name,
            )
        return {
            "DashboardEntries": [
                {
                    "DashboardName": one.name,
                    "DashboardArn": one.arn,
                    "LastModified": one.modified,
                    "Size": len(one.body.encode()),
                }
                for one in found
            ]
        }

    def delete(self, account: str, names: list[str]) -> None:
        if not names:
            raise wrong_value("DashboardNames must name at least one dashboard.")
        with self._lock:
            absent = [name for name in names if (account, name) not in self._kept]
            if absent:
                raise not_found(f"The dashboards {', '.join(absent)} do not exist.")
            for name in names:
                del self._kept[account, name]

    def by_arn(self, arn: str) -> Dashboard | None:
        with self._lock:
            return next((one for one in self._kept.values() if one.arn == arn), None)


def body_faults(body: str) -> list[tuple[str, str]]:
    """(path, what is wrong) of a dashboard's body; empty when it is well formed.

    >>> body_faults('{"widgets": [{"type": "text", "properties": {"markdown": "x"}}]}')
    []
    """
    try:
        tree = json.loads(body)
    except ValueError:
        return [("/", "is not JSON")]
    if not isinstance(tree, dict):
        return [("/", "is not an object")]
    widgets = tree.get("widgets")
    if not isinstance(widgets, list):
        return [("/widgets", "must be an array")]
    if len(widgets) > MOST_WIDGETS:
        return [("/widgets", f"must not have more than {MOST_WIDGETS} items")]
    return [fault for number, widget in enumerate(widgets) for fault in _widget_faults(f"/widgets/{number}", widget)]


def _widget_faults(path: str, widget: object) -> list[tuple[str, str]]:
    if not isinstance(widget, dict):
        return [(path, "must be an object")]
    faults: list[tuple[str, str]] = []
    if widget.get("type") not in WIDGETS:
        faults.append((f"{path}/type", f"must be one of {', '.join(WIDGETS)}"))
    if not isinstance(widget.get("properties"), dict):
        faults.append((f"{path}/properties", "must be an object"))
    elif widget.get("type") == "text" and not isinstance(widget["properties"].get("markdown"), str):
        faults.append((f"{path}/properties/markdown", "must be a string"))
    bounds = {"x": (0, 23), "y": (0, None), "width": (1, 24), "height": (1, 1000)}
    for name, (low, high) in bounds.items():
        given = widget.get(name)
        if given is None:
            continue
        if not isinstance(given, int) or isinstance(given, bool) or given < low or (high is not None and given > high):
            faults.append(
                (f"{path}/{name}", f"must be an integer of at least {low}" + (f", at most {high}" if high else ""))
            )
    return faults


def _refused(message: str) -> AwsError:
    return AwsError("InvalidParameterInput", message)
