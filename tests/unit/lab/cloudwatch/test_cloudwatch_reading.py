"""GetMetricData and GetMetricStatistics: against a slow plain reference; each known wrong answer a regression."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdsops.lab.clock import Clock
from rdsops.lab.cloudwatch.grid import DAY
from rdsops.lab.cloudwatch.history import History
from rdsops.lab.cloudwatch.profiles import Profile
from rdsops.lab.cloudwatch.service import CloudWatchService
from rdsops.lab.endpoint.contract import AwsError, Who

WHO = Who("111111111111", "eu-central-1", "arn:aws:iam::111111111111:user/test")
NOW = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class StoppedClock(Clock):
    """A clock that stands where a test puts it."""

    def __init__(self, at: datetime = NOW) -> None:
        super().__init__()
        self.at = at

    def now(self) -> datetime:
        return self.at

    def step(self, by: timedelta) -> None:
        self.at += by


@pytest.fixture
def cloudwatch() -> CloudWatchService:
    return CloudWatchService(StoppedClock())


def put(service: CloudWatchService, name: str, values: Sequence[tuple[int, float]], **more: Any) -> None:
    """values: (seconds before noon, value)."""
    dimensions = more.get("dimensions", {"DBInstanceIdentifier": "orders-1"})
    for before, value in values:
        service.store.put(
            more.get("account", WHO.account),
            WHO.region,
            more.get("namespace", "AWS/RDS"),
            name,
            dimensions,
            at=int(NOON.timestamp()) - before,
            value=value,
            unit=more.get("unit", "Percent"),
        )


def stat(name: str, stat: str = "Average", period: int = 60, id: str = "m1", **more: Any) -> dict[str, Any]:
    dimensions = more.pop("dimensions", {"DBInstanceIdentifier": "orders-1"})
    metric = {
        "Namespace": more.pop("namespace", "AWS/RDS"),
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
    }
    unit = {"Unit": more.pop("unit")} if "unit" in more else {}
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat, **unit}, **more}


def ask(
    service: CloudWatchService, *queries: dict[str, Any], back: timedelta = timedelta(minutes=10), **more: Any
) -> dict[str, Any]:
    asked = {
        "MetricDataQueries": list(queries),
        "StartTime": NOON - back,
        "EndTime": NOON,
        "ScanBy": "TimestampAscending",
        **more,
    }
    return service.answers["GetMetricData"](WHO, asked)


def values(answer: dict[str, Any], id: str = "m1") -> list[float]:
    return [value for one in answer["MetricDataResults"] if one["Id"] == id for value in one["Values"]]


# Regressions: answers that are wrong elsewhere without an error.


def test_two_namespaces_with_the_same_metric_are_two_metrics(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, "CPUUtilization", [(60, 10)], namespace="AWS/RDS")
    put(cloudwatch, "CPUUtilization", [(60, 90)], namespace="AWS/EC2")
    assert values(ask(cloudwatch, stat("CPUUtilization"))) == [10]


def test_a_metric_asked_without_its_dimensions_has_no_data(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, "CPUUtilization", [(60, 10)])
    assert values(ask(cloudwatch, stat("CPUUtilization", dimensions={}))) == []


def test_an_account_does_not_see_the_metrics_of_another(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, "CPUUtilization", [(60, 10)], account="222222222222")
    assert values(ask(cloudwatch, stat("CPUUtilization"))) == []


def test_an_expression_has_values(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, "CPUUtilization", [(120, 10), (60, 20)])
    answer = ask(cloudwatch, stat("CPUUtilization", ReturnData=False), {"Id": "e1", "Expression": "m1*2"})
    assert [one["Id"] for one in answer["MetricDataResults"]] == ["e1"]
    assert values(answer, "e1") == [20, 40]


def test_a_search_over_five_metrics_returns_five_series(cloudwatch: CloudWatchService) -> None:
    for number in range(5):
        put(cloudwatch, "CPUUtilization", [(60, number)], dimensions={"DBInstanceIdentifier": f"orders-{number}"})
    put(cloudwatch, "CPUUtilization", [(60, 99)], dimensions={"DBClusterIdentifier": "orders"})
    put(cloudwatch, "FreeableMemory", [(60, 99)], dimensions={"DBInstanceIdentifier": "orders-0"})
    search = """SEARCH('{AWS/RDS,DBInstanceIdentifier} MetricName="CPUUtilization"', 'Average', 60)"""
    answer = ask(cloudwatch, {"Id": "s1", "Expression": search})
    assert [one["Values"] for one in answer["MetricDataResults"]] == [[0], [1], [2], [3], [4]]
    assert answer["MetricDataResults"][3]["Label"] == "orders-3 CPUUtilization"


def test_an_insights_query_is_refused_by_name_and_never_empty(cloudwatch: CloudWatchService) -> None:
    query = {"Id": "q1", "Expression": 'SELECT AVG(CPUUtilization) FROM "AWS/RDS" GROUP BY x', "Period": 60}
    with pytest.raises(AwsError, match="Metrics Insights") as caught:
        ask(cloudwatch, query)
    assert caught.value.code == "ValidationError"


@pytest.mark.parametrize("name", ["wm90", "IQM", "TM(10%:90%)", "PR(0:10)", "Median"])
def test_a_statistic_that_is_not_computed_is_refused_by_name(cloudwatch: CloudWatchService, name: str) -> None:
    with pytest.raises(AwsError, match="not emulated") as caught:
        ask(cloudwatch, stat("CPUUtilization", name))
    assert name in caught.value.message


@pytest.mark.parametrize("expression", ["ANOMALY_DETECTION_BAND(m1)", "SORT(METRICS(), AVG, DESC, 1)", "STDDEV(m1)"])
def test_a_function_that_is_not_computed_is_refused_by_name(cloudwatch: CloudWatchService, expression: str) -> None:
    with pytest.raises(AwsError, match="not emulated") as caught:
        ask(cloudwatch, stat("CPUUtilization"), {"Id": "e1", "Expression": expression})
    assert expression.partition("(")[0] in caught.value.message


def test_percentiles_and_trimmed_means_have_values(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, "ReadLatency", [(60 - number // 2, float(number)) for number in range(1, 101)])
    wanted = {"p99": 99, "p50": 50, "p99.9": 100, "p0": 1, "p100": 100, "tm90": 45.5}
    for name, value in wanted.items():
        assert values(ask(cloudwatch, stat("ReadLatency", name, period=300))) == [value], name


def test_a_statistic_set_that_hides_its_values_has_no_percentile(cloudwatch: CloudWatchService) -> None:
    datum = {
        "MetricName": "x",
        "Timestamp": NOON - timedelta(minutes=2),
        "StatisticValues": {"SampleCount": 3, "Sum": 6, "Minimum": 1, "Maximum": 3},
    }
    cloudwatch.answers["PutMetricData"](WHO, {"Namespace": "Own", "MetricData": [datum]})
    assert values(ask(cloudwatch, stat("x", "p90", namespace="Own", dimensions={}))) == []
    assert values(ask(cloudwatch, stat("x", "Average", namespace="Own", dimensions={}))) == [2]


def test_points_lie_on_the_grid_of_the_period(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, "CPUUtilization", [(121, 10), (61, 20)])
    asked = {"StartTime": NOON - timedelta(minutes=4, seconds=23), "EndTime": NOON - timedelta(seconds=22)}
    answer = cloudwatch.answers["GetMetricData"](
        WHO, {"MetricDataQueries": [stat("CPUUtilization")], **asked, "ScanBy": "TimestampAscending"}
    )
    assert answer["MetricDataResults"][0]["Timestamps"] == [NOON - timedelta(minutes=3), NOON - timedelta(minutes=2)]


@pytest.mark.parametrize(
    ("age", "period", "first"),
    [
        (timedelta(days=1, seconds=34), 60, timedelta(days=1, seconds=60)),
        (timedelta(days=20, seconds=34), 60, None),
        (timedelta(days=20, seconds=34), 300, timedelta(days=20, seconds=300)),
        (timedelta(days=70, seconds=34), 300, None),
        (timedelta(days=70, seconds=34), 3600, timedelta(days=70, seconds=3600)),
    ],
)
def test_old_points_show_at_the_resolution_that_is_kept(
    cloudwatch: CloudWatchService, age: timedelta, period: int, first: timedelta | None
) -> None:
    put(cloudwatch, "CPUUtilization", [(int(age.total_seconds()), 10)])
    answer = ask(cloudwatch, stat("CPUUtilization", period=period), back=age)
    wanted = [] if first is None else [NOON - first]
    assert answer["MetricDataResults"][0]["Timestamps"] == wanted


# Paging


def all_pages(service: CloudWatchService, *queries: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    pages = [ask(service, *queries, **more)]
    while token := pages[-1].get("NextToken"):
        pages.append(ask(service, *queries, **more, NextToken=token))
    return pages


@pytest.mark.parametrize("order", ["TimestampAscending", "TimestampDescending"])
@pytest.mark.parametrize("at_most", [1, 2, 3, 7, 100])
def test_pages_hold_each_point_once_and_in_order(cloudwatch: CloudWatchService, order: str, at_most: int) -> None:
    put(cloudwatch, "CPUUtilization", [(60 * number, float(number)) for number in range(1, 6)])
    put(cloudwatch, "FreeableMemory", [(60 * number, float(number)) for number in range(1, 4)])
    queries = [stat("CPUUtilization"), stat("Absent", id="m2"), stat("FreeableMemory", id="m3")]
    pages = all_pages(cloudwatch, *queries, MaxDatapoints=at_most, ScanBy=order)
    assert all(sum(len(one["Values"]) for one in page["MetricDataResults"]) <= at_most for page in pages)
    whole = ask(cloudwatch, *queries, ScanBy=order)
    for id in ("m1", "m2", "m3"):
        assert [value for page in pages for value in values(page, id)] == values(whole, id)
    assert {one["Id"] for page in pages for one in page["MetricDataResults"]} == {"m1", "m2", "m3"}


def test_a_page_goes_on_where_it_stopped_when_points_arrive_in_between(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, "CPUUtilization", [(300, 1.0), (240, 2.0), (180, 3.0)])
    first = ask(cloudwatch, stat("CPUUtilization"), MaxDatapoints=2)
    put(cloudwatch, "CPUUtilization", [(360, 0.0), (120, 4.0)])
    second = ask(cloudwatch, stat("CPUUtilization"), MaxDatapoints=2, NextToken=first["NextToken"])
    assert values(first) + values(second) == [1, 2, 3, 4]


def test_a_token_of_another_request_is_refused(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, "CPUUtilization", [(300, 1.0), (240, 2.0)])
    token = ask(cloudwatch, stat("CPUUtilization"), MaxDatapoints=1)["NextToken"]
    for asked in (stat("FreeableMemory"), stat("CPUUtilization", "Maximum")):
        with pytest.raises(AwsError) as caught:
            ask(cloudwatch, asked, NextToken=token)
        assert caught.value.code == "InvalidNextToken"
    with pytest.raises(AwsError):
        ask(cloudwatch, stat("CPUUtilization"), NextToken="nonsense")


def test_more_than_the_limits_is_refused(cloudwatch: CloudWatchService) -> None:
    with pytest.raises(AwsError, match="500"):
        ask(cloudwatch, *[stat("CPUUtilization", id=f"m{number}") for number in range(501)])
    with pytest.raises(AwsError, match="100800"):
        ask(cloudwatch, stat("CPUUtilization"), MaxDatapoints=100_801)
    with pytest.raises(AwsError, match="not unique"):
        ask(cloudwatch, stat("CPUUtilization"), stat("CPUUtilization"))
    for period in (7, 90, 61):
        with pytest.raises(AwsError, match="multiple of 60"):
            ask(cloudwatch, stat("CPUUtilization", period=period))


# Statistics against a slow plain reference

samples = st.lists(
    st.tuples(st.integers(0, 3 * 3600 - 1), st.floats(0, 1e6, allow_nan=False), st.integers(1, 5)), max_size=60
)


@settings(max_examples=150, deadline=None)
@given(samples, st.sampled_from([60, 300, 900, 3600]), st.integers(0, 3599), st.floats(0, 100))
def test_statistics_agree_with_the_plain_reference(
    points: list[tuple[int, float, int]], period: int, start_before: int, share: float
) -> None:
    service = CloudWatchService(StoppedClock())
    base = int(NOON.timestamp()) - 3 * 3600
    for at, value, times in points:
        datum = {
            "MetricName": "x",
            "Timestamp": datetime.fromtimestamp(base + at, UTC),
            "Values": [value],
            "Counts": [times],
            "StorageResolution": 1,
        }
        service.answers["PutMetricData"](WHO, {"Namespace": "Own", "MetricData": [datum]})
    start = NOON - timedelta(hours=2, seconds=start_before)
    percentile = f"p{share:.4f}"
    names = ["SampleCount", "Average", "Sum", "Minimum", "Maximum", percentile, "tm75"]
    queries = [
        stat("x", name, period, id=f"m{number}", namespace="Own", dimensions={}) for number, name in enumerate(names)
    ]
    answer = service.answers["GetMetricData"](
        WHO, {"MetricDataQueries": queries, "StartTime": start, "EndTime": NOON, "ScanBy": "TimestampAscending"}
    )
    for number, name in enumerate(names):
        got = answer["MetricDataResults"][number]
        wanted = plain([(base + at, value, times) for at, value, times in points], name, start, NOON, period)
        assert [moment.timestamp() for moment in got["Timestamps"]] == [at for at, _ in wanted], name
        for mine, (_, theirs) in zip(got["Values"], wanted, strict=True):
            assert math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-9), name


def plain(
    points: list[tuple[int, float, int]], name: str, start: datetime, end: datetime, period: int
) -> list[tuple[int, float]]:
    """Every bucket of the grid, every point looked at for each: slow, and easy to believe."""
    first = int(start.timestamp()) // 60 * 60
    found = []
    for bucket in range(first // period * period, int(end.timestamp()), period):
        inside = sorted(
            value
            for at, value, times in points
            for _ in range(times)
            if bucket <= at < min(bucket + period, int(end.timestamp()))
        )
        if not inside:
            continue
        if name.startswith("p"):
            rank = max(1, math.ceil(float(name[1:]) / 100 * len(inside) - 1e-6))
            value = inside[rank - 1]
        elif name == "tm75":
            left, amount = 0.75 * len(inside), 0.0
            for one in inside:
                amount += one * min(1.0, max(0.0, left))
                left -= 1
            value = amount / (0.75 * len(inside))
        else:
            value = {
                "SampleCount": float(len(inside)),
                "Average": sum(inside) / len(inside),
                "Sum": sum(inside),
                "Minimum": inside[0],
                "Maximum": inside[-1],
            }[name]
        found.append((bucket, value))
    return found


# Metric math


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("m1 + m2", [11, 33]),
        ("(m1 + m2) * 2 - 1", [21, 65]),
        ("m1 / m2", [0.1, 0.1]),
        ("-m1 ^ 2", [-1, -9]),
        ("100 * m1 / SUM(m2)", [100 / 60, 300 / 60]),
        ("SUM([m1, m2])", [11, 20, 33]),
        ("AVG(METRICS())", [5.5, 20, 16.5]),
        ("MAX([m1, m2]) - MIN([m1, m2])", [9, 0, 27]),
        ("IF(m2 > 15, m2, 0)", [0, 20, 30]),
        ("IF(m2 > 15, 1)", [1, 1]),
        ("IF(m2 >= 20 AND m2 < 30, 7, m2)", [10, 7, 30]),
        ("FILL(m1, 0) + m2", [11, 20, 33]),
        ("FILL(m1, REPEAT) + m2", [11, 21, 33]),
        ("FILL(m1, LINEAR) + m2", [11, 22, 33]),
        ("RATE(m2)", [10 / 60, 10 / 60]),
        ("m2 / PERIOD(m2)", [10 / 60, 20 / 60, 30 / 60]),
        ("m2 / (m2 - 20)", [-1, 3]),
        ("ABS(0 - m1) + CEIL(m1 / 2) + FLOOR(m1 / 2)", [2, 6]),
    ],
)
def test_metric_math(cloudwatch: CloudWatchService, expression: str, wanted: list[float]) -> None:
    put(cloudwatch, "a", [(180, 1), (60, 3)])
    put(cloudwatch, "b", [(180, 10), (120, 20), (60, 30)])
    answer = ask(
        cloudwatch,
        stat("a", ReturnData=False),
        stat("b", id="m2", ReturnData=False),
        {"Id": "e1", "Expression": expression},
        back=timedelta(minutes=3),
    )
    assert values(answer, "e1") == pytest.approx(wanted)
    assert answer["MetricDataResults"][0]["StatusCode"] == "Complete"


def test_a_division_by_zero_drops_the_point_and_says_so(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, "a", [(120, 0), (60, 2)])
    (result,) = ask(cloudwatch, stat("a", ReturnData=False), {"Id": "e1", "Expression": "1 / m1"})["MetricDataResults"]
    assert result["Values"] == [0.5]
    assert result["Messages"][0]["Code"] == "ArithmeticError"


def test_an_expression_may_read_another_expression(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, "a", [(60, 3)])
    queries = [{"Id": "e2", "Expression": "e1 + 1"}, {"Id": "e1", "Expression": "m1 * 2"}, stat("a")]
    assert values(ask(cloudwatch, *queries), "e2") == [7]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("m1 +", "its end"),
        ("m1 m1", "near m1"),
        ("nobody * 2", "nobody"),
        ("e1 + 1", "depend on each other"),
        ("5 * 2", "must yield a time series"),
        ("SUM(m1)", "must yield a time series"),
        ("m1 § 2", "cannot be read"),
        ("METRICS() * METRICS()", "two arrays"),
        ("FILL(m1)", "arguments of FILL"),
        ("SEARCH('{AWS/RDS} a OR b', 'Average', 60)", "AND, OR, NOT"),
    ],
)
def test_an_expression_that_makes_no_sense_is_refused(
    cloudwatch: CloudWatchService, expression: str, message: str
) -> None:
    put(cloudwatch, "a", [(60, 3)])
    with pytest.raises(AwsError, match=message.replace("(", r"\(")) as caught:
        ask(cloudwatch, stat("a"), {"Id": "e1", "Expression": expression})
    assert caught.value.code == "ValidationError"


def test_different_periods_are_not_mixed(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, "a", [(60, 3)])
    queries = [stat("a"), stat("a", period=300, id="m2"), {"Id": "e1", "Expression": "m1 + m2"}]
    with pytest.raises(AwsError, match="different periods"):
        ask(cloudwatch, *queries)


def test_labels_are_filled_in(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, "a", [(120, 1), (60, 3)])
    label = "${PROP('Dim.DBInstanceIdentifier')} ${PROP('MetricName')} avg ${AVG} last ${LAST}"
    (result,) = ask(cloudwatch, stat("a", Label=label))["MetricDataResults"]
    assert result["Label"] == "orders-1 a avg 2 last 3"
    with pytest.raises(AwsError, match="MAX_TIME"):
        ask(cloudwatch, stat("a", Label="${MAX_TIME}"))


# GetMetricStatistics


def test_get_metric_statistics_gives_all_that_was_asked_for(cloudwatch: CloudWatchService) -> None:
    put(cloudwatch, "a", [(120, 1), (110, 3), (60, 7)])
    asked = {
        "Namespace": "AWS/RDS",
        "MetricName": "a",
        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "orders-1"}],
        "StartTime": NOON - timedelta(minutes=5),
        "EndTime": NOON,
        "Period": 60,
    }
    answer = cloudwatch.answers["GetMetricStatistics"](WHO, {**asked, "Statistics": ["Average", "Maximum"]})
    assert [(one["Average"], one["Maximum"], one["Unit"]) for one in answer["Datapoints"]] == [
        (2, 3, "Percent"),
        (7, 7, "Percent"),
    ]
    extended = cloudwatch.answers["GetMetricStatistics"](WHO, {**asked, "ExtendedStatistics": ["p90"]})
    assert [one["ExtendedStatistics"] for one in extended["Datapoints"]] == [{"p90": 3}, {"p90": 7}]
    for wrong, code in (
        ({}, "MissingParameter"),
        ({"Statistics": ["Sum"], "ExtendedStatistics": ["p90"]}, "InvalidParameterCombination"),
        ({"Statistics": ["Sum"], "Period": 1, "StartTime": NOON - timedelta(days=1)}, "InvalidParameterCombination"),
        ({"Statistics": ["Sum"], "Period": 7}, "InvalidParameterValue"),
    ):
        with pytest.raises(AwsError) as caught:
            cloudwatch.answers["GetMetricStatistics"](WHO, {**asked, **wrong})
        assert caught.value.code == code


# Speed: a generous bound, far above what is measured, so that only a change of the algorithm trips it.


@pytest.mark.parametrize("generated", [False, True])
def test_five_hundred_queries_of_sixty_points_take_about_a_second_at_most(generated: bool) -> None:
    service = CloudWatchService(StoppedClock())
    noon = int(NOON.timestamp())
    for number in range(500):
        dimensions = {"DBInstanceIdentifier": f"orders-{number}"}
        if generated:
            history = History.until(noon, f"orders-{number}", Profile(cpu_mean=10 + number / 10))
            service.store.generate(WHO.account, WHO.region, "AWS/RDS", dimensions, history)
        else:
            put(service, "CPUUtilization", [(60 * minute, 1.0) for minute in range(60, 0, -1)], dimensions=dimensions)
    queries = [
        stat("CPUUtilization", id=f"m{number}", dimensions={"DBInstanceIdentifier": f"orders-{number}"})
        for number in range(500)
    ]
    began = time.process_time()
    answer = ask(service, *queries, back=timedelta(hours=1))
    took = time.process_time() - began
    assert sum(len(one["Values"]) for one in answer["MetricDataResults"]) == 30_000
    assert took < 2.0


def test_a_survey_of_fourteen_days_fits_one_call(cloudwatch: CloudWatchService) -> None:
    history = History.until(int(NOON.timestamp()), "orders-1", Profile())
    dimensions = {"DBInstanceIdentifier": "orders-1"}
    cloudwatch.store.generate(WHO.account, WHO.region, "AWS/RDS", dimensions, history)
    (result,) = ask(cloudwatch, stat("CPUUtilization", period=7200), back=timedelta(days=14))["MetricDataResults"]
    assert len(result["Values"]) in (168, 169)
    assert result["StatusCode"] == "Complete"
    assert (NOON.timestamp() - result["Timestamps"][0].timestamp()) <= 14 * DAY + 7200
