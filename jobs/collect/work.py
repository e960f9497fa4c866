"""Long work in the store: asked for once, done by whichever worker comes first, found again by its number.

queued → running → done | failed | cancelled        a row of `job_step` a step
           ↑ └── again, once, when its worker was not heard of for `LOST_S`
"""

from __future__ import annotations

import io
import os
import secrets
import socket
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from core.errors import InputError, UserError
from core.text import Text, labelled, text
from data.files import write_bytes
from data.intake.facility_numbers import ALPHABET
from data.store import Store, schema
from data.store.engine import ConflictError, canonical
from data.store.records import Job, city_named, current_lists, job_by, jobs, kept_by
from jobs.assess.folder import assess_files
from jobs.collect.cities import moment, study_at
from jobs.collect.permissions import actor
from locales import DEFAULT_LANGUAGE

FORMAT: Final = 1
QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
OPEN: Final = (QUEUED, RUNNING)
# A worker that was not heard of for so long is dead; it speaks every few seconds.
LOST_S: Final = 120.0
_SPEAK_S: Final = 2.0
_TRIES: Final = 2


class _CancelledError(Exception):
    """Somebody has taken the job back while it ran."""


def ask_for_result(
    store: Store, city: str, *, at: str = "", by: str = "", language: str = DEFAULT_LANGUAGE
) -> Mapping[str, Any]:
    """Put the assessment of a city, with its lists as they were known at a day, in the queue."""
    who = actor(store, by)
    who.require("job.ask")
    with store.write(by=who.name) as writing:
        of = city_named(writing.connection, city)
        if not current_lists(writing.connection, of, until=moment(at)):
            raise InputError("No office of {city} has a list with a facility.", city=city)
        number = "J" + "".join(secrets.choice(ALPHABET) for _ in range(9))
        # As they are known now, whatever is accepted until a worker comes.
        asked = {"city": city, "at": moment(at) or writing.at, "language": language}
        writing.add(
            schema.job, id=number, verb="assess", asked=canonical(asked), at=writing.at, by=writing.by
        )
        step = {"step": 1, "state": QUEUED, "said": "", "at": writing.at, "by": writing.by}
        writing.add(schema.job_step, job_id=number, **step)
        writing.event("job.ask", job=number)
    return job_document(store, number, by=by)


def job_document(store: Store, number: str, *, by: str = "") -> Mapping[str, Any]:
    """A job as it stands, as JSON values."""
    actor(store, by).require("job.read")
    with store.read() as connection:
        return _told(job_by(connection, number))


def jobs_document(store: Store, *, by: str = "") -> Mapping[str, Any]:
    """All jobs, oldest first."""
    actor(store, by).require("job.read")
    with store.read() as connection:
        return {"format": FORMAT, "jobs": [_told(one) for one in jobs(connection)]}


def cancel(store: Store, number: str, *, by: str = "") -> Mapping[str, Any]:
    """Take a job back: one that waits is not begun, one that runs stops within seconds."""
    who = actor(store, by)
    who.require("job.ask")
    with store.read() as connection:
        found = job_by(connection, number)
    if found.state not in OPEN:
        raise InputError("{id} is not open any more: {state}.", id=number, state=found.state)
    _step(store, found, CANCELLED, by=who.name)
    return job_document(store, number, by=by)


def write_result(store: Store, number: str, out: Path, *, by: str = "") -> int:
    """Write the folder that a job made; returns how many files. InputError where it has made none."""
    actor(store, by).require("job.read")
    with store.read() as connection:
        found = kept_by(connection, number)
    with zipfile.ZipFile(io.BytesIO(store.files.get(found.sha256))) as made:
        for name in made.namelist():
            write_bytes(out / name, made.read(name))
        return len(made.namelist())


def work(store: Store, *, once: bool, cache: Path | None, report: Callable[[Text], None]) -> int:
    """Do what is queued, one job after another; with `once` only until nothing is left. Returns how many were
    done. A job that fails says why, and the next one is begun."""
    done = 0
    name = f"{socket.gethostname()}/{os.getpid()}"
    while True:
        job = _next(store, name)
        if job is None:
            if once:
                return done
            time.sleep(_SPEAK_S)
            continue
        report(text("{id}: {verb} {city}", id=job.id, verb=job.verb, city=job.asked["city"]))
        state = _run(store, job, name, cache)
        report(labelled(job.id, state))
        done += 1


