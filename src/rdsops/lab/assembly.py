"""The demo fleet put together: engines, mess, control plane, metrics and endpoint, started side by side."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

from rdsops.core.ids import Place
from rdsops.lab.accounts import Accounts
from rdsops.lab.clock import Clock
from rdsops.lab.cloudwatch.history import History
from rdsops.lab.cloudwatch.profiles import Profile
from rdsops.lab.cloudwatch.service import CloudWatchService
from rdsops.lab.cloudwatch.store import MetricStore
from rdsops.lab.demo.fleet import seed_demo
from rdsops.lab.demo.ground import MAIN, PLACES, REVIEW_ROLE, SECOND, Ground, Neighbours, demo_specs
from rdsops.lab.demo.mess.load import Load
from rdsops.lab.demo.mess.plant import plant_aurora, plant_mariadb, plant_postgres
from rdsops.lab.demo.metrics import Portrait, demo_alarms, portraits
from rdsops.lab.demo.neighbours import MotoSurroundings, seed_grounds, seed_secrets
from rdsops.lab.endpoint.behind import moto_backend
from rdsops.lab.endpoint.server import Endpoint
from rdsops.lab.engines.boot import Booted, Chains, boot, find_engines, stop
from rdsops.lab.engines.spec import Running
from rdsops.lab.home import LabHome
from rdsops.lab.insights.load import GeneratedLoad
from rdsops.lab.insights.service import PiService
from rdsops.lab.rds.service import RdsService
from rdsops.lab.rds.state import RdsState
from rdsops.lab.sampling.sampling import Sampling
from rdsops.lab.sampling.subject import Sampled
from rdsops.lab.standing import Absent, EngineStanding, ProviderStanding

GENERATED = "14 days of CloudWatch history are generated, the same on every run; engines' recent minutes are measured"


class DemoLab:
    """A demo fleet while it runs. seconds: what each part of its start took."""

    def __init__(self, home: LabHome, environ: Mapping[str, str]) -> None:
        self._home = home
        self._environ = environ
        self._lock = Lock()
        self.seconds: dict[str, float] = {}
        self.clock = Clock()
        self.accounts = Accounts(self.clock)
        self.store = MetricStore()
        self.cloudwatch = CloudWatchService(self.clock, store=self.store)
        self.insights = PiService(self.clock)
        self.state = RdsState(self.clock, around=MotoSurroundings(moto_backend))
        self.sampling = Sampling(self.store, self.insights, self.clock)
        self.endpoint = Endpoint((RdsService(self.state), self.cloudwatch, self.insights), self.accounts, self.clock)
        self.role = self.accounts.add_role(SECOND.account, REVIEW_ROLE, trusts=(MAIN.account,))
        self.chains: Chains | None = None
        self.booted: Booted | None = None
        self.load: Load | None = None
        self.load_since: datetime | None = None
        self.notes: tuple[str, ...] = ()

    def start(self) -> None:
        """Boot, plant, seed, sample, load, and open the endpoint. Whatever fails has left nothing running."""
        began = time.monotonic()
        try:
            with ThreadPoolExecutor(2) as pool:
                around = pool.submit(self._load_surroundings)
                engines = pool.submit(self._boot_and_plant)
                grounds = around.result()
                running = engines.result()
            with self._timed("seed"):
                self._seed(running, grounds)
            self.endpoint.start()
        except BaseException:
            self.stop()
            raise
        self.seconds["total"] = round(time.monotonic() - began, 2)

    def stop(self) -> None:
        """End everything that was started, in the order that makes no noise."""
        if self.load is not None:
            self.load.stop()
            self.load = None
        self.sampling.stop()
        if "total" in self.seconds:
            self.endpoint.stop()
        if self.booted is not None:
            stop(self.booted, self._home)
            self.booted = None

    def engines(self) -> tuple[EngineStanding, ...]:
        assert self.booted is not None
        return tuple(
            EngineStanding(
                id=each.spec.id,
                flavour=each.spec.flavour,
                version=each.version,
                role="reader" if each.spec.follows else "writer",
                host=each.host,
                port=each.port,
                pid=each.pid,
                user=each.spec.master_user,
                database=each.spec.database,
                place=str(MAIN),
            )
            for each in self.booted.running
        )

    def providers(self) -> tuple[ProviderStanding, ...]:
        assert self.booted is not None
        assert self.chains is not None
        used = {node.provider for node in self.booted.nodes.values()}
        return tuple(
            ProviderStanding(
                name=each.name,
                flavour=each.flavour,
                version=each.version,
                path=str(each.bin_dir),
                tls=each.tls,
                extensions=len(each.extensions),
                used=each in used,
            )
            for chain in (self.chains.postgres, self.chains.mariadb)
            for each in chain.providers
        )

    def passed_over(self) -> tuple[str, ...]:
        assert self.chains is not None
        chains = (self.chains.postgres, self.chains.mariadb)
        return tuple(f"{each.name} ({each.path}): {each.reason}" for chain in chains for each in chain.passed_over)

    def left_out(self) -> tuple[Absent, ...]:
        assert self.booted is not None
        return tuple(Absent(id=each.spec.id, reason=each.reason, install=each.install) for each in self.booted.left_out)

    def metadata_only(self) -> int:
        """Instances that no engine serves."""
        assert self.booted is not None
        return sum(len(region.instances) for region in self.state.regions()) - len(self.booted.nodes)

    def _load_surroundings(self) -> Mapping[Place, Ground]:
        """moto, and in it the networks, keys and topics of every place."""
        with self._timed("moto"):
            self.endpoint.moto.preload().join()
            return seed_grounds(moto_backend)

    def _boot_and_plant(self) -> dict[str, Running]:
        with self._timed("engines and mess"):
            self.chains = find_engines(self._environ, self._home)
            self.booted = boot(demo_specs(), self._home, self._environ, self.chains, fill=_plant)
        running = {each.spec.id: each for each in self.booted.running}
        self.load = Load(running)
        self.load.start()
        self.load_since = self.clock.now()
        return running

    def _seed(self, running: Mapping[str, Running], grounds: Mapping[Place, Ground]) -> None:
        neighbours = Neighbours(grounds, seed_secrets(moto_backend, running))
        self.notes = seed_demo(self.state, running, neighbours)
        now = int(self.clock.now().timestamp())
        for portrait in portraits(self.state):
            self._show(portrait, now)
        for place, alarm in demo_alarms(neighbours):
            self.cloudwatch.seed_alarm(place.account, place.region, alarm)
        for each in running.values():
            self.sampling.add(self._sampled(each))

    def _show(self, portrait: Portrait, now: int) -> None:
        """History in CloudWatch, and in Performance Insights where it is on."""
        place = portrait.place
        history = History.until(now, portrait.seed, portrait.profile)
        self.store.generate(place.account, place.region, "AWS/RDS", {portrait.dimension: portrait.name}, history)
        if portrait.dimension != "DBInstanceIdentifier" or not isinstance(portrait.profile, Profile):
            return
        record = self.state.region(place).instances.get(portrait.name)
        if record.get("PerformanceInsightsEnabled"):
            family = "postgres" if portrait.profile.family == "postgres" else "mysql"
            load = GeneratedLoad(family, history)  # type: ignore[arg-type] # a Literal of the two words
            self.insights.register(place.account, place.region, record["DbiResourceId"], load)

    def _sampled(self, running: Running) -> Sampled:
        record = self.state.region(MAIN).instances.get(running.spec.id)
        size = self.state.offered.class_asked(record["DBInstanceClass"])
        cluster = record.get("DBClusterIdentifier")
        return Sampled(
            running=running,
            account=MAIN.account,
            region=MAIN.region,
            resource_id=record["DbiResourceId"],
            cluster=cluster,
            vcpu=float(size.vcpu) if size else None,
            memory_bytes=int(size.memory_gib * 1024**3) if size else None,
            storage_bytes=None if cluster else record["AllocatedStorage"] * 1024**3,
        )

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self.seconds[part] = round(time.monotonic() - began, 2)


def _plant(running: Running) -> None:
    if running.spec.flavour == "mariadb":
        plant_mariadb(running)
    elif running.spec.aurora:
        plant_aurora(running)
    else:
        plant_postgres(running)


def regions() -> tuple[str, ...]:
    """Regions that the demo fleet lies in."""
    return tuple(sorted({place.region for place in PLACES}))
