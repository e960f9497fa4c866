"""What was chosen outlives a reload, another page, another language, a second tab; changes can be dragged."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.app_server import menu_link

pytestmark = pytest.mark.browser

SLOW_MS = 120_000


def chosen(page: Page, label: str) -> Locator:
    """The select box of this label."""
    return page.get_by_role("combobox", name=label)


def choose(page: Page, label: str, option: str) -> None:
    chosen(page, label).click()
    page.get_by_role("option", name=option).first.click()


def drawn_on(page: Page) -> Locator:
    found = page.locator(".sketch.ready").first
    expect(found).to_be_visible(timeout=SLOW_MS)
    return found


def test_what_was_chosen_is_there_after_a_reload_in_another_tab_and_in_another_language(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("方案推演")
    choose(page, "类型", "公共服务站")
    drawn_on(page).click(position={"x": 300, "y": 260})
    expect(page.locator(".edit")).to_have_count(1, timeout=SLOW_MS)
    menu_link(page, "新增选址").click()
    expect(page.locator("h1")).to_have_text("新增选址")
    choose(page, "衡量方式", "步行口径")
    expect(chosen(page, "衡量方式")).to_have_value(re.compile("步行口径"))
    page.get_by_role("radio", name="English").or_(page.get_by_role("button", name="English")).first.click()
    expect(page.locator("h1")).to_have_text("New sites", timeout=SLOW_MS)
    expect(chosen(page, "Measured by")).to_have_value(re.compile("walking"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    expect(page.locator("h1")).to_have_text("New sites", timeout=SLOW_MS)
    expect(chosen(page, "Measured by")).to_have_value(re.compile("walking"), timeout=SLOW_MS)
    other = page.context.new_page()
    other.goto(page.url.partition("/siting")[0])
    menu_link(other, "What if").click()
    expect(other.locator(".edit")).to_have_count(1, timeout=SLOW_MS)
    expect(chosen(other, "Kind")).to_have_value(re.compile("service station"))
    expect(other).to_have_title("What if · 服务圈 Service circle")


def test_a_new_facility_is_dragged_to_another_place(open_page: Callable[..., Page]) -> None:
    page = open_page("方案推演")
    drawn_on(page).click(position={"x": 300, "y": 260})
    expect(page.locator(".edit")).to_have_count(1, timeout=SLOW_MS)
    page.get_by_role("button", name="编辑", exact=True).click()
    place = page.get_by_label("经度").last
    before = place.input_value()
    dot = page.locator(".sketch .drag-dot")
    expect(dot).to_have_count(1, timeout=SLOW_MS)
    dot.drag_to(page.locator(".sketch"), target_position={"x": 380, "y": 300})
    expect(page.get_by_label("经度").last).not_to_have_value(before, timeout=SLOW_MS)
    expect(page.locator(".edit")).to_have_count(1)
    page.get_by_role("button", name="移除").first.click()
    expect(page.locator(".edit")).to_have_count(0, timeout=SLOW_MS)
