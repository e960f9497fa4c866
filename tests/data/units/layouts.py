"""A small city and the ways in which its units are written down; what is true is known without any reader.

Two districts of two streets (one a town) of four communities each: 2, 4 and 16 squares side by side.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

CRS = "EPSG:4549"
EAST, NORTH = 400_000.0, 3_500_000.0
LEVELS = ("district", "street", "community")


@dataclass(frozen=True)
class Unit:
    """One unit as it is: its code has 12 digits, `parent` is a name, `settlement` "" above communities."""

    level: str
    name: str
    code: str
    parent: str
    settlement: str
    shape: shapely.Geometry
    street: str = ""
    district: str = ""


def _square(column: float, row: float, width: float, height: float) -> shapely.Geometry:
    west, south = EAST + column * 1000, NORTH + row * 1000
    return shapely.box(west, south, west + width * 1000, south + height * 1000)


def city() -> list[Unit]:
    """All units, from the districts down."""
    districts = [("玄武区", "320102"), ("秦淮区", "320104")]
    streets = [["梅园新村街道", "新街口街道"], ["洪武路街道", "红花镇"]]
    villages = {"红花镇": ["红花村", "夹岗村", "双桥村", "七桥社区"]}
    found = []
    for d, (district, county) in enumerate(districts):
        found.append(
            Unit("district", district, f"{county}000000", "", "", _square(d * 4, 0, 4, 2), district=district)
        )
    for d, (district, county) in enumerate(districts):
        for s, street in enumerate(streets[d]):
            code = f"{county}{s + 2:03d}"
            shape = _square(d * 4 + s * 2, 0, 2, 2)
            found.append(Unit("street", street, f"{code}000", district, "", shape, street, district))
    for d, (district, county) in enumerate(districts):
        for s, street in enumerate(streets[d]):
            for c in range(4):
                name = villages.get(street, [f"{street[:2]}{mark}社区" for mark in "甲乙丙丁"])[c]
                shape = _square(d * 4 + s * 2 + c % 2, c // 2, 1, 1)
                settlement = "rural" if street == "红花镇" and c < 3 else "urban"
                code = f"{county}{s + 2:03d}{c + 1:03d}"
                found.append(Unit("community", name, code, street, settlement, shape, street, district))
    return found


def truth(units: Sequence[Unit]) -> set[tuple[str, str, str]]:
    """(level, name, name of the unit above) of every unit."""
    return {(unit.level, unit.name, unit.parent) for unit in units}


def classes(units: Sequence[Unit]) -> dict[str, str]:
    """Name → urban or rural, of the communities."""
    return {unit.name: unit.settlement for unit in units if unit.level == "community"}


Cells = Callable[[Unit], Mapping[str, Any]]


def geojson(path: Path, units: Sequence[Unit], cells: Cells) -> Path:
    """A GeoJSON in degrees, written by hand."""
    shapes = gpd.GeoSeries([unit.shape for unit in units], crs=CRS).to_crs("EPSG:4326")
    features = [
        {"type": "Feature", "properties": dict(cells(unit)), "geometry": shapely.geometry.mapping(shape)}
        for unit, shape in zip(units, shapes, strict=True)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def frame(units: Sequence[Unit], cells: Cells, *, crs: str = CRS) -> gpd.GeoDataFrame:
    """The same as a frame, to be saved in any format."""
    table = gpd.GeoDataFrame(
        [dict(cells(unit)) for unit in units], geometry=[unit.shape for unit in units], crs=CRS
    )
    return table.to_crs(crs)


def of(level: str, units: Sequence[Unit]) -> list[Unit]:
    return [unit for unit in units if unit.level == level]


def split(unit: Unit) -> list[Unit]:
    """The unit as two parts that touch."""
    west, south, east, north = unit.shape.bounds
    middle = (west + east) / 2
    halves = shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)
    return [replace(unit, shape=half) for half in halves]
