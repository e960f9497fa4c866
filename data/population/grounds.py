"""Residential land and compounds: vector files to shapes in metres."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely

from core.errors import InputError
from core.text import Text, text
from coverage.model.tables import Compounds, Floats, Grounds, Shapes
from data.guard import guarded
from data.intake.findings import INFO, WARNING, Finding
from data.population.numbers import written_numbers
from data.vector import read_vector
from geo.crs import WGS84

_NAMES: Final = ("name", "名称", "小区名称", "小区名", "小区", "compound")
_HOUSEHOLDS: Final = re.compile(r"(?:总|居民|住|家庭)?户数|households?|hh")
_AREA: Final = re.compile(r"(?:用地|地块|居住用地|占地|宗地|图斑)?面积|area|shape_?area|tbmj|ydmj|zdmj")
# m² in one of a unit, as it is written beside a title.
_UNITS: Final = {
    1e4: ("公顷", "ha", "hectare", "hectares"),
    2000.0 / 3.0: ("亩", "mu"),
    1e6: ("平方公里", "平方千米", "km2", "km²", "sqkm"),
    1.0: ("平方米", "平米", "㎡", "m2", "m²", "sqm"),
}
# A declared area is believed to be in a unit in which most polygons have it within this many times.
_ALIKE: Final = 1.5


@guarded
def read_grounds(
    residential: Path | None, compounds: Path | None, *, crs: str
) -> tuple[Grounds, tuple[Finding, ...]]:
    """What the files hold, in `crs`; empty shapes and those of another kind are reported and left out.

    Of residential land an area that the file declares is read beside the outlines. Compounds are polygons or
    points; points that bear the name of a polygon, and several points of one name, are a compound's gates.
    """
    findings: list[Finding] = []
    land: Shapes | None = None
    declared: Floats | None = None
    if residential is not None:
        frame = _usable(residential, crs, findings, points=False)
        land = frame.geometry.to_numpy()
        declared = _declared_m2(frame, land, residential.name, findings)
    found = None
    if compounds is not None:
        found = _compounds(_usable(compounds, crs, findings, points=True), compounds.name, findings)
    return Grounds(land, found, declared), tuple(findings)


def _usable(path: Path, crs: str, findings: list[Finding], *, points: bool) -> gpd.GeoDataFrame:
    frame = read_vector(path)
    frame = (frame.set_crs(WGS84) if frame.crs is None else frame).to_crs(crs)
    shapes = shapely.make_valid(frame.geometry.to_numpy())
    dimension = shapely.get_dimensions(shapes)
    wanted = (dimension == 2) & (shapely.area(shapes) > 0)
    if points:
        wanted |= dimension == 0
    if not wanted.any():
        raise InputError("{file}: the layer has no area in it.", file=path.name)
    left_out = int((~wanted).sum())
    if left_out:
        message = text(
            "{count} {count:row has|rows have} no area and {count:is|are} left out.", count=left_out
        )
        findings.append(Finding(path.name, "", 0, "", WARNING, "ground-without-area", message))
    return frame.set_geometry(shapes, crs=crs)[wanted].reset_index(drop=True)


def _declared_m2(frame: gpd.GeoDataFrame, land: Shapes, file: str, findings: list[Finding]) -> Floats | None:
    """The column of areas in m²; None without one, and where no unit makes it like the outlines."""
    drawn = shapely.area(land)
    for column in frame.columns.drop(frame.geometry.name):
        title, unit = _taken_apart(str(column))
        if not _AREA.fullmatch(title):
            continue
        stated = written_numbers(frame[column])
        known = stated > 0
        if not known.any():
            continue
        times = [unit] if unit else list(_UNITS)
        off = {m2: float(np.median(np.abs(np.log(stated[known] * m2 / drawn[known])))) for m2 in times}
        best = min(off, key=lambda m2: off[m2])
        word = _UNITS[best][0]
        if off[best] > np.log(_ALIKE):
            why = text(
                "The areas in this column are unlike the outlines in every unit of area, and are not used."
            )
            findings.append(Finding(file, "", 0, str(column), WARNING, "declared-area", why))
            return None
        said: Text = text(
            "Declared areas: {declared:,.2f} ha in {count:,} rows (read as {unit}); the outlines have "
            "{drawn:,.2f} ha. Overlaps count in what is declared.",
            declared=float(stated[known].sum()) * best / 1e4,
            count=int(known.sum()),
            unit=word,
            drawn=float(drawn.sum()) / 1e4,
        )
        findings.append(Finding(file, "", 0, str(column), INFO, "declared-area", said))
        return np.where(known, stated * best, np.nan)
    return None


def _taken_apart(column: str) -> tuple[str, float]:
    """A title without its unit, and the unit in m² (0: none is written)."""
    plain = unicodedata.normalize("NFKC", column).strip().casefold()
    for m2, spellings in _UNITS.items():
        for spelling in sorted(spellings, key=len, reverse=True):
            ending = re.search(
                rf"[\s(\[_/]*{re.escape(unicodedata.normalize('NFKC', spelling))}[)\]]*$", plain
            )
            if ending and ending.start():
                return plain[: ending.start()], m2
    return plain, 0.0


def _compounds(frame: gpd.GeoDataFrame, file: str, findings: list[Finding]) -> Compounds:
    shapes = frame.geometry.to_numpy()
    titles = {unicodedata.normalize("NFKC", str(one)).strip().casefold(): one for one in frame.columns}
    name = next((titles[alias] for alias in _NAMES if alias in titles), None)
    names = frame[name].fillna("").astype(str).to_numpy(object) if name else np.full(len(frame), "", object)
    homes = next((column for title, column in titles.items() if _HOUSEHOLDS.fullmatch(title)), None)
    stated = np.full(len(frame), np.nan)
    if homes:
        plain = [one.strip().removesuffix("户") if isinstance(one, str) else one for one in frame[homes]]
        stated = written_numbers(plain).copy()
    areas = shapely.get_dimensions(shapes) == 2
    rows: dict[Any, list[int]] = {}
    for row, called in enumerate(names):
        rows.setdefault(called or row, []).append(row)
    kept: list[int] = []
    gates: list[Any] = []
    for mine in rows.values():
        own, points = [row for row in mine if areas[row]], [row for row in mine if not areas[row]]
        # Two polygons of one name are two compounds, and whose gate a point is cannot be told.
        if len(own) > 1:
            kept += mine
            gates += [None] * len(mine)
        elif points and len(mine) > 1:
            kept.append(own[0] if own else points[0])
            gates.append(shapely.union_all(shapes[points]))
            stated[kept[-1]] = next((stated[row] for row in mine if np.isfinite(stated[row])), np.nan)
        else:
            kept += mine
            gates += [None if areas[row] else shapes[row] for row in mine]
    order = np.argsort(kept)
    chosen = np.asarray(kept)[order]
    if len(chosen) < len(frame):
        message = text(
            "Points that share a name are gates of one compound: {rows:,} rows are {count:,} compounds.",
            rows=len(frame),
            count=len(chosen),
        )
        findings.append(Finding(file, "", 0, str(name), INFO, "compound-gates", message))
    has_gates = any(gate is not None for gate in gates)
    held = np.empty(len(gates), object)
    held[:] = gates
    called = tuple(str(names[row]) or str(row + 1) for row in chosen)
    return Compounds(
        shapes[chosen],
        called,
        stated[chosen] if np.isfinite(stated).any() else None,
        held[order] if has_gates else None,
    )
