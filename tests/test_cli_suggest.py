"""`suggest` with conditions, as a user and a script see it."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd

from tests.command_line import cli
from tests.jobs.planned_city import RULES, at, land
from tests.test_cli import study_options


def options(folder: Path) -> list[object]:
    """The small city by the rules of the planned city."""
    (folder / "t.toml").write_text(RULES, "utf-8")
    return [
        *study_options(folder / "in"),
        "--standard",
        folder / "t.toml",
        "--tier",
        "station",
        "--by",
        "walk",
    ]


def test_a_plan_with_everything_is_told_in_every_product(tmp_path: Path) -> None:
    out = tmp_path / "out"
    places = land(tmp_path, "北苑空地 1100 100 300 800\n旧粮站 100 50 200 500\n东郊仓库 2000 30 100 300")
    wanted = ["--candidates", places, "--budget", 150, "--elderly-weight", 2, "--spacing", 300]
    done = cli(
        "suggest", *options(tmp_path), *wanted, "--alternatives", 1, "--within", 0.5, "--out", out, "--json"
    )
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan == json.loads((out / "plan.json").read_text("utf-8")) | {"seconds": plan["seconds"]}
    assert {site["name"] for site in plan["sites"]} == {"北苑空地", "旧粮站"}
    for language, said in (("zh", "建设费用共150万元，预算150万元"), ("en", "The sites cost 150万元")):
        briefing = (out / f"briefing-{language}.md").read_text("utf-8")
        assert said in briefing
        assert "北苑空地" in briefing
    other = plan["alternatives"][0]
    (new,) = [site for site in other["sites"] if not site["in_best"]]
    kept = {site["name"] for site in other["sites"]}
    (left_out,) = [str(site["rank"]) for site in plan["sites"] if site["name"] not in kept]
    briefing = (out / "briefing-en.md").read_text("utf-8")
    assert f"({new['lon']:.6f}, {new['lat']:.6f})\n   Not built: no. {left_out} of the plan." in briefing
    features = json.loads((out / "sites.geojson").read_text("utf-8"))["features"]
    assert features[0]["properties"]["alone"] == 500.0
    assert features[0]["properties"]["elderly_gained"] == 100.0
    assert openpyxl.load_workbook(out / "report.xlsx").sheetnames[4:7] == [
        "选址建议",
        "建多少处合适",
        "其他方案",
    ]
    cells = pd.read_parquet(out / "cells.parquet")
    assert cells.loc[cells["new_site"] > 0, "residents"].sum() == 800.0
    page = (out / "map.html").read_text("utf-8")
    assert "建议选址新增覆盖的范围" in page
    assert "其他相近方案" in page


def test_what_cannot_be_is_said_with_exit_2_and_nothing_is_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    conditions = tmp_path / "c.toml"
    conditions.write_text('[[quota]]\nunit = "community"\nleast = 3\n', "utf-8")
    done = cli("suggest", *options(tmp_path), "--count", 2, "--conditions", conditions, "--out", out)
    assert done.returncode == 2
    assert "没有方案能同时满足全部条件" in done.stderr
    assert "相差" in done.stderr
    assert not out.exists()


def test_a_wrong_condition_is_refused_with_its_line(tmp_path: Path) -> None:
    conditions = tmp_path / "c.toml"
    conditions.write_text("[money]\nbuget = 5\n", "utf-8")
    done = cli(
        "suggest", *options(tmp_path), "--conditions", conditions, "--lang", "en", "--out", tmp_path / "out"
    )
    assert done.returncode == 2
    assert "c.toml, line 2, key “buget”" in done.stderr.replace("\n", " ")


def test_places_are_required_and_forbidden_by_name_and_coordinate(tmp_path: Path) -> None:
    wanted = ["--require", at(100), "--forbid", at(1100), "--count", 2, "--close", 0, "--json"]
    done = cli("suggest", *options(tmp_path), *wanted, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert sum(site["required"] for site in plan["sites"]) == 1
    assert plan["asked"]["conditions"]["forbidden"] == [at(1100)]


def test_the_words_of_a_plan_are_said_in_both_languages(tmp_path: Path) -> None:
    chinese = cli("suggest", *options(tmp_path), "--count", 1, "--out", tmp_path / "zh")
    english = cli("suggest", *options(tmp_path), "--count", 1, "--out", tmp_path / "en", "--lang", "en")
    assert "已证明最优：任何1处选址都不能覆盖更多居民" in chinese.stdout
    assert "Proved best: no other choice of 1 serves more." in english.stdout
