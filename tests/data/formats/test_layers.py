"""The door for map layers: every format that is read, packed or not, in any encoding, gives the same rows."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from core.errors import InputError
from data.formats.layers import opened
from data.formats.sheets.read import read_files
from data.formats.systems import in_degrees
from data.vector import layers, read_vector
from tests.open_geopackage import open_geopackage

NAMES = ["红花村", "甲社区"]
SHAPES = [shapely.box(118.7, 32.0, 118.71, 32.01), shapely.box(118.72, 32.0, 118.73, 32.01)]
TOWN = gpd.GeoDataFrame({"名称": NAMES, "人口": [10, 20]}, geometry=SHAPES, crs=4326)


def plain(path: Path, driver: str, **options: object) -> Path:
    TOWN.to_file(path, driver=driver, **options)
    return path


def text_of(folder: Path) -> str:
    return plain(folder / "t.geojson", "GeoJSON").read_text("utf-8")


def zipped(target: Path, *members: tuple[Path, str]) -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("__MACOSX/._a.shp", b"\0\0\x27\x0a")
        for path, name in members:
            archive.write(path, name)
    return target


def shapefile(folder: Path, encoding: str = "UTF-8") -> list[Path]:
    (folder / "s").mkdir(exist_ok=True)
    plain(folder / "s" / "a.shp", "ESRI Shapefile", encoding=encoding)
    return sorted((folder / "s").iterdir())


def shapefile_in(folder: Path, encoding: str, declared: str) -> Path:
    for path in shapefile(folder, encoding):
        if path.suffix == ".cpg":
            path.write_text(declared) if declared else path.unlink()
    return folder / "s" / "a.shp"


def gdb(folder: Path) -> Path:
    pyogrio.write_dataframe(TOWN, folder / "a.gdb", driver="OpenFileGDB")
    return folder / "a.gdb"


def packed_gdb(folder: Path) -> Path:
    return zipped(folder / "g.zip", *((path, f"资料/a.gdb/{path.name}") for path in gdb(folder).iterdir()))


def esri_json(folder: Path) -> Path:
    rings = [[[x, y] for x, y in shape.exterior.coords] for shape in SHAPES]
    rows = zip(NAMES, (10, 20), rings, strict=True)
    content = {
        "geometryType": "esriGeometryPolygon",
        "spatialReference": {"wkid": 4326},
        "fields": [
            {"name": "名称", "type": "esriFieldTypeString"},
            {"name": "人口", "type": "esriFieldTypeInteger"},
        ],
        "features": [{"attributes": {"名称": n, "人口": p}, "geometry": {"rings": [r]}} for n, p, r in rows],
    }
    (folder / "e.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return folder / "e.json"


def topo_json(folder: Path) -> Path:
    arcs = [[list(point) for point in shape.exterior.coords] for shape in SHAPES]
    rows = [
        {"type": "Polygon", "arcs": [[k]], "properties": {"名称": NAMES[k], "人口": (k + 1) * 10}}
        for k in (0, 1)
    ]
    content = {
        "type": "Topology",
        "objects": {"t": {"type": "GeometryCollection", "geometries": rows}},
        "arcs": arcs,
    }
    (folder / "t.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return folder / "t.json"


def written(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def lines(folder: Path) -> bytes:
    return "\n".join(json.dumps(one) for one in json.loads(text_of(folder))["features"]).encode()


def wkt(encoding: str, separator: str, prefix: str = "") -> Callable[[Path], Path]:
    rows = zip(NAMES, (10, 20), SHAPES, strict=True)
    body = "\n".join(f'{n}{separator}{p}{separator}"{prefix}{shape.wkt}"' for n, p, shape in rows)
    content = f"名称{separator}人口{separator}wkt_geom\n{body}\n"
    return lambda folder: written(folder, "w.csv", content.encode(encoding))


def parquet(folder: Path) -> Path:
    TOWN.to_parquet(folder / "p.parquet")
    return folder / "p.parquet"


LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "geopackage": lambda f: plain(f / "a.gpkg", "GPKG"),
    "a geopackage with a colon": lambda f: plain(f / "a.gpkg", "GPKG").rename(f / "26:1 a.gpkg"),
    "a geojson with a colon": lambda f: plain(f / "a.geojson", "GeoJSON").rename(f / "26:1 a.geojson"),
    "a geopackage called otherwise": lambda f: plain(f / "a.gpkg", "GPKG").rename(f / "a!b.dat"),
    "geojson": lambda f: plain(f / "a.geojson", "GeoJSON"),
    "geojson in utf-16": lambda f: written(f, "a.json", text_of(f).encode("utf-16")),
    "geojson in gb18030": lambda f: written(f, "a.json", text_of(f).encode("gb18030")),
    "geojson with a mark": lambda f: written(f, "a.json", text_of(f).encode("utf-8-sig")),
    "geojson, gzip": lambda f: written(f, "a.geojson.gz", gzip.compress(text_of(f).encode())),
    "geojson lines": lambda f: written(f, "a.geojsonl", lines(f)),
    "geojson sequence": lambda f: written(f, "a.geojsons", b"\x1e" + lines(f).replace(b"\n", b"\n\x1e")),
    "esri json": esri_json,
    "topojson": topo_json,
    "flatgeobuf": lambda f: plain(f / "a.fgb", "FlatGeobuf"),
    "flatgeobuf called otherwise": lambda f: plain(f / "a.fgb", "FlatGeobuf").rename(f / "a.bin"),
    "geoparquet": parquet,
    "file geodatabase": gdb,
    "file geodatabase, zipped in a folder": packed_gdb,
    "kml": lambda f: plain(f / "a.kml", "KML"),
    "kml in gbk": lambda f: written(
        f, "b.kml", plain(f / "a.kml", "KML").read_text("utf-8").replace("utf-8", "GBK").encode("gbk")
    ),
    "kmz": lambda f: zipped(f / "a.kmz", (plain(f / "doc.kml", "KML"), "doc.kml")),
    "wkt": wkt("utf-8", ","),
    "wkt, semicolons, gb18030": wkt("gb18030", ";"),
    "ewkt, tabs": wkt("utf-8", "\t", "SRID=4326;"),
    "shapefile": lambda f: shapefile_in(f, "UTF-8", "UTF-8"),
    "shapefile, gbk, no cpg": lambda f: shapefile_in(f, "GB18030", ""),
    "shapefile, a cpg that lies": lambda f: shapefile_in(f, "GB18030", "UTF-8"),
    "shapefile, the other lie": lambda f: shapefile_in(f, "UTF-8", "936"),
    "shapefile, zipped": lambda f: zipped(f / "s.zip", *((p, p.name) for p in shapefile(f))),
    "shapefile, zipped in a folder": lambda f: zipped(
        f / "s.zip", *((p, f"南京市/行政区/{p.name}") for p in shapefile(f))
    ),
    "shapefile, capitals": lambda f: zipped(
        f / "s.zip", *((p, f"A{p.suffix.upper()}") for p in shapefile(f))
    ),
    "geopackage, zipped": lambda f: zipped(f / "g.zip", (plain(f / "a.gpkg", "GPKG"), "x/a.gpkg")),
    "geopackage, gzip": lambda f: written(f, "g.gz", gzip.compress(plain(f / "a.gpkg", "GPKG").read_bytes())),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layer_is_the_same_in_every_format(tmp_path: Path, layout: str) -> None:
    frame = read_vector(LAYOUTS[layout](tmp_path))
    assert len(frame) == 2
    # KML as GDAL writes it keeps a column “name” only, FlatGeobuf sorts rows by their place.
    if not layout.startswith("km"):
        frame = frame.sort_values("人口", kind="stable")
        assert frame["名称"].tolist() == NAMES
        assert frame["人口"].astype(float).tolist() == [10.0, 20.0]
    placed = in_degrees(frame, "a").frame
    assert shapely.area(placed.geometry.to_numpy()) == pytest.approx(shapely.area(SHAPES), rel=1e-9)


@pytest.mark.parametrize("broken", [".shx", ".prj"])
def test_a_shapefile_lives_without_its_index_or_its_system(tmp_path: Path, broken: str) -> None:
    path = shapefile_in(tmp_path, "UTF-8", "UTF-8")
    path.with_suffix(broken).unlink()
    assert read_vector(path)["名称"].tolist() == NAMES
    assert not path.with_suffix(broken).exists()


def test_titles_cut_in_the_middle_of_a_character_lose_that_character(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    TOWN.rename(columns={"人口": "常住人口总数"}).to_file(folder / "a.shp", encoding="UTF-8")
    assert "常住人" in read_vector(folder / "a.shp").columns


def test_all_layers_of_a_zip_are_listed_by_their_place(tmp_path: Path) -> None:
    parts = shapefile(tmp_path)
    path = zipped(
        tmp_path / "s.zip", *((p, f"{name}{p.suffix}") for name in ("区/甲", "街道/乙") for p in parts)
    )
    assert layers(path) == ("区/甲", "街道/乙")
    with opened(path) as file:
        found = file.find("乙")
        assert found is not None
        assert (found.count, found.geometry, found.fields) == (2, "Polygon", ("名称", "人口"))
        assert file.read(found).frame["名称"].tolist() == NAMES
    with pytest.raises(InputError, match="has no layer “丙”; it has: 区/甲, 街道/乙"):
        read_vector(path, layer="丙")


def _zip_of(files: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(files):
            archive.writestr(f"{number}.geojson", "{}")
    return packed.getvalue()


def _parquet_of_torn_shapes() -> bytes:
    """Well-known binary that declares two thousand million rings and holds none."""
    about = {"version": "1.0.0", "primary_column": "geometry",
             "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}}}  # fmt: skip
    table = pa.table({"name": ["a"], "geometry": [b"\x01\x03\x00\x00\x00\xff\xff\xff\x7f"]})
    packed = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(about)}), packed)
    return packed.getvalue()


VRT = """<OGRVRTDataSource><OGRVRTLayer name="a">
<SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.geojson", VRT.encode(), "points to other files"),
        ("a.gpkg", b"II*\x00rest", "raster"),
        ("a.shp", b"%PDF-1.7", "PDF"),
        ("a.tab", b"!table\n!version 300", "MapInfo TAB"),
        ("a.dxf", b"  0\nSECTION\n  2\nHEADER", "DXF"),
        ("a.rar", b"Rar!\x1a\x07", "RAR"),
        ("a.gml", b'<?xml version="1.0"?><gml:FeatureCollection/>', "GML"),
        ("a.osm", b'<?xml version="1.0"?><osm version="0.6"/>', "OpenStreetMap"),
        ("a.csv", b"a,b\n1,2\n", "not a map layer"),
        ("a.txt", b"", "empty"),
        ("a.kml", b'<!DOCTYPE k [<!ENTITY x "y">]><kml>&x;</kml>', "DOCTYPE"),
        ("a.fgb", b"fgb\x03fgb\x00" + b"\xff" * 90, "damaged"),
        ("a.zip", _zip_of(5_001), "more than 5,000 files"),
        ("a.parquet", _parquet_of_torn_shapes(), "damaged"),
        ("a.csv", b'wkt,name\n"POINT(1 1)",a\nPOINT(1 1),"b\n' + b"c,d\n" * 9, "row 3 is never closed"),
        ("a.csv", b"wkt" + b",a" * 20_000 + b"\nPOINT(1 1)\n", "20,001 columns"),
    ],
)
def test_what_is_not_read_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        read_vector(written(tmp_path, name, content))
    assert name in str(refused.value)


