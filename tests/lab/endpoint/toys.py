"""Small services of our own, to try the endpoint with: they answer from a dict and hold no fleet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rdsops.lab.endpoint.contract import Answer, AwsError, Who
from rdsops.lab.endpoint.paging import RDS, rds_page_size

BORN = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


class ToyRds:
    """Instances by account and region, and a few ways to go wrong."""

    name = "rds"

    def __init__(self) -> None:
        self.instances: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        self.asked: list[dict[str, Any]] = []
        self.answers: Mapping[str, Answer] = {
            "DescribeDBInstances": self.describe_db_instances,
            "CreateDBInstance": self.create_db_instance,
            "DeleteDBInstance": self.delete_db_instance,
            "DescribeDBEngineVersions": self.go_wrong,
            "DescribeCertificates": self.answer_nonsense,
            "DescribeEvents": self.describe_events,
            "AddTagsToResource": self.add_tags,
        }

    def describe_db_instances(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(asked)
        here = self.instances.get((who.account, who.region), {})
        wanted = asked.get("DBInstanceIdentifier")
        if wanted is not None:
            if wanted not in here:
                raise AwsError("DBInstanceNotFound", f"DBInstance {wanted} not found.")
            return {"DBInstances": [here[wanted]]}
        page = RDS.page(
            here.values(),
            lambda instance: instance["DBInstanceIdentifier"],
            token=asked.get("Marker"),
            size=rds_page_size(asked.get("MaxRecords")),
        )
        return {"DBInstances": page.items, "Marker": page.token}

    def create_db_instance(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        here = self.instances.setdefault((who.account, who.region), {})
        instance = {
            "DBInstanceIdentifier": asked["DBInstanceIdentifier"],
            "DBInstanceClass": asked["DBInstanceClass"],
            "Engine": asked["Engine"],
            "AllocatedStorage": asked.get("AllocatedStorage"),
            "MultiAZ": asked.get("MultiAZ", False),
            "InstanceCreateTime": BORN,
            "TagList": asked.get("Tags", []),
            "ReadReplicaDBInstanceIdentifiers": [],
        }
        here[instance["DBInstanceIdentifier"]] = instance
        return {"DBInstance": instance}

    def delete_db_instance(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        raise AwsError("InvalidDBInstanceStateFault", "Instance is not in available state.")

    def go_wrong(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        raise KeyError("a defect")

    def answer_nonsense(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        return {"Certificates": [{"Thumbprnt": "misspelt"}]}

    def describe_events(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(asked)
        return {"Events": []}

    def add_tags(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        return {}


class ToyCloudWatch:
    """Gives back what it was asked, so that the wires can be compared."""

    name = "cloudwatch"

    def __init__(self) -> None:
        self.put: list[dict[str, Any]] = []
        self.answers: Mapping[str, Answer] = {
            "GetMetricData": self.get_metric_data,
            "PutMetricData": self.put_metric_data,
            "DescribeAlarms": self.describe_alarms,
            "GetDashboard": self.get_dashboard,
        }

    def get_metric_data(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        return {
            "MetricDataResults": [
                {
                    "Id": query["Id"],
                    "Label": query["MetricStat"]["Metric"]["MetricName"],
                    "Timestamps": [asked["StartTime"], asked["EndTime"]],
                    "Values": [0.1, 1e300],
                    "StatusCode": "Complete",
                }
                for query in asked["MetricDataQueries"]
            ],
            "Messages": [],
        }

    def put_metric_data(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        self.put.append(asked)
        return {}

    def describe_alarms(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        raise AwsError("InvalidNextToken", "no such token")

    def get_dashboard(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        raise AwsError("ResourceNotFound", "no such dashboard")


class ToyPi:
    """One answer with nested lists and maps, and one declared error."""

    name = "pi"

    def __init__(self) -> None:
        self.answers: Mapping[str, Answer] = {
            "GetResourceMetrics": self.get_resource_metrics,
            "DescribeDimensionKeys": self.describe_dimension_keys,
        }

    def get_resource_metrics(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["Identifier"] != "db-ABC":
            raise AwsError("NotAuthorizedException", f"no access to {asked['Identifier']}")
        return {
            "AlignedStartTime": asked["StartTime"],
            "AlignedEndTime": asked["EndTime"],
            "Identifier": asked["Identifier"],
            "MetricList": [
                {
                    "Key": {"Metric": query["Metric"], "Dimensions": {"db.wait_event.name": "CPU"}},
                    "DataPoints": [{"Timestamp": asked["StartTime"], "Value": 1.25}],
                }
                for query in asked["MetricQueries"]
            ],
        }

    def describe_dimension_keys(self, who: Who, asked: dict[str, Any]) -> dict[str, Any]:
        return {"Keys": []}
