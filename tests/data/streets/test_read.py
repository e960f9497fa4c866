from __future__ import annotations

import hashlib
import itertools
import json
import sqlite3

import geopandas as gpd
import networkx as nx
import osmnx
import pytest
import shapely

from core.errors import InputError
from data.streets import read_streets
from tests.data.streets.street_files import CRS, METRES, PLACES, WAYS, lines, write_osm

OSM_NAMES = ["a.osm", "a.osm.gz", "a.osm.bz2", "a.osm.pbf"]


def lengths(streets):
    return sorted(streets.network.edge_length_m.tolist())


def said(streets):
    return " ".join(map(str, streets.findings))


def is_the_district(streets):
    """The square and the street that leads on, without the motorway."""
    assert lengths(streets) == pytest.approx([METRES["on"], METRES["square"]], abs=0.3)
    assert streets.network.crs == CRS


def graph() -> nx.MultiDiGraph:
    """The walkable district as OSMnx holds it: both directions, degree-2 nodes inside edges."""
    made = nx.MultiDiGraph(crs="EPSG:4326", simplified=False)
    for number, (lon, lat) in PLACES.items():
        made.add_node(number, x=lon, y=lat)
    for osmid, (nodes, tags) in WAYS.items():
        if tags["highway"] == "motorway":
            continue
        for a, b in itertools.pairwise(nodes):
            made.add_edge(a, b, osmid=osmid, length=1.0, **tags)
            made.add_edge(b, a, osmid=osmid, length=1.0, **tags)
    return osmnx.simplify_graph(made)


@pytest.mark.parametrize("name", OSM_NAMES)
def test_openstreetmap_in_every_packing(tmp_path, name):
    streets = read_streets(write_osm(tmp_path / name))
    is_the_district(streets)
    assert streets.kind == name.removeprefix("a.").removeprefix("osm.p").replace("bf", "pbf")
    assert streets.findings == ()


@pytest.mark.parametrize("name", OSM_NAMES)
def test_water_and_green_come_with_openstreetmap(tmp_path, name):
    basemap = read_streets(write_osm(tmp_path / name)).basemap
    assert sorted(shapely.get_type_id(basemap.water)) == [1, 6]  # a river and a pond
    assert shapely.get_num_interior_rings(shapely.get_geometry(basemap.green, 0)).tolist() == [1]
    assert shapely.area(basemap.green)[0] == pytest.approx(75.5 * 88.7 - 18.9 * 22.2 / 2, rel=0.01)


def test_points_that_follow_their_ways_are_found(tmp_path):
    is_the_district(read_streets(write_osm(tmp_path / "overpass.osm", ways_first=True)))


def test_a_way_is_cut_where_a_point_is_missing_and_that_is_said(tmp_path):
    streets = read_streets(write_osm(tmp_path / "a.osm.pbf", without=[4]))
    assert len(streets.network) == 1
    assert "1 way of the street file lacks some of its points and was cut" in said(streets)


def test_the_class_of_streets_follows_their_highway_tag(tmp_path):
    network = read_streets(write_osm(tmp_path / "a.osm.pbf")).network
    assert network.edge_class[network.edge_length_m.argsort()].tolist() == [0, 2]


