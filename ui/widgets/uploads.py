"""Boxes for files whose files stay when the page is reloaded or left."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import streamlit as st

from core.errors import InputError
from core.text import text
from ui.shell.choices import words
from ui.shell.safe import in_markdown
from ui.shell.session import keep

_UPLOADS: Final = "uploads"


@dataclass(frozen=True)
class KeptFile:
    """An uploaded file as it lies in the session's folder, and the name that its user knows it by."""

    path: Path
    name: str


def files_from(
    box: Any, label: str, types: Sequence[str], *, key: str, several: bool = False, note: str | None = None
) -> tuple[KeptFile, ...]:
    """The files of a box: those just put in, else those kept from before, which can be taken out."""
    uploads = box.file_uploader(
        label,
        type=list(types),
        accept_multiple_files=several,
        key=key,
        help=note,
        on_change=_take_or_leave,
        args=(key,),
    )
    if uploads:
        _take(key)
    found: tuple[KeptFile, ...] = _all().get(key, ())
    if found and not uploads:
        tr = words()
        names = "、".join(file.name for file in found)
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


def _take_or_leave(key: str) -> None:
    """Before the page runs: what cannot be kept is told by the page itself."""
    with suppress(InputError):
        _take(key)


def _take(key: str) -> None:
    found = st.session_state.get(key) or []
    uploads = found if isinstance(found, list) else [found]
    kept = {keep(upload): upload.name for upload in uploads}
    files = tuple(KeptFile(path, name) for path, name in kept.items())
    st.session_state[_UPLOADS] = {**_all(), key: files}


def _all() -> dict[str, tuple[KeptFile, ...]]:
    found: dict[str, tuple[KeptFile, ...]] = st.session_state.get(_UPLOADS, {})
    return found
