"""Ground that two units claim."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage.overlaps import find_overlaps
from coverage.tables import UnitTable

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
