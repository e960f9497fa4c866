"""Units as offices send them: open and overlapping outlines, villages as points, parents unsaid."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from coverage.equity.overlaps import find_overlaps, outside_notes, overlap_notes
from coverage.model.membership import locate
from coverage.model.tables import PopulationGrid
from data.units import read_totals, read_units

CRS = "EPSG:4549"
EAST, NORTH = 400_000.0, 3_500_000.0
SHARED = Path(__file__).parents[3] / ".." / "shared" / "data"


def box(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def point(x: float, y: float) -> shapely.Geometry:
    return shapely.Point(EAST + x, NORTH + y)


def written(path: Path, rows: list[tuple[str, str, shapely.Geometry]], **columns: list[object]) -> Path:
    frame = {"name": [row[0] for row in rows], "level": [row[1] for row in rows], **columns}
    gpd.GeoDataFrame(frame, geometry=[row[2] for row in rows], crs=CRS).to_file(path)
    return path


def cells(n: int = 40, step: float = 50.0) -> PopulationGrid:
    x, y = np.meshgrid(EAST + (np.arange(n) + 0.5) * step, NORTH + (np.arange(n) + 0.5) * step)
    xy = np.column_stack([x.ravel(), y.ravel()])
    return PopulationGrid(np.arange(n * n), xy, np.ones(n * n), np.full(n * n, step**2), step, CRS)


TOWN = [
    ("东区", "district", box(0, 0, 2000, 2000)),
    ("甲街道", "street", box(0, 0, 1000, 2000)),
    ("乙镇", "street", box(1000, 0, 2000, 2000)),
]


def codes(path: Path, **options: Path) -> dict[str, str]:
    return {f.code: str(f.message) for f in read_units(path, crs=CRS, **options).findings}


def geojson(path: Path, rings: list[list[list[float]]]) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"u{i}", "level": "district"},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for i, ring in enumerate(rings)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_an_outline_that_nearly_closes_is_closed_and_one_that_lacks_a_part_is_left_out(
    tmp_path: Path,
) -> None:
    nearly = [[119, 32], [119.01, 32], [119.01, 32.01], [119, 32.01], [119, 32.0004]]
    half = [[119.1, 32], [119.2, 32], [119.2, 32.1]]
    found = read_units(geojson(tmp_path / "u.geojson", [nearly, half]), crs=CRS)
    assert found.table.frame["name"].tolist() == ["u0"]
    assert [(f.code, f.row, f.level) for f in found.findings] == [
        ("outline-closed", 1, "warning"),
        ("outline-open", 2, "error"),
    ]
    assert "44.4 m" in str(found.findings[0].message)


def test_if_nothing_is_left_the_first_reason_is_told(tmp_path: Path) -> None:
    path = geojson(tmp_path / "u.geojson", [[[119.1, 32], [119.2, 32], [119.2, 32.1]]])
    with pytest.raises(InputError, match=r"Row 1: The outline of u0 is open: 14,\d+ m"):
        read_units(path, crs=CRS)


def test_an_overlap_is_listed_with_both_names_and_its_area_and_residents_count_once(tmp_path: Path) -> None:
    rows = [TOWN[0], ("甲", "street", box(0, 0, 1100, 2000)), ("乙", "street", box(1000, 0, 2000, 2000))]
    path = written(tmp_path / "u.gpkg", rows)
    found = read_units(path, crs=CRS)
    assert codes(path)["overlap"].startswith("甲 and 乙 overlap by 200,000 m²")
    members = locate(found.table, cells().xy)
    assert np.bincount(members.rows["street"]).tolist() == [0, 22 * 40, 18 * 40]
    assert "of 80.0 residents there 80.0 count for 甲 and 0.0 for 乙" in str(
        overlap_notes(found.overlaps, found.table, cells(), members)[0]
    )


def test_a_sliver_is_told_apart_from_an_overlap(tmp_path: Path) -> None:
    rows = [TOWN[0], ("甲", "street", box(0, 0, 1001, 2000)), ("乙", "street", box(1000, 0, 2000, 2000))]
    found = read_units(written(tmp_path / "u.gpkg", rows), crs=CRS)
    assert [overlap.is_sliver for overlap in find_overlaps(found.table)] == [True]


def test_villages_as_points_share_the_free_ground_of_their_town(tmp_path: Path) -> None:
    rows = [
        *TOWN,
        ("东社区", "community", box(1000, 1000, 2000, 2000)),
        ("西村", "community", point(1200, 500)),
        ("南村", "community", point(1800, 500)),
        ("野村", "community", point(9000, 9000)),
        ("占村", "community", point(1200, 500)),
    ]
    path = written(tmp_path / "u.gpkg", rows)
    frame = read_units(path, crs=CRS).table.frame.set_index("name")
    assert frame.geometry["西村"].area == pytest.approx(500_000)
    assert frame.loc[["东社区", "西村", "南村"], "parent_id"].nunique() == 1
    assert not {"野村", "占村"} & set(frame.index)
    assert codes(path)["nearest-point"].startswith("2 villages")


def test_a_parent_is_found_by_number_by_name_or_by_the_largest_shared_ground(tmp_path: Path) -> None:
    shapes = [box(0, 0, 900, 900), box(0, 1000, 900, 2000), box(900, 0, 1400, 900), box(100, 100, 200, 200)]
    rows = [*TOWN, *((f"社区{i}", "community", shape) for i, shape in enumerate(shapes))]
    path = written(
        tmp_path / "u.gpkg",
        rows,
        unit_id=list("DABwxyz"),
        parent_id=["", "D", "东区", "B", "甲街道办事处", "", "nowhere"],
    )
    frame = read_units(path, crs=CRS).table.frame
    assert frame["parent_id"].tolist() == ["", "D", "D", "B", "A", "B", "A"]
    found = codes(path)
    assert found["parent-by-place"].startswith("1 unit does not say")
    assert "“nowhere”" in found["parent-unknown"]


def test_a_street_column_names_the_parent_of_communities(tmp_path: Path) -> None:
    rows = [TOWN[1], TOWN[2], ("和平社区", "community", box(1200, 0, 1300, 100))]
    path = written(tmp_path / "u.gpkg", rows, 街道=["甲街道", "乙镇", "甲街道"])
    assert read_units(path, crs=CRS).table.frame["parent_id"].tolist() == ["", "", "1"]


def test_settlement_comes_from_a_layer_where_no_code_says(tmp_path: Path) -> None:
    rows = [(f"社区{i}", "community", box(i * 100, 0, i * 100 + 100, 100)) for i in range(4)]
    path = written(tmp_path / "u.gpkg", rows, 城乡分类代码=["", "", "", "220"])
    built_up = [box(0, 0, 130, 100), box(60, 0, 180, 100), box(180, 0, 400, 10), box(300, 0, 400, 100)]
    urban = tmp_path / "urban.gpkg"
    gpd.GeoDataFrame(geometry=built_up, crs=CRS).to_file(urban)
    assert read_units(path, crs=CRS, urban=urban).table.frame["settlement"].tolist() == [
        "urban",
        "urban",
        "rural",
        "rural",
    ]
    assert "80% of 社区1" not in codes(path, urban=urban).get("settlement-doubtful", "")


def test_rows_of_one_unit_are_put_together(tmp_path: Path) -> None:
    rows = [("洲村", "community", box(0, 0, 100, 100)), ("洲村", "community", box(500, 0, 600, 100))]
    path = written(tmp_path / "u.gpkg", rows, code=["7", "7"])
    found = read_units(path, crs=CRS)
    assert (len(found.table), found.table.frame.geometry.area[0]) == (1, pytest.approx(20_000))
    assert codes(path)["parts-united"].startswith("2 rows are parts of 1")


def test_thousands_of_shapes_that_are_no_units_are_few_remarks(tmp_path: Path) -> None:
    rows = [TOWN[0], *((f"road {i}", "", point(i, i)) for i in range(500))]
    assert len(read_units(written(tmp_path / "u.gpkg", rows), crs=CRS).findings) < 100


def test_totals_fit_units_by_number_or_name_and_the_rest_is_listed_with_its_residents(tmp_path: Path) -> None:
    units = read_units(written(tmp_path / "u.gpkg", TOWN, code=["1", "2", "3"]), crs=CRS).table
    table = pd.DataFrame(
        {
            "代码": ["2", ""],
            "名称": ["", "乙镇人民政府"],
            "常住人口": ["1,200", "300"],
            "老年人口": ["100", ""],
        }
    )
    lost = pd.DataFrame({"代码": ["9"], "名称": ["丙镇"], "常住人口": ["55"], "老年人口": ["1"]})
    pd.concat([table, lost]).to_csv(tmp_path / "t.csv", index=False)
    totals = read_totals(tmp_path / "t.csv", units)
    assert totals.values["residents"].tolist()[1:] == [1200.0, 300.0]
    assert totals.values["elderly"].tolist()[1] == 100.0
    assert ["55 residents" in str(f.message) and f.row for f in totals.findings] == [4]


def test_the_area_of_a_units_file_is_that_of_its_coarsest_outlines(tmp_path: Path) -> None:
    area = read_units(written(tmp_path / "u.gpkg", TOWN), crs=CRS).ground
    assert gpd.GeoSeries([area], crs="EPSG:4326").to_crs(CRS).area[0] == pytest.approx(4e6, rel=1e-6)


cuts = st.lists(st.integers(1, 39), min_size=1, max_size=4, unique=True).map(sorted)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    cuts,
    cuts,
    st.lists(st.tuples(st.integers(1, 1999), st.integers(1, 1999)), max_size=6, unique=True),
    st.randoms(),
)
def test_every_level_sums_to_the_city_and_the_order_of_rows_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    streets: list[int],
    communities: list[int],
    villages: list[tuple[int, int]],
    random: object,
) -> None:
    x, y = [0, *streets, 40], [0, *communities, 40]
    rows = [TOWN[0]]
    for i, (west, east) in enumerate(pairwise(x)):
        rows.append((f"街{i}", "street", box(west * 50, 0, east * 50, 2000)))
        if i or not villages:
            rows += [
                (f"社{i}-{j}", "community", box(west * 50, south * 50, east * 50, north * 50))
                for j, (south, north) in enumerate(pairwise(y))
            ]
    inside = [(a, b) for a, b in villages if 0 < a < x[1] * 50]
    rows += [(f"村{k}", "community", point(a, b)) for k, (a, b) in enumerate(inside)]
    folder, grid = tmp_path_factory.mktemp("u"), cells()

    def residents(order: list[int], file: str) -> dict[tuple[str, str], float]:
        found = read_units(written(folder / file, [rows[k] for k in order]), crs=CRS)
        members = locate(found.table, grid.xy)
        names = found.table.frame["name"].to_numpy(object)
        sums = {}
        for level, row in members.rows.items():
            inside_level = row >= 0
            outside = (~inside_level).sum()
            assert inside_level.sum() + outside == grid.total
            assert (outside > 0) == any(str(note).find(level) >= 0 for note in outside_notes(members, grid))
            sums |= {(level, names[k]): float(n) for k, n in enumerate(np.bincount(row[inside_level])) if n}
        assert (members.rows["street"] >= 0).all()
        assert (members.rows["district"] >= 0).all()
        if inside or not villages:
            assert (members.rows["community"] >= 0).all()
        return sums

    order = list(range(len(rows)))
    straight = residents(order, "a.gpkg")
    getattr(random, "shuffle")(order)  # noqa: B009
    assert residents(order, "b.gpkg") == straight


@pytest.mark.skipif(not SHARED.exists(), reason="the shared trial data are not here")
def test_the_real_districts_are_read_and_a_dump_of_everything_is_no_file_of_units() -> None:
    found = read_units(SHARED / "nanjing_units" / "districts_wgs84.geojson", crs=CRS)
    assert len(found.table) == 11
    census = SHARED / "nanjing_units" / "census_districts.csv"
    totals = read_totals(census, found.table, column="pop_2010_census")
    assert totals.values["residents"].sum() == 8_003_744
    assert not totals.findings
    with pytest.raises(InputError, match=r"the column name names only [\d,]+ of 3,942 rows"):
        read_units(SHARED / "nanjing_core" / "original_with_unclosed_rings.geojson", crs=CRS)
