"""A map as a still picture (SVG): vectors over the picture of the cells, with scale, north arrow and legend.

For paper and slides. What it shows is chosen by a `StillView`; the words are set in one font that the
caller's renderer has. The same model and view give the same text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import shapely

from core.text import text
from coverage.model.tables import LEVELS
from locales import Translator
from maps import palette
from maps.cells_image import CellsImage
from maps.model import Basemap, Floats, Lines, MapModel
from maps.safe_text import safe
from maps.still.view import Key, StillView, classes_of, facilities_of, legend

FONT: Final = "Noto Sans SC"
_EARTH_M: Final = 6_378_137.0
_LEGEND_LINE: Final = 26.0
_SIZE: Final = 15.0
# Finer than this two vertices are one, in units of the picture.
_FINE: Final = 0.4
# From so many metres a unit on, small streets and those between are left out.
_ALL_STREETS: Final = 7.0
_MIDDLE_STREETS: Final = 40.0
_FIRST_RANKS: Final = 10
_NICE: Final = (1, 2, 5)
# Level of names → shown while a unit of the picture is between so many metres.
_NAMES: Final = {"district": (9.0, 1e9, 20.0), "street": (2.5, 16.0, 16.0), "community": (0.0, 4.5, 13.0)}


@dataclass(frozen=True)
class Frame:
    """Where degrees lie on the picture: a Mercator window of `width` × `height` units."""

    west: float
    north: float
    scale: float
    width: float
    height: float

    @classmethod
    def around(cls, bounds: tuple[float, float, float, float], width: float, height: float) -> Frame:
        """The whole of `bounds` in the middle of the window."""
        west, south, east, north = bounds
        x, y = (math.radians(west), math.radians(east)), (_mercator(south), _mercator(north))
        scale = 0.96 * min(width / max(x[1] - x[0], 1e-9), height / max(y[1] - y[0], 1e-9))
        left, top = sum(x) / 2 - width / scale / 2, sum(y) / 2 + height / scale / 2
        return cls(left, top, scale, width, height)

    def xy(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Units from the top left corner."""
        y = np.arcsinh(np.tan(np.radians(np.asarray(lat, float))))
        return (np.radians(np.asarray(lon, float)) - self.west) * self.scale, (self.north - y) * self.scale

    @property
    def metres(self) -> float:
        """Of ground under one unit, at the middle of the window."""
        middle = math.atan(math.sinh(self.north - self.height / self.scale / 2))
        return _EARTH_M * math.cos(middle) / self.scale


def still(
    model: MapModel, image: CellsImage | None, view: StillView, *, tr: Translator, size: tuple[float, float]
) -> str:
    """SVG of `size` (width and height in units, the legend within the height)."""
    width, height = size
    keys = list(legend(model, view, tr))
    lines = _laid_out(keys, width)
    tall = height - _LEGEND_LINE * (max((row for row, _, _ in lines), default=-1) + 1) - 8
    frame = Frame.around(view.bounds or model.bounds, width, tall)
    drawn = [
        f'<rect width="{width:g}" height="{tall:g}" fill="{palette.PAPER}"/>',
        *_ground(model.basemap, frame),
        *_cells(model, image, view, frame),
        *_streets(model.basemap, frame),
        *(() if view.public else _borders(model.basemap, frame)),
        *_served_anew(model, view, frame),
        *_gaps(model, view, frame),
        *_paths(model, view, frame),
        *_facilities(model, facilities_of(model, view), frame),
        *(() if view.public else _names(model.basemap, frame)),
        *_flags(model, view, frame),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" font-family="{FONT}">'
        f'<defs><clipPath id="f"><rect width="{width:g}" height="{tall:g}"/></clipPath></defs>'
        f'<g clip-path="url(#f)">{"".join(drawn)}</g>'
        f'<rect x=".5" y=".5" width="{width - 1:g}" height="{tall - 1:g}" fill="none" stroke="#8d8577"/>'
        f"{_scale_bar(frame, tr)}{_north(frame, tr)}{_legend_rows(lines, tall)}</svg>"
    )


def _mercator(lat: float) -> float:
    return math.asinh(math.tan(math.radians(lat)))


