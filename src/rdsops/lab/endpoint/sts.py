"""STS as the lab answers it: who am I, and temporary credentials of roles that trust the caller."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rdsops.lab.accounts import Accounts, Keys, Principal, administrator
from rdsops.lab.endpoint.contract import Answer, AwsError, Who
from rdsops.lab.endpoint.gate import denied

CHAINED_AT_MOST = timedelta(hours=1)
"""A session of a role may assume another for one hour (recalled: AWS IAM guide, role chaining)."""

NOT_TAKEN = ("Policy", "PolicyArns", "Tags", "TransitiveTagKeys", "SerialNumber", "TokenCode", "ProvidedContexts")
"""Arguments of AssumeRole that would change what a session may do, and that the lab has nothing for."""


class Sts:
    """GetCallerIdentity, AssumeRole, GetSessionToken."""

    name = "sts"

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self.answers: Mapping[str, Answer] = {
            "AssumeRole": self.assume_role,
            "GetCallerIdentity": self.get_caller_identity,
            "GetSessionToken": self.get_session_token,
        }

    def get_caller_identity(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        return {
            "UserId": who.user_id or administrator(who.account).user_id,
            "Account": who.account,
            "Arn": who.principal,
        }

    def assume_role(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        for word in NOT_TAKEN:
            if word in asked:
                raise AwsError("ValidationError", f"rdsops lab: AssumeRole does not take {word}")
        caller = Principal(who.account, who.principal, who.user_id)
        role = self._accounts.role(asked["RoleArn"])
        if role is None or not role.lets_in(caller, asked.get("ExternalId")):
            raise AwsError(
                "AccessDenied",
                f"User: {who.principal} is not authorized to perform: sts:AssumeRole on resource: {asked['RoleArn']}",
                403,
            )
        if re.fullmatch(r"[\w+=,.@-]{2,64}", asked["RoleSessionName"]) is None:
            raise AwsError("ValidationError", "Value at 'roleSessionName' failed to satisfy constraint: [\\w+=,.@-]*")
        span = timedelta(seconds=asked.get("DurationSeconds", 3600))
        if ":assumed-role/" in who.principal and span > CHAINED_AT_MOST:
            text = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
            raise AwsError("ValidationError", text)
        keys, principal = self._accounts.assume(role, asked["RoleSessionName"], span)
        answer: dict[str, Any] = {
            "Credentials": _written(keys),
            "AssumedRoleUser": {"AssumedRoleId": principal.user_id, "Arn": principal.arn},
        }
        if "SourceIdentity" in asked:
            answer["SourceIdentity"] = asked["SourceIdentity"]
        return answer

    def get_session_token(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        for word in ("SerialNumber", "TokenCode"):
            if word in asked:
                raise AwsError("ValidationError", f"rdsops lab: GetSessionToken does not take {word}")
        if ":assumed-role/" in who.principal:
            raise denied(who.principal, "sts:GetSessionToken")
        caller = Principal(who.account, who.principal, who.user_id)
        span = timedelta(seconds=asked.get("DurationSeconds", 43200))
        return {"Credentials": _written(self._accounts.session_of(caller, span))}


def _written(keys: Keys) -> dict[str, Any]:
    return {
        "AccessKeyId": keys.key_id,
        "SecretAccessKey": keys.secret,
        "SessionToken": keys.token,
        "Expiration": keys.expires,
    }
