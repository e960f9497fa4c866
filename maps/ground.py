"""From the checked tables to the basemap: streets, water and unit outlines, thinned for drawing."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from coverage.model.tables import Bools, PopulationGrid, UnitTable
from geo.basemap import Basemap as AreaShapes
from geo.basemap import no_basemap
from geo.crs import unproject
from geo.csr_ranges import ranges
from geo.network.network import WalkNetwork
from maps.model import LABEL_COLUMNS, NO_LINES, Basemap, Floats, Ints, Lines, no_labels

# Below half the width of a street on the closest zoom; drops a third of the vertices.
STREET_TOLERANCE_M: Final = 2.0
AREA_TOLERANCE_M: Final = 5.0
# What a page can carry: above it small streets are drawn where most people live.
MOST_VERTICES: Final = 400_000
_SQUARE_M: Final = 1000.0


def basemap_of(
    network: WalkNetwork,
    units: UnitTable | None = None,
    shapes: AreaShapes | None = None,
    grid: PopulationGrid | None = None,
    *,
    most: int = MOST_VERTICES,
) -> Basemap:
    """The basemap of an area: its streets, its unit borders and names, water and green from its file.

    Of a large city's streets all larger ones are drawn, and the small ones of the square kilometres
    where most residents of `grid` live (without it: that have most streets), until the map is full: with
    `most` vertices of streets.
    """
    shapes = shapes or no_basemap(network.crs)
    return Basemap(
        streets=_streets(network, grid, most),
        water=_rings(shapes.water, shapes.crs),
        water_lines=_watercourses(shapes.water, shapes.crs),
        green=_rings(shapes.green, shapes.crs),
        outlines={} if units is None else {level: _outlines(units, level) for level in units.levels},
        labels=no_labels() if units is None else _labels(units),
    )


def _streets(network: WalkNetwork, grid: PopulationGrid | None, most: int) -> dict[int, Lines]:
    """The streets by class; neighbours next to each other (strips of 1 km, eastwards), so that the
    differences between their vertices stay short."""
    rows = np.flatnonzero(_is_drawn(network, grid, most))
    first = network.vertex_xy[network.vertex_start[rows]]
    class_of = network.edge_class[rows]
    order = np.lexsort((first[:, 0], np.floor(first[:, 1] / 1000.0), class_of))
    xy, start = _thinned(network, rows[order])
    lon, lat = unproject(xy, network.crs)
    classes, begin = np.unique(class_of[order], return_index=True)
    ends = np.append(begin[1:], len(rows))
    return {
        int(c): Lines(lon[start[i] : start[j]], lat[start[i] : start[j]], start[i : j + 1] - start[i])
        for c, i, j in zip(classes, begin, ends, strict=True)
    }


def _thinned(network: WalkNetwork, rows: Ints) -> tuple[Floats, Ints]:
    """Vertices of these streets on end, without those a bend can do without, and where each begins."""
    begin, count = network.vertex_start[rows], np.diff(network.vertex_start)[rows]
    bent = count > 2
    vertices = network.vertex_xy[ranges(begin[bent], count[bent])]
    lines = shapely.linestrings(vertices, indices=np.repeat(np.arange(bent.sum()), count[bent]))
    lines = shapely.simplify(lines, STREET_TOLERANCE_M, preserve_topology=False)
    count[bent] = shapely.get_num_coordinates(lines)
    start: Ints = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    xy = np.empty((int(start[-1]), 2))
    xy[ranges(start[:-1][bent], count[bent])] = shapely.get_coordinates(lines)
    xy[ranges(start[:-1][~bent], count[~bent])] = network.vertex_xy[ranges(begin[~bent], count[~bent])]
    return xy, start


def _is_drawn(network: WalkNetwork, grid: PopulationGrid | None, most: int) -> Bools:
    """(edges,) all streets where that is not too many; else the larger ones and some small ones."""
    count = np.diff(network.vertex_start)
    small = np.asarray(network.edge_class == 0)
    room = most - int(count[~small].sum())
    if count[small].sum() <= room:
        return np.ones(len(network), bool)
    west, south = network.node_xy[:, 0].min(), network.node_xy[:, 1].min()
    at = network.vertex_xy[network.vertex_start[:-1]]
    column, row = (
        np.floor((at[:, i] - low) / _SQUARE_M).astype(np.int64) for i, low in enumerate((west, south))
    )
    columns = int(column.max()) + 1
    square = row * columns + column
    vertices = np.bincount(square[small], weights=count[small])
    weight = vertices
    if grid is not None:
        column, row = (
            np.floor((grid.xy[:, i] - low) / _SQUARE_M).astype(np.int64)
            for i, low in enumerate((west, south))
        )
        held = row * columns + column
        inside = (column >= 0) & (column < columns) & (row >= 0) & (held < len(vertices))
        weight = np.bincount(held[inside], weights=grid.residents[inside], minlength=len(vertices))
    fullest = np.lexsort((np.arange(len(vertices)), -weight))
    chosen = np.zeros(int(square.max()) + 1, bool)
    chosen[fullest[np.cumsum(vertices[fullest]) <= room]] = True
    return np.asarray(~small | chosen[square])


def _rings(areas: NDArray[np.object_], crs: str) -> Lines:
    parts = shapely.get_parts(shapely.simplify(areas, AREA_TOLERANCE_M))
    polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return _as_lines(shapely.get_rings(shapely.orient_polygons(polygons)), crs)


def _watercourses(water: NDArray[np.object_], crs: str) -> Lines:
    parts = shapely.get_parts(shapely.simplify(water, AREA_TOLERANCE_M))
    return _as_lines(parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING], crs)


def _outlines(units: UnitTable, level: str) -> Lines:
    """Every border once, also where two units share it."""
    polygons = units.frame.geometry.to_numpy()[units.of_level(level)]
    borders = shapely.line_merge(shapely.union_all(shapely.boundary(polygons)))
    return _as_lines(shapely.simplify(shapely.get_parts(borders), AREA_TOLERANCE_M), units.crs)


def _labels(units: UnitTable) -> pd.DataFrame:
    points = shapely.point_on_surface(units.frame.geometry.to_numpy())
    placed = ~(shapely.is_empty(points) | shapely.is_missing(points))
    lon, lat = unproject(shapely.get_coordinates(points[placed]), units.crs)
    named = units.frame.loc[placed, ["name", "level"]].assign(lon=lon, lat=lat)
    return pd.DataFrame(named.reset_index(drop=True)[list(LABEL_COLUMNS)])


def _as_lines(geometries: NDArray[np.object_], crs: str) -> Lines:
    kept = geometries[~shapely.is_empty(geometries)]
    if not len(kept):
        return NO_LINES
    xy: Floats = shapely.get_coordinates(kept)
    start: Ints = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(kept))]).astype(np.int64)
    lon, lat = unproject(xy, crs)
    return Lines(lon, lat, start)
