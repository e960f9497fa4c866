"""Files made to do harm end in a clear message, quickly, without taking the program along."""

import time
import zipfile

import pytest

from data.formats.sheets.read import read_files


def _giant(folder, workbook, rezipped):
    book = workbook([["a"]])
    far = b'<row r="1048576"><c r="XFD1048576"><v>2</v></c></row></sheetData>'
    return rezipped(
        book, folder / "giant.xlsx", lambda n, c: c.replace(b"</sheetData>", far) if "sheet1" in n else c
    )


def _hidden_giant(folder, workbook, rezipped):
    """Its cells have a prefix, so that only the reader's own failure tells."""
    giant = _giant(folder, workbook, rezipped)
    space = b'<worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '

    def change(name, content):
        if "sheet1" not in name:
            return content
        content = content.replace(b'<c r="', b'<x:c r="').replace(b"</c>", b"</x:c>")
        return content.replace(b"<worksheet ", space)

    return rezipped(giant, folder / "hidden.xlsx", change)


def _padded(folder, workbook, rezipped):
    book = workbook([["a"]])
    return rezipped(book, folder / "padded.xlsx", lambda n, c: c + b" " * (60 << 20) if "sheet1" in n else c)


def _bomb(folder, *_):
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for k in range(4):
            archive.writestr(f"{k}.csv", b"0" * (90 << 20))
    return folder / "bomb.zip"


def _written(name, content):
    def write(folder, *_):
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return folder / name

    return write


_VRT = (
    "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>"
    "</OGRVRTDataSource>"
)
_ENTITIES = "".join(f'<!ENTITY {chr(98 + k)} "{("&" + chr(97 + k) + ";") * 10}">' for k in range(10))
_BOMB_KML = f'<!DOCTYPE k [<!ENTITY a "aaaaaaaaaa">{_ENTITIES}]><kml><name>&k;</name></kml>'
_XXE = (
    '<!DOCTYPE k [<!ENTITY x SYSTEM "file:///etc/passwd">]><kml><Placemark><name>&x;</name></Placemark></kml>'
)
HOSTILE = {
    "giant dimension": (_giant, "at most"),
    "hidden giant dimension": (_hidden_giant, "memory"),
    "sheet bomb": (_padded, "packed"),
    "zip bomb": (_bomb, "at most"),
    "vrt": (_written("x.geojson", _VRT), "kind that is not read"),
    "entity bomb": (_written("x.kml", _BOMB_KML), "entities"),
    "external entity": (_written("x.kml", _XXE), "entities"),
    "deep json": (_written("x.json", "[" * 200_000), "broken"),
    "deep xml": (_written("x.kml", "<kml>" + "<Folder>" * 50_000), "broken"),
    "endless quote": (_written("x.csv", 'a,b\n"' + "x" * 3_000_000), "quotation"),
    "too many rows": (_written("x.csv", "a,b\n" * 250_000), "split"),
    "too many columns": (_written("x.csv", ",".join("a" * 9_000)), "split"),
    "binary": (_written("x.csv", b"a,b\n\0\0\0\x01"), "neither"),
    "half a workbook": (_written("x.xlsx", b"PK\x03\x04" + b"\0" * 100), "damaged"),
    "no database": (_written("x.gpkg", b"SQLite format 3\x00" + b"\0" * 5_000), "damaged"),
    "spans": (_written("x.xls", "<table><tr><td rowspan=5000 colspan=5000>a"), "at most"),
    "empty": (_written("x.xlsx", b""), "empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file(name, tmp_path, workbook, rezipped):
    make, wanted = HOSTILE[name]
    path = make(tmp_path, workbook, rezipped)
    started = time.monotonic()
    file = read_files([path])[0]
    assert time.monotonic() - started < 10
    assert file.problem is not None and not file.sheets
    assert any(word in str(file.problem) for word in wanted.split("|")), str(file.problem)


def test_a_vrt_in_a_zip_reads_no_other_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.shp", _VRT)
        archive.writestr("a.dbf", "x")
    file = read_files([tmp_path / "x.zip"])[0]
    assert file.problem is not None and "root" not in str(file)


def test_what_is_not_read_of_a_zip_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("甲/a.csv", "name,lon\na,1\n")
        archive.writestr("more.zip", b"PK\x03\x04")
        archive.writestr("photo.png", b"\x89PNG")
    file = read_files([tmp_path / "x.zip"])[0]
    assert len(file.sheets) == 1 and "more.zip, photo.png" in str(file.notes[0])


def test_a_name_that_climbs_out_writes_nothing_outside(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("../../evil.csv", "name,lon\na,1\n")
    file = read_files([tmp_path / "x.zip"])[0]
    assert file.sheets[0].rows[1] == ["a", "1"] and not (tmp_path.parent / "evil.csv").exists()


def test_formula_text_is_text(workbook):
    file = read_files([workbook([["a"], ["'=1+1"], ["@x"]])])[0]
    assert file.sheets[0].rows == [["a"], ["'=1+1"], ["@x"]]


def test_after_a_crash_the_next_file_is_read(tmp_path, workbook, rezipped):
    bad = _hidden_giant(tmp_path, workbook, rezipped)
    (tmp_path / "good.csv").write_text("name,lon\na,1\n")
    crashed, good = read_files([bad, tmp_path / "good.csv"])
    assert crashed.problem is not None and good.problem is None and good.sheets[0].rows[1] == ["a", "1"]
