"""Residents of rows that have a place: points as they are, polygons at their inner point or spread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from core.errors import InputError, SettingError
from core.progress import Progress, part, silent
from core.text import Text, text
from coverage.measuring.redistribute import Places, joined, spread
from coverage.model.tables import Floats, Ints
from data.intake.findings import INFO, WARNING, Finding, Level
from data.population.area import nobody_inside, outside_finding
from data.population.cells import Cells
from data.population.counted_twice import counted_twice
from data.population.ground import CELL_M, Ground, read_ground
from data.population.places import (
    inner_places,
    places_by_area,
    places_by_floor,
    places_by_mask,
    read_buildings,
)
from data.population.reading import Reading
from geo.crs import metric_crs, project, unproject

Shapes = NDArray[np.object_]
# A cell of 100 m drawn in another projection is a little larger; it need not be spread.
_LEAST_SPREAD_M2: Final = 110.0**2
_ROUNDED: Final = 1e-5


@dataclass(frozen=True)
class Rows:
    """Rows with a place: (n,) `lon`, `lat` in WGS-84 degrees, `shapes` (None: points), residents, groups.

    Cells of a grid (`are_cells`) that are not spread count where their centre lies, as pixels do.
    """

    cell_id: np.ndarray[tuple[int], np.dtype[np.generic]]
    lon: Floats
    lat: Floats
    residents: Floats
    groups: Mapping[str, Floats] = field(default_factory=dict)
    shapes: Shapes | None = None
    findings: tuple[Finding, ...] = ()
    synthetic: bool = False
    are_cells: bool = False


def polygon_cells(
    frame: gpd.GeoDataFrame,
    file: str,
    crs: str | None,
    reading: Reading | None = None,
    progress: Progress = silent,
) -> Cells:
    """Cells of a frame with a column `residents` and columns of groups, spread as `reading` says."""
    frame = frame.to_crs(4326)
    inner = frame.geometry.representative_point()
    groups = {
        str(name): frame[name].to_numpy(float)
        for name in frame.columns
        if name not in ("residents", frame.geometry.name)
    }
    rows = Rows(
        np.arange(1, len(frame) + 1),
        inner.x.to_numpy(),
        inner.y.to_numpy(),
        frame["residents"].to_numpy(float),
        groups,
        frame.geometry.to_numpy(),
    )
    return cells_of_rows(rows, file, crs, reading or Reading(), progress)


def cells_of_rows(
    rows: Rows, file: str, crs: str | None, reading: Reading, progress: Progress = silent
) -> Cells:
    """Cells of rows: what lies in `reading.area`, polygons by their share of ground in it.

    Polygons wider than `reading.coarse_m` are spread over 100 m cells by area, by floor area or by
    settlement, whatever else the table holds; where there is no building, no settlement or no cell's centre
    in one, it falls back to its area, then to its inner point, and the residents concerned are reported.
    Every polygon's total is kept. SettingError where residents are to follow buildings or settlements and
    no row is an area.
    """
    if not len(rows.residents):
        raise InputError("{file}: no row with residents and coordinates could be used.", file=file)
    metric = crs or metric_crs(*_middle(rows.lon, rows.lat))
    cells = Cells(
        rows.cell_id, rows.lon, rows.lat, rows.residents, rows.groups,
        findings=rows.findings, synthetic=rows.synthetic, source=np.arange(len(rows.residents)),
    )  # fmt: skip
    shapes = np.full(len(cells), None, object) if rows.shapes is None else rows.shapes
    areal = shapely.get_dimensions(shapes) == 2
    if not areal.any():
        require_areas(reading, file)
    shapes[areal] = shapely.transform(
        shapely.make_valid(shapes[areal]), lambda xy: project(xy[:, 0], xy[:, 1], metric)
    )
    most_m2 = max(min(reading.coarse_m**2, 63_500.0), _LEAST_SPREAD_M2)
    by_share = areal & ((shapely.area(shapes) > most_m2) | (not rows.are_cells))
    cells, shapes, areal = _cut(cells, shapes, (areal, by_share), metric, reading, file)
    if not reading.is_group:
        cells = replace(cells, findings=(*cells.findings, *counted_twice(cells, shapes, areal, file)))
    if not areal.any():
        return cells
    areas = np.where(areal, shapely.area(np.where(areal, shapes, shapely.Point(0, 0))), CELL_M**2)
    cells = replace(cells, area_m2=areas)
    large = np.flatnonzero(areal & (areas > most_m2))
    if not len(large):
        return cells if areal.all() else replace(cells, area_m2=areas)
    # The large polygons' residents at places; the small ones stay where they are.
    layers = _Layers(file, metric, reading, progress)
    places = _places(shapes[large], cells.residents[large], layers)
    share = spread(np.ones(len(large)), places)
    row = large[places.area]
    small = np.setdiff1d(np.arange(len(cells.residents)), large)
    lon, lat = unproject(places.xy, layers.crs)
    source = np.concatenate([small, row])
    part = np.concatenate([np.ones(len(small)), share])
    return replace(
        cells,
        cell_id=np.arange(1, len(source) + 1),
        lon=np.concatenate([cells.lon[small], lon]),
        lat=np.concatenate([cells.lat[small], lat]),
        residents=cells.residents[source] * part,
        groups={name: values[source] * part for name, values in cells.groups.items()},
        area_m2=_ground(cells, source, len(small)),
        findings=(*cells.findings, *layers.findings),
        source=None if cells.source is None else cells.source[source],
    )


def _middle(lon: Floats, lat: Floats) -> tuple[float, float]:
    return (float(lon.min()) + float(lon.max())) / 2, (float(lat.min()) + float(lat.max())) / 2


def require_areas(reading: Reading, file: str) -> None:
    """SettingError where an option asks for residents to be spread that have a place already."""
    if reading.by == "area":
        return
    option = "--buildings" if reading.by == "floor" else "--settled"
    path = reading.buildings if reading.by == "floor" else reading.mask
    raise SettingError(
        "{option} ({layer}) spreads the residents of large areas; those of {file} have their places already "
        "(points or pixels), so it would do nothing. Leave it out.",
        option=option,
        layer="" if path is None else path.name,
        file=file,
    )


def _cut(
    cells: Cells,
    shapes: Shapes,
    which: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    crs: str,
    reading: Reading,
    file: str,
) -> tuple[Cells, Shapes, NDArray[np.bool_]]:
    """What lies in the area; polygons that its rim cuts count by their share of ground inside, where
    `which` (areas, of them those that count by share) says so."""
    areal, by_share = which
    if reading.area is None:
        return cells, shapes, areal
    area = shapely.transform(
        shapely.segmentize(reading.area, 0.01), lambda xy: project(xy[:, 0], xy[:, 1], crs)
    )
    shapely.prepare(area)
    share = np.zeros(len(cells))
    points = project(cells.lon[~by_share], cells.lat[~by_share], crs)
    share[~by_share] = shapely.intersects_xy(area, points)
    share[by_share] = shapely.contains(area, shapes[by_share])
    on_rim = np.flatnonzero(by_share & (share == 0))
    on_rim = on_rim[shapely.intersects(area, shapes[on_rim])]
    inner = shapely.intersection(area, shapes[on_rim])
    share[on_rim] = shapely.area(inner) / shapely.area(shapes[on_rim])
    # Borders drawn twice, here and in the units, differ by rounding.
    whole = share[on_rim] > 1.0 - _ROUNDED
    share[on_rim[whole]] = 1.0
    on_rim, inner = on_rim[~whole], inner[~whole]
    shapes = shapes.copy()
    shapes[on_rim] = inner
    kept = share > 0
    if not kept.any():
        raise nobody_inside(file, _middle(cells.lon, cells.lat), reading.area)
    outside = float((cells.residents * (1.0 - share)).sum())
    lost = int((~kept).sum())
    findings = list(cells.findings)
    if lost and outside > 0:
        findings.append(outside_finding(file, float(cells.residents[~kept].sum()), lost))
    if len(on_rim):
        findings.append(_rim_finding(file, cells.residents[on_rim], share[on_rim]))
    inside_xy = shapely.get_coordinates(shapely.point_on_surface(inner))
    lon, lat = cells.lon.copy(), cells.lat.copy()
    if len(on_rim):
        lon[on_rim], lat[on_rim] = unproject(inside_xy, crs)
    scaled = replace(
        cells,
        lon=lon,
        lat=lat,
        residents=cells.residents * share,
        groups={name: values * share for name, values in cells.groups.items()},
        findings=tuple(findings),
    )
    return scaled.taken(kept), shapes[kept], areal[kept]


def _rim_finding(file: str, residents: Floats, share: Floats) -> Finding:
    message = text(
        "{areas:,} {areas:area is|areas are} cut by the rim of the study area: by their share of ground "
        "inside {inside:,.1f} of their residents count and {outside:,.1f} do not.",
        areas=len(residents),
        inside=float((residents * share).sum()),
        outside=float((residents * (1.0 - share)).sum()),
    )
    return Finding(file, "", 0, "", INFO, "population-border", message)


class _Layers:
    """What residents follow, opened once; `findings` grow with what had to be done otherwise."""

    def __init__(self, file: str, crs: str, reading: Reading, progress: Progress) -> None:
        self.file, self.crs, self.by = file, crs, reading.by
        self.progress = part(progress, 0.2, 1.0)
        progress(0.1, text("Reading what residents follow"))
        self.findings: list[Finding] = []
        self.water: Ground | None = (
            None if reading.water is None else read_ground(reading.water, crs, "water")
        )
        self.places = self._followed(reading)

    def _followed(self, reading: Reading) -> Callable[[np.ndarray], Places]:
        if reading.by == "floor" and reading.buildings is not None:
            buildings = read_buildings(reading.buildings, self.crs)
            self.findings.extend(buildings.findings)
            return lambda shapes: places_by_floor(shapes, buildings)
        if reading.by == "mask" and reading.mask is not None:
            mask = read_ground(reading.mask, self.crs)
            return lambda shapes: places_by_mask(shapes, mask, self.water, self.progress)
        return lambda shapes: places_by_area(shapes, self.water, self.progress)

    def fell_back(self, code: str, level: Level, message: Text) -> None:
        self.findings.append(Finding(self.file, "", 0, "", level, code, message))


def _ground(cells: Cells, source: Ints, small: int) -> Floats:
    """Small polygons stand for themselves, places for a cell, or less where the polygon is shared."""
    own = cells.area_m2 if cells.area_m2 is not None else np.full(len(cells.residents), CELL_M**2)
    places = np.bincount(source[small:], minlength=len(own))
    return np.concatenate(
        [own[source[:small]], np.minimum(own / np.maximum(places, 1), CELL_M**2)[source[small:]]]
    )


def _places(shapes: np.ndarray, residents: Floats, layers: _Layers) -> Places:
    """Places with weight for every polygon, whatever it takes; residents that took more are told."""
    n = len(shapes)
    places = layers.places(shapes)
    bare = places.without_weight(n)
    if len(bare):
        by_area = places_by_area(shapes[bare], layers.water)
        moved = Places(bare[by_area.area], by_area.xy, by_area.weight)
        spread_out = np.unique(moved.area)
        inner = np.setdiff1d(bare, spread_out)
        if len(spread_out) and layers.by != "area":
            layers.fell_back(
                "spread-by-area",
                WARNING,
                text(
                    "{polygons:,} areas with {residents:,.0f} residents hold no building or settlement; "
                    "their residents are spread evenly.",
                    polygons=len(spread_out),
                    residents=float(residents[spread_out].sum()),
                ),
            )
        if len(inner):
            layers.fell_back(
                "spread-to-point",
                INFO,
                text(
                    "{polygons:,} areas with {residents:,.0f} residents hold no centre of a 100 m cell on "
                    "dry ground; their residents count at one point inside.",
                    polygons=len(inner),
                    residents=float(residents[inner].sum()),
                ),
            )
        places = joined(places[places.weight > 0], moved)
    return joined(places, inner_places(shapes, places.without_weight(n)))
