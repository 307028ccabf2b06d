"""Parameter groups, of instances and of clusters: what their owner set over what the family gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rdsops.lab.endpoint.contract import AwsError
from rdsops.lab.rds.model import Record, clash, fault, invalid
from rdsops.lab.rds.parameter_catalogue import Definition, catalogue, engine_of
from rdsops.lab.rds.state import ParameterSetting, RdsState, Region, Store, tags_of

NAME = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9.])*")


@dataclass(frozen=True, slots=True)
class Level:
    """The two kinds of group, by the words of their fields. word: in the ARN."""

    cluster: bool
    word: str
    name_field: str
    arn_field: str
    attribute: str

    def store(self, region: Region) -> Store:
        store = getattr(region, self.attribute)
        assert isinstance(store, Store)
        return store


INSTANCE = Level(False, "pg", "DBParameterGroupName", "DBParameterGroupArn", "groups")
CLUSTER = Level(True, "cluster-pg", "DBClusterParameterGroupName", "DBClusterParameterGroupArn", "cluster_groups")


def default_name(family: str) -> str:
    return f"default.{family}"


def ensure_default(region: Region, family: str, level: Level) -> Record:
    """The family's default group, which appears when it is first needed."""
    name = default_name(family)
    found = level.store(region).find(name)
    return found or _added(region, level, name, family, f"Default parameter group for {family}")


def named(region: Region, name: str, level: Level) -> Record:
    """The group of that name; default groups of known families exist from the beginning."""
    name = name.rsplit(":", 1)[-1]
    if name.startswith("default.") and name not in level.store(region):
        try:
            engine_of(name.removeprefix("default."))
        except AwsError as bad:
            raise fault("DBParameterGroupNotFoundFault", f"DBParameterGroup not found: {name}") from bad
        return ensure_default(region, name.removeprefix("default."), level)
    return level.store(region).get(name)


def create(state: RdsState, region: Region, asked: dict[str, Any], level: Level) -> Record:
    name, family = asked[level.name_field].lower(), asked["DBParameterGroupFamily"]
    if not NAME.fullmatch(name) or len(name) > 255:
        raise invalid(f"The parameter {level.name_field} is not a valid identifier: {name}")
    if name.startswith("default."):
        raise invalid(f"The parameter {level.name_field} may not begin with 'default.': {name}")
    _refuse_unknown_family(state, family)
    catalogue(family)
    record = _added(region, level, name, family, asked["Description"])
    region.tags[record[level.arn_field]] = tags_of(asked)
    return record


def modify(state: RdsState, region: Region, asked: dict[str, Any], level: Level) -> Record:
    """Sets parameters; the instances that use the group show pending-reboot for a static one, else stay in-sync."""
    group = _own(region, asked[level.name_field], level)
    if not 1 <= len(asked["Parameters"]) <= 20:
        raise invalid("A maximum of 20 parameters can be modified in a single request")
    family = catalogue(group["DBParameterGroupFamily"])
    settings: dict[str, ParameterSetting] = {}
    for one in asked["Parameters"]:
        definition = _definition(family.definitions, one.get("ParameterName"), group, level)
        value, method = one.get("ParameterValue"), one.get("ApplyMethod")
        if value is None or method is None:
            raise invalid(f"The parameters ParameterValue and ApplyMethod are needed for {definition.name}")
        extra = set(one) - {"ParameterName", "ParameterValue", "ApplyMethod"}
        if extra:
            raise invalid(f"rdsops lab: not emulated: {', '.join(sorted(extra))} of a parameter cannot be set")
        if not definition.modifiable:
            raise invalid(f"The parameter {definition.name} cannot be modified. {definition.description}")
        if definition.static and method == "immediate":
            raise clash(f"cannot use immediate apply method for static parameter {definition.name}")
        definition.check(value)
        settings[definition.name] = ParameterSetting(value, method)
    arn = group[level.arn_field]
    region.settings[arn] = {**region.settings.get(arn, {}), **settings}
    late = any(one.method == "pending-reboot" for one in settings.values())
    _applied(state, region, group, level, late)
    return {level.name_field: group[level.name_field]}


