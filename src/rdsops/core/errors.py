"""The one tree of errors: each class exists because some caller catches it for a reason of its own."""

from __future__ import annotations


class RdsopsError(Exception):
    """Something an operator must be told: the object, the rule and the value seen; `hint` is the next step."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = str(self.args[0])
        return f"{message}\nhint: {self.hint}" if self.hint else message


class UsageError(RdsopsError):
    """The request itself is wrong (flag, file, name); nothing was asked or changed. Exit code 2."""


class OperationFailed(RdsopsError):  # noqa: N818 - says what happened
    """What was asked for was tried and did not succeed. Exit code 4."""


class Unseen(RdsopsError):  # noqa: N818 - it is an answer more than an error
    """A value was needed that the snapshot does not hold: the answer is *not known*, never clear and never wrong.

    asked: the question that would have brought it, "rds:DescribeCertificates", "sql:postgres.slots",
    "cloudwatch:CPUUtilization"; it is how the gap that explains the absence is found.
    field: what was read, "Instance.storage_encrypted".
    """

    def __init__(self, asked: str, field: str = "") -> None:
        super().__init__(f"{field or asked} was not seen (asked by {asked})")
        self.asked = asked
        self.field = field
