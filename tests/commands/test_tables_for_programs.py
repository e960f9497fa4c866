"""Every table and layer of every verb as other programs read it: by what stands in the files alone."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest

from coverage.publish.wide import plain_names
from data.files import EMPTY_BECAUSE, read_csv, write_csv
from data.intake.facility_numbers import is_facility_id
from data.results import read_results
from data.source import LIST_COLUMNS
from data.standards import open_standard
from tests.command_line import ROOT, cli
from tests.commands.test_measuring_verbs import opening
from tests.small_city import degrees
from tests.test_cli import study_options

NEEDS = '[[need]]\nid = "shop"\nzh = "超市"\nserves = ["shop"]\nfigure_m = 500\n'
BATCH = """
[common]
datum = "wgs84"
population = "in/people.csv"
network = "in/streets.geojson"
units = "in/units.geojson"
facilities = "in/list.csv"
[[area]]
name = "甲县"
[[area]]
name = "乙县"
"""
ALSO = ("isochrones", "barriers", "bands", "timeline", "supply", "split")
FORBIDDEN = re.compile(r"[+-]?(inf|nan|infinity)|none|null|true|false", re.IGNORECASE)
WHOLE = re.compile(r"-?\d+\.0+")
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
PLAIN = re.compile(r"[a-z][a-z0-9_]*")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder a verb, of the small city without a street in its east, so that not all is reached."""
    folder = tmp_path_factory.mktemp("tables")
    study = study_options(folder / "in")
    street = {"type": "LineString", "coordinates": [degrees(-50), degrees(900)]}
    feature = {"type": "Feature", "properties": {"highway": "residential"}, "geometry": street}
    (folder / "in" / "streets.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8"
    )
    known = [("o1", "西苑社区服务站", "station", *degrees(800), "open", "osm")]
    pd.DataFrame(known, columns=list(LIST_COLUMNS[:7])).to_csv(folder / "facilities.csv", index=False)
    lists = folder / "in" / "list.csv"
    land, standard, plan = folder / "in" / "land.geojson", folder / "own.toml", folder / "plan.toml"
    groups: list[object] = []
    ring = [degrees(x, y) for x, y in ((0, -50), (700, -50), (700, 50), (0, 50), (0, -50))]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    for name, column in (
        ("六十岁以上", "elderly"),
        ("elderly_60_plus", "elderly"),
        ("elderly_60_69", "elderly"),
    ):
        people = pd.read_csv(folder / "in" / "people.csv")[["lon", "lat", column]]
        people.to_csv(folder / "in" / f"{name}.csv", index=False)
        groups += ["--group", f"{name}={folder / 'in' / f'{name}.csv'}"]
    land.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    standard.write_text(open_standard("nanjing-2011").toml + NEEDS, "utf-8")
    plan.write_text(BATCH, "utf-8")
    for verb, asked in {
        "assess": (
            *study,
            *groups,
            "--residential",
            land,
            "--standard",
            standard,
            *(word for name in ALSO for word in ("--also", name)),
        ),
        "batch": (plan, "--workers", 1),
        "suggest": (*study, *groups, "--tier", "station", "--count", 1, "--goal", "least-walking"),
        "isochrones": (*study, "--facility", "西苑社区服务站", "--minutes", 6),
        "scenario": (*study, "--edits", opening(folder)),
        "compare": (lists, folder / "facilities.csv", "--datum", "wgs84"),
        "check": (lists, "--datum", "wgs84"),
    }.items():
        done = cli(verb, *asked, "--out", folder / verb)
        assert done.returncode == 0, (verb, done.stderr)
    collected(folder, study, ("--store", tmp_path_factory.mktemp("store") / "kept"))
    return folder


def collected(folder: Path, study: Sequence[object], store: Sequence[object]) -> None:
    """A city of the store: a list is sent and accepted, the city assessed, its history told, and what goes
    back to the office."""

    def run(*words: object) -> dict[str, Any]:
        done = cli(*words, *store, "--json")
        assert done.returncode == 0, (words[0], done.stderr)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    sent = folder / "in" / "0320.csv"
    head, first, *others = (folder / "in" / "list.csv").read_text("utf-8-sig").splitlines()
    lines = [
        f"设施编号,{head}",
        f"032010200101,{first}",
        *(f"{n:012d},{one}" for n, one in enumerate(others)),
    ]
    sent.write_text("\n".join([*lines, "0320102001,无处站,公共服务站,,,"]), "utf-8-sig")
    run("city", "add", "小城", *study, "--offices", "district")
    number = run("submit", sent, "--city", "小城", "--office", "东区", "--datum", "wgs84")["id"]
    run("preview", number)
    run("review", number, "--accept")
    run("assess", "--city", "小城", "--out", folder / "city")
    run("workbook", number, "--out", folder / "returned")
    run("template", "--city", "小城", "--office", "东区", "--out", folder / "returned" / "template.xlsx")
    (folder / "history").mkdir()
    told = run("history", "--city", "小城")
    (folder / "history" / "history.json").write_text(json.dumps(told, ensure_ascii=False), "utf-8")


