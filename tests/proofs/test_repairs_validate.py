"""Every API call of a repair is one that AWS would understand: names and types held against botocore's model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
import msgspec
import pytest
from botocore.validate import ParamValidator

from rdsops.advise.book import RULES
from rdsops.advise.finding import ApiCall, Finding
from rdsops.advise.review import review
from rdsops.app.facts import packaged_facts
from rdsops.fleet.fleet import Fleet
from rdsops.testing.healthy import healthy
from rdsops.testing.ill import ill_fleets


@cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def findings() -> Iterator[Finding]:
    rules = [rule for rule in RULES if not rule.sql]
    for fleet in (healthy(), *ill_fleets()):
        yield from review(fleet, packaged_facts(), rules).findings


FINDINGS = tuple(findings())
CALLS = {repr(call): (finding.rule, call) for finding in FINDINGS for call in finding.repair.calls}


@pytest.mark.parametrize(("rule", "call"), [pytest.param(*each, id=key[:80]) for key, each in CALLS.items()])
def test_a_call_is_valid(rule: str, call: ApiCall) -> None:
    operations = model(call.service)
    assert call.operation in operations.operation_names, rule
    shape = operations.operation_model(call.operation).input_shape
    report = ParamValidator().validate(dict(call.parameters), shape)
    assert not report.has_errors(), f"{rule}: {report.generate_report()}"


def test_the_proof_refuses_a_wrong_type_and_a_wrong_name() -> None:
    shape = model("rds").operation_model("ModifyDBInstance").input_shape
    validate = ParamValidator().validate
    assert validate({"DBInstanceIdentifier": "a", "MultiAZ": "yes"}, shape).has_errors()
    assert validate({"DBInstanceIdentifier": "a", "MultiAz": True}, shape).has_errors()


def test_the_ill_fleets_bring_most_repairs_to_light() -> None:
    assert len(CALLS) >= 30
    called = {call.operation for _, call in CALLS.values()}
    assert {"ModifyDBInstance", "ModifyDBCluster", "ModifyDBParameterGroup", "ModifyDBProxy"} <= called


def test_every_evidence_tells_what_value_source_and_time() -> None:
    for finding in FINDINGS:
        assert finding.evidence, finding.rule
        for item in finding.evidence:
            assert item.what and item.value and item.source and item.at, finding.rule


def test_no_call_carries_a_password() -> None:
    text = msgspec.json.encode([call for _, call in CALLS.values()]).decode()
    assert '"MasterUserPassword"' not in text


def test_a_fleet_is_ill_in_one_way_at_a_time() -> None:
    fleets: list[Fleet] = list(ill_fleets())
    assert len(fleets) == len({msgspec.json.encode(fleet.regions) for fleet in fleets}) >= 20
