"""The endpoint: one program that knows the caller, asks the gate, and lets our service, moto or a refusal answer."""

from __future__ import annotations

import logging
import secrets
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from rdsops.lab.accounts import Accounts
from rdsops.lab.clock import Clock
from rdsops.lab.endpoint import behind, models
from rdsops.lab.endpoint.checking import refuse_invalid
from rdsops.lab.endpoint.contract import AwsError, Service, Who
from rdsops.lab.endpoint.control import PREFIX, Control
from rdsops.lab.endpoint.faults import Kind
from rdsops.lab.endpoint.gate import Cut, Gate
from rdsops.lab.endpoint.grades import LEFT_OUT, MOTO_REFUSED, MOTO_REFUSED_WHEN, Grade, Grades, not_emulated
from rdsops.lab.endpoint.http11 import Server
from rdsops.lab.endpoint.reading import parameters
from rdsops.lab.endpoint.refusals import COMMON, Reply, refused
from rdsops.lab.endpoint.sts import Sts
from rdsops.lab.endpoint.wire import Protocol, Request, continues, probable_protocol, request_of, scope_of
from rdsops.lab.endpoint.writing import CONTENT_TYPES, answer_body

log = logging.getLogger("rdsops.lab.endpoint")

GRADE_HEADER = "x-rdsops-lab-grade"