def test_a_view_that_never_ends_is_not_opened(tmp_path: Path) -> None:
    import sqlite3

    path = plain(tmp_path / "a.gpkg", "GPKG")
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE VIEW v AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c"
        )
    with pytest.raises(InputError, match="view"):
        read_vector(path)


LOCAL = 'LOCAL_CS["unnamed",UNIT["metre",1]]'


@pytest.mark.parametrize(
    ("system", "said"), [(LOCAL, "local or undefined"), ("EPSG:32650", "nowhere on earth|no degrees")]
)
def test_a_system_that_cannot_be_used_is_refused_by_the_files_name(system: str, said: str) -> None:
    frame = TOWN.set_crs(system, allow_override=True)
    if system.startswith("EPSG"):
        frame = frame.set_geometry(frame.geometry.translate(1e9, 1e9)).set_crs(system, allow_override=True)
    with pytest.raises(InputError, match=said) as refused:
        in_degrees(frame, "a.gpkg")
    assert "a.gpkg" in str(refused.value)


@pytest.mark.parametrize(
    ("code", "metres"),
    [(4490, 0.0), (4549, 0.0), (4326, 0.0), (2385, 100.0), (4610, 100.0), (4214, 72.0), (2436, 72.0)],
)
def test_what_a_system_may_be_off_is_said(code: int, metres: float) -> None:
    """CGCS2000 counts as WGS-84; of Beijing 1954 the published parameters say how far, at this place."""
    placed = in_degrees(TOWN.to_crs(code), "a.gpkg")
    assert len(placed.warnings) == (metres > 0)
    if metres:
        said = str(placed.warnings[0])
        assert "a.gpkg" in said
        assert f"up to about {metres:.0f} m off" in said


