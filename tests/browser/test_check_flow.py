"""From an uploaded list to the result with it, in a real browser: what is asked is answered on maps."""

from __future__ import annotations

import csv
import io
import math
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from data.intake.read import read_facilities
from geo.datum import convert
from tests.browser.app_server import map_of, put_file, serving, settled
from tests.data.geocode.test_propose import serving as geocoding

pytestmark = pytest.mark.browser

COUNT = 8
LOST = "待定位社区服务站"


@pytest.fixture(scope="module")
def unclear_list(demo_folder: Path) -> bytes:
    """Stations of the demo city as Amap has them, without a word on that; one has only its address."""
    rows = read_facilities([demo_folder / "facilities.xlsx"], datum="wgs84").accepted
    stations = rows[rows["tier"] == "station"].head(COUNT)
    lon, lat = convert(stations["lon"].to_numpy(), stations["lat"].to_numpy(), "wgs84", "gcj02")
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(["名称", "类型", "社区", "地址", "经度", "纬度"])
    for name, x, y in zip(stations["name"], lon.round(6), lat.round(6), strict=True):
        table.writerow([name, "公共服务站", "", "", x, y])
    table.writerow([LOST, "公共服务站", stations["community"].iloc[0], "某路1号", "", ""])
    return written.getvalue().encode("utf-8-sig")


def upload(page: Page, content: bytes, name: str = "报送清单.csv") -> None:
    chooser = page.locator('[data-testid="stMain"] input[type=file]').first
    put_file(page, chooser, {"name": name, "mimeType": "text/csv", "buffer": content})


def card(page: Page, title: str) -> Locator:
    return page.locator(".card", has=page.get_by_role("heading", name=title)).locator(".value")


def open_step(page: Page, title: str) -> None:
    page.get_by_role("radiogroup").or_(page.get_by_test_id("stButtonGroup")).get_by_text(title).first.click()


def test_a_list_goes_from_upload_to_its_result(open_page: Callable[..., Page], unclear_list: bytes) -> None:
    page = open_page("清单核验")
    upload(page, unclear_list)
    expect(card(page, "接受")).to_have_text(str(COUNT), timeout=60_000)
    # The system is open: the three possibilities stand side by side, drawn, and say how far apart they are.
    maps = page.locator(".sketch.ready")
    expect(maps).to_have_count(3)
    expect(page.locator(".system").filter(has_text="GCJ-02")).to_contain_text("移动")
    boxes = [maps.nth(number).bounding_box() for number in range(3)]
    assert len({round(box["y"]) for box in boxes if box}) == 1
    assert maps.first.locator("path.leaflet-interactive").count() > 0
    page.locator('[class*="st-key-choose-system-gcj02"] button').click()
    expect(page.get_by_text("坐标已按您的选择读作GCJ-02")).to_be_visible()
    _place_by_hand(page)
    expect(card(page, "接受")).to_have_text(str(COUNT + 1))
    use = page.get_by_role("button", name="用此清单查看结果")
    expect(use).to_have_count(1)  # while the page is drawn anew the old one stands beside the new one
    use.click()
    expect(page.locator(".mark.own")).to_contain_text("报送清单.csv", timeout=120_000)
    assert map_of(page).locator("path.facility").count() == COUNT + 1


def test_proposed_coordinates_are_accepted_with_one_click(
    open_page: Callable[..., Page], demo_folder: Path
) -> None:
    """Two of ten stations have longitude and latitude exchanged; one click mends both."""
    rows = read_facilities([demo_folder / "facilities.xlsx"], datum="wgs84").accepted
    stations = rows[rows["tier"] == "station"].head(COUNT + 2)
    lines = ["名称,类型,经度,纬度,坐标系"]
    for k, (name, x, y) in enumerate(stations[["name", "lon", "lat"]].itertuples(index=False)):
        first, second = (x, y) if k < COUNT else (y, x)
        lines.append(f"{name},公共服务站,{first:.6f},{second:.6f},WGS84")
    page = open_page("清单核验")
    upload(page, "\n".join(lines).encode("utf-8-sig"))
    expect(card(page, "接受")).to_have_text(str(COUNT), timeout=60_000)
    expect(page.get_by_text("2行的经纬度疑似颠倒")).to_be_visible()
    page.get_by_role("button", name="采纳建议：经纬度颠倒（2行）").click()
    expect(card(page, "接受")).to_have_text(str(COUNT + 2))
    expect(card(page, "退回")).to_have_text("0")
    expect(page.get_by_role("button", name="采纳建议")).to_have_count(0)
    open_step(page, "决定记录")
    expect(page.get_by_text("您，按核验建议")).to_have_count(2)


def _place_by_hand(page: Page) -> None:
    """Click in the middle of the map, and a little beside it: the mark stands where the click was."""
    open_step(page, "待定位")
    drawn = page.locator(".sketch.clickable.ready")
    expect(drawn).to_be_visible()
    mark = drawn.locator('path[fill="#0b7a4b"]')
    for x, y in ((300, 150), (340, 220)):
        drawn.click(position={"x": x, "y": y})
        _expect_at(mark, drawn, (x, y))
    page.get_by_role("button", name="定位于此").click()
    expect(page.get_by_text("已定位1处，共1处")).to_be_visible()


