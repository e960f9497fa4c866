"""The issue ledger (问题台账): one row a problem, for whom it is to mend it and until when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from core.text import text
from coverage.model.standard import level_title
from coverage.model.verdict_rows import verdict_rows
from coverage.publish import Results
from locales import Translator
from reports.gap_words import gap_place

COLUMNS: Final = {
    "number": text("No."),
    "rule": text("Rule"),
    "problem": text("Problem"),
    "place": text("Place"),
    "residents": text("Residents not covered or concerned"),
    "lon": text("Longitude"),
    "lat": text("Latitude"),
    "figure": text("Figure"),
    "actual": text("Actual"),
    "responsible": text("Responsible units"),
    "deadline": text("Deadline"),
    "state": text("State"),
}
# Of a rule so many of its gaps, units or facilities are listed, those with most residents first; what is
# left is one row.
_MOST: Final = 50


def issue_table(results: Results, tr: Translator) -> pd.DataFrame:
    """`COLUMNS` by key: every rule that is not met, by gap, unit or facility. Deadline and state are for the
    office to fill in ("to be mended" at first). What a rule is missing beyond its listed rows is one row."""
    standard = results.standard
    rows: list[dict[str, Any]] = []
    for row in verdict_rows(results.document, standard):
        if row.verdict in (None, "meets"):
            continue
        same = {
            "rule": tr(row.title),
            "figure": tr(row.figure),
            "responsible": "、".join(row.responsible),
            "deadline": "",
            "state": tr(text("to be mended")),
        }
        found = list(_of_rule(row.rule.id, results, tr))
        found.sort(key=lambda one: -one["residents"])
        rows += [same | one for one in found[:_MOST]]
        if found[_MOST:]:
            said = tr(text("{n} more of this rule", n=len(found) - _MOST))
            whole = sum(one["residents"] for one in found[_MOST:])
            rows.append(same | {"problem": said, "place": "", "residents": whole, "actual": ""})
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.assign(number=range(1, len(table) + 1))


def _of_rule(rule_id: str, results: Results, tr: Translator) -> Iterator[dict[str, Any]]:
    gaps = [gap for gap in results.document["gaps"] if gap["rule"] == rule_id]
    for gap in gaps:
        yield {
            "problem": tr(text("Residents beyond the figure")),
            "place": tr(gap_place(gap)),
            "residents": gap["residents"],
            "lon": gap["lon"],
            "lat": gap["lat"],
            "actual": tr(
                text("half of them can reach none")
                if gap["nearest_m"] is None
                else text("half of them have at most {metres:,.0f} m to the nearest", metres=gap["nearest_m"])
            ),
        }
    if gaps:
        return
    loads = results.extras.get("loads")
    if loads is not None and (loads["rule"] == rule_id).any():
        places = results.facilities.set_index("facility_id")[["lon", "lat"]]
        for load in loads[(loads["rule"] == rule_id) & (loads["within"] != "within")].to_dict("records"):
            at = places.loc[load["facility_id"]]
            said = text("below the band") if load["within"] == "under" else text("above the band")
            yield {
                "problem": tr(said),
                "place": load["name"],
                "residents": load["residents"],
                "lon": float(at["lon"]),
                "lat": float(at["lat"]),
                "actual": tr(text("{residents:,.0f} residents", residents=load["residents"])),
            }
        return
    yield from _of_units(rule_id, results, tr)


def _of_units(rule_id: str, results: Results, tr: Translator) -> Iterator[dict[str, Any]]:
    """The units that do not meet a rule about units, with their residents."""
    rule = results.standard.rule(rule_id)
    units = results.units[(results.units["rule"] == rule_id) & (results.units["level"] == rule.unit)]
    people: dict[str, float] = {}
    if rule.unit in results.cells:
        sums = results.cells.groupby(rule.unit)["residents"].sum()
        people = {str(unit): float(residents) for unit, residents in sums.items()}
    for unit in units[units["verdict"].isin(("nearly", "not"))].to_dict("records"):
        actual = unit["actual"]
        yield {
            "problem": tr(text("The {unit} does not meet the rule", unit=level_title(rule.unit))),
            "place": unit["name"],
            "residents": people.get(unit["unit_id"], 0.0),
            "actual": f"{actual:,.1f}" if actual == actual and actual is not None else "",
        }
