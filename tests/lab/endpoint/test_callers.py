"""Who may call a lab: account numbers, roles that trust, users with keys, and nobody else."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from botocore.exceptions import ClientError

from rdsops.lab.accounts import Accounts, Keys
from rdsops.lab.clock import Clock
from rdsops.lab.endpoint.behind import moto_backend
from rdsops.lab.endpoint.server import Endpoint
from tests.lab.endpoint.conftest import AWAY, HOME, REGION, MakeClient
from tests.lab.endpoint.toys import ToyRds


def assume(client: MakeClient, role: str, *, caller: str = HOME, session: str = "review", **more: object) -> Keys:
    answer = client("sts", account=caller).assume_role(
        RoleArn=f"arn:aws:iam::{AWAY}:role/{role}", RoleSessionName=session, **more
    )
    issued = answer["Credentials"]
    return Keys(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"], issued["Expiration"])


def test_a_twelve_digit_key_is_its_account(client: MakeClient) -> None:
    me = client("sts", account=AWAY).get_caller_identity()
    assert (me["Account"], me["Arn"]) == (AWAY, f"arn:aws:iam::{AWAY}:user/admin")
    assert me["UserId"].startswith("AIDA")


@pytest.mark.parametrize(
    ("service", "method", "code", "status"),
    [
        ("rds", "describe_db_instances", "InvalidClientTokenId", 403),
        ("cloudwatch", "list_metrics", "UnrecognizedClientException", 400),
        ("ec2", "describe_vpcs", "AuthFailure", 401),
        ("s3", "list_buckets", "InvalidAccessKeyId", 403),
    ],
)
def test_a_key_that_is_no_labs_is_refused_in_the_words_of_the_service(
    client: MakeClient, service: str, method: str, code: str, status: int
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(client(service, account="AKIAIOSFODNN7EXAMPLE"), method)()
    response = caught.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)


def test_an_unsigned_request_is_refused(endpoint: Endpoint) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(endpoint.url + "/?Action=DescribeDBInstances", timeout=20)
    with caught.value as refused:
        assert refused.code == 403
        assert b"<Code>MissingAuthenticationToken</Code>" in refused.read()


def test_a_presigned_url_is_signed(client: MakeClient) -> None:
    url = client("sts", account=AWAY).generate_presigned_url("get_caller_identity")
    with urllib.request.urlopen(url, timeout=20) as got:
        answer = ElementTree.fromstring(got.read())
    assert [e.text for e in answer.iter() if e.tag.endswith("Account")] == [AWAY]


def test_a_presigned_object_is_fetched_from_the_signers_account(client: MakeClient) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="presigned-1", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="presigned-1", Key="k", Body=b"text")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "presigned-1", "Key": "k"})
    with urllib.request.urlopen(url, timeout=20) as got:
        assert got.read() == b"text"


def test_a_role_that_trusts_leads_into_its_account_for_own_and_moto_alike(
    client: MakeClient, accounts: Accounts, rds: ToyRds
) -> None:
    accounts.add_role(AWAY, "fleet-reader", trusts=(HOME,))
    rds.instances[AWAY, REGION] = {"there": {"DBInstanceIdentifier": "there"}}
    moto_backend("secretsmanager", AWAY, REGION).create_managed_secret("rds", "away-only", "{}", "x", None, [])
    keys = assume(client, "fleet-reader")
    me = client("sts", keys=keys).get_caller_identity()
    assert (me["Account"], me["Arn"]) == (AWAY, f"arn:aws:sts::{AWAY}:assumed-role/fleet-reader/review")
    found = client("rds", keys=keys).describe_db_instances()["DBInstances"]
    assert [instance["DBInstanceIdentifier"] for instance in found] == ["there"]
    secrets = client("secretsmanager", keys=keys).list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert "away-only" in [secret["Name"] for secret in secrets]


def test_an_absent_a_distrusting_and_a_guarded_role_are_denied(client: MakeClient, accounts: Accounts) -> None:
    accounts.add_role(AWAY, "for-others", trusts=("777788889999",))
    accounts.add_role(AWAY, "guarded", trusts=(HOME,), external_id="sesame")
    for role in ("absent", "for-others", "guarded"):
        with pytest.raises(ClientError) as caught:
            assume(client, role)
        assert caught.value.response["Error"]["Code"] == "AccessDenied"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        wanted = f"User: arn:aws:iam::{HOME}:user/admin is not authorized to perform: sts:AssumeRole on resource: "
        assert caught.value.response["Error"]["Message"] == f"{wanted}arn:aws:iam::{AWAY}:role/{role}"
    assert assume(client, "guarded", ExternalId="sesame").token


def test_a_role_made_through_the_iam_api_can_be_assumed_as_its_trust_policy_says(client: MakeClient) -> None:
    for name, principal in (("made-open", HOME), ("made-shut", "777788889999")):
        trust = f'{{"Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"AWS":"{principal}"}}}}]}}'
        client("iam", account=AWAY).create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    assert assume(client, "made-open").token
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(client, "made-shut")


def test_keys_made_through_the_iam_api_are_their_users(client: MakeClient) -> None:
    iam = client("iam", account=AWAY)
    iam.create_user(UserName="terraform")
    made = iam.create_access_key(UserName="terraform")["AccessKey"]
    keys = Keys(made["AccessKeyId"], made["SecretAccessKey"])
    me = client("sts", keys=keys).get_caller_identity()
    assert me["Arn"] == f"arn:aws:iam::{AWAY}:user/terraform"
    assert [u["UserName"] for u in client("iam", keys=keys).list_users()["Users"]] == ["terraform"]


def test_temporary_credentials_expire_on_the_labs_clock(client: MakeClient, accounts: Accounts, clock: Clock) -> None:
    accounts.add_role(AWAY, "short", trusts=(HOME,))
    keys = assume(client, "short", DurationSeconds=900)
    rds, logs = client("rds", keys=keys), client("logs", keys=keys)
    rds.describe_db_instances()
    clock.step(timedelta(seconds=901))
    with pytest.raises(ClientError, match=r"\(ExpiredToken\)"):
        rds.describe_db_instances()
    with pytest.raises(ClientError, match=r"\(ExpiredTokenException\)"):
        logs.describe_log_groups()


def test_a_temporary_key_without_its_token_is_refused(client: MakeClient, accounts: Accounts) -> None:
    accounts.add_role(AWAY, "short", trusts=(HOME,))
    keys = assume(client, "short")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        client("rds", keys=Keys(keys.key_id, keys.secret)).describe_db_instances()


def test_a_session_token_is_the_caller_again(client: MakeClient) -> None:
    issued = client("sts").get_session_token()["Credentials"]
    keys = Keys(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"])
    assert client("sts", keys=keys).get_caller_identity()["Arn"] == f"arn:aws:iam::{HOME}:user/admin"


def test_a_chained_role_lasts_an_hour_at_most(client: MakeClient, accounts: Accounts) -> None:
    accounts.add_role(AWAY, "first", trusts=(HOME,))
    accounts.add_role(AWAY, "second", trusts=(f"arn:aws:iam::{AWAY}:role/first",))
    sts = client("sts", keys=assume(client, "first"))
    second = f"arn:aws:iam::{AWAY}:role/second"
    with pytest.raises(ClientError, match="role chaining"):
        sts.assume_role(RoleArn=second, RoleSessionName="chained", DurationSeconds=7200)
    assert sts.assume_role(RoleArn=second, RoleSessionName="chained", DurationSeconds=3600)["Credentials"]


def test_what_assume_role_does_not_take_is_refused_by_name(client: MakeClient, accounts: Accounts) -> None:
    accounts.add_role(AWAY, "first", trusts=(HOME,))
    with pytest.raises(ClientError, match="does not take Policy"):
        assume(client, "first", Policy='{"Version":"2012-10-17","Statement":[]}')


def test_the_secret_of_keys_is_not_shown() -> None:
    assert "hush" not in repr(Keys("AKIAEXAMPLE", "hush", "hush"))
