"""What an account's region lists beside its databases: quotas, certificates, events, alarms, versions, offers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rdsops.collect.fields import Fields, Malformed, known
from rdsops.collect.parse_instances import ENGINES
from rdsops.fleet.neighbours import (
    Alarm,
    Certificate,
    EngineVersion,
    Event,
    MajorLifecycle,
    Quota,
    Recommendation,
    Reservation,
    Subscription,
)
from rdsops.fleet.seen import UNSEEN

_STANDARD = "open-source-rds-standard-support"
_EXTENDED = "open-source-rds-extended-support"


def quota(fields: Fields) -> Quota:
    return Quota(fields.name("AccountQuotaName"), fields.count("Used"), fields.count("Max"))


def certificate(fields: Fields, default: str | None) -> Certificate:
    """default: DefaultCertificateForNewLaunches of the same answer."""
    identifier = fields.name("CertificateIdentifier")
    return Certificate(id=identifier, valid_till=fields.at("ValidTill"), is_default=identifier == default)


def subscription(fields: Fields) -> Subscription:
    name = fields.name("CustSubscriptionId")
    fields.called(name)
    enabled = fields.flag("Enabled")
    if enabled is UNSEEN:
        raise Malformed(f"subscription {name} does not say whether it is enabled")
    return Subscription(
        name=name,
        enabled=enabled,
        status=known(fields.text("Status", None)),
        # Absent, or empty lists: every kind, source and category (read: botocore, CreateEventSubscription).
        source_type=known(fields.text("SourceType", None)),
        sources=known(fields.texts("SourceIdsList", ())),
        categories=known(fields.texts("EventCategoriesList", ())),
    )


def event(fields: Fields) -> Event:
    return Event(
        source=known(fields.text("SourceIdentifier", "")),
        source_type=fields.name("SourceType"),
        at=fields.at("Date"),
        message=known(fields.text("Message", "")),
        categories=known(fields.texts("EventCategories", ())),
    )


def reservation(fields: Fields) -> Reservation:
    identifier = fields.name("ReservedDBInstanceId")
    fields.called(identifier)
    multi_az = fields.flag("MultiAZ")
    if multi_az is UNSEEN:
        raise Malformed(f"reservation {identifier} does not say whether it is Multi-AZ")
    return Reservation(
        id=identifier,
        instance_class=fields.name("DBInstanceClass"),
        product=fields.name("ProductDescription"),
        multi_az=multi_az,
        count=fields.count("DBInstanceCount"),
        state=fields.name("State"),
        start_at=fields.at("StartTime"),
        duration_s=fields.count("Duration"),
        offering=known(fields.text("OfferingType", None)),
    )


def recommendation(fields: Fields) -> Recommendation:
    return Recommendation(
        id=fields.name("RecommendationId"),
        resource=fields.name("ResourceArn"),
        type_id=fields.name("TypeId"),
        severity=fields.name("Severity"),
        status=fields.name("Status"),
        title=known(fields.text("TypeRecommendation", fields.text("Recommendation", None))),
        category=known(fields.text("Category", None)),
    )


def lifecycle(fields: Fields) -> MajorLifecycle | None:
    engine = fields.name("Engine")
    if engine not in ENGINES:
        return None
    spans = known(
        fields.rows(
            "SupportedEngineLifecycles",
            lambda one: (one.name("LifecycleSupportName"), one.at("LifecycleSupportEndDate")),
            (),
        )
    )
    ends: dict[str, datetime] = dict(spans)
    return MajorLifecycle(
        engine=engine,
        major=fields.name("MajorEngineVersion"),
        standard_ends_at=ends.get(_STANDARD),
        # MariaDB has one lifecycle only (read: botocore).
        extended_ends_at=ends.get(_EXTENDED),
    )


def engine_version(fields: Fields) -> EngineVersion:
    engine, version = fields.name("Engine"), fields.name("EngineVersion")
    fields.called(f"{engine} {version}")
    targets = known(
        fields.rows(
            "ValidUpgradeTarget",
            lambda one: (one.name("EngineVersion"), known(one.flag("IsMajorVersionUpgrade", False))),
            (),
        )
    )
    acu = fields.below("ServerlessV2FeaturesSupport")
    return EngineVersion(
        engine=engine,
        version=version,
        family=fields.name("DBParameterGroupFamily"),
        # Without IncludeAll only available versions are listed; older answers leave the word out (recalled).
        status=known(fields.text("Status", "available")),
        minor_upgrades=tuple(target for target, major in targets if not major),
        major_upgrades=tuple(target for target, major in targets if major),
        ca_ids=known(fields.texts("SupportedCACertificateIdentifiers", ())),
        rotates_certificate_without_restart=known(fields.flag("SupportsCertificateRotationWithoutRestart", None)),
        min_acu=None if acu is None else known(acu.amount("MinCapacity", None)),
        max_acu=None if acu is None else known(acu.amount("MaxCapacity", None)),
    )


def alarms(fields: Fields) -> tuple[Alarm, ...]:
    """One entry of MetricAlarms: an alarm on one metric, or one value for each metric that its maths reads.

    Only metrics of RDS; other alarms are none of ours.
    """
    name = fields.name("AlarmName")
    fields.called(name)
    enabled = fields.flag("ActionsEnabled")
    if enabled is UNSEEN:
        raise Malformed(f"alarm {name} does not say whether its actions are enabled")
    actions, state = known(fields.texts("AlarmActions", ())), fields.name("StateValue")
    since = known(fields.moment("StateUpdatedTimestamp", None))
    return tuple(
        Alarm(
            name=name,
            namespace=namespace,
            metric=metric,
            dimensions=dimensions,
            state=state,
            actions_enabled=enabled,
            actions=actions,
            state_since=since,
        )
        for namespace, metric, dimensions in _read_by(fields)
        if namespace == "AWS/RDS"
    )


def _read_by(fields: Fields) -> Iterator[tuple[str | None, str | None, dict[str, str]]]:
    if fields.has("MetricName"):
        yield _metric(fields)
        return
    yield from known(fields.rows("Metrics", _metric_of_maths, ()))


def _metric_of_maths(fields: Fields) -> tuple[str | None, str | None, dict[str, str]] | None:
    stat = fields.below("MetricStat")
    metric = None if stat is None else stat.below("Metric")
    return None if metric is None else _metric(metric)


def _metric(fields: Fields) -> tuple[str | None, str | None, dict[str, str]]:
    pairs = known(fields.rows("Dimensions", lambda one: (one.name("Name"), one.name("Value")), ()))
    return known(fields.text("Namespace", None)), known(fields.text("MetricName", None)), dict(pairs)
