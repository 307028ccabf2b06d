"""What our writers write, botocore reads back equal: random valid values of the shapes of our own services."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.parsers
import botocore.serialize
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rdsops.lab.endpoint import models
from rdsops.lab.endpoint.reading import parameters
from rdsops.lab.endpoint.wire import Protocol, Request, Scope
from rdsops.lab.endpoint.writing import BadAnswer, answer_body

OPERATIONS = [
    ("rds", "DescribeDBInstances", Protocol.QUERY),
    ("rds", "DescribeDBClusters", Protocol.QUERY),
    ("rds", "DescribeGlobalClusters", Protocol.QUERY),
    ("rds", "DescribeDBParameters", Protocol.QUERY),
    ("rds", "DescribeEvents", Protocol.QUERY),
    ("rds", "DescribeDBRecommendations", Protocol.QUERY),
    ("rds", "DescribeReservedDBInstancesOfferings", Protocol.QUERY),
    ("rds", "DownloadDBLogFilePortion", Protocol.QUERY),
    ("sts", "AssumeRole", Protocol.QUERY),
    ("cloudwatch", "GetMetricData", Protocol.QUERY),
    ("cloudwatch", "GetMetricData", Protocol.JSON),
    ("cloudwatch", "GetMetricData", Protocol.CBOR),
    ("cloudwatch", "GetMetricStatistics", Protocol.QUERY),
    ("cloudwatch", "GetMetricStatistics", Protocol.JSON),
    ("cloudwatch", "GetMetricStatistics", Protocol.CBOR),
    ("cloudwatch", "DescribeAlarms", Protocol.QUERY),
    ("cloudwatch", "DescribeAlarms", Protocol.JSON),
    ("cloudwatch", "DescribeAlarms", Protocol.CBOR),
    ("pi", "GetResourceMetrics", Protocol.JSON),
    ("pi", "GetResourceMetrics", Protocol.CBOR),
    ("pi", "DescribeDimensionKeys", Protocol.JSON),
    ("pi", "GetResourceMetadata", Protocol.JSON),
    ("pricing", "GetProducts", Protocol.JSON),
]
ASKED = [
    ("rds", "CreateDBInstance", Protocol.QUERY),
    ("rds", "ModifyDBClusterParameterGroup", Protocol.QUERY),
    ("rds", "DescribeEvents", Protocol.QUERY),
    ("cloudwatch", "PutMetricData", Protocol.QUERY),
    ("cloudwatch", "PutMetricData", Protocol.JSON),
    ("cloudwatch", "PutMetricData", Protocol.CBOR),
    ("cloudwatch", "PutMetricAlarm", Protocol.QUERY),
    ("cloudwatch", "PutMetricAlarm", Protocol.CBOR),
    ("pi", "GetResourceMetrics", Protocol.JSON),
    ("pi", "GetResourceMetrics", Protocol.CBOR),
    ("pricing", "GetProducts", Protocol.JSON),
]
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))
TEXT |= st.sampled_from(["", " ", "\r\n\t", "<&>\"'", "]]>", "true", "1", "2026-01-01T00:00:00Z"])
TIMES = st.integers(0, 4_102_444_800_000).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))


def values(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Valid values of a shape. Lists that are written flat are not empty: on the wire they would be absent."""
    kind = shape.type_name
    if kind == "structure":
        fields = {name: values(member, depth + 1) for name, member in shape.members.items()} if depth < 7 else {}
        if shape.is_tagged_union:
            return st.one_of([st.fixed_dictionaries({name: each}) for name, each in fields.items()])
        required = {name: fields[name] for name in shape.required_members if name in fields}
        optional = {name: each for name, each in fields.items() if name not in required}
        return st.fixed_dictionaries(required, optional=optional)
    if kind == "list":
        least = 1 if shape.serialization.get("flattened") else 0
        return st.lists(values(shape.member, depth + 1), min_size=least, max_size=2)
    if kind == "map":
        return st.dictionaries(values(shape.key), values(shape.value, depth + 1), max_size=2)
    if kind == "string":
        allowed = shape.metadata.get("enum")
        return st.sampled_from(allowed) if allowed else TEXT
    return {
        "integer": st.integers(-(2**31), 2**31 - 1),
        "long": st.integers(-(2**63), 2**63 - 1),
        "float": st.floats(allow_nan=False, allow_infinity=False),
        "double": st.floats(allow_nan=False, allow_infinity=False),
        "boolean": st.booleans(),
        "timestamp": TIMES,
        "blob": st.binary(max_size=20),
    }[kind]


