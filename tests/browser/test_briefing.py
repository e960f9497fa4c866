"""The page Briefing in a real browser: a city of the store beside its earlier lists, in every form."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import docx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from data.store import open_store
from jobs.collect.cities import NewCity, add_city
from jobs.collect.review import review
from jobs.collect.submit import Sending, submit
from tests.browser.app_server import appears, serving, settled
from tests.jobs.collect.desk import ACCEPT, CENTRE, STATION, listed
from tests.reports.test_briefing_forms import plain
from tests.small_city import two_districts, write_small_city

pytestmark = pytest.mark.browser

# In Beijing the first list was taken in on the first minute of 31 March, which is 30 March in Greenwich.
FIRST_DAY, TAKEN_IN, ACCEPTED = "2026-03-31", "2026-03-30T16:00:30+00:00", "2026-09-30T02:00:00+00:00"
SAID = {"标题": "小城站点年报", "制图单位": "规划处", "数据时点": "2026年三季度", "密级或审图号": "秘密"}


@dataclass(frozen=True)
class Town:
    """A server whose making of forms waits as long as there is a file `hold`."""

    address: str
    hold: Path


@pytest.fixture
def town(
    warm_cache: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Town]:
    """A city of two districts, of which the western one has had one more station since its first list."""
    folder = tmp_path_factory.mktemp("briefing")
    moments = [TAKEN_IN]
    with monkeypatch.context() as clock:
        clock.setattr("data.store.engine.utc_now", lambda: moments[-1])
        store = open_store(folder / "store", make=True)
        add_city(store, NewCity("小城", two_districts(write_small_city(folder / "in")), "district"))
        moments.append(ACCEPTED)
        more = listed(folder / "new.csv", CENTRE, STATION, ("北社区服务站", "公共服务站", 0))
        review(store, submit(store, more, Sending("小城", "西区"))["id"], ACCEPT)
        store.engine.dispose()
    settings = {"SERVICE_CIRCLE_STORE": str(folder / "store"), "HOLD": str(folder / "hold")}
    with serving(warm_cache, "tests/browser/held_app.py", **settings) as at:
        yield Town(at, folder / "hold")


def choose(page: Page, label: str, option: str) -> None:
    wanted = page.get_by_role("option", name=option, exact=True)
    for _ in range(3):  # a click that meets the page while it is drawn anew is lost
        settled(page)
        page.get_by_role("combobox", name=label).click()
        if appears(wanted):
            break
    wanted.click()
    page.keyboard.press("Escape")
    settled(page)


def click(page: Page, name: str) -> None:
    settled(page)
    page.get_by_role("button", name=name, exact=True).click()


def test_a_city_is_briefed_beside_its_earlier_lists_in_the_forms_that_are_chosen(
    town: Town, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(locale="zh-CN").new_page()
    page.goto(f"{town.address}/collect")
    choose(page, "城市", "小城")
    page.get_by_test_id("stButtonGroup").get_by_text("历史版本", exact=True).click()
    click(page, "汇报材料：现状与以往清单对比")
    expect(page.locator("h1")).to_have_text("汇报材料")
    preview = page.locator(".briefing-preview")
    expect(preview.locator("h2")).to_contain_text("小城")

    # Set against the lists of a day; of one district; with what the office says; in the other language.
    choose(page, "与截至下列日期的清单对比", FIRST_DAY)
    expect(preview).to_contain_text(FIRST_DAY)
    choose(page, "仅限以下区县", "西区")
    expect(preview.locator("h2")).to_contain_text("西区")
    for label, said in SAID.items():
        settled(page)
        page.get_by_label(label, exact=True).fill(said)
        page.keyboard.press("Tab")
        expect(preview).to_contain_text(said)
    settled(page)
    page.get_by_role("radiogroup", name="材料语言").get_by_text("English", exact=True).click()
    expect(preview).to_contain_text("without a")
    expect(page.locator("h1")).to_have_text("汇报材料")

    # Cancelled and begun again, then taken away one by one or together.
    town.hold.touch()
    click(page, "生成")
    click(page, "取消")
    expect(page.get_by_text("已停止")).to_be_visible()
    town.hold.unlink()
    click(page, "重新开始")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="全部（ZIP）").click()
    packed = zipfile.ZipFile(waiting.value.path())
    assert sorted(name.rpartition(".")[2] for name in packed.namelist()) == ["docx", "pdf", "pptx"]
    (name,) = (one for one in packed.namelist() if one.endswith(".docx"))
    assert FIRST_DAY in name and "西区" in name and name.endswith("-en.docx")
    paper = docx.Document(io.BytesIO(packed.read(name)))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    words = plain("".join([*(one.text for one in paper.paragraphs), *cells]))
    assert all(one in words for one in (*SAID.values(), FIRST_DAY, "Resultof"))

    # For the public neither districts nor workbook, and a place for the map review number.
    page.get_by_role("radiogroup", name="用途").get_by_text("公开", exact=False).click()
    expect(page.get_by_role("combobox", name="仅限以下区县")).to_have_count(0)
    expect(page.get_by_text("报告（Excel）")).to_have_count(0)
    page.close()  # before its server goes away, which it would call an error
