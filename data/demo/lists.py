"""The rows of the districts' lists, with the slips that real lists have."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
import xlsxwriter
from numpy.typing import NDArray

from data.demo.facilities import CENTRE, STATION
from data.demo.names import CITY, DISTRICTS
from data.demo.shapes import Strokes
from data.demo.terrain import CRS, ORIGIN_M
from data.demo.units import Divisions
from geo.crs import unproject

# The seven kinds of task 26 and how often a station has each; a centre has them all.
_SERVICES: Final = {
    "就业社保": 0.97,
    "教育卫生": 0.93,
    "文化体育": 0.95,
    "人口计生": 0.96,
    "居家养老": 0.84,
    "扶贫济困": 0.92,
    "综治平安": 0.97,
}
# Before the first of these years few places were counted; the lists are of August 2011.
_FIRST_YEAR: Final = 2003
_LAST_YEAR: Final = 2011
_OPENED: Final = (0.1, 0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.14, 0.1)
COLUMNS: Final = (
    "名称", "类型", "所属街道", "社区", "地址", "经度", "纬度", "建筑面积", "床位", "服务人口", "状态",
    "联系人", "电话", "备注", "服务项目", "启用时间",
)  # fmt: skip
NOTE: Final = "虚构数据，仅供演示"
_COLUMNS: Final = (
    ("序号", 6), ("名称", 30), ("类型", 14), ("所属街道", 13), ("社区", 14), ("地址", 30), ("经度", 12),
    ("纬度", 12),
    ("建筑面积（㎡）", 11), ("床位（张）", 9), ("服务人口", 10), ("状态", 8), ("联系人", 10), ("电话", 11),
    ("备注", 20), ("服务项目", 30), ("启用时间", 12),
)  # fmt: skip
_LON: Final = 6
_STREET: Final = 3
_FIRST_ROW: Final = 4
_GUIDE: Final = (
    "填表说明",
    "1. 本表由各区民政部门组织填报，一个区一张工作表。",
    "2. 坐标采用2000国家大地坐标系，单位为度，保留6位小数。",
    "3. “类型”填“公共服务中心”或“公共服务站”；“状态”填“正常”“筹建”“在建”或“撤并”。",
    "4. 没有坐标的，请填写详细地址。筹建、在建的，“启用时间”填计划启用的年月。",
    f"5. {NOTE}：城市、单位、人员和电话均为虚构。",
)


def district_lists(
    facilities: pd.DataFrame,
    parts: Divisions,
    streets: Strokes,
    road: NDArray[np.object_],
    rng: np.random.Generator,
) -> dict[str, pd.DataFrame]:
    """District name → its rows in sheet order: street by street, centres first."""
    rows = _clean_rows(facilities, parts, streets, road, rng)
    rows = _with_slips(rows, parts)
    rows["order"] = rows["类型"].eq(STATION)
    rows = rows.sort_values(["district", "street", "order"], kind="stable")
    by_district = dict(iter(rows.groupby("district")))
    return {name: by_district[k][list(COLUMNS)].reset_index(drop=True) for k, name in enumerate(DISTRICTS)}


def _clean_rows(
    facilities: pd.DataFrame,
    parts: Divisions,
    streets: Strokes,
    road: NDArray[np.object_],
    rng: np.random.Generator,
) -> pd.DataFrame:
    xy = facilities[["x", "y"]].to_numpy()
    lon, lat = unproject(xy + ORIGIN_M, CRS)
    community = facilities["community"].to_numpy()
    street = parts.street[community]
    street_name = parts.streets["name"].to_numpy()[street]
    # A generator of its own: what was drawn before these columns came stays as it was.
    aside = rng.spawn(1)[0]
    share = np.array(list(_SERVICES.values()))
    is_centre = (facilities["tier"] == CENTRE).to_numpy()
    has = (aside.random((len(facilities), len(share))) < share) | is_centre[:, None]
    # Month and year of opening, the later the more.
    n = len(facilities)
    year = aside.choice(np.arange(_FIRST_YEAR, _LAST_YEAR + 1), n, p=_OPENED)
    month = np.where(year == _LAST_YEAR, aside.integers(1, 8, n), aside.integers(1, 13, n))
    known = np.flatnonzero(road != "")
    nearest = shapely.STRtree(streets.lines[known]).query_nearest(shapely.points(xy), all_matches=False)[1]
    number = rng.integers(1, 240, len(xy))
    columns: dict[str, Any] = {
        "名称": facilities["name"],
        "类型": facilities["tier"],
        "所属街道": street_name,
        "社区": np.array(parts.name)[community],
        "地址": [f"{s}{road[known[n]]}{k}号" for s, n, k in zip(street_name, nearest, number, strict=True)],
        "经度": np.round(lon, 6),
        "纬度": np.round(lat, 6),
        "建筑面积": facilities["area_m2"],
        "床位": facilities["beds"],
        "服务人口": facilities["served"],
        "状态": "正常",
        "联系人": "（虚构）",
        "电话": "000-0000",
        "备注": "",
        "服务项目": ["、".join(np.array(list(_SERVICES))[row]) for row in has],
        "启用时间": [f"{y}年{m}月" for y, m in zip(year, month, strict=True)],
        "street": street,
        "district": parts.district[community],
    }
    return pd.DataFrame(columns).astype(dict.fromkeys(COLUMNS, object))


def _with_slips(rows: pd.DataFrame, parts: Divisions) -> pd.DataFrame:
    """Two rows without coordinates, one planned, one closed, one twice, three odd numbers."""
    stations = rows.index[rows["类型"] == STATION]
    per_district = [stations[rows.loc[stations, "district"] == k] for k in range(len(DISTRICTS))]
    rows.loc[[per_district[0][7], per_district[3][11]], ["经度", "纬度"]] = None
    rows.loc[per_district[0][7], "备注"] = "坐标待补"
    rows.loc[per_district[5][4], ["状态", "备注"]] = ["撤并", "已并入邻村"]
    rows.loc[per_district[1][3], "服务人口"] = "1,200"
    rows.loc[per_district[4][9], "服务人口"] = "约300"
    rows.loc[per_district[2][5], "床位"] = _full_width(rows.loc[per_district[2][5], "床位"])
    # The centre that the new town is still waiting for.
    street = int(np.flatnonzero(parts.streets["name"] == "锦澜街道")[0])
    host = rows[(rows["street"] == street) & (rows["类型"] == STATION)].iloc[:1].copy()
    host["名称"], host["类型"], host["状态"], host["备注"] = (
        "锦澜街道公共服务中心",
        CENTRE,
        "筹建",
        "规划2013年建成",
    )
    host["经度"], host["纬度"] = host["经度"] + 0.0021, host["纬度"] - 0.0013
    host["床位"], host["服务人口"], host["启用时间"] = 120, None, "2013年6月"
    host["服务项目"] = "、".join(_SERVICES)
    return pd.concat([rows, _twin(rows.loc[per_district[1][8]]), host], ignore_index=True)


def _full_width(number: int) -> str:
    return str(number).translate({ord("0") + k: chr(0xFF10 + k) for k in range(10)})


def _twin(row: pd.Series) -> pd.DataFrame:
    """The same place once more, 90 m away, as two clerks would enter it."""
    twin = row.to_frame().T.copy()
    twin["经度"], twin["纬度"] = round(row["经度"] + 0.0008, 6), round(row["纬度"] + 0.0004, 6)
    twin["备注"] = "补报"
    return twin


def write_workbook(path: Path, lists: dict[str, pd.DataFrame]) -> None:
    """One sheet per district; the frames' columns are those of the sheet from 名称 on, in order.

    Cells are written as they are (numbers as numbers, text as text, missing ones empty).
    """
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties(
            {"title": f"{CITY}基本公共服务设施一览表", "comments": NOTE, "created": dt.datetime(2011, 8, 1)}
        )
        grid = {"border": 1, "valign": "vcenter", "font_name": "宋体", "font_size": 10}
        styles = {
            "title": book.add_format({"bold": True, "align": "center", "valign": "vcenter", "font_size": 16}),
            "plain": book.add_format({"font_size": 10}),
            "head": book.add_format({**grid, "bold": True, "align": "center", "text_wrap": True}),
            "text": book.add_format(grid),
            "middle": book.add_format({**grid, "align": "center"}),
            "degrees": book.add_format({**grid, "num_format": "0.000000"}),
        }
        for district, table in lists.items():
            _write_sheet(book.add_worksheet(district), district, table, styles)
        sheet = book.add_worksheet("填表说明")
        sheet.set_column(0, 0, 90)
        for row, line in enumerate(_GUIDE):
            sheet.write(row, 0, line)
        sheet.hide()


def _write_sheet(sheet: Any, district: str, table: pd.DataFrame, styles: dict[str, Any]) -> None:
    last = len(_COLUMNS) - 1
    sheet.merge_range(0, 0, 0, last, f"{CITY}{district}基本公共服务设施一览表（{NOTE}）", styles["title"])
    sheet.merge_range(1, 0, 1, 5, f"填报单位：{CITY}{district}民政局（虚构）", styles["plain"])
    sheet.merge_range(1, 6, 1, last, "填报日期：2011年8月1日", styles["plain"])
    for column, (label, width) in enumerate(_COLUMNS):
        sheet.set_column(column, column, width)
        if column in (_LON, _LON + 1):
            sheet.write(3, column, label, styles["head"])
        else:
            sheet.merge_range(2, column, 3, column, label, styles["head"])
    sheet.merge_range(2, _LON, 2, _LON + 1, "坐标（国家2000）", styles["head"])
    for number, row in enumerate(table.itertuples(index=False)):
        _write_row(sheet, _FIRST_ROW + number, (number + 1, *row), styles)
    _merge_streets(sheet, list(table["所属街道"]), styles)
    _write_end(sheet, _FIRST_ROW + len(table), table, styles)
    sheet.freeze_panes(_FIRST_ROW, 2)
    sheet.set_landscape()


def _write_row(sheet: Any, at: int, cells: Sequence[Any], styles: dict[str, Any]) -> None:
    for column, cell in enumerate(cells):
        style = styles["degrees" if column in (_LON, _LON + 1) else "middle" if column == 0 else "text"]
        if cell is None or cell != cell:
            sheet.write_blank(at, column, None, style)
        else:
            sheet.write(at, column, cell, style)


def _merge_streets(sheet: Any, streets: list[str], styles: dict[str, Any]) -> None:
    """The street's name stands once, merged down over its rows."""
    start = 0
    for row in range(1, len(streets) + 1):
        if row == len(streets) or streets[row] != streets[start]:
            if row - start > 1:
                first, last = _FIRST_ROW + start, _FIRST_ROW + row - 1
                sheet.merge_range(first, _STREET, last, _STREET, streets[start], styles["middle"])
            start = row


def _write_end(sheet: Any, at: int, table: pd.DataFrame, styles: dict[str, Any]) -> None:
    beds = pd.to_numeric(table["床位"], errors="coerce").sum()
    area = pd.to_numeric(table["建筑面积"], errors="coerce").sum()
    total = ["合计", f"{len(table)}处", *[None] * 6, int(area), int(beds), *[None] * 7]
    _write_row(sheet, at, total, styles)
    sheet.write(at + 2, 1, "填表人：（虚构）", styles["plain"])
    sheet.write(at + 2, 5, "审核人：（虚构）", styles["plain"])
    sheet.write(at + 2, 10, "联系电话：000-0000", styles["plain"])