@pytest.mark.parametrize(("service", "operation", "protocol"), OPERATIONS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_written_is_read_back_by_botocore(
    service: str, operation: str, protocol: Protocol, data: st.DataObject
) -> None:
    shape = models.known_operation(service, operation).output_shape
    value = data.draw(values(shape))
    body = answer_body(service, operation, protocol, value, "an-id")
    parser = botocore.parsers.create_parser(protocol.value)
    read = parser.parse({"status_code": 200, "headers": {}, "body": body}, shape)
    read.pop("ResponseMetadata")
    assert read == value


@pytest.mark.parametrize(("service", "operation", "protocol"), ASKED)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_botocore_writes_is_read_back_by_us(
    service: str, operation: str, protocol: Protocol, data: st.DataObject
) -> None:
    model = models.known_operation(service, operation)
    value = data.draw(values(model.input_shape))
    if protocol is Protocol.QUERY:
        value = _without_empty(value)
    serializer = botocore.serialize.create_serializer(protocol.value, include_validation=False)
    sent = serializer.serialize_to_request(value, model)["body"]
    scope = Scope("111122223333", None, "20260101", "eu-west-1", service, service)
    if protocol is Protocol.QUERY:
        request = Request(scope, protocol, operation, b"", tuple((name, str(each)) for name, each in sent.items()))
    else:
        request = Request(scope, protocol, operation, sent.encode() if isinstance(sent, str) else sent)
    read = parameters(request)
    assert _to_seconds(read) == _to_seconds(value)


def _without_empty(value: Any) -> Any:
    """Structures and maps without members cannot be said in the query protocol, nor what holds only such."""
    if isinstance(value, dict):
        kept = {name: _without_empty(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each != {}}
    if isinstance(value, list):
        return [each for each in map(_without_empty, value) if each != {}]
    return value


def _to_seconds(value: Any) -> Any:
    """Clients send whole seconds in some protocols."""
    if isinstance(value, dict):
        return {name: _to_seconds(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_to_seconds(each) for each in value]
    return value.replace(microsecond=0) if isinstance(value, datetime) else value


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ({"DBInstances": [{"Nmae": "x"}]}, "DBInstance has no member Nmae"),
        ({"DBInstances": {"DBInstanceIdentifier": "x"}}, "DBInstances is a list"),
        ({"DBInstances": ["x"]}, "structure"),
        ({"DBInstances": [{"AllocatedStorage": "5"}]}, "AllocatedStorage"),
        ({"DBInstances": [{"AllocatedStorage": True}]}, "AllocatedStorage"),
        ({"DBInstances": [{"MultiAZ": "yes"}]}, "MultiAZ"),
        ({"DBInstances": [{"DBInstanceIdentifier": 5}]}, "DBInstanceIdentifier"),
        ({"DBInstances": [{"InstanceCreateTime": datetime(2026, 1, 1)}]}, "InstanceCreateTime"),  # noqa: DTZ001 - naive
    ],
)
def test_an_answer_that_the_model_has_no_place_for_is_a_defect(answer: dict[str, Any], word: str) -> None:
    with pytest.raises(BadAnswer, match=word):
        answer_body("rds", "DescribeDBInstances", Protocol.QUERY, answer, "an-id")


@pytest.mark.parametrize("protocol", [Protocol.JSON, Protocol.CBOR])
@pytest.mark.parametrize(
    "answer",
    [
        {"MetricDataResults": [{"Valuess": []}]},
        {"MetricDataResults": [{"Values": ["1"]}]},
        {"MetricDataResults": [{"Timestamps": ["2026"]}]},
        {"MetricDataResults": "x"},
    ],
)
def test_so_it_is_in_json_and_cbor(protocol: Protocol, answer: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        answer_body("cloudwatch", "GetMetricData", protocol, answer, "an-id")


@pytest.mark.parametrize("protocol", [Protocol.QUERY, Protocol.JSON, Protocol.CBOR])
@pytest.mark.parametrize("criteria", [{}, {"PromQLCriteria": None}])
def test_a_union_holds_exactly_one_member(protocol: Protocol, criteria: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer, match="EvaluationCriteria holds one member"):
        answer = {"MetricAlarms": [{"EvaluationCriteria": criteria}]}
        answer_body("cloudwatch", "DescribeAlarms", protocol, answer, "an-id")


def test_none_is_left_out_and_odd_characters_are_replaced() -> None:
    answer = {"Marker": None, "DBInstances": [{"DBInstanceIdentifier": "a\x00b\ud800", "DBName": None}]}
    body = answer_body("rds", "DescribeDBInstances", Protocol.QUERY, answer, "an-id").decode()
    assert "Marker" not in body
    assert "DBName" not in body
    assert "<DBInstanceIdentifier>a\ufffdb\ufffd</DBInstanceIdentifier>" in body
