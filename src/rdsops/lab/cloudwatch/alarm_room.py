"""The alarms of the lab: put, described, evaluated on the lab's clock whenever somebody looks, and their history."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from rdsops.lab.cloudwatch.alarms import COMPARISONS, TREATMENTS, Alarm, State, judged, watched
from rdsops.lab.cloudwatch.grid import DAY, HOUR, MINUTE, moment, seconds
from rdsops.lab.cloudwatch.refusals import invalid, not_emulated, not_found
from rdsops.lab.cloudwatch.store import MetricStore, Place
from rdsops.lab.cloudwatch.tokens import place_of, token
from rdsops.lab.endpoint.contract import AwsError

Action: TypeAlias = Callable[[Place, str, dict[str, Any]], None]
"""Called with the ARN of an alarm's action and the message of AWS: {"AlarmName": …, "NewStateValue": …}."""

REFUSED = (
    "EvaluationCriteria", "EvaluationInterval", "EvaluationWindow", "WarmUpConfiguration", "ActionConfiguration",
    "ThresholdMetricId",
)  # fmt: skip
"""Members of PutMetricAlarm that the lab does not act on; it refuses them by name."""

CAUGHT_UP = 24
"""Periods that are evaluated one by one after a long silence; older ones are skipped."""
REMEMBERED = 5000
"""History items kept for an account and region."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an alarm's history. number: counts up, so that pages keep their place."""

    number: int
    alarm: str
    at: datetime
    kind: str
    summary: str
    facts: str

    def shown(self) -> dict[str, Any]:
        return {
            "AlarmName": self.alarm,
            "AlarmType": "MetricAlarm",
            "Timestamp": self.at,
            "HistoryItemType": self.kind,
            "HistorySummary": self.summary[:255],
            "HistoryData": self.facts[:4095],
        }


