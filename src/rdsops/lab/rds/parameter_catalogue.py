"""Every parameter of a family, as RDS tells it: the engine's own list, harvested, under what RDS adds to it.

A family without a harvested engine is refused, not empty. PostgreSQL majors without a harvest use the nearest one and
say so in each description; Aurora families are the community part plus dated facts, and say that they are incomplete.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from rdsops.lab.rds import parameter_facts as facts
from rdsops.lab.rds.model import Record, invalid, not_emulated

HARVESTED = {"postgres": ("15", "16", "17", "18"), "mariadb": ("10.11",)}
"""Engine -> majors whose catalogue lies in catalogues/."""

LEAST_POSTGRES = 13
"""The oldest major that the nearest harvest may stand for."""

TRUE_IF_REPLICA = "{TrueIfReplica}"
"""RDS's own value of read_only for MySQL and MariaDB (recalled)."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
_FORMULA = re.compile(r"\{|\b(?:GREATEST|LEAST|SUM|IF)\s*\(", re.IGNORECASE)
_VARIABLES = {"AllocatedStorage", "DBInstanceClassMemory", "EndPointPort"}


@dataclass(frozen=True, slots=True)
class Definition:
    """One parameter of a family. value: RDS's default as text; None when the engine decides. cluster_only: Aurora."""

    name: str
    data_type: str
    allowed: str | None
    static: bool
    modifiable: bool
    value: str | None
    description: str
    cluster_only: bool = False

    @property
    def method(self) -> str:
        return "pending-reboot" if self.static else "immediate"

    def record(self, *, value: str | None, source: str, method: str) -> Record:
        """Parameter in botocore's shape; what is absent is left out."""
        record: Record = {
            "ParameterName": self.name,
            "Description": self.description,
            "Source": source,
            "ApplyType": "static" if self.static else "dynamic",
            "DataType": self.data_type,
            "IsModifiable": self.modifiable,
            "ApplyMethod": method,
        }
        if value is not None:
            record["ParameterValue"] = value
        if self.allowed:
            record["AllowedValues"] = self.allowed
        return record

    def check(self, value: str) -> None:
        """Refuses a value that the engine would refuse by type, range or list; formulas by their variables."""
        if value == TRUE_IF_REPLICA and self.value == TRUE_IF_REPLICA:
            return
        if _FORMULA.search(value):
            if self.data_type not in ("integer", "float"):
                raise invalid(f"Invalid value '{value}' for {self.name}: formulas are for numbers")
            unknown = set(re.findall(r"[A-Za-z_]+", value)) - _VARIABLES
            unknown = {one for one in unknown if one.upper() not in ("GREATEST", "LEAST", "SUM", "IF", "LOG")}
            if unknown:
                raise invalid(f"Invalid formula for {self.name}: it names {', '.join(sorted(unknown))}")
            return
        if self.data_type == "boolean" and value.lower() not in ("0", "1", "on", "off", "true", "false"):
            raise invalid(f"Invalid value '{value}' for {self.name}, allowed values are {self.allowed}")
        if self.data_type in ("integer", "float"):
            self._check_number(value)
        elif self.data_type == "string" and self.allowed and value not in self.allowed.split(","):
            raise invalid(f"Invalid value '{value}' for {self.name}, allowed values are {self.allowed}")
        elif self.data_type == "list" and self.allowed:
            for item in value.split(","):
                if item.strip() and item.strip() not in self.allowed.split(","):
                    raise invalid(f"Invalid value '{item}' for {self.name}, allowed values are {self.allowed}")

    def _check_number(self, value: str) -> None:
        if not _NUMBER.fullmatch(value) or (self.data_type == "integer" and not value.lstrip("-").isdigit()):
            raise invalid(f"Invalid value '{value}' for {self.name}: not of type {self.data_type}")
        bounds = re.fullmatch(r"(-?[\d.eE+]+)-(-?[\d.eE+]+)", self.allowed or "")
        if bounds and not float(bounds[1]) <= float(value) <= float(bounds[2]):
            raise invalid(f"Invalid value '{value}' for {self.name}, allowed values are {self.allowed}")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All parameters of a family, by name, in order."""

    family: str
    from_engine: str
    """Where the rows were read, and when."""
    incomplete: bool
    definitions: dict[str, Definition]

    def at(self, *, cluster_level: bool) -> list[Definition]:
        """Those of the instance's group, or of the cluster's (which for Aurora holds them all)."""
        return [one for one in self.definitions.values() if cluster_level or not one.cluster_only]


def engine_of(family: str) -> tuple[str, str]:
    """Engine and major of a family name.

    >>> engine_of("aurora-postgresql16"), engine_of("mariadb10.11")
    (('aurora-postgresql', '16'), ('mariadb', '10.11'))
    """
    matched = re.fullmatch(r"(aurora-postgresql|aurora-mysql|postgres|mysql|mariadb)(\d+(?:\.\d+)?)", family)
    if not matched:
        raise invalid(f"DBParameterGroupFamily {family} is not a valid parameter group family")
    return matched[1], matched[2]


def has_catalogue(family: str) -> bool:
    return _harvest_for(*engine_of(family)) is not None


@cache
def catalogue(family: str) -> Catalogue:
    """The catalogue of a family; refused when no engine of its kind was read."""
    engine, major = engine_of(family)
    harvest = _harvest_for(engine, major)
    if harvest is None:
        raise not_emulated(f"parameters of family {family}: no engine of it was read; another must not stand in")
    read = _read(harvest)
    origin = f"{read['engine']} {read['version']}, read {read['harvested']}"
    notes = [f"From {origin}."]
    if read["major"] != major:
        notes.append(f"No engine of major {major} was read: this is the nearest major.")
    if engine.startswith("aurora"):
        notes.append("Aurora's own parameters are known in part only.")
    definitions = _postgres(read, engine, int(major), notes) if "postgres" in engine else _mariadb(read, notes)
    ordered = sorted(definitions, key=lambda one: one.name)
    incomplete = engine.startswith("aurora") or read["major"] != major
    return Catalogue(family, origin, incomplete, {one.name: one for one in ordered})


def _harvest_for(engine: str, major: str) -> str | None:
    kind = "postgres" if "postgres" in engine else engine
    majors = HARVESTED.get(kind, ())
    if major in majors:
        return kind + major
    if kind != "postgres" or not major.isdigit() or int(major) < LEAST_POSTGRES:
        return None
    return kind + min(majors, key=lambda one: abs(int(one) - int(major)))


def _read(name: str) -> Any:
    return json.loads((files("rdsops.lab.rds") / "catalogues" / f"{name}.json").read_text())


_POSTGRES_TYPES = {"bool": "boolean", "integer": "integer", "real": "float"}


def _postgres(read: Any, engine: str, major: int, notes: list[str]) -> list[Definition]:
    aurora = engine.startswith("aurora")
    defaults = {**facts.POSTGRES_DEFAULTS, **(facts.AURORA_POSTGRES_DEFAULTS if aurora else facts.RDS_ONLY_DEFAULTS)}
    found = []
    for row in read["rows"]:
        name = row["name"].lower()
        if row["context"] == "internal":
            continue
        if row["vartype"] == "bool":
            allowed = "0,1"
        elif "min" in row:
            allowed = f"{row['min']}-{row['max']}"
        else:
            allowed = row.get("enum")
        known = name in facts.POSTGRES_MODIFIABLE
        default = defaults.get(name)
        found.append(
            Definition(
                name=name,
                data_type=_POSTGRES_TYPES.get(row["vartype"], "string"),
                allowed=allowed,
                static=row["context"] == "postmaster",
                modifiable=known,
                value=default.value if default else None,
                description=_description(row.get("unit"), notes, known, default),
                cluster_only=aurora and name in facts.CLUSTER_ONLY,
            )
        )
    has = {one.name for one in found}
    force_ssl = "1" if major >= (facts.AURORA_FORCE_SSL_FROM if aurora else facts.FORCE_SSL_FROM) else "0"
    for own in (*facts.POSTGRES_OWN, *(facts.AURORA_POSTGRES_OWN if aurora else ())):
        if own.name not in has:
            value = force_ssl if own.name == "rds.force_ssl" else own.value
            found.append(_own(own, value, aurora and own.name in facts.CLUSTER_ONLY))
    return found


_MARIADB_TYPES = {"BOOLEAN": "boolean", "DOUBLE": "float"}


def _mariadb(read: Any, notes: list[str]) -> list[Definition]:
    found = []
    for row in read["rows"]:
        name, read_only = row["name"], row["read_only"] == "YES"
        if not row.get("has_global") or (read_only and "argument" not in row):
            continue
        kind = row["vartype"]
        data_type = _MARIADB_TYPES.get(
            kind, "integer" if "INT" in kind else "list" if kind in ("SET", "FLAGSET") else "string"
        )
        # ON and OFF are what SHOW prints; RDS writes 0 and 1 for switches
        allowed = "0,1" if data_type == "boolean" else row.get("enum")
        if data_type in ("integer", "float") and "min" in row:
            allowed = f"{row['min']}-{row['max']}"
        known = name in facts.MARIADB_MODIFIABLE
        default = facts.MARIADB_DEFAULTS.get(name)
        found.append(
            Definition(
                name=name,
                data_type=data_type,
                allowed=allowed,
                static=read_only,
                modifiable=known,
                value=default.value if default else None,
                description=_description(None, notes, known, default),
            )
        )
    return found


def _own(own: facts.Own, value: str | None, cluster_only: bool) -> Definition:
    return Definition(
        name=own.name,
        data_type=own.data_type,
        allowed=own.allowed or None,
        static=own.static,
        modifiable=True,
        value=value,
        description="A parameter of RDS itself (recalled 2026-11-23).",
        cluster_only=cluster_only,
    )


def _description(unit: str | None, notes: list[str], known: bool, default: facts.Default | None) -> str:
    parts = [f"Unit: {unit}."] if unit else []
    parts += notes
    if default:
        parts.append(f"Default value: {default.standing} 2026-11-23.")
    if not known:
        parts.append("Whether RDS lets it change is not known to the lab, so it answers no.")
    return " ".join(parts)
