"""The local streets of a zone: a warped brick grid with gaps, cut to the zone and the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Delaunay, cKDTree

from data.demo.shapes import Field, Points, Strokes, Warp, blob, inside, join, plain, strokes_of, turned
from data.demo.terrain import SIZE_M, Terrain
from data.demo.zones import Weave, Zone

Floats = NDArray[np.float64]
LANE: Final = 3
TRACK: Final = 5
_SPACING_M: Final = 685.0
_LONGEST_LANE_M: Final = 2_600.0
_BEND_M: Final = 13.0


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
    shift = weave.brick * rng.uniform(-0.5, 0.5, (int(2 * half / depth), 1))
    jitter = weave.brick * rng.uniform(-0.16, 0.16, (int(2 * half / depth), int(2 * half / width)))
    places = np.arange(int(2 * half / width)) + shift * 0.62 + jitter
    places[:, :: weave.arteries] = np.arange(int(2 * half / width))[:: weave.arteries]
    columns = places
    rows = np.arange(columns.shape[0] + 1) * depth - half
    along = _row_segments(columns * width - half, rows, weave, rng)
    u = (columns * width - half).T
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
    across = _Segments(ends.reshape(-1, 2, 2)[keep], run[keep], line.ravel()[keep], artery.ravel()[keep])
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


def village_streets(terrain: Terrain, zones: tuple[Zone, ...], rng: np.random.Generator) -> Strokes:
    """Hamlet lanes and country roads."""
    town = shapely.union_all([zone.polygon for zone in zones])
    x, y = np.meshgrid(np.arange(0, SIZE_M[0], _SPACING_M), np.arange(0, SIZE_M[1], _SPACING_M))
    xy = np.column_stack([x.ravel(), y.ravel()])
    xy = xy + rng.uniform(-0.42, 0.42, xy.shape) * _SPACING_M
    soil = Field(rng, wavelength_m=6_000)(xy)
    chosen = rng.random(len(xy)) < 0.80 + 0.14 * soil
    apart = inside(terrain.outline.buffer(-180), xy) & ~inside(town.buffer(160), xy)
    dry = ~inside(terrain.forbidden.buffer(150), xy)
    sites = xy[chosen & apart & dry]
    warp = Warp(rng, wavelength_m=420)
    hamlets = [_hamlet(site, rng) for site in sites]
    lanes = join(hamlets)
    bent = shapely.transform(lanes.lines, lambda xy: warp(xy, _BEND_M))
    vertices = [
        warp(np.asarray(shapely.get_coordinates(hamlet.lines)) if len(hamlet) else site[None], _BEND_M)
        for hamlet, site in zip(hamlets, sites, strict=True)
    ]
    # Roads between neighbouring hamlets and into the towns, from lane end to lane end.
    rims = [part.buffer(-90).exterior for part in shapely.get_parts(town) if not part.buffer(-90).is_empty]
    gates = np.vstack([shapely.get_coordinates(shapely.segmentize(rim.simplify(60), 650)) for rim in rims])
    tree = [cKDTree(of_hamlet) for of_hamlet in vertices]
    everywhere = np.vstack([sites, gates])
    roads = []
    # Gabriel pairs of places, at least one of them a hamlet, the hamlet first.
    edges = np.vstack([Delaunay(everywhere).simplices[:, pair] for pair in ((0, 1), (1, 2), (2, 0))])
    edges = np.unique(np.sort(edges, axis=1), axis=0)
    length_m = np.hypot(*(everywhere[edges[:, 0]] - everywhere[edges[:, 1]]).T)
    middle = everywhere[edges].mean(axis=1)
    clear = cKDTree(everywhere).query(middle)[0] >= length_m / 2 - 1e-6
    kept = edges[clear & (length_m < _LONGEST_LANE_M) & (edges[:, 0] < len(sites))]
    for a, b in [(int(a), int(b)) for a, b in kept]:
        start = _nearest(tree, sites, a, everywhere[b])
        end = _nearest(tree, sites, b, everywhere[a]) if b < len(sites) else everywhere[b]
        roads.append(_winding(start, end, rng))
    return join([plain(bent, LANE), _on_free_land(roads, terrain)])


def _hamlet(site: Points, rng: np.random.Generator) -> Strokes:
    """A few rows of lanes, longer than deep; about 10 to 60 junctions."""
    size = rng.lognormal(0, 0.26)
    width, depth, angle = rng.uniform((42, 38, 0), (66, 54, 180))
    weave = Weave((width, depth), 3, 0.95, 0, 0.78, 0.88, angle)
    radii_km = (0.185 * size * rng.uniform(0.85, 1.7), 0.098 * size)
    shape = blob((0, 0), radii_km, angle_deg=angle, wobble=0.11, rng=rng)
    ground = shapely.transform(shape, lambda xy: xy + site)
    return plain(weave_streets(ground, weave, warp=None, rng=rng).lines, LANE)


def _nearest(tree: list[cKDTree], sites: Points, hamlet: int, to: Points) -> Points:
    # Towards the other place, but not from its farthest corner: half-way keeps the lanes short.
    aim = sites[hamlet] + np.clip(180 / (np.hypot(*(to - sites[hamlet])) + 1e-9), 0, 1) * (to - sites[hamlet])
    return np.asarray(tree[hamlet].data[tree[hamlet].query(aim)[1]])


def _winding(start: Points, end: Points, rng: np.random.Generator) -> Points:
    """A road with a few gentle bends; its ends are exact."""
    length_m = float(np.hypot(*(end - start)))
    n = max(2, int(length_m / 110) + 1)
    t = np.linspace(0, 1, n)
    phase, turns = rng.uniform(0, np.pi), rng.uniform(1.0, 2.4)
    bend = np.sin(np.pi * t) * np.sin(np.pi * turns * t + phase) * rng.uniform(0.03, 0.11) * length_m
    ahead = (end - start) / max(length_m, 1e-9)
    xy = start + t[:, None] * (end - start) + bend[:, None] * np.array([-ahead[1], ahead[0]])
    xy[0], xy[-1] = start, end
    return np.asarray(xy)


def _on_free_land(roads: list[Points], terrain: Terrain) -> Strokes:
    """Whole roads or nothing: one that would touch water or a hill is not built."""
    lines = np.array([shapely.LineString(road) for road in roads], dtype=object)
    free = np.ones(len(lines), bool)
    for ground in (terrain.wet.buffer(10), terrain.green.buffer(6)):
        shapely.prepare(ground)
        free &= ~shapely.intersects(ground, lines)
    shapely.prepare(terrain.outline)
    free &= shapely.covers(terrain.outline, lines)
    return plain(lines[free], TRACK)
