"""The countryside: hamlets of a few lanes each, joined by winding country roads."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from scipy.spatial import Delaunay, cKDTree

from data.demo.fabric import weave_streets
from data.demo.shapes import Field, Points, Warp, blob, inside
from data.demo.strokes import Strokes, join, plain
from data.demo.terrain import SIZE_M, Terrain
from data.demo.zones import Weave, Zone

LANE: Final = 3
TRACK: Final = 5
_SPACING_M: Final = 685.0
_LONGEST_LANE_M: Final = 2_600.0
_BEND_M: Final = 13.0


def village_streets(terrain: Terrain, zones: tuple[Zone, ...], rng: np.random.Generator) -> Strokes:
    """Hamlet lanes and country roads."""
    town = shapely.union_all([zone.polygon for zone in zones])
    sites = _hamlet_sites(terrain, town, rng)
    warp = Warp(rng, wavelength_m=420)
    hamlets = [_hamlet(site, rng) for site in sites]
    lanes = join(hamlets)
    bent = shapely.transform(lanes.lines, lambda xy: warp(xy, _BEND_M))
    vertices = [warp(_vertices(hamlet, site), _BEND_M) for hamlet, site in zip(hamlets, sites, strict=True)]
    return join([plain(bent, LANE), _country_roads(terrain, town, sites, vertices, rng)])


def _hamlet_sites(terrain: Terrain, town: shapely.Geometry, rng: np.random.Generator) -> Points:
    """Jittered grid places on free land outside the towns, denser where the soil is good."""
    x, y = np.meshgrid(np.arange(0, SIZE_M[0], _SPACING_M), np.arange(0, SIZE_M[1], _SPACING_M))
    xy = np.column_stack([x.ravel(), y.ravel()])
    xy = xy + rng.uniform(-0.42, 0.42, xy.shape) * _SPACING_M
    soil = Field(rng, wavelength_m=6_000)(xy)
    chosen = rng.random(len(xy)) < 0.80 + 0.14 * soil
    apart = inside(terrain.outline.buffer(-180), xy) & ~inside(town.buffer(160), xy)
    dry = ~inside(terrain.forbidden.buffer(150), xy)
    return xy[chosen & apart & dry]


def _hamlet(site: Points, rng: np.random.Generator) -> Strokes:
    """A few rows of lanes, longer than deep; about 10 to 60 junctions."""
    size = rng.lognormal(0, 0.26)
    width, depth, angle = rng.uniform((42, 38, 0), (66, 54, 180))
    weave = Weave((width, depth), 3, 0.95, 0, 0.78, 0.88, angle)
    radii_km = (0.185 * size * rng.uniform(0.85, 1.7), 0.098 * size)
    shape = blob((0, 0), radii_km, angle_deg=angle, wobble=0.11, rng=rng)
    ground = shapely.transform(shape, lambda xy: xy + site)
    return plain(weave_streets(ground, weave, warp=None, rng=rng).lines, LANE)


def _country_roads(
    terrain: Terrain,
    town: shapely.Geometry,
    sites: Points,
    vertices: list[Points],
    rng: np.random.Generator,
) -> Strokes:
    """Roads between neighbouring hamlets and into the towns, from lane end to lane end."""
    gates = _town_gates(town)
    tree = [cKDTree(of_hamlet) for of_hamlet in vertices]
    everywhere = np.vstack([sites, gates])
    roads = []
    for a, b in _neighbours(everywhere, len(sites)):
        start = _nearest(tree, sites, a, everywhere[b])
        end = _nearest(tree, sites, b, everywhere[a]) if b < len(sites) else everywhere[b]
        roads.append(_winding(start, end, rng))
    return _on_free_land(roads, terrain)


def _vertices(hamlet: Strokes, site: Points) -> Points:
    return np.asarray(shapely.get_coordinates(hamlet.lines)) if len(hamlet) else site[None]


def _nearest(tree: list[cKDTree], sites: Points, hamlet: int, to: Points) -> Points:
    # Towards the other place, but not from its farthest corner: half-way keeps the lanes short.
    aim = sites[hamlet] + np.clip(180 / (np.hypot(*(to - sites[hamlet])) + 1e-9), 0, 1) * (to - sites[hamlet])
    return np.asarray(tree[hamlet].data[tree[hamlet].query(aim)[1]])


def _town_gates(town: shapely.Geometry) -> Points:
    """Places just inside the rims of the towns where country roads end."""
    rims = [part.buffer(-90).exterior for part in shapely.get_parts(town) if not part.buffer(-90).is_empty]
    return np.vstack([shapely.get_coordinates(shapely.segmentize(rim.simplify(60), 650)) for rim in rims])


def _neighbours(places: Points, hamlets: int) -> list[tuple[int, int]]:
    """Gabriel pairs of places, at least one of them a hamlet, the hamlet first."""
    edges = np.vstack([Delaunay(places).simplices[:, pair] for pair in ((0, 1), (1, 2), (2, 0))])
    edges = np.unique(np.sort(edges, axis=1), axis=0)
    length_m = np.hypot(*(places[edges[:, 0]] - places[edges[:, 1]]).T)
    middle = places[edges].mean(axis=1)
    clear = cKDTree(places).query(middle)[0] >= length_m / 2 - 1e-6
    kept = edges[clear & (length_m < _LONGEST_LANE_M) & (edges[:, 0] < hamlets)]
    return [(int(a), int(b)) for a, b in kept]


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
