"""A session and what is kept of it on disk, so that a reload, another page or a second tab loses nothing.

The session's key stands in the address (`?s=…`) and in the browser's own memory (`front.js`). Whoever
has the address sees what was chosen. Uploads and what was made of them are deleted `kept_minutes` after the
last browser has left (`ui.shell.sweeper`), the choices when nobody used them for `KEPT_DAYS`.

Choices as plain JSON and back: frozen dataclasses of ours, paths, tuples and mappings.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import InputError
from data.guard import PERSON
from data.store.sessions import KEPT_DAYS as KEPT_DAYS
from data.store.sessions import KeptSession, session_of_person
from data.store.sessions import forget_session as forget_kept
from jobs.cache.prebuild import cache_folder

if TYPE_CHECKING:  # reading cities takes a second to import
    from data.store.engine import Store
    from jobs.desk.sessions import Chosen

# Keys by the ids that the server gives to browsers: who is connected keeps what was uploaded.
KEYS: Final[dict[str, str]] = {}
# What the page asked of the city in this run, see `ui.shell.compute`.
ASKED: Final = "asked-in-this-run"
_KEY: Final = "session-key"
_SEEN: Final = "session-seen"
_STORED: Final = "session-stored"
_STATE: Final = "chosen.json"
_OWNER: Final = "owner.txt"
_VISIT: Final = "visit.txt"
_MB: Final = 1_000_000
_SHAPE: Final = re.compile(r"[0-9a-f]{32}")
# Values of the session that are more than what stands in a widget.
VALUES: Final = (
    *("choices", "scenario-drafts", "uploads", "systems-of-parts", "columns-of-offices"),
    *("desk-mended",),
)
# Switches are kept by name: a button's value is true or false as well, and may not be set.
SWITCHES: Final = (
    *("slow", "old-town", "against-units", "show-systems", "all-gaps"),
    *("siting-band", "siting-only-new", "siting-capacity-list"),
)
# A service's key is used for one search and never written.
# Boxes for several files may not be set either, and are empty lists at first.
_BOXES: Final = (
    *("lists", "siting-areas", "city-lists", "city-people", "city-units", "collect-lists"),
    *("briefing-folder", "briefing-before"),
)
_DESK_BOX: Final = "desk-lists"  # one an office
_NEVER: Final = ("geocode-key", *_BOXES, _KEY, _SEEN, _STORED)
# Folders of a session, by how they begin, that are made anew from its uploads and choices.
MADE_ANEW: Final = ("assessments", "checks", "plans-", "scenario-files")
# Only classes of these rooms are made from a file.
_ROOMS: Final = ("coverage", "data", "jobs", "ui")


def open_session(owner: str = "") -> None:
    """At the beginning of every run: the session of the address, or a new one; widgets keep their values.

    Where people sign in, a session is its `owner`'s: to anybody else its address opens a new one. The store
    keeps the last one of each, so that it is found again from another machine, and after its files have left
    the disk here.
    """
    if _KEY not in st.session_state:
        asked = st.query_params.get("s", "")
        known = bool(_SHAPE.fullmatch(asked)) and _folder(asked).is_dir() and _owner_of(asked) == owner
        last = session_of_person(_store(), owner) if owner else None
        mine = last is not None and (not _folder(last.key).is_dir() or _owner_of(last.key) == owner)
        _begin(asked if known else last.key if last is not None and mine else "", owner)
        if last is not None and last.key == session_key():
            _put_back(last)
        _restore()
    os.utime(session_folder())  # `ui.shell.sweeper` deletes what nobody uses
    PERSON.set(session_key())
    if (run := get_script_run_ctx()) is not None:
        KEYS[run.session_id] = session_key()
    if st.query_params.get("s") != session_key():
        st.query_params["s"] = session_key()
    st.session_state.pop(ASKED, None)
    _adopt()
    # Streamlit drops the value of a widget that a run does not show: so it is set anew in every run.
    for name in _widgets():
        st.session_state[name] = st.session_state[name]
    write_session()


def open_view(view: KeptSession | None, owner: str) -> None:
    """A session of its own that begins with what somebody shared, or with nothing; one's own last session
    stays as it is."""
    for name in list(st.session_state):
        del st.session_state[name]
    _begin("", owner)
    (session_folder() / _VISIT).touch()
    if view is not None:
        _put_back(view)
        _restore()
    st.query_params["s"] = session_key()


def write_session() -> None:
    """Write what was chosen, if it has changed: when a run begins, with what was done to its widgets, and
    when it ends, unless the page stopped it. What another tab of the session wrote meanwhile stays."""
    mine, seen = _content(), st.session_state.get(_SEEN)
    if mine != seen:
        theirs = _kept()
        both = mine if seen is None or theirs is None else merged(seen, mine, theirs)
        _write(both)
        st.session_state[_SEEN] = mine
    _keep_in_store()


def chosen_now() -> Chosen:
    """What is chosen, as it stands on disk."""
    from jobs.desk.sessions import Chosen

    return Chosen(session_folder(), _kept() or {})


def _keep_in_store() -> None:
    """The session as its owner's last one, where anything of it has changed; a visit is nobody's last."""
    owner = _owner_of(session_key())
    if not owner or (session_folder() / _VISIT).exists():
        return
    now = chosen_now()
    files = [(name, path.stat().st_mtime_ns) for name, path in now.files(MADE_ANEW).items()]
    state = hashlib.sha256(repr((now.content, files)).encode()).hexdigest()
    if st.session_state.get(_STORED) != state:
        from jobs.desk.sessions import keep_for

        keep_for(_store(), owner, session_key(), now, made_anew=MADE_ANEW)
        st.session_state[_STORED] = state


def _store() -> Store:
    from ui.shell.gate import the_store  # it loads what computes, which takes seconds

    return the_store()


def _put_back(kept: KeptSession) -> None:
    from jobs.desk.sessions import put_back

    _write(put_back(_store(), kept, session_folder()))


def _write(content: Mapping[str, Any]) -> None:
    from data.files import write_bytes

    written = json.dumps(content, ensure_ascii=False, sort_keys=True)
    write_bytes(session_folder() / _STATE, written.encode("utf-8"))


def _begin(key: str, owner: str) -> None:
    st.session_state[_KEY] = key or secrets.token_hex(16)
    if owner:
        (session_folder() / _OWNER).write_text(owner, encoding="utf-8")


def session_key() -> str:
    """The key of this session."""
    return str(st.session_state.get(_KEY, ""))


def session_folder() -> Path:
    """The session's own folder, for what its user uploads and chooses."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = secrets.token_hex(16)
    folder = _folder(session_key())
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def forget_session() -> None:
    """Delete all that is kept of this session, and begin a new one with the next run."""
    owner = _owner_of(session_key())
    if owner and not (session_folder() / _VISIT).exists():
        forget_kept(_store(), owner)
    shutil.rmtree(_folder(session_key()), ignore_errors=True)
    st.query_params.clear()
    for name in list(st.session_state):
        del st.session_state[name]


