"""The main roads: radials from the old town, rings, shore roads and the few bridges; and from strokes to a
street layer: crossings become shared vertices, loose ends go, names come.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from data.demo.names import road_names
from data.demo.shapes import Points, Strokes, Warp, closed_curve, curve, inside, join, strokes_of
from data.demo.terrain import RIVER, Terrain
from data.demo.zones import Zone

CLASSES: Final = ("primary", "secondary", "residential", "living_street", "path", "unclassified")
# Vertices lie on this grid: those nearer than about half a metre become one.
_GRID_M: Final = 0.5
_LOOSE_END_M: Final = 42.0
_BESIDE_M: Final = 27.0
PRIMARY: Final = 0
SECONDARY: Final = 1
COUNTRY: Final = 5
_STEP_M: Final = 70.0
_SHORE_M: Final = 55.0
_FOOTHILL_M: Final = 70.0

# Waypoints in km. The first three cross the river; nothing else does.
_CROSSING: Final = (
    ((15.2, 13.4), (15.3, 15.4), (15.5, 16.9), (15.2, 18.4), (14.8, 20.2), (14.4, 23), (13.4, 26.3),
        (13, 31)),
    ((9.6, 13.3), (8.9, 14.8), (8.4, 16.4), (8.5, 18.6), (8.3, 20.4), (9.3, 24.4), (9.2, 31)),
    ((25.4, 12.1), (26, 14.8), (26.5, 17), (26.3, 21.2), (25.6, 24.2), (24.6, 26.6), (24.5, 31)),
)  # fmt: skip
_LAND: Final = (
    ((15.2, 13.4), (15.3, 11), (15.9, 8.6), (17.1, 5.4), (18, 1.5), (18.2, -1)),
    ((15.2, 13.4), (12.3, 13.35), (9.6, 13.3), (7.2, 14.3), (3, 14.7), (-1, 14.4)),
    ((15.2, 13.4), (17.4, 13.3), (18.8, 13.25), (21.2, 13.35), (23.4, 12.8), (25.4, 12.1), (30.2, 11.6),
     (31.5, 13.0), (36, 13.4)),
    ((13.6, 12.1), (11.4, 10.5), (8.9, 8.9), (6.2, 7), (4, 5.6), (0, 2)),
    ((16.7, 12), (18.3, 9.5), (21.6, 7.4), (25.4, 6.3), (28.6, 3.4), (31, 0)),
    ((-1, 21.8), (3.6, 21.4), (8.3, 20.4), (11.6, 19.9), (14.8, 20.2), (18, 19.2), (21.1, 18.2), (23.6, 18.4),
     (26.4, 19.2), (31, 19.8), (36, 19.4)),
    ((14.8, 20.2), (18.4, 23.4), (21.4, 24.4), (24.6, 26.6), (27, 30)),
    ((8.9, 8.9), (12.6, 7.2), (15.9, 8.6), (18.9, 7.8), (21.6, 7.4)),
    ((21.6, 7.4), (24.2, 9.6), (25.4, 12.1)),
    ((25.4, 6.3), (27.6, 8.2), (30.2, 9.9), (30.2, 11.6)),
    ((9.3, 24.4), (13.4, 26.3), (18.4, 23.4)),
    ((4, 5.6), (2.9, 8.6), (2.5, 12), (3, 14.7), (2.4, 17.6)),
    ((17.1, 5.4), (14.8, 2.6), (9, 2.4), (6.2, 3.6), (4, 5.6)),
)  # fmt: skip
# The ring of the belt, round the lake and below the first hill; the bank keeps it off the river.
_RING_KM: Final = (
    (11.0, 13.3), (11.3, 15.0), (12.9, 15.75), (15.4, 16.1), (17.4, 16.35), (19.4, 16.1), (20.9, 15.2),
    (21.4, 13.9),
    (20.2, 12.9), (18.7, 12.2), (18.0, 10.6), (16.6, 9.7), (14.6, 9.6), (12.7, 10.3), (11.5, 11.7),
)  # fmt: skip


@dataclass(frozen=True)
class Pieces:
    """Street lines cut at every junction: end nodes, source stroke and length of each piece."""

    lines: NDArray[np.object_]
    source: NDArray[np.int64]
    ends: NDArray[np.int64]
    length_m: NDArray[np.float64]

    def only(self, chosen: NDArray[np.bool_]) -> Pieces:
        return Pieces(self.lines[chosen], self.source[chosen], self.ends[chosen], self.length_m[chosen])


def assemble(roads: Strokes, local: Strokes, terrain: Terrain) -> tuple[Strokes, int]:
    """One connected street layer, and its number of junctions and dead ends.

    Lines that cross share a vertex there. Only bridges touch water, nothing touches a hill or a
    park. Local streets right beside a main road, short loose ends and what cannot be reached from
    the rest are left out.
    """
    strokes = join([roads, local])
    noded = shapely.get_parts(shapely.union_all(strokes.lines))
    lines = shapely.transform(noded, lambda xy: np.round(xy / _GRID_M) * _GRID_M)
    lines = lines[shapely.length(lines) > 0]
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    xy = shapely.get_coordinates(_tips(lines).ravel())
    key = np.round(xy / _GRID_M).astype(np.int64)
    ends = np.unique(key[:, 0] * 1_000_003 + key[:, 1], return_inverse=True)[1].reshape(-1, 2)
    # The stroke each piece was cut from: the one whose segment passes nearest its middle.
    segments, owner = _exploded(strokes.lines)
    tree = shapely.STRtree(segments)
    piece, segment = tree.query(middle, predicate="dwithin", distance=2 * _GRID_M)
    gap_m = shapely.distance(middle[piece], segments[segment])
    order = np.lexsort((segment, gap_m, piece))
    first = np.unique(piece[order], return_index=True)[1]
    pieces = Pieces(lines, np.asarray(owner[segment[order][first]]), ends, shapely.length(lines))
    # Not on water unless a bridge, not on green, not outside.
    for ground in (terrain.wet, terrain.green, terrain.outline):
        shapely.prepare(ground)
    bridge = strokes.bridge[pieces.source]
    wet = shapely.intersects(terrain.wet, pieces.lines) & ~bridge
    green = shapely.intersects(terrain.green, pieces.lines)
    pieces = pieces.only(np.asarray(~wet & ~green & shapely.covers(terrain.outline, pieces.lines)))
    pieces = pieces.only((pieces.source < len(roads)) | ~_beside(pieces, roads))
    for _ in range(3):
        pieces = pieces.only(_no_loose_end(pieces, strokes))
    n = int(pieces.ends.max()) + 1
    graph = coo_array((np.ones(len(pieces.ends)), pieces.ends.T), shape=(n, n))
    part = connected_components(graph, directed=False)[1][pieces.ends[:, 0]]
    pieces = pieces.only(np.asarray(part == np.bincount(part).argmax()))
    degree = np.bincount(pieces.ends.ravel())
    # The pieces of one stroke as one line again, with a vertex at every junction.
    order = np.argsort(pieces.source, kind="stable")
    source, lines = pieces.source[order], pieces.lines[order]
    number = np.unique(source, return_inverse=True)[1]
    bundles = shapely.multilinestrings(lines, indices=number)
    merged, bundle = shapely.get_parts(shapely.line_merge(bundles), return_index=True)
    origin = np.unique(source)[bundle]
    return strokes.take(origin, merged), int(((degree > 0) & (degree != 2)).sum())


def _exploded(lines: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Straight segments, and the line each belongs to."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    same = owner[1:] == owner[:-1]
    return shapely.linestrings(np.stack([xy[:-1][same], xy[1:][same]], axis=1)), owner[:-1][same]


def _tips(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """(n, 2): first and last point."""
    return np.column_stack([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])


def _beside(pieces: Pieces, roads: Strokes) -> NDArray[np.bool_]:
    """True for pieces that run along a main road within a house's depth without meeting it."""
    segments, _ = _exploded(roads.lines[roads.rank <= 1])
    tree = shapely.STRtree(segments)
    found = np.unique(tree.query(pieces.lines, predicate="dwithin", distance=_BESIDE_M)[0])
    gap_m = np.full((len(pieces.lines), 2), np.inf)
    for side, tips in enumerate(_tips(pieces.lines[found]).T):
        hit, far_m = tree.query_nearest(tips, max_distance=60, return_distance=True, all_matches=False)
        gap_m[found[hit[0]], side] = far_m
    parallel = (gap_m > 1).all(axis=1) & (gap_m < _BESIDE_M + 12).all(axis=1)
    return np.asarray(
        parallel & (np.ptp(np.nan_to_num(gap_m, posinf=1e9), axis=1) < 16) & (pieces.length_m > 22)
    )


