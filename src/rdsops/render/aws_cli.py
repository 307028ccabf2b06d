"""An API call as the AWS CLI command a person can paste."""

from __future__ import annotations

import json
import re
from shlex import quote

from rdsops.advise.finding import ApiCall

_WORD_BEFORE_CAPITALISED = re.compile(r"(.)([A-Z][a-z]+)")
_LOWER_BEFORE_UPPER = re.compile(r"([a-z0-9])([A-Z])")
_PLURAL_ACRONYM = re.compile(r"[A-Z]{2,}s$")


def kebab(name: str) -> str:
    """A botocore name as the AWS CLI spells it.

    >>> kebab("DBInstanceIdentifier"), kebab("MultiAZ"), kebab("EnableIAMDatabaseAuthentication")
    ('db-instance-identifier', 'multi-az', 'enable-iam-database-authentication')
    """
    plural = _PLURAL_ACRONYM.search(name)
    if plural:
        name = name[: plural.start()] + "-" + plural.group().lower()
    name = _WORD_BEFORE_CAPITALISED.sub(r"\1-\2", name)
    return re.sub("-+", "-", _LOWER_BEFORE_UPPER.sub(r"\1-\2", name)).lower()


def command(call: ApiCall, region: str | None) -> str:
    """One line of shell; every value quoted.

    >>> command(ApiCall(service="rds", operation="ModifyDBInstance",
    ...     parameters={"DBInstanceIdentifier": "a b", "MultiAZ": True, "Iops": 3000}), "eu-west-1")
    "aws rds modify-db-instance --region eu-west-1 --db-instance-identifier 'a b' --multi-az --iops 3000"
    """
    words = ["aws", call.service, kebab(call.operation)]
    if region:
        words += ["--region", region]
    for name, value in call.parameters.items():
        option = kebab(name)
        match value:
            case True:
                words.append(f"--{option}")
            case False:
                words.append(f"--no-{option}")
            case list():
                words += [
                    f"--{option}",
                    *(quote(item if isinstance(item, str) else json.dumps(item)) for item in value),
                ]
            case dict():
                words += [f"--{option}", quote(json.dumps(value))]
            case _:
                words += [f"--{option}", quote(str(value))]
    return " ".join(words)
