"""Where to look: the regions that an account has enabled."""

from __future__ import annotations

from rdsops.aws.session import AwsDoor
from rdsops.collect import operations as ops
from rdsops.collect.fields import Fields, Troubles
from rdsops.core.ids import Place

ASKED_AT = "us-east-1"
"""Any enabled region lists them all."""


def enabled_places(door: AwsDoor, account: str) -> tuple[Place, ...]:
    """Every region that is enabled for an account. Raises AwsError when that cannot be asked: a guess hides some."""
    asked_at = Place(account, door.region or ASKED_AT)
    answer = door.ask(ops.REGIONS.service, ops.REGIONS.name, asked_at, {})
    found = answer.get("Regions")
    names = Troubles().each(tuple(found) if isinstance(found, list) else (), _name)
    return tuple(Place(account, name) for name in sorted(names))


def _name(fields: Fields) -> str:
    return fields.name("RegionName")
