"""Each answer of CloudWatch and Performance Insights fits botocore's output shape: members, types, enums."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest

from rdsops.lab.clock import Clock
from rdsops.lab.cloudwatch.history import History
from rdsops.lab.cloudwatch.profiles import Profile
from rdsops.lab.cloudwatch.service import CloudWatchService
from rdsops.lab.endpoint.contract import Service, Who
from rdsops.lab.insights.load import GeneratedLoad
from rdsops.lab.insights.service import PiService

WHO = Who("111111111111", "eu-central-1", "arn:aws:iam::111111111111:user/test")
ALARM_ARN = "arn:aws:cloudwatch:eu-central-1:111111111111:alarm:cpu"
DIMENSIONS = [{"Name": "DBInstanceIdentifier", "Value": "orders-1"}]
METRIC = {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization", "Dimensions": DIMENSIONS}
NOW = datetime.now(UTC)
SPAN = {"StartTime": NOW - timedelta(hours=3), "EndTime": NOW}
LOAD = {"ServiceType": "RDS", "Identifier": "db-ONE"}
ALARM = {
    **METRIC,
    "AlarmName": "cpu",
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 90.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
DATUM = {"MetricName": "x", "Value": 1.0}
QUERY = {"Id": "m1", "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "p90"}}
BODY = json.dumps({"widgets": []})

CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("cloudwatch", "GetMetricData", {"MetricDataQueries": [QUERY], **SPAN, "MaxDatapoints": 5}),
    ("cloudwatch", "GetMetricStatistics", {**METRIC, **SPAN, "Period": 300, "Statistics": ["Sum", "Average"]}),
    ("cloudwatch", "GetMetricStatistics", {**METRIC, **SPAN, "Period": 300, "ExtendedStatistics": ["p90"]}),
    ("cloudwatch", "PutMetricData", {"Namespace": "Own", "MetricData": [DATUM]}),
    ("cloudwatch", "ListMetrics", {"IncludeLinkedAccounts": True}),
    ("cloudwatch", "PutMetricAlarm", ALARM),
    ("cloudwatch", "SetAlarmState", {"AlarmName": "cpu", "StateValue": "ALARM", "StateReason": "drill"}),
    ("cloudwatch", "DescribeAlarms", {}),
    ("cloudwatch", "DescribeAlarmsForMetric", METRIC),
    ("cloudwatch", "DescribeAlarmHistory", {"MaxRecords": 1}),
    ("cloudwatch", "EnableAlarmActions", {"AlarmNames": ["cpu"]}),
    ("cloudwatch", "DisableAlarmActions", {"AlarmNames": ["cpu"]}),
    ("cloudwatch", "TagResource", {"ResourceARN": ALARM_ARN, "Tags": [{"Key": "a", "Value": "b"}]}),
    ("cloudwatch", "ListTagsForResource", {"ResourceARN": ALARM_ARN}),
    ("cloudwatch", "UntagResource", {"ResourceARN": ALARM_ARN, "TagKeys": ["a"]}),
    ("cloudwatch", "DeleteAlarms", {"AlarmNames": ["cpu"]}),
    ("cloudwatch", "PutDashboard", {"DashboardName": "rds", "DashboardBody": BODY}),
    ("cloudwatch", "GetDashboard", {"DashboardName": "rds"}),
    ("cloudwatch", "ListDashboards", {}),
    ("cloudwatch", "DeleteDashboards", {"DashboardNames": ["rds"]}),
    (
        "pi",
        "DescribeDimensionKeys",
        {
            **LOAD,
            **SPAN,
            "Metric": "db.load.avg",
            "GroupBy": {"Group": "db.sql_tokenized"},
            "PartitionBy": {"Group": "db.wait_event"},
            "MaxResults": 2,
        },
    ),
    (
        "pi",
        "GetResourceMetrics",
        {
            **LOAD,
            **SPAN,
            "MetricQueries": [{"Metric": "db.load.avg", "GroupBy": {"Group": "db.user"}}],
            "MaxResults": 1,
        },
    ),
    ("pi", "GetDimensionKeyDetails", {**LOAD, "Group": "db.sql", "GroupIdentifier": "NO"}),
    ("pi", "GetResourceMetadata", LOAD),
    ("pi", "ListAvailableResourceMetrics", {**LOAD, "MetricTypes": ["db"], "MaxResults": 1}),
    ("pi", "ListAvailableResourceDimensions", {**LOAD, "Metrics": ["db.load"], "MaxResults": 2}),
)


@pytest.fixture
def services() -> dict[str, Service]:
    """Both services, with all that CALLS puts into them, so that each call stands by itself."""
    clock = Clock()
    cloudwatch, insights = CloudWatchService(clock), PiService(clock)
    history = History.until(int(NOW.timestamp()), "orders-1", Profile())
    cloudwatch.store.generate(WHO.account, WHO.region, "AWS/RDS", {"DBInstanceIdentifier": "orders-1"}, history)
    insights.register(WHO.account, WHO.region, "db-ONE", GeneratedLoad("postgres", history))
    for service, operation, asked in CALLS:
        if service == "cloudwatch" and operation.startswith("Put"):
            cloudwatch.answers[operation](WHO, asked)
    return {"cloudwatch": cloudwatch, "pi": insights}


@pytest.mark.parametrize(("service", "operation", "asked"), CALLS, ids=lambda one: one if isinstance(one, str) else "")
def test_an_answer_fits_its_shape(
    services: dict[str, Service], service: str, operation: str, asked: dict[str, Any]
) -> None:
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    assert list(faults(model.input_shape, asked, "asked")) == []
    answer = services[service].answers[operation](WHO, asked)
    if model.output_shape is None:
        assert answer == {}
    else:
        assert list(faults(model.output_shape, answer, operation)) == []


def test_each_operation_that_is_answered_is_checked(services: dict[str, Service]) -> None:
    checked = {(service, operation) for service, operation, _ in CALLS}
    assert checked == {(name, operation) for name, service in services.items() for operation in service.answers}


def faults(shape: Any, value: Any, path: str) -> Iterator[str]:
    """Where a value does not fit a shape of botocore."""
    kinds: dict[str, Any] = {
        "string": str,
        "integer": int,
        "long": int,
        "double": (int, float),
        "boolean": bool,
        "timestamp": datetime,
    }
    if shape.type_name == "structure":
        yield from (f"{path}: {name} is missing" for name in shape.required_members if name not in value)
        for name, inner in value.items():
            if name not in shape.members:
                yield f"{path}: {name} is not a member"
            else:
                yield from faults(shape.members[name], inner, f"{path}.{name}")
    elif shape.type_name == "list":
        for inner in value:
            yield from faults(shape.member, inner, f"{path}[]")
    elif shape.type_name == "map":
        for inner in value.values():
            yield from faults(shape.value, inner, f"{path}{{}}")
    elif not isinstance(value, kinds[shape.type_name]):
        yield f"{path}: {value!r} is not a {shape.type_name}"
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{path}: {value!r} is not one of {shape.enum}"
