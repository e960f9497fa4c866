"""What if, click by click: the page shows what assessing the edited city anew gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from coverage.assessment import Assessment, assess
from coverage.model.edits import Scenario
from coverage.scenario.apply import apply
from coverage.scenario.incremental import Live, Trail, live
from jobs.cache.case import Case
from tests.ui.conftest import PATIENCE_S, ROOT, ShownMaps, html_of, no_trouble
from tests.ui.widgets.test_sections import SCENARIO, on, open_at, press


def close(app: AppTest, name: str) -> None:
    app.selectbox(key="change").set_value("close").run()
    box = app.selectbox(key="close-whose")
    box.select_index(box.options.index(name)).run()
    press(app, "撤并")
    app.selectbox(key="change").set_value("open").run()


def store(app: AppTest) -> None:
    next(box for box in app.text_input if box.label == "名称").set_value("甲方案")
    next(box for box in app.checkbox if box.label == "覆盖同名方案").check()
    press(app, "保存")


# A quarter of an hour of somebody trying things out.
CLICKS: tuple[Callable[[AppTest], object], ...] = (
    lambda app: open_at(app, 1100),
    lambda app: open_at(app, 300),
    lambda app: close(app, "东庄村服务站"),
    lambda app: press(app, "撤销"),
    lambda app: press(app, "撤销"),
    lambda app: press(app, "重做"),
    lambda app: open_at(app, 1700),
    store,
    lambda app: press(app, "清空"),
    lambda app: close(app, "东庄村服务站"),
    lambda app: app.selectbox(key="scenario-before").set_value("甲方案").run(),
)


def shown_in(app: AppTest, maps: ShownMaps) -> list[tuple[str, Any]]:
    """All words and figures, and the difference map, after every click."""
    on(app, SCENARIO)
    seen = []
    for click in CLICKS:
        click(app)
        no_trouble(app)
        seen.append((html_of(app), maps.data["scenario-map"]["picture"]))
    return seen


def test_every_click_shows_what_the_full_run_gives(
    app: AppTest, shown_maps: ShownMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    click_by_click = shown_in(app, shown_maps)

    asked: list[Scenario] = []

    def anew(trail: Trail, scenario: Scenario) -> Assessment:
        asked.append(scenario)
        variant = apply(scenario, trail.base.study, trail.base.standard)
        return assess(variant.study, variant.standard)

    monkeypatch.setattr(Trail, "judge", anew)
    st.cache_resource.clear()
    in_full = shown_in(AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S), shown_maps)
    assert len(asked) >= 5
    assert len({str(one) for one in click_by_click}) > 6
    for one, other in zip(click_by_click, in_full, strict=True):
        assert one == other


def test_the_engine_is_made_once_and_anew_for_another_standard(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def counted(base: Assessment) -> Live:
        made.append(base.standard.id)
        return live(base)

    monkeypatch.setattr("coverage.scenario.incremental.live", counted)
    on(app, SCENARIO)
    open_at(app, 1100)
    open_at(app, 300)
    press(app, "撤销")
    open_at(app, 1700)
    assert len(made) == 1
    app.selectbox(key="choose-standard").set_value("gb50180-2018").run()
    assert "尚未变更" in html_of(app)
    app.selectbox(key="open-tier").select_index(0).run()
    press(app, "采用此位置")
    no_trouble(app)
    assert made[1:] == ["gb50180-2018"]


def test_the_list_of_changes_names_a_facility_that_is_gone(app: AppTest) -> None:
    on(app, SCENARIO)
    open_at(app, 1100)
    close(app, "东庄村服务站")
    close(app, "新设施1")
    said = html_of(app)
    assert "东庄村服务站" in said
    assert said.count("新设施1") >= 2


def test_a_click_asks_for_the_city_once_in_each_way(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key reads the state of every file: with suggested sites and without them, not for every figure."""
    on(app, SCENARIO)
    asked: list[Case] = []
    key = Case.key.fget
    assert key is not None

    def counted(case: Case) -> str:
        asked.append(case)
        return key(case)

    monkeypatch.setattr(Case, "key", property(counted))
    open_at(app, 1100)
    no_trouble(app)
    assert 0 < len(asked) <= 2 * 3  # three runs: the coordinates, the button, and the one that it begins
