"""The study area: which cells lie in it, and which people are left out with the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely

from core.errors import InputError
from core.text import text
from coverage.model.tables import Bools
from data.intake.findings import WARNING, Finding
from data.population.cells import Cells
from data.vector import read_vector
from geo.crs import WGS84, metric_crs, project


def read_outline(path: Path) -> shapely.Geometry:
    """The ground of all polygons of a vector file, in WGS-84 degrees (taken, where it names no CRS)."""
    frame = read_vector(path)
    shapes = (frame.set_crs(WGS84) if frame.crs is None else frame).to_crs(WGS84).geometry.to_numpy()
    shapes = shapes[shapely.get_dimensions(shapes) == 2]
    if not len(shapes):
        raise InputError("{file}: the layer has no area in it.", file=path.name)
    return shapely.union_all(shapely.make_valid(shapes))


def cut_to(cells: Cells, area: shapely.Geometry, rim_m: float, file: str) -> Cells:
    """Cells in `area` or at most `rim_m` outside; the others are left out and told to the resident.

    InputError if none is left.
    """
    kept = _within(cells, area, rim_m)
    if kept.all():
        return cells
    if not kept.any():
        raise InputError("{file}: nobody lives in the study area.", file=file)
    message = text(
        "{residents:,.1f} residents in {cells:,} {cells:cell|cells} live outside the study area and are "
        "left out.",
        residents=float(cells.residents[~kept].sum()),
        cells=int((~kept).sum()),
    )
    told = Finding(file, "", 0, "", WARNING, "population-outside", message)
    return replace(_taken(cells, kept), findings=(*cells.findings, told))


def _within(cells: Cells, area: shapely.Geometry, rim_m: float) -> Bools:
    """By the cells' places; metres are measured in the CRS of the area's centre."""
    shapely.prepare(area)
    inside = np.asarray(shapely.intersects_xy(area, cells.lon, cells.lat))
    others = np.flatnonzero(~inside)
    if rim_m > 0 and len(others):
        west, south, east, north = area.bounds
        crs = metric_crs((west + east) / 2, (south + north) / 2)
        outline = shapely.transform(area, lambda xy: project(xy[:, 0], xy[:, 1], crs))
        near = _near(cells, others, area.bounds)
        places = shapely.points(project(cells.lon[near], cells.lat[near], crs))
        shapely.prepare(outline)
        inside[near] = shapely.dwithin(places, outline, rim_m)
    return inside


def _near(cells: Cells, rows: np.ndarray, bounds: tuple[float, float, float, float]) -> np.ndarray:
    """Rows within a tenth of a degree of the bounds: farther ones need no measuring, and may be anywhere."""
    west, south, east, north = bounds
    lon, lat = cells.lon[rows], cells.lat[rows]
    close = (lon > west - 0.1) & (lon < east + 0.1) & (lat > south - 0.1) & (lat < north + 0.1)
    taken: np.ndarray = rows[close]
    return taken


def _taken(cells: Cells, kept: Bools) -> Cells:
    groups: Mapping[str, np.ndarray] = {name: values[kept] for name, values in cells.groups.items()}
    return replace(
        cells,
        cell_id=cells.cell_id[kept],
        lon=cells.lon[kept],
        lat=cells.lat[kept],
        residents=cells.residents[kept],
        groups=groups,
        area_m2=None if cells.area_m2 is None else cells.area_m2[kept],
        source=None if cells.source is None else cells.source[kept],
    )
