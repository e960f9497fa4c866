"""One briefing, every form: each is read back and holds the result's own figures."""

from __future__ import annotations

import dataclasses
import html
import io
import math
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import docx
import openpyxl
import pptx
import pypdfium2
import pytest
from PIL import Image, ImageFont
from pylopdf_fonts_zh_cn import sans_path, serif_path

from coverage.model.standard import Standard
from coverage.publish import Results
from data.results import read_results
from jobs.assess.export import ExportRequest, export, products_of
from jobs.assess.folder import assess_files
from jobs.siting.suggest import SitingRequest, suggest_files
from locales import LANGUAGES, translator
from reports.briefing import Briefing, Cover, briefing_of
from reports.briefing.findings import tally
from reports.briefing.keys import numbers_in
from reports.briefing.numbers import figure_of
from tests.bare_shares import bare_shares
from tests.small_city import degrees, stating_residents, write_small_city

Made = dict[str, Path]
# What stands at the foot of every page, in the middle of a sentence that goes on.
_FOOT: Final = re.compile(r"[^\n]* · [0-9A-F]{4}-[0-9A-F]{4} *— ?\d+ ?—")
# Numbers in names, and settings that no result holds as a figure.
_OWN: Final = ("rank", "more", "limit", "tolerance", "similarity", "far", "near", "speed")
# x, y and residents of cells farther than 500 m from the western station.
_FAR: Final = ((0, 450, 300), (100, 450, 450), (0, -450, 600))


