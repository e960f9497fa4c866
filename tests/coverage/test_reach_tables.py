"""Isochrones and barriers as layers, on the tiny town."""

from __future__ import annotations

import numpy as np
import pytest

from coverage.assessment import assess
from coverage.publish.reach_tables import Reach, ReachLayers, reach_layers
from geo.isochrone.isochrones import Kind
from tests.coverage.tiny_town import WALK_5, standard, study


def layers_of(kind: Kind, *, minutes: tuple[float, ...] = (5.0,)) -> ReachLayers:
    """Stations at x = 500 and 900; 6 km/h, 100 m a minute."""
    done = assess(study([("station", 500), ("station", 900)]), standard(WALK_5))
    distances = done.measured.distances
    wish = Reach(np.array([0, 1]), minutes, 6.0, kind)
    return reach_layers(done.study, distances.cells, distances.entrances, wish)


def test_together_everybody_within_any_counts_once() -> None:
    (row,) = layers_of(Kind.DISSOLVED).areas.to_dict("records")
    # x = 0 … 1400: 15 cells.
    assert (row["residents"], row["facility_id"], row["limit_m"]) == (1500.0, "", 500.0)


def test_each_alone_counts_who_reaches_both_twice() -> None:
    areas = layers_of(Kind.EACH).areas
    assert areas.set_index("facility_id")["residents"].to_dict() == {"f0": 1100.0, "f1": 1100.0}


def test_nearest_only_shares_out_everybody_once() -> None:
    areas = layers_of(Kind.NEAREST).areas
    # x = 700 lies between both: the first of the list has it.
    assert areas.set_index("facility_id")["residents"].to_dict() == {"f0": 800.0, "f1": 700.0}


def test_wider_limits_come_first_so_that_narrower_lie_on_top() -> None:
    assert layers_of(Kind.DISSOLVED, minutes=(2.0, 5.0)).areas["minutes"].tolist() == [5.0, 2.0]


@pytest.mark.parametrize(("kind", "metres"), [(Kind.DISSOLVED, 1400.0), (Kind.EACH, 2000.0)])
def test_reached_streets_are_as_long_as_the_walk(kind: Kind, metres: float) -> None:
    assert layers_of(kind).streets["metres"].sum() == pytest.approx(metres, abs=0.1)


def test_no_facility_reaches_nothing() -> None:
    done = assess(study([("station", 500)]), standard(WALK_5))
    distances = done.measured.distances
    found = reach_layers(done.study, distances.cells, distances.entrances, Reach(np.empty(0, np.int64)))
    assert len(found.areas) == len(found.streets) == 0
