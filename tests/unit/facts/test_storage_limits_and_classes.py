"""Volumes, classes and limits at the edges where AWS's figures change."""

import pytest

from rdsops.app.facts import packaged_facts
from rdsops.facts import generations, limits, storage

FACTS = packaged_facts()


@pytest.mark.parametrize(("size", "iops"), [(20, 100), (33, 100), (34, 102), (100, 300), (1000, 3000), (5334, 16002)])
def test_a_gp2_volume_has_three_iops_a_gibibyte_and_a_hundred_at_least(size: int, iops: int) -> None:
    assert storage.gp2_baseline_iops(size) == iops


def test_a_gp2_volume_bursts_below_a_thousand_gibibytes() -> None:
    assert storage.gp2_bursts(999)
    assert not storage.gp2_bursts(1000)


@pytest.mark.parametrize(
    ("engine", "size", "iops", "mibps"),
    [
        ("postgres", 399, 3000, 125),
        ("postgres", 400, 12000, 500),
        ("oracle-ee", 199, 3000, 125),
        ("oracle-ee", 200, 12000, 500),
        ("sqlserver-se", 4000, 3000, 125),
    ],
)
def test_what_gp3_includes(engine: str, size: int, iops: int, mibps: int) -> None:
    included = storage.gp3_included(engine, size)
    assert (included.iops, included.throughput_mibps) == (iops, mibps)


def test_the_lower_of_volume_and_class_is_the_limit() -> None:
    large = FACTS.instance_class("db.r7g.large")
    assert large is not None
    by_class = storage.sustained_iops(12000, large, "gp3")
    by_volume = storage.sustained_iops(300, large, "gp2")
    assert by_class is not None
    assert by_volume is not None
    assert (by_class.value, by_class.set_by) == (3600, "db.r7g.large EBS baseline")
    assert (by_volume.value, by_volume.set_by) == (300, "gp2 volume")
    assert storage.sustained_iops(None, None, "io1") is None
    throughput = storage.sustained_mibps(500, large, "gp3")
    assert throughput is not None
    assert 75 < throughput.value < 75.2


@pytest.mark.parametrize(
    ("engine", "version", "tebibytes"),
    [
        ("aurora-postgresql", "15.12", 128),
        ("aurora-postgresql", "15.13", 256),
        ("aurora-postgresql", "16.8", 128),
        ("aurora-postgresql", "16.9", 256),
        ("aurora-postgresql", "17.4", 128),
        ("aurora-postgresql", "17.5", 256),
        ("aurora-postgresql", "14.20", 128),
        ("aurora-mysql", "8.0.mysql_aurora.3.09.0", 128),
        ("aurora-mysql", "8.0.mysql_aurora.3.10.0", 256),
        ("aurora-mysql", "5.7.mysql_aurora.2.11.6", 128),
    ],
)
def test_the_aurora_volume_depends_on_the_version(engine: str, version: str, tebibytes: int) -> None:
    found = limits.aurora_volume(engine, version)
    assert found is not None
    assert found.value == tebibytes


def test_a_version_that_cannot_be_read_has_no_volume_limit() -> None:
    assert limits.aurora_volume("aurora-postgresql", "unknown") is None


def test_successors_twins_and_neighbours_keep_the_shape() -> None:
    for old in [name for name in FACTS.classes if generations.is_previous_generation(name)]:
        after = generations.successor(FACTS, old)
        if after is not None:
            assert not generations.is_previous_generation(after.name)
            assert after.name.split(".")[-1] == old.split(".")[-1]
    for name, size in FACTS.classes.items():
        twin = generations.graviton_twin(FACTS, name)
        if twin is not None:
            assert size.arch != twin.arch == "arm64"
            assert (size.vcpu, size.memory_gib) == (twin.vcpu, twin.memory_gib), name
    smaller, larger = generations.next_smaller(FACTS, "db.r7g.xlarge"), generations.next_larger(FACTS, "db.r7g.xlarge")
    assert smaller is not None
    assert larger is not None
    assert (smaller.name, larger.name) == ("db.r7g.large", "db.r7g.2xlarge")
    assert generations.next_smaller(FACTS, "db.serverless") is None