def keep(upload: UploadedFile) -> Path:
    """The upload as a file of the session's folder, see `keep_bytes`."""
    return keep_bytes(upload.getbuffer(), upload.name)


def let_go(file_id: str) -> None:
    """Take the bytes of an upload that is kept out of Streamlit's memory; its box goes on showing it."""
    run = get_script_run_ctx()
    manager = None if run is None else run.uploaded_file_mgr
    if run is None or not isinstance(manager, MemoryUploadedFileManager):
        return
    for record in manager.get_files(run.session_id, [file_id]):
        manager.add_file(run.session_id, record._replace(data=b""))


def keep_bytes(content: bytes | memoryview, name: str) -> Path:
    """A file of the session's folder, under its content's hash and a harmless name (to a reader of layers “!”
    leads into an archive).

    What was kept before is found again; two files of one name do not meet. InputError where a session,
    or all together, would keep more than they may (`require_room`).
    """
    from data.files import file_name, write_bytes

    target = session_folder() / hashlib.sha256(content).hexdigest()[:16] / file_name(name.replace("!", "_"))
    if not target.exists():
        require_room(session_folder(), len(content))
        write_bytes(target, content)
    return target


def require_room(folder: Path, more_bytes: int) -> None:
    """InputError where the uploads of a session would be more than SERVICE_CIRCLE_SESSION_MB (500), or those
    of all sessions more than SERVICE_CIRCLE_UPLOADS_MB (10,000)."""
    own = _setting("SERVICE_CIRCLE_SESSION_MB", 500)
    everybody = _setting("SERVICE_CIRCLE_UPLOADS_MB", 10_000)
    if _uploaded_bytes(folder) + more_bytes > own * _MB:
        raise InputError(
            "Your uploads would be more than the {most:,} MB that one session may keep: this file was not "
            "kept. Delete what this session keeps (under “What is kept of this session”), or split the file.",
            most=own,
        )
    if sum(map(_uploaded_bytes, folder.parent.iterdir())) + more_bytes > everybody * _MB:
        raise InputError(
            "The server keeps as many uploads as it may ({most:,} MB of all sessions): this file was not "
            "kept. Try again later, or tell your administrator.",
            most=everybody,
        )


