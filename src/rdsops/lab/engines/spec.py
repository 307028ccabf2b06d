"""What an engine of a lab is asked to be, and what it is once it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Flavour = Literal["postgres", "mariadb"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpec:
    """id: the DB instance identifier it stands for. follows: id of the writer it replicates; None for a writer.

    extensions: libraries to preload when the provider has them (pg_stat_statements); created in `database` as well.
    settings: server settings beside the lab's own, by the engine's name for them. Heirs get their writer's too.
    aurora: answer Aurora's own SQL functions (aurora_version() and the like); PostgreSQL only.
    major: "16", "10.11"; None takes the provider chain's first.
    superuser: the master is a real superuser, which RDS never grants. For tests of the lab's own.
    """

    id: str
    flavour: Flavour
    follows: str | None = None
    master_user: str
    database: str
    extensions: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    aurora: bool = False
    major: str | None = None
    superuser: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A started engine, on loopback. password: the master user's, made anew for each lab, never logged.

    admin_user: the lab's own superuser ("rdsadmin", as on RDS); reviews never connect as it.
    """

    spec: EngineSpec
    host: str
    port: int
    pid: int
    data_dir: Path
    version: str
    password: str = field(repr=False)
    admin_user: str
    admin_password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An engine that was asked for and that this machine cannot run. install: the one command that brings it in."""

    spec: EngineSpec
    reason: str
    install: str
