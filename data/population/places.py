"""Where the residents of polygons may live: every 100 m cell, cells with buildings, or settlements."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from core.progress import Progress, reporting, silent
from core.text import text
from coverage.measuring.redistribute import Places, joined
from coverage.model.tables import Floats, Ints
from data.population.buildings import Buildings
from data.population.ground import CELL_M, Ground, lattice_over, within

# A settlement fills a cell by as many of its 16 squares as it covers.
_FINE_M: Final = 25.0
Shapes = NDArray[np.object_]
_DOING: Final = text("Spreading residents over their areas")


def places_by_area(shapes: Shapes, water: Ground | None, progress: Progress = silent) -> Places:
    """Each 100 m cell whose centre lies inside a polygon (the first, where they overlap), weight 1."""
    areas, centres = [np.empty(0, np.int64)], [np.empty((0, 2))]
    for number, shape in enumerate(reporting(shapes, progress, _DOING, count=len(shapes))):
        lattice = lattice_over(shape, CELL_M)
        inside = within(shape, lattice)
        if water is not None and inside.any():
            inside &= ~water(lattice)
        xy = lattice.centres(inside)
        areas.append(np.full(len(xy), number))
        centres.append(xy)
    area, xy = np.concatenate(areas), np.concatenate(centres)
    return _each_once(Places(area, xy, np.ones(len(area))))


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
