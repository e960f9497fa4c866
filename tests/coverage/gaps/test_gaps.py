"""Gaps on the tiny town."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from coverage.assessment import assess
from coverage.gaps.gaps import gap_outlines
from coverage.model.study import Study
from coverage.model.tables import UnitTable
from tests.coverage.tiny_town import CRS, EAST, NORTH, RADIUS_500, WALK_5, standard, study


def chained_city(communities: Sequence[tuple[str, str, float]]) -> Study:
    """The tiny town without facilities; (name, street, residents) of its communities from west to east."""
    ends = np.linspace(-60.0, 2080.0, len(communities) + 1)
    boxes = {
        name: shapely.box(EAST + west, NORTH - 500, EAST + east, NORTH + 500)
        for (name, _, _), west, east in zip(communities, ends, ends[1:], strict=False)
    }
    whole = shapely.box(EAST - 60, NORTH - 500, EAST + 2080, NORTH + 500)
    rows = [("city", "district", "", whole)]
    for street in dict.fromkeys(street for _, street, _ in communities):
        parts = [boxes[name] for name, of, _ in communities if of == street]
        rows.append((street, "street", "city", shapely.union_all(parts)))
    rows += [(name, "community", street, boxes[name]) for name, street, _ in communities]
    frame = pd.DataFrame(rows, columns=["unit_id", "level", "parent_id", "geometry"])
    frame = frame.assign(name=frame["unit_id"], settlement="urban")
    town = study([("clinic", 0)])
    place = np.digitize(town.grid.xy[:, 0] - EAST, ends) - 1
    people = np.array([residents for _, _, residents in communities])[place] / np.bincount(place)[place]
    units = UnitTable(gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS))
    return replace(town, grid=replace(town.grid, residents=people), units=units)


def test_gaps_are_contiguous_and_ranked_by_residents() -> None:
    # Served: x = 300 … 1300. Left: 0 … 200 (3 cells) and 1400 … 2000 (7 cells).
    gaps = assess(study([("station", 800)]), standard(RADIUS_500)).gaps
    assert [(gap.rank, gap.residents) for gap in gaps] == [(1, 700.0), (2, 300.0)]


def test_a_gap_knows_its_units_groups_and_how_far_its_residents_have() -> None:
    done = assess(study([("station", 800)]), standard(RADIUS_500))
    gap = done.gaps[0]
    # Its seven cells are 600 … 1,200 m from the station; at x = 1700 one facility serves them all.
    assert gap.xy[0] - EAST == 1700.0
    assert (gap.nearest_m, gap.farthest_m) == (pytest.approx(900.0), pytest.approx(1200.0))
    assert gap.groups == {"elderly": 140.0}
    assert gap.unit_rows["community"] == 3
    assert (gap.units_touched, gap.shares[0].share) == (1, 1.0)


def test_half_the_residents_have_at_most_the_median_way() -> None:
    city = study([("station", 800)])
    city.grid.residents[-1] = 700.0  # of 1,300 residents 700 live at the end, 1,200 m away
    assert assess(city, standard(RADIUS_500)).gaps[0].nearest_m == pytest.approx(1200.0)


def test_the_flag_of_a_gap_stands_at_its_best_site() -> None:
    done = assess(study([("clinic", 0)]), standard(WALK_5))
    assert all(gap.site is not None and gap.xy == gap.site.xy for gap in done.gaps)


def test_the_names_of_a_gaps_place_are_a_chain_that_exists() -> None:
    # Most by level would be street S and community C; but C belongs to T.
    city = chained_city([("A", "S", 600.0), ("B", "S", 500.0), ("C", "T", 700.0), ("D", "T", 100.0)])
    done = assess(city, standard(RADIUS_500))
    assert city.units is not None
    names = city.units.frame["name"].tolist()
    gap = done.gaps[0]
    assert [names[row] for row in gap.unit_rows.values()] == ["city", "T", "C"]
    assert [(names[share.unit_rows["community"]], round(share.residents, 6)) for share in gap.shares] == [
        ("C", 700.0), ("A", 600.0), ("B", 500.0), ("D", 100.0)]  # fmt: skip
    assert gap.units_touched == 4


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
