"""The demo city tells something: plain straight-line numbers against the 2011 figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from scipy.spatial import cKDTree

from data.demo.names import DISTRICTS
from geo.crs import project

CRS = "EPSG:4549"


@dataclass(frozen=True)
class Facts:
    residents: np.ndarray
    urban: np.ndarray
    xy: np.ndarray
    centres: np.ndarray
    all_sites: np.ndarray
    units: gpd.GeoDataFrame
    beds: pd.Series
    elderly: pd.Series


@pytest.fixture(scope="module")
def facts(demo_folder: Path) -> Facts:
    units = gpd.read_file(demo_folder / "units.gpkg").to_crs(CRS)
    units = units[units["level"] == "community"].reset_index(drop=True)
    cells = pd.read_parquet(demo_folder / "population.parquet")
    xy = project(cells["lon"], cells["lat"], CRS)
    hit, cell = shapely.STRtree(shapely.points(xy)).query(units.geometry.to_numpy(), predicate="intersects")
    community = np.empty(len(cells), int)
    community[cell] = hit
    sites = _sites(demo_folder)
    return Facts(
        cells["residents"].to_numpy(),
        (units["settlement"] == "urban").to_numpy()[community],
        xy,
        sites.loc[sites["tier"] == "公共服务中心", ["x", "y"]].to_numpy(),
        sites[["x", "y"]].to_numpy(),
        units,
        sites.groupby("district")["beds"].sum(),
        cells["elderly"].groupby(units["unit_id"].str[:6].to_numpy()[community]).sum(),
    )


def _sites(demo_folder: Path) -> pd.DataFrame:
    book = openpyxl.load_workbook(demo_folder / "facilities.xlsx")
    rows = [
        (f"9901{number:02d}", row[2], row[6], row[7], row[9] if isinstance(row[9], int) else 0)
        for number, name in enumerate(DISTRICTS, start=1)
        for row in book[name].iter_rows(min_row=5, values_only=True)
        if isinstance(row[0], int) and row[6] is not None and row[11] == "正常"
    ]
    table = pd.DataFrame(rows, columns=["district", "tier", "lon", "lat", "beds"])
    table[["x", "y"]] = project(table["lon"], table["lat"], CRS)
    return table


def share_within(facts: Facts, sites: np.ndarray, reach_m: float) -> float:
    """The share of urban residents within reach of a site."""
    near = cKDTree(sites).query(facts.xy)[0] <= reach_m
    return float(facts.residents[near & facts.urban].sum() / facts.residents[facts.urban].sum())


def units_with(facts: Facts, sites: np.ndarray, key_length: int) -> int:
    hit, _ = shapely.STRtree(shapely.points(sites)).query(
        facts.units.geometry.to_numpy(), predicate="contains"
    )
    return facts.units["unit_id"].str[:key_length].iloc[hit].nunique()


def test_nine_tenths_of_the_residents_are_urban(facts: Facts) -> None:
    assert 0.84 <= facts.residents[facts.urban].sum() / facts.residents.sum() <= 0.92


def test_stations_within_500_m_are_clearly_missed(facts: Facts) -> None:
    assert 0.70 <= share_within(facts, facts.all_sites, 500) <= 0.85


def test_centres_within_1250_m_are_missed_by_some(facts: Facts) -> None:
    assert 0.82 <= share_within(facts, facts.centres, 1_250) <= 0.95


def test_two_streets_have_no_centre(facts: Facts) -> None:
    assert units_with(facts, facts.centres, 9) == 38


def test_a_quarter_of_the_communities_has_no_station(facts: Facts) -> None:
    assert 0.70 <= units_with(facts, facts.all_sites, 12) / 500 <= 0.78


def test_beds_come_to_just_over_40_per_1000_elderly_in_every_district(facts: Facts) -> None:
    per_1000 = facts.beds / facts.elderly * 1_000
    assert per_1000.between(40, 46).all()
    assert 41 <= facts.beds.sum() / facts.elderly.sum() * 1_000 <= 44


def test_village_stations_serve_too_many_or_too_few_or_just_enough(facts: Facts) -> None:
    rural = facts.units[facts.units["settlement"] == "rural"].union_all()
    stations = facts.all_sites[shapely.contains_xy(rural, facts.all_sites[:, 0], facts.all_sites[:, 1])]
    nearest = cKDTree(stations).query(facts.xy[~facts.urban])[1]
    load = np.bincount(nearest, facts.residents[~facts.urban], minlength=len(stations))
    assert 0.4 <= ((load >= 300) & (load <= 1_000)).mean() <= 0.8
    assert (load < 300).sum() >= 5
    assert (load > 1_000).sum() >= 15
