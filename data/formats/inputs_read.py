"""What was read from which file, layer and column, and what was set aside: `inputs_read.csv`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from core.text import Text, remarked, text
from data.files import write_csv
from geo.crs import WGS84
from geo.datum import WGS84 as WGS84_DATUM

INPUTS_READ_FILE: Final = "inputs_read.csv"
_COLUMNS: Final = (
    "role", "file", "layer", "column", "unit", "system", "rows_read", "rows_left_out", "used", "why",
)  # fmt: skip
_ROLES: Final = {
    "population": text("Residents"),
    "group": text("Group"),
    "totals": text("Census totals"),
    "units": text("Units"),
    "network": text("Streets"),
    "urban": text("Built-up area"),
    "settled": text("Settlements"),
    "buildings": text("Buildings"),
    "water": text("Water"),
    "area": text("Study area"),
    "residential": text("Residential land"),
    "compounds": text("Residential compounds"),
}


@dataclass(frozen=True)
class InputRead:
    """One file, layer or column that was read, or set aside (`used` False) for the reason `why`.

    `role` is that of the file ("population", "group:elderly", "units", "network" …), `unit` what
    the numbers count, `system` the coordinate system they were read in; "" where there is none.
    `rows_read` and `rows_left_out` add up to what the layer holds.
    """

    role: str
    file: str
    layer: str = ""
    column: str = ""
    unit: Text | str = ""
    system: str = ""
    rows_read: int = 0
    rows_left_out: int = 0
    used: bool = True
    why: Text | str = ""

    @property
    def system_word(self) -> str:
        """The system for a reader: one word for WGS-84, whether the file declares it or an answer does."""
        return " + ".join(WGS84 if one == WGS84_DATUM else one for one in self.system.split(" + "))

    @property
    def role_words(self) -> Text | str:
        """The role for a reader, without the name of a group."""
        kind = self.role.partition(":")[0]
        return _ROLES.get(kind, kind)

    def note(self) -> Text:
        """One sentence for the notes of a result."""
        parts: Text | str = self.file
        for label, value in (
            (text("{parts}, layer {value}"), self.layer),
            (text("{parts}, column {value}"), self.column),
            (text("{parts}, in {value}"), self.unit),
            (text("{parts}, system {value}"), self.system_word),
        ):
            if value:
                parts = Text(label.template, {"parts": parts, "value": value})
        name = self.role.partition(":")[2]
        said = text(
            "{role}: {what}; {rows:,} {rows:row|rows} read, {out:,} left out.",
            role=self.role_words,
            what=parts,
            rows=self.rows_read,
            out=self.rows_left_out,
        )
        said = remarked(said, name) if name else said
        return text("{sentence} {why}", sentence=said, why=self.why) if self.why else said


def because(*reasons: Text | str) -> Text | str:
    """Several reasons in a row, without those that are empty."""
    said: Text | str = ""
    for reason in reasons:
        if reason:
            said = text("{sentence} {why}", sentence=said, why=reason) if said else reason
    return said


def inputs_read_table(read: Iterable[InputRead], tr: Callable[[Text], str]) -> pd.DataFrame:
    """One row an entry in their order, words in the reader's language."""

    def word(value: Text | str) -> str:
        return tr(value) if isinstance(value, Text) else value

    rows = [
        (
            *(entry.role, entry.file, entry.layer, entry.column, word(entry.unit), entry.system_word),
            *(entry.rows_read, entry.rows_left_out, "yes" if entry.used else "no", word(entry.why)),
        )
        for entry in read
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def write_inputs_read(folder: Path, read: Iterable[InputRead], tr: Callable[[Text], str]) -> None:
    """`inputs_read.csv` in a result folder."""
    write_csv(folder / INPUTS_READ_FILE, inputs_read_table(read, tr))
