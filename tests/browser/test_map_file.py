"""The exported map in a real browser, opened from the disk."""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect

from maps import render_map
from maps.model import MapModel, Step
from tests.browser.map_kinds import KINDS, LAST_RULE, PEOPLE_MISSED
from tests.browser.paper import ALWAYS, assert_one_whole_sheet
from tests.maps.hostile_texts import FLAG, HOSTILE, hostile_model
from tests.maps.sample_maps import city_model, tiny_model

pytestmark = pytest.mark.browser


def show(page: Page, folder: Path, model: MapModel, language: str = "zh", profile: str = "internal") -> Page:
    file = folder / "map.html"
    file.write_text(render_map(model, language=language, profile=profile), encoding="utf-8")
    page.goto(file.as_uri())
    expect(page.locator("body.ready")).to_be_attached()
    return page


def layer(page: Page | FrameLocator, name: str) -> Locator:
    return page.locator(".leaflet-control-layers-overlays label").filter(has_text=name).locator("input")


def drawn_pixels(page: Page, pane: str) -> int:
    """How many pixels of a pane's canvas are not clear."""
    return page.evaluate(
        """pane => [...document.querySelectorAll(`.leaflet-${pane}-pane canvas`)].reduce((sum, canvas) => {
            const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            let seen = 0;
            for (let i = 3; i < data.length; i += 4) seen += data[i] > 0;
            return sum + seen;
        }, 0)""",
        pane,
    )


def picture(page: Page, pane: str) -> str:
    return page.evaluate("pane => document.querySelector(`.leaflet-${pane}-pane canvas`).toDataURL()", pane)


def test_the_file_shows_title_verdicts_legend_scale_and_credit(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, tiny_model(synthetic=True))
    expect(page.locator("h1")).to_have_text("小镇")
    expect(page.locator(".verdicts")).to_contain_text("未达标")
    expect(page.locator("details.legend .legend-body")).to_contain_text("3分钟以内")
    expect(page.locator(".leaflet-control-scale-line")).to_contain_text("m")
    expect(page.locator("#credits")).to_contain_text("© OpenStreetMap contributors, ODbL")
    expect(page.locator(".badge.synthetic")).to_be_visible()


def test_streets_borders_names_and_cells_are_drawn(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, tiny_model())
    for pane in ("lines", "names"):
        assert drawn_pixels(page, pane) > 100
    assert page.evaluate("document.querySelector('.leaflet-cells-pane img').naturalWidth") > 30


def test_every_layer_can_be_switched_off_and_on(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, tiny_model())
    boxes = page.locator(".leaflet-control-layers-overlays input")
    for state, facilities, circles in ((False, 0, 0), (True, 2, 1)):
        for i in range(boxes.count()):
            boxes.nth(i).set_checked(state)
        expect(page.locator("path.facility")).to_have_count(facilities)
        expect(page.locator("path.radius")).to_have_count(circles)


def test_the_cells_show_one_rule_or_walking_time_or_nothing(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, tiny_model())
    choices = page.locator(".leaflet-control-layers-base label")
    expect(choices).to_have_count(3)
    for choice, pictures, gaps in ((0, 1, 1), (1, 1, 0), (2, 0, 0)):
        choices.nth(choice).locator("input").check()
        expect(page.locator(".leaflet-cells-pane img")).to_have_count(pictures)
        expect(page.locator("path.gap")).to_have_count(gaps)


def test_what_is_seen_at_once_can_be_used_before_the_rest_of_the_file_is_read(
    page: Page, tmp_path: Path
) -> None:
    file, last = tmp_path / "map.html", "serviceMap.open();</script>"
    whole = render_map(tiny_model(), language="zh")
    file.write_text(whole.replace(last, "</script>"), encoding="utf-8")
    page.goto(file.as_uri())
    expect(page.locator("body.usable")).to_be_attached()
    page.locator("path.facility").first.click()
    expect(page.locator(".leaflet-popup-content")).to_contain_text("玄武中心")
    expect(page.locator("path.gap")).to_have_count(1)
    layer(page, "500").check()
    expect(page.locator("path.radius")).to_have_count(0)
    page.evaluate("serviceMap.open()")
    expect(page.locator("path.radius")).to_have_count(1)
    expect(page.locator("body.ready")).to_be_attached()


def test_the_legend_explains_what_is_on_the_map_and_nothing_else(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, tiny_model())
    legend, choices = (
        page.locator("details.legend .legend-body"),
        page.locator(".leaflet-control-layers-base input"),
    )
    rule, walking = legend.locator("h2").first, legend.get_by_text("3分钟以内")
    expect(rule).to_contain_text("500")
    expect(rule).to_be_visible()
    expect(walking).to_be_hidden()
    expect(legend.get_by_text("服务半径500米")).to_be_hidden()
    choices.nth(1).check()
    layer(page, "500").check()
    expect(rule).to_be_hidden()
    expect(walking).to_be_visible()
    expect(legend.get_by_text("服务半径500米")).to_be_visible()


