"""The table of docs/streets.md, row by row: written as an OpenStreetMap file, read, and walked."""

from __future__ import annotations

import re
from pathlib import Path

import osmium
import pytest
import shapely

from data.streets import read_streets
from tests.data.street_files import CRS

PAGE = Path(__file__).parents[2] / "docs" / "streets.md"
ROW = re.compile(r"^\| (?P<what>[^|]+) \| (?P<tags>`[^|]+`) \| (?P<walked>yes|no|outline) \|$", re.MULTILINE)
ROWS = [
    (m["what"], dict(pair.split("=") for pair in re.findall(r"`([^`]+)`", m["tags"])), m["walked"])
    for m in ROW.finditer(PAGE.read_text("utf-8"))
]
# A street to the west that is always there, and a square of ground beside it.
NODES = {1: (119.99, 32.0), 2: (120.0, 32.0), 3: (120.002, 32.0), 4: (120.002, 32.002), 5: (120.0, 32.002)}
BASE_M, LINE_M, OUTLINE_M = 944.8, 188.96, 2 * 188.96 + 2 * 221.79


def written(path: Path, tags: dict[str, str], *, ring: bool) -> Path:
    mutable = osmium.osm.mutable
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in NODES.items():
            writer.add_node(mutable.Node(id=number, location=place))
        writer.add_way(mutable.Way(id=1, nodes=[1, 2], tags={"highway": "residential"}))
        refs = [2, 3, 4, 5, 2] if ring else [2, 3]
        relation = tags.get("type") == "multipolygon"
        writer.add_way(mutable.Way(id=2, nodes=refs, tags={} if relation else tags))
        if relation:
            writer.add_relation(mutable.Relation(id=3, members=[("w", 2, "outer")], tags=tags))
    return path


def test_the_page_has_its_table():
    assert len(ROWS) > 30


@pytest.mark.parametrize("area", [None, shapely.box(119.98, 31.99, 120.01, 32.01)], ids=["whole", "clipped"])
@pytest.mark.parametrize(("what", "tags", "walked"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row_of_the_page_is_what_the_reader_does(tmp_path, what, tags, walked, area):
    path = written(tmp_path / "a.osm.pbf", tags, ring=walked == "outline" or "area" in tags)
    metres = read_streets(path, crs=CRS, area=area).network.edge_length_m.sum()
    expected = BASE_M + {"yes": LINE_M, "no": 0.0, "outline": OUTLINE_M}[walked]
    assert metres == pytest.approx(expected, abs=0.5)


def test_a_square_as_a_relation_that_no_street_meets_is_left_out(tmp_path):
    path = tmp_path / "a.osm.pbf"
    mutable = osmium.osm.mutable
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in NODES.items():
            writer.add_node(mutable.Node(id=number, location=place))
        writer.add_node(mutable.Node(id=6, location=(120.001, 32.0)))
        writer.add_way(mutable.Way(id=1, nodes=[1, 2], tags={"highway": "residential"}))
        writer.add_way(mutable.Way(id=2, nodes=[3, 4, 5, 6, 3], tags={}))
        tags = {"type": "multipolygon", "highway": "pedestrian"}
        writer.add_relation(mutable.Relation(id=3, members=[("w", 2, "outer")], tags=tags))
    assert read_streets(path, crs=CRS).network.edge_length_m.sum() == pytest.approx(BASE_M, abs=0.5)
