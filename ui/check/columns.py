"""The columns as they were understood, for the reader to confirm or to change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.text import Text, text
from data.intake.tables.columns import PERSONAL, field_names, title_field
from ui.check.checking import Checked
from ui.check.upload import confirm_columns
from ui.shell.choices import words
from ui.shell.safe import in_markdown

if TYPE_CHECKING:
    from data.intake.review import Column

_EXAMPLES: Final = 2
_SHORTEN: Final = 28
_ROW_PX: Final = 35


def columns_step(done: Checked) -> None:
    """One table for all sheets of the same columns, and the button that remembers them."""
    tr = words()
    st.caption(
        tr(text("What each column was taken for. Change what is wrong, then confirm: the list is read anew."))
    )
    chosen: dict[str, str] = {}
    for number, (sheets, columns) in enumerate(_alike(done)):
        st.markdown(f"**{in_markdown(_sheet_title(done, sheets))}**")
        chosen |= _ask(done, columns, key=f"columns-{number}")
    doubled = _doubled(chosen, done.columns)
    if doubled is not None:
        st.warning(in_markdown(tr(doubled)))
    left, right = st.columns([0.3, 0.7], vertical_alignment="center")
    wanted = left.button(
        tr(text("These are right")), type="primary", disabled=doubled is not None, width="stretch"
    )
    right.caption(in_markdown(tr(_remembered(done))))
    if wanted:
        confirm_columns(done.lists.office, chosen)
        st.toast(tr(text("The columns are remembered.")))
        st.rerun()


def _remembered(done: Checked) -> Text:
    if done.lists.office:
        return text("Remembered for the next upload of {office}.", office=done.lists.office)
    return text("Remembered for this session. Name the office above, and its next upload is read so too.")


def _alike(done: Checked) -> list[tuple[list[tuple[str, str]], list[Column]]]:
    """Sheets whose columns have the same titles and fields, together with the columns of the first."""
    sheets: dict[tuple[str, str], list[Column]] = {}
    for column in done.columns:
        sheets.setdefault((column.file, column.sheet), []).append(column)
    alike: dict[tuple[tuple[str, str], ...], list[tuple[str, str]]] = {}
    for place, columns in sheets.items():
        alike.setdefault(tuple((column.title, column.field) for column in columns), []).append(place)
    return [(places, sheets[places[0]]) for places in alike.values()]


def _sheet_title(done: Checked, places: Sequence[tuple[str, str]]) -> str:
    file, sheet = places[0]
    first = " · ".join(part for part in (done.lists.called(file), sheet) if part)
    if len(places) == 1:
        return first
    return words()(
        text("{sheet} and {count} more {count:sheet|sheets} alike", sheet=first, count=len(places) - 1)
    )


def _ask(done: Checked, columns: Sequence[Column], *, key: str) -> dict[str, str]:
    """The table; gives title → field as it stands now."""
    import pandas as pd

    tr, titles = words(), _field_titles()
    table = pd.DataFrame(
        {
            "title": [column.title for column in columns],
            "field": [column.field if column.field in titles else "" for column in columns],
            "examples": [_examples(column) for column in columns],
            "sure": [tr(_sureness(done, column)) for column in columns],
        }
    )
    edited = st.data_editor(
        table,
        key=f"{key}-{done.lists.paths}-{done.lists.columns}",
        hide_index=True,
        height=_ROW_PX * (len(table) + 1) + 3,
        disabled=["title", "examples", "sure"],
        column_config=_settings(titles),
    )
    fields = edited["field"].tolist()
    return {column.title: str(field) for column, field in zip(columns, fields, strict=True)}


def _settings(titles: dict[str, str]) -> dict[str, Any]:
    tr, config = words(), st.column_config
    return {
        "title": config.TextColumn(tr(text("Column of the list")), width="medium"),
        "examples": config.TextColumn(tr(text("Examples")), width="medium"),
        "field": config.SelectboxColumn(
            tr(text("Taken for")),
            options=list(titles),
            format_func=lambda field: titles[str(field)],
            required=True,
            width="medium",
        ),
        "sure": config.TextColumn(tr(text("How sure")), width="medium"),
    }


def _field_titles() -> dict[str, str]:
    """Field → title in the reader's language; the field "" first."""
    from data.intake.review import FIELD_TITLES

    tr = words()
    return {field: tr(title) for field, title in FIELD_TITLES.items()}


def _examples(column: Column) -> str:
    shown = [example[:_SHORTEN] for example in column.examples[:_EXAMPLES]]
    return " · ".join(shown)


def _sureness(done: Checked, column: Column) -> Text:
    """Why it was taken so: the user said it, its title says it wholly or in part, or its cells do."""
    if column.title in done.report.decisions.columns:
        return text("confirmed by you")
    if column.field == PERSONAL:
        return text("left out on purpose")
    if not column.field:
        return text("not recognised")
    found = title_field(column.title.split(" / "))
    if found is None or found[0] != column.field:
        return text("guessed from its content")
    whole = next(len(names.aliases) for names in field_names() if names.field == found[0])
    return text("certain: by its title") if found[1] < whole else text("likely: by a part of its title")


def _doubled(chosen: dict[str, str], columns: Sequence[Column]) -> Text | None:
    """A sentence if two columns of one sheet are taken for the same thing."""
    from data.intake.review import FIELD_TITLES
    from data.intake.tables.columns import SERIAL

    seen: dict[tuple[str, str, str], str] = {}
    for column in columns:
        field = chosen.get(column.title, column.field)
        place = (column.file, column.sheet, field)
        if not field or field in (PERSONAL, SERIAL):
            continue
        if place in seen:
            return text(
                "“{first}” and “{second}” cannot both be {field}. Set one of them to “not used”.",
                first=seen[place],
                second=column.title,
                field=FIELD_TITLES[field],
            )
        seen[place] = column.title
    return None
