"""Judges calls by IAM policies: exactly the JSON that an operator would attach, as far as the lab can judge it.

Actions are judged. Resources are not: an Allow for some resources allows the action on all (listed in `unjudged`),
and what could only be got wrong (a Condition, a Deny for some resources) is refused when the policy is set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

IAM_PREFIX: dict[str, str] = {
    "resourcegroupstaggingapi": "tag",
    "service-quotas": "servicequotas",
    "cost-optimization-hub": "cost-optimization-hub",
}
"""IAM's word for a service where it is not botocore's name."""

ACTION_OF: dict[tuple[str, str], str] = {
    ("s3", "ListBuckets"): "s3:ListAllMyBuckets",
    ("s3", "ListObjects"): "s3:ListBucket",
    ("s3", "ListObjectsV2"): "s3:ListBucket",
    ("s3", "HeadBucket"): "s3:ListBucket",
    ("s3", "HeadObject"): "s3:GetObject",
    ("s3", "CopyObject"): "s3:PutObject",
    ("s3", "CreateMultipartUpload"): "s3:PutObject",
    ("s3", "UploadPart"): "s3:PutObject",
    ("s3", "CompleteMultipartUpload"): "s3:PutObject",
    ("s3", "DeleteObjects"): "s3:DeleteObject",
    ("s3", "GetBucketEncryption"): "s3:GetEncryptionConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "s3:GetLifecycleConfiguration",
    ("s3", "GetPublicAccessBlock"): "s3:GetBucketPublicAccessBlock",
}
"""Operations whose permission has another name (recalled: AWS service authorization reference)."""

FREE: frozenset[tuple[str, str]] = frozenset({("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")})
"""Operations that need no permission (recalled: AWS STS reference)."""


class PolicyRefused(ValueError):  # noqa: N818 - says what happened
    """A policy that the lab cannot judge; the message names the statement and the reason."""


@dataclass(frozen=True, slots=True)
class Statement:
    allows: bool
    actions: re.Pattern[str]
    negated: bool
    """The statement was written with NotAction."""

    def covers(self, action: str) -> bool:
        return (self.actions.fullmatch(action) is not None) is not self.negated


@dataclass(frozen=True, slots=True)
class Policy:
    """One parsed policy. unjudged: Allow statements whose resources are not all resources, by Sid or number."""

    statements: tuple[Statement, ...]
    unjudged: tuple[str, ...]

    def allows(self, action: str) -> bool:
        covering = [statement for statement in self.statements if statement.covers(action)]
        return bool(covering) and all(statement.allows for statement in covering)


def parse_policy(document: Any) -> Policy:
    """A policy from its JSON document (parsed). Raises PolicyRefused for what cannot be judged."""
    if not isinstance(document, dict) or "Statement" not in document:
        raise PolicyRefused("a policy is an object with Version and Statement")
    written = document["Statement"]
    statements = []
    unjudged = []
    for number, each in enumerate(written if isinstance(written, list) else [written], 1):
        if not isinstance(each, dict):
            raise PolicyRefused(f"statement {number} is no object")
        name = str(each.get("Sid") or number)
        statements.append(_statement(each, name))
        if _listed(each.get("Resource", "*")) != ["*"] or "NotResource" in each:
            unjudged.append(name)
    return Policy(tuple(statements), tuple(unjudged))


def action_name(service: str, operation: str) -> str:
    """The IAM action that an operation needs.

    >>> action_name("rds", "DescribeDBInstances"), action_name("s3", "ListObjectsV2")
    ('rds:DescribeDBInstances', 's3:ListBucket')
    """
    return ACTION_OF.get((service, operation)) or f"{IAM_PREFIX.get(service, service)}:{operation}"


def _statement(each: dict[str, Any], name: str) -> Statement:
    if each.get("Condition"):
        raise PolicyRefused(f"statement {name}: the lab judges no Condition")
    effect = each.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise PolicyRefused(f"statement {name}: Effect is Allow or Deny, not {effect!r}")
    if effect == "Deny" and (_listed(each.get("Resource", "*")) != ["*"] or "NotResource" in each):
        raise PolicyRefused(f"statement {name}: the lab judges no Deny for some resources only")
    if ("Action" in each) is ("NotAction" in each):
        raise PolicyRefused(f"statement {name}: one of Action and NotAction is needed")
    negated = "NotAction" in each
    return Statement(effect == "Allow", _any_of(_listed(each["NotAction" if negated else "Action"])), negated)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{wildcards(str(pattern))})" for pattern in patterns) or "(?!)", re.IGNORECASE)


def wildcards(pattern: str) -> str:
    """A regular expression for a pattern with * and ?.

    >>> wildcards("rds:Describe*")
    'rds:Describe.*'
    """
    return "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
