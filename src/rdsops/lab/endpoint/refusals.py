"""Writes refusals as AWS words them in each protocol: code and status from the model, or from the common errors."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import cbor2

from rdsops.lab.endpoint import models
from rdsops.lab.endpoint.contract import AwsError
from rdsops.lab.endpoint.wire import Protocol
from rdsops.lab.endpoint.writing import CONTENT_TYPES, escaped

COMMON: dict[str, dict[Protocol, tuple[str, int]]] = {
    "AccessDenied": {
        Protocol.QUERY: ("AccessDenied", 403),
        Protocol.EC2: ("UnauthorizedOperation", 403),
        Protocol.JSON: ("AccessDeniedException", 400),
        Protocol.REST_JSON: ("AccessDeniedException", 403),
        Protocol.REST_XML: ("AccessDenied", 403),
        Protocol.CBOR: ("AccessDeniedException", 400),
    },
    "Throttling": {
        Protocol.QUERY: ("Throttling", 400),
        Protocol.EC2: ("RequestLimitExceeded", 503),
        Protocol.JSON: ("ThrottlingException", 400),
        Protocol.REST_JSON: ("ThrottlingException", 429),
        Protocol.REST_XML: ("SlowDown", 503),
        Protocol.CBOR: ("ThrottlingException", 400),
    },
    "ExpiredToken": {
        Protocol.QUERY: ("ExpiredToken", 403),
        Protocol.EC2: ("RequestExpired", 400),
        Protocol.JSON: ("ExpiredTokenException", 400),
        Protocol.REST_JSON: ("ExpiredTokenException", 403),
        Protocol.REST_XML: ("ExpiredToken", 400),
        Protocol.CBOR: ("ExpiredTokenException", 400),
    },
    "InvalidClientTokenId": {
        Protocol.QUERY: ("InvalidClientTokenId", 403),
        Protocol.EC2: ("AuthFailure", 401),
        Protocol.JSON: ("UnrecognizedClientException", 400),
        Protocol.REST_JSON: ("UnrecognizedClientException", 403),
        Protocol.REST_XML: ("InvalidAccessKeyId", 403),
        Protocol.CBOR: ("UnrecognizedClientException", 400),
    },
    "MissingAuthenticationToken": {
        Protocol.QUERY: ("MissingAuthenticationToken", 403),
        Protocol.EC2: ("AuthFailure", 401),
        Protocol.JSON: ("MissingAuthenticationTokenException", 400),
        Protocol.REST_JSON: ("MissingAuthenticationTokenException", 403),
        Protocol.REST_XML: ("AccessDenied", 403),
        Protocol.CBOR: ("MissingAuthenticationTokenException", 400),
    },
    "InvalidAction": {
        Protocol.QUERY: ("InvalidAction", 400),
        Protocol.EC2: ("InvalidAction", 400),
        Protocol.JSON: ("UnknownOperationException", 400),
        Protocol.REST_JSON: ("UnknownOperationException", 400),
        Protocol.REST_XML: ("UnknownOperationException", 400),
        Protocol.CBOR: ("UnknownOperationException", 400),
    },
    "InternalFailure": dict.fromkeys(Protocol, ("InternalFailure", 500)),
    "ServiceUnavailable": dict.fromkeys(Protocol, ("ServiceUnavailable", 503)),
}
"""Errors that every service may answer, by protocol (recalled from AWS's pages of common errors, not verified)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer ready for the wire. cut: bytes after which the connection is broken; None for a whole answer."""

    status: int
    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...] = field(default=())
    cut: int | None = None


def refused(
    service: str | None, protocol: Protocol, error: AwsError, request_id: str, query_mode: bool = False
) -> Reply:
    """The reply that carries an error, in the code and with the status that this service and protocol give it."""
    code, name, status = _worded(service, protocol, error)
    message = error.message
    headers: list[tuple[str, str]] = []
    if protocol in (Protocol.JSON, Protocol.CBOR) and query_mode:
        fault = "Sender" if status < 500 else "Receiver"
        headers.append(("x-amzn-query-error", f"{code};{fault}"))
    if protocol is Protocol.REST_JSON:
        headers.append(("x-amzn-errortype", name))
    if protocol is Protocol.CBOR:
        body = cbor2.dumps({"__type": name, "message": message})
    elif protocol in (Protocol.JSON, Protocol.REST_JSON):
        body = json.dumps({"__type": name, "message": message}).encode()
    else:
        body = _xml(service, protocol, code, message, "Sender" if status < 500 else "Receiver", request_id)
    return Reply(status, body, CONTENT_TYPES[protocol], tuple(headers))


def _worded(service: str | None, protocol: Protocol, error: AwsError) -> tuple[str, str, int]:
    """Wire code, shape name and HTTP status of an error, as this service's model has them."""
    shape = models.error_shapes(service).get(error.code) if service else None
    if shape is not None:
        modelled = shape.metadata.get("error", {})
        return modelled.get("code", shape.name), shape.name, modelled.get("httpStatusCode", error.status)
    common = COMMON.get(error.code)
    if common is not None:
        code, status = common[protocol]
        return code, code, status
    return error.code, error.code, error.status


def _xml(service: str | None, protocol: Protocol, code: str, message: str, fault: str, request_id: str) -> bytes:
    inside = f"<Code>{escaped(code)}</Code><Message>{escaped(message)}</Message>"
    if protocol is Protocol.EC2:
        text = f"<Response><Errors><Error>{inside}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    elif service == "s3":
        text = f"<Error>{inside}<RequestId>{request_id}</RequestId></Error>"
    else:
        model = models.service_model(service) if service else None
        namespace = model.metadata.get("xmlNamespace", "") if model is not None else ""
        spaced = f' xmlns="{namespace}"' if isinstance(namespace, str) and namespace else ""
        text = (
            f"<ErrorResponse{spaced}><Error><Type>{fault}</Type>{inside}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode()
