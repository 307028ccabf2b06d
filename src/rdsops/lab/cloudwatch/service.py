"""The lab's CloudWatch as one service: each operation that it answers, and the doors for seeding it in-process."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rdsops.lab.clock import Clock
from rdsops.lab.cloudwatch.alarm_room import Action, AlarmRoom
from rdsops.lab.cloudwatch.alarms import Alarm
from rdsops.lab.cloudwatch.dashboards import Dashboard, DashboardRoom
from rdsops.lab.cloudwatch.listing import list_metrics
from rdsops.lab.cloudwatch.one_metric import get_metric_statistics
from rdsops.lab.cloudwatch.reading import get_metric_data, metric_key
from rdsops.lab.cloudwatch.refusals import invalid, not_emulated, wrong_value
from rdsops.lab.cloudwatch.store import MetricStore, Place
from rdsops.lab.cloudwatch.tokens import place_of, token
from rdsops.lab.cloudwatch.writing import put_metric_data
from rdsops.lab.endpoint.contract import Answer, AwsError, Who

MOST_TAGS = 50


class CloudWatchService:
    """name, answers: the endpoint's contract. store, seed_alarm: for those who fill the lab without HTTP."""

    name = "cloudwatch"

    def __init__(self, clock: Clock, *, store: MetricStore | None = None, on_action: Action | None = None) -> None:
        """on_action: what an alarm's action does (publish to sns, say); without it the history says that none ran."""
        self._clock = clock
        self.store = store if store is not None else MetricStore()
        self.alarms = AlarmRoom(self.store, on_action)
        self.dashboards = DashboardRoom()
        self.answers: Mapping[str, Answer] = {
            "GetMetricData": lambda who, asked: get_metric_data(self.store, _place(who), asked, self._now()),
            "GetMetricStatistics": lambda who, asked: get_metric_statistics(
                self.store, _place(who), asked, self._now()
            ),
            "PutMetricData": lambda who, asked: put_metric_data(self.store, _place(who), asked, self._now()),
            "ListMetrics": lambda who, asked: list_metrics(self.store, _place(who), asked, self._now()),
            "PutMetricAlarm": self._put_alarm,
            "DescribeAlarms": self._describe_alarms,
            "DescribeAlarmsForMetric": self._alarms_for_metric,
            "DeleteAlarms": self._delete_alarms,
            "SetAlarmState": self._set_state,
            "EnableAlarmActions": lambda who, asked: self._switch(who, asked, on=True),
            "DisableAlarmActions": lambda who, asked: self._switch(who, asked, on=False),
            "DescribeAlarmHistory": self._alarm_history,
            "PutDashboard": lambda who, asked: self.dashboards.put(who.account, asked, self._now()),
            "GetDashboard": lambda who, asked: self.dashboards.get(who.account, asked["DashboardName"]),
            "ListDashboards": lambda who, asked: self.dashboards.listed(
                who.account, asked.get("DashboardNamePrefix", "")
            ),
            "DeleteDashboards": self._delete_dashboards,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._tags,
        }

    def tick(self) -> None:
        """Evaluate all alarms up to now; reading them does the same for the account and region that is read."""
        self.alarms.settle(self._now())

    def seed_alarm(self, account: str, region: str, asked: dict[str, Any], *, evaluate: bool = True) -> Alarm:
        """An alarm that has long been there: PutMetricAlarm's members; evaluated at once unless told otherwise."""
        alarm = self.alarms.put(Place(account, region), asked, self._now())
        if evaluate:
            self.alarms.evaluate_now(alarm, self._now())
        return alarm

    def _now(self) -> datetime:
        return self._clock.now()

    def _put_alarm(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        self.alarms.put(_place(who), asked, self._now())
        return {}

    def _describe_alarms(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        for member in ("ChildrenOfAlarmName", "ParentsOfAlarmName"):
            if asked.get(member):
                raise not_emulated(f"{member} (composite alarms)")
        names, prefix = asked.get("AlarmNames"), asked.get("AlarmNamePrefix")
        if names and prefix:
            raise invalid("AlarmNames and AlarmNamePrefix cannot be given together.")
        if asked.get("AlarmTypes") and "MetricAlarm" not in asked["AlarmTypes"]:
            return {"MetricAlarms": [], "CompositeAlarms": []}
        self.alarms.settle(self._now(), _place(who))
        chosen = [
            alarm
            for alarm in self.alarms.all(_place(who))
            if (not names or alarm.name in names)
            and alarm.name.startswith(prefix or "")
            and asked.get("StateValue") in (None, alarm.state)
            and (not asked.get("ActionPrefix") or _acts_on(alarm, asked["ActionPrefix"]))
        ]
        at_most = asked.get("MaxRecords", 50)
        identity = {name: value for name, value in asked.items() if name not in ("NextToken", "MaxRecords")}
        if asked.get("NextToken"):
            after = place_of(asked["NextToken"], identity)["after"]
            chosen = [alarm for alarm in chosen if alarm.name > after]
        answer: dict[str, Any] = {"MetricAlarms": [shown(alarm) for alarm in chosen[:at_most]], "CompositeAlarms": []}
        if len(chosen) > at_most:
            answer["NextToken"] = token(identity, {"after": chosen[at_most - 1].name})
        return answer

    def _alarms_for_metric(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        self.alarms.settle(self._now(), _place(who))
        wanted = metric_key(_place(who), asked)
        members = ("Statistic", "ExtendedStatistic", "Period", "Unit")
        return {
            "MetricAlarms": [
                shown(alarm)
                for alarm in self.alarms.all(_place(who))
                if "MetricName" in alarm.asked
                and metric_key(alarm.place, alarm.asked) == wanted
                and all(asked.get(member) in (None, alarm.asked.get(member)) for member in members)
            ]
        }

    def _delete_alarms(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        self.alarms.delete(_place(who), asked["AlarmNames"], self._now())
        return {}

    def _set_state(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        self.alarms.set_state(_place(who), asked, self._now())
        return {}

    def _switch(self, who: Who, asked: dict[str, Any], *, on: bool) -> dict[str, Any]:
        self.alarms.switch_actions(_place(who), asked["AlarmNames"], on, self._now())
        return {}

    def _alarm_history(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        if asked.get("AlarmContributorId"):
            raise not_emulated("AlarmContributorId")
        self.alarms.settle(self._now(), _place(who))
        return self.alarms.history(_place(who), asked)

    def _delete_dashboards(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        self.dashboards.delete(who.account, asked["DashboardNames"])
        return {}

    def _tag(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        tags = self._tagged(who, asked["ResourceARN"]).tags
        new = {tag["Key"]: tag["Value"] for tag in asked["Tags"]}
        if len(tags | new) > MOST_TAGS:
            raise wrong_value(f"A resource can have {MOST_TAGS} tags.")
        tags.update(new)
        return {}

    def _untag(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        tags = self._tagged(who, asked["ResourceARN"]).tags
        for key in asked["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _tags(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        tags = self._tagged(who, asked["ResourceARN"]).tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}

    def _tagged(self, who: Who, arn: str) -> Alarm | Dashboard:
        found = self.alarms.by_arn(arn) or self.dashboards.by_arn(arn)
        owner = found.place.account if isinstance(found, Alarm) else found.account if found else None
        if found is None or owner != who.account:
            raise AwsError("ResourceNotFoundException", f"The resource {arn} does not exist.", 404)
        return found


def shown(alarm: Alarm) -> dict[str, Any]:
    """An alarm in botocore's words."""
    answer = {name: value for name, value in alarm.asked.items() if value is not None}
    answer |= {
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": alarm.configured,
        "ActionsEnabled": alarm.asked.get("ActionsEnabled", True),
        "OKActions": alarm.asked.get("OKActions") or [],
        "AlarmActions": alarm.asked.get("AlarmActions") or [],
        "InsufficientDataActions": alarm.asked.get("InsufficientDataActions") or [],
        "StateValue": alarm.state,
        "StateReason": alarm.reason[:1023],
        "StateUpdatedTimestamp": alarm.updated,
        "StateTransitionedTimestamp": alarm.transitioned,
    }
    if alarm.reason_data is not None:
        answer["StateReasonData"] = alarm.reason_data[:4000]
    if "Metrics" not in alarm.asked:
        answer.setdefault("Dimensions", [])
    return answer


def _acts_on(alarm: Alarm, prefix: str) -> bool:
    members = ("OKActions", "AlarmActions", "InsufficientDataActions")
    return any(action.startswith(prefix) for member in members for action in alarm.asked.get(member) or ())


def _place(who: Who) -> Place:
    return Place(who.account, who.region)
