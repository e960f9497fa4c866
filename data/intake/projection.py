"""Which projected system metres are in, by their size, the list's words and where they would lie."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from core.text import text
from coverage.model.tables import Floats, UnitTable
from data.intake.coordinates import DatumDecision, Evidence
from data.intake.hypotheses import UNKNOWN
from data.intake.likelihood import declared_units, membership
from data.intake.placing import Bounds, inside
from data.intake.projected import about_degrees, candidates, to_degrees
from data.intake.reference import Reference
from data.intake.scores import belief_by_buildings
from geo.crs import project

_UNDECIDED: Final = DatumDecision(UNKNOWN, False, 0.0)
_MERIDIAN: Final = re.compile(r"中央(?:子午|经)线\D{0,4}(\d{2,3})|cm\s?=?\s?(\d{2,3})", re.IGNORECASE)
_NAMED: Final = re.compile(r"epsg\D{0,2}(\d{4,5})", re.IGNORECASE)
_NEAR_DEG: Final = 0.05
_ABOUT_DEG: Final = 0.3
_MOSTLY: Final = 0.9
_ALONE: Final = 0.97
# Looking at a system exactly takes a tenth of a second.
_FEW: Final = 6
# A centimetre.
_SAME_DEG: Final = 1e-7


def decide_projection(
    rows: pd.DataFrame,
    wanted: str,
    words: str,
    area: Bounds | None,
    units: UnitTable | None,
    reference: Reference | None = None,
) -> DatumDecision:
    """Decide on rows whose `given_lon`, `given_lat` are easting and northing.

    Decided where one system is wanted or named, or where only one puts (nearly) all rows into the
    area, or where only one is possible at all; unknown otherwise, those that fit ranked by how near the
    buildings of `reference` the rows then lie.
    """
    if wanted.startswith("epsg:"):
        return DatumDecision(wanted, True, 1.0)
    east, north = rows["given_lon"].to_numpy(float), rows["given_lat"].to_numpy(float)
    possible = candidates(east, north)
    named = [crs for crs in possible if _is_named(crs, words)]
    fitting = [crs for crs in possible if _fits(rows, crs, area, units)] if area else list(possible)
    chosen = [crs for crs in fitting if crs in named] or fitting
    if area and not chosen:
        return _UNDECIDED
    if len(chosen) <= _FEW:
        chosen = _different(chosen, east, north)
    if len(chosen) > 1 and named:
        chosen = named[:1]
    if len(chosen) != 1:
        return _ranked(rows, chosen, reference)
    system = chosen[0].lower()
    message = text(
        "As metres of {system} the rows lie in the area; by the size of the numbers {count} systems "
        "were possible.",
        system=system.upper(),
        count=len(possible),
    )
    return DatumDecision(
        system, True, _ALONE, (Evidence("projection", system, 2.0, message),), ((system, _ALONE),)
    )


def _different(systems: list[str], east: Floats, north: Floats) -> list[str]:
    """One of those that put the rows into the same places, as the 3-degree and 6-degree zones of one
    meridian do: the most usual."""
    kept: list[str] = []
    seen: list[Floats] = []
    for crs in systems:
        at = np.column_stack(to_degrees(east, north, crs))
        if not any(np.allclose(at, other, rtol=0.0, atol=_SAME_DEG) for other in seen):
            kept.append(crs)
            seen.append(at)
    return kept


def _ranked(rows: pd.DataFrame, chosen: list[str], reference: Reference | None) -> DatumDecision:
    """Undecided: several systems fit. Such as UTM and Gauss-Kruger of the same zone, 1.4 km apart."""
    if reference is None or not chosen:
        return _UNDECIDED
    east, north = rows["given_lon"].to_numpy(float), rows["given_lat"].to_numpy(float)
    belief = belief_by_buildings([to_degrees(east, north, crs) for crs in chosen], reference)
    if belief is None:
        return _UNDECIDED
    order = np.argsort(-belief, kind="stable")
    return replace(_UNDECIDED, ranking=tuple((chosen[k].lower(), float(belief[k])) for k in order))


def _fits(rows: pd.DataFrame, crs: str, area: Bounds | None, units: UnitTable | None) -> bool:
    east, north = rows["given_lon"].to_numpy(float), rows["given_lat"].to_numpy(float)
    if area and inside(*about_degrees(east, north, crs), area, _ABOUT_DEG).mean() < _MOSTLY:
        return False
    lon, lat = to_degrees(east, north, crs)
    if area and inside(lon, lat, area, _NEAR_DEG).mean() < _MOSTLY:
        return False
    return units is None or _in_declared(rows, lon, lat, units)


def _in_declared(rows: pd.DataFrame, lon: Floats, lat: Floats, units: UnitTable) -> bool:
    """Not far outside what the rows declare, where they declare anything."""
    unit = declared_units(rows, units)
    if not (unit >= 0).any():
        return True
    _, away_m = membership(unit, units, project(lon, lat, units.crs)[:, None, :])
    return bool(np.nanmedian(away_m) < 500)


def _is_named(crs: str, words: str) -> bool:
    code = int(crs.rpartition(":")[2])
    if any(int(found) == code for found in _NAMED.findall(words)):
        return True
    meridians = {int(one or other) for one, other in _MERIDIAN.findall(words)}
    return 4534 <= code <= 4554 and 75 + 3 * (code - 4534) in meridians
