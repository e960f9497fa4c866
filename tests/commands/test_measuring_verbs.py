"""`isochrones`, `scenario` and `assess --also` as their users and their scripts see them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.small_city import degrees
from tests.test_cli import cli, study_options


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


def test_a_scenario_is_kept_by_name_and_compared_with_now(tmp_path: Path) -> None:
    options, store = study_options(tmp_path / "in"), tmp_path / "store"
    lon, lat = degrees(1100)
    edit = {"do": "open", "facility_id": "n", "name": "新站", "tier": "station", "x": lon, "y": lat}
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"format": 1, "name": "", "crs": "EPSG:4326", "edits": [edit]}), "utf-8")
    first = cli(
        "scenario", *options, "--edits", plan, "--keep", "甲", "--store", store, "--out", tmp_path / "a"
    )
    assert first.returncode == 0, first.stderr
    assert "now → plan" in first.stdout
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