def test_the_fingerprint_is_that_of_the_bytes(tmp_path):
    path = write_osm(tmp_path / "a.osm.pbf")
    assert read_streets(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_crs_asked_for_is_used(tmp_path):
    assert read_streets(write_osm(tmp_path / "a.osm.pbf"), crs="EPSG:32650").network.crs == "EPSG:32650"


def test_a_graph_of_osmnx_has_each_street_once(tmp_path):
    osmnx.save_graphml(graph(), tmp_path / "a.graphml")
    streets = read_streets(tmp_path / "a.graphml")
    is_the_district(streets)
    assert sorted(streets.network.edge_class.tolist()) == [0, 2]


def test_a_projected_graph_of_osmnx_is_read_in_its_own_crs(tmp_path):
    osmnx.save_graphml(osmnx.project_graph(graph(), to_crs="EPSG:32651"), tmp_path / "a.graphml")
    is_the_district(read_streets(tmp_path / "a.graphml"))


def test_an_unsimplified_graph_is_contracted(tmp_path):
    made = nx.MultiDiGraph(graph())
    made.add_edge(5, 9)
    made.add_node(9, x=120.005, y=32.002)
    made.add_edge(9, 5)
    osmnx.save_graphml(made, tmp_path / "a.graphml")
    assert len(read_streets(tmp_path / "a.graphml").network) == 2


def test_edges_of_a_graph_that_may_not_be_walked_are_left_out(tmp_path):
    made = graph()
    made.add_edge(5, 3, osmid=7, length=1.0, highway=["motorway_link", "primary"])
    made.add_edge(5, 3, osmid=8, length=1.0, highway="service", access="private")
    osmnx.save_graphml(made, tmp_path / "a.graphml")
    is_the_district(read_streets(tmp_path / "a.graphml"))


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4549", "EPSG:32650", "EPSG:3857"])
def test_street_lines_of_a_geopackage_in_any_crs(tmp_path, crs):
    lines().to_crs(crs).to_file(tmp_path / "a.gpkg", layer="roads")
    streets = read_streets(tmp_path / "a.gpkg")
    is_the_district(streets)
    assert "1 line that may not be walked" in said(streets)


def test_the_layer_called_streets_is_taken_and_water_and_green_with_it(tmp_path):
    lines().iloc[:1].to_file(tmp_path / "a.gpkg", layer="an older one")
    lines().to_file(tmp_path / "a.gpkg", layer="streets")
    square = lines()[:0].set_geometry([]).set_crs(4326)
    for layer, side in (("water", 0.001), ("green", 0.002)):
        square = gpd.GeoDataFrame(geometry=[shapely.box(120, 32, 120 + side, 32 + side)], crs=4326)
        square.to_file(tmp_path / "a.gpkg", layer=layer)
    streets = read_streets(tmp_path / "a.gpkg")
    is_the_district(streets)
    assert shapely.area(streets.basemap.water)[0] == pytest.approx(94.5 * 110.9, rel=0.01)
    assert shapely.area(streets.basemap.green)[0] == pytest.approx(189 * 221.8, rel=0.01)


@pytest.mark.filterwarnings("ignore:.crs. was not provided")
def test_lines_without_a_crs_are_read_as_degrees_and_that_is_said(tmp_path):
    lines().set_crs(None, allow_override=True).to_file(tmp_path / "a.gpkg")
    streets = read_streets(tmp_path / "a.gpkg")
    is_the_district(streets)
    assert "read as WGS-84" in said(streets)


@pytest.mark.filterwarnings("ignore:.crs. was not provided")
def test_metres_without_a_crs_are_refused(tmp_path):
    lines().to_crs(CRS).set_crs(None, allow_override=True).to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="does not say its coordinate system"):
        read_streets(tmp_path / "a.gpkg")


@pytest.mark.parametrize("name", ["a!b.gpkg", "街道.gpkg", "a b#c.gpkg", "streets.zip", "streets.geojson"])
def test_odd_file_names_are_read(tmp_path, name):
    lines().to_file(tmp_path / "a.gpkg")
    is_the_district(read_streets((tmp_path / "a.gpkg").rename(tmp_path / name)))


def test_street_lines_of_a_geojson(tmp_path):
    lines().to_file(tmp_path / "a.geojson")
    is_the_district(read_streets(tmp_path / "a.geojson"))


def test_a_geojson_with_the_old_crs_member_is_read_in_it(tmp_path):
    content = json.loads(lines().to_crs(CRS).to_json())
    content["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    (tmp_path / "a.geojson").write_text(json.dumps(content))
    is_the_district(read_streets(tmp_path / "a.geojson"))


def test_features_that_are_not_lines_are_passed_over(tmp_path):
    content = json.loads(lines().to_json())
    broken = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}
    content["features"] += [{"type": "Feature", "geometry": g, "properties": None} for g in (None, broken)]
    (tmp_path / "a.geojson").write_text(json.dumps(content))
    is_the_district(read_streets(tmp_path / "a.geojson"))


def test_lines_that_say_nothing_of_openstreetmap_are_all_streets(tmp_path):
    lines().drop(columns="highway").to_file(tmp_path / "a.gpkg")
    assert len(read_streets(tmp_path / "a.gpkg").network) == 4


def test_a_class_column_says_what_a_map_shows_from_afar(tmp_path):
    lines().drop(columns="highway").assign(**{"class": [0, 2, 1, None]}).iloc[[1, 2]].to_file(
        tmp_path / "a.gpkg"
    )
    assert sorted(read_streets(tmp_path / "a.gpkg").network.edge_class.tolist()) == [2]


def test_streets_outside_the_area_are_left_out_and_those_across_its_rim_are_cut(tmp_path):
    path = write_osm(tmp_path / "a.osm.pbf")
    corner = shapely.box(119.9995, 31.9995, 120.0015, 32.0015)
    streets = read_streets(path, area=corner)
    assert lengths(streets) == pytest.approx([METRES["square"] / 2], abs=0.3)
    assert len(streets.basemap.green) == 1
    assert len(read_streets(path, area=shapely.box(120.0030, 32.0015, 120.0035, 32.0025)).network) == 1
    with pytest.raises(InputError, match="99 km away"):
        read_streets(path, area=shapely.box(121, 32, 121.1, 32.1))


