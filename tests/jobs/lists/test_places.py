"""Rows of a check against the units they declare, and coordinates that somebody types."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geo.datum import convert
from jobs.lists.check import CheckReport, ListFiles, check_lists
from jobs.lists.places import (
    away_from,
    conflicts,
    declared_outline,
    inside_declared,
    metre_rows,
    metre_systems,
    place_of,
    sampled_rows,
)
from tests.small_city import EAST, NORTH, degrees, write_small_city

HEAD = "名称,类型,社区,经度,纬度\n"


def check(tmp_path: Path, rows: str, head: str = HEAD, datum: str = "wgs84") -> CheckReport:
    files = write_small_city(tmp_path / "city")
    path = tmp_path / "清单.csv"
    path.write_text(head + rows, "utf-8-sig")
    return check_lists(ListFiles([path], datum=datum, units=files.units), out=tmp_path / "out")


def row(name: str, x: float, community: str) -> str:
    lon, lat = degrees(x)
    return f"{name},公共服务站,{community},{lon},{lat}\n"


def test_a_conflict_knows_how_far_and_which_way_its_unit_is(tmp_path: Path) -> None:
    rows = "".join(row(f"第{n}区社区服务站", 100 * n, "西苑社区") for n in range(1, 8))
    report = check(tmp_path, rows + row("远处服务站", 1450, "西苑社区"))
    (conflict,) = conflicts(report)
    assert conflict.name == "远处服务站"
    assert conflict.said == "西苑社区"
    assert conflict.away_m == pytest.approx(500, abs=1)
    assert conflict.nearest[0] == pytest.approx(degrees(950)[0], abs=1e-5)
    assert conflict.outline.contains(conflict.outline.representative_point())


def test_a_row_without_a_unit_has_no_outline(tmp_path: Path) -> None:
    report = check(tmp_path, row("甲站", 300, "西苑社区") + row("乙站", 400, ""))
    ids = report.intake.frame.set_index("name")["facility_id"]
    outline = declared_outline(report, ids["甲站"])
    assert outline is not None
    assert away_from(outline, *degrees(300)) == 0
    assert away_from(outline, *degrees(1050)) == pytest.approx(100, abs=1)
    assert declared_outline(report, ids["乙站"]) is None
    assert declared_outline(report, "nobody") is None


def test_places_count_as_inside_up_to_a_hundred_metres_off(tmp_path: Path) -> None:
    report = check(
        tmp_path, row("甲站", 300, "西苑社区") + row("乙站", 1049, "西苑社区") + row("丙站", 1060, "西苑社区")
    )
    rows = report.intake.frame
    known, near = inside_declared(report, rows, rows["lon"].to_numpy(float), rows["lat"].to_numpy(float))
    assert known.tolist() == [True, True, True]
    assert near.tolist() == [True, True, False]


def test_the_rows_behind_the_points_of_the_systems_are_the_same(tmp_path: Path) -> None:
    rows = "".join(row(f"第{n}号社区服务站", 5 * n, "") for n in range(400))
    report = check(tmp_path, rows)
    candidate = next(c for c in report.systems() if c.id == "wgs84")
    sample = sampled_rows(report, len(candidate.lon))
    assert sample["given_lon"].to_numpy(float) == pytest.approx(candidate.lon)


def test_metres_are_tried_in_every_system_that_their_size_allows(tmp_path: Path) -> None:
    line = f"甲站,公共服务站,西苑社区,{EAST + 300},{NORTH}\n"
    report = check(tmp_path, line, "名称,类型,社区,X坐标,Y坐标\n", datum="auto")
    rows = metre_rows(report, 10)
    found = {system.option: system for system in metre_systems(rows)}
    assert found["epsg:4549"].lon[0] == pytest.approx(degrees(300)[0], abs=1e-6)
    assert metre_systems(rows.iloc[:0]) == ()


@pytest.mark.parametrize(
    "written",
    ["118.7969, 32.0603", "32.0603,118.7969", "（118.7969，32.0603）", "118°47′48.84″E 32°3′37.08″N"],
)
def test_typed_coordinates_are_understood_in_either_order(written: str) -> None:
    assert place_of(written, "wgs84") == pytest.approx((118.7969, 32.0603), abs=1e-6)


def test_typed_coordinates_of_a_map_service_are_converted() -> None:
    lon, lat = convert(np.array([118.7969]), np.array([32.0603]), "wgs84", "gcj02")
    assert place_of(f"{lon[0]:.8f},{lat[0]:.8f}", "gcj02") == pytest.approx((118.7969, 32.0603), abs=1e-6)


@pytest.mark.parametrize("written", ["", "西苑路8号", "118.7", "200, 95", "118.7,32.0,5"])
def test_what_is_no_pair_of_coordinates_is_none(written: str) -> None:
    assert place_of(written, "wgs84") is None
