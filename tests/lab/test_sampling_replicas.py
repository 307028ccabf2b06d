"""Samplers of an engine that follows another: lag, the role in the cluster, and a server that is frozen."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from rdsops.lab.clock import Clock
from rdsops.lab.cloudwatch.store import MetricStore, Place, sorted_dimensions
from rdsops.lab.engines.boot import Booted, Chains, boot, stop
from rdsops.lab.engines.spec import EngineSpec
from rdsops.lab.home import LabHome
from rdsops.lab.insights.service import PiService
from rdsops.lab.sampling.sampler import Sampler
from rdsops.lab.sampling.sampling import Sampling
from rdsops.lab.sampling.subject import Sampled
from tests.lab.conftest import watched_home
from tests.lab.test_sampling import wait_for
from tests.left_out import left_out

pytestmark = pytest.mark.engines

WRITER = EngineSpec(
    id="orders-1", flavour="postgres", master_user="orders_admin", database="orders", aurora=True, superuser=True
)
READER = replace(WRITER, id="orders-2", follows="orders-1")
PLACE = Place("111111111111", "eu-central-1")


@pytest.fixture(scope="module")
def home() -> Iterator[LabHome]:
    with watched_home() as home, home.lock():
        yield home


@pytest.fixture(scope="module")
def pair(home: LabHome, engines_here: Chains) -> Iterator[Booted]:
    if engines_here.postgres.first() is None:
        left_out("PostgreSQL", engines_here.postgres.install)
    booted = boot([WRITER, READER], home, os.environ, engines_here)
    yield booted
    stop(booted, home)


class Watch:
    """Samplers of both, and what they have written."""

    def __init__(self, pair: Booted) -> None:
        clock = Clock()
        self.store = MetricStore()
        self.sampling = Sampling(self.store, PiService(clock), clock, metrics_every_s=0.5)
        self.samplers: dict[str, Sampler] = {
            running.spec.id: self.sampling.add(
                Sampled(
                    running=running,
                    account=PLACE.account,
                    region=PLACE.region,
                    resource_id=f"db-{running.spec.id}",
                    cluster="orders",
                )
            )
            for running in pair.running
        }

    def found(self, **dimensions: str) -> dict[str, float]:
        """Metric -> its highest value so far."""
        now = int(time.time())
        wanted = sorted_dimensions(dimensions)
        keys = [key for key in self.store.keys(PLACE) if key.dimensions == wanted]
        buckets = {key.name: self.store.buckets(key, now // 60 * 60 - 300, now + 60, 60, now=now) for key in keys}
        return {name: max(one.high for one in several) for name, several in buckets.items() if several}


@pytest.fixture
def watch(pair: Booted) -> Iterator[Watch]:
    made = Watch(pair)
    yield made
    made.sampling.stop()


def test_a_reader_tells_its_lag_in_milliseconds_and_a_writer_has_none(pair: Booted, watch: Watch) -> None:
    writer, reader = pair.postgres("orders-1"), pair.postgres("orders-2")
    with writer.admin("orders") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS lagging (n int)")
        reader.wait_follows(writer)
        with reader.admin("orders") as behind:
            behind.execute("SELECT pg_wal_replay_pause()")
            connection.execute("INSERT INTO lagging VALUES (1)")
            wait_for(lambda: watch.found(DBInstanceIdentifier="orders-2").get("AuroraReplicaLag", 0) > 1500)
            behind.execute("SELECT pg_wal_replay_resume()")
    assert "AuroraReplicaLag" not in watch.found(DBInstanceIdentifier="orders-1")
    assert "AuroraReplicaLag" in watch.found(DBClusterIdentifier="orders", Role="READER")
    assert "AuroraReplicaLag" not in watch.found(DBClusterIdentifier="orders", Role="WRITER")
    assert "MaximumUsedTransactionIDs" not in watch.found(DBInstanceIdentifier="orders-2")


def test_the_slots_by_which_the_labs_readers_follow_are_not_shown_as_the_clusters(watch: Watch) -> None:
    wait_for(lambda: "MaximumUsedTransactionIDs" in watch.found(DBInstanceIdentifier="orders-1"))
    writer = watch.found(DBInstanceIdentifier="orders-1")
    assert "OldestReplicationSlotLag" not in writer
    assert "TransactionLogsDiskUsage" not in writer
    assert watch.found(DBClusterIdentifier="orders")["VolumeBytesUsed"] > 1e6


def test_a_frozen_server_is_a_gap_and_its_sampler_still_stops_at_once(pair: Booted, watch: Watch) -> None:
    reader, sampler = pair.postgres("orders-2"), watch.samplers["orders-2"]
    wait_for(lambda: sampler.samples >= 2)
    reader.pause()
    try:
        frozen = sampler.samples
        other = watch.samplers["orders-1"].samples
        wait_for(lambda: watch.samplers["orders-1"].samples >= other + 3)
        assert sampler.samples <= frozen + 1
        began = time.monotonic()
        sampler.stop()
        assert time.monotonic() - began < 2
        assert not sampler.alive
    finally:
        reader.unpause()
