"""Gaps on the tiny town."""

from __future__ import annotations

import pytest

from coverage.assessment import assess
from coverage.gaps.gaps import gap_outlines
from tests.coverage.tiny_town import EAST, RADIUS_500, WALK_5, standard, study


def test_gaps_are_contiguous_and_ranked_by_residents() -> None:
    # Served: x = 300 … 1300. Left: 0 … 200 (3 cells) and 1400 … 2000 (7 cells).
    gaps = assess(study([("station", 800)]), standard(RADIUS_500)).gaps
    assert [(gap.rank, gap.residents) for gap in gaps] == [(1, 700.0), (2, 300.0)]


def test_a_gap_knows_its_units_groups_and_how_far_the_nearest_is() -> None:
    done = assess(study([("station", 800)]), standard(RADIUS_500))
    gap = done.gaps[0]
    # Its middle cell is x = 1700, 900 m from the station.
    assert gap.xy[0] - EAST == 1700.0
    assert gap.nearest_m == pytest.approx(900.0)
    assert gap.groups == {"elderly": 140.0}
    assert gap.unit_rows["community"] == 3


def test_a_gap_nobody_can_walk_from_is_infinitely_far() -> None:
    gap = assess(study([("clinic", 0)]), standard(WALK_5)).gaps[0]
    assert (gap.residents, gap.nearest_m, gap.nearest_row) == (2100.0, float("inf"), -1)


def test_the_outline_is_the_ground_of_the_gaps_cells() -> None:
    done = assess(study([("station", 800)]), standard(RADIUS_500))
    outline = gap_outlines(done.gaps[:1], done.measured)[0]
    assert outline.geom_type == "Polygon"
    assert outline.area == pytest.approx(7 * 10_000, rel=0.01)


def test_cells_without_residents_are_no_gap() -> None:
    empty = study([("clinic", 0)])
    empty.grid.residents[:] = 0.0
    assert assess(empty, standard(RADIUS_500)).gaps == ()
