"""From strokes to a street layer: crossings become shared vertices, loose ends go, names come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from data.demo.names import road_names
from data.demo.strokes import Strokes, join
from data.demo.terrain import Terrain

CLASSES: Final = ("primary", "secondary", "residential", "living_street", "path", "unclassified")
# Vertices lie on this grid: those nearer than about half a metre become one.
_GRID_M: Final = 0.5
_LOOSE_END_M: Final = 42.0
_BESIDE_M: Final = 27.0


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
    pieces = _cut(strokes)
    pieces = pieces.only(_allowed(pieces, strokes, terrain))
    pieces = pieces.only((pieces.source < len(roads)) | ~_beside(pieces, roads))
    for _ in range(3):
        pieces = pieces.only(_no_loose_end(pieces, strokes))
    n = int(pieces.ends.max()) + 1
    graph = coo_array((np.ones(len(pieces.ends)), pieces.ends.T), shape=(n, n))
    part = connected_components(graph, directed=False)[1][pieces.ends[:, 0]]
    pieces = pieces.only(np.asarray(part == np.bincount(part).argmax()))
    degree = np.bincount(pieces.ends.ravel())
    return _rejoined(pieces, strokes), int(((degree > 0) & (degree != 2)).sum())


def _cut(strokes: Strokes) -> Pieces:
    noded = shapely.get_parts(shapely.union_all(strokes.lines))
    lines = shapely.transform(noded, lambda xy: np.round(xy / _GRID_M) * _GRID_M)
    lines = lines[shapely.length(lines) > 0]
    middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    xy = shapely.get_coordinates(_tips(lines).ravel())
    key = np.round(xy / _GRID_M).astype(np.int64)
    ends = np.unique(key[:, 0] * 1_000_003 + key[:, 1], return_inverse=True)[1].reshape(-1, 2)
    return Pieces(lines, _sources(middle, strokes.lines), ends, shapely.length(lines))


def _sources(middle: NDArray[np.object_], strokes: NDArray[np.object_]) -> NDArray[np.int64]:
    """The stroke each piece was cut from: the one whose segment passes nearest its middle."""
    segments, owner = _exploded(strokes)
    tree = shapely.STRtree(segments)
    piece, segment = tree.query(middle, predicate="dwithin", distance=2 * _GRID_M)
    gap_m = shapely.distance(middle[piece], segments[segment])
    order = np.lexsort((segment, gap_m, piece))
    first = np.unique(piece[order], return_index=True)[1]
    return np.asarray(owner[segment[order][first]])


def _exploded(lines: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Straight segments, and the line each belongs to."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    same = owner[1:] == owner[:-1]
    return shapely.linestrings(np.stack([xy[:-1][same], xy[1:][same]], axis=1)), owner[:-1][same]


def _tips(lines: NDArray[np.object_]) -> NDArray[np.object_]:
    """(n, 2): first and last point."""
    return np.column_stack([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])


def _allowed(pieces: Pieces, strokes: Strokes, terrain: Terrain) -> NDArray[np.bool_]:
    """Not on water unless a bridge, not on green, not outside."""
    for ground in (terrain.wet, terrain.green, terrain.outline):
        shapely.prepare(ground)
    bridge = strokes.bridge[pieces.source]
    wet = shapely.intersects(terrain.wet, pieces.lines) & ~bridge
    green = shapely.intersects(terrain.green, pieces.lines)
    return np.asarray(~wet & ~green & shapely.covers(terrain.outline, pieces.lines))


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


def _rejoined(pieces: Pieces, strokes: Strokes) -> Strokes:
    """The pieces of one stroke as one line again, with a vertex at every junction."""
    order = np.argsort(pieces.source, kind="stable")
    source, lines = pieces.source[order], pieces.lines[order]
    number = np.unique(source, return_inverse=True)[1]
    bundles = shapely.multilinestrings(lines, indices=number)
    merged, bundle = shapely.get_parts(shapely.line_merge(bundles), return_index=True)
    origin = np.unique(source)[bundle]
    return strokes.take(origin, merged)


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
