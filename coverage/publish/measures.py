"""What an assessment says beyond its verdicts, as tables of their own: cheap, so always there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from core.progress import Progress, silent
from core.text import text
from coverage.assessment import Assessment
from coverage.checks.measured import Measured
from coverage.checks.reach import check_reach, limit_m, reach_m
from coverage.equity.choice import choice_facilities_table, choice_table, choices, overlaps
from coverage.equity.complete_community import community_table, need_states, need_table
from coverage.equity.completeness import SEVEN_KINDS, Kind, completeness, tier_kinds
from coverage.equity.denominators import denominators
from coverage.equity.detours import Detours, detours
from coverage.equity.equity import Area, Equity, equity, lorenz
from coverage.equity.residential_land import land_by_cell, land_equity
from coverage.equity.travel_bands import travel_bands, travel_quantiles
from coverage.equity.unit_ranking import league
from coverage.model.results import RuleResult, shortfall
from coverage.model.standard import Check, Rule
from coverage.model.study import Study
from coverage.model.tables import Floats, Ints
from coverage.publish.tables import Results
from coverage.publish.wide import share_of
from coverage.scenario.apply import with_grid

# Text in every table that has such a column; all other columns are numbers.
TEXTS: Final = frozenset((
    "rule", "rule_check", "tier", "settlement", "clause", "figure", "figure_unit", "lacking_of", "verdict",
    "responsible", "kind", "id", "title", "level", "unit_id", "name", "walk_rule", "facility_id", "group",
    "within", "place", "method", "by", "denominator", "basis", "actual_of", "band", "unit",
))  # fmt: skip
# What the tables' units are called by.
_UNIT: Final = ("unit_id", "name", "level")
_CUT_OFF: Final = "cut_off_"
_DETOUR: Final = "detour_"
# A Lorenz curve is told at every hundredth of the people.
_POINTS: Final = np.linspace(0.0, 1.0, 101)


def measures_of(
    assessment: Assessment, *, areas: Sequence[Area] = (), progress: Progress = silent
) -> dict[str, pd.DataFrame]:
    """Name of a table → the table: shortfall, equity, lorenz, league, completeness, detours (by rule,
    unit and facility), loads, choice (by rule and unit, and by facility), travel bands and readings. Rows
    are in the standard's order, then by rank or list.
    """
    measured, study = assessment.measured, assessment.study
    progress(0.0, text("Comparing straight lines and ways on foot"))
    crossed = detours(measured)
    progress(0.1, text("Counting how many facilities one can choose among"))
    # Made at once, so that the counts at every cell are not kept beside what the later tables need.
    chosen = list(choices(measured, assessment.results))
    by_unit, by_facility = choice_table(chosen, measured), choice_facilities_table(chosen, measured)
    del chosen
    judged = [
        result.rule
        for result in assessment.results
        if result.rule.check in (Check.RADIUS, Check.WALK)
        and result.residents > 0
        and not result.rule.classes
    ]
    spreads = []
    for number, rule in enumerate(judged):
        said = text("Comparing who has farther to go: rule {n} of {all}", n=number + 1, all=len(judged))
        progress(0.4 + 0.2 * number / len(judged), said)
        spreads.append(equity(rule, measured, areas=areas))
    makers: dict[str, Callable[[], pd.DataFrame]] = {
        "shortfall": lambda: shortfall_table(assessment.results),
        "equity": lambda: equity_table(spreads),
        "lorenz": lambda: lorenz_table(spreads, assessment),
        "league": lambda: league_table(assessment),
        "completeness": lambda: completeness_table(assessment),
        "detours": lambda: detour_table(crossed),
        "detours_units": lambda: _detours_by_unit(crossed, study),
        "detours_facilities": lambda: _detours_by_facility(crossed, study),
        "loads": lambda: load_table(assessment),
        "choice": lambda: by_unit,
        "choice_facilities": lambda: by_facility,
        "denominators": lambda: denominators(measured, assessment.results),
        "travel_bands": lambda: travel_bands(measured),
        "travel_quantiles": lambda: travel_quantiles(measured),
        "readings": lambda: reading_table(elderly_reading(measured)),
    }
    if study.grounds.residential is not None:
        makers["land_equity"] = lambda: land_equity(measured, land_by_cell(measured.study)[0])
    if assessment.standard.needs:
        needs = need_states(measured)
        makers["complete_needs"] = lambda: need_table(needs, measured)
        makers["complete_communities"] = lambda: community_table(needs, measured)
    made = {}
    for number, (name, make) in enumerate(makers.items()):
        said = text("Making the tables: {n} of {all}", n=number + 1, all=len(makers))
        progress(0.6 + 0.4 * number / len(makers), said)
        made[name] = make()
    return made


def with_measures(
    results: Results, assessment: Assessment, made: Mapping[str, pd.DataFrame] | None = None
) -> Results:
    """The results with these tables, with what the cells are told by detours, and how far circles overlap.

    `made` are the tables of `measures_of` where they are there already: who makes them before the results
    does not hold the table of all cells meanwhile.
    """
    extras = {**results.extras, **(measures_of(assessment) if made is None else made)}
    cells = results.cells.assign(**cell_measures(assessment))
    document = {**results.document, "overlap": overlaps(assessment.measured)}
    return replace(results, document=document, cells=cells, extras=extras)


def without_measures(results: Results) -> Results:
    """The results as they were before `with_measures`."""
    document = {key: value for key, value in results.document.items() if key != "overlap"}
    added = {f"{kind}{rule.id}" for kind in (_CUT_OFF, _DETOUR) for rule in results.standard.rules}
    cells = results.cells[[column for column in results.cells.columns if column not in added]]
    return replace(results, document=document, cells=cells, extras={})


def cell_measures(assessment: Assessment) -> dict[str, Any]:
    """Columns for the table of cells: `cut_off_<rule>` (in the radius, too far on foot) and
    `detour_<rule>` (metres on foot for each metre straight, inf where nothing can be walked to)."""
    columns: dict[str, Any] = {}
    for found in detours(assessment.measured):
        columns[f"{_CUT_OFF}{found.rule.id}"] = found.cut_off
        columns[f"{_DETOUR}{found.rule.id}"] = np.round(found.detour, 3)
    return columns


def shortfall_table(results: Sequence[RuleResult]) -> pd.DataFrame:
    """The city's assessment table: task, figure, actual, what is lacking, responsible units."""
    columns = [
        "clause", "rule", "rule_check", "tier", "settlement", "figure", "figure_unit", "actual", "actual_of",
        "lacking", "lacking_of", "residents", "residents_missed", "verdict", "responsible",
    ]  # fmt: skip
    return pd.DataFrame([_shortfall_row(result) for result in results], columns=columns)


