"""What RDS tells by itself: event subscriptions and the categories they choose from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rdsops.lab.rds import rules
from rdsops.lab.rds.model import Record, clash, fault
from rdsops.lab.rds.state import RdsState, Region, Store, tags_of

CATEGORIES: dict[str, tuple[str, ...]] = {
    "db-instance": ("availability", "backup", "configuration change", "creation", "deletion", "failover", "failure",
                    "low storage", "maintenance", "notification", "read replica", "recovery", "restoration",
                    "security", "security patching"),
    "db-cluster": ("configuration change", "creation", "deletion", "failover", "failure", "global failover",
                   "maintenance", "migration", "notification", "serverless"),
    "db-parameter-group": ("configuration change",),
    "db-security-group": ("configuration change", "failure"),
    "db-snapshot": ("creation", "deletion", "notification", "restoration"),
    "db-cluster-snapshot": ("backup",),
    "db-proxy": ("configuration change", "creation", "deletion", "failure"),
    "blue-green-deployment": ("creation", "deletion", "failure", "notification"),
}  # fmt: skip
"""Source type -> its categories (recalled 2026-11-23)."""

STORES = {
    "db-instance": "instances", "db-cluster": "clusters", "db-parameter-group": "groups", "db-snapshot": "snapshots",
    "db-cluster-snapshot": "cluster_snapshots", "db-proxy": "proxies",
}  # fmt: skip


def create_subscription(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    """A subscription to an SNS topic; nothing is published yet."""
    name = asked["SubscriptionName"]
    topic = asked["SnsTopicArn"]
    kind = asked.get("SourceType")
    if not topic.startswith("arn:aws") or ":sns:" not in topic:
        raise fault("SNSInvalidTopicFault", f"{topic} is not the ARN of an SNS topic")
    if kind is not None:
        rules.one_of(asked, "SourceType", tuple(CATEGORIES))
    elif asked.get("SourceIds"):
        raise clash("SourceType must be given with SourceIds")
    known = CATEGORIES.get(kind or "", tuple({one for every in CATEGORIES.values() for one in every}))
    for category in asked.get("EventCategories", ()):
        if category not in known:
            raise fault("SubscriptionCategoryNotFoundFault", f"Category {category} does not exist for {kind}")
    for source in asked.get("SourceIds", ()):
        store = getattr(region, STORES.get(kind or "", ""), None)
        if not isinstance(store, Store) or source not in store:
            raise fault("SourceNotFoundFault", f"{kind} {source} not found")
    record: Record = {
        "CustomerAwsId": region.place.account,
        "CustSubscriptionId": name,
        "SnsTopicArn": topic,
        "Status": "active",
        "SubscriptionCreationTime": state.now().strftime("%Y-%m-%d %H:%M:%S.000"),
        "SourceIdsList": list(asked.get("SourceIds", ())),
        "EventCategoriesList": list(asked.get("EventCategories", ())),
        "Enabled": asked.get("Enabled", True),
        "EventSubscriptionArn": region.arn("es", name),
    }
    if kind:
        record["SourceType"] = kind
    region.subscriptions.add(name, record)
    region.tags[record["EventSubscriptionArn"]] = tags_of(asked)
    return record
