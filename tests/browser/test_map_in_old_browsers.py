"""The exported map in the browsers of office PCs: it opens, is clicked, and prints on one sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
import shapely

from core.text import text
from maps import render_map
from maps.model import MapModel
from maps.overview import AreaOnMap, RuleOnMap, overview_page
from tests.browser import devtools
from tests.browser.map_kinds import KINDS, LAST_RULE, PEOPLE_MISSED, full
from tests.browser.paper import ALWAYS, assert_one_whole_sheet, legible
from tests.browser.test_map_reading import scenario_model
from tests.maps.sample_maps import tiny_model
from tests.old_chromium import PACKAGES, old_chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

READY = 'document.body.classList.contains("ready")'
# Sheets in inches as the DevTools protocol takes them: width, height.
SHEETS = {
    "A4 landscape": (11.69, 8.27),
    "A4 portrait": (8.27, 11.69),
    "A3 landscape": (16.54, 11.69),
    "A3 portrait": (11.69, 16.54),
}
MARGIN = 8 / 25.4


def executable(version: int) -> Path:
    found = old_chromium(version)
    if isinstance(found, str):
        pytest.skip(found)
    return found


def written(folder: Path, model: MapModel) -> str:
    file = folder / "map.html"
    file.write_text(render_map(model, language="zh"), encoding="utf-8")
    return file.as_uri()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", sorted(PACKAGES))
def test_the_map_opens_can_be_clicked_and_prints(version: int, kind: str, tmp_path: Path) -> None:
    address = written(tmp_path, KINDS[kind])
    with devtools.browser(executable(version)) as tab:
        tab.open(address, until=READY)
        assert tab.errors == []
        assert tab.evaluate("document.querySelector('.folium-map').clientHeight") == 768
        assert tab.evaluate("getComputedStyle(document.getElementById('plain')).display") == "none"
        dot = tab.evaluate(
            "(() => { const box = document.querySelector('path.facility').getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        tab.click(*dot)
        tab.wait("document.querySelector('.leaflet-popup-content')")
        for _, sheet in printed(tab, tmp_path, margin=MARGIN):
            said = assert_one_whole_sheet(sheet, *ALWAYS, LAST_RULE, "2026-11-30")
            assert said.count(PEOPLE_MISSED) == 12


SLIDE = "document.querySelector('[data-layer=slide_0]').closest('label').querySelector('input').click()"


@pytest.mark.parametrize("version", sorted(PACKAGES))
def test_before_and_after_stand_both_on_one_sheet(version: int, tmp_path: Path) -> None:
    address = written(tmp_path, full(scenario_model(), compared=True))
    with devtools.browser(executable(version)) as tab:
        tab.open(address, until=READY)
        tab.evaluate(SLIDE)
        tab.wait("document.body.classList.contains('sliding')")
        line = "document.querySelector('#slide .line').getBoundingClientRect()"
        x, y = tab.evaluate(
            f"(() => {{ const box = {line}; return [box.x + box.width / 2, box.y + 300]; }})()"
        )
        assert 300 < x < 1300 and y > 200
        assert tab.errors == []
        for portrait, sheet in printed(tab, tmp_path, margin=MARGIN):
            said = assert_one_whole_sheet(sheet, *ALWAYS, LAST_RULE, "现状84.2%", "情景85.3%")
            assert said.count(PEOPLE_MISSED) == 12
            shades = halves_of_the_map(sheet, portrait=portrait)
            assert min(shades) > 8, (sheet.stem, shades)


def printed(tab: devtools.Tab, folder: Path, *, margin: float | None = None) -> Iterator[tuple[bool, Path]]:
    """(whether it is upright, PDF) on every sheet; those across with background graphics."""
    sides = ("marginTop", "marginBottom", "marginLeft", "marginRight")
    margins = {} if margin is None else dict.fromkeys(sides, margin)
    for name, (width, height) in SHEETS.items():
        across = name.endswith("landscape")
        sheet = folder / f"{name}.pdf"
        yield (
            height > width,
            tab.pdf(sheet, paperWidth=width, paperHeight=height, printBackground=across, **margins),
        )


def halves_of_the_map(path: Path, *, portrait: bool) -> list[int]:
    """How many greys each of the two maps on a sheet has, upper and lower."""
    page = pdfium.PdfDocument(path)[0]
    ink = page.render(scale=0.5, grayscale=True).to_numpy().squeeze()
    high, wide = ink.shape
    drawn = ink[: high * 46 // 100] if portrait else ink[:, wide * 36 // 100 :]
    return [len(set(half.ravel().tolist())) for half in np.array_split(drawn, 2)]


def areas_side_by_side(count: int) -> list[AreaOnMap]:
    """Squares in rows of four; the last area failed, and says why at some length."""
    areas = []
    for number in range(count):
        west, south = 118.0 + number % 4 * 0.4, 31.0 + number // 4 * 0.35
        square = shapely.geometry.mapping(shapely.box(west, south, west + 0.38, south + 0.33))
        verdict, share = ("not", "nearly", "meets")[number % 3], 0.12 + 0.01 * number
        rules = {"r": (verdict, share, text("{words}", words="85.3%（1,060,677人中904,765人）"))}
        areas.append(
            AreaOnMap(f"江宁区第{number}片", f"3201{number:02}", "x", "done", None, 912_345.0, rules, square)
        )
    said = text("{words}", words="streets.geojson：第3行不是GeoJSON，请重新导出后再试一次。")
    areas[-1] = replace(areas[-1], rules={}, outline=None, residents=None, state="failed", message=said)
    return areas


@pytest.mark.parametrize("version", sorted(PACKAGES))
def test_the_overview_of_a_batch_opens_is_sorted_and_prints(version: int, tmp_path: Path) -> None:
    page = overview_page(areas_side_by_side(12), [RuleOnMap("r", text("x"), text("x"))], language="zh")
    file = tmp_path / "overview.html"
    file.write_text(page, encoding="utf-8")
    with devtools.browser(executable(version)) as tab:
        tab.open(file.as_uri(), until="document.querySelectorAll('tbody tr').length === 12")
        first = "document.querySelector('tbody td').textContent"
        assert tab.evaluate(first) == "江宁区第0片"
        tab.evaluate("document.querySelector('[data-sort=share]').click()")
        assert tab.evaluate(first) == "江宁区第10片"
        assert tab.errors == []
        for _, sheet in printed(tab, tmp_path):
            assert_one_whole_sheet(sheet, "各地区对照", "江宁区第0片", "江宁区第11片", "22.0%", "线段")


@pytest.mark.parametrize("count", [30, 64])
@pytest.mark.parametrize("version", [86, 109])
def test_the_overview_of_many_areas_prints_the_map_and_then_the_table(
    version: int, count: int, tmp_path: Path
) -> None:
    page = overview_page(areas_side_by_side(count), [RuleOnMap("r", text("x"), text("x"))], language="zh")
    file = tmp_path / "overview.html"
    file.write_text(page, encoding="utf-8")
    with devtools.browser(executable(version)) as tab:
        tab.open(file.as_uri(), until=f"document.querySelectorAll('tbody tr').length === {count}")
        for _, sheet in printed(tab, tmp_path):
            first, *others = [legible(one) for one in pdfium.PdfDocument(sheet)]
            assert "各地区对照" in first and "线段" in first and "第0片" not in first
            for number in range(count):
                assert sum(f"江宁区第{number}片" in said for said in others) == 1, number


@pytest.mark.parametrize("version", sorted(PACKAGES))
def test_without_scripts_the_verdicts_and_a_picture_are_shown(version: int, tmp_path: Path) -> None:
    address = written(tmp_path, tiny_model())
    with devtools.browser(executable(version)) as tab:
        tab.send("Emulation.setScriptExecutionDisabled", value=True)
        tab.open(address, until="document.getElementById('plain')")
        said = tab.evaluate("document.getElementById('plain').innerText")
        assert "未达标" in said
        assert "The map is being drawn" in said
        assert tab.evaluate("document.querySelector('#plain img').naturalWidth") > 30
