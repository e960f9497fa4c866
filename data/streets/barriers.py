"""Lines that a scenario draws: barriers nobody crosses, and extra streets such as a planned bridge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from core.errors import InputError
from coverage.model.edits import AddBarrier, AddStreet
from data.guard import guarded
from data.population.columns import find_column
from data.vector import read_vector
from geo.crs import WGS84

KIND_COLUMNS: Final = ("kind", "type", "类型", "类别")
_WORDS: Final = {
    "barrier": ("barrier", "wall", "fence", "阻隔", "障碍", "屏障", "围墙"),
    "street": (
        "street",
        "crossing",
        "bridge",
        "underpass",
        "道路",
        "街道",
        "通道",
        "桥",
        "桥梁",
        "天桥",
        "地道",
    ),
}
_LINES: Final = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)


@dataclass(frozen=True)
class DrawnLines:
    """Lines in the metric CRS that was asked for."""

    barriers: NDArray[np.object_]
    streets: NDArray[np.object_]


def read_drawn_lines(path: Path, *, crs: str) -> DrawnLines:
    """Barriers and streets of a vector file (WGS-84 where it names no CRS) in metric `crs`.

    A column named kind, type or 类型 tells them apart; without one all lines are barriers. InputError
    for a word that is neither, and for rows that are not lines.
    """
    frame = read_vector(path)
    frame = (frame.set_crs(WGS84) if frame.crs is None else frame).to_crs(crs)
    shapes = np.asarray(frame.geometry.to_numpy(), object)
    wrong = np.flatnonzero(~np.isin(shapely.get_type_id(shapes), _LINES))
    if len(wrong):
        raise InputError(
            "{file}, row {row}: barriers and new streets are drawn as lines; this is none.",
            file=path.name,
            row=int(wrong[0]) + 1,
        )
    kinds = _kinds(path, frame)
    return DrawnLines(shapes[kinds == "barrier"], shapes[kinds == "street"])


@guarded
def drawn_edits(path: Path, *, crs: str) -> tuple[AddBarrier | AddStreet, ...]:
    """The lines of `read_drawn_lines` as edits of a scenario in `crs`: barriers first, then streets.

    So a new bridge leads over a new barrier. A line of several parts is as many edits.
    """
    drawn = read_drawn_lines(path, crs=crs)
    barriers = tuple(AddBarrier(_corners(line)) for line in shapely.get_parts(drawn.barriers))
    return barriers + tuple(AddStreet(_corners(line)) for line in shapely.get_parts(drawn.streets))


def _corners(line: shapely.Geometry) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in shapely.get_coordinates(line))


def _kinds(path: Path, frame: gpd.GeoDataFrame) -> NDArray[np.str_]:
    column = find_column([str(name) for name in frame.columns], KIND_COLUMNS)
    if column is None:
        return np.full(len(frame), "barrier")
    known = {word: kind for kind, words in _WORDS.items() for word in words}
    said = [str(word).strip().casefold() for word in frame[column]]
    for row, word in enumerate(said, start=1):
        if word not in known:
            raise InputError(
                "{file}, row {row}: “{word}” is neither a barrier nor a street. Write barrier or street "
                "(阻隔 or 道路).",
                file=path.name,
                row=row,
                word=word,
            )
    return np.array([known[word] for word in said], dtype=np.str_)
