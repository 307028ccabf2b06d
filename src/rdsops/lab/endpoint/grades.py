"""The one table of what the lab does with each operation: answers itself, hands it to moto, or refuses it by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rdsops.lab.endpoint import models
from rdsops.lab.endpoint.contract import Answer, AwsError, Service


class Grade(StrEnum):
    """own: answered here. moto: by moto, held by conformance tests. refused: a typed error that names it."""

    OWN = "own"
    MOTO = "moto"
    REFUSED = "refused"


WHOLE: frozenset[str] = frozenset({"rds", "cloudwatch", "pi", "pricing", "sts"})
"""Services whose state is ours alone: what is not own there is refused, for two stores would have to agree."""

MOTO: tuple[str, ...] = (
    "application-autoscaling",
    "backup",
    "dsql",
    "ec2",
    "events",
    "iam",
    "kms",
    "logs",
    "organizations",
    "route53",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
)
"""Services that moto stands in for, as far as it has the operation."""

MOTO_REFUSED: dict[tuple[str, str], str] = {
    ("logs", "PutSubscriptionFilter"): "moto would call functions, which needs Docker",
    ("logs", "StartQuery"): "moto skips the commands it does not know (filter, stats) and answers all lines",
    ("logs", "GetQueryResults"): "see StartQuery",
    ("s3", "SelectObjectContent"): "needs a parser that is not installed",
    ("secretsmanager", "RotateSecret"): "the password of the database would not change",
    ("ssm", "SendCommand"): "moto says Success and has run nothing",
    ("ssm", "GetCommandInvocation"): "see SendCommand",
    ("ssm", "ListCommands"): "see SendCommand",
}
"""Operations that moto has, and that would hang, reach out, or say what is not so (read: moto 5.2.5, 2026-11-23)."""

MOTO_REFUSED_WHEN: dict[tuple[str, str], tuple[str, frozenset[str], str]] = {
    ("sns", "Subscribe"): (
        "Protocol",
        frozenset({"http", "https", "lambda"}),
        "messages would leave the machine, or need Docker",
    ),
}
"""Operations that are refused for some values of one parameter of their form."""

LEFT_OUT: dict[str, str] = {
    "resourcegroupstaggingapi": "moto would list everything except the lab's databases",
    "cloudformation": "moto would create databases in a store of its own",
    "lambda": "functions need Docker",
    "rds-data": "moto answers canned, empty records",
    "ce": "moto answers empty lists",
    "dms": "moto's tasks finish without having read anything",
    "docdb": "signs as rds",
    "neptune": "signs as rds",
}
"""Services that moto has and we do not pass on, with the reason."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the coverage page."""

    service: str
    operation: str
    grade: Grade
    why: str = ""


class Grades:
    """The table of one endpoint. Looking up costs a dict access and never imports moto."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._answers: dict[tuple[str, str], Answer] = {}
        self._served: set[str] = set()
        for service in services:
            if service.name in self._served:
                raise ValueError(f"two services answer as '{service.name}'")
            self._served.add(service.name)
            self._take(service.name, service.answers)

    def _take(self, service: str, answers: Mapping[str, Answer]) -> None:
        if not {"query", "json"} & set(models.protocols(service)):
            raise ValueError(f"'{service}' speaks {models.protocols(service) or 'nothing known'}; own: query or json")
        for operation, answer in answers.items():
            if models.operation_model(service, operation) is None:
                raise ValueError(f"botocore's model of '{service}' has no operation {operation}")
            self._answers[service, operation] = answer

    def answer(self, service: str, operation: str) -> Answer | None:
        return self._answers.get((service, operation))

    def grade(self, service: str, operation: str) -> Grade:
        """moto means that it may be asked; whether it has the operation shows when it is (`behind.Moto`)."""
        if (service, operation) in self._answers:
            return Grade.OWN
        if service in WHOLE or service in self._served or service not in MOTO:
            return Grade.REFUSED
        return Grade.REFUSED if (service, operation) in MOTO_REFUSED else Grade.MOTO

    def rows(self, implemented: Mapping[str, frozenset[str]]) -> Iterator[Row]:
        """Every operation of every service that is served or named, in order. implemented: moto's, by service."""
        for service in sorted(self._served | WHOLE | set(MOTO)):
            model = models.service_model(service)
            for operation in sorted(model.operation_names) if model is not None else ():
                grade = self.grade(service, operation)
                why = MOTO_REFUSED.get((service, operation), "")
                if grade is Grade.MOTO and operation not in implemented.get(service, frozenset()):
                    grade, why = Grade.REFUSED, "moto has not got it"
                yield Row(service, operation, grade, why)


def not_emulated(service: str, operation: str, why: str = "") -> AwsError:
    """The refusal of what this lab does not emulate; the message is how clients tell it from a real error."""
    reason = f" ({why})" if why else ""
    return AwsError("InvalidAction", f"rdsops lab: not emulated: {service}:{operation}{reason}")
