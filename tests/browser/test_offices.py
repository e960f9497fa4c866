"""Offices and planners, each signed in, in a real browser: from a bad list to one that counts, and back.

With SERVICE_CIRCLE_PICTURES=docs/images the journey in Chinese takes the pictures of docs/offices.md:

    export SERVICE_CIRCLE_PICTURES=docs/images
    python -m pytest -m slow tests/browser/test_offices.py -k "accounts and zh"
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from oidc_provider_mock import run_server_in_thread
from playwright.sync_api import BrowserContext, Locator, Page, expect

from core.text import text
from data.store import Store, open_store
from data.store.check import check_store
from data.store.records import submissions
from jobs.assess.folder import read_and_assess
from jobs.collect.cities import NewCity, add_city, study_at
from jobs.collect.permissions import RoleChange, change_role
from jobs.collect.review import history, open_round
from jobs.sign_in.accounts import make_link
from locales import Translator, translator
from tests.browser.app_server import appears, free_port, provider_settings, put_file, serving, settled
from tests.browser.take_pictures import small
from tests.small_city import degrees, write_small_city

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

SECRET = "a long enough word"  # noqa: S105
WEST, EAST = "西苑社区", "东庄村"
LOCALES = {"zh": "zh-CN", "en": "en-GB"}


@dataclass(frozen=True)
class Town:
    """A server on the small city, whose people sign in in a `way`, and its store."""

    address: str
    store: Store
    way: str


@pytest.fixture(params=["accounts", "oidc"])  # each journey a town of its own: people find theirs again
def town(
    request: pytest.FixtureRequest, warm_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("offices")
    store = open_store(folder / "store", make=True)
    add_city(store, NewCity("小城", write_small_city(folder / "in"), "community"))
    change_role(store, RoleChange("root", "admin"), by="")
    change_role(store, RoleChange("wang", "planner"), by="root")
    change_role(store, RoleChange("xi", "office", "小城", WEST), by="root")
    change_role(store, RoleChange("dong", "office", "小城", EAST), by="root")
    open_round(store, "一季度", city="小城", due="2099-03-31", by="wang")
    settings = {"SERVICE_CIRCLE_STORE": str(folder / "store"), "SERVICE_CIRCLE_SIGN_IN": request.param}
    port = free_port()
    with ExitStack() as running:
        if request.param == "oidc":
            provider = running.enter_context(run_server_in_thread())
            settings |= provider_settings(folder, port=port, provider_port=provider.server_port)
        at = running.enter_context(serving(warm_cache, port=port, **settings))
        yield Town(at, store, request.param)


def enter(
    town: Town,
    open_context: Callable[..., BrowserContext],
    person: str,
    path: str = "/",
    language: str = "zh",
) -> Page:
    """Sign in: with a password that a link has set, or by the provider."""
    page = open_context(locale=LOCALES[language]).new_page()
    if town.way == "oidc":
        page.context.route("**/favicon.ico", lambda route: route.fulfill(status=204))  # the provider has none
        page.goto(f"{town.address}{path}")
        page.locator("[name=sub]").first.fill(person)
        page.locator("button").first.click()
    else:
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
    expect(page.locator("h1")).to_be_visible()
    if language == "en":
        page.get_by_text("English", exact=True).click()
        expect(page.locator('[data-page-language="en"]')).to_be_attached()
        settled(page)
    return page


def section(page: Page, title: str) -> Locator:
    settled(page)
    return page.get_by_test_id("stButtonGroup").get_by_text(title, exact=True).first


def click(page: Page, label: str) -> None:
    settled(page)
    page.get_by_role("button", name=label, exact=True).click()


def picture(page: Page, name: str) -> None:
    """One of the documents', where pictures are taken."""
    folder = os.environ.get("SERVICE_CIRCLE_PICTURES")
    if folder:
        settled(page)
        (Path(folder) / f"{name}.png").write_bytes(small(page.screenshot()))


def bad_list() -> bytes:
    """Five good stations, and one whose longitude and latitude are exchanged."""
    rows = []
    for k in range(1, 6):
        lon, lat = degrees(100.0 * k)
        rows.append(f"好{k}社区服务站,公共服务站,{lon},{lat},WGS84")
    lon, lat = degrees(900)
    rows.append(f"甲社区服务站,公共服务站,{lat},{lon},WGS84")
    return "\n".join(["名称,类型,经度,纬度,坐标系", *rows]).encode("utf-8-sig")


def type_into(page: Page, row: int, column: int, said: str, *, changed: str) -> None:
    """Type into a row (from 0) and column (from 0, the row's number) of the editor, until it says so."""
    canvas = page.locator('[data-testid="stDataFrame"] canvas').first
    expect(canvas).to_be_visible()
    settled(page)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    mark = 32.0  # the column in which rows are chosen
    width = (box["width"] - mark) / 6
    cell = page.locator("#portal textarea, #portal input")
    for _ in range(3):  # a click that meets the table while it is drawn anew is lost
        # What scrolls lies over the canvas, so the click goes to the place.
        page.mouse.click(box["x"] + mark + width * (column + 0.5), box["y"] + 35 * (1.5 + row))
        page.keyboard.press("Enter")
        if appears(cell):
            break
    cell.fill(said)
    page.keyboard.press("Enter")
    expect(cell).to_have_count(0)
    expect(page.get_by_text(changed)).to_be_visible()
    page.wait_for_timeout(1_000)  # the editor sends what was typed a moment later
    settled(page)


