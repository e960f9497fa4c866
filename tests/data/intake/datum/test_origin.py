"""In which system units are, by what their makers leave in the file; what is done with shifted ones."""

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data.intake.datum.origin import in_true_coordinates, origin_of
from data.source import OSM_CREDIT
from data.units import read_units
from geo.datum import GCJ02, WGS84, convert
from jobs.lists.check import ListFiles, check_lists
from tests.data.intake.small_lists import stations, units

DATAV = {"adcode": 320102, "childrenNum": 0, "acroutes": [100000, 320000], "subFeatureIndex": 0}
CENSUS = {"Code_County": "320102", "Pop_2010": 1000.0}


def outlines(path, extra, system=WGS84, decimals=6):
    """The small units as GeoJSON with further columns, shifted and rounded as their maker would."""
    frame = units().frame.to_crs("EPSG:4326")

    def moved(lonlat):
        return np.column_stack(convert(lonlat[:, 0], lonlat[:, 1], WGS84, system)).round(decimals)

    shapes = shapely.transform(np.asarray(frame.geometry.array, object), moved)
    features = [
        {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": {**row, **extra}}
        for shape, row in zip(shapes, frame.drop(columns="geometry").to_dict("records"), strict=True)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), "utf-8"
    )
    return path


def system_of(path):
    return origin_of(path, read_units(path).table).system


@pytest.mark.parametrize(
    ("extra", "shift", "decimals", "system"),
    [
        (DATAV, GCJ02, 6, GCJ02),  # as the service delivers them
        ({"adcode": 320102, "childrenNum": 0}, GCJ02, 6, GCJ02),
        ({"adcode": 320102}, GCJ02, 6, ""),  # many makers have such a column
        (DATAV, WGS84, 9, ""),  # somebody converted them
        (CENSUS, WGS84, 7, WGS84),
        ({"Code_County": "320102"}, WGS84, 7, ""),
        ({"osm_id": "1"}, WGS84, 7, WGS84),
        ({"admin_level": "8"}, WGS84, 7, WGS84),
        ({}, WGS84, 7, ""),
    ],
)
def test_the_maker_is_known_by_the_columns(tmp_path, extra, shift, decimals, system):
    assert system_of(outlines(tmp_path / "units.geojson", extra, shift, decimals)) == system


@pytest.mark.parametrize(
    "name", ["区划_wgs84.geojson", "街道(国家2000).geojson", "百度转GCJ02转WGS84.geojson"]
)
def test_outlines_of_datav_whose_file_is_called_converted_are_not_converted_again(tmp_path, name):
    assert system_of(outlines(tmp_path / name, DATAV, GCJ02)) == ""


def test_a_note_on_the_source_tells_the_origin_of_the_file_it_names(tmp_path):
    path = outlines(tmp_path / "units.geojson", {})
    other = outlines(tmp_path / "other.geojson", {})
    note = {"credit": OSM_CREDIT, "files": {"units": "units.geojson"}}
    (tmp_path / "source.json").write_text(json.dumps(note), "utf-8")
    assert (system_of(path), system_of(other)) == (WGS84, "")


def test_outside_china_nothing_is_shifted(tmp_path):
    frame = units().frame.to_crs("EPSG:4326")
    far = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=frame.translate(-170.0), crs="EPSG:4326")
    far.to_file(tmp_path / "units.geojson")
    assert system_of(tmp_path / "units.geojson") == WGS84


def test_outlines_in_gcj02_are_laid_where_they_truly_are_and_it_is_said(tmp_path):
    path = outlines(tmp_path / "units.geojson", DATAV, GCJ02)
    read = read_units(path).table
    table, known, (said,) = in_true_coordinates((path,), read)
    truth = read_units(outlines(tmp_path / "true.geojson", {})).table.frame.to_crs(read.crs)
    assert known
    assert float(np.max(table.frame.centroid.distance(truth.centroid))) < 0.5
    assert float(np.min(read.frame.centroid.distance(truth.centroid))) > 400
    assert (said.code, said.file) == ("converted-layer", "units.geojson")


def test_files_of_different_origin_prove_nothing_together(tmp_path):
    one = outlines(tmp_path / "datav.geojson", DATAV, GCJ02)
    other = outlines(tmp_path / "own.geojson", {}, GCJ02)
    table = read_units(one).table
    assert in_true_coordinates((one, other), table) == (table, False, ())


@pytest.mark.parametrize("list_in", [WGS84, GCJ02])
@pytest.mark.parametrize(("extra", "known"), [(DATAV, True), ({}, False)])
def test_a_list_beside_shifted_units_is_never_taken_for_true(tmp_path, list_in, extra, known):
    """Units in GCJ-02 that claim true degrees: decided rightly where their maker is known, else asked."""
    rows = ["名称,类型,社区,经度,纬度"]
    for name, lon, lat, community in stations():
        x, y = (float(v[0]) for v in convert(np.array([lon]), np.array([lat]), WGS84, list_in))
        rows.append(f"{name},公共服务站,{community},{x:.6f},{y:.6f}")
    (tmp_path / "list.csv").write_text("\n".join(rows), "utf-8-sig")
    files = ListFiles(
        (tmp_path / "list.csv",), units=outlines(tmp_path / "u" / "units.geojson", extra, GCJ02)
    )
    datum = check_lists(files, out=tmp_path / "out").intake.datum
    assert (datum.system, datum.decided) == ((list_in, True) if known else ("unknown", False))


def test_a_file_geodatabase_is_looked_at_too(tmp_path):
    """It is a folder."""
    units().frame.to_file(tmp_path / "u.gdb", driver="OpenFileGDB", layer="units")
    assert origin_of(tmp_path / "u.gdb", units()).system == ""
