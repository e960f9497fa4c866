"""Exit 1 is for our faults alone, and our faults end in it: whatever is raised where a file is read."""

from __future__ import annotations

import ast
import json
import sqlite3
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyproj
import pytest
import rasterio
import shapely
from typer.testing import CliRunner

import cli
from data import defects
from data.defects import RecordedDefectError
from data.guard import Budget, ReaderError, in_child
from data.whose_fault import is_the_files
from tests.data import guard_readers

_SMALL = zipfile.ZipFile(BytesIO(), "w")
OF_THE_FILE: dict[str, Callable[[], Any]] = {
    "text in no encoding": lambda: b"\xff\xfe\x00".decode("utf-8"),
    "json": lambda: json.loads("{"),
    "zip": lambda: zipfile.ZipFile(BytesIO(b"PK\3\4")),
    "member of a zip": lambda: _SMALL.read("none"),
    "deflate": lambda: zlib.decompress(b"none"),
    "struct": lambda: struct.unpack("<I", b""),
    "xml": lambda: ElementTree.fromstring("<a>"),  # noqa: S314 - our own text
    "literal": lambda: ast.literal_eval("a b"),
    "sqlite": lambda: sqlite3.connect(":memory:").execute("SELECT * FROM none"),
    "csv": lambda: pd.read_csv(StringIO("")),
    "workbook": lambda: openpyxl.load_workbook(BytesIO(b"none")),
    "parquet": lambda: pq.read_table(pa.BufferReader(b"none")),
    "arrow": lambda: pa.array([1]).cast(pa.date32()),
    "layer": lambda: pyogrio.read_dataframe(b"none"),
    "raster": lambda: rasterio.MemoryFile(b"none").open(),
    "shape": lambda: shapely.from_wkb(b"none"),
    "system": lambda: pyproj.CRS.from_wkt("none"),
}  # fmt: skip
OURS: dict[str, Callable[[], Any]] = {
    "a name": lambda: none,  # type: ignore[name-defined]  # noqa: F821
    "an attribute": lambda: (1).none,  # type: ignore[attr-defined]
    "an argument": lambda: len(),  # type: ignore[call-arg]
    "an argument of a parser": lambda: pyogrio.read_dataframe(),
    "a key": lambda: {}["none"],
    "a column": lambda: pd.DataFrame({"a": [1]})["none"],
    "a division": lambda: 1 // 0,
    "a number": lambda: int("none"),
    "shapes of arrays": lambda: np.add(np.ones(2), np.ones(3)),
    "a join": lambda: pd.DataFrame({"a": [1]}).merge(pd.DataFrame({"b": [1]}), on="a"),
    "an import": lambda: __import__("none"),
    "an end of ours": lambda: next(iter([])),
}  # fmt: skip


def _raised(fails: Callable[[], Any]) -> BaseException:
    with pytest.raises(Exception) as raised:
        fails()

    return raised.value


@pytest.mark.parametrize("name", OF_THE_FILE)
def test_what_a_parser_makes_of_bytes_is_the_files_fault(name: str) -> None:
    assert is_the_files(_raised(OF_THE_FILE[name]))


@pytest.mark.parametrize("name", OURS)
def test_what_our_own_code_does_is_ours(name: str) -> None:
    assert not is_the_files(_raised(OURS[name]))


def test_a_defect_in_a_child_is_a_defect_and_a_broken_file_a_sentence() -> None:
    with pytest.raises(RecordedDefectError) as defect:
        in_child(guard_readers.is_surprised, (), budget=Budget.of(0))
    assert defect.value.kind == "KeyError"
    assert defect.value.defect.path is not None
    assert defects.record_defect(defect.value, doing="check") == defect.value.defect
    with pytest.raises(ReaderError, match=r"report [0-9A-F]{6}"):
        in_child(guard_readers.meets_broken_bytes, (), budget=Budget.of(0))


def test_the_command_line_says_a_childs_defect_with_its_number_and_exit_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list.csv").write_text("name,lon,lat\nA,118.8,32.1\n", "utf-8")
    monkeypatch.setattr(defects, "FOLDER", tmp_path / "defects")
    monkeypatch.setattr("data.formats.sheets.read.read_one", guard_readers.is_surprised_by)
    monkeypatch.setattr(sys, "argv", ["cli.py", "check"])
    done = CliRunner().invoke(
        cli.app, ["check", str(tmp_path / "list.csv"), "--out", str(tmp_path / "out"), "--lang", "en"]
    )
    written = list((tmp_path / "defects").glob("*.txt"))
    assert done.exit_code == 1
    assert len(written) == 1
    said = done.stderr.replace("\n", " ")
    assert "defect of the program" in said and written[0].stem[-6:] in said and "KeyError" in said
    assert "is_surprised_by" in written[0].read_text("utf-8")
