"""A small sound file of every kind that is read, and how each is read: what `tests.fuzzing` spoils."""

from __future__ import annotations

import gzip
import json
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import rasterio
import shapely

from data.candidate_list import read_candidates
from data.forms import open_form
from data.intake.datum.reference import read_reference
from data.population import read_population
from data.results.folder import read_results
from data.standards import open_standard
from data.streets import read_streets
from data.units import read_units
from jobs.lists.check import ListFiles, check_lists
from jobs.scenario import read_scenario
from jobs.siting.request import read_conditions
from tests.data.streets.street_files import write_osm

_COVERAGE: Final = Path(__file__).parents[1] / "coverage"
_CRS: Final = "EPSG:4549"


@dataclass(frozen=True)
class Reader:
    """`make` writes a small sound file, `read` reads one; a `packed` one is changed member by member."""

    name: str
    make: Callable[[Path], object]
    read: Callable[[Path], object]
    packed: bool = False


_ROWS: Final = [
    ("编号", "名称", "类型", "经度", "纬度", "区", "床位", "启用时间"),
    ("A1", "玄武公共服务中心", "公共服务中心", 118.7982, 32.0601, "玄武区", 20, "2012年3月"),
    ("A2", "梅园社区服务站", "公共服务站", "118°48′2″", "32°3′1″", "玄武区", "约30", "2013-04-01"),
    ("A3", "锁金村服务站", "公共服务站", 118.8112, 32.0742, "玄武区", "", "2015"),
]
_FRAME: Final = pd.DataFrame(_ROWS[1:], columns=_ROWS[0])
_PEOPLE: Final = pd.DataFrame(
    {"lon": [118.79, 118.8, 118.81], "lat": [32.05, 32.06, 32.07], "residents": [3, 4, 5]}
)
_UNITS: Final = gpd.GeoDataFrame(
    {
        "name": ["甲街道", "乙社区"],
        "level": ["street", "community"],
        "unit_id": ["1", "11"],
        "code": [111, 220],
    },
    geometry=[shapely.box(118.7, 32.0, 118.9, 32.1), shapely.box(118.75, 32.02, 118.85, 32.08)],
    crs=4326,
)
_STREETS: Final = gpd.GeoDataFrame(
    {"highway": ["residential", "['primary', 'service']"], "layer": [0, 1], "name": ["中山路", "环路"]},
    geometry=shapely.linestrings([[(118.79, 32.05), (118.8, 32.06)], [(118.8, 32.06), (118.81, 32.05)]]),
    crs=4326,
)


def _csv(path: Path) -> None:
    _FRAME.to_csv(path, index=False)


def _xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in _ROWS:
        book.active.append(row)
    book.active.merge_cells("F2:F4")
    book.save(path)


