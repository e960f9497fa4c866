"""Populated pixels of a raster window, and an account of all that did not become one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.windows import Window

from core.errors import InputError
from core.progress import Progress, reporting, silent
from core.text import text
from coverage.model.tables import Bools, Floats, Ints
from data.population.numbers import NOBODY_ABOVE
from data.population.raster_window import inside_and_edge, strips

# Many times the largest city; more is a nation, and needs memory for one.
_MOST_PIXELS: Final = 20_000_000


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
    tally = Tally()
    parts = list(_parts(raster, bands, (window, area), tally, progress))
    empty = (
        np.empty(0, np.int64),
        np.empty(0, np.int64),
        np.empty((len(bands), 0)),
        *[np.empty(0, bool)] * 2,
    )
    row, column, values, inside, edge = (
        np.concatenate([part[k] for part in [empty, *parts]], axis=-1) for k in range(5)
    )
    return Pixels(row, column, list(values), inside, edge), tally


def _parts(
    raster: rasterio.DatasetReader,
    bands: Sequence[int],
    where: tuple[Window, shapely.Geometry | None],
    tally: Tally,
    progress: Progress,
) -> Iterator[tuple[NDArray[np.generic], ...]]:
    found, (window, area) = 0, where
    pieces, doing = list(strips(window, raster)), text("Reading the population raster")
    for strip in reporting(pieces, progress, doing, count=len(pieces)):
        shape = (int(strip.height), int(strip.width))
        inside, edge = np.ones(shape, bool), np.zeros(shape, bool)
        if area is not None:
            inside, edge = inside_and_edge(area, strip, raster)
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
        yield (*place, kept, inside[row, column], edge[row, column])


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
    top = (scaled >= NOBODY_ABOVE) | (values == _dtype_top(raw.dtype))
    negative = (scaled < 0) & ~top
    tally.nodata += int((missing & inside).sum())
    for found, counted in ((top, tally.undeclared), (negative, tally.negative)):
        numbers, pixels = np.unique(values[found & ~missing & inside], return_counts=True)
        counted.update(dict(zip(numbers.tolist(), pixels.tolist(), strict=True)))
    return np.where(missing | top | negative, 0.0, scaled)


def _dtype_top(dtype: np.dtype[np.generic]) -> float:
    """The largest whole number a pixel can hold, often an undeclared “no data”; 255 may be people."""
    return float(np.iinfo(dtype.name).max) if dtype.kind in "iu" and dtype.itemsize > 1 else np.inf


@dataclass(frozen=True)
class Border:
    """Residents of pixels that the area's outline cuts: counted whole, or not at all."""

    counted: float = 0.0
    left_out: float = 0.0
    pixels: int = field(default=0)


def at_border(pixels: Pixels, residents: Floats) -> Border:
    """What the rule of the centre makes of pixels on the border."""
    counted = float(residents[pixels.edge & pixels.inside].sum())
    left_out = float(residents[pixels.edge & ~pixels.inside].sum())
    return Border(counted, left_out, int(pixels.edge.sum()))
