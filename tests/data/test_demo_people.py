"""The demo city's residents."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.crs import project


@pytest.fixture(scope="module")
def cells(demo_folder: Path) -> pd.DataFrame:
    return pd.read_parquet(demo_folder / "population.parquet")


def test_its_columns(cells: pd.DataFrame) -> None:
    assert list(cells) == ["cell_id", "lon", "lat", "residents", "elderly", "children"]
    assert cells["cell_id"].is_unique


def test_1_2_million_residents_on_60_000_cells(cells: pd.DataFrame) -> None:
    assert cells["residents"].sum() == 1_204_318
    assert 58_000 <= len(cells) <= 62_000
    assert cells["residents"].min() >= 1


def test_a_fifth_are_elderly_and_groups_never_exceed_residents(cells: pd.DataFrame) -> None:
    assert 0.19 <= cells["elderly"].sum() / cells["residents"].sum() <= 0.25
    assert 0.10 <= cells["children"].sum() / cells["residents"].sum() <= 0.15
    assert (cells["elderly"] + cells["children"] <= cells["residents"]).all()


def test_cell_centres_lie_on_a_regular_100_m_grid(cells: pd.DataFrame) -> None:
    xy = project(cells["lon"], cells["lat"], "EPSG:4549")
    assert np.abs((xy - 50) / 100 - np.round((xy - 50) / 100)).max() * 100 < 0.02


def test_the_centre_is_dense_and_the_country_thin(cells: pd.DataFrame) -> None:
    assert cells["residents"].quantile(0.5) <= 5
    assert 200 <= cells["residents"].quantile(0.995) <= 500


@pytest.mark.parametrize("layer", ["water", "green"])
def test_nobody_lives_in_water_or_on_hills(demo_folder: Path, cells: pd.DataFrame, layer: str) -> None:
    ground = gpd.read_file(demo_folder / "streets.gpkg", layer=layer).union_all()
    shapely.prepare(ground)
    assert not shapely.contains_xy(ground, cells["lon"], cells["lat"]).any()
