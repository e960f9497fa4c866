"""Facilities that are new, gone or moved, on the city's ground; a move is an arrow from where it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, hypot, radians
from typing import Any, Final

from core.text import text
from data.store import Store
from data.store.records import city_named
from jobs.cache import prebuild as warm
from jobs.desk.desk import ground_of_city
from ui.shell.compute import cache_folder
from ui.shell.work import result_of
from ui.widgets.small_map import OtherGround, legend, list_map, on_ground

LonLat = tuple[float, float]

_HEIGHT_PX: Final = 420
# Of an arrow's way its head takes so much, and no more metres than that.
_HEAD: Final = 0.25
_MOST_HEAD_M: Final = 60.0
_DEGREE_M: Final = 111_320.0
_LOOKS: Final = {"new": "here", "gone": "outside", "moved": "inside"}


def change_map(store: Store, city: str, rows: Sequence[Mapping[str, Any]], *, key: str) -> None:
    """Nothing where no facility that is new, gone or moved has a place."""
    import numpy as np

    from maps.still.sketch import Dots, Frame, Sketch, widened

    told = [row for row in rows if row["what"] in _LOOKS]
    placed = [row for row in told if row["lon"] is not None and row["lat"] is not None]
    if not placed:
        return
    ways = [
        part
        for row in placed
        if row["what"] == "moved" and None not in row["from"]
        for part in arrow((row["from"][0], row["from"][1]), (row["lon"], row["lat"]))
    ]
    dots = []
    for what, look in _LOOKS.items():
        own = [row for row in placed if row["what"] == what]
        lon, lat = (np.array([row[name] for row in own], float) for name in ("lon", "lat"))
        dots.append(Dots(lon, lat, look, [row["name"] for row in own]))
    lons = [row["lon"] for row in placed] + [end[0] for way in ways for end in way]
    lats = [row["lat"] for row in placed] + [end[1] for way in ways for end in way]
    box = widened((min(lons), min(lats), max(lons), max(lats)), 300.0)
    with store.read() as connection:
        of = city_named(connection, city)
    path = result_of(
        "collect-ground",
        (str(store.files.folder), of.id),
        lambda tell: ground_of_city(store, of, cache=warm.streets_of(cache_folder()), progress=tell),
    )
    with on_ground(OtherGround(path, box)):
        title = text("Facilities that are new, gone or moved")
        list_map(Sketch(box, tuple(dots), ways=ways), Frame(title, _HEIGHT_PX, wheel=False), key=key)
    _legend()


def arrow(start: LonLat, end: LonLat) -> list[tuple[LonLat, LonLat]]:
    """A way and the two strokes of its head, in degrees; none for a way of no length."""
    scale = cos(radians(end[1]))
    east, north = (end[0] - start[0]) * scale * _DEGREE_M, (end[1] - start[1]) * _DEGREE_M
    length_m = hypot(east, north)
    if not length_m:
        return []
    head_m = min(_HEAD * length_m, _MOST_HEAD_M)
    back = (-east / length_m * head_m, -north / length_m * head_m)
    strokes = []
    for side in (0.5, -0.5):
        x, y = back[0] - side * back[1], back[1] + side * back[0]
        strokes.append((end, (end[0] + x / scale / _DEGREE_M, end[1] + y / _DEGREE_M)))
    return [(start, end), *strokes]


def _legend() -> None:
    from maps import palette

    said = {"new": text("newly listed"), "gone": text("gone"), "moved": text("moved, from where it was")}
    legend([(str(palette.DOTS[look]["fillColor"]), said[what]) for what, look in _LOOKS.items()])