def _expect_at(mark: Locator, drawn: Locator, place: tuple[float, float]) -> None:
    """The mark comes to stand within 4 px of a place on its map; it is drawn anew on the way there."""
    deadline = time.monotonic() + 30
    off = float("inf")
    while off > 4 and time.monotonic() < deadline:
        time.sleep(0.1)
        box, dot = drawn.bounding_box(), mark.bounding_box() if mark.count() == 1 else None
        if box and dot:
            x, y = dot["x"] + dot["width"] / 2 - box["x"], dot["y"] + dot["height"] / 2 - box["y"]
            off = math.hypot(x - place[0], y - place[1])
    assert off <= 4


def test_the_maps_of_the_systems_move_together(open_page: Callable[..., Page], unclear_list: bytes) -> None:
    page = open_page("清单核验")
    upload(page, unclear_list)
    maps = page.locator(".sketch.ready")
    expect(maps).to_have_count(3)
    scales = maps.locator(".leaflet-control-scale-line")
    before = scales.all_text_contents()
    assert len(set(before)) == 1
    maps.first.get_by_role("button", name="放大").click()
    expect(scales.nth(2)).not_to_have_text(before[0])
    expect(scales.first).to_have_text(scales.nth(2).text_content() or "")


def test_an_address_of_the_page_can_be_opened_directly(
    open_context: Callable[..., BrowserContext], address: str
) -> None:
    page = open_context(locale="zh-CN").new_page()
    page.goto(f"{address}/check")
    expect(page.locator("h1")).to_have_text("清单核验")
    page.goto(f"{address}/city")
    expect(page.locator("h1")).to_have_text("接入本市数据")


def test_on_a_telephone_nothing_is_wider_than_the_screen(
    open_context: Callable[..., BrowserContext], address: str, unclear_list: bytes
) -> None:
    page = open_context(locale="zh-CN", viewport={"width": 390, "height": 844}).new_page()
    fits = "document.querySelector('[data-testid=stMain]').scrollWidth <= 390"
    page.goto(address)
    expect(page.locator("table.small")).to_have_count(2)
    page.wait_for_function(fits)
    page.goto(f"{address}/check")
    expect(page.locator("h1")).to_have_text("清单核验")
    expect(page.locator("table.small")).to_have_count(1)
    page.wait_for_function(fits)
    upload(page, unclear_list)
    expect(page.locator(".sketch.ready")).to_have_count(3)
    for title in ("列", "待定位", "检查结果", "决定记录"):
        open_step(page, title)
        page.wait_for_function(fits)


def test_a_city_being_read_can_be_cancelled_and_begun_again(
    open_context: Callable[..., BrowserContext], warm_cache: Path, demo_folder: Path, tmp_path: Path
) -> None:
    hold = tmp_path / "hold"
    with serving(warm_cache, "tests/browser/held_app.py", HOLD=str(hold)) as at:
        page = open_context(locale="zh-CN").new_page()
        page.goto(f"{at}/city")
        _cancel_and_begin_again(page, demo_folder, hold)
        page.close()  # before its server goes away, which it would call an error


def _cancel_and_begin_again(page: Page, demo_folder: Path, hold: Path) -> None:
    boxes = page.locator('[data-testid="stMain"] input[type=file]')
    for number, name in enumerate(("population.parquet", "facilities.xlsx", "streets.gpkg", "units.gpkg")):
        put_file(page, boxes.nth(number), demo_folder / name)
    page.get_by_label("城市名称").fill("试验城")
    page.keyboard.press("Tab")  # the name is sent, and the button is not drawn anew under the click
    settled(page)
    hold.touch()
    page.get_by_role("button", name="读取文件").click()
    page.get_by_role("button", name="取消").click()
    expect(page.get_by_text("已停止")).to_be_visible()
    hold.unlink()
    page.get_by_role("button", name="重新开始").click()
    page.get_by_role("button", name="开始评估").click(timeout=240_000)
    expect(page.locator(".heading h1")).to_have_text("试验城", timeout=240_000)


def test_further_files_of_a_city_are_folded_away_until_they_are_wanted(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("接入本市数据")
    water = page.locator('[class*="st-key-city-water"]')
    expect(page.get_by_text("人口分布的更多资料")).to_be_visible()
    expect(water).not_to_be_visible()
    page.get_by_text("人口分布的更多资料").click()
    expect(water).to_be_visible()
    expect(page.get_by_text("无人居住之处")).to_be_visible()


def test_a_key_typed_just_before_the_click_is_sent_with_it(
    warm_cache: Path,
    open_context: Callable[..., BrowserContext],
    unclear_list: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TIANDITU_KEY", raising=False)
    with geocoding() as geocoder:
        monkeypatch.setenv("TIANDITU_URL", geocoder.address)
        with serving(warm_cache) as address:
            page = open_context(locale="zh-CN").new_page()
            page.goto(f"{address}/check")
            expect(page.locator("h1")).to_have_text("清单核验")
            upload(page, unclear_list)
            expect(card(page, "接受")).to_have_text(str(COUNT), timeout=60_000)
            open_step(page, "待定位")
            page.get_by_text("用地图服务查找地址").click()
            expect(page.get_by_text("地址将离开本网络")).to_be_visible()
            page.locator('[class*="st-key-geocode-key"] input').fill("secret")
            page.get_by_role("button", name="将1个地址发送至天地图").click()
            expect(page.get_by_text("天地图未查到此地址。")).to_be_visible()
            page.close()  # before its server goes
    assert [asked["tk"] for asked in geocoder.asked] == [["secret"]]
