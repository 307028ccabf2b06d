"""What cannot be seen is told, and turns no answer into another."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest

from rdsops.lab.processes import processes
from tests.stories.labs import StoryLab

pytestmark = [pytest.mark.engines]

API_ONLY = ("--no-sql", "--skip", "postgres", "--skip", "mysql", "--skip", "performance", "--skip", "storage-*")
"""Rules whose answers do not change from one minute to the next."""


def answers(review: dict[str, Any]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """(rule, subject) of findings, and of what is not known."""
    return _keys(review["findings"]), _keys(review["not_known"])


def _keys(told: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(each["rule"], json.dumps(each["subject"], sort_keys=True)) for each in told}


def _whole_place(key: tuple[str, str]) -> set[tuple[str, str]]:
    rule, subject = key[0], json.loads(key[1])
    place = {"type": "region", "account": subject["account"], "region": subject.get("region")}
    return {(rule, json.dumps(place, sort_keys=True))}


@pytest.fixture(scope="module")
def whole(lab: StoryLab) -> dict[str, Any]:
    """A review through which everything of the API was seen."""
    return lab.review(*API_ONLY)[1]


@pytest.mark.parametrize(
    ("kind", "operation", "cause"),
    [
        ("deny", "rds:DescribeCertificates", "denied"),
        ("deny", "rds:DescribeDBSnapshots", "denied"),
        ("deny", "ec2:DescribeSecurityGroups", "denied"),
        ("deny", "cloudwatch:DescribeAlarms", "denied"),
        ("error", "rds:DescribeDBSubnetGroups", "failed"),
        ("garble", "rds:DescribeEventSubscriptions", "failed"),
        ("half", "rds:DescribeDBClusterSnapshots", "failed"),
        ("deny", "rds:DescribeDBInstances", "denied"),
    ],
)
def test_a_refused_call_is_a_gap_and_never_clear_and_never_wrong(
    kind: str, operation: str, cause: str, lab: StoryLab, whole: dict[str, Any]
) -> None:
    with lab.broken(kind, operation):
        code, review = lab.review(*API_ONLY)
    gaps = [gap for gap in review["gaps"] if gap["asked"] == operation]
    assert gaps
    assert {gap["cause"] for gap in gaps} == {cause}
    findings, unknown = answers(review)
    before, unknown_before = answers(whole)
    assert findings <= before, "a refused call made a finding"
    cleared = before - findings - unknown
    # Where the list of subjects is gone, the rule is not known for its whole place.
    assert {key for key in cleared if not unknown & _whole_place(key)} == set(), "a refused call cleared a finding"
    assert unknown - unknown_before
    assert code in (1, 3)


def test_throttling_costs_time_and_no_answer(lab: StoryLab, whole: dict[str, Any]) -> None:
    with lab.broken("throttle", "rds:Describe*", ratio=0.1, seed=7):
        _, review = lab.review(*API_ONLY)
    assert answers(review) == answers(whole)


def test_a_broken_page_keeps_what_was_read(lab: StoryLab, whole: dict[str, Any]) -> None:
    with lab.broken("error", "cloudwatch:GetMetricData"):
        _, review = lab.review("--no-sql", "--only", "cpu-high", "--only", "single-zone")
    assert {f["rule"] for f in review["findings"]} == {"single-zone"}
    assert {n["rule"] for n in review["not_known"]} == {"cpu-high"}


def test_exit_code_3_when_nothing_was_found_and_something_not_seen(lab: StoryLab) -> None:
    with lab.broken("deny", "rds:DescribeCertificates"):
        code, review = lab.review("--no-sql", "--only", "certificate-authority")
    assert review["findings"] == []
    assert review["not_known"]
    assert code == 3


@contextmanager
def other_secret(lab: StoryLab, name: str, text: str) -> Iterator[None]:
    """A master secret with another text, for a while."""
    rds = boto3.client("rds", **client(lab))
    arn = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]["MasterUserSecret"]["SecretArn"]
    secrets = boto3.client("secretsmanager", **client(lab))
    right = secrets.get_secret_value(SecretId=arn)["SecretString"]
    secrets.put_secret_value(SecretId=arn, SecretString=text or right)
    try:
        yield
    finally:
        secrets.put_secret_value(SecretId=arn, SecretString=right)


def client(lab: StoryLab) -> dict[str, Any]:
    env = lab.aws()
    return {
        "endpoint_url": env["AWS_ENDPOINT_URL"],
        "region_name": env["AWS_REGION"],
        "aws_access_key_id": env["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": env["AWS_SECRET_ACCESS_KEY"],
    }


def connections(review: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [
        g for g in review["gaps"] if g["asked"] == "sql:connect" and (g.get("subject") or "").endswith(f":db:{name}")
    ]


def test_a_wrong_password_is_a_gap_that_does_not_tell_it(lab: StoryLab) -> None:
    wrong = json.dumps({"username": "postgres", "password": "certainly-not-this-one"})
    with other_secret(lab, "orders", wrong):
        _, review = lab.review("--only", "pg-*")
    (gap,) = connections(review, "orders")
    assert "wrong user or password" in gap["detail"]
    assert "certainly-not-this-one" not in json.dumps(review)
    assert not [f for f in review["findings"] if "orders" in json.dumps(f["subject"])]


def test_a_frozen_database_is_a_gap(lab: StoryLab) -> None:
    engine = next(each for each in lab.standing.engines if each.id == "orders")
    tree = [p.pid for p in processes() if p.pid == engine.pid or p.parent == engine.pid]
    for pid in tree:
        os.kill(pid, signal.SIGSTOP)
    try:
        code, review = lab.review("--only", "pg-*")
    finally:
        for pid in tree:
            os.kill(pid, signal.SIGCONT)
    assert connections(review, "orders")
    assert code in (1, 3)
    assert not [f for f in review["findings"] if "orders" in json.dumps(f["subject"])]


def test_a_review_needs_exactly_its_printed_policy_and_writes_nothing(lab: StoryLab) -> None:
    standing = lab.standing
    role = standing.roles[0]
    policy = json.loads(lab.run("iam", "review", "--rds-secrets", "--role", role).out)
    principal = f"arn:aws:iam::{standing.account}:user/admin"
    assumed = f"arn:aws:sts::{role.split(':')[4]}:assumed-role/{role.rpartition('/')[2]}/rdsops"
    lab.control("DELETE", "calls")
    for who in (principal, assumed):
        lab.control("PUT", "policies", policy, principal=who)
    try:
        _, review = lab.review()
        assert [gap for gap in review["gaps"] if gap["cause"] == "denied" and not gap["asked"].startswith("sql:")] == []
        asked = {f"{call['service']}:{call['operation']}" for call in lab.control("GET", "calls")["calls"]}
        assert all(name.split(":")[1].startswith(("Describe", "Get", "List", "AssumeRole")) for name in asked)
        less = json.loads(json.dumps(policy))
        for statement in less["Statement"]:
            statement["Action"] = [a for a in statement["Action"] if a != "rds:DescribeCertificates"]
        lab.control("PUT", "policies", less, principal=principal)
        _, review = lab.review()
        denied = {
            gap["asked"] for gap in review["gaps"] if gap["cause"] == "denied" and gap["account"] == standing.account
        }
        assert {name for name in denied if not name.startswith("sql:")} == {"rds:DescribeCertificates"}
    finally:
        lab.control("DELETE", "policies")
