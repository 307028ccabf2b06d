"""What an engine of a lab is asked to be, and what it is once it runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Flavour = Literal["postgres", "mariadb"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpec:
    """id: the DB instance identifier it stands for. follows: id of the writer it replicates; None for a writer.

    extensions: libraries to preload when the provider has them (pg_stat_statements).
    """

    id: str
    flavour: Flavour
    follows: str | None = None
    master_user: str
    database: str
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A started engine, on loopback. password: the master user's, made anew for each lab, never logged."""

    spec: EngineSpec
    host: str
    port: int
    pid: int
    data_dir: Path
    version: str
    password: str
