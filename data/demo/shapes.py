"""Soft shapes of the demo city: blobs, smooth curves, random fields. Metres in the local frame.

And street lines on their way to becoming a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Points = NDArray[np.float64]


@dataclass(frozen=True)
class Strokes:
    """Lines with what a street layer knows of them, one entry each; local metres.

    `rank` orders the classes: 0 primary, 1 secondary, 2 residential, 3 lane, 4 path, 5 country
    road. Lines of the same `way` bear the same name; -1 has none.
    """

    lines: NDArray[np.object_]
    rank: NDArray[np.int8]
    bridge: NDArray[np.bool_]
    way: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lines)

    def take(self, chosen: NDArray[np.int64], lines: NDArray[np.object_]) -> Strokes:
        """`lines` with the attributes of the strokes they were made from."""
        return Strokes(lines, self.rank[chosen], self.bridge[chosen], self.way[chosen])


def plain(lines: NDArray[np.object_], rank: int) -> Strokes:
    """Lines of one class without names."""
    n = len(lines)
    return Strokes(lines, np.full(n, rank, np.int8), np.zeros(n, bool), np.full(n, -1))


def join(parts: Sequence[Strokes]) -> Strokes:
    """All of them, in their order; ways of different parts stay different."""
    used = np.cumsum([0, *(part.way.max(initial=-1) + 1 for part in parts)])
    return Strokes(
        np.concatenate([part.lines for part in parts]),
        np.concatenate([part.rank for part in parts]),
        np.concatenate([part.bridge for part in parts]),
        np.concatenate([np.where(p.way < 0, -1, p.way + n) for p, n in zip(parts, used, strict=False)]),
    )


def strokes_of(
    ends: NDArray[np.float64], rank: NDArray[np.int8], run: NDArray[np.int64], way: NDArray[np.int64]
) -> Strokes:
    """Lines from segments: `ends` (n, 2, 2); consecutive segments of the same `run` are one line.

    Within a run each segment starts where the one before ends.
    """
    if len(ends) == 0:
        return plain(np.empty(0, object), 0)
    first = np.r_[True, run[1:] != run[:-1]]
    number = np.cumsum(first) - 1
    # A run of k segments has k + 1 vertices: every segment's start, and the last one's end.
    owner = np.r_[number, np.arange(number[-1] + 1)]
    vertices = np.vstack([ends[:, 0], ends[np.r_[first[1:], True], 1]])
    order = np.argsort(owner, kind="stable")
    lines = shapely.linestrings(vertices[order], indices=owner[order])
    return Strokes(lines, rank[first], np.zeros(len(lines), bool), way[first])


class Field:
    """A smooth random field over the plane: a sum of plane waves, mean 0, deviation about 1."""

    def __init__(self, rng: np.random.Generator, *, wavelength_m: float, waves: int = 24) -> None:
        length_m = wavelength_m * rng.uniform(0.6, 1.8, waves)
        angle = rng.uniform(0, 2 * np.pi, waves)
        self._k = 2 * np.pi / length_m * np.vstack([np.cos(angle), np.sin(angle)])
        self._phase = rng.uniform(0, 2 * np.pi, waves)

    def __call__(self, xy: Points) -> Floats:
        """(n, 2) metres → (n,)."""
        out = np.zeros(len(xy))
        for kx, ky, phase in zip(*self._k, self._phase, strict=True):
            out += np.cos(xy[:, 0] * kx + xy[:, 1] * ky + phase)
        return np.asarray(out * np.sqrt(2 / len(self._phase)))


class Warp:
    """Moves points by a smooth random vector field."""

    def __init__(self, rng: np.random.Generator, *, wavelength_m: float) -> None:
        self._east = Field(rng, wavelength_m=wavelength_m, waves=10)
        self._north = Field(rng, wavelength_m=wavelength_m, waves=10)

    def __call__(self, xy: Points, amplitude_m: float) -> Points:
        return xy + amplitude_m * np.column_stack([self._east(xy), self._north(xy)])


def blob(
    centre_km: tuple[float, float],
    radii_km: tuple[float, float],
    *,
    angle_deg: float = 0.0,
    wobble: float = 0.12,
    rng: np.random.Generator,
) -> shapely.Polygon:
    """An ellipse whose rim wanders by about `wobble` of its radius."""
    theta = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    orders = np.arange(2, 9)
    phase = rng.uniform(0, 2 * np.pi, len(orders))
    rim = 1 + wobble * (np.cos(np.outer(theta, orders) + phase) / orders**0.8).sum(axis=1)
    local = np.column_stack([radii_km[0] * rim * np.cos(theta), radii_km[1] * rim * np.sin(theta)])
    return shapely.Polygon((turned(local, angle_deg) + centre_km) * 1000)


def turned(xy: Points, angle_deg: float) -> Points:
    """Turned about the origin, anticlockwise."""
    a = np.radians(angle_deg)
    return np.asarray(xy @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]))


def curve(points_km: Points, *, step_m: float) -> Points:
    """A Catmull-Rom curve through the points, sampled about every `step_m`; (n, 2) metres."""
    p = np.asarray(points_km, float) * 1000
    p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    parts = [_span(p[i : i + 4], step_m) for i in range(len(p) - 3)]
    return np.vstack([*parts, p[-2:-1]])


def closed_curve(points_km: Points, *, step_m: float) -> shapely.Polygon:
    """The smooth closed outline through the points."""
    p = np.asarray(points_km, float) * 1000
    ring = np.vstack([p[-1:], p, p[:2]])
    return shapely.Polygon(np.vstack([_span(ring[i : i + 4], step_m) for i in range(len(p))]))


def _span(p: Points, step_m: float) -> Points:
    n = max(1, int(np.ceil(np.hypot(*(p[2] - p[1])) / step_m)))
    t = (np.arange(n) / n)[:, None]
    bent = (2 * p[0] - 5 * p[1] + 4 * p[2] - p[3]) * t**2 + (3 * (p[1] - p[2]) + p[3] - p[0]) * t**3
    return np.asarray(0.5 * (2 * p[1] + (p[2] - p[0]) * t + bent))


def inside(polygon: shapely.Geometry, xy: Points) -> NDArray[np.bool_]:
    """Which points lie in the polygon."""
    shapely.prepare(polygon)
    return np.asarray(shapely.contains_xy(polygon, xy[:, 0], xy[:, 1]), dtype=bool)
