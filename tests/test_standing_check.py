"""The demo city measured from its four files alone, by other means than the product's and without it: every
cell, rule, load, unit, gap, closing and plan; and of briefing, workbook and map every figure and claim is
computed here again, or it does not stand there."""

# fmt: off
# ruff: noqa: E501 - tables of rules and sentences; a Chinese sign counts twice
from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace as Names

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer
from scipy.ndimage import label
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from tests.command_line import cli

CRS, CELL_M, A_MM, MAIN, CITY, FREE = "EPSG:4549", 100.0, 1e-3, "station-radius", "云川市", "grid-full-coverage"
KIND = {"公共服务中心": "centre", "公共服务站": "station"}
ANY = ("station", "centre")
REACH = {  # rule: title, its figure, on foot, tiers that serve, metres, urban residents only
    "centre-radius": ("公共服务中心直线半径1,250米以内（城镇居民）", "≤1,250米", 0, ("centre",), 1250.0, 1),
    MAIN: ("公共服务站直线半径500米以内（城镇居民）", "≤500米", 0, ANY, 500.0, 1),
    "circle-walk-10": ("步行10分钟可达公共服务设施（全部居民）", "≤10分钟", 1, ANY, 10 * 5000 / 60, 0),
    "circle-walk-15": ("步行15分钟可达公共服务设施（全部居民）", "≤15分钟", 1, ANY, 15 * 5000 / 60, 0),
    "centre-walk-15": ("步行15分钟可达公共服务中心（城镇居民）", "≤15分钟", 1, ("centre",), 15 * 5000 / 60, 1),
    "station-walk-10": ("步行10分钟可达公共服务站（城镇居民）", "≤10分钟", 1, ANY, 10 * 5000 / 60, 1)}
WHOLE = ("centre-radius", MAIN, "circle-walk-15")
LOAD = {"centre": ("农村每处公共服务中心服务1,000～5,000人", 1000, 5000),
        "station": ("农村每处公共服务站服务300～1,000人", 300, 1000)}
VERDICTS = ("达标", "基本达标", "未达标")
GIVEN = ("| 序号 ", "- 测算日期：", "- 数据时点：", "- “左右”容差：0%", "- 复算码：", "任务与责任单位依据宁委办发〔2011〕52号。",
         "- 标准：南京市基本公共服务圈(2011)（宁委办发〔2011〕52号），任务11、任务12", "- 达标线：100.0%起为达标，90.0%起为基本达标",
         "- 计算依据：直线距离；沿路网步行，5公里/小时（老年3公里/小时）")  # what standard and calculation say of themselves
project = Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform


def sheets_of(book: Path) -> dict[str, pd.DataFrame]:
    sheets = pd.read_excel(book, sheet_name=None, header=None, dtype=object, engine="calamine")
    return {name: sheet.where(sheet.notna(), None) for name, sheet in sheets.items()}


def street_graph(path: Path, places: np.ndarray) -> Names:
    """A node for every vertex, foot and place; a bridge shares a vertex only where some line ends; off the
    streets at most 500 m are walked."""
    lines = gpd.read_file(path, layer="streets").to_crs(CRS)
    at = lines.geometry.get_coordinates().round(3).reset_index(names="line")
    ends = at.groupby("line").nth([0, -1])[["x", "y"]].drop_duplicates().assign(end=True)
    at = at.merge(ends, how="left", on=["x", "y"])
    apart = lines["bridge"].fillna(False).astype(bool).to_numpy()[at["line"]] & at["end"].isna()
    number = at.assign(of=np.where(apart, at["line"], -1)).groupby(["x", "y", "of"]).ngroup().to_numpy()
    same = np.flatnonzero((np.diff(at["line"]) == 0) & (np.diff(number) != 0))
    ends, xy = np.stack([number[same], number[same + 1]]), at[["x", "y"]].to_numpy()
    lines, points = shapely.linestrings(np.stack([xy[same], xy[same + 1]], axis=1)), shapely.points(places)
    on = shapely.STRtree(lines).query_nearest(points, all_matches=False)[1]
    length, off, every = shapely.length(lines), shapely.distance(lines[on], points), np.arange(len(lines))
    foot = number.max() + 1 + np.arange(len(places))
    node, near = foot + len(places), off <= 500.0
    along = np.concatenate([0 * length, length, shapely.line_locate_point(lines[on], points)])
    stops = pd.DataFrame({"on": [*every, *every, *on], "m": along, "node": [*ends[0], *ends[1], *foot]})
    stops = stops.sort_values(["on", "m"], kind="stable")
    pair = np.flatnonzero(np.diff(stops["on"]) == 0)
    legs = pd.DataFrame({"a": foot[near], "b": node[near], "m": off[near]})
    a, b = stops["node"].to_numpy()[pair], stops["node"].to_numpy()[pair + 1]
    way = pd.DataFrame({"a": np.minimum(a, b), "b": np.maximum(a, b), "m": np.diff(stops["m"])[pair]})
    way = pd.concat([way, legs]).groupby(["a", "b"], as_index=False)["m"].min()
    graph = csr_array((np.maximum(way["m"], 1e-9), (way["a"], way["b"])), (node[-1] + 1,) * 2)
    return Names(graph=graph, node=node, lines=lines, ends=ends, length=length, low=xy.min(0), high=xy.max(0))


