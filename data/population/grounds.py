"""Residential land and compounds: vector files to shapes in metres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely

from core.errors import InputError
from core.text import text
from coverage.model.tables import Compounds, Grounds, Shapes
from data.guard import guarded
from data.intake.findings import WARNING, Finding
from data.vector import read_vector
from geo.crs import WGS84

_NAMES = ("name", "名称", "小区名称", "小区名", "小区", "compound", "Name", "NAME")


@guarded
def read_grounds(
    residential: Path | None, compounds: Path | None, *, crs: str
) -> tuple[Grounds, tuple[Finding, ...]]:
    """What the files hold, in `crs`; empty shapes and those of another kind are reported and left out."""
    findings: list[Finding] = []
    land = None
    if residential is not None:
        shapes, _ = _read(residential, crs, findings, points=False)
        land = shapely.make_valid(shapes)
    found = None
    if compounds is not None:
        shapes, names = _read(compounds, crs, findings, points=True)
        found = Compounds(shapely.make_valid(shapes), names)
    return Grounds(land, found), tuple(findings)


def _read(path: Path, crs: str, findings: list[Finding], *, points: bool) -> tuple[Shapes, tuple[str, ...]]:
    frame = read_vector(path)
    frame = (frame.set_crs(WGS84) if frame.crs is None else frame).to_crs(crs)
    shapes = frame.geometry.to_numpy()
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
    column = next((name for name in _NAMES if name in frame.columns), None)
    names = frame[column].fillna("").astype(str) if column else frame.index.astype(str)
    return shapes[wanted], tuple(np.asarray(names, dtype=str)[wanted].tolist())
