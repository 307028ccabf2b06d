"""Data directories made once and copied for each lab: cached per provider, version and settings."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from rdsops.lab.engines.ground import Ground, new_token
from rdsops.lab.engines.mariadb import install
from rdsops.lab.engines.postgres import PostgresNode
from rdsops.lab.engines.providers import Provider
from rdsops.lab.engines.settings import POSTGRES_INITDB, postgres_settings
from rdsops.lab.engines.spec import EngineSpec


@dataclass(frozen=True, slots=True)
class Template:
    """A stopped server's directory, and the password of its superuser, which each copy changes at once."""

    data_dir: Path
    admin_password: str


def postgres_template(ground: Ground, provider: Provider, spec: EngineSpec, ordinal: int) -> Template:
    """The template for the `ordinal`-th writer of a lab; made when the cache has none.

    Each ordinal has its own system identifier: two clusters copied from one template would be taken for one, and a
    reader pointed at the wrong writer would not be refused. Labs of different homes do share identifiers; their
    passwords differ. Booted once with the final settings: a reader refuses a history with larger ones than its own.
    """
    folder = _folder(ground, provider, f"postgres-{_postgres_key(provider, spec)}-{ordinal}")
    with _made_once(ground, folder) as making:
        if making is not None:
            password = _make_postgres(ground, provider, spec, making)
            ground.write(making / "admin.pass", password)
    return Template(folder / "node" / "data", (folder / "admin.pass").read_text())


def mariadb_template(ground: Ground, provider: Provider) -> Path:
    """An installed, never started data directory; made when the cache has none.

    One serves writers and replicas alike: MariaDB's servers are told apart by server_id, and a copy that was never
    written to has an empty GTID position, from which both sides may start.
    """
    folder = _folder(ground, provider, f"mariadb-{_digest(provider)}")
    with _made_once(ground, folder) as making:
        if making is not None:
            install(ground, provider, making)
    return folder / "data"


def _make_postgres(ground: Ground, provider: Provider, spec: EngineSpec, folder: Path) -> str:
    node = PostgresNode(ground, provider, spec, folder / "node", "template")
    node.init()
    node.start()
    try:
        with node.admin() as connection:
            roles = files("rdsops.lab.engines").joinpath("sql/postgres_roles.sql").read_text()
            connection.execute(roles.encode())
    finally:
        node.stop("fast")
    node.log_path.unlink()
    return node.admin_password


def _postgres_key(provider: Provider, spec: EngineSpec) -> str:
    settings = postgres_settings(spec.extensions, spec.settings, version=provider.number, available=provider.extensions)
    roles = files("rdsops.lab.engines").joinpath("sql/postgres_roles.sql").read_text()
    return _digest(provider, repr(sorted(settings.items())), repr(POSTGRES_INITDB), roles)


def _digest(provider: Provider, *parts: str) -> str:
    told = "\0".join((str(provider.bin_dir), provider.version, *parts))
    return f"{provider.version}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def _folder(ground: Ground, provider: Provider, name: str) -> Path:
    parent = ground.home.cache / "templates"
    parent.mkdir(mode=0o711 if ground.account else 0o700, exist_ok=True)
    return parent / name


@contextmanager
def _made_once(ground: Ground, folder: Path) -> Iterator[Path | None]:
    """A place to make `folder` in, renamed to it afterwards; None when it is there. One process at a time.

    What a killed maker left is removed by the next one. Locks are the kernel's and fall with their holder.
    """
    if folder.exists():
        yield None
        return
    lock = os.open(folder.parent / f"{folder.name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            yield None
            return
        for left in folder.parent.glob(f"{folder.name}.making-*"):
            shutil.rmtree(left, ignore_errors=True)
        # Named anew each time: the ledger of a dead maker must not match the processes of the next one.
        making = folder.parent / f"{folder.name}.making-{new_token()}"
        ground.make_dir(making)
        yield making
        making.rename(folder)
    finally:
        os.close(lock)
