"""New sites in a real browser: from the question to the map, the curve, the text and the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PATIENCE_MS = 120_000


def test_sites_are_found_drawn_explained_and_taken_away(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page("新增选址")
    page.get_by_role("button", name="开始选址").click(timeout=PATIENCE_MS)
    expect(page.get_by_text("已证明最优")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".sketch.ready")).to_have_count(1)
    expect(page.locator(".sketch .mark-site")).to_have_count(5)
    expect(page.locator(".sites tbody tr")).to_have_count(5)
    cut = page.locator(".scroll.sites").evaluate("box => box.scrollWidth - box.clientWidth")
    assert cut <= 1, "columns are cut off at 1366"
    expect(page.locator(".reasons details[open] p")).to_contain_text("新增覆盖居民")
    page.get_by_text("建多少处", exact=True).click()
    chart = page.locator('[data-testid="stVegaLiteChart"][aria-label="选址数量与覆盖居民"] svg')
    expect(chart).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_text("汇报文字", exact=True).click()
    expect(page.get_by_test_id("stCode")).to_contain_text("选址及建设次序", timeout=PATIENCE_MS)
    with page.expect_download(timeout=PATIENCE_MS) as waiting:
        page.get_by_role("button", name="地图（HTML，可离线打开）").click()
    waiting.value.save_as(tmp_path / "map.html")
    assert "建议选址新增覆盖的范围" in (tmp_path / "map.html").read_text("utf-8")
