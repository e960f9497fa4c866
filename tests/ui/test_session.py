"""A reload, another page, a second tab, another language: nothing that was chosen is lost."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from tests.ui.conftest import PATIENCE_S, ROOT, html_of, no_trouble
from tests.ui.test_check import CHECK, HEAD, line, press, show_result, upload
from tests.ui.widgets.test_sections import SCENARIO, on, open_at

OVERVIEW, SITING, UNITS = "ui/overview/page.py", "ui/siting/page.py", "ui/units/page.py"


def reloaded(page: AppTest) -> AppTest:
    """The same address in a new tab."""
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE_S)
    other.query_params["s"] = page.session_state["session-key"]
    return other.run()


def test_a_reload_brings_back_language_standard_list_and_widgets(app: AppTest) -> None:
    upload(app, HEAD + line("甲社区服务站", 300))
    show_result(app)
    app.selectbox(key="choose-standard").set_value("gb50180-2018").run()
    app.segmented_control(key="choose-language").set_value("en").run()
    app.switch_page(SITING).run()
    app.number_input(key="siting-count").set_value(3).run()
    other = reloaded(app)
    no_trouble(other)
    assert other.selectbox(key="choose-standard").value == "gb50180-2018"
    assert "With your list: 清单.csv" in html_of(other)
    other.switch_page(SITING).run()
    assert other.number_input(key="siting-count").value == 3


def test_a_key_that_nobody_has_begins_a_new_session(app: AppTest) -> None:
    app.query_params["s"] = "0" * 32
    app.run()
    no_trouble(app)
    assert app.session_state["session-key"] != "0" * 32


def test_a_key_is_no_path(app: AppTest) -> None:
    app.query_params["s"] = "../../demo"
    app.run()
    no_trouble(app)
    assert len(app.session_state["session-key"]) == 32


def test_a_draft_scenario_is_there_after_another_page_and_after_a_reload(app: AppTest) -> None:
    on(app, SCENARIO)
    open_at(app, 1100)
    app.switch_page(UNITS).run()
    app.switch_page(SCENARIO).run()
    assert "新设施1" in html_of(app)
    other = reloaded(app)
    other.switch_page(SCENARIO).run()
    no_trouble(other)
    assert "新设施1" in html_of(other)


def test_two_tabs_keep_what_each_of_them_chose(app: AppTest) -> None:
    on(app, SCENARIO)
    open_at(app, 1100)
    other = reloaded(app)
    open_at(app, 300)  # the other tab does not know of it yet
    other.segmented_control(key="choose-language").set_value("en").run()
    other.switch_page(SCENARIO).run()
    no_trouble(other)
    assert html_of(other).count('class="edit"') == 2
    app.run()
    no_trouble(app)
    assert app.segmented_control(key="choose-language").value == "en"
    third = reloaded(app)
    third.switch_page(SCENARIO).run()
    assert html_of(third).count('class="edit"') == 2
    assert third.segmented_control(key="choose-language").value == "en"


def test_a_list_being_checked_is_there_after_another_page_and_after_a_reload(app: AppTest) -> None:
    upload(app, HEAD + line("甲社区服务站", 300))
    app.switch_page(UNITS).run()
    app.switch_page(CHECK).run()
    assert any(button.key == "out-lists" for button in app.button)
    assert len(app.session_state["check-now"].accepted) == 1
    other = reloaded(app)
    other.switch_page(CHECK).run()
    no_trouble(other)
    assert len(other.session_state["check-now"].accepted) == 1
    other.button(key="out-lists").click().run()
    no_trouble(other)
    assert not [button for button in other.button if button.key == "out-lists"]


def test_a_list_to_be_added_is_still_added_after_a_change_of_language(app: AppTest) -> None:
    upload(app, HEAD + line("甲社区服务站", 1200))
    app.radio(key="in-addition").set_value("beside").run()
    app.segmented_control(key="choose-language").set_value("en").run()
    assert app.radio(key="in-addition").value == "beside"
    press(app, "Show the result with this list")
    no_trouble(app)
    assert app.session_state["choices"].lists.files.in_addition


def test_what_was_chosen_can_be_deleted(app: AppTest) -> None:
    upload(app, HEAD + line("甲社区服务站", 300))
    old = app.session_state["session-key"]
    press(app, "删除我的文件和选择")
    no_trouble(app)
    assert app.session_state["session-key"] != old
    assert reloaded(app).session_state["session-key"] != old
