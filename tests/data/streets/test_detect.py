from __future__ import annotations

import bz2
import gzip
import sqlite3

import pytest

from core.errors import InputError
from data.streets.detect import street_format
from tests.data.streets.street_files import write_osm

XML = b"\xef\xbb\xbf<?xml version='1.0'?>\n<osm version='0.6'></osm>"
CONTENT = [
    (XML, "osm"),
    (gzip.compress(XML, mtime=0), "osm.gz"),
    (bz2.compress(XML), "osm.bz2"),
    (b"<?xml version='1.0'?>\n<graphml xmlns='http://graphml.graphdrawing.org/xmlns'>", "graphml"),
    (b'  {"type": "FeatureCollection"', "geojson"),
    (gzip.compress(b'{"type": "FeatureCollection"}', mtime=0), "geojson"),
    (b"SQLite format 3\0", "gpkg"),
]
REFUSED = [
    (b"", "is empty"),
    (b"\x89PNG", "is a PNG"),
    (b"<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>", "points to other files"),
    (b"<html></html>", "not a street file"),
    (b"\x1f\x8bnonsense", "cannot be unpacked"),
    (b"BZhnonsense", "cannot be unpacked"),
    (gzip.compress(XML, mtime=0)[:-20][:30], "cannot be unpacked"),
    (gzip.compress(b"PK", mtime=0), "not a street file"),
]


@pytest.mark.parametrize(("content", "kind"), CONTENT, ids=range(len(CONTENT)))
@pytest.mark.parametrize("name", ["streets.osm.pbf", "streets"])
def test_content_decides_whatever_the_name_says(tmp_path, content, kind, name):
    path = tmp_path / name
    path.write_bytes(content)
    assert street_format(path) == kind


def test_pbf_is_known_by_its_header(tmp_path):
    written = write_osm(tmp_path / "a.osm.pbf")
    assert street_format(written.rename(tmp_path / "a.geojson")) == "pbf"


def test_a_geopackage_is_known_by_its_header(tmp_path):
    with sqlite3.connect(tmp_path / "a.osm") as base:
        base.execute("create table t (a)")
    base.close()
    assert street_format(tmp_path / "a.osm") == "gpkg"


@pytest.mark.parametrize(("content", "why"), REFUSED, ids=range(len(REFUSED)))
def test_other_content_is_refused_and_says_what_is_accepted(tmp_path, content, why):
    path = tmp_path / "streets.osm"
    path.write_bytes(content)
    with pytest.raises(InputError, match=why):
        street_format(path)


def test_a_missing_file_or_a_folder_is_refused(tmp_path):
    for path in (tmp_path / "none.osm", tmp_path):
        with pytest.raises(InputError, match="no street file"):
            street_format(path)
