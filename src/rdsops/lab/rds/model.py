"""What botocore's model says about RDS: the wire code of an error, the shape of an input. It holds no state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from rdsops.lab.endpoint.contract import AwsError

Record: TypeAlias = dict[str, Any]
"""One thing in botocore's output shape. A record is replaced, never changed in place: readers need no lock."""


@cache
def service_model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("rds", "service-2"), "rds")


def fault(shape: str, message: str) -> AwsError:
    """The error of a declared shape ("DBInstanceNotFoundFault"), with the code and status that travel on the wire."""
    error = service_model().shape_for(shape).metadata.get("error", {})
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


def check_input(operation: str, params: Mapping[str, Any]) -> None:
    """Refuses what botocore's input shape forbids: missing and unknown members, wrong types, words outside an enum."""
    shape = service_model().operation_model(operation).input_shape
    if shape is None:
        return
    for name in shape.required_members:
        if params.get(name) is None:
            raise AwsError("MissingParameter", f"The request must contain the parameter {name}.")
    report = ParamValidator().validate(params, shape)
    if report.has_errors():
        raise invalid(report.generate_report())
    for where, value, allowed in _outside_enum(shape, params, ""):
        raise invalid(f"Invalid value '{value}' for {where}; valid values: {', '.join(allowed)}")


def _outside_enum(shape: Any, value: Any, where: str) -> Iterator[tuple[str, str, list[str]]]:
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            if name in value:
                yield from _outside_enum(member, value[name], f"{where}.{name}".lstrip("."))
    elif shape.type_name == "list":
        for item in value:
            yield from _outside_enum(shape.member, item, where)
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield where, value, shape.enum
