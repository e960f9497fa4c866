"""A result as one GeoPackage for QGIS and ArcGIS: layers in WGS-84 with titles of columns in the reader's
language and a style each, so that it opens as it should look."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from core.text import Sayable, Text, text
from coverage.model.standard import LEVELS, Standard
from coverage.publish import Results
from coverage.publish.wide import VERDICT, file_columns, layer_columns, rule_names
from data.results import qml
from geo.crs import WGS84, project, unproject

# A public layer's coordinates are rounded to this many decimals of a degree (about 50 m at most off), its
# outlines to a tenth of that; it has no units, no residents by cell and no columns that name units.
PUBLIC_DECIMALS: Final = 3
_DECIMALS: Final = 7
_UNIT_COLUMNS: Final = (
    "unit", "units_touched", "district", "street", "community", "in_district", "in_street", "in_community",
    "address", "source_file", "source_sheet", "source_row", "source", "remark", "located_by",
)  # fmt: skip
_TITLES: Final = {
    "facility_id": text("Number"), "name": text("Name"), "tier": text("Tier"), "district": text("District"),
    "street": text("Street or town"), "community": text("Community or village"), "address": text("Address"),
    "places": text("Places"), "capacity": text("Capacity"), "services": text("Services"),
    "area_m2": text("Floor area (m²)"), "residents_declared": text("Residents declared"),
    "status": text("Status"), "opened": text("Opened"), "remark": text("Remark"),
    "located_by": text("Located by"), "source": text("Source"), "snap_m": text("To the street (m)"),
    "load": text("All residents for whom it is the nearest of its kind on foot"),
    "linked": text("Joined to a street"),
    "in_district": text("Lies in district"), "in_street": text("Lies in street or town"),
    "in_community": text("Lies in community or village"), "unit_id": text("Code"), "level": text("Level"),
    "parent_id": text("Code of the unit above"), "settlement": text("Urban or rural"),
    "rule": text("Rule"), "rule_title": text("Rule, in words"), "rank": text("Rank"),
    "residents": text("Residents"), "elderly": text("Elderly residents"),
    "children": text("Children"), "area_km2": text("Area (km²)"), "unit": text("Where"),
    "units_touched": text("Units touched"), "nearest_m": text("Median distance to the nearest (m)"),
    "farthest_m": text("The farthest have (m)"), "nearest": text("Nearest facility"),
    "site_residents": text("One facility at the best point found in the gap would serve"),
    "lon": text("Longitude"),
    "lat": text("Latitude"), "residents_gained": text("Newly served"), "cell_id": text("Cell"),
    "alone": text("As the only new site"), "nearer": text("Residents with a shorter way"),
    "minutes": text("Walking time (min)"), "speed_kmh": text("Walking speed (km/h)"),
    "km2": text("Area (km²)"),
    "part": text("Part"), "remaining": text("Residents left"), "length_m": text("Length (m)"),
    "walk_m": text("On foot (m)"), "saved_km": text("Walking saved (resident-km)"), "place": text("Where"),
    "source_file": text("File"), "source_sheet": text("Sheet"), "source_row": text("Row"),
}  # fmt: skip

# Columns of cells.parquet that there are for each rule.
_OF_RULES: Final = {
    "meets": text("{rule}: served"),
    "cut_off": text("{rule}: in the circle, too far on foot"),
    "detour": text("{rule}: detour ratio"),
    "change": text("{rule}: change"),
}


class Say(Protocol):
    """Says words in the reader's language."""

    def __call__(self, message: Sayable, /) -> str: ...


@dataclass(frozen=True)
class Layer:
    """A table to write: its title, titles of columns that `_TITLES` does not know, and its QML."""

    frame: gpd.GeoDataFrame
    title: Text
    style: str
    named: Mapping[str, Sayable]


def geopackage_bytes(
    results: Results, say: Say, described: Sequence[Sayable], *, public: bool = False
) -> bytes:
    """The file; the same results give the same bytes on the same machine."""
    created = str(results.provenance.get("created", ""))
    return packed(_layers(results, say, public=public), say, created, described)


