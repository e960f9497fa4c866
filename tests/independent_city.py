"""The demo city read and measured from its four files alone, by other means than the product's.
Nothing of the product is imported."""

# ruff: noqa: E501 - Chinese sentences count twice
from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace as Names
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import shapely
from pyproj import Transformer
from scipy.ndimage import label
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, hstack, identity
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

CELL_M, A_MM, CRS = 100.0, 1e-3, "EPSG:4549"
TIERS = {"公共服务中心": "centre", "公共服务站": "station"}
ANY = ("station", "centre")
REACH = {  # rule: (title, its figure, on foot, tiers that serve, metres, urban residents only)
    "centre-radius": ("公共服务中心直线半径1,250米以内（城镇居民）", "≤1,250米", 0, ("centre",), 1250.0, 1),
    "station-radius": ("公共服务站直线半径500米以内（城镇居民）", "≤500米", 0, ANY, 500.0, 1),
    "circle-walk-10": ("步行10分钟可达公共服务设施（全部居民）", "≤10分钟", 1, ANY, 10 * 5000 / 60, 0),
    "circle-walk-15": ("步行15分钟可达公共服务设施（全部居民）", "≤15分钟", 1, ANY, 15 * 5000 / 60, 0),
    "centre-walk-15": ("步行15分钟可达公共服务中心（城镇居民）", "≤15分钟", 1, ("centre",), 15 * 5000 / 60, 1),
    "station-walk-10": ("步行10分钟可达公共服务站（城镇居民）", "≤10分钟", 1, ANY, 10 * 5000 / 60, 1),
}  # fmt: skip
WHOLE = ("centre-radius", "station-radius", "circle-walk-15")
LOAD = {"centre": ("农村每处公共服务中心服务1,000～5,000人", 1000, 5000),
        "station": ("农村每处公共服务站服务300～1,000人", 300, 1000)}  # fmt: skip
project = Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform


