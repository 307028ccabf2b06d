"""Parameter groups, parameters and subnet groups, as boto gives them."""

from __future__ import annotations

from rdsops.collect.fields import Fields, Malformed, known
from rdsops.core.ids import ClusterGroupRef, GroupRef, Place, SubnetGroupRef
from rdsops.fleet.neighbours import Parameter, ParameterGroup, SubnetGroup
from rdsops.fleet.seen import UNSEEN

_FAMILIES = ("postgres", "mysql", "mariadb", "aurora")
"""How the families of the engines we follow begin; groups of other engines have users that we do not list."""


def group(fields: Fields, place: Place) -> ParameterGroup | None:
    """One entry of DBParameterGroups; None for a group of an engine that we do not follow."""
    name = fields.name("DBParameterGroupName")
    return _group(fields, GroupRef(place.account, place.region, name))


def cluster_group(fields: Fields, place: Place) -> ParameterGroup | None:
    name = fields.name("DBClusterParameterGroupName")
    return _group(fields, ClusterGroupRef(place.account, place.region, name))


def parameter(fields: Fields) -> Parameter:
    """One entry of Parameters. No value: the engine decides."""
    name = fields.name("ParameterName")
    fields.called(name)
    return Parameter(
        name=name,
        value=known(fields.text("ParameterValue", None)),
        source=known(fields.text("Source", "engine-default")),
        apply_type=known(fields.text("ApplyType", None)),
        apply_method=known(fields.text("ApplyMethod", None)),
        allowed=known(fields.text("AllowedValues", None)),
        data_type=known(fields.text("DataType", None)),
        modifiable=known(fields.flag("IsModifiable", None)),
    )


def subnet_group(fields: Fields, place: Place) -> SubnetGroup:
    name = fields.name("DBSubnetGroupName")
    fields.called(name)
    return SubnetGroup(
        ref=SubnetGroupRef(place.account, place.region, name),
        vpc=fields.text("VpcId"),
        subnets=fields.rows("Subnets", lambda subnet: subnet.name("SubnetIdentifier")),
        zones=fields.rows("Subnets", _zone),
    )


def _group(fields: Fields, ref: GroupRef | ClusterGroupRef) -> ParameterGroup | None:
    fields.called(ref.name)
    family = fields.text("DBParameterGroupFamily")
    if family is not UNSEEN and not family.startswith(_FAMILIES):
        return None
    return ParameterGroup(
        ref=ref,
        family=family,
        description=fields.text("Description", None),
        # "You can't modify the parameter settings of a default parameter group": nobody set anything in it.
        set_by_user=() if ref.name.startswith("default.") else UNSEEN,
    )


def _zone(fields: Fields) -> str:
    zone = fields.below("SubnetAvailabilityZone")
    if zone is None:
        raise Malformed("a subnet without SubnetAvailabilityZone")
    return zone.name("Name")
