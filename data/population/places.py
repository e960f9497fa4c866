"""Where the residents of polygons may live: every 100 m cell, settlements, or cells with
buildings by their floor area (footprint times floors)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from core.errors import InputError
from core.progress import Progress, reporting, silent
from core.text import text
from coverage.measuring.redistribute import Places, joined
from coverage.model.tables import Bools, Floats, Ints
from data.intake.findings import INFO, Finding
from data.population.columns import find_column
from data.population.ground import CELL_M, Ground, lattice_over, within
from data.vector import layers, read_vector
from geo.crs import WGS84

FLOOR_COLUMNS: Final = ("floors", "floor", "building:levels", "levels", "层数", "楼层", "楼层数", "建筑层数")
HEIGHT_COLUMNS: Final = ("height", "高度", "建筑高度", "height_m")
USE_COLUMNS: Final = ("building", "use", "fclass", "type", "用途", "类型", "建筑用途")
# A storey of housing is taken to be 3 m high.
_STOREY_M: Final = 3.0
_MOST_FLOORS: Final = 200.0
_NO_HOMES: Final = re.compile(
    r"industrial|commercial|retail|office|warehouse|school|kindergarten|university|hospital|church|temple"
    r"|garage|parking|station|stadium|supermarket|greenhouse|shed|hotel|train|transport|civic|public|government"
    r"|工业|厂|商业|办公|仓|学校|教育|医|车库|车站|体育|宾馆|酒店|公共|行政",
    re.IGNORECASE,
)
_HOMES_TOO: Final = re.compile(r"住|apartment|residential", re.IGNORECASE)


@dataclass(frozen=True)
class Buildings:
    """Inner points (n, 2) in metres and floor area in m² > 0 of the buildings that may hold homes."""

    xy: Floats
    floor_m2: Floats
    findings: tuple[Finding, ...] = ()


def read_buildings(path: Path, crs: str) -> Buildings:
    """Buildings of a layer called buildings, else of all layers. InputError if it has none."""
    names = layers(path)
    names = ("buildings",) if "buildings" in names else names
    frames = [read_vector(path, layer=name) for name in names]
    frames = [frame.set_crs(WGS84) if frame.crs is None else frame for frame in frames]
    return buildings_of(
        gpd.GeoDataFrame(pd.concat([frame.to_crs(crs) for frame in frames], ignore_index=True), crs=crs),
        path.name,
    )


def buildings_of(frame: gpd.GeoDataFrame, file: str) -> Buildings:
    """Buildings of a metric frame; no floors and no height means one floor, and is counted."""
    frame = frame[shapely.get_dimensions(frame.geometry.to_numpy()) == 2]
    homes = _homes(frame)
    frame = frame[homes]
    if not len(frame):
        raise InputError("{file}: the layer has no building that people could live in.", file=file)
    shapes = shapely.make_valid(frame.geometry.to_numpy())
    floors = _floors(frame)
    message = text(
        "{buildings:,} buildings carry the residents; {others:,} of other uses do not. {unknown:,} do not "
        "say how many floors they have and count with one.",
        buildings=len(frame),
        others=int((~homes).sum()),
        unknown=int(np.isnan(floors).sum()),
    )
    return Buildings(
        shapely.get_coordinates(shapely.point_on_surface(shapes)),
        np.maximum(shapely.area(shapes), 0.01) * np.nan_to_num(floors, nan=1.0),
        (Finding(file, "", 0, "", INFO, "population-buildings", message),),
    )


def _homes(frame: gpd.GeoDataFrame) -> Bools:
    column = find_column([str(name) for name in frame.columns], USE_COLUMNS)
    if column is None:
        return np.ones(len(frame), bool)
    use = frame[column].fillna("").astype(str)
    other = use.str.contains(_NO_HOMES).to_numpy(bool) & ~use.str.contains(_HOMES_TOO).to_numpy(bool)
    return np.asarray(~other)


def _floors(frame: gpd.GeoDataFrame) -> Floats:
    """Floors as stated, else height by storeys, else NaN; nothing above what is ever built."""
    columns = [str(name) for name in frame.columns]
    floors = _numbers(frame, find_column(columns, FLOOR_COLUMNS))
    heights = np.maximum(np.round(_numbers(frame, find_column(columns, HEIGHT_COLUMNS)) / _STOREY_M), 1.0)
    known = np.where((floors > 0) & (floors <= _MOST_FLOORS), floors, heights)
    return np.where(known <= _MOST_FLOORS, known, np.nan)


def _numbers(frame: gpd.GeoDataFrame, column: str | None) -> Floats:
    if column is None:
        return np.full(len(frame), np.nan)
    words = frame[column].astype(str).str.extract(r"(\d+(?:\.\d+)?)")[0]
    numbers: Floats = pd.to_numeric(words, errors="coerce").to_numpy(float, na_value=np.nan)
    return numbers


# A settlement fills a cell by as many of its 16 squares as it covers.
_FINE_M: Final = 25.0
# Polygons of up to so many cells are tried cell by cell, so many cells at once.
_MOST_TRIED: Final = 2_500
_BATCH: Final = 2_000_000
Shapes = NDArray[np.object_]
_DOING: Final = text("Spreading residents over their areas")


def places_by_area(shapes: Shapes, water: Ground | None, progress: Progress = silent) -> Places:
    """Each 100 m cell whose centre lies in a polygon or on its outline (the first, where there are several),
    weight 1."""
    west, south, east, north = shapely.bounds(shapes).T / CELL_M
    left, top = np.floor(west), np.ceil(north) - 1
    columns = np.maximum(np.ceil(east) - left, 1).astype(np.int64)
    rows = np.maximum(top + 1 - np.floor(south), 1).astype(np.int64)
    small = (columns * rows <= _MOST_TRIED) & (water is None)
    areas, centres = [np.empty(0, np.int64)], [np.empty((0, 2))]
    # Many small polygons at once: a burnt lattice each costs a hundred times their few points.
    numbers = np.flatnonzero(small)
    batches = np.cumsum((columns * rows)[numbers]) // _BATCH
    for batch in range(int(batches[-1]) + 1 if len(numbers) else 0):
        mine = numbers[batches == batch]
        counts = (columns * rows)[mine]
        area = np.repeat(mine, counts)
        place = np.arange(len(area)) - np.repeat(np.cumsum(counts) - counts, counts)
        xy = np.column_stack([left[area] + place % columns[area], top[area] - place // columns[area]])
        xy = (xy + 0.5) * CELL_M
        shapely.prepare(shapes[mine])
        inside = shapely.intersects_xy(shapes[area], xy)
        areas.append(area[inside])
        centres.append(xy[inside])
    large = np.flatnonzero(~small)
    for number in reporting(large, progress, _DOING, count=len(large)):
        lattice = lattice_over(shapes[number], CELL_M)
        inside = within(shapes[number], lattice)
        if water is not None and inside.any():
            inside &= ~water(lattice)
        xy = lattice.centres(inside)
        areas.append(np.full(len(xy), number))
        centres.append(xy)
    area, xy = np.concatenate(areas), np.concatenate(centres)
    order = np.argsort(area, kind="stable")
    return _each_once(Places(area[order], xy[order], np.ones(len(area))))


def places_by_mask(shapes: Shapes, mask: Ground, water: Ground | None, progress: Progress = silent) -> Places:
    """The settled part of each cell, in sixteenths; a cell's centre stands for it where it may."""
    parts = []
    for number, shape in enumerate(reporting(shapes, progress, _DOING, count=len(shapes))):
        lattice = lattice_over(shape, _FINE_M)
        settled = within(shape, lattice)
        if settled.any():
            settled &= mask(lattice)
        if water is not None and settled.any():
            settled &= ~water(lattice)
        xy = lattice.centres(settled)
        parts.append(_by_cell(np.full(len(xy), number), xy, np.ones(len(xy)), shapes))
    return _each_once(joined(_nowhere(), *parts))


