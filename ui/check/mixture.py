"""Which rows of a list that may be mixed fit which system: for the office to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from core.text import text
from ui.check.checking import Checked
from ui.shell.choices import words
from ui.widgets.names import system_title
from ui.widgets.tables import small_table

if TYPE_CHECKING:
    import pandas as pd

_MOST_RUNS: Final = 60


def rows_of_mixture(done: Checked) -> None:
    """A line for each system with the rows that fit it alone, and those that fit both."""
    found = done.mixture
    if found is None:
        return
    tr = words()
    neither = ~(found.fits_first | found.fits_second)
    parts = (
        (system_title(found.first.system), found.fits_first),
        (system_title(found.second.system), found.fits_second),
        (text("fits both alike"), neither),
    )
    lines = [
        (tr(title), int(rows.sum()), _where(done, found.rows[rows])) for title, rows in parts if rows.any()
    ]
    st.html(
        small_table(
            [tr(text("Fits better")), tr(text("Rows")), tr(text("Rows of the list"))],
            lines,
        )
    )
    st.caption(
        tr(
            text(
                "Single rows can be wrong here. Ask the office where each row's coordinates come from; with "
                "a column “坐标来源” (source of the coordinates) each source is read in its own system."
            )
        )
    )


def _where(done: Checked, rows: pd.DataFrame) -> str:
    """Sheets with their rows, as they are counted in the spreadsheet."""
    sheets = rows.groupby(["source_file", "source_sheet"], sort=False)["source_row"]
    named = {
        " · ".join(part for part in (done.lists.called(str(file)), str(sheet)) if part): runs(
            numbers.tolist()
        )
        for (file, sheet), numbers in sheets
    }
    if len(named) == 1:
        return next(iter(named.values()))
    return "; ".join(f"{name}: {numbers}" for name, numbers in named.items())


def runs(numbers: list[int]) -> str:
    """Whole numbers with those in a row drawn together: 2–4, 7, 9–10."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    shown = [str(a) if a == b else f"{a}–{b}" for a, b in found[:_MOST_RUNS]]
    return ", ".join([*shown, "…"] if len(found) > _MOST_RUNS else shown)
