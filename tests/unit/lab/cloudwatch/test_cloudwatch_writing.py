"""PutMetricData and ListMetrics: what is accepted, what is refused with which code, what is listed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rdsops.lab.clock import Clock
from rdsops.lab.cloudwatch.service import CloudWatchService
from rdsops.lab.endpoint.contract import AwsError, Who

WHO = Who("111111111111", "eu-central-1", "arn:aws:iam::111111111111:user/test")
NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)


class StoppedClock(Clock):
    def __init__(self) -> None:
        super().__init__()
        self.at = NOW

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def cloudwatch() -> CloudWatchService:
    return CloudWatchService(StoppedClock())


def put(service: CloudWatchService, *data: dict[str, Any], namespace: str = "Own") -> None:
    service.answers["PutMetricData"](WHO, {"Namespace": namespace, "MetricData": list(data)})


def datum(**more: Any) -> dict[str, Any]:
    return {
        "MetricName": "x",
        "Timestamp": NOW,
        **({} if "Values" in more or "StatisticValues" in more else {"Value": 1.0}),
        **more,
    }


def read(service: CloudWatchService, stat: str, period: int = 60, **metric: Any) -> list[float]:
    query = {"Metric": {"Namespace": "Own", "MetricName": "x", **metric}, "Period": period, "Stat": stat}
    asked = {
        "MetricDataQueries": [{"Id": "m1", "MetricStat": query}],
        "StartTime": NOW - timedelta(hours=1),
        "EndTime": NOW + timedelta(hours=3),
        "ScanBy": "TimestampAscending",
    }
    found: list[float] = service.answers["GetMetricData"](WHO, asked)["MetricDataResults"][0]["Values"]
    return found


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (datum(Timestamp=NOW - timedelta(days=40)), "InvalidParameterValue"),
        (datum(Timestamp=NOW - timedelta(days=14, seconds=1)), "InvalidParameterValue"),
        (datum(Timestamp=NOW + timedelta(hours=2, seconds=1)), "InvalidParameterValue"),
        (datum(Value=float("nan")), "InvalidParameterValue"),
        (datum(Value=float("inf")), "InvalidParameterValue"),
        (datum(Value=2.0**361), "InvalidParameterValue"),
        (datum(Values=[1.0] * 151), "InvalidParameterValue"),
        (datum(Values=[1.0, 2.0], Counts=[1.0]), "InvalidParameterValue"),
        (datum(Values=[1.0], Counts=[0.0]), "InvalidParameterValue"),
        (datum(Value=1.0, Values=[1.0]), "InvalidParameterCombination"),
        (datum(StorageResolution=5), "InvalidParameterValue"),
        (datum(Dimensions=[{"Name": f"d{n}", "Value": "v"} for n in range(31)]), "InvalidParameterValue"),
        (datum(StatisticValues={"SampleCount": 2, "Sum": 9, "Minimum": 1, "Maximum": 2}), "InvalidParameterValue"),
        (datum(StatisticValues={"SampleCount": 0, "Sum": 0, "Minimum": 0, "Maximum": 0}), "InvalidParameterValue"),
        ({"MetricName": "x", "Timestamp": NOW}, "MissingParameter"),
    ],
)
def test_a_wrong_datum_is_refused_and_none_of_its_request_is_stored(
    cloudwatch: CloudWatchService, wrong: dict[str, Any], code: str
) -> None:
    with pytest.raises(AwsError) as caught:
        put(cloudwatch, datum(), wrong)
    assert caught.value.code == code
    assert cloudwatch.store.census().measured_points == 0


def test_the_edges_of_the_limits_are_accepted(cloudwatch: CloudWatchService) -> None:
    put(
        cloudwatch,
        datum(Timestamp=NOW - timedelta(days=14)),
        datum(Timestamp=NOW + timedelta(hours=2)),
        datum(Values=[1.0] * 150),
        datum(Dimensions=[{"Name": f"d{n}", "Value": "v"} for n in range(30)]),
        *[datum() for _ in range(996)],
    )
    with pytest.raises(AwsError, match="1000"):
        put(cloudwatch, *[datum() for _ in range(1001)])


def test_a_namespace_of_a_service_is_reserved(cloudwatch: CloudWatchService) -> None:
    with pytest.raises(AwsError, match="AWS/"):
        put(cloudwatch, datum(), namespace="AWS/RDS")


def test_values_with_counts_are_samples_like_any_other(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, datum(Values=[1.0, 10.0], Counts=[9.0, 1.0]), datum(Value=20.0))
    assert read(cloudwatch, "SampleCount") == [11]
    assert read(cloudwatch, "Sum") == [39]
    assert read(cloudwatch, "p80") == [1]
    assert read(cloudwatch, "p90") == [10]


def test_a_standard_resolution_point_falls_on_its_minute_and_a_fine_one_on_its_second(
    cloudwatch: CloudWatchService,
) -> None:
    dimensions = [{"Name": "fine", "Value": "y"}]
    put(cloudwatch, datum(Value=1.0), datum(Value=2.0, StorageResolution=1, Dimensions=dimensions))
    assert read(cloudwatch, "Sum", period=10) == [1]
    asked = {"Namespace": "Own", "MetricName": "x", "StartTime": NOW, "EndTime": NOW + timedelta(seconds=1)}
    asked |= {"Period": 1, "Statistics": ["Sum"]}
    statistics = cloudwatch.answers["GetMetricStatistics"]
    assert statistics(WHO, {**asked, "Dimensions": dimensions})["Datapoints"][0]["Timestamp"] == NOW
    assert statistics(WHO, asked)["Datapoints"] == []


def test_units_are_kept_apart_when_asked_for(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, datum(Value=1.0, Unit="Bytes"), datum(Value=5.0, Unit="Percent"))
    asked = {"Namespace": "Own", "MetricName": "x", "StartTime": NOW - timedelta(hours=1), "EndTime": NOW, "Period": 60}
    both = cloudwatch.answers["GetMetricStatistics"](WHO, {**asked, "Statistics": ["Sum"]})["Datapoints"]
    assert [(point["Unit"], point["Sum"]) for point in both] == [("Bytes", 1), ("Percent", 5)]
    one = cloudwatch.answers["GetMetricStatistics"](WHO, {**asked, "Statistics": ["Sum"], "Unit": "Percent"})
    assert [point["Sum"] for point in one["Datapoints"]] == [5]
    none = cloudwatch.answers["GetMetricStatistics"](WHO, {**asked, "Statistics": ["Sum"], "Unit": "Count"})
    assert none["Datapoints"] == []


def _named(number: int) -> list[dict[str, str]]:
    return [{"Name": "db", "Value": f"{number:04}"}, {"Name": "kind", "Value": "odd" if number % 2 else "even"}]


def test_metrics_are_listed_by_filter_and_in_pages(cloudwatch: CloudWatchService) -> None:
    for start in range(0, 1100, 550):
        put(cloudwatch, *[datum(Dimensions=_named(number)) for number in range(start, start + 550)])
    listed = cloudwatch.answers["ListMetrics"]
    pages = [listed(WHO, {"Namespace": "Own"})]
    while token := pages[-1].get("NextToken"):
        pages.append(listed(WHO, {"Namespace": "Own", "NextToken": token}))
    assert [len(page["Metrics"]) for page in pages] == [500, 500, 100]
    names = [metric["Dimensions"][0]["Value"] for page in pages for metric in page["Metrics"]]
    assert names == sorted(names)
    assert len(set(names)) == 1100
    odd = listed(WHO, {"Dimensions": [{"Name": "kind", "Value": "odd"}, {"Name": "db"}]})
    assert len(odd["Metrics"]) == 500
    assert all(metric["Dimensions"][1]["Value"] == "odd" for metric in odd["Metrics"])
    assert listed(WHO, {"Dimensions": [{"Name": "other"}]})["Metrics"] == []
    assert listed(Who("222222222222", WHO.region, ""), {})["Metrics"] == []
    with pytest.raises(AwsError):
        listed(WHO, {"Namespace": "Other", "NextToken": pages[0]["NextToken"]})


def test_recently_active_leaves_out_what_has_been_silent_for_three_hours(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, datum(Timestamp=NOW - timedelta(hours=4)), datum(MetricName="y"))
    names = [one["MetricName"] for one in cloudwatch.answers["ListMetrics"](WHO, {})["Metrics"]]
    recent = [
        one["MetricName"] for one in cloudwatch.answers["ListMetrics"](WHO, {"RecentlyActive": "PT3H"})["Metrics"]
    ]
    assert (names, recent) == (["x", "y"], ["y"])
