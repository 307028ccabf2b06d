"""Commands are spelled as the AWS CLI spells them."""

from __future__ import annotations

import shlex

import botocore.session
from botocore import xform_name

from rdsops.advise.finding import ApiCall
from rdsops.render.aws_cli import command, kebab


def test_every_rds_name_is_spelled_as_botocore_does() -> None:
    model = botocore.session.get_session().get_service_model("rds")
    names = set(model.operation_names)
    for operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        names |= set(shape.members) if shape else set()
    assert len(names) > 300
    wrong = {name: kebab(name) for name in names if kebab(name) != xform_name(name, "-")}
    assert wrong == {}


def test_values_are_quoted_for_the_shell() -> None:
    hostile = "a'b; rm -rf $(x)\n`y`"
    call = ApiCall(
        service="rds", operation="AddTagsToResource", parameters={"ResourceName": hostile, "TagKeys": ["a b", "c"]}
    )
    words = shlex.split(command(call, None))
    assert words == ["aws", "rds", "add-tags-to-resource", "--resource-name", hostile, "--tag-keys", "a b", "c"]


def test_booleans_become_flags() -> None:
    call = ApiCall(
        service="rds", operation="ModifyDBInstance", parameters={"MultiAZ": True, "PubliclyAccessible": False}
    )
    assert command(call, "eu-west-1").endswith("--multi-az --no-publicly-accessible")
