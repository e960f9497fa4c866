"""An independent reading of the demo city: every figure that its folder tells is computed again from the
input files alone (`tests.demo_reading`), and the sentences of briefing, map and workbook say no number that
was not computed here."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import openpyxl
import pyarrow.parquet as pq
import pytest
import shapely
from scipy.ndimage import label
from scipy.spatial import cKDTree

from tests.demo_reading import project, read_city

CELL_M, A_MM = 100.0, 1e-3
REACH = {  # rule: (kind, tiers that serve, metres, settlement)
    "centre-radius": ("straight", ("centre",), 1250.0, "urban"),
    "station-radius": ("straight", ("station", "centre"), 500.0, "urban"),
    "circle-walk-10": ("walk", ("station", "centre"), 10 * 5000 / 60, "any"),
    "circle-walk-15": ("walk", ("station", "centre"), 15 * 5000 / 60, "any"),
    "centre-walk-15": ("walk", ("centre",), 15 * 5000 / 60, "urban"),
    "station-walk-10": ("walk", ("station", "centre"), 10 * 5000 / 60, "urban"),
}


@pytest.fixture(scope="module")
def told(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the product: an assessment with a plan of five stations."""
    out = tmp_path_factory.mktemp("standing") / "out"
    files = {"facilities": "xlsx", "population": "parquet", "network": "gpkg", "units": "gpkg"}
    paths = {role: demo_folder / f"{role.replace('network', 'streets')}.{end}" for role, end in files.items()}
    options = [part for role, path in paths.items() for part in (f"--{role}", str(path))]
    asked = ["--tier", "station", "--goal", "most-people", "--count", "5", "--time-limit", "20"]
    command = [sys.executable, "cli.py", "suggest", *options, *asked, "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[1], timeout=600)
    return out


@pytest.fixture(scope="module")
def city(demo_folder: Path) -> SimpleNamespace:
    return read_city(demo_folder)


def to(city: SimpleNamespace, rule: str) -> np.ndarray:
    kind, tiers, _, _ = REACH[rule]
    return np.minimum.reduce([city.metres[kind, tier] for tier in tiers])


def asked(city: SimpleNamespace, rule: str) -> np.ndarray:
    return city.urban if REACH[rule][3] == "urban" else np.ones(len(city.people), bool)


def met(city: SimpleNamespace, rule: str) -> np.ndarray:
    return asked(city, rule) & (to(city, rule) <= REACH[rule][2] + A_MM)


def from_cell_at(city: SimpleNamespace, place: dict[str, Any]) -> np.ndarray:
    """Straight metres of every cell from the cell that stands at a place."""
    cell = cKDTree(city.xy).query(project(place["lon"], place["lat"]))[1]
    return np.hypot(*(city.xy - city.xy[cell]).T)


def document(told: Path) -> dict[str, Any]:
    return json.loads((told / "assessment.json").read_text("utf-8"))


def test_every_cell_has_its_metres(city: SimpleNamespace, told: Path) -> None:
    table = pq.read_table(told / "cells.parquet").to_pydict()
    for tier in ("centre", "station"):
        for kind, column in (("straight", f"{tier}_m"), ("walk", f"{tier}_walk_m")):
            mine, theirs = city.metres[kind, tier], np.array(table[column])
            # A place and a door no more than 50 m apart are as far apart on foot as they are straight.
            far = np.isfinite(mine) & (city.metres["straight", tier] > 50.0)
            assert np.array_equal(np.isinf(mine), np.isinf(theirs))
            assert np.abs(mine[far] - theirs[far]).max() < 0.01
    for rule in REACH:
        theirs = np.array([value is True for value in table[f"meets_{rule}"]])
        assert np.array_equal(theirs, met(city, rule))


def test_every_rule_has_its_residents_units_and_places(city: SimpleNamespace, told: Path) -> None:
    found = {row["id"]: row for row in document(told)["rules"]}
    for rule in REACH:
        whole, part = city.people[asked(city, rule)].sum(), city.people[met(city, rule)].sum()
        assert (found[rule]["residents"], found[rule]["residents_met"]) == (whole, part)
        assert found[rule]["share"] == pytest.approx(part / whole, abs=1e-12)
        assert found[rule]["residents_missed"] == whole - part
    streets = {u["name"] for u in city.units.values() if u["level"] == "street"}
    has_centre = {f["street"] for f in city.listed if f["tier"] == "centre"} & streets
    assert (found["street-has-centre"]["units_met"], found["street-has-centre"]["units"]) == (
        len(has_centre), len(streets))  # fmt: skip
    named = {u["name"] for u in city.small}
    has_station = ({f["community"] for f in city.listed} | set(city.waiting)) & named
    assert found["community-has-station"]["units_met"] == len(has_station)
    inside = np.ones(len(city.people), bool)
    for rule in ("centre-radius", "station-radius", "circle-walk-15"):
        inside &= met(city, rule) | ~asked(city, rule)
    full = set(range(len(city.small))) - set(city.of_cell[~inside & (city.people > 0)].tolist())
    assert found["grid-full-coverage"]["units_met"] == len(full)
    assert found["grid-full-coverage"]["residents_missed"] == city.people[~inside].sum()
    beds = sum(f["beds"] for f in city.listed)
    assert found["elderly-beds"]["actual"] == pytest.approx(1000 * beds / city.elderly.sum())


def test_every_rural_station_has_its_load(city: SimpleNamespace, told: Path) -> None:
    walk = {tier: city.metres["walk", tier] for tier in ("centre", "station")}
    own = walk["station"] <= walk["centre"] + A_MM
    goes = ~city.urban & own & np.isfinite(walk["station"])
    mine = np.bincount(city.owners["station"][goes], city.people[goes], len(city.listed))
    with (told / "facilities.csv").open(encoding="utf-8-sig", newline="") as file:
        theirs = {line["name"]: line["load_rural-station-load"] for line in csv.DictReader(file)}
    pairs = ((theirs[f["name"]], load) for f, load in zip(city.listed, mine.tolist(), strict=True))
    judged = [(float(told_load), load) for told_load, load in pairs if told_load]
    rule = next(row for row in document(told)["rules"] if row["id"] == "rural-station-load")
    outside = [load for _, load in judged if not 300 <= load <= 1000]
    assert (len(judged), len(judged) - len(outside)) == (rule["facilities"], rule["within"])
    assert max(abs(a - b) for a, b in judged) < 0.06
    assert rule["residents_missed"] == sum(outside)


def test_every_unit_has_its_share(city: SimpleNamespace, told: Path) -> None:
    parent = {unit_id: unit["parent_id"] for unit_id, unit in city.units.items()}
    chains = [(u["unit_id"], parent[u["unit_id"]], parent[parent[u["unit_id"]]]) for u in city.small]
    counted: dict[tuple[str, str], np.ndarray] = {}
    for rule in REACH:
        of_unit = [np.bincount(city.of_cell, city.people * mask, len(city.small))
                   for mask in (asked(city, rule), met(city, rule))]  # fmt: skip
        for number, chain in enumerate(chains):
            for unit_id in chain:
                both = np.array([values[number] for values in of_unit])
                counted[rule, unit_id] = counted.get((rule, unit_id), 0.0) + both
    with (told / "units.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["rule"] in REACH]
    assert len(lines) == len(REACH) * len(city.units)
    for line in lines:
        mine = counted[line["rule"], line["unit_id"].lstrip("'")]
        assert [float(line["residents"]), float(line["residents_met"])] == mine.tolist()


def test_every_gap_has_its_residents_place_and_way(city: SimpleNamespace, told: Path) -> None:
    column, row = np.round((city.xy - city.xy.min(axis=0)) / CELL_M).astype(int).T
    names = {u["unit_id"]: u["name"] for u in city.units.values()}
    for rule in REACH:
        gaps = [gap for gap in document(told)["gaps"] if gap["rule"] == rule]
        failing = asked(city, rule) & ~met(city, rule) & (city.people > 0)
        picture = np.zeros((row.max() + 1, column.max() + 1), bool)
        picture[row[failing], column[failing]] = True
        part = np.where(failing, label(picture, np.ones((3, 3)))[0][row, column], 0)
        whole = np.bincount(part, city.people)[1:]
        assert [gap["residents"] for gap in gaps] == sorted(whole.tolist(), reverse=True)
        for gap in gaps[:20]:
            cells = np.flatnonzero(np.isin(part, 1 + np.flatnonzero(whole == gap["residents"])))
            if (whole == gap["residents"]).sum() > 1:
                continue
            way = np.sort(np.repeat(to(city, rule)[cells], city.people[cells].astype(int)))
            half, last = way[(len(way) - 1) // 2], way[-1]
            for told_m, mine in ((gap["nearest_m"], half), (gap["farthest_m"], last)):
                assert told_m is None if np.isinf(mine) else told_m == pytest.approx(mine, abs=0.06)
            held = np.bincount(city.of_cell[cells], city.people[cells], len(city.small))
            assert gap["units_touched"] == (held > 0).sum()
            assert gap["units"][0]["residents"] == held.max()
            chains = []
            for number in np.flatnonzero(held == held.max()):
                unit = city.small[number]
                street = city.units[unit["parent_id"]]
                chains.append(f"{names[street['parent_id']]} {street['name']} {unit['name']}")
            assert gap["unit"] in chains
            if "site" in gap and REACH[rule][0] == "straight":
                near = from_cell_at(city, gap)[cells] <= REACH[rule][2] + A_MM
                assert gap["site"]["residents"] == city.people[cells][near].sum()


def test_the_plan_and_what_closing_loses(city: SimpleNamespace, told: Path) -> None:
    plan = json.loads((told / "plan.json").read_text("utf-8"))
    subject, served = asked(city, "station-radius"), met(city, "station-radius")
    assert plan["residents_before"] == city.people[served].sum()
    for site in plan["sites"]:
        anew = subject & ~served & (from_cell_at(city, site) <= 500.0 + A_MM)
        assert site["residents_gained"] == city.people[anew].sum()
        served |= anew
    assert plan["residents_after"] == city.people[served].sum()
    within = cKDTree(city.xy).query_ball_point(city.at, 500.0 + A_MM)
    times = np.bincount(np.concatenate([np.array(cells, int) for cells in within]), minlength=len(city.xy))
    alone = [city.people[[c for c in cells if times[c] == 1 and subject[c]]].sum() for cells in within]
    lost = {(f["name"], round(a)) for f, a in zip(city.listed, alone, strict=True)}
    assert len(plan["redundancy"]) == len(city.listed)
    assert {(row["name"], round(row["residents_lost"])) for row in plan["redundancy"]} == lost
    centres = [f for f in city.listed if f["tier"] == "centre"]
    streets = [f["street"] for f in centres]
    only = {f["name"] for f in centres if streets.count(f["street"]) == 1}
    assert not only & {row["name"] for row in plan["redundancy"] if not row["rules"]}


def city_shares(told: Path) -> list[dict[str, str]]:
    """The rows of denominators.csv that speak of the whole city."""
    with (told / "denominators.csv").open(encoding="utf-8-sig", newline="") as file:
        return [line for line in csv.DictReader(file) if line["level"] == "city"]


def test_every_share_divides_by_what_it_says(city: SimpleNamespace, told: Path) -> None:
    found = {(row["rule"], row["denominator"], row["basis"]): row for row in city_shares(told)}
    urban = np.array([u["settlement"] == "urban" for u in city.small])
    for rule, (kind, tiers, limit, settlement) in REACH.items():
        subject = urban if settlement == "urban" else np.ones(len(urban), bool)
        failing = asked(city, rule) & ~met(city, rule) & (city.people > 0)
        whole = subject & (np.bincount(city.of_cell[failing], minlength=len(urban) + 1)[:-1] == 0)
        row = found[rule, "communities", "every resident"]
        assert (float(row["covered"]), float(row["total"])) == (whole.sum(), subject.sum())
        if kind == "straight":
            circles = shapely.buffer(shapely.points(city.at[np.isin(city.tier, tiers)]), limit, quad_segs=64)
            ground, row = shapely.union_all(city.shapes[subject]), found[rule, "area", "polygons"]
            reached = shapely.union_all(circles).intersection(ground).area
            assert float(row["total"]) == pytest.approx(ground.area, rel=1e-6)
            assert float(row["covered"]) == pytest.approx(reached, rel=1e-3)


def numbers(words: str) -> set[str]:
    """Residents and shares, as the sentences write them."""
    return {*re.findall(r"([\d,]+)(?:名|人)", words), *re.findall(r"([\d.]+%)", words)}


def test_no_sentence_tells_a_number_that_was_not_computed(city: SimpleNamespace, told: Path) -> None:
    plan, found = json.loads((told / "plan.json").read_text("utf-8")), document(told)
    known = {"90%", "100.0%", f"{city.people.sum():,.0f}"}
    for rule in found["rules"]:  # checked above
        for key in ("residents", "residents_met", "residents_missed", "residents_without"):
            known.add(f"{rule.get(key) or 0:,.0f}")
        known.add(f"{rule['share'] or 0:.1%}")
        if rule["check"] == "load":
            known |= {f"{end:,.0f}" for end in rule["figure"]}
    briefing = (told / "briefing-zh.md").read_text("utf-8")
    of_plan = {f"{plan[key]:,.0f}" for key in ("residents_before", "residents_after", "residents")}
    of_plan |= {f"{plan[key] / plan['residents']:.1%}" for key in ("residents_before", "residents_after")}
    for site in plan["sites"]:
        of_plan |= {f"{site['residents_gained']:,.0f}", f"{site['groups_gained']['elderly']:,.0f}"}
        of_plan |= {f"{part['residents']:,.0f}" for part in (*site["by_unit"], *site["failed"])}
        of_plan |= {f"{part['share']:.1%}" for part in site["by_unit"]}
    for row in plan["redundancy"]:
        of_plan |= {f"{loss['residents']:,.0f}" for loss in row["rules"]}
    behind = [point["best"] - point["in_order"] for point in plan["curve_bound"]]
    of_plan |= {f"{worst:,.0f}" for worst in behind} | {"0.00%"}
    assert "## 最大的盲区" in briefing
    largest = [gap for gap in found["gaps"] if gap["rule"] == "station-radius"][:5]
    of_gaps = {f"{gap['residents']:,.0f}" for gap in largest}
    of_gaps |= {f"{float(row['share']):.1%}" for row in city_shares(told) if row["share"]}
    assert numbers(briefing) <= known | of_plan | of_gaps
    sheet = openpyxl.load_workbook(told / "report.xlsx", read_only=True).worksheets[0]
    words = [str(value) for row in sheet.iter_rows(values_only=True) for value in row if value is not None]
    assert numbers(" ".join(words)) <= known
    page = (told / "map.html").read_text("utf-8")
    panel = page[page.index('<aside id="panel">') : page.index("</aside>")]
    assert numbers(re.sub("<[^>]*>", " ", panel)) <= known
