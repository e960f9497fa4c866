"""The study area: which residents lie in it, and which are left out and reported.

One file has one total: whoever lives outside the area does not count, in whatever form the residents come.
Points and pixels lie where their place is; a polygon counts by its exact share of ground inside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import shapely

from core.errors import InputError
from core.text import text
from coverage.model.tables import Bools
from data.formats.layers import opened
from data.formats.systems import in_degrees
from data.guard import guarded
from data.intake.findings import WARNING, Finding
from data.population.cells import Cells

# Inner Mongolia, the widest province, is 29 degrees wide; metres are true in no system beyond.
_WIDEST_DEG: Final = 40.0


@guarded
def read_outline(path: Path) -> shapely.Geometry:
    """The ground of all polygons of a vector file, in WGS-84 degrees (taken, where it names no CRS)."""
    shapes = []
    with opened(path) as file:
        for layer in file.layers:
            frame = in_degrees(file.read(layer).frame, path.name).frame
            shapes += [
                s for s in frame.geometry.to_numpy() if s is not None and shapely.get_dimensions(s) == 2
            ]
    if not shapes:
        raise InputError("{file}: the layer has no area in it.", file=path.name)
    west, south, east, north = shapely.total_bounds(shapes)
    if max(east - west, north - south) > _WIDEST_DEG:
        raise InputError(
            "{file}: the study area is {wide:,.0f} degrees wide. Give the outline of a city or a province.",
            file=path.name,
            wide=max(east - west, north - south),
        )
    return shapely.union_all(shapely.make_valid(np.asarray(shapes, object)))


def inside_area(cells: Cells, area: shapely.Geometry) -> Bools:
    """(n,) whose place lies in the area; its outline counts as inside."""
    shapely.prepare(area)
    return np.asarray(shapely.intersects_xy(area, cells.lon, cells.lat))


def cut_to(cells: Cells, area: shapely.Geometry, file: str) -> Cells:
    """Cells in `area`; the others are left out and reported to the resident. InputError if none is left."""
    kept = inside_area(cells, area)
    if kept.all():
        return cells
    if not kept.any():
        raise nobody_inside(file, (float(np.median(cells.lon)), float(np.median(cells.lat))), area)
    said = outside_finding(file, float(cells.residents[~kept].sum()), int((~kept).sum()))
    inside = cells.taken(kept)
    return Cells(**{**vars(inside), "findings": (*cells.findings, said)})


def outside_finding(file: str, residents: float, cells: int) -> Finding:
    """What of a file lies outside the study area."""
    message = text(
        "{residents:,.1f} residents in {cells:,} {cells:cell|cells} live outside the study area and are "
        "left out.",
        residents=residents,
        cells=cells,
    )
    return Finding(file, "", 0, "", WARNING, "population-outside", message)


def nobody_inside(file: str, at: tuple[float, float], area: shapely.Geometry) -> InputError:
    """The refusal of residents that lie elsewhere, with how far away they are."""
    middle = shapely.centroid(area)
    km = 111.0 * float(np.hypot((at[0] - middle.x) * np.cos(np.radians(middle.y)), at[1] - middle.y))
    return InputError(
        "{file}: nobody lives in the study area. What it holds lies around longitude {lon:.4f}, latitude "
        "{lat:.4f}, {km:,.0f} km from the middle of the area. Is the coordinate system the right one "
        "(--population-datum)?",
        file=file,
        lon=at[0],
        lat=at[1],
        km=km,
    )
