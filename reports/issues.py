"""The issue ledger (问题台账): one row a problem, for whom it is to mend it and until when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from core.text import Text, listed, text
from coverage.model.gap_words import gap_place
from coverage.model.standard import level_title, need_figure
from coverage.model.verdict_rows import after_title, verdict_rows
from coverage.publish import Results
from locales import Translator
from reports.extra_words import NEED_STATES

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


def issue_titles(document: Mapping[str, Any]) -> list[Text]:
    """The titles of `COLUMNS`; that of what is says of what."""
    return list({**COLUMNS, "actual": after_title(document)}.values())


def issue_table(results: Results, tr: Translator) -> pd.DataFrame:
    """`COLUMNS` by key: every rule that is not met, by gap, unit or facility. Deadline and
    state are for the office to fill in ("to be remedied" at first). What a rule is missing beyond its
    listed rows is one row."""
    standard = results.standard
    rows: list[dict[str, Any]] = []
    for row in verdict_rows(results.document, standard):
        if row.verdict in (None, "meets"):
            continue
        said = (tr(row.title), tr(row.figure), row.responsible)
        rows += _listed(list(_of_rule(row.rule.id, results, tr)), said, tr)
    rows += _of_needs(results, tr)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.assign(number=range(1, len(table) + 1))


def _listed(
    found: list[dict[str, Any]], said: tuple[str, str, Sequence[str]], tr: Translator
) -> list[dict[str, Any]]:
    """The rows of one rule, those with most residents first; `said` is its title, figure and who is
    responsible."""
    title, figure, responsible = said
    same = {
        "rule": title,
        "figure": figure,
        "responsible": tr(listed(responsible)),
        "deadline": "",
        "state": tr(text("to be remedied")),
    }
    found.sort(key=lambda one: -one["residents"])
    rows = [same | one for one in found[:_MOST]]
    if found[_MOST:]:
        more = tr(text("{n} more of this rule", n=len(found) - _MOST))
        whole = sum(one["residents"] for one in found[_MOST:])
        rows.append(same | {"problem": more, "place": "", "residents": whole, "actual": ""})
    return rows


def _of_needs(results: Results, tr: Translator) -> list[dict[str, Any]]:
    """What communities lack to be complete (未达标清单), need by need."""
    table = results.extras.get("complete_needs")
    rows: list[dict[str, Any]] = []
    if table is None:
        return rows
    for need in results.standard.needs:
        lacking = table[(table["need"] == need.id) & (table["state"] != "met") & (table["level"] != "city")]
        found = [
            {
                "problem": tr(
                    text("Missing for a complete community: {state}", state=NEED_STATES[one["state"]])
                ),
                "place": one["name"],
                "residents": one["residents"],
                "actual": f"{one['largest_m2']:,.0f} m²" if one["largest_m2"] == one["largest_m2"] else "",
            }
            for one in lacking.to_dict("records")
        ]
        said = (
            tr(text("Complete community: {need}", need=need.title)),
            tr(need_figure(need)),
            need.responsible,
        )
        rows += _listed(found, said, tr)
    return rows


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
                else text("median distance to the nearest {metres:,.0f} m", metres=gap["nearest_m"])
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
