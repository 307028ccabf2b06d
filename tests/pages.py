"""Pages of documentation as tests read them: their links, their blocks, and whether real output is what a block shows.

A block of commands is fenced as ```console; a line that begins with "$ " is a command, "> " goes on with it, the rest
is its output. A line of "…" leaves out any number of lines. A ```python block is run as it stands, and a ```text block
right after it is its output. Comments above a block say what else is to be known:

    <!-- not run: REASON -->   nobody runs it; the reason is told at the end of a run
    <!-- needs: PROGRAM -->    run only where that program is
    <!-- file: NAME -->        the block is a file, written with mode 0600 before what follows
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ELLIPSIS = "…"

_FENCE = re.compile(
    r"(?P<above>(?:^<!-- .+? -->\n+)*)^(?P<fence>```+)(?P<language>\w*)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
_COMMENT = re.compile(r"<!-- (not run|needs|file): (.+?) -->", re.DOTALL)
_LINK = re.compile(r"(?<!\!)\[[^\]]+\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Step:
    """One command (or Python text) with the output that the page shows. None: any."""

    line: int
    command: str
    output: str | None


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. line: of its first line of text, from 1."""

    page: Path
    line: int
    language: str
    text: str
    not_run: str | None
    needs: str | None
    file: str | None


def user_pages() -> list[Path]:
    """The pages written by hand for users."""
    docs = ROOT / "docs"
    return [ROOT / "README.md", *sorted(docs.glob("*.md")), *sorted(docs.glob("tutorial/*.md")), *howtos()]


def howtos() -> list[Path]:
    return sorted((ROOT / "docs" / "howto").glob("*.md"))


def all_pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/**/*.md"))]


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        said = {kind: words.strip() for kind, words in _COMMENT.findall(match["above"])}
        found.append(
            Block(
                page=page,
                line=text.count("\n", 0, match.start("text")) + 1,
                language=match["language"],
                text=match["text"],
                not_run=said.get("not run"),
                needs=said.get("needs"),
                file=said.get("file"),
            )
        )
    return found


def links(page: Path) -> Iterator[str]:
    """Targets of the links of a page, without those inside fenced blocks."""
    yield from _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """What GitHub calls the headings of a page.

    >>> _anchor("Inside MySQL and MariaDB (20)"), _anchor("`rdsops lab up`")
    ('inside-mysql-and-mariadb-20', 'rdsops-lab-up')
    """
    heads = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {_anchor(head) for head in heads}


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def steps(block: Block) -> list[Step]:
    """The commands of a ```console block, each with its output."""
    found: list[Step] = []
    for number, line in enumerate(block.text.splitlines(), block.line):
        if line.startswith("$ "):
            found.append(Step(number, line[2:], None))
        elif not found:
            raise ValueError(f"{block.page}:{number}: output before the first command")
        elif line.startswith("> ") and found[-1].output is None:
            found[-1] = Step(found[-1].line, f"{found[-1].command}\n{line[2:]}", None)
        else:
            found[-1] = Step(found[-1].line, found[-1].command, (found[-1].output or "") + line + "\n")
    return found


# -- shown against real

_SPAN = re.compile(r"\b\d+ (?:d|h|min|s|ms)\b(?: \d+ (?:h|min|s|ms)\b)*")
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def normal(text: str) -> str:
    """Text with what differs from run to run made equal: numbers, spans of time, generated ids. Words stay.

    >>> normal("127.0.0.1:4711  pid 12, for 1 min 17 s, 1,250 rows, postgres 18.6 at 19:10")
    '0  pid 0, for 0 s, 0 rows, postgres 0 at 0'
    """
    return _NUMBER.sub("0", _SPAN.sub("0 s", _UUID.sub("0", text)))


def difference(shown: str, real: str) -> str | None:
    """What a page shows that the real output does not; None when it is true.

    Words and their order count, and where lines begin and end a piece; how lines are folded and spaced does not.

    >>> difference("one 1\\n…\\nthree\\n", "one 2\\ntwo\\nthree\\n") is None
    True
    >>> difference("one\\n", "one\\ntwo\\n")
    'nothing may follow after: one'
    >>> difference("…\\nfour\\n", "one\\ntwo\\n")
    'not in the output: four'
    """
    pieces = [piece.strip() for piece in re.split(rf"(?m)^\s*{ELLIPSIS}\s*$", normal(shown))]
    rest = normal(real).strip()
    for number, piece in enumerate(pieces):
        if not piece:
            continue
        pattern = r"\s+".join(re.escape(word) for word in piece.split())
        start = r"\A\s*" if number == 0 else r"(?m:^)[ \t]*"
        met = re.search(f"{start}{pattern}[ \t]*(?m:$)", rest)
        if met is None:
            place = "the output begins otherwise than with" if number == 0 else "not in the output"
            return f"{place}: {piece}"
        rest = rest[met.end() :]
        if number == len(pieces) - 1 and rest.strip():
            return f"nothing may follow after: {piece}"
    return None
