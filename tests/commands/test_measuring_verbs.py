"""`isochrones`, `scenario` and `assess --also` as their users and their scripts see them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command_line import cli
from tests.small_city import degrees
from tests.test_cli import study_options


def test_isochrones_prints_json_and_writes_shapes(tmp_path: Path) -> None:
    options = study_options(tmp_path / "in")
    done = cli(
        "isochrones", *options, "--facility", "东庄村服务站", "--minutes", 6, "--as", "each",
        "--out", tmp_path / "out", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (area,) = json.loads(done.stdout)["areas"]
    assert (area["minutes"], area["residents"]) == (6.0, 900.0)
    assert (tmp_path / "out" / "reach.gpkg").exists()


def census(folder: Path) -> Path:
    """1,000 residents in the western unit, 550 in the eastern one: 50 in each of its eleven cells."""
    table = folder / "census.csv"
    table.write_text("code,residents\nW,1000\nE,550\n", "utf-8")
    return table


def test_isochrones_take_further_files_of_the_study(tmp_path: Path) -> None:
    """Within 500 m of the station at 1,700 m are the cells of the east from 1,200 m to the end at 2,000 m."""
    done = cli(
        "isochrones", *study_options(tmp_path / "in"), "--totals", census(tmp_path),
        "--facility", "东庄村服务站", "--minutes", 6, "--as", "each", "--out", tmp_path / "out", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (area,) = json.loads(done.stdout)["areas"]
    assert area["residents"] == pytest.approx(9 * 50.0)


def test_a_scenario_takes_further_files_of_the_study(tmp_path: Path) -> None:
    done = cli(
        "scenario", *study_options(tmp_path / "in"), "--totals", census(tmp_path),
        "--edits", opening(tmp_path), "--out", tmp_path / "out", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    area = json.loads((tmp_path / "out" / "assessment.json").read_text("utf-8"))["area"]
    assert area["residents"] == pytest.approx(1550.0)


def opening(folder: Path) -> Path:
    """A file of edits: a new station at 1,100 m."""
    lon, lat = degrees(1100)
    edit = {"do": "open", "facility_id": "n", "name": "新站", "tier": "station", "x": lon, "y": lat}
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"format": 1, "name": "", "crs": "EPSG:4326", "edits": [edit]}), "utf-8")
    return plan


def test_a_scenario_is_kept_by_name_and_compared_with_now(tmp_path: Path) -> None:
    options, store = study_options(tmp_path / "in"), tmp_path / "store"
    first = cli(
        "scenario",
        *options,
        "--edits",
        opening(tmp_path),
        "--keep",
        "甲",
        "--store",
        store,
        "--out",
        tmp_path / "a",
    )
    assert first.returncode == 0, first.stderr
    assert "城市现状 → plan" in first.stdout
    second = cli(
        "scenario", *options, "--compare", "甲", "now", "--store", store, "--out", tmp_path / "b", "--json"
    )
    assert second.returncode == 0, second.stderr
    assert json.loads(second.stdout)["before"] == "甲"


def test_a_scenario_without_changes_is_refused_in_plain_words(tmp_path: Path) -> None:
    refused = cli("scenario", *study_options(tmp_path / "in"), "--out", tmp_path / "out", "--lang", "en")
    assert refused.returncode == 2
    assert "--edits" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "out").exists()


def test_assess_makes_what_is_asked_for_in_addition(tmp_path: Path) -> None:
    done = cli(
        "assess", *study_options(tmp_path / "in"), "--out", tmp_path / "out", "--also", "bands",
        "--also", "supply", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {"bands.csv", "supply.csv"} <= {path.name for path in (tmp_path / "out").iterdir()}