def take_over(page: Page, tr: Translator, *, left: int, changed: str) -> None:
    """Have what was typed checked anew; so many rows are left to mend."""
    click(page, tr(text("Take the changes over and check again")))
    expect(page.get_by_text(changed)).to_have_count(0)
    expect(page.get_by_text(tr(text("Mend single rows here ({count} to mend)", count=left)))).to_be_visible()


def figures(store: Store) -> list[dict[str, Any]]:
    """What the rules come to with the lists as they stand: shares, loads, units."""
    return list(read_and_assess(study_at(store, "小城")).results.document["rules"])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_office_mends_and_sends_a_planner_returns_accepts_and_brings_back(
    town: Town, open_context: Callable[..., BrowserContext], language: str
) -> None:
    tr = translator(language)
    changed = tr(text("{count} {count:row is|rows are} changed and not taken over yet.", count=1))
    first = figures(town.store)
    office = enter(town, open_context, "xi", language=language)
    expect(office.locator("h1")).to_have_text(tr(text("My office's list")))
    expect(office.get_by_text("2099-03-31").first).to_be_visible()
    expect(office.get_by_text(tr(text("Collect lists")))).to_have_count(0)  # no other page, no other office
    expect(office.get_by_text(EAST)).to_have_count(0)
    picture(office, "office-asked")

    # The bad list, mended in the editor.
    section(office, tr(text("Check, mend and send"))).click()
    chooser = office.locator('[data-testid="stMain"] input[type=file]').first
    put_file(office, chooser, {"name": "清单.csv", "mimeType": "text/csv", "buffer": bad_list()})
    to_mend = text("Mend single rows here ({count} to mend)", count=1)
    expect(office.get_by_text(tr(to_mend))).to_be_visible()
    lon, lat = degrees(900)
    type_into(office, 0, 3, f"{lon}", changed=changed)
    type_into(office, 0, 4, f"{lat}", changed=changed)
    picture(office, "office-mends")
    take_over(office, tr, left=0, changed=changed)
    click(office, tr(text("Send to the planners")))
    sent = tr(
        text("Sent: {id}, version {version}. It waits for a planner's decision.", id="#", version=1)
    ).split("#")[0]
    expect(office.get_by_test_id("stAlert").filter(has_text=sent).first).to_be_visible()
    # What is sent has left the box.
    expect(office.get_by_test_id("stFileChipName")).to_have_count(0)

    # The consequences, and a remark on one cell.
    planner = enter(town, open_context, "wang", "/collect", language)
    expect(planner.locator("h1")).to_have_text(tr(text("Collect lists")))
    section(planner, tr(text("Decide"))).click()
    expect(planner.get_by_role("region", name=tr(text("Facilities that differ")))).to_be_visible()
    expect(planner.get_by_role("region", name=tr(text("Rules that change")))).to_be_visible()
    picture(planner, "planner-decides")
    planner.get_by_label(tr(text("Remark for the office"))).fill("请核实名称")
    cells = planner.get_by_label(tr(text("Remarks at cells, rows or facilities, one a line")))
    cells.fill("A3=名称有误")
    cells.press("Control+Enter")
    click(planner, tr(text("Return")))
    expect(planner.get_by_text(tr(text("Returned: {offices}.", offices=WEST)))).to_be_visible()

    # The office corrects the cell in the list that was returned.
    section(office, tr(text("What is asked"))).click()
    expect(office.get_by_text("名称有误")).to_be_visible()
    section(office, tr(text("Check, mend and send"))).click()
    settled(office)
    office.get_by_role("button", name=tr(text("Go on with the list of {at}", at="#")).split("#")[0]).click()
    expect(office.get_by_text("名称有误")).to_be_visible()
    expect(office.get_by_text(tr(to_mend))).to_be_visible()
    type_into(office, 0, 1, "西苑二号服务站", changed=changed)
    take_over(office, tr, left=0, changed=changed)
    click(office, tr(text("Send to the planners")))
    expect(office.get_by_test_id("stFileChipName")).to_have_count(0)
    expect(office.get_by_test_id("stAlert").filter(has_text=sent).first).to_be_visible()

    section(planner, tr(text("Board"))).click()
    section(planner, tr(text("Decide"))).click()
    click(planner, tr(text("Accept")))
    expect(planner.get_by_text(tr(text("Accepted: {offices}.", offices=WEST)))).to_be_visible()
    with town.store.read() as connection:
        one = submissions(connection, city="小城")[-1]
    assert (one.state, one.version, one.sent_by, one.by) == ("accepted", 2, "xi", "wang")
    assert figures(town.store) != first

    # Brought back as a new version.
    section(planner, tr(text("History"))).click()
    before = len(history(town.store, city="小城")["versions"])
    planner.get_by_role("combobox", name=tr(text("Version")), exact=True).click()
    named = tr(text("{office}, version {version}", office=WEST, version=1))
    planner.get_by_role("option", name=named, exact=True).click()
    click(planner, tr(text("Bring this version back")))
    back = tr(text("version {version}, brought back", version=1))
    expect(planner.get_by_text(back).first).to_be_visible()
    picture(planner, "planner-history")
    versions = history(town.store, city="小城")["versions"]
    assert len(versions) == before + 1 and versions[-1]["from"] == 1
    assert figures(town.store) == first
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
    expect(other.get_by_role("combobox", name="报送单位")).to_have_value(EAST)
    assert "s=" in other.url and other.url != mine.url
    expect(other.get_by_text(WEST)).to_have_count(0)
    # Removed while signed in: the next click shows nothing any more.
    change_role(town.store, RoleChange("dong", "office", "小城", EAST, granted=False), by="root")
    section(other, "现有清单").click()
    expect(other.get_by_text("在此没有角色")).to_be_visible()
    expect(other.get_by_text(EAST)).to_have_count(0)
