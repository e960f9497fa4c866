"""What somebody chose on the page, kept in the store: by person, found again on another machine; and as a
view that has an address and can be sent to a colleague.

A path within the session's folder is kept as `session:…`; other files that the choices name (those of a city
of the store) come back where they lay, else into the session's folder.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from core.errors import InputError, SettingError
from data.files import digest, write_bytes
from data.intake.facility_numbers import ALPHABET
from data.store import Store, schema
from data.store.engine import canonical
from data.store.records import job_by, kept_by
from data.store.sessions import KeptSession, keep_session
from data.store.tidy import KEEP_DAYS
from jobs.collect.cities import study_at, with_what_belongs
from jobs.collect.permissions import actor
from jobs.study.cases import StudyFiles

VIEW: Final = "view"
MOST_LETTERS: Final = 120
_HERE: Final = "session:"


@dataclass(frozen=True)
class Chosen:
    """Choices as plain JSON (`ui.shell.session.to_plain`), in the folder of their session."""

    folder: Path
    content: Mapping[str, Any]

    def portable(self) -> Mapping[str, Any]:
        start = f"{self.folder.as_posix()}/"

        def moved(word: str) -> str:
            return _HERE + word[len(start) :] if word.startswith(start) else word

        return dict(_each(self.content, moved))

    def files(self, made_anew: Sequence[str]) -> dict[str, Path]:
        """Name → file: all of the session's folder, but for what is `made_anew` (how folders begin), and what
        the choices name elsewhere, with what belongs to it."""
        found = {
            _HERE + path.relative_to(self.folder).as_posix(): path
            for path in sorted(self.folder.glob("*/**/*"))
            if path.is_file() and not path.relative_to(self.folder).parts[0].startswith(tuple(made_anew))
        }
        for path in _paths(self.portable()):
            if path.is_file():
                found |= {one.as_posix(): one for one in with_what_belongs(path)}
        return found


def keep_for(store: Store, person: str, key: str, chosen: Chosen, *, made_anew: Sequence[str]) -> None:
    """Keep a session as its person's last one. It is on disk when this returns."""
    files = chosen.files(made_anew)
    hashed = {name: digest(path) for name, path in files.items()}
    new = {
        sha256: files[name].read_bytes()
        for name, sha256 in hashed.items()
        if not store.files.path(sha256).is_file()
    }
    keep_session(store, person, KeptSession(key, chosen.portable(), hashed), new)


def put_back(store: Store, kept: KeptSession, folder: Path) -> Mapping[str, Any]:
    """The content of a kept session for this folder, its files put where they are missing. What is gone from
    the store stays away: the choices that name it are left out when they are read."""
    moved: dict[str, str] = {}
    for name, sha256 in kept.files.items():
        if name.startswith(_HERE):
            path = folder / name.removeprefix(_HERE)
        elif Path(name).is_file() and digest(Path(name)) == sha256:
            continue
        else:
            beside = hashlib.sha256(Path(name).parent.as_posix().encode()).hexdigest()[:16]
            path = folder / beside / Path(name).name
            moved[name] = path.as_posix()
        if not path.resolve().is_relative_to(folder.resolve()):
            continue
        try:
            if not path.is_file():
                write_bytes(path, store.files.get(sha256))
        except InputError:
            continue

    def here(word: str) -> str:
        if word.startswith(_HERE):
            return (folder / word.removeprefix(_HERE)).as_posix()
        return moved.get(word, word)

    return dict(_each(kept.content, here))


def share(store: Store, name: str, chosen: Chosen, *, made_anew: Sequence[str], by: str = "") -> str:
    """Keep what is seen as it is now under an address of its own; returns its number. Files that somebody
    brought go after a year, as originals do. SettingError without a name, or with a long one."""
    who = actor(store, by)
    who.require("view.share")
    if not 0 < len(name.strip()) <= MOST_LETTERS:
        raise SettingError("Give the view a name of at most {most} characters.", most=MOST_LETTERS)
    number = "V" + "".join(secrets.choice(ALPHABET) for _ in range(9))
    day = (date.today() + timedelta(days=KEEP_DAYS)).isoformat()
    with store.write(by=who.name) as writing:
        files = {
            named: writing.keep(path.read_bytes(), delete_after=day)
            for named, path in chosen.files(made_anew).items()
        }
        content = canonical({"content": chosen.portable(), "files": files}).encode()
        writing.add(
            schema.kept, id=number, city_id=None, kind=VIEW, name=name.strip(), sha256=writing.keep(content),
            versions="", at=writing.at, by=writing.by,
        )  # fmt: skip
        writing.event("view.share", view=number)
    return number


def shared(store: Store, number: str, *, by: str = "") -> KeptSession | StudyFiles:
    """What an address shows: a view as it was shared, or for the result of a job its city with the lists it
    used. InputError for a number under which nothing is kept."""
    actor(store, by).require("view.read")
    with store.read() as connection:
        kept = kept_by(connection, number)
        asked = None if kept.kind == VIEW else job_by(connection, number).asked
    if asked is not None:
        return study_at(store, asked["city"], at=asked["at"], by=by)
    said = json.loads(store.files.get(kept.sha256))
    return KeptSession("", said["content"], said["files"])


def _paths(plain: Any) -> Iterator[Path]:
    """The absolute paths in plain JSON: those written as such."""
    if isinstance(plain, Mapping):
        if isinstance(plain.get("path"), str) and not plain["path"].startswith(_HERE):
            yield Path(plain["path"])
        for part in plain.values():
            yield from _paths(part)
    elif isinstance(plain, list):
        for part in plain:
            yield from _paths(part)


def _each(plain: Any, change: Callable[[str], str]) -> Any:
    """Plain JSON with every text changed."""
    if isinstance(plain, str):
        return change(plain)
    if isinstance(plain, Mapping):
        return {key: _each(part, change) for key, part in plain.items()}
    if isinstance(plain, list):
        return [_each(part, change) for part in plain]
    return plain