@pytest.fixture(scope="module")
def city(demo_folder: Path) -> Names:
    """The four files, and for every cell the metres to each tier and to what serves each rule."""
    people = pd.read_parquet(demo_folder / "population.parquet")
    units = gpd.read_file(demo_folder / "units.gpkg").to_crs(CRS).set_index("unit_id")
    small, xy = units[units["level"] == "community"], np.column_stack(project(people["lon"], people["lat"]))
    cell, unit = shapely.STRtree(small.geometry).query(shapely.points(xy), predicate="intersects")
    of_cell = np.full(len(xy), len(small))
    np.minimum.at(of_cell, cell, unit)
    rows = pd.concat(sheets_of(demo_folder / "facilities.xlsx").values())
    listed = rows.loc[rows[2].isin(KIND), [1, 2, 3, 4, 6, 7, 9, 11]]
    listed.columns = pd.Index(["name", "tier", "street", "community", "lon", "lat", "beds", "state"])
    listed["street"] = listed["street"].ffill()
    listed = listed[listed["state"] == "正常"]
    waiting = set(listed.loc[listed["lon"].isna(), "community"])
    listed = listed[listed["lon"].notna()].reset_index(drop=True)
    listed["beds"] = ("0" + listed["beds"].astype(str).str.replace(r"\.0$|\D", "", regex=True)).astype(int)
    listed["tier"], at = listed["tier"].map(KIND), np.column_stack(project(listed["lon"], listed["lat"]))
    streets = street_graph(demo_folder / "streets.gpkg", np.vstack([xy, at]))
    district = listed["street"].map(units[units["level"] == "street"].set_index("name")["parent_id"])
    c = Names(people=people["residents"].to_numpy(float), elderly=people["elderly"].to_numpy(float), xy=xy,
              units=units, small=small, of_cell=of_cell, waiting=waiting, listed=listed, at=at,
              streets=streets, district=district, straight={}, walk={}, all_m={}, owner={}, met={}, asked={},
              to={})
    street = units.loc[small["parent_id"]]
    over = units.loc[street["parent_id"], "name"].to_numpy()
    c.chain = (over + " " + street["name"].to_numpy() + " " + small["name"]).to_numpy()
    c.urban_unit = (small["settlement"] == "urban").to_numpy()
    c.urban = np.append(c.urban_unit, True)[of_cell]
    for tier in ANY:
        doors = np.flatnonzero(listed["tier"] == tier)
        c.straight[tier], gates = cKDTree(at[doors]).query(xy)[0], streets.node[len(xy) + doors]
        c.all_m[tier], _, origin = dijkstra(streets.graph, False, gates, True, min_only=True)
        walk = c.all_m[tier][streets.node[: len(xy)]]
        # Places no more than 50 m apart are as far apart on foot as they are straight.
        c.walk[tier] = np.where(c.straight[tier] <= 50.0, np.minimum(walk, c.straight[tier]), walk)
        c.owner[tier] = origin[streets.node[: len(xy)]] - streets.node[len(xy)]
    for rule, (_, _, on_foot, tiers, limit, only_urban) in REACH.items():
        c.to[rule] = np.minimum.reduce([(c.walk if on_foot else c.straight)[tier] for tier in tiers])
        c.asked[rule] = c.urban | (not only_urban)
        c.met[rule] = c.asked[rule] & (c.to[rule] <= limit + A_MM)
    c.inside = np.logical_and.reduce([c.met[rule] | ~c.asked[rule] for rule in WHOLE])
    return c


def by_unit(c: Names, values: np.ndarray) -> pd.Series:
    """Sums of a value of the cells, of every unit of every level."""
    sums, parent = np.bincount(c.of_cell, values, len(c.small) + 1)[:-1], c.units["parent_id"]
    levels = [pd.Series(sums, c.small.index)]
    levels += [levels[-1].groupby(parent[levels[-1].index].to_numpy()).sum()]
    return pd.concat([*levels, levels[-1].groupby(parent[levels[-1].index].to_numpy()).sum()])


def loads(c: Names, tier: str) -> pd.Series:
    """Rural residents of every rural facility of a tier; of a station those to whom no centre is nearer."""
    goes = ~c.urban & np.isfinite(c.walk[tier])
    goes &= (tier == "centre") | (c.walk[tier] <= c.walk["centre"] + A_MM)
    held, rural = np.bincount(c.owner[tier][goes], c.people[goes], len(c.at)), np.zeros(len(c.at), bool)
    door, unit = shapely.STRtree(c.small.geometry).query(shapely.points(c.at), predicate="intersects")
    rural[door] = ~c.urban_unit[unit]
    return pd.Series(held)[rural & (c.listed["tier"] == tier)]


