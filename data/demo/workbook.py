"""The facility lists as a district office would send them: one sheet a district, merged headers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
import xlsxwriter

from data.demo.names import CITY

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


def write_workbook(path: Path, lists: dict[str, pd.DataFrame]) -> None:
    """One sheet per district; the frames' columns are those of the sheet from 名称 on, in order.

    Cells are written as they are (numbers as numbers, text as text, missing ones empty).
    """
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties(
            {"title": f"{CITY}基本公共服务设施一览表", "comments": NOTE, "created": dt.datetime(2011, 8, 1)}
        )
        styles = _styles(book)
        for district, table in lists.items():
            _write_sheet(book.add_worksheet(district), district, table, styles)
        _write_guide(book.add_worksheet("填表说明"))


def _styles(book: xlsxwriter.Workbook) -> dict[str, Any]:
    grid = {"border": 1, "valign": "vcenter", "font_name": "宋体", "font_size": 10}
    return {
        "title": book.add_format({"bold": True, "align": "center", "valign": "vcenter", "font_size": 16}),
        "plain": book.add_format({"font_size": 10}),
        "head": book.add_format({**grid, "bold": True, "align": "center", "text_wrap": True}),
        "text": book.add_format(grid),
        "middle": book.add_format({**grid, "align": "center"}),
        "degrees": book.add_format({**grid, "num_format": "0.000000"}),
    }


def _write_sheet(sheet: Any, district: str, table: pd.DataFrame, styles: dict[str, Any]) -> None:
    last = len(_COLUMNS) - 1
    sheet.merge_range(0, 0, 0, last, f"{CITY}{district}基本公共服务设施一览表（{NOTE}）", styles["title"])
    sheet.merge_range(1, 0, 1, 5, f"填报单位：{CITY}{district}民政局（虚构）", styles["plain"])
    sheet.merge_range(1, 6, 1, last, "填报日期：2011年8月1日", styles["plain"])
    _write_header(sheet, styles)
    for number, row in enumerate(table.itertuples(index=False)):
        _write_row(sheet, _FIRST_ROW + number, (number + 1, *row), styles)
    _merge_streets(sheet, list(table["所属街道"]), styles)
    _write_end(sheet, _FIRST_ROW + len(table), table, styles)
    sheet.freeze_panes(_FIRST_ROW, 2)
    sheet.set_landscape()


def _write_header(sheet: Any, styles: dict[str, Any]) -> None:
    for column, (label, width) in enumerate(_COLUMNS):
        sheet.set_column(column, column, width)
        if column in (_LON, _LON + 1):
            sheet.write(3, column, label, styles["head"])
        else:
            sheet.merge_range(2, column, 3, column, label, styles["head"])
    sheet.merge_range(2, _LON, 2, _LON + 1, "坐标（国家2000）", styles["head"])


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


def _write_guide(sheet: Any) -> None:
    sheet.set_column(0, 0, 90)
    for row, line in enumerate(_GUIDE):
        sheet.write(row, 0, line)
    sheet.hide()
