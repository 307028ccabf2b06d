"""docs/reference/figures.md: a section a benchmark, each with the day and machine it was measured on."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.figures import Report, markdown
from benchmarks.processes import ROOT

PAGE = ROOT / "docs" / "reference" / "figures.md"

HEAD = """# Figures

Written by `python -m benchmarks --write`; `python -m benchmarks NAME` measures one section again. Each figure is the
median of its rounds, with the range beside it; ratios compare things measured in turn in one run. A target is what we
aim at, not a promise; a missed one stands here as missed. Absolute figures belong to the machine named in the section.
"""
_SECTION = re.compile(r"^<!-- (\w+) -->\n", re.MULTILINE)


def put(page: Path, order: tuple[str, ...], name: str, where: str, report: Report) -> None:
    """Put one benchmark's section in its place; the others stay as they were measured."""
    sections = _sections(page.read_text(encoding="utf-8")) if page.exists() else {}
    sections[name] = f"## {report.title}\n\nMeasured {where}.\n\n{markdown(report)}\n"
    kept = [f"<!-- {each} -->\n{sections[each]}" for each in order if each in sections]
    page.write_text("\n".join((HEAD, *kept)), encoding="utf-8")


def _sections(text: str) -> dict[str, str]:
    """Sections by the name in the mark before each."""
    parts = _SECTION.split(text)
    return {name: body.rstrip("\n") + "\n" for name, body in zip(parts[1::2], parts[2::2], strict=True)}
