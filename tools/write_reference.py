"""Write the generated pages of docs/reference from the code itself: rules, commands, config, lab, exit codes, schemas.

`pages()` makes them in memory, so that a test can hold what is committed against them. Nothing here asks AWS or starts
an engine.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from rdsops.advise.book import RULES
from rdsops.advise.review import references
from rdsops.advise.silences import SilenceEntry
from rdsops.app.config import Config, SurveyConfig
from rdsops.app.facts import packaged_facts
from rdsops.app.review import CLEAR, FINDINGS, UNSEEN
from rdsops.cli.main import COMMANDS, FAILED, INTERRUPTED, USAGE, main
from rdsops.engines import logins
from rdsops.fleet.codec import schema
from rdsops.lab.accounts import Accounts
from rdsops.lab.clock import Clock
from rdsops.lab.cloudwatch.service import CloudWatchService
from rdsops.lab.endpoint.behind import implemented
from rdsops.lab.endpoint.grades import LEFT_OUT, MOTO, MOTO_REFUSED_WHEN, WHOLE, Grade, Grades, Row
from rdsops.lab.endpoint.sts import Sts
from rdsops.lab.insights.service import PiService
from rdsops.lab.rds.offered import Offered
from rdsops.lab.rds.parameter_catalogue import catalogue, has_catalogue
from rdsops.lab.rds.service import RdsService
from rdsops.lab.rds.state import RdsState
from rdsops.render.explain import rule_page
from rdsops.render.review_json import review_schema

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"
WIDTH = 80
MADE = "Generated: `make docs`."


def pages() -> dict[str, str]:
    """File name in docs/reference -> text, of every generated page."""
    facts = packaged_facts()
    return {
        "rules.md": rule_page(RULES, {rule.id: references(rule, facts) for rule in RULES}),
        "cli.md": cli_page(),
        "config.md": config_page(),
        "lab.md": lab_page(),
        "exit-codes.md": exit_codes_page(),
        "review.schema.json": json.dumps(review_schema(), indent=2) + "\n",
        "fleet.schema.json": json.dumps(schema(), indent=2, ensure_ascii=False) + "\n",
    }


# -- commands


def cli_page() -> str:
    """Each command's own --help, 80 columns wide."""
    lines = [
        "# Commands",
        "",
        f"What each command says of itself with `--help`. {MADE}",
        "",
        *_fenced(help_text()),
    ]
    for command in commands():
        lines += ["", f"## rdsops {command}", "", *_fenced(help_text(*command.split()))]
    return "\n".join(lines) + "\n"


def commands() -> Iterator[str]:
    """Every command, its subcommands after it: "lab", "lab up"."""
    for name, _ in COMMANDS:
        yield name
        for subcommand in _subcommands(help_text(name)):
            yield f"{name} {subcommand}"


def help_text(*command: str) -> str:
    """What `rdsops COMMAND --help` prints on a screen of 80 columns without colours."""
    printed = io.StringIO()
    with redirect_stdout(printed), _environment(COLUMNS=str(WIDTH), NO_COLOR="1"):
        try:
            main([*command, "--help"])
        except SystemExit as ended:
            assert not ended.code
    return printed.getvalue().rstrip()


def _subcommands(text: str) -> list[str]:
    """The words that argparse lists below COMMAND."""
    below = re.search(r"^  COMMAND\n((?:    .*\n)+)", text, re.MULTILINE)
    return re.findall(r"^    (\S+)", below[1], re.MULTILINE) if below else []


