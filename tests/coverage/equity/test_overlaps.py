"""Ground that two units claim."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage.equity.overlaps import find_gaps_between, find_overlaps, ill_fitting
from coverage.model.tables import UnitTable

corner = st.tuples(st.integers(0, 12), st.integers(0, 12))
outlines = st.one_of(
    st.builds(
        lambda a, w, h: shapely.box(*a, a[0] + w, a[1] + h), corner, st.integers(1, 9), st.integers(1, 9)
    ),
    st.builds(
        lambda a, r, q: shapely.Point(a).buffer(r, quad_segs=q), corner, st.integers(1, 6), st.integers(1, 4)
    ),
    st.builds(
        lambda a, r: shapely.Point(a).buffer(r + 1).difference(shapely.Point(a).buffer(r)),
        corner,
        st.integers(1, 5),
    ),
)


def units(shapes: list[shapely.Geometry], scale: float = 100.0) -> UnitTable:
    n = len(shapes)
    metric = shapely.transform(np.asarray(shapes, object), lambda xy: xy * scale)
    columns = {
        "unit_id": [str(i) for i in range(n)],
        "name": "u",
        "level": "street",
        "settlement": "",
        "parent_id": "",
    }
    return UnitTable(gpd.GeoDataFrame(columns, geometry=metric, crs="EPSG:4549"))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(outlines, min_size=1, max_size=6))
def test_every_pair_that_shares_ground_is_found_with_its_area(shapes: list[shapely.Geometry]) -> None:
    table = units(shapes)
    drawn = table.frame.geometry.to_numpy()
    expected = {
        (i, j): area
        for i in range(len(shapes))
        for j in range(i + 1, len(shapes))
        if (area := drawn[i].intersection(drawn[j]).area) >= 1.0
    }
    found = {(overlap.first, overlap.second): overlap.area_m2 for overlap in find_overlaps(table)}
    assert found == pytest.approx(expected)


def test_neighbours_with_a_common_border_do_not_overlap() -> None:
    assert (
        find_overlaps(units([shapely.box(0, 0, 5, 5), shapely.box(5, 0, 9, 5), shapely.box(0, 5, 9, 9)]))
        == ()
    )


def test_two_drawings_of_one_border_make_a_sliver() -> None:
    (sliver,) = find_overlaps(units([shapely.box(0, 0, 5.01, 5), shapely.box(5, 0, 9, 5)]))
    assert (sliver.is_sliver, sliver.area_m2) == (True, pytest.approx(500))


def test_a_gap_between_neighbours_is_found_and_a_street_between_blocks_is_none() -> None:
    near = units(
        [shapely.box(0, 0, 100, 100), shapely.box(105, 0, 200, 100), shapely.box(230, 0, 300, 100)], 1.0
    )
    (gap,) = find_gaps_between(near, ill_fitting(near))
    assert (gap.first, gap.second) == (0, 1)
    assert gap.area_m2 == pytest.approx(500.0, rel=0.02)


def test_a_hole_left_between_three_is_found_and_a_sound_coverage_has_none() -> None:
    sound = units([shapely.box(0, 0, 50, 50), shapely.box(50, 0, 90, 50), shapely.box(0, 50, 90, 90)], 1.0)
    assert find_gaps_between(sound, np.ones(3, bool)) == ()
    ring = shapely.box(0, 0, 50, 50).difference(shapely.box(20, 20, 26, 26))
    plug = units([ring, shapely.box(20, 20, 23, 26)], 1.0)
    (gap,) = find_gaps_between(plug, ill_fitting(plug))
    assert gap.area_m2 == pytest.approx(18.0)
