"""The command line as its users and their scripts see it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command_line import cli, cli_process
from tests.small_city import write_small_city


def study_options(folder: Path) -> list[object]:
    files = write_small_city(folder)
    named = {
        "--facilities": files.facilities[0],
        "--population": files.population,
        "--network": files.network,
    }
    return [word for pair in (named | {"--units": files.units, "--datum": "wgs84"}).items() for word in pair]


def test_assess_prints_json_only_to_stdout(tmp_path: Path) -> None:
    """In a process of its own: what a library prints past Python's `sys.stdout` would be seen."""
    done = cli_process("assess", *study_options(tmp_path / "in"), "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["area"]["residents"] == 2100.0


def test_assess_prints_the_verdicts_in_the_wanted_language(tmp_path: Path) -> None:
    options = study_options(tmp_path / "in")
    chinese = cli("assess", *options, "--out", tmp_path / "out")
    english = cli("assess", *options, "--out", tmp_path / "out", "--lang", "en")
    assert "达标" in chinese.stdout
    assert "meets" in english.stdout


def test_suggest_prints_a_plan(tmp_path: Path) -> None:
    options = study_options(tmp_path / "in")
    done = cli(
        "suggest",
        *options,
        "--tier",
        "station",
        "--by",
        "walk",
        "--count",
        1,
        "--out",
        tmp_path / "o",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert set(plan) >= {"goal", "by", "tier", "count", "existing", "residents_before", "residents_after"}
    assert set(plan) >= {"objective", "bound", "gap", "proven", "seconds", "sites", "curve"}


def test_check_and_export_work(tmp_path: Path) -> None:
    files = write_small_city(tmp_path / "in")
    checked = cli("check", files.facilities[0], "--out", tmp_path / "check", "--datum", "wgs84", "--json")
    report = json.loads(checked.stdout)
    assert report["rows"] == report["accepted"] + report["refused"] + report["set_aside"] == 3
    cli("assess", *study_options(tmp_path / "in"), "--out", tmp_path / "out")
    exported = cli("export", tmp_path / "out", "--to", "html", "--lang", "en")
    assert exported.returncode == 0
    assert Path(exported.stdout.strip()).read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("missing", ["--facilities", "--population", "--network", "--units"])
def test_a_missing_file_is_named_without_a_traceback(tmp_path: Path, missing: str) -> None:
    options = study_options(tmp_path / "in")
    options[options.index(missing) + 1] = tmp_path / "nowhere.csv"
    done = cli("assess", *options, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "nowhere.csv" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_wrong_standard_is_refused_with_line_and_key(tmp_path: Path) -> None:
    wrong = tmp_path / "mine.toml"
    wrong.write_text('id = "m"\n[[rule]]\nid = "a"\ncheck = "radius"\ntier = "t"\nfigure_m = "500"\n')
    done = cli(
        "assess",
        *study_options(tmp_path / "in"),
        "--standard",
        wrong,
        "--out",
        tmp_path / "out",
        "--lang",
        "en",
    )
    assert done.returncode == 2
    assert "mine.toml, line 6, key “figure_m”" in done.stderr.replace("\n", " ")