class AlarmRoom:
    """All alarms of all accounts and regions; safe between threads."""

    def __init__(self, store: MetricStore, on_action: Action | None = None) -> None:
        self._store = store
        self._on_action = on_action
        self._lock = threading.RLock()
        self._alarms: dict[Place, dict[str, Alarm]] = {}
        self._history: dict[Place, deque[Event]] = {}
        self._counted = 0

    def put(self, place: Place, asked: dict[str, Any], now: datetime) -> Alarm:
        """PutMetricAlarm: a new alarm has INSUFFICIENT_DATA; a changed one keeps its state."""
        alarm = Alarm(
            place=place,
            asked={name: value for name, value in asked.items() if name != "Tags"},
            configured=now,
            settled=seconds(now),
            updated=now,
            transitioned=now,
            tags={tag["Key"]: tag["Value"] for tag in asked.get("Tags") or ()},
        )
        _check(alarm, self._store, seconds(now))
        with self._lock:
            before = self._alarms.setdefault(place, {}).get(alarm.name)
            if before is not None:
                alarm.state, alarm.reason, alarm.reason_data = before.state, before.reason, before.reason_data
                alarm.updated, alarm.transitioned, alarm.tags = before.updated, before.transitioned, before.tags
            self._alarms[place][alarm.name] = alarm
            done = "created" if before is None else "updated"
            self._remember(alarm, now, "ConfigurationUpdate", f'Alarm "{alarm.name}" {done}', {"type": done})
        return alarm

    def settle(self, now: datetime, place: Place | None = None) -> None:
        """Bring alarms up to now: each is evaluated at the end of each of its periods."""
        with self._lock:
            alarms = [
                alarm for at, found in self._alarms.items() if place in (None, at) for alarm in list(found.values())
            ]
            calls = [call for alarm in alarms for call in self._caught_up(alarm, seconds(now))]
        for alarm, action, message in calls:
            self._act(alarm, action, message, now)

    def evaluate_now(self, alarm: Alarm, now: datetime) -> None:
        """Evaluate at once, without waiting for the end of a period: for alarms that have long been there."""
        with self._lock:
            calls = self._evaluated(alarm, seconds(now))
            alarm.settled = seconds(now)
        for one, action, message in calls:
            self._act(one, action, message, now)

    def set_state(self, place: Place, asked: dict[str, Any], now: datetime) -> None:
        """SetAlarmState: until the next evaluation says otherwise."""
        if (given := asked.get("StateReasonData")) is not None:
            try:
                json.loads(given)
            except ValueError as error:
                raise AwsError("InvalidFormat", "StateReasonData is not JSON.") from error
        with self._lock:
            alarm = self._named(place, (asked["AlarmName"],), strict=True)[0]
            calls = self._turned(alarm, asked["StateValue"], asked["StateReason"], given, now)
        for one, action, message in calls:
            self._act(one, action, message, now)

    def delete(self, place: Place, names: Iterable[str], now: datetime) -> None:
        with self._lock:
            for alarm in self._named(place, tuple(names), strict=True):
                del self._alarms[place][alarm.name]
                self._remember(alarm, now, "ConfigurationUpdate", f'Alarm "{alarm.name}" deleted', {"type": "deleted"})

    def switch_actions(self, place: Place, names: Iterable[str], on: bool, now: datetime) -> None:
        with self._lock:
            for alarm in self._named(place, tuple(names), strict=False):
                alarm.asked["ActionsEnabled"] = on
                word = "enabled" if on else "disabled"
                self._remember(
                    alarm, now, "ConfigurationUpdate", f'Alarm "{alarm.name}" actions {word}', {"type": "updated"}
                )

    def all(self, place: Place) -> list[Alarm]:
        """The alarms of an account and region, by name."""
        with self._lock:
            return [alarm for _, alarm in sorted(self._alarms.get(place, {}).items())]

    def by_arn(self, arn: str) -> Alarm | None:
        with self._lock:
            return next((one for found in self._alarms.values() for one in found.values() if one.arn == arn), None)

    def history(self, place: Place, asked: dict[str, Any]) -> dict[str, Any]:
        """DescribeAlarmHistory, newest first unless asked otherwise; a deleted alarm's history stays."""
        newest_first = asked.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        at_most = asked.get("MaxRecords", 100)
        identity = {name: value for name, value in asked.items() if name not in ("NextToken", "MaxRecords")}
        after = place_of(asked["NextToken"], identity)["after"] if asked.get("NextToken") else None
        with self._lock:
            events = [event for event in self._history.get(place, ()) if _matches(event, asked)]
        if newest_first:
            events.reverse()
        if after is not None:
            events = [event for event in events if (event.number < after if newest_first else event.number > after)]
        answer: dict[str, Any] = {"AlarmHistoryItems": [event.shown() for event in events[:at_most]]}
        if len(events) > at_most:
            answer["NextToken"] = token(identity, {"after": events[at_most - 1].number})
        return answer

    def _named(self, place: Place, names: tuple[str, ...], *, strict: bool) -> list[Alarm]:
        found = self._alarms.get(place, {})
        absent = [name for name in names if name not in found]
        if absent and strict:
            raise not_found(f"The alarms {', '.join(absent)} do not exist.")
        return [found[name] for name in names if name in found]

    def _caught_up(self, alarm: Alarm, now: int) -> list[tuple[Alarm, str, dict[str, Any]]]:
        step = alarm.period_s
        last = now - now % step
        first = max(alarm.settled - alarm.settled % step + step, last - (CAUGHT_UP - 1) * step)
        calls = [call for second in range(first, last + 1, step) for call in self._evaluated(alarm, second)]
        alarm.settled = max(alarm.settled, last)
        return calls

    def _evaluated(self, alarm: Alarm, second: int) -> list[tuple[Alarm, str, dict[str, Any]]]:
        found = judged(alarm, self._store, second)
        if found.state is None or found.state == alarm.state:
            return []
        facts = {
            "version": "1.0",
            "queryDate": moment(second).isoformat(),
            "startDate": moment(found.start).isoformat(),
            "period": alarm.period_s,
            "recentDatapoints": list(found.recent),
            "threshold": alarm.asked["Threshold"],
        }
        return self._turned(alarm, found.state, found.reason, json.dumps(facts), moment(second))

    def _turned(
        self, alarm: Alarm, state: State, reason: str, facts: str | None, now: datetime
    ) -> list[tuple[Alarm, str, dict[str, Any]]]:
        before = alarm.state
        alarm.reason, alarm.reason_data, alarm.updated = reason, facts, now
        if state == before:
            return []
        alarm.state, alarm.transitioned = state, now
        self._remember(
            alarm,
            now,
            "StateUpdate",
            f"Alarm updated from {before} to {state}",
            {"oldState": {"stateValue": before}, "newState": {"stateValue": state, "stateReason": reason}},
        )
        if not alarm.asked.get("ActionsEnabled", True):
            return []
        members = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
        message = {
            "AlarmName": alarm.name,
            "AlarmDescription": alarm.asked.get("AlarmDescription"),
            "AWSAccountId": alarm.place.account,
            "NewStateValue": state,
            "NewStateReason": reason,
            "StateChangeTime": now.isoformat(),
            "Region": alarm.place.region,
            "AlarmArn": alarm.arn,
            "OldStateValue": before,
        }
        return [(alarm, action, message) for action in alarm.asked.get(members[state]) or ()]

    def _act(self, alarm: Alarm, action: str, message: dict[str, Any], now: datetime) -> None:
        if self._on_action is None:
            said = f"Failed to execute action {action}: nothing in this lab receives it"
        else:
            self._on_action(alarm.place, action, message)
            said = f"Successfully executed action {action}"
        with self._lock:
            self._remember(alarm, now, "Action", said, {"actionState": said.split()[0], "notificationResource": action})

    def _remember(self, alarm: Alarm, at: datetime, kind: str, summary: str, facts: dict[str, Any]) -> None:
        self._counted += 1
        kept = self._history.setdefault(alarm.place, deque(maxlen=REMEMBERED))
        kept.append(Event(self._counted, alarm.name, at, kind, summary, json.dumps(facts)))


