"""The exported map in the browsers of office PCs: it opens, is clicked, and prints on one sheet."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.text import text
from maps import render_map
from maps.model import MapModel
from maps.overview import AreaOnMap, RuleOnMap, overview_page
from tests.browser import devtools
from tests.browser.map_kinds import KINDS, LAST_RULE, PEOPLE_MISSED
from tests.browser.paper import ALWAYS, assert_one_whole_sheet
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
        for name, (width, height) in SHEETS.items():
            sheet = tab.pdf(
                tmp_path / f"{name}.pdf",
                paperWidth=width,
                paperHeight=height,
                printBackground=name.endswith("landscape"),
                **dict.fromkeys(("marginTop", "marginBottom", "marginLeft", "marginRight"), MARGIN),
            )
            said = assert_one_whole_sheet(sheet, *ALWAYS, LAST_RULE, "2026-11-30")
            assert said.count(PEOPLE_MISSED) == 12


@pytest.mark.parametrize("version", sorted(PACKAGES))
def test_the_overview_of_a_batch_opens_is_sorted_and_prints(version: int, tmp_path: Path) -> None:
    ring = [[118.7, 32.0], [118.8, 32.0], [118.8, 32.1], [118.7, 32.0]]
    outline = {"type": "Polygon", "coordinates": [ring]}
    areas = [
        AreaOnMap(name, "", name, "done", None, 900.0, {"r": ("not", share, text("x"))}, outline)
        for name, share in (("甲县", 0.5), ("乙县", 0.25))
    ]
    page = overview_page(areas, [RuleOnMap("r", text("x"), text("x"))], language="zh")
    file = tmp_path / "overview.html"
    file.write_text(page, encoding="utf-8")
    with devtools.browser(executable(version)) as tab:
        tab.open(file.as_uri(), until="document.querySelectorAll('tbody tr').length === 2")
        first = "document.querySelector('tbody td').textContent"
        assert tab.evaluate(first) == "乙县"
        tab.evaluate("document.querySelector('[data-sort=share]').click()")
        assert tab.evaluate(first) == "甲县"
        assert tab.errors == []
        sheet = tab.pdf(tmp_path / "sheet.pdf", paperWidth=8.27, paperHeight=11.69, printBackground=True)
        assert_one_whole_sheet(sheet, "甲县", "乙县", "25.0%")


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
