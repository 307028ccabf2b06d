"""Figures and how they are shown: every round is kept, the median is told with its range, targets stand beside it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured. values: one a round. below: the target, which the median must stay under."""

    what: str
    values: tuple[float, ...]
    unit: str
    below: float | None = None

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def missed(self) -> bool:
        return self.below is not None and self.median >= self.below

    def row(self) -> tuple[str, str, str, str]:
        """What it is, its median with unit, the range over the rounds, and its target."""
        unit = f" {self.unit}" if self.unit else ""
        spread = f"{_number(min(self.values))} – {_number(max(self.values))}"
        ranged = f"{spread} ({len(self.values)})" if len(self.values) > 1 else ""
        return self.what, f"{_number(self.median)}{unit}", ranged, self._target()

    def _target(self) -> str:
        if self.below is None:
            return ""
        return f"< {_number(self.below)}: {'missed' if self.missed else 'met'}"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows beside the figures: counts by name, what rivals cost. The first column is text, the others are numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One benchmark's outcome. how: what was done, in a sentence or two. notes: what a reader must know to judge it."""

    title: str
    how: str
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()

    def missed(self) -> tuple[Figure, ...]:
        return tuple(figure for figure in self.figures if figure.missed)


def ratio(what: str, ours: Figure, theirs: Figure) -> Figure:
    """Ours over theirs, round by round, for rounds that were run one after the other."""
    return Figure(what, tuple(a / b for a, b in zip(ours.values, theirs.values, strict=True)), "×")


def markdown(report: Report) -> str:
    """The report's tables and notes, the same on a terminal and on the page."""
    parts = [report.how]
    rows = tuple(figure.row() for figure in report.figures)
    if rows:
        parts.append(_table(Table(("figure", "median", "range (rounds)", "target"), rows)))
    parts += [_table(table) for table in report.tables]
    if report.notes:
        parts.append("\n".join(f"- {note}" for note in report.notes))
    return "\n\n".join(parts)


def _table(table: Table) -> str:
    kept = [place for place in range(len(table.header)) if place == 0 or any(row[place] for row in table.rows)]
    rows = [tuple(row[place] for place in kept) for row in (table.header, *table.rows)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(kept))]
    lines = [_line(row, widths) for row in rows]
    rule = "|".join("-" * (width + 1) + ("-" if place == 0 else ":") for place, width in enumerate(widths))
    return "\n".join((lines[0], f"|{rule}|", *lines[1:]))


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = (
        cell.ljust(width) if place == 0 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    """Three digits that count; whole numbers whole.

    >>> _number(0.01234), _number(1.5), _number(38.24), _number(1830.0), _number(7.0)
    ('0.012', '1.50', '38.2', '1,830', '7')
    """
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}"
