"""A store: a database for what is known of whom and when, and a folder for the files.

    store = open_store("FOLDER")                       SQLite in FOLDER/store.sqlite, files in FOLDER/files
    store = open_store("postgresql://…", files=…)      PostgreSQL, files in the folder that is named

    with store.write(by="…") as writing:               one transaction: all of it or nothing, and on disk
        writing.add(schema.city, name="…", …)
        writing.event("city.add")

What a `with store.write()` has left without an error is on disk (SQLite: WAL with synchronous FULL;
PostgreSQL: its default). One writes at a time; readers see the last finished state.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from core.errors import InputError, SettingError
from core.text import listed
from data.store import schema
from data.store.files import StoredFiles

DATABASE: Final = "store.sqlite"
FILES: Final = "files"
# How long one who writes waits for another.
BUSY_S: Final = 60
FIRST: Final = "0" * 64
_DEFAULT: Final = Path(__file__).parents[2] / ".store"
_MIGRATIONS: Final = Path(__file__).parent / "migrations"


# What reads of the store are made with.
Connection = sa.Connection


class ConflictError(InputError):
    """Two wrote the same at the same moment; the other one's is kept."""


def utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True)
class Store:
    """An opened store; `files` is where its files lie, by their SHA-256."""

    engine: sa.Engine
    files: StoredFiles

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One state of the database, whatever others write meanwhile."""
        engine = self.engine
        if engine.dialect.name == "postgresql":  # by itself it sees the others' rows from query to query
            engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with _told(), engine.connect() as connection, connection.begin():
            yield connection

    def progress(self, job: str, share: float, doing: str) -> None:
        """How far a job is: written over, and no part of the record."""
        kept, values = schema.job_progress, {"share": share, "doing": doing, "at": utc_now()}
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            done = connection.execute(sa.update(kept).where(kept.c.job_id == job).values(**values))
            if not done.rowcount:
                connection.execute(sa.insert(kept).values(job_id=job, **values))

    @contextmanager
    def write(self, *, by: str) -> Iterator[Writing]:
        """One transaction by somebody. On an error nothing of it is there; ConflictError where another has
        written a row of the same key."""
        # SQLite takes the lock at once (see `_sqlite`): who reads first and locks later may be refused.
        with _told(), self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            if connection.dialect.name != "sqlite":
                connection.exec_driver_sql("LOCK TABLE event IN EXCLUSIVE MODE")
            writing = Writing(connection, self.files, by, utc_now())
            try:
                yield writing
            except IntegrityError as taken:
                raise ConflictError("Somebody else has decided on the same at the same moment.") from taken
            writing.require_told()


@contextmanager
def _told() -> Iterator[None]:
    """InputError for a database that is damaged, gone, full, or held by another for too long."""
    try:
        yield
    except sa.exc.DatabaseError as problem:
        if isinstance(problem, IntegrityError):
            raise
        said = str(problem.orig).splitlines()[0]
        raise InputError("The store's database cannot be used: {problem}", problem=said) from problem


@dataclass
class Writing:
    """A transaction under way: rows are added with what the event of it tells."""

    connection: sa.Connection
    files: StoredFiles
    by: str
    at: str
    _added: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def add(self, table: sa.Table, **values: Any) -> int:
        """A row more; returns its number where the table counts its rows."""
        done = self.connection.execute(sa.insert(table).values(**values))
        key = done.inserted_primary_key
        counted = "id" in table.c and "id" not in values
        self._added.append((table.name, ({"id": key[0]} if counted and key else {}) | values))
        return int(key[0]) if counted and key else 0

    def keep(self, content: bytes, *, delete_after: str = "") -> str:
        """Put a file on disk; returns its SHA-256. The same bytes are kept once, the later day counts."""
        sha256 = self.files.put(content)
        known = self.connection.execute(
            sa.select(schema.file.c.delete_after, schema.file.c.deleted_at).where(
                schema.file.c.sha256 == sha256
            )
        ).first()
        if known is None:
            self.add(schema.file, sha256=sha256, bytes=len(content), delete_after=delete_after)
        elif known.deleted_at or (
            known.delete_after and (not delete_after or delete_after > known.delete_after)
        ):
            self.connection.execute(
                sa.update(schema.file)
                .where(schema.file.c.sha256 == sha256)
                .values(delete_after=delete_after, deleted_at="")
            )
        return sha256

    def event(self, what: str, **more: Any) -> None:
        """What was done, in the chain: with every row added since the last event, and `more`."""
        last = self.connection.execute(
            sa.select(schema.event.c.seq, schema.event.c.hash).order_by(schema.event.c.seq.desc()).limit(1)
        ).first()
        seq, before = (last.seq + 1, last.hash) if last else (1, FIRST)
        detail = canonical({"rows": self._added, **more})
        values = {"seq": seq, "at": self.at, "by": self.by, "what": what, "detail": detail, "before": before}
        self.connection.execute(sa.insert(schema.event).values(**values, hash=event_hash(values)))
        self._added = []

    def require_told(self) -> None:
        if self._added:
            raise RuntimeError("rows were added to the store without an event that tells of them")


def canonical(value: object) -> str:
    """JSON of which there is one for one value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def event_hash(values: Mapping[str, Any]) -> str:
    """The hash of an event: of all that it says, and the hash of the one before."""
    told = {name: values[name] for name in ("seq", "at", "by", "what", "detail", "before")}
    return hashlib.sha256(canonical(told).encode()).hexdigest()


