"""Streets that lie beside residents and units as GCJ-02 or BD-09 lies beside true coordinates.

What map services in China deliver declares WGS-84 and is 300 to 1,200 m off. Streets that were taken from
one show it twice: their extent is that of the city, moved; and where boundaries follow streets, or residents
stand on them, they do so only once they are moved back. Neither is believed where it might be chance: the
extent must be off by the very metres of a system on both axes, the fit must stand out from that of moves as
long in all other directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from core.text import Text, text
from coverage.model.tables import Floats, PopulationGrid, UnitTable
from data.intake.datum.origin import may_be_shifted
from data.intake.findings import Finding, level_of
from geo.crs import project, unproject
from geo.datum import BD09, GCJ02, WGS84, convert, system_title
from geo.network.network import WalkNetwork

CODE: Final = "streets-shifted"
# How the streets may lie: (system that the true places are in, system that the streets are in).
_HYPOTHESES: Final = ((WGS84, GCJ02), (WGS84, BD09), (GCJ02, WGS84), (BD09, WGS84))
_SAMPLE: Final = 1_000
# Moves to compare with, in all directions and by the metres of the systems.
_MOVES: Final = 96
_RADII_M: Final = (300.0, 1_300.0)
_GOLDEN_ANGLE: Final = np.pi * (3.0 - np.sqrt(5.0))
# Streets along a boundary lie this near to it.
_ALONG_M: Final = 12.0
# By how many deviations of moves in other directions, and how much more than as it lies, a fit stands out.
_STANDS_OUT: Final = 5.0
_MORE: Final = 0.1
# How far an extent may be off from a system's metres, and the margins at its sides from each other.
_EXTENT_M: Final = 40.0
_WIDEST_MARGIN_M: Final = 400.0
# Within a city shifts differ by some ten metres, between places of China by at most this.
_RIM_M: Final = 1_000.0


@dataclass(frozen=True)
class Shift:
    """`streets` is the system that the streets are in if the others are in `others`; `east_m`, `north_m` how
    far they lie off."""

    others: str
    streets: str
    east_m: float
    north_m: float

    @property
    def metres(self) -> float:
        return float(np.hypot(self.east_m, self.north_m))


def shift_of(network: WalkNetwork, grid: PopulationGrid, units: UnitTable | None) -> Shift | None:
    """The shift between the streets and the others, where boundaries, residents or extents show one."""
    lon, lat = unproject(_rim(grid.xy), grid.crs)
    if not may_be_shifted((lon.min(), lat.min(), lon.max(), lat.max())):
        return None
    if fit := _by_fit(network, _samples(grid, units)):
        return fit
    extents = [grid.xy] if units is None else [_corners(units), grid.xy]
    return next((found for xy in extents if (found := _by_extent(network, xy))), None)


def shifted_streets(
    network: WalkNetwork, grid: PopulationGrid, units: UnitTable | None, file: str
) -> tuple[Finding, ...]:
    """A finding with the metres and the way out; nothing where no shift shows."""
    found = shift_of(network, grid, units)
    if found is None:
        return ()
    return (Finding(file, "", 0, "", level_of(CODE), CODE, _sentence(found, file)),)


def _sentence(found: Shift, file: str) -> Text:
    values = {
        "file": file,
        "metres": found.metres,
        "east": abs(found.east_m),
        "side": text("east") if found.east_m > 0 else text("west"),
        "north": abs(found.north_m),
        "end": text("north") if found.north_m > 0 else text("south"),
        "system": system_title(found.others if found.streets == WGS84 else found.streets),
    }
    if found.streets == WGS84:
        return text(
            "The streets of {file} lie {metres:,.0f} m beside residents and units ({east:,.0f} m {side}, "
            "{north:,.0f} m {end}), as true places lie beside {system}: residents and units seem to be in "
            "that system. Convert their files to WGS-84 (for residents --population-datum does it), or every "
            "distance is off by as much.",
            **values,
        )
    return text(
        "The streets of {file} lie {metres:,.0f} m beside residents and units ({east:,.0f} m {side}, "
        "{north:,.0f} m {end}), as {system} lies beside true places, whatever system the file declares. "
        "No option moves streets: convert the file to WGS-84 with a program that knows the system, "
        "or get its original; until then every distance on foot is off by as much.",
        **values,
    )


def _samples(grid: PopulationGrid, units: UnitTable | None) -> list[Floats]:
    """Points (n, 2) of what streets run along: boundaries of the finest units, then residents."""
    found = []
    if units is not None and len(units):
        finest = units.of_level(units.levels[-1])
        lines = shapely.boundary(units.frame.geometry.to_numpy()[finest])
        every_m = max(float(shapely.length(lines).sum()) / _SAMPLE, 1.0)
        found.append(_evenly(shapely.get_coordinates(shapely.segmentize(lines, every_m))))
    return [*found, _evenly(grid.xy[grid.residents > 0])]


def _evenly(xy: Floats) -> Floats:
    return xy[:: max(len(xy) // _SAMPLE, 1)]


def _corners(units: UnitTable) -> Floats:
    west, south, east, north = units.frame.total_bounds
    return np.array([[west, south], [east, north]])


def _moved(xy: Floats, crs: str, source: str, target: str) -> Floats:
    """Places of the system `source` as degrees of `target` would show them."""
    return project(*convert(*unproject(xy, crs), source, target), crs)


def _by_fit(network: WalkNetwork, samples: Sequence[Floats]) -> Shift | None:
    """The hypothesis under which far more points of a sample lie on streets than as they lie, and than after
    any move as long in another direction; of several that under which most do."""
    turn = np.arange(_MOVES) * _GOLDEN_ANGLE
    radius = np.linspace(*_RADII_M, _MOVES)
    moves = radius[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
    found: list[tuple[float, Shift]] = []
    for xy in samples:
        wanted = _share_on_streets(network, xy) + _MORE
        places = [(one, _moved(xy, network.crs, *one)) for one in _HYPOTHESES]
        fits = [(_share_on_streets(network, moved), one, moved) for one, moved in places]
        if max(share for share, *_ in fits) <= wanted:
            continue
        elsewhere = np.array([_share_on_streets(network, xy + move) for move in moves])
        for share, (others, streets), moved in fits:
            east, north = (moved - xy).mean(axis=0)
            other = elsewhere[np.hypot(moves[:, 0] - east, moves[:, 1] - north) > 4 * _ALONG_M]
            chance = max(other.max(), other.mean() + _STANDS_OUT * max(other.std(), 0.01))
            if share > max(chance, wanted):
                found.append((share, Shift(others, streets, float(east), float(north))))
    return max(found, key=lambda one: one[0])[1] if found else None


def _share_on_streets(network: WalkNetwork, xy: Floats) -> float:
    return float((network.segments.nearest(xy).metres <= _ALONG_M).mean())


def _by_extent(network: WalkNetwork, xy: Floats) -> Shift | None:
    """The hypothesis under which the streets end on all four sides where the others do, or the same few
    metres beyond or before, as a file does that was cut to the city."""
    sides = _bounds(network.vertex_xy)
    xy = _rim(xy)
    for others, streets in _HYPOTHESES:
        moved = _moved(xy, network.crs, others, streets)
        beyond = (sides - _bounds(moved)) * (-1, -1, 1, 1)  # west, south, east, north
        if np.ptp(beyond) <= _EXTENT_M and abs(beyond.mean()) <= _WIDEST_MARGIN_M:
            east, north = (moved - xy).mean(axis=0)
            return Shift(others, streets, float(east), float(north))
    return None


def _rim(xy: Floats) -> Floats:
    """The places that may bound the others once these are moved: shifts differ by less than `_RIM_M`."""
    west, south, east, north = _bounds(xy)
    x, y = xy[:, 0], xy[:, 1]
    inner = (x > west + _RIM_M) & (x < east - _RIM_M) & (y > south + _RIM_M) & (y < north - _RIM_M)
    return np.asarray(xy[~inner])


def _bounds(xy: Floats) -> Floats:
    # Column by column: reducing (n, 2) along its first axis is many times slower.
    x, y = xy[:, 0], xy[:, 1]
    return np.array([x.min(), y.min(), x.max(), y.max()])
