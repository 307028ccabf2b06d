"""Which engine is sampled, and for which instance of the lab's fleet."""

from __future__ import annotations

from dataclasses import dataclass

from rdsops.lab.engines.spec import Running
from rdsops.lab.insights.sessions import Family

APPLICATION = "rdsops-lab-sampler"
"""How the sampler's own connection is called; it is never counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """resource_id: the instance's DbiResourceId. cluster: set for Aurora only.

    vcpu, memory_bytes, storage_bytes: of the instance's class and its allocated storage; None takes this machine's.
    """

    running: Running
    account: str
    region: str
    resource_id: str
    cluster: str | None = None
    vcpu: float | None = None
    memory_bytes: int | None = None
    storage_bytes: int | None = None

    @property
    def family(self) -> Family:
        return "postgres" if self.running.spec.flavour == "postgres" else "mysql"

    @property
    def instance(self) -> str:
        return self.running.spec.id
