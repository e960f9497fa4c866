"""The forms are made when asked for, with a bar and a way to stop, and handed out one by one or together."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

import streamlit as st

from core.progress import Progress
from core.text import text
from ui.shell.choices import words
from ui.shell.work import result_of
from ui.widgets.uploads import EXCEL

if TYPE_CHECKING:
    from jobs.assess.export import ExportRequest

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_MIMES: Final = {
    ".html": "text/html",
    ".xlsx": EXCEL,
    ".pptx": f"{_OFFICE}presentationml.presentation",
    ".docx": f"{_OFFICE}wordprocessingml.document",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".gpkg": "application/geopackage+sqlite3",
}
_SLOT: Final = "briefing"


def made(request: ExportRequest, kinds: tuple[str, ...]) -> None:
    """A button that makes what was chosen; then the files, as long as nothing else is asked."""
    tr = words()
    if not kinds:
        st.info(tr(text("Choose at least one form.")))
        return
    question = (request, kinds)
    if st.button(tr(text("Make the forms")), type="primary", key="briefing-make"):
        st.session_state["briefing-asked"] = question
    if st.session_state.get("briefing-asked") != question:
        return
    files = result_of(_SLOT, question, lambda progress: _files(request, kinds, progress))
    if len(files) > 1:
        label = tr(text("All of them (ZIP)"))
        packed = "briefing.zip"
        st.download_button(label, _packed(files), file_name=packed, mime="application/zip", on_click="ignore")
    for name, content in files.items():
        st.download_button(
            name,
            content,
            file_name=name,
            mime=_MIMES[PurePath(name).suffix],
            on_click="ignore",
            key=f"get-{name}",
        )


def _files(request: ExportRequest, kinds: tuple[str, ...], progress: Progress) -> dict[str, bytes]:
    from jobs.assess.export import products_of

    return dict(products_of(request, kinds, progress=progress))


def _packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return buffer.getvalue()
