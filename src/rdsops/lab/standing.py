"""How a lab stands: the file that its keeper writes and that everybody else reads. It starts and ends nothing."""

from __future__ import annotations

import os
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from rdsops.core.errors import OperationFailed
from rdsops.lab.home import LabHome

STANDING_FILE = "lab.json"


class Phase(StrEnum):
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


class EngineStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One engine of the lab. user: the master user; its password is in the lab's Secrets Manager only."""

    id: str
    flavour: str
    version: str
    role: str
    host: str
    port: int
    pid: int
    user: str
    database: str
    place: str
    """"ACCOUNT/REGION" of the instance it stands for."""


class ProviderStanding(msgspec.Struct, frozen=True, kw_only=True):
    """Where an engine's programs come from, and what they were found to have."""

    name: str
    flavour: str
    version: str
    path: str
    tls: bool
    extensions: int
    used: bool


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    reason: str
    install: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """pid, started: the keeper's. url: the endpoint. token: opens the endpoint's own control page.

    seconds: what starting took, by part. shortcuts: durability that the lab gave up for speed.
    """

    phase: Phase
    pid: int
    started: str
    since: datetime
    failure: str | None = None
    url: str | None = None
    token: str | None = None
    account: str | None = None
    region: str | None = None
    regions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    engines: tuple[EngineStanding, ...] = ()
    providers: tuple[ProviderStanding, ...] = ()
    """Every one that passed its probe; those used are the ones the engines run from."""
    passed_over: tuple[str, ...] = ()
    left_out: tuple[Absent, ...] = ()
    metadata_only: int = 0
    load_since: datetime | None = None
    """When the engines' load began: a wait or an idle transaction is younger than that."""
    shortcuts: tuple[str, ...] = ()
    generated_history: str | None = None
    seconds: dict[str, float] = {}


def write_standing(home: LabHome, standing: Standing) -> None:
    """Put it in place in one step, readable by its owner only (it holds the token)."""
    path = home.path / STANDING_FILE
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(standing), indent=2))
    fresh.replace(path)


def read_standing(home: LabHome) -> Standing | None:
    """What the keeper last wrote; None when no lab was ever started here, or it was taken down.

    Raises OperationFailed for a file that is not a lab's.
    """
    path: Path = home.path / STANDING_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Standing)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise OperationFailed(f"{path}: {error}", hint="rdsops lab down removes it") from None


def remove_standing(home: LabHome) -> None:
    (home.path / STANDING_FILE).unlink(missing_ok=True)