def test_numbers_without_a_system_that_are_no_degrees_are_asked_about() -> None:
    frame = TOWN.to_crs(4549).set_crs(None, allow_override=True)
    with pytest.raises(InputError, match="no degrees"):
        in_degrees(frame, "a.gpkg")
    known = in_degrees(frame, "a.gpkg", datum="epsg:4549").frame
    assert shapely.area(known.geometry.to_numpy()) == pytest.approx(shapely.area(SHAPES), rel=1e-6)


def test_packed_files_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    read_vector(zipped(tmp_path / "s.zip", *((p, p.name) for p in shapefile(tmp_path))))
    assert list(room.iterdir()) == []
    shutil.rmtree(room)


def test_a_geopackage_that_is_open_elsewhere_is_read_as_it_is_there_and_not_written_to(
    tmp_path: Path,
) -> None:
    path = open_geopackage(tmp_path / "t.gpkg", TOWN, "UPDATE t SET 人口 = 70")
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    with opened(path) as file:
        assert list(file.read(file.layers[0]).frame["人口"]) == [70, 70]
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before
    packed = zipped(tmp_path / "t.zip", *((tmp_path / name, f"城/{name}") for name in before))
    with opened(packed) as file:
        assert (list(file.read(file.layers[0]).frame["人口"]), file.left_out) == ([70, 70], ())
    assert list(read_files([path])[0].sheets[0].rows[1][:2]) == ["红花村", 70]


def test_a_view_that_is_pending_beside_a_geopackage_is_not_opened(tmp_path: Path) -> None:
    view = "CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n"
    path = open_geopackage(tmp_path / "t.gpkg", TOWN, view)
    with pytest.raises(InputError, match="view"), opened(path):
        pass