class Endpoint:
    """An AWS endpoint on loopback. services: our own; STS is added unless one of them is it.

    control_token: what the control plane asks for; made anew when not given. status: what `GET /_rdsops/status` adds.
    """

    def __init__(
        self,
        services: Iterable[Service],
        accounts: Accounts,
        clock: Clock,
        *,
        port: int = 0,
        control_token: str | None = None,
        status: Callable[[], Mapping[str, Any]] | None = None,
    ) -> None:
        own = tuple(services)
        if all(service.name != "sts" for service in own):
            own = (*own, Sts(accounts))
        self.accounts = accounts
        self.grades = Grades(own)
        self.gate = Gate()
        self.moto = behind.Moto()
        self.control_token = control_token or secrets.token_urlsafe(24)
        self._clock = clock
        self._own = own
        self._also = status
        self._control = Control(self.gate, self.control_token, self._status)
        accounts.also_look_for_roles(behind.role_made_by_api)
        accounts.also_look_for_users(behind.user_with_key)
        self._server = Server(self.reply, port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    def start(self) -> Endpoint:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    def __enter__(self) -> Endpoint:
        return self.start()

    def __exit__(self, *why: object) -> None:
        self.stop()

    def reply(self, environ: dict[str, Any]) -> Reply:
        """The reply to one request. Raises Cut when the connection is to be closed without one."""
        if environ["PATH_INFO"].startswith(PREFIX):
            return self._control.reply(environ, environ["wsgi.input"].read())
        return _Exchange(self, environ).reply()

    def _status(self) -> dict[str, Any]:
        told = dict(self._also()) if self._also is not None else {}
        return {
            "url": self.url,
            "now": self._clock.now().isoformat(),
            "services": {service.name: len(service.answers) for service in self._own},
            **told,
        }


class _Exchange:
    """One request on its way to its reply: what is known of it so far, so that a refusal is written right."""

    def __init__(self, endpoint: Endpoint, environ: dict[str, Any]) -> None:
        self._endpoint = endpoint
        self._environ = environ
        self._id = str(uuid.uuid4())
        self._service: str | None = None
        self._request: Request | None = None
        self._who: Who | None = None
        self._grade = Grade.REFUSED
        self._began = time.perf_counter()

    def reply(self) -> Reply:
        try:
            reply = self._answer()
        except AwsError as error:
            reply = self._refused(error)
        except Cut:
            self._note(0)
            raise
        except Exception:
            log.exception("defect request_id=%s asked=%s", self._id, self._asked())
            text = f"rdsops lab: a defect of the lab; the trace of request {self._id} is in its log"
            reply = self._refused(AwsError("InternalFailure", text, 500))
        self._note(reply.status)
        headers = (*reply.headers, ("x-amzn-RequestId", self._id), (GRADE_HEADER, self._grade.value))
        return replace(reply, headers=headers)

    def _answer(self) -> Reply:
        scope = scope_of(self._environ)
        if scope is None:
            raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
        self._service = scope.service
        principal = self._endpoint.accounts.caller(scope.key_id, scope.token)
        self._who = who = Who(principal.account, scope.region, principal.arn, principal.user_id)
        if models.service_model(scope.service) is None:
            raise not_emulated(scope.service, "*", "no service of this name in botocore's model")
        self._request = request = request_of(scope, self._environ)
        struck = self._endpoint.gate.enter(who, request.service, request.operation, continues(request))
        self._grade = self._endpoint.grades.grade(request.service, request.operation)
        reply = self._by_grade(who, request)
        if struck.answer is Kind.HALF:
            return replace(reply, cut=len(reply.body) // 2)
        if struck.answer is Kind.GARBLE:
            return replace(reply, body=reply.body[: len(reply.body) // 2])
        return reply

    def _by_grade(self, who: Who, request: Request) -> Reply:
        match self._grade:
            case Grade.OWN:
                return self._own(who, request)
            case Grade.MOTO:
                self._refuse_arguments(request)
                return self._endpoint.moto.answer(request, who.account, self._environ)
            case Grade.REFUSED:
                why = MOTO_REFUSED.get((request.service, request.operation)) or LEFT_OUT.get(request.service, "")
                raise not_emulated(request.service, request.operation, why)

    def _own(self, who: Who, request: Request) -> Reply:
        answer = self._endpoint.grades.answer(request.service, request.operation)
        operation = models.known_operation(request.service, request.operation)
        assert answer is not None, f"{self._asked()} is graded own and has no answer"
        asked = parameters(request)
        refuse_invalid(request.service, request.protocol, operation, asked)
        try:
            result = answer(who, asked)
        except AwsError as error:
            if not _is_declared(operation, error.code):
                log.warning("undeclared error=%s asked=%s", error.code, self._asked())
            raise
        body = answer_body(request.service, request.operation, request.protocol, result, self._id)
        headers = (("smithy-protocol", "rpc-v2-cbor"),) if request.protocol is Protocol.CBOR else ()
        return Reply(200, body, _content_type(request, operation), headers)

    def _refuse_arguments(self, request: Request) -> None:
        parameter, refused_values, why = MOTO_REFUSED_WHEN.get(
            (request.service, request.operation), ("", frozenset(), "")
        )
        for name, value in request.form:
            if name == parameter and value.lower() in refused_values:
                raise not_emulated(request.service, request.operation, f"{name}={value}: {why}")

    def _refused(self, error: AwsError) -> Reply:
        if self._request is not None:
            protocol, query_mode = self._request.protocol, self._request.query_mode
        else:
            protocol, query_mode = probable_protocol(self._environ, self._service), False
        if error.message.startswith("rdsops lab: not emulated"):
            self._grade = Grade.REFUSED
        reply = refused(self._service, protocol, error, self._id, query_mode)
        if protocol is Protocol.CBOR:
            return replace(reply, headers=(*reply.headers, ("smithy-protocol", "rpc-v2-cbor")))
        return reply

    def _asked(self) -> str:
        if self._request is None:
            return self._service or "?"
        return f"{self._request.service}:{self._request.operation}"

    def _note(self, status: int) -> None:
        """One line a request: no parameter and no body, for they may hold secrets. status 0: the connection was cut."""
        who = self._who
        log.info(
            "request asked=%s status=%d grade=%s account=%s region=%s ms=%.1f request_id=%s",
            self._asked(),
            status,
            self._grade.value,
            who.account if who else "-",
            who.region if who else "-",
            (time.perf_counter() - self._began) * 1000,
            self._id,
        )


_VALIDATION = frozenset({"InvalidParameterValue", "InvalidParameterCombination", "MissingParameter", "ValidationError"})


def _is_declared(operation: Any, code: str) -> bool:
    """Whether AWS may answer this error to this operation, by its model and the errors common to all services."""
    if code in COMMON or code in _VALIDATION or code == "ValidationException":
        return True
    return any(code in (shape.name, shape.metadata.get("error", {}).get("code")) for shape in operation.error_shapes)


def _content_type(request: Request, operation: Any) -> str:
    if request.protocol is Protocol.JSON:
        return f"application/x-amz-json-{operation.service_model.metadata.get('jsonVersion', '1.1')}"
    return CONTENT_TYPES[request.protocol]
