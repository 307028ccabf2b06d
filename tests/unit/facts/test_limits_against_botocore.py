"""Bounds that AWS's API reference states: when a newer botocore states others, the fact is to be read again."""

from __future__ import annotations

import re
from typing import Any

import botocore.session
import pytest

from rdsops.facts import limits

RDS: Any = botocore.session.get_session().get_service_model("rds")


def stated(operation: str, *path: str) -> str:
    """The reference's text of an input field, without markup."""
    shape = RDS.operation_model(operation).input_shape
    for name in path:
        shape = shape.members[name]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", shape.documentation))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (stated("CreateDBInstance", "MonitoringInterval"), " | ".join(map(str, limits.MONITORING_INTERVALS_S))),
        (stated("CreateDBInstance", "PerformanceInsightsRetentionPeriod"), "731"),
        (stated("CreateDBInstance", "PromotionTier"), "0 - 15"),
        (stated("CreateDBInstance", "BackupRetentionPeriod"), "0 to 35"),
        (stated("CreateDBInstance", "AllocatedStorage"), "65536"),
        (stated("CreateDBInstance", "AllocatedStorage"), "3072"),
        (stated("CreateDBCluster", "BacktrackWindow"), "259,200"),
    ],
)
def test_the_reference_still_states_the_bound(text: str, number: str) -> None:
    assert number in text


def test_serverless_bounds_are_still_stated() -> None:
    scaling = RDS.shape_for("ServerlessV2ScalingConfiguration")
    text = {name: re.sub(r"<[^>]+>", "", member.documentation) for name, member in scaling.members.items()}
    assert str(int(limits.ACU_MAX.value)) in text["MaxCapacity"]
    low, high = limits.PAUSE_SECONDS
    assert str(low) in text["SecondsUntilAutoPause"]
    assert f"{high:,}" in text["SecondsUntilAutoPause"] or str(high) in text["SecondsUntilAutoPause"]
