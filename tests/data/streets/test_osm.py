from __future__ import annotations

import json
from pathlib import Path

import osmium
import pytest
import shapely

from core.errors import InputError
from data.guard import guarding
from data.streets import read_streets
from data.streets.osm import read_osm
from data.streets.osm_clip import widened
from geo.crs import metric_crs, project
from tests.data.streets.street_files import METRES, write_osm

STEP = 0.0009  # degrees, 100 m north


def write_town(path, side=60, apart=1):
    """A square town of streets 400 m apart with a point every 100 m, and a pond in every tenth block.

    Numbers of nodes are `apart` from each other.
    """
    node, way = osmium.osm.mutable.Node, osmium.osm.mutable.Way
    numbers = [[(y * side + x + 1) * apart for x in range(side)] for y in range(side)]
    with osmium.SimpleWriter(str(path)) as writer:
        for y, row in enumerate(numbers):
            for x, number in enumerate(row):
                writer.add_node(node(id=number, location=(118 + x * STEP, 32 + y * STEP)))
        streets = numbers[::4] + [list(column) for column in zip(*numbers, strict=True)][::4]
        for number, nodes in enumerate(streets):
            writer.add_way(way(id=number + 1, nodes=nodes, tags={"highway": "residential"}))
        for number in range(1, side - 2, 10):
            ring = [numbers[y][x] for y, x in ((1, 0), (1, 1), (2, 1), (2, 0))]
            shifted = [n + (number * side + number) * apart for n in ring]
            writer.add_way(way(id=900 + number, nodes=[*shifted, shifted[0]], tags={"natural": "water"}))
    return path


def test_a_part_of_a_province_is_what_reading_all_and_cutting_gives(tmp_path, monkeypatch):
    path = write_town(tmp_path / "a.osm.pbf")
    area = shapely.Point(118.03, 32.03).buffer(0.004)
    part = read_streets(path, area=area)
    monkeypatch.setattr("data.streets.read.read_osm", lambda path, kind, *_rest: read_osm(path, kind))
    whole = read_streets(path, area=area)
    assert part.network.edge_length_m.tolist() == whole.network.edge_length_m.tolist()
    assert part.network.node_xy.tolist() == whole.network.node_xy.tolist()
    assert shapely.equals(part.basemap.water, whole.basemap.water).all()


def test_a_small_city_with_numbers_as_they_really_are_is_read_within_what_its_size_explains(tmp_path):
    area = shapely.Point(118.03, 32.03).buffer(0.004)
    compact = read_streets(write_town(tmp_path / "a.osm.pbf"), area=area)
    spread = write_town(tmp_path / "b.osm.pbf", apart=3_500_000)  # up to 12.6 milliards, as nodes of today
    with guarding():
        read = read_streets(spread, area=area)
    assert read.network.edge_length_m.sum() >= compact.network.edge_length_m.sum()


def test_what_is_far_outside_is_not_even_gathered(tmp_path):
    path = str(write_town(tmp_path / "a.osm.pbf"))
    few, all_of_it = read_osm(path, "pbf", (118.0, 32.0, 118.001, 32.001)), read_osm(path, "pbf")
    assert len(few.way_class) < len(all_of_it.way_class) == 30
    assert len(few.water) < len(all_of_it.water) == 6


def test_a_park_made_of_several_ways_is_whole_when_only_its_corner_is_near(tmp_path):
    path = write_osm(tmp_path / "a.osm.pbf")
    part = shapely.box(120, 32, 120.0011, 32.0011)
    green = read_streets(path, area=part).basemap.green
    assert shapely.get_num_interior_rings(shapely.get_geometry(green, 0)).tolist() == [1]


@pytest.mark.parametrize("area", [None, shapely.box(119.99, 31.99, 120.01, 32.01)])
def test_a_file_of_an_editor_with_numbers_below_zero_is_read(tmp_path, area):
    path = write_osm(tmp_path / "a.osm")
    text = path.read_text("utf-8")
    path.write_text(text.replace(' id="', ' id="-').replace(' ref="', ' ref="-'), "utf-8")
    streets = read_streets(path, area=area)
    assert sorted(streets.network.edge_length_m) == pytest.approx([METRES["on"], METRES["square"]], abs=0.3)
    assert (len(streets.basemap.water), len(streets.basemap.green)) == (2, 1)


def test_a_deleted_thing_of_an_editor_is_not_there(tmp_path):
    path = write_osm(tmp_path / "a.osm")
    text = path.read_text("utf-8")
    path.write_text(text.replace('<way id="3"', '<way id="3" visible="false"'), "utf-8")
    assert len(read_streets(path).network) == 1


@pytest.mark.parametrize("lat", [-60, 0, 32, 70])
def test_widened_bounds_are_wider_by_the_margin_on_every_side(lat):
    west, south, east, north = widened((10.0, lat, 10.1, lat + 0.1), 2000.0)
    crs = metric_crs(10.05, lat)
    (x, _), (x_out, _) = project([10.0, west], [lat + 0.1, lat + 0.1], crs)
    (_, y), (_, y_out) = project([10.0, 10.0], [lat, south], crs)
    assert x - x_out >= 1990
    assert y - y_out >= 1990
    assert (east - 10.1, north - lat - 0.1) == pytest.approx((10.0 - west, lat - south))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a.json", '{"version": 0.6, "elements": [], "remark": "runtime error: timed out"}'),
        ("a.osm", "<osm version='0.6'><remark> runtime error: timed out</remark></osm>"),
    ],
)
def test_an_answer_that_overpass_did_not_finish_is_refused(tmp_path: Path, name: str, written: str) -> None:
    (tmp_path / name).write_text(written, "utf-8")
    with pytest.raises(InputError, match="did not finish this answer"):
        read_streets(tmp_path / name)


def test_an_answer_of_overpass_with_a_relation_is_read(tmp_path: Path) -> None:
    elements = [
        {"type": "node", "id": 1, "lat": 32.05, "lon": 118.79},
        {"type": "node", "id": 2, "lat": 32.06, "lon": 118.80},
        {"type": "way", "id": 3, "nodes": [1, 2], "tags": {"highway": "residential"}},
        {"type": "relation", "id": 4, "members": [{"type": "way", "ref": 3, "role": "outer"}], "tags": {}},
    ]
    (tmp_path / "a.json").write_text(json.dumps({"version": 0.6, "elements": elements}), "utf-8")
    assert len(read_streets(tmp_path / "a.json").network.edge_nodes) == 1
