"""Subnet groups, security groups and option groups: what an instance names and RDS keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rdsops.facts.facts import major_of
from rdsops.lab.rds import rules
from rdsops.lab.rds.model import Record, fault
from rdsops.lab.rds.state import RdsState, Region, tags_of
from rdsops.lab.rds.surroundings import Subnet

LEAST_ZONES = 2
"""A subnet group covers two zones or more. Source: the error DBSubnetGroupDoesNotCoverEnoughAZs, botocore 1.44.5."""


def create_subnet_group(state: RdsState, region: Region, asked: Mapping[str, Any]) -> Record:
    name = asked["DBSubnetGroupName"].lower()
    rules.one_of({"DBSubnetGroupName": name != "default"}, "DBSubnetGroupName", (True,))
    subnets = []
    for one in asked["SubnetIds"]:
        found = state.around.subnet(region.place, one)
        if found is None:
            raise fault("InvalidSubnet", f"The subnet {one} does not exist")
        subnets.append(found)
    if len({one.vpc for one in subnets}) > 1:
        raise fault("InvalidSubnet", "The subnets are not all in one VPC")
    if len({one.zone for one in subnets}) < LEAST_ZONES:
        raise fault("DBSubnetGroupDoesNotCoverEnoughAZs", f"The subnet group {name} must cover {LEAST_ZONES} zones")
    record = region.subnet_groups.add(name, _group(region, name, asked["DBSubnetGroupDescription"], subnets))
    region.tags[record["DBSubnetGroupArn"]] = tags_of(asked)
    return record


def ensure_default_subnet_group(state: RdsState, region: Region) -> Record:
    """The group "default" over the default VPC, which appears when it is first needed."""
    found = region.subnet_groups.find("default")
    if found:
        return found
    network = state.around.network(region.place)
    return region.subnet_groups.add("default", _group(region, "default", "default", network.subnets))


def ensure_default_option_group(region: Region, engine: str, version: str) -> str:
    """Name of the option group that RDS gives an engine's major: default:postgres-16."""
    major = major_of(engine, version)
    name = f"default:{engine}-{major.replace('.', '-')}"
    if name not in region.option_groups:
        region.option_groups.add(
            name,
            {
                "OptionGroupName": name,
                "OptionGroupDescription": f"Default option group for {engine} {major}",
                "EngineName": engine,
                "MajorEngineVersion": major,
                "Options": [],
                "AllowsVpcAndNonVpcInstanceMemberships": True,
                "OptionGroupArn": region.arn("og", name),
            },
        )
    return name


def security_groups(state: RdsState, region: Region, asked: Sequence[str] | None) -> list[Record]:
    """Memberships in the groups asked for; in the VPC's default group when none was."""
    names = asked or [state.around.network(region.place).security_group]
    return [{"VpcSecurityGroupId": one, "Status": "active"} for one in names]


def _group(region: Region, name: str, description: str, subnets: Sequence[Subnet]) -> Record:
    return {
        "DBSubnetGroupName": name,
        "DBSubnetGroupDescription": description,
        "VpcId": subnets[0].vpc,
        "SubnetGroupStatus": "Complete",
        "Subnets": [
            {
                "SubnetIdentifier": one.id,
                "SubnetAvailabilityZone": {"Name": one.zone},
                "SubnetOutpost": {},
                "SubnetStatus": "Active",
            }
            for one in subnets
        ],
        "DBSubnetGroupArn": region.arn("subgrp", name),
        "SupportedNetworkTypes": ["IPV4"],
    }
