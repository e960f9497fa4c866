"""From the files of a city to its overview in a real browser: what was recognised is seen first, a question
is answered there, and only then the assessment begins. All layouts, and a changed reading, go through
the page without a browser (`tests/ui/test_city_layouts.py`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.app_server import put_file
from tests.small_city import write_small_city
from tests.ui.test_city_layouts import two_columns, units_in_layers

pytestmark = pytest.mark.browser


def put(page: Page, folder: Path, own: dict[str, Path]) -> None:
    files = write_small_city(folder / "city")
    usual = {"people": files.population, "lists": files.facilities[0], "streets": files.network}
    for role, path in (usual | {"units": files.units or files.network} | own).items():
        put_file(page, page.locator(f'[class*="st-key-city-{role}"] input[type=file]').first, path)


def table(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title)


def through_questions(page: Page, answer: str, begin: str) -> None:
    """Whatever else is asked (the coordinate system of the list) is left as it is proposed."""
    asked, ready = page.get_by_role("button", name=answer), page.get_by_role("button", name=begin)
    expect(asked.or_(ready).first).to_be_visible()
    if asked.count():
        page.locator('[class*="st-key-city-answer-datum"]').first.wait_for()
        asked.click()
    expect(ready).to_be_visible()


def test_a_question_is_answered_on_the_page(open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page("接入本市数据")
    put(page, tmp_path, two_columns(tmp_path))
    page.get_by_role("button", name="读取文件").click()
    expect(page.get_by_text("均可能为居民数").first).to_be_visible()
    page.get_by_role("button", name="按此选择读取").click()
    # While the page is drawn anew, the old question may stand beside the new page.
    expect(page.get_by_text("均可能为居民数")).to_have_count(0)
    through_questions(page, "按此选择读取", "开始评估")
    expect(table(page, "各文件的读取方式")).to_contain_text("population")
    expect(page.get_by_text("共 1,260 人")).to_be_visible()


def test_the_layers_of_units_are_seen_in_english(open_page: Callable[..., Page], tmp_path: Path) -> None:
    page = open_page("接入本市数据")
    page.get_by_role("radio", name="English").or_(page.get_by_role("button", name="English")).first.click()
    expect(page.get_by_role("button", name="Read the files")).to_be_visible()
    put(page, tmp_path, units_in_layers(tmp_path))
    page.get_by_role("button", name="Read the files").click()
    through_questions(page, "Read with this answer", "Begin the assessment")
    for layer in ("区县", "街道", "社区"):
        expect(table(page, "How each file was read")).to_contain_text(layer)
