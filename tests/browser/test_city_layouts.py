"""Layouts in which residents, units and streets come, on the page in a real browser: what was recognised is
seen before anything is computed, questions are answered there, and a reading is changed and then assessed.

The files are those of `tests/ui/test_city_layouts.py`, which sends them through the page without a browser.
Most are slow; three stay in the daily run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app_server import settled
from tests.browser.test_city_flow import put, table
from tests.small_city import in_gcj02, write_small_city
from tests.ui.test_city_layouts import LAYOUTS, PLACES, Layout, N, registered_beside, two_epochs

pytestmark = pytest.mark.browser

READ, ANSWER, AGAIN, BEGIN = "读取文件", "按此选择读取", "按以上选择重新读取", "开始评估"
DAILY = ("two-columns", "units-without-level", "men-and-women")


def men_and_women(folder: Path) -> dict[str, Path]:
    rows = "".join(f"{lon},{lat},60,40\n" for lon, lat in PLACES)
    (folder / "p.txt").write_text(f"经度,纬度,男,女\n{rows}", "gb18030")
    return {"people": folder / "p.txt"}


ALL = {**LAYOUTS, "men-and-women": Layout(men_and_women, ("男 + 女",))}


def choose(page: Page, key: str, word: str) -> None:
    """The option of a select box that holds a word."""
    settled(page)
    page.locator(f'[class*="st-key-{key}"]').first.get_by_role("combobox").click()
    page.get_by_role("option").filter(has_text=word).first.click()
    expect(page.get_by_role("option")).to_have_count(0)
    settled(page)


def read(page: Page, folder: Path, own: dict[str, Path]) -> None:
    put(page, folder, own)
    page.get_by_role("button", name=READ).click()


def answers(page: Page, field: str, word: str) -> None:
    """Answer the question about `field`, and leave the system of the list as it is proposed."""
    ready = page.get_by_role("button", name=BEGIN)
    asked = page.locator('[class*="st-key-city-answer-"]')
    for _ in range(3):
        expect(asked.or_(ready).first).to_be_visible()
        settled(page)
        if ready.count():
            return
        key = re.search(r"st-key-(city-answer-\S+)", asked.first.get_attribute("class") or "")[1]
        if field and key.endswith(field):
            choose(page, key, word)
        page.get_by_role("button", name=ANSWER).click()
        expect(page.locator(f'[class*="st-key-{key}"]')).to_have_count(0)
    expect(ready).to_be_visible()


WORDS = {"count": "每个像元", "community": "社区"}


@pytest.mark.parametrize(
    "name", [name if name in DAILY else pytest.param(name, marks=pytest.mark.slow) for name in ALL]
)
def test_what_was_recognised_is_seen_and_questions_are_answered(
    open_page: Callable[..., Page], tmp_path: Path, name: str
) -> None:
    layout, page = ALL[name], open_page("接入本市数据")
    read(page, tmp_path, layout.files(tmp_path))
    field, chosen = layout.asked
    answers(page, field, WORDS.get(chosen, chosen))
    for word in layout.seen:
        expect(table(page, "各文件的读取方式")).to_contain_text(word)
    said = page.get_by_text(re.compile(r"共 [\d,]+ 人、")).first.inner_text()
    total = int(re.search(r"共 ([\d,]+) 人", said)[1].replace(",", ""))
    assert total == pytest.approx(layout.residents, rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "other", "total"), [(registered_beside, "户籍人口", 70 * N), (two_epochs, "2010年人口", 50 * N)]
)
def test_a_changed_reading_is_read_again_and_assessed(
    open_page: Callable[..., Page],
    tmp_path: Path,
    files: Callable[[Path], dict[str, Path]],
    other: str,
    total: int,
) -> None:
    page = open_page("接入本市数据")
    read(page, tmp_path, files(tmp_path))
    answers(page, "", "")
    choose(page, "city-as-population-column", other)
    expect(page.get_by_role("button", name=BEGIN)).to_have_count(0)
    page.get_by_role("button", name=AGAIN).click()
    expect(page.get_by_text(f"共 {total:,} 人、").first).to_be_visible()
    settled(page)
    page.get_by_role("button", name=BEGIN).click()
    expect(page.locator(".verdicts tbody tr").first).to_be_visible()
    expect(page.get_by_text(f"{total:,}").first).to_be_visible()


@pytest.mark.slow
def test_streets_in_another_system_are_said_with_metres_above_the_map(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    streets = in_gcj02(write_small_city(tmp_path / "off").network)
    page = open_page("接入本市数据")
    read(page, tmp_path, {"streets": streets})
    answers(page, "", "")
    page.get_by_role("button", name=BEGIN).click()
    expect(page.locator(".verdicts tbody tr").first).to_be_visible()
    settled(page)
    said = page.get_by_text(re.compile(r"streets.geojson的道路.*偏东(4[789]|50)\d米、偏南2\d\d米")).first
    expect(said).to_be_visible()
    above = said.bounding_box()["y"]
    assert above < page.locator("iframe").first.bounding_box()["y"]
    if folder := os.environ.get("SERVICE_CIRCLE_PICTURES"):
        said.scroll_into_view_if_needed()
        page.screenshot(path=Path(folder) / "streets-shifted.png", full_page=True)