def kept_minutes() -> int:
    """Minutes that uploads outlive the last browser of their session: SERVICE_CIRCLE_KEPT_MINUTES (60)."""
    return _setting("SERVICE_CIRCLE_KEPT_MINUTES", 60)


def uploads_of(folder: Path) -> list[Path]:
    """The folders of a session with what was uploaded, called by a hash, and what was made of it."""
    return [*folder.glob("[0-9a-f]" * 16), *folder.glob("assessments")]


def _setting(name: str, usual: int) -> int:
    said = os.environ.get(name, "")
    return int(said) if said.isdecimal() else usual


def _uploaded_bytes(folder: Path) -> int:
    """Of the files that were uploaded in a session, which lie in folders called by a hash."""
    held = 0
    for path in folder.glob(f"{'[0-9a-f]' * 16}/*"):
        with suppress(OSError):  # another session may have been deleted meanwhile
            held += path.stat().st_size
    return held


def _owner_of(key: str) -> str:
    """Whose session it is; "" where nobody had signed in."""
    with suppress(OSError):
        return (_folder(key) / _OWNER).read_text(encoding="utf-8")
    return ""


def _folder(key: str) -> Path:
    return cache_folder() / "sessions" / key


def _widgets() -> list[str]:
    """Names of the session's plain values: what was typed or chosen in widgets with a key."""
    return [
        name
        for name, value in st.session_state.items()
        if isinstance(name, str)
        and name not in _NEVER
        and name not in VALUES
        and not name.startswith(_DESK_BOX)
        and ((isinstance(value, bool) and name in SWITCHES) or _plain(value))
    ]


def _plain(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_plain, value))
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _content() -> dict[str, Any]:
    """What is kept of the session, as plain JSON."""
    return {
        "values": {name: to_plain(st.session_state[name]) for name in VALUES if name in st.session_state},
        "widgets": {name: st.session_state[name] for name in _widgets()},
    }


