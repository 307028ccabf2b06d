"""Boots the engines of a lab side by side, and ends them. What this machine cannot run is left out, with the reason."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from rdsops.core.errors import UsageError
from rdsops.lab.engines.aurora import databases, publish
from rdsops.lab.engines.ground import Ground, engine_account, new_token
from rdsops.lab.engines.mariadb import MariadbNode
from rdsops.lab.engines.postgres import PostgresNode
from rdsops.lab.engines.providers import Chain, Provider, mariadb_chain, postgres_chain
from rdsops.lab.engines.settings import MARIADB_SHORTCUTS, POSTGRES_SHORTCUTS
from rdsops.lab.engines.spec import EngineSpec, LeftOut, Running
from rdsops.lab.engines.templates import mariadb_template, postgres_template
from rdsops.lab.home import LabHome
from rdsops.lab.processes import clean_held

Node: TypeAlias = PostgresNode | MariadbNode


@dataclass(frozen=True, slots=True)
class Chains:
    """The engines that this machine has, found once."""

    postgres: Chain
    mariadb: Chain

    def of(self, spec: EngineSpec) -> Chain:
        return self.postgres if spec.flavour == "postgres" else self.mariadb


@dataclass(frozen=True, slots=True)
class Booted:
    """A lab's engines. nodes: by spec id, for what later changes them; shortcuts: what they trade for speed."""

    nodes: Mapping[str, Node]
    left_out: tuple[LeftOut, ...]
    seconds: float = field(compare=False)

    @property
    def running(self) -> tuple[Running, ...]:
        return tuple(node.running for node in self.nodes.values())

    @property
    def shortcuts(self) -> tuple[str, ...]:
        kinds = {type(node) for node in self.nodes.values()}
        return (POSTGRES_SHORTCUTS if PostgresNode in kinds else ()) + (
            MARIADB_SHORTCUTS if MariadbNode in kinds else ()
        )

    def postgres(self, id: str) -> PostgresNode:
        node = self.nodes[id]
        assert isinstance(node, PostgresNode), f"'{id}' is no PostgreSQL"
        return node

    def mariadb(self, id: str) -> MariadbNode:
        node = self.nodes[id]
        assert isinstance(node, MariadbNode), f"'{id}' is no MariaDB"
        return node


def find_engines(environ: Mapping[str, str], home: LabHome) -> Chains:
    """Walk both provider chains. Running the probes costs some tenths of a second."""
    home.prepare()
    account = engine_account(environ.get("RDSOPS_ENGINE_ACCOUNT"))
    with ThreadPoolExecutor(2) as pool:
        postgres = pool.submit(postgres_chain, environ, account, home.cache)
        mariadb = pool.submit(mariadb_chain, environ, account, home.cache)
        return Chains(postgres.result(), mariadb.result())


def boot(
    specs: Sequence[EngineSpec],
    home: LabHome,
    environ: Mapping[str, str],
    chains: Chains | None = None,
    *,
    fill: Callable[[Running], None] | None = None,
) -> Booted:
    """Start all engines that this machine can run; each writer and each reader proven to serve or to follow.

    fill: called with each writer once its family stands, while other families may still boot, from several threads.
    The caller holds `home.lock()`. Clusters boot side by side, and so do a writer's readers. When one fails, all are
    ended and EngineFailed says why. Raises UsageError for specs that contradict each other.
    """
    began = time.monotonic()
    _refuse_muddle(specs)
    chains = chains or find_engines(environ, home)
    ground = Ground(home, engine_account(environ.get("RDSOPS_ENGINE_ACCOUNT")))
    able, left_out = _able(specs, chains)
    families = _families(able)
    token = new_token()
    lab_dir = home.engines_dir / token
    lab_dir.mkdir(mode=0o711 if ground.account else 0o700)
    nodes: dict[str, Node] = {}
    try:
        with ThreadPoolExecutor(max(1, len(families))) as pool:
            for done in [pool.submit(_raise, family, ground, lab_dir, token, fill) for family in families]:
                nodes |= done.result()
    except BaseException:
        clean_held(home)
        ground.reap()
        raise
    in_order = {spec.id: nodes[spec.id] for spec, _ in able}
    return Booted(in_order, left_out, time.monotonic() - began)


def _raise(
    family: _Family, ground: Ground, lab_dir: Path, token: str, fill: Callable[[Running], None] | None
) -> dict[str, Node]:
    nodes = family.boot(ground, lab_dir, token)
    if fill is not None:
        fill(nodes[family.writer.id].running)
    return nodes


