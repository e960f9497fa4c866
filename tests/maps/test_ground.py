from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import shapely

from coverage.model.tables import PopulationGrid, UnitTable
from geo.basemap import Basemap as AreaShapes
from geo.crs import project
from geo.network.network import WalkNetwork
from maps.ground import basemap_of
from maps.model import Lines

CRS = "EPSG:4549"
X, Y = 385_000.0, 3_545_000.0


def network(vertices: list[tuple[float, float]], street_class: int = 0) -> WalkNetwork:
    xy = np.add(vertices, [X, Y])
    return WalkNetwork(
        xy[[0, -1]],
        np.array([[0, 1]], np.int32),
        np.array([1000.0]),
        xy,
        np.array([0, len(xy)]),
        np.array([street_class], np.int8),
        CRS,
    )


def metres(lines: Lines) -> np.ndarray:
    return project(lines.lon, lines.lat, CRS) - [X, Y]


def test_a_street_keeps_its_bends_and_loses_vertices_on_a_straight_line() -> None:
    drawn = basemap_of(network([(0, 0), (100, 1), (200, 0), (200, 300)], 2)).streets[2]
    np.testing.assert_allclose(metres(drawn), [(0, 0), (200, 0), (200, 300)], atol=0.01)


def test_a_border_that_two_units_share_is_drawn_once() -> None:
    boxes = [shapely.box(X, Y, X + 1000, Y + 1000), shapely.box(X + 1000, Y, X + 2000, Y + 1000)]
    frame = gpd.GeoDataFrame(
        {
            "unit_id": ["1", "2"],
            "name": ["甲", "乙"],
            "level": "community",
            "settlement": "",
            "parent_id": "",
        },
        geometry=boxes,
        crs=CRS,
    )
    made = basemap_of(network([(0, 0), (1, 0)]), UnitTable(frame))
    borders = made.outlines["community"]
    xy, total = metres(borders), 0.0
    for first, last in pairwise(borders.start):
        total += np.hypot(*np.diff(xy[first:last], axis=0).T).sum()
    assert round(total) == 7000
    assert list(made.labels["name"]) == ["甲", "乙"]


def test_a_lake_with_an_island_gives_an_outer_ring_and_a_hole_turned_the_other_way() -> None:
    lake = shapely.box(X, Y, X + 900, Y + 900) - shapely.box(X + 300, Y + 300, X + 600, Y + 600)
    river = shapely.LineString([(X, Y), (X + 500, Y + 800)])
    shapes = AreaShapes(np.array([lake, river]), np.empty(0, object), CRS)
    made = basemap_of(network([(0, 0), (1, 0)]), shapes=shapes)
    start, xy = made.water.start, metres(made.water)
    turns = [shapely.is_ccw(shapely.LinearRing(xy[a:b])) for a, b in pairwise(start)]
    assert turns == [True, False]
    assert len(made.water_lines) == 1
    assert len(made.green) == 0


def test_of_too_many_streets_the_small_ones_are_drawn_where_people_live() -> None:
    """Five streets of two vertices each, one of them large; there is room for two."""
    west = np.array([0.0, 1000.0, 2000.0, 3000.0, 4000.0])
    east, north = X + np.repeat(west, 2) + np.tile([100.0, 200.0], 5), np.full(10, Y + 500.0)
    xy = np.column_stack([east, north])
    ends = np.arange(10, dtype=np.int32).reshape(-1, 2)
    classes = np.array([0, 0, 1, 0, 0], np.int8)
    streets = WalkNetwork(xy, ends, np.full(5, 100.0), xy, np.arange(0, 11, 2), classes, CRS)
    cells = np.array([(X + 3500.0, Y + 500.0), (X + 500.0, Y + 500.0)])
    people = PopulationGrid(np.arange(2), cells, np.array([90.0, 10.0]), np.full(2, 1e4), 100.0, CRS, {})
    drawn = basemap_of(streets, grid=people, most=4).streets
    assert metres(drawn[1])[:, 0].round().tolist() == [2100.0, 2200.0]
    assert metres(drawn[0])[:, 0].round().tolist() == [3100.0, 3200.0]
