"""What the folder tells beyond the verdicts, isochrones and scenarios, from files."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import openpyxl
import pandas as pd
import pyogrio
import pytest

from core.errors import SettingError, UserError
from coverage.model.edits import AddStreet, Open, Scenario, SetFigure, SetSpeed
from coverage.model.verdict_rows import verdict_rows
from data.results import read_results
from data.results.extras import ALWAYS, ASKED
from data.scenarios import save_scenario
from jobs.assess.folder import Assessed, assess_files
from jobs.assess.loads import loads_of
from jobs.assess.optional_analyses import ALSO, parts_of_gap
from jobs.assess.readings import elderly, old_and_new
from jobs.reach import ReachWish, area_bytes, isochrone_files, package_bytes, reached
from jobs.scenario import (
    AS_IT_IS,
    ScenarioWish,
    compared,
    named_scenario,
    read_scenario,
    scenario_files,
    scenario_wish,
    with_scenario,
)
from tests.small_city import CRS, degrees, write_small_city


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Assessed:
    return assess_files(write_small_city(tmp_path_factory.mktemp("city")), out=None)


def as_said(table: pd.DataFrame) -> pd.DataFrame:
    """Its cells as texts: a whole number reads back as one."""
    numbers = table.map(lambda value: f"{value:.12g}" if isinstance(value, int | float) else value)
    return numbers.astype(object).where(table.notna(), None).astype(str)


def test_the_folder_always_has_the_cheap_tables_and_reads_them_back(tmp_path: Path) -> None:
    written = assess_files(write_small_city(tmp_path / "in"), out=tmp_path / "out").results
    assert {f"{name}.csv" for name in ALWAYS} <= {path.name for path in (tmp_path / "out").iterdir()}
    read = read_results(tmp_path / "out")
    assert set(read.extras) == set(ALWAYS)
    for name, table in written.extras.items():
        pd.testing.assert_frame_equal(
            as_said(read.extras[name]),
            as_said(table),
            check_dtype=False,
            obj=name,
        ) if name in ("shortfall", "loads") else None
        assert len(read.extras[name]) == len(table), name


def test_also_writes_what_is_asked_for_and_another_run_takes_it_away(tmp_path: Path) -> None:
    files = write_small_city(tmp_path / "in")
    assess_files(files, out=tmp_path / "out", also=tuple(ALSO))
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names >= {f"{name}.csv" for name in ASKED}
    assert names >= {"isochrones.geojson", "barriers.geojson", "reach.gpkg"}
    assert {str(layer) for layer, _ in pyogrio.list_layers(tmp_path / "out" / "reach.gpkg")} == {
        "isochrones", "reached_streets",
    }  # fmt: skip
    sheets = openpyxl.load_workbook(tmp_path / "out" / "report.xlsx").sheetnames
    assert {"可信度", "可达供给"} <= set(sheets)
    assess_files(files, out=tmp_path / "out")
    assert not {"isochrones.geojson", "bands.csv", "reach.gpkg"} & {
        p.name for p in (tmp_path / "out").iterdir()
    }


def test_what_cannot_be_made_in_addition_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="miracles"):
        assess_files(write_small_city(tmp_path / "in"), out=None, also=("miracles",))


def test_rules_in_the_document_say_what_is_lacking_and_whom_they_miss(done: Assessed) -> None:
    rules = {row["id"]: row for row in done.results.document["rules"]}
    row = rules["circle-walk-10"]
    assert row["residents_missed"] == row["lacking"]["amount"] == row["residents"] - row["residents_met"]


def test_isochrones_of_one_facility_by_its_name(tmp_path: Path) -> None:
    found = isochrone_files(
        write_small_city(tmp_path / "in"),
        ReachWish(("东庄村服务站",), minutes=(3, 6), kind="each"),
        out=tmp_path / "out",
    ).as_json()
    # 5 km/h: 250 and 500 m around x = 1700.
    assert [(row["minutes"], row["residents"]) for row in found["areas"]] == [(6.0, 900.0), (3.0, 500.0)]
    features = json.loads((tmp_path / "out" / "isochrones.geojson").read_text("utf-8"))["features"]
    assert len(features) == 2
    assert "步行6分钟可达" in (tmp_path / "out" / "map.html").read_text("utf-8")
    streets = pyogrio.read_dataframe(tmp_path / "out" / "reach.gpkg", layer="reached_streets")
    # From x = 1200 to the street's end at 2050, and from 1450 to 1950.
    assert streets.groupby("minutes")["metres"].sum().tolist() == pytest.approx([500, 850], abs=1)


@pytest.mark.parametrize(
    "wish",
    [
        ReachWish(("nobody",)),
        ReachWish(("社区",)),
        ReachWish(tier="school"),
        ReachWish(minutes=(0,)),
        ReachWish(minutes=()),
    ],
)
def test_isochrones_that_cannot_be_are_refused(done: Assessed, wish: ReachWish) -> None:
    if wish.facilities == ("社区",):
        assert len(reached(done, wish).wish.facilities) == 1  # the only name with these letters
        return
    with pytest.raises(SettingError):
        reached(done, wish)


def test_shapes_are_handed_out_as_geojson_and_geopackage(done: Assessed) -> None:
    found = reached(done, ReachWish(tier="station", kind="nearest"))
    assert json.loads(area_bytes(found))["type"] == "FeatureCollection"
    assert package_bytes(found).startswith(b"SQLite format 3")


def test_the_elderly_reading_counts_the_elderly_at_their_speed(done: Assessed) -> None:
    slow = elderly(done)
    assert slow.results.document["area"]["residents"] == 420.0
    row = next(row for row in slow.results.document["rules"] if row["id"] == "circle-walk-10")
    # Ten minutes at 3 km/h are 500 m: around 500 and 1700 lie 11 and 9 cells of 20, one of them twice.
    assert row["residents_met"] == 20.0 * len(
        {x for x in range(0, 2001, 100) if min(abs(x - 500), abs(x - 1700)) <= 500}
    )


def test_old_town_against_new_is_told(done: Assessed) -> None:
    found, said = old_and_new(done, "circle-walk-15", ["W"])
    assert [row.spread.people for row in found.areas()] == [1000.0, 1100.0]
    assert any("old town" in str(one) for one in said)
    with pytest.raises(SettingError):
        old_and_new(done, "circle-walk-15", ["W", "D"])


@pytest.mark.parametrize("manner", ["nearest", "capacity", "distance"])
def test_residents_are_sent_in_three_manners(done: Assessed, manner: str) -> None:
    found = loads_of(done, "rural-station-load", manner)
    assert found.table["residents"].sum() + found.without <= found.residents + 1e-6
    assert found.residents == 1100.0


def test_a_gap_that_is_not_there_is_refused(done: Assessed) -> None:
    with pytest.raises(SettingError):
        parts_of_gap(done, "circle-walk-15", 99)


@cache
def scenario_text(x: float) -> str:
    lon, lat = degrees(x)
    opening = {"do": "open", "facility_id": "n1", "name": "新站", "tier": "station", "x": lon, "y": lat}
    return json.dumps({"format": 1, "name": "一处新站", "crs": "EPSG:4326", "edits": [opening]})


def write(path: Path, content: str) -> Path:
    path.write_text(content, "utf-8")
    return path


def test_a_scenario_in_degrees_is_worked_in_and_compared(tmp_path: Path) -> None:
    plan = write(tmp_path / "plan.json", scenario_text(1100))
    found = scenario_files(
        write_small_city(tmp_path / "in"), ScenarioWish(str(plan)), out=tmp_path / "out"
    ).as_json()
    rows = {row["rule"]: row for row in found["rules"]}
    # Five minutes more: nobody loses, and the cells between both old stations come nearer.
    assert all(row["lost"] == 0.0 for row in rows.values())
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {
        "scenario.json", "comparison.json", "changes.csv", "changes_units.csv", "difference.html",
        "assessment.json",
    }  # fmt: skip
    assert "新覆盖" in (tmp_path / "out" / "difference.html").read_text("utf-8")


def test_a_scenario_never_wears_the_word_for_things_as_they_are(tmp_path: Path) -> None:
    plan, out = write(tmp_path / "plan.json", scenario_text(1100)), tmp_path / "out"
    scenario_files(write_small_city(tmp_path / "in"), ScenarioWish(str(plan)), out=out)
    called = "情景：一处新站（非现状）"
    page = (out / f"{called}.html").read_text("utf-8")
    assert f"<title>{called}" in page
    for part in ('<aside id="panel">', 'id="marks"', '<section id="plain">'):
        assert called in page[page.index(part) : page.index(part) + 2000]
    book = openpyxl.load_workbook(out / f"{called}.xlsx", read_only=True)
    rows = [[cell for cell in row if cell] for row in book.worksheets[0].iter_rows(values_only=True)]
    assert [called] in rows
    head = next(row for row in rows if row and row[0] == "规则")
    assert head[3:6] == ["现状", "情景", "变化"]
    assert not (out / "map.html").exists() and not (out / "report.xlsx").exists()


def test_residents_met_change_by_who_gains_loses_and_grows(done: Assessed, tmp_path: Path) -> None:
    plan = write(tmp_path / "plan.json", scenario_text(1100))
    for change in compared(done, ScenarioWish(str(plan))).comparison.rules.values():
        before, after = change.residents_met
        assert after - before == pytest.approx(change.gained - change.lost + change.grown)


def test_an_edited_standard_says_so_and_in_what_it_differs(done: Assessed) -> None:
    crs = done.inputs.study.grid.crs
    edits = (SetFigure("station-radius", figure=600.0), SetSpeed(4.0))
    edited = with_scenario(done, Scenario("x", crs, edits)).results.standard
    assert edited.title.zh == "自有标准（改自南京市基本公共服务圈(2011)，2处不同）"
    assert len(edited.differences) == 2
    document = dict(with_scenario(done, Scenario("x", crs, edits)).results.document)
    document["before"] = {"scenario": None, "rules": done.results.document["rules"]}
    rows = {row.rule.id: row for row in verdict_rows(document, edited)}
    # The present state was found by another figure, and says by which; of others nothing is said.
    assert str(rows["station-radius"].before).endswith(", by ≤ 500 m")
    assert ", by" not in str(rows["centre-radius"].before)
    undone = (*edits, SetFigure("station-radius", figure=500.0), SetSpeed(5.0))
    back = with_scenario(done, Scenario("x", crs, undone))
    assert back.results.standard.title == done.inputs.standard.title


def test_any_two_are_compared_files_names_and_now(tmp_path: Path, done: Assessed) -> None:
    plan = write(tmp_path / "plan.json", scenario_text(1100))
    kept = read_scenario(plan, CRS)
    save_scenario(tmp_path / "store", kept)
    there = compared(done, ScenarioWish(str(plan), "一处新站", tmp_path / "store")).comparison
    assert all(change.gained == change.lost == 0.0 for change in there.rules.values())
    back = compared(done, ScenarioWish(AS_IT_IS, str(plan))).comparison
    forth = compared(done, ScenarioWish(str(plan))).comparison
    for rule_id, change in back.rules.items():
        assert (change.gained, change.lost) == (forth.rules[rule_id].lost, forth.rules[rule_id].gained)


def test_now_is_the_city_as_it_is(done: Assessed) -> None:
    assert with_scenario(done, named_scenario(AS_IT_IS, CRS, store=None)) is done


def test_drawn_lines_become_changes(tmp_path: Path) -> None:
    line = {"type": "LineString", "coordinates": [degrees(100), degrees(300, 50)]}
    feature = {"type": "Feature", "properties": {"kind": "street"}, "geometry": line}
    drawn = write(
        tmp_path / "lines.geojson", json.dumps({"type": "FeatureCollection", "features": [feature]})
    )
    (edit,) = read_scenario(drawn, CRS).edits
    assert isinstance(edit, AddStreet)


@pytest.mark.parametrize(
    "ask",
    [
        lambda folder: scenario_wish("", None, store=folder, keep=""),
        lambda folder: scenario_wish("a", ("a", "b"), store=folder, keep=""),
        lambda folder: named_scenario("nowhere", CRS, store=None),
        lambda folder: named_scenario("nowhere", CRS, store=folder),
        lambda folder: read_scenario(write(folder / "x.json", "{"), CRS),
        lambda folder: read_scenario(
            write(folder / "y.json", '{"format": 1, "name": "y", "crs": "EPSG:32650", "edits": []}'), CRS
        ),
    ],
)
def test_scenarios_that_cannot_be_are_refused(tmp_path: Path, ask: Callable[[Path], object]) -> None:
    with pytest.raises(UserError):
        ask(tmp_path)


def test_places_in_degrees_become_metres(tmp_path: Path) -> None:
    (edit,) = read_scenario(write(tmp_path / "plan.json", scenario_text(1100)), CRS).edits
    assert isinstance(edit, Open)
    assert edit.x == pytest.approx(401_100, abs=0.01)
