"""`check`, then `assess` on what it accepted: the same as `assess` on the office's list."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from data.handed_over import handed_over
from data.intake.read import read_facilities
from jobs.assess.folder import Assessed, assess_files
from jobs.lists.check import ListFiles, check_lists
from jobs.study.inputs import StudyFiles
from tests.small_city import degrees, write_small_city

ROWS = (
    ("01", "南街道公共服务中心", "公共服务中心", 500, "", ""),
    ("2", "西苑社区服务站", "公共服务站", 500, "", "2019-05"),
    ("3", "东庄村服务站", "公共服务站", 1700, "", ""),
    ("4", "规划服务站", "公共服务站", 1000, "规划", "2030-01-01"),
    ("5", "老服务站", "公共服务站", 1200, "已关闭", ""),
    ("6", "无名处服务站", "公共服务站", None, "", ""),
    ("7", "", "公共服务站", 900, "", ""),
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> StudyFiles:
    folder = tmp_path_factory.mktemp("handed")
    study = write_small_city(folder)
    rows = []
    for number, name, kind, x, status, opened in ROWS:
        lon, lat = ("", "") if x is None else degrees(x)
        rows.append(f"{number},{name},{kind},{lon},{lat},{status},{opened},东庄村,某路{number}号")
    head = "设施编号,名称,类型,经度,纬度,状态,启用时间,社区,地址"
    (folder / "office.csv").write_text("\n".join([head, *rows]) + "\n", "utf-8-sig")
    return replace(study, facilities=(folder / "office.csv",), datum="wgs84")


@pytest.fixture(scope="module")
def accepted(files: StudyFiles) -> Path:
    out = files.facilities[0].parent / "checked"
    check_lists(ListFiles(files.facilities, files.datum, files.units), out=out)
    return out / "accepted.csv"


@pytest.fixture(scope="module")
def both(files: StudyFiles, accepted: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Assessed]:
    out = tmp_path_factory.mktemp("results")
    of_accepted = replace(files, facilities=(accepted,), datum="auto")
    return [
        assess_files(study, out=out / name, also=("timeline",))
        for name, study in (("list", files), ("accepted", of_accepted))
    ]


def test_the_same_counts_are_told(both: list[Assessed]) -> None:
    one, other = (done.inputs.intake for done in both)
    assert (one.rows, one.accepted_count, one.refused_count, one.set_aside_count) == (7, 3, 1, 3)
    assert (other.rows, other.accepted_count, other.refused_count, other.set_aside_count) == (7, 3, 1, 3)
    assert [str(note) for note in both[0].inputs.notes] == [str(note) for note in both[1].inputs.notes]
    assert "handed-over" in {found.code for found in both[1].inputs.findings}


def test_every_table_is_the_same(both: list[Assessed]) -> None:
    one, other = (done.results for done in both)
    assert one.document == other.document
    for name in ("units", "cells", "facilities"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    pd.testing.assert_frame_equal(one.extras["timeline"], other.extras["timeline"])
    assert len(one.extras["timeline"]) > 1


def test_facilities_name_the_office_s_file_and_row(both: list[Assessed]) -> None:
    for done in both:
        assert done.results.facilities["source"].tolist()[0] == "office.csv, row 2"


def test_a_second_check_hands_on_the_same(accepted: Path, tmp_path: Path) -> None:
    check_lists(ListFiles((accepted,)), out=tmp_path)
    assert handed_over(tmp_path / "accepted.csv") == handed_over(accepted)
    assert (tmp_path / "accepted.csv").read_bytes() == accepted.read_bytes()


def test_planned_facilities_given_as_a_list_too_are_counted_once(accepted: Path) -> None:
    intake = read_facilities([accepted, accepted.with_name("planned.csv")])
    assert (intake.rows, intake.set_aside_count, len(intake.not_open)) == (7, 3, 2)


def test_what_belongs_to_other_bytes_is_not_taken(accepted: Path, tmp_path: Path) -> None:
    changed = tmp_path / "accepted.csv"
    changed.write_bytes(accepted.read_bytes() + b"\n")
    changed.with_suffix(".json").write_bytes(accepted.with_suffix(".json").read_bytes())
    assert handed_over(changed) is None and handed_over(accepted) is not None
    assert read_facilities([changed]).refused_count == 0


@pytest.mark.parametrize("said", ["", "[]", "{}", '{"format": 1, "refused": -1}', "[" * 100_000])
def test_a_damaged_file_beside_a_list_is_passed_over(accepted: Path, tmp_path: Path, said: str) -> None:
    (tmp_path / "accepted.csv").write_bytes(accepted.read_bytes())
    (tmp_path / "accepted.json").write_text(said)
    assert handed_over(tmp_path / "accepted.csv") is None


def test_the_file_beside_says_its_counts(accepted: Path) -> None:
    said = json.loads(accepted.with_suffix(".json").read_bytes())
    assert [said[name] for name in ("format", "rows", "accepted", "refused", "set_aside")] == [1, 7, 3, 1, 3]
    assert [row["name"] for row in said["not_open"]] == ["规划服务站", "老服务站"]


def test_numbers_that_excel_shortened_are_recognised_and_not_used(accepted: Path, tmp_path: Path) -> None:
    spoilt = pd.read_csv(accepted, dtype=str, keep_default_na=False)
    spoilt["facility_id"] = ["3.20102E+11", "3.20102E+11", "3.20103E+11"]
    spoilt.to_csv(tmp_path / "accepted.csv", index=False, encoding="gb18030")
    intake = read_facilities([tmp_path / "accepted.csv"])
    assert [found.code for found in intake.findings if "E+11" in str(found.message)] == ["shortened-number"]
    numbers = intake.accepted["facility_id"]
    assert numbers.is_unique and not numbers.str.contains("E").any()
    assert intake.accepted["source_row"].tolist() == [2, 3, 4]


SAVED_ANEW = {
    "leading zeros": lambda text: text.replace("\n0", "\n").encode("utf-8-sig"),
    "semicolons": lambda text: text.replace(",", ";").encode("utf-8-sig"),
    "tabs": lambda text: text.replace(",", "\t").encode("utf-16"),
    "GBK": lambda text: text.encode("gb18030"),
    "dates": lambda text: text.replace("-0", "/").encode("utf-8-sig"),
}


@pytest.mark.parametrize("how", SAVED_ANEW)
def test_an_accepted_list_that_was_saved_anew_says_what_it_lost(
    accepted: Path, tmp_path: Path, how: str
) -> None:
    saved = tmp_path / "accepted.csv"
    saved.write_bytes(SAVED_ANEW[how](accepted.read_text("utf-8-sig")))
    saved.with_suffix(".json").write_bytes(accepted.with_suffix(".json").read_bytes())
    intake = read_facilities([saved])
    (said,) = [found for found in intake.findings if found.code == "changed-since-check"]
    assert said.message.values["refused"] == 1 and said.message.values["aside"] == 3
    assert len(intake.accepted) == 3
    assert not [found for found in read_facilities([accepted]).findings if found.code == said.code]
