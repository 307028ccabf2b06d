"""Every metric that a rule reads is asked by the survey of the very thing it is read of, and is told as a need."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rdsops.advise import rules as room
from rdsops.advise.book import RULES
from rdsops.advise.review import answers
from rdsops.advise.view import View
from rdsops.app.facts import packaged_facts
from rdsops.collect.metrics import CLUSTER_METRICS, GLOBAL_METRICS, INSTANCE_METRICS, PROXY_METRICS, wanted
from rdsops.core.ids import SubjectRef
from rdsops.fleet.series import Series, Window
from rdsops.testing.healthy import healthy
from rdsops.testing.ill import ill_fleets

READERS = ("series", "measured")
"""Functions that look a series up: (…, metric, stat, Window.NAME)."""


@dataclass(frozen=True)
class Read:
    """One look-up in the source. metric None: no literal could be found for it."""

    where: str
    metric: str | None
    stat: str | None
    window: str


def reads() -> Iterator[Read]:
    for path in sorted(Path(room.__path__[0]).rglob("*.py")):
        tree = ast.parse(path.read_text())
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and _called(node) in READERS:
                        yield from _read(f"{path.name}:{node.lineno}", node, function, tree)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _read(where: str, call: ast.Call, function: ast.FunctionDef, tree: ast.Module) -> Iterator[Read]:
    windows = [
        each.attr
        for each in call.args
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == "Window"
    ]
    metrics = _words(call.args[-3], function, tree) if len(call.args) >= 4 else set()
    stats = _words(call.args[-2], function, tree) if len(call.args) >= 4 else set()
    if len(windows) != 1 or not metrics or not stats:
        yield Read(where, None, None, "")
        return
    for metric in metrics:
        for stat in stats:
            yield Read(where, metric, stat, Window[windows[0]].value)


def _words(node: ast.expr, function: ast.FunctionDef, tree: ast.Module) -> set[str]:
    """The literal, or, for a parameter of the function, the literals that its callers pass in that place."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    parameters = [argument.arg for argument in function.args.args]
    if not isinstance(node, ast.Name) or node.id not in parameters:
        return set()
    place = parameters.index(node.id)
    calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call) and _called(each) == function.name]
    passed = [call.args[place] for call in calls if len(call.args) > place]
    return {each.value for each in passed if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def asked() -> set[tuple[str, str, str]]:
    rows = [
        *((row.metric, row.asked) for row in INSTANCE_METRICS),
        *((metric, pairs) for metric, _, pairs, _ in CLUSTER_METRICS),
        *((metric, pairs) for metric, _, pairs in PROXY_METRICS),
        *((metric, pairs) for metric, _, pairs, _ in GLOBAL_METRICS),
    ]
    return {(metric, stat, window.value) for metric, pairs in rows for stat, window in pairs}


READS = sorted(dict.fromkeys(reads()), key=str)


def test_rules_read_metrics_at_all() -> None:
    assert len(READS) > 30


@pytest.mark.parametrize("read", READS, ids=lambda read: f"{read.where}-{read.metric}")
def test_what_a_rule_reads_is_asked(read: Read) -> None:
    assert read.metric is not None, f"{read.where}: write metric, statistic and window out, so that they can be proved"
    assert (read.metric, read.stat, read.window) in asked(), f"{read.where} reads what the survey does not ask"


def test_what_is_read_is_a_need_of_some_rule_and_the_reverse() -> None:
    needed = {
        need.removeprefix("cloudwatch:") for rule in RULES for need in rule.needs if need.startswith("cloudwatch:")
    }
    read = {each.metric for each in READS}
    assert read - needed == set()
    assert needed - read - {"DescribeAlarms"} == set()


class Recording(View):
    """A view that notes each series looked up."""

    looked_up: set[tuple[SubjectRef, str, str, Window]]

    def series(self, subject: SubjectRef, metric: str, stat: str, window: Window) -> Series:
        self.looked_up.add((subject, metric, stat, window))
        return super().series(subject, metric, stat, window)


def test_each_series_is_asked_of_the_very_thing_it_is_read_of() -> None:
    """Over the healthy fleet and its ills: a metric that exists for Aurora only is not read of RDS, and so on."""
    facts = packaged_facts()
    for fleet in (healthy(), *ill_fleets()):
        view = Recording(fleet, facts)
        view.looked_up = set()
        for rule in RULES:
            list(answers(rule, view))
        worlds = fleet.global_clusters.items
        ask = [one for region in fleet.regions for one in wanted(region, worlds, facts.classes, tuple(Window))]
        offered = {(one.subject, one.metric, one.stat, one.window) for one in ask}
        assert len(view.looked_up) > 100
        assert view.looked_up - offered == set()
