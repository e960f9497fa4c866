"""Offices and planners with accounts of their own, in a real browser: from a link to a list that counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from data.store import Store, open_store
from data.store.check import check_store
from data.store.records import city_named, current_lists, submissions
from jobs.collect.cities import NewCity, add_city
from jobs.collect.permissions import RoleChange, change_role
from jobs.collect.review import open_round
from jobs.sign_in.accounts import make_link
from tests.browser.app_server import put_file, serving
from tests.small_city import degrees, write_small_city

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECRET = "a long enough word"  # noqa: S105
WEST, EAST = "西苑社区", "东庄村"


@dataclass(frozen=True)
class Town:
    """A server with local accounts on the small city, and its store."""

    address: str
    store: Store


@pytest.fixture(scope="module")
def town(warm_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("offices")
    store = open_store(folder / "store", make=True)
    add_city(store, NewCity("小城", write_small_city(folder / "in"), "community"))
    change_role(store, RoleChange("root", "admin"), by="")
    change_role(store, RoleChange("wang", "planner"), by="root")
    change_role(store, RoleChange("xi", "office", "小城", WEST), by="root")
    change_role(store, RoleChange("dong", "office", "小城", EAST), by="root")
    open_round(store, "一季度", city="小城", due="2099-03-31", by="wang")
    settings = {"SERVICE_CIRCLE_STORE": str(folder / "store"), "SERVICE_CIRCLE_SIGN_IN": "accounts"}
    with serving(warm_cache, **settings) as at:
        yield Town(at, store)


def enter(town: Town, open_context: Callable[..., BrowserContext], person: str, path: str = "/") -> Page:
    """Set a password by a link, and sign in with it."""
    page = open_context(locale="zh-CN").new_page()
    page.goto(f"{town.address}/password?link={make_link(town.store, person, by='root')}")
    page.locator("[name=new]").fill(SECRET)
    page.locator("[name=again]").fill(SECRET)
    page.locator("button").click()
    expect(page.locator("[name=name]")).to_be_visible()
    if path != "/":
        page.goto(f"{town.address}{path}")  # leads back to the sign-in, and from there on
    page.locator("[name=name]").fill(person)
    page.locator("[name=password]").fill(SECRET)
    page.locator("button").click()
    return page


def section(page: Page, title: str) -> Locator:
    return page.get_by_test_id("stButtonGroup").get_by_text(title, exact=True).first


def bad_list() -> bytes:
    """Five good stations, and one whose longitude and latitude are exchanged."""
    rows = []
    for k in range(1, 6):
        lon, lat = degrees(100.0 * k)
        rows.append(f"好{k}社区服务站,公共服务站,{lon},{lat},WGS84")
    lon, lat = degrees(900)
    rows.append(f"甲社区服务站,公共服务站,{lat},{lon},WGS84")
    return "\n".join(["名称,类型,经度,纬度,坐标系", *rows]).encode("utf-8-sig")


def type_into(page: Page, column: int, said: str) -> None:
    """Type into a column (from 0, the row's number) of the editor's first row."""
    canvas = page.locator('[data-testid="stDataFrame"] canvas').first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    mark = 32.0  # the column in which rows are chosen
    width = (box["width"] - mark) / 6
    # What scrolls lies over the canvas, so the click goes to the place.
    page.mouse.click(box["x"] + mark + width * (column + 0.5), box["y"] + 35 * 1.5)
    page.keyboard.press("Enter")
    page.locator("#portal textarea, #portal input").fill(said)
    page.keyboard.press("Enter")
    expect(page.get_by_text("1行已改动，尚未写入清单")).to_be_visible()


def send_list(page: Page) -> None:
    """Upload the bad list, mend its row in the editor, send it."""
    section(page, "核验、修改、报送").click()
    chooser = page.locator('[data-testid="stMain"] input[type=file]').first
    put_file(page, chooser, {"name": "清单.csv", "mimeType": "text/csv", "buffer": bad_list()})
    expect(page.get_by_text("在此逐行修改（1行待修改）")).to_be_visible()
    lon, lat = degrees(900)
    type_into(page, 3, f"{lon}")
    type_into(page, 4, f"{lat}")
    page.get_by_role("button", name="写入清单并重新核验").click()
    expect(page.get_by_text("在此逐行修改（0行待修改）")).to_be_visible()
    page.get_by_role("button", name="报送规划部门").click()
    expect(page.get_by_text("已报送：")).to_be_visible()


def test_an_office_mends_and_sends_a_planner_returns_then_accepts(
    town: Town, open_context: Callable[..., BrowserContext]
) -> None:
    office = enter(town, open_context, "xi")
    expect(office.locator("h1")).to_have_text("本单位清单")
    expect(office.get_by_text("请于2099-03-31前报送清单")).to_be_visible()
    expect(office.get_by_text("清单征集")).to_have_count(0)  # no other page, no other office
    expect(office.get_by_text(EAST)).to_have_count(0)
    send_list(office)
    planner = enter(town, open_context, "wang", "/collect")
    expect(planner.locator("h1")).to_have_text("清单征集")
    section(planner, "审核").click()
    expect(planner.get_by_role("region", name="有变化的设施")).to_be_visible()
    planner.get_by_label("给报送单位的意见").fill("请核实名称")
    planner.get_by_label("对单元格、行或设施的批注（每行一条）").fill("A7=名称有误")
    planner.get_by_role("button", name="退回", exact=True).click()
    expect(planner.get_by_text(f"已退回：{WEST}")).to_be_visible()
    section(office, "报送要求").click()
    expect(office.get_by_text("A7")).to_be_visible()
    expect(office.get_by_text("名称有误")).to_be_visible()
    send_list(office)
    section(planner, "进度").click()
    section(planner, "审核").click()
    planner.get_by_role("button", name="采纳", exact=True).click()
    expect(planner.get_by_text(f"已采纳：{WEST}")).to_be_visible()
    with town.store.read() as connection:
        city = city_named(connection, "小城")
        (one,) = submissions(connection, city="小城")
        version = current_lists(connection, city)[one.office_id]
    assert (one.state, one.version, one.sent_by, one.by) == ("accepted", 2, "xi", "wang")
    assert (version.version, version.facilities) == (2, 6)
    assert check_store(town.store) == ()


def test_an_ended_session_and_another_s_address_open_nothing(
    town: Town, open_context: Callable[..., BrowserContext]
) -> None:
    mine = enter(town, open_context, "xi")
    expect(mine.locator("h1")).to_have_text("本单位清单")
    other = enter(town, open_context, "dong")
    expect(other.locator("h1")).to_have_text("本单位清单")
    # The address of another's session opens a new one of one's own.
    other.goto(mine.url)
    expect(other.get_by_text(EAST).first).to_be_visible()
    assert "s=" in other.url and other.url != mine.url
    expect(other.get_by_text(WEST)).to_have_count(0)
    # Removed while signed in: the next click shows nothing any more.
    change_role(town.store, RoleChange("dong", "office", "小城", EAST, granted=False), by="root")
    section(other, "现有清单").click()
    expect(other.get_by_text("在此没有角色")).to_be_visible()
    expect(other.get_by_text(EAST)).to_have_count(0)
