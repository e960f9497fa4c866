"""Sheets and sources that may each be in a system of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.intake.parts import parts
from data.intake.read import ListRequest, read_lists
from geo.datum import convert

LON, LAT = np.linspace(118.78123, 118.80456, 4), np.linspace(32.05123, 32.06456, 4)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Two sheets of four stations each at the same places, the second as Amap has them."""
    path = tmp_path / "list.xlsx"
    with pd.ExcelWriter(path) as writer:
        for sheet, system in (("甲街道", "wgs84"), ("乙街道", "gcj02")):
            lon, lat = convert(LON, LAT, "wgs84", system)
            names = [f"{sheet}{n}社区服务站" for n in "一二三四"]
            table = pd.DataFrame(
                {"名称": names, "类型": "公共服务站", "经度": lon.round(7), "纬度": lat.round(7)}
            )
            table.to_excel(writer, sheet_name=sheet, index=False)
    return path


def test_every_sheet_with_coordinates_is_a_part(book: Path) -> None:
    found = parts(read_lists([book], ListRequest()))
    assert [(part.key, part.count) for part in found] == [
        (("list.xlsx", "甲街道", ""), 4),
        (("list.xlsx", "乙街道", ""), 4),
    ]
    assert all(part.alone is not None and not part.alone.decided for part in found)


def test_a_part_is_read_in_the_system_chosen_for_it_and_no_other(book: Path) -> None:
    chosen = {("list.xlsx", "乙街道", ""): "gcj02"}
    intake = read_lists([book], ListRequest(datum="wgs84", parts=chosen))
    assert [part.system for part in parts(intake)] == ["wgs84", "gcj02"]
    lon = intake.accepted["lon"].to_numpy(float)
    assert lon[:4] == pytest.approx(LON, abs=1e-6)
    assert lon[4:] == pytest.approx(LON, abs=1e-6)
    assert intake.datum.decided


def test_a_part_in_metres_is_not_weighed_alone(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("名称,类型,X坐标,Y坐标\n甲站,公共服务站,385000.5,3545000.5\n", "utf-8")
    (part,) = parts(read_lists([path], ListRequest()))
    assert part.alone is None
