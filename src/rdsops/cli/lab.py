"""`rdsops lab`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rdsops.core.errors import OperationFailed, UsageError

if TYPE_CHECKING:
    from rdsops.lab.home import LabHome
    from rdsops.lab.standing import Standing


def run(words: Sequence[str]) -> int:
    asked = _parser().parse_args(words)
    from rdsops.lab.home import lab_home

    home = lab_home(os.environ, asked.name)
    match asked.command:
        case "up":
            return _up(home, asked.name, asked.format)
        case "status":
            return _status(home, asked.name, asked.format)
        case "env":
            return _env(home, asked.name)
        case "psql" | "mysql":
            return _client(home, asked.name, asked.command, asked.id, asked.arguments)
        case _:
            return _down(home)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rdsops lab",
        description="A local fleet of real PostgreSQL and MariaDB engines behind an AWS-compatible endpoint, on "
        "loopback.",
    )
    named = argparse.ArgumentParser(add_help=False)
    named.add_argument("--name", default="default", help="more than one lab can be up; this is which")
    shown = argparse.ArgumentParser(add_help=False)
    shown.add_argument("--format", choices=("text", "json"), default="text")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", parents=[named, shown], help="start the demo fleet; cleans what a killed lab left")
    commands.add_parser("status", parents=[named, shown], help="engines, endpoint, what was left out and why")
    commands.add_parser("env", parents=[named], help='exports for any AWS client: eval "$(rdsops lab env)"')
    for client, engine in (("psql", "PostgreSQL"), ("mysql", "MariaDB")):
        into = commands.add_parser(
            client, parents=[named], help=f"a {engine} prompt in an instance, as its master user"
        )
        into.add_argument("id", metavar="ID", help="an instance of the lab")
        into.add_argument("arguments", nargs=argparse.REMAINDER, help=f"passed on to {client}")
    commands.add_parser("down", parents=[named], help="end every process of the lab and free its disk")
    return parser


def _up(home: LabHome, name: str, form: str) -> int:
    from rdsops.lab.keeping import up

    standing, fresh = up(home, lambda words: print(words, file=sys.stderr))
    if not fresh:
        print("the lab is up already", file=sys.stderr)
    _show(standing, name, form)
    return 0


def _status(home: LabHome, name: str, form: str) -> int:
    standing = _standing(home, name)
    _show(standing, name, form)
    return 0


def _env(home: LabHome, name: str) -> int:
    standing = _standing(home, name)
    for name, value in environment(standing).items():
        print(f"export {name}={value}")
    return 0


def environment(standing: Standing) -> dict[str, str]:
    """Variables that point any AWS client at a lab. The keys open nothing but the lab."""
    assert standing.url is not None
    assert standing.account is not None
    assert standing.region is not None
    return {
        "AWS_ENDPOINT_URL": standing.url,
        "AWS_ACCESS_KEY_ID": standing.account,
        "AWS_SECRET_ACCESS_KEY": "lab",
        "AWS_REGION": standing.region,
        "AWS_DEFAULT_REGION": standing.region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _client(home: LabHome, name: str, client: str, identifier: str, arguments: list[str]) -> int:
    """Becomes psql or mysql. The password goes by the environment or an option file, never by argv."""
    standing = _standing(home, name)
    engine = next((each for each in standing.engines if each.id == identifier), None)
    if engine is None:
        names = ", ".join(each.id for each in standing.engines)
        raise UsageError(f"no engine runs for '{identifier}'", hint=f"engines of this lab: {names}")
    wanted = "postgres" if client == "psql" else "mariadb"
    if engine.flavour != wanted:
        other = "mysql" if client == "psql" else "psql"
        raise UsageError(f"'{identifier}' is {engine.flavour}", hint=f"rdsops lab {other} {identifier}")
    from rdsops.lab.clients import mysql_command, psql_command

    command, variables = (psql_command if client == "psql" else mysql_command)(home, standing, engine)
    program = shutil.which("mariadb") if client == "mysql" else None  # what MariaDB calls its own client today
    program = program or shutil.which(command[0]) or _beside_engine(standing, command[0])
    if program is None:
        package = "postgresql-client" if client == "psql" else "mariadb-client"
        raise OperationFailed(f"{command[0]} is not on PATH", hint=f"Debian/Ubuntu: sudo apt-get install {package}")
    os.execve(program, [*command, *arguments], {**os.environ, **variables})


def _beside_engine(standing: Standing, program: str) -> str | None:
    """A client that came with the lab's own engines."""
    places = (each.path for each in standing.providers if each.used)
    return next((found for place in places if (found := shutil.which(program, path=place))), None)


def _down(home: LabHome) -> int:
    from rdsops.lab.keeping import down

    print("the lab is down" if down(home) else "there was no lab", file=sys.stderr)
    return 0


def _named(name: str) -> str:
    """The option that a hint needs for a lab that is not the default one."""
    return "" if name == "default" else f" --name {name}"


def _standing(home: LabHome, name: str) -> Standing:
    from rdsops.lab.standing import Phase, read_standing

    standing = read_standing(home)
    if home.holder() is None:
        left = " (one was killed; `rdsops lab up` or `down` cleans what it left)" if standing else ""
        raise OperationFailed(f"no lab is up{left}", hint=f"rdsops lab up{_named(name)}")
    if standing is None or standing.phase is not Phase.READY:
        raise OperationFailed("the lab is starting", hint="ask again in some seconds")
    return standing


def _show(standing: Standing, name: str, form: str) -> None:
    if form == "json":
        import msgspec

        shown = msgspec.to_builtins(standing)
        shown.pop("token", None)
        print(json.dumps(shown, indent=2))
        return
    print(f"endpoint  {standing.url}  (account {standing.account}, {standing.region})")
    print(f"ready in  {standing.seconds.get('total', 0.0):.1f} s; up since {standing.since:%Y-%m-%d %H:%M} UTC")
    for engine in standing.engines:
        where = f"{engine.host}:{engine.port}"
        print(f"  {engine.id:<16} {engine.flavour} {engine.version:<10} {engine.role:<8} {where:<21} pid {engine.pid}")
    print(f"  and {standing.metadata_only} instances without an engine of their own (metadata only)")
    for provider in standing.providers:
        if provider.used:
            tls = "with TLS" if provider.tls else "without TLS"
            has = f", {provider.extensions} extensions" if provider.extensions else ""
            print(f"engines   {provider.flavour} {provider.version} from {provider.name} ({tls}{has}), {provider.path}")
    for absent in standing.left_out:
        print(f"left out  {absent.id}: {absent.reason}; {absent.install}")
    if standing.generated_history:
        print(f"metrics   {standing.generated_history}")
    for role in standing.roles:
        print(f"role      {role}")
    for shortcut in standing.shortcuts:
        print(f"shortcut  {shortcut}")
    everywhere = " ".join(
        [*(f"--region {each}" for each in standing.regions), *(f"--role {each}" for each in standing.roles)]
    )
    print(f"everything it holds: rdsops review {everywhere}")
    print(
        f'\neval "$(rdsops lab env{_named(name)})" points any AWS client at it; rdsops lab down{_named(name)} ends it'
    )
