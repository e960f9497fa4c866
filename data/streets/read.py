"""From a street file to the walking network, with what the reader should know about it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer

from core.errors import InputError
from core.progress import Progress, part, silent
from core.text import Text, text
from data.files import digest
from data.formats.inputs_read import InputRead
from data.guard import guarded
from data.intake.findings import Finding
from data.streets.detect import GRAPHML, OSM_FORMATS, street_format, unpacked
from data.streets.graphml import read_graphml
from data.streets.lines import read_lines
from data.streets.osm import WholeOsm, read_osm, read_whole
from data.streets.places import healed_findings, healed_remarks, island_findings, island_remarks
from data.streets.raw import Floats, Ints, RawStreets, Shapes, keep_within, numbered_by_place, used_bounds
from geo.basemap import Basemap
from geo.crs import WGS84, metric_crs
from geo.network.build import SHARED_VERTEX_M, build_network, merge_close
from geo.network.close_gaps import Healed, heal
from geo.network.network import WalkNetwork, as_obstacles

Bounds = tuple[float, float, float, float]  # west, south, east, north

# Wider than any city region; a metric CRS is not true to the metre over more.
_WIDEST_DEGREES: Final = 12.0
_HINT_M: Final = (0.1, 0.5, 1.0, 2.0, 5.0)  # tried where streets hang apart
_AREA: Final = 2  # the dimension of polygons
_GEOD: Final = Geod(ellps="WGS84")
# The file that was read last, by its contents; and all of it, from the second time on.
_KEPT: Final[dict[tuple[str, ...], RawStreets | WholeOsm | None]] = {}
# A province's streets; of a larger file every part is read by itself.
_MOST_KEPT_BYTES: Final = 100_000_000
# China's; only for degrees that could be either.
_LONGITUDES: Final = (73.0, 136.0)
_LATITUDES: Final = (3.0, 54.0)


@dataclass(frozen=True)
class Asked:
    """What a reader of streets may be asked for: gaps up to `heal_m` closed, the `layer` of streets and the
    column of their classes by name ("" leaves the choice to the reader)."""

    heal_m: float = 0.0
    layer: str = ""
    class_column: str = ""


PLAINLY: Final = Asked()


@dataclass(frozen=True)
class StreetFile:
    """A street file that was read: `kind` as told by its content, `sha256` of its bytes.

    `findings` are for every reader; `remarks` name the places behind them one by one; `read` what was
    chosen in the file and what was set aside.
    """

    network: WalkNetwork
    basemap: Basemap
    findings: tuple[Text, ...]
    kind: str
    sha256: str
    remarks: tuple[Finding, ...] = ()
    read: tuple[InputRead, ...] = ()


@guarded
def read_streets(
    path: str | Path,
    *,
    crs: str | None = None,
    area: shapely.Geometry | None = None,
    asked: Asked = PLAINLY,
    progress: Progress = silent,
) -> StreetFile:
    """Read the walking network and the basemap of a street file, whatever its name says it is.

    `area` (WGS-84 degrees) keeps only streets that touch it; give it with a margin, or residents
    at the rim look unserved. `crs` is the metric CRS wanted; without it that of the centre of
    `area`, or of the streets. Ends at most `asked.heal_m` short of another street are joined to it, and
    each is listed. `asked` also names the layer of streets and the column of their classes, where a map
    file leaves it open. Raises InputError where the file cannot be used, and says why nothing
    is left to walk on.
    """
    path = Path(path)
    kind = street_format(path, asked.layer)
    heal_m = asked.heal_m
    sha256 = digest(path)
    with unpacked(path, kind, asked.layer) as (source, names):
        told = part(progress, 0.0, 0.7)
        raw = _read(source, kind, sha256, None if area is None else area.bounds, told, asked)
        if not len(raw.way_class):
            if area is not None and kind in OSM_FORMATS:  # what lies elsewhere was not even looked at
                raw = _read(source, kind, sha256, None, told, asked)
            raise nothing_to_walk(path, raw, area)
    bounds = _degrees(path, raw, area)
    west, south, east, north = bounds if area is None else area.bounds
    if max(east - west, north - south) > _WIDEST_DEGREES:
        raise InputError(
            "The streets of {path} reach over {width}° by {height}°, more than one study area. "
            "Cut the file to the city first.",
            path=path.name,
            width=round(east - west, 1),
            height=round(north - south, 1),
        )
    crs = crs or metric_crs((west + east) / 2, (south + north) / 2)
    progress(0.7, text("Joining streets into a network"))
    network, healed, hint = _network(path, raw, crs, area, heal_m)
    basemap = _basemap(raw, crs, area)
    network = replace(network, obstacles=_obstacles(raw, basemap, crs, area))
    progress(0.9, text("Looking for islands among the streets"))
    if digest(path) != sha256:
        raise InputError("{path} was changed while it was read. Run the same again.", path=path.name)
    said = (raw.findings, healed_findings(healed, heal_m), island_findings(network), hint)
    return StreetFile(
        network,
        basemap,
        tuple(itertools.chain(*said)),
        kind,
        sha256,
        (*raw.remarks, *healed_remarks(path.name, healed, crs), *island_remarks(path.name, network)),
        _within(raw.read, names),
    )


def _within(read: tuple[InputRead, ...], names: tuple[str, ...]) -> tuple[InputRead, ...]:
    """What was read, with the file in the zip as its layer; the zip's other street files set aside."""
    if not names:
        return read
    aside = (
        replace(
            read[0],
            layer=name,
            column="",
            rows_read=0,
            rows_left_out=0,
            used=False,
            why=text("Another file is taken."),
        )
        for name in names[1:]
    )
    return (*(replace(entry, layer=names[0]) for entry in read), *aside)


