"""A result of some of its districts alone, from its published tables: nothing is measured again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.errors import InputError, SettingError
from core.text import Text, listed, text, text_to_json
from coverage.model.results import judge, ratio
from coverage.model.standard import LEVELS, Check, Rule, Standard, Verdict, level_title
from coverage.publish.tables import Results

# Facilities so far beyond the districts' cells stay on the map: residents at the border go to them.
_AROUND_DEG: Final = 0.015
_OF_FACILITIES: Final = ("facilities", "within", "under", "over")
# Tables of facilities: those of the districts' own are kept.
_FACILITY: Final = "facility_id"


def district_level(units: pd.DataFrame) -> str:
    """The widest level that has units, by which a result is parted; "" without units."""
    return next((level for level in LEVELS if (units["level"] == level).any()), "")


def district_names(results: Results) -> tuple[str, ...]:
    """What can be chosen, in the order of the units; the code where two have one name."""
    rows = _districts(results)
    double = rows["name"].duplicated(keep=False)
    return tuple(np.where(double, rows["unit_id"], rows["name"]).astype(str).tolist())


def own_facilities(results: Results) -> pd.DataFrame:
    """The facilities that lie in the districts chosen; all of them of a whole result."""
    chosen = results.document.get("districts")
    if not chosen:
        return results.facilities
    return results.facilities[results.facilities[f"in_{chosen['level']}"].isin(chosen["names"])]


def of_districts(results: Results, asked: Sequence[str]) -> Results:
    """The result of the districts (names or codes) alone; as it is where none is asked for.

    Rules are the sums of the districts' rows of units.csv, judged as the standard judges the city: of one
    district its own published verdict. Gaps are those with residents here, with `residents_here`, the most
    first, under their rank in the city. What exists for the whole area only is left out, also a plan.
    `document["districts"]` says which; `limits` says so beside every figure.

    InputError for a name that no unit or more than one has; SettingError without units, of a scenario.
    """
    if not asked:
        return results
    if results.document.get("scenario"):
        raise SettingError(
            "A scenario is compared for the whole area; districts can be chosen of an assessment, also of "
            "one that is set against an earlier result."
        )
    rows = _chosen(results, asked)
    level, names, ids = str(rows["level"].iloc[0]), rows["name"].tolist(), set(rows["unit_id"])
    kept = _below(results.units, ids)
    cells = results.cells[results.cells[level].isin(ids)].reset_index(drop=True)
    if not len(cells):
        raise InputError("Nobody lives in {names}.", names=listed(names))
    parts = replace(
        results,
        units=results.units[results.units["unit_id"].isin(kept)].reset_index(drop=True),
        cells=cells, plan=None,
        facilities=_near(results.facilities, cells, results.facilities[f"in_{level}"].isin(names)),
    )  # fmt: skip
    chosen = {"level": level, "names": names, "ids": sorted(ids), "all": len(_districts(results))}
    parts = replace(parts, document={**results.document, "districts": chosen})
    rules = [_rule(row, results, parts) for row in results.document["rules"]]
    gaps, outlines = _gaps(results, parts)
    said = [_said(chosen)]
    if results.plan is not None:
        said.append(text("The plan of sites is of the whole area and is left out here."))
    document = {
        **parts.document,
        "area": _area(results, parts),
        "rules": rules,
        "gaps": gaps,
        "equity": None,
        "league": [],
        "limits": [*(text_to_json(one) for one in said), *results.document.get("limits", ())],
    }
    document.pop("overlap", None)
    layers = {name: _layer(layer, kept, outlines, cells) for name, layer in results.layers.items()}
    return replace(
        parts, document=document, gaps=outlines, layers=layers, extras=_extras(results, parts, kept)
    )


def _districts(results: Results) -> pd.DataFrame:
    units = results.units
    return units[units["level"] == district_level(units)].drop_duplicates("unit_id")


def _chosen(results: Results, asked: Sequence[str]) -> pd.DataFrame:
    rows = _districts(results)
    if not len(rows):
        raise SettingError("This result has no units: districts cannot be chosen.")
    found = []
    for one in dict.fromkeys(asked):
        own = rows[(rows["unit_id"].astype(str) == one) | (rows["name"] == one)]
        if len(own) > 1:
            raise InputError("Several districts are called {name}; give the code.", name=one)
        if not len(own):
            there = listed(district_names(results), most=50)
            raise InputError("There is no district {name} in this result; it has {there}.",
                             name=one, there=there)  # fmt: skip
        found.append(own)
    return pd.concat(found).drop_duplicates("unit_id")


def _below(units: pd.DataFrame, ids: set[str]) -> set[str]:
    """The units and all that lie in them."""
    above = units.drop_duplicates("unit_id").set_index("unit_id")["parent_id"]
    kept = set(ids)
    for _ in LEVELS:
        kept |= set(above.index[above.isin(kept)])
    return kept


def _near(facilities: pd.DataFrame, cells: pd.DataFrame, own: pd.Series) -> pd.DataFrame:
    near = own.to_numpy(bool).copy()
    box = np.ones(len(near), bool)
    for axis in ("lon", "lat"):
        low, high = cells[axis].min() - _AROUND_DEG, cells[axis].max() + _AROUND_DEG
        box &= facilities[axis].between(low, high).to_numpy(bool)
    return facilities[near | box].reset_index(drop=True)


def _said(chosen: Mapping[str, Any]) -> Text:
    return text(
        "Of {names} alone ({n} of {all} units of the level {level}): figures are of those who live there, "
        "who may go to a facility across the border.",
        names=listed(chosen["names"]), n=len(chosen["names"]), all=chosen["all"],
        level=level_title(chosen["level"]),
    )  # fmt: skip


def _area(results: Results, parts: Results) -> dict[str, Any]:
    area, cells = results.document["area"], parts.cells
    own = own_facilities(parts)
    city, names = str(area["name"]), "、".join(parts.document["districts"]["names"])
    chinese = bool(city) and ord(city[-1]) > 0x2E7F
    columns = area.get("group_columns", {})
    return {
        **area,
        "name": f"{city}{names}" if chinese else f"{city} ({names})",
        "residents": float(cells["residents"].sum()),
        "cells": len(cells),
        "residents_unlinked": float(cells["residents"][~cells["linked"].astype(bool)].sum()),
        "groups": {name: float(cells[columns.get(name, name)].sum()) for name in area["groups"]
                   if columns.get(name, name) in cells},
        "facilities": {tier: int((own["tier"] == tier).sum()) for tier in area["facilities"]},
    }  # fmt: skip


def _rule(row: Mapping[str, Any], results: Results, parts: Results) -> dict[str, Any]:
    """A row of assessment.json for the districts: the sum of their rows of units.csv."""
    rule, ids = results.standard.rule(row["id"]), parts.document["districts"]["ids"]
    same = {key: value for key, value in row.items() if key not in _OF_THE_CITY}
    rows = parts.units[parts.units["rule"] == rule.id]
    own = rows[rows["unit_id"].isin(ids)]
    # A rule of a lower level has no row of the district itself where it counts places in each unit.
    own = own if len(own) else rows[rows["level"] == rule.unit]
    if row["verdict"] is None:
        return same | {"residents": _sum(own, "residents"), "residents_met": 0.0, "verdict": None}
    if not len(own):
        nothing = text("The rule speaks of nothing in the districts chosen.")
        return same | _unjudged(nothing)
    match rule.check:
        case Check.RADIUS | Check.WALK:
            return same | _reach(rule, own, results, parts)
        case Check.LOAD:
            count = {key: int(_sum(own, key)) for key in _OF_FACILITIES}
            lacking = {"what": "facilities", "amount": float(count["under"] + count["over"])}
            share = ratio(count["within"], count["facilities"])
            return same | count | _judged(share, own, results.standard, lacking)
        case Check.PRESENCE | Check.UNITS:
            units, met = int(_sum(own, "units")), int(_sum(own, "units_met"))
            wanted = -int(-((rule.figure if rule.check is Check.UNITS else 1.0) * units - 1e-9) // 1)
            lacking = {"what": "units", "amount": float(max(wanted - met, 0))}
            counts = {"units": units, "units_met": met, "units_missed": [], "units_missed_ids": []}
            return same | counts | _judged(ratio(met, units), own, results.standard, lacking)
        case Check.RATIO:
            return same | _places(rule, own, results.standard)
        case Check.AREA:
            by_unit = text("Floor area per household is published unit by unit; see the table of units.")
            return same | _unjudged(by_unit)


_OF_THE_CITY: Final = frozenset((
    "residents", "residents_met", "residents_missed", "share", "verdict", "covered", "total", "lacking",
    "actual", "remark", "facilities", "within", "under", "over", "residents_without", "units", "units_met",
    "units_missed", "units_missed_ids",
))  # fmt: skip


def _sum(rows: pd.DataFrame, column: str) -> float:
    return float(rows[column].astype(float).sum())


def _unjudged(why: Text) -> dict[str, Any]:
    return {"residents": 0.0, "residents_met": 0.0, "share": None, "verdict": None,
            "reason": text_to_json(why)}  # fmt: skip


def _judged(
    share: float | None, own: pd.DataFrame, standard: Standard, lacking: Mapping[str, Any]
) -> dict[str, Any]:
    """`residents` of a rule that counts facilities or units are not published by unit."""
    found = judge(share, standard.verdicts)
    published = own["verdict"].iloc[0] if len(own) == 1 else (found.value if found else None)
    return {"share": share, "verdict": published or None, "lacking": dict(lacking),
            "residents": 0.0, "residents_met": 0.0}  # fmt: skip


def _reach(rule: Rule, own: pd.DataFrame, results: Results, parts: Results) -> dict[str, Any]:
    people, met = _sum(own, "residents"), _sum(own, "residents_met")
    found: dict[str, Any] = {"residents_missed": people - met, "covered": met, "total": people}
    lacking = {"what": "residents", "amount": people - met}
    if rule.denominator != "residents":
        table = results.extras.get("denominators")
        rows = own.iloc[:0] if table is None else table[
            (table["rule"] == rule.id) & (table["denominator"] == rule.denominator)
            & table["unit_id"].isin(parts.document["districts"]["ids"])
        ]  # fmt: skip
        if not len(rows):
            return _unjudged(text("By what the rule divides is not published by district."))
        rows = rows[rows["basis"] == rows["basis"].iloc[0]]
        found |= {"covered": _sum(rows, "covered"), "total": _sum(rows, "total")}
        lacking = {"what": rule.denominator, "amount": found["total"] - found["covered"]}
    share = ratio(found["covered"], found["total"])
    return {**_judged(share, own, results.standard, lacking), **found, "residents": people,
            "residents_met": met}  # fmt: skip


def _places(rule: Rule, own: pd.DataFrame, standard: Standard) -> dict[str, Any]:
    """Places per 1,000: met only where every unit has its own, as of the city."""
    people, places = own["residents"].astype(float), own["places"].astype(float)
    lived = own[people > 0]
    good = lived["verdict"] == Verdict.MEETS.value
    actual = ratio(1000.0 * float(places.sum()), float(people.sum()))
    near = actual is not None and actual >= rule.figure * standard.verdicts.nearly_share
    verdict = Verdict.MEETS if good.all() else Verdict.NEARLY if near else Verdict.NOT
    met = float(people[lived.index][good].sum())
    lacking = float((rule.figure * people / 1000.0 - places).clip(lower=0.0).sum())
    return {
        "residents": float(people.sum()), "residents_met": met,
        "residents_missed": float(people.sum()) - met, "share": ratio(int(good.sum()), len(good)),
        "actual": actual, "units": len(lived), "units_met": int(good.sum()), "units_missed": [],
        "units_missed_ids": [], "verdict": verdict.value if len(lived) else None,
        "lacking": {"what": "places", "amount": lacking},
    }  # fmt: skip


def _gaps(results: Results, parts: Results) -> tuple[list[dict[str, Any]], gpd.GeoDataFrame]:
    """Rows and outlines of the gaps in which somebody of the districts lives."""
    cells = parts.cells
    points = shapely.points(cells["lon"].to_numpy(float), cells["lat"].to_numpy(float))
    people = cells["residents"].to_numpy(float)
    tree, outlines = shapely.STRtree(points), results.gaps
    here = np.zeros(len(outlines))
    gap, cell = tree.query(outlines.geometry.to_numpy(), predicate="intersects")
    for rule, rows in outlines.reset_index(drop=True).groupby("rule").groups.items():
        column = f"meets_{rule}"
        own = np.isin(gap, rows.to_numpy())
        if column in cells:
            own &= ~cells[column].fillna(True).to_numpy(bool)[cell]
        here += np.bincount(gap[own], people[cell[own]], len(outlines))
    keys = list(zip(outlines["rule"], outlines["rank"].astype(int), strict=True))
    of_gap = {key: float(round(count, 6)) for key, count in zip(keys, here, strict=True) if count > 0}
    rows = [
        _gap(row, of_gap[row["rule"], int(row["rank"])], parts.document["districts"]["names"])
        for row in results.document["gaps"]
        if (row["rule"], int(row["rank"])) in of_gap
    ]
    order = [row["id"] for row in results.document["rules"]]
    rows.sort(key=lambda row: (order.index(row["rule"]), -row["residents_here"], row["rank"]))
    places = {(row["rule"], int(row["rank"])): number for number, row in enumerate(rows)}
    kept = outlines[[key in places for key in keys]]
    at = [places[rule, int(rank)] for rule, rank in zip(kept["rule"], kept["rank"], strict=True)]
    return rows, kept.iloc[np.argsort(at)].reset_index(drop=True)


def _gap(row: Mapping[str, Any], here: float, names: Sequence[str]) -> dict[str, Any]:
    """A gap with how many of its residents live here, named after a place in the districts."""

    crosses = here < row["residents"] - 0.5
    shares = [one["unit"] for one in row.get("units", ()) if one["unit"].split(" ")[0] in names]
    unit = row["unit"] if row["unit"].split(" ")[0] in names else (shares or [*names])[0]
    return {**row, "unit": unit, "residents_here": here if crosses else row["residents"], "crosses": crosses}


def _extras(results: Results, parts: Results, kept: set[str]) -> dict[str, pd.DataFrame]:
    """Tables by unit and by facility; what is of the city alone is summed up from these or left out."""
    chosen = parts.document["districts"]
    own = own_facilities(parts)[_FACILITY]
    found: dict[str, pd.DataFrame] = {}
    for name, table in results.extras.items():
        if name.startswith("complete_"):
            continue
        if "unit_id" in table:
            found[name] = table[table["unit_id"].isin(kept)].reset_index(drop=True)
        elif _FACILITY in table:
            found[name] = table[table[_FACILITY].isin(own)].reset_index(drop=True)
    if "denominators" in found:
        shares = found["denominators"]
        sums = shares[shares["unit_id"].isin(chosen["ids"])]
        sums = sums.groupby(["rule", "denominator", "basis"], sort=False, as_index=False)[
            ["covered", "total"]
        ].sum()
        whole = sums["total"].where(sums["total"] > 0)
        sums = sums.assign(level="city", unit_id="", name="", share=sums["covered"] / whole)
        found["denominators"] = pd.concat([sums, shares], ignore_index=True)[list(shares.columns)]
    if "detours" in results.extras and "detours_units" in found:
        rows = found["detours_units"]
        own_rows = rows[rows["unit_id"].isin(chosen["ids"])]
        crossed = own_rows.groupby("rule", sort=False)[["in_radius", "cut_off"]].sum()
        of_rule = results.extras["detours"].set_index("rule")[["walk_rule", "walk_m"]]
        table = of_rule.join(crossed, how="inner").reset_index()
        table["share"] = table["cut_off"] / table["in_radius"].where(table["in_radius"] > 0)
        found["detours"] = table
    return found


def _layer(
    layer: gpd.GeoDataFrame, kept: set[str], gaps: gpd.GeoDataFrame, cells: pd.DataFrame
) -> gpd.GeoDataFrame:
    """What belongs to the units or gaps that are kept; of other layers what touches the districts' ground."""
    if "unit_id" in layer:
        return layer[layer["unit_id"].isin(kept)].reset_index(drop=True)
    if {"rule", "rank", "part"} <= set(layer.columns):
        keys = set(zip(gaps["rule"], gaps["rank"].astype(int), strict=True))
        rows = zip(layer["rule"], layer["rank"].astype(int), strict=True)
        return layer[[key in keys for key in rows]].reset_index(drop=True)
    box = shapely.box(cells["lon"].min(), cells["lat"].min(), cells["lon"].max(), cells["lat"].max())
    return layer[layer.intersects(box)].reset_index(drop=True)
