"""The gate before every answer, own or moto's: it counts, permits and breaks, and it is where tests read the counts."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rdsops.lab.accounts import role_of
from rdsops.lab.endpoint.contract import AwsError, Who
from rdsops.lab.endpoint.faults import Fault, Kind
from rdsops.lab.endpoint.permissions import FREE, Policy, action_name, parse_policy


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """What calls are counted by."""

    account: str
    region: str
    service: str
    operation: str
    principal: str

    @property
    def action(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(slots=True)
class Count:
    """calls: all of them. further_pages: those that continued a list. refused: those that the gate refused or broke."""

    calls: int = 0
    further_pages: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Struck:
    """What the gate lets happen to an answer that may be given: nothing, or its half."""

    answer: Kind | None = None


class Cut(Exception):  # noqa: N818 - what happens to the connection
    """The connection is to be closed without an answer."""


@dataclass(slots=True)
class _Armed:
    fault: Fault
    seen: Counter[str] = field(default_factory=Counter)
    hits: int = 0


class Gate:
    """Counts, policies and faults of one endpoint. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Call, Count] = {}
        self._policies: dict[str, Policy] = {}
        self._faults: dict[int, _Armed] = {}
        self._last_id = 0

    # -- what tests and the control plane read and set

    def calls(self) -> dict[Call, Count]:
        with self._lock:
            return {call: Count(n.calls, n.further_pages, n.refused) for call, n in sorted(self._counts.items())}

    def calls_by_action(self) -> dict[str, int]:
        """Calls by "service:Operation", over all accounts, regions and principals."""
        found: Counter[str] = Counter()
        for call, count in self.calls().items():
            found[call.action] += count.calls
        return dict(found)

    def forget_calls(self) -> None:
        with self._lock:
            self._counts.clear()

    def permit(self, principal: str, policy: Any) -> None:
        """From now on this principal (user, role or session ARN, or account number) may do only what the policy allows.

        policy: an IAM policy document, parsed. Raises PolicyRefused when it cannot be judged.
        """
        parsed = parse_policy(policy)
        with self._lock:
            self._policies[principal] = parsed

    def permit_all(self, principal: str | None = None) -> None:
        """Take one principal's policy away; all of them when none is named."""
        with self._lock:
            if principal is None:
                self._policies.clear()
            else:
                self._policies.pop(principal, None)

    def policies(self) -> dict[str, Policy]:
        with self._lock:
            return dict(self._policies)

    def break_with(self, fault: Fault) -> int:
        """Arm a fault; the number to heal it by."""
        with self._lock:
            self._last_id += 1
            self._faults[self._last_id] = _Armed(fault)
            return self._last_id

    def heal(self, number: int | None = None) -> bool:
        """Disarm one fault, or all; whether there was one."""
        with self._lock:
            if number is not None:
                return self._faults.pop(number, None) is not None
            had = bool(self._faults)
            self._faults.clear()
            return had

    def faults(self) -> dict[int, tuple[Fault, int]]:
        """Armed faults and how often each has struck."""
        with self._lock:
            return {number: (armed.fault, armed.hits) for number, armed in self._faults.items()}

    # -- what the endpoint asks

    def enter(self, who: Who, service: str, operation: str, further_page: bool) -> Struck:
        """Let a call in. Raises AwsError when it is refused, Cut when its connection is to be closed."""
        call = Call(who.account, who.region, service, operation, who.principal)
        with self._lock:
            count = self._counts.setdefault(call, Count())
            count.calls += 1
            count.further_pages += further_page
            struck = self._struck(who, call.action, further_page)
            policy = self._policy_of(who)
        try:
            answer = _suffer(struck, who, service, operation)
            if policy is not None and (service, operation) not in FREE:
                action = action_name(service, operation)
                if not policy.allows(action):
                    raise denied(who.principal, action)
        except (AwsError, Cut):
            with self._lock:
                count.refused += 1
            raise
        return Struck(answer)

    def _struck(self, who: Who, action: str, further_page: bool) -> list[Fault]:
        hit = []
        for armed in self._faults.values():
            fault = armed.fault
            if not fault.concerns(who, action, further_page):
                continue
            if fault.times is not None and armed.hits >= fault.times:
                continue
            nth = armed.seen[action]
            armed.seen[action] += 1
            if fault.strikes(action, nth):
                armed.hits += 1
                hit.append(fault)
        return hit

    def _policy_of(self, who: Who) -> Policy | None:
        for name in (who.principal, role_of(who.principal), who.account):
            if name in self._policies:
                return self._policies[name]
        return None


def denied(principal: str, action: str) -> AwsError:
    """The refusal of an action that no policy allows, as AWS words it."""
    return AwsError(
        "AccessDenied",
        f"User: {principal} is not authorized to perform: {action} because no identity-based policy allows "
        f"the {action} action",
        403,
    )


def _suffer(faults: list[Fault], who: Who, service: str, operation: str) -> Kind | None:
    """Go through what struck a call, in order; the kind that breaks its answer, if any."""
    answer = None
    for fault in faults:
        match fault.kind:
            case Kind.DELAY:
                time.sleep(fault.delay_ms / 1000)
            case Kind.THROTTLE:
                raise AwsError("Throttling", "Rate exceeded")
            case Kind.ERROR:
                code = "ServiceUnavailable" if fault.status == 503 else "InternalFailure"
                raise AwsError(code, "The request processing has failed because of an unknown error.", fault.status)
            case Kind.DENY:
                raise denied(who.principal, action_name(service, operation))
            case Kind.EXPIRE:
                raise AwsError("ExpiredToken", "The security token included in the request is expired", 403)
            case Kind.CUT:
                raise Cut
            case Kind.HALF | Kind.GARBLE:
                answer = fault.kind
    return answer
