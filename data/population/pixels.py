"""The part of a raster that a study needs, in strips so that its size does not matter: its populated
pixels, and an account of all that did not become one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from rasterio.features import rasterize
from rasterio.windows import Window

from core.errors import InputError
from core.progress import Progress, reporting, silent
from core.text import Listed, Text, listed, text
from coverage.model.tables import Bools, Floats, Ints
from data.intake.findings import INFO, WARNING, Finding, Level
from data.population.tables.numbers import NOBODY_ABOVE, without_sentinels
from geo.crs import WGS84

# Pixels read at once.
_STRIP_PIXELS: Final = 2_000_000
# Outlines are straight in degrees; in the raster's system they bend, so they get points this often.
_SEGMENT_DEGREES: Final = 0.01


def area_in_raster(area: shapely.Geometry, system: str) -> shapely.Geometry:
    """An area in WGS-84 degrees in a raster's own coordinates."""
    forward = Transformer.from_crs(WGS84, system, always_xy=True)
    dense = shapely.segmentize(area, _SEGMENT_DEGREES)
    return shapely.transform(dense, lambda xy: np.column_stack(forward.transform(*xy.T)))


def window_of(area: shapely.Geometry | None, raster: rasterio.DatasetReader) -> Window:
    """The pixels that an area (raster coordinates) touches, whole raster without one; maybe empty."""
    if area is None:
        return Window(0, 0, raster.width, raster.height)
    column, row = ~raster.transform @ shapely.get_coordinates(area).T
    west, north = max(int(np.floor(column.min())), 0), max(int(np.floor(row.min())), 0)
    east = min(int(np.ceil(column.max())), raster.width)
    south = min(int(np.ceil(row.max())), raster.height)
    return Window(west, north, max(east - west, 0), max(south - north, 0))


# Many times the largest city; more is a nation, and needs memory for one.
_MOST_PIXELS: Final = 20_000_000
# A province of 1,000 km a side at 30 m; to look through more of them for residents takes minutes.
_MOST_LOOKED_AT: Final = 1_000_000_000


@dataclass
class Tally:
    """Pixels of the study that hold nobody although a number stands there, by that number, or none does."""

    negative: Counter[float] = field(default_factory=Counter)
    undeclared: Counter[float] = field(default_factory=Counter)
    nodata: int = 0


@dataclass(frozen=True)
class Pixels:
    """Pixels with a positive number in a band: global `row` and `column`, `values` band → (n,).

    `inside` by the centre, `edge` where the area's outline runs through; pixels that are neither
    are not here.
    """

    row: Ints
    column: Ints
    values: Sequence[Floats]
    inside: Bools
    edge: Bools


def read_pixels(
    raster: rasterio.DatasetReader,
    bands: Sequence[int],
    window: Window,
    area: shapely.Geometry | None,
    progress: Progress = silent,
) -> tuple[Pixels, Tally]:
    """Pixels of `bands` where any of them is positive; in `area` (raster coordinates) if given."""
    if window.width * window.height > _MOST_LOOKED_AT:
        raise InputError(
            "{file}: the population raster has {columns:,} × {rows:,} pixels to be read. Please give the "
            "units of the study or its area, so that only their ground is read.",
            file=Path(raster.name).name,
            columns=int(window.width),
            rows=int(window.height),
        )
    tally, found = Tally(), 0
    parts: list[tuple[NDArray[np.generic], ...]] = []
    pieces, doing = list(_strips(window, raster)), text("Reading the population raster")
    for strip in reporting(pieces, progress, doing, count=len(pieces)):
        shape = (int(strip.height), int(strip.width))
        inside, edge = np.ones(shape, bool), np.zeros(shape, bool)
        if area is not None:
            transform = raster.window_transform(strip)
            inside = _burnt(area, shape, transform, touched=False)
            edge = _burnt(shapely.boundary(area), shape, transform, touched=True)
        if not (inside | edge).any():
            continue
        values = [
            _numbers(raster, band, strip, inside, tally if band == bands[0] else Tally()) for band in bands
        ]
        row, column = np.nonzero(np.any([numbers > 0 for numbers in values], axis=0) & (inside | edge))
        kept = np.stack([numbers[row, column] for numbers in values])
        found += len(row)
        if found > _MOST_PIXELS:
            raise InputError(
                "The population raster has more than {count:,} populated cells in the area. Please give the "
                "units of the study, so that only their ground is read.",
                count=_MOST_PIXELS,
            )
        place = (row + int(strip.row_off), column + int(strip.col_off))
        parts.append((*place, kept, inside[row, column], edge[row, column]))
    whole, flags = np.empty(0, np.int64), np.empty(0, bool)
    empty = (whole, whole, np.empty((len(bands), 0)), flags, flags)
    joined = [np.concatenate([part[k] for part in [empty, *parts]], axis=-1) for k in range(5)]
    row, column, numbers, inside, edge = joined
    return Pixels(row, column, list(numbers), inside, edge), tally


