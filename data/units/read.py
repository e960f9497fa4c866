"""One door for units files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.errors import InputError
from core.text import text
from coverage.equity.overlaps import Gap, Overlap, find_gaps_between, find_overlaps, ill_fitting
from coverage.model.tables import LEVELS, Floats, UnitTable
from data.digest import sha256_of
from data.formats.inputs_read import InputRead
from data.intake.findings import Finding
from data.population.columns import RESIDENT_COLUMNS, find_column
from data.units.columns import ID_COLUMNS, NAME_COLUMNS, levels_of, parents_of, settlements_of, words
from data.units.outlines import merged, usable
from data.units.parents import with_parents
from data.units.remarks import Remarks
from data.units.settlement import with_settlement
from data.units.villages import with_outlines
from data.vector import Layer, layers, read_layer
from geo.crs import WGS84


@dataclass(frozen=True)
class UnitFile:
    """A units file as read: the table, remarks on it, and which file it was.

    `residents` (units,) what the file itself states, NaN where nothing, None without such a column;
    `read` what was chosen in which file and what was set aside.
    """

    table: UnitTable
    findings: tuple[Finding, ...]
    sha256: str
    overlaps: tuple[Overlap, ...] = ()
    residents: Floats | None = None
    read: tuple[InputRead, ...] = ()


def read_units(path: Path, *, crs: str, urban: Path | None = None) -> UnitFile:
    """Read units in any CRS (WGS-84 assumed, and said, where the file has none) into metric `crs`.

    Needs a name; level from its column, else districts. Broken outlines are repaired and each
    repair is listed; rows without an outline or a known level are listed and left out. A community
    or village may be a point: the ground nearest to it within its parent is its own. Units without
    a known parent get the one that most of them lies in. `urban` is a layer of the built-up area
    that tells urban from rural where no code or column does.
    """
    layer, remarks = _all_layers(path), Remarks(path.name)
    if layer.frame.crs is None:
        message = text("The file does not say its coordinate system; WGS-84 is taken.")
        remarks.add("crs-assumed", message)
    table = usable(_table(layer.frame, path.name).to_crs(crs), layer.unclosed, remarks)
    if not len(table):
        raise _nothing_left(path.name, remarks)
    table = with_outlines(with_parents(merged(table, remarks), remarks), remarks)
    if not len(table):
        raise _nothing_left(path.name, remarks)
    table = table if urban is None else with_settlement(table, urban, remarks)
    stated = table["stated"].to_numpy(float)
    units = UnitTable(table.drop(columns=["row", "stated"]))
    odd = ill_fitting(units)
    overlaps = find_overlaps(units, odd)
    _tell_overlaps(overlaps, units, remarks)
    _tell_gaps(find_gaps_between(units, odd), units, remarks)
    return UnitFile(
        units,
        tuple(remarks.found),
        sha256_of(path),
        overlaps,
        stated if np.isfinite(stated).any() else None,
    )


def read_area(path: Path) -> shapely.Geometry:
    """The ground of a units file in WGS-84 degrees, valid: its coarsest outlines together, and of the
    finer ones those that lie elsewhere. InputError where no row has an outline and a known level."""
    frame = _all_layers(path).frame
    frame = (frame.set_crs(WGS84) if frame.crs is None else frame).to_crs(WGS84)
    frame = frame[shapely.get_dimensions(frame.geometry.to_numpy()) == 2]
    known, shapes = np.asarray(levels_of(frame), object), shapely.make_valid(frame.geometry.to_numpy())
    ground = shapely.Polygon()
    for level in LEVELS:
        own = shapes[known == level]
        shapely.prepare(ground)
        elsewhere = own[~shapely.contains(ground, shapely.point_on_surface(own))]
        ground = shapely.union_all([ground, *elsewhere]) if len(elsewhere) else ground
    if ground.is_empty:
        raise _nothing_left(path.name, Remarks(path.name))
    return ground


def _all_layers(path: Path) -> Layer:
    """The layer called units, else all layers named after levels, else the first."""
    names = layers(path)
    if "units" in names or len(names) == 1:
        return read_layer(path, layer="units" if "units" in names else None)
    wanted = [name for name in names if name.casefold() in LEVELS]
    if not wanted:
        return read_layer(path)
    parts = [read_layer(path, layer=name) for name in wanted]
    frames = [part.frame.assign(level=name.casefold()) for part, name in zip(parts, wanted, strict=True)]
    starts = np.cumsum([0, *(len(frame) for frame in frames)])
    unclosed = np.concatenate([part.unclosed + start for part, start in zip(parts, starts[:-1], strict=True)])
    return Layer(gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs), unclosed)


def _table(frame: gpd.GeoDataFrame, file: str) -> gpd.GeoDataFrame:
    columns = [str(column) for column in frame.columns]
    name_column = find_column(columns, NAME_COLUMNS)
    if name_column is None:
        raise InputError(
            "{file}: no column is named {aliases}. The columns are: {columns}.",
            file=file,
            aliases=", ".join(NAME_COLUMNS[:3]),
            columns=", ".join(columns[:20]),
        )
    residents = find_column(columns, RESIDENT_COLUMNS)
    levels = levels_of(frame)
    return gpd.GeoDataFrame(
        {
            "unit_id": _numbers(frame),
            "name": frame[name_column].fillna("").astype(str).str.strip(),
            "level": levels,
            "settlement": settlements_of(frame),
            "parent_id": parents_of(frame, levels),
            "row": np.arange(len(frame)),
            "stated": pd.to_numeric(frame[residents], errors="coerce") if residents else np.nan,
        },
        geometry=frame.geometry.to_numpy(),
        crs=WGS84 if frame.crs is None else frame.crs,
    ).reset_index(drop=True)


def _numbers(frame: gpd.GeoDataFrame) -> list[str]:
    """The units' own numbers; the row's, where there is none."""
    own = words(frame, ID_COLUMNS) or [""] * len(frame)
    return [word or str(row) for row, word in enumerate(own, start=1)]


def _tell_overlaps(overlaps: tuple[Overlap, ...], units: UnitTable, remarks: Remarks) -> None:
    names = units.frame["name"].to_numpy(object)
    for is_sliver, code in ((False, "overlap"), (True, "sliver")):
        messages = [
            text(
                "{first} and {second} overlap by {area:,.0f} m²; whoever lives there counts for {first}.",
                first=names[overlap.first],
                second=names[overlap.second],
                area=overlap.area_m2,
            )
            for overlap in overlaps
            if overlap.is_sliver == is_sliver
        ]
        remarks.each(code, messages, "info" if is_sliver else "warning")


def _tell_gaps(gaps: tuple[Gap, ...], units: UnitTable, remarks: Remarks) -> None:
    names = units.frame["name"].to_numpy(object)
    messages = [
        text(
            "Between {first} and {second} {area:,.0f} m² belong to neither; whoever lives there counts for "
            "the nearest.",
            first=names[gap.first],
            second=names[gap.second],
            area=gap.area_m2,
        )
        for gap in gaps
    ]
    remarks.each("gap", messages, "info")


def _nothing_left(file: str, remarks: Remarks) -> InputError:
    errors = [finding for finding in remarks.found if finding.level == "error"] or remarks.found
    if not errors:
        return InputError("{file}: no unit with a name, a known level and an outline is left.", file=file)
    return InputError(
        "{file}: no unit with a name, a known level and an outline is left. Row {row}: {reason}",
        file=file,
        row=errors[0].row,
        reason=errors[0].message,
    )
