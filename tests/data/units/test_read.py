"""Units from vector files."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from core.errors import InputError
from data.units import read_units
from data.units.totals import contradictions

CRS = "EPSG:4549"


def square(west: float, south: float) -> shapely.Geometry:
    return shapely.box(west, south, west + 0.01, south + 0.01)


def written(folder: Path, file: str = "units.gpkg", /, **columns: list[object]) -> Path:
    shapes = columns.pop("shapes", None) or [square(119 + i / 100, 32) for i in range(2)]
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")
    frame.to_file(folder / file)
    return folder / file


def test_chinese_columns_levels_and_statistical_codes_are_understood(tmp_path: Path) -> None:
    path = written(
        tmp_path, 名称=["甲社区", "乙村"], 层级=["社区", "村"], 城乡分类代码=["111", "220"], 代码=[1, 2]
    )
    frame = read_units(path, crs=CRS).table.frame
    assert frame["level"].tolist() == ["community", "community"]
    assert frame["settlement"].tolist() == ["urban", "rural"]
    assert frame["unit_id"].tolist() == ["1", "2"]


def test_settlement_comes_from_the_code_never_from_the_name(tmp_path: Path) -> None:
    path = written(tmp_path, name=["甲街道", "乙街道"], settlement_code=["220", ""])
    assert read_units(path, crs=CRS).table.frame["settlement"].tolist() == ["rural", ""]


def test_a_broken_outline_is_repaired_and_listed(tmp_path: Path) -> None:
    bow = shapely.Polygon([(119, 32), (119.01, 32.01), (119.01, 32), (119, 32.01)])
    found = read_units(
        written(
            tmp_path, "u.geojson", name=["a", "b"], level=["district"] * 2, shapes=[bow, square(119.02, 32)]
        ),
        crs=CRS,
    )
    assert [(finding.code, finding.row) for finding in found.findings] == [("outline-repaired", 1)]
    assert found.table.frame.geometry.is_valid.all()


def test_a_unit_of_unknown_level_is_left_out_and_listed(tmp_path: Path) -> None:
    found = read_units(written(tmp_path, name=["a", "b"], level=["district", "galaxy"]), crs=CRS)
    assert len(found.table) == 1
    assert [(finding.code, finding.row) for finding in found.findings] == [("no-level", 2)]


def test_without_a_name_column_the_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="The columns are: mayor"):
        read_units(written(tmp_path, mayor=["a", "b"]), crs=CRS)


def test_a_file_that_is_not_a_map_is_refused(tmp_path: Path) -> None:
    (tmp_path / "u.gpkg").write_text("<OGRVRTDataSource></OGRVRTDataSource>")
    with pytest.raises(InputError, match="points to other files"):
        read_units(tmp_path / "u.gpkg", crs=CRS)


def test_a_path_with_an_exclamation_mark_and_spaces_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "a! b"
    folder.mkdir()
    path = written(tmp_path, name=["a", "b"], level=["district"] * 2)
    assert len(read_units(path.rename(folder / "u!nits.gpkg"), crs=CRS).table) == 2


def test_contradicting_levels_are_told_with_both_sums_and_the_farthest_units_by_name(tmp_path: Path) -> None:
    shapes = [square(119 + n / 100, 32) for n in range(20)]
    names = [f"{n}街道" for n in range(20)] + [f"{n}社区" for n in range(20)]
    levels, parents = ["street"] * 20 + ["community"] * 20, [""] * 20 + names[:20]
    path = written(tmp_path, name=names, level=levels, parent=parents, shapes=shapes * 2)
    units = read_units(path, crs=CRS).table
    stated = np.array(
        [*range(500, 10_500, 500), *[500] * 19, np.nan], float
    )  # the first agrees, the last is open
    (_, whole), *one_by_one = contradictions(units, stated)
    assert str(whole).startswith("18 units of the level street or town state 94,500 residents, the parts")
    assert str(whole).endswith("add up to 9,000.")
    assert [str(message).partition(" ")[0] for _, message in one_by_one[:2]] == ["18街道", "17街道"]
    assert len(one_by_one) == 12
