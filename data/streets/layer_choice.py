"""Which layer of a map file holds the streets: by its name and by what stands in it; layers that are a class
of street each, or parts of one network, are read together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from core.errors import InputError
from core.text import Text, listed, remarked, text
from data.formats.asked import OpenQuestionError
from data.formats.layers import LayerInfo, MapFile
from data.streets.classes import class_column, meaning_of_layer

STREETS_LAYER: Final = "streets"
_LINE_TYPES: Final = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
NO_STREETS: Final = re.compile(
    r"rail|lrrl|hydl|boul|subway|metro|tram|river|stream|canal|water|coast|power|pipe|boundar|border|contour|building|admin"
    r"|barrier|wall|fence|铁路|地铁|轨道|轻轨|河|水|江|湖|渠|管|电力|边界|界线|境界|等高|建筑|房屋|绿地|围墙",
    re.I,
)
STREETS: Final = re.compile(
    r"street|road|\blrdl\b|highway|network|edge|\bways?\b|segment|transport|道路|路网|街道|公路|路中心|车行|步行",
    re.I,
)
_NOT_THERE: Final = re.compile(r"规划|拟建|在建|未建|planned|proposed|future|construction", re.I)
_AND: Final = " + "
_SHARED: Final = 0.02
# The edges of the carriageway, its lanes and marks are no streets, though called after them.
BESIDE: Final = re.compile(r"边线|边缘|路缘|车道线|标线|curb|kerb|edge_?of|lane_?mark|marking", re.I)


@dataclass(frozen=True)
class Choice:
    """The layer taken, its frame, and why it and no other; `infos` are its layers where several are read as
    one."""

    info: LayerInfo
    frame: gpd.GeoDataFrame
    why: Text | str
    infos: tuple[LayerInfo, ...] = ()

    def takes(self, info: LayerInfo) -> bool:
        """Whether a layer of the file is among those taken."""
        return any(info is one for one in self.infos or (self.info,))


def chosen_layers(file: MapFile, wanted: str) -> Choice:
    """The layer `wanted` ("甲 + 乙" for several), else the one that looks like streets, or those that do
    together; OpenQuestionError where one of several could be meant."""
    several = [file.find(name) for name in wanted.split(_AND)] if file.find(wanted) is None else []
    if len(several) > 1 and all(several):
        read = [(info, file.read(info).frame) for info in several if info is not None]
        return _joined(read, text("As asked."))
    if wanted:
        info = file.find(wanted)
        if info is None:
            raise InputError(
                "{file} has no layer “{layer}”; it has: {layers}.",
                file=file.name,
                layer=wanted,
                layers=listed(info.name for info in file.layers),
            )
        return Choice(info, file.read(info).frame, text("As asked."))
    read = [
        (info, file.read(info).frame)
        for info in file.layers
        if info.count
        and ("Line" in info.geometry or info.geometry in ("Unknown", "GeometryCollection", "Geometry"))
    ]
    read = [(info, frame) for info, frame in read if _has_lines(frame)]
    if not read:
        raise _no_lines(file)
    if len(read) == 1:
        return Choice(*read[0], "" if len(file.layers) == 1 else text("The only layer with lines."))
    own = [one for one in read if one[0].name == STREETS_LAYER]
    if own:
        return Choice(*own[0], text("It is called streets."))
    by_class = {meaning_of_layer(info.name) for info, _ in read if not _is_aside(info.name)} - {"", "road"}
    scores = [_looks_like_streets(info, frame) for info, frame in read]
    best = [one for one, score in zip(read, scores, strict=True) if score == max(scores)]
    if len(best) == 1 and not by_class:
        return Choice(*best[0], text("Its name or its classes are those of streets."))
    parts = [one for one in read if not _is_aside(one[0].name)]
    if len({meaning_of_layer(info.name) for info, _ in parts} - {""}) > 1:
        parts = [one for one in parts if meaning_of_layer(one[0].name) or class_column(columns_of(one[1]))]
        return _joined(parts, text("Each of these layers is a class of streets."))
    if all(one in parts for one in best) and _are_parts([frame for _, frame in best]):
        return _joined(best, text("These layers are parts of one network."))
    names = [info.name for info, _ in best]
    raise OpenQuestionError(
        text(
            "{file}: several layers may be the streets: {layers}. Name one with --network-layer.",
            file=file.name,
            layers=listed(names),
        ),
        option="--network-layer",
        field="network_layer",
        choices=(*names, _AND.join(names)),
    )


def _is_aside(name: str) -> bool:
    """Whether a layer is called after no streets, or after streets that are not there yet."""
    last = name.rpartition("/")[2]
    no_streets = (NO_STREETS.search(last) and not STREETS.search(last)) or BESIDE.search(last)
    return bool(no_streets or _NOT_THERE.search(last))


def _are_parts(frames: Sequence[gpd.GeoDataFrame]) -> bool:
    """Whether layers of the same columns have (nearly) no line in common."""
    if len({tuple(sorted(columns_of(frame))) for frame in frames}) > 1:
        return False
    shapes = np.concatenate(
        [
            frame.to_crs(frames[0].crs).geometry.to_numpy()
            if frame.crs is not None and frames[0].crs is not None
            else frame.geometry.to_numpy()
            for frame in frames
        ]
    )
    lines = pd.Series(shapely.to_wkb(shapely.normalize(shapes)))
    return float(lines.duplicated().mean()) <= _SHARED


def _joined(read: Sequence[tuple[LayerInfo, gpd.GeoDataFrame]], why: Text) -> Choice:
    """Several layers as one, each line with the class that its layer has or is called after."""
    crs, frames = read[0][1].crs, []
    for info, frame in read:
        plain = frame.to_crs(crs) if crs is not None and frame.crs is not None else frame
        plain = plain.rename_geometry("geometry") if plain.geometry.name != "geometry" else plain
        column = class_column(columns_of(plain))
        if column and column != "highway":
            plain = plain.rename(columns={column: "highway"})
        elif not column:
            plain = plain.assign(highway=meaning_of_layer(info.name) or "road")
        frames.append(plain)
    infos = tuple(info for info, _ in read)
    called = _AND.join(info.name for info in infos)
    whole = replace(infos[0], name=called, count=sum(info.count for info in infos))
    frame = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs=crs)
    return Choice(whole, frame, why, infos)


def _looks_like_streets(info: LayerInfo, frame: gpd.GeoDataFrame) -> int:
    name = info.name.rpartition("/")[2]
    named = bool(STREETS.search(name)) and not BESIDE.search(name)
    no_streets = bool(NO_STREETS.search(name) or BESIDE.search(name)) and not named
    return 2 * bool(class_column(columns_of(frame))) + named - 4 * no_streets


def _no_lines(file: MapFile) -> InputError:
    kinds = {info.geometry for info in file.layers if info.count}
    if not kinds:
        return InputError("{path} has no layer of lines: all its layers are empty.", path=file.name)
    return InputError(
        "{path} has no layer of lines: {layers}. Streets are lines; give the layer of their centre lines.",
        path=file.name,
        layers=listed(remarked(info.name, info.geometry or "–") for info in file.layers),
    )


def _has_lines(frame: gpd.GeoDataFrame) -> bool:
    kinds = shapely.get_type_id(np.asarray(frame.geometry.to_numpy(), object))
    return bool(np.isin(kinds, (*_LINE_TYPES, shapely.GeometryType.GEOMETRYCOLLECTION)).any())


def columns_of(frame: gpd.GeoDataFrame) -> dict[str, Sequence[Any]]:
    """Title → values, without the shapes."""
    return {str(name): list(frame[name]) for name in frame.columns if name != frame.geometry.name}
