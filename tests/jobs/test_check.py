"""The check of lists: its folder and its JSON."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from data.vector import read_vector
from geo.datum import convert
from geo.errors import InputError, SettingError
from jobs.check import ListFiles, check_lists

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
        "findings.xlsx",
        one_list.name,
    }
    assert (tmp_path / "out" / one_list.name).read_bytes() == one_list.read_bytes()
    accepted = pd.read_csv(tmp_path / "out" / "accepted.csv")
    assert list(accepted.columns[:5]) == ["facility_id", "name", "tier", "lon", "lat"] and len(accepted) == 2


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
    flaws = sorted(found["code"] for found in report["findings"] if found["code"] not in structural)
    assert flaws == [
        "approximate-number",
        "duplicate",
        "duplicate",
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
