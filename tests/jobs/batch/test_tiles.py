"""An area in tiles, from its files: the tables are those of the area at once."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from commands.batch import area_of
from core.errors import UserError
from jobs.batch.area import DONE, FAILED, Task, make_area, measure_one, task_of
from jobs.batch.plan import read_plan
from tests.command_line import cli
from tests.small_city import write_small_city


def tasks(folder: Path, areas: str, common: str) -> list[Task]:
    (folder / "plan.toml").write_text(f"{common}\n{areas}", "utf-8")
    plan = read_plan(folder / "plan.toml", area_of)
    where = {"out": folder / "out", "language": "en", "cache": folder / "cache"}
    return [task_of(area, plan.exports, **where) for area in plan.areas]  # type: ignore[arg-type]


def made(task: Task) -> dict[str, object]:
    row = make_area(task, [measure_one(task, number) for number in task.tile_files])
    assert row["state"] == DONE, row["message"]
    return row


def rounded(row: dict[str, object]) -> dict[str, object]:
    """Sums in another order differ in their last bits."""
    return json.loads(json.dumps(row), parse_float=lambda number: round(float(number), 6))  # type: ignore[no-any-return]


def same_tables(task: Task, whole: Task, *, metres: float) -> None:
    """Every figure of the tables; of metres, as many decimals as are written."""
    one, other = (json.loads((each.folder / "assessment.json").read_bytes()) for each in (task, whole))
    assert one["area"] == {**other["area"], "name": one["area"]["name"]}
    assert len(one["gaps"]) == len(other["gaps"])
    for row, same in zip(one["rules"], other["rules"], strict=True):
        assert rounded(row) == rounded(same)
    cells, all_cells = (pd.read_parquet(each.folder / "cells.parquet") for each in (task, whole))
    own = [column for column in cells if column in all_cells]
    assert {"centre_m", "centre_walk_m", "station_walk_m", "snap_m"} <= set(own)
    assert any(column.startswith("m_") for column in own)  # who is met, by rule
    pd.testing.assert_frame_equal(cells[own], all_cells[own], check_exact=False, atol=metres, rtol=0)
    for name in ("units.csv", "facilities.csv"):
        left, right = (pd.read_csv(each.folder / name) for each in (task, whole))
        pd.testing.assert_frame_equal(left, right, check_exact=False, atol=0.1, rtol=1e-9)
    keys = ["rule", "rank", "residents", "unit", "nearest_m"]
    gaps = [pd.DataFrame(one["gaps"]), pd.DataFrame(other["gaps"])]
    if len(gaps[0]):
        pd.testing.assert_frame_equal(gaps[0][keys], gaps[1][keys], check_exact=False, atol=0.2, rtol=0)


COMMON = (
    '[common]\ndatum = "wgs84"\nfacilities = "city/list.csv"\npopulation = "city/people.csv"\n'
    'network = "city/streets.geojson"\nunits = "city/units.geojson"\n'
)


def test_the_tables_of_four_tiles_are_those_of_the_whole(tmp_path: Path) -> None:
    write_small_city(tmp_path / "city")
    tiled, whole = tasks(tmp_path, '[[area]]\nname = "甲"\ntiles = 4\n[[area]]\nname = "乙"', COMMON)
    row = made(tiled)
    made(whole)
    assert row["map"] is False
    same_tables(tiled, whole, metres=0.002)
    before = [path.stat().st_mtime_ns for path in tiled.tile_files.values()]
    assert measure_one(tiled, 0)["state"] == DONE
    assert [path.stat().st_mtime_ns for path in tiled.tile_files.values()] == before


def test_a_tile_that_is_damaged_or_cannot_be_measured_fails_the_area_by_name(tmp_path: Path) -> None:
    write_small_city(tmp_path / "city")
    (tiled,) = tasks(tmp_path, '[[area]]\nname = "甲"\ntiles = 4', COMMON)
    parts = [measure_one(tiled, number) for number in tiled.tile_files]
    tiled.tile_files[2].write_bytes(b"PK")
    row = make_area(tiled, parts)
    assert row["state"] == FAILED
    assert "2.npz" in str(row["message"])
    (tmp_path / "city" / "list.csv").write_text("nothing", "utf-8")
    (other,) = tasks(tmp_path, '[[area]]\nname = "乙"\ntiles = 2', COMMON)
    row = make_area(other, [measure_one(other, number) for number in other.tile_files])
    assert (row["state"], row["name"]) == (FAILED, "乙")
    assert "list.csv" in str(row["message"])


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('make = ["suggest"]', "suggest"),
        ('make = ["isochrones"]', "isochrones"),
        ('make = ["assess", "export:xlsx"]', "export:xlsx"),
    ],
)
def test_what_needs_the_streets_of_the_whole_area_is_refused(tmp_path: Path, toml: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        tasks(tmp_path, '[[area]]\nname = "甲"\ntiles = 4\ntier = "station"', f"{toml}\n{COMMON}")


@pytest.mark.parametrize("tiles", ["0", "2.5", "true", '"four"', "20000"])
def test_what_is_no_number_of_tiles_is_refused(tmp_path: Path, tiles: str) -> None:
    with pytest.raises(UserError, match="tiles"):
        tasks(tmp_path, f'[[area]]\nname = "甲"\ntiles = {tiles}', COMMON)


def test_a_standard_that_divides_by_ground_is_refused_in_tiles(tmp_path: Path) -> None:
    write_small_city(tmp_path / "city")
    rule = 'id = "s"\n[[rule]]\nid = "g"\ncheck = "radius"\ntier = "station"\nfigure_m = 500\n'
    rule += 'denominator = "area"\n'
    (tmp_path / "own.toml").write_text(rule, "utf-8")
    (tiled,) = tasks(tmp_path, '[[area]]\nname = "甲"\ntiles = 2\nstandard = "own.toml"', COMMON)
    row = measure_one(tiled, 0)
    assert row["state"] == FAILED
    assert "in tiles" in str(row["message"])


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_demo_city_in_four_and_nine_tiles_is_the_demo_city(tmp_path: Path) -> None:
    assert cli("demo", tmp_path / "demo").returncode == 0
    common = (
        '[common]\nfacilities = "demo/facilities.xlsx"\npopulation = "demo/population.parquet"\n'
        'network = "demo/streets.gpkg"\nunits = "demo/units.gpkg"\n'
    )
    areas = "".join(f'[[area]]\nname = "{tiles}"\ntiles = {tiles}\n' for tiles in (1, 4, 9))
    whole, *tiled = tasks(tmp_path, areas, common)
    made(whole)
    for one in tiled:
        made(one)
        same_tables(one, whole, metres=0.002)
