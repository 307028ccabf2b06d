"""How the lab's RDS refuses: errors with the codes that travel on the wire, which botocore's model knows. No state."""

from __future__ import annotations

from typing import Any, TypeAlias

from rdsops.lab.endpoint.contract import AwsError
from rdsops.lab.endpoint.models import service_model

Record: TypeAlias = dict[str, Any]
"""One thing in botocore's output shape. A record is replaced, never changed in place: readers need no lock."""


def fault(shape: str, message: str) -> AwsError:
    """The error of a declared shape ("DBInstanceNotFoundFault"), with the code and status that travel on the wire."""
    model = service_model("rds")
    assert model is not None
    error = model.shape_for(shape).metadata.get("error", {})
    return AwsError(str(error.get("code", shape)), message, int(error.get("httpStatusCode", 400)))


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)


def clash(message: str) -> AwsError:
    """Arguments that do not go together."""
    return AwsError("InvalidParameterCombination", message)


def not_done(operation: str, argument: str, why: str = "") -> AwsError:
    """The refusal of one argument by name: no argument is dropped in silence."""
    reason = f" ({why})" if why else ""
    return AwsError("InvalidParameterValue", f"rdsops lab: not emulated: argument {argument} of {operation}{reason}")


def not_emulated(what: str) -> AwsError:
    """The refusal of a question that the lab cannot answer honestly, worded like a missing operation."""
    return AwsError("InvalidAction", f"rdsops lab: not emulated: {what}")
