"""Three dates: the authority's, the server's, and the one of clients, which AWS cannot show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rdsops.advise.rule import Problem
from rdsops.advise.rules.certificates import CERTIFICATE_AUTHORITY, SERVER_CERTIFICATE
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.neighbours import Certificate
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.asking import ask, told
from rdsops.testing.fleets import NOW, cluster, fleet_of, instance, member, without

CURRENT = Certificate(id="rds-ca-rsa2048-g1", valid_till=NOW.replace(year=2061), is_default=True)


def ending(days: float) -> Fleet:
    certificate = Certificate(id="rds-ca-x", valid_till=NOW + timedelta(days=days))
    return fleet_of(instance(ca_certificate="rds-ca-x"), certificates=[CURRENT, certificate])


def authority(name: Any = "rds-ca-rsa2048-g1") -> Fleet:
    return fleet_of(instance(ca_certificate=name), certificates=[CURRENT])


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (authority(), "clear"),
        (authority("rds-ca-2019"), "critical"),
        (without(authority("rds-ca-2019"), "certificates"), "critical"),
        (authority("rds-ca-gone"), "high"),
        (without(authority("rds-ca-gone"), "certificates"), "not known"),
        (without(authority(), "certificates"), "not known"),
        (authority(UNSEEN), "not known"),
        (authority(None), "not applicable"),
        (ending(-1), "critical"),
        (ending(90), "high"),
        (ending(91), "medium"),
        (ending(365), "medium"),
        (ending(366), "clear"),
    ],
)
def test_certificate_authority(fleet: Fleet, answer: str) -> None:
    assert told(CERTIFICATE_AUTHORITY, fleet) == answer


def test_the_authority_moves_to_the_account_s_default_on_each_late_member() -> None:
    members = [member(f"billing-{n}", ca_certificate="rds-ca-2019" if n < 3 else CURRENT.id) for n in (1, 2, 3)]
    found = ask(CERTIFICATE_AUTHORITY, fleet_of(cluster(), *members, certificates=[CURRENT]))
    assert isinstance(found, Problem)
    assert [call.parameters["DBInstanceIdentifier"] for call in found.repair.calls] == ["billing-1", "billing-2"]
    assert {call.parameters["CACertificateIdentifier"] for call in found.repair.calls} == {"rds-ca-rsa2048-g1"}


@pytest.mark.parametrize(
    ("till", "answer"),
    [
        (NOW + timedelta(days=364), "clear"),
        (NOW + timedelta(days=31), "clear"),
        (NOW + timedelta(days=30), "high"),
        (NOW - timedelta(days=1), "critical"),
        (None, "not applicable"),
        (UNSEEN, "not known"),
    ],
)
def test_server_certificate_within_a_year_is_normal(till: Any, answer: str) -> None:
    assert told(SERVER_CERTIFICATE, fleet_of(instance(server_certificate_valid_till=till))) == answer