def _no_loose_end(pieces: Pieces, strokes: Strokes) -> NDArray[np.bool_]:
    """False for short loose ends (a street that just overshoots a junction)."""
    degree = np.bincount(pieces.ends.ravel())
    loose = (degree[pieces.ends] == 1).any(axis=1)
    local = strokes.rank[pieces.source] >= 1
    village = strokes.rank[pieces.source] == 3
    return np.asarray(~(loose & local & (pieces.length_m < np.where(village, 18.0, _LOOSE_END_M))))


def named(streets: Strokes, rng: np.random.Generator) -> NDArray[np.object_]:
    """A name for every line of a main road or artery that is worth one, "" for the others."""
    length_m = np.bincount(streets.way + 1, shapely.length(streets.lines))
    length_m[0] = 0
    worth = np.flatnonzero(length_m > 350)
    # The longest ways take the first names.
    worth = worth[np.argsort(-length_m[worth], kind="stable")]
    names = np.full(len(length_m), "", object)
    names[worth] = road_names(len(worth), rng)
    return np.asarray(names[streets.way + 1])


def main_roads(terrain: Terrain, zones: tuple[Zone, ...], rng: np.random.Generator) -> Strokes:
    """Primary, secondary and shore roads; only stretches marked as bridges touch water."""
    barred = terrain.forbidden
    crossing = [_bridged(curve(np.array(way), step_m=_STEP_M), terrain) for way in _CROSSING]
    old = next(zone.polygon for zone in zones if zone.key == "old")
    rings = [_rim(old), _rim(closed_curve(np.array(_RING_KM), step_m=_STEP_M))]
    great = [*rings, *(curve(np.array(way), step_m=_STEP_M) for way in _LAND)]
    # Roads follow the river, the lakes and the foot of the hills.
    lakes = [shape.buffer(_SHORE_M).boundary for name, shape in terrain.water.items() if name != RIVER]
    hills = [hill.buffer(_FOOTHILL_M).boundary for hill in terrain.hills.values()]
    shores = [terrain.water[RIVER].buffer(_SHORE_M).boundary, *lakes, *hills]
    built_up = [zone.polygon for zone in zones if not zone.key.startswith("seat")]
    town = shapely.union_all(built_up).buffer(700)
    bend = Warp(rng, wavelength_m=1_200)
    # A street along every border between the quarters of the belt and round the new towns.
    ways = [_rim(zone.polygon) for zone in zones if zone.key.startswith(("new", "riverside"))]
    quarters = next([shape for shape, _ in zone.quarters] for zone in zones if zone.key == "belt")
    for i, one in enumerate(quarters):
        shared = shapely.get_parts(shapely.intersection(one, quarters[i + 1 :]))
        ways += [_sampled(part) for part in shared if part.geom_type == "LineString" and part.length > 200]
    borders = [bend(way, 30) for way in ways]
    lesser = [*borders, *_long_parts([shore.intersection(town) for shore in shores])]
    # In the country the lakes and hills have a lane, the river has dykes without one.
    rural = _long_parts([shore.difference(town) for shore in shores[1:]])
    ranked = [(PRIMARY, great), (SECONDARY, lesser), (COUNTRY, rural)]
    return join(
        [*crossing, *(_kept(_skirting(w, barred), rank, terrain) for rank, ways in ranked for w in ways)]
    )


