"""A result of residential land alone as a map, and as layers for QGIS and ArcGIS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from core.text import Sayable, text
from coverage.model.verdict_rows import verdict_rows
from coverage.publish import Results
from data.results import qml
from data.results.geopackage import Layer, Say, bare, packed
from data.results.land import LAND_M2
from geo.crs import WGS84
from jobs.assess.map_model import grid_of, ground_bounds, map_cells, map_words, measured_words
from maps.model import GAP_COLUMNS, Basemap, MapModel, OverlayLayer, Step
from reports.briefing import Briefing
from reports.land import main_rule

_SITE: Final = "suggested-site"
_COLUMNS: Final = {
    LAND_M2: text("Residential land, m²"), f"site_{LAND_M2}": text("Of it within reach of one facility, m²"),
    f"{LAND_M2}_gained": text("Residential land gained, m²"),
}  # fmt: skip


def land_map(results: Results, basemap: Basemap, told: Briefing) -> MapModel:
    """Squares coloured by rule, facilities, suggested sites as a kind of their own, and the gaps' outlines
    with their m²; nothing of residents."""
    grid, standard, document = grid_of(results), results.standard, results.document
    titles = {tier: map_words(standard.tier_title(tier)) for tier in results.facilities["tier"].unique()}
    facilities = results.facilities
    if results.plan is not None and len(results.plan.sites):
        sites = results.plan.sites
        words = [f"{row['rank']}. {row['name'] or row['unit']}" for row in sites.to_dict("records")]
        new = pd.DataFrame(sites[["lon", "lat"]]).assign(
            facility_id=[f"+{rank}" for rank in sites["rank"]], name=words, tier=_SITE, snap_m=np.nan
        )
        facilities = pd.concat([facilities, new], ignore_index=True)
        titles |= {_SITE: text("Suggested site")}
    return MapModel(
        title=str(document["area"]["name"]),
        subtitle=map_words(standard.title),
        bounds=ground_bounds(grid),
        facilities=facilities,
        tier_titles=titles,
        cells=map_cells(results, grid),
        gaps=gpd.GeoDataFrame({key: [] for key in GAP_COLUMNS}, geometry=[], crs=WGS84),
        main_rule=main_rule(document),
        rule_titles={rule.id: standard.rule_title(rule) for rule in standard.rules},
        verdicts=verdict_rows(document, standard),
        basemap=basemap,
        credits=tuple(results.provenance.get("credits", ())),
        crs_note=measured_words(results),
        synthetic=bool(document["area"]["synthetic"]),
        areas=tuple(_gap_layers(results, public=told.public)),
        remarks=told.caveats,
        headline=told.headline.words,
        headline_public=told.headline.words,
        strip=told.strip,
        steps=(Step(told.headline.words),),
    )


def _gap_layers(results: Results, *, public: bool) -> list[OverlayLayer]:
    """The outlines of each rule's gaps, off at first: over them the squares would lose their colours."""
    found = []
    for rule in results.standard.rules:
        gaps = results.gaps[results.gaps["rule"] == rule.id]
        if not len(gaps):
            continue
        rows = gaps.to_dict("records")
        facts = [
            [
                (text("Residential land"), text("{area:,.2f} ha", area=row[LAND_M2] / 1e4)),
                (text("Median way"), text("out of reach") if np.isinf(row["nearest_m"])
                 else text("{metres:,.0f} m", metres=float(row["nearest_m"]))),
            ]
            for row in rows
        ]  # fmt: skip
        names = [
            text("Gap {rank}", rank=row["rank"])
            if public or not row["unit"]
            else text("{rank}. {unit}", rank=row["rank"], unit=row["unit"])
            for row in rows
        ]
        title = text("Gaps, by residential land: {rule}", rule=results.standard.rule_title(rule))
        shapes = list(gaps.geometry)
        found.append(OverlayLayer(f"land_{rule.id}", title, "land_gap", shapes, names, facts, show=False))
    return found


def land_geopackage(results: Results, say: Say, described: Sequence[Sayable], *, public: bool) -> bytes:
    """Facilities, suggested sites, gaps, and, internally, the squares; with styles and titles of columns."""
    standard = results.standard
    tiers = list(dict.fromkeys(results.facilities["tier"]))
    looks = [(tier, say(standard.tier_title(tier)), qml.dot(i)) for i, tier in enumerate(tiers)]
    layers = {
        "facilities": (_points(results.facilities), text("Facilities"), qml.categorized("tier", looks)),
        "gaps": (
            results.gaps,
            text("Gaps, by residential land"),
            qml.single(qml.outline("#8f2a08"), label="rank"),
        ),
    }
    if results.plan is not None:
        style = qml.single(qml.site(), label="rank")
        layers = {"suggested_sites": (results.plan.sites, text("Suggested sites"), style)} | layers
    if not public:
        cells = _points(results.cells.rename(columns={"residents": LAND_M2}))
        layers["squares"] = (cells, text("Squares with residential land"), qml.single(qml.dot(0)))
    written = (
        (name, Layer(bare(frame, public=public), title, style, _COLUMNS))
        for name, (frame, title, style) in layers.items()
    )
    return packed(written, say, str(results.provenance.get("created", "")), described)


def _points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    plain = table.astype({name: object for name in table if table[name].dtype == "boolean"})
    points = gpd.points_from_xy(table["lon"], table["lat"])
    return gpd.GeoDataFrame(plain.drop(columns=["lon", "lat"]), geometry=points, crs=WGS84)
