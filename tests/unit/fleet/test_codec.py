"""A snapshot comes back as it was written, and says plainly when it cannot."""

from __future__ import annotations

import gzip
import json

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rdsops.core.errors import Unseen, UsageError
from rdsops.fleet.codec import decode, encode, schema
from rdsops.fleet.fleet import SNAPSHOT_VERSION
from rdsops.fleet.instances import Instance
from rdsops.fleet.seen import UNSEEN
from rdsops.testing.fleets import (
    cluster,
    denied,
    fleet_of,
    global_cluster,
    group,
    instance,
    mariadb,
    member,
    proxy,
    series,
    snapshot,
)

FLEET = fleet_of(
    instance(iops=UNSEEN, kms_key=None),
    mariadb(),
    member("billing-1"),
    cluster(),
    global_cluster(),
    proxy(),
    snapshot(),
    group(work_mem="65536"),
    group("billing-aurora16", "aurora-postgresql16", cluster_level=True),
    series(instance().ref, "CPUUtilization", [1.0, None, 3.0]),
    gaps=(denied("rds:DescribeCertificates"),),
)


def test_a_fleet_comes_back_as_it_was_written() -> None:
    assert decode(encode(FLEET)) == FLEET
    assert decode(encode(FLEET, compressed=True)) == FLEET


def test_the_same_fleet_gives_the_same_bytes() -> None:
    assert encode(FLEET, compressed=True) == encode(decode(encode(FLEET)), compressed=True)


def test_compression_is_told_by_content() -> None:
    assert encode(FLEET, compressed=True).startswith(b"\x1f\x8b")
    assert len(encode(FLEET, compressed=True)) < len(encode(FLEET))


def test_unseen_is_absent_and_none_is_null() -> None:
    written = json.loads(encode(FLEET))["regions"][0]["instances"]["items"][0]
    assert "iops" not in written
    assert written["kms_key"] is None
    read = decode(encode(FLEET)).regions[0].instances.items[0]
    assert read.kms_key is None
    with pytest.raises(Unseen):
        _ = read.iops


def test_a_field_of_a_later_release_is_skipped() -> None:
    written = json.loads(encode(FLEET))
    written["weather"] = "fair"
    written["regions"][0]["instances"]["items"][0]["colour"] = {"of": ["the", "sky"]}
    assert decode(json.dumps(written).encode()) == FLEET


def test_a_list_of_a_later_release_is_incomplete_in_an_older_snapshot() -> None:
    written = json.loads(encode(FLEET))
    del written["regions"][0]["loads"]
    loads = decode(json.dumps(written).encode()).regions[0].loads
    assert not loads.complete
    assert loads.asked == "pi:DescribeDimensionKeys"


@pytest.mark.parametrize("broken_too", [False, True])
def test_a_newer_version_is_refused_by_its_number(broken_too: bool) -> None:
    written = json.loads(encode(FLEET))
    written["version"] = SNAPSHOT_VERSION + 1
    if broken_too:
        written["regions"] = "elsewhere"
    with pytest.raises(UsageError, match=f"version {SNAPSHOT_VERSION + 1}.*reads up to {SNAPSHOT_VERSION}"):
        decode(json.dumps(written).encode())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a snapshot"),
        (b"not json", "not a snapshot"),
        (b"\xff\xfe{", "not a snapshot"),
        (b"[]", "no snapshot"),
        (b'{"findings": []}', "no snapshot"),
        (encode(FLEET)[:-20], "not a snapshot"),
        (b'{"version": 1, "taken_at": "yesterday", "rdsops": "0"}', "broken"),
        (gzip.compress(encode(FLEET))[:-20], "broken"),
        (b"\x1f\x8bnonsense", "broken"),
        (gzip.compress(b"nonsense", mtime=0), "not a snapshot"),
    ],
)
def test_what_is_no_snapshot_is_refused_with_words(data: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        decode(data)
    assert refused.value.hint


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_never_a_crash(data: bytes) -> None:
    with pytest.raises(UsageError):
        decode(data)


def test_the_schema_accepts_what_is_written_and_refuses_what_is_not() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    written = json.loads(encode(FLEET))
    assert not list(validator.iter_errors(written))
    written["regions"][0]["instances"]["items"][0]["port"] = "many"
    assert [list(error.absolute_path)[-1] for error in validator.iter_errors(written)] == ["port"]


def test_the_schema_says_that_a_seen_field_may_be_absent() -> None:
    required = schema()["$defs"]["Instance"]["required"]
    optional = {field.name for field in msgspec.structs.fields(Instance)} - set(required)
    assert set(required) == {"ref", "engine", "engine_version", "instance_class"}
    assert {"iops", "kms_key", "tags"} <= optional
