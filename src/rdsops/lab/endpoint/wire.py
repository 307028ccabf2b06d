"""What a request asks: by whose keys, of which service, which operation, in which protocol. It answers nothing."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import cbor2

from rdsops.lab.endpoint import models, rest_paths
from rdsops.lab.endpoint.contract import AwsError


class Protocol(StrEnum):
    """How a request is written, and therefore its answer."""

    QUERY = "query"
    EC2 = "ec2"
    JSON = "json"
    REST_JSON = "rest-json"
    REST_XML = "rest-xml"
    CBOR = "smithy-rpc-v2-cbor"


@dataclass(frozen=True, slots=True)
class Scope:
    """A SigV4 credential scope: who signed, for which region and service (botocore's name)."""

    key_id: str
    token: str | None
    date: str
    region: str
    service: str
    signing_name: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request, read once. form: query and ec2 parameters, in order. body: as sent, after gunzip."""

    scope: Scope
    protocol: Protocol
    operation: str
    body: bytes
    form: tuple[tuple[str, str], ...] = ()
    query_mode: bool = False
    """The client asked for the query protocol's error codes beside the json ones (x-amzn-query-mode)."""

    @property
    def service(self) -> str:
        return self.scope.service


def scope_of(environ: dict[str, Any]) -> Scope | None:
    """The credential scope of a request's Authorization header or presigned URL; None when it is not signed.

    S3's older presigned URLs (SigV2, boto3's default there) say no region: us-east-1, where S3 is one for all.
    Raises AwsError when it is signed in a way that cannot be read.
    """
    header = environ.get("HTTP_AUTHORIZATION")
    if header:
        return _scope_of_header(header, environ)
    presigned = parse_qs(environ.get("QUERY_STRING", ""))
    if "X-Amz-Credential" in presigned:
        token = presigned.get("X-Amz-Security-Token", [None])[0]
        return _scope(presigned["X-Amz-Credential"][0], token)
    if "AWSAccessKeyId" in presigned and "Signature" in presigned:
        token = presigned.get("x-amz-security-token", [None])[0]
        return Scope(presigned["AWSAccessKeyId"][0], token, "20060301", "us-east-1", "s3", "s3")
    return None


def body_of(environ: dict[str, Any]) -> bytes:
    """The whole body, uncompressed, with a fresh stream of what was sent left in its place."""
    length = environ.get("CONTENT_LENGTH") or "0"
    sent: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(sent)
    if environ.get("HTTP_CONTENT_ENCODING", "").lower() != "gzip":
        return sent
    try:
        return gzip.decompress(sent)
    except (OSError, EOFError, zlib.error) as broken:
        raise AwsError("SerializationException", f"the body is not gzip: {broken}") from broken


def request_of(scope: Scope, environ: dict[str, Any]) -> Request:
    """The operation that is asked for, and how.

    Raises AwsError (InvalidAction, UnknownOperationException) when none can be made out.
    """
    body = body_of(environ)
    path = environ.get("PATH_INFO", "/")
    query_mode = environ.get("HTTP_X_AMZN_QUERY_MODE", "").lower() == "true"
    target = environ.get("HTTP_X_AMZ_TARGET")
    if environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        return Request(scope, Protocol.CBOR, _cbor_operation(path), body, (), query_mode)
    if target:
        return Request(scope, Protocol.JSON, target.rpartition(".")[2], body, (), query_mode)
    spoken = models.protocols(scope.service)
    for rest in (Protocol.REST_XML, Protocol.REST_JSON):
        if rest.value in spoken:
            found = rest_paths.operation(scope.service, environ)
            if found is None:
                raise AwsError("UnknownOperationException", f"no operation of {scope.service} has this method and path")
            return Request(scope, rest, found, body, (), query_mode)
    form = _form(environ, body)
    action = next((value for name, value in form if name == "Action"), None)
    if action is None:
        raise AwsError("MissingAction", "the request names no operation (no Action, no X-Amz-Target)")
    protocol = Protocol.EC2 if Protocol.EC2.value in spoken else Protocol.QUERY
    return Request(scope, protocol, action, body, form, query_mode)


def probable_protocol(environ: dict[str, Any], service: str | None) -> Protocol:
    """The protocol to refuse a request in that could not be read to its end."""
    if environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        return Protocol.CBOR
    if environ.get("HTTP_X_AMZ_TARGET") or environ.get("CONTENT_TYPE", "").startswith("application/x-amz-json"):
        return Protocol.JSON
    spoken = models.protocols(service) if service else ()
    for protocol in (Protocol.EC2, Protocol.REST_XML, Protocol.REST_JSON):
        if protocol.value in spoken:
            return protocol
    if service and Protocol.QUERY.value not in spoken and Protocol.JSON.value in spoken:
        return Protocol.JSON
    return Protocol.QUERY


def continues(request: Request) -> bool:
    """Whether this call asks for a further page (Marker, NextToken)."""
    if request.form:
        return any(name in _PAGE_WORDS and value for name, value in request.form)
    if request.protocol not in (Protocol.JSON, Protocol.CBOR) or not any(word in request.body for word in _PAGE_BYTES):
        return False
    try:
        said = json.loads(request.body) if request.protocol is Protocol.JSON else cbor2.loads(request.body)
    except (ValueError, cbor2.CBORDecodeError):
        return False
    return isinstance(said, dict) and any(said.get(word) for word in _PAGE_WORDS)


_PAGE_WORDS = frozenset({"Marker", "NextToken", "nextToken", "PaginationToken"})
_PAGE_BYTES = tuple(word.encode() for word in sorted(_PAGE_WORDS))


def _scope_of_header(header: str, environ: dict[str, Any]) -> Scope:
    algorithm, _, rest = header.partition(" ")
    if algorithm != "AWS4-HMAC-SHA256":
        raise AwsError("IncompleteSignature", f"rdsops lab reads SigV4 (AWS4-HMAC-SHA256), not '{algorithm[:40]}'", 403)
    for part in rest.split(","):
        name, _, value = part.strip().partition("=")
        if name == "Credential":
            return _scope(value, environ.get("HTTP_X_AMZ_SECURITY_TOKEN"))
    raise AwsError("IncompleteSignature", "Authorization header requires 'Credential' parameter.", 403)


def _scope(credential: str, token: str | None) -> Scope:
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise AwsError("IncompleteSignature", "Credential must be KEY/DATE/REGION/SERVICE/aws4_request", 403)
    key_id, date, region, signing_name, _ = parts
    return Scope(key_id, token, date, region, models.service_signed_as(signing_name.lower()), signing_name)


def _cbor_operation(path: str) -> str:
    parts = path.strip("/").split("/")
    if len(parts) < 4 or parts[-4] != "service" or parts[-2] != "operation":
        raise AwsError("UnknownOperationException", "rpc-v2-cbor is asked at /service/NAME/operation/OPERATION")
    return parts[-1]


def _form(environ: dict[str, Any], body: bytes) -> tuple[tuple[str, str], ...]:
    in_url = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    try:
        in_body = parse_qsl(body.decode("utf-8"), keep_blank_values=True)
    except UnicodeDecodeError as broken:
        raise AwsError("MalformedInput", "the form is not UTF-8") from broken
    return tuple((name, value) for name, value in [*in_url, *in_body] if not name.startswith("X-Amz-"))
