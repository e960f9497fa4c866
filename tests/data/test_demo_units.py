"""The demo city's districts, streets and communities tile it."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.crs import project

URBAN = {"111", "112", "121", "122", "123"}


@pytest.fixture(scope="module")
def units(demo_folder: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(demo_folder / "units.gpkg", layer="units").to_crs("EPSG:4549")


@pytest.fixture(scope="module")
def lived_in(demo_folder: Path, units: gpd.GeoDataFrame) -> np.ndarray:
    """How many communities each populated cell lies in."""
    cells = pd.read_parquet(demo_folder / "population.parquet")
    points = shapely.points(project(cells["lon"], cells["lat"], "EPSG:4549"))
    communities = units.loc[units["level"] == "community", "geometry"].to_numpy()
    hit = shapely.STRtree(points).query(communities, predicate="intersects")[1]
    return np.bincount(hit, minlength=len(points))


def test_6_districts_40_streets_500_communities(units: gpd.GeoDataFrame) -> None:
    assert units["level"].value_counts().to_dict() == {"community": 500, "street": 40, "district": 6}


def test_unit_numbers_carry_their_parents(units: gpd.GeoDataFrame) -> None:
    digits = units["level"].map({"district": 6, "street": 9, "community": 12})
    assert (units["unit_id"].str.len() == digits).all()
    assert units["unit_id"].is_unique
    below = units[units["level"] != "district"]
    assert all(
        own.startswith(parent) for own, parent in zip(below["unit_id"], below["parent_id"], strict=True)
    )
    assert set(below["parent_id"]) <= set(units["unit_id"])


def test_every_street_has_communities_and_every_district_streets(units: gpd.GeoDataFrame) -> None:
    assert set(units.loc[units["level"] != "community", "unit_id"]) <= set(units["parent_id"])


def test_no_name_occurs_twice_in_a_level(units: gpd.GeoDataFrame) -> None:
    assert not units.duplicated(["level", "name"]).any()


def test_settlement_follows_the_code_and_stands_at_the_lowest_level_only(units: gpd.GeoDataFrame) -> None:
    lowest = units["level"] == "community"
    is_urban = units.loc[lowest, "settlement_code"].isin(URBAN)
    assert (units.loc[lowest, "settlement"] == np.where(is_urban, "urban", "rural")).all()
    assert (units.loc[~lowest, ["settlement", "settlement_code"]] == "").all(axis=None)
    assert set(units.loc[lowest, "settlement_code"]) == URBAN | {"210", "220"}
    assert 200 <= is_urban.sum() <= 320


def test_outlines_are_valid_and_whole(units: gpd.GeoDataFrame) -> None:
    assert units.is_valid.all()
    assert (units.geom_type == "Polygon").all()


@pytest.mark.parametrize("level", ["district", "street", "community"])
def test_units_of_a_level_tile_the_city(units: gpd.GeoDataFrame, level: str) -> None:
    shapes = units.loc[units["level"] == level, "geometry"].to_numpy()
    assert shapely.coverage_is_valid(shapes)
    whole_m2 = shapely.union_all(units.loc[units["level"] == "district", "geometry"].to_numpy()).area
    assert abs(shapely.area(shapes).sum() - whole_m2) < 1.0
    assert 800e6 < whole_m2 < 1_050e6


def test_every_populated_cell_lies_in_exactly_one_community(lived_in: np.ndarray) -> None:
    assert (lived_in == 1).all()


def test_communities_are_small_in_town_and_large_in_the_country(units: gpd.GeoDataFrame) -> None:
    area = units[units["level"] == "community"].area
    rural = units["settlement"] == "rural"
    assert area[rural].median() > 3 * area[units["settlement"] == "urban"].median()


def test_no_community_spans_the_river(demo_folder: Path, units: gpd.GeoDataFrame) -> None:
    water = gpd.read_file(demo_folder / "streets.gpkg", layer="water").to_crs("EPSG:4549")
    river = water.loc[water["name"] == "云江", "geometry"].iloc[0]
    dry = units[units["level"] == "community"].difference(river)
    parts = dry.explode(index_parts=False)
    # The island is a second piece of ground; on the banks every community is one piece.
    assert (parts[parts.area > 150_000].groupby(level=0).size() == 1).all()