def _path(lines: Lines, frame: Frame, *, closed: bool = False) -> str:
    """Path data of the lines that touch the window, without vertices too near to see."""
    if not len(lines):
        return ""
    x, y = frame.xy(lines.lon, lines.lat)
    start = lines.start
    filled = start[:-1] < start[1:]
    begin = start[:-1][filled]
    low_x, high_x = np.minimum.reduceat(x, begin), np.maximum.reduceat(x, begin)
    low_y, high_y = np.minimum.reduceat(y, begin), np.maximum.reduceat(y, begin)
    seen = (high_x >= 0) & (low_x <= frame.width) & (high_y >= 0) & (low_y <= frame.height)
    ends = start[1:][filled]
    parts = []
    for first, last in zip(begin[seen].tolist(), ends[seen].tolist(), strict=True):
        parts.append(_trace(x[first:last], y[first:last], closed=closed))
    return "".join(parts)


def _trace(x: Floats, y: Floats, *, closed: bool) -> str:
    kept = [0]
    for i in range(1, len(x) - 1):
        if abs(x[i] - x[kept[-1]]) + abs(y[i] - y[kept[-1]]) >= _FINE:
            kept.append(i)
    if len(x) > 1:
        kept.append(len(x) - 1)
    written = " ".join(f"{x[i]:.1f} {y[i]:.1f}" for i in kept)
    return f"M{written}{'Z' if closed else ''}"


def _ground(basemap: Basemap, frame: Frame) -> Iterator[str]:
    for lines, colour in ((basemap.green, "green"), (basemap.water, "water")):
        data = _path(lines, frame, closed=True)
        if data:
            yield f'<path d="{data}" fill="{palette.GROUND[colour]}"/>'
    data = _path(basemap.water_lines, frame)
    if data:
        yield f'<path d="{data}" fill="none" stroke="{palette.GROUND["water_line"]}" stroke-width="1.4"/>'


def _streets(basemap: Basemap, frame: Frame) -> Iterator[str]:
    near = max(0.8, min(2.4, 10.0 / frame.metres))
    for kind in sorted(basemap.streets):
        style = palette.STREETS[min(kind, max(palette.STREETS))]
        if (kind == 0 and frame.metres > _ALL_STREETS) or (kind == 1 and frame.metres > _MIDDLE_STREETS):
            continue
        data = _path(basemap.streets[kind], frame)
        if not data:
            continue
        if "casing" in style:
            width = float(str(style["casing_width"])) * near
            yield f'<path d="{data}" fill="none" stroke="{style["casing"]}" stroke-width="{width:.2f}"/>'
        width = float(str(style["width"])) * near
        yield f'<path d="{data}" fill="none" stroke="{style["line"]}" stroke-width="{width:.2f}"/>'


def _borders(basemap: Basemap, frame: Frame) -> Iterator[str]:
    for level in reversed(LEVELS):
        lines = basemap.outlines.get(level)
        if (
            lines is None
            or not len(lines)
            or frame.metres > {"community": 9.0, "street": 60.0}.get(level, 1e9)
        ):
            continue
        style = palette.OUTLINES[level]
        dash = " ".join(str(part) for part in style["dash"])  # type: ignore[attr-defined]
        yield (
            f'<path d="{_path(lines, frame)}" fill="none" stroke="{style["line"]}" '
            f'stroke-width="{style["width"]}" stroke-dasharray="{dash}"/>'
        )


def _cells(model: MapModel, image: CellsImage | None, view: StillView, frame: Frame) -> Iterator[str]:
    found = classes_of(model, view)
    if image is None or found is None:
        return
    west, south, east, north = image.bounds
    (left, right), (top, bottom) = frame.xy(np.array([west, east]), np.array([north, south]))
    # Only the part in the window: a renderer would stretch all of it.
    rows, columns = image.cell.shape
    high, wide = (bottom - top) / rows, (right - left) / columns
    first, last = max(int(-top / high), 0), min(int((frame.height - top) / high) + 1, rows)
    begin, end = max(int(-left / wide), 0), min(int((frame.width - left) / wide) + 1, columns)
    if first >= last or begin >= end:
        return
    image = CellsImage(np.ascontiguousarray(image.cell[first:last, begin:end]), image.bounds)
    left, right, top, bottom = (
        left + begin * wide, left + end * wide, top + first * high, top + last * high,
    )  # fmt: skip
    uri = image.data_uri(found.classes, found.colours, hatched=found.hatched)
    yield (
        f'<image x="{left:.2f}" y="{top:.2f}" width="{right - left:.2f}" height="{bottom - top:.2f}" '
        f'preserveAspectRatio="none" image-rendering="optimizeSpeed" opacity="{palette.CELL_OPACITY}" '
        f'xlink:href="{uri}"/>'
    )


