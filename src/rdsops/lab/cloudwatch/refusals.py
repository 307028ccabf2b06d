"""How the lab's CloudWatch says no: typed errors with the wire codes of botocore's model."""

from __future__ import annotations

from rdsops.lab.endpoint.contract import AwsError


def invalid(message: str) -> AwsError:
    """GetMetricData, ListMetrics' filters and the alarms word a wrong request so."""
    return AwsError("ValidationError", message)


def wrong_value(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)


def wrong_combination(message: str) -> AwsError:
    return AwsError("InvalidParameterCombination", message)


def missing(member: str) -> AwsError:
    return AwsError("MissingParameter", f"The parameter {member} is required.")


def bad_token() -> AwsError:
    return AwsError("InvalidNextToken", "The next token that was given is not one of this request.")


def not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFound", message, 404)


def not_emulated(what: str) -> AwsError:
    """A feature of CloudWatch that the lab does not have: said by name, never answered by an empty result."""
    return AwsError("ValidationError", f"rdsops lab: not emulated: {what}")
