"""What can be made to go wrong on the wire, for which operations, how often: data, and the draw that decides.

The draw depends on the fault's seed, the operation and how many calls of it came before: the same calls meet the same
faults, whatever the threads do.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rdsops.lab.endpoint.contract import Who
from rdsops.lab.endpoint.permissions import wildcards


class Kind(StrEnum):
    """throttle, error (5xx), deny and expire answer errors; delay waits and goes on; cut closes without an answer;
    half breaks the connection in the middle of the answer; garble sends half of it as if it were whole."""

    THROTTLE = "throttle"
    ERROR = "error"
    DENY = "deny"
    EXPIRE = "expire"
    DELAY = "delay"
    CUT = "cut"
    HALF = "half"
    GARBLE = "garble"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """operations: a pattern over "service:Operation" ("rds:Describe*"). ratio: share of the matching calls, 0..1.

    times: at most so many hits, then it is over; None for ever. delay_ms: of kind delay. status: of kind error.
    pages_only: strikes only calls for a further page. account, region: None for all.
    """

    kind: Kind
    operations: str
    ratio: float = 1.0
    seed: int = 0
    times: int | None = None
    delay_ms: int = 0
    status: int = 500
    pages_only: bool = False
    account: str | None = None
    region: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.ratio <= 1:
            raise ValueError(f"ratio is {self.ratio}; it is a share from 0 to 1")
        if not 500 <= self.status <= 599:
            raise ValueError(f"status is {self.status}; an error of the service is 500 to 599")
        if self.kind is Kind.DELAY and not 0 < self.delay_ms <= 600_000:
            raise ValueError(f"delay_ms is {self.delay_ms}; a delay takes 1 to 600000 ms")

    def concerns(self, who: Who, action: str, further_page: bool) -> bool:
        return (
            re.fullmatch(wildcards(self.operations), action, re.IGNORECASE) is not None
            and self.account in (None, who.account)
            and self.region in (None, who.region)
            and (further_page or not self.pages_only)
        )

    def strikes(self, action: str, nth: int) -> bool:
        """Whether the nth matching call of an operation is struck (from 0)."""
        drawn = hashlib.sha256(f"{self.seed}/{action}/{nth}".encode()).digest()
        return int.from_bytes(drawn[:6], "big") / 2**48 < self.ratio

    def described(self) -> dict[str, Any]:
        """As json, for the control plane."""
        return {
            "kind": self.kind.value,
            "operations": self.operations,
            "ratio": self.ratio,
            "seed": self.seed,
            "times": self.times,
            "delay_ms": self.delay_ms,
            "status": self.status,
            "pages_only": self.pages_only,
            "account": self.account,
            "region": self.region,
        }


def parse_fault(said: Any) -> Fault:
    """A fault from the control plane's json. Raises ValueError naming what is wrong."""
    if not isinstance(said, dict):
        raise ValueError("a fault is an object")
    unknown = said.keys() - Fault.__dataclass_fields__.keys()
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    wanted: dict[str, tuple[type, ...]] = {
        "operations": (str,),
        "ratio": (int, float),
        "seed": (int,),
        "times": (int, type(None)),
        "delay_ms": (int,),
        "status": (int,),
        "pages_only": (bool,),
        "account": (str, type(None)),
        "region": (str, type(None)),
    }
    for name, types in wanted.items():
        if name in said and (not isinstance(said[name], types) or isinstance(said[name], bool) is not (bool in types)):
            raise ValueError(f"{name} cannot be {said[name]!r}")
    if "kind" not in said or "operations" not in said:
        raise ValueError("a fault needs kind and operations")
    try:
        kind = Kind(said["kind"])
    except ValueError:
        raise ValueError(f"kind is one of {', '.join(Kind)}") from None
    return Fault(**{**said, "kind": kind})
