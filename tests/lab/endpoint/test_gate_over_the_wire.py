"""The gate as clients meet it: counts, policies, and each fault, before own answers and moto's alike."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError
from botocore.parsers import ResponseParserError

from rdsops.lab.accounts import Accounts
from rdsops.lab.endpoint.faults import Fault, Kind
from rdsops.lab.endpoint.gate import Call
from rdsops.lab.endpoint.server import Endpoint
from tests.lab.endpoint.conftest import AWAY, HOME, REGION, MakeClient
from tests.lab.endpoint.toys import ToyRds

READ_ONLY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["rds:Describe*", "secretsmanager:ListSecrets"], "Resource": "*"}],
}


def test_calls_are_counted_by_who_where_and_what_and_pages_apart(
    client: MakeClient, endpoint: Endpoint, rds: ToyRds
) -> None:
    rds.instances[HOME, REGION] = {f"i{n:03}": {"DBInstanceIdentifier": f"i{n:03}"} for n in range(250)}
    list(client("rds").get_paginator("describe_db_instances").paginate())
    client("rds", account=AWAY, region="us-east-1").describe_db_instances()
    client("secretsmanager").list_secrets()
    home, away = f"arn:aws:iam::{HOME}:user/admin", f"arn:aws:iam::{AWAY}:user/admin"
    counted = {call: (count.calls, count.further_pages) for call, count in endpoint.gate.calls().items()}
    assert counted == {
        Call(HOME, REGION, "rds", "DescribeDBInstances", home): (3, 2),
        Call(AWAY, "us-east-1", "rds", "DescribeDBInstances", away): (1, 0),
        Call(HOME, REGION, "secretsmanager", "ListSecrets", home): (1, 0),
    }
    endpoint.gate.forget_calls()
    assert endpoint.gate.calls() == {}


def test_a_policy_holds_for_own_answers_and_for_moto(
    client: MakeClient, endpoint: Endpoint, accounts: Accounts
) -> None:
    keys = accounts.add_user(HOME, "reader")
    principal = f"arn:aws:iam::{HOME}:user/reader"
    endpoint.gate.permit(principal, READ_ONLY)
    client("rds", keys=keys).describe_db_instances()
    client("secretsmanager", keys=keys).list_secrets()
    with pytest.raises(ClientError) as caught:
        client("rds", keys=keys).add_tags_to_resource(ResourceName="arn:x", Tags=[])
    assert caught.value.response["Error"] == {
        "Type": "Sender",
        "Code": "AccessDenied",
        "Message": f"User: {principal} is not authorized to perform: rds:AddTagsToResource because no identity-based "
        "policy allows the rds:AddTagsToResource action",
    }
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    with pytest.raises(ClientError, match=r"\(AccessDeniedException\).*secretsmanager:GetSecretValue"):
        client("secretsmanager", keys=keys).get_secret_value(SecretId="x")
    with pytest.raises(ClientError, match=r"\(UnauthorizedOperation\).*ec2:DescribeVpcs"):
        client("ec2", keys=keys).describe_vpcs()
    assert client("sts", keys=keys).get_caller_identity()["Arn"] == principal
    client("rds").add_tags_to_resource(ResourceName="arn:x", Tags=[])
    endpoint.gate.permit_all()
    client("rds", keys=keys).add_tags_to_resource(ResourceName="arn:x", Tags=[])


def test_a_policy_of_a_role_holds_for_its_sessions(client: MakeClient, endpoint: Endpoint, accounts: Accounts) -> None:
    role = accounts.add_role(AWAY, "reader", trusts=(HOME,))
    endpoint.gate.permit(role.arn, READ_ONLY)
    issued = client("sts").assume_role(RoleArn=role.arn, RoleSessionName="me")["Credentials"]
    keys = type(accounts.add_user(HOME, "x"))(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"])
    client("rds", keys=keys).describe_db_instances()
    with pytest.raises(ClientError, match="AccessDenied"):
        client("cloudwatch", keys=keys).put_metric_data(Namespace="x", MetricData=[])


@pytest.mark.parametrize(
    ("service", "method", "code"),
    [
        ("rds", "describe_db_instances", "Throttling"),
        ("secretsmanager", "list_secrets", "ThrottlingException"),
        ("ec2", "describe_vpcs", "RequestLimitExceeded"),
        ("s3", "list_buckets", "SlowDown"),
    ],
)
def test_throttling_wears_the_code_of_its_protocol_and_clients_retry_it(
    client: MakeClient, endpoint: Endpoint, service: str, method: str, code: str
) -> None:
    endpoint.gate.break_with(Fault(kind=Kind.THROTTLE, operations=f"{service}:*", times=2))
    with pytest.raises(ClientError, match=rf"\({code}\)"):
        getattr(client(service), method)()
    answer = getattr(client(service, attempts=3), method)()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


def test_a_ratio_strikes_its_share_and_the_same_calls_again(client: MakeClient, endpoint: Endpoint) -> None:
    rds = client("rds")

    def struck() -> list[bool]:
        number = endpoint.gate.break_with(Fault(kind=Kind.THROTTLE, operations="rds:Describe*", ratio=0.3, seed=7))
        hits = []
        for _ in range(60):
            try:
                rds.describe_db_instances()
                hits.append(False)
            except ClientError:
                hits.append(True)
        endpoint.gate.heal(number)
        return hits

    first = struck()
    assert 8 <= sum(first) <= 28
    assert struck() == first


def test_a_5xx_is_typed_and_counted_as_refused(client: MakeClient, endpoint: Endpoint) -> None:
    endpoint.gate.break_with(Fault(kind=Kind.ERROR, operations="rds:DescribeDBInstances", status=503))
    with pytest.raises(ClientError) as caught:
        client("rds", attempts=3).describe_db_instances()
    assert caught.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    [count] = endpoint.gate.calls().values()
    assert (count.calls, count.refused) == (3, 3)


def test_a_denied_and_an_expired_call_wear_their_codes(client: MakeClient, endpoint: Endpoint) -> None:
    endpoint.gate.break_with(Fault(kind=Kind.DENY, operations="rds:DescribeDBInstances"))
    endpoint.gate.break_with(Fault(kind=Kind.EXPIRE, operations="secretsmanager:*"))
    with pytest.raises(ClientError, match=r"\(AccessDenied\).*not authorized to perform: rds:DescribeDBInstances"):
        client("rds").describe_db_instances()
    with pytest.raises(ClientError, match=r"\(ExpiredTokenException\)"):
        client("secretsmanager").list_secrets()
    client("rds").describe_events()


def test_a_delay_delays(client: MakeClient, endpoint: Endpoint) -> None:
    rds = client("rds")
    rds.describe_db_instances()
    endpoint.gate.break_with(Fault(kind=Kind.DELAY, operations="rds:DescribeDBInstances", delay_ms=300))
    began = time.monotonic()
    rds.describe_db_instances()
    assert time.monotonic() - began >= 0.3


def test_a_cut_connection_is_no_answer_and_a_retry_survives_it(client: MakeClient, endpoint: Endpoint) -> None:
    endpoint.gate.break_with(Fault(kind=Kind.CUT, operations="rds:*", times=2))
    with pytest.raises((ConnectionClosedError, HTTPClientError)):
        client("rds").describe_db_instances()
    assert client("rds", attempts=2).describe_db_instances()["DBInstances"] == []


def test_a_half_answer_never_looks_whole(client: MakeClient, endpoint: Endpoint, rds: ToyRds) -> None:
    rds.instances[HOME, REGION] = {f"i{n:03}": {"DBInstanceIdentifier": f"i{n:03}"} for n in range(50)}
    number = endpoint.gate.break_with(Fault(kind=Kind.HALF, operations="rds:DescribeDBInstances"))
    with pytest.raises((HTTPClientError, ResponseParserError)):
        client("rds").describe_db_instances()
    where = urlsplit(endpoint.url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port or 0, timeout=20)
    scope = f"AWS4-HMAC-SHA256 Credential={HOME}/20260501/{REGION}/rds/aws4_request"
    connection.request("POST", "/", body="Action=DescribeDBInstances", headers={"Authorization": scope})
    with pytest.raises(http.client.IncompleteRead):
        connection.getresponse().read()
    connection.close()
    endpoint.gate.heal(number)
    endpoint.gate.break_with(Fault(kind=Kind.GARBLE, operations="rds:DescribeDBInstances"))
    with pytest.raises(ResponseParserError):
        client("rds").describe_db_instances()


def test_a_fault_may_strike_further_pages_only(client: MakeClient, endpoint: Endpoint, rds: ToyRds) -> None:
    rds.instances[HOME, REGION] = {f"i{n:03}": {"DBInstanceIdentifier": f"i{n:03}"} for n in range(150)}
    endpoint.gate.break_with(Fault(kind=Kind.ERROR, operations="rds:*", pages_only=True))
    pages = client("rds").get_paginator("describe_db_instances").paginate()
    seen: list[int] = []
    with pytest.raises(ClientError, match="InternalFailure"):
        seen.extend(len(page["DBInstances"]) for page in pages)
    assert seen == [100]


def test_a_fault_may_strike_one_account_or_region_only(client: MakeClient, endpoint: Endpoint) -> None:
    endpoint.gate.break_with(Fault(kind=Kind.DENY, operations="rds:*", account=AWAY, region="us-east-1"))
    client("rds").describe_db_instances()
    client("rds", account=AWAY).describe_db_instances()
    with pytest.raises(ClientError, match="AccessDenied"):
        client("rds", account=AWAY, region="us-east-1").describe_db_instances()


# -- the control plane


def control(
    endpoint: Endpoint, method: str, what: str, said: object = None, token: str | None = None
) -> tuple[int, Any]:
    sent = urllib.request.Request(
        f"{endpoint.url}/_rdsops/{what}",
        method=method,
        data=None if said is None else said.encode() if isinstance(said, str) else json.dumps(said).encode(),
        headers={"Authorization": f"Bearer {token or endpoint.control_token}"},
    )
    try:
        with urllib.request.urlopen(sent, timeout=20) as got:
            return got.status, json.loads(got.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read())


def test_the_control_plane_arms_and_heals_faults(client: MakeClient, endpoint: Endpoint) -> None:
    status, made = control(endpoint, "POST", "faults", {"kind": "throttle", "operations": "rds:*", "ratio": 1.0})
    assert status == 200
    with pytest.raises(ClientError, match="Throttling"):
        client("rds").describe_db_instances()
    _, told = control(endpoint, "GET", "status")
    assert [(fault["id"], fault["hits"], fault["kind"]) for fault in told["faults"]] == [(made["id"], 1, "throttle")]
    assert told["services"] == {"rds": 7, "cloudwatch": 4, "pi": 2, "sts": 3}
    assert control(endpoint, "DELETE", f"faults?id={made['id']}") == (200, {"healed": True})
    assert control(endpoint, "DELETE", f"faults?id={made['id']}") == (404, {"healed": False})
    client("rds").describe_db_instances()


def test_the_control_plane_tells_and_forgets_calls(client: MakeClient, endpoint: Endpoint) -> None:
    client("rds").describe_db_instances()
    _, told = control(endpoint, "GET", "calls")
    [call] = told["calls"]
    assert (call["operation"], call["calls"], call["region"]) == ("DescribeDBInstances", 1, REGION)
    control(endpoint, "DELETE", "calls")
    assert control(endpoint, "GET", "calls") == (200, {"calls": []})


def test_the_control_plane_sets_policies(client: MakeClient, endpoint: Endpoint) -> None:
    principal = f"arn:aws:iam::{HOME}:user/admin"
    status, _ = control(endpoint, "PUT", f"policies?principal={principal}", READ_ONLY)
    assert status == 200
    with pytest.raises(ClientError, match="AccessDenied"):
        client("cloudwatch").put_metric_data(Namespace="x", MetricData=[])
    control(endpoint, "DELETE", "policies")
    client("cloudwatch").put_metric_data(Namespace="x", MetricData=[])


@pytest.mark.parametrize(
    ("method", "what", "said", "word"),
    [
        ("POST", "faults", {"kind": "melt", "operations": "rds:*"}, "kind is one of"),
        ("POST", "faults", {"kind": "throttle"}, "operations"),
        ("POST", "faults", {"kind": "throttle", "operations": "rds:*", "ratio": 2}, "ratio is 2"),
        ("POST", "faults", {"kind": "throttle", "operations": "rds:*", "colour": 2}, "colour"),
        ("POST", "faults", {"kind": "delay", "operations": "rds:*"}, "delay_ms"),
        ("POST", "faults", "{", "not JSON"),
        ("PUT", "policies", {}, "principal"),
        (
            "PUT",
            "policies?principal=x",
            {"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"a": 1}}},
            "Condition",
        ),
    ],
)
def test_the_control_plane_refuses_what_it_cannot_do(
    endpoint: Endpoint, method: str, what: str, said: object, word: str
) -> None:
    status, answer = control(endpoint, method, what, said)
    assert status == 400
    assert word in answer["error"]
    assert endpoint.gate.faults() == {}


def test_the_control_plane_wants_its_token(endpoint: Endpoint) -> None:
    status, answer = control(endpoint, "GET", "status", token="guess")
    assert status == 401
    assert "services" not in answer
