"""What the numbers can be."""

import numpy as np
import pytest

from data.intake.datum.placing import DEGREES, IMPOSSIBLE, METRES, SCALED, SWAPPED, ZERO, judge_ranges
from data.intake.datum.projection import candidates, easting_northing, to_degrees
from geo.crs import project

CASES = [
    ((118.77, 32.06), DEGREES, (118.77, 32.06)),
    ((32.06, 118.77), SWAPPED, (118.77, 32.06)),
    ((118770000, 32060000), SCALED, (118.77, 32.06)),
    ((1187700, 320600), SCALED, (118.77, 32.06)),
    ((379_000, 3_548_000), METRES, None),
    ((3_548_000, 40_379_000), METRES, None),
    ((0, 0), ZERO, None),
    ((-51.2, -30.05), DEGREES, (-51.2, -30.05)),
    ((24.9, 60.2), DEGREES, (24.9, 60.2)),
    ((400, 32.06), IMPOSSIBLE, None),
    ((118.77, 99.0), IMPOSSIBLE, None),
]


@pytest.mark.parametrize(("given", "kind", "place"), CASES)
def test_kind(given, kind, place):
    found = judge_ranges(np.array([given[0]], float), np.array([given[1]], float))
    assert found.kind[0] == kind
    if place:
        assert (found.lon[0], found.lat[0]) == pytest.approx(place)


def test_outside_china_the_area_tells_swapped_degrees():
    found = judge_ranges(np.array([-30.05]), np.array([-51.2]), area=(-51.3, -30.3, -51.0, -29.9))
    assert found.kind[0] == SWAPPED and found.lon[0] == -51.2


@pytest.mark.parametrize("crs", ["EPSG:4549", "EPSG:4528", "EPSG:32650", "EPSG:4498"])
@pytest.mark.parametrize("surveyors_order", [False, True])
def test_metres_come_back_to_their_place(crs, surveyors_order):
    east, north = project([118.77], [32.06], crs)[0]
    first, second = (north, east) if surveyors_order else (east, north)
    e, n, neither = easting_northing(np.array([first]), np.array([second]))
    assert not neither.any() and crs in candidates(e, n)
    assert np.ravel(to_degrees(e, n, crs)) == pytest.approx((118.77, 32.06), abs=1e-7)


def test_a_zone_prefix_leaves_one_system():
    east, north = project([118.77], [32.06], "EPSG:4528")[0]
    assert candidates(np.array([east]), np.array([north])) == ("EPSG:4528",)
