"""Ways as a file holds them, before they are a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from core.text import Text, text
from data.formats.inputs_read import InputRead
from data.intake.findings import Finding
from geo.csr_ranges import ranges

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = NDArray[np.object_]

NOT_WALKED: Final = text("Left out is what has no line or may not be walked.")


def _no_shapes() -> Shapes:
    return np.empty(0, object)


@dataclass(frozen=True)
class RawStreets:
    """Ways over numbered vertices in the CRS `crs`, and shapes for the basemap in the same.

    Way w runs through `way_vertices[way_start[w]:way_start[w + 1]]`, rows of `xy` (n, 2). Where
    `shared` is set, ways meet only at equal vertex numbers; without it the numbers mean nothing
    and vertices in the same place are one, unless ways of different `way_layer` (0 on the ground,
    above it positive) run through there and none of them ends: a bridge over a street.

    `obstacles` are lines that nobody walks straight across, beside the water. `findings` are for
    every reader, `remarks` name the places behind them; `read` is what was chosen in the file;
    `closed` how many streets it has that may not be walked.
    """

    xy: Floats
    way_vertices: Ints
    way_start: Ints
    way_class: NDArray[np.int8]
    crs: str
    shared: bool = True
    water: Shapes = field(default_factory=_no_shapes)
    green: Shapes = field(default_factory=_no_shapes)
    obstacles: Shapes = field(default_factory=_no_shapes)
    findings: tuple[Text, ...] = ()
    remarks: tuple[Finding, ...] = ()
    read: tuple[InputRead, ...] = ()
    way_layer: NDArray[np.int64] | None = None
    closed: int = 0


def used_bounds(raw: RawStreets) -> tuple[float, float, float, float]:
    """Least and greatest coordinates of the vertices that ways use."""
    used = raw.xy[raw.way_vertices]
    (west, south), (east, north) = used.min(axis=0), used.max(axis=0)
    return float(west), float(south), float(east), float(north)


def numbered_by_place(places: Ints, way_start: Ints, way_layer: Ints) -> Ints:
    """Numbers of vertices (of ways, one after the other) that are one: by place and layer.

    A way above or below the ground joins others only where it ends itself, or where a single street of the
    ground ends on it (stairs) and there is no other.
    """
    n = int(places.max(initial=-1)) + 1
    end = np.zeros(len(places), bool)
    end[way_start[:-1]] = end[way_start[1:] - 1] = True
    layer = np.repeat(way_layer, np.diff(way_start))
    on_ground = layer == 0
    arms = np.where(end, 1, 2)
    ground = np.bincount(places[on_ground], weights=arms[on_ground], minlength=n)
    any_end = np.bincount(places[end], minlength=n) > 0
    groups, group = np.unique(np.column_stack([places, layer]), axis=0, return_inverse=True)
    group = group.ravel()
    ends_itself = np.bincount(group[end], minlength=len(groups))[group] > 0
    joins = on_ground | ends_itself | (ground[places] == 1) | ((ground[places] == 0) & any_end[places])
    _, numbers = np.unique(np.column_stack([places, np.where(joins, 0, layer)]), axis=0, return_inverse=True)
    return numbers.ravel().astype(np.int64)


def parted_at(
    closed: Ints, xy: Floats, way_vertices: Ints, way_start: Ints
) -> tuple[Floats, Ints, Ints, Ints, int]:
    """Ways parted at the vertices `closed`, where nobody gets through: each part ends there on its own.

    Returns `xy` with more vertices at its end, `way_vertices`, `way_start`, for each new way the number
    of its old one, and how many of the vertices lie on a way.
    """
    shut = np.zeros(len(xy), bool)
    shut[closed] = True
    at = shut[way_vertices]
    if not at.any():
        return xy, way_vertices, way_start, np.arange(len(way_start) - 1), 0
    ends = np.zeros(len(way_vertices), bool)
    ends[way_start[:-1]] = ends[way_start[1:] - 1] = True
    inner = at & ~ends
    twice = 1 + inner.astype(np.int64)  # a vertex inside a way ends one part and begins the next
    vertices, is_shut = np.repeat(way_vertices, twice), np.repeat(at, twice)
    numbered = np.arange(len(xy), len(xy) + int(is_shut.sum()))
    places = xy[vertices[is_shut]]
    vertices[is_shut] = numbered
    first = np.cumsum(twice) - twice  # where each old position now is
    cuts = first[inner] + 1
    start = np.sort(np.concatenate([np.append(first, len(vertices))[way_start], cuts]))
    way = np.searchsorted(np.append(first, len(vertices))[way_start], start[:-1], side="right") - 1
    gates = len(np.unique(way_vertices[at]))
    return np.concatenate([xy, places]), vertices, start, way, gates


def keep_within(
    xy: Floats, way_vertices: Ints, way_start: Ints, area: shapely.Geometry
) -> tuple[Ints, Ints, Ints]:
    """Cut ways to the segments that touch `area` (same CRS as `xy`).

    Returns the new `way_vertices`, `way_start` and, for each new way, the number of its old one.
    """
    shapely.prepare(area)
    inside = shapely.contains_xy(area, xy)[way_vertices]
    way = np.repeat(np.arange(len(way_start) - 1), np.diff(way_start))
    same = way[1:] == way[:-1]
    touches = same & (inside[1:] | inside[:-1])
    doubtful = np.flatnonzero(same & ~touches)
    pairs = np.stack([xy[way_vertices[doubtful]], xy[way_vertices[doubtful + 1]]], axis=1)
    touches[doubtful] = shapely.intersects(area, shapely.linestrings(pairs))
    padded = np.concatenate([[False], touches, [False]])
    first = np.flatnonzero(~padded[:-1] & padded[1:])
    last = np.flatnonzero(padded[:-1] & ~padded[1:])
    # A run of touching segments may pass from one way into the next only where `same` is false.
    count = last - first + 1
    start = np.concatenate([[0], np.cumsum(count)])
    return way_vertices[ranges(first, count)], start, way[first]
