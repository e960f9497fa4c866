"""Further layers of an assessment to what a map lays over its cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import geopandas as gpd

from core.text import Sayable, Text, text
from coverage.model.standard import Standard
from maps.model import OverlayLayer

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
    )


def layers_of(
    layers: Mapping[str, gpd.GeoDataFrame], standard: Standard
) -> tuple[tuple[OverlayLayer, ...], tuple[OverlayLayer, ...]]:
    """Areas and paths of `Results.layers`; isochrones of the whole city are hidden at first."""
    areas = tuple(reach_areas(layers["isochrones"], show=False)) if "isochrones" in layers else ()
    paths = tuple(barrier_paths(layers["barriers"], standard)) if "barriers" in layers else ()
    return areas, paths


def _reach_facts(row: Mapping[str, Any]) -> Iterator[Fact]:
    yield (
        text("Walking time"),
        text("{minutes:g} min at {speed:g} km/h", minutes=row["minutes"], speed=row["speed_kmh"]),
    )
    yield text("Area"), text("{area:,.2f} km²", area=row["km2"])
    yield text("Residents within"), _people(row["residents"])


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
