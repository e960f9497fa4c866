from __future__ import annotations

import numpy as np
import pytest
import shapely

from data.parse_standard import parse_standard
from data.standards import open_standard
from geo.crs import project
from geo.network.build import build_from_lines
from jobs.study.area import longest_reach_m, short_sides, study_area
from jobs.study.inputs import open_inputs
from tests.small_city import CRS, EAST, NORTH, degrees, write_small_city

PLACES = np.array([[EAST, NORTH], [EAST + 3000, NORTH + 2000]])


def test_the_margin_is_the_longest_walk_or_the_widest_radius():
    assert longest_reach_m(open_standard("nanjing-2011")) == pytest.approx(1250)
    short = 'id = "s"\n[[rule]]\nid = "r"\ncheck = "radius"\ntier = "t"\nfigure_m = 300\n'
    assert longest_reach_m(parse_standard(short, source="s.toml")) == 500


def test_the_study_area_reaches_the_margin_beyond_the_last_resident_on_every_side():
    lon, lat = shapely.get_coordinates(study_area(PLACES, CRS, margin_m=1000)).T
    west, south, east, north = shapely.MultiPoint(project(lon, lat, CRS)).bounds
    beyond = np.array([EAST - west, NORTH - south, east - EAST, north - NORTH])
    # Up to whole steps of a sixteenth of the longest side.
    assert (beyond > np.array([1000, 1000, 4000, 3000]) - 0.01).all()
    assert (beyond < np.array([1000, 1000, 4000, 3000]) + 5000 / 16).all()


def roads(beyond_m):
    (x, y), (x_end, y_end) = PLACES + np.array([[-beyond_m], [beyond_m]])
    return build_from_lines([shapely.LineString([(x, y), (x_end, y_end)])], [0], crs=CRS)


def test_one_note_names_the_sides_where_streets_end_with_the_residents():
    (note,) = short_sides(PLACES, roads(10).vertex_xy, margin_m=1000)
    assert "in the west, south, east, north:" in str(note)
    assert short_sides(PLACES, roads(900).vertex_xy, margin_m=1000) == ()


def test_streets_far_outside_the_study_are_not_read(tmp_path):
    files = write_small_city(tmp_path)
    text = files.network.read_text("utf-8")
    far = ", ".join(str(list(degrees(x))) for x in (30_000, 31_000))
    line = f'{{"type": "LineString", "coordinates": [{far}]}}'
    street = f'{{"type": "Feature", "properties": {{"highway": "path"}}, "geometry": {line}}}'
    files.network.write_text(text.replace('"features": [', f'"features": [{street}, '), "utf-8")
    inputs = open_inputs(files)
    assert inputs.study.network.edge_length_m.sum() == pytest.approx(2100, abs=1)
    assert not any(remark.code == "street-island" for remark in inputs.findings)


def test_cells_of_one_city_that_were_cut_otherwise_have_one_area() -> None:
    points = np.array([[350_000.0, 3_500_000.0], [431_200.0, 3_581_200.0]])
    raster = points + np.array([[37.0, -41.0], [55.0, 12.0]])
    areas = [study_area(xy, "EPSG:4549", margin_m=1250.0) for xy in (points, raster)]
    assert areas[0].equals(areas[1])
