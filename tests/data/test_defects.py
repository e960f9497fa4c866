"""A defect leaves a number and a file, and the file tells nothing of the user's data."""

from __future__ import annotations

from pathlib import Path

import pytest

import data.defects
from data.defects import record_defect


def a_defect(about: str) -> Exception:
    try:
        try:
            float(about)
        except ValueError as inner:
            raise KeyError(about) from inner
    except KeyError as outer:
        return outer


def test_the_file_names_where_and_what_kind_for_the_whole_chain(tmp_path: Path) -> None:
    defect = record_defect(a_defect("12,5"), doing="assess", folder=tmp_path)
    assert defect.path is not None
    said = defect.path.read_text("utf-8")
    assert defect.number in defect.path.name
    assert f"Defect {defect.number}" in said
    assert "while: assess" in said
    assert "builtins.KeyError" in said
    assert "builtins.ValueError" in said
    assert "tests/data/test_defects.py" in said
    assert "in a_defect: " in said


def test_the_file_holds_nothing_that_a_cell_said(tmp_path: Path) -> None:
    defect = record_defect(a_defect("张三 13912345678"), doing="assess", folder=tmp_path)
    assert defect.path is not None
    said = defect.path.read_text("utf-8")
    assert "张三" not in said
    assert "13912345678" not in said
    assert str(Path.home()) not in said


def test_names_of_our_own_code_are_kept(tmp_path: Path) -> None:
    defect = record_defect(
        AttributeError("'Grid' object has no attribute 'rows'"), doing="x", folder=tmp_path
    )
    assert defect.path is not None
    assert "no attribute 'rows'" in defect.path.read_text("utf-8")


def test_a_folder_that_cannot_be_written_gives_way_to_the_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    defect = record_defect(ValueError("x"), doing="x", folder=tmp_path / "a file" / "defects")
    assert defect.path is not None
    assert defect.path.parent.parent == tmp_path


def test_where_nothing_can_be_written_the_number_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(blocked))
    defect = record_defect(ValueError("x"), doing="x", folder=blocked / "defects")
    assert defect.path is None
    assert len(defect.number) == 6


def test_old_files_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data.defects, "_MOST_FILES", 3)
    for _ in range(5):
        record_defect(ValueError("x"), doing="x", folder=tmp_path)
    assert len(list(tmp_path.glob("*.txt"))) == 3
