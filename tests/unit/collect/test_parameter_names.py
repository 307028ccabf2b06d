"""The defaults that are asked for are at least those that rules read."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import rdsops.advise as advise_room
from rdsops.advise.book import RULES
from rdsops.advise.review import answers
from rdsops.advise.view import Setting, View
from rdsops.app.facts import packaged_facts
from rdsops.collect.parameter_names import DEFAULTS_READ
from rdsops.fleet.instances import Instance
from rdsops.lab.rds.parameter_groups import CLUSTER, INSTANCE, family_parameters
from rdsops.testing.healthy import healthy

FAMILIES = ("postgres15", "postgres18", "mariadb10.11", "aurora-postgresql16")


def words_of_rules() -> set[str]:
    """Every text written out in the room of rules."""
    found = set()
    for file in Path(advise_room.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def test_no_rule_names_a_parameter_whose_default_is_not_asked_for() -> None:
    every = {
        parameter["ParameterName"]
        for family in FAMILIES
        for level in (INSTANCE, CLUSTER)
        if level is INSTANCE or family.startswith("aurora")
        for parameter in family_parameters(family, level)
    }
    assert len(every) > 500
    named = words_of_rules() & every
    assert len(named) >= 20
    assert named - set(DEFAULTS_READ) == set()


class Noting(View):
    """A view that notes the parameters it is asked for."""

    noted: set[str]

    def setting(self, instance: Instance, name: str) -> Setting:
        self.noted.add(name)
        return super().setting(instance, name)


def test_no_rule_reads_a_parameter_whose_default_is_not_asked_for() -> None:
    view = Noting(healthy(), packaged_facts())
    view.noted = set()
    told: list[Any] = [answer for rule in RULES for answer in answers(rule, view)]
    assert told
    assert len(view.noted) >= 10
    assert view.noted - set(DEFAULTS_READ) == set()


def test_names_are_told_once_and_in_order() -> None:
    assert list(DEFAULTS_READ) == sorted(set(DEFAULTS_READ))
