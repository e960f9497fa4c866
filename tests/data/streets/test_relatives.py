"""Relatives of the layouts in `test_layouts.py`: the same streets in further words of providers."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
import shapely

from core.errors import InputError
from data.formats.asked import OpenQuestionError
from data.streets import read_streets
from data.streets.read import Asked
from tests.data.streets.street_files import lines
from tests.data.streets.test_layouts import CRS, WALKED_M, X0, Y0, frame, metres, only_streets

CLASSES = [
    ("道路级别", "城市支路", "高速公路"),
    ("路网等级", "次干道", "高速公路"),
    ("DLLX", "乡村道路", "高速公路"),
    ("road_type", "residential road", "motorway"),
    ("RoadClass", "Local", "Expressway"),
    ("FUNC_CLASS", "tertiary", "motorway"),
    ("道路等级", "乡道", "国家高速"),
    ("highway", "RESIDENTIAL", "MOTORWAY_LINK"),
    ("class", "living_street", "motorway"),
    ("类型", "步行街", "高速公路"),
    ("highway", "residential;service", "motorway"),
    ("highway", "['footway' 'path']", "['motorway' 'trunk']"),
    ("MTFCC", "S1400", "S1100"),
    ("MTFCC", "S1710", "S1630"),
    ("class", "A Road", "Motorway"),
    ("RoadClass", "44000", "41000"),
    ("roadclass", 47000, 41000),
    ("code", 5122, 5111),
    ("GP_RTP", 4, 1),
    ("Kind", "0608", "0001"),
    ("Kind", "0401|040b", "020c"),
]


@pytest.mark.parametrize(("column", "street", "motorway"), CLASSES)
def test_further_words_of_classes(tmp_path, column, street, motorway):
    frame((street, motorway, None), column).to_file(tmp_path / "a.gpkg")
    assert metres(tmp_path / "a.gpkg") == pytest.approx(WALKED_M, abs=2)


TOGETHER = [
    (("高速公路", "城市道路", "人行道"), 2),
    (("motorway", "roads", "footways"), 2),
    (("roads_east", "roads_west"), 0),
]


@pytest.mark.parametrize(("layers", "motorways"), TOGETHER)
def test_layers_that_are_a_class_each_or_parts_of_one_network_are_read_together(tmp_path, layers, motorways):
    walked = only_streets()
    aside = gpd.GeoDataFrame(geometry=walked.translate(0.05, 0))
    names = [name for name in layers if "高速" not in name and name != "motorway"]
    for k, name in enumerate(names):
        walked.iloc[k :: len(names)].to_file(tmp_path / "a.gpkg", layer=name)
    if motorways:
        aside.to_file(tmp_path / "a.gpkg", layer=layers[0])
    read = read_streets(tmp_path / "a.gpkg", crs=CRS)
    assert read.network.edge_length_m.sum() == pytest.approx(WALKED_M, abs=2)


def test_two_states_of_one_network_are_asked_about_and_named_together_if_so_wanted(tmp_path):
    for name in ("roads_2019", "roads_2022"):
        only_streets().to_file(tmp_path / "a.gpkg", layer=name)
    with pytest.raises(OpenQuestionError, match="roads_2019, roads_2022"):
        read_streets(tmp_path / "a.gpkg", crs=CRS)
    read = read_streets(tmp_path / "a.gpkg", crs=CRS, asked=Asked(layer="roads_2019 + roads_2022"))
    assert {entry.layer for entry in read.read if entry.used} == {"roads_2019 + roads_2022"}


LAYERS = [
    (("高压线", "城市道路"), "城市道路"),
    (("contours", "transportation_segment"), "transportation_segment"),
    (("行政界线", "公路"), "公路"),
    (("canal_l", "road_l"), "road_l"),
    (("hydrography", "street_centerline"), "street_centerline"),
    (("铁路", "道路_polyline"), "道路_polyline"),
    (("水域边线", "道路边线", "道路中线"), "道路中线"),
]


@pytest.mark.parametrize(("layers", "chosen"), LAYERS)
def test_further_names_of_layers(tmp_path, layers, chosen):
    other = only_streets().iloc[:1].translate(0.5, 0)
    for name in layers:
        shapes = only_streets() if name == chosen else gpd.GeoDataFrame(geometry=other)
        shapes.to_file(tmp_path / "a.gpkg", layer=name)
    read = read_streets(tmp_path / "a.gpkg", crs=CRS)
    assert next((entry.layer, entry.used) for entry in read.read) == (chosen, True)
    assert read.network.edge_length_m.sum() == pytest.approx(WALKED_M, abs=2)


@pytest.mark.parametrize(
    ("column", "open_word", "closed"),
    [
        ("access", "yes", "private"), ("foot", None, "no"), ("access", None, "no"),
        ("properties", '{"access": "yes"}', '{"access": "private"}'),
    ],
)  # fmt: skip
def test_access_counts_wherever_it_stands(tmp_path, column, open_word, closed):
    table = frame(("residential", "motorway", "service"))
    table[column] = [open_word] * (len(table) - 1) + [closed]
    table.to_file(tmp_path / "a.gpkg")
    assert metres(tmp_path / "a.gpkg") == pytest.approx(WALKED_M, abs=2)


SAID = [
    *(
        ("bridge", *said)
        for said in [("false", "true"), ("不是", "是"), ("n", "y"), (False, True), ("", "桥")]
    ),
    ("bridge", "非桥", "桥"),
    ("structure", "", "bridge"),
    ("STRUCT", "surface", "Viaduct"),
    ("类型", "地面道路", "高架桥"),
    ("竖向位置", "地面", "高架"),
    ("Kind", "0601", "0608"),
    ("KIND", "0601", "060f"),
]


@pytest.mark.parametrize(("title", "no", "yes"), SAID, ids=map(str, SAID))
def test_further_words_of_bridges(tmp_path, title, no, yes):
    over = shapely.LineString([(X0, Y0), (X0 + 200, Y0 + 200), (X0 + 400, Y0 + 400)])
    under = shapely.LineString([(X0 + 400, Y0), (X0 + 200, Y0 + 200), (X0, Y0 + 400)])
    gpd.GeoDataFrame({title: [yes, no]}, geometry=[over, under], crs=CRS).to_file(tmp_path / "a.gpkg")
    assert len(read_streets(tmp_path / "a.gpkg", crs=CRS).network) == 2


DRAWN = [
    ("Layer", "道路中心线", "等高线"),
    ("图层", "城市道路", "河流岸线"),
    ("要素类型", "公路", "铁路"),
    ("FeatureType", "Street", "Building outline"),
]


@pytest.mark.parametrize(("column", "street", "other"), DRAWN)
def test_of_a_drawing_only_the_lines_of_its_streets_are_walked(tmp_path, column, street, other):
    table = frame((street, other, None), column)
    table.to_file(tmp_path / "a.gpkg")
    read = read_streets(tmp_path / "a.gpkg", crs=CRS)
    assert read.network.edge_length_m.sum() == pytest.approx(WALKED_M, abs=2)
    assert any(f"no streets and were left out: {other}" in str(said) for said in read.findings)


def test_names_of_streets_that_hold_words_of_rivers_are_no_layers_of_a_drawing(tmp_path):
    table = only_streets()
    table["路名"] = [("滨河路", "沿江公路", "铁路南街")[k % 3] for k in range(len(table))]
    table.to_file(tmp_path / "a.gpkg")
    assert metres(tmp_path / "a.gpkg") == pytest.approx(WALKED_M, abs=2)


@pytest.mark.parametrize(
    ("column", "there", "not_there"),
    [("状态", "已建", "规划"), ("建设状态", "现状", "在建"), ("STATUS", "existing", "Proposed"),
     ("是否建成", "是", "否"), ("通行状态", "正常", "封闭")],
)  # fmt: skip
def test_streets_that_are_not_there_yet_or_no_more_are_not_walked(tmp_path, column, there, not_there):
    table = frame(("支路", "支路", None), "道路等级")
    motorway = frame()["highway"] == "motorway"
    table[column] = [not_there if off else there for off in motorway]
    table.to_file(tmp_path / "a.gpkg")
    assert metres(tmp_path / "a.gpkg") == pytest.approx(WALKED_M, abs=2)


@pytest.mark.parametrize("column", ["RTEG", "技术等级", "公路等级"])
def test_the_roads_of_the_national_map_are_told_by_layer_and_grade(tmp_path, column):
    for name in ("BOUL", "HYDL", "LRRL"):
        only_streets(GB=[1] * 8).iloc[:1].to_file(tmp_path / "j50.gpkg", layer=name)
    frame(("四级", "高速", None), column).to_file(tmp_path / "j50.gpkg", layer="LRDL")
    read = read_streets(tmp_path / "j50.gpkg", crs=CRS)
    assert next((one.layer, one.column) for one in read.read if one.used) == ("LRDL", column)
    assert read.network.edge_length_m.sum() == pytest.approx(WALKED_M, abs=2)


def test_a_mixed_collection_counts_its_lines(tmp_path):
    lines = only_streets()
    features = [
        *json.loads(lines.to_json())["features"],
        *json.loads(gpd.GeoDataFrame(geometry=lines.buffer(0.0001)).to_json())["features"],
        *json.loads(gpd.GeoDataFrame(geometry=lines.centroid).to_json())["features"],
    ]
    (tmp_path / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert metres(tmp_path / "a.geojson") == pytest.approx(WALKED_M, abs=2)


@pytest.mark.parametrize("key", ["railway", "waterway", "power", "aeroway"])
def test_lines_of_other_ways_alone_are_no_streets(tmp_path, key):
    frame = lines().drop(columns="highway").assign(highway=None, **{key: "rail"})
    frame.to_file(tmp_path / "lines.gpkg")
    with pytest.raises(InputError, match=r"lines\.gpkg"):
        read_streets(tmp_path / "lines.gpkg", crs=CRS)


def test_a_street_with_rails_is_a_street(tmp_path):
    lines().assign(railway=["tram", None, None, None]).to_file(tmp_path / "lines.gpkg")
    assert len(read_streets(tmp_path / "lines.gpkg", crs=CRS).network)
