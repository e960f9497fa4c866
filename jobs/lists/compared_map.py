"""A comparison of lists as a map, and as layers for QGIS and ArcGIS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from core.text import Sayable, Text, text
from coverage.compare_lists import CLOSED, ELSEWHERE, ONLY_LIST, ONLY_MAP, SAME, Compared
from coverage.model.standard import tier_name
from data.results import qml
from data.results.geopackage import Layer, Say, bare, packed
from data.source import OSM_CREDIT
from geo.crs import WGS84, metric_crs
from jobs.lists.compare import compared_layers
from maps.model import GAP_COLUMNS, Floats, MapCells, MapModel, OverlayLayer, Step
from reports.briefing import Briefing
from reports.compared import RESULT_TITLES

# In the order of the map's marks: what is to be looked at has the largest, what is in place the smallest.
_LARGEST_FIRST: Final = (ELSEWHERE, SAME, CLOSED, ONLY_LIST, ONLY_MAP)
# Of the ground around the outermost facilities: a part of what lies between them, at least so many degrees.
_AROUND: Final = 0.08
_LEAST_AROUND: Final = 0.002
_APART: Final = text("From the list’s place to the map’s")
_COLUMNS: Final = {
    "result": text("Result"), "tier": text("Kind"), "map_id": text("Number on the map"),
    "map_name": text("On the map"), "metres": text("Metres apart"), "similarity": text("Names alike"),
    "nearest_m": text("Metres to the nearest on the map"), "nearest_name": text("Nearest on the map"),
    "credit": text("Source"),
}  # fmt: skip


def compared_map(compared: Compared, told: Briefing) -> MapModel:
    """A dot a facility, where the list has it, else where the map has it, coloured by what was found."""
    layers = compared_layers(compared.table)
    points, lines = layers["compared"], layers["compared_lines"]
    lon, lat = points.geometry.x.to_numpy(), points.geometry.y.to_numpy()
    bounds = _around(points.total_bounds) if len(points) else (0.0,) * 4
    crs = metric_crs(float(lon.mean()), float(lat.mean())) if len(points) else "EPSG:32650"
    table, apart = compared.table, compared.table[compared.table["result"] == ELSEWHERE]
    facilities = pd.DataFrame(
        {
            "facility_id": table["facility_id"].where(table["facility_id"] != "", table["map_id"]),
            "name": table["name"].where(table["name"] != "", table["map_name"]),
            "tier": table["result"], "lon": lon, "lat": lat, "snap_m": np.nan,
        }
    )  # fmt: skip
    return MapModel(
        title=told.title,
        subtitle=told.subtitle,
        bounds=bounds,
        facilities=facilities,
        tier_titles={one: RESULT_TITLES[one] for one in _LARGEST_FIRST},
        cells=MapCells(np.empty((0, 2)), crs, 100.0, np.empty(0), np.empty(0)),
        gaps=gpd.GeoDataFrame({key: [] for key in GAP_COLUMNS}, geometry=[], crs=WGS84),
        main_rule="",
        rule_titles={},
        credits=(OSM_CREDIT,),
        paths=tuple(_paths(apart, lines)),
        remarks=told.caveats,
        headline=told.headline.words,
        headline_public=told.headline.words,
        strip=told.strip,
        steps=(Step(told.headline.words),),
    )


def _around(box: Floats) -> tuple[float, float, float, float]:
    """A box in degrees with some of the ground around it."""
    west, south, east, north = map(float, box)
    wide, high = (
        max(_AROUND * (one - other), _LEAST_AROUND) for one, other in ((east, west), (north, south))
    )
    return west - wide, south - high, east + wide, north + high


def _paths(apart: pd.DataFrame, lines: gpd.GeoDataFrame) -> list[OverlayLayer]:
    if not len(lines):
        return []
    rows = apart.to_dict("records")
    facts: list[list[tuple[Sayable, Sayable]]] = [
        [(text("On the map"), str(row["map_name"])),
         (text("Metres apart"), text("{n:,.0f}", n=float(row["metres"])))]
        for row in rows
    ]  # fmt: skip
    names = [str(row["name"]) for row in rows]
    return [OverlayLayer("apart", _APART, "apart", list(lines.geometry), names, facts)]


def compared_geopackage(
    compared: Compared, say: Say, created: str, described: Sequence[Sayable], *, public: bool
) -> bytes:
    """The points and the lines with styles and titles of columns."""
    looks = [(one, say(RESULT_TITLES[one]), qml.dot(i)) for i, one in enumerate(_LARGEST_FIRST)]
    styles: dict[str, tuple[Text, str]] = {
        "compared": (text("The list beside OpenStreetMap"), qml.categorized("result", looks)),
        "compared_lines": (_APART, qml.single(qml.line("#8f2a08"))),
    }
    layers = compared_layers(
        compared.table.assign(tier=[say(tier_name(str(tier))) for tier in compared.table["tier"]])
    )
    return packed(
        ((name, Layer(bare(layers[name], public=public), *of, _COLUMNS)) for name, of in styles.items()),
        say,
        created,
        described,
    )
