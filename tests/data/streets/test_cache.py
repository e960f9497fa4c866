from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import CRS

import data.streets.cache
from core.errors import InputError
from data.streets import load_or_read, read_streets
from geo.distance.nearest import nearest_on_foot
from geo.distance.reach import bounded_reach
from geo.network.snapping import snap
from tests.data.streets.street_files import lines, write_osm
from tests.open_geopackage import open_geopackage


@pytest.fixture
def never_read(monkeypatch):
    """From now on only the cache may answer."""

    def arm():
        monkeypatch.delattr(data.streets.cache, "read_streets")

    return arm


def same(one, other):
    arrays = ("node_xy", "edge_nodes", "edge_length_m", "vertex_xy", "vertex_start", "edge_class")
    equal = [np.array_equal(getattr(one.network, name), getattr(other.network, name)) for name in arrays]
    shapes = [
        np.array_equal(getattr(one.basemap, name), getattr(other.basemap, name))
        for name in ("water", "green")
    ]
    return all(equal + shapes) and (one.findings, one.kind, one.sha256) == (
        other.findings,
        other.kind,
        other.sha256,
    )


def test_what_comes_from_the_cache_is_what_was_read(tmp_path, never_read):
    path = write_osm(tmp_path / "a.osm.pbf", without=[4])
    first = load_or_read(path, tmp_path / "cache")
    expected = read_streets(path)
    never_read()
    again = load_or_read(path, tmp_path / "cache")
    assert same(first, expected)
    assert same(again, expected)
    assert str(again.findings[0]) == str(expected.findings[0])


def test_a_cached_network_can_be_snapped_to_and_walked(tmp_path):
    streets = load_or_read(write_osm(tmp_path / "a.osm.pbf"), tmp_path / "cache")
    at = snap(streets.network, streets.network.node_xy + 1.0, limit_m=50)
    assert not streets.network.node_xy.flags.writeable
    assert nearest_on_foot(streets.network, at, at).metres.tolist() == [0.0] * len(at)
    assert bounded_reach(streets.network, at, at, limit_m=1e5).nnz == len(at) ** 2


def test_a_cached_network_cannot_be_written_to(tmp_path):
    streets = load_or_read(write_osm(tmp_path / "a.osm.pbf"), tmp_path / "cache")
    with pytest.raises(ValueError, match="read-only"):
        streets.network.node_xy[0] = 0


def test_another_content_area_or_crs_is_read_anew(tmp_path):
    cache, path = tmp_path / "cache", write_osm(tmp_path / "a.osm")
    corner = shapely.box(119.9995, 31.9995, 120.0015, 32.0015)
    whole, cut = load_or_read(path, cache), load_or_read(path, cache, area=corner)
    elsewhere = load_or_read(path, cache, crs="EPSG:32651")
    path.write_text(path.read_text() + "\n")
    load_or_read(path, cache)
    assert whole.network.edge_length_m.sum() > cut.network.edge_length_m.sum()
    assert elsewhere.network.crs == "EPSG:32651"
    assert len(list(cache.iterdir())) == 4


def test_the_name_of_the_file_does_not_matter(tmp_path, never_read):
    path = write_osm(tmp_path / "a.osm.pbf")
    load_or_read(path, tmp_path / "cache")
    never_read()
    again = load_or_read(path.rename(tmp_path / "b"), tmp_path / "cache")
    assert len(again.network) == 2


def test_where_nothing_can_be_kept_the_streets_are_used_as_read(tmp_path, monkeypatch):
    path, cache = write_osm(tmp_path / "a.osm.pbf"), tmp_path / "cache"
    with monkeypatch.context() as patched:
        patched.setattr(data.streets.cache, "_save_shapes", _fail)
        assert len(load_or_read(path, cache).network) == 2
    assert list(cache.iterdir()) == []
    assert len(load_or_read(path, cache).network) == 2


def _fail(*_):
    raise OSError("disk full")


def test_two_that_read_at_once_agree(tmp_path, monkeypatch):
    path, cache = write_osm(tmp_path / "a.osm.pbf"), tmp_path / "cache"
    plain = read_streets

    def read_while_another_does(*arguments, **options):
        monkeypatch.setattr(data.streets.cache, "read_streets", plain)
        load_or_read(path, cache)
        return plain(*arguments, **options)

    monkeypatch.setattr(data.streets.cache, "read_streets", read_while_another_does)
    assert same(load_or_read(path, cache), plain(path))
    assert len(list(cache.iterdir())) == 1


def test_files_that_cannot_be_used_leave_nothing_behind(tmp_path):
    (tmp_path / "a.osm").write_text("<osm version='0.6'></osm>")
    with pytest.raises(InputError):
        load_or_read(tmp_path / "a.osm", tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def _another_class(path):
    (path.parent / "other").mkdir()
    lines().assign(highway="footway").to_file(path.parent / "other" / "roads.shp")
    path.write_bytes((path.parent / "other" / "roads.dbf").read_bytes())


PARTS = {
    ".dbf": _another_class,
    ".prj": lambda path: path.write_text(CRS(4490).to_wkt("WKT1_ESRI")),
    ".cpg": lambda path: path.write_text("GB18030"),
    ".shx": lambda path: path.unlink(),
}


@pytest.mark.parametrize("capitals", [False, True])
@pytest.mark.parametrize("ending", PARTS)
def test_a_shapefile_of_which_one_part_changed_is_read_anew(tmp_path, ending, capitals):
    cache, named = tmp_path / "cache", str.upper if capitals else str.lower
    lines().to_file(tmp_path / "roads.shp")
    for part in list(tmp_path.glob("roads.*")):
        part.rename(part.with_name(named(part.name)))
    path, part = (tmp_path / named(f"roads{end}") for end in (".shp", ending))
    for _ in range(2):
        load_or_read(path, cache)
        assert len(list(cache.iterdir())) == 1
    PARTS[ending](part)
    load_or_read(path, cache)
    assert len(list(cache.iterdir())) == 2


def test_what_stands_beside_a_geopackage_that_is_open_elsewhere_is_read_and_stays(tmp_path):
    change = "UPDATE roads SET highway = 'motorway' WHERE fid = 1"
    path, cache = open_geopackage(tmp_path / "roads.gpkg", lines(), change), tmp_path / "cache"
    beside = path.with_name("roads.gpkg-wal")
    given = path.read_bytes(), beside.read_bytes()
    after = load_or_read(path, cache).network
    assert (path.read_bytes(), beside.read_bytes()) == given
    beside.unlink()
    before = load_or_read(path, cache).network
    assert after.edge_length_m.sum() < before.edge_length_m.sum()
