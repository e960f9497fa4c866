"""How far around the residents streets are needed, and whether a file has them."""

from __future__ import annotations

from functools import reduce
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from core.text import Text, text
from coverage.model.standard import Check, Standard
from data.population.reading import COARSE_M
from geo.crs import unproject

Floats = NDArray[np.float64]

# Streets are wanted this far at least, so that a resident at the rim finds the nearest one.
_LEAST_MARGIN_M: Final = 500.0
# A file that ends less than this share of the margin beyond the last resident was cut at the rim.
_ENOUGH: Final = 0.1
_STEPS: Final = 16
_COARSE: Final = 3.0
_PER_SIDE: Final = 9  # a straight side in metres is a bent one in degrees

_SIDES: Final = (text("west"), text("south"), text("east"), text("north"))
_AND: Final = text("{first}, {then}")


def longest_reach_m(standard: Standard) -> float:
    """The farthest that any rule of the standard looks: its widest radius, or its longest walk."""
    walking = standard.walking
    by_rule = [rule.limit_m(walking) for rule in standard.rules if rule.check in (Check.RADIUS, Check.WALK)]
    return max([_LEAST_MARGIN_M, walking.snap_limit_m, *by_rule])


def coarse_m(standard: Standard) -> float:
    """Cells wider than a third of the shortest reach of any rule are coarse: a limit runs through many."""
    walking = standard.walking
    reaches = [rule.limit_m(walking) for rule in standard.rules if rule.check in (Check.RADIUS, Check.WALK)]
    return min([COARSE_M, *(reach / _COARSE for reach in reaches)])


def study_area(xy: Floats, crs: str, *, margin_m: float) -> shapely.Polygon:
    """The box around places (n, 2) in metric `crs` and `margin_m` more, in WGS-84 degrees.

    Its sides lie at whole steps of about a sixteenth of its length: cells of one city that were cut
    otherwise, points and a raster say, have the same box, and streets that were read once serve both.
    """
    low, high = xy.min(axis=0) - margin_m, xy.max(axis=0) + margin_m
    step = 2.0 ** np.floor(np.log2(max((high - low).max() / _STEPS, 1.0)))
    box = shapely.box(*(np.floor(low / step) * step), *(np.ceil(high / step) * step))
    longest = max(box.bounds[2] - box.bounds[0], box.bounds[3] - box.bounds[1])
    ring = shapely.get_coordinates(shapely.segmentize(box, longest / _PER_SIDE))
    return shapely.Polygon(np.column_stack(unproject(ring, crs)))


def short_sides(xy: Floats, street_xy: Floats, *, margin_m: float) -> tuple[Text, ...]:
    """One note that names the sides where the streets end with the residents, if there are any.

    `xy` (n, 2) are the residents' places, `street_xy` (k, 2) corners of the streets. Residents at such a
    rim look worse off: ways that lead round outside are not known.
    """
    beyond = np.concatenate([xy.min(axis=0) - street_xy.min(axis=0), street_xy.max(axis=0) - xy.max(axis=0)])
    short = [side for side, metres in zip(_SIDES, beyond, strict=True) if metres < _ENOUGH * margin_m]
    if not short:
        return ()
    sides = reduce(lambda first, then: Text(_AND.template, {"first": first, "then": then}), short)
    note = text(
        "The street file ends with the residents in the {sides}: ways round outside are not known, so people "
        "at that rim may look farther away than they are. {margin:,.0f} m more are wanted.",
        sides=sides,
        margin=margin_m,
    )
    return (note,)
