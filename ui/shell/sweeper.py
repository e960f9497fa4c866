"""What ended sessions leave behind is cleared at the start of the server and every minute after.

Uploads leave memory once their session has ended (Streamlit keeps one for two minutes, should its browser
come back), and the disk `kept_minutes` later; the choices of a session go when nobody has used it for
`KEPT_DAYS`. Nobody needs to connect for it.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from jobs.cache.prebuild import cache_folder
from ui.shell.session import KEPT_DAYS, KEYS, kept_minutes, uploads_of

_EVERY_S: Final = 60.0
_LOG: Final = logging.getLogger("service_circle.sweeper")


def start_sweeper() -> None:
    """Sweep now and every minute, in a thread that ends with the server."""
    threading.Thread(target=_sweep_for_ever, name="sweeper", daemon=True).start()


def _sweep_for_ever() -> None:
    while True:
        sessions = cache_folder() / "sessions"
        try:
            if Runtime.exists():
                runtime = Runtime.instance()
                living = living_sessions(runtime)
                forget_uploads(runtime._uploaded_file_mgr, living)
                note_use(sessions, living)
            forget_old_uploads(sessions, time.time())
            forget_old_sessions(sessions, time.time())
        except OSError as problem:  # a folder that is gone or may not be read: the next time
            _LOG.warning("Old sessions could not be cleared: %s", problem)
        time.sleep(_EVERY_S)


def forget_old_sessions(folder: Path, now: float) -> int:
    """Delete the folders of sessions that nobody has used for so many days; how many there were."""
    oldest = now - KEPT_DAYS * 86_400
    old = (
        [one for one in folder.iterdir() if one.is_dir() and one.stat().st_mtime < oldest]
        if folder.is_dir()
        else []
    )
    for one in old:
        shutil.rmtree(one, ignore_errors=True)
    return len(old)


def note_use(folder: Path, living: Iterable[str]) -> None:
    """The sessions of connected browsers are in use, also while their readers think."""
    for session_id in set(KEYS) - set(living):
        KEYS.pop(session_id, None)
    for key in set(KEYS.values()):
        with suppress(FileNotFoundError):  # deleted by its reader
            os.utime(folder / key)


def forget_old_uploads(folder: Path, now: float) -> int:
    """Delete the uploads of sessions that no browser has used for `kept_minutes`, and what was made of them;
    of how many sessions there were any. The choices stay."""
    oldest, had = now - kept_minutes() * 60, 0
    for one in folder.iterdir() if folder.is_dir() else ():
        used = one.stat().st_mtime
        if used < oldest and (uploads := uploads_of(one)):
            for upload in uploads:
                shutil.rmtree(upload, ignore_errors=True)
            os.utime(one, (used, used))  # to delete is no use
            had += 1
    return had


def living_sessions(runtime: Runtime) -> frozenset[str]:
    """Ids of the sessions that are connected, or may come back."""
    manager = runtime._session_mgr
    storage = getattr(manager, "_session_storage", None)
    cache = getattr(storage, "_cache", None)
    if cache is not None:
        cache.expire()  # it lets go of what is old only when it is asked
    return frozenset(info.session.id for info in manager.list_sessions())


def forget_uploads(manager: object, living: Iterable[str]) -> int:
    """Take the uploads of all other sessions out of memory; of how many sessions there were any."""
    if not isinstance(manager, MemoryUploadedFileManager):
        return 0
    ended = set(manager.file_storage) - set(living)
    for session_id in ended:
        manager.remove_session_files(session_id)
    return len(ended)
