"""Archives of every kind, one in the other too: what they hold is read as if it lay there unpacked."""

from __future__ import annotations

import bz2
import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from core.errors import InputError
from data.formats.layers import opened
from data.formats.limits import Limits
from data.formats.sheets.parse import parse
from data.formats.unpack import pieces_of
from data.streets import Asked, read_streets
from tests.data.streets.street_files import CRS, METRES, write_osm

TOWN = gpd.GeoDataFrame({"名称": ["甲社区"]}, geometry=[shapely.box(118.7, 32.0, 118.71, 32.01)], crs=4326)
Files = Mapping[str, bytes]


def zipped(files: Files) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(files: Files, *, encoding: str = "utf-8", kind: int = tarfile.GNU_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", encoding=encoding, format=kind) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for name, sort in (("away.shp", tarfile.SYMTYPE), ("pipe", tarfile.FIFOTYPE)):
            other = tarfile.TarInfo(name)
            other.type, other.linkname = sort, "/etc/passwd"
            archive.addfile(other)
    return out.getvalue()


PACKED: dict[str, Callable[[Files], bytes]] = {
    "a.zip": zipped,
    "a.tar": tarred,
    "a.tar.gz": lambda files: gzip.compress(tarred(files)),
    "a.tgz": lambda files: gzip.compress(tarred(files, kind=tarfile.PAX_FORMAT)),
    "a.tar.bz2": lambda files: bz2.compress(tarred(files, encoding="gb18030")),
    "zip in zip": lambda files: zipped({"南京/内.zip": zipped(files), "__MACOSX/._内.zip": b"\0\5"}),
    "zip in tar.gz": lambda files: gzip.compress(tarred({"内.zip": zipped(files)})),
    "tar.gz in zip": lambda files: zipped({"数据/内.tar.gz": gzip.compress(tarred(files))}),
    "gz in zip": lambda files: zipped({f"{name}.gz": gzip.compress(files[name]) for name in files}),
    "a zip beside the file": lambda files: zipped({**files, "旧.zip": zipped({"说明.docx": b"PK"})}),
}


@pytest.fixture(scope="module")
def shapefile(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("shapefile")
    TOWN.to_file(folder / "社区.shp", encoding="utf-8")
    return {f"边界/{path.name}": path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("packed", PACKED)
def test_a_shapefile_is_found_in_any_archive(tmp_path: Path, shapefile: Files, packed: str) -> None:
    path = tmp_path / "units"  # the content tells, not the name
    path.write_bytes(PACKED[packed](shapefile))
    with opened(path) as file:
        (layer,) = file.layers
        assert file.read(layer).frame["名称"].tolist() == ["甲社区"]
        assert layer.name.rpartition("/")[2] == "社区"


@pytest.mark.parametrize("packed", PACKED)
def test_streets_are_found_in_any_archive(tmp_path: Path, packed: str) -> None:
    path = tmp_path / "streets"
    path.write_bytes(PACKED[packed]({"map.osm": write_osm(tmp_path / "map.osm").read_bytes()}))
    read = read_streets(path, crs=CRS)
    assert read.network.edge_length_m.sum() == pytest.approx(METRES["square"] + METRES["on"], abs=2)


@pytest.mark.parametrize("packed", PACKED)
def test_a_list_is_found_in_any_archive(packed: str) -> None:
    content = PACKED[packed]({"设施.csv": "名称,经度,纬度\n甲站,118.7,32.0\n".encode("gb18030")})
    read = parse("list", content, Limits())
    assert read.problem is None
    assert read.sheets[0].rows[1] == ["甲站", "118.7", "32.0"]


def test_a_layer_in_an_inner_archive_is_named_by_its_path(tmp_path: Path, shapefile: Files) -> None:
    (tmp_path / "u.zip").write_bytes(zipped({"区.zip": zipped(shapefile), "街道.zip": zipped(shapefile)}))
    with opened(tmp_path / "u.zip") as file:
        assert [layer.name for layer in file.layers] == ["区/边界/社区", "街道/边界/社区"]


def test_streets_in_an_inner_archive_can_be_named(tmp_path: Path) -> None:
    osm = write_osm(tmp_path / "map.osm").read_bytes()
    (tmp_path / "s.zip").write_bytes(zipped({"a.osm.gz": gzip.compress(osm), "b.osm": b"<osm/>"}))
    read = read_streets(tmp_path / "s.zip", crs=CRS, asked=Asked(layer="a.osm.gz"))
    assert [(entry.layer, entry.used) for entry in read.read] == [("a.osm", True), ("b.osm", False)]


def test_archives_too_deep_or_too_tight_are_refused_with_the_outer_name(tmp_path: Path) -> None:
    deep = zipped({"p.csv": b"a,b\n"})
    for _ in range(3):
        deep = zipped({"in.zip": deep})
    tight = zipped({"in.tar.gz": gzip.compress(tarred({"p.csv": bytes(40 << 20)}))})
    for content, word in ((deep, "deep"), (tight, "tightly")):
        (tmp_path / "p.zip").write_bytes(content)
        with pytest.raises(InputError, match=f"p.zip.*{word}"), pieces_of(tmp_path / "p.zip"):
            pass


def test_a_broken_tar_is_refused(tmp_path: Path, shapefile: Files) -> None:
    whole = tarred(shapefile)
    (tmp_path / "p.tar").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(InputError, match="damaged"), pieces_of(tmp_path / "p.tar"):
        pass
    assert "damaged" in parse("p.tar", whole[: len(whole) // 3], Limits()).problem.template
