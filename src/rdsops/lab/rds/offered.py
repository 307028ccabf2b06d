"""What the lab's RDS can be asked for: engine versions, classes, lifecycles, certificates; dated tables, no guesses.

Versions come from a dated list and from the engines that really run here. Anything else is refused, with the
list's date in the message, since a closed list grows old.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from importlib.resources import files
from typing import Any

from rdsops.core.errors import OperationFailed
from rdsops.facts.facts import Facts, InstanceClass, Lifecycle, facts_from, major_of
from rdsops.lab.rds.model import Record, fault, invalid

RDS_FAMILIES = ("m5", "m6g", "m6i", "m7g", "m7i", "m8g", "r5", "r6g", "r6i", "r7g", "r7i", "r8g", "t3", "t4g", "x2g")
AURORA_FAMILIES = ("r5", "r6g", "r6i", "r7g", "r7i", "r8g", "t3", "t4g", "x2g")
"""Class families that RDS and Aurora sell (recalled, 2026-11-23); other classes of the table are EC2's alone."""

AUTO_PAUSE_FROM = {13: (13, 15), 14: (14, 12), 15: (15, 7), 16: (16, 3)}
"""Aurora PostgreSQL minors from which Serverless v2 can pause at 0 ACU (recalled, 2026-11-23); 17 and later: all."""


class Offered:
    """Lists that answer "what can I order?"; `add_found` adds the version of an engine that runs here."""

    def __init__(self) -> None:
        self._found: dict[str, set[str]] = {}

    @cached_property
    def facts(self) -> Facts:
        data = files("rdsops.facts") / "data"
        return facts_from(
            classes=(data / "classes.json").read_bytes(),
            lifecycles=(data / "lifecycles.json").read_bytes(),
            prices=(data / "prices.json").read_bytes(),
            checks=(data / "checks.json").read_bytes(),
        )

    @cached_property
    def _versions(self) -> Any:
        return _read("engine_versions.json")

    @cached_property
    def _starts(self) -> Any:
        return _read("lifecycle_starts.json")["starts"]

    @property
    def as_of(self) -> str:
        return str(self._versions["source"]["read"])

    def add_found(self, engine: str, version: str) -> None:
        """Admits the version of an engine that was found on this machine."""
        if engine not in self._versions["engines"]:
            raise OperationFailed(f"the lab's RDS has no engine '{engine}'")
        self._found.setdefault(engine, set()).add(version)

    def engines(self) -> tuple[str, ...]:
        return tuple(self._versions["engines"])

    def versions(self, engine: str, *, deprecated: bool = False) -> tuple[str, ...]:
        """Versions of an engine, oldest first."""
        table = self._versions["engines"][engine]
        listed = {*table["versions"], *self._found.get(engine, ()), *(table["deprecated"] if deprecated else ())}
        return tuple(sorted(listed, key=_numbers))

    def is_deprecated(self, engine: str, version: str) -> bool:
        return version in self._versions["engines"][engine]["deprecated"]

    def default_version(self, engine: str) -> str:
        return str(self._versions["engines"][engine]["default"])

    def log_types(self, engine: str) -> list[str]:
        return list(self._versions["engines"][engine]["log_types"])

    def version_asked(self, engine: str, version: str | None) -> str:
        """The version that a request means: a major alone is its newest minor; none is the default. Else refused."""
        if engine not in self._versions["engines"]:
            raise invalid(f"Invalid DB engine: {engine}; the lab knows {', '.join(self.engines())}")
        if version is None:
            return self.default_version(engine)
        known = self.versions(engine, deprecated=True)
        if version in known:
            return version
        of_major = [one for one in known if major_of(engine, one) == version]
        if not of_major:
            raise invalid(f"Cannot find version {version} for {engine} (the lab's list is of {self.as_of})")
        return of_major[-1]

    def class_asked(self, name: str) -> InstanceClass | None:
        """Size of a class; None for db.serverless. Refused when no table knows it."""
        if name == "db.serverless":
            return None
        found = self.facts.instance_class(name) or self.facts.instance_class(name.replace("db.x2g.", "db.x2gd."))
        if found is None:
            raise invalid(f"Invalid DB Instance class: {name}")
        return found

    def classes(self, engine: str) -> list[str]:
        """Classes an engine can be ordered with, by name."""
        families = AURORA_FAMILIES if engine.startswith("aurora") else RDS_FAMILIES
        sold = [name for name, one in self.facts.classes.items() if one.family in families]
        if engine.startswith("aurora"):
            sold = [name for name in sold if not name.endswith((".micro", ".small"))] + ["db.serverless"]
        return sorted(sold)

    def family(self, engine: str, version: str) -> str:
        """Parameter group family: "postgres16", "aurora-mysql8.0"."""
        return engine + major_of(engine, version)

    def engine_version(self, engine: str, version: str) -> Record:
        """DBEngineVersion as DescribeDBEngineVersions answers it."""
        table = self._versions["engines"][engine]
        aurora = engine.startswith("aurora")
        record: Record = {
            "Engine": engine,
            "MajorEngineVersion": major_of(engine, version),
            "EngineVersion": version,
            "DBParameterGroupFamily": self.family(engine, version),
            "DBEngineDescription": table["description"],
            "DBEngineVersionDescription": f"{table['description']} {version}",
            "ValidUpgradeTarget": self.upgrades(engine, version),
            "ExportableLogTypes": self.log_types(engine),
            "SupportsLogExportsToCloudwatchLogs": True,
            "SupportsReadReplica": not aurora,
            "SupportedEngineModes": ["provisioned"],
            "SupportedFeatureNames": [],
            "Status": "deprecated" if self.is_deprecated(engine, version) else "available",
            "SupportsParallelQuery": engine == "aurora-mysql",
            "SupportsGlobalDatabases": aurora,
            "SupportsBabelfish": False,
            "SupportsCertificateRotationWithoutRestart": engine != "aurora-mysql",
            "SupportedCACertificateIdentifiers": [one["id"] for one in self.certificates()],
            "SupportsLocalWriteForwarding": aurora,
            "SupportsIntegrations": aurora,
        }
        if aurora:
            pauses = _can_pause(engine, version)
            record["ServerlessV2FeaturesSupport"] = {
                "MinCapacity": 0.0 if pauses else 0.5,
                "MaxCapacity": 256.0 if pauses else 128.0,
            }
        return record

    def upgrades(self, engine: str, version: str) -> list[Record]:
        """Targets: every newer minor, and the newest minors of the majors that can follow."""
        major = major_of(engine, version)
        newer = [one for one in self.versions(engine) if _numbers(one) > _numbers(version)]
        minors = [one for one in newer if major_of(engine, one) == major]
        targets = []
        for one in newer:
            is_major = one not in minors
            if is_major and not self._may_follow(engine, major, major_of(engine, one)):
                continue
            targets.append(
                {
                    "Engine": engine,
                    "EngineVersion": one,
                    "Description": f"{self._versions['engines'][engine]['description']} {one}",
                    "AutoUpgrade": bool(minors) and one == minors[-1],
                    "IsMajorVersionUpgrade": is_major,
                }
            )
        return targets

    def _may_follow(self, engine: str, old: str, new: str) -> bool:
        """MySQL takes one major at a time; PostgreSQL and MariaDB may skip (recalled, 2026-11-23)."""
        if engine not in ("mysql", "aurora-mysql"):
            return True
        order = sorted({major_of(engine, one) for one in self.versions(engine, deprecated=True)}, key=_numbers)
        return order.index(new) == order.index(old) + 1

    def major_versions(self, engines: Iterable[str]) -> list[Record]:
        """DBMajorEngineVersions with their lifecycles; a major without dates in the table is left out."""
        majors = []
        for engine in engines:
            for row in self.facts.lifecycles:
                start = self._starts.get(engine, {}).get(row.major)
                if row.engine == engine and start and row.standard_ends:
                    majors.append(_major(row, date.fromisoformat(start)))
        return sorted(majors, key=lambda one: (one["Engine"], _numbers(one["MajorEngineVersion"])))

    @cached_property
    def _certificates(self) -> Any:
        return _read("certificates.json")

    def certificates(self) -> list[Any]:
        return list(self._certificates["certificates"])

    def default_certificate(self) -> str:
        return str(self._certificates["default"])

    def certificate_asked(self, name: str) -> str:
        if name not in {one["id"] for one in self.certificates()}:
            raise fault("CertificateNotFoundFault", f"Certificate {name} not found.")
        return name


