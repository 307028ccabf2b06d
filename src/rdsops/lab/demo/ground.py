"""Where the demo fleet stands: its accounts and regions, the engines it wants, and what its neighbours gave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rdsops.core.ids import Place
from rdsops.lab.accounts import LAB_ACCOUNTS
from rdsops.lab.engines.spec import EngineSpec

MAIN = Place(LAB_ACCOUNTS[0], "us-east-1")
AWAY = Place(LAB_ACCOUNTS[0], "eu-west-1")
SECOND = Place(LAB_ACCOUNTS[1], "us-east-1")
PLACES = (MAIN, AWAY, SECOND)
"""The main region is us-east-1, since most prices of the bundled book are of that region."""

REVIEW_ROLE = "rdsops-review"
"""Name of the role in SECOND that principals of MAIN's account may assume."""

BILLING_SETTINGS = (
    ("log_min_duration_statement", "1s"), ("log_autovacuum_min_duration", "10s"), ("log_lock_waits", "on"),
    ("log_temp_files", "10MB"), ("idle_in_transaction_session_timeout", "10min"),
)  # fmt: skip
"""What the group of billing sets, so that its engines and the API agree."""

BILLING = ("billing-1", "billing-2", "billing-3")


def demo_specs() -> tuple[EngineSpec, ...]:
    """The engines behind the demo fleet, writers before those that follow them."""
    statements = ("pg_stat_statements",)
    return (
        EngineSpec(
            id="billing-1", flavour="postgres", master_user="billing_owner", database="billing",
            extensions=statements, aurora=True, settings=BILLING_SETTINGS,
        ),
        EngineSpec(
            id="billing-2", flavour="postgres", follows="billing-1", master_user="billing_owner", database="billing",
            extensions=statements, aurora=True,
        ),
        EngineSpec(
            id="billing-3", flavour="postgres", follows="billing-1", master_user="billing_owner", database="billing",
            extensions=statements, aurora=True,
        ),
        EngineSpec(
            id="orders", flavour="postgres", master_user="postgres", database="orders", extensions=statements,
            settings=(("synchronous_commit", "off"),),
        ),
        EngineSpec(id="shop", flavour="mariadb", master_user="shop_owner", database="shop"),
        EngineSpec(
            id="shop-replica", flavour="mariadb", follows="shop", master_user="shop_owner", database="shop",
            settings=(("read_only", "OFF"),),
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ground:
    """Network, keys and topic of one place. private, public: subnets by zone letter a, b, c."""

    vpc: str
    private: tuple[str, ...]
    public: tuple[str, ...]
    closed_group: str
    """Security group that lets in the VPC alone."""
    open_group: str
    """Security group that lets in everybody."""
    key: str
    """ARN of the customer's KMS key."""
    aws_key: str
    doomed_key: str
    """ARN of a key that is waiting for its deletion."""
    topic: str


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What stands around the databases. secrets: cluster or instance name -> ARN of its master secret in MAIN."""

    grounds: Mapping[Place, Ground]
    secrets: Mapping[str, str] = field(default_factory=dict)
