"""A small district written in every kind of street file, by the libraries others write them with.

d ----- c ----- e      a-b-c-d-a is a square of about 200 m; c-e leads on to the east. A motorway
|       |              crosses from a to c and may not be walked. There is a pond, a park with a
a ----- b              clearing (a multipolygon) and a river.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import geopandas as gpd
import osmium
import shapely

CRS: Final = "EPSG:4549"
# Degrees near the central meridian of EPSG:4549; 0.002° are 188.6 m east and 221.8 m north.
PLACES: Final = {
    1: (120.000, 32.000),
    2: (120.002, 32.000),
    3: (120.002, 32.002),
    4: (120.000, 32.002),
    5: (120.004, 32.002),
}
WAYS: Final = {
    1: ((1, 2, 3), {"highway": "residential"}),
    2: ((3, 4, 1), {"highway": "primary"}),
    3: ((3, 5), {"highway": "footway"}),
    4: ((1, 3), {"highway": "motorway"}),
}
SHAPE_PLACES: Final = {
    11: (120.0005, 32.0005), 12: (120.0008, 32.0005), 13: (120.0008, 32.0008),
    21: (120.0010, 32.0010), 22: (120.0018, 32.0010), 23: (120.0018, 32.0018), 24: (120.0010, 32.0018),
    31: (120.0012, 32.0012), 32: (120.0014, 32.0012), 33: (120.0014, 32.0014),
    41: (119.999, 31.999), 42: (120.005, 31.999),
}  # fmt: skip
SHAPES: Final = {
    51: ((11, 12, 13, 11), {"natural": "water"}),
    52: ((21, 22, 23, 24, 21), {}),
    53: ((31, 32, 33, 31), {}),
    54: ((41, 42), {"waterway": "river"}),
}
METRES: Final = {"square": 2 * 188.96 + 2 * 221.79, "on": 188.96}


def write_osm(path: Path, *, ways_first: bool = False, without: Iterable[int] = ()) -> Path:
    """The district with its shapes; the file's format follows its name."""
    nodes = [
        osmium.osm.mutable.Node(id=number, location=place)
        for number, place in (PLACES | SHAPE_PLACES).items()
        if number not in set(without)
    ]
    ways = [osmium.osm.mutable.Way(id=w, nodes=list(n), tags=t) for w, (n, t) in (WAYS | SHAPES).items()]
    park = osmium.osm.mutable.Relation(
        id=61,
        members=[("w", 52, "outer"), ("w", 53, "inner")],
        tags={"type": "multipolygon", "leisure": "park"},
    )
    with osmium.SimpleWriter(str(path)) as writer:
        for thing in [*ways, *nodes, park] if ways_first else [*nodes, *ways, park]:
            _add(writer, thing)
    return path


def _add(writer: osmium.SimpleWriter, thing: object) -> None:
    kind = type(thing).__name__.lower()
    getattr(writer, f"add_{kind}")(thing)


def lines() -> gpd.GeoDataFrame:
    """The ways as street lines with their `highway`, in degrees."""
    return gpd.GeoDataFrame(
        {"highway": [tags["highway"] for _, tags in WAYS.values()]},
        geometry=[shapely.LineString([PLACES[n] for n in nodes]) for nodes, _ in WAYS.values()],
        crs="EPSG:4326",
    )
