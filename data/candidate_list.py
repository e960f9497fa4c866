"""Lists of places where something could be built: vacant land, public buildings, with cost and capacity.

They come in the formats of facility lists and with the same habits, but no row has a tier, and there
is a column of costs.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from core.errors import InputError
from core.text import text
from coverage.model.tables import UnitTable
from data.files import file_name, write_plain_csv
from data.formats.raw import Cell, RawFile
from data.formats.sheets.read import read_files
from data.guard import guarded
from data.intake.findings import Finding, Notebook
from data.intake.read import read_facilities
from data.intake.tables.columns import bare, field_of, normalise
from data.intake.tables.numbers import parse_number, plain
from data.intake.tables.sheets import Table, tables_of
from geo.crs import WGS84, unproject

# The first that is there counts. “万元” in a title is the unit of its figures and of the budget.
COST_TITLES: Final = (
    "造价", "建设成本", "成本", "费用", "投资", "总投资", "估算投资", "建设投资", "投资估算", "投资额",
    "工程造价", "估算", "建设费用", "改造费用", "金额", "cost", "costs",
    "price", "investment", "build cost", "expense",
)  # fmt: skip
_COST_PARTS: Final = ("造价", "投资", "成本", "费用")
_LAND_AREA: Final = (
    "用地面积",
    "占地面积",
    "地块面积",
    "土地面积",
    "场地面积",
    "land area",
    "site area",
    "plot area",
)
# What the name of a place may be called besides what a facility's is.
_NAMES: Final = (
    "地块",
    "宗地",
    "点位",
    "候选点",
    "地块编号",
    "宗地号",
    "用地",
    "parcel",
    "plot",
    "site",
    "place",
)
_DROPPED: Final = ("tier", "facility_id", "status")
_UNIT: Final = re.compile(r"[(（\[]([^)）\]]+)[)）\]]")


@dataclass(frozen=True)
class CandidateList:
    """`frame`: name, lon, lat (WGS-84), cost, capacity, area_m2 (NaN where not stated), row (as the
    spreadsheet counts). `findings` tell which rows could not be used. `cost_unit` is what the
    title of the costs says in brackets ("万元"), "" for nothing."""

    frame: pd.DataFrame
    findings: tuple[Finding, ...]
    cost_unit: str = ""


@guarded
def read_candidates(path: Path, *, datum: str, units: UnitTable | None) -> CandidateList:
    """Every place of a list; InputError if the file cannot be read or holds no usable place."""
    (file,) = read_files([path])
    if file.problem is not None:
        raise InputError("{file}: {problem}", file=path.name, problem=file.problem)
    remarks: list[Finding] = []
    tables = tables_of(file, {}, Notebook(file.name, "", remarks))
    if not tables:
        raise InputError(
            "{file} holds no list of places: a row with titles such as 名称, 经度, 纬度 or name, lon, lat "
            "is needed.",
            file=path.name,
        )
    with tempfile.TemporaryDirectory(prefix="candidates") as folder:
        lists = [_as_facilities(Path(folder), number, table, file) for number, table in enumerate(tables)]
        intake = read_facilities(lists, datum=datum, units=units)
    frame = _numbered(intake.accepted, tables)
    if frame.empty:
        first = next((found.message for found in intake.findings if found.level == "error"), text("–"))
        raise InputError(
            "{file}: none of its {count} places can be used. {first}",
            file=path.name,
            count=intake.rows,
            first=first,
        )
    titles = [title for table in tables for title in table.titles]
    findings = tuple(replace(found, row=_row(tables, found.row)) for found in intake.findings)
    return CandidateList(frame, findings, cost_unit(titles))


def _row(tables: Sequence[Table], number: int) -> int:
    """The row of the file that stands as this one in the plain list; 0 where several tables have it."""
    at = number - 2
    return tables[0].rows[at][0] if len(tables) == 1 and 0 <= at < len(tables[0].rows) else 0


def cost_unit(titles: Sequence[str]) -> str:
    """What the title of the cost column says in brackets.

    >>> cost_unit(["名称", "造价（万元）"])
    '万元'
    """
    column = _column(titles, COST_TITLES, _COST_PARTS)
    found = _UNIT.search(titles[column]) if column is not None else None
    return found[1].strip() if found else ""


def _as_facilities(folder: Path, number: int, table: Table, file: RawFile) -> Path:
    """The table as a plain list in which every row says that it is a candidate, and which row it was."""
    left_out = {column for column, field in table.fields.items() if field in _DROPPED}
    kept = [c for c in range(len(table.titles)) if c not in left_out and table.titles[c].strip()]
    columns = {f"{table.titles[c]}": [_cell(row, c) for _, row in table.rows] for c in kept}
    points = table.sheet.points
    if points is not None:
        lonlat = [_degrees(points[row - 1], table.sheet.crs) for row, _ in table.rows]
        columns |= {"经度": [lon for lon, _ in lonlat], "纬度": [lat for _, lat in lonlat]}
    if "name" not in table.fields.values():
        named = _column(table.titles, _NAMES, ())
        columns["名称"] = [str(row) if named is None else _cell(cells, named) for row, cells in table.rows]
    columns["类型"] = ["候选点"] * len(table.rows)
    columns["编号"] = [f"{number}-{row}" for row, _ in table.rows]
    path = folder / str(number) / file_name(Path(file.name).stem, ending=".csv")
    write_plain_csv(path, pd.DataFrame(columns))
    return path


def _cell(row: list[Cell], column: int) -> str:
    return plain(row[column]) if column < len(row) else ""


def _degrees(point: tuple[float, float] | None, crs: str) -> tuple[str, str]:
    if point is None:
        return "", ""
    x, y = point
    if crs and crs != WGS84 and (abs(x) > 180 or abs(y) > 90):
        lon, lat = unproject(np.asarray([point], float), crs)
        x, y = float(lon[0]), float(lat[0])
    return f"{x:.8f}", f"{y:.8f}"


def _numbered(accepted: pd.DataFrame, tables: Sequence[Table]) -> pd.DataFrame:
    """The accepted places with the figures of the rows they came from."""
    found = [number.split("-") for number in accepted["facility_id"].astype(str)]
    at = [(int(parts[0]), int(parts[1])) for parts in found]
    cells = [dict(table.rows) for table in tables]
    costs = [_column(table.titles, COST_TITLES, _COST_PARTS) for table in tables]
    areas = [_column(table.titles, _LAND_AREA, ()) for table in tables]
    land = pd.Series([_number(cells[t][row], areas[t]) for t, row in at], accepted.index, dtype=float)
    return pd.DataFrame(
        {
            "name": accepted["name"].astype(str).to_numpy(),
            "lon": accepted["lon"].to_numpy(float),
            "lat": accepted["lat"].to_numpy(float),
            "cost": [_number(cells[t][row], costs[t]) for t, row in at],
            "capacity": accepted["capacity"].to_numpy(float),
            "area_m2": accepted["area_m2"].astype(float).fillna(land).to_numpy(),
            "row": [row for _, row in at],
        }
    )


def _number(row: list[Cell], column: int | None) -> float:
    if column is None or column >= len(row):
        return math.nan
    return parse_number(row[column]).value


def _column(titles: Sequence[str], names: Sequence[str], parts: Sequence[str]) -> int | None:
    """The column whose title is one of `names`, else has one of `parts` and is nothing else."""
    said = [bare(normalise(title)) for title in titles]
    for name in names:
        if normalise(name) in said:
            return said.index(normalise(name))
    return next(
        (c for c, title in enumerate(said) if any(p in title for p in parts) and field_of(titles[c]) is None),
        None,
    )
