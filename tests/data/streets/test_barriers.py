from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from core.errors import InputError
from coverage.model.edits import AddBarrier, AddStreet
from data.streets.barriers import drawn_edits, read_drawn_lines
from tests.data.streets.street_files import CRS

LINES = [shapely.LineString([(120, 32), (120.001, 32)]), shapely.LineString([(120, 32), (120, 32.001)])]


def drawn(path, **columns):
    gpd.GeoDataFrame(columns, geometry=LINES, crs=4326).to_file(path)
    return path


@pytest.mark.parametrize("words", [("barrier", "street"), ("阻隔", "桥梁"), ("Wall", "bridge ")])
def test_a_column_tells_barriers_from_streets(tmp_path, words):
    lines = read_drawn_lines(drawn(tmp_path / "a.gpkg", kind=list(words)), crs=CRS)
    assert shapely.length(lines.barriers) == pytest.approx([94.5], abs=0.1)
    assert shapely.length(lines.streets) == pytest.approx([110.9], abs=0.1)


def test_without_a_column_all_lines_are_barriers(tmp_path):
    lines = read_drawn_lines(drawn(tmp_path / "a.geojson", name=["a", "b"]), crs=CRS)
    assert (len(lines.barriers), len(lines.streets)) == (2, 0)


def test_another_word_and_another_shape_are_refused_with_their_row(tmp_path):
    with pytest.raises(InputError, match="row 2: “river” is neither"):
        read_drawn_lines(drawn(tmp_path / "a.gpkg", kind=["barrier", "river"]), crs=CRS)
    gpd.GeoDataFrame(geometry=[LINES[0].buffer(1)], crs=4326).to_file(tmp_path / "b.gpkg")
    with pytest.raises(InputError, match="row 1: barriers and new streets are drawn as lines"):
        read_drawn_lines(tmp_path / "b.gpkg", crs=CRS)


def test_drawn_lines_become_edits_barriers_first_so_that_a_new_bridge_leads_over_a_new_wall(tmp_path):
    edits = drawn_edits(drawn(tmp_path / "a.gpkg", kind=["bridge", "barrier"]), crs=CRS)
    assert [type(edit) for edit in edits] == [AddBarrier, AddStreet]
    assert [len(edit.line) for edit in edits] == [2, 2]


def test_a_line_of_several_parts_is_as_many_edits(tmp_path):
    both = shapely.MultiLineString(LINES)
    gpd.GeoDataFrame({"kind": ["wall"]}, geometry=[both], crs=4326).to_file(tmp_path / "m.gpkg")
    assert len(drawn_edits(tmp_path / "m.gpkg", crs=CRS)) == 2