@pytest.mark.parametrize(("kind", "width"), [("plan", 1920), *((kind, 1366) for kind in KINDS)])
def test_the_print_dialog_gives_one_whole_sheet(page: Page, tmp_path: Path, kind: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    show(page, tmp_path, KINDS[kind])
    margin = dict.fromkeys(("top", "bottom", "left", "right"), "8mm")
    for paper in ("A4", "A3"):
        for landscape in (True, False):
            sheet = tmp_path / f"{paper}-{landscape}.pdf"
            page.pdf(path=sheet, format=paper, landscape=landscape, margin=margin, print_background=landscape)
            said = assert_one_whole_sheet(sheet, *ALWAYS, LAST_RULE, "2026-11-30")
            assert said.count(PEOPLE_MISSED) == 12


@pytest.mark.parametrize(("width", "height"), [(1061, 733), (733, 1061)])
def test_all_twelve_verdicts_have_room_on_a4(page: Page, tmp_path: Path, width: int, height: int) -> None:
    """What is cut off would still be in the sheet's text: boxes are compared."""
    show(page, tmp_path, tiny_model())
    page.evaluate(
        """() => {
            const list = document.querySelector('.verdicts'), one = list.querySelector('li');
            one.querySelector('.numbers').textContent =
                '指标 ≤1,250米 · 现状 85.3%（1,060,677人中904,765人） · 未覆盖人口 15.59万';
            while (list.children.length < 12) { list.appendChild(one.cloneNode(true)); }
            const header = document.querySelector('#panel header');
            const said = '新建公共服务站5处后，'.repeat(4), limit = '路网文件在研究区边缘结束，'.repeat(5);
            header.insertAdjacentHTML('beforeend', `<p class="headline">${said}`);
            header.insertAdjacentHTML(
                'afterend',
                `<details class="remarks" open><summary>结果的局限</summary><ul><li>${limit}</ul></details>`
            );
        }"""
    )
    page.emulate_media(media="print")
    page.set_viewport_size({"width": width, "height": height})
    last, verdicts, legend, panel = page.evaluate(
        """() => ['.verdicts li:last-child', '#panel details.results', '.legend-body', '#panel'].map(
            name => document.querySelector(name).getBoundingClientRect().bottom)"""
    )
    assert last <= verdicts + 1
    assert max(verdicts, legend) <= panel + 1


def test_layers_of_the_same_name_each_have_their_switch(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, tiny_model(tier_titles={"centre": "设施", "station": "设施"}))
    layer(page, "设施（1）").nth(1).uncheck()
    expect(page.locator("path.facility")).to_have_count(1)


def test_a_layer_is_reached_and_switched_with_the_keyboard(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, tiny_model())
    layer(page, "服务中心").focus()
    page.keyboard.press("Space")
    expect(page.locator("path.facility")).to_have_count(1)


def test_clicking_a_facility_opens_its_popup(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, tiny_model())
    page.locator("path.facility").first.click()
    expect(page.locator(".leaflet-popup-content")).to_contain_text("玄武中心")
    expect(page.locator(".leaflet-popup-content")).to_contain_text("4,200")


def test_clicking_a_gap_tells_residents_unit_and_nearest_facility(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, tiny_model())
    page.locator(".gap-flag").click()
    popup = page.locator(".leaflet-popup-content")
    for words in ("1.23万", "锁金村", "640"):
        expect(popup).to_contain_text(words)
    expect(popup.locator("span")).to_have_attribute("title", "12,345")


def test_a_site_opens_with_the_enter_key(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, tiny_model(), language="en")
    page.locator(".site-flag").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup-content")).to_contain_text("Suggested site 1")


def test_a_public_map_holds_no_borders_and_has_a_place_for_the_review_number(
    page: Page, tmp_path: Path
) -> None:
    show(page, tmp_path, tiny_model(), profile="public")
    expect(page.locator("#credits")).to_contain_text("审图号")
    assert page.locator("#watermark").count() == 0
    assert layer(page, "界线").count() == 0
    assert layer(page, "地名").count() == 0


def test_a_verdict_a_gap_and_a_name_bring_the_map_there(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, tiny_model())
    rule = page.locator("button[data-shows]").last
    rule.click()
    shown = page.locator(f'[data-layer="{rule.get_attribute("data-shows")}"]')
    expect(page.locator("label").filter(has=shown).locator("input")).to_be_checked()
    page.locator("#search").fill("站")
    expect(page.locator("#found button").first).to_be_visible()
    page.locator("#search").press("Enter")
    expect(page.locator(".leaflet-popup-content")).to_be_visible()


def test_the_map_is_presented_step_by_step(page: Page, tmp_path: Path) -> None:
    steps = (Step("第一步"), Step("第二步", bounds=tiny_model().bounds))
    show(page, tmp_path, replace(tiny_model(), steps=steps, headline="大字标题"))
    expect(page.locator("#panel .headline")).to_have_text("大字标题")
    page.keyboard.press("p")
    expect(page.locator("#caption p")).to_have_text("第一步")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#caption p")).to_have_text("第二步")
    assert page.url.endswith("#2")
    assert page.locator("#caption p").evaluate("one => parseFloat(getComputedStyle(one).fontSize)") >= 24
    page.keyboard.press("p")
    expect(page.locator("#panel")).to_be_visible()


def test_it_works_inside_a_frame_without_an_address(page: Page, tmp_path: Path) -> None:
    inside = html.escape(render_map(tiny_model(), language="zh"))
    sandbox = "allow-scripts"
    page.set_content(f'<iframe sandbox="{sandbox}" srcdoc="{inside}" width="700" height="640"></iframe>')
    frame = page.frame_locator("iframe")
    expect(frame.locator("body.ready")).to_be_attached()
    frame.locator("path.facility").first.click()
    expect(frame.locator(".leaflet-popup-content")).to_contain_text("玄武中心")


def test_on_a_telephone_the_panel_and_the_layers_are_folded(
    open_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    page = open_context(viewport={"width": 390, "height": 844}, has_touch=True).new_page()
    show(page, tmp_path, tiny_model())
    expect(page.locator(".verdicts")).not_to_be_visible()
    page.get_by_text("图例").tap()
    expect(page.locator("details.legend .legend-body")).to_be_visible()
    page.locator(".leaflet-control-layers-toggle").tap()
    expect(layer(page, "道路")).to_be_visible()


@pytest.mark.parametrize("title", ["达标情况", "图例"])
def test_what_is_opened_on_a_low_screen_comes_into_view(page: Page, tmp_path: Path, title: str) -> None:
    """683 × 384: a screen of 1366 enlarged to 200 %."""
    page.set_viewport_size({"width": 683, "height": 384})
    show(page, tmp_path, KINDS["plan"])
    fold = page.locator("#panel details").filter(has=page.locator("summary", has_text=title)).first
    fold.locator("summary").click()
    expect(fold.locator("li").first).to_be_in_viewport(ratio=0.9)
    expect(fold.locator("summary")).to_be_in_viewport(ratio=0.9)
    map_box = page.locator(".folium-map").bounding_box()
    panel = page.locator("#panel").bounding_box()
    assert map_box and panel and panel["width"] < map_box["width"] / 2.5


def test_the_city_stays_beside_the_panel_when_the_window_changes_until_it_is_moved(
    page: Page, tmp_path: Path
) -> None:
    page.set_viewport_size({"width": 281, "height": 400})
    show(page, tmp_path, tiny_model())
    page.set_viewport_size({"width": 640, "height": 400})
    west = "document.querySelector('path.facility')"
    beside = f"{west}.getBoundingClientRect().left > document.getElementById('panel').offsetWidth"
    page.wait_for_function(beside)
    page.locator(".folium-map").press("ArrowRight")
    page.wait_for_timeout(400)
    left = page.evaluate(f"{west}.getBoundingClientRect().left")
    page.set_viewport_size({"width": 700, "height": 400})
    page.wait_for_timeout(400)
    assert page.evaluate(f"{west}.getBoundingClientRect().left") == pytest.approx(left + 30, abs=2)


@pytest.mark.parametrize("bypass_csp", [False, True], ids=["with its policy", "policy ignored"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_shown_literally_and_runs_nowhere(
    open_context: Callable[..., BrowserContext], tmp_path: Path, name: str, bypass_csp: bool
) -> None:
    """The second run ignores the page's own policy: the text must be harmless without it."""
    page = open_context(bypass_csp=bypass_csp).new_page()
    show(page, tmp_path, hostile_model(name))
    expect(page.locator("h1")).to_have_text(name)
    expect(page).to_have_title(" ".join(name.split()))
    expect(page.locator(".leaflet-control-layers")).to_contain_text(name)
    page.locator("path.facility").first.click()
    expect(page.locator(".leaflet-popup-content b")).to_have_text(name)
    page.locator(".gap-flag").click()
    # The gap's own card: while the facility's fades out, both are there.
    card = page.locator(".leaflet-popup-content").filter(has_text="盲区")
    for of_rule_and_place in (0, 2):
        expect(card.locator("dd").nth(of_rule_and_place)).to_have_text(name)
    page.locator("path.facility").first.hover()
    expect(page.locator(".leaflet-tooltip").last).to_have_text(name)
    assert page.evaluate(f"typeof window.{FLAG}") == "undefined"
    assert page.locator("img[src=x]").count() == 0


def test_a_city_opens_from_one_small_file(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, city_model())
    begun = time.perf_counter()
    page.reload()
    expect(page.locator("body.ready")).to_be_attached()
    took = time.perf_counter() - begun
    size = (tmp_path / "map.html").stat().st_size
    print(f"city map: {size / 1e6:.2f} MB, open and drawn after {took:.2f} s")
    assert size <= 5e6
    expect(page.locator("path.facility")).to_have_count(420)
