"""A plan names areas one by one, by folders, by a table; what it cannot mean is refused with the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands.batch import area_of
from core.errors import UserError
from jobs.batch.plan import BatchPlan, read_plan

SUGGEST = 'make = ["suggest"]\n[[area]]\nname = "甲"\n'
STUDY = 'facilities = "list.csv"\npopulation = "people.csv"\nnetwork = "streets.geojson"\n'


def plan_of(folder: Path, toml: str) -> BatchPlan:
    path = folder / "plan.toml"
    path.write_text(toml, "utf-8")
    return read_plan(path, area_of)


def test_an_area_has_its_own_options_and_those_of_all(tmp_path: Path) -> None:
    toml = f'make = ["assess", "suggest", "isochrones", "export:html"]\n[common]\n{STUDY}tier = "station"\n'
    plan = plan_of(tmp_path, toml + '[[area]]\nname = "甲"\ncode = 320102\ncount = 3\nheal = 2\nminutes = 6')
    (area,) = plan.areas
    assert plan.make == ("assess", "suggest", "isochrones")
    assert plan.exports == ("html",)
    assert (area.name, area.code, area.study.name, area.study.heal_m) == ("甲", "320102", "甲", 2.0)
    assert area.study.facilities == (tmp_path / "list.csv",)
    assert area.request is not None
    assert (area.request.tier, area.request.count) == ("station", 3)
    assert area.wish is not None
    assert (area.wish.tier, area.wish.minutes) == ("station", (6.0,))


def test_folders_are_areas_and_their_files_are_looked_for_in_them(tmp_path: Path) -> None:
    for name in ("乙县", "甲县"):
        (tmp_path / "counties" / name).mkdir(parents=True)
        for file in ("a.csv", "b.csv"):
            (tmp_path / "counties" / name / file).touch()
    toml = '[common]\nnetwork = "all.pbf"\n[folders]\npattern = "counties/*"\nfacilities = "*.csv"\n'
    plan = plan_of(tmp_path, toml + 'population = "people.tif"')
    assert [area.name for area in plan.areas] == sorted(["乙县", "甲县"])
    first = plan.areas[0]
    assert [path.name for path in first.study.facilities] == ["a.csv", "b.csv"]
    assert first.study.network == tmp_path / "all.pbf"
    assert first.study.population.parent.name == first.name


def test_a_table_has_a_row_an_area(tmp_path: Path) -> None:
    table = "name,code,facilities,standard,heal\n甲,320102,a.csv;b.csv,,2\n乙,,c.csv,sdg,\n"
    (tmp_path / "areas.csv").write_text(table.replace("sdg", "gb50180-2018"), "utf-8-sig")
    plan = plan_of(
        tmp_path, '[common]\npopulation = "p.tif"\nnetwork = "s.pbf"\n[table]\nfile = "areas.csv"\n'
    )
    one, other = plan.areas
    assert [path.name for path in one.study.facilities] == ["a.csv", "b.csv"]
    assert (one.code, one.study.heal_m, other.study.standard) == ("320102", 2.0, "gb50180-2018")


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("", "names no area"),
        ('[[area]]\nname = "甲"\npopulaton = "p"', "population"),
        (f'[[area]]\nname = "甲"\n{STUDY}heal = "much"', "float"),
        (f'[[area]]\nname = "甲"\n{STUDY}goal = "most-people"', "no such option"),
        (
            f'{SUGGEST}{STUDY}tier = "station"\ngoal = "best"',
            "fewest-sites",
        ),
        (f"{SUGGEST}{STUDY}", "suggest needs it"),
        ('make = ["report"]\n[[area]]\nname = "甲"', "line 1"),
        ('[[area]]\nname = "甲"', "--facilities, --population, --network"),
        (f'[common]\n{STUDY}[[area]]\nname = "甲/乙"\n[[area]]\nname = "甲:乙"', "one folder"),
        (f'[common]\nname = "甲"\n{STUDY}[[area]]\nname = "乙"', "each area has its own"),
        ('[folders]\npattern = "nowhere/*"', "no folder matches"),
        (f'[[area]]\nname = "甲"\n{STUDY}units = "*.gpkg"', "no file matches"),
        ('[table]\nfile = "none.csv"', "none.csv"),
        ("[[area]]\nname = 3", "line 2"),
        ("area = 3", "[[area]]"),
    ],
)
def test_what_a_plan_cannot_mean_is_refused_with_its_place(tmp_path: Path, toml: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        plan_of(tmp_path, toml)
    assert said in str(refused.value)


def test_a_table_without_names_is_refused(tmp_path: Path) -> None:
    for table, said in (
        ("area,code\n甲,1\n", "name"),
        ("name,code\n,1\n", "row 2"),
        ("name\n甲,1\n", "row 2"),
    ):
        (tmp_path / "areas.csv").write_text(table, "utf-8")
        with pytest.raises(UserError, match=said):
            plan_of(tmp_path, '[table]\nfile = "areas.csv"')
