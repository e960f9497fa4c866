"""Boxes for files whose files stay when the page is reloaded or left; and what may be
taken away: the map, the workbook, the whole result folder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import InputError
from core.text import Text, listed, text
from data.guard import in_worker
from jobs.cache.results import archive, map_page, report
from ui.shell.choices import choices, words
from ui.shell.compute import View
from ui.shell.safe import in_markdown
from ui.shell.session import keep, let_go
from ui.widgets.pick import pick

_UPLOADS: Final = "uploads"
# Which uploads, by Streamlit's ids, lie in the session's folder already.
_TAKEN: Final = "uploads-taken"
# What a box takes, in MB; these take as much as the server does (`server.maxUploadSize`).
MOST_MB: Final = 50
_LARGE: Final = ("city-streets", "city-result")
_PROFILES: Final = {
    "internal": text("internal (watermark)"),
    "public": text("public (no borders, place for the review number)"),
}
EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class KeptFile:
    """An uploaded file as it lies in the session's folder, and the name that its user knows it by."""

    path: Path
    name: str


def files_from(
    box: Any, label: str, types: Sequence[str], *, key: str, several: bool = False, note: str | None = None
) -> tuple[KeptFile, ...]:
    """The files of a box: those just put in, else those kept from before, which can be taken out. InputError
    for one that is larger than the box takes."""
    uploads = box.file_uploader(
        label,
        type=list(types),
        accept_multiple_files=several,
        key=key,
        help=note,
        on_change=_take_or_leave,
        args=(key,),
        max_upload_size=_most_mb(key),
    )
    if uploads:
        _take(key)
    found: tuple[KeptFile, ...] = _all().get(key, ())
    if found and not uploads:
        tr = words()
        names = listed(file.name for file in found)
        box.caption(in_markdown(tr(text("Kept from before: {names}", names=names))))
        box.button(tr(text("Remove")), key=f"out-{key}", on_click=drop_files, args=(key,))
    return found


def file_from(
    box: Any, label: str, types: Sequence[str], *, key: str, note: str | None = None
) -> Path | None:
    """The same for a box of one file."""
    found = files_from(box, label, types, key=key, note=note)
    return found[0].path if found else None


def drop_files(key: str) -> None:
    """Take the files out of a box."""
    st.session_state[_UPLOADS] = {name: files for name, files in _all().items() if name != key}


def put_files(key: str, files: Sequence[KeptFile]) -> None:
    """Files that somebody asked for, as if they had been put into the box."""
    st.session_state[_UPLOADS] = {**_all(), key: tuple(files)}


def _take_or_leave(key: str) -> None:
    """Before the page runs: what cannot be kept is told by the page itself."""
    with suppress(InputError):
        _take(key)


def _take(key: str) -> None:
    found = st.session_state.get(key) or []
    uploads = found if isinstance(found, list) else [found]
    kept = {_kept(upload, _most_mb(key)): upload.name for upload in uploads}
    files = tuple(KeptFile(path, name) for path, name in kept.items())
    st.session_state[_UPLOADS] = {**_all(), key: files}


def _most_mb(key: str) -> int:
    return int(st.get_option("server.maxUploadSize")) if key in _LARGE else MOST_MB


def _kept(upload: UploadedFile, most_mb: int) -> Path:
    """Where an upload lies in the session's folder. Once it does, Streamlit's memory lets go of it."""
    taken: dict[str, Path] = st.session_state.setdefault(_TAKEN, {})
    path = taken.get(upload.file_id)
    if path is not None and not path.exists():
        raise InputError("{file} is no longer kept; please choose it again.", file=upload.name)
    if path is None:
        if upload.size > most_mb * 1024 * 1024:
            raise InputError(
                "{file} has more than the {most} MB that are taken here.", file=upload.name, most=most_mb
            )
        path = taken[upload.file_id] = keep(upload)
        let_go(upload.file_id)
    return path


def _all() -> dict[str, tuple[KeptFile, ...]]:
    found: dict[str, tuple[KeptFile, ...]] = st.session_state.get(_UPLOADS, {})
    return found


def downloads(view: View) -> None:
    """Three files in the language of the page; made when asked for."""
    tr, language = words(), choices().language
    st.subheader(tr(text("Export")), anchor=False)
    profile = pick(
        st.radio, text("Map for"), list(_PROFILES), key="profile", said=lambda option: tr(_PROFILES[option])
    )
    boxes = st.columns(3)
    # Internal and public maps have names of their own; a result folder is internal.
    spoken, drawn = {"language": language}, {"language": language, "profile": profile}
    made: tuple[tuple[Text, str, str, Callable[..., str | bytes], dict[str, str]], ...] = (
        (text("Map (HTML, works offline)"), f"map-{profile}.html", "text/html", map_page, drawn),
        (text("Report (Excel)"), "report.xlsx", EXCEL, report, spoken),
        (text("Result folder (ZIP)"), "results-internal.zip", "application/zip", archive, spoken),
    )
    for box, (label, name, mime, make, options) in zip(boxes, made, strict=True):
        file_button(box, label, partial(in_worker, make, (view.folder,), options), name=name, mime=mime)


def file_button(box: Any, label: Text, make: Callable[[], str | bytes], *, name: str, mime: str) -> None:
    """A button as wide as its box that hands out a file, made when asked for; the page does not run anew."""
    box.download_button(words()(label), make, file_name=name, mime=mime, on_click="ignore", width="stretch")
