"""What becomes of a checked list: the result with it, the workbook for the office, the accepted rows."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any, Final

import streamlit as st

from core.text import text
from jobs.study.cases import OwnLists
from ui.check.checking import Checked, inside
from ui.check.upload import BESIDE, INSTEAD
from ui.shell.choices import ListInUse, choices, choose, words
from ui.shell.compute import city_view
from ui.shell.safe import in_markdown
from ui.shell.session import session_folder
from ui.widgets.pick import pick
from ui.widgets.small_map import city_bounds
from ui.widgets.uploads import file_button

EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_USES: Final = {
    INSTEAD: text("in place of the city's list"),
    BESIDE: text("in addition to the city's list"),
}


def offer_result(done: Checked) -> None:
    """The way to the overview with these lists, in place of the city's own or beside them."""
    tr, count = words(), int(done.document["accepted"])
    _warn_if_elsewhere(done, count)
    how, button = st.columns([0.64, 0.36], gap="medium", vertical_alignment="bottom")
    use = pick(
        how.radio,
        text("How to use the list"),
        list(_USES),
        key="in-addition",
        said=lambda one: tr(_USES[one]),
    )
    wanted = button.button(
        tr(text("Show the result with this list")), type="primary", disabled=not count, width="stretch"
    )
    if wanted:
        # The accepted rows as they stand now: with all that was decided, in true coordinates.
        files = OwnLists((_kept(done),), "wgs84", use == BESIDE)
        choose(lists=ListInUse(files, done.lists.names, count), gap_rule="")
        st.switch_page("ui/overview/page.py")


def take_away(done: Checked) -> None:
    """The workbook of findings, the accepted rows and an empty workbook to fill in."""
    tr, stem, folder = words(), Path(done.lists.names[0]).stem, done.folder
    left, middle, right = st.columns(3)
    accepted = folder / "accepted.csv"
    for file, book in done.report.workbooks().items():
        name = done.lists.called(file)
        label = text("Findings to send back (Excel)")
        if len(done.lists.paths) > 1:
            label = text("Findings to send back: {name} (Excel)", name=name)
        called = f"{Path(name).stem}-findings{book.suffix}"
        file_button(left, label, book.read_bytes, name=called, mime=EXCEL)
    label = text("Accepted rows (CSV, WGS-84)")
    file_button(middle, label, accepted.read_bytes, name=f"{stem}-accepted.csv", mime="text/csv")
    offer_template(right)
    st.caption(
        tr(
            text(
                "The office corrects the coloured cells in that workbook and sends it back; uploaded here, "
                "it is understood as it is."
            )
        )
    )


def offer_template(box: Any) -> None:
    """An empty workbook with the columns that are read, drop-downs and an explanation."""
    label, make = text("Empty workbook to fill in (Excel)"), partial(_template, choices().language)
    file_button(box, label, make, name="template.xlsx", mime=EXCEL)


def _warn_if_elsewhere(done: Checked, count: int) -> None:
    if not count or inside(done.accepted, city_bounds()):
        return
    name = city_view().document["area"]["name"]
    sentence = text("No accepted facility lies in {city}: the result would show nobody served.", city=name)
    st.warning(in_markdown(words()(sentence)))


def _kept(done: Checked) -> Path:
    """A copy that later decisions do not change, called after the list; with what belongs to it."""
    from data.files import file_name, write_bytes
    from data.handed_over import beside

    accepted = done.folder / "accepted.csv"
    content = accepted.read_bytes()
    name = file_name(Path(done.lists.names[0]).stem, ending=".csv")
    target = session_folder() / "in-use" / hashlib.sha256(content).hexdigest()[:16] / name
    if not target.exists():
        write_bytes(target, content)
        write_bytes(beside(target), beside(accepted).read_bytes())
    return target


@st.cache_resource(max_entries=2, show_spinner=False)
def _template(language: str) -> bytes:
    import tempfile

    from data.intake.template import write_template
    from locales import translator

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.xlsx"
        write_template(path, translator(language))
        return path.read_bytes()