def rules_of(c: Names) -> dict[str, Names]:
    """Every rule: title, figure, what there is, what it lacks, whom it misses (`named`: not served)."""
    rows, held = [], by_unit(c, c.people)
    for rule, (title, figure, *_) in REACH.items():
        whole, part = c.people[c.asked[rule]].sum(), c.people[c.met[rule]].sum()
        rows.append((rule, title, figure, part / whole, f"{part / whole:.1%}（{whole:,.0f}人中{part:,.0f}人）",
                     f"{whole - part:,.0f}名居民未覆盖", whole - part, 1))
    for tier, (title, low, high) in LOAD.items():
        load = loads(c, tier)
        less, more, out = (load < low).sum(), (load > high).sum(), load[(load < low) | (load > high)].sum()
        good = len(load) - less - more
        rows.append((f"rural-{tier}-load", title, f"{low:,}～{high:,}人", good / len(load),
                     f"{len(load)}处中{good}处合适，{less}处不足，{more}处超出", f"{less + more}处设施的服务人口不在区间内", out, 0))
    there, name = c.listed.set_index("tier"), c.units["name"]
    for rule, level, title, figure, good in (
        ("street-has-centre", "street", "每个街道（镇）设有公共服务中心", "每个1处", name.isin(there.loc["centre", "street"])),
        ("community-has-station", "community", "每个社区（村）设有公共服务站", "每个1处",
         name.isin({*there["community"], *c.waiting})),
        (FREE, "community", "以社区（村）为单位，居民全部覆盖", "100.0%的单元", by_unit(c, c.people * ~c.inside) == 0)):
        met = good.reindex(c.units.index[c.units["level"] == level])
        missed = c.people[~c.inside].sum() if rule == FREE else held.reindex(met.index)[~met].sum()
        rows.append((rule, title, figure, met.mean(), f"{len(met)}个中{met.sum()}个（{met.mean():.1%}）",
                     f"{len(met) - met.sum()}个单元", missed, rule == FREE))
    beds = 1000 * c.listed["beds"].groupby(c.district).sum() / by_unit(c, c.elderly)
    met = beds.dropna() >= 40
    actual = f"每千人{1000 * c.listed['beds'].sum() / c.elderly.sum():.1f}；{len(met)}个单元中{met.sum()}个达到"
    rows.append(("elderly-beds", "每千名老年人口40张床位", "每千人≥40", met.mean(), actual,
                 "无" if met.all() else f"{(~met).sum()}个单元", 0.0, 0))
    return {rule: Names(title=title, figure=figure, actual=actual, lacks=lacks, missed=missed, named=named,
                        verdict=VERDICTS[0 if share >= 1 else 1 if share >= 0.9 else 2])
            for rule, title, figure, share, actual, lacks, missed, named in rows}


def gaps_of(c: Names, rule: str) -> list[Names]:
    """Contiguous cells that fail a rule, most residents first; `chains`: what its place may be called."""
    column, row = np.round((c.xy - c.xy.min(axis=0)) / CELL_M).astype(int).T
    failing = c.asked[rule] & ~c.met[rule] & (c.people > 0)
    picture = np.zeros((row.max() + 1, column.max() + 1), bool)
    picture[row[failing], column[failing]] = True
    part, found = np.where(failing, label(picture, np.ones((3, 3)))[0][row, column], 0), []
    order = np.lexsort([c.to[rule], part])
    for mine in np.split(order, np.flatnonzero(np.diff(part[order])) + 1)[1:]:
        run, held = np.cumsum(c.people[mine]), pd.Series(c.people[mine]).groupby(c.of_cell[mine]).sum()
        half, last = c.to[rule][mine[[np.searchsorted(run, run[-1] / 2), -1]]]
        found.append(Names(people=run[-1], old=c.elderly[mine].sum(), half=half, last=last, cells=mine,
                           units=len(held), chains=c.chain[held.index[held == held.max()]]))
    return sorted(found, key=lambda gap: -gap.people)


def within(c: Names, place: dict, limit: float) -> np.ndarray:
    """The cells within some metres of the cell that stands at a place."""
    at = c.xy[cKDTree(c.xy).query(project(place["lon"], place["lat"]))[1]]
    return np.hypot(*(c.xy - at).T) <= limit + A_MM