def packed(named: Iterable[tuple[str, Layer]], say: Say, created: str, described: Sequence[Sayable]) -> bytes:
    """A GeoPackage of the layers that have a row, the first on top; `created` is the time it states, and
    `described` stands in the description of every layer."""
    layers = {name: layer for name, layer in named if len(layer.frame)}
    with tempfile.TemporaryDirectory(prefix="service-circle-") as scratch:
        path = Path(scratch) / "city.gpkg"
        for number, (name, layer) in enumerate(layers.items()):
            pyogrio.write_dataframe(
                layer.frame, path, layer=name, driver="GPKG", append=number > 0,
                layer_options={"GEOMETRY_NAME": "geom", "DESCRIPTION": say(layer.title)},
            )  # fmt: skip
        _finish(path, layers, say, created, "\n".join(map(say, described)))
        return path.read_bytes()


def _layers(results: Results, say: Say, *, public: bool) -> Iterable[tuple[str, Layer]]:
    """Bottom layer last: programs put the first on top."""
    standard = results.standard
    tiers = list(dict.fromkeys(results.facilities["tier"]))
    groups = results.document["area"].get("group_columns", {})
    called, of_layers = file_columns(standard) | groups, layer_columns(groups)
    of_groups = {
        column: text("Residents of the group “{group}”", group=name)
        for name, column in groups.items()
        if column not in _TITLES
    }
    of_loads = {
        called[f"load_{rule.id}"]: text(
            "Residents counted by the rule “{rule}”", rule=standard.rule_title(rule)
        )
        for rule in standard.rules
    }
    points = _points(results.facilities.rename(columns=called), public=public)
    style = qml.categorized(
        "tier", [(tier, say(standard.tier_title(tier)), qml.dot(i)) for i, tier in enumerate(tiers)]
    )
    yield "facilities", Layer(points, text("Facilities"), style, of_loads)
    if results.plan is not None:
        sites = bare(results.plan.sites.rename(columns=of_layers), public=public)
        yield (
            "suggested_sites",
            Layer(sites, text("Suggested sites"), qml.single(qml.site(), label="rank"), {}),
        )
    gaps = results.gaps.rename(columns=of_layers)
    gaps = gaps.assign(rule_title=_rule_titles(results.gaps["rule"], standard, say))
    best = gaps[gaps["site_residents"].notna()] if "site_residents" in gaps else gaps.iloc[:0]
    best = _points(pd.DataFrame(best.drop(columns="geometry")), public=public)
    title = text("Best point found in each gap")
    yield "best_sites", Layer(best, title, qml.single(qml.site(), label="rank"), {})
    yield (
        "gaps",
        Layer(
            bare(gaps, public=public),
            text("Gaps"),
            qml.single(qml.outline("#8f2a08"), label="rank"),
            of_groups,
        ),
    )
    for name, title in (
        ("barriers", text("Worst barriers to walking")),
        ("isochrones", text("Ground within a walk")),
    ):
        if name in results.layers:
            style = qml.single(qml.line("#a3123f") if name == "barriers" else qml.fill("#5fb0c4", 0.3))
            yield name, Layer(bare(results.layers[name], public=public), title, style, {})
    if not public:
        yield from _of_units_and_cells(results, say, called, of_groups)


def _of_units_and_cells(
    results: Results, say: Say, called: Mapping[str, str], of_groups: Mapping[str, Sayable]
) -> Iterable[tuple[str, Layer]]:
    """What a public file does without."""
    standard = results.standard
    main = results.main_rule.id if results.main_rule else standard.rules[0].id
    units, named = _units(results)
    lowest = (
        next((level for level in reversed(LEVELS) if (units.get("level", "") == level).any()), "")
        if len(units)
        else ""
    )
    classes = [(0.0, 0.5, "#c2410c"), (0.5, 0.75, "#e39a63"), (0.75, 0.9, "#f2d9b8"), (0.9, 1.0, "#a9cbe4"),
               (1.0, 1.0, "#5f9fcc")]  # fmt: skip
    style = qml.shares_of(rule_names(standard)[main], lowest, classes)
    yield "units", Layer(units, text("Units with their shares"), style, named)
    cells, cell_names = _cells(results, called)
    served = [("1", say(text("Served")), qml.fill("#5f9fcc", 0.7)),
              ("0", say(text("Not served")), qml.fill("#c2410c", 0.7)),
              ("", say(text("The rule does not apply")), qml.fill("#cfcabf", 0.7))]  # fmt: skip
    style = qml.categorized(called[f"meets_{main}"], served)
    yield "cells", Layer(cells, text("Cells"), style, {**cell_names, **of_groups})


