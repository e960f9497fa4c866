"""The rows of the districts' lists, with the slips that real lists have."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from data.demo.centres import CENTRE
from data.demo.facilities import STATION
from data.demo.names import DISTRICTS
from data.demo.strokes import Strokes
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
    columns: dict[str, Any] = {
        "名称": facilities["name"],
        "类型": facilities["tier"],
        "所属街道": street_name,
        "社区": np.array(parts.name)[community],
        "地址": _addresses(xy, street_name, streets, road, rng),
        "经度": np.round(lon, 6),
        "纬度": np.round(lat, 6),
        "建筑面积": facilities["area_m2"],
        "床位": facilities["beds"],
        "服务人口": facilities["served"],
        "状态": "正常",
        "联系人": "（虚构）",
        "电话": "000-0000",
        "备注": "",
        "服务项目": _services(facilities["tier"].to_numpy(), aside),
        "启用时间": _opened(len(facilities), aside),
        "street": street,
        "district": parts.district[community],
    }
    return pd.DataFrame(columns).astype(dict.fromkeys(COLUMNS, object))


def _services(tier: NDArray[np.object_], rng: np.random.Generator) -> list[str]:
    """What each facility offers, as its clerk writes it down."""
    share = np.array(list(_SERVICES.values()))
    has = (rng.random((len(tier), len(share))) < share) | (tier == CENTRE)[:, None]
    return ["、".join(np.array(list(_SERVICES))[row]) for row in has]


def _opened(count: int, rng: np.random.Generator) -> list[str]:
    """Month and year, the later the more."""
    year = rng.choice(np.arange(_FIRST_YEAR, _LAST_YEAR + 1), count, p=_OPENED)
    month = np.where(year == _LAST_YEAR, rng.integers(1, 8, count), rng.integers(1, 13, count))
    return [f"{y}年{m}月" for y, m in zip(year, month, strict=True)]


def _addresses(
    xy: NDArray[np.float64],
    street: NDArray[np.object_],
    streets: Strokes,
    road: NDArray[np.object_],
    rng: np.random.Generator,
) -> list[str]:
    known = np.flatnonzero(road != "")
    nearest = shapely.STRtree(streets.lines[known]).query_nearest(shapely.points(xy), all_matches=False)[1]
    number = rng.integers(1, 240, len(xy))
    return [f"{s}{road[known[n]]}{k}号" for s, n, k in zip(street, nearest, number, strict=True)]


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
    return pd.concat([rows, _twin(rows.loc[per_district[1][8]]), _planned(rows, parts)], ignore_index=True)


def _full_width(number: int) -> str:
    return str(number).translate({ord("0") + k: chr(0xFF10 + k) for k in range(10)})


def _twin(row: pd.Series) -> pd.DataFrame:
    """The same place once more, 90 m away, as two clerks would enter it."""
    twin = row.to_frame().T.copy()
    twin["经度"], twin["纬度"] = round(row["经度"] + 0.0008, 6), round(row["纬度"] + 0.0004, 6)
    twin["备注"] = "补报"
    return twin


def _planned(rows: pd.DataFrame, parts: Divisions) -> pd.DataFrame:
    """The centre that the new town is still waiting for."""
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
    return host
