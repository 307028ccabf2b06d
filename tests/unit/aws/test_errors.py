"""Every refusal of AWS is one of five, and none of them carries a secret."""

from __future__ import annotations

import pytest

from rdsops.aws.errors import AwsError, Denied, Failed, NoCredentials, Throttled, Unsupported, of_code, safe, translated

ASKED = "rds:DescribeDBInstances"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDenied", Denied),
        ("AccessDeniedException", Denied),
        ("UnauthorizedOperation", Denied),
        ("Throttling", Throttled),
        ("RequestLimitExceeded", Throttled),
        ("InvalidAction", Unsupported),
        ("UnknownOperationException", Unsupported),
        ("ExpiredToken", NoCredentials),
        ("UnrecognizedClientException", NoCredentials),
        ("InternalFailure", Failed),
        ("DBSnapshotNotFound", Failed),
        ("SomethingOfNextYear", Failed),
    ],
)
def test_a_code_is_one_of_five(code: str, kind: type[AwsError]) -> None:
    error = of_code(ASKED, code, "because")
    assert type(error) is kind
    assert error.operation == ASKED


def test_a_denial_names_the_permission_that_aws_names() -> None:
    said = "User: arn:aws:iam::111122223333:user/me is not authorized to perform: kms:Decrypt on resource: key/1"
    error = of_code("secretsmanager:GetSecretValue", "AccessDeniedException", said)
    assert isinstance(error, Denied)
    assert error.permission == "kms:Decrypt"
    assert error.hint == "allow kms:Decrypt"


def test_a_denial_that_names_nothing_asks_for_the_operation() -> None:
    error = of_code(ASKED, "AccessDenied", "")
    assert error.hint == f"allow {ASKED}"


@pytest.mark.parametrize(
    "secret",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ASIAIOSFODNN7EXAMPLE1",
        "X-Amz-Security-Token=IQoJb3JpZ2luX2VjE",
        "password: hunter2",
        "Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYwJalrXUtnFEMI",
    ],
)
def test_no_secret_survives_what_a_service_wrote_back(secret: str) -> None:
    told = str(of_code(ASKED, "InternalFailure", f"the request with {secret} failed"))
    assert secret.split()[-1] not in told
    assert "the request with" in told


def test_what_a_service_wrote_back_is_one_short_line() -> None:
    assert "\n" not in safe("<html>\n" * 500)
    assert len(safe("word " * 500)) == 300


def test_a_wrong_signature_tells_nothing_of_what_was_signed() -> None:
    said = "The Canonical String for this request should have been 'GET / AWS4-HMAC-SHA256 x-amz-date'"
    assert "Canonical" not in str(of_code(ASKED, "SignatureDoesNotMatch", said))


@pytest.mark.parametrize("stumble", [ValueError("int('x')"), KeyError("Marker"), TypeError(), AttributeError("text")])
def test_a_parser_that_stumbles_is_a_broken_answer(stumble: Exception) -> None:
    with pytest.raises(Failed) as failed, translated(ASKED):
        raise stumble
    assert failed.value.code == "BrokenAnswer"
    assert "int('x')" not in str(failed.value)