def stop(booted: Booted, home: LabHome) -> None:
    """End a lab's engines and throw their data away. The caller holds `home.lock()`."""
    with ThreadPoolExecutor(max(1, len(booted.nodes))) as pool:
        for done in [pool.submit(node.stop, "immediate") for node in booted.nodes.values()]:
            done.result()
    clean_held(home)


@dataclass(frozen=True, slots=True)
class _Family:
    """A writer and those that follow it. ordinal: which of the lab's writers of that provider it is."""

    writer: EngineSpec
    readers: tuple[EngineSpec, ...]
    provider: Provider
    ordinal: int

    def boot(self, ground: Ground, lab_dir: Path, token: str) -> dict[str, Node]:
        if self.provider.flavour == "postgres":
            return self._boot_postgres(ground, lab_dir, token)
        return self._boot_mariadb(ground, lab_dir)

    def _boot_postgres(self, ground: Ground, lab_dir: Path, token: str) -> dict[str, Node]:
        template = postgres_template(ground, self.provider, self.writer, self.ordinal)
        writer = PostgresNode(ground, self.provider, self.writer, lab_dir / self.writer.id, token)
        writer.copy_template(template.data_dir, template.admin_password)
        writer.start()
        writer.enter_service()

        def follow(spec: EngineSpec) -> PostgresNode:
            node = PostgresNode(ground, self.provider, spec, lab_dir / spec.id, token)
            node.copy_writer(writer)
            node.start()
            node.wait_follows(writer)
            return node

        with ThreadPoolExecutor(max(1, len(self.readers))) as pool:
            readers = list(pool.map(follow, self.readers))
        if self.writer.aurora:
            for name in databases(self.writer):
                with writer.admin(name) as connection:
                    publish(connection)
        return {node.spec.id: node for node in (writer, *readers)}

    def _boot_mariadb(self, ground: Ground, lab_dir: Path) -> dict[str, Node]:
        template = mariadb_template(ground, self.provider)
        first_id = 100 * (self.ordinal + 1)
        nodes = [
            MariadbNode(ground, self.provider, spec, lab_dir / spec.id, first_id + number)
            for number, spec in enumerate((self.writer, *self.readers))
        ]
        writer, *replicas = nodes

        def start(node: MariadbNode) -> None:
            if node is not writer:
                node.share_passwords(writer)
            node.copy_template(template)
            node.start()

        def follow(node: MariadbNode) -> None:
            node.follow(writer)
            node.wait_follows(writer)

        with ThreadPoolExecutor(len(nodes)) as pool:
            list(pool.map(start, nodes))
            list(pool.map(follow, replicas))
        return {node.spec.id: node for node in nodes}


def _refuse_muddle(specs: Sequence[EngineSpec]) -> None:
    by_id = {spec.id: spec for spec in specs}
    for name, times in Counter(spec.id for spec in specs).items():
        if times > 1:
            raise UsageError(f"two engines are called '{name}'")
    for spec in specs:
        if spec.follows is None:
            continue
        writer = by_id.get(spec.follows)
        if writer is None or writer.follows is not None or writer.flavour != spec.flavour:
            raise UsageError(f"engine '{spec.id}' follows '{spec.follows}', which is no {spec.flavour} writer here")


def _able(specs: Sequence[EngineSpec], chains: Chains) -> tuple[list[tuple[EngineSpec, Provider]], tuple[LeftOut, ...]]:
    """Specs with the provider that will run them (a reader takes its writer's), and those without any."""
    by_id = {spec.id: spec for spec in specs}
    able, left_out = [], []
    for spec in specs:
        chain = chains.of(spec)
        major = by_id[spec.follows].major if spec.follows else spec.major
        provider = chain.first(major)
        if provider is None:
            left_out.append(LeftOut(spec, chain.why_not(major), chain.install))
        else:
            able.append((spec, provider))
    return able, tuple(left_out)


def _families(able: Sequence[tuple[EngineSpec, Provider]]) -> list[_Family]:
    families: list[_Family] = []
    seen: Counter[Provider] = Counter()
    for spec, provider in able:
        if spec.follows is None:
            readers = tuple(one for one, _ in able if one.follows == spec.id)
            families.append(_Family(spec, _heirs(spec, readers), provider, seen[provider]))
            seen[provider] += 1
    return families


def _heirs(writer: EngineSpec, readers: Sequence[EngineSpec]) -> tuple[EngineSpec, ...]:
    """Readers with their writer's settings below their own, and its libraries: any of them may inherit."""
    return tuple(
        replace(
            reader,
            aurora=writer.aurora,
            settings=tuple((dict(writer.settings) | dict(reader.settings)).items()),
            extensions=tuple(dict.fromkeys((*writer.extensions, *reader.extensions))),
        )
        for reader in readers
    )
