"""The local streets of a zone: a warped brick grid with gaps, cut to the zone and the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from data.demo.shapes import Points, Warp, inside, turned
from data.demo.strokes import Strokes, strokes_of
from data.demo.zones import Weave

Floats = NDArray[np.float64]


def weave_streets(
    polygon: shapely.Geometry, weave: Weave, *, warp: Warp | None, rng: np.random.Generator
) -> Strokes:
    """Streets of one zone, all within `polygon`; without a `warp` they stay straight.

    Rows run along the zone's angle; between two rows stand the columns, shifted from strip to
    strip by `brick`, so that most junctions are T-shaped. Both meet in exactly equal vertices.
    """
    width, depth = weave.block_m
    west, south, east, north = polygon.bounds
    half = np.hypot(east - west, north - south) / 2
    columns = _column_places(int(2 * half / width), int(2 * half / depth), weave, rng)
    rows = np.arange(columns.shape[0] + 1) * depth - half
    along = _row_segments(columns * width - half, rows, weave, rng)
    across = _column_segments(columns * width - half, rows, weave, rng)
    ends = np.concatenate([along.ends, across.ends])
    run = np.r_[along.run, across.run + (along.run.max() + 1)]
    line = np.r_[along.line, across.line + (along.line.max() + 1)]
    artery = np.r_[along.artery, across.artery]
    centre = np.array([(west + east) / 2, (south + north) / 2])
    placed = turned(ends.reshape(-1, 2), weave.angle_deg) + centre
    placed = warp(placed, weave.warp_m) if warp else placed
    ok = inside(polygon, placed[::2]) & inside(polygon, placed[1::2])
    rank = np.where(artery, 1, 4 if weave.paths else 2).astype(np.int8)
    way = np.where(artery, line, -1)
    return strokes_of(placed.reshape(-1, 2, 2)[ok], rank[ok], _split(run, ok), way[ok])


@dataclass(frozen=True)
class _Segments:
    """Straight pieces (n, 2, 2) in run order; `line` is the grid line each lies on."""

    ends: Floats
    run: NDArray[np.int64]
    line: NDArray[np.int64]
    artery: NDArray[np.bool_]


def _column_places(n: int, strips: int, weave: Weave, rng: np.random.Generator) -> Floats:
    """(strips, n): where the columns of each strip stand, in block widths, ascending; arteries fixed."""
    shift = weave.brick * rng.uniform(-0.5, 0.5, (strips, 1))
    jitter = weave.brick * rng.uniform(-0.16, 0.16, (strips, n))
    places = np.arange(n) + shift * 0.62 + jitter
    places[:, :: weave.arteries] = np.arange(n)[:: weave.arteries]
    return places


def _row_segments(columns: Floats, rows: Floats, weave: Weave, rng: np.random.Generator) -> _Segments:
    below = np.vstack([columns[:1], columns])
    above = np.vstack([columns, columns[-1:]])
    u = np.sort(np.hstack([below, above]), axis=1)
    v = np.repeat(rows[:, None], u.shape[1], axis=1)
    xy = np.stack([u, v], axis=2)
    ends = np.stack([xy[:, :-1], xy[:, 1:]], axis=2)
    line = np.repeat(np.arange(len(rows))[:, None], u.shape[1] - 1, axis=1)
    artery = line % weave.arteries == 0
    on_artery = np.isin(u, columns[0, :: weave.arteries])
    gated = on_artery[:, :-1] | on_artery[:, 1:]
    real = (u[:, 1:] - u[:, :-1]) > 1e-9
    keep = np.asarray(real & (artery | _exists(gated, weave, rng)))
    # Equal neighbours (crossroads) leave empty segments: they must not break the run.
    run = _split(line.ravel(), (keep | ~real).ravel(), whole=True)
    kept = keep.ravel()
    return _Segments(ends.reshape(-1, 2, 2)[kept], run[kept], line.ravel()[kept], artery.ravel()[kept])


def _column_segments(columns: Floats, rows: Floats, weave: Weave, rng: np.random.Generator) -> _Segments:
    u = columns.T
    n, strips = u.shape
    foot = np.stack([u, np.broadcast_to(rows[:-1], u.shape)], axis=2)
    head = np.stack([u, np.broadcast_to(rows[1:], u.shape)], axis=2)
    ends = np.stack([foot, head], axis=2)
    line = np.repeat(np.arange(n)[:, None], strips, axis=1)
    artery = line % weave.arteries == 0
    strip = np.broadcast_to(np.arange(strips), (n, strips))
    gated = (strip % weave.arteries == 0) | ((strip + 1) % weave.arteries == 0)
    keep = (artery | _exists(gated, weave, rng)).ravel()
    # A local column of a staggered grid ends at the row above: every strip is a line of its own.
    number = line if weave.brick == 0 else np.where(artery, line, n + line * strips + strip)
    run = _split(number.ravel(), keep, whole=True)
    return _Segments(ends.reshape(-1, 2, 2)[keep], run[keep], line.ravel()[keep], artery.ravel()[keep])


def _exists(gated: NDArray[np.bool_], weave: Weave, rng: np.random.Generator) -> NDArray[np.bool_]:
    return rng.random(gated.shape) < np.where(gated, weave.gate, weave.keep)


def _split(run: NDArray[np.int64], keep: NDArray[np.bool_], *, whole: bool = False) -> NDArray[np.int64]:
    """New run numbers so that a run ends where a segment is missing; of the kept ones, or `whole`."""
    starts = np.r_[True, (run[1:] != run[:-1]) | ~keep[:-1]]
    number = np.cumsum(starts).astype(np.int64)
    return number if whole else number[keep]


def samples_along(lines: NDArray[np.object_], step_m: float) -> tuple[Points, NDArray[np.int64]]:
    """Points about every `step_m` along each line, and the line each belongs to."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    same = owner[1:] == owner[:-1]
    start, end, line = xy[:-1][same], xy[1:][same], owner[:-1][same]
    n = np.maximum(1, np.round(np.hypot(*(end - start).T) / step_m)).astype(int)
    segment = np.repeat(np.arange(len(n)), n)
    t = (np.arange(len(segment)) - np.repeat(np.cumsum(n) - n, n) + 0.5) / n[segment]
    return start[segment] + t[:, None] * (end - start)[segment], line[segment]
