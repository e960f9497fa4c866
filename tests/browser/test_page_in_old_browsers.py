"""The page in Chromium 109, the last for Windows 7: to be run before Streamlit is raised."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.app_server import map_of, menu_link
from tests.old_chromium import FLAGS, environment, old_chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = ("可达范围", "单元与公平", "新增选址", "方案推演", "清单核验", "接入本市数据")
OLD = "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version} Safari/537.36"
FIREFOX = "Mozilla/5.0 (Windows NT 6.1; Win64; x64; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"


@pytest.fixture(scope="module")
def chromium_109(playwright_engine: Playwright) -> Iterator[Browser]:
    program = old_chromium(109)
    if isinstance(program, str):
        pytest.skip(program)
    running = playwright_engine.chromium.launch(
        executable_path=program, args=list(FLAGS), env=dict(environment(program))
    )
    assert running.version.startswith("109.")
    yield running
    running.close()


@pytest.fixture
def page(chromium_109: Browser) -> Iterator[Page]:
    """A page of 1366 × 768 whose scripts may not fail."""
    context = chromium_109.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    wrong: list[str] = []
    context.on("weberror", lambda event: wrong.append(str(event.error)))
    yield context.new_page()
    context.close()
    assert not wrong


def test_every_page_is_shown_in_chromium_109_without_a_dialog(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".verdicts tbody tr")).to_have_count(12)
    map_of(page)
    for link in PAGES:
        menu_link(page, link).click()
        expect(page.locator("h1")).to_have_text(link, timeout=120_000)
        expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=120_000)
        expect(page.locator("[role=dialog], .front-note:visible, [data-testid=stException]")).to_have_count(0)


def test_a_table_with_choices_is_shown_in_chromium_109(page: Page, address: str) -> None:
    """Streamlit's tables call functions that came with Chromium 110."""
    page.goto(address)
    expect(page.locator(".verdicts tbody tr")).to_have_count(12)
    menu_link(page, "清单核验").click()
    rows = "名称,类型,经度,纬度\n某社区服务站,公共服务站,119.9,32.1\n".encode("utf-8-sig")
    box = page.locator('[data-testid="stMain"] input[type=file]').first
    box.set_input_files({"name": "清单.csv", "mimeType": "text/csv", "buffer": rows})
    for step in ("列", "已接受的行"):
        page.get_by_role("radio", name=step, exact=True).or_(
            page.get_by_role("button", name=step, exact=True)
        ).first.click(timeout=60_000)
        expect(page.locator('[data-testid="stDataFrame"] canvas').first).to_be_visible()
        expect(page.locator("[role=dialog]")).to_have_count(0)


@pytest.mark.parametrize("agent", [OLD.format(version="86.0.4240.198"), FIREFOX.format(version=102)])
def test_an_older_browser_gets_a_sentence_and_no_white_page(
    chromium_109: Browser, address: str, agent: str
) -> None:
    context = chromium_109.new_context(user_agent=agent, locale="zh-CN")
    page = context.new_page()
    page.goto(address)
    note = page.locator("#front-old")
    expect(note).to_be_visible()
    expect(note).to_contain_text("Chrome 86" if "Chrome" in agent else "Firefox 102")
    expect(note).to_contain_text("导出的地图文件")
    expect(note).to_contain_text("opens in this browser all the same")
    context.close()


def test_a_program_that_cannot_be_read_gets_the_sentence_too(chromium_109: Browser, address: str) -> None:
    context = chromium_109.new_context(locale="zh-CN")
    page = context.new_page()
    broken = "const x = /[a--b]/v; #"
    page.route(
        "**/static/js/index.*.js",
        lambda route: route.fulfill(body=broken, content_type="text/javascript"),
    )
    page.goto(address)
    expect(page.locator("#front-old")).to_be_visible()
    context.close()
