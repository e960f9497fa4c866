"""One file of a province's units: a study of one of them, by name or number."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from core.errors import InputError
from data.units import UnitAnswers, read_units
from geo.crs import metric_crs


def province(path: Path) -> Path:
    """Two districts of one street and two communities each, the second 400 km east of the first."""
    rows = []

    def add(name: str, level: str, number: str, parent: str, west: float, east: float) -> None:
        rows.append((number, name, level, parent, shapely.box(west, 32.0, east, 32.01)))

    for number, (west, name) in enumerate([(118.0, "甲区"), (122.2, "乙区")], start=1):
        code = f"32010{number}"
        street = f"{code}001000"
        add(name, "district", f"{code}000000", "", west, west + 0.02)
        add("城关街道", "street", street, f"{code}000000", west, west + 0.02)
        add(f"{name}一社区", "community", f"{code}001001", street, west, west + 0.01)
        add(f"{name}二社区", "community", f"{code}001002", street, west + 0.01, west + 0.02)
    columns = ["code", "name", "level", "parent_code", "geometry"]
    gpd.GeoDataFrame(rows, columns=columns, crs="EPSG:4326").to_file(path, driver="GeoJSON")
    return path


@pytest.mark.parametrize("asked", ["乙区", "320102", "320102000000"])
def test_a_unit_and_what_belongs_to_it_are_all_there_is(tmp_path: Path, asked: str) -> None:
    found = read_units(province(tmp_path / "all.geojson"), answers=UnitAnswers(within=asked))
    assert found.table.frame["name"].tolist() == ["乙区", "城关街道", "乙区一社区", "乙区二社区"]
    assert found.table.frame["parent_id"].tolist()[0] == ""
    # The CRS is that of its own middle, not of the province's.
    assert found.table.crs == metric_crs(122.21, 32.005)
    assert found.ground.bounds == pytest.approx((122.2, 32.0, 122.22, 32.01), abs=1e-6)
    said = next(finding for finding in found.findings if finding.code == "units-within")
    assert (said.message.values["units"], said.message.values["others"]) == (3, 4)


def test_the_figures_are_those_of_a_file_of_that_unit_alone(tmp_path: Path) -> None:
    path = province(tmp_path / "all.geojson")
    whole = json.loads(path.read_text("utf-8"))
    own = [one for one in whole["features"] if one["properties"]["code"].startswith("320102")]
    (tmp_path / "own.geojson").write_text(json.dumps({**whole, "features": own}), "utf-8")
    cut, alone = (
        read_units(tmp_path / name, answers=UnitAnswers(within=within)).table
        for name, within in (("all.geojson", "乙区"), ("own.geojson", ""))
    )
    assert cut.crs == alone.crs
    assert cut.frame.drop(columns="geometry").equals(alone.frame.drop(columns="geometry"))
    assert shapely.equals_exact(cut.frame.geometry, alone.frame.geometry, tolerance=1e-6).all()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("城关街道", "give the number of one as --units-within: 320101001000, 320102001000"),
        ("丙区", "no unit has the name or number “丙区” (--units-within). Units are called: "),
    ],
)  # fmt: skip
def test_a_name_that_no_unit_or_several_have_is_refused(tmp_path: Path, asked: str, said: str) -> None:
    with pytest.raises(InputError, match=said.replace("(", r"\(").replace(")", r"\)")):
        read_units(province(tmp_path / "all.geojson"), answers=UnitAnswers(within=asked))