def _read(
    path: Path, kind: str, sha256: str, bounds: Bounds | None, progress: Progress, asked: Asked
) -> RawStreets:
    """A province's file serves many areas: once a second part of it is asked for, all of it is read, and kept
    for the parts that follow until another file is read."""
    key = (sha256, path.name, kind, asked.layer, asked.class_column)
    known, kept = key in _KEPT, _KEPT.get(key)
    if kept is None:
        progress(0.0, text("Reading {file}", file=path.name))
        if kind in OSM_FORMATS:
            if bounds is None or not known or path.stat().st_size > _MOST_KEPT_BYTES:
                raw = read_osm(str(path), kind, bounds, progress)
            else:
                kept = read_whole(str(path), kind, progress)
        else:
            raw = (
                read_graphml(path, progress)
                if kind == GRAPHML
                else read_lines(path, layer=asked.layer, class_name=asked.class_column)
            )
            kept = raw if known and raw.xy.nbytes <= _MOST_KEPT_BYTES else None
        _KEPT.clear()
        _KEPT[key] = kept
    if isinstance(kept, WholeOsm):
        return read_osm(str(path), kind, None, progress) if bounds is None else kept.part(bounds)
    return raw if kept is None else kept


def _degrees(path: Path, raw: RawStreets, area: shapely.Geometry | None) -> Bounds:
    """Bounds in WGS-84 degrees, refused where they are no place on earth, or swapped."""
    west, south, east, north = used_bounds(raw)
    if CRS.from_user_input(raw.crs).is_geographic and swapped((west, south, east, north), area):
        raise InputError(
            "{path}: latitude and longitude are swapped (the coordinates are {x:.4f}, {y:.4f}). Write the "
            "longitude first and send it again.",
            path=path.name,
            x=west,
            y=south,
        )
    corners = Transformer.from_crs(raw.crs, WGS84, always_xy=True).transform([west, east], [south, north])
    (west, east), (south, north) = corners
    if not all(map(np.isfinite, (west, south, east, north))) or abs(west) > 180 or abs(north) > 90:
        raise _misfit(path, raw)
    if west == east and south == north:
        raise InputError("All streets of {path} lie in one point.", path=path.name)
    return west, south, east, north


def _misfit(path: Path, raw: RawStreets) -> InputError:
    return InputError(
        "The coordinates in {path} do not fit its coordinate system ({crs}).", path=path.name, crs=raw.crs
    )


def _network(
    path: Path, raw: RawStreets, crs: str, area: shapely.Geometry | None, heal_m: float
) -> tuple[WalkNetwork, Healed | None, tuple[Text, ...]]:
    vertices, start, classes, layer = raw.way_vertices, raw.way_start, raw.way_class, raw.way_layer
    xy = _to(crs, raw.crs, raw.xy)
    if not np.isfinite(xy[vertices]).all():
        raise _misfit(path, raw)
    if area is not None:
        vertices, start, way = keep_within(xy, vertices, start, _shapes_to(crs, WGS84, np.array([area]))[0])
        classes, layer = classes[way], None if layer is None else layer[way]
    if not raw.shared:
        vertices, xy = _shared(xy, vertices, start, layer)
    drawn = xy, vertices, start
    healed = None
    if heal_m > 0 and len(vertices):
        healed = heal(*drawn, tolerance_m=heal_m, layer=layer)
        xy, vertices, start = healed.xy, healed.vertices, healed.start
        classes = np.append(classes, np.int8(0))[healed.way]
    network = build_network(xy, vertices, start, classes, crs=crs)
    if not len(network):
        raise nothing_to_walk(path, raw, area)
    if healed is None and not raw.shared and network.islands.count:
        return network, healed, _heal_hint(heal(*drawn, tolerance_m=_HINT_M[-1], layer=layer).gap_m)
    return network, healed, ()