def test_islands_are_said(tmp_path):
    apart = lines().iloc[[0]].translate(0.1, 0).to_frame("geometry").assign(highway="path")
    gpd.GeoDataFrame(gpd.pd.concat([lines(), apart]), crs=4326).to_file(tmp_path / "a.gpkg")
    assert "1 island with 411 m" in said(read_streets(tmp_path / "a.gpkg"))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="no street file"):
        read_streets(tmp_path / "none.osm")


def test_a_file_without_a_walkable_street_is_refused(tmp_path):
    lines().iloc[[3]].to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="no street that may be walked"):
        read_streets(tmp_path / "a.gpkg")


def test_a_geopackage_without_lines_is_refused(tmp_path):
    lines().set_geometry(lines().to_crs(CRS).centroid).to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="no layer of lines"):
        read_streets(tmp_path / "a.gpkg")


def test_streets_over_half_a_continent_are_refused(tmp_path):
    far = (
        lines()
        .iloc[[0, 0]]
        .assign(geometry=[lines().geometry[0], shapely.LineString([(80, 30), (80.1, 30)])])
    )
    far.to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="more than one study area"):
        read_streets(tmp_path / "a.gpkg")


def test_streets_in_one_point_are_refused(tmp_path):
    point = shapely.LineString([(120, 32), (120, 32)])
    lines().iloc[[0]].assign(geometry=[point]).to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="in one point"):
        read_streets(tmp_path / "a.gpkg")


def cut_short(path, share=0.6):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


@pytest.mark.parametrize("name", OSM_NAMES)
def test_a_truncated_openstreetmap_file_is_refused(tmp_path, name):
    with pytest.raises(InputError):
        read_streets(cut_short(write_osm(tmp_path / name)))


def test_truncated_lines_are_refused(tmp_path):
    lines().to_file(tmp_path / "a.gpkg")
    lines().to_file(tmp_path / "a.geojson")
    osmnx.save_graphml(graph(), tmp_path / "a.graphml")
    for name in ("a.gpkg", "a.geojson", "a.graphml"):
        with pytest.raises(InputError, match=name):
            read_streets(cut_short(tmp_path / name, 0.5))


def test_a_database_that_is_no_geopackage_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "a.gpkg") as base:
        base.execute("create table t (a)")
    base.close()
    with pytest.raises(InputError):
        read_streets(tmp_path / "a.gpkg")


NO_GEOJSON = ["{}", '{"features": 3}', '{"features": [3, null, {}]}', "{" * 9, '{"a": ' * 100_000]


@pytest.mark.parametrize("content", NO_GEOJSON, ids=range(len(NO_GEOJSON)))
def test_a_geojson_that_is_none_is_refused(tmp_path, content):
    (tmp_path / "a.geojson").write_text(content)
    with pytest.raises(InputError):
        read_streets(tmp_path / "a.geojson")


BOMB = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "root", ["osm version='0.6'", "graphml xmlns='http://graphml.graphdrawing.org/xmlns'"]
)
def test_an_entity_bomb_is_refused(tmp_path, root):
    (tmp_path / "a.osm").write_text(f"{BOMB}]><{root}>&i;</{root.split()[0]}>")
    with pytest.raises(InputError):
        read_streets(tmp_path / "a.osm")


@pytest.mark.parametrize(
    "columns",
    [
        {"bridge": ["yes", "no"]},
        {"bridge": ["T", "F"]},
        {"layer": ["1", None]},
        {"tunnel": ["F", "T"]},
        {"name": ["a", "b"]},
        {"osm_id": ["1", "2"], "bridge": ["T", "F"]},
    ],
    ids=str,
)
def test_a_bridge_of_a_road_layer_is_no_junction_even_where_both_lines_have_a_vertex_there(tmp_path, columns):
    lines = [[(119.99, 32), (120, 32), (120.01, 32)], [(120, 31.99), (120, 32), (120, 32.01)]]
    shapes = [shapely.LineString(line) for line in lines]
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(tmp_path / "roads.gpkg")
    network = read_streets(tmp_path / "roads.gpkg", crs=CRS).network
    assert (len(network), len(network.node_xy)) == ((4, 5) if {"name", "osm_id"} & set(columns) else (2, 4))


def test_stairs_that_end_on_a_bridge_join_it_and_so_does_the_street_at_its_end(tmp_path):
    bridge, under = [(119.99, 32), (120, 32), (120.01, 32)], [(120.005, 31.99), (120.005, 32.005)]
    stairs, on = [(120, 32), (120.005, 32.005)], [(120.01, 32), (120.02, 32)]
    shapes = [shapely.LineString(line) for line in (bridge, under, stairs, on)]
    columns = {"bridge": ["yes", "no", "no", "no"]}
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(tmp_path / "roads.gpkg")
    network = read_streets(tmp_path / "roads.gpkg", crs=CRS).network
    assert network.islands.count == 0
