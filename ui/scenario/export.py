"""A scenario to take away: its map, its workbook and its folder, titled as what they are."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from core.text import text
from coverage.model.edits import Edit, Scenario
from ui.scenario.state import draft, scenario_of, stored, stored_names
from ui.shell.choices import choices, words
from ui.shell.compute import case_of, current_assessed, current_view
from ui.shell.session import session_folder
from ui.widgets.uploads import EXCEL, file_button

if TYPE_CHECKING:  # what computes takes seconds to load
    from jobs.assess.folder import Assessed
    from jobs.study.cases import StudyFiles

# Two downloads of one scenario would write the same folder.
_MAKING: Final = threading.Lock()


def export(before: tuple[Edit, ...], before_name: str) -> None:
    """Buttons for the files of the draft, compared with `before`; made when asked for."""
    from jobs.assess.map_model import product_names

    tr, now, language = words(), draft(), choices().language
    if not now.edits:
        return
    names = product_names({**current_view().document, "scenario": _name()}, language=language)
    _, folder = scenario_files(before, before_name)
    st.subheader(tr(text("Export the scenario")), anchor=False)
    boxes = st.columns(3)
    for box, label, kind, mime in (
        (boxes[0], text("Map (HTML, works offline)"), "html", "text/html"),
        (boxes[1], text("Report (Excel)"), "xlsx", EXCEL),
    ):
        file_button(box, label, partial(_file, folder, names[kind]), name=names[kind], mime=mime)
    packed = f"{Path(names['html']).stem}.zip"
    make = partial(_packed, folder)
    file_button(boxes[2], text("Result folder (ZIP)"), make, name=packed, mime="application/zip")


def scenario_files(before: tuple[Edit, ...], before_name: str) -> tuple[Path, Callable[[], Path]]:
    """Where the folder of the draft is kept, compared with `before`, and what makes it when it is not there
    yet (in any thread)."""
    from jobs.scenario import AS_IT_IS

    language = choices().language
    scenarios = (scenario_of(before, before_name or AS_IT_IS), scenario_of(draft().edits, _name()))
    key, done = current_assessed()
    number = hashlib.sha256(repr((key, scenarios, language)).encode()).hexdigest()[:16]
    place = session_folder() / "scenario-files" / number
    return place, partial(_folder, done, scenarios, place, (_files(), language))


def _name() -> str:
    """The draft's name; one that is no longer as it was stored says so."""
    tr, now = words(), draft()
    if not now.name:
        return tr(text("Draft"))
    same = now.name in stored_names() and stored(now.name).edits == now.edits
    return now.name if same else tr(text("{name} (changed)", name=now.name))


def _files() -> StudyFiles:
    """What the city on the page was read from, for the provenance."""
    case = case_of(choices())
    return replace(case.files, own=case.lists)


def _folder(
    done: Assessed, scenarios: tuple[Scenario, Scenario], folder: Path, made_of: tuple[StudyFiles, str]
) -> Path:
    """Written once; asks nothing of the session. `made_of` is the study and the language."""
    files, language = made_of
    from jobs.scenario import compare_scenarios, with_scenario_run, write_comparison

    with _MAKING:
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            found = with_scenario_run(compare_scenarios(done, scenarios), files, language=language)
            write_comparison(folder, found, language=language)
    return folder


def _file(folder: Callable[[], Path], name: str) -> bytes:
    return (folder() / name).read_bytes()


def _packed(folder: Callable[[], Path]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder().iterdir()):
            packed.write(path, path.name)
    return buffer.getvalue()
