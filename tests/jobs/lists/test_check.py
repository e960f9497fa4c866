"""The check of lists: its folder and its JSON."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from core.errors import InputError, SettingError
from data.vector import read_vector
from data.whole_folder import require_whole
from geo.datum import convert
from jobs.lists.check import ListFiles, check_lists, decide_groups, place_rows

ROOT = Path(__file__).parents[3]
LIST = """名称,类型,经度,纬度
甲社区服务站,站,118.78901,32.04001
乙社区服务站,站,32.04001,118.78901
合计,2,,
丙社区服务站,站,118.79901,32.05001
"""


@pytest.fixture
def one_list(tmp_path):
    path = tmp_path / "玄武区 列表!.csv"
    path.write_text(LIST, encoding="gb18030")
    return path


def test_the_folder_holds_accepted_findings_and_the_original(one_list, tmp_path):
    check_lists(ListFiles([one_list]), out=tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "accepted.csv",
        "accepted.csvt",
        "accepted.json",
        "findings.xlsx",
        "provenance.json",
        one_list.name,
    }
    assert (tmp_path / "out" / one_list.name).read_bytes() == one_list.read_bytes()
    accepted = pd.read_csv(tmp_path / "out" / "accepted.csv")
    assert list(accepted.columns[:5]) == ["facility_id", "name", "tier", "lon", "lat"] and len(accepted) == 2


def test_the_folder_is_the_old_one_until_the_new_one_is_whole(one_list, tmp_path, monkeypatch):
    out = tmp_path / "out"
    check_lists(ListFiles([one_list]), out=out)
    assert require_whole(out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    one_list.write_text(LIST.replace("丙", "丁"), encoding="gb18030")
    kill = (
        "import os, sys, jobs.lists.check as c; c.write_findings = lambda *a, **k: os.kill(os.getpid(), 9); "
    )
    kill += "from pathlib import Path; c.check_lists(c.ListFiles([Path(sys.argv[1])]), out=Path(sys.argv[2]))"
    killed = subprocess.run([sys.executable, "-c", kill, one_list, out], cwd=ROOT, check=False)
    assert killed.returncode == -9
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    check_lists(ListFiles([one_list]), out=out)
    assert require_whole(out) and "丁" in (out / "accepted.csv").read_text("utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([one_list.name, "out"])


def test_a_decision_replaces_the_folder_and_keeps_the_list_and_what_was_decided(one_list, tmp_path):
    report = check_lists(ListFiles([one_list]), out=tmp_path / "out")
    (row,) = [row for row in report.to_locate() if row.name.startswith("乙")]
    placed = place_rows(report, {row.row_id: (118.789, 32.04)})
    names = {path.name for path in placed.folder.iterdir()}
    assert {one_list.name, "placed.csv", "findings.xlsx", "provenance.json"} <= names
    assert require_whole(placed.folder)


def test_the_json_keeps_its_contract(one_list, tmp_path):
    report = check_lists(ListFiles([one_list]), out=tmp_path / "out").as_json()
    assert json.loads(json.dumps(report)) == report
    assert set(report) == {"format", "rows", "accepted", "refused", "set_aside", "datum", "findings"}
    assert report["format"] == 1
    assert report["rows"] == report["accepted"] + report["refused"] + report["set_aside"] == 4
    assert report["datum"] == {"system": "unknown", "decided": False, "confidence": 0.0}
    (swapped,) = [found for found in report["findings"] if found["code"] == "swapped-coordinates"]
    assert swapped["file"] == one_list.name and swapped["sheet"] == "" and swapped["row"] == 3
    assert swapped["column"] == "经度" and swapped["level"] == "error" and "填反" in swapped["message"]


def test_messages_are_in_the_wanted_language(one_list, tmp_path):
    report = check_lists(ListFiles([one_list]), out=tmp_path / "out", language="en").as_json()
    assert any("swapped" in found["message"] for found in report["findings"])


def test_the_option_decides_the_system(one_list, tmp_path):
    report = check_lists(ListFiles([one_list], datum="gcj02"), out=tmp_path / "out").as_json()
    assert report["datum"] == {"system": "gcj02", "decided": True, "confidence": 1.0}


def test_what_cannot_be_used_at_all_is_a_user_error(one_list, tmp_path):
    with pytest.raises(SettingError):
        check_lists(ListFiles([one_list], datum="mars"), out=tmp_path / "out")
    with pytest.raises(InputError):
        check_lists(ListFiles([tmp_path / "nowhere.csv"]), out=tmp_path / "out")


def test_the_demo_lists_are_read_with_exactly_their_flaws(demo_folder, tmp_path):
    files = ListFiles([demo_folder / "facilities.xlsx"], units=demo_folder / "units.gpkg")
    report = check_lists(files, out=tmp_path / "out").as_json()
    assert report["datum"]["system"] == "wgs84" and report["datum"]["decided"] and report["refused"] == 0
    structural = {"total-row", "signature-row", "note-row", "hidden-sheet", "personal-data-dropped"}
    structural |= {"unit-from-sheet", "date-read"}
    flaws = sorted(found["code"] for found in report["findings"] if found["code"] not in structural)
    assert flaws == [
        "approximate-number",
        "duplicate",
        "duplicate",
        "number-read",
        "number-read",
        "status-closed",
        "status-planned",
        "to-locate",
        "to-locate",
    ]


def test_a_units_layer_that_is_itself_shifted_is_not_used(demo_folder, tmp_path):
    units = read_vector(demo_folder / "units.gpkg").to_crs("EPSG:4326")
    moved = units.geometry.transform(lambda x: np.column_stack(convert(x[:, 0], x[:, 1], "wgs84", "gcj02")))
    gpd.GeoDataFrame(units.drop(columns="geometry"), geometry=moved, crs=4326).to_file(
        tmp_path / "moved.gpkg"
    )
    files = ListFiles(
        [demo_folder / "facilities.xlsx"], units=tmp_path / "moved.gpkg", reference=demo_folder / "units.gpkg"
    )
    codes = [found["code"] for found in check_lists(files, out=tmp_path / "out").as_json()["findings"]]
    assert "shifted-layer" in codes and "unit-conflict" not in codes


TO_DECIDE = """名称,类型,经度,纬度,地址,建成,状态,内容
甲社区服务站,站,118.78901,32.04001,甲路,2019年5月,,养老
甲社区服务站,站,118.78911,32.04001,甲路,2020,,
乙社区服务站,站,,,乙路,2021,,
丙社区服务站,站,118.79901,32.05001,丙路,2027,筹建,
"""


@pytest.fixture
def to_decide(tmp_path):
    path = tmp_path / "秦淮区.csv"
    path.write_text(TO_DECIDE, encoding="utf-8")
    return ListFiles([path], datum="wgs84", memory=tmp_path / "memory", office="秦淮区")


def test_what_was_decided_on_is_remembered_for_the_next_upload(to_decide, tmp_path):
    report = check_lists(to_decide, out=tmp_path / "out")
    (lost,), (group,) = report.to_locate(), report.groups()
    report = place_rows(report, {lost.row_id: (118.8, 32.06)})
    report = decide_groups(report, {group.id: "merge"})
    accepted = pd.read_csv(tmp_path / "out" / "accepted.csv")
    assert accepted["name"].tolist() == ["甲社区服务站", "乙社区服务站"]
    assert accepted["located_by"].tolist() == ["list", "hand"] and accepted["lon"][1] == 118.8
    again = check_lists(to_decide, out=tmp_path / "next")
    digest = hashlib.sha256(TO_DECIDE.encode()).hexdigest()
    assert (tmp_path / "memory" / "originals" / f"{digest}.csv").read_text("utf-8") == TO_DECIDE
    assert again.intake.accepted.equals(report.intake.accepted) and again.groups() == report.groups()


def test_a_decision_can_be_taken_back(to_decide, tmp_path):
    first = check_lists(to_decide, out=tmp_path / "out")
    (lost,), (group,) = first.to_locate(), first.groups()
    report = decide_groups(place_rows(first, {lost.row_id: (118.8, 32.06)}), {group.id: "drop"})
    report = decide_groups(place_rows(report, {lost.row_id: None}), {group.id: ""})
    assert report.intake.accepted.equals(first.intake.accepted) and report.as_json() == first.as_json()


def test_a_place_for_nothing_and_a_choice_on_nothing_are_refused(to_decide, tmp_path):
    report = check_lists(to_decide, out=tmp_path / "out")
    with pytest.raises(SettingError, match="f-none"):
        place_rows(report, {"f-none": (118.8, 32.06)})
    with pytest.raises(SettingError, match="g-none"):
        decide_groups(report, {"g-none": "keep"})
    with pytest.raises(SettingError, match="no place"):
        place_rows(report, {report.to_locate()[0].row_id: (32.06, 118.8)})


def test_a_mapping_overrides_and_is_remembered(to_decide, tmp_path):
    assert [c.field for c in check_lists(to_decide, out=tmp_path / "out").columns()][5::2] == ["", ""]
    said = replace(to_decide, columns={"建成": "opened", "内容": "services"})
    check_lists(said, out=tmp_path / "out")
    accepted = check_lists(to_decide, out=tmp_path / "next").intake.accepted
    assert accepted["opened"].tolist() == ["2019-05", "2020"] and accepted["services"][0] == "养老"


def test_planned_facilities_keep_their_place_and_date(to_decide, tmp_path):
    said = replace(to_decide, columns={"建成": "opened"})
    report = check_lists(said, out=tmp_path / "out")
    later = pd.read_csv(tmp_path / "out" / "planned.csv", dtype={"opened": str})
    assert later[["name", "status", "opened", "lon"]].to_numpy().tolist() == [
        ["丙社区服务站", "planned", "2027", 118.79901]
    ]
    assert len(report.intake.table("EPSG:4549")) == 2
    assert report.intake.table("EPSG:4549", planned=True).frame["status"].tolist() == [
        "open",
        "open",
        "planned",
    ]


def test_accepted_rows_read_back_the_same(to_decide, tmp_path):
    report = check_lists(to_decide, out=tmp_path / "out")
    report = place_rows(report, {report.to_locate()[0].row_id: (118.8, 32.06)})
    back = check_lists(ListFiles([tmp_path / "out" / "accepted.csv"], datum="wgs84"), out=tmp_path / "back")
    ours = ["source_file", "source_sheet", "source_row"]
    assert back.intake.accepted.drop(columns=ours).equals(report.intake.accepted.drop(columns=ours))


def test_what_is_kept_already_is_told(to_decide, tmp_path):
    check_lists(to_decide, out=tmp_path / "out")
    again = replace(to_decide, stored=[tmp_path / "out" / "accepted.csv"])
    report = check_lists(again, out=tmp_path / "next")
    assert [f["row"] for f in report.as_json()["findings"] if f["code"] == "already-stored"] == [2, 3]
    assert report.groups()[0].stored == ("甲社区服务站", "甲社区服务站")


def test_candidates_carry_their_points_and_their_way(to_decide, tmp_path):
    found = {
        c.id: c for c in check_lists(replace(to_decide, datum="auto"), out=tmp_path / "out").systems(sample=2)
    }
    assert len(found["gcj02"].lon) == 2 and found["wgs84"].east_m == 0.0
    assert found["gcj02"].east_m == pytest.approx(-493, abs=15)
    assert found["gcj02"].north_m == pytest.approx(226, abs=15)


PERSONS = """名称,类型,经度,纬度,联系人,电话
甲社区服务站,站,118.78901,32.04001,张三,13800000000
"""


def test_data_on_persons_are_read_only_if_asked_for(tmp_path):
    (tmp_path / "a.csv").write_text(PERSONS, encoding="utf-8")
    files = ListFiles([tmp_path / "a.csv"], datum="wgs84")
    check_lists(files, out=tmp_path / "out")
    assert "13800000000" not in (tmp_path / "out" / "accepted.csv").read_text("utf-8-sig")
    report = check_lists(replace(files, personal=True), out=tmp_path / "asked")
    accepted = pd.read_csv(tmp_path / "asked" / "accepted.csv")
    assert accepted["personal"].tolist() == ["联系人: 张三；电话: 13800000000"]
    assert "personal-data-dropped" not in [found.code for found in report.intake.findings]
