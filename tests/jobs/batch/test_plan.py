"""A plan names areas one by one, by folders, by a table; what it cannot mean is refused with the place."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
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
        (f'make = ["export:form:nosuch"]\n[[area]]\nname = "甲"\n{STUDY}', "nosuch"),
        (f'[[area]]\nname = "甲"\ncode = [1]\n{STUDY}', "code"),
        ("area = 3", "[[area]]"),
        ("common = 3", "common"),
        ("folders = 3", "folders"),
        ('table = "x.csv"', "table"),
        ("[common\n", "line 1"),
        ('[folders]\npattern = ""', "pattern"),
        ('[folders]\npattern = "**x"', "pattern"),
        ('[folders]\npattern = "/nowhere/at/all/*"', "no folder matches"),
        (f'[[area]]\nname = ""\n{STUDY}', "name"),
        (f'[[area]]\nname = "甲"\n{STUDY}heal = -1', "less than 0"),
        (f'[[area]]\nname = "甲"\n{STUDY}heal = nan', "no number"),
        (f'[[area]]\nname = "甲"\n{STUDY}heal = [1, 2]', "float"),
        (f'[[area]]\nname = "甲"\n{STUDY}group = {{elderly = "x"}}', "group"),
        (f'[[area]]\nname = "甲"\n{STUDY}units = 3', "units"),
        (f'[[area]]\nname = "甲"\n{STUDY}area = ["a.gpkg", "b.gpkg"]', "path"),
        (f'[[area]]\nname = "甲"\n{STUDY}units = "**x"', "pattern"),
        (f'{SUGGEST}{STUDY}tier = "station"\nshare = 7', "more than 1"),
        (f'{SUGGEST}{STUDY}tier = "station"\nwithin-band = "perhaps"', "within-band"),
        (f'[[area]]\nname = "甲"\n{STUDY}[[area]]\nname = "甲"', "one folder"),
        (f'[[area]]\nname = "Ab"\n{STUDY}[[area]]\nname = "aB"', "one folder"),
    ],
)
def test_what_a_plan_cannot_mean_is_refused_with_its_place(tmp_path: Path, toml: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        plan_of(tmp_path, toml)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("320102", "320102"),
        ("320102.0", "320102"),
        ("3.20102E+05", "320102"),
        ('"=""032010"""', "032010"),
        ("'032010", "032010"),
        ("3.20102001001E+11", "320102001001"),
        ("NJ-7", "NJ-7"),
    ],
)
def test_a_code_is_what_it_was_before_a_spreadsheet_took_it_for_a_number(
    tmp_path: Path, written: str, code: str
) -> None:
    (tmp_path / "a.csv").write_text(f"name,code,facilities\n甲,{written},l.csv\n", "utf-8")
    assert plan_of(tmp_path, TABLE_PLAN.format("a.csv")).areas[0].code == code


@pytest.mark.parametrize(
    ("row", "said"), [("甲,3.20E+11,l.csv", "lost digits"), ("合 计,,l.csv", "row of totals")]
)
def test_a_row_that_a_spreadsheet_spoilt_is_refused(tmp_path: Path, row: str, said: str) -> None:
    (tmp_path / "a.csv").write_text(f"name,code,facilities\n{row}\n", "utf-8")
    with pytest.raises(UserError, match=said):
        plan_of(tmp_path, TABLE_PLAN.format("a.csv"))


TABLE_PLAN = '[common]\npopulation = "p.tif"\nnetwork = "s.pbf"\n[table]\nfile = "{}"\n'
ROWS = [
    ["name", "code", "facilities", "heal"],
    ["江宁区", 320115, "lists\\\\a.csv;b.csv", 2],
    ["玄武区", None, "c.csv", None],
]


