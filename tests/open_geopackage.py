"""A GeoPackage as it lies on disk while another program has it open: the last changes stand beside it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd


def open_geopackage(path: Path, frame: gpd.GeoDataFrame, change: str) -> Path:
    """`frame` at `path`, and beside it a .gpkg-wal with what the SQL statement `change` changes."""
    held = path.with_name(f"held-{path.name}")
    frame.to_file(held, layer=path.stem, driver="GPKG")
    with closing(sqlite3.connect(held)) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:  # they call functions that only GDAL has
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.commit()
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(change)
        connection.commit()
        for end in ("", "-wal"):
            shutil.copyfile(held.with_name(held.name + end), path.with_name(path.name + end))
    held.unlink()
    return path
