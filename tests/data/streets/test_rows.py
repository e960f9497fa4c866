"""The tables of docs/streets.md, row by row: written as an OpenStreetMap file, read, and walked."""

from __future__ import annotations

import re
from pathlib import Path

import osmium
import pytest
import shapely

from data.streets import read_streets
from tests.data.streets.street_files import CRS

PAGE = (Path(__file__).parents[3] / "docs" / "streets.md").read_text("utf-8")
ROW = re.compile(
    r"^\| (?P<what>[^|]+) \| (?P<tags>`[^|]+`) \| (?P<walked>yes|no|outline) \| (?P<routers>[OVGRTN]*|–) ?"
    r"\| (?P<why>[^|]*)\|$",
    re.MULTILINE,
)
WAYS, POINTS = PAGE.split("| point on a street |")


def rows(page):
    return [
        (
            m["what"],
            dict(pair.split("=") for pair in re.findall(r"`([^`]+)`", m["tags"])),
            m["walked"],
            m["routers"],
            m["why"].strip(),
        )
        for m in ROW.finditer(page)
    ]


OF_WAYS, OF_POINTS = rows(WAYS), rows(POINTS)
# A street to the west that is always there, and a square of ground beside it.
NODES = {1: (119.99, 32.0), 2: (120.0, 32.0), 3: (120.002, 32.0), 4: (120.002, 32.002), 5: (120.0, 32.002)}
BASE_M, LINE_M, OUTLINE_M = 944.8, 188.96, 2 * 188.96 + 2 * 221.79


def written(path: Path, tags: dict[str, str], *, ring: bool, gate: dict[str, str] | None = None) -> Path:
    """A street, a way with `tags` on from it, and at their junction a point with the tags `gate`."""
    mutable = osmium.osm.mutable
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in NODES.items():
            writer.add_node(mutable.Node(id=number, location=place, tags=gate or {} if number == 2 else {}))
        writer.add_way(mutable.Way(id=1, nodes=[1, 2], tags={"highway": "residential"}))
        refs = [2, 3, 4, 5, 2] if ring else [2, 3]
        relation = tags.get("type") == "multipolygon"
        writer.add_way(mutable.Way(id=2, nodes=refs, tags={} if relation else tags))
        if relation:
            writer.add_relation(mutable.Relation(id=3, members=[("w", 2, "outer")], tags=tags))
    return path


def test_the_page_has_its_tables():
    assert len(OF_WAYS) > 55
    assert len(OF_POINTS) > 12
    bars = [line for line in PAGE.splitlines() if re.match(r"^\|[^|]+\| `[a-z_:]+=", line)]
    assert len(OF_WAYS) + len(OF_POINTS) == len(bars)


@pytest.mark.parametrize(("what", "tags", "walked", "routers", "why"), OF_WAYS + OF_POINTS)
def test_a_decision_is_the_majoritys_or_says_why_not(what, tags, walked, routers, why):
    against = 6 - len(routers) if walked != "no" else len(routers)
    assert routers == "–" or against <= 3 or why, (what, tags)


@pytest.mark.parametrize("area", [None, shapely.box(119.98, 31.99, 120.01, 32.01)], ids=["whole", "clipped"])
@pytest.mark.parametrize(
    ("what", "tags", "walked"), [row[:3] for row in OF_WAYS], ids=[row[0] for row in OF_WAYS]
)
def test_a_row_of_the_page_is_what_the_reader_does(tmp_path, what, tags, walked, area):
    path = written(tmp_path / "a.osm.pbf", tags, ring=walked == "outline" or "area" in tags)
    metres = read_streets(path, crs=CRS, area=area).network.edge_length_m.sum()
    expected = BASE_M + {"yes": LINE_M, "no": 0.0, "outline": OUTLINE_M}[walked]
    assert metres == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize("area", [None, shapely.box(119.98, 31.99, 120.01, 32.01)], ids=["whole", "clipped"])
@pytest.mark.parametrize(
    ("what", "tags", "through"), [row[:3] for row in OF_POINTS], ids=[row[0] for row in OF_POINTS]
)
def test_a_point_of_the_page_parts_the_way_or_lets_through(tmp_path, what, tags, through, area):
    path = written(tmp_path / "a.osm.pbf", {"highway": "residential"}, ring=False, gate=tags)
    read = read_streets(path, crs=CRS, area=area)
    assert read.network.edge_length_m.sum() == pytest.approx(BASE_M + LINE_M, abs=0.5)
    assert len(read.network) == (1 if through == "yes" else 2)
    assert ("1 closed gate" in str([str(f) for f in read.findings])) == (through == "no")


def test_a_gate_inside_a_way_parts_it_and_no_way_leads_round(tmp_path):
    mutable = osmium.osm.mutable
    with osmium.SimpleWriter(str(tmp_path / "a.osm.pbf")) as writer:
        for number, place in NODES.items():
            shut = {"barrier": "gate", "access": "no"} if number == 3 else {}
            writer.add_node(mutable.Node(id=number, location=place, tags=shut))
        writer.add_way(mutable.Way(id=1, nodes=[1, 2, 3, 4, 5], tags={"highway": "residential"}))
    network = read_streets(tmp_path / "a.osm.pbf", crs=CRS).network
    assert sorted(network.edge_length_m.round()) == [411, 1134]
    assert len(set(network.edge_nodes.ravel())) == 4


def square(path: Path, *, members, ways, streets=((1, 2),)):
    """Streets and a square that is a relation of `members`; only `ways` of them are in the file."""
    mutable = osmium.osm.mutable
    with osmium.SimpleWriter(str(path)) as writer:
        for number, place in NODES.items():
            writer.add_node(mutable.Node(id=number, location=place))
        writer.add_node(mutable.Node(id=6, location=(120.001, 32.0)))
        for number, nodes in enumerate(streets, start=1):
            writer.add_way(mutable.Way(id=number, nodes=list(nodes), tags={"highway": "residential"}))
        for number, nodes in ways.items():
            writer.add_way(mutable.Way(id=number, nodes=nodes, tags={}))
        tags = {"type": "multipolygon", "highway": "pedestrian"}
        writer.add_relation(mutable.Relation(id=3, members=[("w", m, "outer") for m in members], tags=tags))
    return path


def test_a_square_as_a_relation_that_no_street_meets_is_left_out(tmp_path):
    path = square(tmp_path / "a.osm.pbf", members=[12], ways={12: [3, 4, 5, 6, 3]})
    assert read_streets(path, crs=CRS).network.edge_length_m.sum() == pytest.approx(BASE_M, abs=0.5)


def test_a_square_whose_outline_an_extract_cut_is_walked_where_it_is_left_and_listed(tmp_path):
    path = square(tmp_path / "a.osm.pbf", members=[12, 13], ways={12: [2, 3, 4]})
    read = read_streets(path, crs=CRS)
    assert read.network.edge_length_m.sum() == pytest.approx(BASE_M + OUTLINE_M / 2, abs=0.5)
    assert [remark.code for remark in read.remarks] == ["square-not-whole"]
    assert any("not whole" in str(finding) for finding in read.findings)
