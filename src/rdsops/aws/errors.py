"""What AWS's refusals mean: every error of boto3 becomes one of five, here and nowhere else.

No secret passes: what a service wrote back is shortened, and keys, tokens and signatures are struck out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from rdsops.core.errors import RdsopsError

_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "SlowDown",
        "PriorRequestNotComplete",
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
    }
)
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "NotAuthorized",
        "NotAuthorizedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "Forbidden",
        "403",
    }
)
_NOT_IDENTIFIED = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "IncompleteSignature",
        "MissingAuthenticationToken",
        "AuthFailure",
    }
)
_UNSUPPORTED = frozenset(
    {
        "InvalidAction",
        "UnknownOperation",
        "UnknownOperationException",
        "UnsupportedOperation",
        "UnsupportedOperationException",
        "NotImplemented",
        "OptInRequired",
        "SubscriptionRequiredException",
    }
)
INVALID_INPUT = frozenset(
    {
        "ValidationError",
        "ValidationException",
        "InvalidParameterValue",
        "InvalidParameterCombination",
        "InvalidParameterValueException",
        "MissingParameter",
    }
)
"""Codes that blame what was asked, not the service: asking for less of it may work."""

_NAMED_PERMISSION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z*]+)")
_SECRETS = (
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}"),
    re.compile(r"(?i)(?:x-amz-security-token|x-amz-signature|authorization|password|secret)\s*[=:]\s*\S+"),
    re.compile(r"(?i)encoded authorization failure message: \S+"),
    re.compile(r"[A-Za-z0-9+/=]{48,}"),
)
_LONGEST = 300


class AwsError(RdsopsError):
    """AWS did not answer. operation: "rds:DescribeDBInstances"; code: AWS's word, or the kind of breakage."""

    def __init__(self, operation: str, code: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(f"{operation}: {code}: {message}" if message else f"{operation}: {code}", hint=hint)
        self.operation = operation
        self.code = code
        self.detail = f"{code}: {message}" if message else code


class Denied(AwsError):  # noqa: N818 - says what happened
    """The caller may not. permission: the IAM action that would allow it. Asking again is useless."""

    def __init__(self, operation: str, code: str, message: str, *, permission: str) -> None:
        super().__init__(operation, code, message, hint=f"allow {permission}")
        self.permission = permission


class Throttled(AwsError):  # noqa: N818 - says what happened
    """Still throttled after every retry."""


class Unsupported(AwsError):  # noqa: N818 - says what happened
    """This endpoint does not know the operation (a lab that does not emulate it, a region without the service)."""


class Failed(AwsError):  # noqa: N818 - says what happened
    """The service broke, the line broke, or the answer was nonsense."""


class NoCredentials(AwsError):  # noqa: N818 - says what happened
    """AWS does not know who asks: no credentials, or expired, unknown or wrongly signed ones."""


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Run one call of a botocore client; whatever it raises comes out as one of the five."""
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectTimeoutError,
        EndpointConnectionError,
        NoCredentialsError,
        NoRegionError,
        PartialCredentialsError,
        ProfileNotFound,
        ReadTimeoutError,
        SSOError,
        TokenRetrievalError,
    )
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as error:
        raise of_code(
            operation,
            str(error.response.get("Error", {}).get("Code", "Unknown")),
            str(error.response.get("Error", {}).get("Message", "")),
        ) from None
    except ProfileNotFound as error:
        raise NoCredentials(operation, "ProfileNotFound", safe(error), hint="see ~/.aws/config") from None
    except (NoCredentialsError, PartialCredentialsError, SSOError, TokenRetrievalError) as error:
        raise NoCredentials(
            operation,
            type(error).__name__,
            safe(error),
            hint="pass --profile, run `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ) from None
    except NoRegionError as error:
        raise NoCredentials(operation, "NoRegion", safe(error), hint="pass --region, or set AWS_REGION") from None
    except (EndpointConnectionError, ConnectTimeoutError) as error:
        hint = "check the network, the region's name, and AWS_ENDPOINT_URL"
        raise Failed(operation, type(error).__name__, safe(error), hint=hint) from None
    except ReadTimeoutError as error:
        raise Failed(operation, "ReadTimeoutError", safe(error), hint="the service did not answer in time") from None
    except ResponseParserError:
        # Its message quotes the whole answer, which may be a page of HTML.
        raise Failed(operation, "ResponseParserError", "the answer is not what AWS's model describes") from None
    except BotoCoreError as error:
        raise Failed(operation, type(error).__name__, safe(error)) from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        # botocore's parsers let these through when a body is cut short or a number is no number.
        raise Failed(operation, "BrokenAnswer", f"the answer could not be read ({type(error).__name__})") from None


def of_code(operation: str, code: str, message: str) -> AwsError:
    """The error behind an error code as a service sent it.

    >>> type(of_code("rds:DescribeDBInstances", "ThrottlingException", "")).__name__
    'Throttled'
    """
    said = safe(message)
    if code in _THROTTLED:
        return Throttled(operation, code, said, hint="ask again later, or of fewer regions at a time")
    if code in _DENIED:
        named = _NAMED_PERMISSION.search(message)
        return Denied(operation, code, said, permission=named.group(1) if named else operation)
    if code in _NOT_IDENTIFIED:
        # What these services write back quotes the request that was signed.
        hint = "credentials expired or unknown here; a region may also have to be enabled for the account"
        return NoCredentials(operation, code, "", hint=hint)
    if code in _UNSUPPORTED or "not emulated" in message:
        return Unsupported(operation, code, said)
    return Failed(operation, code, said)


def safe(message: object) -> str:
    """What a service or botocore said, on one line, shortened, without anything that may be a secret.

    >>> safe("bad token\\n X-Amz-Security-Token=abc for AKIAIOSFODNN7EXAMPLE")
    'bad token … for …'
    """
    text = " ".join(str(message).split())
    for secret in _SECRETS:
        text = secret.sub("…", text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