@contextmanager
def _environment(**wanted: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _fenced(text: str, language: str = "text") -> list[str]:
    return [f"```{language}", *text.splitlines(), "```"]


# -- config

SAYS: Mapping[type[msgspec.Struct], Mapping[str, str]] = {
    SurveyConfig: {
        "regions": "regions to look at, or `all` for every enabled one; none: the session's own",
        "roles": "ARNs of roles to assume, one a further account",
        "external_id": "what those roles ask for",
    },
    SilenceEntry: {
        "rule": "a rule's id, or a shell pattern over ids (`backup-*`)",
        "resource": "a shell pattern held against the resource's ARN and its name",
        "reason": "who accepted it, and why; it may not be empty",
        "until": "when the silence ends, with its time zone; without it, never",
    },
    logins._Entry: {
        "match": "a shell pattern over names and ARNs of an instance and its cluster; the first that fits counts",
        "user": "the login; without it the one that the secret names, else the master user",
        "password": "the password itself",
        "password_env": "the environment variable that holds it",
        "secret": "the ARN of a secret in Secrets Manager: a password, or JSON with `username` and `password`",
        "iam": "`true`: log in with an IAM token",
    },
}
"""What each key means. A key without words here fails the page, and so does a word for no key."""

TYPES = {"str": "text", "datetime": "date and time", "bool": "true or false", "tuple[str, ...]": "list of texts"}


def config_page() -> str:
    """The keys of rdsops.toml, of a credentials file, and the variables that are read."""
    sections = {field.name for field in msgspec.structs.fields(Config)}
    assert sections == {"survey", "silence"}, "a section of rdsops.toml is not on the page"
    lines = [
        "# Configuration",
        "",
        f"A key that is not listed here is refused (exit code {USAGE}). {MADE}",
        "",
        "## rdsops.toml",
        "",
        "Read from the working directory, or from `--config FILE`. What the command line names goes before it.",
        "",
        "### [survey]",
        "",
        *_keys(SurveyConfig),
        "",
        "### [[silence]]",
        "",
        "One accepted finding, or several; see [silence a finding](../howto/silence-a-finding.md).",
        "",
        *_keys(SilenceEntry),
        "",
        "## Credentials file",
        "",
        "Read from `--credentials FILE`; its mode must be 0600. See",
        "[look inside databases](../howto/look-inside-databases.md).",
        "",
        "### [[login]]",
        "",
        "Exactly one of `password`, `password_env`, `secret` and `iam`.",
        "",
        *_keys(logins._Entry),
        "",
        "## Environment",
        "",
        "| variable | meaning |",
        "|---|---|",
        *(f"| `{name}` | {meaning} |" for name, meaning in VARIABLES.items()),
    ]
    return "\n".join(lines) + "\n"


VARIABLES = {
    "AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID, …": "as for the AWS CLI",
    "AWS_ENDPOINT_URL": "where the API is asked; `rdsops lab env` sets it to a lab",
    "RDSOPS_DB_USER, RDSOPS_DB_PASSWORD": "a login for every database that no `[[login]]` fits",
    "RDSOPS_CA_FILE": "certificate authorities that servers are verified with",
    "RDSOPS_POSTGRES_BIN": "lab: the folder of `postgres` and `initdb` to run",
    "RDSOPS_MARIADB_BIN": "lab: the folder of `mariadbd` to run",
    "RDSOPS_ENGINE_ACCOUNT": "lab, under root: the account that engines run as",
    "RDSOPS_LAB_HOME": "lab: where labs keep their state",
    "RDSOPS_LAB_CACHE": "lab: where labs keep what they share",
    "NO_COLOR": "no colours",
}


def _keys(struct: type[msgspec.Struct]) -> list[str]:
    fields = msgspec.structs.fields(struct)
    says = SAYS[struct]
    assert set(says) == {field.name for field in fields}, f"keys of {struct.__name__} and their words differ"
    return [
        "| key | holds | default | meaning |",
        "|---|---|---|---|",
        *(f"| `{each.name}` | {_type(each.type)} | {_default(each)} | {says[each.name]} |" for each in fields),
    ]


def _type(of: Any) -> str:
    name = of.__name__ if isinstance(of, type) and not hasattr(of, "__args__") else str(of)
    return TYPES[name.removesuffix(" | None").removeprefix("datetime.")]


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    if field.default in (None, (), False):
        return {None: "none", (): "empty", False: "false"}[field.default]
    return f"`{field.default}`"


# -- exit codes


def exit_codes_page() -> str:
    """What each exit code means."""
    meanings = {
        CLEAR: "clear: nothing was found, and nothing that was asked for stayed unseen",
        FINDINGS: "findings at or above `--fail-on` (`review`)",
        USAGE: "the request is wrong: an option, a file, a name. Nothing was asked of AWS",
        UNSEEN: "something could not be seen, and nothing was found (`review`); there are gaps (`survey`)",
        FAILED: "it was tried and did not succeed, or a defect of rdsops",
        INTERRUPTED: "interrupted (Ctrl-C)",
    }
    lines = [
        "# Exit codes",
        "",
        f"The same for every command. {MADE}",
        "",
        "| code | meaning |",
        "|---|---|",
        *(f"| {code} | {meaning} |" for code, meaning in meanings.items()),
        "",
        f"A review with findings and gaps ends with {FINDINGS}: a pipeline that blocks on findings must block. With",
        f"`--strict` it ends with {UNSEEN}, for whoever wants to know first that the review is whole.",
        "[Why](../why/exit-codes.md).",
        "",
        f"`rdsops demo` ends with {CLEAR} when the review ran: its findings are planted.",
    ]
    return "\n".join(lines) + "\n"


# -- the lab


def lab_page() -> str:
    """Every operation of the lab's endpoint, and which engine versions and parameter families it knows."""
    clock = Clock()
    services = (RdsService(RdsState(clock)), CloudWatchService(clock), PiService(clock))
    grades = Grades((*services, Sts(Accounts(clock))))
    rows = list(grades.rows({service: implemented(service) for service in MOTO}))
    return "\n".join([*_coverage(rows), *_operations(rows), *_offered()]) + "\n"


def _coverage(rows: Iterable[Row]) -> Iterator[str]:
    counted = Counter((row.service, row.grade) for row in rows)
    yield from (
        "# What the lab emulates",
        "",
        "`rdsops lab up` starts real engines and an AWS-compatible endpoint. Each operation of the endpoint is",
        "",
        "- **own**: answered by the lab from its own state, which its engines feed;",
        "- **moto**: answered by [moto](https://docs.getmoto.org), which the lab asks behind its own door;",
        "- **refused**: a typed AWS error, `rdsops lab: not emulated: SERVICE:OPERATION`.",
        "",
        f"Services that are not named here are refused whole. {MADE}",
        "",
        "| service | own | moto | refused |",
        "|---|--:|--:|--:|",
    )
    for service in sorted({service for service, _ in counted}, key=lambda name: (name not in WHOLE, name)):
        own, moto, refused = (counted[service, grade] for grade in Grade)
        yield f"| {service} | {own} | {moto} | {refused} |"
    own, moto, refused = (sum(n for (_, g), n in counted.items() if g is grade) for grade in Grade)
    yield f"| **all** | **{own}** | **{moto}** | **{refused}** |"


def _operations(rows: list[Row]) -> Iterator[str]:
    for service in ("rds", "cloudwatch", "pi"):
        yield from ("", f"## {service}")
        of_service = [row for row in rows if row.service == service]
        for grade in (Grade.OWN, Grade.REFUSED):
            named = [row.operation for row in of_service if row.grade is grade]
            yield from ("", f"### {service}: {grade} ({len(named)})", "", *_listed(named))
    yield from ("", "## What moto has and the lab refuses", "", "| | why |", "|---|---|")
    moto = [row for row in rows if row.service in MOTO and row.why and row.why != "moto has not got it"]
    yield from (f"| `{row.service}:{row.operation}` | {row.why} |" for row in moto)
    for (service, operation), (member, values, why) in MOTO_REFUSED_WHEN.items():
        yield f"| `{service}:{operation}` with {member} {', '.join(sorted(values))} | {why} |"
    yield from (f"| `{service}`, all of it | {why} |" for service, why in LEFT_OUT.items())


def _listed(names: list[str]) -> Iterator[str]:
    """Names on lines that begin with the same verb."""
    for verb, alike in groupby(names, key=lambda name: re.findall("[A-Z][a-z]+", name)[0]):
        yield f"- {verb}: " + ", ".join(f"`{name}`" for name in alike)


def _offered() -> Iterator[str]:
    offered = Offered()
    yield from (
        "",
        "## Engine versions",
        "",
        f"What can be ordered of the lab's RDS (list read {offered.as_of}), beside the versions that run on the",
        "machine.",
        "",
        "| engine | versions |",
        "|---|---|",
        *(f"| {engine} | {', '.join(offered.versions(engine))} |" for engine in offered.engines()),
        "",
        "## Parameter families",
        "",
        "Parameters come from the catalogues of real engines. A family without one is refused; no engine stands in for",
        "another.",
        "",
        "| family | parameters | read from |",
        "|---|--:|---|",
    )
    families = {offered.family(engine, version) for engine in offered.engines() for version in offered.versions(engine)}
    for family in sorted(families):
        if not has_catalogue(family):
            yield f"| {family} | refused | |"
            continue
        known = catalogue(family)
        part = " (in part, or from the nearest major)" if known.incomplete else ""
        yield f"| {family} | {len(known.definitions)} | {known.from_engine}{part} |"


def write() -> None:
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
