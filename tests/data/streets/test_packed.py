"""Street files that come packed: OpenStreetMap's formats and graphs inside a .zip, .gz or .bz2."""

from __future__ import annotations

import bz2
import gzip
import json
import zipfile
from pathlib import Path

import pytest

from core.errors import InputError
from data.formats.asked import OpenQuestionError
from data.streets import Asked, read_streets
from data.streets.cache import load_or_read
from data.streets.detect import street_format
from tests.data.streets.street_files import CRS, METRES, write_osm

WALKED_M = METRES["square"] + METRES["on"]


def written(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    if name.endswith((".gz", ".bz2")):
        content = write_osm(folder / name.rpartition(".")[0]).read_bytes()
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else bz2.compress(content))
        return folder / name
    return write_osm(folder / name)


def zipped(path: Path, *files: Path, inside: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, inside + file.name)
        archive.writestr("README.txt", "© OpenStreetMap contributors")
        archive.writestr(f"__MACOSX/._{files[0].name}", b"\0\5\26\7")
    return path


@pytest.mark.parametrize("inside", ["", "南京/道路/"])
@pytest.mark.parametrize("name", ["map.osm", "map.osm.pbf", "map.osm.gz", "map.osm.bz2", "map"])
def test_openstreetmap_inside_a_zip(tmp_path, name, inside):
    plain = written(tmp_path / "plain", "map.osm" if name == "map" else name)
    path = zipped(tmp_path / "streets.zip", plain.rename(plain.with_name(name)), inside=inside)
    read = read_streets(path, crs=CRS)
    assert read.network.edge_length_m.sum() == pytest.approx(WALKED_M, abs=2)
    assert [(entry.file, entry.layer, entry.rows_read, entry.rows_left_out) for entry in read.read] == [
        ("streets.zip", inside + name.removesuffix(".gz").removesuffix(".bz2"), 3, 1)
    ]


@pytest.mark.parametrize("name", ["map.osm.pbf.gz", "map.osm.pbf.bz2", "map.osm.gz"])
def test_openstreetmap_packed_alone(tmp_path, name):
    read = read_streets(written(tmp_path, name), crs=CRS)
    assert read.network.edge_length_m.sum() == pytest.approx(WALKED_M, abs=2)
    assert read.read[0].file == name


def test_map_files_packed_alone_are_read_too(tmp_path):
    line = {"type": "LineString", "coordinates": [[120.0, 32.0], [120.0, 32.01]]}
    feature = {"type": "Feature", "properties": {"highway": "residential"}, "geometry": line}
    content = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    (tmp_path / "roads.geojson.gz").write_bytes(gzip.compress(content))
    assert len(read_streets(tmp_path / "roads.geojson.gz", crs=CRS).network) == 1


def test_of_two_in_a_zip_one_is_asked_for_and_taken_when_named(tmp_path):
    one, two = write_osm(tmp_path / "xuanwu.osm"), write_osm(tmp_path / "qinhuai.osm.pbf")
    path = zipped(tmp_path / "streets.zip", one, two)
    with pytest.raises(OpenQuestionError, match=r"xuanwu\.osm, qinhuai\.osm\.pbf") as asked:
        read_streets(path, crs=CRS)
    assert asked.value.option == "--network-layer"
    for layer in ("xuanwu.osm", "qinhuai.osm.pbf"):
        read = read_streets(path, crs=CRS, asked=Asked(layer=layer))
        assert {entry.layer for entry in read.read} == {"xuanwu.osm", "qinhuai.osm.pbf"}
        assert [entry.layer for entry in read.read if entry.used] == [layer]


def test_what_is_kept_of_a_zip_is_opened_again(tmp_path):
    path = zipped(tmp_path / "streets.zip", write_osm(tmp_path / "map.osm"))
    first, again = (load_or_read(path, tmp_path / "kept", crs=CRS) for _ in range(2))
    assert (again.kind, again.read) == (first.kind, first.read) == ("osm", first.read)


@pytest.mark.parametrize("content", [b"PK\x03\x04nonsense", b""])
def test_a_broken_zip_or_one_without_streets_is_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "streets.zip"
    if content:
        path.write_bytes(content)
    else:
        zipped(path, write_osm(tmp_path / "map.osm").rename(tmp_path / "x")).unlink()
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("README.txt", "nothing")
    assert street_format(path) == "shapefile"
    with pytest.raises(InputError, match=r"streets\.zip"):
        read_streets(path, crs=CRS)