class Streets:
    """A node for every vertex of a street and every foot of a place; a bridge shares a vertex only where some line
    ends. `away(doors)`: metres from every node to the nearest door, and which door that is."""

    def __init__(self, path: Path, places: np.ndarray) -> None:
        lines = gpd.read_file(path, layer="streets").to_crs(CRS)
        at = lines.geometry.get_coordinates().round(3).reset_index(names="line")
        ends = at.groupby("line").nth([0, -1])[["x", "y"]].drop_duplicates().assign(end=True)
        at = at.merge(ends, how="left", on=["x", "y"])
        apart = lines["bridge"].fillna(False).astype(bool).to_numpy()[at["line"]] & at["end"].isna()
        number = at.assign(of=np.where(apart, at["line"], -1)).groupby(["x", "y", "of"]).ngroup().to_numpy()
        same = np.flatnonzero((np.diff(at["line"]) == 0) & (np.diff(number) != 0))
        self.low, self.high = at[["x", "y"]].min().to_numpy(), at[["x", "y"]].max().to_numpy()
        self.ends = np.column_stack([number[same], number[same + 1]])
        corners = at[["x", "y"]].to_numpy()
        self.lines = shapely.linestrings(np.stack([corners[same], corners[same + 1]], axis=1))
        piece = shapely.STRtree(self.lines).query_nearest(shapely.points(places), all_matches=False)[1]
        self.off = shapely.distance(self.lines[piece], points := shapely.points(places))
        along, n, m = shapely.line_locate_point(self.lines[piece], points), number.max() + 1, len(same)
        self.foot = n + np.arange(len(places))
        length, every = shapely.length(self.lines), np.arange(m)
        stops = pd.DataFrame({"piece": np.concatenate([every, every, piece]),
                              "along": np.concatenate([0 * length, length, along]),
                              "node": np.concatenate([*self.ends.T, self.foot])})  # fmt: skip
        stops = stops.sort_values(["piece", "along"], kind="stable")
        pair = np.flatnonzero(np.diff(stops["piece"]) == 0)
        a, b = stops["node"].to_numpy()[pair], stops["node"].to_numpy()[pair + 1]
        self.edges = pd.DataFrame({"a": np.minimum(a, b), "b": np.maximum(a, b),
                                   "m": np.diff(stops["along"])[pair]})  # fmt: skip

    def graph(self, doors: np.ndarray) -> tuple[Any, np.ndarray]:
        gate = self.foot[-1] + 1 + np.arange(len(doors))
        legs = pd.DataFrame({"a": self.foot[doors], "b": gate, "m": self.off[doors]})
        edges = pd.concat([self.edges, legs]).groupby(["a", "b"], as_index=False)["m"].min()
        size = gate[-1] + 1
        return coo_array((np.maximum(edges["m"], 1e-9), (edges["a"], edges["b"])), (size, size)).tocsr(), gate

    def away(self, doors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        graph, gate = self.graph(doors := doors[self.off[doors] <= 500.0])
        metres, _, origin = dijkstra(graph, False, gate, return_predecessors=True, min_only=True)
        return metres, np.where(origin < 0, -1, doors[origin - gate[0]])


def read_city(folder: Path) -> Names:
    """The four files, and for every cell and rule the metres to what serves it."""
    people = pd.read_parquet(folder / "population.parquet")
    units = gpd.read_file(folder / "units.gpkg").to_crs(CRS).set_index("unit_id")
    small = units[units["level"] == "community"]
    xy = np.column_stack(project(people["lon"], people["lat"]))
    cell, unit = shapely.STRtree(small.geometry).query(shapely.points(xy), predicate="intersects")
    of_cell = np.full(len(xy), len(small))
    np.minimum.at(of_cell, cell, unit)
    book = openpyxl.load_workbook(folder / "facilities.xlsx", read_only=True)
    rows = [row for sheet in book.worksheets for row in sheet.iter_rows(values_only=True) if len(row) > 11]
    listed = pd.DataFrame([row[:12] for row in rows if row[2] in TIERS])[[1, 2, 3, 4, 6, 7, 9, 11]]
    listed.columns = pd.Index(["name", "tier", "street", "community", "lon", "lat", "beds", "state"])
    listed["street"] = listed["street"].ffill()
    listed = listed[listed["state"] == "正常"]
    waiting = set(listed.loc[listed["lon"].isna(), "community"])
    listed = listed[listed["lon"].notna()].reset_index(drop=True)
    listed["beds"] = ("0" + listed["beds"].astype(str).str.replace(r"\D", "", regex=True)).astype(int)
    listed["tier"], at = listed["tier"].map(TIERS), np.column_stack(project(listed["lon"], listed["lat"]))
    streets = Streets(folder / "streets.gpkg", np.vstack([xy, at]))
    straight, walk, owner, node_m = {}, {}, {}, {}
    for tier in ANY:
        doors = np.flatnonzero(listed["tier"] == tier)
        straight[tier] = cKDTree(at[doors]).query(xy)[0]
        node_m[tier], origin = streets.away(len(xy) + doors)
        feet, off = streets.foot[: len(xy)], streets.off[: len(xy)]
        walk[tier] = np.where(off <= 500.0, node_m[tier][feet] + off, np.inf)
        # A place and a door no more than 50 m apart are as far apart on foot as they are straight.
        walk[tier] = np.where((straight[tier] <= 50.0), np.minimum(walk[tier], straight[tier]), walk[tier])
        owner[tier] = origin[feet] - len(xy)
    urban = (small["settlement"] == "urban").to_numpy()
    city = Names(people=people["residents"].to_numpy(float), elderly=people["elderly"].to_numpy(float), xy=xy,
                 units=units, small=small, of_cell=of_cell, waiting=waiting, listed=listed, at=at, owner=owner,
                 straight=straight, walk=walk, streets=streets, node_m=node_m, urban_unit=urban,
                 urban=np.append(urban, True)[of_cell], met={}, asked={}, to={})  # fmt: skip
    for rule, (_, _, on_foot, tiers, limit, only_urban) in REACH.items():
        city.to[rule] = np.minimum.reduce([(walk if on_foot else straight)[tier] for tier in tiers])
        city.asked[rule] = city.urban if only_urban else np.ones(len(xy), bool)
        city.met[rule] = city.asked[rule] & (city.to[rule] <= limit + A_MM)
    return city


def by_unit(city: Names, values: np.ndarray) -> pd.Series:
    """Sums of a value of the cells, of every unit of every level."""
    sums = pd.Series(np.bincount(city.of_cell, values, len(city.small) + 1)[:-1], city.small.index)
    parent = city.units["parent_id"]
    streets = sums.groupby(parent[sums.index].to_numpy()).sum()
    return pd.concat([sums, streets, streets.groupby(parent[streets.index].to_numpy()).sum()])


def loads(city: Names, tier: str) -> pd.Series:
    """Rural residents of every rural facility of a tier; of a station those to whom no centre is nearer."""
    goes = ~city.urban & np.isfinite(city.walk[tier])
    goes &= (tier == "centre") | (city.walk[tier] <= city.walk["centre"] + A_MM)
    held = np.bincount(city.owner[tier][goes], city.people[goes], len(city.listed))
    unit = shapely.STRtree(city.small.geometry).query(shapely.points(city.at), predicate="intersects")
    rural = np.zeros(len(held), bool)
    rural[unit[0]] = ~city.urban_unit[unit[1]]
    return pd.Series(held, city.listed.index)[rural & (city.listed["tier"] == tier).to_numpy()]


def district_of(city: Names) -> pd.Series:
    """Of every facility the district of its street."""
    streets = city.units[city.units["level"] == "street"].set_index("name")
    return city.listed["street"].map(streets["parent_id"])


def verdict(share: float) -> str:
    return "达标" if share >= 1 else "基本达标" if share >= 0.9 else "未达标"


def rules_of(city: Names) -> dict[str, Names]:
    """Every rule of the standard: title, figure, what there is, whom it misses, verdict, units met."""
    found = {}
    for rule, (title, figure, *_) in REACH.items():
        whole, part = city.people[city.asked[rule]].sum(), city.people[city.met[rule]].sum()
        found[rule] = Names(title=title, figure=figure, share=part / whole, missed=whole - part, words="未覆盖{}人", lacks=f"{whole - part:,.0f}名居民未覆盖",
                            actual=f"{part / whole:.1%}（{whole:,.0f}人中{part:,.0f}人）")  # fmt: skip
    for tier, (title, low, high) in LOAD.items():
        held = loads(city, tier)
        less, more = (held < low).sum(), (held > high).sum()
        good, out = len(held) - less - more, held[(held < low) | (held > high)].sum()
        found[f"rural-{tier}-load"] = Names(
            title=title, figure=f"{low:,}～{high:,}人", share=good / len(held), missed=out,
            words="涉及{}人（所去设施规模不合适）", lacks=f"{less + more}处设施的服务人口不在区间内", actual=f"{len(held)}处中{good}处合适，{less}处不足，{more}处超出")  # fmt: skip
    held = by_unit(city, city.people)
    centres = set(city.listed.loc[city.listed["tier"] == "centre", "street"])
    inside = whole_circle(city)
    full = by_unit(city, city.people * ~inside) == 0
    named = city.units["name"]
    for rule, level, title, figure, good in (
        ("street-has-centre", "street", "每个街道（镇）设有公共服务中心", "每个1处", named.isin(centres)),
        ("community-has-station", "community", "每个社区（村）设有公共服务站", "每个1处",
         named.isin({*city.listed["community"], *city.waiting})),
        ("grid-full-coverage", "community", "以社区（村）为单位，居民全部覆盖", "100.0%的单元", full),
    ):  # fmt: skip
        of = city.units.index[city.units["level"] == level]
        met, n = good.reindex(of), len(of)
        grid = rule == "grid-full-coverage"
        missed = city.people[~inside].sum() if grid else held.reindex(of)[~met].sum()
        found[rule] = Names(title=title, figure=figure, share=met.mean(), missed=missed, units=met,
                            lacks=f"{n - met.sum()}个单元", words=("未覆盖" if grid else "涉及") + f"{{}}人；{n - met.sum()}个单元",
                            actual=f"{n}个中{met.sum()}个（{met.mean():.1%}）")  # fmt: skip
    beds = 1000 * city.listed["beds"].groupby(district_of(city)).sum() / by_unit(city, city.elderly)
    met = beds.dropna() >= 40
    found["elderly-beds"] = Names(title="每千名老年人口40张床位", figure="每千人≥40", share=met.mean(), missed=0.0,
                                  lacks="无" if met.all() else f"{(~met).sum()}个单元", words=f"涉及老年人口{{}}人；{(~met).sum()}个单元",
                                  actual=f"每千人{1000 * city.listed['beds'].sum() / city.elderly.sum():.1f}；"
                                         f"{len(met)}个单元中{met.sum()}个达到")  # fmt: skip
    for rule in found.values():
        rule.verdict = verdict(rule.share)
    return found


def whole_circle(city: Names) -> np.ndarray:
    """The cells of which every resident is within the radii and the 15 minutes."""
    return np.logical_and.reduce([city.met[rule] | ~city.asked[rule] for rule in WHOLE])


def gaps_of(city: Names, rule: str) -> pd.DataFrame:
    """Contiguous cells that fail a rule, most residents first, each with the sentence of its place."""
    column, row = np.round((city.xy - city.xy.min(axis=0)) / CELL_M).astype(int).T
    failing = city.asked[rule] & ~city.met[rule] & (city.people > 0)
    picture = np.zeros((row.max() + 1, column.max() + 1), bool)
    picture[row[failing], column[failing]] = True
    part = np.where(failing, label(picture, np.ones((3, 3)))[0][row, column], 0)
    cells = pd.DataFrame({"part": part, "people": city.people, "old": city.elderly, "m": city.to[rule],
                          "unit": city.of_cell})[part > 0].sort_values("m")  # fmt: skip
    rows = []
    for number, mine in cells.groupby("part"):
        run, held = mine["people"].cumsum(), mine.groupby("unit")["people"].sum()
        chains = [chain(city, unit) for unit in held.index[held == held.max()]]
        half, last = mine["m"].iloc[np.searchsorted(run, run.iloc[-1] / 2)], mine["m"].iloc[-1]
        rows.append((run.iloc[-1], mine["old"].sum(), half, last, len(held), chains, part == number))
    found = pd.DataFrame(rows, columns=["people", "old", "half", "last", "units", "chains", "cells"])
    return found.sort_values("people", ascending=False, ignore_index=True)


def within(city: Names, place: dict[str, Any], limit: float) -> np.ndarray:
    """The cells within some metres of the cell that stands at a place."""
    at = city.xy[cKDTree(city.xy).query(project(place["lon"], place["lat"]))[1]]
    return np.hypot(*(city.xy - at).T) <= limit + A_MM


def chain(city: Names, number: int) -> str:
    unit = city.small.iloc[number]
    street = city.units.loc[unit["parent_id"]]
    return f"{city.units.loc[street['parent_id'], 'name']} {street['name']} {unit['name']}"


def near(city: Names, on_foot: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(cells, metres) within 1,250 m of every facility."""
    if not on_foot:
        found = cKDTree(city.xy).query_ball_point(city.at, 1250.0 + A_MM)
        return [(c := np.array(cells, int), np.hypot(*(city.xy[c] - at).T))
                for cells, at in zip(found, city.at, strict=True)]  # fmt: skip
    graph, gate = city.streets.graph(len(city.xy) + np.arange(len(city.at)))
    feet, off, rows = city.streets.foot[: len(city.xy)], city.streets.off[: len(city.xy)], []
    for few in np.array_split(gate, 30):
        metres = dijkstra(graph, directed=False, indices=few, limit=1250.0)[:, feet] + off
        rows += [(c := np.flatnonzero((one <= 1250.0 + A_MM) & (off <= 500.0)), one[c]) for one in metres]
    return rows


def worse_without(city: Names) -> tuple[list[set[str]], np.ndarray]:
    """For every facility the rules that get worse if it alone closes, and the residents whom it alone serves by
    the station's radius."""
    listed, inside = city.listed, whole_circle(city)
    worse: list[set[str]] = [set() for _ in listed.index]
    lost = np.zeros(len(listed))
    of = {on_foot: near(city, on_foot) for on_foot in (0, 1)}
    for rule, (_, _, on_foot, tiers, limit, _) in REACH.items():
        mine = [c[m <= limit + A_MM] if t in tiers else c[:0]
                for (c, m), t in zip(of[on_foot], listed["tier"], strict=True)]  # fmt: skip
        times = np.bincount(np.concatenate(mine), minlength=len(city.xy))
        for k, cells in enumerate(mine):
            alone = cells[(times[cells] == 1) & city.asked[rule][cells] & (city.people[cells] > 0)]
            worse[k] |= {rule} if len(alone) else set()
            worse[k] |= {"grid-full-coverage"} if rule in WHOLE and inside[alone].any() else set()
            lost[k] += city.people[alone].sum() if rule == "station-radius" else 0
    district, need = district_of(city), 0.04 * by_unit(city, city.elderly)
    beds, centres = listed.groupby(district)["beds"].sum(), listed["street"][listed["tier"] == "centre"]
    for k, one in listed.iterrows():
        if one["tier"] == "centre" and (centres == one["street"]).sum() == 1:
            worse[k].add("street-has-centre")
        if (listed["community"] == one["community"]).sum() == 1 and one["community"] not in city.waiting:
            worse[k].add("community-has-station")
        if beds[district[k]] - one["beds"] < need[district[k]]:
            worse[k].add("elderly-beds")
    return worse, lost


def best_cover(city: Names, rule: str, count: int, known: float) -> tuple[float, int]:
    """The most residents that `count` new places can serve, and among how many cells that could serve any; `known`
    is what some plan serves.

    By Lagrangian prices most places are shown to be in no better plan; the rest is solved as a whole programme.
    """
    cells = np.flatnonzero(city.asked[rule] & ~city.met[rule] & (city.people > 0))
    found = cKDTree(city.xy).query_ball_point(city.xy[cells], REACH[rule][4] + A_MM)
    where, site = np.unique(np.concatenate(found), return_inverse=True)
    cell = np.repeat(np.arange(len(cells)), [len(one) for one in found])
    reach = coo_array((np.ones(len(site)), (site, cell)), (len(where), len(cells))).tocsr()
    weight, price, best = city.people[cells], city.people[cells], (np.inf, city.people[cells])
    for _ in range(300):
        gain = reach @ price
        top = np.argpartition(-gain, count)[:count]
        bound, over = (weight - price).sum() + gain[top].sum(), reach[top].sum(axis=0) - 1.0
        best = min(best, (bound, price), key=lambda one: one[0])
        price = np.clip(price - over * (bound - known) / max((over**2).sum(), 1.0), 0.0, weight)
    gain, spare = reach @ best[1], (weight - best[1]).sum()
    left = np.flatnonzero(spare + gain + np.sort(gain)[1 - count :].sum() * (count > 1) >= known + 1)
    if not len(left):
        return known, len(where)
    kept, n, m = reach[left].T, len(left), len(cells)
    model = hstack([kept, -identity(m)]).tocsr()
    once = coo_array((np.ones(n), (np.zeros(n, int), np.arange(n))), (1, n + m)).tocsr()
    rules = [LinearConstraint(model, 0.0, np.inf), LinearConstraint(once, 0.0, count)]
    whole = np.append(np.ones(n), np.zeros(m))
    done = milp(np.append(np.zeros(n), -weight), constraints=rules, integrality=whole, bounds=Bounds(0, 1))
    return max(known, round(-done.fun)), len(where)


def shares_of(city: Names) -> dict[str, list[float]]:
    """By what a share divides: residents, ground, communities by an inner point, whole, and touched."""
    low, high = city.small.total_bounds[:2], city.small.total_bounds[2:]
    grid = np.stack(np.meshgrid(*(np.arange(a, b, CELL_M) for a, b in zip(low, high, strict=True))), axis=-1)
    points = shapely.points(grid.reshape(-1, 2))
    spot, unit = shapely.STRtree(points).query(city.small.geometry, predicate="contains")[::-1]
    found, ends, lines = {}, city.streets.ends, city.streets.lines
    for rule, (_, _, on_foot, tiers, limit, only_urban) in REACH.items():
        subject = city.urban_unit if only_urban else np.ones(len(city.small), bool)
        if on_foot:  # the ground by what is reached of every piece: an outline drawn 7 m inside of 30 m
            left = np.clip(limit - np.minimum.reduce([city.node_m[t][ends] for t in tiers]), 0.0, None)
            part, xy = (
                np.minimum(left / shapely.length(lines)[:, None], 1.0),
                shapely.get_coordinates(lines).reshape(-1, 2, 2),
            )
            both = part.sum(axis=1) >= 1
            cut = [
                xy[:, k] + (xy[:, 1 - k] - xy[:, k]) * np.where(both, 1.0, part[:, k])[:, None]
                for k in (0, 1)
            ]
            drawn = np.concatenate([shapely.linestrings(np.stack([xy[:, k], cut[k]], axis=1))[part[:, k] > 0]
                                    for k in (0, 1)])  # fmt: skip
            reached, wide = shapely.STRtree(drawn), 30.0 * (3.1 - 0.5**0.5) / 3.1
        else:
            doors = city.at[city.listed["tier"].isin(tiers)]
            reached, wide = shapely.STRtree(shapely.points(doors)), limit

        def near_it(shapes: Any, tree: Any = reached, metres: float = wide) -> np.ndarray:
            return np.isin(
                np.arange(len(shapes)), tree.query(shapes, predicate="dwithin", distance=metres)[0]
            )

        on = spot[subject[unit]]
        failing = np.unique(city.of_cell[city.asked[rule] & ~city.met[rule] & (city.people > 0)])
        shapes = city.small.geometry.to_numpy()[subject]
        found[rule] = [city.people[city.met[rule]].sum() / city.people[city.asked[rule]].sum(),
                       near_it(points[on]).mean(), near_it(shapely.point_on_surface(shapes)).mean(),
                       (~np.isin(np.flatnonzero(subject), failing)).mean(), near_it(shapes).mean()]  # fmt: skip
    return found


def short_words(city: Names, after: float) -> set[str]:
    """The briefing's first paragraph: whole numbers of ten thousand, as officials write them."""

    def wan(people: float) -> str:
        return f"{people / 1e4:.1f}" if people >= 1e5 else f"{people / 1e4:.2f}"

    rules, tiers = rules_of(city), city.listed["tier"].value_counts()
    judged = [rule.verdict for rule in rules.values()]
    met, whole = city.met["station-radius"], city.people[city.urban].sum()
    failing = city.urban & ~met
    districts = city.units.index[city.units["level"] == "district"]
    most = by_unit(city, city.people * failing)[districts].nlargest(2)
    worst = "、".join(f"{city.units.loc[unit, 'name']}（{wan(n)}万人）" for unit, n in most.items())
    missed, left, inside = whole - city.people[met].sum(), whole - after, city.people[met].sum()
    far = city.people[met & (city.to["station-walk-10"] > REACH["station-walk-10"][4] + A_MM)].sum()
    plan = (f"按方案新建公共服务站5处后，直线500米内没有公共服务站或公共服务中心的城镇居民将由现状{wan(missed)}万人减至{wan(left)}万人"
            f"（由{missed / whole:.1%}降至{left / whole:.1%}）。")  # fmt: skip
    words = [judged.count(word) for word in ("达标", "基本达标", "未达标")]
    first = (f"云川市评价范围内居民{wan(city.people.sum())}万人，计入公共服务中心{tiers['centre']}处、公共服务站{tiers['station']}处。"
             f"按“南京市基本公共服务圈(2011)”评价，{len(rules)}项指标中达标{words[0]}项、基本达标{words[1]}项、未达标{words[2]}项。"
             f"{wan(missed)}万名城镇居民直线500米内没有公共服务站或公共服务中心（{missed / whole:.1%}），主要在{worst}。"
             f"未覆盖居民中有老年人{wan(city.elderly[failing].sum())}万人。"
             f"直线500米内的{wan(inside)}万城镇居民中，{wan(far)}万人（{far / inside:.1%}）沿路网步行超过833米。{plan}")  # fmt: skip
    only = city.waiting & set(city.small["name"]) - set(city.listed["community"])
    return {
        plan,
        f"**{plan}**",
        first,
        f"每个社区（村）设有公共服务站：其中由清单已列、尚无坐标的设施达到：{len(only)}个。",
    }


def way_words(city: Names) -> set[str]:
    """How far people walk, and how unequally, as the sheet on fairness says it."""

    def way(share: float, people: np.ndarray) -> float:
        order = np.argsort(city.to["circle-walk-15"])
        run = np.cumsum(people[order])
        return float(city.to["circle-walk-15"][order][np.searchsorted(run, share * run[-1])])

    half, nine, metres = way(0.5, city.people), way(0.9, city.people), city.to["circle-walk-15"]
    there = np.isfinite(metres)
    each = np.sort(np.repeat(metres[there], city.people[there].astype(int)))
    near_m, far_m = each[: len(each) // 5].mean(), each[-(len(each) // 5) :].mean()
    rank = np.arange(1, len(each) + 1)
    gini = 2 * (rank * each).sum() / (len(each) * each.sum()) - (len(each) + 1) / len(each)
    urban, rural = (way(0.5, city.people * one) for one in (city.urban, ~city.urban))
    assert abs(way(0.5, city.elderly) - half) < 50
    return {f"半数居民步行不超过{half:,.0f}米（{half * 0.012:.0f}分钟）可达公共服务设施，"
            f"九成居民不超过{nine:,.0f}米（{nine * 0.012:.0f}分钟）。",
            f"完全无法到达的居民：{city.people[~there].sum():,.0f}名。",
            f"最远的五分之一居民的路程是最近的五分之一居民的{far_m / near_m:.1f}倍（{far_m:,.0f}米对{near_m:,.0f}米）；"
            f"基尼系数{gini:.2f}，0表示人人同远。",
            f"半数农村居民的路程不超过{rural:,.0f}米，半数城镇居民的路程不超过{urban:,.0f}米。"}  # fmt: skip
