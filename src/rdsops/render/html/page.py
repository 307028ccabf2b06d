"""The page: one file, no network; readable without JavaScript, which only filters."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from rdsops.advise.finding import Finding, Review, Theme
from rdsops.core.units import usd
from rdsops.fleet.fleet import Fleet
from rdsops.render.aws_cli import command
from rdsops.render.html.fleet_map import fleet_map, tile_arn
from rdsops.render.summary import summary
from rdsops.render.text import money_line
from rdsops.render.unseen import unseen_groups


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """A finding with what the page needs beside it."""

    finding: Finding
    anchor: str
    tile: str
    commands: tuple[str, ...]
    money: str | None
    price: str | None
    words: str
    """What the search box looks through, lower case."""


def review_html(review: Review, fleet: Fleet) -> str:
    """The whole report. Everything that came from the fleet is escaped by the template engine."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    page = Environment(
        loader=PackageLoader("rdsops.render", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = _source(page, "report.js")
    return page.get_template("report.html.j2").render(
        review=review,
        figures=summary(review),
        shown=[_shown(place, finding) for place, finding in enumerate(review.findings)],
        places=fleet_map(fleet, review),
        unseen=unseen_groups(review),
        themes=[theme for theme in Theme if any(f.theme is theme for f in review.findings)],
        usd=usd,
        style=_source(page, "report.css"),
        script=script,
        script_hash=b64encode(sha256(script.encode()).digest()).decode(),
    )


def _source(page: Any, name: str) -> str:
    return str(page.loader.get_source(page, name)[0])


def _shown(place: int, finding: Finding) -> _Shown:
    priced = finding.money is not None and finding.money.usd_month is not None
    return _Shown(
        finding=finding,
        anchor=f"f{place + 1}",
        tile=tile_arn(finding.subject),
        commands=tuple(command(call, finding.subject.region) for call in finding.repair.calls),
        money=money_line(finding.money) if finding.money else None,
        price=usd(finding.money.usd_month)
        if priced and finding.money and finding.money.usd_month is not None
        else None,
        words=" ".join((finding.title, finding.rule, finding.subject.arn, finding.theme, finding.environment)).lower(),
    )
