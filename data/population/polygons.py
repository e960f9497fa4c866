"""Residents of map layers: points as they are, polygons as their inner point or spread over cells."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from coverage.tables import Floats, Ints
from data.population.cells import Cells
from data.population.tables import table_cells
from geo.crs import WGS84, metric_crs, unproject
from geo.errors import InputError

CELL_M: Final = 100.0
# Polygons up to 250 m square (grid cells, hexagons, blocks) count at their inner point.
_SMALL_M2: Final = 62_500.0


def polygon_cells(frame: gpd.GeoDataFrame, file: str, crs: str | None) -> Cells:
    """Cells of a map layer with residents.

    Large polygons are spread evenly by area over the 100 m cells whose centres they contain; a
    polygon that contains none keeps its residents at its inner point. Every polygon's total is
    conserved. A layer without CRS is taken as WGS-84.
    """
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    if not len(frame):
        raise InputError("{file}: the layer has no shape in it.", file=file)
    frame = (frame.set_crs(WGS84) if frame.crs is None else frame).to_crs(WGS84).reset_index(drop=True)
    west, south, east, north = frame.total_bounds
    metric = frame.to_crs(crs or metric_crs((west + east) / 2, (south + north) / 2))
    inner = frame.geometry.representative_point()
    table = frame.drop(columns=frame.geometry.name).assign(lon=inner.x.to_numpy(), lat=inner.y.to_numpy())
    cells = table_cells(_one_position(table), file)
    areas = metric.geometry.area.to_numpy()
    if len(cells.residents) != len(frame) or not (areas > 0).all():
        return cells
    if np.median(areas) <= _SMALL_M2:
        return Cells(**{**vars(cells), "area_m2": areas})
    return _spread(cells, metric, areas)


def _one_position(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The layer's own coordinate columns would shadow the shapes' positions."""
    extra = [c for c in table.columns if str(c).casefold() in ("lng", "longitude", "latitude", "x", "y")]
    return table.drop(columns=[*extra, *(c for c in ("经度", "纬度", "东经", "北纬") if c in table)])


def _spread(cells: Cells, metric: gpd.GeoDataFrame, areas: Floats) -> Cells:
    polygon, xy = _centres_inside(metric.geometry.to_numpy())
    counts = np.bincount(polygon, minlength=len(metric))
    empty = np.flatnonzero(counts == 0)
    inner = shapely.get_coordinates(shapely.point_on_surface(metric.geometry.to_numpy()[empty]))
    polygon, xy = np.concatenate([polygon, empty]), np.concatenate([xy, inner])
    share = 1.0 / np.maximum(counts, 1)[polygon]
    lon, lat = unproject(xy, str(metric.crs))
    return Cells(
        cell_id=np.arange(1, len(polygon) + 1),
        lon=lon,
        lat=lat,
        residents=cells.residents[polygon] * share,
        groups={name: values[polygon] * share for name, values in cells.groups.items()},
        area_m2=areas[polygon] * share,
        findings=cells.findings,
    )


def _centres_inside(shapes: np.ndarray[tuple[int], np.dtype[np.object_]]) -> tuple[Ints, Floats]:
    """(polygon number, centre) of every 100 m cell centre inside a polygon; each centre once."""
    polygons, centres = [np.empty(0, np.int64)], [np.empty((0, 2))]
    taken: set[tuple[float, float]] = set()
    for number, shape in enumerate(shapes):
        xy = _grid_points(shapely.bounds(shape))
        shapely.prepare(shape)
        inside = xy[shapely.contains_xy(shape, xy)]
        fresh = [tuple(point) not in taken for point in inside.tolist()]
        taken.update(map(tuple, inside[fresh].tolist()))
        centres.append(inside[fresh])
        polygons.append(np.full(int(np.sum(fresh)), number))
    return np.concatenate(polygons), np.concatenate(centres)


def _grid_points(bounds: Floats) -> Floats:
    west, south, east, north = np.floor(bounds / CELL_M) * CELL_M
    x = np.arange(west, east + CELL_M, CELL_M) + CELL_M / 2
    y = np.arange(south, north + CELL_M, CELL_M) + CELL_M / 2
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