def written(folder: Path, *endings: str) -> list[Path]:
    """Every file of a kind that a verb wrote, in whatever depth; not the office's own list, which is kept."""
    found = (path for ending in endings for path in folder.glob(f"*/**/*.{ending}"))
    return sorted(path for path in found if path.parent.name != "in" and path.name != "list.csv")


def tables(folder: Path) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Name, titles and rows of every CSV that a verb wrote."""
    for path in written(folder, "csv"):
        head, *rows = csv.reader(io.StringIO(path.read_text("utf-8-sig")))
        yield path.relative_to(folder).as_posix(), head, rows


def test_no_cell_holds_what_a_program_would_misread(results: Path) -> None:
    wrong = [
        (name, title, cell)
        for name, head, rows in tables(results)
        for row in rows
        for title, cell in zip(head, row, strict=True)
        if FORBIDDEN.fullmatch(cell)
    ]
    assert wrong == []
    assert len(list(tables(results))) > 60


def test_a_column_of_whole_numbers_has_no_decimals(results: Path) -> None:
    wrong = []
    for name, head, rows in tables(results):
        for title, *cells in zip(head, *rows, strict=True) if rows else ():
            filled = [cell for cell in cells if cell]
            if filled and all(WHOLE.fullmatch(cell) for cell in filled):
                wrong.append((name, title))
    assert wrong == []


def test_beside_every_table_stand_the_types_of_its_columns(results: Path) -> None:
    for name, head, rows in tables(results):
        (kinds,) = csv.reader(io.StringIO((results / name).with_suffix(".csvt").read_text()))
        assert len(kinds) == len(head), name
        for title, kind, *cells in zip(head, kinds, *rows, strict=True):
            filled = [cell for cell in cells if cell]
            assert kind in ("String", "Integer", "Real"), (name, title)
            assert kind == "String" or all(NUMBER.fullmatch(cell) for cell in filled), (name, title)
            assert kind != "Integer" or not any("." in cell for cell in filled), (name, title)
            assert kind == "String" or not title.endswith("_id"), (name, title)


def test_an_empty_cell_of_what_cannot_be_reached_says_so_and_comes_back(results: Path) -> None:
    path = results / "assess" / "travel_quantiles.csv"
    raw = pd.read_csv(path, encoding="utf-8-sig")
    lost = raw[raw[EMPTY_BECAUSE].fillna("").str.contains("p90: unreachable")]
    assert len(lost) and lost["p90"].isna().all()
    back = read_csv(path, ("tier", "by", "level", "unit_id", "name", "group", "unit"))
    assert EMPTY_BECAUSE not in back and (back.loc[lost.index, "p90"] == float("inf")).all()
    assert set(raw["unit"]) == {"m", "min"}


def test_a_program_joins_units_by_one_row_each(results: Path) -> None:
    folder = results / "assess"
    wide = pd.read_csv(folder / "units_wide.csv", encoding="utf-8-sig", dtype={"unit_id": str})
    columns = pd.read_csv(folder / "units_wide_columns.csv", encoding="utf-8-sig")
    assert wide["unit_id"].is_unique and len(wide) == 4
    assert all(PLAIN.fullmatch(name) and len(name) <= 10 for name in wide)
    assert set(columns["column"]) == set(wide.columns[5:]) and not columns["title"].isna().any()
    long = pd.read_csv(folder / "units.csv", encoding="utf-8-sig", dtype={"unit_id": str})
    for column, rule in columns.loc[
        columns["what"].str.startswith("share_of"), ["column", "rule"]
    ].to_numpy():
        shares = long[long["rule"] == rule].set_index("unit_id")["share"]
        assert wide.set_index("unit_id")[column].dropna().to_dict() == shares.dropna().to_dict()


def test_titles_of_columns_are_taken_without_quotes_and_do_not_collide(results: Path) -> None:
    titles = [(name, head) for name, head, _ in tables(results)]
    titles += [
        (path.relative_to(results).as_posix(), pq.read_schema(path).names)
        for path in written(results, "parquet")
    ]
    assert sum(name.endswith(".parquet") for name, _ in titles) >= 6
    assert [head for head in titles if not all(PLAIN.fullmatch(title) for title in head[1])] == []
    alike = [head for head in titles if len({title[:10] for title in head[1]}) < len(head[1])]
    assert alike == []


# What a database takes for a word of its own (DuckDB, PostgreSQL, SQLite), and what other programs read by
# these titles already.
WORDS_OF_SQL = re.compile(
    "all|analyse|analyze|and|any|array|as|asc|both|by|case|cast|check|collate|column|constraint|create|default|"
    "desc|distinct|do|else|end|except|false|fetch|for|foreign|from|grant|group|having|in|initially|into|is|join|"
    "lateral|leading|left|like|limit|natural|not|null|offset|on|only|or|order|outer|primary|references|"
    "returning|right|select|some|table|then|to|trailing|true|union|unique|user|using|when|where|window|with"
)
QUOTED = {"by", "check", "column", "group", "left", "not"}


def test_no_more_titles_are_words_of_sql_than_the_documentation_says(results: Path) -> None:
    titles = {title for _, head, _ in tables(results) for title in head}
    assert {title for title in titles if WORDS_OF_SQL.fullmatch(title)} == QUOTED
    said = (ROOT / "docs" / "programs.md").read_text("utf-8")
    assert ", ".join(f"`{word}`" for word in sorted(QUOTED)) in said


def test_columns_of_rules_in_cells_and_facilities_are_called_as_in_the_wide_table(results: Path) -> None:
    folder = results / "assess"
    columns = pd.read_csv(folder / "units_wide_columns.csv", encoding="utf-8-sig").set_index("rule")["column"]
    names = columns[~columns.str.startswith("v_")]
    assert f"m_{names['station-radius']}" in pq.read_schema(folder / "cells.parquet").names
    loads = pd.read_csv(folder / "facilities.csv", encoding="utf-8-sig")[f"l_{names['rural-station-load']}"]
    read = read_results(folder)
    assert read.facilities["load_rural-station-load"].dropna().tolist() == loads.dropna().tolist() != []
    assert read.cells["meets_station-radius"].sum() > 0


def test_names_of_layers_are_taken_without_quotes_and_do_not_collide(results: Path) -> None:
    done = cli("export", results / "assess", "--to", "gpkg")
    assert done.returncode == 0, done.stderr
    layers = [
        (path, name)
        for path in written(results, "geojson", "gpkg")
        for name in pyogrio.list_layers(path)[:, 0]
        if name != "layer_styles"  # QGIS' own table
    ]
    assert {"cells", "units", "facilities"} <= {name for _, name in layers}
    for path, name in layers:
        about = pyogrio.read_info(path, layer=name)
        titles = [str(title) for title in about["fields"]]
        assert all(PLAIN.fullmatch(title) for title in titles), (path.name, name, titles)
        assert len({title[:10] for title in titles}) == len(titles), (path.name, name, titles)


def test_a_layer_holds_one_kind_of_shape(results: Path) -> None:
    for path in sorted(results.glob("*/*.geojson")):
        kinds = {
            f["geometry"]["type"].removeprefix("Multi") for f in json.loads(path.read_bytes())["features"]
        }
        assert len(kinds) <= 1 or path.parent.name == "in", (path, kinds)
    lines = json.loads((results / "compare" / "compared_lines.geojson").read_bytes())["features"]
    assert [line["geometry"]["type"] for line in lines] == ["LineString"]


def test_every_json_says_its_format_and_scenarios_that_they_are_one(results: Path) -> None:
    for path in sorted(results.glob("*/*.json")):
        if path.parent.name != "in":
            assert json.loads(path.read_bytes())["format"] == 1, path
    for path in (results / "scenario").glob("*.*json"):
        if path.name != "provenance.json":
            assert json.loads(path.read_bytes()).get("scenario"), path


# Of a coordinate twelve: an accepted list gives the figures of the office's own (`coverage.model.figures`).
MOST_DECIMALS = {"lon": 12, "lat": 12, "map_lon": 12, "map_lat": 12, "median": 3, "p90": 3}


def test_no_figure_has_digits_that_nobody_measured(results: Path) -> None:
    wrong = []
    for name, head, rows in tables(results):
        for title, *cells in zip(head, *rows, strict=True) if rows else ():
            most = MOST_DECIMALS.get(title, 3 if title.endswith(("_m", "_m2", "_min")) else 9)
            wrong += [
                (name, title, cell)
                for cell in cells
                if NUMBER.fullmatch(cell) and len(cell.partition(".")[2]) > most
            ]
    assert wrong == []


def test_a_share_says_of_what_it_is_one(results: Path) -> None:
    said = {"units.csv": "share", "league.csv": "share", "changes.csv": "share_after"}
    seen: dict[str, set[str]] = {}
    for name, head, rows in tables(results):
        file = name.rpartition("/")[2]
        if file in said and "share_of" in head:
            for row in rows:
                one = dict(zip(head, row, strict=True))
                assert bool(one["share_of"]) == bool(one[said[file]]), (name, one)
                seen.setdefault(file, set()).add(one["share_of"])
    assert set(seen) == set(said) and all({"residents", "units", "facilities"} <= of for of in seen.values())
    columns = pd.read_csv(results / "batch" / "areas_columns.csv", encoding="utf-8-sig")
    assert "share" not in set(columns["what"])
    assert dict(zip(columns["column"], columns["what"], strict=True))["s_gr_fu_co"] == "share_of_units"


def test_what_is_said_of_a_whole_file_stands_in_no_row(results: Path) -> None:
    rows = pd.read_csv(results / "assess" / "findings.csv", encoding="utf-8-sig")["row"]
    assert rows.isna().any() and not (rows == 0).any()


def test_the_sheets_of_bands_say_what_a_band_is(results: Path) -> None:
    book = openpyxl.load_workbook(results / "assess" / "report.xlsx")
    for name in ("可信度", "结论存疑的单元"):
        said = "".join(str(row[0].value) for row in book[name].iter_rows(max_row=7))
        for words in ("5%至95%分位", "90%", "共抽样100次", "3～5公里/小时", "30米", "0.3", "落在区间之外"):
            assert words in said, (name, words)
    bands = pd.read_csv(results / "assess" / "bands.csv", encoding="utf-8-sig")
    assert (bands[["low", "high", "meets", "nearly", "not"]] <= 1).all(axis=None)
    assert bands[["position_m", "variation", "draws"]].drop_duplicates().to_numpy().tolist() == [
        [30, 0.3, 100]
    ]


def shown(cell: openpyxl.cell.Cell) -> str:
    """How a number is read in its cell, as far as its format says by decimals and percent."""
    plain = cell.number_format.replace("#,##", "")
    decimals = len(plain.partition(".")[2].rstrip("%"))
    percent = plain.endswith("%")
    return f"{cell.value * (100 if percent else 1):.{decimals}f}{'%' if percent else ''}"


def test_every_cell_of_every_workbook_has_the_format_of_its_kind(results: Path) -> None:
    form = "tdt-1063-2021"
    for verb, asked in (("assess", f"form:{form}"), ("compare", "xlsx")):
        book = results / "books" / f"{verb}.xlsx"
        assert cli("export", results / verb, "--to", asked, "--out", book).returncode == 0
    books = [path for path in written(results, "xlsx") if path.parent.name not in ("check", "returned")]
    assert len(books) >= 8
    kinds = {"@", "#,##0", "#,##0.0", "#,##0.00", "0.0", "0.00", "0", "0.000000", "yyyy-mm-dd"}
    for path in books:
        for sheet in openpyxl.load_workbook(path):
            where = f"{path.relative_to(results)} {sheet.title}"
            first = str(sheet["A1"].value)
            assert sheet.title in first or path.parent.name == "books", where
            said = "".join(str(cell.value) for row in sheet.iter_rows(max_row=9) for cell in row[:1])
            assert re.search(r"20\d\d", said), where
            if sheet.title in ("计算依据", "依据"):
                continue
            for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
                if isinstance(cell.value, str):
                    assert cell.number_format in ("@", "General"), (where, cell.coordinate)
                    assert not WHOLE.fullmatch(cell.value) and not FORBIDDEN.fullmatch(cell.value), where
                    continue
                kind = cell.number_format
                assert kind in kinds or re.fullmatch(r"0\.0+%?", kind), (where, cell.coordinate, kind)
                if kind.endswith("%"):
                    assert 0 <= cell.value <= 1, (where, cell.coordinate)
                    assert (float(shown(cell)[:-1]) == 100) == (cell.value == 1), (where, cell.coordinate)
                    assert (float(shown(cell)[:-1]) == 0) == (cell.value == 0), (where, cell.coordinate)


def test_no_cell_of_a_workbook_that_goes_back_reads_otherwise_than_it_was_sent(results: Path) -> None:
    books = [path for path in written(results, "xlsx") if path.parent.name in ("check", "returned")]
    assert len(books) == 3
    for path in books:
        for sheet in openpyxl.load_workbook(path):
            for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
                where = (path.name, sheet.title, cell.coordinate)
                if isinstance(cell.value, str):
                    assert not FORBIDDEN.fullmatch(cell.value) and "E+" not in cell.value, where
                else:
                    assert abs(cell.value) < 1e11 or cell.number_format == "0", where
    front, listed = openpyxl.load_workbook(next((results / "returned").glob("0320*.xlsx"))).worksheets
    said = "".join(str(row[0].value) for row in front.iter_rows())
    assert "0320.csv" in said and "SHA-256" in said
    title = {cell.value: cell.column for cell in listed[1]}
    assert (title["设施编号"], listed["A2"].value) == (1, "032010200101")
    assert is_facility_id(listed.cell(2, title["服务圈编号"]).value)


@pytest.mark.slow
def test_qgis_opens_every_table_and_layer(results: Path) -> None:
    python = Path("/usr/bin/python3")
    known = python.exists() and subprocess.run(
        [python, "-c", "import qgis.core"], capture_output=True, check=False
    )
    if not known or known.returncode:
        pytest.skip("no QGIS with its Python on this machine")
    assert cli("export", results / "assess", "--to", "gpkg").returncode == 0
    verbs = [path for path in sorted(results.iterdir()) if path.is_dir() and path.name != "in"]
    done = subprocess.run(
        [python, ROOT / "tests" / "in_qgis.py", *verbs], capture_output=True, check=True, timeout=280
    )
    found = json.loads(done.stdout.splitlines()[-1])["layers"]
    files = {
        f"{p.parent.name}/{p.name}"
        for v in verbs
        for p in v.iterdir()
        if p.suffix in (".csv", ".geojson", ".gpkg")
    }
    assert {layer["file"] for layer in found} == files
    assert [layer for layer in found if not layer["valid"] or layer["broken"]] == []
    assert all(layer["system"] == "EPSG:4326" for layer in found if layer["shapes"])
    styled = {layer["layer"] for layer in found if layer["file"] == "assess/city.gpkg" and layer["styled"]}
    assert {"facilities", "gaps", "units", "cells"} <= styled
    codes = [
        kind
        for layer in found
        for title, kind in layer["types"].items()
        if title in ("unit_id", "facility_id")
    ]
    assert len(codes) > 40 and set(codes) == {"String"}


def test_counts_in_json_are_whole_numbers(results: Path) -> None:
    def floats(value: object, key: str = "") -> Iterator[str]:
        if isinstance(value, dict):
            for name, one in value.items():
                yield from floats(one, name)
        elif isinstance(value, list):
            for one in value:
                yield from floats(one, key)
        elif isinstance(value, float):
            yield key

    # Not `within`: of a plan that is a share, how near the best plan must be.
    counts = {"units", "units_met", "facilities", "under", "over", "cells", "count", "rows", "rank", "part"}
    for path in (*results.glob("*/*.json"), *results.glob("*/*.geojson")):
        if path.parent.name != "in":
            assert not counts & set(floats(json.loads(path.read_bytes()))), path


@pytest.mark.parametrize(
    "name", ["lon", "all", "station_m", "residents", "load_x", "station_walk_m", "community"]
)
def test_a_group_is_not_called_as_a_column_of_ours(name: str, tmp_path: Path) -> None:
    study = study_options(tmp_path / "in")
    done = cli(
        "assess", *study, "--group", f"{name}={tmp_path / 'in' / 'people.csv'}", "--out", tmp_path / "o"
    )
    assert done.returncode == 2 and name in done.stderr
    assert not (tmp_path / "o").exists()


def test_an_id_of_digits_keeps_its_zeros(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    codes = ["0320102001", "320102002"]
    write_csv(path, pd.DataFrame({"unit_id": codes, "n": [1.0, None], "met": [True, False]}))
    assert path.with_suffix(".csvt").read_text() == '"String","Integer","Integer"\n'
    read = pyogrio.read_dataframe(path)
    assert read["unit_id"].tolist() == codes


@pytest.mark.parametrize(
    "words", [["a" * 30, "a" * 31, "a" * 32], ["Select", "规则一", "规则二", "2-min", "level"]]
)
def test_plain_names_are_taken_by_every_program(words: list[str]) -> None:
    names = plain_names(words, taken=("level",))
    assert len(set(names)) == len(words) and not {"level", "select"} & set(names)
    assert all(PLAIN.fullmatch(name) and len(name) <= 10 for name in names)
