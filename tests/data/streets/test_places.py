"""Shapefiles, gaps and islands: where they are is said."""

from __future__ import annotations

import zipfile

import geopandas as gpd
import pytest
import shapely

from data.streets import Asked, load_or_read, read_streets
from tests.data.streets.street_files import CRS, METRES, lines


def broken_square(path):
    """The square and the street that leads on, which begins 1.5 m too far east."""
    streets = lines().iloc[:3].to_crs(CRS)
    streets.loc[2, "geometry"] = shapely.affinity.translate(streets.geometry[2], 1.5, 0)
    streets.to_file(path)
    return path


def test_a_gap_is_closed_when_asked_and_listed_with_its_place_and_length(tmp_path):
    path = broken_square(tmp_path / "a.gpkg")
    as_drawn, healed = read_streets(path), read_streets(path, asked=Asked(heal_m=2.0))
    assert [remark.code for remark in as_drawn.remarks] == []
    assert "1 island with" in " ".join(map(str, as_drawn.findings))
    assert [str(remark.message) for remark in healed.remarks] == [
        "A gap of 1.50 m between streets at 120.002016, 32.002000 was closed."
    ]
    assert "1 gap of up to 2 m between streets was closed; findings.csv lists it" in str(healed.findings[0])
    assert sorted(healed.network.edge_length_m) == pytest.approx(
        [METRES["on"] + 1.5, METRES["square"]], abs=0.3
    )


def test_remarks_come_back_from_the_cache_and_healing_is_remembered_apart(tmp_path):
    path = broken_square(tmp_path / "a.gpkg")
    for heal_m in (0.0, 2.0, 2.0):
        kept = load_or_read(path, tmp_path / "cache", asked=Asked(heal_m=heal_m))
        read = read_streets(path, asked=Asked(heal_m=heal_m))
        assert list(map(str, kept.findings)) == list(map(str, read.findings))
        assert kept.remarks == read.remarks
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_an_island_of_some_length_is_listed_with_its_place(tmp_path):
    square = lines().iloc[[0, 1]].translate(0.1, 0)
    alone = lines().iloc[[2]].translate(0.2, 0)
    streets = gpd.pd.concat([lines().geometry[:3], square, alone])
    gpd.GeoDataFrame(geometry=streets, crs=4326).to_file(tmp_path / "a.gpkg")
    remarks = read_streets(tmp_path / "a.gpkg").remarks
    assert [remark.code for remark in remarks] == ["street-island"]
    assert str(remarks[0].message).startswith("An island of 0.8 km of street at 120.10")


def zipped(folder, path):
    lines().to_file(folder / "roads.shp")
    with zipfile.ZipFile(path, "w") as packed:
        for part in folder.glob("roads.*"):
            packed.write(part, f"道路/{part.name}")
    return path


@pytest.mark.parametrize("packed", [True, False], ids=["zipped", "bare"])
def test_a_shapefile_is_read_in_a_zip_or_bare(tmp_path, packed):
    path = zipped(tmp_path, tmp_path / "roads.zip") if packed else tmp_path / "roads.shp"
    lines().to_crs(CRS).to_file(tmp_path / "roads.shp")
    streets = read_streets(path)
    assert streets.kind == "shapefile"
    assert sorted(streets.network.edge_length_m) == pytest.approx([METRES["on"], METRES["square"]], abs=0.3)


def test_the_short_column_name_of_a_well_known_supplier_says_what_may_be_walked(tmp_path):
    lines().rename(columns={"highway": "fclass"}).to_file(tmp_path / "roads.shp")
    assert "1 line that may not be walked" in str(read_streets(tmp_path / "roads.shp").findings[0])
