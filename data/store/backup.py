"""A backup is one zip file: every table as JSON lines, every file, and what was written, at one moment.

It can be restored into an empty store of either kind: from SQLite to PostgreSQL too.
"""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from core.errors import InputError
from data.store import schema
from data.store.check import check_store
from data.store.engine import Store
from data.store.sessions import session_files

FORMAT: Final = 1
_MANIFEST: Final = "backup.json"
# Earlier days give every backup of one state the same bytes.
_STAMP: Final = (2026, 1, 1, 0, 0, 0)


def write_backup(store: Store, path: Path) -> int:
    """Write all of one moment's state; returns how many events it holds. `path` is whole or not there.

    InputError where a file is missing or damaged (`store check` names all of them), or where it cannot be
    written.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with store.read() as connection, zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as backup:
            counts: dict[str, int] = {}
            for table in schema.metadata.sorted_tables:
                rows = connection.execute(sa.select(table).order_by(*table.primary_key)).all()
                lines = [json.dumps(dict(row._mapping), ensure_ascii=False) + "\n" for row in rows]
                _put(backup, f"tables/{table.name}.jsonl", "".join(lines).encode())
                counts[table.name] = len(rows)
            kept = sa.select(schema.file.c.sha256).where(schema.file.c.deleted_at == "")
            for sha256 in sorted({*connection.execute(kept).scalars(), *session_files(connection)}):
                _put(backup, f"files/{sha256}", store.files.get(sha256))
            _put(backup, _MANIFEST, json.dumps({"format": FORMAT, "rows": counts}).encode())
        with scratch.open("rb+") as file:
            os.fsync(file.fileno())
        scratch.replace(path)
    except OSError as problem:
        raise InputError(
            "{file} cannot be written: {problem}", file=path, problem=problem.strerror
        ) from problem
    finally:
        scratch.unlink(missing_ok=True)
    return counts["event"]


def restore_backup(store: Store, path: Path) -> int:
    """Bring a backup into an empty store; returns how many events it holds.

    All of it or nothing: what is brought in is checked as `store check` does before it counts. InputError for
    a store that is not empty, and for a backup that is not one or is damaged.
    """
    with store.read() as connection:
        if connection.execute(sa.select(sa.func.count()).select_from(schema.event)).scalar():
            raise InputError("The store is not empty; a backup is restored into a new one.")
    try:
        with zipfile.ZipFile(path) as backup:
            counts = json.loads(backup.read(_MANIFEST))["rows"]
            for name in backup.namelist():
                if name.startswith("files/") and store.files.put(backup.read(name)) != name.removeprefix(
                    "files/"
                ):
                    raise InputError("{file}: a file of the backup is damaged.", file=path.name)
            with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
                for table in schema.metadata.sorted_tables:
                    if table.name not in counts:
                        continue  # an earlier version of the program had no such table
                    lines = backup.read(f"tables/{table.name}.jsonl").decode().splitlines()
                    if len(lines) != counts[table.name]:
                        raise InputError("{file}: the backup is not whole.", file=path.name)
                    if lines:
                        connection.execute(sa.insert(table), [json.loads(line) for line in lines])
                _restart_counters(connection)
    except (zipfile.BadZipFile, KeyError, ValueError, sa.exc.SQLAlchemyError) as problem:
        raise InputError("{file} is not a backup of a store.", file=path.name) from problem
    wrong = check_store(store)
    if wrong:
        raise InputError("The backup was brought in, and is damaged: {problem}", problem=wrong[0])
    return int(counts["event"])


def _restart_counters(connection: sa.Connection) -> None:
    """PostgreSQL counts on from where the restored rows end."""
    if connection.dialect.name != "postgresql":
        return
    for table in schema.metadata.tables.values():
        if "id" in table.c and isinstance(table.c.id.type, sa.Integer):
            connection.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('\"{table.name}\"', 'id'), "  # noqa: S608 - our own names
                f'(SELECT COALESCE(MAX(id), 0) + 1 FROM "{table.name}"), false)'
            )


def _put(backup: zipfile.ZipFile, name: str, content: bytes) -> None:
    backup.writestr(zipfile.ZipInfo(name, _STAMP), content, zipfile.ZIP_DEFLATED)
