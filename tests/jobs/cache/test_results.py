"""Answers kept on disk: found by what was asked, whole or not at all, few."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from data.results import read_results
from jobs.assess.folder import Assessed, assess_files, assess_inputs, with_run
from jobs.cache.case import Case, default_request
from jobs.cache.results import Shelf, archive, bounds_of, has_map, map_page, report
from jobs.rerun import rerun
from jobs.siting.request import SitingRequest
from jobs.siting.suggest import suggest
from jobs.study.cases import OwnLists
from jobs.study.inputs import open_inputs
from jobs.study.variants import with_lists, with_standard
from tests.small_city import degrees, write_small_city


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(write_small_city(tmp_path_factory.mktemp("shelf-city")))


@pytest.fixture(scope="module")
def done(case: Case) -> Assessed:
    return assess_files(case.files, out=None)


@pytest.fixture
def more(tmp_path: Path) -> Path:
    path = tmp_path / "more.csv"
    lon, lat = degrees(1000)
    path.write_text(f"名称,类型,经度,纬度\n中庄村服务站,公共服务站,{lon},{lat}\n", "utf-8-sig")
    return path


def test_the_same_question_has_the_same_key(case: Case) -> None:
    assert case.key == Case(case.files).key


CHANGES: list[Callable[[Case], Case]] = [
    lambda case: replace(case, files=replace(case.files, standard="gb50180-2018")),
    lambda case: replace(case, files=replace(case.files, datum="gcj02")),
    lambda case: replace(case, files=replace(case.files, units=None)),
    lambda case: replace(case, wish=SitingRequest("station", 3)),
    lambda case: replace(case, lists=OwnLists(case.files.facilities)),
    lambda case: replace(case, lists=OwnLists(case.files.facilities, in_addition=True)),
]


def test_every_other_question_has_another_key(case: Case) -> None:
    keys = [case.key, *(change(case).key for change in CHANGES)]
    assert len(set(keys)) == len(keys)


def test_another_content_has_another_key(tmp_path: Path) -> None:
    files = write_small_city(tmp_path)
    before = Case(files).key
    path = files.facilities[0]
    path.write_bytes(path.read_bytes() + "新站,公共服务站,118.9,32.1,1\n".encode())
    assert Case(files).key != before


def test_what_was_put_is_found_and_read_back(tmp_path: Path, case: Case, done: Assessed) -> None:
    shelf = Shelf(tmp_path / "shelf")
    assert shelf.find(case.key) is None
    folder = shelf.put(case.key, done)
    assert shelf.find(case.key) == folder
    assert read_results(folder).document == done.results.document
    assert shelf.put(case.key, done) == folder
    assert [path.name for path in shelf.root.iterdir()] == [case.key]


def test_a_put_that_fails_leaves_nothing(tmp_path: Path, done: Assessed) -> None:
    shelf = Shelf(tmp_path / "shelf")
    with pytest.raises(AttributeError):
        shelf.put("key", replace(done, inputs=None))
    assert shelf.find("key") is None
    assert list(shelf.root.iterdir()) == []


def test_the_longest_unused_makes_room(tmp_path: Path, done: Assessed) -> None:
    shelf = Shelf(tmp_path / "shelf", most=2)
    for age, key in ((300, "old"), (200, "middle")):
        folder = shelf.put(key, done)
        os.utime(folder, (folder.stat().st_mtime - age,) * 2)
    assert shelf.find("old") is not None  # used again: now the youngest
    shelf.put("new", done)
    assert shelf.find("middle") is None
    assert shelf.find("old") is not None


def test_a_map_is_drawn_once_a_language(tmp_path: Path, done: Assessed) -> None:
    folder = Shelf(tmp_path / "shelf").put("key", done)
    assert not has_map(folder, language="en")
    page = map_page(folder, language="en")
    assert 'lang="en"' in page
    assert has_map(folder, language="en")
    assert not has_map(folder, language="zh")
    assert map_page(folder, language="en") == page


def test_the_zip_is_an_assessment_folder(tmp_path: Path, done: Assessed) -> None:
    folder = Shelf(tmp_path / "shelf").put("key", done)
    with zipfile.ZipFile(io.BytesIO(archive(folder, language="zh"))) as packed:
        names = set(packed.namelist())
        assert packed.read("report.xlsx") == report(folder, language="zh")
    wanted = {"assessment.json", "units.csv", "cells.parquet", "facilities.csv", "gaps.geojson"}
    assert wanted | {"map.html", "report.xlsx", "provenance.json"} <= names
    assert not [name for name in names if name.startswith(("map-", "report-"))]


def test_the_bounds_are_those_of_the_residents(tmp_path: Path, done: Assessed) -> None:
    west, south, east, north = bounds_of(Shelf(tmp_path / "shelf").put("key", done))
    assert (west, south) == pytest.approx(degrees(0), abs=1e-6)
    assert (east, north) == pytest.approx(degrees(2000), abs=1e-6)


def test_another_standard_equals_opening_the_files_with_it(case: Case, done: Assessed) -> None:
    other = with_standard(done.inputs, "gb50180-2018")
    again = open_inputs(replace(case.files, standard="gb50180-2018"))
    assert (other.standard, other.sha256) == (again.standard, again.sha256)


def test_other_lists_equal_opening_the_files_with_them(case: Case, done: Assessed, more: Path) -> None:
    other = with_lists(done.inputs, OwnLists((more,), "wgs84"))
    again = open_inputs(replace(case.files, facilities=(more,)))
    assert other.study.facilities.frame.equals(again.study.facilities.frame)
    assert (other.sha256, other.notes, other.findings) == (again.sha256, again.notes, again.findings)


def test_lists_in_addition_keep_the_first(done: Assessed, more: Path) -> None:
    both = with_lists(done.inputs, OwnLists((more,), "wgs84", in_addition=True))
    names = both.study.facilities.frame["name"].tolist()
    assert names == [*done.inputs.study.facilities.frame["name"], "中庄村服务站"]
    assert both.study.facilities.frame["facility_id"].is_unique
    twice = with_lists(both, OwnLists((more,), "wgs84", in_addition=True))
    assert twice.study.facilities.frame["facility_id"].is_unique


def test_the_default_siting_request_is_for_the_tier_nearest_to_people(done: Assessed) -> None:
    wish = default_request(done.inputs.standard)
    assert wish is not None
    assert (wish.tier, wish.by) == ("station", "radius")
    assert default_request(with_standard(done.inputs, "nanjing-2023").standard) is None


@pytest.mark.parametrize("asked", ["as it is", "other lists", "more lists", "a plan"])
def test_a_downloaded_answer_can_be_made_again(
    case: Case, done: Assessed, more: Path, tmp_path: Path, asked: str
) -> None:
    if "lists" in asked:
        case = replace(case, lists=OwnLists((more,), "wgs84", in_addition=asked == "more lists"))
        done = assess_inputs(with_lists(done.inputs, case.lists or OwnLists(())))
    if asked == "a plan":
        case = replace(case, wish=SitingRequest("station", 1))
        done = suggest(done, case.wish or SitingRequest("station", 1))
    kept = Shelf(tmp_path / "shelf").put(case.key, with_run(done, case.run()))
    with zipfile.ZipFile(io.BytesIO(archive(kept, language="zh"))) as packed:
        packed.extractall(tmp_path / "downloaded")
    shutil.copytree(case.files.population.parent, tmp_path / "inputs")
    shutil.copy(more, tmp_path / "inputs")
    again = rerun(tmp_path / "downloaded", out=tmp_path / "again", inputs=tmp_path / "inputs")
    assert again.verb == ("suggest" if asked == "a plan" else "assess")
    assert {"units.csv", "cells.parquet", "facilities.csv", "inputs_read.csv"} <= set(again.tables)