def _strips(window: Window, raster: rasterio.DatasetReader) -> Iterator[Window]:
    """`window` cut along the file's own blocks into pieces of bounded size, top first."""
    if window.width <= 0:
        return
    block = raster.block_shapes[0][0]
    rows = max(_STRIP_PIXELS // int(window.width) // block, 1) * block
    rows = min(rows, max(_STRIP_PIXELS // int(window.width), 1)) if block > raster.height // 2 else rows
    start, end = int(window.row_off), int(window.row_off + window.height)
    while start < end:
        stop = min((start // rows + 1) * rows, end)
        yield Window(window.col_off, start, window.width, stop - start)
        start = stop


def _burnt(
    geometry: shapely.Geometry, shape: tuple[int, int], transform: rasterio.Affine, *, touched: bool
) -> NDArray[np.bool_]:
    if shapely.is_empty(geometry):
        return np.zeros(shape, bool)
    burnt: NDArray[np.bool_] = rasterize(
        [geometry], out_shape=shape, transform=transform, all_touched=touched, dtype="uint8"
    ).astype(bool)
    return burnt


def _numbers(
    raster: rasterio.DatasetReader, band: int, window: Window, inside: Bools, tally: Tally
) -> Floats:
    """A band's numbers, its scale and offset applied; 0 where it has none, or none that can be meant.

    Only then are they judged: a raw number below zero may well be people.
    """
    raw = raster.read(band, window=window, masked=True)
    missing = np.ma.getmaskarray(raw)
    values = raw.data.astype(np.float64)
    missing |= ~np.isfinite(values)
    scaled = values * raster.scales[band - 1] + raster.offsets[band - 1]
    # The largest whole number a pixel can hold is often an undeclared “no data”; 255 may be people.
    whole = raw.dtype.kind in "iu" and raw.dtype.itemsize > 1
    most = float(np.iinfo(raw.dtype.name).max) if whole else np.inf
    top = (scaled >= NOBODY_ABOVE) | (values == most)
    negative = (scaled < 0) & ~top
    tally.nodata += int((missing & inside).sum())
    for found, counted in ((top, tally.undeclared), (negative, tally.negative)):
        numbers, pixels = np.unique(values[found & ~missing & inside], return_counts=True)
        counted.update(dict(zip(numbers.tolist(), pixels.tolist(), strict=True)))
    return np.where(missing | top | negative, 0.0, scaled)


def without_signs(
    pixels: Pixels, raster: rasterio.DatasetReader, order: Sequence[int], tally: Tally
) -> Pixels:
    """Numbers that stand for “no data” made 0, and counted in `tally` for the band of residents."""
    values = []
    for place, (band, numbers) in enumerate(zip(order, pixels.values, strict=True)):
        scale, offset = raster.scales[band - 1], raster.offsets[band - 1]
        raw = None if (scale, offset) == (1.0, 0.0) else (numbers - offset) / (scale or 1.0)
        there = numbers > 0
        bad = np.zeros(len(numbers), bool)
        bad[there], signs = without_sentinels(numbers[there], None if raw is None else raw[there])
        values.append(np.where(bad, 0.0, numbers))
        if place == 0:
            for sign in signs:
                tally.undeclared[sign.value] += sign.cells
    someone = np.any([numbers > 0 for numbers in values], axis=0)
    return Pixels(
        pixels.row[someone], pixels.column[someone], [numbers[someone] for numbers in values],
        pixels.inside[someone], pixels.edge[someone],
    )  # fmt: skip


def pixel_areas(transform: rasterio.Affine, row: Ints, column: Ints, to_degrees: Transformer) -> Floats:
    """True areas: one polygon a raster row is measured, at the middle column, and used for its row."""
    geod = Geod(ellps="WGS84")
    middle = float(np.median(column)) if len(column) else 0.0
    numbers, of_pixel = np.unique(row, return_inverse=True)
    areas = np.empty(len(numbers))
    for place, number in enumerate(numbers):
        corners = [(middle, number), (middle + 1, number), (middle + 1, number + 1), (middle, number + 1)]
        x, y = zip(*(transform @ corner for corner in corners), strict=True)
        lon, lat = to_degrees.transform(x, y)
        areas[place] = abs(geod.polygon_area_perimeter(lon, lat)[0])
    return np.asarray(areas[of_pixel], float)


def account(file: str, pixels: Pixels, residents: Floats, tally: Tally, area_m2: Floats) -> list[Finding]:
    """What did not become a resident of the study, to the resident."""
    counted = float(residents[pixels.edge & pixels.inside].sum())
    left_out = float(residents[pixels.edge & ~pixels.inside].sum())
    remarks: list[tuple[bool, Level, str, Text]] = [
        (
            bool(pixels.edge.any()),
            INFO,
            "population-border",
            text(
                "{pixels:,} {pixels:pixel lies|pixels lie} on the border of the area. By their centres "
                "{counted:,.1f} of their residents count and {left_out:,.1f} do not.",
                pixels=int(pixels.edge.sum()),
                counted=counted,
                left_out=left_out,
            ),
        ),
        (
            tally.nodata > 0,
            INFO,
            "population-nodata",
            text(
                "{pixels:,} {pixels:pixel|pixels} of the area (about {km2:,.1f} km²) have no number; "
                "nobody is counted there.",
                pixels=tally.nodata,
                km2=tally.nodata * float(area_m2.mean()) / 1e6,
            ),
        ),
        (
            bool(tally.negative),
            WARNING,
            "population-negative",
            text(
                "{pixels:,} {pixels:pixel holds|pixels hold} a negative number ({numbers}); nobody is "
                "counted there.",
                pixels=sum(tally.negative.values()),
                numbers=_in_words(tally.negative),
            ),
        ),
        (
            bool(tally.undeclared),
            WARNING,
            "population-undeclared-nodata",
            text(
                "{pixels:,} {pixels:pixel holds|pixels hold} a number that stands for “no data” although "
                "the file does not say so ({numbers}); nobody is counted there.",
                pixels=sum(tally.undeclared.values()),
                numbers=_in_words(tally.undeclared),
            ),
        ),
    ]
    return [Finding(file, "", 0, "", level, code, message) for said, level, code, message in remarks if said]


def _in_words(found: Counter[float]) -> Listed:
    """The numbers with how many pixels hold each, the commonest first."""
    return listed((f"{value:.10g} × {pixels:,}" for value, pixels in found.most_common()), most=5)
