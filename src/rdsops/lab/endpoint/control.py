"""The control plane under /_rdsops/: status, counts, faults, policies, in json, for whoever holds the lab's token."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from rdsops.lab.endpoint.faults import parse_fault
from rdsops.lab.endpoint.gate import Gate
from rdsops.lab.endpoint.permissions import PolicyRefused
from rdsops.lab.endpoint.refusals import Reply

PREFIX = "/_rdsops/"


class Control:
    """Answers the control plane of one endpoint. status: what `GET /_rdsops/status` says besides the gate's state."""

    def __init__(self, gate: Gate, token: str, status: Callable[[], Mapping[str, Any]]) -> None:
        self._gate = gate
        self._token = token
        self._status = status

    def reply(self, environ: dict[str, Any], body: bytes) -> Reply:
        if not hmac.compare_digest(environ.get("HTTP_AUTHORIZATION", "").encode(), f"Bearer {self._token}".encode()):
            return _json(401, {"error": "the control plane wants the bearer token of the lab's state file"})
        query = parse_qs(environ.get("QUERY_STRING", ""))
        asked = (environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix(PREFIX))
        try:
            match asked:
                case ("GET", "status"):
                    return _json(200, {**self._status(), "faults": self._faults(), "policies": self._policies()})
                case ("GET", "calls"):
                    return _json(200, {"calls": self._calls()})
                case ("DELETE", "calls"):
                    self._gate.forget_calls()
                    return _json(200, {})
                case ("GET", "faults"):
                    return _json(200, {"faults": self._faults()})
                case ("POST", "faults"):
                    return _json(200, {"id": self._gate.break_with(parse_fault(_parsed(body)))})
                case ("DELETE", "faults"):
                    number = int(query["id"][0]) if "id" in query else None
                    healed = self._gate.heal(number)
                    return _json(404 if number is not None and not healed else 200, {"healed": healed})
                case ("PUT", "policies"):
                    self._gate.permit(_principal(query), _parsed(body))
                    return _json(200, {"policies": self._policies()})
                case ("DELETE", "policies"):
                    self._gate.permit_all(query["principal"][0] if "principal" in query else None)
                    return _json(200, {})
        except (ValueError, PolicyRefused) as wrong:
            return _json(400, {"error": str(wrong)})
        return _json(404, {"error": f"the control plane has no {' '.join(asked)}"})

    def _calls(self) -> list[dict[str, Any]]:
        return [
            {
                "account": call.account,
                "region": call.region,
                "service": call.service,
                "operation": call.operation,
                "principal": call.principal,
                "calls": count.calls,
                "further_pages": count.further_pages,
                "refused": count.refused,
            }
            for call, count in self._gate.calls().items()
        ]

    def _faults(self) -> list[dict[str, Any]]:
        return [{"id": n, "hits": hits, **fault.described()} for n, (fault, hits) in self._gate.faults().items()]

    def _policies(self) -> dict[str, Any]:
        return {name: {"unjudged": list(policy.unjudged)} for name, policy in self._gate.policies().items()}


def _principal(query: dict[str, list[str]]) -> str:
    if "principal" not in query:
        raise ValueError("?principal=ARN is missing")
    return query["principal"][0]


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as broken:
        raise ValueError(f"the body is not JSON: {broken}") from broken


def _json(status: int, said: Mapping[str, Any]) -> Reply:
    return Reply(status, json.dumps(said).encode() + b"\n", "application/json")