def _major(row: Lifecycle, start: date) -> Record:
    assert row.standard_ends is not None
    lifecycles = [_support("open-source-rds-standard-support", start, row.standard_ends)]
    if row.extended_year1_from and row.extended_ends:
        lifecycles.append(
            _support("open-source-rds-extended-support", row.standard_ends + timedelta(days=1), row.extended_ends)
        )
    return {"Engine": row.engine, "MajorEngineVersion": row.major, "SupportedEngineLifecycles": lifecycles}


def _support(name: str, start: date, end: date) -> Record:
    return {
        "LifecycleSupportName": name,
        "LifecycleSupportStartDate": datetime.combine(start, time(), UTC),
        "LifecycleSupportEndDate": datetime.combine(end, time(23, 59, 59), UTC),
    }


def _can_pause(engine: str, version: str) -> bool:
    numbers = _numbers(version)
    if engine == "aurora-mysql":
        return numbers[2:] >= (3, 8)
    return numbers >= AUTO_PAUSE_FROM.get(numbers[0], (numbers[0], 0) if numbers[0] >= 17 else (99,))


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers in a version, for ordering.

    >>> _numbers("8.0.mysql_aurora.3.08.0")
    (8, 0, 3, 8, 0)
    """
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _read(name: str) -> Any:
    return json.loads((files("rdsops.lab.rds") / "data" / name).read_text())
