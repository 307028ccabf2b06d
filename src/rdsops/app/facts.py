"""The facts that come with the package, read once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from rdsops.facts.facts import Facts, facts_from


@cache
def packaged_facts() -> Facts:
    """The bundled tables: dated, and superseded by AWS's own answers where a survey has them."""
    data = files("rdsops.facts") / "data"
    return facts_from(
        classes=(data / "classes.json").read_bytes(),
        lifecycles=(data / "lifecycles.json").read_bytes(),
        prices=(data / "prices.json").read_bytes(),
        checks=(data / "checks.json").read_bytes(),
    )
