"""Communities that tile the area: wandering Voronoi borders, the river's middle between the banks."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi, cKDTree

from data.demo.shapes import Floats, Points

# Borders that should meet the river's middle or the outline end within rounding of it: this joins them.
_GRID_M: Final = 0.01


def spread_seeds(xy: Points, weights: Floats, count: int, rng: np.random.Generator) -> Points:
    """`count` seeds, closer together where the weights are dense (k-means by Lloyd's steps)."""
    chance = weights**0.68 / (weights**0.68).sum()
    seeds = xy[rng.choice(len(xy), count, replace=False, p=chance)]
    for _ in range(11):
        nearest = cKDTree(seeds).query(xy)[1]
        mass = np.bincount(nearest, weights, minlength=count)
        moved = [np.bincount(nearest, weights * xy[:, axis], minlength=count) for axis in (0, 1)]
        seeds = np.where(mass[:, None] > 0, np.column_stack(moved) / np.maximum(mass, 1e-9)[:, None], seeds)
    return seeds


def tile(
    banks: tuple[shapely.Polygon, ...], seeds: tuple[Points, ...], rng: np.random.Generator
) -> list[shapely.Geometry]:
    """One polygon a seed, bank after bank: together exactly the banks, sharing every vertex.

    Borders are the Voronoi edges of each bank, bent at random; faces cut off from their seed go
    to the neighbour with whom they share the longest border.
    """
    borders = [
        shapely.intersection(shapely.MultiLineString(_bent_edges(points, rng)), bank)
        for bank, points in zip(banks, seeds, strict=True)
    ]
    rims = [bank.exterior for bank in banks]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all([*rims, *borders], grid_size=_GRID_M)]))
    owner = _owners(faces, np.vstack(seeds))
    return [shapely.coverage_union_all(faces[owner == k]) for k in range(len(np.vstack(seeds)))]


def _bent_edges(seeds: Points, rng: np.random.Generator) -> list[Points]:
    centre, far = seeds.mean(axis=0), 200_000.0
    guard = centre + far * np.array([[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, 1], [1, -1], [-1, -1]])
    diagram = Voronoi(np.vstack([seeds, guard]))
    whole = np.array([-1 not in pair for pair in diagram.ridge_vertices])
    ridges = np.array(diagram.ridge_vertices, dtype=object)[whole].tolist()
    pairs = diagram.points[diagram.ridge_points[whole]]
    apart_m = np.hypot(*(pairs[:, 0] - pairs[:, 1]).T)
    near = shapely.MultiPoint(seeds).envelope.buffer(9_000).bounds
    edges = shapely.clip_by_rect(shapely.linestrings(diagram.vertices[ridges]), *near)
    kept = np.flatnonzero(~shapely.is_empty(edges))
    return [_bent(shapely.get_coordinates(edges[k]), apart_m[k], rng) for k in kept]


def _bent(ends: Points, apart_m: float, rng: np.random.Generator) -> Points:
    """Midpoints moved sideways, down to stretches of about 150 m.

    By at most a ninth of the stretch, and so little that no border comes past a seed: the moves
    halve from step to step, so together they stay below half the way to the seeds.
    """
    line = ends
    length_m = np.hypot(*(ends[1] - ends[0]))
    most = min(0.11, 0.12 * apart_m / length_m)
    for _ in range(int(np.clip(np.log2(length_m / 110), 1, 5))):
        along = line[1:] - line[:-1]
        side = np.column_stack([-along[:, 1], along[:, 0]])
        middle = (line[1:] + line[:-1]) / 2 + side * rng.uniform(-most, most, (len(side), 1))
        merged = np.empty((2 * len(line) - 1, 2))
        merged[::2], merged[1::2] = line, middle
        line = merged
    return line


def _owners(faces: NDArray[np.object_], seeds: Points) -> NDArray[np.int64]:
    tree = shapely.STRtree(faces)
    seed, face = tree.query(shapely.points(seeds), predicate="within")
    owner = np.full(len(faces), -1)
    owner[face] = seed
    while (owner < 0).any():
        for stray in np.flatnonzero(owner < 0):
            owner[stray] = _longest_border(stray, faces, tree, owner)
    return owner


def _longest_border(
    stray: np.intp, faces: NDArray[np.object_], tree: shapely.STRtree, owner: NDArray[np.int64]
) -> int:
    near = tree.query(faces[stray], predicate="intersects")
    near = near[owner[near] >= 0]
    if len(near) == 0:
        return -1
    shared_m = shapely.length(shapely.intersection(faces[stray], faces[near]))
    return int(owner[near[shared_m.argmax()]])
