"""Remarks on units files, many alike told as few."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from core.text import Text, text
from coverage.model.tables import Ints
from data.intake.findings import INFO, WARNING, Finding, Level

# A file of thousands of shapes that are no units is one remark, not thousands.
_MOST_ALIKE: Final = 30


@dataclass(frozen=True)
class At:
    """What a remark speaks of: a row (from 1; 0 for none), and a file and layer other than the usual."""

    row: int = 0
    file: str = ""
    layer: str = ""


@dataclass
class Remarks:
    """Collects findings; those that name no other file speak of `file`. Rows count from 1."""

    file: str
    found: list[Finding] = field(default_factory=list)

    def add(self, code: str, message: Text, at: At = At(), *, level: Level = WARNING) -> None:
        finding = Finding(at.file or self.file, at.layer, at.row, "", level, code, message)
        self.found.append(finding)

    def cleaned(self, column: str, rows: Ints, *, file: str, layer: str = "") -> None:
        """Characters that nobody sees were left out of the texts of a column, in these rows (from 0)."""
        message = text(
            "{count:,} {count:cell holds|cells hold} characters that nobody sees (control or direction "
            "marks); they were left out.",
            count=len(rows),
        )
        found = Finding(file, layer, int(rows[0]) + 1, column, INFO, "invisible-characters", message)
        self.found.append(found)

    def rows(self, code: str, message: Text, rows: pd.DataFrame, level: Level = WARNING) -> None:
        """The same message for rows of a table (columns `file`, `layer`, `row` from 0); after 30 of them
        only their number."""
        for file, layer, row in rows[["file", "layer", "row"]].iloc[:_MOST_ALIKE].itertuples(index=False):
            self.add(code, message, At(int(row) + 1, file, layer), level=level)
        self._more(code, len(rows) - _MOST_ALIKE, level)

    def each(self, code: str, messages: list[Text], level: Level = WARNING) -> None:
        """Different messages of one code; after 30 of them only their number."""
        for message in messages[:_MOST_ALIKE]:
            self.add(code, message, level=level)
        self._more(code, len(messages) - _MOST_ALIKE, level)

    def _more(self, code: str, count: int, level: Level) -> None:
        if count > 0:
            self.add(
                code,
                text("{count:,} more {count:remark|remarks} like the ones before.", count=count),
                level=level,
            )
