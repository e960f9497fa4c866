"""Households that the units file states are laid on the residents of each unit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from jobs.study.inputs import Inputs, open_inputs
from tests.small_city import write_small_city


def opened(folder: Path, homes: dict[str, object], title: str = "户数") -> Inputs:
    """The small city; `homes` by unit: W has 1,000 residents in 10 cells, E 1,100 in 11."""
    files = write_small_city(folder)
    layer = json.loads((folder / "units.geojson").read_text("utf-8"))
    for feature in layer["features"]:
        feature["properties"][title] = homes.get(feature["properties"]["unit_id"])
    (folder / "units.geojson").write_text(json.dumps(layer), "utf-8")
    return open_inputs(files)


def codes(inputs: Inputs) -> list[str]:
    return [found.code for found in inputs.findings if found.code == "unit-households"]


@pytest.mark.parametrize("title", ["户数", "总户数", "households"])
def test_each_unit_keeps_its_own_households(tmp_path: Path, title: str) -> None:
    inputs = opened(tmp_path, {"W": 400, "E": 550}, title)
    homes = inputs.study.grid.groups["households"]
    in_west = inputs.study.cells_in.rows["community"] == 2
    assert homes[in_west].sum() == pytest.approx(400.0)
    assert homes.sum() == pytest.approx(950.0)
    assert np.unique(homes[in_west].round(9)).tolist() == [40.0]
    assert codes(inputs) == ["unit-households"]


def test_a_unit_that_states_none_is_estimated_and_said_so(tmp_path: Path) -> None:
    inputs = opened(tmp_path, {"W": 400})
    assert inputs.study.grid.groups["households"].sum() == pytest.approx(400.0 + 1_100.0 / 2.5)
    assert len(codes(inputs)) == 2


def test_only_a_level_above_may_state_them(tmp_path: Path) -> None:
    inputs = opened(tmp_path, {"D": 700})
    assert inputs.study.grid.groups["households"].sum() == pytest.approx(700.0)


def test_without_the_column_there_are_none(tmp_path: Path) -> None:
    assert "households" not in opened(tmp_path, {}).study.grid.groups