def _heal_hint(gap_m: Floats) -> tuple[Text, ...]:
    """Which --heal would close how many gaps; nothing where the largest that is tried would close none."""
    counts = {metres: int((gap_m <= metres).sum()) for metres in _HINT_M}
    some = [(metres, count) for metres, count in counts.items() if count]
    if not some:
        return ()
    return (
        text(
            "The streets may be drawn with gaps: --heal {few:g} would close {fewer} of them, --heal {most:g} "
            "{more}.",
            few=some[0][0],
            fewer=some[0][1],
            most=some[-1][0],
            more=some[-1][1],
        ),
    )


def _shared(xy: Floats, vertices: Ints, start: Ints, layer: Ints | None) -> tuple[Ints, Floats]:
    numbers, places = merge_close(xy, SHARED_VERTEX_M)
    at = numbers[vertices].astype(np.int64)
    if layer is None or not len(at):
        return at, places
    told_apart = numbered_by_place(at, start, layer)
    first = np.unique(told_apart, return_index=True)[1]
    return told_apart, places[at[first]]


def _basemap(raw: RawStreets, crs: str, area: shapely.Geometry | None) -> Basemap:
    water, green = (_shapes_to(crs, raw.crs, shapes) for shapes in (raw.water, raw.green))
    if area is not None:
        outline = _shapes_to(crs, WGS84, np.array([area]))[0]
        water, green = (s[shapely.intersects(s, outline)] for s in (water, green))
    return Basemap(water, green, crs)


def _obstacles(raw: RawStreets, basemap: Basemap, crs: str, area: shapely.Geometry | None) -> Floats:
    """Shores and lines that nobody walks straight across; a water's line is among the latter."""
    lines = _shapes_to(crs, raw.crs, raw.obstacles)
    if area is not None and len(lines):
        lines = lines[shapely.intersects(lines, _shapes_to(crs, WGS84, np.array([area]))[0])]
    shores = (
        basemap.water[shapely.get_dimensions(basemap.water) == _AREA] if len(basemap.water) else lines[:0]
    )
    return as_obstacles(np.concatenate([shores, lines]))


def _shapes_to(crs: str, source: str, shapes: Shapes) -> Shapes:
    if not len(shapes):
        return np.empty(0, object)
    return np.asarray(shapely.transform(shapes, lambda xy: _to(crs, source, xy)), object)


def _to(crs: str, source: str, xy: Floats) -> Floats:
    if CRS.from_user_input(source) == CRS.from_user_input(crs):
        return xy
    x, y = Transformer.from_crs(source, crs, always_xy=True).transform(xy[:, 0], xy[:, 1])
    return np.column_stack([x, y])


def swapped(bounds: Bounds, area: shapely.Geometry | None) -> bool:
    """Whether degrees are latitude before longitude: impossible as they stand, or where the residents
    (`area`) are only the other way round; without residents, where they would be a place in China."""
    west, south, east, north = bounds
    if abs(west) <= 90 < max(abs(south), abs(north)) <= 180:
        return True
    if area is not None:
        here, turned = shapely.box(*bounds), shapely.box(south, west, north, east)
        return bool(shapely.intersects(turned, area) and not shapely.intersects(here, area))
    in_latitudes = _LATITUDES[0] <= west <= east <= _LATITUDES[1]
    return in_latitudes and _LONGITUDES[0] <= south <= north <= _LONGITUDES[1]


def nothing_to_walk(path: Path, raw: RawStreets, area: shapely.Geometry | None) -> InputError:
    """The refusal that says why no street is left."""
    if not len(raw.way_class):
        if raw.closed:
            return InputError(
                "{path} has no street that may be walked: all its {count} {count:street is|streets are} "
                "closed on foot, motorways or the like.",
                path=path.name,
                count=raw.closed,
            )
        return InputError(
            "{path} has no street that may be walked: it holds no lines that are streets, or not their "
            "points.",
            path=path.name,
        )
    if area is None:
        return InputError("{path} has no street that may be walked.", path=path.name)
    west, south, east, north = used_bounds(raw)
    to_degrees = Transformer.from_crs(raw.crs, WGS84, always_xy=True)
    lon, lat = to_degrees.transform((west + east) / 2, (south + north) / 2)
    there = shapely.centroid(area)
    metres = float(_GEOD.inv(lon, lat, there.x, there.y)[2])
    return InputError(
        "{path}: its streets lie elsewhere, {km:,.0f} km away from the residents (around {lon:.3f}, "
        "{lat:.3f}). Is it the file of another city, or is its coordinate system a wrong one?",
        path=path.name,
        km=metres / 1000,
        lon=float(lon),
        lat=float(lat),
    )
