"""Scenarios as text and by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import InputError, SettingError
from coverage.model.edits import (
    AddBarrier,
    AddStreet,
    Close,
    Grow,
    Move,
    Open,
    Scenario,
    SetFigure,
    SetSpeed,
    UseStandard,
)
from data.parse_standard import parse_standard
from data.scenarios import open_scenario, save_scenario, scenario_from_json, scenario_names, scenario_to_json

EVERYTHING = Scenario(
    "江北方案",
    "EPSG:4549",
    (
        Open("n1", "新站", "station", 385_000.1, 3_550_000.0 + 1 / 3, 40.0),
        Open("n2", "新中心", "centre", 1.0, 2.0),
        Close("f3"),
        Move("f4", 0.1 + 0.2, -1e-9),
        AddStreet(((0.0, 0.0), (10.5, 3.25), (20.0, 7.0))),
        AddBarrier(((5.0, -1.0), (5.0, 1.0))),
        SetFigure("r", 600.0),
        SetFigure("load", band=(800.0, 4000.0)),
        SetSpeed(4.8),
        UseStandard(parse_standard('id = "own"\nstatus = "template"\n', source="own")),
        Grow("W", 1.15),
    ),
)


def test_every_edit_comes_back_exactly() -> None:
    assert scenario_from_json(scenario_to_json(EVERYTHING)) == EVERYTHING


def test_a_scenario_is_kept_by_its_name(tmp_path: Path) -> None:
    save_scenario(tmp_path / "kept", EVERYTHING)
    assert scenario_names(tmp_path / "kept") == ("江北方案",)
    assert open_scenario(tmp_path / "kept", "江北方案") == EVERYTHING


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a\\b", ".", "x ", "a\0b", "n" * 81])
def test_a_name_that_is_a_path_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingError, match="cannot be the name"):
        save_scenario(tmp_path, Scenario(name, "EPSG:4549"))


def test_a_name_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="no scenario"):
        open_scenario(tmp_path, "nothing")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 2}', "null"])
def test_what_is_no_scenario_is_refused(content: str) -> None:
    with pytest.raises(InputError, match="not a stored scenario"):
        scenario_from_json(content)


@pytest.mark.parametrize(
    "edit",
    [
        5,
        {"do": "explode"},
        {"do": "close"},
        {"do": "close", "facility_id": 3},
        {"do": "move", "facility_id": "a", "x": "1", "y": 2},
        {"do": "street", "line": [[0, 0], [1]]},
        {"do": "street", "line": None, "extra": 1},
        {"do": "speed", "speed_kmh": True},
    ],
)
def test_the_edit_that_cannot_be_understood_is_named(edit: object) -> None:
    content = json.dumps(
        {"format": 1, "name": "x", "crs": "", "edits": [{"do": "close", "facility_id": "a"}, edit]}
    )
    with pytest.raises(InputError, match=r"change 2 cannot be understood; (its “do” is one of|with “do”)"):
        scenario_from_json(content, source="x.json")


def test_a_standard_in_a_scenario_is_checked_where_the_file_is_read() -> None:
    edits = [{"do": "standard", "toml": 'id = "own"\nfigur = 3\n'}]
    content = json.dumps({"format": 1, "name": "", "crs": "", "edits": edits})
    with pytest.raises(InputError, match=r"plan\.json, line 2, key “figur”"):
        scenario_from_json(content, source="plan.json")


def test_whole_numbers_are_numbers() -> None:
    rows = (
        '[{"do": "figure", "rule_id": "r", "figure": 800}, {"do": "figure", "rule_id": "l", "band": [1, 2]}]'
    )
    first, then = scenario_from_json(f'{{"format": 1, "name": "x", "crs": "", "edits": {rows}}}').edits
    assert isinstance(first.figure, float) and all(isinstance(one, float) for one in then.band)
