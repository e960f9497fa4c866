"""Sheets and sources of a list that may be in coordinate systems of their own, each to be decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from core.text import Listed, Sayable, labelled, listed, text
from ui.check.checking import Checked
from ui.check.upload import choose_parts
from ui.shell.choices import words
from ui.widgets.tables import SYSTEMS, small_table, system_title

if TYPE_CHECKING:
    from data.intake.groups import Part
    from data.intake.parts import PartOfList

_OPTIONS: Final = ("auto", "wgs84", "gcj02", "bd09")
_LEAST_SHOWN: Final = 0.9
_ROW_PX: Final = 35


def parts_of_list(done: Checked) -> None:
    """A table of the parts with a choice for each, where there are several and something is in question."""
    several = len({part.system for part in done.parts}) > 1
    if len(done.parts) < 2 or not (done.lists.parts or several or not done.document["datum"]["decided"]):
        return
    tr = words()
    st.caption(
        tr(
            text(
                "The parts of the list, and what each would be taken for alone. Choose where you know better:"
            )
        )
    )
    chosen = _ask(done)
    if st.button(tr(text("Read the parts so")), disabled=chosen == dict(done.lists.parts)):
        choose_parts(chosen)
        st.rerun()


def _ask(done: Checked) -> dict[Part, str]:
    """Part → datum, where one was chosen."""
    import pandas as pd

    tr, config = words(), st.column_config
    titles = {"auto": tr(text("as the whole list"))} | {one: tr(SYSTEMS[one]) for one in _OPTIONS[1:]}
    before = dict(done.lists.parts)
    table = pd.DataFrame(
        {
            "part": [_part_title(done, part) for part in done.parts],
            "rows": [part.count for part in done.parts],
            "alone": [tr(_alone(part)) for part in done.parts],
            "read": [before.get(part.key, "auto") for part in done.parts],
        }
    )
    edited = st.data_editor(
        table,
        key=f"parts-{done.lists.paths}-{done.lists.parts}",
        hide_index=True,
        height=_ROW_PX * (min(len(table), 12) + 1) + 3,
        disabled=["part", "rows", "alone"],
        column_config={
            "part": config.TextColumn(tr(text("Part"))),
            "rows": config.NumberColumn(tr(text("Rows")), width="small"),
            "alone": config.TextColumn(tr(text("Alone it looks like"))),
            "read": config.SelectboxColumn(
                tr(text("Read as")),
                options=_OPTIONS,
                format_func=lambda option: titles[str(option)],
                required=True,
            ),
        },
    )
    said = zip(done.parts, edited["read"].tolist(), strict=True)
    return {part.key: option for part, option in said if option != "auto"}


def _part_title(done: Checked, part: PartOfList) -> str:
    file, sheet, source = part.key
    return " · ".join(words for words in (done.lists.called(file), sheet, source) if words)


def _alone(part: PartOfList) -> Sayable:
    """What it looks like by itself, and how sure that is."""
    if part.alone is None:
        return text("metres")
    if part.alone.decided:
        return text("{system}, for sure", system=system_title(part.alone.system))
    best, belief = part.alone.ranking[0] if part.alone.ranking else ("", 0.0)
    if best in SYSTEMS and belief >= _LEAST_SHOWN:
        return text("{system}, not for sure", system=system_title(best))
    return text("cannot be told")


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
        return words()(next(iter(named.values())))
    return words()(listed((labelled(name, numbers) for name, numbers in named.items()), between="；"))


def runs(numbers: list[int]) -> Listed:
    """Whole numbers with those in a row drawn together: 2–4, 7, 9–10."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    shown = (str(a) if a == b else f"{a}–{b}" for a, b in found)
    return listed(shown, most=_MOST_RUNS)