def _shortfall_row(result: RuleResult) -> dict[str, object]:
    rule, lacking = result.rule, shortfall(result)
    band = "-".join(f"{end:g}" for end in rule.band) if rule.band else f"{rule.figure:g}"
    if rule.classes:
        band = "; ".join(f"{size.figure_m:g} (≥ {size.least_m2:g} m²)" for size in rule.classes)
    judged = result.verdict is not None
    return {
        "clause": rule.clause,
        "rule": rule.id,
        "rule_check": rule.check.value,
        "tier": rule.tier,
        "settlement": rule.settlement,
        "figure": band,
        "figure_unit": "m" if rule.in_metres else _FIGURE_UNITS.get(rule.check, ""),
        "actual": result.share if result.actual is None else result.actual,
        "actual_of": _actual_of(result),
        "lacking": lacking.amount if lacking else None,
        "lacking_of": lacking.what if lacking else "",
        "residents": result.residents if judged else None,
        "residents_missed": result.residents_missed if judged else None,
        "verdict": result.verdict.value if result.verdict else "",
        "responsible": "、".join(rule.responsible),
    }


def _actual_of(result: RuleResult) -> str:
    """What the actual figure is: the figure's own unit, or a share of residents, units, facilities …"""
    if result.actual is not None:
        return _FIGURE_UNITS.get(result.rule.check, "")
    return "" if result.share is None else f"share_of_{share_of(result.rule)}"


_FIGURE_UNITS: Final = {
    Check.RADIUS: "m",
    Check.WALK: "min",
    Check.LOAD: "residents",
    Check.RATIO: "per_1000",
    Check.UNITS: "share",
    Check.AREA: "m2_per_100_households",
    Check.PRESENCE: "per_unit",
}


