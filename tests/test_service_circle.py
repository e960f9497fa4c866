"""The tool as a library: the figures of the command line, and a sentence for whatever cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest

import service_circle as sc
from jobs.study.inputs import StudyFiles
from tests.command_line import cli
from tests.small_city import write_small_city


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> StudyFiles:
    return write_small_city(tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module")
def now(files: StudyFiles) -> sc.Assessment:
    study = sc.read_study(
        facilities=files.facilities, population=str(files.population), network=files.network,
        units=files.units, datum="wgs84", name="小城",
    )  # fmt: skip
    return sc.assess(study)


def test_a_written_folder_is_that_of_the_command_line_byte_for_byte(
    files: StudyFiles, now: sc.Assessment, tmp_path: Path
) -> None:
    done = cli(
        "assess", "--facilities", files.facilities[0], "--population", files.population, "--network",
        files.network, "--units", files.units, "--datum", "wgs84", "--name", "小城", "--lang", "en",
        "--out", tmp_path / "cli",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    now.write(tmp_path / "api", language="en")
    names = sorted(path.name for path in (tmp_path / "cli").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "api").iterdir())
    for name in set(names) - {"provenance.json", "report.xlsx"}:  # these say when they were made
        assert (tmp_path / "cli" / name).read_bytes() == (tmp_path / "api" / name).read_bytes(), name


def test_layers_are_in_degrees_and_each_row_is_somewhere(now: sc.Assessment) -> None:
    reach = sc.isochrones(now, minutes=5)
    layers = [now.cells, now.facilities, now.units, reach.areas, reach.streets]
    for layer in layers:
        assert layer.crs == "EPSG:4326"
        assert len(layer)
        assert layer.geometry.within(gpd.GeoSeries.from_wkt(["POINT (118.95 32.07)"]).buffer(0.1)[0]).all()
    assert now.rules.set_index("id").loc["station-radius", "residents"] == 1000.0  # the urban half


def test_what_a_reader_changes_in_a_layer_changes_no_result(now: sc.Assessment) -> None:
    before = now.cells["residents"].sum()
    for layer in (now.gaps, sc.isochrones(now).areas):
        layer["residents"] = -1.0
    assert (now.gaps["residents"] >= 0).all()
    assert now.cells["residents"].sum() == before


def test_a_scenario_opens_points_of_any_coordinate_system_and_closes_by_number(now: sc.Assessment) -> None:
    first = now.facilities.iloc[[0]][["geometry"]].assign(tier="station", name="新站")
    number = now.facilities.set_index("name").loc["东庄村服务站", "facility_id"]
    there, back = (
        sc.scenario(now, opened=points, closed=[number]) for points in (first, first.to_crs("EPSG:4549"))
    )
    assert there.rules.equals(back.rules)
    assert set(there.after.facilities["name"]) == {"南街道公共服务中心", "西苑社区服务站", "新站"}
    assert len(now.facilities) == 3


CANNOT_BE: dict[str, tuple[Callable[[sc.Assessment], Any], str]] = {
    "a number as text": (lambda now: sc.suggest(now, tier="station", count="two"), "two"),
    "half a site": (lambda now: sc.suggest(now, tier="station", count=2.5), "2.5"),
    "true for a number": (lambda now: sc.suggest(now, tier="station", budget=True), "budget"),
    "text for a number": (lambda now: sc.suggest(now, tier="station", budget="much"), "float"),
    "a frame for a number": (lambda now: sc.suggest(now, tier="station", spacing=now.cells), "spacing"),
    "no tier": (lambda now: sc.suggest(now), "tier"),
    "an option of another verb": (lambda now: sc.suggest(now, tier="station", minutes=3), "minutes"),
    "no such option": (lambda now: sc.read_study(populaton="x"), "population"),
    "a frame for a file": (lambda now: sc.read_study(facilities=now.facilities), "facilities"),
    "no files": (lambda now: sc.read_study(), "--facilities"),
    "no such file": (
        lambda now: sc.read_study(facilities="none", population="no", network="no"),
        "cannot be opened",
    ),
    "the wrong order": (lambda now: sc.suggest("city", tier="station"), "assess()"),
    "a study for an assessment": (lambda now: sc.assess(now), "read_study()"),
    "nobody to close": (lambda now: sc.scenario(now, closed=["none"]), "none"),
    "one text for a list": (lambda now: sc.scenario(now, closed="none"), "list"),
    "points without a tier": (lambda now: sc.scenario(now, opened=now.cells), "tier"),
    "points nowhere": (
        lambda now: sc.scenario(now, opened=now.facilities.set_crs(None, allow_override=True)),
        "CRS",
    ),
    "outlines for points": (lambda now: sc.scenario(now, opened=now.units.assign(tier="station")), "point"),
    "a tier of no rule": (
        lambda now: sc.scenario(now, opened=now.facilities.assign(tier="stations")),
        "of which no rule",
    ),
    "assessments for lists": (lambda now: sc.compare(now, now), "scenario()"),
    "no file of edits": (lambda now: sc.scenario(now, edits="none.json"), "none.json"),
    "a plan on a scenario": (lambda now: sc.suggest(sc.scenario(now).after, tier="station"), "scenario"),
    "a scenario for a result": (lambda now: sc.scenario(now).after.write("x"), "Change.write()"),
    "no plan": (lambda now: now.sites, "suggest()"),
    "no such language": (lambda now: now.write("x", language="fr"), "fr"),
    "minutes below zero": (lambda now: sc.isochrones(now, minutes=np.float64(-1)), "0 and 120"),
}


@pytest.mark.parametrize("case", CANNOT_BE)
def test_what_cannot_be_gets_a_sentence(now: sc.Assessment, case: str) -> None:
    call, said = CANNOT_BE[case]
    with pytest.raises(sc.UserError) as refused:
        call(now)
    assert said in str(refused.value)


def test_a_list_is_held_against_openstreetmap(files: StudyFiles, tmp_path: Path) -> None:
    table = "facility_id,name,type,status,wgs_lng,wgs_lat\n1,西苑社区服务站,station,open,118.95,32.069\n"
    (tmp_path / "facilities.csv").write_text(table, "utf-8")
    found = sc.compare(files.facilities[0], tmp_path, datum="wgs84")
    assert found.crs == "EPSG:4326"
    assert "西苑社区服务站" in set(found["name"])
