"""The demo city's streets: one network, dry but for its bridges."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.network.build import build_from_lines
from geo.network.network import WalkNetwork


@pytest.fixture(scope="module")
def layers(demo_folder: Path) -> dict[str, gpd.GeoDataFrame]:
    path = demo_folder / "streets.gpkg"
    return {name: gpd.read_file(path, layer=name) for name in ("streets", "water", "green")}


@pytest.fixture(scope="module")
def network(layers: dict[str, gpd.GeoDataFrame]) -> WalkNetwork:
    lines = layers["streets"].to_crs("EPSG:4549").geometry.to_numpy()
    return build_from_lines(list(lines), np.zeros(len(lines), np.int8), crs="EPSG:4549")


def test_about_60_000_junctions_and_dead_ends(network: WalkNetwork) -> None:
    assert 56_000 <= len(network.node_xy) <= 66_000


def test_it_is_one_network(network: WalkNetwork) -> None:
    n = len(network.node_xy)
    graph = coo_array((np.ones(len(network)), network.edge_nodes.T), shape=(n, n))
    assert connected_components(graph, directed=False)[0] == 1


def test_only_three_bridges_touch_water(layers: dict[str, gpd.GeoDataFrame]) -> None:
    streets = layers["streets"]
    wet = streets.intersects(layers["water"].union_all())
    assert (wet == streets["bridge"].astype(bool)).all()
    assert wet.sum() == 3


def test_without_the_bridges_the_banks_are_apart(layers: dict[str, gpd.GeoDataFrame]) -> None:
    dry = layers["streets"][~layers["streets"]["bridge"].astype(bool)].to_crs("EPSG:4549").geometry.to_numpy()
    network = build_from_lines(list(dry), np.zeros(len(dry), np.int8), crs="EPSG:4549")
    n = len(network.node_xy)
    graph = coo_array((np.ones(len(network)), network.edge_nodes.T), shape=(n, n))
    assert connected_components(graph, directed=False)[0] == 2


def test_no_street_enters_a_hill_or_a_park(layers: dict[str, gpd.GeoDataFrame]) -> None:
    assert not layers["streets"].intersects(layers["green"].union_all()).any()


def test_lines_that_cross_share_a_vertex_there(layers: dict[str, gpd.GeoDataFrame]) -> None:
    lines = layers["streets"].geometry.to_numpy()[::7]
    one, other = shapely.STRtree(lines).query(lines, predicate="crosses")
    apart = shapely.intersection(lines[one], lines[other])
    shared = shapely.intersection(
        shapely.extract_unique_points(lines[one]), shapely.extract_unique_points(lines[other])
    )
    assert (shapely.get_num_geometries(apart) == shapely.get_num_geometries(shared)).mean() > 0.999


def test_classes_and_names(layers: dict[str, gpd.GeoDataFrame]) -> None:
    streets = layers["streets"]
    assert {"primary", "secondary", "residential", "path", "unclassified"} <= set(streets["highway"])
    named = streets["name"].fillna("") != ""
    assert set(streets.loc[named, "highway"]) <= {"primary", "secondary", "unclassified"}
    assert named[streets["highway"] == "primary"].mean() > 0.9
