"""Holds the input of an own operation against botocore's model: required members, enums, lengths and bounds.

Patterns are left to the services: many of the model's are written for another regular expression dialect.
"""

from __future__ import annotations

from typing import Any

from rdsops.lab.endpoint import models
from rdsops.lab.endpoint.contract import AwsError
from rdsops.lab.endpoint.wire import Protocol

MISSING: dict[str, str] = {
    "pi": "InvalidArgumentException",
    "pricing": "InvalidParameterException",
}
INVALID: dict[str, str] = {
    "pi": "InvalidArgumentException",
    "pricing": "InvalidParameterException",
    "sts": "ValidationError",
}
"""Codes by service where a service has its own; else the protocol's (see `_code`)."""


def refuse_invalid(service: str, protocol: Protocol, operation: Any, asked: dict[str, Any]) -> None:
    """Nothing when the input keeps the model's rules.

    Raises AwsError: MissingParameter or InvalidParameterValue in services that speak query (CloudWatch in each of its
    protocols), ValidationException in the others, or the service's own word.
    """
    shape = operation.input_shape
    if shape is None:
        return
    wrong = _first_wrong(shape, asked, "")
    if wrong is None:
        return
    kind, text = wrong
    if kind == "missing":
        raise AwsError(_code(MISSING, "MissingParameter", service, protocol), text)
    raise AwsError(code_for_invalid(service, protocol), text)


def code_for_invalid(service: str, protocol: Protocol) -> str:
    """The code by which a service refuses a value or a name that it does not take."""
    return _code(INVALID, "InvalidParameterValue", service, protocol)


def _code(of_services: dict[str, str], in_query: str, service: str, protocol: Protocol) -> str:
    if service in of_services:
        return of_services[service]
    speaks_query = protocol in (Protocol.QUERY, Protocol.EC2) or Protocol.QUERY.value in models.protocols(service)
    return in_query if speaks_query else "ValidationException"


def _first_wrong(shape: Any, value: Any, path: str) -> tuple[str, str] | None:
    """What is wrong ("missing" or "invalid") and in which words; None when nothing is."""
    kind = shape.type_name
    if kind == "structure":
        for name in shape.required_members:
            if name not in value:
                return "missing", f"The request must contain the parameter {path}{name}."
        for name, below in value.items():
            wrong = _first_wrong(shape.members[name], below, f"{path}{name}.")
            if wrong is not None:
                return wrong
        return None
    name = path[:-1]
    if kind == "list":
        for number, below in enumerate(value, 1):
            wrong = _first_wrong(shape.member, below, f"{path}{number}.")
            if wrong is not None:
                return wrong
        return _out_of_bounds(shape, len(value), name, "have length")
    if kind == "map":
        for key, below in value.items():
            wrong = _first_wrong(shape.value, below, f"{path}{key}.")
            if wrong is not None:
                return wrong
        return _out_of_bounds(shape, len(value), name, "have length")
    if kind == "string":
        allowed = shape.metadata.get("enum")
        if allowed and value not in allowed:
            text = f"Value '{value[:80]}' at '{name}' failed to satisfy constraint: "
            return "invalid", text + f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        return _out_of_bounds(shape, len(value), name, "have length")
    if kind in ("integer", "long", "float", "double"):
        return _out_of_bounds(shape, value, name, "have value")
    return None


def _out_of_bounds(shape: Any, measure: float, name: str, have: str) -> tuple[str, str] | None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    text = f"Value at '{name}' failed to satisfy constraint: Member must {have} "
    if least is not None and measure < least:
        return "invalid", text + f"greater than or equal to {least}"
    if most is not None and measure > most:
        return "invalid", text + f"less than or equal to {most}"
    return None
