"""Facilities that are more than a point: their doors, row by row or several in one, and their outlines.

A row whose column “door” (出入口) says which door it is belongs to the facility of the same number, else of
the same name, type and declared units: one facility, measured to its nearest door. An area, or several
points, as the geometry of a row is its outline, or its doors. Where doors are listed the outline only says
how large the facility is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.text import text
from data.intake.datum.projection import is_geographic, to_degrees
from data.intake.drafts import ACCEPTED, SET_ASIDE
from data.intake.findings import INFO, WARNING, Notebook
from data.intake.tables.sheets import Table
from geo.crs import project
from geo.datum import BD09, GCJ02, WGS84, convert

Shapes = NDArray[np.object_]

_IDENTITY: Final = ("name", "tier", "district", "street", "community")
# An outline that does not hold the place its own row gives was read otherwise than the row.
_OFF_DEG: Final = 2e-4


def with_doors(frame: pd.DataFrame) -> pd.DataFrame:
    """Column `door_of`: the row of the facility whose door a row is, -1 elsewhere; such rows are set aside.

    The facility is the row that names no door, else the first that does.
    """
    door = (frame["door"] != "").to_numpy(bool) & (frame["outcome"] == ACCEPTED).to_numpy(bool)
    of = np.full(len(frame), -1, np.int64)
    if not door.any():
        return frame.assign(door_of=of)
    whole = ~door & (frame["outcome"] == ACCEPTED).to_numpy(bool)
    numbers = frame["facility_id"].astype(str).tolist()
    named = list(zip(*(frame[column].tolist() for column in _IDENTITY), strict=True))
    by_number: dict[str, int] = {}
    by_name: dict[tuple[str, ...], int] = {}
    loosely: dict[tuple[str, ...], list[int]] = {}
    for row in [*np.flatnonzero(whole).tolist(), *np.flatnonzero(door).tolist()]:
        number, name = numbers[row], named[row]
        main = by_number.get(number, -1) if number else -1
        if door[row] and main < 0:
            several = loosely.get(name[:2], [])
            blank = not any(name[2:])
            main = by_name.get(name, several[0] if blank and len(several) == 1 else -1)
            if main >= 0 and number and numbers[main]:
                main = -1  # another number is another facility
        if door[row] and main >= 0:
            of[row] = main
            continue
        if number:
            by_number.setdefault(number, row)
        if name not in by_name:
            by_name[name] = row
            loosely.setdefault(name[:2], []).append(row)
    return frame.assign(door_of=of, outcome=frame["outcome"].mask(of >= 0, SET_ASIDE))


def with_extents(frame: pd.DataFrame, tables: Sequence[Table], notes: Mapping[int, Notebook]) -> pd.DataFrame:
    """Column `extent`: doors (a MultiPoint) or outline in WGS-84 degrees, None for a point."""
    extent = np.full(len(frame), None, object)
    for number, table in enumerate(tables):
        if table.sheet.extents is not None:
            rows = np.flatnonzero((frame["table"] == number).to_numpy(bool))
            _read_shapes(frame, rows, table, extent, notes[number])
    door_of = frame["door_of"].to_numpy(int) if len(frame) else np.empty(0, np.int64)
    xy = frame[["lon", "lat"]].to_numpy(float)
    own_door = (frame["door"] != "").to_numpy(bool)
    for main in np.unique(door_of[door_of >= 0]).tolist():
        rows = np.flatnonzero(door_of == main)
        doors = np.append(rows, main) if own_door[main] else rows
        doors = doors[np.isfinite(xy[doors]).all(axis=1)]
        if len(doors):
            extent[main] = shapely.MultiPoint(xy[np.sort(doors)])
        for row in rows.tolist():
            said = text("The row was read as a door of “{name}”.", name=str(frame["name"].iloc[main]))
            notes[int(frame["table"].iloc[row])].note(
                INFO, "door-of-facility", said, row=int(frame["source_row"].iloc[row])
            )
    return frame.assign(extent=extent)


def _read_shapes(
    frame: pd.DataFrame, rows: NDArray[np.int64], table: Table, extent: Shapes, notes: Notebook
) -> None:
    """The geometries of a table's rows, in the system that the rows were read in; `extent` is filled."""
    given = table.sheet.extents or []
    source_row = frame["source_row"].to_numpy(int)
    rows = np.array([row for row in rows.tolist() if given[source_row[row] - 1] is not None], np.int64)
    rows = rows[(frame["outcome"].to_numpy(object)[rows] == ACCEPTED)]
    if not len(rows):
        return
    shapes = shapely.from_wkb(np.array([given[source_row[row] - 1] for row in rows.tolist()], object))
    projected_file = bool(table.sheet.crs) and is_geographic(table.sheet.crs) is False
    metres, system = frame["metres"].to_numpy(bool), frame["system"].to_numpy(object)
    places = shapely.points(frame[["lon", "lat"]].to_numpy(float)[rows])
    edges = doors = lost = 0
    for row, shape, place in zip(rows.tolist(), shapes, places, strict=True):
        crs = table.sheet.crs if projected_file else str(system[row]) if metres[row] else ""
        name = str(system[row])
        xy = shapely.get_coordinates(shape)
        if crs:
            lon, lat = to_degrees(xy[:, 0], xy[:, 1], crs)
        else:
            lon, lat = xy[:, 0], xy[:, 1]
        if name in (GCJ02, BD09):
            lon, lat = convert(lon, lat, name, WGS84)
        read = shapely.set_coordinates(shapely.from_wkb(shapely.to_wkb(shape)), np.column_stack([lon, lat]))
        if not shapely.distance(read, place) <= _OFF_DEG:
            lost += 1
            continue
        extent[row] = read
        edges, doors = edges + ("Polygon" in read.geom_type), doors + (read.geom_type == "MultiPoint")
    if edges:
        said = text(
            "{count} {count:area is|areas are} measured to the edge, where no doors are listed.", count=edges
        )
        notes.note(INFO, "outline-read", said)
    if doors:
        said = text("{count} {count:facility has|facilities have} several points: its doors.", count=doors)
        notes.note(INFO, "doors-read", said)
    if lost:
        said = text(
            "{count} {count:outline was|outlines were} not used, since {count:it does|they do} not hold the "
            "place of the facility; it counts as a point.",
            count=lost,
        )
        notes.note(WARNING, "outline-not-used", said)


def projected(extent: Shapes, crs: str) -> Shapes:
    """Extents in degrees as extents in metres of `crs`."""
    return np.asarray(
        shapely.transform(extent, lambda lonlat: project(lonlat[:, 0], lonlat[:, 1], crs)), object
    )
