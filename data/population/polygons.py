"""Residents of map layers: points as they are, polygons at their inner point or spread over places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from core.errors import InputError
from core.progress import Progress, part, silent
from core.text import Text, text
from coverage.measuring.redistribute import Places, joined, spread
from coverage.model.tables import Floats, Ints
from data.intake.findings import INFO, WARNING, Finding, Level
from data.population.buildings import read_buildings
from data.population.cells import Cells
from data.population.ground import CELL_M, Ground, read_ground
from data.population.places import inner_places, places_by_area, places_by_floor, places_by_mask
from data.population.reading import Reading
from data.population.tables import table_cells
from geo.crs import WGS84, metric_crs, unproject

# Polygons up to 250 m square (grid cells, hexagons, blocks) count at their inner point; a projection
# may make a square of 250 m a little larger.
_SMALL_M2: Final = 63_500.0


def polygon_cells(
    frame: gpd.GeoDataFrame,
    file: str,
    crs: str | None,
    reading: Reading | None = None,
    progress: Progress = silent,
) -> Cells:
    """Cells of a map layer with residents.

    Large polygons are spread over 100 m cells by area, by floor area or by settlement; where there
    is no building, no settlement or no cell's centre in one, it falls back to its area, then to its
    inner point, and the residents concerned are told. Every polygon's total is kept. A layer
    without CRS is taken as WGS-84.
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
    shapes = metric.geometry.to_numpy()[cells.source]
    areas = shapely.area(shapes)
    if not len(areas) or not (areas > 0).all():
        return cells
    large = np.flatnonzero(areas > _SMALL_M2)
    if not len(large):
        return replace(cells, area_m2=areas)
    layers = _Layers(file, str(metric.crs), reading or Reading(), progress)
    return _spread(replace(cells, area_m2=areas), large, shapes, layers)


def _one_position(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The layer's own coordinate columns would shadow the shapes' positions."""
    extra = [c for c in table.columns if str(c).casefold() in ("lng", "longitude", "latitude", "x", "y")]
    return table.drop(columns=[*extra, *(c for c in ("经度", "纬度", "东经", "北纬") if c in table)])


class _Layers:
    """What residents follow, opened once; `findings` grow with what had to be done otherwise."""

    def __init__(self, file: str, crs: str, reading: Reading, progress: Progress) -> None:
        self.file, self.crs, self.by = file, crs, reading.by
        self.progress = part(progress, 0.2, 1.0)
        progress(0.1, text("Reading what residents follow"))
        self.findings: list[Finding] = []
        self.water: Ground | None = _opened(reading.water, lambda path: read_ground(path, crs))
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


def _opened(path: Path | None, opener: Callable[[Path], Ground]) -> Ground | None:
    return None if path is None else opener(path)


def _spread(cells: Cells, large: Ints, shapes: np.ndarray, layers: _Layers) -> Cells:
    """The large polygons' residents at places; the small ones stay where they are."""
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
        _tell_bare(bare, moved, residents, layers)
        places = joined(places[places.weight > 0], moved)
    return joined(places, inner_places(shapes, places.without_weight(n)))


def _tell_bare(bare: Ints, moved: Places, residents: Floats, layers: _Layers) -> None:
    spread_out = np.unique(moved.area)
    inner = np.setdiff1d(bare, spread_out)
    if len(spread_out) and layers.by != "area":
        layers.fell_back(
            "spread-by-area",
            WARNING,
            text(
                "{polygons:,} areas with {residents:,.0f} residents hold no building or settlement; their "
                "residents are spread evenly.",
                polygons=len(spread_out),
                residents=float(residents[spread_out].sum()),
            ),
        )
    if len(inner):
        layers.fell_back(
            "spread-to-point",
            INFO,
            text(
                "{polygons:,} areas with {residents:,.0f} residents hold no centre of a 100 m cell on dry "
                "ground; their residents count at one point inside.",
                polygons=len(inner),
                residents=float(residents[inner].sum()),
            ),
        )
