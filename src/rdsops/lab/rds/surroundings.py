"""What RDS leans on beside itself: a network to lie in, a place for managed passwords. Others provide it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rdsops.core.ids import Place
from rdsops.lab.rds.model import not_emulated


@dataclass(frozen=True, slots=True)
class Subnet:
    id: str
    zone: str
    vpc: str


@dataclass(frozen=True, slots=True)
class Network:
    """Where instances go that name no network: the default VPC, its subnets, its default security group."""

    vpc: str
    subnets: tuple[Subnet, ...]
    security_group: str


class Surroundings(Protocol):
    def network(self, place: Place) -> Network: ...

    def subnet(self, place: Place, name: str) -> Subnet | None:
        """The subnet of that id; None when there is none."""
        ...

    def keep_secret(self, place: Place, name: str, text: str) -> str:
        """Keeps a managed password; returns the secret's ARN."""
        ...


class Unwired:
    """No services beside RDS: a network that only RDS knows, and no secrets."""

    def network(self, place: Place) -> Network:
        vpc = f"vpc-{place.account[:4]}{len(place.region):04x}"
        subnets = tuple(
            Subnet(f"subnet-{place.account[:4]}{len(place.region):03x}{letter}", place.region + letter, vpc)
            for letter in "abc"
        )
        return Network(vpc, subnets, f"sg-{place.account[:4]}{len(place.region):04x}")

    def subnet(self, place: Place, name: str) -> Subnet | None:
        return next((one for one in self.network(place).subnets if one.id == name), None)

    def keep_secret(self, place: Place, name: str, text: str) -> str:
        raise not_emulated("a managed master password, while Secrets Manager is not wired to the lab's RDS")
