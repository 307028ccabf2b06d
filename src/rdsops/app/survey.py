"""A survey as an operator asks for it: which accounts and regions, with which logins inside the databases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from rdsops.app.facts import packaged_facts
from rdsops.aws.session import AwsDoor
from rdsops.collect.from_aws import secrets_through, tokens_through
from rdsops.collect.inside import look_inside
from rdsops.collect.inside_request import Asking
from rdsops.collect.places import enabled_places
from rdsops.collect.survey import SurveyRequest, survey
from rdsops.core.errors import UsageError
from rdsops.core.ids import InstanceRef, Place
from rdsops.engines.connect import Trust
from rdsops.engines.logins import Keyring, read_logins
from rdsops.fleet.fleet import Fleet
from rdsops.fleet.gaps import Gap
from rdsops.fleet.mysql_inside import MysqlInside
from rdsops.fleet.postgres_inside import PostgresInside

CA_FILE_VARIABLE = "RDSOPS_CA_FILE"
ALL_REGIONS = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyOptions:
    """regions: names, or "all" for every enabled one; none means the session's own. roles: one a further account."""

    profile: str | None = None
    regions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    external_id: str | None = None
    credentials: Path | None = None
    sql: bool = True
    snapshot_attributes: bool = True
    performance_insights: bool = True


Told = Callable[[str], None]
"""Takes a line of progress: an operation with its scope, or a database that was looked into."""


def take_survey(options: SurveyOptions, now: datetime, environ: Mapping[str, str], told: Told) -> Fleet:
    """The fleet as it is now. Raises NoCredentials, UsageError."""
    logins = read_logins(options.credentials) if options.credentials else ()
    named = tuple(region for region in options.regions if region != ALL_REGIONS)
    door = AwsDoor(profile=options.profile, region=named[0] if named else None)
    accounts = [door.caller().account]
    accounts += [door.enter(role, external_id=options.external_id) for role in options.roles]
    places = [place for account in accounts for place in _places(door, account, options.regions)]
    ca_file = environ.get(CA_FILE_VARIABLE)
    asking = Asking(
        keyring=Keyring(
            logins=logins, environment=environ, read_secret=secrets_through(door), iam_token=tokens_through(door)
        ),
        trust=Trust(Path(ca_file) if ca_file else None),
    )
    request = SurveyRequest(
        now=now,
        sql=options.sql,
        snapshot_attributes=options.snapshot_attributes,
        pi=options.performance_insights,
        classes=packaged_facts().classes,
    )
    return survey(
        door,
        places,
        request,
        told,
        partial(_inside, asking=asking, told=told),
    )


def _places(door: AwsDoor, account: str, regions: tuple[str, ...]) -> tuple[Place, ...]:
    if ALL_REGIONS in regions:
        return enabled_places(door, account)
    if regions:
        return tuple(Place(account, region) for region in regions)
    if door.region is None:
        raise UsageError(
            "no region: neither --region nor AWS_REGION nor the profile names one", hint="--region eu-west-1"
        )
    return (Place(account, door.region),)


def _inside(
    fleet: Fleet, door: AwsDoor, *, asking: Asking, told: Told
) -> tuple[tuple[PostgresInside, ...], tuple[MysqlInside, ...], tuple[Gap, ...]]:
    def seen(ref: InstanceRef) -> None:
        told(f"SQL {ref}")

    insides = look_inside(fleet.regions, asking, seen=seen)
    return insides.postgres, insides.mysql, insides.gaps