def _rule_titles(rules: pd.Series, standard: Standard, say: Say) -> list[str]:
    known = {rule.id: say(standard.rule_title(rule)) for rule in standard.rules}
    return [known.get(str(rule), str(rule)) for rule in rules]


def _points(table: pd.DataFrame, *, public: bool) -> gpd.GeoDataFrame:
    """A table with lon and lat as points."""
    decimals = PUBLIC_DECIMALS if public else _DECIMALS
    lon, lat = (np.round(table[key].to_numpy(float), decimals) for key in ("lon", "lat"))
    kept = table.drop(columns=[key for key in _UNIT_COLUMNS if public and key in table], errors="ignore")
    kept = kept.assign(lon=lon, lat=lat)
    return gpd.GeoDataFrame(_plain(kept), geometry=shapely.points(lon, lat), crs=WGS84)


def bare(frame: gpd.GeoDataFrame, *, public: bool) -> gpd.GeoDataFrame:
    """A layer with plain columns; of a public one without units and with coarser coordinates."""
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    shapes = frame.geometry.to_numpy()
    if public:
        table = table.drop(columns=[key for key in _UNIT_COLUMNS if key in table])
        decimals = PUBLIC_DECIMALS if (frame.geometry.geom_type == "Point").all() else PUBLIC_DECIMALS + 1
        shapes = shapely.transform(shapes, lambda xy: np.round(xy, decimals))
        table = table.assign(
            **{key: table[key].round(PUBLIC_DECIMALS) for key in ("lon", "lat") if key in table}
        )
    return gpd.GeoDataFrame(_plain(table), geometry=shapes, crs=WGS84)


def _units(results: Results) -> tuple[gpd.GeoDataFrame, dict[str, Sayable]]:
    """The units with the share and the verdict of each rule."""
    found = results.layers.get("units")
    if found is None:
        return gpd.GeoDataFrame({"unit_id": []}, geometry=[], crs=WGS84), {}
    shares = results.units.pivot_table(index="unit_id", columns="rule", values="share", aggfunc="first")
    verdicts = results.units.pivot_table(index="unit_id", columns="rule", values="verdict", aggfunc="first")
    table = pd.DataFrame(found.drop(columns="geometry")).reset_index(drop=True)
    named: dict[str, Sayable] = {}
    names = rule_names(results.standard)
    for rule in results.standard.rules:
        title, key = results.standard.rule_title(rule), names[rule.id]
        if rule.id in shares:
            table[key] = shares[rule.id].reindex(table["unit_id"]).to_numpy(float)
            named[key] = text("{rule}: share", rule=title)
        if rule.id in verdicts:
            table[f"{VERDICT}{key}"] = verdicts[rule.id].reindex(table["unit_id"]).fillna("").to_numpy(str)
            named[f"{VERDICT}{key}"] = text("{rule}: verdict", rule=title)
    return gpd.GeoDataFrame(table, geometry=found.geometry.to_numpy(), crs=WGS84), named