def worse_without(c: Names) -> tuple[list[set[str]], np.ndarray]:
    """For every facility the rules that get worse if it alone closes, and the residents of the plan's rule
    that it alone serves. Loads count where nothing else gets worse."""
    worse, lost, one, to = [set() for _ in c.at], {}, c.listed, c.streets.node[: len(c.xy)]
    doors, cells = cKDTree(c.at), cKDTree(c.xy)
    of = {0: doors.sparse_distance_matrix(cells, 1250.0 + A_MM, output_type="coo_matrix").tocsr()}
    ways = [dijkstra(c.streets.graph, False, few, limit=1250.0 + A_MM)[:, to]
            for few in np.array_split(c.streets.node[len(c.xy) :], 30)]
    of[1] = vstack([csr_array(np.where(np.isfinite(way), way, 0.0)) for way in ways])
    for rule, (_, _, on_foot, tiers, limit, _) in REACH.items():
        way = of[on_foot].tocoo()
        there = (way.data <= limit + A_MM) & one["tier"].isin(tiers).to_numpy()[way.row]
        reach = csr_array((there.astype(float), (way.row, way.col)), way.shape)
        alone = (reach.sum(axis=0) == 1) & c.asked[rule] & (c.people > 0)
        lost[rule] = reach @ (c.people * alone)
        for name, cells in ((rule, alone), (FREE, alone & c.inside & (rule in WHOLE))):
            for k in np.flatnonzero(reach @ cells.astype(float)):
                worse[k].add(name)
    need, beds = 0.04 * by_unit(c, c.elderly), one["beds"].groupby(c.district).sum()
    for rule, gone in (
        ("street-has-centre", (one["tier"] == "centre") & ~one[["tier", "street"]].duplicated(keep=False)),
        ("community-has-station",
         ~one["community"].duplicated(keep=False) & ~one["community"].isin(c.waiting)),
        ("elderly-beds", c.district.map(beds) - one["beds"] < c.district.map(need))):
        for k in np.flatnonzero(gone):
            worse[k].add(rule)
    return worse, lost[MAIN]


def best_cover(c: Names, count: int, known: float) -> tuple[float, int]:
    """The most residents that `count` new stations can serve, and among how many cells that could serve any;
    some plan serves `known`. Lagrangian prices show of nearly all places that they are in no better plan."""
    cells = np.flatnonzero(c.asked[MAIN] & ~c.met[MAIN] & (c.people > 0))
    near = cKDTree(c.xy).sparse_distance_matrix(cKDTree(c.xy[cells]), 500.0 + A_MM, output_type="coo_matrix")
    where, site = np.unique(near.row, return_inverse=True)
    reach = csr_array((np.ones(len(site)), (site, near.col)), (len(where), len(cells)))
    weight, price, best = c.people[cells], c.people[cells], (np.inf, c.people[cells])
    for _ in range(300):
        gain = reach @ price
        top = np.argpartition(-gain, count)[:count]
        bound, over = (weight - price).sum() + gain[top].sum(), reach[top].sum(axis=0) - 1.0
        best = min(best, (bound, price), key=lambda one: one[0])
        price = np.clip(price - over * (bound - known) / max((over**2).sum(), 1.0), 0.0, weight)
    gain = reach @ best[1]
    others = np.sort(gain)[1 - count :].sum() * (count > 1)
    left = np.flatnonzero((weight - best[1]).sum() + gain + others >= known + 1)
    assert len(left) <= 30, "too many places to try them all"
    plans, served = combinations(range(len(left)), count), reach[left].toarray() > 0
    return max([known, *(weight[served[list(plan)].any(axis=0)].sum() for plan in plans)]), len(where)


