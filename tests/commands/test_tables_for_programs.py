"""Every table and layer of every verb as other programs read it: by what stands in the files alone."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyogrio
import pytest

from coverage.publish.wide import plain_names
from data.files import EMPTY_BECAUSE, read_csv, write_csv
from data.source import LIST_COLUMNS
from tests.command_line import cli
from tests.commands.test_measuring_verbs import opening
from tests.small_city import degrees
from tests.test_cli import study_options

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
    for verb, asked in {
        "assess": (*study, *(word for name in ALSO for word in ("--also", name))),
        "suggest": (*study, "--tier", "station", "--count", 1),
        "isochrones": (*study, "--facility", "西苑社区服务站", "--minutes", 6),
        "scenario": (*study, "--edits", opening(folder)),
        "compare": (lists, folder / "facilities.csv", "--datum", "wgs84"),
        "check": (lists, "--datum", "wgs84"),
    }.items():
        done = cli(verb, *asked, "--out", folder / verb)
        assert done.returncode == 0, (verb, done.stderr)
    return folder


def tables(folder: Path) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Name, titles and rows of every CSV that a verb wrote."""
    found = sorted(path for path in folder.glob("*/*.csv") if path.parent.name != "in")
    for path in found:
        if path.name == "list.csv":  # the office's own, kept as it came
            continue
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


def test_names_of_layers_are_taken_without_quotes_and_do_not_collide(results: Path) -> None:
    layers = [
        (path, name)
        for path in sorted((*results.glob("*/*.geojson"), *results.glob("*/*.gpkg")))
        if path.parent.name != "in"
        for name in pyogrio.list_layers(path)[:, 0]
    ]
    assert len(layers) > 10
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
