"""Results to what a map shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.text import Sayable, Text, text
from coverage.checks.reach import limits_by_size
from coverage.measuring.outlines import cell_outlines
from coverage.model.entrances import EXTENTS
from coverage.model.standard import Check, Rule, Standard
from coverage.model.tables import Ints, PopulationGrid
from coverage.model.verdict_rows import after_title, before_title, remarks_of, scenario_title, verdict_rows
from coverage.publish import Results
from coverage.publish.change_tables import GAINED, LOST
from coverage.publish.plan import NEW_SITE, site_points
from data.files import file_name
from data.results.extras import light_areas
from geo.crs import project, unproject
from locales import translator
from maps.ground import MOST_VERTICES, basemap_of
from maps.model import (
    MET,
    NOT_MET,
    NOT_SUBJECT,
    Basemap,
    CellChange,
    CellOutcome,
    MapCells,
    MapModel,
    OtherPlan,
    OverlayLayer,
    RadiusRule,
)
from reports.briefing.findings import headline, headline_public
from reports.briefing.steps import presentation
from reports.briefing.strip import INTERNAL, day_of, result_code, strip_lines

if TYPE_CHECKING:  # an export opens no inputs
    from jobs.study.inputs import Inputs

# The ground under the map, as the page draws it again.
BASEMAP: Final = "basemap.bin"


def map_model(results: Results, basemap: Basemap) -> MapModel:
    """The map of an assessment and, where there is one, its plan. All of it is made from the tables, so that
    a map drawn from the folder is the one made at once, to the last byte."""
    document, standard = results.document, results.standard
    area = document["area"]
    areas, paths = layers_of(results.layers, standard)
    grid = grid_of(results)
    return MapModel(
        title=str(area["name"]),
        subtitle=map_words(standard.title),
        bounds=ground_bounds(grid),
        facilities=_facilities(results),
        tier_titles={
            tier: map_words(standard.tier_title(tier)) for tier in results.facilities["tier"].unique()
        },
        cells=map_cells(results, grid),
        gaps=results.gaps.assign(units=[gap.get("units", ()) for gap in document["gaps"]]),
        gap_parts=results.layers.get("gap_parts"),
        extents=results.layers.get(EXTENTS),
        main_rule=results.main_rule.id if results.main_rule else "",
        rule_titles={rule.id: standard.rule_title(rule) for rule in standard.rules},
        radius_rules=tuple(
            _radius_rule(rule, results) for rule in standard.rules if rule.check is Check.RADIUS
        ),
        sites=plan_sites(results),
        other_plans=other_plans(results),
        verdicts=verdict_rows(document, standard),
        basemap=basemap,
        credits=tuple(results.provenance.get("credits", ())),
        crs_note=measured_words(results),
        synthetic=bool(area["synthetic"]),
        areas=(*newly_served(results, grid), *areas),
        paths=paths,
        scenario=scenario_title(document) or "",
        compared_with=before_title(document),
        called=after_title(document),
        remarks=remarks_of(document, standard),
        changes=_changes(results),
        facilities_before=_facilities_before(document),
        cut_offs=tuple(_cut_offs(results)),
        headline=headline(results).words,
        headline_public=headline_public(results).words,
        strip=tuple(strip_lines(results, author="", mark=INTERNAL)),
        steps=tuple(presentation(results, _layers_of_rules(results))),
        units=results.layers.get("units"),
        unit_shares=results.units,
    )


def measured_words(results: Results) -> Text:
    """When, in which system and by which code: it stands at the foot of the map, on paper too."""
    crs = str(results.document["area"]["crs"])
    day = day_of(str(results.provenance.get("created", "")))
    code = result_code(results)
    if not day:
        return text("Measured in {crs}; result {code}", crs=crs, code=code)
    return text("Assessed on {day}, measured in {crs}; result {code}", day=day, crs=crs, code=code)


def _layers_of_rules(results: Results) -> dict[str, str]:
    """Rule → key of the layer that colours the map by it (`maps.cell_layers`); of a scenario its changes."""
    shown = [rule.id for rule in results.standard.rules if f"meets_{rule.id}" in results.cells]
    layers = {rule: f"rule_{number}" for number, rule in enumerate(shown)}
    return layers | ({"": "change_0"} if _changes(results) else {})


def map_words(said: Sayable) -> Text | str:
    return said if isinstance(said, Text | str) else Text("{name}", {"name": said})


def ground_bounds(grid: PopulationGrid) -> tuple[float, float, float, float]:
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


def _facilities_before(document: Mapping[str, Any]) -> pd.DataFrame | None:
    """Where facilities stood in what the result is compared with; None where that is not known."""
    places = (document.get("before") or {}).get("places")
    return None if places is None else pd.DataFrame(places, columns=["tier", "lon", "lat"])


def map_cells(results: Results, grid: PopulationGrid) -> MapCells:
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


def _cut_offs(results: Results) -> Iterator[CellOutcome]:
    """Radius rules whose circles were read along the streets."""
    cells = results.cells
    for rule in results.standard.rules:
        if f"cut_off_{rule.id}" in cells and f"meets_{rule.id}" in cells:
            inside = cells[f"meets_{rule.id}"].fillna(False).to_numpy(bool)
            cut = cells[f"cut_off_{rule.id}"].to_numpy(bool)
            classes = np.where(cut, NOT_MET, np.where(inside, MET, NOT_SUBJECT)).astype(np.int8)
            yield CellOutcome(rule.id, results.standard.rule_title(rule), classes)


def _outcome(meets: pd.Series[bool]) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    subject = meets.notna().to_numpy()
    met = meets.fillna(False).to_numpy(bool)
    return np.where(subject, np.where(met, MET, NOT_MET), NOT_SUBJECT).astype(np.int8)


def _radius_rule(rule: Rule, results: Results) -> RadiusRule:
    rows = np.flatnonzero(results.facilities["tier"].isin(rule.serves).to_numpy(bool))
    title = results.standard.rule_title(rule)
    if not rule.classes:
        return RadiusRule(rule.id, title, rule.limit, rows)
    own = limits_by_size(rule, results.facilities["size_m2"].to_numpy(float)[rows])
    counts = np.isfinite(own)
    return RadiusRule(rule.id, title, rule.limit, rows[counts], own[counts])


_DOOR_M: Final = 8.0
_LOOKS: Final = ("reach_0", "reach_1", "reach_2")
Fact = tuple[Sayable, Sayable]


def reach_areas(areas: gpd.GeoDataFrame, *, show: bool) -> Iterator[OverlayLayer]:
    """One layer a limit, the widest first; of several facilities each shape is named."""
    if not len(areas):
        return
    limits = sorted(areas["minutes"].unique(), reverse=True)
    for number, minutes in enumerate(limits):
        rows = areas[areas["minutes"] == minutes].reset_index(drop=True)
        title = text("Within {minutes:g} min on foot", minutes=float(minutes))
        yield OverlayLayer(
            key=f"reach_{number}",
            title=title,
            look=_LOOKS[min(number, len(_LOOKS) - 1)],
            shapes=list(rows.geometry),
            names=[row["name"] or title for row in rows.to_dict("records")],
            facts=[list(_reach_facts(row)) for row in rows.to_dict("records")],
            show=show,
        )


def _extents(extents: gpd.GeoDataFrame) -> OverlayLayer:
    """The outlines and doors of facilities that are more than a point; a door is a dot of some metres."""
    metric = extents.to_crs(extents.estimate_utm_crs()).geometry
    dots = metric.where(metric.geom_type != "MultiPoint", metric.buffer(_DOOR_M)).to_crs(extents.crs)
    edge, doors = text("to its edge"), text("to the nearest of its doors")
    return OverlayLayer(
        key="extents",
        title=text("Outlines and doors of facilities"),
        look="extent",
        shapes=list(dots),
        names=extents["name"].tolist(),
        facts=[
            [(text("Metres are measured"), edge if kind == "edge" else doors)]
            for kind in extents["measured_to"]
        ],
    )


def barrier_paths(barriers: gpd.GeoDataFrame, standard: Standard) -> Iterator[OverlayLayer]:
    """The worst barriers as the crossings that would open them; none where none was found."""
    if not len(barriers):
        return
    rows = barriers.to_dict("records")
    yield OverlayLayer(
        key="barriers",
        title=text("Worst barriers to walking"),
        look="barrier",
        shapes=list(barriers.geometry),
        names=[text("Barrier {rank}", rank=row["rank"]) for row in rows],
        facts=[list(_barrier_facts(row, standard)) for row in rows],
        mark=text("B"),
    )


def layers_of(
    layers: Mapping[str, gpd.GeoDataFrame], standard: Standard
) -> tuple[tuple[OverlayLayer, ...], tuple[OverlayLayer, ...]]:
    """Areas and paths of `Results.layers`; isochrones of the whole city are hidden at first."""
    areas = (
        tuple(reach_areas(light_areas(layers["isochrones"]), show=False)) if "isochrones" in layers else ()
    )
    if EXTENTS in layers and len(layers[EXTENTS]):
        areas = (_extents(layers[EXTENTS]), *areas)
    paths = tuple(barrier_paths(layers["barriers"], standard)) if "barriers" in layers else ()
    return areas, paths


def ground_under(inputs: Inputs, areas: gpd.GeoDataFrame | None) -> Basemap:
    """The ground to draw a map on. What isochrones laid over it take of the page is left out of its small
    streets, those where fewest people live first."""
    study = inputs.study
    corners = 0 if areas is None else int(shapely.get_num_coordinates(areas.geometry.to_numpy()).sum())
    most = max(MOST_VERTICES - corners, 0)
    return basemap_of(study.network, study.units, inputs.basemap, study.grid, most=most)


def _reach_facts(row: Mapping[str, Any]) -> Iterator[Fact]:
    yield (
        text("Walking time"),
        text("{minutes:g} min at {speed:g} km/h", minutes=row["minutes"], speed=row["speed_kmh"]),
    )
    yield text("Area"), text("{area:,.2f} km²", area=row["km2"])
    yield text("Residents within"), _people(row["residents"])
    if "outline_off_m" in row:
        yield (
            text("Outline"),
            text(
                "up to {metres:g} m off; enclosed ground of less than {filled:,.0f} m² is drawn as reached",
                metres=row["outline_off_m"],
                filled=row["filled_m2"],
            ),
        )


def _barrier_facts(row: Mapping[str, Any], standard: Standard) -> Iterator[Fact]:
    if row["place"]:
        yield text("Where"), row["place"]
    yield text("A crossing here"), text("{length:,.0f} m", length=row["length_m"])
    yield text("The way on foot now"), _walk(row)
    yield text("Walking saved"), text("{saved:,.0f} resident-km one way", saved=row["saved_km"])
    yield text("Residents gained"), _people(row["residents"])
    yield text("Rule"), standard.rule_title(standard.rule(row["rule"]))


def _walk(row: Mapping[str, Any]) -> Text:
    if row["walk_m"] is None or not row["walk_m"] < float("inf"):
        return text("none")
    return text("{walk:,.0f} m, {detour:.0f} times as far", walk=row["walk_m"], detour=row["detour"])


def _people(residents: float) -> Text:
    return text("{residents:,.0f} {residents:resident|residents}", residents=residents)


def plan_sites(results: Results) -> pd.DataFrame | None:
    """The sites of the plan with what their popups tell; None without a plan."""
    return None if results.plan is None else _frame(results.plan.plan["sites"], results)


def newly_served(results: Results, grid: PopulationGrid) -> tuple[OverlayLayer, ...]:
    """Who is served anew, shaded site by site; none without a plan or without anybody."""
    if results.plan is None or NEW_SITE not in results.cells:
        return ()
    rank_of = np.where(grid.residents > 0, results.cells[NEW_SITE].to_numpy(int), 0)
    ranks = np.unique(rank_of[rank_of > 0]).tolist()
    if not ranks:
        return ()
    gained = np.bincount(rank_of, weights=grid.residents)
    return (
        OverlayLayer(
            key="newly_served",
            title=text("Newly served by the suggested sites"),
            look="newly_served",
            shapes=_shapes([np.flatnonzero(rank_of == rank) for rank in ranks], grid),
            names=[text("Newly served by site {rank}", rank=rank) for rank in ranks],
            facts=[[(text("Residents here"), text("{n:,.0f}", n=float(gained[rank])))] for rank in ranks],
        ),
    )


def other_plans(results: Results) -> tuple[OtherPlan, ...]:
    """The alternatives of the plan, each with how much worse it is."""
    if results.plan is None:
        return ()
    return tuple(
        OtherPlan(_title(number, other), _frame(other["sites"], results))
        for number, other in enumerate(results.plan.plan.get("alternatives", []), start=1)
    )


def _title(number: int, other: Mapping[str, Any]) -> Any:
    return text(
        "Plan {letter}: {worse:.2%} worse, other sites: {n}",
        letter=chr(ord("A") + number),
        worse=other["worse_by"],
        n=other["differs_in"],
    )


def _frame(sites: Sequence[Mapping[str, Any]], results: Results) -> pd.DataFrame:
    """Of what kind each site is, by which rule it counts whom, and how its metres are measured."""
    plan, standard = results.plan.plan if results.plan is not None else {}, results.standard
    found = pd.DataFrame(site_points(sites).drop(columns="geometry"))
    said = [
        {
            "tier_title": standard.tier_title(site.get("tier") or plan["tier"]),
            "rule_title": standard.rule_title(standard.rule(site["rule"])) if site.get("rule") else "",
            "by": plan["by"],
        }
        for site in sites
    ]
    return found.assign(**pd.DataFrame(said, dtype=object)) if said else found


def grid_of(results: Results) -> PopulationGrid:
    """The residents of a result folder, in metres."""
    cells, area = results.cells, results.document["area"]
    return PopulationGrid(
        cell_id=cells["cell_id"].to_numpy(),
        xy=project(cells["lon"].to_numpy(float), cells["lat"].to_numpy(float), area["crs"]),
        residents=cells["residents"].to_numpy(float),
        area_m2=cells["area_m2"].to_numpy(float),
        spacing_m=area["spacing_m"],
        crs=area["crs"],
    )


def _shapes(groups: Sequence[Ints], grid: PopulationGrid) -> list[shapely.Geometry]:
    """The ground of each group of cells as one shape, in degrees."""
    shapes = cell_outlines(grid, groups)
    return list(shapely.transform(shapes, lambda points: np.column_stack(unproject(points, grid.crs))))


def product_names(document: Mapping[str, Any], *, language: str) -> Mapping[str, str]:
    """What map and workbook of a folder are called; those of a scenario are named by it."""
    title = scenario_title(document)
    if title is None:
        return {"html": "map.html", "xlsx": "report.xlsx"}
    said = translator(language)(title)
    return {kind: file_name(said, ending=f".{kind}") for kind in ("html", "xlsx")}