def _cells(results: Results, called: Mapping[str, str]) -> tuple[gpd.GeoDataFrame, dict[str, Sayable]]:
    """Every cell as a square of its own ground, in the system it was measured in."""
    cells, crs = results.cells, str(results.document["area"]["crs"])
    xy = project(cells["lon"].to_numpy(float), cells["lat"].to_numpy(float), crs)
    half = np.sqrt(cells["area_m2"].to_numpy(float)) / 2.0
    around = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)], float)
    corners = xy[:, None, :] + half[:, None, None] * around
    lon, lat = unproject(corners.reshape(-1, 2), crs)
    rings = np.column_stack([lon, lat]).round(_DECIMALS).reshape(-1, 5, 2)
    standard = results.standard
    named: dict[str, Sayable] = {}
    for tier in standard.tiers:
        title = standard.tier_title(tier)
        named[called[f"{tier}_m"]] = text("To the nearest {tier}, straight (m)", tier=title)
        named[called[f"{tier}_walk_m"]] = text("To the nearest {tier}, on foot (m)", tier=title)
    for rule in standard.rules:
        for kind, said in _OF_RULES.items():
            named[called[f"{kind}_{rule.id}"]] = Text(said.template, {"rule": standard.rule_title(rule)})
    table = _plain(cells.rename(columns=called))
    return gpd.GeoDataFrame(table, geometry=shapely.polygons(rings), crs=WGS84), named


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Columns that the format has: no infinity, truth as 1 and 0, lists as text."""
    made = {}
    for key in table:
        column = table[key]
        if pd.api.types.is_bool_dtype(column.dtype):
            made[key] = column.astype("Int64")
        elif pd.api.types.is_numeric_dtype(column.dtype):
            made[key] = column.replace([np.inf, -np.inf], np.nan)
        else:
            made[key] = column.map(
                lambda one: one if isinstance(one, str) else "" if one is None else str(one)
            )
    return pd.DataFrame(made, index=table.index).reset_index(drop=True)


def _finish(path: Path, layers: Mapping[str, Layer], say: Say, created: str, described: str) -> None:
    """Titles of columns (the format's schema extension and QGIS' aliases), styles, and one time for all."""
    stamp = f"{created[:19]}.000Z" if created else "2000-01-01T00:00:00.000Z"
    with closing(sqlite3.connect(path)) as base, base:
        base.executescript(_TABLES)
        for number, (name, layer) in enumerate(layers.items(), start=1):
            titles = _column_titles(layer, say)
            base.executemany(
                "INSERT INTO gpkg_data_columns (table_name, column_name, name, title) VALUES (?, ?, ?, ?)",
                [(name, key, f"{title} ({key})", title) for key, title in titles],
            )
            description = f"{say(layer.title)}\n{described}".strip()
            base.execute("UPDATE gpkg_contents SET description = ? WHERE table_name = ?", (description, name))
            base.execute(
                "INSERT INTO layer_styles VALUES (?, '', '', ?, 'geom', ?, ?, '', 1, ?, '', NULL, ?)",
                (number, name, say(layer.title), qml.document(layer.style, titles), say(layer.title), stamp),
            )
        base.execute("UPDATE gpkg_contents SET last_change = ?", (stamp,))
    with closing(sqlite3.connect(path)) as base:
        base.execute("VACUUM")


def _column_titles(layer: Layer, say: Say) -> Sequence[tuple[str, str]]:
    known = {**_TITLES, **layer.named}
    return [(key, say(known[key])) for key in map(str, layer.frame.columns) if key in known]


_TABLES: Final = """
CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,
    definition TEXT NOT NULL, scope TEXT NOT NULL,
    CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
INSERT INTO gpkg_extensions VALUES ('gpkg_data_columns', NULL, 'gpkg_schema',
    'http://www.geopackage.org/spec/#extension_schema', 'read-write');
CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT,
    description TEXT, mime_type TEXT, constraint_name TEXT,
    CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT,
    f_table_schema TEXT, f_table_name TEXT, f_geometry_column TEXT, styleName TEXT, styleQML TEXT,
    styleSLD TEXT, useAsDefault BOOLEAN,
    description TEXT, owner TEXT, ui TEXT, update_time DATETIME);
INSERT INTO gpkg_contents (table_name, data_type, identifier, description)
    VALUES ('layer_styles', 'attributes', 'layer_styles', '');
"""
