"""An assessment in memory to the tables of its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from coverage.assessment import Assessment
from coverage.gaps import gap_outlines
from coverage.measuring.outlines import cell_outlines
from coverage.model.entrances import EDGE, EXTENT, EXTENTS
from coverage.model.study import Study
from coverage.model.tables import Ints, UnitTable
from coverage.publish.asked import PART_COLUMNS, part_rows
from coverage.publish.document import assessment_document
from coverage.publish.tables import About, Results
from coverage.publish.wide import share_of
from geo.crs import WGS84

UNIT_COLUMNS: Final = (
    "residents", "residents_met", "units", "units_met", "facilities", "within", "under", "over",
    "places", "actual", "share", "share_of", "verdict",
)  # fmt: skip
GAP_COLUMNS: Final = (
    "rule", "rank", "residents", "area_km2", "unit", "units_touched", "nearest_m", "farthest_m", "nearest",
    "lon", "lat", "site_residents",
)  # fmt: skip
UNIT_OFF_M: Final = 5.0
# Outlines are drawn to a decimetre; a coordinate's seventh decimal is a centimetre.
_DECIMALS: Final = 7


def results_of(assessment: Assessment, about: About) -> Results:
    """All tables of an assessment; nothing is computed anew."""
    document = assessment_document(assessment, about)
    parts = _gap_parts(assessment)
    return Results(
        document=document,
        standard=assessment.standard,
        units=unit_table(assessment),
        cells=_cells(assessment),
        facilities=_facilities(assessment),
        gaps=_gaps(assessment, document["gaps"]),
        provenance=about.provenance,
        layers=({"gap_parts": parts} if len(parts) else {})
        | unit_layer(assessment.study.units)
        | extent_layer(assessment.study),
    )


def _cells(assessment: Assessment) -> pd.DataFrame:
    study, distances = assessment.study, assessment.measured.distances
    lon, lat = study.grid.lonlat()
    columns: dict[str, object] = {
        "cell_id": study.grid.cell_id,
        "lon": np.round(lon, _DECIMALS),
        "lat": np.round(lat, _DECIMALS),
        "residents": study.grid.residents,
        **study.grid.groups,
    }
    for tier in distances.straight_m:
        columns[f"{tier}_m"] = np.round(distances.straight_m[tier], 3)
    for tier in distances.walk_m:
        columns[f"{tier}_walk_m"] = np.round(distances.walk_m[tier], 3)
    columns["snap_m"] = np.round(distances.cells.snap_m, 3)
    columns["linked"] = distances.cells.edge >= 0
    columns["area_m2"] = study.grid.area_m2
    columns["settlement"] = study.settlement
    for level, rows in study.cells_in.rows.items():
        columns[level] = _unit_values(study, rows, "unit_id")
    for result in assessment.results:
        if result.cells_met is not None and result.cells_subject is not None:
            columns[f"meets_{result.rule.id}"] = pd.arrays.BooleanArray(
                result.cells_met, ~result.cells_subject
            )
    return pd.DataFrame(columns, copy=False)  # of a large city two of each column are too many


def _facilities(assessment: Assessment) -> pd.DataFrame:
    study = assessment.study
    lon, lat = study.facilities.lonlat()
    table = study.facilities.frame.drop(columns=["x", "y", EXTENT], errors="ignore").reset_index(drop=True)
    table.insert(3, "lon", np.round(lon, _DECIMALS))
    table.insert(4, "lat", np.round(lat, _DECIMALS))
    distances = assessment.measured.distances
    if study.facilities.has_extents or any(rule.classes for rule in assessment.standard.rules):
        table["measured_to"] = study.facilities.entrances.measured_to
        table["doors"] = np.bincount(distances.entrance_of, minlength=len(table)).astype(float)
        table.loc[table["measured_to"] == EDGE, "doors"] = np.nan
        table["size_m2"] = np.round(study.facilities.size_m2, 1)
    table["snap_m"] = np.round(distances.facility_snap_m, 2)
    table["linked"] = distances.facility_linked
    table["load"] = np.round(assessment.facility_loads, 1)
    for result in assessment.results:
        if result.load is not None:
            counted = np.full(len(table), np.nan)
            counted[list(result.load.rows)] = np.round(result.load.residents, 1)
            table[f"load_{result.rule.id}"] = counted
    for level, rows in study.facilities_in.rows.items():
        table[f"in_{level}"] = _unit_values(study, rows, "name")
    return table


def _unit_values(study: Study, rows: Ints, column: str) -> NDArray[np.object_]:
    if study.units is None:
        return np.full(len(rows), "", dtype=object)
    values = study.units.frame[column].to_numpy(object)
    return np.where(rows >= 0, values[np.maximum(rows, 0)], "")


def unit_table(assessment: Assessment) -> pd.DataFrame:
    """A row a unit and rule, as `units.csv` has them."""
    units = assessment.study.units
    columns = ["unit_id", "name", "level", "parent_id", "settlement", "rule", *UNIT_COLUMNS]
    if units is None or not assessment.results:
        return pd.DataFrame(columns=columns)
    named = pd.DataFrame(units.frame[["unit_id", "name", "level", "parent_id", "settlement"]])
    parts = [named.iloc[:0].assign(rule=[])]
    for result in assessment.results:
        if not result.by_unit.empty:
            of_units = named.iloc[result.by_unit["unit_row"].to_numpy(int)].reset_index(drop=True)
            figures = result.by_unit.drop(columns=["unit_row", "level"]).reset_index(drop=True)
            # What has no share says of nothing that it is a share of it.
            there = figures["share"].notna().to_numpy(bool)
            named_share = np.where(there, share_of(result.rule), "")
            of_units = of_units.assign(rule=result.rule.id, share_of=named_share)
            parts.append(pd.concat([of_units, figures], axis=1))
    return pd.concat(parts, ignore_index=True).reindex(columns=columns)


def extent_layer(study: Study) -> dict[str, gpd.GeoDataFrame]:
    """Doors and outlines of the facilities that are more than a point, as metres were measured to them."""
    frame = study.facilities.frame
    if not study.facilities.has_extents:
        return {}
    own = np.flatnonzero([shape is not None for shape in frame[EXTENT]])
    columns = frame.iloc[own][["facility_id", "name", "tier"]].reset_index(drop=True)
    columns["measured_to"] = study.facilities.entrances.measured_to[own]
    shapes = gpd.GeoSeries(frame[EXTENT].to_numpy(object)[own], crs=study.facilities.crs)
    return {EXTENTS: gpd.GeoDataFrame(columns, geometry=shapes).to_crs(WGS84)}


def unit_layer(units: UnitTable | None) -> dict[str, gpd.GeoDataFrame]:
    """The outlines of the units, so that a result can be drawn and passed on without its inputs; borders lie
    within `UNIT_OFF_M` of the given ones, and neighbours keep theirs in common."""
    if units is None or not len(units):
        return {}
    parts = []
    for level in units.levels:
        rows = units.of_level(level)
        frame = units.frame.iloc[rows]
        shapes = shapely.coverage_simplify(frame.geometry.to_numpy(), UNIT_OFF_M)
        columns = frame[["unit_id", "name", "level", "parent_id", "settlement"]].reset_index(drop=True)
        parts.append(gpd.GeoDataFrame(columns, geometry=list(shapes), crs=units.crs))
    return {"units": gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=units.crs).to_crs(WGS84)}


def _gap_parts(assessment: Assessment) -> gpd.GeoDataFrame:
    """The parts of large and ring-shaped gaps as `asked.part_rows` has them, with their outlines."""
    rows: list[tuple[object, ...]] = []
    parts: list[Ints] = []
    for gap in (gap for gap in assessment.gaps if gap.parts):
        rows += part_rows(gap, gap.parts, assessment)
        parts += [site.cells for site in gap.parts]
    shapes = gpd.GeoSeries(cell_outlines(assessment.study.grid, parts), crs=assessment.study.grid.crs)
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=list(PART_COLUMNS)), geometry=shapes).to_crs(WGS84)


def _gaps(assessment: Assessment, rows: Sequence[Mapping[str, Any]]) -> gpd.GeoDataFrame:
    """The rows of assessment.json with the gaps' outlines; `site_residents` is how many one facility at
    `lon, lat` would serve (NaN: no street there)."""
    table = pd.DataFrame(
        [
            {key: value for key, value in row.items() if key not in ("units", "site")}
            | {"site_residents": row["site"]["residents"] if "site" in row else np.nan}
            for row in rows
        ]
        or {column: [] for column in GAP_COLUMNS}
    )
    for column in ("nearest_m", "farthest_m"):
        table[column] = pd.to_numeric(table[column]).fillna(np.inf)
    table["nearest"] = table["nearest"].fillna("")
    outlines = gap_outlines(assessment.gaps, assessment.measured)
    shapes = gpd.GeoSeries(outlines, crs=assessment.study.grid.crs)
    return gpd.GeoDataFrame(table, geometry=shapes).to_crs(WGS84)