def store_place(where: str = "") -> str:
    """Which store is meant: what was said, else SERVICE_CIRCLE_STORE, else `.store` beside the program."""
    return where or os.environ.get("SERVICE_CIRCLE_STORE") or str(_DEFAULT)


def is_there(place: str) -> bool:
    """Whether a folder holds a store; an address is taken to (opening it tells)."""
    return "://" in place or (Path(place) / DATABASE).is_file()


def open_store(where: str | Path, *, files: Path | None = None, make: bool = False) -> Store:
    """The store in a folder, or at a PostgreSQL address with its folder of `files`.

    With `make` it is made, or brought up to this program's version, first. InputError where there is
    none, where it is of another version, or where it cannot be reached.
    """
    place = str(where)
    if "://" in place:
        engine = sa.create_engine(make_url(place).set(drivername="postgresql+psycopg"))
        folder = files or Path(os.environ.get("SERVICE_CIRCLE_STORE_FILES") or _DEFAULT)
    else:
        folder = Path(place)
        if not make and not is_there(place):
            raise InputError("There is no store in {folder}; make one with: store init.", folder=place)
        engine = _sqlite(folder)
    store = Store(engine, StoredFiles(folder / FILES))
    try:
        if make:
            store.files.make()
            migrate(engine)
        else:
            _require_current(engine, place)
    except (SQLAlchemyError, OSError) as problem:
        raise InputError(
            "The store {place} cannot be used: {problem}",
            place=hide_password(place),
            problem=str(getattr(problem, "orig", problem)).splitlines()[0],
        ) from problem
    return store


def hide_password(place: str) -> str:
    return make_url(place).render_as_string(hide_password=True) if "://" in place else place


def migrate(engine: sa.Engine, to: str = "head") -> None:
    """Bring the tables to a version: `head`, or `base` for none."""
    with engine.connect() as connection:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.attributes["connection"] = connection
        now = MigrationContext.configure(connection).get_current_revision()
        down = to == "base" or (now is not None and to != "head" and to < now)
        (command.downgrade if down else command.upgrade)(config, to)
        connection.commit()


def take_back(store: Store, to: str) -> None:
    """Bring the tables back to an earlier version, for an older program; what only newer tables hold is
    gone. SettingError for a version that there is not."""
    known = sorted(one.revision for one in ScriptDirectory(str(_MIGRATIONS)).walk_revisions())
    if to not in known:
        raise SettingError(
            "The store has no version “{version}”; there is {known}.", version=to, known=listed(known)
        )
    with _told():
        migrate(store.engine, to)


def _require_current(engine: sa.Engine, place: str) -> None:
    with engine.connect() as connection:
        now = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    if now is None:
        raise InputError(
            "There is no store in {folder}; make one with: store init.", folder=hide_password(place)
        )
    if now != newest:
        raise InputError(
            "The store {place} is of version {now}, this program of {newest}; bring it up with: store init.",
            place=hide_password(place),
            now=now,
            newest=newest,
        )


def _sqlite(folder: Path) -> sa.Engine:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as problem:
        raise InputError(
            "The folder {folder} cannot be written to: {problem}", folder=folder, problem=problem.strerror
        ) from problem
    # The driver begins no transactions of its own: DDL and reads are inside ours, too.
    arguments = {"timeout": BUSY_S, "isolation_level": None}
    engine = sa.create_engine(f"sqlite:///{(folder / DATABASE).as_posix()}", connect_args=arguments)

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
