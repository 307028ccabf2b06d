"""Generated history and the store beneath: deterministic, consistent over periods, ended by what is measured."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rdsops.lab.cloudwatch.grid import DAY, HOUR
from rdsops.lab.cloudwatch.history import History
from rdsops.lab.cloudwatch.points import FOLD_EVERY, Points, Row
from rdsops.lab.cloudwatch.profiles import GIB, AnyProfile, ClusterProfile, GlobalProfile, Profile, ProxyProfile
from rdsops.lab.cloudwatch.statistics import PLAIN
from rdsops.lab.cloudwatch.store import MetricKey, MetricStore, Place, sorted_dimensions

NOW = 1_795_435_200
PLACE = Place("111111111111", "eu-central-1")
DIMENSIONS = {"DBInstanceIdentifier": "orders-1"}


def key(name: str) -> MetricKey:
    return MetricKey(PLACE, "AWS/RDS", name, sorted_dimensions(DIMENSIONS))


def store_with(profile: AnyProfile) -> MetricStore:
    store = MetricStore()
    store.generate(*PLACE, "AWS/RDS", DIMENSIONS, History.until(NOW, "orders-1", profile))
    return store


def means(profile: AnyProfile, metric: str, period: int = HOUR, days: int = 14) -> list[float]:
    buckets = store_with(profile).buckets(key(metric), NOW - days * DAY, NOW, period, now=NOW)
    return [bucket.total / bucket.count for bucket in buckets]


def test_one_seed_makes_one_history_and_another_seed_another() -> None:
    def values(seed: str) -> list[float]:
        history = History.until(NOW, seed, Profile())
        return [bucket.total for bucket in history.buckets("CPUUtilization", NOW - DAY, NOW, 300, raw=False)]

    assert values("a") == values("a")
    assert values("a") != values("b")


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["CPUUtilization", "DatabaseConnections", "FreeStorageSpace", "DBLoad", "ReadIOPS"]),
    st.sampled_from([300, 900, 1800, 3600, 7200, 21600]),
    st.integers(0, 10 * DAY // 60),
    st.integers(1, 600),
)
def test_a_long_period_says_what_its_minutes_say(metric: str, period: int, minutes_in: int, how_many: int) -> None:
    history = History.until(NOW, "orders-1", Profile())
    start = (history.begins + minutes_in * 60) // period * period
    start = max(start, -(-history.begins // period) * period)
    end = start + how_many * 60
    minutes = history.buckets(metric, start, end, 60, raw=False)
    for raw in (False, True):
        for bucket in history.buckets(metric, start, end, period, raw=raw):
            inside = [one for one in minutes if bucket.start <= one.start < bucket.start + period]
            assert bucket.count == len(inside)
            assert bucket.total == pytest.approx(sum(one.total for one in inside), rel=1e-9, abs=1e-6)
            assert bucket.low == pytest.approx(min(one.low for one in inside), rel=1e-9, abs=1e-9)
            assert bucket.high == pytest.approx(max(one.high for one in inside), rel=1e-9, abs=1e-9)


def test_a_working_day_has_its_peak_where_it_was_put() -> None:
    by_hour: dict[int, list[float]] = {}
    buckets = store_with(Profile(cpu_peak_hour=9)).buckets(key("CPUUtilization"), NOW - 14 * DAY, NOW, HOUR, now=NOW)
    for bucket in buckets:
        by_hour.setdefault(bucket.start // HOUR % 24, []).append(bucket.total / bucket.count)
    average = {hour: sum(values) / len(values) for hour, values in by_hour.items()}
    assert max(average, key=lambda hour: average[hour]) in (8, 9, 10)
    assert max(average.values()) > 1.8 * min(average.values())


def test_storage_runs_out_as_fast_as_it_was_told() -> None:
    values = means(Profile(free_storage_start_gib=50, free_storage_slope_gib_day=-3), "FreeStorageSpace", period=7200)
    assert values[0] / GIB == pytest.approx(50, rel=0.02)
    assert (values[0] - values[-1]) / GIB == pytest.approx(3 * 14, rel=0.03)
    assert min(means(Profile(free_storage_start_gib=5, free_storage_slope_gib_day=-3), "FreeStorageSpace")) == 0


def test_an_idle_instance_has_no_connections() -> None:
    assert set(means(Profile(idle=True), "DatabaseConnections")) == {0.0}
    assert max(means(Profile(idle=True), "CPUUtilization")) < 3


def test_credits_run_out_and_capacity_stays_within_its_maximum() -> None:
    credits = means(Profile(credits_start=200, credits_per_day=-20), "CPUCreditBalance")
    assert credits[0] > 190
    assert credits[-1] == 0
    shares = means(Profile(acu=14, acu_max=16), "ACUUtilization")
    assert 80 < max(shares) <= 100


def test_a_metric_that_aws_does_not_publish_for_a_kind_is_absent() -> None:
    plain = History.until(NOW, "a", Profile()).units()
    aurora = History.until(NOW, "a", Profile(aurora=True, reader=True, lag_ms=20)).units()
    maria = History.until(NOW, "a", Profile(family="mysql", history_list=100, binlog_gib=1, lag_ms=900)).units()
    assert "FreeStorageSpace" in plain and "FreeLocalStorage" not in plain and "ReplicaLag" not in plain
    assert "FreeLocalStorage" in aurora and "FreeStorageSpace" not in aurora
    assert aurora["AuroraReplicaLag"] == "Milliseconds"
    assert maria["ReplicaLag"] == "Seconds" and "MaximumUsedTransactionIDs" not in maria
    assert "CPUCreditBalance" not in plain
    proxy = History.until(NOW, "p", ProxyProfile()).units()
    assert proxy["DatabaseConnectionsBorrowLatency"] == "Microseconds"
    assert set(History.until(NOW, "g", GlobalProfile()).units()) == {
        "AuroraGlobalDBReplicationLag",
        "AuroraGlobalDBRPOLag",
    }
    assert "VolumeBytesUsed" in History.until(NOW, "c", ClusterProfile()).units()


def test_generated_history_ends_where_measured_points_begin_and_a_gap_stays_a_gap() -> None:
    store = store_with(Profile(cpu_mean=20))
    first = NOW - 600
    for at in (first, NOW - 60):
        store.put(*PLACE, "AWS/RDS", "CPUUtilization", DIMENSIONS, at=at, value=99.0, unit="Percent")
    buckets = store.buckets(key("CPUUtilization"), NOW - 1200, NOW, 60, now=NOW)
    assert [bucket.start for bucket in buckets] == [*range(NOW - 1200, first, 60), first, NOW - 60]
    assert all(bucket.high < 60 for bucket in buckets[:-2])
    assert [bucket.high for bucket in buckets[-2:]] == [99, 99]
    assert store.origin(key("CPUUtilization")) == "generated, then measured"
    assert store.origin(key("ReadIOPS")) == "generated"
    assert len(store.buckets(key("ReadIOPS"), NOW - 1200, NOW, 60, now=NOW)) == 20


def test_a_measured_point_wins_the_bucket_that_it_shares() -> None:
    store = store_with(Profile(cpu_mean=20))
    store.put(*PLACE, "AWS/RDS", "CPUUtilization", DIMENSIONS, at=NOW - 900, value=99.0, unit="Percent")
    buckets = store.buckets(key("CPUUtilization"), NOW - 2 * HOUR, NOW, HOUR, now=NOW)
    assert [PLAIN["SampleCount"](bucket) for bucket in buckets] == [60, 1]
    assert buckets[1].high == 99


def test_nothing_is_generated_after_now_or_before_the_beginning() -> None:
    store = store_with(Profile())
    buckets = store.buckets(key("CPUUtilization"), NOW - 20 * DAY, NOW + DAY, HOUR, now=NOW)
    assert buckets[0].start == NOW - 14 * DAY
    assert buckets[-1].start == NOW - HOUR


def test_ten_thousand_instances_cost_no_memory_for_their_points() -> None:
    store = MetricStore()
    profile = Profile()
    tracemalloc.start()
    for number in range(10_000):
        history = History.until(NOW, f"orders-{number}", profile)
        store.generate(*PLACE, "AWS/RDS", {"DBInstanceIdentifier": f"orders-{number}"}, history)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert store.census().generated_series == 10_000 * 19
    assert size < 10e6


def test_a_long_life_is_folded_and_keeps_count_sum_and_ends() -> None:
    points, plain = Points(), []
    for number in range(FOLD_EVERY):
        row = Row.of(NOW - 6 * HOUR + number * 5, float((number * 37) % 101))
        plain.append(row)
        points.add(row)
    before = points.buckets(NOW - 6 * HOUR, NOW, 60, raw=False)
    points.settle(NOW)
    assert len(points) < len(plain) * 0.7
    assert points.buckets(NOW - 6 * HOUR, NOW, 60, raw=False) == before
    recent = [row for row in plain if row.at >= NOW - 3 * HOUR]
    assert points.rows(NOW - 3 * HOUR, NOW) == recent


def test_points_out_of_order_are_found_in_order() -> None:
    points = Points()
    for at in (50, 10, 30, 20, 40):
        points.add(Row.of(at, float(at)))
    assert [row.at for row in points.rows(0, 100)] == [10, 20, 30, 40, 50]
    assert [row.at for row in points.rows(20, 40)] == [20, 30]
