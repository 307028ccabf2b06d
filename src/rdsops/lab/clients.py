"""psql and mysql into an engine of the lab: the command, and what must not stand in it (the password)."""

from __future__ import annotations

import os

from rdsops.core.errors import OperationFailed
from rdsops.lab.home import LabHome
from rdsops.lab.standing import EngineStanding, Standing

PASSWORD_DIR = "passwords"  # noqa: S105 - a folder's name


def psql_command(home: LabHome, standing: Standing, engine: EngineStanding) -> tuple[list[str], dict[str, str]]:
    """Command and environment; the password goes by PGPASSFILE, which only its owner may read."""
    path = _file(home, f"{engine.id}.pgpass", f"{engine.host}:{engine.port}:*:{engine.user}:{password(home, engine)}\n")
    command = ["psql", "-h", engine.host, "-p", str(engine.port), "-U", engine.user, "-d", engine.database]
    return command, {"PGPASSFILE": path}


def mysql_command(home: LabHome, standing: Standing, engine: EngineStanding) -> tuple[list[str], dict[str, str]]:
    """Command and environment; the password goes by an option file, which only its owner may read."""
    quoted = password(home, engine).replace("\\", "\\\\").replace('"', '\\"')
    text = f'[client]\nhost={engine.host}\nport={engine.port}\nuser={engine.user}\npassword="{quoted}"\nprotocol=tcp\n'
    path = _file(home, f"{engine.id}.cnf", text)
    return ["mysql", f"--defaults-extra-file={path}", engine.database], {}


def keep_password(home: LabHome, identifier: str, value: str) -> None:
    """Leave an engine's master password where only the lab's owner can read it."""
    _file(home, identifier, value)


def password(home: LabHome, engine: EngineStanding) -> str:
    path = home.path / PASSWORD_DIR / engine.id
    try:
        return path.read_text()
    except FileNotFoundError:
        raise OperationFailed(f"the lab keeps no password for '{engine.id}'", hint="rdsops lab down, then up") from None


def _file(home: LabHome, name: str, text: str) -> str:
    folder = home.path / PASSWORD_DIR
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / name
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return str(path)
