"""Layouts in which providers ship streets, each written here and read back.

The truth is a list of the streets that are walked, known before any file is written: `DISTRICT` says which
lines are streets and which are not, and a layout only dresses them up.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from core.errors import InputError
from data.formats.asked import OpenQuestionError
from data.streets import Asked, read_streets

CRS = "EPSG:32650"
# A lattice of 4 × 4 streets of 600 m in metres of UTM 50N, a motorway across and a private way beside.
X0, Y0 = 668_000.0, 3_545_000.0
WALKED = [
    *(
        [(X0, Y0 + 200 * i), (X0 + 200, Y0 + 200 * i), (X0 + 400, Y0 + 200 * i), (X0 + 600, Y0 + 200 * i)]
        for i in range(4)
    ),
    *(
        [(X0 + 200 * i, Y0), (X0 + 200 * i, Y0 + 200), (X0 + 200 * i, Y0 + 400), (X0 + 200 * i, Y0 + 600)]
        for i in range(4)
    ),
]
MOTORWAY, PRIVATE = [(X0 - 100, Y0 + 50), (X0 + 700, Y0 + 550)], [(X0 + 600, Y0), (X0 + 900, Y0)]
WALKED_M = 8 * 600.0
MOTORWAY_M, PRIVATE_M = float(np.hypot(800, 500)), 300.0


def frame(words=("residential", "motorway", None), column="highway", **more):
    """The streets, the motorway and, where it has a word, the private way."""
    street, motorway, private = words
    lines = [*WALKED, MOTORWAY, *([PRIVATE] if private else [])]
    said = [*[street] * len(WALKED), motorway, *([private] if private else [])]
    columns = {column: said} if column else {}
    shapes = [shapely.LineString(line) for line in lines]
    return gpd.GeoDataFrame({**columns, **more}, geometry=shapes, crs=CRS).to_crs(4326)


def only_streets(**columns):
    shapes = [shapely.LineString(line) for line in WALKED]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS).to_crs(4326)


def metres(path: Path, asked: Asked | None = None) -> float:
    return float(read_streets(path, crs=CRS, asked=asked or Asked()).network.edge_length_m.sum())


# Column and the words for (street, motorway, private way).
CLASSES = [
    ("highway", "residential", "motorway"),
    ("HIGHWAY", "residential", "motorway"),
    ("highway", "Residential", "Motorway"),
    ("fclass", "residential", "motorway"),
    ("fclass", "track_grade2", "motorway_link"),
    ("type", "living_street", "motorway"),
    ("class", "secondary", "motorway"),
    ("Class", "Primary", "MOTORWAY"),
    ("road_class", "service", "motorway"),
    ("subclass", "sidewalk", "motorway"),
    ("whatever", "tertiary", "motorway"),
    ("highway", "footway", "construction"),
    ("道路等级", "主干路", "高速公路"),
    ("道路等级", "次干路", "高速"),
    ("道路类型", "支路", "高速公路"),
    ("等级", "县道", "高速公路"),
    ("类别", "人行道", "高速公路"),
    ("DLDJ", "城市主干道", "规划道路"),
    ("Kind", "0601", "0001"),
    ("KIND", "0402|0404", "0007"),
    ("Kind", "0b01", "000b"),
    ("highway", '["residential", "service"]', '["motorway", "primary"]'),
    ("highway", "['residential', 'path']", "['motorway_link', 'primary']"),
]


@pytest.mark.parametrize(("column", "street", "motorway"), CLASSES)
def test_a_class_is_recognised_by_its_words(tmp_path, column, street, motorway):
    frame((street, motorway, None), column).to_file(tmp_path / "a.gpkg")
    assert metres(tmp_path / "a.gpkg") == pytest.approx(WALKED_M, abs=2)


@pytest.mark.parametrize(("column", "street", "motorway"), CLASSES[::3])
def test_the_column_can_be_named(tmp_path, column, street, motorway):
    frame((street, motorway, None), column, fclass2=["motorway"] * 9).to_file(tmp_path / "a.gpkg")
    assert metres(tmp_path / "a.gpkg", Asked(class_column=column)) == pytest.approx(WALKED_M, abs=2)


TOGETHER = [
    (
        "tags",
        lambda highway, access: json.dumps({"highway": highway} | ({"access": access} if access else {})),
    ),
    (
        "other_tags",
        lambda highway, access: f'"highway"=>"{highway}"' + (f',"access"=>"{access}"' if access else ""),
    ),
    (
        "all_tags",
        lambda highway, access: (
            f'"highway"=>"{highway}","name"=>"a \\"b\\""' + (f', "access" => "{access}"' if access else "")
        ),
    ),
]


@pytest.mark.parametrize(("column", "written"), TOGETHER, ids=[column for column, _ in TOGETHER])
def test_tags_kept_together_count_as_columns(tmp_path, column, written):
    words = written("residential", ""), written("motorway", ""), written("service", "private")
    frame(words, column).to_file(tmp_path / "a.gpkg")
    assert metres(tmp_path / "a.gpkg") == pytest.approx(WALKED_M, abs=2)


LAYERS = [
    (("河流", "道路"), "道路"),
    (("地铁线路", "道路中心线"), "道路中心线"),
    (("rivers", "roads"), "roads"),
    (("railways", "roads"), "roads"),
    (("gis_osm_waterways", "gis_osm_roads"), "gis_osm_roads"),
    (("power_lines", "network"), "network"),
    (("boundary", "edges"), "edges"),
    (("水系", "路网"), "路网"),
    (("a", "streets"), "streets"),
    (("roads_old", "streets"), "streets"),
]


@pytest.mark.parametrize(("layers", "chosen"), LAYERS)
@pytest.mark.parametrize("turned", [False, True])
def test_the_layer_of_streets_is_found_in_any_order(tmp_path, layers, chosen, turned):
    other = only_streets().iloc[:1].translate(0.5, 0)
    for name in layers[::-1] if turned else layers:
        shapes = only_streets() if name == chosen else gpd.GeoDataFrame(geometry=other)
        shapes.to_file(tmp_path / "a.gpkg", layer=name)
    read = read_streets(tmp_path / "a.gpkg", crs=CRS)
    assert read.network.edge_length_m.sum() == pytest.approx(WALKED_M, abs=2)
    assert next((entry.layer, entry.used) for entry in read.read) == (chosen, True)


def test_of_two_layers_that_could_be_meant_one_is_asked_for(tmp_path):
    for name in ("roads_north", "roads_south"):
        only_streets().to_file(tmp_path / "a.gpkg", layer=name)
    with pytest.raises(OpenQuestionError, match="roads_north, roads_south") as asked:
        metres(tmp_path / "a.gpkg")
    assert asked.value.option == "--network-layer"
    assert metres(tmp_path / "a.gpkg", Asked(layer="roads_south")) == pytest.approx(WALKED_M, abs=2)
    with pytest.raises(InputError, match="no layer “east”"):
        metres(tmp_path / "a.gpkg", Asked(layer="east"))


FORMATS = ["a.gpkg", "a.geojson", "a.fgb", "a.parquet", "a.geojsonl", "a.shp", "a.shp.zip", "a.kml"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_streets(tmp_path, name):
    path, streets = tmp_path / name, only_streets(id=list(range(8)))
    if name == "a.parquet":
        streets.to_parquet(path)
    elif name == "a.shp.zip":
        (tmp_path / "s").mkdir()
        streets.to_file(tmp_path / "s" / "roads.shp")
        with zipfile.ZipFile(path, "w") as packed:
            for part in (tmp_path / "s").iterdir():
                packed.write(part, f"数据/{part.name}")
                packed.writestr(f"__MACOSX/._{part.name}", "x")
    else:
        drivers = {"a.geojsonl": "GeoJSONSeq", "a.fgb": "FlatGeobuf", "a.kml": "KML"}
        streets.to_file(path, **({"driver": drivers[name]} if name in drivers else {}))
    assert metres(path) == pytest.approx(WALKED_M, abs=2)


SAID = [
    ("N", "Y"),
    ("否", "是"),
    ("无", "有"),
    (0.0, 1.0),
    ("F", "T"),
    ("no", "yes"),
    ("0", "1"),
    (None, "viaduct"),
]


@pytest.mark.parametrize(("no", "yes"), SAID, ids=map(str, SAID))
@pytest.mark.parametrize("column", ["bridge", "桥梁"])
def test_a_bridge_is_no_junction_whatever_the_word(tmp_path, no, yes, column):
    over = [shapely.LineString([(X0, Y0), (X0 + 200, Y0 + 200), (X0 + 400, Y0 + 400)])]
    under = [shapely.LineString([(X0 + 400, Y0), (X0 + 200, Y0 + 200), (X0, Y0 + 400)])]
    gpd.GeoDataFrame({column: [yes, no]}, geometry=over + under, crs=CRS).to_file(tmp_path / "a.gpkg")
    assert len(read_streets(tmp_path / "a.gpkg", crs=CRS).network) == 2


@pytest.mark.parametrize(
    ("column", "values", "edges"),
    [
        ("layer", [1, 0, 0], 2 + 1),
        ("level", ["1", "0", "0"], 3),
        ("zlevel", [-1, 0, 0], 3),
        ("高程层", [1, 0, 0], 3),
        ("layer", ["south.shp", "north.shp", "north.shp"], 5),
        ("layer", [1, 2, 3], 5),
        ("layer", [2019, 2020, 0], 5),
    ],
)
def test_levels_tell_bridges_apart_and_names_of_files_do_not(tmp_path, column, values, edges):
    shapes = [
        shapely.LineString([(X0, Y0), (X0 + 200, Y0 + 200), (X0 + 400, Y0 + 400)]),
        shapely.LineString([(X0 + 400, Y0), (X0 + 200, Y0 + 200), (X0, Y0 + 400)]),
        shapely.LineString([(X0 + 2000, Y0), (X0 + 2200, Y0)]),
    ]
    gpd.GeoDataFrame({column: values}, geometry=shapes, crs=CRS).to_file(tmp_path / "a.gpkg")
    assert len(read_streets(tmp_path / "a.gpkg", crs=CRS).network) == edges


@pytest.mark.parametrize("gap_m", [0.05, 0.4, 1.0])
@pytest.mark.parametrize("shape", ["ends", "cross", "end on a line"])
def test_healing_joins_ends_with_ends_and_with_lines(tmp_path, gap_m, shape):
    here = (X0, Y0)
    lines = {
        "ends": [[(X0 - 300, Y0), here], [(X0 + gap_m, Y0), (X0 + 300, Y0)]],
        "cross": [
            [(X0 + dx, Y0 + dy), (X0 + 300 * (dx > 0) - 300 * (dx < 0), Y0 + 300 * (dy > 0) - 300 * (dy < 0))]
            for dx, dy in ((gap_m, 0), (-gap_m, 0), (0, gap_m), (0, -gap_m))
        ],
        "end on a line": [[(X0 - 300, Y0), (X0 + 300, Y0)], [(X0, Y0 + gap_m), (X0, Y0 + 300)]],
    }[shape]
    gpd.GeoDataFrame(geometry=[shapely.LineString(line) for line in lines], crs=CRS).to_file(
        tmp_path / "a.gpkg"
    )
    drawn = read_streets(tmp_path / "a.gpkg", crs=CRS)
    healed = read_streets(tmp_path / "a.gpkg", crs=CRS, asked=Asked(heal_m=2.0))
    assert drawn.network.islands.count > 0
    assert any("--heal" in str(finding) for finding in drawn.findings)
    assert healed.network.islands.count == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            lambda f: f.set_geometry(
                shapely.transform(f.geometry.to_numpy(), lambda xy: xy[:, ::-1]), crs=4326
            ),
            "swapped",
        ),
        (lambda f: f.to_crs(CRS).set_crs(None, allow_override=True), "does not say its coordinate system"),
        (lambda f: f.assign(highway="motorway"), "closed on foot"),
        (lambda f: f.set_geometry(f.to_crs(CRS).buffer(5).to_crs(4326)), "no layer of lines"),
        (lambda f: f.iloc[:0], "all its layers are empty"),
    ],
    ids=["swapped", "no system", "all closed", "polygons", "empty"],
)
@pytest.mark.filterwarnings("ignore:.crs. was not provided")
def test_nothing_to_walk_on_says_why(tmp_path, change, why):
    change(only_streets()).to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match=why):
        metres(tmp_path / "a.gpkg")


def test_streets_of_another_city_are_refused_with_the_distance(tmp_path):
    only_streets().to_file(tmp_path / "a.gpkg")
    there = shapely.box(117.0, 32.0, 117.1, 32.1)
    with pytest.raises(InputError, match=r"lie elsewhere, 1\d\d km away"):
        read_streets(tmp_path / "a.gpkg", area=there)
