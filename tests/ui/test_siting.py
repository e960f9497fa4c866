"""The page that looks for new sites, without a browser."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.small_city import degrees
from tests.ui.conftest import html_of, no_trouble
from tests.ui.test_overview import OWN_STANDARD, choose_standard


def opened(app: AppTest) -> AppTest:
    """The page by a standard under which the small city has people to serve."""
    choose_standard(app.run(), OWN_STANDARD)
    return app.switch_page("ui/siting/page.py").run()


def find(app: AppTest) -> AppTest:
    app.button(key="siting-find").click()
    return app.run()


def test_before_anything_is_asked_the_page_says_what_to_do(app: AppTest) -> None:
    opened(app)
    no_trouble(app)
    assert "开始选址" in app.info[0].value


def test_a_plan_is_found_told_and_proved(app: AppTest) -> None:
    opened(app)
    app.number_input(key="siting-count").set_value(2)
    find(app)
    no_trouble(app)
    shown = html_of(app)
    assert "新增公共服务站2处" in shown
    assert "已证明最优：任何2处选址都不能覆盖更多居民" in shown
    assert shown.count("<details") == 2
    assert len(app.main.get("download_button")) == 3


def test_every_section_has_its_answer_in_english_too(app: AppTest) -> None:
    app.run()
    app.segmented_control(key="choose-language").set_value("en")
    opened(app)
    app.number_input(key="siting-count").set_value(2)
    find(app)
    app.segmented_control(key="siting-section").set_value("many").run()
    no_trouble(app)
    assert app.get("arrow_vega_lite_chart") or app.get("vega_lite_chart")
    app.segmented_control(key="siting-section").set_value("existing").run()
    assert "existing facilities" in html_of(app)
    app.segmented_control(key="siting-section").set_value("briefing").run()
    no_trouble(app)
    assert "Sites in the order to build them" in app.code[0].value
    assert "未" not in app.code[0].value


def test_other_plans_can_be_switched_to(app: AppTest) -> None:
    opened(app)
    app.number_input(key="siting-count").set_value(2)
    app.number_input(key="siting-others").set_value(2)
    app.number_input(key="siting-within").set_value(40.0)
    find(app)
    no_trouble(app)
    app.segmented_control(key="siting-plan").set_value(1).run()
    no_trouble(app)
    assert "方案A中也有" in html_of(app) + "".join(caption.value for caption in app.caption)


def test_a_condition_that_cannot_be_met_is_told_and_the_page_goes_on(app: AppTest) -> None:
    opened(app)
    app.text_area(key="siting-required").set_value(f"{degrees(600)[0]}, {degrees(600)[1]}")
    app.number_input(key="siting-spacing").set_value(500.0)
    find(app)
    assert not app.exception
    assert any("要求的间距为500米" in error.value for error in app.error)
    app.text_area(key="siting-required").set_value("")
    find(app)
    no_trouble(app)


def test_a_budget_without_costs_says_what_is_missing(app: AppTest) -> None:
    opened(app)
    app.number_input(key="siting-budget").set_value(50.0)
    find(app)
    assert any("造价" in error.value for error in app.error)


def test_a_conditions_file_is_taken_in_and_a_wrong_one_refused(app: AppTest) -> None:
    opened(app)
    uploader = next(box for box in app.main.file_uploader if "TOML" in box.label)
    uploader.set_value(("c.toml", b"spacing = 3", "application/toml"))
    find(app)
    assert any("第1行" in error.value and "spacing" in error.value for error in app.error)


def test_a_standard_without_tiers_is_no_trouble(app: AppTest) -> None:
    app.run()
    app.selectbox(key="choose-standard").set_value("nanjing-2023").run()
    app.switch_page("ui/siting/page.py").run()
    no_trouble(app)


def test_two_tiers_together_keep_conditions_too(app: AppTest) -> None:
    """The place that must be built is in the plan, though nobody needs it."""
    app.run()
    app.switch_page("ui/siting/page.py").run()
    assert len(app.selectbox(key="siting-goal").options) == 4
    app.selectbox(key="siting-tier").set_value("centre+station").run()
    assert len(app.selectbox(key="siting-goal").options) == 3  # the longest way is no goal for two tiers
    place = degrees(900)
    app.text_area(key="siting-required").set_value(f"{place[0]}, {place[1]}")
    app.number_input(key="siting-backup").set_value(0.5)
    find(app)
    no_trouble(app)
    assert "对此处起决定作用的条件：指定必建" in html_of(app)