def _rim(polygon: shapely.Geometry) -> Points:
    outer = max(shapely.get_parts(polygon), key=lambda part: part.area).exterior
    return _sampled(outer)


def _sampled(line: shapely.Geometry) -> Points:
    return np.asarray(shapely.get_coordinates(shapely.segmentize(line.simplify(6), _STEP_M)))


def _long_parts(lines: list[shapely.Geometry]) -> list[Points]:
    merged = [shapely.line_merge(line) if line.geom_type == "MultiLineString" else line for line in lines]
    return [_sampled(part) for part in shapely.get_parts(merged) if part.length > 900]


def _skirting(xy: Points, barred: shapely.Geometry) -> Points:
    """Moves vertices that lie on barred ground to its rim, so that a road runs round a hill."""
    around = barred.buffer(25)
    bad = inside(around, xy)
    ways_out = shapely.shortest_line(shapely.points(xy[bad]), around.boundary)
    moved = xy.copy()
    moved[bad] = shapely.get_coordinates(ways_out).reshape(-1, 2, 2)[:, 1]
    return moved


def _segments(xy: Points) -> NDArray[np.float64]:
    ends = np.stack([xy[:-1], xy[1:]], axis=1)
    return np.asarray(ends[np.hypot(*(ends[:, 1] - ends[:, 0]).T) > 1.0])


def _kept(xy: Points, rank: int, terrain: Terrain) -> Strokes:
    """The stretches on free ground within the outline."""
    ends = _segments(xy)
    lines = shapely.linestrings(ends)
    shapely.prepare(terrain.outline)
    ok = shapely.covers(terrain.outline, lines)
    ok &= ~_touches(terrain.wet, lines) & ~_touches(terrain.green, lines)
    run = np.cumsum(~ok)[ok]
    return strokes_of(ends[ok], np.full(ok.sum(), rank, np.int8), run, np.zeros(ok.sum(), np.int64))


def _bridged(xy: Points, terrain: Terrain) -> Strokes:
    """A primary road that crosses the river: the stretch over water is a line of its own."""
    ends = _segments(xy)
    lines = shapely.linestrings(ends)
    shapely.prepare(terrain.outline)
    within = shapely.covers(terrain.outline, lines) & ~_touches(terrain.green, lines)
    ends, lines = ends[within], lines[within]
    over = _touches(terrain.wet, lines)
    run = np.cumsum(np.r_[True, over[1:] != over[:-1]])
    same = np.zeros(len(ends), np.int64)
    made = strokes_of(ends, same.astype(np.int8), run, same)
    return replace(made, bridge=_touches(terrain.wet, made.lines))


def _touches(ground: shapely.Geometry, lines: NDArray[np.object_]) -> NDArray[np.bool_]:
    shapely.prepare(ground)
    return np.asarray(shapely.intersects(ground, lines), dtype=bool)
