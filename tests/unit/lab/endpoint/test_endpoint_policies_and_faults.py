"""What policies allow, what faults strike, and which of both are refused as unjudgeable."""

from __future__ import annotations

from typing import Any

import pytest

from rdsops.lab.endpoint.contract import Who
from rdsops.lab.endpoint.faults import Fault, Kind
from rdsops.lab.endpoint.permissions import PolicyRefused, action_name, parse_policy

WHO = Who("111122223333", "eu-west-1", "arn:aws:iam::111122223333:user/x")


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize(
    ("statement", "action", "allowed"),
    [
        ({"Effect": "Allow", "Action": "rds:Describe*"}, "rds:DescribeDBInstances", True),
        ({"Effect": "Allow", "Action": "RDS:describe*"}, "rds:DescribeDBInstances", True),
        ({"Effect": "Allow", "Action": "rds:Describe*"}, "rds:ModifyDBInstance", False),
        ({"Effect": "Allow", "Action": "rds:DescribeDBInstance"}, "rds:DescribeDBInstances", False),
        ({"Effect": "Allow", "Action": "rds:DescribeDB????????s"}, "rds:DescribeDBInstances", True),
        ({"Effect": "Allow", "Action": ["a:b", "rds:*"]}, "rds:DeleteDBInstance", True),
        ({"Effect": "Allow", "Action": []}, "rds:DeleteDBInstance", False),
        ({"Effect": "Allow", "NotAction": "iam:*"}, "rds:DeleteDBInstance", True),
        ({"Effect": "Allow", "NotAction": "rds:*"}, "rds:DeleteDBInstance", False),
        ({"Effect": "Deny", "Action": "*"}, "rds:DeleteDBInstance", False),
    ],
)
def test_a_statement_covers_what_its_patterns_say(statement: dict[str, Any], action: str, allowed: bool) -> None:
    assert parse_policy(policy({"Resource": "*", **statement})).allows(action) is allowed


def test_a_deny_wins() -> None:
    parsed = parse_policy(
        policy({"Effect": "Allow", "Action": "*"}, {"Effect": "Deny", "Action": "rds:Delete*", "Resource": "*"})
    )
    assert parsed.allows("rds:DescribeDBInstances")
    assert not parsed.allows("rds:DeleteDBInstance")


def test_an_allow_for_some_resources_is_listed_as_unjudged() -> None:
    parsed = parse_policy(
        policy(
            {"Sid": "Secrets", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "arn:x"},
            {"Effect": "Allow", "Action": "rds:*", "Resource": "*"},
        )
    )
    assert parsed.unjudged == ("Secrets",)
    assert parsed.allows("secretsmanager:GetSecretValue")


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        policy({"Effect": "Maybe", "Action": "*"}),
        policy({"Effect": "Allow"}),
        policy({"Effect": "Allow", "Action": "*", "NotAction": "*"}),
        policy({"Effect": "Allow", "Action": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
        policy({"Effect": "Deny", "Action": "*", "Resource": "arn:aws:rds:*:*:db:prod-*"}),
    ],
)
def test_what_cannot_be_judged_is_refused(document: Any) -> None:
    with pytest.raises(PolicyRefused):
        parse_policy(document)


def test_actions_have_iams_names() -> None:
    assert action_name("resourcegroupstaggingapi", "GetResources") == "tag:GetResources"
    assert action_name("s3", "ListBuckets") == "s3:ListAllMyBuckets"


def test_a_ratio_is_near_its_share_and_differs_by_seed() -> None:
    def hits(seed: int) -> list[bool]:
        fault = Fault(kind=Kind.THROTTLE, operations="*", ratio=0.1, seed=seed)
        return [fault.strikes("rds:DescribeDBInstances", n) for n in range(5000)]

    assert 400 < sum(hits(1)) < 600
    assert hits(1) == hits(1)
    assert hits(1) != hits(2)


def test_no_ratio_never_strikes_and_the_whole_always() -> None:
    never, always = (Fault(kind=Kind.CUT, operations="*", ratio=ratio) for ratio in (0.0, 1.0))
    assert not any(never.strikes("x:Y", n) for n in range(200))
    assert all(always.strikes("x:Y", n) for n in range(200))


def test_a_fault_concerns_its_operations_account_region_and_pages() -> None:
    fault = Fault(kind=Kind.CUT, operations="rds:Describe*", account="111122223333", pages_only=True)
    assert fault.concerns(WHO, "rds:DescribeDBInstances", True)
    assert not fault.concerns(WHO, "rds:DescribeDBInstances", False)
    assert not fault.concerns(WHO, "rds:ModifyDBInstance", True)
    assert not fault.concerns(Who("444455556666", "eu-west-1", "arn"), "rds:DescribeDBInstances", True)