def _polygons(shapes: Sequence[shapely.Geometry], frame: Frame) -> str:
    """Path data of polygons with their holes."""
    rings = shapely.get_rings(shapely.get_parts(np.asarray(shapes, object)))
    if not len(rings):
        return ""
    xy = shapely.get_coordinates(rings)
    start = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(rings))]).astype(np.int64)
    return _path(Lines(xy[:, 0], xy[:, 1], start), frame, closed=True)


def _served_anew(model: MapModel, view: StillView, frame: Frame) -> Iterator[str]:
    if not view.colour.startswith("new"):
        return
    for layer in model.areas:
        if layer.look == "newly_served":
            look = palette.OVERLAYS["newly_served"]
            yield (
                f'<path d="{_polygons(list(layer.shapes), frame)}" fill="{look["fillColor"]}" '
                f'fill-opacity=".55" fill-rule="evenodd" stroke="{look["color"]}" stroke-width="1.2"/>'
            )


def _gaps(model: MapModel, view: StillView, frame: Frame) -> Iterator[str]:
    rows = model.gaps[model.gaps["rule"] == view.gaps] if view.gaps else model.gaps.iloc[:0]
    if len(rows):
        yield (
            f'<path d="{_polygons(list(rows.geometry), frame)}" fill="none" '
            f'stroke="{palette.GAP["outline"]}" stroke-width="1.6"/>'
        )
        spoken = rows[rows["rank"].isin(view.ranks)]
        if len(spoken):
            yield (
                f'<path d="{_polygons(list(spoken.geometry), frame)}" fill="none" '
                f'stroke="{palette.GAP["outline"]}" stroke-width="4"/>'
            )


def _paths(model: MapModel, view: StillView, frame: Frame) -> Iterator[str]:
    for layer in model.paths if view.colour == "paths" else ():
        xy, line = shapely.get_coordinates(list(layer.shapes), return_index=True)
        start = np.searchsorted(line, np.arange(len(layer.shapes) + 1))
        data, look = _path(Lines(xy[:, 0], xy[:, 1], start), frame), palette.OVERLAYS[layer.look]
        yield f'<path d="{data}" fill="none" stroke="{look["color"]}" stroke-width="{look["weight"]}"/>'


def _facilities(model: MapModel, facilities: pd.DataFrame, frame: Frame) -> Iterator[str]:
    # Where there is nothing else to see the marks are as large as they may be.
    grown = max(0.55 if len(model.cells) else 1.2, min(1.5, 9.0 / frame.metres))
    for position, tier in reversed(list(enumerate(model.tier_titles))):
        rows = facilities[facilities["tier"] == tier]
        fill, outline, radius = palette.tier_mark(position)
        dots = "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius * grown:.1f}"/>'
            for x, y in _inside(frame, rows["lon"].to_numpy(float), rows["lat"].to_numpy(float))
        )
        if dots:
            yield f'<g fill="{fill}" stroke="{outline}" stroke-width="{1.4 * grown:.2f}">{dots}</g>'
    if "in_scenario" in facilities:
        rows = facilities[facilities["in_scenario"] != ""]
        look = palette.IN_SCENARIO
        for x, y in _inside(frame, rows["lon"].to_numpy(float), rows["lat"].to_numpy(float)):
            yield (
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="11" fill="{look["color"]}" fill-opacity=".15" '
                f'stroke="{look["color"]}" stroke-width="3"/>'
            )


def _inside(frame: Frame, lon: Floats, lat: Floats) -> Iterator[tuple[float, float]]:
    if not len(lon):
        return
    x, y = frame.xy(lon, lat)
    seen = (x >= 0) & (x <= frame.width) & (y >= 0) & (y <= frame.height)
    yield from zip(x[seen].tolist(), y[seen].tolist(), strict=True)


