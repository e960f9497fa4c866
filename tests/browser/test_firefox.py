"""Maps and pages in Firefox: they open without an error, are clicked, and print on one sheet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.text import text
from maps import render_map
from maps.overview import RuleOnMap, overview_page
from tests.browser import bidi
from tests.browser.map_kinds import KINDS, PEOPLE_MISSED
from tests.browser.paper import assert_one_whole_sheet
from tests.browser.test_map_in_old_browsers import areas_side_by_side

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1200)]

PAGES = (
    "可达范围", "单元与公平", "新增选址", "方案推演", "汇报材料", "清单核验", "接入本市数据", "清单征集",
)  # fmt: skip
READY = "document.body.classList.contains('ready')"
# Width and height in centimetres.
SHEETS = {"A4 landscape": (29.7, 21.0), "A4 portrait": (21.0, 29.7), "A3 landscape": (42.0, 29.7),
          "A3 portrait": (29.7, 42.0)}  # fmt: skip
LINKS = "[...document.querySelectorAll('[data-testid=stTopNav] a')]"
OPEN_DIALOGS = (
    "[...document.querySelectorAll('[role=dialog], .front-note, [data-testid=stException]')]"
    ".filter((one) => one.offsetHeight).map((one) => one.textContent)"
)


@pytest.fixture(scope="module")
def tab() -> Iterator[bidi.FirefoxTab]:
    program = bidi.find()
    if program is None:
        pytest.skip("no Firefox on this machine; FIREFOX_PATH names one")
    with bidi.firefox(program) as running:
        yield running


def middle(selector: str) -> str:
    return (
        f"(() => {{ const box = {selector}.getBoundingClientRect();"
        " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_map_opens_can_be_clicked_and_prints(tab: bidi.FirefoxTab, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "map.html"
    file.write_text(render_map(KINDS[kind], language="zh"), encoding="utf-8")
    tab.open(file.as_uri(), until=READY)
    tab.click(*tab.evaluate(middle("document.querySelector('path.facility')")))
    tab.wait("document.querySelector('.leaflet-popup-content')")
    assert tab.errors == []
    for name, (width, height) in SHEETS.items():
        ground = name.endswith("landscape")
        sheet = tab.pdf(
            tmp_path / f"{name}.pdf", width_cm=width, height_cm=height, margin_cm=0.8, ground=ground
        )
        # Half of the Chinese in Firefox' sheets is drawn without saying which characters it is.
        said = assert_one_whole_sheet(sheet, "OpenStreetMap", "2026-11-30")
        assert said.count(PEOPLE_MISSED) == 12


def test_the_overview_of_a_batch_is_sorted_by_a_click_leads_to_an_area_and_prints(
    tab: bidi.FirefoxTab, tmp_path: Path
) -> None:
    areas = areas_side_by_side(12)
    file = tmp_path / "overview.html"
    file.write_text(overview_page(areas, [RuleOnMap("r", text("x"), text("x"))], language="zh"), "utf-8")
    for area in areas:
        target = tmp_path / "areas" / area.folder / "map.html"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(render_map(KINDS["assessment"], language="zh"), encoding="utf-8")
    tab.open(file.as_uri(), until="document.querySelectorAll('tbody tr').length === 12")
    first = "document.querySelector('tbody td').textContent"
    assert tab.evaluate(first) == "江宁区第0片"
    tab.click(*tab.evaluate(middle("document.querySelector('[data-sort=share]')")))
    tab.wait(f"{first} === '江宁区第10片'")
    for name, (width, height) in SHEETS.items():
        ground = name.endswith("landscape")
        sheet = tab.pdf(
            tmp_path / f"{name}.pdf", width_cm=width, height_cm=height, margin_cm=0.8, ground=ground
        )
        assert_one_whole_sheet(sheet, "22.0%")
    tab.click(*tab.evaluate(middle("document.querySelector('tbody a')")))
    tab.wait(READY)
    assert tab.errors == []


def test_every_page_is_shown_without_an_error(tab: bidi.FirefoxTab, address: str) -> None:
    tab.open(address, until="document.querySelectorAll('.verdicts tbody tr').length === 12")
    tab.wait("document.querySelector('iframe')")
    tab.wait(READY, frame=tab.frames()[0])
    for page in PAGES:
        link = f"{LINKS}.find((one) => one.textContent.includes({json.dumps(page)}))"
        tab.wait(link)
        tab.click(*tab.evaluate(middle(link)))
        tab.wait(
            f"(document.querySelector('h1') || {{}}).textContent === {json.dumps(page)}"
            " && !document.querySelector('[data-testid=stStatusWidget]')"
        )
        assert tab.evaluate(OPEN_DIALOGS) == [], page
        assert tab.errors == [], page
