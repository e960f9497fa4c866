from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import osmium
import pytest
import shapely

from core.errors import InputError
from data.guard import guarding
from data.streets import read_streets
from data.streets.osm import read_osm, read_whole
from data.streets.osm_clip import widened
from geo.crs import metric_crs, project
from tests.data.streets.street_files import METRES, write_osm

STEP = 0.0009  # degrees, 100 m north


# A motorway, a wall, a park, and a way some of whose points are missing, by rows and columns of points.
MORE_WAYS = (
    ({"highway": "motorway"}, [(1, x) for x in range(60)]),
    ({"barrier": "wall"}, [(y, 33) for y in range(30, 36)]),
    ({"leisure": "park"}, [(33, 33), (33, 34), (34, 34), (33, 33)]),
    ({"highway": "footway"}, [(32, 32), (33, 32), (0, -1), (34, 32)]),
)


def write_town(path, side=60, apart=1, ways=()):
    """A square town of streets 400 m apart with a point every 100 m, and a pond in every tenth block.

    Numbers of nodes are `apart` from each other. `ways` are more of them: tags, rows and columns of points.
    """
    path.unlink(missing_ok=True)
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
        for number, (tags, points) in enumerate(ways):
            nodes = [numbers[y][x] if x >= 0 else 10**6 for y, x in points]
            writer.add_way(way(id=2000 + number, nodes=nodes, tags=tags))
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


@pytest.mark.parametrize("bounds", [(118.0, 32.0, 118.002, 32.002), (118.03, 32.03, 118.031, 32.04)])
def test_a_part_of_a_province_that_was_read_whole_is_what_it_is_alone(tmp_path, bounds):
    path = str(write_town(tmp_path / "a.osm.pbf", ways=MORE_WAYS))
    alone, part = read_osm(path, "pbf", bounds), read_whole(path, "pbf").part(bounds)
    for name in ("xy", "way_vertices", "way_start", "way_class"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(part, name), name)
    for name in ("water", "green", "obstacles"):
        shapes = [shapely.to_wkb(getattr(one, name)).tolist() for one in (alone, part)]
        assert shapes[0] == shapes[1]
    assert (alone.read, alone.findings, alone.remarks) == (part.read, part.findings, part.remarks)
    assert len(alone.way_class) < len(read_osm(path, "pbf").way_class)


def test_a_file_of_which_several_parts_are_asked_for_is_read_once(tmp_path, monkeypatch):
    path = write_town(tmp_path / "a.osm.pbf")
    areas = [shapely.Point(118.03, 32.03 + 0.001 * step).buffer(0.004) for step in range(4)]
    alone = [read_streets(write_town(tmp_path / f"{n}.osm.pbf"), area=area) for n, area in enumerate(areas)]
    passes = []

    def counted(reader):
        return lambda *args: passes.append(reader) or reader(*args)

    monkeypatch.setattr("data.streets.read.read_osm", counted(read_osm))
    monkeypatch.setattr("data.streets.read.read_whole", counted(read_whole))
    for area, expected in zip(areas, alone, strict=True):
        network = read_streets(path, area=area).network
        assert network.edge_length_m.tolist() == expected.network.edge_length_m.tolist()
    assert passes == [read_osm, read_whole]
    write_town(path, side=50)  # another file under the same name
    assert len(read_streets(path, area=areas[0]).network.node_xy)
    assert passes[2:] == [read_osm]


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