def _matches(event: Event, asked: dict[str, Any]) -> bool:
    if asked.get("AlarmName") not in (None, event.alarm):
        return False
    if asked.get("HistoryItemType") not in (None, event.kind):
        return False
    if asked.get("AlarmTypes") and "MetricAlarm" not in asked["AlarmTypes"]:
        return False
    return not (
        (asked.get("StartDate") and event.at < asked["StartDate"])
        or (asked.get("EndDate") and event.at > asked["EndDate"])
    )


def _check(alarm: Alarm, store: MetricStore, now: int) -> None:
    """Refuse what AWS refuses and what the lab does not act on, before anything is stored."""
    asked = alarm.asked
    for member in REFUSED:
        if asked.get(member) is not None:
            raise not_emulated(f"{member} of PutMetricAlarm")
    if asked.get("EvaluateLowSampleCountPercentile") == "ignore":
        raise not_emulated("EvaluateLowSampleCountPercentile=ignore")
    if asked.get("ComparisonOperator") not in COMPARISONS:
        raise not_emulated(f"the comparison {asked.get('ComparisonOperator')} (anomaly detection)")
    if asked.get("Threshold") is None:
        raise invalid("Threshold is required for an alarm on a static threshold.")
    if asked.get("TreatMissingData", "missing") not in TREATMENTS:
        raise invalid(f"TreatMissingData must be one of {', '.join(TREATMENTS)}.")
    if "EvaluationPeriods" not in asked:
        raise invalid("EvaluationPeriods is required.")
    if not 1 <= alarm.needed <= alarm.periods:
        raise invalid("DatapointsToAlarm must be between 1 and EvaluationPeriods.")
    _check_metric(asked)
    watched(alarm, store, now - now % MINUTE - MINUTE, now, now)
    span = alarm.periods * alarm.period_s
    if span > 7 * DAY or (alarm.period_s < HOUR and span > DAY):
        raise invalid("Metrics cannot be checked across more than a day (or seven, for periods of an hour or more).")


def _check_metric(asked: dict[str, Any]) -> None:
    single = ("Namespace", "MetricName", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic")
    if asked.get("Metrics"):
        for member in single:
            if asked.get(member):
                raise invalid(f"{member} must not be set if Metrics is.")
        if not any("MetricStat" in query for query in asked["Metrics"]):
            raise invalid("Metrics must hold at least one MetricStat.")
        if any("SEARCH(" in query.get("Expression", "").replace(" ", "").upper() for query in asked["Metrics"]):
            raise invalid("SEARCH cannot be used in an alarm.")
        return
    for member in ("MetricName", "Namespace", "Period"):
        if not asked.get(member):
            raise invalid(f"{member} is required when Metrics is not set.")
    if bool(asked.get("Statistic")) == bool(asked.get("ExtendedStatistic")):
        raise invalid("Exactly one of Statistic and ExtendedStatistic must be set.")
    if asked["Period"] not in (10, 20, 30) and asked["Period"] % MINUTE:
        raise invalid("Period must be 10, 20, 30 or a multiple of 60")
