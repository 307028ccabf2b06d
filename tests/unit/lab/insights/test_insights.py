"""Performance Insights: load summed under groups, paging, refusals, bounded memory, generated load, and digests."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdsops.lab.clock import Clock
from rdsops.lab.cloudwatch.history import History
from rdsops.lab.cloudwatch.profiles import Profile
from rdsops.lab.endpoint.contract import AwsError, Who
from rdsops.lab.insights.digests import digest_id, literal_free
from rdsops.lab.insights.load import MOST_SESSIONS, SECONDS_KEPT, GeneratedLoad, Ring
from rdsops.lab.insights.service import PiService
from rdsops.lab.insights.sessions import Family, Session

WHO = Who("111111111111", "eu-central-1", "arn:aws:iam::111111111111:user/test")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOON = int(NOW.timestamp())
SQL = "SELECT * FROM orders WHERE id = ?"
CPU = Session("CPU", "CPU", digest_id(SQL), "77", "app", "10.0.0.1", "shop", "shop", "client backend")
LONG = "x" * 600
LOCK = Session("Lock", "Lock:relation", digest_id(LONG), "78", "batch", "10.0.0.2", "jobs", "shop", "client backend")


class StoppedClock(Clock):
    def now(self) -> datetime:
        return NOW


@pytest.fixture
def insights() -> PiService:
    """Ten minutes before noon: one session on CPU always, two that wait in every other second."""
    service = PiService(StoppedClock())
    ring = Ring("postgres")
    ring.learn(digest_id(SQL), SQL)
    ring.learn(digest_id(LONG), LONG)
    for second in range(NOON - 600, NOON):
        ring.add(second, [CPU] + ([LOCK, LOCK] if second % 2 else []))
    service.register(WHO.account, WHO.region, "db-ONE", ring)
    return service


def ask(service: PiService, operation: str = "DescribeDimensionKeys", **more: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {"ServiceType": "RDS", "Identifier": "db-ONE"}
    if operation in ("DescribeDimensionKeys", "GetResourceMetrics"):
        asked |= {"StartTime": NOW - timedelta(minutes=10), "EndTime": NOW}
    if operation == "DescribeDimensionKeys":
        asked |= {"Metric": "db.load.avg", "GroupBy": {"Group": "db.wait_event"}}
    return service.answers[operation](WHO, {**asked, **more})


def test_load_is_active_sessions_over_seconds(insights: PiService) -> None:
    answer = ask(insights)
    assert answer["Keys"] == [
        {"Dimensions": {"db.wait_event.name": "CPU", "db.wait_event.type": "CPU"}, "Total": 1.0},
        {"Dimensions": {"db.wait_event.name": "Lock:relation", "db.wait_event.type": "Lock"}, "Total": 1.0},
    ]
    assert (answer["AlignedStartTime"], answer["AlignedEndTime"]) == (NOW - timedelta(minutes=10), NOW)


@pytest.mark.parametrize(
    ("group", "first"),
    [
        ("db", {"db.name": "shop"}),
        ("db.application", {"db.application.name": "jobs"}),
        ("db.host", {"db.host.id": "10.0.0.1", "db.host.name": "10.0.0.1"}),
        ("db.user", {"db.user.id": "app", "db.user.name": "app"}),
        ("db.wait_event_type", {"db.wait_event_type.name": "CPU"}),
        ("db.session_type", {"db.session_type.name": "client backend"}),
    ],
)
def test_load_is_told_by_each_group(insights: PiService, group: str, first: dict[str, str]) -> None:
    keys = ask(insights, GroupBy={"Group": group})["Keys"]
    assert first in [key["Dimensions"] for key in keys]
    assert sum(key["Total"] for key in keys) == pytest.approx(2.0)


def test_a_digest_tells_its_text_cut_at_500_bytes_and_in_full_on_request(insights: PiService) -> None:
    keys = ask(insights, GroupBy={"Group": "db.sql_tokenized"})["Keys"]
    texts = {
        key["Dimensions"]["db.sql_tokenized.db_id"]: key["Dimensions"]["db.sql_tokenized.statement"] for key in keys
    }
    assert texts == {"77": SQL, "78": "x" * 500}
    full = ask(
        insights,
        "GetDimensionKeyDetails",
        Group="db.sql",
        GroupIdentifier=digest_id(LONG),
        RequestedDimensions=["statement"],
    )
    assert full["Dimensions"] == [{"Dimension": "db.sql.statement", "Status": "AVAILABLE", "Value": LONG}]
    unknown = ask(insights, "GetDimensionKeyDetails", Group="db.sql", GroupIdentifier="NO")
    assert unknown["Dimensions"] == [{"Dimension": "db.sql.statement", "Status": "UNAVAILABLE"}]


def test_dimensions_filters_limits_and_partitions(insights: PiService) -> None:
    only = ask(insights, GroupBy={"Group": "db.wait_event", "Dimensions": ["db.wait_event.type"], "Limit": 1})
    assert [key["Dimensions"] for key in only["Keys"]] == [{"db.wait_event.type": "CPU"}]
    batch = ask(insights, Filter={"db.user.name": "batch"})
    assert [key["Dimensions"]["db.wait_event.name"] for key in batch["Keys"]] == ["Lock:relation"]
    assert batch["Keys"][0]["Total"] == 1.0
    parts = ask(insights, GroupBy={"Group": "db.user"}, PartitionBy={"Group": "db.wait_event_type"})
    assert [key["Dimensions"] for key in parts["PartitionKeys"]] == [
        {"db.wait_event_type.name": "CPU"},
        {"db.wait_event_type.name": "Lock"},
    ]
    assert {key["Dimensions"]["db.user.name"]: key["Partitions"] for key in parts["Keys"]} == {
        "app": [1.0, 0.0],
        "batch": [0.0, 1.0],
    }


def test_the_total_of_resource_metrics_has_no_dimensions(insights: PiService) -> None:
    answer = ask(
        insights,
        "GetResourceMetrics",
        MetricQueries=[{"Metric": "db.load.avg", "GroupBy": {"Group": "db.user"}}, {"Metric": "db.sampledload.avg"}],
        PeriodInSeconds=300,
    )
    keys = [one["Key"] for one in answer["MetricList"]]
    assert keys[0] == {"Metric": "db.load.avg"}
    assert [key["Dimensions"]["db.user.name"] for key in keys[1:3]] == ["app", "batch"]
    assert keys[3] == {"Metric": "db.sampledload.avg"}
    points = answer["MetricList"][0]["DataPoints"]
    assert [point["Value"] for point in points] == [2.0, 2.0]
    assert [point["Timestamp"] for point in points] == [NOW - timedelta(minutes=5), NOW]
    by_start = ask(
        insights,
        "GetResourceMetrics",
        MetricQueries=[{"Metric": "db.load.avg"}],
        PeriodInSeconds=300,
        PeriodAlignment="START_TIME",
    )
    assert by_start["MetricList"][0]["DataPoints"][0]["Timestamp"] == NOW - timedelta(minutes=10)


def test_one_second_is_told_apart_from_the_next(insights: PiService) -> None:
    answer = ask(
        insights,
        "GetResourceMetrics",
        MetricQueries=[{"Metric": "db.load.avg"}],
        PeriodInSeconds=1,
        StartTime=NOW - timedelta(seconds=4),
    )
    assert [point["Value"] for point in answer["MetricList"][0]["DataPoints"]] == [1, 3, 1, 3]


def test_a_gap_has_no_point_and_does_not_lower_the_load() -> None:
    service, ring = PiService(StoppedClock()), Ring("postgres")
    for second in [*range(NOON - 600, NOON - 570), *range(NOON - 60, NOON)]:
        ring.add(second, [CPU, CPU])
    service.register(WHO.account, WHO.region, "db-ONE", ring)
    assert ask(service)["Keys"][0]["Total"] == 2.0
    answer = ask(service, "GetResourceMetrics", MetricQueries=[{"Metric": "db.load.avg"}], PeriodInSeconds=60)
    assert [point["Timestamp"] for point in answer["MetricList"][0]["DataPoints"]] == [
        NOW - timedelta(minutes=9),
        NOW,
    ]


def test_keys_come_in_pages(insights: PiService) -> None:
    ring = Ring("postgres")
    for second in range(NOON - 60, NOON):
        ring.add(second, [CPU._replace(user=f"u{number:02}") for number in range(30)])
    insights.register(WHO.account, WHO.region, "db-ONE", ring)
    asked: dict[str, Any] = {"GroupBy": {"Group": "db.user", "Dimensions": ["db.user.name"]}, "MaxResults": 12}
    pages = [ask(insights, **asked)]
    while token := pages[-1].get("NextToken"):
        pages.append(ask(insights, **asked, NextToken=token))
    assert [len(page["Keys"]) for page in pages] == [12, 12, 6]
    assert len({key["Dimensions"]["db.user.name"] for page in pages for key in page["Keys"]}) == 30


@pytest.mark.parametrize(
    ("operation", "wrong", "code"),
    [
        ("DescribeDimensionKeys", {"Identifier": "db-OTHER"}, "NotAuthorizedException"),
        ("DescribeDimensionKeys", {"Metric": "db.SQL.Innodb_rows_read.avg"}, "InvalidArgumentException"),
        ("DescribeDimensionKeys", {"Metric": "db.load"}, "InvalidArgumentException"),
        ("DescribeDimensionKeys", {"GroupBy": {"Group": "db.SQL_TOKENIZED"}}, "InvalidArgumentException"),
        ("DescribeDimensionKeys", {"GroupBy": {"Group": "db.plans"}}, "InvalidArgumentException"),
        (
            "DescribeDimensionKeys",
            {"GroupBy": {"Group": "db.user", "Dimensions": ["db.sql.id"]}},
            "InvalidArgumentException",
        ),
        ("DescribeDimensionKeys", {"AdditionalMetrics": ["db.sql.stats.calls.avg"]}, "InvalidArgumentException"),
        ("DescribeDimensionKeys", {"PeriodInSeconds": 30}, "InvalidArgumentException"),
        ("DescribeDimensionKeys", {"StartTime": NOW, "EndTime": NOW}, "InvalidArgumentException"),
        ("DescribeDimensionKeys", {"StartTime": NOW - timedelta(days=9)}, "InvalidArgumentException"),
        ("DescribeDimensionKeys", {"Filter": {"db.nobody": "x"}}, "InvalidArgumentException"),
        ("DescribeDimensionKeys", {"MaxResults": 26}, "InvalidArgumentException"),
        ("DescribeDimensionKeys", {"NextToken": "nonsense"}, "InvalidArgumentException"),
        ("DescribeDimensionKeys", {"ServiceType": "DOCDB"}, "InvalidArgumentException"),
        ("GetResourceMetrics", {"MetricQueries": [{"Metric": "db.load.avg"}] * 16}, "InvalidArgumentException"),
        ("GetResourceMetrics", {"MetricQueries": [{"Metric": "os.cpu.avg"}]}, "InvalidArgumentException"),
        ("GetDimensionKeyDetails", {"Group": "db.lock_snapshot", "GroupIdentifier": "1"}, "InvalidArgumentException"),
        ("ListAvailableResourceMetrics", {"MetricTypes": ["bad"]}, "InvalidArgumentException"),
        ("ListAvailableResourceDimensions", {"Metrics": ["bad"]}, "InvalidArgumentException"),
        ("GetResourceMetadata", {"Identifier": "db-OTHER"}, "NotAuthorizedException"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    insights: PiService, operation: str, wrong: dict[str, Any], code: str
) -> None:
    with pytest.raises(AwsError) as caught:
        ask(insights, operation, **wrong)
    assert caught.value.code == code


def test_another_account_and_a_forgotten_database_are_not_authorized(insights: PiService) -> None:
    asked = {"ServiceType": "RDS", "Identifier": "db-ONE"}
    with pytest.raises(AwsError, match="NotAuthorized"):
        insights.answers["GetResourceMetadata"](Who("222222222222", WHO.region, ""), asked)
    assert insights.answers["GetResourceMetadata"](WHO, asked)["Identifier"] == "db-ONE"
    insights.forget(WHO.account, WHO.region, "db-ONE")
    with pytest.raises(AwsError, match="NotAuthorized"):
        insights.answers["GetResourceMetadata"](WHO, asked)


def test_the_lists_hold_what_can_be_asked_for(insights: PiService) -> None:
    metrics = ask(insights, "ListAvailableResourceMetrics", MetricTypes=["db", "os"])["Metrics"]
    for metric in metrics:
        ask(insights, Metric=f"{metric['Metric']}.avg")
    (listed,) = ask(insights, "ListAvailableResourceDimensions", Metrics=["db.load"])["MetricDimensions"]
    for group in listed["Groups"]:
        names = [one["Identifier"] for one in group["Dimensions"]]
        ask(insights, GroupBy={"Group": group["Group"], "Dimensions": names})
    maria = PiService(StoppedClock())
    maria.register(WHO.account, WHO.region, "db-ONE", Ring("mysql"))
    (listed,) = ask(maria, "ListAvailableResourceDimensions", Metrics=["db.load"])["MetricDimensions"]
    assert "db.application" not in [group["Group"] for group in listed["Groups"]]
    with pytest.raises(AwsError):
        ask(maria, GroupBy={"Group": "db.application"})


def test_old_seconds_become_minutes_with_the_same_load_and_bounded_memory() -> None:
    ring = Ring("postgres")
    tracemalloc.start()
    for second in range(NOON - 4 * SECONDS_KEPT, NOON):
        ring.add(second, [CPU, LOCK._replace(user=f"u{second % 7}")])
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 4e6
    slots = ring.slots(NOON - 4 * SECONDS_KEPT, NOON, 3600, NOON)
    assert [slot.seconds for slot in slots] == [3600] * 4
    assert [sum(slot.active.values()) for slot in slots] == [7200] * 4
    assert ring.slots(NOON - 4 * SECONDS_KEPT, NOON - 2 * SECONDS_KEPT, 1, NOON) == []


def test_too_many_different_sessions_in_a_minute_keep_their_waits() -> None:
    ring = Ring("postgres")
    for second in range(NOON, NOON + 60):
        ring.add(second, [CPU._replace(user=f"u{second}-{number}") for number in range(40)])
    ring.add(NOON + 60 + SECONDS_KEPT, [])
    (slot,) = ring.slots(NOON, NOON + 60, 60, NOON)
    assert len(slot.active) <= MOST_SESSIONS + 1
    assert sum(slot.active.values()) == 60 * 40


@pytest.mark.parametrize("family", ["postgres", "mysql"])
def test_generated_load_says_so_and_agrees_with_its_history(family: Family) -> None:
    history = History.until(NOON, "orders-1", Profile(family=family, load=3.0))
    source = GeneratedLoad(family, history)
    service = PiService(StoppedClock())
    service.register(WHO.account, WHO.region, "db-ONE", source)
    assert service.census() == {"measured": 0, "generated": 1}
    first = ask(service, StartTime=NOW - timedelta(hours=6))
    assert first == ask(service, StartTime=NOW - timedelta(hours=6))
    wanted = history.buckets("DBLoad", NOON - 6 * 3600, NOON, 6 * 3600, raw=False)
    mean = sum(bucket.total for bucket in wanted) / sum(bucket.count for bucket in wanted)
    assert sum(key["Total"] for key in first["Keys"]) == pytest.approx(mean)
    seconds = ask(service, StartTime=NOW - timedelta(seconds=90), PeriodInSeconds=1, GroupBy={"Group": "db.sql"})
    assert all(key["Dimensions"]["db.sql.statement"] for key in seconds["Keys"])


# Digests


@pytest.mark.parametrize(
    ("family", "text", "wanted"),
    [
        ("postgres", r"SELECT 'c:\', 'secret'", "SELECT ?"),
        ("postgres", r"SELECT E'it\'s secret', 1", "SELECT ?"),
        ("postgres", "SELECT $$se'cret$$ || $x$a $$ b$x$", "SELECT ? || ?"),
        ("postgres", 'SELECT "Name" FROM t WHERE a #> $1', 'SELECT "Name" FROM t WHERE a #> ?'),
        ("postgres", "ALTER ROLE x PASSWORD 'swordfish", "ALTER ROLE x PASSWORD ?"),
        ("postgres", "SELECT 1 /* outer /* inner */ tail */ -- end", "SELECT ?"),
        ("postgres", "INSERT INTO t1 VALUES (1, 'a'), (2, 'b')", "INSERT INTO t1 VALUES (?), (?)"),
        ("mysql", r"SELECT 'it\'s secret', " + '"also secret"', "SELECT ?"),
        ("mysql", "SELECT `a b` FROM t2 # secret\nWHERE x = 0xFF", "SELECT `a b` FROM t2 WHERE x = ?"),
        ("mysql", "SET PASSWORD = PASSWORD('swordfish')", "SET PASSWORD = PASSWORD(?)"),
    ],
)
def test_literals_leave_a_statement(family: Family, text: str, wanted: str) -> None:
    assert literal_free(text, family) == wanted


words = st.text(st.characters(codec="utf-8"), max_size=30)


@given(words, st.integers(0, 60))
def test_a_string_literal_never_survives_even_when_the_text_is_cut(secret: str, cut: int) -> None:
    marked = f"zq{secret}qz"
    quoted = marked.replace("'", "''")
    texts: dict[Family, str] = {
        "postgres": f"SELECT a FROM t WHERE b = '{quoted}' AND c = 5",
        "mysql": "SELECT a FROM t WHERE b = '" + quoted.replace("\\", "\\\\") + "' AND c = 5",
    }
    for family, text in texts.items():
        assert literal_free(text, family) == "SELECT a FROM t WHERE b = ? AND c = ?"
        assert "zq" not in literal_free(text[: len(text) - cut], family)


@given(words, st.sampled_from(["postgres", "mysql"]))
def test_a_digest_of_a_digest_is_itself(text: str, family: Family) -> None:
    once = literal_free(text, family)
    assert literal_free(once, family) == once
