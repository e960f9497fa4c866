"""The session's own folder for what its user uploads: gone when the session is."""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

_KEY: Final = "session_folder"
_UNSAFE: Final = re.compile(r"[^\w.()\-（）【】、，· ]|\.\.+")
_LONGEST: Final = 80
_EXTENSION: Final = re.compile(r"\.[A-Za-z0-9]{1,8}$")
# Names that are devices on Windows, whatever follows after a dot.
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def session_folder() -> Path:
    """A temporary folder that goes with the session."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = tempfile.TemporaryDirectory(
            prefix="service-circle-", ignore_cleanup_errors=True
        )
    return Path(st.session_state[_KEY].name)


def keep(upload: UploadedFile) -> Path:
    """The upload as a file of the session's folder, under its content's hash and a harmless name.

    What was uploaded before is found again; two files of one name do not meet.
    """
    content = upload.getvalue()
    target = session_folder() / hashlib.sha256(content).hexdigest()[:16] / safe_name(upload.name)
    if not target.exists():
        from data.files import write_bytes

        write_bytes(target, content)
    return target


def safe_name(name: str) -> str:
    """A file name that says much the same and cannot leave its folder or mean anything to a program.

    Its words are kept: messages name the file so, and a list's name may say which coordinates it
    holds (百度坐标).
    """
    match = _EXTENSION.search(name)
    extension = match.group().lower() if match else ""
    stem = _UNSAFE.sub("_", name[: match.start()] if match else name).strip(". ")
    kept = stem[:_LONGEST].rstrip(". ")
    return f"{'file_' if not kept or _DEVICE.fullmatch(kept) else ''}{kept}{extension}"