@pytest.fixture(scope="session")
def folder(make_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """A small city with residents whom no rule reaches, and a plan of one site."""

    def make(out: Path) -> None:
        files = stating_residents(write_small_city(out / "in"))
        with (out / "in" / "people.csv").open("a", encoding="utf-8") as people:
            people.writelines(f"{degrees(x, y)[0]},{degrees(x, y)[1]},{n},30\n" for x, y, n in _FAR)
        assess_files(files, out=out / "result")
        suggest_files(files, SitingRequest(tier="station", count=1), out=out / "plan")

    return make_once("briefed-city", make)


@pytest.fixture(scope="session")
def made(folder: Path, make_once: Callable[[str, Callable[[Path], object]], Path]) -> Callable[[str], Made]:
    """Every product of the plan in a language, by its ending."""

    def of(language: str) -> Made:
        name = f"products-{language}"
        done = make_once(name, lambda out: _all(folder / "plan", out, language))
        return {
            path.name.split("-en")[0].split(".")[0] + path.suffix: path for path in sorted(done.iterdir())
        }

    return of


def _all(result: Path, out: Path, language: str) -> None:
    for path in export(ExportRequest(result, "all", language, author="规划处", mark="内部")):
        (out / path.name).write_bytes(path.read_bytes())


def briefing(folder: Path, **cover: Any) -> Briefing:
    return briefing_of(read_results(folder / "plan"), Cover(**cover))


def text_of(path: Path) -> str:
    if path.suffix == ".pptx":
        return "\n".join(_slide_words(path))
    if path.suffix == ".docx":
        paper = docx.Document(str(path))
        cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
        return "\n".join([*(paragraph.text for paragraph in paper.paragraphs), *cells])
    if path.suffix == ".xlsx":
        rows = [row for sheet in openpyxl.load_workbook(path) for row in sheet.values]
        return "\n".join(str(cell) for row in rows for cell in row if cell is not None)
    if path.suffix == ".html":
        return html.unescape(path.read_text("utf-8"))
    pages = pypdfium2.PdfDocument(path)
    found = "".join(page.get_textpage().get_text_range() for page in pages)
    pages.close()
    return _FOOT.sub("", found)


def _slide_words(path: Path) -> Iterator[str]:
    for slide in pptx.Presentation(str(path)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                yield shape.text_frame.text
            if shape.has_table:
                yield from (cell.text for row in shape.table.rows for cell in row.cells)
            if shape.has_chart:
                plot = shape.chart.plots[0]
                yield from map(str, plot.categories)
                yield from (f"{value:.1%}" for value in plot.series[0].values)


def plain(words: str) -> str:
    """Without line ends and spaces, which layouts add."""
    return re.sub(r"\s", "", words)


def _unbroken(words: str) -> str:
    """Without hyphens: a reader of PDF drops those at which a line ends."""
    return re.sub(r"[-\x02\ufffe]", "", plain(words))


def assert_keyed(results: Results | Mapping[str, Any], told: Briefing, standard: Standard | None) -> int:
    """Every figure stands where its key says, and no cell of a table prints a number that has no key; returns
    how many numbers cells print. Names have numbers of their own: a rule's figure, a rank."""
    of_names = {0.0}
    for rule in standard.rules if standard else ():
        of_names |= {rule.figure, *(rule.band or ())}
    for figure in (*told.figures, *(one for table in told.tables for one in table.figures)):
        assert figure_of(results, figure.key) == pytest.approx(figure.value, abs=1e-6), figure.key
    printed = 0
    for table in told.tables:
        known = [(figure.words, figure.value) for figure in table.figures]
        for cell in (cell for row in table.rows for cell in row):
            for name, number in numbers_in(cell):
                printed += 1
                last = name.rpartition(".")[2]
                if last in _OWN or (last in ("figure", "low", "high") and number in of_names):
                    continue
                stands = [value for words, value in known if words == cell]
                # Hectares, percentage points, and whole places of a part of one.
                as_said = {one for v in stands for one in (v, v / 1e4, 100 * v, float(math.ceil(v - 1e-9)))}
                assert any(number == pytest.approx(one, abs=1e-6) for one in as_said), (
                    table.title,
                    cell,
                    name,
                )
    return printed


def test_every_figure_stands_in_the_result_where_its_key_says(folder: Path) -> None:
    for name in ("result", "plan"):
        results = read_results(folder / name)
        told = briefing_of(results)
        assert len(told.figures) > 10
        assert assert_keyed(results, told, results.standard) > 80
        for one in (
            told.headline,
            told.tally,
            *told.conclusion,
            *(told.proposal.said if told.proposal else ()),
        ):
            known = [figure.value for figure in one.figures]
            known += [rule.figure for rule in results.standard.rules]
            for _, number in numbers_in(one.words):
                assert any(number == pytest.approx(value) for value in known), (one.words, number)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["pptx", "docx", "pdf"])
def test_a_form_read_back_holds_every_figure_and_the_strip(
    folder: Path, made: Callable[[str], Made], kind: str, language: str
) -> None:
    tr = translator(language)
    found = plain(text_of(made(language)[f"briefing.{kind}"]))
    told = briefing(folder, author="规划处", mark="内部")
    in_tables = [figure for table in told.tables for figure in table.figures]
    assert len(in_tables) > 60
    for figure in (*told.figures, *in_tables):
        assert _unbroken(tr(figure.words)) in _unbroken(found), figure.key
    for term, value in told.strip:
        assert plain(tr(term)) in found and plain(tr(value)) in found
    tables = (told.rules, told.shares, told.tasks)
    for note in [note for table in tables if table is not None for note in table.notes]:
        assert _unbroken(tr(note)) in _unbroken(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_makes_the_files_that_are_promised(made: Callable[[str], Made], language: str) -> None:
    wanted = {"map.html", "report.xlsx", "briefing.pptx", "briefing.docx", "briefing.pdf", "city.gpkg"}
    assert set(made(language)) >= wanted
    names = {path.name for path in made(language).values()}
    suffix = "" if language == "zh" else "-en"
    assert {f"briefing{suffix}.pptx", f"map-A3{suffix}.png"} <= names | {
        path.name for path in next(iter(made(language).values())).parent.iterdir()
    }


@pytest.mark.parametrize("kind", ["pptx", "docx", "pdf", "gpkg", "xlsx"])
def test_the_same_result_gives_the_same_bytes(folder: Path, made: Callable[[str], Made], kind: str) -> None:
    first = made("zh")[
        {"gpkg": "city.gpkg", "xlsx": "report.xlsx"}.get(kind, f"briefing.{kind}")
    ].read_bytes()
    (again,) = export(ExportRequest(folder / "plan", kind, author="规划处", mark="内部"))
    assert again.read_bytes() == first


def test_slides_are_readable_from_the_back_and_name_their_east_asian_face(
    made: Callable[[str], Made],
) -> None:
    with zipfile.ZipFile(made("zh")["briefing.pptx"]) as package:
        parts = [name for name in package.namelist() if re.match(r"ppt/slides/slide\d+\.xml", name)]
        for name in parts:
            slide = package.read(name).decode()
            sizes = [int(size) for size in re.findall(r'<a:rPr[^>]* sz="(\d+)"', slide)]
            assert sizes and min(sizes) >= 2000, name
            assert slide.count("<a:latin") == slide.count("<a:ea"), name


def test_the_document_is_laid_out_by_the_national_standard(made: Callable[[str], Made]) -> None:
    section = docx.Document(str(made("zh")["briefing.docx"])).sections[0]
    mm = {
        key: round(getattr(section, key).mm)
        for key in ("page_width", "page_height", "top_margin", "left_margin")
    }
    assert mm == {"page_width": 210, "page_height": 297, "top_margin": 37, "left_margin": 28}
    sides = section.page_width, section.left_margin, section.right_margin
    assert sides[0] - sides[1] - sides[2] == pytest.approx(156 * 36_000, abs=20_000)  # type: ignore[operator]
    with zipfile.ZipFile(made("zh")["briefing.docx"]) as package:
        assert "仿宋_GB2312" in package.read("word/fontTable.xml").decode()
        assert "MS Mincho" not in package.read("word/styles.xml").decode()


def test_the_first_page_in_chinese_has_at_most_300_signs(folder: Path) -> None:
    tr = translator("zh")
    assert len("".join(tr(one.words) for one in briefing(folder).conclusion)) <= 300


def test_a_public_form_names_no_unit_and_says_nothing_internal(folder: Path, tmp_path: Path) -> None:
    for kind in ("docx", "pptx", "pdf"):
        (path,) = export(ExportRequest(folder / "plan", kind, profile="public", out=tmp_path / f"b.{kind}"))
        found = text_of(path)
        assert "审图号" in found and "内部" not in found
        assert not re.search("东区|西苑社区 |南街道 ", found)


def test_a_public_official_form_is_another_workbook_without_units(folder: Path) -> None:
    made = {}
    for profile in ("internal", "public"):
        (path,) = export(ExportRequest(folder / "plan", "form:tdt-1063-2021", "en", profile=profile))
        made[path.name] = openpyxl.load_workbook(path)
        path.unlink()
    public = made["form-tdt-1063-2021-public-en.xlsx"]
    assert len(made["form-tdt-1063-2021-en.xlsx"].sheetnames) > len(public.sheetnames) == 1
    assert not re.search("西苑社区|南街道", str([*public.worksheets[0].values]))


def test_the_geopackage_has_styles_aliases_and_a_stated_system(made: Callable[[str], Made]) -> None:
    base = sqlite3.connect(made("zh")["city.gpkg"])
    layers = dict(base.execute("SELECT table_name, srs_id FROM gpkg_geometry_columns").fetchall())
    assert {"facilities", "gaps", "best_sites", "units", "cells", "suggested_sites"} <= set(layers)
    assert set(layers.values()) == {4326}
    assert {name for (name,) in base.execute("SELECT f_table_name FROM layer_styles")} == set(layers)
    title = base.execute(
        "SELECT title FROM gpkg_data_columns WHERE table_name='cells' AND column_name='residents'"
    )
    assert title.fetchone() == ("居民",)
    base.close()


@pytest.mark.parametrize(
    "name", ["briefing.docx", "briefing.pptx", "briefing.pdf", "report.xlsx", "map.html", "city.gpkg"]
)
def test_what_contradicts_in_the_inputs_stands_in_every_product(
    made: Callable[[str], Made], name: str
) -> None:
    path = made("zh")[name]
    if name == "report.xlsx":
        with zipfile.ZipFile(path) as book:
            said = "".join(book.read(part).decode() for part in book.namelist() if part.endswith(".xml"))
    elif name == "map.html":
        said = path.read_text("utf-8")
    elif name == "city.gpkg":
        with sqlite3.connect(path) as base:
            said = "".join(word for (word,) in base.execute("SELECT description FROM gpkg_contents"))
    else:
        said = text_of(path)
    for numbers in (
        "1个区级单元所报5,000人，其下街道（镇）级单元合计4,000人。",
        "1个街道（镇）级单元所报4,000人，其下社区（村）级单元合计2,000人。",
    ):
        assert numbers in _unbroken(said)


def test_a_public_geopackage_has_neither_units_nor_residents_by_cell(folder: Path, tmp_path: Path) -> None:
    (path,) = export(ExportRequest(folder / "plan", "gpkg", profile="public", out=tmp_path / "p.gpkg"))
    base = sqlite3.connect(path)
    layers = {name for (name,) in base.execute("SELECT table_name FROM gpkg_geometry_columns")}
    assert not layers & {"units", "cells"}
    columns = {row[1] for name in layers for row in base.execute(f"PRAGMA table_info({name})")}
    assert not columns & {"unit", "in_street", "street", "source_file"}
    assert all(round(lon, 3) == lon for (lon,) in base.execute("SELECT lon FROM facilities"))
    base.close()


def test_a_sheet_is_at_300_dpi_and_of_its_paper(made: Callable[[str], Made]) -> None:
    path = next(path for path in made("zh")["map.html"].parent.iterdir() if path.name == "map-A4.png")
    sheet = Image.open(io.BytesIO(path.read_bytes()))
    assert (round(sheet.width / 300 * 25.4), round(sheet.height / 300 * 25.4)) == (297, 210)
    assert round(sheet.info["dpi"][0]) == 300


def test_the_fonts_have_every_sign_that_is_set(made: Callable[[str], Made]) -> None:
    faces = [ImageFont.truetype(str(path()), 20) for path in (sans_path, serif_path)]
    boxes = [bytes(face.getmask("\uffff")) for face in faces]
    for language in LANGUAGES:
        signs = {sign for sign in plain(text_of(made(language)["briefing.pdf"])) if sign.isprintable()}
        for face, box in zip(faces, boxes, strict=True):
            assert not {sign for sign in signs if bytes(face.getmask(sign)) == box}


def _words_of(path: Path) -> str:
    """All that a product says; of the map its whole file, of the GeoPackage every text in it."""
    if path.suffix in (".pptx", ".docx", ".pdf"):
        return text_of(path)
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return "\n".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    return path.read_bytes().decode("utf-8", "ignore")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("suffix", [".html", ".xlsx", ".pptx", ".docx", ".pdf", ".gpkg", ".md"])
def test_no_product_says_coverage_without_of_what(
    folder: Path, made: Callable[[str], Made], suffix: str, language: str
) -> None:
    """The names that an official form gives its own rows are not ours, and are not among these."""
    path = {one.suffix: one for one in made(language).values()}.get(suffix)
    found = _words_of(path or folder / "plan" / f"briefing-{language}.md")
    assert len(found) > 500
    # A page of a PDF breaks its lines within words of Chinese; without spaces no word of English ends.
    assert not bare_shares(plain(found) if language == "zh" else found)


def test_no_table_of_a_folder_says_coverage_without_of_what(folder: Path) -> None:
    made = [
        path for path in (folder / "plan").iterdir() if path.suffix in (".csv", ".csvt", ".json", ".geojson")
    ]
    assert len(made) > 20
    assert not {path.name: found for path in made if (found := bare_shares(path.read_text("utf-8-sig")))}


def test_a_title_and_a_mark_of_ones_own_stand_on_it(folder: Path) -> None:
    told = briefing(folder, title="关于#选址*的报告", mark="秘密★1年", as_of="2025年12月31日")
    assert (told.title, told.mark) == ("关于#选址*的报告", "秘密★1年")
    assert dataclasses.asdict(told)["strip"][-2][1] == "秘密★1年"
    assert dataclasses.asdict(told)["strip"][0][1] == "2025年12月31日"


def test_a_standard_without_rules_is_said_to_judge_nothing(folder: Path) -> None:
    results = read_results(folder / "plan")
    empty = dataclasses.replace(results, document={**results.document, "rules": [], "gaps": []})
    assert translator("zh")(tally(empty).words).endswith("没有规则，未作评价。")


def test_hostile_words_of_the_office_stand_in_every_form_as_words(folder: Path) -> None:
    """Markup, templates, formulas, control and bidirectional signs, signs without a glyph, 500 characters."""
    title = "=1+1<script>alert(1)</script>{{7*7}}#x[\x07\n\u202e🏥" + "标" * 500
    request = ExportRequest(folder / "result", "all", title=title, author=title, mark=title[:40], as_of=title)
    made = dict(products_of(request, ("docx", "pptx", "pdf", "html")))
    assert len(made) == 4
    for name, content in made.items():
        if name.endswith(".html"):
            assert b"<script>alert(1)" not in content and b"{{7*7}}" not in content
            continue
        pages = pypdfium2.PdfDocument(content) if name.endswith(".pdf") else None
        path = io.BytesIO(content)
        if name.endswith(".docx"):
            found = docx.Document(path).paragraphs[0].text
        elif pages is not None:
            found = plain(pages[0].get_textpage().get_text_range())
        else:
            found = pptx.Presentation(path).slides[0].shapes.title.text_frame.text
        assert "=1+1<script>alert(1)</script>{{7*7}}#x[" in found and "\u202e" not in found, name