def reset(state: RdsState, region: Region, asked: dict[str, Any], level: Level) -> Record:
    group = _own(region, asked[level.name_field], level)
    family = catalogue(group["DBParameterGroupFamily"])
    arn = group[level.arn_field]
    held = dict(region.settings.get(arn, {}))
    if asked.get("ResetAllParameters", not asked.get("Parameters")):
        if asked.get("Parameters"):
            raise clash("ResetAllParameters and Parameters cannot be given together")
        gone = set(held)
    else:
        if not asked.get("Parameters"):
            raise clash("Parameters must be given when ResetAllParameters is false")
        gone = set()
        for one in asked["Parameters"]:
            definition = _definition(family.definitions, one.get("ParameterName"), group, level)
            if definition.static and one.get("ApplyMethod") == "immediate":
                raise clash(f"cannot use immediate apply method for static parameter {definition.name}")
            gone.add(definition.name)
    late = any(family.definitions[name].static for name in gone & set(held))
    region.settings[arn] = {name: one for name, one in held.items() if name not in gone}
    _applied(state, region, group, level, late)
    return {level.name_field: group[level.name_field]}


def delete(state: RdsState, region: Region, asked: dict[str, Any], level: Level) -> Record:
    name = _own(region, asked[level.name_field], level)[level.name_field]
    users = users_of(region, name, level)
    if users:
        raise fault("InvalidDBParameterGroupStateFault", f"{name} is in use by {', '.join(users)}")
    arn = level.store(region).drop(name)[level.arn_field]
    region.settings.pop(arn, None)
    region.tags.pop(arn, None)
    return {}


def users_of(region: Region, name: str, level: Level) -> list[str]:
    """Names of the instances, or clusters, that use a group."""
    if level.cluster:
        return [one["DBClusterIdentifier"] for one in region.clusters if one["DBClusterParameterGroup"] == name]
    return [
        one["DBInstanceIdentifier"]
        for one in region.instances
        if any(group["DBParameterGroupName"] == name for group in one["DBParameterGroups"])
    ]


def parameters(region: Region, group: Record, level: Level) -> list[Record]:
    """Every parameter of a group as DescribeDB(Cluster)Parameters tells it, by name."""
    family = catalogue(group["DBParameterGroupFamily"])
    held = region.settings.get(group[level.arn_field], {})
    return [_told(one, held.get(one.name)) for one in family.at(cluster_level=level.cluster)]


def family_parameters(family: str, level: Level) -> list[Record]:
    """The defaults of a family."""
    return [_told(one, None) for one in catalogue(family).at(cluster_level=level.cluster)]


def _told(one: Definition, held: ParameterSetting | None) -> Record:
    if held is not None:
        return one.record(value=held.value, source="user", method=held.method)
    source = "engine-default" if one.value is None else "system"
    return one.record(value=one.value, source=source, method=one.method)


def _added(region: Region, level: Level, name: str, family: str, description: str) -> Record:
    record = {
        level.name_field: name,
        "DBParameterGroupFamily": family,
        "Description": description,
        level.arn_field: region.arn(level.word, name),
    }
    return level.store(region).add(name, record)


def _own(region: Region, name: str, level: Level) -> Record:
    """A group that can be changed: default groups cannot."""
    group = named(region, name, level)
    if group[level.name_field].startswith("default."):
        raise fault("InvalidDBParameterGroupStateFault", f"Default parameter groups cannot be changed: {name}")
    return group


def _definition(known: dict[str, Definition], name: str | None, group: Record, level: Level) -> Definition:
    found = known.get(name or "")
    if found is None or (found.cluster_only and not level.cluster):
        raise invalid(f"Could not find parameter with name: {name} in family {group['DBParameterGroupFamily']}")
    return found


def _refuse_unknown_family(state: RdsState, family: str) -> None:
    engine, _ = engine_of(family)
    families = {state.offered.family(engine, one) for one in state.offered.versions(engine, deprecated=True)}
    if family not in families:
        raise invalid(f"DBParameterGroupFamily {family} is not a valid parameter group family")


def _applied(state: RdsState, region: Region, group: Record, level: Level, late: bool) -> None:
    name = group[level.name_field]
    state.record_event(
        region, "db-parameter-group", name, group[level.arn_field], f"Updated parameter group {name}",
        ("configuration change",),
    )  # fmt: skip
    if not late:
        return
    users = users_of(region, name, level)
    if level.cluster:
        for user in users:
            cluster = region.clusters.get(user)
            members = [
                {**one, "DBClusterParameterGroupStatus": "pending-reboot"} for one in cluster["DBClusterMembers"]
            ]
            region.clusters.change(user, DBClusterMembers=members)
        return
    for user in users:
        groups = [
            {**one, "ParameterApplyStatus": "pending-reboot"} if one["DBParameterGroupName"] == name else one
            for one in region.instances.get(user)["DBParameterGroups"]
        ]
        region.instances.change(user, DBParameterGroups=groups)