def places_by_floor(shapes: Shapes, buildings: Buildings) -> Places:
    """Cells by the floor area of the buildings whose inner point lies in both cell and polygon."""
    points = shapely.points(buildings.xy)
    area, building = shapely.STRtree(points).query(shapes, predicate="intersects")
    order = np.lexsort((area, building))
    area, building = area[order], building[order]
    first = np.diff(building, prepend=-1) != 0
    area, building = area[first], building[first]
    largest = np.argsort(-buildings.floor_m2[building], kind="stable")
    area, building = area[largest], building[largest]
    return _each_once(_by_cell(area, buildings.xy[building], buildings.floor_m2[building], shapes))


def inner_places(shapes: Shapes, rows: Ints) -> Places:
    """One place in each of the polygons `rows`, inside it."""
    xy = shapely.get_coordinates(shapely.point_on_surface(shapes[rows]))
    return Places(rows, xy, np.ones(len(rows)))


def _by_cell(area: Ints, xy: Floats, weight: Floats, shapes: Shapes) -> Places:
    """Weights summed by polygon and cell; at the cell's centre, or at the first point if that is outside."""
    if not len(area):
        return _nowhere()
    cell = np.floor(xy / CELL_M).astype(np.int64)
    key = _one_number(np.column_stack([area, cell]))
    _, first, of_place = np.unique(key, return_index=True, return_inverse=True)
    summed = np.bincount(of_place, weights=weight).astype(float)
    centres = (cell[first] + 0.5) * CELL_M
    inside = shapely.contains_xy(shapes[area[first]], centres)
    return Places(area[first], np.where(inside[:, None], centres, xy[first]), summed)


def _each_once(places: Places) -> Places:
    """Of places at one spot (of overlapping polygons) the first."""
    if not len(places):
        return places
    _, first = np.unique(_one_number(np.round(places.xy * 1000.0).astype(np.int64)), return_index=True)
    return places[np.sort(first)]


def _one_number(rows: Ints) -> Ints:
    """Equal rows of (n, k) to equal numbers; sorting numbers is many times faster than rows."""
    number = np.zeros(len(rows), np.int64)
    for column in (rows - rows.min(axis=0)).T:
        number = number * (int(column.max()) + 1) + column
    return number


def _nowhere() -> Places:
    return Places(np.empty(0, np.int64), np.empty((0, 2)), np.empty(0))
