"""Alarms on a stepped clock: M of N, missing data, actions, history; dashboards and tags beside them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rdsops.lab.clock import Clock
from rdsops.lab.cloudwatch.alarms import verdict
from rdsops.lab.cloudwatch.service import CloudWatchService
from rdsops.lab.cloudwatch.store import Place
from rdsops.lab.endpoint.contract import AwsError, Who

WHO = Who("111111111111", "eu-central-1", "arn:aws:iam::111111111111:user/test")
START = datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-central-1:111111111111:pager"


class StoppedClock(Clock):
    def __init__(self) -> None:
        super().__init__()
        self.at = START

    def now(self) -> datetime:
        return self.at


class Room:
    def __init__(self) -> None:
        self.clock = StoppedClock()
        self.acted: list[tuple[str, str, str]] = []
        self.service = CloudWatchService(self.clock, on_action=self._act)

    def _act(self, place: Place, action: str, message: dict[str, Any]) -> None:
        self.acted.append((action, message["AlarmName"], message["NewStateValue"]))

    def call(self, operation: str, **asked: Any) -> dict[str, Any]:
        return self.service.answers[operation](WHO, asked)

    def minute(self, value: float | None) -> None:
        """One minute passes, with this value in it."""
        if value is not None:
            at = int(self.clock.at.timestamp())
            self.service.store.put(
                WHO.account,
                WHO.region,
                "AWS/RDS",
                "CPUUtilization",
                {"DBInstanceIdentifier": "orders-1"},
                at=at,
                value=value,
            )
        self.clock.at += timedelta(minutes=1)

    def put(self, **more: Any) -> None:
        self.call("PutMetricAlarm", **alarm(**more))

    def state(self, name: str = "cpu") -> str:
        (found,) = self.call("DescribeAlarms", AlarmNames=[name])["MetricAlarms"]
        return str(found["StateValue"])


def alarm(**more: Any) -> dict[str, Any]:
    return {
        "AlarmName": "cpu",
        "Namespace": "AWS/RDS",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "orders-1"}],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 90.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **more,
    }


@pytest.fixture
def room() -> Room:
    return Room()


def test_breaching_quiet_and_absent_data_are_three_states(room: Room) -> None:
    room.put()
    assert room.state() == "INSUFFICIENT_DATA"
    room.minute(95)
    assert room.state() == "ALARM"
    room.minute(5)
    assert room.state() == "OK"
    for _ in range(4):
        room.minute(None)
    assert room.state() == "INSUFFICIENT_DATA"


def test_a_new_alarm_says_that_it_is_unchecked(room: Room) -> None:
    room.minute(95)
    room.put()
    (found,) = room.call("DescribeAlarms")["MetricAlarms"]
    assert (found["StateValue"], found["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    assert found["AlarmArn"] == "arn:aws:cloudwatch:eu-central-1:111111111111:alarm:cpu"


def test_a_seeded_alarm_has_long_been_evaluated(room: Room) -> None:
    room.minute(95)
    room.service.seed_alarm(WHO.account, WHO.region, alarm())
    assert room.state() == "ALARM"


def test_m_of_n_needs_m(room: Room) -> None:
    room.put(EvaluationPeriods=3, DatapointsToAlarm=2)
    seen = []
    for value in (95, 5, 95, 5, 5, 95, 95):
        room.minute(value)
        seen.append(room.state())
    assert seen == ["ALARM", "OK", "ALARM", "OK", "OK", "OK", "ALARM"]


def test_several_minutes_unseen_leave_each_change_in_the_history(room: Room) -> None:
    room.put()
    for value in (95, 5, 95):
        room.minute(value)
    items = room.call("DescribeAlarmHistory", HistoryItemType="StateUpdate", ScanBy="TimestampAscending")
    assert [item["HistorySummary"] for item in items["AlarmHistoryItems"]] == [
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        "Alarm updated from ALARM to OK",
        "Alarm updated from OK to ALARM",
    ]
    assert [item["Timestamp"].minute for item in items["AlarmHistoryItems"]] == [1, 2, 3]


TABLE = [
    # points that exist (oldest first), N, M, then the state under: missing, ignore, breaching, notBreaching
    ("0X0", 3, 3, "OK", "OK", "OK", "OK"),
    ("XXX", 3, 3, "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0", 3, 3, "OK", "OK", "OK", "OK"),
    ("", 3, 3, "INSUFFICIENT_DATA", None, "ALARM", "OK"),
    ("X", 3, 3, "ALARM", None, "ALARM", "OK"),
    ("0X", 3, 2, "OK", "OK", "ALARM", "OK"),
    ("0", 3, 2, "OK", "OK", "ALARM", "OK"),
    ("X", 3, 2, "ALARM", None, "ALARM", "OK"),
    ("XX", 3, 2, "ALARM", "ALARM", "ALARM", "ALARM"),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0] or 'none'}, {row[2]} of {row[1]}")
def test_missing_data_counts_as_the_published_table_says(row: tuple[Any, ...]) -> None:
    points, periods, needed, *wanted = row
    found = [
        verdict(len(points), points.count("X"), needed, periods, treatment)
        for treatment in ("missing", "ignore", "breaching", "notBreaching")
    ]
    assert found == wanted


def test_real_points_from_before_a_gap_decide_when_there_are_enough(room: Room) -> None:
    room.put(EvaluationPeriods=3, TreatMissingData="notBreaching")
    for value in (95, 95, 95, None):
        room.minute(value)
    assert room.state() == "ALARM"


def test_an_alarm_on_an_expression_is_evaluated(room: Room) -> None:
    metric = {name: alarm()[name] for name in ("Namespace", "MetricName", "Dimensions")}
    room.service.seed_alarm(
        WHO.account,
        WHO.region,
        {
            "AlarmName": "cpu",
            "EvaluationPeriods": 1,
            "Threshold": 50.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "Metrics": [
                {
                    "Id": "m1",
                    "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Average"},
                    "ReturnData": False,
                },
                {"Id": "e1", "Expression": "m1 / 2"},
            ],
        },
    )
    room.minute(95)
    assert room.state() == "OK"
    room.minute(105)
    assert room.state() == "ALARM"


def test_actions_run_once_at_each_change_and_not_while_disabled(room: Room) -> None:
    room.put(AlarmActions=[TOPIC], OKActions=[TOPIC])
    room.minute(95)
    room.minute(95)
    room.service.tick()
    room.call("DisableAlarmActions", AlarmNames=["cpu"])
    room.minute(5)
    room.service.tick()
    room.call("EnableAlarmActions", AlarmNames=["cpu"])
    room.minute(95)
    room.service.tick()
    assert room.acted == [(TOPIC, "cpu", "ALARM"), (TOPIC, "cpu", "ALARM")]


def test_a_state_set_by_hand_lasts_until_the_next_evaluation(room: Room) -> None:
    room.put(AlarmActions=[TOPIC])
    room.minute(5)
    assert room.state() == "OK"
    room.call("SetAlarmState", AlarmName="cpu", StateValue="ALARM", StateReason="drill")
    assert room.state() == "ALARM"
    assert room.acted == [(TOPIC, "cpu", "ALARM")]
    room.minute(5)
    assert room.state() == "OK"
    for asked, code in (
        ({"AlarmName": "nobody"}, "ResourceNotFound"),
        ({"AlarmName": "cpu", "StateReasonData": "{"}, "InvalidFormat"),
    ):
        with pytest.raises(AwsError) as caught:
            room.call("SetAlarmState", StateValue="OK", StateReason="x", **asked)
        assert caught.value.code == code


def test_a_changed_alarm_keeps_its_state(room: Room) -> None:
    room.put(Tags=[{"Key": "a", "Value": "b"}])
    room.minute(95)
    assert room.state() == "ALARM"
    room.put(Threshold=99.0)
    assert room.state() == "ALARM"
    room.minute(95)
    assert room.state() == "OK"
    arn = "arn:aws:cloudwatch:eu-central-1:111111111111:alarm:cpu"
    assert room.call("ListTagsForResource", ResourceARN=arn) == {"Tags": [{"Key": "a", "Value": "b"}]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"EvaluationInterval": 60},
        {"ThresholdMetricId": "x"},
        {"ComparisonOperator": "GreaterThanUpperThreshold"},
        {"EvaluateLowSampleCountPercentile": "ignore"},
        {"TreatMissingData": "whatever"},
        {"DatapointsToAlarm": 2},
        {"Period": 45},
        {"ExtendedStatistic": "p90"},
        {"Statistic": None},
        {"Threshold": None},
        {"Period": 300, "EvaluationPeriods": 300},
        {"Metrics": [{"Id": "e1", "Expression": "1"}]},
    ],
    ids=",".join,
)
def test_an_alarm_that_the_lab_cannot_keep_is_refused(room: Room, wrong: dict[str, Any]) -> None:
    with pytest.raises(AwsError) as caught:
        room.put(**wrong)
    assert caught.value.code == "ValidationError"
    assert room.call("DescribeAlarms")["MetricAlarms"] == []


def test_alarms_are_described_by_name_prefix_state_action_and_page(room: Room) -> None:
    for number in range(5):
        room.put(AlarmName=f"cpu-{number}", AlarmActions=[TOPIC] if number % 2 else [])
    room.put(AlarmName="disk", MetricName="FreeStorageSpace")

    def found(**asked: Any) -> list[str]:
        return [one["AlarmName"] for one in room.call("DescribeAlarms", **asked)["MetricAlarms"]]

    assert found(AlarmNamePrefix="cpu") == [f"cpu-{number}" for number in range(5)]
    assert found(ActionPrefix=TOPIC) == ["cpu-1", "cpu-3"]
    assert found(StateValue="OK") == []
    assert found(AlarmNames=["disk", "cpu-0"]) == ["cpu-0", "disk"]
    assert found(AlarmTypes=["CompositeAlarm"]) == []
    first = room.call("DescribeAlarms", MaxRecords=4)
    room.call("DeleteAlarms", AlarmNames=["cpu-0"])
    rest = room.call("DescribeAlarms", MaxRecords=4, NextToken=first["NextToken"])
    assert [one["AlarmName"] for one in rest["MetricAlarms"]] == ["cpu-4", "disk"]
    on_metric = {key: alarm()[key] for key in ("Namespace", "MetricName", "Dimensions")}
    assert len(room.call("DescribeAlarmsForMetric", **on_metric)["MetricAlarms"]) == 4
    assert room.call("DescribeAlarmsForMetric", **on_metric, Statistic="Sum")["MetricAlarms"] == []
    with pytest.raises(AwsError) as caught:
        room.call("DeleteAlarms", AlarmNames=["cpu-1", "cpu-0"])
    assert caught.value.code == "ResourceNotFound"
    assert found(AlarmNames=["cpu-1"]) == ["cpu-1"]


def test_history_outlives_its_alarm_and_comes_in_pages(room: Room) -> None:
    room.put()
    room.minute(95)
    room.service.tick()
    room.call("DeleteAlarms", AlarmNames=["cpu"])
    pages = [room.call("DescribeAlarmHistory", AlarmName="cpu", MaxRecords=2)]
    while token := pages[-1].get("NextToken"):
        pages.append(room.call("DescribeAlarmHistory", AlarmName="cpu", MaxRecords=2, NextToken=token))
    kinds = [item["HistoryItemType"] for page in pages for item in page["AlarmHistoryItems"]]
    assert kinds == ["ConfigurationUpdate", "StateUpdate", "ConfigurationUpdate"]


def test_dashboards_are_checked_kept_listed_and_deleted(room: Room) -> None:
    body = json.dumps({"widgets": [{"type": "text", "x": 0, "width": 24, "properties": {"markdown": "hello"}}]})
    assert room.call("PutDashboard", DashboardName="rds", DashboardBody=body)["DashboardValidationMessages"] == []
    assert room.call("GetDashboard", DashboardName="rds")["DashboardBody"] == body
    (entry,) = room.call("ListDashboards", DashboardNamePrefix="r")["DashboardEntries"]
    assert entry["Size"] == len(body)
    arn = entry["DashboardArn"]
    room.call("TagResource", ResourceARN=arn, Tags=[{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}])
    room.call("UntagResource", ResourceARN=arn, TagKeys=["a"])
    assert room.call("ListTagsForResource", ResourceARN=arn)["Tags"] == [{"Key": "c", "Value": "d"}]
    for wrong in (
        "{",
        "[]",
        "{}",
        '{"widgets": [{"type": "chart", "properties": {}}]}',
        '{"widgets": [{"type": "text"}]}',
    ):
        with pytest.raises(AwsError) as caught:
            room.call("PutDashboard", DashboardName="rds", DashboardBody=wrong)
        assert caught.value.code == "InvalidParameterInput"
    room.call("DeleteDashboards", DashboardNames=["rds"])
    for operation, asked in (
        ("GetDashboard", {"DashboardName": "rds"}),
        ("DeleteDashboards", {"DashboardNames": ["rds"]}),
    ):
        with pytest.raises(AwsError) as caught:
            room.call(operation, **asked)
        assert caught.value.code == "ResourceNotFound"
    with pytest.raises(AwsError):
        room.call("ListTagsForResource", ResourceARN=arn)