def shares_of(c: Names, rule: str) -> list[float]:
    """By what a share divides: residents, ground, communities by an inner point, whole, and touched. On foot
    the ground by what is reached of the streets, a spot each 10 m: an outline drawn 6 m inside of 30 m."""
    _, _, on_foot, tiers, limit, only_urban = REACH[rule]
    spots, wide, s = c.at[c.listed["tier"].isin(tiers)], limit, c.streets
    drawn = shapely.points(spots)
    if on_foot:
        a, b = (np.minimum.reduce([c.all_m[tier][ends] for tier in tiers]) for ends in s.ends)
        n = (s.length // 10).astype(int) + 1
        piece = np.repeat(np.arange(len(n)), n)
        part = (np.arange(len(piece)) - np.repeat(np.cumsum(n) - n, n) + 0.5) / n[piece]
        way = np.minimum(a[piece] + part * s.length[piece], b[piece] + (1 - part) * s.length[piece])
        first, last = shapely.get_coordinates(s.lines).reshape(-1, 2, 2)[piece[way <= limit]].swapaxes(0, 1)
        spots = first + part[way <= limit][:, None] * (last - first)
        drawn, wide = s.lines[np.minimum(a, b) + s.length / 2 <= limit], 24.0
    subject = c.urban_unit | (not only_urban)
    shapes, tree = c.small.geometry.to_numpy()[subject], cKDTree(spots)
    low, high = c.small.total_bounds.reshape(2, 2)
    ground = np.stack(np.meshgrid(*map(np.arange, low, high, (CELL_M, CELL_M))), axis=-1).reshape(-1, 2)
    ground = ground[np.unique(shapely.STRtree(shapely.points(ground)).query(shapes, predicate="contains")[1])]
    inner = shapely.get_coordinates(shapely.point_on_surface(shapes))
    failing = c.of_cell[c.asked[rule] & ~c.met[rule] & (c.people > 0)]
    touched = shapely.STRtree(drawn).query(shapes, predicate="dwithin", distance=wide)[0]
    on_it = [np.isfinite(tree.query(at, distance_upper_bound=wide)[0]).mean() for at in (ground, inner)]
    return [c.people[c.met[rule]].sum() / c.people[c.asked[rule]].sum(), *on_it,
            (~np.isin(np.flatnonzero(subject), failing)).mean(),
            len(np.unique(touched)) / len(shapes)]


def wan(people: float) -> str:
    return f"{people / 1e4:.{1 if people >= 1e5 else 2}f}万"


def site_words(c: Names, site: dict, served: np.ndarray) -> tuple[str, str, np.ndarray]:
    """The place of a site, the sentences on whom it newly serves, and these cells."""
    anew = c.asked[MAIN] & ~served & within(c, site, 500.0)
    here = project(site["lon"], site["lat"])
    metres, door = cKDTree(c.at).query(here)
    held, all_there = (np.bincount(c.of_cell, c.people * one) for one in (anew, 1))
    most, failing = held.argmax(), {}
    for rule, (title, _, _, tiers, *_) in REACH.items():
        missed = c.people[anew & c.asked[rule] & ~c.met[rule]].sum()
        if missed and rule != MAIN and "station" in tiers:
            failing.setdefault(missed, []).append(title)
    said = (f"新增覆盖居民{c.people[anew].sum():,.0f}人，其中老年人{c.elderly[anew].sum():,.0f}人。"
            f"其中{held[most]:,.0f}人住在{c.small['name'].iloc[most]}（占该单元居民的{held[most] / all_there[most]:.1%}）。"
            f"最近的现有设施为{c.listed['name'][door]}，相距{round(metres, 1):,.0f}米（直线）。"
            + "".join(f"其中{n:,.0f}人此前还未达到：{'；'.join(titles)}。" for n, titles in failing.items()))
    return c.chain[c.of_cell[cKDTree(c.xy).query(here)[1]]], said, anew


def closing_words(c: Names, rules: dict[str, Names]) -> Iterator[str]:
    """What closing one facility alone does, and which could go."""
    (worse, lost), walked = worse_without(c), [loads(c, tier) for tier in LOAD]
    free = [k for k, rules_ in enumerate(worse) if not rules_]
    assert not any(load.get(k, 0) for load in walked for k in free)  # no band changes
    rest = [k for k, rules_ in enumerate(worse) if rules_ and not lost[k]]
    counts = Counter(rule for k in rest for rule in rules if rule in worse[k]).most_common()
    named = "；".join(f"{rules[rule].title}（{n}）" for rule, n in counts[:4])
    tiers = c.listed["tier"].value_counts()
    gone = (f"现有设施{len(worse)}处（公共服务站{tiers['station']}处；公共服务中心{tiers['centre']}处），其中{len(free)}处"
            f"单独撤并后本标准各项规则的结果均不变差（公共服务站{len(free)}处）。同时撤并多处须另做调整方案。")
    more = f"另有{len(rest)}处单独撤并不影响本方案的规则，但其他规则会变差：{named}等，另有{len(counts) - 4}项。"
    yield from (gone, more, gone + more, *(f"| {c.listed['name'][k]} | 公共服务站 | 0 | 无 |" for k in free))


def way_words(c: Names) -> Iterator[str]:
    """How far people walk, and how unequally, as the sheet on fairness says it."""
    metres = c.to["circle-walk-15"]
    there, order = np.isfinite(metres), np.argsort(metres)

    def way(share: float, people: np.ndarray) -> float:
        run = np.cumsum(people[order])
        return metres[order][np.searchsorted(run, share * run[-1])]

    half, nine, elderly = way(0.5, c.people), way(0.9, c.people), way(0.5, c.elderly)
    rural, urban = way(0.5, c.people * ~c.urban), way(0.5, c.people * c.urban)
    each = np.sort(np.repeat(metres[there], c.people[there].astype(int)))
    n, fifth = len(each), len(each) // 5
    near, far = each[:fifth].mean(), each[-fifth:].mean()
    gini = 2 * np.arange(1, n + 1) @ each / (n * each.sum()) - (n + 1) / n
    assert abs(elderly - half) < 50  # "about as far"
    yield (f"半数居民步行不超过{half:,.0f}米（{half * 0.012:.0f}分钟）可达公共服务设施，"
           f"九成居民不超过{nine:,.0f}米（{nine * 0.012:.0f}分钟）。")
    yield f"完全无法到达的居民：{c.people[~there].sum():,.0f}名。"
    yield (f"最远的五分之一居民的路程是最近的五分之一居民的{far / near:.1f}倍（{far:,.0f}米对{near:,.0f}米）；"
           f"基尼系数{gini:.2f}，0表示人人同远。")
    yield f"半数农村居民的路程不超过{rural:,.0f}米，半数城镇居民的路程不超过{urban:,.0f}米。"


def city_words(c: Names, rules: dict[str, Names], after: float) -> Iterator[str]:
    """The first paragraph, the rules and the gaps; numbers of ten thousand as officials write them."""
    inside, whole = c.people[c.met[MAIN]].sum(), c.people[c.urban].sum()
    tiers = c.listed["tier"].value_counts()
    missed, left, failing = whole - inside, whole - after, c.urban & ~c.met[MAIN]
    judged = Counter(rule.verdict for rule in rules.values())
    most = by_unit(c, c.people * failing)[c.units.index[c.units["level"] == "district"]].nlargest(2)
    worst = "、".join(f"{c.units.loc[unit, 'name']}（{wan(n)}人）" for unit, n in most.items())
    far = c.people[c.met[MAIN] & (c.to["station-walk-10"] > REACH["station-walk-10"][4] + A_MM)].sum()
    plan = (f"按方案新建公共服务站5处后，直线500米内没有公共服务站或公共服务中心的城镇居民将由现状{wan(missed)}人减至{wan(left)}人"
            f"（由{missed / whole:.1%}降至{left / whole:.1%}）。")
    yield from (plan, f"**{plan}**", f"# {CITY}新增选址建议（公共服务站）", "**虚构数据：城市为虚构，仅供演示。**", "虚构数据：城市为虚构，仅供演示。")
    yield (f"{CITY}评价范围内居民{wan(c.people.sum())}人，计入公共服务中心{tiers['centre']}处、公共服务站{tiers['station']}处。"
           f"按“南京市基本公共服务圈(2011)”评价，{len(rules)}项指标中{'、'.join(f'{v}{judged[v]}项' for v in VERDICTS)}。"
           f"{wan(missed)}名城镇居民直线500米内没有公共服务站或公共服务中心（{missed / whole:.1%}），主要在{worst}。"
           f"未覆盖居民中有老年人{wan(c.elderly[failing].sum())}人。直线500米内的{wan(inside)}城镇居民中，"
           f"{wan(far)}人（{far / inside:.1%}）沿路网步行超过833米。{plan}")
    yield f"按“南京市基本公共服务圈(2011)”评价：{'，'.join(f'{v}{judged[v]}项' for v in VERDICTS)}。"
    only = c.waiting & set(c.small["name"]) - set(c.listed["community"])
    waiting = f"其中由清单已列、尚无坐标的设施达到：{len(only)}个。"
    margin = np.concatenate([c.xy.min(0) - c.streets.low, c.streets.high - c.xy.max(0)])
    sides = "、".join(side for side, m in zip("西南东北", margin, strict=True) if m < 125.0)
    rim = f"路网文件在研究区{sides}侧边缘即告结束：外侧绕行道路未知，边缘居民的步行距离可能被高估。宜再向外多取1,250米。"
    yield from (rim, f"**{rim}**", waiting, f"{rules['community-has-station'].title}：{waiting}")
    for rule in rules.values():
        row = f" | {rule.figure} | {rule.actual} | {rule.lacks} | "
        yield f"| {rule.title}{row}{rule.verdict} |"
        yield from (f"| {rule.title}（任务{n}）{row}" for n in (11, 12))
    gaps = gaps_of(c, MAIN)
    yield f"## “{rules[MAIN].title}”的{len(gaps)}处盲区中最大的5处"
    for rank, gap in enumerate(gaps[:5], start=1):
        figures = f"{gap.people:,.0f} | {gap.people / missed:.1%} | {gap.old:,.0f} | {gap.half:,.0f}米 | "
        yield from (f"| {rank} | {place}（居民最多）及另外{gap.units - 1}个单元 | {figures}" for place in gap.chains)


@pytest.fixture(scope="module")
def told(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the product: an assessment with a plan of five stations."""
    out = tmp_path_factory.mktemp("standing") / "out"
    files = {"network": "streets.gpkg", "units": "units.gpkg", "population": "population.parquet"}
    options = [part for role, name in files.items() for part in (f"--{role}", str(demo_folder / name))]
    asked = ["--facilities", str(demo_folder / "facilities.xlsx"), "--tier", "station", "--count", "5"]
    done = cli("suggest", *options, *asked, "--goal", "most-people", "--time-limit", "20", "--out", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def sentences(city: Names, told: Path) -> set[str]:
    """Every sentence that this city's briefing, workbook and map may say, from what was computed here."""
    sites = json.loads((told / "plan.json").read_text("utf-8"))["sites"]
    few, served, said = len(pd.read_parquet(told / "candidates.parquet")), city.met[MAIN].copy(), set()
    whole, before = city.people[city.urban].sum(), city.people[served].sum()
    for n, site in enumerate(sites, start=1):
        place, words, anew = site_words(city, site, served)
        served |= anew
        after = city.people[served].sum()
        best, among = best_cover(city, n, after - before)
        assert best == after - before
        said |= {f"{n}. **{place}**（公共服务站）", f"   WGS-84 {site['lon']:.6f}, {site['lat']:.6f}",
                 f"   {words}", words, f"| {n} | {after:,.0f} | {after:,.0f} | {after:,.0f} |"}
    proved = [f"在已考虑的全部{among:,}个候选点（间距约100米）中：已证明最优：任何5处选址都不能覆盖更多居民。",
              f"新增公共服务站5处，覆盖居民由{before:,.0f}人增至{after:,.0f}人（共{whole:,.0f}名城镇居民），"
              f"人口覆盖率由{before / whole:.1%}提高到{after / whole:.1%}。", "起限制作用的条件：新建数量：最多5个。",
              f"已考虑全部{among:,}个候选点（间距约100米）；最优方案只可能由其中参与比选的{few:,}个点组成。曲线和其他方案均在这些点中寻找。",
              f"按此次序建设，任一处数的效果都与参与比选的{few:,}个候选点中同等处数的最优方案相同。",
              f"目标：覆盖居民最多。口径：{REACH[MAIN][0]}（南京市基本公共服务圈(2011)）。候选点{few:,}个。附加条件：新建最多5处。"]
    rules, (title, *_) = rules_of(city), REACH["circle-walk-15"]
    people, ground = (f"{share:.1%}" for share in said_shares(told)[title][:2])
    apart = float(people[:-1]) - float(ground[:-1])
    said.add(f"同一批设施按“{title}”计算，用地面积覆盖率为{ground}，人口覆盖率为{people}，相差{apart:.1f}个百分点："
             "人口按人头计，用地按面积计（不论有无人居住），小区和社区不论大小各计为一个。")
    said.add("- 逐处核实5处建议点位的用地：点位均为网格点。")
    todo = {"rural": "处设施中有{}处服务人口不在区间内，逐一核定服务范围。", "has": "个单元中有{}个尚未设置，逐一落实点位。"}
    for key, end in todo.items():
        for rule in (rule for name, rule in rules.items() if key in name and rule.verdict != VERDICTS[0]):
            all_of, good = (int(n) for n in re.findall(r"\d+", rule.actual)[:2])
            said.add(f"- {rule.title}：{all_of}{end.format(all_of - good)}")
    return {*said, *proved, *(f"- {one}" for one in proved),
            *closing_words(city, rules), *city_words(city, rules, after)}


def said_shares(told: Path) -> dict[str, list[float]]:
    """The rows of the briefing on what a share divides by."""
    lines = (told / "briefing-zh.md").read_text("utf-8").splitlines()
    low = lines.index("## 口径对照：现有设施") + 4
    cells = ([cell.strip() for cell in row.strip("|").split("|")] for row in lines[low : low + len(REACH)])
    return {title: [float(share[:-1]) / 100 for share in shares] for title, *shares in cells}


def test_every_cell_has_its_metres(city: Names, told: Path) -> None:
    table, called = pd.read_parquet(told / "cells.parquet"), pd.read_csv(told / "units_wide_columns.csv")
    for tier in ANY:
        mine, theirs = city.walk[tier], table[f"{tier}_walk_m"].to_numpy()
        there = np.isfinite(mine)
        assert np.array_equal(there, np.isfinite(theirs))
        assert np.abs(mine[there] - theirs[there]).max() < 0.05  # corners of streets are rounded to 1 mm
        assert np.abs(city.straight[tier] - table[f"{tier}_m"]).max() < 0.001
    for rule in REACH:
        column = table["m_" + called.loc[called["rule"] == rule, "column"].iloc[0]]
        assert np.array_equal(column.fillna(value=False).astype(bool), city.met[rule])


def test_every_closing_loses_what_it_says(city: Names, told: Path) -> None:
    rows = json.loads((told / "plan.json").read_text("utf-8"))["redundancy"]
    theirs = {(row["name"], row["lon"], row["lat"]): row for row in rows}
    worse, lost = worse_without(city)
    assert len(theirs) == len(rows) == len(worse)
    for one, rules, residents in zip(city.listed.itertuples(), worse, lost, strict=True):
        row = theirs[one.name, one.lon, one.lat]
        said = {loss["rule"] for loss in row["rules"] if not loss["rule"].endswith("-load")}
        assert (said, row["residents_lost"]) == (rules, residents)


def test_every_gap_has_its_residents_place_and_way(city: Names, told: Path) -> None:
    """Of gaps of equal residents nothing tells which is which, but that there are as many."""
    gaps = json.loads((told / "assessment.json").read_text("utf-8"))["gaps"]
    for rule, (_, _, on_foot, _, limit, _) in REACH.items():
        mine, theirs = gaps_of(city, rule), [gap for gap in gaps if gap["rule"] == rule]
        assert [gap["residents"] for gap in theirs] == [gap.people for gap in mine]
        often = Counter(gap.people for gap in mine)
        for rank, (own, gap) in enumerate(zip(mine, theirs, strict=True), start=1):
            if often[own.people] > 1:
                continue
            for said, metres in ((gap["nearest_m"], own.half), (gap["farthest_m"], own.last)):
                assert said is None if np.isinf(metres) else said == pytest.approx(metres, abs=0.06)
            assert (gap["units_touched"], gap["residents_elderly"], gap["rank"]) == (own.units, own.old, rank)
            assert gap["unit"] in own.chains
            if not on_foot and rank <= 5:  # no other cell of the gap would serve more of it
                xy, people = city.xy[own.cells], city.people[own.cells]
                most = max(people[one].sum() for one in cKDTree(xy).query_ball_point(xy, limit + A_MM))
                served = within(city, gap["site"], limit)[own.cells]
                assert gap["site"]["residents"] == people[served].sum() >= most


def test_shares_are_divided_by_what_they_name(city: Names, told: Path) -> None:
    sheet = {row[0]: row for row in sheets_of(told / "report.xlsx")["口径对照"].to_numpy().tolist()}
    for rule, (title, _, on_foot, *_) in REACH.items():
        slack = 0.008 if on_foot else 0.0006  # the product's raster may judge some communities otherwise
        near = np.abs(np.subtract(said_shares(told)[title], shares_of(city, rule)))
        assert (near < [0.0006, 0.006, slack, 0.0006, slack]).all(), (rule, near)
        assert {f"{one:.3f}" for one in said_shares(told)[title]} <= {f"{one:.3f}" for one in sheet[title][1:]
                                                                      if isinstance(one, float)}


def test_the_briefing_says_nothing_else(told: Path, sentences: set[str]) -> None:
    lines = (told / "briefing-zh.md").read_text("utf-8").splitlines()
    low, rows = lines.index("## 口径对照：现有设施"), tuple(one for one in sentences if one.endswith(" "))
    rest = [line for line in lines[:low] + lines[low + 10 :] if re.search(r"\d", line)]
    assert not [line for line in rest if line not in sentences and not line.startswith((*rows, *GIVEN))]


def test_the_workbook_says_nothing_else(city: Names, told: Path, sentences: set[str]) -> None:
    sheets = {name: sheet.to_numpy().tolist() for name, sheet in sheets_of(told / "report.xlsx").items()}
    rules, by_title = rules_of(city), {title: rule for rule, (title, *_) in REACH.items()}
    first = {row[0]: row for row in sheets["考核表"]}
    for rule in rules.values():
        row = first[rule.title]
        assert row[2:5] == [rule.figure, rule.actual, rule.verdict]
        assert row[6 if rule.named else 7] == rule.missed and not row[7 if rule.named else 6]
    sums = {rule: [by_unit(city, city.people * of[rule]) for of in (city.asked, city.met)] for rule in REACH}
    of_units = [row for row in sheets["单元"] if row[3] in by_title and str(row[2]) in sums[MAIN][0]]
    assert len(of_units) == len(REACH) * len(city.units)
    for row in of_units:
        whole, met = (one[str(row[2])] for one in sums[by_title[row[3]]])
        assert row[4:6] == [whole, met] and row[8] == (pytest.approx(met / whole) if whole else None)
    for title, rule in by_title.items():
        theirs = [(row[2], row[3], row[6]) for row in sheets["盲区"] if row[0] == title]
        assert sorted(theirs, key=lambda row: -row[0]) == theirs
        assert sorted(theirs) == sorted((gap.people, gap.old, gap.units) for gap in gaps_of(city, rule))
    known = {*sentences, *way_words(city)}
    cells = {cell for name, rows in sheets.items() if name != "计算依据" for row in rows for cell in row}
    said = {cell for cell in cells if isinstance(cell, str) and "。" in cell and re.search(r"\d", cell)}
    assert not [one for one in said - known if not one.startswith(("单位：", "纸面打印前"))]


def test_the_map_says_nothing_else(city: Names, told: Path, sentences: set[str]) -> None:
    page, rules = (told / "map.html").read_text("utf-8"), rules_of(city).values()
    panel = page[page.index('<aside id="panel">') : page.index("</aside>")]
    words = " ".join(re.sub("<[^>]*>", "\n", panel).split())
    assert all(f"指标 {rule.figure} · 现状 {rule.actual}" in words for rule in rules)
    count = Counter(rule.verdict for rule in rules)
    known = [[rule.actual, rule.title, rule.figure, f"{rule.missed / 1e4:.2f}万"] for rule in rules]
    legend = ["10分钟以内", "15分钟以内", "服务半径1,250米", "服务半径500米", "1-2", "(2011)", "再设一处", "0 %–50%", "50%–70%",
              "70%–85%", "85%–100%", "100% 图例", "✓ {} · ≈ {} · ✕ {}".format(*(count[v] for v in VERDICTS))]
    for one in (*sorted(sentences, key=len)[::-1], *sum(known, legend), f"{len(city.waiting)}个"):
        words = words.replace(one, "")
    # Left are ranks and residents of gaps.
    gaps = {f"{gap.people / 1e4:.2f}万" for rule in REACH for gap in gaps_of(city, rule)}
    assert set(re.findall(r"\d[\d,.]*(?:人|万|%)", words)) <= {"0%", "100.0%", "90.0%"} | gaps
