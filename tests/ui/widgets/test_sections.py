"""The pages on reach, units and scenarios, without a browser."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from coverage.model.edits import Open
from tests.ui.conftest import html_of, no_trouble
from ui.scenario import state as scenario_state
from ui.shell import compute

REACH, UNITS, SCENARIO = (f"ui/{name}/page.py" for name in ("reach", "units", "scenario"))


def on(app: AppTest, page: str) -> AppTest:
    """The page, once the overview has been computed."""
    app.run()
    app.switch_page(page).run()
    no_trouble(app)
    return app


def section(app: AppTest, key: str, name: str) -> AppTest:
    app.segmented_control(key=key).set_value(name).run()
    no_trouble(app)
    return app


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    return app.run()


def test_reach_of_a_facility_says_who_lives_within(app: AppTest) -> None:
    on(app, REACH)
    shown = html_of(app)
    # 833 and 1,250 m around x = 500 on the street.
    assert "步行10分钟（833米）范围内有1,400名居民" in shown
    assert "步行15分钟（1,250米）范围内有1,800名居民" in shown


def test_reach_of_a_tier_each_alone(app: AppTest) -> None:
    on(app, REACH)
    app.selectbox(key="reach-from").set_value("tier:station").run()
    app.selectbox(key="reach-shape").set_value("each").run()
    no_trouble(app)
    assert "每处步行10分钟范围内平均" in html_of(app)


def test_the_elderly_walk_slower_and_are_counted_alone(app: AppTest) -> None:
    on(app, REACH)
    app.toggle(key="slow").set_value(True).run()
    no_trouble(app)
    # Ten minutes at 3 km/h are 500 m: 11 cells of 20.
    assert "步行10分钟（500米）范围内有220名居民" in html_of(app)


@pytest.mark.parametrize("page", [REACH, UNITS])
def test_a_city_that_is_not_in_memory_yet_is_waited_for_with_a_bar(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    """Within what Streamlit keeps of a function an error would stand in place of the bar's button."""
    errors: list[object] = []
    monkeypatch.setattr(st, "exception", errors.append)
    app.run()
    st.cache_resource.clear()
    compute._IN_MEMORY.clear()
    monkeypatch.setattr("ui.shell.work._QUICK_S", 0.0)
    app.switch_page(page).run()
    no_trouble(app)
    assert not errors


def test_no_walking_time_is_asked_for_and_not_an_error(app: AppTest) -> None:
    on(app, REACH)
    app.pills(key="reach-minutes").set_value([]).run()
    no_trouble(app)
    assert any("步行时间" in note.value for note in app.info)


@pytest.mark.parametrize(
    ("name", "said"), [("circle", "圈内1,000名居民中，0人"), ("barriers", "未发现能明显缩短")]
)
def test_circle_and_barriers_answer_first(app: AppTest, name: str, said: str) -> None:
    section(on(app, REACH), "reach-section", name)
    assert said in html_of(app)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ranks", "均覆盖其全部适用居民"),
        ("table", "项达标"),
        ("services", "2类服务齐全"),
        ("complete", "本标准未规定完整社区的配置要求"),
        ("equity", "半数居民步行不超过"),
        ("loads", "处设施中"),
        ("supply", "按步行可达计算"),
        ("certainty", "项距离规则中"),
        ("years", "清单没有建成时间"),
    ],
)
def test_every_section_on_units_answers_first(app: AppTest, name: str, said: str) -> None:
    section(on(app, UNITS), "units-section", name)
    assert said in html_of(app)


def test_ranks_of_communities(app: AppTest) -> None:
    on(app, UNITS)
    app.radio(key="league-level").set_value("community").run()
    no_trouble(app)
    assert "西苑社区" in html_of(app)


def test_the_assessment_table_has_what_is_lacking_and_who_is_responsible(app: AppTest) -> None:
    shown = html_of(section(on(app, UNITS), "units-section", "table"))
    for word in ("差距", "责任单位", "未覆盖或涉及人口", "市发改委"):
        assert word in shown


def test_complete_communities_stand_need_by_need(app: AppTest) -> None:
    app.run()
    app.selectbox(key="choose-standard").set_value("complete-community-2020").run()
    shown = html_of(section(on(app, UNITS), "units-section", "complete"))
    for words in ("个社区中", "社区综合服务站", "缺失"):
        assert words in shown


@pytest.mark.parametrize("manner", ["capacity", "distance"])
def test_residents_may_be_sent_otherwise(app: AppTest, manner: str) -> None:
    section(on(app, UNITS), "units-section", "loads")
    app.selectbox(key="load-manner").set_value(manner).run()
    no_trouble(app)
    assert any("3,000米" in caption.value for caption in app.caption)


