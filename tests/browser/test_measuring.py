"""The pages on reach, units and scenarios on the demo city, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

SLOW_MS = 120_000


def answer(page: Page) -> Locator:
    return page.locator(".answer").first


def map_on(page: Page) -> Locator:
    found = page.locator(".sketch.ready").first
    expect(found).to_be_visible(timeout=SLOW_MS)
    return found


def test_reach_draws_how_far_one_gets_and_what_stands_in_the_way(open_page: Callable[..., Page]) -> None:
    page = open_page("可达范围")
    expect(answer(page)).to_contain_text("步行15分钟（1,250米）范围内有", timeout=SLOW_MS)
    # Two shapes: fifteen minutes and ten.
    expect(map_on(page).locator(".leaflet-shapes-pane path")).to_have_count(2)
    page.get_by_role("radio", name="步行阻隔").or_(page.get_by_role("button", name="步行阻隔")).first.click()
    expect(answer(page)).to_contain_text("过街可节省步行最多", timeout=SLOW_MS)
    expect(map_on(page).locator(".mark-number")).to_have_count(10)
    expect(page.locator("table.figures tbody tr")).to_have_count(10)


def test_units_answer_first_and_speak_the_language_chosen(open_page: Callable[..., Page]) -> None:
    page = open_page("单元与公平")
    expect(answer(page)).to_contain_text("至少一项距离规则未覆盖的居民最多的是", timeout=SLOW_MS)
    expect(page.locator("table.figures tbody tr")).to_have_count(6)
    page.get_by_role("radio", name="English").or_(page.get_by_role("button", name="English")).first.click()
    expect(answer(page)).to_contain_text("Most residents are missed by some radius", timeout=SLOW_MS)
    expect(
        page.locator('[data-testid="stRadio"] label', has_text="district").locator("input")
    ).to_be_checked()


def test_a_click_on_the_map_opens_a_facility_and_undo_takes_it_back(open_page: Callable[..., Page]) -> None:
    page = open_page("方案推演")
    expect(answer(page)).to_contain_text("尚未变更", timeout=SLOW_MS)
    box = map_on(page).bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.65)
    expect(page.locator(".edit")).to_have_count(1, timeout=SLOW_MS)
    expect(answer(page)).to_contain_text("名居民新覆盖", timeout=SLOW_MS)
    page.get_by_role("button", name="撤销").click()
    expect(page.locator(".edit")).to_have_count(0, timeout=SLOW_MS)
    expect(answer(page)).to_contain_text("尚未变更")