def _xls(path: Path) -> None:
    """A workbook as Excel 97 to 2003 wrote them: records of one sheet, in the one stream of an OLE file."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    def cell(row: int, column: int, value: str | float) -> bytes:
        at = struct.pack("<HHH", row, column, 0)
        if isinstance(value, str):
            return record(0x0204, at + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
        return record(0x0203, at + struct.pack("<d", value))

    def begin(kind: int) -> bytes:
        return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0, 0, 0, 0))

    end = record(0x000A, b"")
    cells = b"".join(cell(i, j, value) for i, row in enumerate(_ROWS) for j, value in enumerate(row))
    head_bytes = len(begin(5)) + 4 + 8 + 2 + len(end)
    named = struct.pack("<IBBBB", head_bytes, 0, 0, 1, 1) + "甲".encode("utf-16-le")
    stream = begin(5) + record(0x0085, named) + end + begin(0x10) + cells + end
    stream = stream.ljust(4096, b"\0")  # smaller ones lie elsewhere in the file
    sectors = -(-len(stream) // 512)
    unused, last, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    chain = [table, last, *range(3, sectors + 2), last]

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        text = (name + "\0").encode("utf-16-le")
        links = struct.pack("<HBBIII", len(text), kind, 1, unused, unused, child)
        return text.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, size)

    folder = entry("Root Entry", 5, 1, last, 0) + entry("Workbook", 2, unused, 2, len(stream))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, 1, 0, 4096, last, 0, last, 0,
    ) + struct.pack("<109I", 0, *[unused] * 108)  # fmt: skip
    fat = struct.pack("<128I", *chain, *[unused] * (128 - len(chain)))
    path.write_bytes(header + fat + folder.ljust(512, b"\0") + stream.ljust(512 * sectors, b"\0"))


def _ods(path: Path) -> None:
    office = "urn:oasis:names:tc:opendocument:xmlns"
    spaces = " ".join(f'xmlns:{n}="{office}:{n}:1.0"' for n in ("office", "table", "text"))
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = ("".join(map(cell.format, row)) for row in _ROWS)
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    table = f'<table:table table:name="甲">{body}</table:table>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>{table}"
            "</office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr("META-INF/manifest.xml", "<a/>")


def _json(path: Path) -> None:
    path.write_text(json.dumps(_FRAME.to_dict("records"), ensure_ascii=False), "utf-8")


def _html(path: Path) -> None:
    rows = "".join("<tr>" + "".join(f"<td rowspan=1>{v}</td>" for v in row) + "</tr>" for row in _ROWS)
    path.write_text(f"<html><table>{rows}</table></html>", "utf-8")


def _kml(path: Path) -> None:
    marks = "".join(
        f"<Placemark><name>{name}</name><ExtendedData><Data name='类型'><value>{kind}</value></Data>"
        f"</ExtendedData><Point><coordinates>{lon},{lat},0</coordinates></Point></Placemark>"
        for _, name, kind, lon, lat, *_ in _ROWS[1:]
    )
    space = "http://www.opengis.net/kml/2.2"
    path.write_text(f"<kml xmlns='{space}'><Document>{marks}</Document></kml>", "utf-8")


def _points(path: Path) -> None:
    frame = _FRAME.loc[[0, 2]].astype({"经度": float, "纬度": float, "床位": str})
    gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame["经度"], frame["纬度"]), crs=4326).to_file(path)


def _zip(of: Callable[[Path], object], name: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with tempfile.TemporaryDirectory() as beside, zipfile.ZipFile(path, "w") as archive:
            of(Path(beside) / name)
            for part in sorted(Path(beside).iterdir()):
                archive.write(part, part.name)

    return make


def _raster(driver: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        about = {"driver": driver, "width": 4, "height": 3, "count": 1, "dtype": "float32", "nodata": -9999.0}
        with rasterio.open(path, "w", **about, crs="EPSG:4326",
                           transform=rasterio.Affine(0.01, 0, 118.7, 0, -0.01, 32.1)) as file:  # fmt: skip
            file.write(np.arange(12, dtype="float32").reshape(3, 4), 1)

    return make


def _asc(path: Path) -> None:
    head = "ncols 4\nnrows 3\nxllcorner 118.7\nyllcorner 32.0\ncellsize 0.01\nNODATA_value -9999\n"
    path.write_text(head + "1 2 3 -9999\n" * 3, "utf-8")


def _written(frame: gpd.GeoDataFrame) -> Callable[[Path], object]:
    return lambda path: frame.to_file(path)


def _graphml(path: Path) -> None:
    names = ("x", "y", "highway", "length", "crs", "geometry")
    keys = "".join(f"<key id='{n}' for='all' attr.name='{n}' attr.type='string'/>" for n in names)
    node = "<node id='{}'><data key='x'>{}</data><data key='y'>{}</data></node>"
    edge = (
        "<edge source='1' target='2'><data key='highway'>['residential', 'service']</data>"
        "<data key='length'>1400.5</data>"
        "<data key='geometry'>LINESTRING (118.79 32.05, 118.795 32.056, 118.8 32.06)</data></edge>"
    )
    nodes = node.format(1, 118.79, 32.05) + node.format(2, 118.8, 32.06)
    path.write_text(
        f"<graphml xmlns='http://graphml.graphdrawing.org/xmlns'>{keys}<graph edgedefault='directed'>"
        f"<data key='crs'>epsg:4326</data>{nodes}{edge}</graph></graphml>",
        "utf-8",
    )


def _overpass(path: Path) -> None:
    elements: list[dict[str, Any]] = [
        {"type": "node", "id": 1, "lat": 32.05, "lon": 118.79},
        {"type": "node", "id": 2, "lat": 32.06, "lon": 118.80},
        {"type": "way", "id": 3, "nodes": [1, 2], "tags": {"highway": "residential"}},
        {"type": "relation", "id": 4, "members": [{"type": "way", "ref": 3, "role": "outer"}], "tags": {}},
    ]
    path.write_text(json.dumps({"version": 0.6, "elements": elements}))


def _osm_gz(path: Path) -> None:
    with tempfile.TemporaryDirectory() as beside:
        plain = write_osm(Path(beside) / "a.osm")
        path.write_bytes(gzip.compress(plain.read_bytes()))


_CONDITIONS: Final = """required = ["甲", "118.7969, 32.0603"]
spacing_m = 800
capacity = "list"
[money]
budget = 12_000_000
costs = { "甲" = 3_000_000 }
[[quota]]
unit = "street"
most = 1
units = ["南街道"]
[weights]
elderly = 2.0
[load]
band = [1000, 5000]
"""
_EDITS: Final = {
    "format": 1,
    "name": "甲",
    "crs": _CRS,
    "edits": [
        {
            "do": "open", "facility_id": "N1", "name": "新", "tier": "station", "x": 4e5, "y": 3.55e6,
            "places": 10,
        },
        {"do": "move", "facility_id": "A1", "x": 400_100.0, "y": 3_550_000.0},
        {"do": "street", "line": [[400_000.0, 3_550_000.0], [400_100.0, 3_550_000.0]]},
        {"do": "grow", "unit_id": "", "factor": 1.5},
        {"do": "figure", "rule_id": "centre-radius", "figure": 1000.0, "band": None},
    ],
}  # fmt: skip


def _texts(written: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(written, "utf-8")


def _copied(source: Path) -> Callable[[Path], object]:
    return lambda path: shutil.copyfile(source, path)


def _check(path: Path) -> object:
    with tempfile.TemporaryDirectory() as out:
        return check_lists(ListFiles([path], datum="wgs84"), out=Path(out)).as_json()


@cache
def results_folder() -> Path:
    """A small result, without the hashes that would refuse every change of it."""
    from jobs.assess.folder import assess_files
    from tests.small_city import write_small_city

    place = Path(tempfile.mkdtemp(prefix="fuzz-result"))
    assess_files(write_small_city(place / "in"), out=place / "out")
    about = json.loads((place / "out" / "provenance.json").read_bytes())
    about.pop("files")
    (place / "out" / "provenance.json").write_text(json.dumps(about), "utf-8")
    return place / "out"


def _make_of_result(name: str, path: Path) -> None:
    shutil.copyfile(results_folder() / name, path)


def _read_in_result(name: str, path: Path) -> object:
    """The small result with this file in the place of its own."""
    with tempfile.TemporaryDirectory() as beside:
        folder = Path(beside) / "result"
        shutil.copytree(results_folder(), folder)
        shutil.copyfile(path, folder / name)
        return read_results(folder)


_OF_RESULTS: Final = (
    "assessment.json", "units.csv", "facilities.csv", "cells.parquet", "gaps.geojson", "provenance.json",
    "standard.toml",
)  # fmt: skip
READERS: Final = {
    reader.name: reader
    for reader in (
        Reader("list.csv", _csv, _check),
        Reader("list.xlsx", _xlsx, _check, packed=True),
        Reader("list.xls", _xls, _check),
        Reader("list.ods", _ods, _check, packed=True),
        Reader("list.json", _json, _check),
        Reader("list.html", _html, _check),
        Reader("list.kml", _kml, _check),
        Reader("list.geojson", _points, _check),
        Reader("list.gpkg", _points, _check),
        Reader("list.zip", _zip(_points, "a.shp"), _check, packed=True),
        Reader("places.csv", _csv, lambda path: read_candidates(path, datum="wgs84", units=None)),
        Reader("people.csv", lambda path: _PEOPLE.to_csv(path, index=False), read_population),
        Reader("people.parquet", lambda path: _PEOPLE.to_parquet(path), read_population),
        Reader("people.tif", _raster("GTiff"), read_population),
        Reader("people.asc", _asc, read_population),
        Reader("people.geojson", _written(_UNITS.assign(residents=[7, 8])), read_population),
        Reader("units.geojson", _written(_UNITS), read_units),
        Reader("units.gpkg", _written(_UNITS), read_units),
        Reader("units.zip", _zip(_written(_UNITS), "a.shp"), read_units, packed=True),
        Reader("units.parquet", lambda path: _UNITS.to_parquet(path), read_units),
        Reader("streets.osm", write_osm, read_streets),
        Reader("streets.osm.pbf", write_osm, read_streets),
        Reader("streets.osm.gz", _osm_gz, read_streets, packed=True),
        Reader("streets.json", _overpass, read_streets),
        Reader("streets.graphml", _graphml, read_streets),
        Reader("streets.geojson", _written(_STREETS), read_streets),
        Reader("streets.gpkg", _written(_STREETS), read_streets),
        Reader("reference.geojson", _written(_UNITS), read_reference),
        Reader("standard.toml", _copied(_COVERAGE / "standards" / "nanjing-2011.toml"), open_standard),
        Reader("form.toml", _copied(min((_COVERAGE / "forms").glob("*.toml"))), lambda p: open_form(str(p))),
        Reader("conditions.toml", _texts(_CONDITIONS), read_conditions),
        Reader("edits.json", _texts(json.dumps(_EDITS)), lambda path: read_scenario(path, _CRS)),
        *(
            Reader(f"result-{name}", partial(_make_of_result, name), partial(_read_in_result, name))
            for name in _OF_RESULTS
        ),
    )
}  # fmt: skip
