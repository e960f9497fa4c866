"""Urban or rural: by what stands in the columns, else by a layer of the built-up area."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from core.errors import InputError
from core.text import text
from coverage.model.tables import RURAL, UNKNOWN, URBAN, Bools, Floats
from data.population.ground import CELL_M, Lattice, is_tiff, read_ground
from data.units.columns import SETTLEMENT_WORDS, TITLES, titles_in, word_of, words
from data.units.remarks import Remarks
from data.vector import layers, read_vector
from geo.crs import WGS84

_HALF: Final = 0.5
# Titles that ask for one class: yes and 1 are that class, no and 0 the other.
_ASKS_URBAN: Final = re.compile(r"^(是否(为)?城|is_?urban|urban$|城镇$)")
_ASKS_RURAL: Final = re.compile(r"^(是否(为)?(农|乡|涉农)|is_?rural|rural$|农村$)")
_YES: Final = frozenset(("1", "是", "y", "yes", "true", "t", "√"))
_NO: Final = frozenset(("0", "2", "否", "n", "no", "false", "f", "×"))
# 统计用城乡划分代码: 111, 112 city; 121, 122, 123 town; 210, 220 country; 1 and 2 are their first digits.
_CODES: Final = {
    **dict.fromkeys(("111", "112", "121", "122", "123", "100", "110", "120", "1", "11", "12"), URBAN),
    **dict.fromkeys(("210", "220", "200", "2", "21", "22"), RURAL),
}
_STATISTICAL: Final = {
    URBAN: frozenset(("111", "112", "121", "122", "123")),
    RURAL: frozenset(("210", "220")),
}
_ALL_CODES: Final = _STATISTICAL[URBAN] | _STATISTICAL[RURAL]
_PLAIN: Final = re.compile(
    r"城[市镇区乡中]|主城|[农乡]村|村庄|[乡镇]中心区|镇[乡区]|urban|rural", re.IGNORECASE
)
_KNOWN: Final = {word: settlement for settlement, names in SETTLEMENT_WORDS.items() for word in names}


@dataclass(frozen=True)
class Classes:
    """Each row's class ("" where none is known), the column that says it, and the words in such a
    column that are not known."""

    settlement: tuple[str, ...]
    column: str
    strange: tuple[str, ...]


def classes_of(frame: gpd.GeoDataFrame) -> Classes:
    """By the column most of whose values are known; where it is silent, by the others.

    A name never decides: 街道 of the suburbs contain villages.
    """
    titles = [str(column) for column in frame.columns if column != frame.geometry.name]
    read = {title: words(frame, title) for title in titles_in(titles, TITLES["settlements"])}
    if not any(filled for said in read.values() for filled in said):
        # By its values alone a column counts only if every one of them is a statistical code, or if most are
        # words that speak of town or country and of nothing else (性质: 城市社区, 农村社区).
        read |= {
            title: said for title in titles if _only_codes(said := words(frame, title)) or _mostly_words(said)
        }
    known = {title: [_class_of(word, title) for word in said] for title, said in read.items()}
    # Of equally full columns the first, as codes stand before words in the table above.
    order = sorted(known, key=lambda title: -sum(map(bool, known[title])))
    settlement = [
        next(filter(None, row), UNKNOWN) for row in zip(*(known[title] for title in order), strict=True)
    ]
    if not order:
        return Classes((UNKNOWN,) * len(frame), "", ())
    strange = dict.fromkeys(
        word
        for row, found in enumerate(settlement)
        for title in order
        if not found and (word := read[title][row])
    )
    return Classes(tuple(settlement), order[0], tuple(strange))


def _only_codes(said: Sequence[str]) -> bool:
    """Whether all that stands in a column are codes of three digits, of urban and of rural ones."""
    found = {word for word in said if word}
    return bool(found & _STATISTICAL[URBAN]) and bool(found & _STATISTICAL[RURAL]) and found <= _ALL_CODES


def _mostly_words(said: Sequence[str]) -> bool:
    """Whether most that stands in a column are words of town and country; 村 and town also mean a level."""
    filled = [word for word in said if word]
    known = sum(bool(_PLAIN.search(word) and _class_of(word, "")) for word in filled)
    return bool(filled) and known > _HALF * len(filled)


def _class_of(word: str, title: str) -> str:
    plain = unicodedata.normalize("NFKC", word).strip().casefold()
    asked = unicodedata.normalize("NFKC", title).strip().casefold()
    if not plain:
        return UNKNOWN
    for pattern, own, other in ((_ASKS_URBAN, URBAN, RURAL), (_ASKS_RURAL, RURAL, URBAN)):
        if pattern.match(asked) and plain in _YES | _NO:
            return own if plain in _YES else other
    code = re.match(r"\d+", plain)
    if code:
        rest = plain[code.end() :].strip(" -—:：、.()")
        return _CODES.get(code.group(), UNKNOWN) if not rest or len(code.group()) == 3 else UNKNOWN
    return _KNOWN.get(plain) or _KNOWN.get(re.sub(r"\(.*?\)", "", plain), UNKNOWN)


def unknown_words(found: Sequence[str], most: int = 6) -> str:
    """The first words, quoted, for a message."""
    return " ".join(f"“{word}”" for word in found[:most]) + (" …" if len(found) > most else "")


_DOUBTFUL: Final = (0.2, 0.8)
# A layer whose box ends so far inside the units' box on a side, as a share of it, was cut there.
_CUT_SHARE: Final = 0.25
_STRAIGHT: Final = 0.5
# Finer than the cells of a population, coarse enough for a province.
_STEP_M: Final = CELL_M / 4


def with_settlement(table: gpd.GeoDataFrame, urban: Path, remarks: Remarks) -> gpd.GeoDataFrame:
    """Units of the finest level whose class is not known: urban if at least half their ground is.

    Those between a fifth and four fifths are listed, since either class may be meant. InputError for a
    layer that touches no unit, that is cut off inside them, or whose rows are not all built up.
    """
    finest = table["level"] == next(
        level for level in ("community", "street", "district") if (table["level"] == level).any()
    )
    shapes = table.geometry.to_numpy()
    built = _built_up(urban, str(table.crs), shapes)
    rows = np.flatnonzero((finest & (table["settlement"] == UNKNOWN)).to_numpy())
    share = built[rows] / np.maximum(shapely.area(shapes[rows]), 1e-9)
    settlement = table["settlement"].to_numpy(object).copy()
    settlement[rows] = np.where(share >= _HALF, URBAN, RURAL)
    message = text(
        "{urban} units are urban and {rural} rural by the layer {layer}.",
        urban=int((share >= _HALF).sum()),
        rural=int((share < _HALF).sum()),
        layer=urban.name,
    )
    remarks.add("settlement-by-layer", message, level="info")
    doubtful = np.flatnonzero((share > _DOUBTFUL[0]) & (share < _DOUBTFUL[1]))
    remarks.each(
        "settlement-doubtful",
        [
            text(
                "{share:.0%} of {name} are built up; please confirm its class.",
                share=share[k],
                name=table["name"].iloc[rows[k]],
            )
            for k in doubtful
        ],
    )
    return table.assign(settlement=settlement)


def _built_up(path: Path, crs: str, shapes: np.ndarray) -> Floats:
    """(n,) m² of each shape that the layer calls built up."""
    built = _of_raster(path, crs, shapes) if is_tiff(path) else _of_polygons(path, crs, shapes)
    if not (built > 0).any():
        raise InputError(
            "{file}: the built-up area touches none of the units. Is it that of another city, or in another "
            "coordinate system?",
            file=path.name,
        )
    return built


# Uses of land that nobody calls built up, and words for what lies outside of it.
_NOT_BUILT: Final = re.compile(
    r"^(非(建成|建设|城市|城镇).*|farm.*|forest|woods?|meadow|grass.*|orchard|vineyard|scrub|heath|water.*|"
    r"river.*|lake|wetlands?|crop.*|bare.*|nature.*|水[田域体面]|河流.*|湖泊.*|[水旱]浇?地|[耕园林草湿裸]地|农用地.*|"
    r"未利用地?|其他土地)$"
)
_NUMBERS_ROWS: Final = re.compile(r"(^|_)(o?fid|id|objectid|gid|uid|index)(_?\d*)$", re.IGNORECASE)


def _require_all_built(frame: gpd.GeoDataFrame, file: str) -> None:
    """InputError for a column of classes by which some rows are not built up: 0 among others, a word for the
    country, a use of land such as fields and water."""
    for column in frame.columns.drop(frame.geometry.name):
        said = [word_of(value) for value in frame[column]]
        distinct = set(said) - {""}
        numbers = all(word.isdigit() and int(word) < 256 for word in distinct)
        if numbers:
            zeros = len(distinct) > 1 and not _NUMBERS_ROWS.search(str(column))
            wrong = {"0"} & distinct if zeros else set[str]()
        else:
            wrong = {
                word
                for word in distinct
                if not word.isdigit()
                and (_NOT_BUILT.match(word.casefold()) or _class_of(word, str(column)) == RURAL)
            }
        if wrong:
            raise InputError(
                "{file}: in column “{column}” {count} of {rows} areas are called {words}, which mostly means "
                "not built up. Please send only the areas that are built up.",
                file=file,
                column=str(column),
                count=sum(word in wrong for word in said),
                rows=len(said),
                words=unknown_words(sorted(wrong)),
            )


def _of_polygons(path: Path, crs: str, shapes: np.ndarray) -> Floats:
    found = []
    for layer in layers(path):
        frame = read_vector(path, layer=layer)
        frame = frame[shapely.get_dimensions(frame.geometry.to_numpy()) == 2]
        if len(frame):
            _require_all_built(frame, path.name)
            found.append(
                (frame.set_crs(WGS84) if frame.crs is None else frame).to_crs(crs).geometry.to_numpy()
            )
    if not found:
        raise InputError("{file}: the layer has no area in it.", file=path.name)
    # One shape without overlaps: ground that two polygons cover is still one ground.
    parts: np.ndarray = shapely.get_parts(shapely.union_all(shapely.make_valid(np.concatenate(found))))
    shape, part = shapely.STRtree(parts).query(shapes, predicate="intersects")
    area = shapely.area(shapely.intersection(shapes[shape], parts[part]))
    shared: Floats = np.bincount(shape, weights=area, minlength=len(shapes)).astype(float)
    if shared.any():
        # InputError for a built-up area that ends along a straight line inside the units, as a sheet cut
        # off does: what lies beyond would be called rural.
        west, south, east, north = shapely.total_bounds(parts)
        units = shapely.total_bounds(shapes)
        sides = (
            (west - units[0], units[2] - units[0], [(west, south), (west, north)]),
            (south - units[1], units[3] - units[1], [(west, south), (east, south)]),
            (units[2] - east, units[2] - units[0], [(east, south), (east, north)]),
            (units[3] - north, units[3] - units[1], [(west, north), (east, north)]),
        )
        rims = shapely.boundary(parts)
        for beyond, whole, ends in sides:
            side = shapely.LineString(ends)
            along = float(shapely.length(shapely.intersection(rims, shapely.buffer(side, 1.0))).sum())
            if beyond > _CUT_SHARE * whole and along > _STRAIGHT * side.length:
                raise InputError(
                    "{file}: the built-up area ends along a straight line {metres:,.0f} m inside the rim of "
                    "the units, as a sheet that was cut off; what lies beyond would count as rural. Please "
                    "send the whole.",
                    file=path.name,
                    metres=float(beyond),
                )
    return shared


def _of_raster(path: Path, crs: str, shapes: np.ndarray) -> Floats:
    """By squares of 25 m whose centres lie in a shape and on a pixel above 0."""
    ground = read_ground(path, crs)
    found = np.zeros(len(shapes))
    for k, (west, south, east, north) in enumerate(shapely.bounds(shapes).tolist()):
        step = max(_STEP_M, float(np.sqrt((east - west) * (north - south) / 4e6)))
        lattice = Lattice(west, north, int((east - west) // step) + 1, int((north - south) // step) + 1, step)
        built: Bools = ground(lattice)
        xy = lattice.centres(built)
        found[k] = float(shapely.intersects_xy(shapes[k], xy[:, 0], xy[:, 1]).sum()) * step**2
    return found
