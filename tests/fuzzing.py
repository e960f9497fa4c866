"""Spoilt files for every reader: a small real one of each kind, changed here and there.

    python -m tests.fuzzing                     every reader for ten minutes
    python -m tests.fuzzing --minutes 60 --only csv osm

`READERS` says how a file of each kind is made and read; `spoilt` changes one. Whatever a reader makes of it
must be a result or a sentence, within `MOST_S` and the guard's memory. What is neither is kept in
`tests/data/fuzz_cases`, one file each, and read again by the suite.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import shutil
import tempfile
import time
import traceback
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import rasterio
import shapely

from core.errors import UserError
from data.candidate_list import read_candidates
from data.defects import RecordedDefectError
from data.forms import open_form
from data.guard import guarding
from data.intake.datum.reference import read_reference
from data.population import read_population
from data.results.folder import read_results
from data.standards import open_standard
from data.streets import read_streets
from data.units import read_units
from jobs.lists.check import ListFiles, check_lists
from jobs.scenario import read_scenario
from jobs.siting.conditions import read_conditions
from tests.data.streets.street_files import write_osm

CASES: Final = Path(__file__).parent / "data" / "fuzz_cases"
MOST_S: Final = 10.0
_CRS: Final = "EPSG:4549"
_WORDS: Final = (
    "", "NaN", "inf", "-1", "0", "1e308", "9" * 400, "9" * 5_000, "1e400", "true", "null", "[]", "{}", "[[1]]",
    "'", '"', "\\", "\x00", "\u202e", "\x1b[2J", "=1+1", "南京", "公共服务中心", "118.8,32.1", "0x10", "١٢",
    "2012-13-45", "Infinity", "-0.0", "1,5", " ", "\n", "\r", ";", "<a>", "&#0;", "POINT EMPTY", "POLYGON ((0 0))",
)  # fmt: skip
Edit = tuple[str, float, int]
KINDS: Final = ("word", "byte", "cut", "drop", "twice", "swap", "number")


@dataclass(frozen=True)
class Reader:
    """`make` writes a small sound file, `read` reads one; a `packed` one is changed member by member."""

    name: str
    make: Callable[[Path], object]
    read: Callable[[Path], object]
    packed: bool = False


def spoilt(content: bytes, edits: Sequence[Edit], *, packed: bool = False) -> bytes:
    """The content with some changes: kind, where (0..1) and a number that says more."""
    for kind, where, more in edits:
        content = _member(content, (kind, where, more)) if packed else _changed(content, (kind, where, more))
    return content


def _changed(content: bytes, edit: Edit) -> bytes:
    kind, where, more = edit
    at = int(where * len(content))
    length = 1 + more % 40
    piece = content[at : at + length]
    if kind == "word":
        return content[:at] + _WORDS[more % len(_WORDS)].encode() + content[at + length :]
    if kind == "number":  # the next number in the text
        digits = [i for i in range(at, min(at + 200, len(content))) if content[i : i + 1].isdigit()]
        begin = digits[0] if digits else at
        end = begin
        while content[end : end + 1] and content[end : end + 1] in b"0123456789.":
            end += 1
        return content[:begin] + _WORDS[more % len(_WORDS)].encode() + content[end:]
    if kind == "byte":
        return content[:at] + bytes([more % 256]) + content[at + 1 :]
    if kind == "cut":
        return content[:at] if more % 4 == 0 else content[: len(content) - more]
    if kind == "drop":
        return content[:at] + content[at + length :]
    if kind == "twice":
        return content[:at] + piece * (1 + more % 50) + content[at:]
    other = (at + 7 * more) % max(len(content), 1)
    return content[:at] + content[other : other + length] + content[at + length :]


def _member(content: bytes, edit: Edit) -> bytes:
    """One member of a zip (or what a gzip holds) changed; now and then the bytes of the archive."""
    more = edit[2]
    if more % 8 == 0:
        return _changed(content, edit)
    if content.startswith(b"\x1f\x8b"):
        try:
            return gzip.compress(_changed(gzip.decompress(content), edit))
        except (OSError, EOFError, ValueError, zlib.error):
            return _changed(content, edit)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()}
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError, zlib.error):
        return _changed(content, edit)
    named = sorted(members, key=lambda name: (".rels" in name, "theme" in name, name))
    chosen = named[more % len(named)] if named else ""
    if chosen:
        members[chosen] = _changed(members[chosen], edit)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return written.getvalue()


# Small sound files.

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
    geometry=[shapely.LineString([(118.79, 32.05), (118.8, 32.06)]), shapely.LineString([(118.8, 32.06), (118.81, 32.05)])],
    crs=4326,
)  # fmt: skip


def _csv(path: Path) -> None:
    _FRAME.to_csv(path, index=False)


def _xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in _ROWS:
        book.active.append(row)
    book.active.merge_cells("F2:F4")
    book.save(path)


def _ods(path: Path) -> None:
    body = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{v}</text:p></table:table-cell>'
            for v in row
        )
        + "</table:table-row>"
        for row in _ROWS
    )
    spaces = " ".join(
        f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text")
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name="甲">'
            f"{body}</table:table></office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr("META-INF/manifest.xml", "<a/>")


def _json(path: Path) -> None:
    path.write_text(json.dumps(_FRAME.to_dict("records"), ensure_ascii=False), "utf-8")


def _html(path: Path) -> None:
    rows = "".join("<tr>" + "".join(f"<td rowspan=1>{v}</td>" for v in row) + "</tr>" for row in _ROWS)
    path.write_text(f"<html><table>{rows}</table></html>", "utf-8")


def _kml(path: Path) -> None:
    marks = "".join(
        f"<Placemark><name>{r[1]}</name><ExtendedData><Data name='类型'><value>{r[2]}</value></Data></ExtendedData>"
        f"<Point><coordinates>{r[3]},{r[4]},0</coordinates></Point></Placemark>"
        for r in _ROWS[1:]
    )
    path.write_text(
        f"<kml xmlns='http://www.opengis.net/kml/2.2'><Document>{marks}</Document></kml>", "utf-8"
    )


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
    rows = "\n".join("1 2 3 -9999" for _ in range(3))
    path.write_text(
        f"ncols 4\nnrows 3\nxllcorner 118.7\nyllcorner 32.0\ncellsize 0.01\nNODATA_value -9999\n{rows}\n"
    )


def _written(frame: gpd.GeoDataFrame) -> Callable[[Path], object]:
    return lambda path: frame.to_file(path)


def _graphml(path: Path) -> None:
    keys = "".join(
        f"<key id='{n}' for='all' attr.name='{n}' attr.type='string'/>"
        for n in ("x", "y", "highway", "length", "crs", "geometry")
    )
    nodes = "".join(
        f"<node id='{i}'><data key='x'>{x}</data><data key='y'>{y}</data></node>"
        for i, x, y in ((1, 118.79, 32.05), (2, 118.8, 32.06))
    )
    edge = (
        "<edge source='1' target='2'><data key='highway'>['residential', 'service']</data><data key='length'>1400.5</data>"
        "<data key='geometry'>LINESTRING (118.79 32.05, 118.795 32.056, 118.8 32.06)</data></edge>"
    )
    path.write_text(
        f"<graphml xmlns='http://graphml.graphdrawing.org/xmlns'>{keys}<graph edgedefault='directed'>"
        f"<data key='crs'>epsg:4326</data>{nodes}{edge}</graph></graphml>", "utf-8"
    )  # fmt: skip


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
        {"do": "open", "facility_id": "N1", "name": "新", "tier": "station", "x": 400_000.0, "y": 3_550_000.0, "places": 10},
        {"do": "move", "facility_id": "A1", "x": 400_100.0, "y": 3_550_000.0},
        {"do": "street", "line": [[400_000.0, 3_550_000.0], [400_100.0, 3_550_000.0]]},
        {"do": "grow", "unit_id": "", "factor": 1.5},
        {"do": "figure", "rule_id": "centre-radius", "figure": 1000.0, "band": None},
    ],
}  # fmt: skip


def _texts(written: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(written, "utf-8")


def _preset(folder: str, name: str) -> Callable[[Path], object]:
    source = Path(__file__).parents[1] / "coverage" / folder / name
    return lambda path: shutil.copyfile(source, path)


def _check(path: Path) -> object:
    with tempfile.TemporaryDirectory() as out:
        return check_lists(ListFiles([path], datum="wgs84"), out=Path(out)).as_json()


def _result_file(name: str) -> Callable[[Path], object]:
    """Reads the small result folder of `results_folder` with this file in the place of its own."""

    def read(path: Path) -> object:
        with tempfile.TemporaryDirectory() as beside:
            folder = Path(beside) / "result"
            shutil.copytree(results_folder(), folder)
            shutil.copyfile(path, folder / name)
            return read_results(folder)

    return read


_FOLDERS: Final[list[Path]] = []


def results_folder() -> Path:
    """A small result, without the hashes that would refuse every change of it."""
    if not _FOLDERS:
        from jobs.assess.folder import assess_files
        from tests.small_city import write_small_city

        place = Path(tempfile.mkdtemp(prefix="fuzz-result"))
        assess_files(write_small_city(place / "in"), out=place / "out")
        about = json.loads((place / "out" / "provenance.json").read_bytes())
        about.pop("files")
        (place / "out" / "provenance.json").write_text(json.dumps(about), "utf-8")
        _FOLDERS.append(place / "out")
    return _FOLDERS[0]


def _of_result(name: str) -> Reader:
    return Reader(
        f"result-{name}", lambda path: shutil.copyfile(results_folder() / name, path), _result_file(name)
    )


READERS: Final = {
    f"{reader.name}": reader
    for reader in (
        Reader("list.csv", _csv, _check),
        Reader("list.xlsx", _xlsx, _check, packed=True),
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
        Reader("standard.toml", _preset("standards", "nanjing-2011.toml"), open_standard),
        Reader("form.toml", _preset("forms", sorted((Path(__file__).parents[1] / "coverage" / "forms").glob("*.toml"))[0].name), lambda path: open_form(str(path))),
        Reader("conditions.toml", _texts(_CONDITIONS), read_conditions),
        Reader("edits.json", _texts(json.dumps(_EDITS)), lambda path: read_scenario(path, _CRS)),
        *map(_of_result, ("assessment.json", "units.csv", "facilities.csv", "cells.parquet", "gaps.geojson", "provenance.json", "standard.toml")),
    )
}  # fmt: skip


def complaint(reader: Reader, path: Path) -> str:
    """What is wrong with how a file is read: "" where a result or a sentence comes of it in time."""
    begun = time.process_time()
    try:
        reader.read(path)
    except UserError as error:
        if "{" in str(error.message):
            return f"an unfilled sentence: {error}"
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        if isinstance(error, RecordedDefectError) and error.defect.path:
            where = error.defect.path.read_text("utf-8").splitlines()[-1].strip()
            return f"{error.kind} at {where}"
        frames = traceback.extract_tb(error.__traceback__)[-3:]
        where = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.line}" for f in reversed(frames))
        return f"{type(error).__name__} {str(error)[:200]} at {where}"
    seconds = time.process_time() - begun
    return f"{seconds:.0f} s" if seconds > MOST_S else ""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--minutes", type=float, default=10.0)
    asked.add_argument("--only", nargs="+", default=[""], help="parts of the names of readers")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--keep", type=Path, default=CASES)
    options = asked.parse_args()
    chance = random.Random(options.seed)
    chosen = [r for name, r in READERS.items() if any(part in name for part in options.only)]
    seen: dict[str, int] = {}
    tried = 0
    ends = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as folder, guarding():
        sound: dict[str, bytes] = {}
        for reader in chosen:
            path = Path(folder) / reader.name
            reader.make(path)
            sound[reader.name] = path.read_bytes()
            if said := complaint(reader, path):
                print(f"{reader.name}, as it is made: {said}", flush=True)
        while time.monotonic() < ends:
            for reader in chosen:
                path = Path(folder) / reader.name
                edits = [
                    (chance.choice(KINDS), chance.random(), chance.randrange(1 << 16))
                    for _ in range(chance.choice((1, 1, 2, 3, 6)))
                ]
                path.write_bytes(spoilt(sound[reader.name], edits, packed=reader.packed))
                tried += 1
                said = complaint(reader, path)
                if said and not seen.setdefault(said[:80], 0):
                    options.keep.mkdir(exist_ok=True)
                    number = len(list(options.keep.iterdir()))
                    shutil.copyfile(path, options.keep / f"{number:03}-{reader.name}")
                    print(f"{number:03}-{reader.name}: {said}", flush=True)
                if said:
                    seen[said[:80]] += 1
    print(f"{tried} files, {len(seen)} kinds of complaint: {seen}")


if __name__ == "__main__":
    main()