def _kept() -> dict[str, Any] | None:
    """What the session's file holds; None where there is none, or none that can be read."""
    try:
        content = json.loads((session_folder() / _STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return {part: dict(_mapping(_mapping(content).get(part))) for part in ("values", "widgets")}


def _restore() -> None:
    """What was chosen before; nothing where it was written by another version or its files are gone."""
    content = _kept()
    if content is None:
        return
    _put(content["values"])
    for name, value in content["widgets"].items():
        if _plain(value) or name in SWITCHES:
            st.session_state[name] = value
    st.session_state[_SEEN] = content


def _adopt() -> None:
    """What another tab of this session chose since this one looked: standard, city, lists, draft. What stands
    in the widgets stays each tab's own."""
    seen, theirs = st.session_state.get(_SEEN), _kept()
    if seen is None or theirs is None or theirs["values"] == seen["values"]:
        return
    mine = _content()["values"]
    both = merged(seen["values"], mine, theirs["values"])
    _put({name: value for name, value in both.items() if value != mine.get(name)})
    st.session_state[_SEEN] = {**seen, "values": theirs["values"]}


def _put(values: Mapping[str, Any]) -> None:
    for name, plain in values.items():
        try:
            value = from_plain(plain)
        except InputError:
            continue
        if name in VALUES:
            st.session_state[name] = value


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def to_plain(value: Any) -> Any:
    """A value as JSON can write it; TypeError for what is none of ours.

    >>> to_plain((Path("a.csv"), 1.5))
    {'tuple': [{'path': 'a.csv'}, 1.5]}
    """
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Path):
        return {"path": value.as_posix()}
    if isinstance(value, tuple):
        return {"tuple": [to_plain(part) for part in value]}
    if isinstance(value, list):
        return [to_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {"map": [[to_plain(key), to_plain(part)] for key, part in value.items()]}
    if is_dataclass(value):
        kind = type(value)
        made = {one.name: to_plain(getattr(value, one.name)) for one in fields(value) if one.init}
        return {"class": f"{kind.__module__}:{kind.__qualname__}", "fields": made}
    raise TypeError(type(value).__name__)


def from_plain(plain: Any) -> Any:
    """What `to_plain` wrote. InputError where a file is gone or a class is not as it was."""
    if isinstance(plain, list):
        return [from_plain(part) for part in plain]
    if not isinstance(plain, dict):
        return plain
    if "path" in plain:
        path = Path(plain["path"])
        if not path.exists():
            raise InputError("The file {file} is no longer there.", file=path.name)
        return path
    if "tuple" in plain:
        return tuple(from_plain(part) for part in plain["tuple"])
    if "map" in plain:
        return {from_plain(key): from_plain(part) for key, part in plain["map"]}
    kind = _class(str(plain.get("class")))
    known = {one.name for one in fields(kind) if one.init}
    given = {name: from_plain(part) for name, part in plain["fields"].items() if name in known}
    try:
        return kind(**given)
    except TypeError as error:
        raise InputError("What was chosen was written by another version.") from error


def merged(before: Any, mine: Any, theirs: Any) -> Any:
    """Of two that began as `before` what either changed; where both changed the same, mine.

    >>> merged({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 3, "c": 4})
    {'a': 2, 'b': 3, 'c': 4}
    """
    if mine == before:
        return theirs
    if theirs == before or not (isinstance(mine, dict) and isinstance(theirs, dict)):
        return mine
    if mine.keys() == theirs.keys() == {"map"}:
        pairs = [{json.dumps(key): part for key, part in one["map"]} for one in (mine, theirs)]
        first = before.get("map", ()) if isinstance(before, dict) else ()
        both = merged({json.dumps(key): part for key, part in first}, *pairs)
        return {"map": [[json.loads(key), part] for key, part in both.items()]}
    old = before if isinstance(before, dict) else {}
    return {
        key: merged(old.get(key), mine[key], theirs[key])
        if key in mine and key in theirs
        else (mine if key in mine else theirs)[key]
        for key in (*mine, *(key for key in theirs if key not in mine))
    }


def _class(name: str) -> Any:
    module, _, qualified = name.partition(":")
    if module.split(".")[0] not in _ROOMS:
        raise InputError("What was chosen was written by another version.")
    try:
        found = getattr(import_module(module), qualified)
    except (ImportError, AttributeError) as error:
        raise InputError("What was chosen was written by another version.") from error
    if not (isinstance(found, type) and is_dataclass(found)):
        raise InputError("What was chosen was written by another version.")
    return found
