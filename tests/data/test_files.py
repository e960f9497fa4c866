"""Writing files."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from data.files import read_csv, write_bytes, write_csv, write_json
from data.formats.limits import Limits
from data.formats.sheets.delimited import read_delimited
from data.formats.tables import read_text_table


def test_a_file_is_replaced_at_once_and_no_scratch_file_stays(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "a.bin"
    write_bytes(target, b"old")
    write_bytes(target, b"new")
    assert target.read_bytes() == b"new"
    assert [path.name for path in target.parent.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("text", ["=1+1", "+86 25", "-Posto Norte", "@SUM(A1)", "\tx", "-1+1"])
def test_texts_that_excel_would_run_are_marked_and_come_back_as_they_were(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    write_csv(path, pd.DataFrame({"name": [text], "n": [-1.5]}))
    assert f"'{text}" in path.read_text("utf-8-sig")
    back = read_csv(path, ("name",))
    assert (back["name"][0], back["n"][0]) == (text, -1.5)


@pytest.mark.parametrize("number", ["-1", "-46.633", "+8", "-1e-5", "-.5"])
def test_a_number_is_never_marked_also_where_it_stands_as_a_text(tmp_path: Path, number: str) -> None:
    write_csv(tmp_path / "a.csv", pd.DataFrame({"lon": [number]}))
    assert (tmp_path / "a.csv").read_text("utf-8-sig") == f"lon\n{number}\n"


@pytest.mark.parametrize("name", ["-Posto Norte", "=1+1", "@Home", "'t Hof", "+86 25"])
def test_every_reader_of_text_tables_gives_the_same_names(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.csv"
    write_csv(path, pd.DataFrame({"name": [name], "lon": [-46.6], "lat": [-23.5], "residents": [5]}))
    assert read_delimited(path.read_bytes(), Limits()).rows[1][0] == name
    assert read_text_table(path, "a.csv")["name"][0] == name


def test_excel_sees_utf8_and_ids_keep_their_zeros(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_csv(path, pd.DataFrame({"unit_id": ["001"], "name": ["玄武区"]}))
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert read_csv(path, ("unit_id", "name"))["unit_id"][0] == "001"


def test_json_refuses_what_json_cannot_say(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"x": float("inf")})
    write_json(tmp_path / "b.json", {"名": 1})
    assert json.loads((tmp_path / "b.json").read_text("utf-8")) == {"名": 1}
