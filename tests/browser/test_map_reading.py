"""What a reader does with the exported map: slides, goes dark, uses the keyboard, colours units, prints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pypdfium2
import pytest
import shapely
from playwright.sync_api import Page, expect

from core.text import text
from geo.crs import unproject
from maps.model import CellChange, MapModel
from tests.browser.map_kinds import full
from tests.browser.test_map_file import show
from tests.maps.sample_maps import CRS, ORIGIN, tiny_model

pytestmark = pytest.mark.browser


def scenario_model() -> MapModel:
    """The tiny town after a change: the west was served before, all of it is after."""
    model = tiny_model(scenario="情景：新站", compared_with=text("Present state"), called=text("Scenario"))
    change = np.where(model.cells.xy[:, 0] < ORIGIN[0] + 450, 0, 1).astype(np.int8)
    rows = tuple(replace(row, before=row.actual, change=row.actual) for row in model.verdicts)
    then = model.facilities.iloc[:1][["tier", "lon", "lat"]]
    changes = (CellChange("radius", "站", change),)
    return replace(model, verdicts=rows, changes=changes, facilities_before=then)


def slid(page: Page, *panes: str) -> list[str]:
    """The clip of panes of the map, of the two pictures of the cells where none is named."""
    return page.evaluate(
        "names => names.map(one => document.querySelector(`.leaflet-${one}-pane`).style.clip)",
        panes or ("before", "after"),
    )


def test_before_and_after_stand_on_either_side_of_a_line_that_arrow_keys_and_dragging_move(
    page: Page, tmp_path: Path
) -> None:
    show(page, tmp_path, scenario_model())
    expect(page.locator("#slide")).to_be_hidden()
    page.locator('label:has([data-layer="slide_0"]) input').check()
    expect(page.locator("#slide .before")).to_have_text("现状 55.6 %")
    expect(page.locator("#slide .after")).to_have_text("情景 55.6 %")
    line, first = page.locator("#slide .line"), slid(page)
    line.focus()
    page.keyboard.press("ArrowRight")
    assert slid(page) != first
    box = line.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, 300)
    page.mouse.down()
    page.mouse.move(900, 300)
    page.mouse.up()
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert int(line.get_attribute("aria-valuenow") or 0) == round(100 * 900 / width)
    # The facilities of then stand left of the line alone, those of now right of it.
    expect(page.locator("path.facility-before")).to_have_count(1)
    assert slid(page, "facilities_before", "facilities") == slid(page)
    page.locator('label:has([data-layer="cells_none"]) input').check()
    expect(page.locator("#slide")).to_be_hidden()
    expect(page.locator("path.facility-before")).to_have_count(0)
    assert slid(page, "facilities", "radius") == ["auto", "auto"]


def test_before_and_after_are_printed_as_two_maps_with_their_figures_and_the_scale(
    page: Page, tmp_path: Path
) -> None:
    show(page, tmp_path, scenario_model())
    page.locator('label:has([data-layer="slide_0"]) input').check()
    sheet = tmp_path / "sheet.pdf"
    page.pdf(path=sheet, format="A4", landscape=True, print_background=True)
    paper = pypdfium2.PdfDocument(sheet)
    said = paper[0].get_textpage().get_text_range()
    ink = paper[0].render(scale=1.0).to_numpy()
    assert len(paper) == 1
    assert "情景 55.6" in said and "现状 55.6" in said and "10 mm =" in said and "未覆盖人口" in said
    cells = ink[:, ink.shape[1] // 3 :, :3].astype(int)  # blue, green, red
    served, missed = cells[..., 0] - cells[..., 2] > 40, cells[..., 2] - cells[..., 0] > 80
    (served_before, served_after), (missed_before, missed_after) = (
        [half.sum() for half in np.array_split(which, 2)] for which in (served, missed)
    )
    assert missed_before > 500 and missed_after == 0
    assert served_after > 1.5 * served_before > 500
    expect(page.locator("#twin")).to_have_count(0)


def test_the_dark_scheme_follows_the_system_and_the_button_and_leaves_paper_light(
    page: Page, tmp_path: Path
) -> None:
    page.emulate_media(color_scheme="dark")
    show(page, tmp_path, tiny_model())
    card = "getComputedStyle(document.querySelector('#panel summary')).backgroundColor"
    assert page.evaluate(card) == "rgb(29, 34, 41)"
    page.emulate_media(color_scheme="dark", media="print")
    assert page.evaluate(card) == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark", media="screen")
    page.locator("#scheme").click()
    assert page.evaluate(card) == "rgb(255, 255, 255)"


def test_a_facility_is_reached_and_opened_with_the_keyboard(page: Page, tmp_path: Path) -> None:
    model = tiny_model()
    show(page, tmp_path, replace(model, facilities=model.facilities.assign(tier="station")))
    stops = page.locator("path.facility[tabindex]")
    expect(stops).to_have_count(1)
    stops.focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("path.facility:focus")).to_have_attribute("aria-label", "锁金村站")
    expect(stops).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup-content")).to_contain_text("锁金村站")


def test_units_are_coloured_by_the_rule_that_is_chosen_with_their_table(page: Page, tmp_path: Path) -> None:
    east, north = ORIGIN
    boxes = [shapely.box(east + x, north, east + x + 450, north + 900) for x in (0, 450)]
    in_degrees = shapely.transform(np.array(boxes), lambda xy: np.column_stack(unproject(xy, CRS)))
    known = {"unit_id": ["1", "2"], "name": ["西村", "东村"], "level": "community"}
    units = gpd.GeoDataFrame(known, geometry=in_degrees, crs="EPSG:4326")
    shares = pd.DataFrame(known).assign(
        rule="radius", share=[0.9, 0.25], share_of="residents", residents=[400.0, 600.0],
        residents_met=[360.0, 150.0],
    )  # fmt: skip
    model = tiny_model(units=units, unit_shares=shares)
    show(page, tmp_path, model)
    page.locator("details.units summary").click()
    expect(page.locator("#units-table tbody tr")).to_have_text(["东村25.0%450600", "西村90.0%40400"])
    page.locator("#units-shown").check()
    fills = page.locator(".leaflet-overlays-pane path")
    assert [one.get_attribute("fill") for one in fills.all()] == ["#fddcae", "#7f2704"]


def test_the_legend_explains_the_ground(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, tiny_model())
    page.locator("details.ground-legend summary").click()
    expect(page.locator("details.ground-legend li:visible")).to_have_text(
        ["主要道路", "一般道路", "支路、小路", "界线：区", "界线：社区（村）"]
    )


def test_twelve_long_rules_with_limits_and_legend_have_room_on_a4(page: Page, tmp_path: Path) -> None:
    """On both ways of the sheet nothing of the panel is cut off; what is short stays as large as it was."""
    model = full(tiny_model(), compared=False)
    said = text("Within 10 min on foot of a service station (urban residents)")
    actual = text("40.1% (28,744 of 71,724 residents)")
    rows = tuple(replace(row, title=said, actual=actual, remark=said) for row in model.verdicts)
    long = replace(
        model, verdicts=rows, remarks=("Ways round outside the file of streets are not known. " * 2,) * 3
    )
    cut = (
        "() => [...document.querySelectorAll('#panel, #panel > *')]"
        ".filter(one => one.scrollHeight > one.clientHeight + 2).map(one => one.className)"
    )
    scales = []
    for shown in (tiny_model(), long):
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": 1366, "height": 768})
        show(page, tmp_path, shown, "en")
        for width, height in ((1061, 733), (733, 1061)):
            page.emulate_media(media="screen")
            page.set_viewport_size({"width": 1366, "height": 768})
            page.evaluate("dispatchEvent(new Event('beforeprint'))")
            page.emulate_media(media="print")
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate(cut) == []
            dense = "Number(getComputedStyle(document.documentElement).getPropertyValue('--dense-a4'))"
            scales.append(page.evaluate(dense))
    assert scales[0] == scales[1] == 1.0
    assert 0.75 <= scales[2] == scales[3] < 0.95
