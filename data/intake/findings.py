"""What intake has to say about a list, row by row, and the codes of all that it can say.

`docs/lists.md` has the table that `as_markdown` makes; a test compares them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Literal

from core.text import Text, listed, text
from data.formats.raw import RawFile

Level = Literal["error", "warning", "info"]
ERROR: Final[Level] = "error"
WARNING: Final[Level] = "warning"
INFO: Final[Level] = "info"
LEVEL_TITLES: Final = {
    ERROR: text("to fix"),
    WARNING: text("to look at"),
    INFO: text("for information"),
}


@dataclass(frozen=True)
class FindingCode:
    """`levels` are those at which it is reported, the usual first; `row` is what becomes of the row,
    `sentence` what was seen, `cure` what to do ("" where nothing needs to be done)."""

    code: str
    levels: tuple[Level, ...]
    row: str
    title: str
    sentence: str
    cure: str


@cache
def finding_codes() -> dict[str, FindingCode]:
    """All codes of `codes.toml`, in its order."""
    path = Path(__file__).with_name("codes.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {code: FindingCode(code, tuple(entry.pop("levels")), **entry) for code, entry in table.items()}


def level_of(code: str) -> Level:
    """The usual level of a declared code."""
    return finding_codes()[code].levels[0]


def as_markdown() -> str:
    """The table of `docs/lists.md`."""
    lines = ["| code | level | the row is | what was found | what to do |", "|---|---|---|---|---|"]
    for found in finding_codes().values():
        said = f"{found.title}: {found.sentence}" if found.sentence else found.title
        levels = ", ".join(found.levels)
        lines.append(f"| `{found.code}` | {levels} | {found.row} | {said} | {found.cure or '–'} |")
    return "\n".join(lines)


_NAMED_ROWS: Final = 20


@dataclass(frozen=True)
class Finding:
    """One remark. `row` counts as the spreadsheet does (0: the whole sheet), `column` is the title as
    written ("" for the whole row), `column_number` counts from 1 (0 where there is none)."""

    file: str
    sheet: str
    row: int
    column: str
    level: Level
    code: str
    message: Text
    column_number: int = 0

    @property
    def cell(self) -> str:
        """The cell as a spreadsheet names it, "D7"; "7" for a whole row, "" for a sheet or file.

        >>> Finding("a.xlsx", "", 7, "经度", "error", "x", text("x"), 28).cell
        'AB7'
        """
        letters, rest = "", self.column_number
        while rest:
            rest, place = divmod(rest - 1, 26)
            letters = chr(65 + place) + letters
        return f"{letters}{self.row}" if self.row else ""


@dataclass
class Notebook:
    """Collects the findings of one sheet into a list that may be shared with other sheets."""

    file: str
    sheet: str
    findings: list[Finding] = field(default_factory=list)
    _tallies: dict[tuple[str, str], list[tuple[Text, int, tuple[str, int]]]] = field(default_factory=dict)

    def note(
        self, level: Level, code: str, message: Text, *, row: int = 0, column: tuple[str, int] = ("", 0)
    ) -> None:
        """`column` is the title and the number counted from 1."""
        self.findings.append(Finding(self.file, self.sheet, row, column[0], level, code, message, column[1]))

    def tally(self, code: str, example: Text, row: int = 0, column: tuple[str, int] = ("", 0)) -> None:
        """A remark on one cell that `flush` tells once a column, with its number, first example and rows."""
        self._tallies.setdefault((code, column[0]), []).append((example, row, column))

    def flush(self) -> None:
        """Turn the tallies into one finding each, at the level of its code."""
        for (code, _), cells in self._tallies.items():
            message, row, column = cells[0]
            others = [number for _, number, _ in cells[1:]]
            if any(others):
                message = text(
                    "{example} (and {count} more {count:cell|cells} like it, in rows {rows})",
                    example=message,
                    count=len(others),
                    rows=listed(others, most=_NAMED_ROWS),
                )
            self.note(level_of(code), code, message, row=row, column=column)
        self._tallies.clear()


def counted(findings: Iterable[Finding], level: Level) -> int:
    return sum(1 for finding in findings if finding.level == level)


def in_order(findings: Iterable[Finding], files: Iterable[RawFile]) -> tuple[Finding, ...]:
    """By file and sheet as they came, then by row; within a row as they were found."""
    place = {
        (file.name, name): (f, s)
        for f, file in enumerate(files)
        for s, name in enumerate(["", *(sheet.name for sheet in file.sheets)])
    }

    def order(found: Finding) -> tuple[int, int, int]:
        return (*place.get((found.file, found.sheet), (0, 0)), found.row)

    return tuple(sorted(findings, key=order))
