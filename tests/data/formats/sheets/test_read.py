"""Files of every format, told by content, parsed in a child process."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import Point, Polygon

from core.errors import Cancelled, InputError
from core.text import Text
from data.formats.archive import member_name
from data.formats.limits import Limits
from data.formats.sheets.read import read_files

PLACES = gpd.GeoDataFrame(
    {"名称": ["甲社区服务站", "乙社区服务站"], "beds": [3, None]},
    geometry=[Point(118.78901, 32.04001), Polygon([(118.7, 32.0), (118.71, 32.0), (118.7, 32.01)])],
    crs="EPSG:4326",
)
KML = """<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Folder><name>玄武区</name><Placemark><name>甲</name><ExtendedData><Data name="类型"><value>站</value></Data>
</ExtendedData><Point><coordinates> 118.78901,32.04001,0 </coordinates></Point></Placemark></Folder>
</Document></kml>"""
HTML = """<html><meta charset="utf-8"><style>td{}</style><table><tr><td colspan=2>标题</td></tr>
<tr><th>名称<th>经度</tr>
<tr><td rowspan=2>甲</td><td>118.78901</td></tr><tr><td>118.79</td></tr></table></html>"""
XML_BOOK = """<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="表"><Table>
<Row><Cell ss:MergeAcross="1"><Data ss:Type="String">标题</Data></Cell></Row>
<Row ss:Index="3"><Cell ss:Index="2"><Data ss:Type="Number">118.5</Data></Cell></Row></Table></Worksheet>
</Workbook>"""


def read_one(path, **limits):
    return read_files([path], Limits(**limits))[0]


def sheet_of(path):
    file = read_one(path)
    assert file.problem is None, str(file.problem)
    return file.sheets[0]


def test_a_workbook_keeps_rows_types_and_merged_ranges(workbook):
    sheet = sheet_of(workbook([["标题", None, None], ["甲", 2, 118.5], [None, "x", True]], merged=["A1:C1"]))
    assert sheet.rows == [["标题", None, None], ["甲", 2, 118.5], [None, "x", True]]
    assert sheet.merged == ((0, 0, 0, 2),)


def test_the_extension_is_not_believed(workbook, tmp_path):
    book = workbook([["a", "b"], [1, 2]])
    book.rename(tmp_path / "list.csv")
    assert read_one(tmp_path / "list.csv").kind == "workbook"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_tables_in_every_encoding(tmp_path, encoding):
    path = tmp_path / "列表!.csv"
    path.write_bytes("名称,类型\n龙王㙍社区,站\n".encode(encoding))
    assert sheet_of(path).rows == [["名称", "类型"], ["龙王㙍社区", "站"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    path = tmp_path / "list.txt"
    path.write_text(f"name{delimiter}lon\nx y{delimiter}118.5\n")
    assert [len(row) for row in sheet_of(path).rows] == [2, 2]


def test_geojson_gives_points_and_a_point_inside_each_area(tmp_path):
    PLACES.to_file(tmp_path / "a.geojson")
    sheet = sheet_of(tmp_path / "a.geojson")
    assert sheet.points[1] == (118.78901, 32.04001)
    assert PLACES.geometry[1].contains(Point(sheet.points[2]))
    assert sheet.geometry_kind == ["", "Point", "Polygon"]


def test_records_one_after_another_are_one_table(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"data": [{"a": {"b": 1}}]}\n{"data": [{"a": {"b": 2}, "c": null}]}')
    assert sheet_of(path).rows == [["a.b", "c"], [1, None], [2, None]]


def test_geopackage_layers_are_sheets(tmp_path):
    PLACES.iloc[:1].to_file(tmp_path / "a.gpkg", layer="玄武区")
    (tmp_path / "a.gpkg").rename(tmp_path / "a!b.gpkg")
    sheet = sheet_of(tmp_path / "a!b.gpkg")
    assert sheet.name == "玄武区" and sheet.crs == "EPSG:4326" and sheet.points[1] == (118.78901, 32.04001)


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_a_shapefile_deep_in_a_zip_with_and_without_its_encoding(tmp_path, encoding):
    PLACES.iloc[:1].to_file(tmp_path / "s.shp", encoding=encoding)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for part in ("shp", "dbf", "shx"):
            archive.write(tmp_path / f"s.{part}", f"报送/2024/站!点.{part}")
    sheet = sheet_of(tmp_path / "a.zip")
    assert sheet.name == "报送/2024/站!点" and sheet.crs == ""
    assert sheet.rows[:2] == [["名称", "beds"], ["甲社区服务站", 3]]


def test_a_bare_shapefile_takes_its_parts_from_beside_it(tmp_path):
    PLACES.iloc[:1].to_file(tmp_path / "s.shp", encoding="UTF-8")
    shape, table = read_files([tmp_path / "s.shp", tmp_path / "s.dbf"])
    assert shape.sheets[0].rows[1] == ["甲社区服务站", 3]
    assert table.problem is None and not table.sheets


def test_kml_and_kmz(tmp_path):
    (tmp_path / "a.kml").write_text(KML, encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
        archive.writestr("doc.kml", KML)
    for name in ("a.kml", "a.kmz"):
        sheet = sheet_of(tmp_path / name)
        assert sheet.rows == [["name", "类型"], ["甲", "站"]] and sheet.points[1] == (118.78901, 32.04001)
        assert sheet.name.endswith("玄武区")


def test_a_web_page_called_xls(tmp_path):
    (tmp_path / "a.xls").write_text(HTML, encoding="utf-8")
    sheet = sheet_of(tmp_path / "a.xls")
    assert sheet.rows == [["标题", None], ["名称", "经度"], ["甲", "118.78901"], [None, "118.79"]]
    assert sheet.merged == ((0, 0, 0, 1), (2, 0, 3, 0))


def test_an_xml_workbook_called_xls(tmp_path):
    (tmp_path / "a.xls").write_text(XML_BOOK, encoding="utf-8")
    assert sheet_of(tmp_path / "a.xls").rows == [["标题", None], [], [None, 118.5]]


def test_a_zip_of_lists_gives_all_of_them(tmp_path, workbook):
    book = workbook([["a"], [1]])
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(book, "x/1.xlsx")
        archive.writestr("x/2.csv", "b\n2\n")
        archive.writestr("x/readme.pdf", "%PDF")
    assert [sheet.name for sheet in read_one(tmp_path / "a.zip").sheets] == ["x/1.xlsx / Sheet1", "x/2.csv"]


def test_names_of_chinese_windows_in_a_zip():
    info = zipfile.ZipInfo("玄武区.csv".encode("gb18030").decode("cp437"))
    assert member_name(info) == "玄武区.csv"


def test_the_digest_is_of_the_bytes_and_order_is_kept(tmp_path):
    for name in ("b", "a"):
        (tmp_path / name).write_text(f"name,lon\n{name},1\n")
    files = read_files([tmp_path / "b", tmp_path / "a"])
    assert [file.name for file in files] == ["b", "a"]
    assert files[0].sha256 == hashlib.sha256((tmp_path / "b").read_bytes()).hexdigest()


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        read_files([tmp_path / "nowhere.csv"])


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("a\n" * 150_000)
    (tmp_path / "b.csv").write_text("a,b\n1,2\n")
    slow, quick = read_files([tmp_path / "a.csv", tmp_path / "b.csv"], Limits(seconds=0.0))
    assert "longer" in str(slow.problem) and "longer" in str(quick.problem)


def test_reading_is_stopped_in_the_midst_of_a_file_and_its_reader_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("名称,经度,纬度\n甲站,118.8,32.06\n", "utf-8")
    started: list[subprocess.Popen[bytes]] = []
    begin = subprocess.Popen

    def noted(*args: object, **options: object) -> subprocess.Popen[bytes]:
        started.append(begin([sys.executable, "-c", "import time; time.sleep(600)"], **options))  # type: ignore[call-overload]
        return started[0]

    def stop(_share: float, _doing: Text) -> None:
        if started:
            raise Cancelled

    monkeypatch.setattr(subprocess, "Popen", noted)
    with pytest.raises(Cancelled):
        read_files([path], progress=stop)
    assert started[0].wait(10) != 0
