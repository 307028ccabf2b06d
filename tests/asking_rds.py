"""Asks the lab's RDS as the endpoint does, and holds each question and each answer against botocore's shapes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from botocore.validate import ParamValidator

from rdsops.lab.clock import Clock
from rdsops.lab.endpoint.contract import Who
from rdsops.lab.endpoint.models import service_model
from rdsops.lab.rds.service import RdsService
from rdsops.lab.rds.state import RdsState

ACCOUNT = "111122223333"
REGION = "eu-west-1"


class FixedClock(Clock):
    """A clock that stands still until it is stepped."""

    def __init__(self, at: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)) -> None:
        super().__init__()
        self.at = at

    def now(self) -> datetime:
        return self.at + self.ahead


class Asking:
    def __init__(self, state: RdsState | None = None) -> None:
        self.state = state or RdsState(FixedClock())
        self.service = RdsService(self.state)

    def ask(self, operation: str, *, account: str = ACCOUNT, region: str = REGION, **asked: Any) -> dict[str, Any]:
        model = service_model("rds").operation_model(operation)  # type: ignore[union-attr]  # botocore has rds
        if model.input_shape is not None:
            report = ParamValidator().validate(asked, model.input_shape)
            assert not report.has_errors(), report.generate_report()
        who = Who(account, region, f"arn:aws:iam::{account}:user/admin")
        answer = self.service.answers[operation](who, asked)
        assert faults_of(operation, answer) == []
        return answer

    def all_of(self, operation: str, out: str, **asked: Any) -> list[dict[str, Any]]:
        """Every page of a list."""
        found: list[dict[str, Any]] = []
        answer = self.ask(operation, **asked)
        while True:
            found += answer[out]
            if "Marker" not in answer:
                return found
            answer = self.ask(operation, **asked, Marker=answer["Marker"])


def faults_of(operation: str, answer: dict[str, Any]) -> list[str]:
    """Where an answer does not fit its output shape: unknown members, wrong types, words outside an enum, None."""
    shape = service_model("rds").operation_model(operation).output_shape  # type: ignore[union-attr]  # as above
    if shape is None:
        return [] if answer == {} else ["an answer where there is none"]
    return _faults(shape, answer, operation)


def _faults(shape: Any, value: Any, where: str) -> list[str]:
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            return [f"{where} is {type(value).__name__}"]
        found = [f"{where}.{name} is unknown" for name in value if name not in shape.members]
        found += [f"{where}.{name} is missing" for name in shape.required_members if name not in value]
        for name, below in value.items():
            if name in shape.members:
                found += _faults(shape.members[name], below, f"{where}.{name}")
        return found
    if kind == "list":
        if not isinstance(value, list):
            return [f"{where} is {type(value).__name__}"]
        return [
            fault for number, below in enumerate(value) for fault in _faults(shape.member, below, f"{where}[{number}]")
        ]
    kinds: dict[str, type | tuple[type, ...]] = {
        "string": str, "integer": int, "long": int, "double": (int, float), "float": (int, float), "boolean": bool,
        "timestamp": datetime,
    }  # fmt: skip
    right = kinds[kind]
    if not isinstance(value, right) or (isinstance(value, bool) and kind != "boolean"):
        return [f"{where} is {value!r}, not a {kind}"]
    if isinstance(value, datetime) and value.tzinfo is None:
        return [f"{where} has no time zone"]
    if kind == "string" and shape.enum and value not in shape.enum:
        return [f"{where} is {value!r}, outside its enum"]
    return []


def instance(name: str = "db1", **changes: Any) -> dict[str, Any]:
    """Arguments of CreateDBInstance."""
    return {
        "DBInstanceIdentifier": name,
        "Engine": "postgres",
        "DBInstanceClass": "db.m7g.large",
        "MasterUsername": "owner",
        "MasterUserPassword": "correct horse",
        "AllocatedStorage": 100,
        **changes,
    }


def cluster(name: str = "c1", **changes: Any) -> dict[str, Any]:
    """Arguments of CreateDBCluster."""
    return {
        "DBClusterIdentifier": name,
        "Engine": "aurora-postgresql",
        "MasterUsername": "owner",
        "MasterUserPassword": "correct horse",
        **changes,
    }


def member(name: str, of: str = "c1", **changes: Any) -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": name,
        "DBClusterIdentifier": of,
        "Engine": "aurora-postgresql",
        "DBInstanceClass": "db.r7g.large",
        **changes,
    }