def test_a_table_may_be_a_workbook_or_a_text_of_any_encoding(tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS[1:], columns=ROWS[0], dtype=object)
    frame.to_excel(tmp_path / "areas.xlsx", index=False)
    (tmp_path / "utf.csv").write_bytes(frame.to_csv(index=False).encode("utf-8-sig"))
    (tmp_path / "gbk.csv").write_bytes(frame.to_csv(index=False).encode("gbk"))
    (tmp_path / "utf16.txt").write_bytes(frame.to_csv(index=False, sep="\t").encode("utf-16"))
    read = [
        plan_of(tmp_path, TABLE_PLAN.format(name))
        for name in ("areas.xlsx", "utf.csv", "gbk.csv", "utf16.txt")
    ]
    assert read[0].areas == read[1].areas == read[2].areas == read[3].areas
    one, other = read[0].areas
    assert (one.name, one.code, one.study.heal_m, other.name) == ("江宁区", "320115", 2.0, "玄武区")
    assert one.study.facilities == (tmp_path / "lists" / "a.csv", tmp_path / "b.csv")


def test_a_plan_in_the_encoding_of_chinese_windows_is_read(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_bytes(f'[[area]]\nname = "江宁区"\n{STUDY}'.encode("gbk"))
    assert read_plan(tmp_path / "plan.toml", area_of).areas[0].name == "江宁区"
    (tmp_path / "plan.toml").write_bytes(bytes(range(256)) * 9)
    with pytest.raises(UserError, match=r"plan\.toml"):
        read_plan(tmp_path / "plan.toml", area_of)


def test_patterns_begin_anywhere_and_leave_out_what_programs_keep_beside(tmp_path: Path) -> None:
    lists = tmp_path / "of [all]"
    lists.mkdir()
    for name in ("a.csv", "~$a.csv", ".b.csv", "c [1].csv"):
        (lists / name).touch()
    area = f'[[area]]\nname = "甲"\n{STUDY.replace("list.csv", str(lists / "a.csv"))}'
    assert plan_of(tmp_path, area).areas[0].study.facilities == (lists / "a.csv",)
    (tmp_path / "x").mkdir()
    area = f'[[area]]\nname = "甲"\n{STUDY.replace("list.csv", f"{tmp_path}/of*/*.csv")}'
    assert [path.name for path in plan_of(tmp_path / "x", area).areas[0].study.facilities] == [
        "a.csv",
        "c [1].csv",
    ]
    area = f'[[area]]\nname = "甲"\n{STUDY.replace("list.csv", "of [all]/c [1].csv")}'
    assert plan_of(tmp_path, area).areas[0].study.facilities == (lists / "c [1].csv",)


@pytest.mark.parametrize(
    "name",
    ["CON", "..", ".", "a/b", "a\\\\b", " 甲 ", "县" * 300, "a:b?", "name.", "\\u202e甲", "-x", "'=1+1"],
)
def test_a_name_that_is_no_file_name_gets_a_folder_of_its_own(tmp_path: Path, name: str) -> None:
    (area,) = plan_of(tmp_path, f'[[area]]\nname = "{name}"\n{STUDY}').areas
    inside = (tmp_path / "areas" / area.folder).resolve()
    assert inside.parent == tmp_path / "areas"
    inside.mkdir(parents=True)


def test_a_table_without_names_is_refused(tmp_path: Path) -> None:
    for table, said in (
        ("area,code\n甲,1\n", "name"),
        ("name,code\n,1\n", "row 2"),
        ("name\n甲,1\n", "row 2"),
        ("name,name\n甲,乙\n", "two columns"),
        ("name,heal\n甲,much\n", "row 2"),
        ("name,populaton\n甲,x\n", "population"),
        ("name,tiles\n甲,many\n", "tiles"),
        ("", "name"),
        ("name\n", "no area"),
        ('name\n"甲', "facilities"),
    ):
        (tmp_path / "areas.csv").write_text(table, "utf-8")
        with pytest.raises(UserError, match=said):
            plan_of(tmp_path, '[table]\nfile = "areas.csv"')
