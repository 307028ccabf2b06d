"""The table of operations is true to AWS's models, fills the whole snapshot, and reads only."""

from __future__ import annotations

import ast
from pathlib import Path

import botocore.session
import msgspec
import pytest

import rdsops.collect as collect_room
from rdsops.app.iam import RDS_SECRETS, ReviewAccess, reasons, review_policy
from rdsops.collect import operations
from rdsops.collect.operations import OPERATIONS, Operation
from rdsops.fleet.fleet import Fleet, Region

MODELS = botocore.session.get_session()
EVERYTHING = ReviewAccess(
    rds_secrets=True, database_user="reviewer", roles=("arn:aws:iam::444455556666:role/reader",), all_regions=True
)


def actions(access: ReviewAccess) -> set[str]:
    return {action for statement in review_policy(access)["Statement"] for action in statement["Action"]}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.action)
def test_an_operation_and_its_paging_are_in_the_model(operation: Operation) -> None:
    model = MODELS.get_service_model(operation.service).operation_model(operation.name)
    if operation.paging is None:
        return
    inside, outside = model.input_shape.members, model.output_shape
    if operation.paging.size is not None:
        name, most = operation.paging.size
        bounds = inside[name].metadata
        assert bounds.get("max", most) >= most >= bounds.get("min", 1)
    if operation.paging.send is not None:
        assert operation.paging.send in inside
    for path in (operation.paging.items, operation.paging.receive if operation.paging.send else ()):
        shape = outside
        for step in path:
            shape = shape.members[step]


def test_every_list_of_a_snapshot_has_an_operation_that_brings_it() -> None:
    brought = {name.split(".")[0] for operation in OPERATIONS for name in operation.brings}
    lists = {field.name for field in msgspec.structs.fields(Region)} - {"place"}
    assert lists <= brought
    known = lists | {field.name for field in msgspec.structs.fields(Fleet)}
    assert brought <= known


def test_each_list_names_the_operation_of_the_table_as_its_question() -> None:
    bare = {field.name: field.default for field in msgspec.structs.fields(Region) if field.name != "place"}
    first = {name: operation.action for operation in reversed(OPERATIONS) for name in operation.brings}
    assert {name: listed.asked for name, listed in bare.items()} == {name: first[name] for name in bare}


def test_the_table_holds_every_operation_that_the_room_names() -> None:
    """No call beside the table: the room asks AWS through `ops.X`, never by a name of its own (insides ask SQL)."""
    defined = {each.name: each for each in vars(operations).values() if isinstance(each, Operation)}
    assert set(defined.values()) == set(OPERATIONS)
    folder = Path(collect_room.__path__[0])
    for file in folder.glob("*.py"):
        if file.name == "operations.py" or file.name.startswith("inside"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("ask", "pages", "client"):
                named = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                assert named == [], f"{file.name}:{node.lineno} asks by name"


def test_nothing_in_the_policy_writes() -> None:
    verbs = {action.split(":")[1] for action in actions(EVERYTHING)}
    writers = {verb for verb in verbs if not verb.startswith(("Describe", "Get", "List"))}
    assert writers == {"AssumeRole", "connect"}


def test_the_policy_grows_only_with_what_is_asked_for() -> None:
    bare = actions(ReviewAccess(snapshot_attributes=False, performance_insights=False))
    assert actions(EVERYTHING) - bare == {
        "rds:DescribeDBSnapshotAttributes",
        "rds:DescribeDBClusterSnapshotAttributes",
        "pi:DescribeDimensionKeys",
        "secretsmanager:GetSecretValue",
        "rds-db:connect",
        "sts:AssumeRole",
        "ec2:DescribeRegions",
    }
    assert "rds:DescribeDBInstances" in bare


def test_secrets_connections_and_roles_are_limited_by_resource() -> None:
    resources = {statement["Sid"]: statement["Resource"] for statement in review_policy(EVERYTHING)["Statement"]}
    assert resources["PasswordsKeptByRds"] == RDS_SECRETS
    assert resources["ConnectAsUser"] == "arn:aws:rds-db:*:*:dbuser:*/reviewer"
    assert resources["FurtherAccounts"] == ["arn:aws:iam::444455556666:role/reader"]
    assert [name for name, resource in resources.items() if resource == "*"] == ["Survey"]


def test_every_action_has_a_reason() -> None:
    told = reasons()
    assert actions(EVERYTHING) - {"rds-db:connect"} <= set(told)
    assert all(told.values())
