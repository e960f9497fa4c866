"""An independent reading of the demo city: every figure and every claim of briefing, workbook and map is
computed again from the four input files alone (`tests.independent_city`), or it does not stand there."""

# ruff: noqa: E501 - Chinese sentences count twice
from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace as Names
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from scipy.spatial import cKDTree

from tests.command_line import cli
from tests.independent_city import (
    A_MM,
    LOAD,
    REACH,
    best_cover,
    by_unit,
    chain,
    gaps_of,
    loads,
    project,
    read_city,
    rules_of,
    shares_of,
    short_words,
    way_words,
    within,
    worse_without,
)


@pytest.fixture(scope="module")
def told(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the product: an assessment with a plan of five stations."""
    out = tmp_path_factory.mktemp("standing") / "out"
    files = {"facilities": "facilities.xlsx", "population": "population.parquet", "network": "streets.gpkg",
             "units": "units.gpkg"}  # fmt: skip
    options = [part for role, name in files.items() for part in (f"--{role}", str(demo_folder / name))]
    asked = ["--tier", "station", "--goal", "most-people", "--count", "5", "--time-limit", "20"]
    done = cli("suggest", *options, *asked, "--out", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def city(demo_folder: Path) -> Names:
    return read_city(demo_folder)


def test_every_cell_has_its_metres(city: Names, told: Path) -> None:
    table = pd.read_parquet(told / "cells.parquet")
    for tier in ("centre", "station"):
        mine, theirs = city.walk[tier], table[f"{tier}_walk_m"].to_numpy()
        there = np.isfinite(mine)
        assert np.array_equal(there, np.isfinite(theirs))
        assert np.abs(mine[there] - theirs[there]).max() < 0.05  # corners of streets are rounded to 1 mm
        assert np.abs(city.straight[tier] - table[f"{tier}_m"]).max() < 0.001
    called = pd.read_csv(told / "units_wide_columns.csv", encoding="utf-8-sig").set_index("rule")["column"]
    for rule in REACH:
        assert np.array_equal(
            table[f"m_{called[rule].iloc[0]}"].fillna(value=False).astype(bool), city.met[rule]
        )


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
    document = json.loads((told / "assessment.json").read_text("utf-8"))
    for rule, (_, _, on_foot, _, limit, _) in REACH.items():
        mine, theirs = gaps_of(city, rule), [gap for gap in document["gaps"] if gap["rule"] == rule]
        assert [gap["residents"] for gap in theirs] == mine["people"].tolist()
        once = ~mine["people"].duplicated(keep=False)
        for row, gap in zip(
            mine[once].itertuples(), (g for g, o in zip(theirs, once, strict=True) if o), strict=True
        ):
            for said, metres in ((gap["nearest_m"], row.half), (gap["farthest_m"], row.last)):
                assert said is None if np.isinf(metres) else said == pytest.approx(metres, abs=0.06)
            assert (gap["units_touched"], gap["residents_elderly"]) == (row.units, row.old)
            assert gap["unit"] in row.chains and gap["rank"] == row.Index + 1
            if not on_foot and row.Index < 5:  # no other cell of the gap would serve more of it
                cells = np.flatnonzero(row.cells)
                found = cKDTree(city.xy[cells]).query_ball_point(city.xy[cells], limit + A_MM)
                assert gap["site"]["residents"] >= max(city.people[cells[one]].sum() for one in found if one)
                assert gap["site"]["residents"] == city.people[row.cells & within(city, gap, limit)].sum()


def site_words(city: Names, site: dict[str, Any], served: np.ndarray) -> tuple[str, str, np.ndarray]:
    """The place of a site, the sentences on whom it newly serves, and these cells."""
    anew = city.asked["station-radius"] & ~served & within(city, site, 500.0)
    cell = cKDTree(city.xy).query(project(site["lon"], site["lat"]))[1]
    held = pd.Series(city.people * anew).groupby(city.of_cell).sum()
    most, all_there = held.idxmax(), np.bincount(city.of_cell, city.people)
    metres, door = cKDTree(city.at).query(project(site["lon"], site["lat"]))
    said = (f"新增覆盖居民{city.people[anew].sum():,.0f}人，其中老年人{city.elderly[anew].sum():,.0f}人。"
            f"其中{held.max():,.0f}人住在{city.small.iloc[most]['name']}（占该单元居民的{held.max() / all_there[most]:.1%}）。"
            f"最近的现有设施为{city.listed['name'][door]}，相距{round(metres, 1):,.0f}米（直线）。")  # fmt: skip
    failing: dict[float, list[str]] = {}
    for rule, (title, *_) in REACH.items():
        missed = city.people[anew & city.asked[rule] & ~city.met[rule]].sum()
        if missed and rule != "station-radius" and "station" in REACH[rule][3]:
            failing.setdefault(missed, []).append(title)
    said += "".join(f"其中{n:,.0f}人此前还未达到：{'；'.join(titles)}。" for n, titles in failing.items())
    return chain(city, city.of_cell[cell]), said, anew


def closing_words(city: Names, rules: dict[str, Names]) -> set[str]:
    """What closing one facility alone does, and which could go; loads count where nothing else gets worse."""
    worse, lost = worse_without(city)
    free = [k for k, rules_ in enumerate(worse) if not rules_]
    walked = {tier: loads(city, tier) for tier in LOAD}
    assert not any(walked["station"].get(k, 0) or walked["centre"].get(k, 0) for k in free)  # no band changes
    rest = [k for k, rules_ in enumerate(worse) if rules_ and not lost[k]]
    counts = pd.Series([rule for k in rest for rule in worse[k]]).value_counts()
    named = "；".join(f"{rules[rule].title} ({n})" for rule, n in counts.iloc[:4].items())
    tiers = city.listed["tier"].value_counts()
    gone = (
        f"现有设施{len(worse)}处（公共服务站{tiers['station']}处；公共服务中心{tiers['centre']}处），"
        f"其中{len(free)}处单独撤并后本标准各项规则的结果均不变差（公共服务站{len(free)}处）。同时撤并多处须另做调整方案。"
    )
    more = (
        f"另有{len(rest)}处单独撤并不影响本方案的规则，但其他规则会变差：{named}等，另有{len(counts) - 4}项。"
    )
    return {gone, more, gone + more, *(f"| {city.listed['name'][k]} | 公共服务站 | 0 | 无 |" for k in free)}


GIVEN = (  # what the standard and the calculation say of themselves
    "| 序号 ", "- 测算日期: ", "- 数据时点: ", "- 标准: 南京市基本公共服务圈(2011)（宁委办发〔2011〕52号），任务11、12",
    "- 计算依据: 直线距离；沿路网步行，5公里/小时（老年3公里/小时）", "- “左右”容差: 0%", "- 复算码: ",
    "- 达标线: 100.0%起为达标，90.0%起为基本达标", "任务与责任单位依据宁委办发〔2011〕52号。",
)  # fmt: skip


@pytest.fixture(scope="module")
def sentences(city: Names, told: Path) -> set[str]:
    """Every sentence that this city's briefing, workbook and map may say, from what was computed here."""
    plan = json.loads((told / "plan.json").read_text("utf-8"))
    rules, rows, before = rules_of(city), [], city.people[city.met["station-radius"]].sum()
    whole, served, said = city.people[city.urban].sum(), city.met["station-radius"].copy(), set()
    judged = [rule.verdict for rule in rules.values()]
    said |= {
        "# 云川市新增选址建议（公共服务站）",
        "**虚构数据：城市为虚构，仅供演示。**",
        "虚构数据：城市为虚构，仅供演示。",
        "按“南京市基本公共服务圈(2011)”评价："
        + "，".join(f"{w}{judged.count(w)}项" for w in ("达标", "基本达标", "未达标"))
        + "。",
    }
    margin = np.concatenate([city.xy.min(0) - city.streets.low, city.streets.high - city.xy.max(0)])
    sides = "、".join(side for side, m in zip("西南东北", margin, strict=True) if m < 125.0)
    rim = f"路网文件在研究区{sides}侧边缘即告结束：外侧绕行道路未知，边缘居民的步行距离可能被高估。宜再向外多取1,250米。"
    said |= {rim, f"**{rim}**"}
    for rule in rules.values():
        row = f" | {rule.figure} | {rule.actual} | {rule.lacks} | "
        said |= {f"| {rule.title}{row}{rule.verdict} |"}
        said |= {f"| {rule.title}（任务{number}）{row}" for number in (11, 12)}
    said.add("- 逐处核实5处建议点位的用地：点位均为网格点。")
    for name, rule in rules.items():
        counted = [int(n) for n in re.findall(r"\d+", rule.actual)]
        if name.endswith("-load") and rule.verdict != "达标":
            outside = counted[0] - counted[1]
            said.add(
                f"- {rule.title}：{counted[0]}处设施中有{outside}处服务人口不在区间内，逐一核定服务范围。"
            )
        elif "-has-" in name and rule.verdict != "达标":
            said.add(
                f"- {rule.title}：{counted[0]}个单元中有{counted[0] - counted[1]}个尚未设置，逐一落实点位。"
            )
    for index, gap in gaps_of(city, "station-radius").iterrows():
        part = gap["people"] / rules["station-radius"].missed
        figures = f"{gap['people']:,.0f} | {part:.1%} | {gap['old']:,.0f} | {gap['half']:,.0f}米 | "
        touched = f"（居民最多）及另外{gap['units'] - 1}个单元"
        rows.append([f"| {index + 1} | {place}{touched} | {figures}" for place in gap["chains"]])
    said |= {f"## “{REACH['station-radius'][0]}”的{len(rows)}处盲区中最大的5处"}
    said |= {line for row in rows[:5] for line in row}
    curve = []
    for number, site in enumerate(plan["sites"], start=1):
        place, words, anew = site_words(city, site, served)
        served |= anew
        curve.append(city.people[served].sum())
        best, among = best_cover(city, "station-radius", number, curve[-1] - before)
        assert best == curve[-1] - before
        said |= {f"{number}. **{place}** (公共服务站)", f"   WGS-84 {site['lon']:.6f}, {site['lat']:.6f}", f"   {words}",
                 words, f"| {number} | {curve[-1]:,.0f} | {curve[-1]:,.0f} | {curve[-1]:,.0f} |"}  # fmt: skip
    gained = (f"新增公共服务站5处，覆盖居民由{before:,.0f}人增至{curve[-1]:,.0f}人（共{whole:,.0f}名城镇居民），"
              f"人口覆盖率由{before / whole:.1%}提高到{curve[-1] / whole:.1%}。")  # fmt: skip
    few = len(pd.read_parquet(told / "candidates.parquet"))
    proved = [
        f"在已考虑的全部{among:,}个候选点（间距约100米）中：已证明最优：任何5处选址都不能覆盖更多居民。",
        "起限制作用的条件：新建数量：最多5个。",
        gained,
    ]
    noted = (f"已考虑全部{among:,}个候选点（间距约100米）；最优方案只可能由其中参与比选的{few:,}个点组成。"
             "曲线和其他方案均在这些点中寻找。")  # fmt: skip
    said |= {noted, f"- {noted}", *proved, *(f"- {one}" for one in proved),
             f"目标：覆盖居民最多。口径：{REACH['station-radius'][0]}（南京市基本公共服务圈(2011)）。候选点{few:,}个。附加条件：新建最多5处。",
             f"按此次序建设，任一处数的效果都与参与比选的{few:,}个候选点中同等处数的最优方案相同。"}  # fmt: skip
    return said | closing_words(city, rules) | short_words(city, curve[-1])


def test_the_briefing_says_nothing_else(city: Names, told: Path, sentences: set[str]) -> None:
    lines = (told / "briefing-zh.md").read_text("utf-8").splitlines()
    shares, low = shares_of(city), lines.index("## 口径对照：现有设施")
    for rule, row in zip(REACH, lines[low + 4 :], strict=False):
        title, *said = [cell.strip() for cell in row.strip("|").split("|")]
        assert title == REACH[rule][0]
        near = [abs(float(one[:-1]) / 100 - mine) for one, mine in zip(said, shares[rule], strict=True)]
        slack = (
            0.008 if REACH[rule][2] else 0.0006
        )  # the product's raster may judge two communities otherwise
        assert max(near[0], near[3]) < 0.0006 and near[1] < 0.006 and max(near[2], near[4]) < slack, rule
        if rule == "circle-walk-15":
            apart = float(said[0][:-1]) - float(said[1][:-1])
            sentences.add(f"同一批设施按“{title}”计算，用地面积覆盖率为{said[1]}，人口覆盖率为{said[0]}，相差{apart:.1f}个百分点："
                          "人口按人头计，用地按面积计（不论有无人居住），小区和社区不论大小各计为一个。")  # fmt: skip
    rest = [line for line in lines[:low] + lines[low + 10 :] if re.search(r"\d", line)]
    parts = tuple(one for one in sentences if one.endswith(" "))
    assert not [line for line in rest if line not in sentences and not line.startswith((*parts, *GIVEN))]


def test_the_workbook_says_nothing_else(city: Names, told: Path, sentences: set[str]) -> None:
    book = openpyxl.load_workbook(told / "report.xlsx", read_only=True)
    sheets = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
    rules, by_title = rules_of(city), {title: rule for rule, (title, *_) in REACH.items()}
    first = {row[0]: row for row in sheets["考核表"] if row[0] in [rule.title for rule in rules.values()]}
    assert len(first) == len(rules)
    for rule in rules.values():
        row, named = first[rule.title], rule.words.startswith("未覆盖")
        assert (row[2], row[3], row[4]) == (rule.figure, rule.actual, rule.verdict)
        assert row[6 if named else 7] == rule.missed and not row[7 if named else 6]
    sums = {rule: (by_unit(city, city.people * city.asked[rule]), by_unit(city, city.people * city.met[rule]))
            for rule in REACH}  # fmt: skip
    code = city.units["name"].reset_index().rename(columns={"unit_id": "id"})["id"].to_list()
    seen = 0
    for row in sheets["单元"]:
        if row[3] in by_title and str(row[2]) in code:
            mine = [one[str(row[2])] for one in sums[by_title[row[3]]]]
            assert [row[4], row[5]] == mine and row[8] == (
                pytest.approx(mine[1] / mine[0]) if mine[0] else None
            )
            seen += 1
    assert seen == len(REACH) * len(city.units)
    for title, rule in by_title.items():
        mine = gaps_of(city, rule)
        theirs = [row for row in sheets["盲区"] if row[0] == title]
        assert [row[2] for row in theirs] == mine["people"].tolist()
        assert sorted((row[2], row[3], row[6]) for row in theirs) == sorted(
            zip(mine["people"], mine["old"], mine["units"], strict=True))  # fmt: skip
    known = sentences | way_words(city)
    told_here = {cell for name, rows in sheets.items() if name not in ("计算依据", "考核表") for row in rows
                 for cell in row if isinstance(cell, str) and "。" in cell and re.search(r"\d", cell)}  # fmt: skip
    assert not [one for one in told_here if one not in known and not one.startswith(("单位：", "纸面打印前"))]


def test_the_map_says_nothing_else(city: Names, told: Path, sentences: set[str]) -> None:
    page = (told / "map.html").read_text("utf-8")
    panel = re.sub("<[^>]*>", "\n", page[page.index('<aside id="panel">') : page.index("</aside>")])
    words = " ".join(panel.split())
    rules = rules_of(city).values()
    assert all(f"指标 {rule.figure} · 现状 {rule.actual}" in words for rule in rules)
    for rule in rules:
        words = words.replace(rule.actual, "").replace(rule.title, "").replace(rule.figure, "")
        words = words.replace(f"{rule.missed / 1e4:.2f}万", "")
    judged = [rule.verdict for rule in rules]
    counts = [judged.count(word) for word in ("达标", "基本达标", "未达标")]
    legend = ["10分钟以内", "15分钟以内", "服务半径1,250米", "服务半径500米", "1-2", "(2011)", "再设一处",
              "0 %–50%", "50%–70%", "70%–85%", "85%–100%", "100% 图例"]  # fmt: skip
    words = words.replace("✓ {} · ≈ {} · ✕ {}".format(*counts), "")
    for one in (*legend, f"{len(city.waiting)}个", *sentences):
        words = words.replace(one, "")
    # Left are ranks, residents of gaps and the note at the margin.
    gaps = {f"{n / 1e4:.2f}万" for rule in REACH for n in gaps_of(city, rule)["people"]}
    assert set(re.findall(r"\d[\d,.]*(?:人|万|%)", words)) <= {"0%", "100.0%", "90.0%"} | gaps