def equity_table(spreads: Sequence[Equity]) -> pd.DataFrame:
    """One row a rule and group of people; see `coverage.equity.equity.Spread` for the figures."""
    rows = [
        {
            "rule": found.rule.id,
            "kind": row.kind,
            "id": row.id,
            "residents": row.spread.people,
            "unreachable": row.spread.unreachable,
            "beyond": row.spread.beyond,
            "share_beyond": row.spread.share_beyond,
            "mean_m": row.spread.mean_m,
            "median_m": row.spread.median_m,
            "p90_m": row.spread.p90_m,
            "speed_kmh": row.speed_kmh,
            "median_min": row.minutes(row.spread.median_m),
            "p90_min": row.minutes(row.spread.p90_m),
            "nearest_fifth_m": row.spread.nearest_fifth_m,
            "farthest_fifth_m": row.spread.farthest_fifth_m,
            "worst_to_best": row.spread.worst_to_best,
            "gini": row.spread.gini,
        }
        for found in spreads
        for row in found.rows
    ]
    columns = list(rows[0]) if rows else ["rule", "kind", "id"]
    return pd.DataFrame(rows, columns=columns)


def lorenz_table(spreads: Sequence[Equity], assessment: Assessment) -> pd.DataFrame:
    """For every hundredth of the people, shortest ways first, the share of all metres that is theirs."""
    parts = []
    for found in spreads:
        metres = reach_m(found.rule, assessment.measured)[0]
        reached = np.isfinite(metres) & assessment.study.subject_to(found.rule.settlement)
        people, whole = lorenz(metres[reached], assessment.measured.residents[reached])
        curve = np.interp(_POINTS, people, whole)
        parts.append(pd.DataFrame({"rule": found.rule.id, "share_people": _POINTS, "share_metres": curve}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["rule"])


def league_table(assessment: Assessment) -> pd.DataFrame:
    """The units of every level side by side, level by level, best first.

    See `coverage.equity.unit_ranking`.
    """
    units = assessment.study.units
    levels = units.levels if units is not None else ()
    parts = [
        league(assessment.results, assessment.measured, level=level).assign(level=level) for level in levels
    ]
    if not parts:
        return pd.DataFrame(columns=["level", "rank", *_UNIT[:2]])
    table = named(pd.concat(parts, ignore_index=True), assessment.study)
    first = ["level", "rank", "unit_id", "name"]
    return table[[*first, *(name for name in table.columns if name not in (*first, "unit_row"))]]


def kinds_of(assessment: Assessment) -> tuple[Kind, ...]:
    """The seven kinds of task 26 where the lists name services, else one kind a tier."""
    frame = assessment.study.facilities.frame
    if "services" in frame and frame["services"].fillna("").astype(bool).any():
        return SEVEN_KINDS
    return tier_kinds(assessment.standard)


def completeness_table(assessment: Assessment) -> pd.DataFrame:
    """Communities × kinds of service (1 where a facility that stands for it offers the kind)."""
    found = completeness(assessment.study, kinds_of(assessment))
    table = pd.DataFrame({"unit_row": found.unit_rows, "residents": found.residents})
    for number, kind in enumerate(found.kinds):
        table[f"has_{kind.id}"] = found.has[:, number].astype(int)
    table["complete"] = found.complete.astype(int)
    return named(table, assessment.study).drop(columns="unit_row")


def detour_table(found: Sequence[Detours]) -> pd.DataFrame:
    """Radius against walking, one row a radius rule."""
    columns = ["rule", "walk_rule", "walk_m", "in_radius", "cut_off", "share", "median_detour"]
    rows = [
        (one.rule.id, one.walk_rule, one.walk_m, one.residents_in_radius, one.residents_cut_off,
         one.share, one.median_detour)
        for one in found
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _detours_by_unit(found: Sequence[Detours], study: Study) -> pd.DataFrame:
    parts = [one.by_unit.assign(rule=one.rule.id) for one in found if len(one.by_unit)]
    if not parts:
        return pd.DataFrame(columns=["rule", *_UNIT])
    table = named(pd.concat(parts, ignore_index=True), study).drop(columns="unit_row")
    return table[["rule", *_UNIT, "in_radius", "cut_off", "share"]]


def _detours_by_facility(found: Sequence[Detours], study: Study) -> pd.DataFrame:
    parts = [one.by_facility.assign(rule=one.rule.id) for one in found if len(one.by_facility)]
    columns = ["rule", "facility_id", "name", "in_radius", "cut_off", "share", "median_detour"]
    if not parts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(parts, ignore_index=True)
    return _facilities(table, study)[columns]


def load_table(assessment: Assessment) -> pd.DataFrame:
    """Residents of every facility that a load rule judges, and where they lie: under, in, over its band."""
    columns = ["rule", "facility_id", "name", "residents", "low", "high", "within"]
    parts = []
    for result in assessment.results:
        if result.load is not None and result.rule.band is not None:
            low, high = result.rule.band
            table = pd.DataFrame({"facility_row": result.load.rows, "residents": result.load.residents})
            word = band_words(table["residents"].to_numpy(float), low, high)
            parts.append(table.assign(rule=result.rule.id, low=low, high=high, within=word))
    if not parts:
        return pd.DataFrame(columns=columns)
    return _facilities(pd.concat(parts, ignore_index=True), assessment.study)[columns]


def band_words(residents: Floats, low: float, high: float) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """ "under", "within" or "over"; both ends are within."""
    return np.where(residents < low, "under", np.where(residents > high, "over", "within"))


def reading_table(readings: Sequence[Reading]) -> pd.DataFrame:
    """Every walk rule at the elderly speed, for elderly residents where they are counted."""
    rows = [
        (one.rule.id, one.speed_kmh, one.group, one.limit_m, one.result.residents,
         one.result.residents_met, one.result.share, one.result.verdict.value if one.result.verdict else "")
        for one in readings
    ]  # fmt: skip
    columns = ["rule", "speed_kmh", "group", "limit_m", "residents", "residents_met", "share", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def named(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The table with unit_id, name and level of its `unit_row` in front."""
    if study.units is None:
        return table.assign(unit_id="", name="", level="")
    frame = study.units.frame
    rows: Ints = table["unit_row"].to_numpy(int)
    words = {column: frame[column].to_numpy(str)[rows] for column in _UNIT}
    rest = table.drop(columns=[column for column in _UNIT if column in table])
    return pd.concat([pd.DataFrame(words, index=table.index), rest], axis=1)


def _facilities(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    frame, rows = study.facilities.frame, table["facility_row"].to_numpy(int)
    words: dict[str, Any] = {column: frame[column].to_numpy(str)[rows] for column in ("facility_id", "name")}
    return table.assign(**words)


ELDERLY: Final = "elderly"


@dataclass(frozen=True)
class Reading:
    """A walk rule at a speed and for a group ("" for all residents): `limit_m` is how far the minutes go."""

    rule: Rule
    speed_kmh: float
    group: str
    limit_m: float
    result: RuleResult


def read_walks(measured: Measured, *, speed_kmh: float, group: str = "") -> tuple[Reading, ...]:
    """Every walk rule of the standard that divides by residents at `speed_kmh`, in its order; nothing is
    measured anew.

    A figure in metres on foot does not depend on the speed, and stays.

    With a group, shares are of that group's residents; KeyError if the grid does not count it.
    """
    standard = measured.standard
    slower = replace(standard, walking=replace(standard.walking, speed_kmh=speed_kmh))
    grid = measured.study.grid
    counted = replace(grid, residents=grid.groups[group]) if group else grid
    reading = Measured(with_grid(measured.study, counted), measured.distances, slower)
    walks = [
        replace(rule, speed_kmh=None)
        for rule in standard.rules
        if rule.check is Check.WALK and rule.denominator == "residents"
    ]
    return tuple(
        Reading(rule, speed_kmh, group, limit_m(rule, slower), check_reach(rule, reading)) for rule in walks
    )


def elderly_reading(measured: Measured) -> tuple[Reading, ...]:
    """Every walk rule at the standard's elderly speed: of elderly residents, where the grid counts them."""
    group = ELDERLY if ELDERLY in measured.study.grid.groups else ""
    return read_walks(measured, speed_kmh=measured.standard.walking.elderly_speed_kmh, group=group)
