"""Results to what a map shows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.text import Sayable, Text, text
from coverage.model.standard import Check, Rule
from coverage.model.tables import PopulationGrid
from coverage.model.verdict_rows import before_title, remarks_of, scenario_title, verdict_rows
from coverage.publish import Results
from coverage.publish.change_tables import GAINED, LOST
from geo.crs import unproject
from jobs.assess.map_layers import layers_of
from jobs.assess.map_plan import grid_of, newly_served, other_plans, plan_sites
from maps.model import (
    MET,
    NOT_MET,
    NOT_SUBJECT,
    Basemap,
    CellChange,
    CellOutcome,
    MapCells,
    MapModel,
    RadiusRule,
)


def map_model(results: Results, basemap: Basemap) -> MapModel:
    """The map of an assessment and, where there is one, its plan."""
    document, standard = results.document, results.standard
    area = document["area"]
    areas, paths = layers_of(results.layers, standard)
    grid = grid_of(results)
    return MapModel(
        title=str(area["name"]),
        subtitle=_words(standard.title),
        bounds=_bounds(grid),
        facilities=_facilities(results),
        tier_titles={tier: _words(standard.tier_title(tier)) for tier in results.facilities["tier"].unique()},
        cells=_cells(results, grid),
        gaps=results.gaps.assign(units=[gap.get("units", ()) for gap in document["gaps"]]),
        gap_parts=results.layers.get("gap_parts"),
        main_rule=_main_rule(results),
        rule_titles={rule.id: standard.rule_title(rule) for rule in standard.rules},
        radius_rules=tuple(
            _radius_rule(rule, results) for rule in standard.rules if rule.check is Check.RADIUS
        ),
        sites=plan_sites(results),
        other_plans=other_plans(results),
        verdicts=verdict_rows(document, standard),
        basemap=basemap,
        credits=tuple(results.provenance.get("credits", ())),
        crs_note=text("Measured in {crs}", crs=area["crs"]),
        synthetic=bool(area["synthetic"]),
        areas=(*newly_served(results, grid), *areas),
        paths=paths,
        scenario=scenario_title(document) or "",
        compared_with=before_title(document),
        remarks=remarks_of(document, standard),
        changes=_changes(results),
    )


def _words(said: Sayable) -> Text | str:
    return said if isinstance(said, Text | str) else Text("{name}", {"name": said})


def _bounds(grid: PopulationGrid) -> tuple[float, float, float, float]:
    """Of the ground that people live on, in degrees."""
    xy = grid.xy[grid.residents > 0]
    low, high = (np.array([edge(xy[:, 0]), edge(xy[:, 1])]) for edge in (np.min, np.max))
    half = max(grid.spacing_m, float(np.sqrt(np.median(grid.area_m2)))) / 2.0
    (west, south), (east, north) = low - half, high + half
    lon, lat = unproject(np.array([(west, south), (east, south), (east, north), (west, north)]), grid.crs)
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _facilities(results: Results) -> pd.DataFrame:
    table = results.facilities.copy()
    rules = [rule for rule in results.standard.rules if f"load_{rule.id}" in table]
    titles = [results.standard.rule_title(rule) for rule in rules]
    counted = table[[f"load_{rule.id}" for rule in rules]].to_numpy(float)
    loads = [
        [(title, value) for title, value in zip(titles, row, strict=True) if value == value]
        for row in counted.tolist()
    ]
    table["loads"] = pd.Series(loads, index=table.index, dtype=object)
    if "in_community" in table:
        table["unit"] = table["in_community"]
    return table


def _cells(results: Results, grid: PopulationGrid) -> MapCells:
    cells, walking = results.cells, results.standard.walking
    walks = [rule for rule in results.standard.rules if rule.check is Check.WALK]
    walk_limits = sorted({round(rule.limit_m(walking) / walking.metres_per_minute, 6) for rule in walks})
    metres = np.minimum.reduce([cells[c].to_numpy(float) for c in map(str, cells) if c.endswith("_walk_m")])
    return MapCells(
        xy=grid.xy,
        crs=grid.crs,
        spacing_m=grid.spacing_m,
        residents=grid.residents,
        walk_minutes=metres / walking.metres_per_minute,
        walk_limits_min=tuple(walk_limits[:3]) or (10.0, 15.0),
        outcomes=tuple(
            CellOutcome(rule.id, results.standard.rule_title(rule), _outcome(cells[f"meets_{rule.id}"]))
            for rule in results.standard.rules
            if f"meets_{rule.id}" in cells
        ),
        lattice=grid.lattice,
    )


def _changes(results: Results) -> tuple[CellChange, ...]:
    """What becomes of the cells in a scenario, rule by rule, those that change most first."""
    cells, found = results.cells, []
    for rule in results.standard.rules:
        if f"change_{rule.id}" in cells:
            classes = cells[f"change_{rule.id}"].to_numpy(np.int8)
            moved = float(cells["residents"].to_numpy(float)[np.isin(classes, (GAINED, LOST))].sum())
            found.append((moved, CellChange(rule.id, results.standard.rule_title(rule), classes)))
    return tuple(change for _, change in sorted(found, key=lambda pair: -pair[0]))


def _outcome(meets: pd.Series[bool]) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    subject = meets.notna().to_numpy()
    met = meets.fillna(False).to_numpy(bool)
    return np.where(subject, np.where(met, MET, NOT_MET), NOT_SUBJECT).astype(np.int8)


def _radius_rule(rule: Rule, results: Results) -> RadiusRule:
    rows = np.flatnonzero(results.facilities["tier"].isin(rule.serves).to_numpy(bool))
    return RadiusRule(rule.id, results.standard.rule_title(rule), rule.limit, rows)


def _main_rule(results: Results) -> str:
    """The rule whose gaps are shown first: the plan's, else the radius rule that most residents fail."""
    if results.plan is not None:
        return str(results.plan.plan["rule"])
    document = results.document
    reach = [row for row in document["rules"] if row["check"] in ("radius", "walk") and row["residents"] > 0]
    if not reach:
        return ""
    worst = max(reach, key=lambda row: (row["check"] == "radius", row["residents"] - row["residents_met"]))
    return str(worst["id"])
