"""TLS: the group, the cluster's group and the family's default decide; what none of them shows is not known."""

from __future__ import annotations

from typing import Any

import pytest

from rdsops.advise.rule import Problem
from rdsops.advise.rules.transport import PROXY_TLS_NOT_REQUIRED, TLS_NOT_REQUIRED
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.instances import GroupAttachment
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.asking import ask, ask_all, told
from rdsops.testing.fleets import cluster, family, fleet_of, group, instance, mariadb, member, proxy, without


def postgres(default: str | None = "1", **settings: str) -> Fleet:
    return fleet_of(instance(), group(cluster_level=False, **settings), family("postgres17", rds__force_ssl=default))


def maria(default: str | None = "0", **settings: str) -> Fleet:
    own = group("shop-mariadb1011", "mariadb10.11", cluster_level=False, **settings)
    return fleet_of(mariadb(), own, family("mariadb10.11", require_secure_transport=default))


@pytest.mark.parametrize(
    ("fleet", "answer"),
    [
        (postgres("1"), "clear"),
        (postgres("0"), "medium"),
        (postgres("0", rds__force_ssl="1"), "clear"),
        (postgres("1", rds__force_ssl="0"), "medium"),
        (postgres(None), "not known"),
        (without(postgres("1"), "families"), "not known"),
        (without(postgres("1"), "parameter_groups"), "not known"),
        (maria("0"), "medium"),
        (maria(None), "medium"),
        (maria("0", require_secure_transport="1"), "clear"),
        (maria("0", require_secure_transport="ON"), "clear"),
        (fleet_of(instance(engine="oracle-ee")), "not applicable"),
    ],
)
def test_tls_not_required(fleet: Fleet, answer: str) -> None:
    assert told(TLS_NOT_REQUIRED, fleet) == answer


def aurora(**settings: str) -> Fleet:
    return fleet_of(
        cluster(),
        *(member(f"billing-{n}") for n in (1, 2, 3)),
        group("billing-apg16", "aurora-postgresql16"),
        group("billing-aurora16", "aurora-postgresql16", cluster_level=True, **settings),
        family("aurora-postgresql16", cluster_level=True, rds__force_ssl="0"),
        family("aurora-postgresql16"),
    )


def test_a_cluster_is_told_once_and_repaired_in_its_cluster_group() -> None:
    assert list(ask_all(TLS_NOT_REQUIRED, aurora())) == ["billing"]
    found = ask(TLS_NOT_REQUIRED, aurora())
    assert isinstance(found, Problem)
    assert len(found.evidence) == 3
    (call,) = found.repair.calls
    assert call.operation == "ModifyDBClusterParameterGroup"
    assert call.parameters["Parameters"] == [
        {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
    ]
    assert told(TLS_NOT_REQUIRED, aurora(rds__force_ssl="1")) == "clear"


def test_a_default_group_cannot_be_changed_so_no_call_is_given() -> None:
    attached = (GroupAttachment("default.postgres14", "in-sync"),)
    fleet = fleet_of(
        instance(parameter_groups=attached),
        group("default.postgres14", "postgres14"),
        family("postgres14", rds__force_ssl="0"),
    )
    found = ask(TLS_NOT_REQUIRED, fleet)
    assert isinstance(found, Problem)
    assert found.repair.calls == ()


@pytest.mark.parametrize(("seen", "answer"), [(False, "medium"), (True, "clear"), (UNSEEN, "not known")])
def test_proxy_tls(seen: Any, answer: str) -> None:
    assert told(PROXY_TLS_NOT_REQUIRED, fleet_of(proxy(require_tls=seen))) == answer