def _next(store: Store, name: str) -> Job | None:
    """The oldest job that waits, or whose worker is lost, taken by this worker."""
    with store.read() as connection:
        waiting = [one for one in jobs(connection) if one.state in OPEN]
    for job in waiting:
        if job.state == RUNNING:
            if not _is_lost(job):
                continue
            if job.tries >= _TRIES:
                _step(store, job, FAILED, said="its workers died", by=name)
                continue
        try:
            _step(store, job, RUNNING, by=name)
        except ConflictError:
            continue  # another worker was first
        with store.read() as connection:
            return job_by(connection, job.id)
    return None


def _is_lost(job: Job) -> bool:
    heard = max(job.at, job.heard_at)
    return datetime.fromisoformat(heard) < datetime.now(UTC) - timedelta(seconds=LOST_S)


def _run(store: Store, job: Job, name: str, cache: Path | None) -> str:
    last = 0.0

    def speak(share: float, doing: Text) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < _SPEAK_S:
            return
        last = now
        if _state(store, job.id) == CANCELLED:
            raise _CancelledError
        store.progress(job.id, share, str(doing))

    try:
        with tempfile.TemporaryDirectory() as scratch:
            out = Path(scratch) / "result"
            asked = job.asked
            files = study_at(store, asked["city"], at=asked["at"])
            assess_files(files, out=out, language=asked["language"], cache=cache, progress=speak)
            content = _packed(out)
    except _CancelledError:
        return CANCELLED
    except (UserError, OSError, MemoryError) as problem:
        said = str(problem.message) if isinstance(problem, UserError) else str(problem)
        return _finish(store, job, _End(FAILED, said), by=name)
    with store.read() as connection:
        lists = current_lists(connection, city_named(connection, asked["city"]), until=asked["at"])
    versions = canonical({one.office: one.version for one in lists.values()})
    return _finish(store, job, _End(DONE, content=content, versions=versions), by=name)


@dataclass(frozen=True)
class _End:
    """How a job ended: why it failed, or the zip that it made and the versions of lists that it used."""

    state: str
    said: str = ""
    content: bytes = b""
    versions: str = ""


def _finish(store: Store, job: Job, end: _End, *, by: str) -> str:
    """The last step of a job, with what it made; one that was cancelled meanwhile stays so."""
    try:
        with store.write(by=by) as writing:
            if end.content:
                of = city_named(writing.connection, job.asked["city"])
                writing.add(
                    schema.kept, id=job.id, city_id=of.id, kind="result", name=job.verb,
                    sha256=writing.keep(end.content), versions=end.versions, at=writing.at, by=job.by,
                )  # fmt: skip
            step = {"step": job.step + 1, "state": end.state, "said": end.said, "at": writing.at, "by": by}
            writing.add(schema.job_step, job_id=job.id, **step)
            writing.event(f"job.{end.state}", job=job.id)
    except ConflictError:
        return _state(store, job.id)
    return end.state


def _step(store: Store, job: Job, state: str, *, by: str, said: str = "") -> None:
    """One step more. ConflictError where somebody else has made it."""
    with store.write(by=by) as writing:
        step = {"step": job.step + 1, "state": state, "said": said, "at": writing.at, "by": by}
        writing.add(schema.job_step, job_id=job.id, **step)
        writing.event(f"job.{state}", job=job.id)


def _state(store: Store, number: str) -> str:
    with store.read() as connection:
        return job_by(connection, number).state


def _packed(folder: Path) -> bytes:
    """The files of a folder as one zip, the same bytes for the same files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            made.writestr(
                zipfile.ZipInfo(path.relative_to(folder).as_posix(), (2026, 1, 1, 0, 0, 0)), path.read_bytes()
            )
    return out.getvalue()


def _told(job: Job) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "id": job.id,
        "verb": job.verb,
        "asked": dict(job.asked),
        "state": job.state,
        "share": job.share if job.state == RUNNING else float(job.state == DONE),
        "doing": job.doing if job.state == RUNNING else "",
        "said": job.said,
        "asked_by": job.by,
        "at": job.at,
    }