def _flags(model: MapModel, view: StillView, frame: Frame) -> Iterator[str]:
    """Numbers of the gaps, then those of the sites, which nothing hides."""
    rows = model.gaps[model.gaps["rule"] == view.gaps] if view.gaps else model.gaps.iloc[:0]
    wanted, outline = view.ranks or tuple(range(1, _FIRST_RANKS + 1)), palette.GAP["outline"]
    for row in rows[rows["rank"].isin(wanted)].sort_values("rank", ascending=False).to_dict("records"):
        for x, y in _inside(frame, np.array([row["lon"]]), np.array([row["lat"]])):
            yield (
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="12" fill="#fff" stroke="{outline}" '
                f'stroke-width="2.4"/>'
                f'<text x="{x:.1f}" y="{y + 5:.1f}" font-size="14" text-anchor="middle" fill="{outline}">'
                f"{int(row['rank'])}</text>"
            )
    sites = model.sites if view.sites and model.sites is not None else pd.DataFrame()
    for site in sites.to_dict("records")[::-1]:
        for x, y in _inside(frame, np.array([site["lon"]]), np.array([site["lat"]])):
            yield (
                f'<path d="M{x:.1f} {y - 17:.1f}l17 17-17 17-17-17z" fill="{palette.SITE["fill"]}" '
                f'stroke="#fff" stroke-width="2"/><text x="{x:.1f}" y="{y + 5:.1f}" font-size="14" '
                f'text-anchor="middle" fill="#fff">{int(site["rank"])}</text>'
            )


def _names(basemap: Basemap, frame: Frame) -> Iterator[str]:
    """Names that do not touch, those of larger units first."""
    taken: list[tuple[float, float, float, float]] = []
    for level, (least, most, size) in _NAMES.items():
        if not least <= frame.metres < most:
            continue
        rows = basemap.labels[basemap.labels["level"] == level]
        for name, lon, lat in zip(rows["name"], rows["lon"], rows["lat"], strict=True):
            for x, y in _inside(frame, np.array([lon]), np.array([lat])):
                half = _width(str(name), size) / 2 + 4
                box = (x - half, y - size, x + half, y + size * 0.4)
                outside = box[0] < 0 or box[1] < 0 or box[2] > frame.width or box[3] > frame.height
                if outside or any(_touch(box, other) for other in taken):
                    continue
                taken.append(box)
                style = palette.LABELS[level]
                where = f'x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="middle"'
                yield (
                    f'<text {where} fill="{style["colour"]}" stroke="#faf9f6" stroke-width="3.5" '
                    f'stroke-linejoin="round" paint-order="stroke">{safe(str(name))}</text>'
                )


def _touch(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _width(words: str, size: float) -> float:
    """About how wide words are set: a Chinese character is a square."""
    return sum(size if ord(sign) > 0x2E7F else size * 0.56 for sign in words)


def _scale_bar(frame: Frame, tr: Translator) -> str:
    wanted = frame.metres * frame.width / 5
    power = 10 ** math.floor(math.log10(wanted))
    metres = max(step * power for step in _NICE if step * power <= wanted)
    long, top = metres / frame.metres, frame.height - 16
    kilometres = text("{km:g} km", km=metres / 1000) if metres >= 1000 else text("{m:g} m", m=metres)
    said = tr(kilometres)
    return (
        f'<rect x="8" y="{top - 26:.1f}" width="{long + 24:.1f}" height="36" fill="#fff" fill-opacity=".85"/>'
        f'<path d="M20 {top - 6:.1f}v8h{long:.1f}v-8" fill="none" stroke="#1d2733" stroke-width="2"/>'
        f'<text x="{20 + long / 2:.1f}" y="{top - 8:.1f}" font-size="14" text-anchor="middle">'
        f"{safe(said)}</text>"
    )


def _north(frame: Frame, tr: Translator) -> str:
    x, said = frame.width - 30, safe(tr(text("N")))
    return (
        f'<rect x="{x - 18:g}" y="8" width="36" height="56" fill="#fff" fill-opacity=".85"/>'
        f'<path d="M{x:g} 14l9 28-9-7-9 7z" fill="#1d2733"/>'
        f'<text x="{x:g}" y="58" font-size="14" text-anchor="middle">{said}</text>'
    )


def _laid_out(keys: Sequence[Key], width: float) -> list[tuple[int, float, Key]]:
    """Row, left edge and key, as many a row as fit."""
    row, at, placed = 0, 0.0, []
    for key in keys:
        long = 36 + _width(key[1], _SIZE) + 22
        if at and at + long > width:
            row, at = row + 1, 0.0
        placed.append((row, at, key))
        at += long
    return placed


def _legend_rows(lines: Sequence[tuple[int, float, Key]], top: float) -> str:
    return "".join(
        f'<g transform="translate({left:.1f} {top + 8 + row * _LEGEND_LINE:.1f})">{mark}'
        f'<text x="34" y="14.5" font-size="{_SIZE:g}">{safe(words)}</text></g>'
        for row, left, (mark, words) in lines
    )
