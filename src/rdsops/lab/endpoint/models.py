"""botocore's API models, loaded once each and only when asked for; the truth for shapes, names, codes and statuses."""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import OperationNotFoundError, ServiceModel

SIGNED_AS: dict[str, str] = {
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "servicequotas": "service-quotas",
    "eventbridge": "events",
    "s3express": "s3",
}
"""SigV4 service names that are not botocore's; docdb and neptune sign as rds and are answered by it."""

_loader = Loader()


def service_signed_as(signing_name: str) -> str:
    """botocore's name of the service that a request was signed for.

    >>> service_signed_as("monitoring"), service_signed_as("rds")
    ('cloudwatch', 'rds')
    """
    return SIGNED_AS.get(signing_name, signing_name)


@cache
def service_model(service: str) -> Any | None:
    """The ServiceModel of one service; None when botocore has none of that name."""
    try:
        description = _loader.load_service_model(service, "service-2")
    except UnknownServiceError:
        return None
    return ServiceModel(description, service_name=service)


@cache
def operation_model(service: str, operation: str) -> Any | None:
    """The OperationModel; None when the service or the operation is not in botocore's model."""
    model = service_model(service)
    if model is None:
        return None
    try:
        return model.operation_model(operation)
    except OperationNotFoundError:
        return None


def known_operation(service: str, operation: str) -> Any:
    """The OperationModel of an operation that is known to be in the model."""
    model = operation_model(service, operation)
    assert model is not None, f"{service}:{operation} is not in botocore's model"
    return model


def protocols(service: str) -> tuple[str, ...]:
    """The wire protocols that the model lists, in botocore's words; empty for an unknown service."""
    model = service_model(service)
    if model is None:
        return ()
    listed = model.metadata.get("protocols") or [model.metadata["protocol"]]
    return tuple(listed)


@cache
def error_shapes(service: str) -> dict[str, Any]:
    """Error shapes of a service, by wire code and by shape name (the wire code wins where they collide)."""
    model = service_model(service)
    if model is None:
        return {}
    found: dict[str, Any] = {}
    for shape in model.error_shapes:
        found.setdefault(shape.name, shape)
    for shape in model.error_shapes:
        code = shape.metadata.get("error", {}).get("code")
        if code:
            found[code] = shape
    return found
