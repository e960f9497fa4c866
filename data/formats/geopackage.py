"""A GeoPackage as it is meant: with what its program has not yet written into it, and without queries in
place of tables, which run when a layer is read."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from core.text import Text, text

# Those that the format and GDAL make; they keep indexes and counts, and never run while reading.
_USUAL: Final = ("rtree_", "trigger_", "gpkg_", "fid_", "feature_count_")

# What a program that has the file open keeps beside it: changes to come, or the way back from half of one.
PENDING: Final = ("-wal", "-journal")


def settled(path: Path, room: Path) -> Path:
    """The file, or where changes are pending beside it a copy in `room` that has them: whoever opens such a
    file completes it, and what a user gave is not written to."""
    pending = [end for end in PENDING if path.with_name(path.name + end).is_file()]
    if not pending:
        return path
    room.mkdir(exist_ok=True)
    target = room / "settled.gpkg"
    for end in ("", *pending):
        shutil.copyfile(path.with_name(path.name + end), target.with_name(target.name + end))
    with suppress(sqlite3.Error), closing(sqlite3.connect(target)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("SELECT count(*) FROM sqlite_master")
    return target


def asks_too_much(path: Path) -> Text | None:
    """Why the layers of a GeoPackage are not read: one is a view (which may never end), a column is computed
    when it is read, or there are triggers of another's making. None where they are read, and for a file
    that is no database, which its reader says."""
    try:
        with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True) as connection:
            found = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchmany(20_000)
            layers = {str(name) for (name,) in connection.execute("SELECT table_name FROM gpkg_contents")}
        connection.close()
    except (sqlite3.Error, OverflowError, UnicodeError):
        return None
    for kind, name, sql in found:
        if kind == "view" and (name in layers or "recursive" in str(sql).casefold()):
            return text(
                "The layer {layer} is a view, which is not opened. Export it as a table of its own.",
                layer=name,
            )
        if kind == "trigger" and not str(name).casefold().startswith(_USUAL):
            return text(
                "It has a trigger ({trigger}), which is not opened. Export the layers to a new GeoPackage.",
                trigger=name,
            )
        if kind == "table" and name in layers and "generated always" in str(sql).casefold():
            return text("The layer {layer} computes a column when it is read. Export it anew.", layer=name)
    return None