@pytest.mark.parametrize("page", [REACH, UNITS, SCENARIO])
def test_every_page_speaks_english(app: AppTest, page: str) -> None:
    on(app, page)
    app.segmented_control(key="choose-language").set_value("en").run()
    no_trouble(app)
    shown = html_of(app)
    assert "居民" not in shown
    assert "resident" in shown or "changed" in shown


@pytest.mark.parametrize("page", [REACH, UNITS, SCENARIO])
def test_a_standard_without_rules_is_no_trouble(app: AppTest, page: str) -> None:
    app.run()
    app.selectbox(key="choose-standard").set_value("nanjing-2023").run()
    app.switch_page(page).run()
    no_trouble(app)


def open_at(app: AppTest, x: float) -> AppTest:
    """A station by its coordinates: without a browser there is no map to click on."""
    from tests.small_city import degrees

    app.selectbox(key="open-tier").set_value("station").run()
    lon, lat = degrees(x)
    app.number_input[0].set_value(lon)
    app.number_input[1].set_value(lat)
    return press(app, "采用此位置")


def test_nothing_is_changed_at_first(app: AppTest) -> None:
    on(app, SCENARIO)
    assert "尚未变更" in html_of(app)


def test_an_opening_is_answered_undone_and_done_again(app: AppTest) -> None:
    on(app, SCENARIO)
    open_at(app, 1100)
    no_trouble(app)
    assert "新设公共服务站“新设施1”" in html_of(app)
    assert "没有居民因此走得更远" in html_of(app)
    press(app, "撤销")
    assert "尚未变更" in html_of(app)
    press(app, "重做")
    assert "新设公共服务站“新设施1”" in html_of(app)
    press(app, "清空")
    assert "尚未变更" in html_of(app)


def test_a_closing_tells_who_walks_farther(app: AppTest) -> None:
    on(app, SCENARIO)
    app.selectbox(key="change").set_value("close").run()
    names = app.selectbox(key="close-whose").options
    number = app.selectbox(key="close-whose")
    number.select_index(names.index("东庄村服务站")).run()
    press(app, "撤并")
    no_trouble(app)
    assert "撤并“" in html_of(app)
    assert "步行距离变远" in html_of(app)


@pytest.mark.parametrize(
    ("kind", "button", "said"),
    [
        ("grow", "按此计算", "全市居民+10%"),
        ("speed", "按此步速计算", "步速5公里/小时"),
        ("figure", "采用此指标", "改为"),
        ("standard", "按此标准评价", "采用其他标准"),
    ],
)
def test_other_changes_are_listed(app: AppTest, kind: str, button: str, said: str) -> None:
    on(app, SCENARIO)
    app.selectbox(key="change").set_value(kind).run()
    press(app, button)
    no_trouble(app)
    assert said in html_of(app)


def test_a_scenario_is_stored_opened_and_compared_with(app: AppTest) -> None:
    open_at(on(app, SCENARIO), 1100)
    next(box for box in app.text_input if box.label == "名称").set_value("甲方案")
    press(app, "保存")
    no_trouble(app)
    press(app, "清空")
    app.selectbox(key="scenario-before").set_value("甲方案").run()
    no_trouble(app)
    press(app, "打开")
    no_trouble(app)
    assert "新设公共服务站“新设施1”" in html_of(app)


def test_a_name_that_cannot_be_one_is_refused_and_the_page_goes_on(app: AppTest) -> None:
    open_at(on(app, SCENARIO), 1100)
    next(box for box in app.text_input if box.label == "名称").set_value("a/b")
    press(app, "保存")
    assert not app.exception
    assert len(app.error) == 1


def test_another_city_begins_anew(app: AppTest) -> None:
    open_at(on(app, SCENARIO), 1100)
    app.selectbox(key="choose-standard").set_value("gb50180-2018").run()
    no_trouble(app)
    assert "尚未变更" in html_of(app)
    app.selectbox(key="choose-standard").set_value("nanjing-2011").run()
    assert "新设施1" in html_of(app)


def test_a_place_beyond_all_streets_is_unlinked_and_no_error(app: AppTest) -> None:
    on(app, SCENARIO)
    app.number_input[0].set_value(100.0)
    press(app, "采用此位置")
    assert not app.exception


def test_a_draft_is_a_list_of_edits() -> None:
    draft = scenario_state.Draft((Open("n", "n", "station", 0.0, 0.0),))
    assert draft.undone == ()
