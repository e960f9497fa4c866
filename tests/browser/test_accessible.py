"""Every page for people who cannot see well or use no mouse: axe finds nothing serious."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.app_server import map_of, menu_link

pytestmark = pytest.mark.browser

LINKS = ("", "可达范围", "单元与公平", "新增选址", "方案推演", "清单核验", "接入本市数据")
SERIOUS = ("serious", "critical")
SLOW_MS = 120_000


def settled(page: Page) -> None:
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=SLOW_MS)
    expect(page.get_by_test_id("stSpinner")).to_have_count(0, timeout=SLOW_MS)


def serious(page: Page) -> list[dict[str, Any]]:
    """What axe says of the page around its maps; the exported map is looked at by itself."""
    found = Axe().run(page, options={"resultTypes": ["violations"], "iframes": False}).response["violations"]
    return [
        {"id": one["id"], "where": [node["html"][:200] for node in one["nodes"][:3]]}
        for one in found
        if one["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("link", LINKS)
def test_axe_finds_nothing_serious(open_page: Callable[..., Page], link: str) -> None:
    page = open_page(link)
    settled(page)
    assert serious(page) == []


def test_every_tab_is_titled_by_its_page_and_the_document_has_its_language(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("方案推演")
    expect(page).to_have_title("方案推演 · 服务圈 Service circle")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.get_by_role("radio", name="English").or_(page.get_by_role("button", name="English")).first.click()
    expect(page).to_have_title("What if · 服务圈 Service circle")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_map_may_be_passed_by_with_the_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page()
    map_of(page)
    page.locator("a.skip").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#after-map")).to_be_focused()
    expect(page.locator(".verdicts tbody tr")).to_have_count(12)


def test_a_row_moves_the_map_and_says_who_lives_there(open_page: Callable[..., Page]) -> None:
    page = open_page()
    frame = map_of(page)
    page.locator(".verdicts button.goto").nth(1).click()
    expect(page.locator(".goto-said")).to_contain_text("名居民未被")
    card = frame.locator(".leaflet-popup-content")
    expect(card).to_contain_text("名居民未被")
    expect(card).to_be_in_viewport(ratio=1.0)
    page.wait_for_timeout(600)  # the map moves until the card is clear of the panel
    box, panel = card.bounding_box(), frame.locator("#panel").bounding_box()
    assert box and panel and box["x"] >= panel["x"] + panel["width"]
    page.locator(".places summary").click()
    page.locator(".places button.goto").first.press("Enter")
    expect(page.locator(".goto-said")).not_to_contain_text("名居民未被")


def test_one_click_leads_from_a_gap_into_what_if_and_a_reload_keeps_it(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    page.locator('[data-press^="try-gap"]').first.click()
    expect(page.locator("h1")).to_have_text("方案推演", timeout=SLOW_MS)
    expect(page.locator(".edit")).to_have_count(1, timeout=SLOW_MS)
    settled(page)
    link = page.url
    page.goto(link.split("/scenario")[0])
    menu_link(page, "方案推演").click()
    expect(page.locator(".edit")).to_have_count(1, timeout=SLOW_MS)
