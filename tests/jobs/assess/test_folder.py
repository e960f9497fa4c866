"""From files to the assessment folder."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from core.errors import InputError, SettingError
from data.results import read_results
from data.standards import open_standard
from jobs.assess.export import ExportRequest, export
from jobs.assess.folder import assess_files
from jobs.siting.suggest import SitingRequest, suggest_files
from tests.small_city import degrees, write_small_city

FILES = {
    "assessment.json", "units.csv", "cells.parquet", "facilities.csv", "gaps.geojson", "map.html",
    "report.xlsx", "provenance.json",
}  # fmt: skip


def test_the_folder_holds_what_the_contract_names(tmp_path: Path) -> None:
    assess_files(write_small_city(tmp_path / "in"), out=tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} >= FILES
    document = json.loads((tmp_path / "out" / "assessment.json").read_text("utf-8"))
    assert document["format"] == 1
    assert (
        document["area"] | {"name": "小城", "residents": 2100.0, "cells": 21, "crs": "EPSG:4549"}
        == document["area"]
    )
    rules = {rule["id"]: rule for rule in document["rules"]}
    assert len(rules) == 12
    radius = rules["station-radius"]
    assert (radius["figure"], radius["unit"], radius["settlement"]) == (500, "m", "urban")
    assert (radius["residents"], radius["residents_met"], radius["verdict"]) == (1000.0, 1000.0, "meets")
    load = rules["rural-station-load"]
    assert (load["facilities"], load["within"], load["under"], load["over"]) == (1, 1, 0, 0)
    assert (rules["community-has-station"]["units"], rules["community-has-station"]["units_met"]) == (2, 2)
    assert rules["elderly-beds"]["actual"] == pytest.approx(30 / 0.42)
    assert document["gaps"] == []


def test_a_folder_without_a_plan_has_a_briefing_in_both_languages(tmp_path: Path) -> None:
    assess_files(write_small_city(tmp_path / "in"), out=tmp_path / "out")
    zh, en = ((tmp_path / "out" / f"briefing-{name}.md").read_text("utf-8") for name in ("zh", "en"))
    assert zh.startswith("# 小城公共服务未覆盖居民情况")
    assert "| 公共服务站直线半径500米以内（城镇居民） | ≤500米 |" in zh
    assert en.startswith("# 小城: who is not served")
    assert "## Rule by rule" in en and "## Largest gaps" not in en  # nobody is in a gap


def test_cells_say_their_metres_per_tier(tmp_path: Path) -> None:
    assess_files(write_small_city(tmp_path / "in"), out=tmp_path / "out")
    cells = pd.read_parquet(tmp_path / "out" / "cells.parquet")
    wanted = ["cell_id", "lon", "lat", "residents", "elderly", "centre_m", "station_m"]
    assert list(cells.columns[:7]) == wanted
    assert cells["centre_walk_m"].tolist() == pytest.approx(
        [abs(x - 500) for x in range(0, 2001, 100)], abs=0.01
    )
    assert cells["station_m"].iloc[-1] == pytest.approx(300, abs=0.01)


def test_the_same_inputs_give_byte_equal_tables(tmp_path: Path) -> None:
    files = write_small_city(tmp_path / "in")
    for name in ("one", "two"):
        assess_files(files, out=tmp_path / name)
    for name in (
        "assessment.json",
        "units.csv",
        "cells.parquet",
        "facilities.csv",
        "gaps.geojson",
        "map.html",
    ):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_sums_over_every_level_equal_the_city(tmp_path: Path) -> None:
    assess_files(write_small_city(tmp_path / "in"), out=tmp_path / "out")
    units = pd.read_csv(tmp_path / "out" / "units.csv")
    circle = units[units["rule"] == "circle-walk-15"].groupby("level")["residents"].sum()
    assert circle.to_dict() == {"district": 2100.0, "street": 2100.0, "community": 2100.0}


def test_results_read_back_are_the_results_written(tmp_path: Path) -> None:
    written = assess_files(write_small_city(tmp_path / "in"), out=tmp_path / "out").results
    read = read_results(tmp_path / "out")
    assert read.document == json.loads(json.dumps(written.document))
    assert read.standard == written.standard
    pd.testing.assert_frame_equal(read.cells, written.cells, check_dtype=False)
    assert read.facilities["name"].tolist() == written.facilities["name"].tolist()
    assert read.gaps.geometry.geom_equals_exact(written.gaps.geometry, 1e-6).all()


def test_a_map_exported_from_the_folder_is_the_one_made_at_once(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assess_files(write_small_city(tmp_path / "in"), out=out)
    first = (out / "map.html").read_bytes()
    export(ExportRequest(out, "html"))
    assert (out / "map.html").read_bytes() == first
    (made,) = export(ExportRequest(out, "html", "en"))
    assert made == out / "map-en.html" and made.read_bytes() != first


def test_the_workbook_has_the_assessment_table_and_no_live_formula(tmp_path: Path) -> None:
    files = write_small_city(tmp_path / "in")
    listed = files.facilities[0]
    listed.write_text(listed.read_text("utf-8-sig").replace("西苑社区服务站", "=1+1社区服务站"), "utf-8-sig")
    assess_files(files, out=tmp_path / "out")
    book = openpyxl.load_workbook(tmp_path / "out" / "report.xlsx")
    assert book.sheetnames == [
        "考核表", "单元", "盲区", "设施", "排名", "公平性", "服务人口", "直线与步行", "直线半径（按设施）",
        "老年步速", "口径对照", "服务类别", "分区总表", "计算依据",
    ]  # fmt: skip
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any(cell.value == "=1+1社区服务站" for cell in cells)
    assert not any(cell.data_type == "f" for cell in cells)
    for sheet in book.worksheets[:-1]:
        first, measures = sheet["A1"].value, sheet["A2"].value
        assert sheet.title in first and "南京市基本公共服务圈" in first
        assert re.search(r"\d{4}-\d\d-\d\d$", first)
        assert "人" in measures and "米" in measures
    places = {cell.value: column for column, cell in enumerate(book["设施"][3])}
    row = book["设施"][4]
    assert row[places["经度"]].number_format == "0.000000"
    assert (row[places["编号"]].number_format, row[places["编号"]].data_type) == ("@", "s")


def test_sites_are_where_they_serve_most_and_the_plan_says_how_sure(tmp_path: Path) -> None:
    files = write_small_city(tmp_path / "in")
    # Urban residents are all within 500 m already: take the rule for everybody, five minutes on foot.
    rule = '[[rule]]\nid = "w"\ncheck = "walk"\ntier = "station"\nfigure_min = 2'
    (tmp_path / "t.toml").write_text(f'id = "t"\n[walking]\nspeed_kmh = 6\n{rule}')
    planned = suggest_files(
        replace(files, standard=str(tmp_path / "t.toml")),
        SitingRequest("station", 1, by="walk"),
        out=tmp_path / "out",
    )
    plan = json.loads((tmp_path / "out" / "plan.json").read_text("utf-8"))
    # Stations serve 5 cells each; the 11 others are 0–200, 800–1400 and 2000: five in a row are best.
    assert (plan["residents_before"], plan["residents_after"], plan["objective"]) == (1000.0, 1500.0, 1500.0)
    assert (plan["bound"], plan["gap"], plan["proven"]) == (1500.0, 0.0, True)
    assert plan["existing"] == 2
    assert plan["curve"][-1] == [1, 1500.0]
    assert planned.results.plan is not None
    assert (tmp_path / "out" / "sites.geojson").exists()


def test_a_tier_the_standard_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="clinic"):
        suggest_files(write_small_city(tmp_path), SitingRequest("clinic", 1), out=None)


def test_excluded_areas_hold_no_site(tmp_path: Path) -> None:
    files = write_small_city(tmp_path / "in")
    everywhere = tmp_path / "in" / "units.geojson"
    planned = suggest_files(files, SitingRequest("station", 3, by="walk", exclude=(everywhere,)), out=None)
    assert planned.results.plan is not None
    assert planned.results.plan.plan["sites"] == []


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"assessment\.json is missing"):
        export(ExportRequest(tmp_path, "html"))
    with pytest.raises(SettingError, match="odt"):
        ExportRequest(tmp_path, "odt")


def test_unreachable_metres_are_infinite_in_the_table_and_null_in_json(tmp_path: Path) -> None:
    files = write_small_city(tmp_path / "in")
    lon, lat = degrees(500, 450)
    files.facilities[0].write_text(f"名称,类型,经度,纬度\n中心,公共服务中心,{lon},{lat}\n", "utf-8-sig")
    strict = open_standard("nanjing-2011").toml.replace("snap_limit_m = 500", "snap_limit_m = 100")
    (tmp_path / "strict.toml").write_text(strict, "utf-8")
    done = assess_files(replace(files, standard=str(tmp_path / "strict.toml")), out=tmp_path / "out")
    cells = pd.read_parquet(tmp_path / "out" / "cells.parquet")
    assert cells["centre_walk_m"].map(math.isinf).all()
    walk_gaps = [gap for gap in done.results.document["gaps"] if gap["rule"] == "circle-walk-15"]
    assert [gap["nearest_m"] for gap in walk_gaps] == [None]
    assert set(walk_gaps[0]) >= {"rule", "rank", "residents", "area_km2", "unit", "nearest_m", "lon", "lat"}


WALK_2 = (
    'id = "t"\n[walking]\nspeed_kmh = 6\n[[rule]]\nid = "w"\ncheck = "walk"\ntier = "station"\nfigure_min = 2'
)


def planned(folder: Path, request: SitingRequest) -> Mapping[str, Any]:
    (folder / "t.toml").write_text(WALK_2)
    files = replace(write_small_city(folder / "in"), standard=str(folder / "t.toml"))
    results = suggest_files(files, request, out=None).results
    assert results.plan is not None
    return results.plan.plan


def test_fewest_sites_serve_the_share_of_those_who_can_be_served(tmp_path: Path) -> None:
    # The 11 unserved cells are 0–200, 800–1400 and 2000: five, five and one of them take four sites
    # of 500 m, since 800–1400 is seven cells long; five hundred more residents take one.
    every = planned(tmp_path, SitingRequest("station", 1, goal="fewest-sites", by="walk"))
    assert (every["objective"], every["residents_after"], every["proven"]) == (4.0, 2100.0, True)
    some = planned(tmp_path, SitingRequest("station", 1, goal="fewest-sites", by="walk", share=1500 / 2100))
    assert (some["objective"], some["residents_after"]) == (1.0, 1500.0)


def test_least_worst_shortens_the_longest_way(tmp_path: Path) -> None:
    # Before, x = 1100 walks 600 m; one site at 1100 leaves 500 m (x = 0) as the longest way.
    plan = planned(tmp_path, SitingRequest("station", 1, goal="least-worst", by="walk"))
    assert plan["objective"] == pytest.approx(500, abs=0.01)
    assert plan["proven"]


def test_least_walking_counts_every_residents_metres(tmp_path: Path) -> None:
    # Stations at 500 and 1700 cost 100 × (0…5 and 1…6 hundred metres to 500, and so on); a site at
    # 1100 brings x = 900 … 1300 nearer: 0, 100, 100, 200, 200 m instead of 400, 500, 600, 500, 400 m.
    plan = planned(tmp_path, SitingRequest("station", 1, goal="least-walking", by="walk"))
    x = np.arange(0, 2001, 100)
    best = min(sum(100 * min(abs(v - 500), abs(v - 1700), abs(v - site)) for v in x) for site in x)
    assert plan["objective"] == pytest.approx(best, rel=1e-5)
    (site,) = plan["sites"]
    assert site["residents_gained"] == 500.0
    # Sites at 1000, 1100 and 1200 save as much: 1,800 m for a hundred residents each.
    assert site["residents_nearer"] * site["saved_m"] == pytest.approx(180_000, rel=1e-3)
    assert site["longest_m_before"] == pytest.approx(600, abs=0.1)
