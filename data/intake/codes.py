"""What a check of lists can find, declared once: the code that machines read, its level, and what it means.

`docs/lists.md` has the table that `as_markdown` makes; a test compares them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

Level = Literal["error", "warning", "info"]
ERROR: Final[Level] = "error"
WARNING: Final[Level] = "warning"
INFO: Final[Level] = "info"


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
